"""Further checks of inspection forms: figures that contradict each other, lines that are incomplete, copied or unknown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from kaohe.cells import split_ref
from kaohe.checks.finding import Severity
from kaohe.checks.inspections import VISIT_LABELS, answers_of, counting_sheets, left_as_it_is, line_hit
from kaohe.checks.registry import Hit, InspectionCase, inspection_check
from kaohe.forms.inspection import ABSENT, PRESENT
from kaohe.intake.inspection import FIELD, GATE, ITEM, VISIT, VISIT_DATE, VISIT_MET, UnitInspection, differs
from kaohe.intake.record import Cell, Record
from kaohe.rulebook.model import Rulebook
from kaohe.rulebook.pairs import above
from kaohe.text import date_text, shorten


@dataclass(frozen=True, slots=True)
class _Clash:
    """Two figures of which the part is larger than its whole, and whether a group verified them."""

    part: str
    whole: str
    values: tuple[object, object]
    verified: tuple[bool, bool]


def _clashes(rulebook: Rulebook, record: Record, visit: UnitInspection) -> dict[str, _Clash]:
    """By field, the verified figures that cannot be taken.

    What is taken out may leave two others in conflict, so it goes on until nothing clashes that a group wrote.
    Figures that other checks refuse (without a reason, or given twice) are not taken and clash with nothing.
    """
    own = {field_id: cell.value for field_id, cell in record.fields.items()}
    taken = {
        field_id: answer.verified.value
        for field_id, answer in visit.fields.items()
        if answer.verified.value is not None
        and not (answer.reason.blank and differs(FIELD, answer))
        and f"{FIELD}:{field_id}" not in visit.contradicted
    }
    found: dict[str, _Clash] = {}
    while True:
        now = {**own, **taken}
        broken = {
            field_id: _Clash(*pair, (now[pair[0]], now[pair[1]]), (pair[0] in taken, pair[1] in taken))
            for pair in rulebook.never_above
            if above(now, *pair)
            for field_id in pair
            if field_id in taken
        }
        if not broken:
            return found
        found |= broken
        taken = {field_id: value for field_id, value in taken.items() if field_id not in broken}


@inspection_check(
    "V-709",
    Severity.ERROR,
    "核定值与另一个数矛盾",
    found="“{part}”{part_figure}，大于“{whole}”{whole_figure}",
    expected="“{part}”不大于“{whole}”",
    action="请核对这两个数，改正填错的核定值；改正以前不采用这个核定值",
)
def verified_above_whole(case: InspectionCase) -> Iterator[Hit]:
    """A verified figure that makes a part larger than its whole, together with the unit's own or another verified one."""
    labels = {f.id: f.label for f in case.rulebook.fields.values()}
    for file, visit in counting_sheets(case):
        record = case.records.get(visit.unit)
        for field_id, clash in _clashes(case.rulebook, record, visit).items() if record is not None else ():
            part, whole = (f"{'核定' if v else '单位填报'}{n}" for n, v in zip(clash.values, clash.verified, strict=True))
            values = {"part": labels[clash.part], "part_figure": part, "whole": labels[clash.whole], "whole_figure": whole}
            yield line_hit(case, file, visit, visit.fields[field_id].verified, f"{FIELD}:{field_id}", values)


@inspection_check(
    "V-710",
    Severity.DOUBT,
    "写了理由，没有填核定",
    found="理由写了“{reason}”，核定一栏空着",
    expected="不同意的，核定和理由都填；同意的，两栏都空着",
    action="请补填核定一栏，或者删去理由；补填以前{until}",
)
def reason_alone(case: InspectionCase) -> Iterator[Hit]:
    """A reason without an answer: the group may have meant to change something."""
    for file, visit in counting_sheets(case):
        for line, answer in visit.unanswered.items():
            values = {"reason": shorten(answer.reason.raw, 30), "until": left_as_it_is(line.partition(":")[0])}
            yield line_hit(case, file, visit, answer.verified, line, values)


@inspection_check(
    "V-711",
    Severity.DOUBT,
    "没有写清考核日期或接待人",
    found="{problem}",
    expected="{expected}",
    action="请补填或改正，以便存查；不影响得分",
)
def visit_unclear(case: InspectionCase) -> Iterator[Hit]:
    """The day of the visit or the person met is blank, unreadable, or no day on which the visit can have been."""
    begin = case.rulebook.notice_date
    for file, visit in counting_sheets(case):
        arrived = case.arrived.get(file)
        until = f"、收到核查表（{date_text(arrived)}）以前" if arrived else ""
        expected = {
            VISIT_DATE: f"通知印发（{date_text(begin)}）以后{until}的一个日期，例如 {_written(begin + timedelta(days=21))}",
            VISIT_MET: "接待人的姓名或职务",
        }
        for key in (VISIT_DATE, VISIT_MET) if visit.answered else ():
            cell = visit.visit.get(key, Cell(visit.sheet, ""))
            problem = _visit_problem(cell, begin, arrived)
            if problem:
                yield line_hit(case, file, visit, cell, f"{VISIT}:{key}", {"problem": VISIT_LABELS[key] + problem, "expected": expected[key]})


