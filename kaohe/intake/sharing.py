"""Equal cells of different forms kept once: most cells of a form say what they say in every other form (是, blank, 佐证3).

A record that came from another process has copies of everything; thousands of them would take three times the memory.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace

from kaohe.intake.record import Cell, Record


class Sharing:
    """Remembers the cells of the records that went through it."""

    def __init__(self) -> None:
        self._cells: dict[Cell, Cell] = {}

    def record(self, record: Record) -> Record:
        """An equal record whose cells and ids are those of earlier records where they are the same."""
        lists = {
            sys.intern(list_id): tuple(replace(row, list_id=sys.intern(row.list_id), cells=self._shared(row.cells)) for row in rows)
            for list_id, rows in record.lists.items()
        }
        return replace(record, fields=self._shared(record.fields), evidence=self._shared(record.evidence), lists=lists)

    def _shared(self, cells: Mapping[str, Cell]) -> dict[str, Cell]:
        return {sys.intern(name): self._one(cell) for name, cell in cells.items()}

    def _one(self, cell: Cell) -> Cell:
        known = self._cells.setdefault(cell, cell)
        # True equals 1 and a fraction an integer: only what is of the same kind is the same.
        return known if type(known.value) is type(cell.value) else cell
