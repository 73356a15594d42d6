"""From the cells of an identified form to a record: values are found by the hidden ids, wherever they were moved."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kaohe.cells import cell_name
from kaohe.forms.layout import MAIN_SHEET
from kaohe.intake.normalise import Meaning, meaning, raw_text
from kaohe.intake.normalise import text as text_meaning
from kaohe.intake.record import Cell, ListRow, Record
from kaohe.intake.workbook import Sheet
from kaohe.rulebook.model import ListDef, Rulebook

_ID_ROWS = 12
"""The hidden row of column ids is looked for among this many first rows."""


def extract(sheets: Iterable[Sheet], rulebook: Rulebook, unit: str) -> Record:
    """The record of one form. A field whose row is gone gets a cell without an address."""
    fields: dict[str, Cell] = {}
    evidence: dict[str, Cell] = {}
    repeats: dict[str, tuple[Cell, ...]] = {}
    lists: dict[str, tuple[ListRow, ...]] = {entry.id: () for entry in rulebook.lists}
    for sheet in sheets:
        found = _id_row(sheet, {"id", "value"})
        if found is not None:
            for field_id, cell, proof in _field_cells(sheet, *found, rulebook):
                if field_id in fields:
                    repeats[field_id] = (*repeats.get(field_id, ()), cell)
                else:
                    fields[field_id], evidence[field_id] = cell, proof
            continue
        for entry in rulebook.lists:
            found = _id_row(sheet, {entry.id, *(c.id for c in entry.columns)})
            if found is not None:
                lists[entry.id] = (*lists[entry.id], *_list_rows(sheet, *found, entry))
                break
    gone = Cell(MAIN_SHEET, "")
    return Record(
        unit=unit,
        fields={f: fields.get(f, gone) for f in rulebook.fields},
        evidence={f: evidence.get(f, gone) for f in rulebook.fields},
        lists=lists,
        repeats=repeats,
    )


def _id_row(sheet: Sheet, wanted: set[str]) -> tuple[int, dict[str, int]] | None:
    """Index of the row that holds all the wanted ids, with the column of each id in it."""
    for index, row in enumerate(sheet.rows[:_ID_ROWS]):
        columns = {value: n for n, value in reversed(list(enumerate(row))) if isinstance(value, str)}
        if wanted <= columns.keys():
            return index, columns
    return None


def _field_cells(sheet: Sheet, header: int, columns: Mapping[str, int], rulebook: Rulebook) -> Iterator[tuple[str, Cell, Cell]]:
    for index in range(header + 1, len(sheet.rows)):
        row = sheet.rows[index]
        field_id = raw_text(_at(row, columns["id"]))
        field = rulebook.fields.get(field_id)
        if field is None:
            continue
        value = _cell(sheet, index, columns["value"], meaning(_at(row, columns["value"]), field.type))
        proof_column = columns.get("evidence", -1)
        proof = _cell(sheet, index, proof_column, text_meaning(_at(row, proof_column)))
        yield field_id, value, proof


def _list_rows(sheet: Sheet, header: int, columns: Mapping[str, int], entry: ListDef) -> Iterator[ListRow]:
    """Rows of a list that say anything. Rows below the offered ones count too: people paste more than was offered."""
    begun = False
    for index in range(header + 1, len(sheet.rows)):
        row = sheet.rows[index]
        begun = begun or raw_text(_at(row, columns[entry.id])) == entry.id
        if not begun:
            continue
        cells = {c.id: _cell(sheet, index, columns[c.id], meaning(_at(row, columns[c.id]), c.type, c.choices)) for c in entry.columns}
        if any(not cell.blank for cell in cells.values()):
            yield ListRow(entry.id, sheet.name, index + 1, cells)


def _at(row: list[Any], column: int) -> Any:
    return row[column] if 0 <= column < len(row) else None


def _cell(sheet: Sheet, index: int, column: int, found: Meaning) -> Cell:
    return Cell(sheet.name, cell_name(index + 1, column) if column >= 0 else "", found.raw, found.value, found.problem, found.note)
