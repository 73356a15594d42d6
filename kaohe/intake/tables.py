"""Where a form's tables stand in a workbook: by the hidden ids, and where those are gone by the headings that people see."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from kaohe.cells import cell_name
from kaohe.intake.byhand import HEAD_ROWS, heading_columns, list_headings, list_titled
from kaohe.intake.normalise import Meaning, raw_text
from kaohe.intake.record import Cell, Problem
from kaohe.intake.sheet import Sheet
from kaohe.rulebook.model import ListDef, Rulebook

PASTED_PICTURE = "［图片］"
"""What stands for a picture where text was asked for."""

LIST_STATE = "state"
"""Id of a list's last column, which every version of the form has."""


@dataclass(frozen=True)
class Page:
    """A sheet as its cells are read: what lies under a merge or a picture is a problem, never a blank."""

    sheet: Sheet
    _merged_columns: dict[int, dict[int, tuple[int, int]]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def value(self, row: int, column: int) -> Any:
        """What stands there; None outside the sheet. Places count from 0, and a column below 0 is one that is gone."""
        cells = self.sheet.rows[row]
        return cells[column] if 0 <= column < len(cells) else None

    def text(self, row: int, column: int) -> str:
        """The same as text."""
        return raw_text(self.value(row, column))

    def cell(self, row: int, column: int, found: Meaning) -> Cell:
        """The cell with this meaning, as it is by itself."""
        return Cell(self.sheet.name, cell_name(row + 1, column) if column >= 0 else "", found.raw, found.value, found.problem, found.note)

    def uncovered(self, cell: Cell, row: int, column: int) -> Cell:
        """The cell, with a problem where a merge or a picture hides what it is meant to say."""
        first = self._merges(column).get(row)
        if first is not None:
            note = f"与 {cell_name(first[0] + 1, first[1])} 合并成了一格，看不出这一格填的是什么"
            return replace(cell, value=None, problem=Problem.MERGED, note=note)
        if cell.blank and (row, column) in self.sheet.pictures:
            return replace(cell, raw=PASTED_PICTURE, problem=Problem.PICTURE)
        return cell

    def _merges(self, column: int) -> Mapping[int, tuple[int, int]]:
        """By row, the corner that shows instead of this column's cell."""
        found = self._merged_columns.get(column)
        if found is None:
            found = self._merged_columns[column] = {}
            for top, left, bottom, right in self.sheet.merged:
                if left <= column <= right:
                    for row in range(top, min(bottom, len(self.sheet.rows) - 1) + 1):
                        if (row, column) != (top, left):
                            found.setdefault(row, (top, left))
        return found


@dataclass(frozen=True)
class MainTable:
    """The table of fields: ``columns`` by their names (``id``, ``number``, ``label``, ``value``, ``evidence``), as far as they are there."""

    page: Page
    header: int
    columns: Mapping[str, int]


@dataclass(frozen=True)
class ListTable:
    """A list: input columns by id, index of the first row of content, and of the heading row (-1 where it cannot be told).

    ``by_ids`` is False where only its title and headings say which list it is.
    """

    entry: ListDef
    page: Page
    columns: Mapping[str, int]
    header: int
    heading: int
    first: int
    by_ids: bool


def main_table(sheet: Sheet, rulebook: Rulebook) -> MainTable | None:
    """The table of fields on this sheet; None where there is none.

    Headings that people see outrank the hidden ids where both are there and differ: columns may have been moved below the hidden row.
    """
    by_ids = id_row(sheet, {"id", "value"}) or id_row(sheet, {"label", "value"})
    by_headings = heading_columns(sheet)
    if by_ids is None and by_headings is None:
        return None
    index, columns = by_ids or (0, {})
    if by_headings is not None:
        index = max(index, by_headings[0])
        columns = {**columns, **by_headings[1]}
    if "id" not in columns:
        at = _column_of(sheet, set(rulebook.fields))
        columns = columns if at is None else {**columns, "id": at}
    return MainTable(Page(sheet), index, columns)


def list_table(sheet: Sheet, rulebook: Rulebook) -> ListTable | None:
    """The list on this sheet; None where there is none or it cannot be told which."""
    for entry in rulebook.lists:
        own = {column.id for column in entry.columns}
        found = id_row(sheet, {entry.id})
        if found is not None and own & found[1].keys():
            return _table(sheet, entry, (found[0], {c: n for c, n in found[1].items() if c in own}), by_ids=True)
    marked = _id_anywhere(sheet, set(rulebook.lists_by_id))
    if marked is not None:
        entry = rulebook.lists_by_id[marked]
        found = _column_ids(sheet, entry) or list_headings(sheet, entry)
        return None if found is None else _table(sheet, entry, found, by_ids=True)
    titled = list_titled(sheet, rulebook)
    if titled is None or _foreign(sheet, titled):
        return None
    found = _column_ids(sheet, titled) or list_headings(sheet, titled)
    if found is None or not {c.id for c in titled.columns if c.required} <= found[1].keys():
        return None
    return _table(sheet, titled, found, by_ids=False)


def _table(sheet: Sheet, entry: ListDef, found: tuple[int, dict[str, int]], *, by_ids: bool) -> ListTable:
    header, columns = found
    headings = list_headings(sheet, entry)
    if headings is not None and headings[1].keys() == columns.keys():
        columns = headings[1]
    heading = headings[0] if headings is not None else -1
    at = _column_of(sheet, {entry.id}, header + 1)
    marked = next((n for n, row in enumerate(sheet.rows) if n > header and at is not None and raw_text(row[at] if at < len(row) else None)), None)
    starts = [n for n in (heading + 1 if headings is not None else None, marked) if n is not None]
    return ListTable(entry, Page(sheet), columns, header, heading, min(starts, default=header + 1), by_ids)


def _head_texts(sheet: Sheet, _: None) -> list[dict[str, int]]:
    """The first column of each text, row by row of the first ones."""
    return [{value: n for n, value in reversed(list(enumerate(row))) if isinstance(value, str) and value} for row in sheet.rows[:HEAD_ROWS]]


def _all_head_texts(sheet: Sheet, _: None) -> set[str]:
    return set[str]().union(*sheet.told(_head_texts, None))


def id_row(sheet: Sheet, wanted: set[str]) -> tuple[int, dict[str, int]] | None:
    """Index of the row that holds all the wanted ids, with the column of each text in it."""
    if not wanted <= sheet.told(_all_head_texts, None):
        return None
    for index, columns in enumerate(sheet.told(_head_texts, None)):
        if wanted <= columns.keys():
            return index, columns
    return None


def _foreign(sheet: Sheet, entry: ListDef) -> bool:
    """Whether the hidden row names another list than the title: one of another version, which is not ours to read."""
    found = id_row(sheet, {LIST_STATE})
    first = raw_text(sheet.rows[found[0]][0]) if found is not None else ""
    return bool(first) and first not in {LIST_STATE, *(column.id for column in entry.columns)}


def _column_ids(sheet: Sheet, entry: ListDef) -> tuple[int, dict[str, int]] | None:
    """The hidden row of a list whose first cell was lost: all its column ids side by side."""
    own = {column.id for column in entry.columns}
    found = id_row(sheet, own)
    return None if found is None else (found[0], {c: n for c, n in found[1].items() if c in own})


def _id_anywhere(sheet: Sheet, ids: set[str]) -> str | None:
    """The first of these ids that stands in a cell of its own."""
    return next((value for row in sheet.rows if not ids.isdisjoint(row) for value in row if isinstance(value, str) and value in ids), None)


def _column_of(sheet: Sheet, ids: set[str], first: int = 0) -> int | None:
    """The column in which one of these ids stands."""
    rows = (row for row in islice(sheet.rows, first, None) if not ids.isdisjoint(row))
    return next((n for row in rows for n, value in enumerate(row) if isinstance(value, str) and value in ids), None)
