"""Checks of inspection forms: they concern what a group wrote, never the unit's own form."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from kaohe.cells import split_ref
from kaohe.checks.finding import Severity
from kaohe.checks.registry import Hit, InspectionCase, inspection_check
from kaohe.forms.inspection import AGREED, REFUSED
from kaohe.intake.inspection import FIELD, GATE, ITEM, ROW, Answer, UnitInspection, counting, row_id, shown
from kaohe.intake.record import Cell
from kaohe.rulebook.model import Rulebook
from kaohe.text import points_text, shorten, value_text


def _answers(rulebook: Rulebook, visit: UnitInspection) -> Iterator[tuple[str, str, Answer, str, str]]:
    """Every answer with its kind, what it is about, its label and its clause."""
    conditions = {c.id: c.label for c in rulebook.gate.conditions}
    for about, answer in visit.gate.items():
        yield GATE, about, answer, conditions.get(about, about), "考核办法"
    for about, answer in visit.fields.items():
        if about in rulebook.fields:
            yield FIELD, about, answer, rulebook.fields[about].label, rulebook.clause_of_field[about].number
    for about, answer in visit.rows.items():
        entry = rulebook.lists_by_id.get(about.partition(":")[0])
        if entry:
            yield ROW, about, answer, entry.label, ""
    for about, answer in visit.items.items():
        if about in rulebook.items:
            yield ITEM, about, answer, rulebook.items[about].title, rulebook.clause_of_item[about].number


def _counting(case: InspectionCase) -> Iterator[tuple[str, UnitInspection]]:
    """The sheets that count; the others are not looked into further."""
    return iter(counting(case.visits, {code: group.name for code, group in case.config.group_of.items()}).values())


def _hit(file: str, visit: UnitInspection, cell: Cell, about: str, label: str, clause: str, values: Mapping[str, str]) -> Hit:
    row = split_ref(cell.ref)[0] if cell.ref else None
    return Hit(cell, about, label, clause, (), row, visit.unit, file, values)


def _sheet_hit(file: str, visit: UnitInspection, values: Mapping[str, str]) -> Hit:
    cell = next((a.verified for answers in (visit.gate, visit.fields, visit.rows, visit.items) for a in answers.values()), Cell("", ""))
    return Hit(Cell(cell.sheet, ""), "", "整张核查表", "", (), None, visit.unit, file, values)


@inspection_check(
    "V-701",
    Severity.ERROR,
    "核查表里的单位不在考核单位之列",
    found="表里写的单位代码是“{unit}”",
    expected="本次考核的单位",
    action="请用为本组制作的核查表",
)
def unknown_unit(case: InspectionCase) -> Iterator[Hit]:
    """A sheet for a unit that is not assessed."""
    for file, visit in case.visits:
        if visit.unit not in case.config.group_of:
            yield _sheet_hit(file, visit, {"unit": shorten(visit.unit, 20)})


@inspection_check(
    "V-702",
    Severity.ERROR,
    "不是本组的考核单位",
    found="{group}的核查表里有{unit}",
    expected="{unit}由{owner}考核",
    action="这个单位的核查以{owner}报来的为准，这张表没有采用",
)
def wrong_group(case: InspectionCase) -> Iterator[Hit]:
    """A sheet from a group that does not inspect the unit."""
    for file, visit in case.visits:
        owner = case.config.group_of.get(visit.unit)
        if owner is not None and owner.name != visit.group:
            values = {"group": visit.group, "unit": case.config.units_by_code[visit.unit].short, "owner": owner.name}
            yield _sheet_hit(file, visit, values)


@inspection_check(
    "V-703",
    Severity.HINT,
    "同一单位有几份核查表",
    found="之后又收到“{newer}”",
    expected="以最新的一份为准",
    action="请确认最新的一份是完整的；这一份没有采用",
)
def visited_twice(case: InspectionCase) -> Iterator[Hit]:
    """An older inspection of a unit by the same group."""
    newest: dict[tuple[str, str], str] = {}
    for file, visit in reversed(case.visits):
        newer = newest.setdefault((visit.unit, visit.group), file)
        owner = case.config.group_of.get(visit.unit)
        if newer != file and owner is not None and owner.name == visit.group:
            yield _sheet_hit(file, visit, {"newer": newer})


@inspection_check(
    "V-704",
    Severity.ERROR,
    "核定一栏看不懂",
    found="填了“{raw}”",
    expected="{expected}",
    action="请改正；改正以前这一处不作更动，前提条件视为尚未核查",
)
def unreadable_answer(case: InspectionCase) -> Iterator[Hit]:
    """An answer that has no certain value."""
    expected = {GATE: "“具备”或“不具备”", ROW: f"“{AGREED}”或“{REFUSED}”", ITEM: "0 或正数", FIELD: "一个整数，或“是”“否”"}
    for file, visit in _counting(case):
        for kind, about, answer, label, clause in _answers(case.rulebook, visit):
            if answer.verified.value is None:
                values = {"raw": shorten(answer.verified.raw, 30), "expected": expected[kind]}
                yield _hit(file, visit, answer.verified, f"{kind}:{about}", label, clause, values)


@inspection_check(
    "V-705",
    Severity.ERROR,
    "核定分超过满分",
    found="核定{points}分",
    expected="不超过{most}分",
    action="请改正；改正以前仍按规则计分",
)
def points_above_maximum(case: InspectionCase) -> Iterator[Hit]:
    """More points than the item can earn."""
    for file, visit in _counting(case):
        for kind, about, answer, label, clause in _answers(case.rulebook, visit):
            value = answer.verified.value
            if kind != ITEM or not isinstance(value, Fraction):
                continue
            most = case.rulebook.items[about].rule.maximum()
            if most is not None and value > most:
                values = {"points": points_text(value), "most": points_text(most)}
                yield _hit(file, visit, answer.verified, f"{kind}:{about}", label, clause, values)


@inspection_check(
    "V-706",
    Severity.ERROR,
    "核定与单位填报不一致，没有写理由",
    found="单位填报“{own}”，核定“{raw}”，理由空白",
    expected="有出入的都要写明理由",
    action="请补写理由；补写以前这一处不作更动",
)
def reason_missing(case: InspectionCase) -> Iterator[Hit]:
    """A difference without a reason."""
    for file, visit in _counting(case):
        for kind, about, answer, label, clause in _answers(case.rulebook, visit):
            if kind != GATE and answer.verified.value is not None and answer.reason.blank and differs(kind, answer):
                values = {"own": shorten(answer.own, 20) or "空白", "raw": shorten(answer.verified.raw, 20)}
                yield _hit(file, visit, answer.verified, f"{kind}:{about}", label, clause, values)


@inspection_check(
    "V-707",
    Severity.DOUBT,
    "核查以后单位又改了数",
    found="核查表上单位填报是“{own}”，单位现在填报“{now}”",
    expected="核查的是单位最后一次填报的数",
    action="请按单位最后填报的数重新核对；没有填核定值的，按单位现在的数计分",
)
def changed_since(case: InspectionCase) -> Iterator[Hit]:
    """The unit changed a figure that the group had already looked at, agreed to or corrected."""
    for file, visit in _counting(case):
        record = case.records.get(visit.unit)
        if not (visit.gate or visit.fields or visit.rows or visit.items):
            continue  # nobody has filled it in yet
        for about, answer in sorted({**visit.agreed, **visit.fields}.items(), key=lambda entry: split_ref(entry[1].verified.ref)):
            if about not in case.rulebook.fields or record is None:
                continue
            now = shown(record.fields[about])
            if now not in (answer.own, shown(answer.verified)):
                label, clause = case.rulebook.fields[about].label, case.rulebook.clause_of_field[about].number
                values = {"own": shorten(answer.own, 20), "now": shorten(now, 20)}
                yield _hit(file, visit, answer.verified, f"{FIELD}:{about}", label, clause, values)


@inspection_check(
    "V-708",
    Severity.HINT,
    "核查过的清单行不在了",
    found="单位现在的填报表里没有这一行",
    expected="核查的是单位最后一次报送的清单",
    action="不用处理；这一行已经不计分",
)
def row_gone(case: InspectionCase) -> Iterator[Hit]:
    """A row the group judged is no longer in the unit's form."""
    for file, visit in _counting(case):
        record = case.records.get(visit.unit)
        if record is None:
            continue
        there = {row_id(case.rulebook.lists_by_id[i], row) for i, rows in record.lists.items() for row in rows}
        for kind, about, answer, label, clause in _answers(case.rulebook, visit):
            if kind == ROW and about not in there:
                yield _hit(file, visit, answer.verified, f"{kind}:{about}", label, clause, {})


def differs(kind: str, answer: Answer) -> bool:
    """Whether an answer changes anything: a refusal, or another value than the form showed as the unit's own."""
    if kind == ROW:
        return answer.verified.value == REFUSED
    value = answer.verified.value
    shown = points_text(value) if isinstance(value, Fraction) else value_text(value)
    return shown != answer.own
