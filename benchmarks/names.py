"""Names for any number of counties: made by code, plausible, and no two alike."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

PROVINCES = ("河南省", "山东省", "江苏省", "浙江省", "安徽省", "湖北省", "湖南省", "四川省", "陕西省", "河北省", "江西省", "福建省")
_FIRST = (
    "安宝昌长常淳大德登定东丰凤阜高广桂海河衡洪湖华怀黄惠吉嘉建江金景靖开康兰乐澧连临灵龙隆泸洛罗眉梅绵明南宁盘蓬平浦祁青清曲"
    "仁荣瑞三商韶石寿双顺松遂太泰棠通桐万望威文武西仙襄新信兴休徐宣延阳仪宜义永攸榆玉裕远云枣泽彰昭镇正枝中舟资邹"
)
_SECOND = "安昌城川德丰岗高谷关海河和宏湖华化集吉济江津康口乐利梁岭流陇明南宁平坪浦泉仁荣山社绅水顺遂塘田通湾文溪兴修阳宜邑义阴应永余元源远云泽州庄"
_SEATS = ("县", "县", "县", "市", "区")


@dataclass(frozen=True, slots=True)
class Name:
    """One unit as the office's list has it."""

    code: str
    name: str
    short: str
    aliases: tuple[str, ...]
    department: str
    email: str


def unit_names(count: int, seed: int = 2014) -> Iterator[Name]:
    """``count`` different units. The first are the same whatever the count."""
    stems = [a + b for a in dict.fromkeys(_FIRST) for b in dict.fromkeys(_SECOND) if a != b]
    luck = random.Random(seed)  # a repeatable order, not a secret one
    luck.shuffle(stems)
    for n in range(count):
        round_, stem = divmod(n, len(stems))
        seat = _SEATS[n % len(_SEATS)]
        # Beyond the pairs there are, a third character keeps them apart.
        place = stems[stem] if round_ == 0 else f"{stems[stem]}{_SECOND[round_ - 1]}"
        full = f"{place}{seat}"
        home = PROVINCES[n % len(PROVINCES)]
        yield Name(f"u{n:05d}", f"{home}{full}工商业联合会", f"{full}工商联", (place, full), f"中共{full}委统战部", f"u{n:05d}@gsl.example")
