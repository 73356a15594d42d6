"""A fresh form filled with what a unit typed elsewhere: in another format, an older form, a table of its own."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime
from io import BytesIO
from typing import TypeAlias

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.cells import column_letter
from kaohe.forms.layout import FormLayout, ListPlace
from kaohe.forms.list_sheets import row_state_formula
from kaohe.intake.normalise import Meaning, meaning, raw_text
from kaohe.intake.record import Cell, ListRow, Record
from kaohe.publish.harmless import put
from kaohe.rulebook.model import ListDef, Rulebook

Place: TypeAlias = tuple[str, str]
"""Sheet and address of a cell."""

_ID_ROWS = 12
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?")
_FIRST_DAY = date(1900, 3, 1)
"""Before it, spreadsheet programs disagree about serial dates."""


@dataclass(frozen=True)
class Refilled:
    """The filled form, the record at its new places, and where each cell of the unit's own file went."""

    book: Workbook
    record: Record
    places: Mapping[Place, Place]


class _Form:
    """A form open for writing; cells are found by the hidden ids, wherever the office has moved them in its master."""

    def __init__(self, form: bytes, rulebook: Rulebook) -> None:
        self.book = load_workbook(BytesIO(form))
        self.layout = FormLayout(rulebook)
        self.places: dict[Place, Place] = {}
        self.main, header, self.columns = self._sheet({"id", "value", "evidence"})
        ids = ((row, self.main.cell(row, self.columns["id"]).value) for row in range(header + 1, self.main.max_row + 1))
        self.rows = {str(value): row for row, value in ids if value in rulebook.fields}

    def _sheet(self, wanted: set[str]) -> tuple[Worksheet, int, dict[str, int]]:
        """The sheet with a row of these ids, that row, and the column of each id."""
        for sheet in (sheet for sheet in self.book.worksheets if isinstance(sheet, Worksheet)):
            for number, row in enumerate(sheet.iter_rows(max_row=_ID_ROWS, values_only=True), 1):
                columns = {str(value): n for n, value in reversed(list(enumerate(row, 1))) if value is not None}
                if wanted <= columns.keys():
                    return sheet, number, columns
        raise KeyError("、".join(sorted(wanted)))

    def fill_field(self, field_id: str, column: str, found: Cell, kind: str) -> Cell:
        """Write one field's value or evidence number; the cell at its new place."""
        cell = self.main.cell(self.rows[field_id], self.columns[column])
        return self._fill(self.main, cell, found, kind)

    def fill_list(self, entry: ListDef, rows: Sequence[ListRow]) -> tuple[ListRow, ...]:
        """Write a list's rows, below the offered ones where they do not fit; the rows at their new places."""
        sheet, header, columns = self._sheet({entry.id, *(column.id for column in entry.columns)})
        ids = [row for row in range(header + 1, sheet.max_row + 1) if sheet.cell(row, columns[entry.id]).value == entry.id]
        numbers = _numbers(rows, sheet.title, ids[0], ids[-1])
        place = ListPlace(entry, sheet.title, ids[0], {c.id: column_letter(columns[c.id] - 1) for c in entry.columns}, "")
        _extend(sheet, place, ids[-1], max(numbers, default=0), columns)
        moved = []
        for row, number in zip(rows, numbers, strict=True):
            cells = {
                c.id: self._fill(sheet, sheet.cell(number, columns[c.id]), row.cells[c.id], c.type, c.choices)
                for c in entry.columns
                if c.id in row.cells
            }
            moved.append(replace(row, sheet=sheet.title, number=number, cells=cells))
        return tuple(moved)

    def _fill(self, sheet: Worksheet, cell: object, found: Cell, kind: str, choices: Sequence[str] = ()) -> Cell:
        assert isinstance(cell, SheetCell)
        if found.raw:
            put(cell, typed(found, kind, choices))
        if found.ref:
            self.places[found.sheet, found.ref] = (sheet.title, cell.coordinate)
        return replace(found, sheet=sheet.title, ref=cell.coordinate)


