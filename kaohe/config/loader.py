"""Reading ``config.toml``: every fault at once, each with its line, in Chinese."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from kaohe import PROGRAM_ROOT
from kaohe.config.mend import mend
from kaohe.config.model import LOOPBACK, Config
from kaohe.rulebook.loader import load_rulebook
from kaohe.rulebook.model import Rulebook
from kaohe.rulebook.readings import apply_readings
from kaohe.toml_source import Fault, FaultyFile, KeyPath, TomlSource, nearest, read_toml, validation_faults


@dataclass(frozen=True)
class Office:
    """Everything a run needs to know beforehand: the configuration and the rulebook under its readings, and where both were read."""

    config: Config
    rulebook: Rulebook
    file: Path = Path("config.toml")
    rules: Path = Path("rules")


def load_office(path: Path, source: TomlSource | None = None) -> Office:
    """The configuration at ``path`` with the rulebook it refers to, readings applied. ``source`` is that file, where it has been read already.

    Raises FaultyFile with every fault found; nothing is written.
    """
    source = source or read_toml(path)
    faults: list[Fault] = []
    try:
        config = Config.model_validate(source.data)
    except ValidationError as error:
        faults = validation_faults(source, error, Config)
        mended = mend(source.data, error)
        if mended is None:
            raise FaultyFile(faults) from None
        config = mended
    config = config.at(path.resolve().parent)
    faults += [source.fault(where, message) for where, message in _problems(config)]
    folder = rules_folder(config)
    if folder is None:
        where, wanted = (("folders", "rules"), config.folders.rules) if config.folders.rules else (("year",), f"rules/{config.year}")
        raise FaultyFile([*faults, source.fault(where, f"没有{config.year}年度的规则：找不到 {wanted}/rulebook.toml，请先准备好当年的规则")])
    try:
        rulebook = load_rulebook(folder)
    except FaultyFile as faulty:
        raise FaultyFile([*faults, *faulty.faults]) from None
    faults += [source.fault(where, message) for where, message in _against_rulebook(config, rulebook)]
    if faults:
        raise FaultyFile(faults)
    return Office(config, apply_readings(rulebook, config.readings), path.resolve(), folder.resolve())


def rules_folder(config: Config) -> Path | None:
    """The folder of this year's rules: as configured, else beside the configuration, else the program's own."""
    if config.folders.rules:
        candidates = [config.home / config.folders.rules]
    else:
        candidates = [config.home / "rules" / str(config.year), PROGRAM_ROOT / "rules" / str(config.year)]
    return next((folder for folder in candidates if (folder / "rulebook.toml").is_file()), None)


def _problems(config: Config) -> Iterator[tuple[KeyPath, str]]:
    if config.period.start > config.period.end:
        yield ("period", "end"), "考核期的结束日期早于开始日期"
    elif not config.period.start.year <= config.year <= config.period.end.year:
        yield ("period", "start"), f"考核期（{config.period.start}至{config.period.end}）里没有{config.year}年，请与年度一起改"
    if config.deadline < config.period.start:
        yield ("deadline",), "报送截止日期早于考核期开始日期"
    for name, server in (("mail", config.mail), ("fetch", config.fetch)):
        if server is not None and server.security == "none" and server.host.lower() not in LOOPBACK:
            yield (
                (name, "security"),
                f"[{name}] 的 security 写成了“none”：密码和邮件会不加密地在网上传，只有本机的服务器可以这样。请改成“tls”或“starttls”",
            )
    yield from _folder_problems(config)
    yield from _unit_problems(config)
    yield from _group_problems(config)
    known = config.units_by_code
    for code in config.gate:
        if code not in known:
            yield ("gate", code), f"[gate] 里的单位代码“{code}”不存在{nearest(code, known)}"
    for n, award in enumerate(config.awards):
        for code in award.units:
            if code not in known:
                yield ("awards", n, "units"), f"奖项“{award.name}”里的单位代码“{code}”不存在{nearest(code, known)}"


def _folder_problems(config: Config) -> Iterator[tuple[KeyPath, str]]:
    """The inbox may not share a place with what the program writes and clears: that would read or remove people's files."""
    apart: dict[str, Path] = {}
    for name in ("inbox", "outbox", "templates", "state"):
        folder = config.folder(name)
        if folder in (config.home, *config.home.parents):
            yield ("folders", name), f"“{name}”不能是本文件所在的文件夹或它的上级，请单独用一个文件夹"
            continue
        for other, place in apart.items():
            if folder.is_relative_to(place) or place.is_relative_to(folder):
                yield ("folders", name), f"“{name}”与“{other}”是同一个文件夹，或者一个在另一个里面，请分开"
        apart[name] = folder


def _unit_problems(config: Config) -> Iterator[tuple[KeyPath, str]]:
    seen: dict[str, str] = {}
    for n, unit in enumerate(config.units):
        for key, values in (("code", (unit.code,)), ("name", (unit.name,)), ("short", (unit.short,)), ("aliases", unit.aliases)):
            for value in values:
                if value in seen:
                    yield ("units", n, key), f"“{value}”已经用在单位 {seen[value]} 上，每个代码、名称、别名只能属于一个单位"
                seen.setdefault(value, unit.code)
        if any(c in unit.short for c in '\\/:*?"<>|') or unit.short.strip(". ") != unit.short:
            yield ("units", n, "short"), f'简称“{unit.short}”要用作文件名，不能含 \\ / : * ? " < > | 等符号'


def _group_problems(config: Config) -> Iterator[tuple[KeyPath, str]]:
    placed: dict[str, str] = {}
    names: set[str] = set()
    for n, group in enumerate(config.groups):
        if group.name in names:
            yield ("groups", n, "name"), f"考核组名称“{group.name}”用了两次"
        names.add(group.name)
        for code in group.units:
            if code not in config.units_by_code:
                yield ("groups", n, "units"), f"{group.name}的单位代码“{code}”不存在{nearest(code, config.units_by_code)}"
            elif code in placed:
                yield ("groups", n, "units"), f"单位“{code}”同时分在{placed[code]}和{group.name}，只能属于一个组"
            placed[code] = group.name
    for n, unit in enumerate(config.units):
        if unit.code not in placed:
            yield ("units", n, "code"), f"单位“{unit.short}”没有分到任何考核组"


def _against_rulebook(config: Config, rulebook: Rulebook) -> Iterator[tuple[KeyPath, str]]:
    if config.year != rulebook.year:
        yield ("year",), f"年度写的是{config.year}，规则却是{rulebook.year}年度的"
    conditions = {condition.id: condition.label for condition in rulebook.gate.conditions}
    for code, found in config.gate.items():
        for name in found.answers.keys() - conditions.keys():
            yield (
                ("gate", code, name),
                f"不认识“{name}”一项{nearest(name, [*conditions, 'remark'])}；{config.year}年度的前提条件有：{_listed(conditions)}",
            )
    known = {reading.id: reading for reading in rulebook.readings}
    for reading_id, choice_id in config.readings.items():
        if reading_id not in known:
            others = f"，{config.year}年度的口径有：{'、'.join(known) or '（没有）'}"
            yield ("readings", reading_id), f"[readings] 里没有“{reading_id}”这个口径{nearest(reading_id, known) or others}"
            continue
        choices = [choice.id for choice in known[reading_id].choices]
        if choice_id not in choices:
            yield ("readings", reading_id), f"口径“{reading_id}”写成了“{choice_id}”，可以写：{'、'.join(choices)}{nearest(choice_id, choices)}"


def _listed(conditions: Mapping[str, str]) -> str:
    return "、".join(f"{name}（{label}）" for name, label in conditions.items())
