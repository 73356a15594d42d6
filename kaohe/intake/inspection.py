"""From a returned inspection form (核查表) to what a group found at each unit."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from kaohe.cells import cell_name
from kaohe.forms.inspection import ABSENT, AGREED, ANSWER_HEADINGS, COLUMNS, PRESENT, REFUSED, UNIT_MARK
from kaohe.intake.normalise import Meaning, choice, day, meaning, points, raw_text
from kaohe.intake.normalise import text as text_meaning
from kaohe.intake.record import Cell, ListRow
from kaohe.intake.sheet import Sheet
from kaohe.rulebook.model import ListDef, Rulebook
from kaohe.text import match_key, points_text, value_text

GATE, VISIT, FIELD, ROW, ITEM = "gate", "visit", "field", "row", "item"
"""Kinds of line; an id is the kind, a colon and what it is about."""

VISIT_DATE, VISIT_MET = "date", "met"


@dataclass(frozen=True, slots=True)
class Answer:
    """One line a group answered: what the form showed as the unit's own, the answer, and the reason."""

    own: str
    verified: Cell
    reason: Cell


@dataclass(frozen=True)
class UnitInspection:
    """What one form says of one unit. Answers are by field, row or item id; blank ones are left out (blank means agreed).

    ``visit`` has the cells of 考核日期 and 接待人, blank or not. ``agreed`` holds the fields left blank, with the figure that the
    group saw; ``unanswered`` the lines with a reason only, ``contradicted`` the answers of lines that stand there more than once
    and disagree, both by the whole id; ``unknown`` the lines that nothing can be read from, with what stands in their first cell.
    """

    unit: str
    group: str
    gate: Mapping[str, Answer] = field(default_factory=dict)
    visit: Mapping[str, Cell] = field(default_factory=dict)
    fields: Mapping[str, Answer] = field(default_factory=dict)
    rows: Mapping[str, Answer] = field(default_factory=dict)
    items: Mapping[str, Answer] = field(default_factory=dict)
    agreed: Mapping[str, Answer] = field(default_factory=dict)
    unanswered: Mapping[str, Answer] = field(default_factory=dict)
    contradicted: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    unknown: tuple[tuple[str, Answer], ...] = ()
    sheet: str = ""

    @property
    def answered(self) -> bool:
        """Whether the group answered anything at all."""
        return bool(self.gate or self.fields or self.rows or self.items)

    @property
    def blank(self) -> bool:
        """Whether nobody has written anything into the sheet: no answer, no reason, nothing about the visit."""
        return not (self.answered or self.unanswered or self.unknown or any(not cell.blank for cell in self.visit.values()))


def shown(cell: Cell) -> str:
    """What an inspection form shows as the unit's own: the value as understood, else as typed."""
    return cell.raw if cell.value is None else value_text(cell.value)


def row_id(entry: ListDef, row: ListRow) -> str:
    """What an inspection form calls a list row: by what it says, so that moving rows changes nothing."""
    said = "\x1f".join(match_key(value_text(row.cells[column].value) or row.cells[column].raw) for column in entry.key)
    return f"{entry.id}:{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def differs(kind: str, answer: Answer) -> bool:
    """Whether an answer changes anything: a refusal, or another value than the form showed as the unit's own."""
    if kind == ROW:
        return answer.verified.value == REFUSED
    value = answer.verified.value
    said = points_text(value) if isinstance(value, Fraction) else value_text(value)
    return said != answer.own


def extract_inspections(sheets: Iterable[Sheet], rulebook: Rulebook, group: str) -> tuple[UnitInspection, ...]:
    """What the form says of each unit that has a sheet in it; sheets of the same unit (copies) are read as one."""
    found: dict[str, list[tuple[str, Answer]]] = {}
    first: dict[str, str] = {}
    for sheet in sheets:
        head = [raw_text(value) for value in sheet.rows[0]] if sheet.rows else []
        unit = next((text.removeprefix(UNIT_MARK) for text in head if text.startswith(UNIT_MARK)), None)
        if unit is not None and set(COLUMNS) <= set(head):
            first.setdefault(unit, sheet.name)
            found.setdefault(unit, []).extend(_lines(sheet, {name: head.index(name) for name in COLUMNS}, rulebook))
    return tuple(_unit(lines, rulebook, unit, group, first[unit]) for unit, lines in found.items())


