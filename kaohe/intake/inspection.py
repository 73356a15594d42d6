"""From a returned inspection form (核查表) to what a group found at each unit."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kaohe.cells import cell_name
from kaohe.forms.inspection import ABSENT, AGREED, COLUMNS, PRESENT, REFUSED, UNIT_MARK
from kaohe.intake.normalise import Meaning, choice, meaning, points, raw_text
from kaohe.intake.normalise import text as text_meaning
from kaohe.intake.record import Cell, ListRow
from kaohe.intake.workbook import Sheet
from kaohe.rulebook.model import ListDef, Rulebook
from kaohe.text import match_key, value_text

GATE, VISIT, FIELD, ROW, ITEM = "gate", "visit", "field", "row", "item"
"""Kinds of line; an id is the kind, a colon and what it is about."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One line a group answered: what the form showed as the unit's own, the answer, and the reason."""

    own: str
    verified: Cell
    reason: Cell


@dataclass(frozen=True)
class UnitInspection:
    """What one form says of one unit. Answers are by field, row or item id; blank ones are left out (blank means agreed).

    ``agreed`` holds the fields left blank, with the figure that the group saw.
    """

    unit: str
    group: str
    gate: Mapping[str, Answer] = field(default_factory=dict)
    visit: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Answer] = field(default_factory=dict)
    rows: Mapping[str, Answer] = field(default_factory=dict)
    items: Mapping[str, Answer] = field(default_factory=dict)
    agreed: Mapping[str, Answer] = field(default_factory=dict)


def shown(cell: Cell) -> str:
    """What an inspection form shows as the unit's own: the value as understood, else as typed."""
    return cell.raw if cell.value is None else value_text(cell.value)


def row_id(entry: ListDef, row: ListRow) -> str:
    """What an inspection form calls a list row: by what it says, so that moving rows changes nothing."""
    said = "\x1f".join(match_key(value_text(row.cells[column].value) or row.cells[column].raw) for column in entry.key)
    return f"{entry.id}:{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def extract_inspections(sheets: Iterable[Sheet], rulebook: Rulebook, group: str) -> tuple[UnitInspection, ...]:
    """What the form says of each unit that has a sheet in it."""
    found = []
    for sheet in sheets:
        head = [raw_text(value) for value in sheet.rows[0]] if sheet.rows else []
        unit = next((text.removeprefix(UNIT_MARK) for text in head if text.startswith(UNIT_MARK)), None)
        if unit is not None and set(COLUMNS) <= set(head):
            found.append(_unit(sheet, {name: head.index(name) for name in COLUMNS}, rulebook, unit, group))
    return tuple(found)


def _unit(sheet: Sheet, columns: Mapping[str, int], rulebook: Rulebook, unit: str, group: str) -> UnitInspection:
    answers: dict[str, dict[str, Answer]] = {kind: {} for kind in (GATE, FIELD, ROW, ITEM)}
    visit: dict[str, str] = {}
    agreed: dict[str, Answer] = {}
    for index, row in enumerate(sheet.rows[1:], start=1):
        kind, _, about = raw_text(_at(row, columns["id"])).partition(":")
        if kind == VISIT:
            visit[about] = raw_text(_at(row, columns["verified"]))
        elif kind in answers and about:
            value = _at(row, columns["verified"])
            verified = _cell(sheet, index, columns["verified"], _meaning(rulebook, kind, about, value))
            reason = _cell(sheet, index, columns["reason"], text_meaning(_at(row, columns["reason"])))
            answer = Answer(raw_text(_at(row, columns["own"])), verified, reason)
            if not verified.blank:
                answers[kind][about] = answer
            elif kind == FIELD:
                agreed[about] = answer
    return UnitInspection(unit, group, answers[GATE], visit, answers[FIELD], answers[ROW], answers[ITEM], agreed)


def counting(visits: Sequence[tuple[str, UnitInspection]], owners: Mapping[str, str]) -> dict[str, tuple[str, UnitInspection]]:
    """By unit, the sheet that counts, with its file: the newest from the group that inspects the unit (``owners``: unit → group)."""
    return {visit.unit: (file, visit) for file, visit in visits if owners.get(visit.unit) == visit.group}


def _meaning(rulebook: Rulebook, kind: str, about: str, value: Any) -> Meaning:
    if kind == GATE:
        return choice(value, (PRESENT, ABSENT))
    if kind == ROW:
        return choice(value, (AGREED, REFUSED))
    if kind == ITEM:
        return points(value)
    known = rulebook.fields.get(about)
    return meaning(value, known.type if known else "text")


def _at(row: list[Any], column: int) -> Any:
    return row[column] if column < len(row) else None


def _cell(sheet: Sheet, index: int, column: int, found: Meaning) -> Cell:
    return Cell(sheet.name, cell_name(index + 1, column), found.raw, found.value, found.problem, found.note)