def _written(day: date) -> str:
    return f"{day.year}-{day.month}-{day.day}"


def _visit_problem(cell: Cell, begin: date, arrived: date | None) -> str:
    if cell.blank:
        return "空白"
    if cell.value is None:
        return f"填了“{shorten(cell.raw, 30)}”，看不懂"
    if isinstance(cell.value, date) and cell.value < begin:
        return f"是{date_text(cell.value)}，早于通知印发"
    if isinstance(cell.value, date) and arrived is not None and cell.value > arrived:
        return f"是{date_text(cell.value)}，晚于收到核查表"
    return ""


@inspection_check(
    "V-712",
    Severity.ERROR,
    "同一行在核查表里有两处，填的不一样",
    found="这里填了“{first}”，{place} {second}",
    expected="每一行只有一处",
    action="请删掉多出来的行或工作表，只保留正确的一处；改正以前{until}",
)
def line_twice(case: InspectionCase) -> Iterator[Hit]:
    """A line stands in the form more than once (a copied row or sheet) with different answers: none of them is taken."""
    for file, visit in counting_sheets(case):
        for line, (first, *others) in visit.contradicted.items():
            for other in others:
                values = {
                    "first": shorten(first.raw, 30),
                    "place": f"{other.sheet} {other.ref}",
                    "second": f"又填了“{shorten(other.raw, 30)}”" if other.raw else "却空着",
                    "until": "这一处不采用" if line.startswith(VISIT) else left_as_it_is(line.partition(":")[0]),
                }
                yield line_hit(case, file, visit, first, line, values)


@inspection_check(
    "V-713",
    Severity.DOUBT,
    "核查表里有不认识的行",
    found="{problem}",
    expected="核查表里原有的行",
    action="这一行没有采用；请把核查结果填在原有的行里，再报一次",
)
def line_unknown(case: InspectionCase) -> Iterator[Hit]:
    """A line whose hidden id means nothing, or an answer on a row that somebody inserted."""
    for file, visit in counting_sheets(case):
        for line, answer in visit.unknown:
            cell = answer.verified
            said = f"填了“{shorten(cell.raw, 30)}”" if cell.raw else "没有填核定"
            problem = f"系统编号“{shorten(line, 30)}”不在核查表之列，{said}" if line else f"这一行没有系统编号，{said}"
            yield Hit(cell, "", "不认识的行", "", (), split_ref(cell.ref)[0], visit.unit, file, {"problem": problem})


@inspection_check(
    "V-714",
    Severity.ERROR,
    "核定分的小数太多",
    found="核定“{raw}”",
    expected="最多两位小数，例如 2.5 或 1.75",
    action="请改成最多两位小数；改正以前仍按规则计分",
)
def points_too_fine(case: InspectionCase) -> Iterator[Hit]:
    """Points with more than two decimals, which no document of the office can show exactly."""
    for file, visit in counting_sheets(case):
        for kind, about, answer in answers_of(visit):
            value = answer.verified.value
            if kind == ITEM and isinstance(value, Fraction) and (value * 100).denominator != 1:
                yield line_hit(case, file, visit, answer.verified, f"{kind}:{about}", {"raw": shorten(answer.verified.raw, 20)})


@inspection_check(
    "V-715",
    Severity.DOUBT,
    "核查表与 config.toml 里的实地考核结果不一致",
    found="核查表{form}，config.toml 的 [gate.{unit}] 写的是“{config}”",
    expected="两处一致，或者只有核查表",
    action="现在以核查表为准；请核实，核查表填错的改正后重新报送，config.toml 写错的改正或删去 [gate.{unit}]",
)
def gate_contradicted(case: InspectionCase) -> Iterator[Hit]:
    """A precondition that the form and the configuration answer differently, or that only the configuration answers: the form counts."""
    for file, visit in counting_sheets(case):
        answers = {
            about: answer for about, answer in visit.gate.items() if answer.verified.value is not None and f"{GATE}:{about}" not in visit.contradicted
        }
        configured = case.config.gate.get(visit.unit)
        if not answers or configured is None:
            continue  # without a sound answer the configuration counts
        for condition in case.rulebook.gate.conditions:
            said, answer = configured.holds(condition.id), answers.get(condition.id)
            if said is None or (answer is not None and (answer.verified.value == PRESENT) == said):
                continue
            form = f"填的是“{answer.verified.raw}”" if answer is not None else "没有可以采用的答案"
            values = {"form": form, "unit": visit.unit, "config": PRESENT if said else ABSENT}
            cell = visit.gate[condition.id].verified if condition.id in visit.gate else Cell(visit.sheet, "")
            yield line_hit(case, file, visit, cell, f"{GATE}:{condition.id}", values)
