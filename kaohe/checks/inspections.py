"""Checks of inspection forms: they concern what a group wrote, never the unit's own form."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from kaohe.cells import split_ref
from kaohe.checks.finding import Severity
from kaohe.checks.registry import Hit, InspectionCase, inspection_check
from kaohe.forms.inspection import ABSENT, AGREED, PRESENT, REFUSED
from kaohe.forms.validation import NO, YES
from kaohe.intake.inspection import (
    FIELD,
    GATE,
    ITEM,
    ROW,
    VISIT,
    VISIT_DATE,
    VISIT_MET,
    Answer,
    UnitInspection,
    counting,
    differs,
    row_id,
    shown,
)
from kaohe.intake.normalise import LARGEST
from kaohe.intake.record import Cell
from kaohe.rulebook.model import Rulebook
from kaohe.text import points_text, shorten

VISIT_LABELS = {VISIT_DATE: "考核日期", VISIT_MET: "接待人"}


def about_line(rulebook: Rulebook, line: str) -> tuple[str, str]:
    """Label and clause of a line that is known, by its id."""
    kind, _, about = line.partition(":")
    if kind == GATE:
        return {c.id: c.label for c in rulebook.gate.conditions}[about], "考核办法"
    if kind == VISIT:
        return VISIT_LABELS[about], "考核办法"
    if kind == FIELD:
        return rulebook.fields[about].label, rulebook.clause_of_field[about].number
    if kind == ROW:
        return rulebook.lists_by_id[about.partition(":")[0]].label, ""
    return rulebook.items[about].title, rulebook.clause_of_item[about].number


def answers_of(visit: UnitInspection) -> Iterator[tuple[str, str, Answer]]:
    """Every answer with its kind and what it is about."""
    for kind, answers in ((GATE, visit.gate), (FIELD, visit.fields), (ROW, visit.rows), (ITEM, visit.items)):
        for about, answer in answers.items():
            yield kind, about, answer


def counting_sheets(case: InspectionCase) -> Iterator[tuple[str, UnitInspection]]:
    """The sheets that count; the others are not looked into further."""
    return iter(counting(case.visits, {code: group.name for code, group in case.config.group_of.items()}).values())


def line_hit(case: InspectionCase, file: str, visit: UnitInspection, cell: Cell, line: str, values: Mapping[str, str]) -> Hit:
    """A hit at one line of a unit's sheet."""
    label, clause = about_line(case.rulebook, line)
    row = split_ref(cell.ref)[0] if cell.ref else None
    return Hit(cell, line, label, clause, (), row, visit.unit, file, values)


def left_as_it_is(kind: str) -> str:
    """What an answer that cannot be taken leaves as it is."""
    return "这项前提条件视为尚未核查" if kind == GATE else "这一处不作更动"


def _sheet_hit(file: str, visit: UnitInspection, values: Mapping[str, str]) -> Hit:
    return Hit(Cell(visit.sheet, ""), "", "整张核查表", "", (), None, visit.unit, file, values)


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
    for file, visit, counts in reversed(_displaced(case)):
        if not _is_blank_after(case, file, visit, counts):
            yield _sheet_hit(file, visit, {"newer": counts})


@inspection_check(
    "V-716",
    Severity.HINT,
    "后来的核查表是空的",
    found="表里什么都没有填",
    expected="核查结果填在表里",
    action="这个单位仍以“{kept}”为准，这一张没有采用；要更改核查结果的，请填好再报",
)
def blank_afterwards(case: InspectionCase) -> Iterator[Hit]:
    """A sheet that nobody filled in, received after one that was."""
    for file, visit, counts in _displaced(case):
        if _is_blank_after(case, file, visit, counts):
            yield _sheet_hit(file, visit, {"kept": counts})


def _displaced(case: InspectionCase) -> list[tuple[str, UnitInspection, str]]:
    """Sheets of the unit's own group that do not count, oldest first, with the file of the one that does."""
    counts = {visit.unit: (file, visit) for file, visit in counting_sheets(case)}
    own = [(file, visit, *counts[visit.unit]) for file, visit in case.visits if visit.unit in counts]
    return [(file, visit, kept) for file, visit, kept, chosen in own if kept != file and chosen.group == visit.group]


def _is_blank_after(case: InspectionCase, file: str, visit: UnitInspection, counts: str) -> bool:
    files = [name for name, _ in case.visits]
    return visit.blank and files.index(counts) < files.index(file)


@inspection_check(
    "V-704",
    Severity.ERROR,
    "核定一栏看不懂",
    found="填了“{raw}”",
    expected="{expected}",
    action="请改正；改正以前{until}",
)
def unreadable_answer(case: InspectionCase) -> Iterator[Hit]:
    """An answer that has no certain value."""
    for file, visit in counting_sheets(case):
        for kind, about, answer in answers_of(visit):
            if answer.verified.value is None:
                expected = _expected(case.rulebook, kind, about)
                values = {"raw": shorten(answer.verified.raw, 30), "expected": expected, "until": left_as_it_is(kind)}
                yield line_hit(case, file, visit, answer.verified, f"{kind}:{about}", values)


def _expected(rulebook: Rulebook, kind: str, about: str) -> str:
    """What an answer of this line may be, with its bounds."""
    if kind == GATE:
        return f"“{PRESENT}”或“{ABSENT}”"
    if kind == ROW:
        return f"“{AGREED}”或“{REFUSED}”"
    if kind == FIELD:
        return f"“{YES}”或“{NO}”" if rulebook.fields[about].type == "yes_no" else f"0 至 {LARGEST} 的整数"
    most = rulebook.items[about].rule.maximum()
    return "0 或正数，最多两位小数" if most is None else f"0 至 {points_text(most)} 的数，最多两位小数"


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
    for file, visit in counting_sheets(case):
        for kind, about, answer in answers_of(visit):
            value = answer.verified.value
            if kind != ITEM or not isinstance(value, Fraction):
                continue
            most = case.rulebook.items[about].rule.maximum()
            if most is not None and value > most:
                values = {"points": points_text(value), "most": points_text(most)}
                yield line_hit(case, file, visit, answer.verified, f"{kind}:{about}", values)


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
    for file, visit in counting_sheets(case):
        for kind, about, answer in answers_of(visit):
            if kind != GATE and answer.verified.value is not None and answer.reason.blank and differs(kind, answer):
                values = {"own": shorten(answer.own, 20) or "空白", "raw": shorten(answer.verified.raw, 20)}
                yield line_hit(case, file, visit, answer.verified, f"{kind}:{about}", values)


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
    for file, visit in counting_sheets(case):
        record = case.records.get(visit.unit)
        if not visit.answered:
            continue  # nobody has filled it in yet
        for about, answer in sorted({**visit.agreed, **visit.fields}.items(), key=lambda entry: split_ref(entry[1].verified.ref)):
            if record is None:
                continue
            now = shown(record.fields[about])
            if now not in (answer.own, shown(answer.verified)):
                values = {"own": shorten(answer.own, 20), "now": shorten(now, 20)}
                yield line_hit(case, file, visit, answer.verified, f"{FIELD}:{about}", values)


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
    for file, visit in counting_sheets(case):
        record = case.records.get(visit.unit)
        if record is None:
            continue
        there = {row_id(case.rulebook.lists_by_id[i], row) for i, rows in record.lists.items() for row in rows}
        for kind, about, answer in answers_of(visit):
            if kind == ROW and about not in there:
                yield line_hit(case, file, visit, answer.verified, f"{kind}:{about}", {})