def _lines(sheet: Sheet, columns: Mapping[str, int], rulebook: Rulebook) -> Iterator[tuple[str, Answer]]:
    """Every line with its hidden id; answers on lines that have none (rows that somebody inserted) come with ""."""
    begun = False
    for index, row in enumerate(sheet.rows[1:], start=1):
        line, value = raw_text(_at(row, columns["id"])), _at(row, columns["verified"])
        begun = begun or bool(line)
        if not line and (not begun or raw_text(value) in ("", *ANSWER_HEADINGS)):
            continue
        kind, _, about = line.partition(":")
        verified = _cell(sheet, index, columns["verified"], _meaning(rulebook, kind, about, value))
        reason = _cell(sheet, index, columns["reason"], text_meaning(_at(row, columns["reason"])))
        yield line, Answer(raw_text(_at(row, columns["own"])), verified, reason)


def _unit(lines: Iterable[tuple[str, Answer]], rulebook: Rulebook, unit: str, group: str, sheet: str) -> UnitInspection:
    given: dict[str, list[Answer]] = {}
    unknown: list[tuple[str, Answer]] = []
    for line, answer in lines:
        if _is_known(rulebook, line):
            given.setdefault(line, []).append(answer)
        else:
            unknown.append((line, answer))
    answers: dict[str, dict[str, Answer]] = {kind: {} for kind in (GATE, VISIT, FIELD, ROW, ITEM)}
    agreed: dict[str, Answer] = {}
    unanswered: dict[str, Answer] = {}
    contradicted: dict[str, tuple[Cell, ...]] = {}
    for line, same in given.items():
        kind, _, about = line.partition(":")
        answer, others = _counting_line(kind, same)
        if others:
            contradicted[line] = (answer.verified, *others)
        if kind == VISIT or not answer.verified.blank:
            answers[kind][about] = answer
            continue
        if kind == FIELD:
            agreed[about] = answer
        if not answer.reason.blank:
            unanswered[line] = answer
    return UnitInspection(
        unit,
        group,
        gate=answers[GATE],
        visit={about: answer.verified for about, answer in answers[VISIT].items()},
        fields=answers[FIELD],
        rows=answers[ROW],
        items=answers[ITEM],
        agreed=agreed,
        unanswered=unanswered,
        contradicted=contradicted,
        unknown=tuple(unknown),
        sheet=sheet,
    )


def _counting_line(kind: str, same: Sequence[Answer]) -> tuple[Answer, tuple[Cell, ...]]:
    """Of lines with the same id (rows copied) the one that counts, and the cells of those that say something else."""
    filled = [answer for answer in same if not answer.verified.blank]
    if not filled:
        return next((answer for answer in same if not answer.reason.blank), same[0]), ()
    first = filled[0]
    first = next((a for a in filled if not a.reason.blank and _agree(kind, first, a)), first)
    return first, tuple(a.verified for a in same if a is not first and not _agree(kind, first, a))


def _agree(kind: str, first: Answer, other: Answer) -> bool:
    """A blank agrees with whatever leaves the unit's own figure; of a precondition or the visit it says nothing."""
    if other.verified.blank:
        return kind in (GATE, VISIT) or (first.verified.value is not None and not differs(kind, first))
    if first.verified.value is None or other.verified.value is None:
        return first.verified.raw == other.verified.raw
    return first.verified.value == other.verified.value


def _is_known(rulebook: Rulebook, line: str) -> bool:
    kind, _, about = line.partition(":")
    known: Mapping[str, Iterable[str]] = {
        GATE: [condition.id for condition in rulebook.gate.conditions],
        VISIT: (VISIT_DATE, VISIT_MET),
        FIELD: rulebook.fields,
        ROW: rulebook.lists_by_id,
        ITEM: rulebook.items,
    }
    return (about.partition(":")[0] if kind == ROW else about) in known.get(kind, ())


def counting(visits: Sequence[tuple[str, UnitInspection]], owners: Mapping[str, str]) -> dict[str, tuple[str, UnitInspection]]:
    """By unit, the sheet that counts, with its file: the newest from the group that inspects the unit (``owners``: unit → group).

    A sheet without a word in it never displaces one that was filled in.
    """
    own = [(file, visit) for file, visit in visits if owners.get(visit.unit) == visit.group]
    return {visit.unit: (file, visit) for file, visit in sorted(own, key=lambda entry: not entry[1].blank)}


def _meaning(rulebook: Rulebook, kind: str, about: str, value: Any) -> Meaning:
    if kind == GATE:
        return choice(value, (PRESENT, ABSENT))
    if kind == ROW:
        return choice(value, (AGREED, REFUSED))
    if kind == ITEM:
        return points(value)
    if kind == VISIT and about == VISIT_DATE:
        return day(value)
    known = rulebook.fields.get(about)
    return meaning(value, known.type if known else "text")


def _at(row: list[Any], column: int) -> Any:
    return row[column] if column < len(row) else None


def _cell(sheet: Sheet, index: int, column: int, found: Meaning) -> Cell:
    return Cell(sheet.name, cell_name(index + 1, column), found.raw, found.value, found.problem, found.note)
