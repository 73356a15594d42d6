"""Equal cells of different forms kept once: most cells of a form say what they say in every other form (是, blank, 佐证3).

A record that came from another process has copies of everything; thousands of them would take three times the memory.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kaohe.intake.record import Cell, Record

_RAW, _VALUE = 2, 3
"""The places of a cell's text and of its value among what it is made of."""
_SHORT = 12
"""Characters of a text that may well come again; longer ones (titles, names) seldom do, and remembering them would take more than it saves."""


class Sharing:
    """Remembers the cells that it made."""

    def __init__(self) -> None:
        self._cells: dict[tuple[object, ...], Cell] = {}

    def cell(self, *parts: Any) -> Cell:
        """The cell with these parts (those at the end may be left out): the one that was made before, where there is one."""
        if len(parts) > _VALUE and len(parts[_RAW]) > _SHORT:
            return Cell(*parts)
        known = self._cells.get(parts)
        if known is None:
            known = self._cells[parts] = Cell(*parts)
        elif len(parts) > _VALUE and type(known.value) is not type(parts[_VALUE]):
            return Cell(*parts)  # True equals 1 and a fraction an integer: only what is of the same kind is the same
        return known

    def record(self, record: Record) -> Record:
        """An equal record whose ids are those of all others."""
        lists = {
            sys.intern(list_id): tuple(replace(row, list_id=sys.intern(row.list_id), cells=_named(row.cells)) for row in rows)
            for list_id, rows in record.lists.items()
        }
        return replace(record, fields=_named(record.fields), evidence=_named(record.evidence), lists=lists)


def _named(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {sys.intern(name): cell for name, cell in cells.items()}
