"""Equal cells of different forms kept once: most cells of a form say what they say in every other form (是, blank, 佐证3).

A record that came from another process has copies of everything; thousands of them would take three times the memory.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kaohe.intake.record import Cell, ListRow, Record

_VALUE = 3
"""The place of a cell's value among what it is made of."""
_SHORT = 12
"""Characters of a text that may well come again; longer ones (titles, names) seldom do, and remembering them would take more than it saves."""


class Sharing:
    """Remembers the cells that it made."""

    def __init__(self) -> None:
        self._cells: dict[tuple[object, ...], Cell] = {}

    def cell(self, *parts: Any) -> Cell:
        """The cell with these parts (those at the end may be left out): the one that was made before, where there is one."""
        known = self._cells.get(parts)
        # True equals 1 and a fraction an integer: only what is of the same kind is the same.
        if known is not None and (len(parts) <= _VALUE or type(known.value) is type(parts[_VALUE])):
            return known
        made = Cell(*parts)
        if known is None and len(made.raw) <= _SHORT:
            self._cells[parts] = made
        return made

    @staticmethod
    def row(list_id: str, sheet: str, number: int, cells: Mapping[str, Cell]) -> ListRow:
        """The row with these parts, its ids those of all others."""
        return ListRow(sys.intern(list_id), sheet, number, _named(cells))

    @staticmethod
    def record(record: Record) -> Record:
        """An equal record whose ids are those of all others; those of its rows are already."""
        lists = {sys.intern(list_id): rows for list_id, rows in record.lists.items()}
        return replace(record, fields=_named(record.fields), evidence=_named(record.evidence), lists=lists)


def _named(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {sys.intern(name): cell for name, cell in cells.items()}