def refilled(form: bytes, record: Record, rulebook: Rulebook) -> Refilled:
    """The unit's freshly stamped ``form`` with everything that ``record`` holds. Of a field given twice the first value stays.

    Raises KeyError or IndexError where the form has lost an input.
    """
    target = _Form(form, rulebook)
    fields = {f: target.fill_field(f, "value", record.fields[f], field.type) for f, field in rulebook.fields.items()}
    evidence = {f: target.fill_field(f, "evidence", record.evidence[f], "text") for f in rulebook.fields}
    for field_id, others in record.repeats.items():
        for other in others:
            target.places[other.sheet, other.ref] = (fields[field_id].sheet, fields[field_id].ref)
    lists = {entry.id: target.fill_list(entry, record.lists[entry.id]) for entry in rulebook.lists}
    return Refilled(target.book, Record(record.unit, fields, evidence, lists), target.places)


def typed(found: Cell, kind: str, choices: Sequence[str] = ()) -> object:
    """What to type so that the cell reads as before: a number or a date where the unit may have typed one, else the text itself."""
    wanted = (found.raw, found.value, found.problem)
    for candidate in _candidates(found.raw, kind):
        again: Meaning = meaning(candidate, kind, choices)
        if (again.raw, again.value, again.problem) == wanted:
            return candidate
    return found.raw


def _candidates(raw: str, kind: str) -> Iterator[object]:
    """Values that show as ``raw``, the likeliest first. Text columns hold text."""
    if kind not in ("integer", "date", "points"):
        return
    try:
        number = float(raw)
    except ValueError:
        number = math.nan
    if math.isfinite(number) and raw_text(number) == raw:
        yield int(number) if number.is_integer() else number
    if _DAY.fullmatch(raw):
        try:
            moment = datetime.fromisoformat(raw)
        except ValueError:
            return
        if moment.date() >= _FIRST_DAY:
            yield moment if len(raw) > 10 else moment.date()


def _numbers(rows: Sequence[ListRow], title: str, first: int, last: int) -> list[int]:
    """The row of each list row: its own where the unit's file has the form's shape, else one after the other."""
    own = [row.number for row in rows]
    alike = all(row.sheet == title for row in rows) and len(set(own)) == len(own)
    if alike and all(first <= number <= last + len(rows) for number in own):
        return own
    return list(range(first, first + len(rows)))


def _extend(sheet: Worksheet, place: ListPlace, last: int, needed: int, columns: Mapping[str, int]) -> None:
    """More rows like the last offered one, and names, rules and colours that reach down to them."""
    if needed <= last:
        return
    width = max(columns.values())
    for row in range(last + 1, needed + 1):
        sheet.row_dimensions[row].height = sheet.row_dimensions[last].height
        for column in range(1, width + 1):
            _plain(sheet, row, column)._style = copy(_plain(sheet, last, column)._style)  # type: ignore[attr-defined]
        put(_plain(sheet, row, columns[place.entry.id]), place.entry.id)
        serial = sheet.cell(last, columns[place.entry.id] + 1).value
        if isinstance(serial, int | float):
            put(_plain(sheet, row, columns[place.entry.id] + 1), int(serial) + row - last)
        if "state" in columns:
            sheet.cell(row, columns["state"]).value = "=" + row_state_formula(place, row)
    for rule in sheet.data_validations.dataValidation:
        for area in rule.sqref.ranges:
            if area.max_row == last:
                area.expand(down=needed - last)
    colours = [(area.sqref, rule) for area in sheet.conditional_formatting for rule in area.rules]
    sheet.conditional_formatting = ConditionalFormattingList()
    for areas, rule in colours:
        for area in areas.ranges:
            if area.max_row == last:
                area.expand(down=needed - last)
        sheet.conditional_formatting.add(str(areas), rule)
    _extend_names(sheet, last, needed)


def _extend_names(sheet: Worksheet, last: int, needed: int) -> None:
    assert sheet.parent is not None
    for defined in sheet.parent.defined_names.values():
        text = defined.attr_text or ""
        if text.strip("'").startswith(sheet.title) and text.endswith(f"${last}"):
            defined.attr_text = f"{text.removesuffix(str(last))}{needed}"


def _plain(sheet: Worksheet, row: int, column: int) -> SheetCell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, SheetCell)
    return cell
