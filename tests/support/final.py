"""Assessments that the chairmen's meeting has decided: of the sample's units, or of any number of units with names of any length."""

from dataclasses import replace
from datetime import date

from kaohe.config.loader import Office
from kaohe.config.model import Award, Config, GateResult
from kaohe.scoring.decision import Decision
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment, Status
from tests.support.documents import with_config
from tests.support.sample import full_fields, full_rows, office, record

MET_ON = date(2015, 1, 20)
NUMBER, AWARD_NUMBER = "郑工商〔2015〕3号", "郑工商〔2015〕4号"
PASSED = GateResult(gate_institution=True, gate_staff=True, gate_funding=True)
FAILED = GateResult(gate_institution=True, gate_staff=True, gate_funding=False)
_FIRST = "东西南北中上下前后左右春夏秋冬金木水火土山川江河湖海天地日月星辰云雨风雪梅兰竹菊"
_TAILS = {3: "阳县", 10: "河经济开发区工商联", 20: "河综合保税与经济技术开发区工商业联合会"}


def decided(results: Assessment, *awards: Award, number: str = NUMBER, award_number: str = AWARD_NUMBER) -> Assessment:
    """The same figures, approved by the meeting, which made these awards."""
    decision = Decision("审定表.xlsx", MET_ON, number, award_number, approved=True, awards=awards)
    return replace(with_config(results, awards=[award.model_dump() for award in awards]), status=Status.FINAL, decision=decision)


def sample_results() -> Assessment:
    """The twelve units of the repository's configuration: eleven valid, the fifth without money of its own."""
    where = office()
    codes = [unit.code for unit in where.config.cohort]
    return results_of(office(gate=dict.fromkeys(codes, PASSED) | {codes[4]: FAILED}))


def results_of(where: Office) -> Assessment:
    """Every unit of an office has sent plausible figures, each its own."""
    codes = [unit.code for unit in where.config.cohort]
    return assess(where, {code: record(where, code, full_fields(where, n), full_rows(n)) for n, code in enumerate(codes)}, (), ())


def named(number: int, length: int) -> str:
    """A unit's name of this many characters, different for every number up to 40."""
    name = (_FIRST[number] + _TAILS[length])[:length]
    assert len(name) == length
    return name


def invented(units: int, length: int, *, gated: bool = True) -> Office:
    """An office of so many units, whose names, short and full, have this length; the last is gated where there are others."""
    where = office()
    first = where.config.units[0].model_dump()
    names = [named(n, length) for n in range(units)]
    cohort = [
        first | {"code": f"u{n}", "name": name, "short": name, "aliases": (), "department": f"中共{name}委统战部"} for n, name in enumerate(names)
    ]
    codes = [unit["code"] for unit in cohort]
    count = min(4, units)
    groups = [group.model_dump() | {"units": codes[n::count]} for n, group in enumerate(where.config.groups[:count])]
    gate = dict.fromkeys(codes, PASSED) | ({codes[-1]: FAILED} if gated and units > 1 else {})
    changed = where.config.model_dump() | {"units": cohort, "groups": groups, "gate": gate, "awards": ()}
    return Office(Config.model_validate(changed).at(where.config.home), where.rulebook)
