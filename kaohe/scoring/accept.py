"""Which of the values in a record count: the rest is blank, uncertain or blocked by an error."""

from collections.abc import Iterable, Iterator, Mapping

from kaohe.checks.finding import Finding
from kaohe.intake.record import Cell, Record
from kaohe.rulebook.facts import CellValue, FactRow, Facts


class _Values(Mapping[str, CellValue | None]):
    """The values of a row's cells, seen in the cells themselves: a mapping of their own for every row would take a tenth of all memory."""

    __slots__ = ("_cells",)

    def __init__(self, cells: Mapping[str, Cell]) -> None:
        self._cells = cells

    def __getitem__(self, column: str) -> CellValue | None:
        return self._cells[column].value

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __repr__(self) -> str:
        return repr(dict(self))


def accepted_facts(record: Record, findings: Iterable[Finding]) -> Facts:
    """The values of ``record`` that no finding blocks: fields with a value, and rows without a fault."""
    errors = [f for f in findings if f.blocks]
    blocked_fields = {f.field for f in errors if f.row is None}
    blocked_rows = {(f.field.partition(".")[0], (f.sheet, f.row)) for f in errors if f.row is not None}
    fields = {field_id: cell.value for field_id, cell in record.fields.items() if isinstance(cell.value, int) and field_id not in blocked_fields}
    rows = {
        list_id: tuple(FactRow(row.number, _Values(row.cells), row.sheet) for row in entries if (list_id, row.place) not in blocked_rows)
        for list_id, entries in record.lists.items()
    }
    return Facts(fields, rows)
