"""Which of the values in a record count: the rest is blank, uncertain or blocked by an error."""

from collections.abc import Iterable

from kaohe.checks.finding import Finding
from kaohe.intake.record import Record
from kaohe.rulebook.facts import FactRow, Facts


def accepted_facts(record: Record, findings: Iterable[Finding]) -> Facts:
    """The values of ``record`` that no finding blocks: fields with a value, and rows without a fault."""
    errors = [f for f in findings if f.blocks]
    blocked_fields = {f.field for f in errors if f.row is None}
    blocked_rows = {(f.field.partition(".")[0], (f.sheet, f.row)) for f in errors if f.row is not None}
    fields = {field_id: cell.value for field_id, cell in record.fields.items() if isinstance(cell.value, int) and field_id not in blocked_fields}
    rows = {
        list_id: tuple(
            FactRow(row.number, {c: cell.value for c, cell in row.cells.items()}, row.sheet)
            for row in entries
            if (list_id, row.place) not in blocked_rows
        )
        for list_id, entries in record.lists.items()
    }
    return Facts(fields, rows)
