"""What changed between two versions of one unit's form."""

from collections.abc import Iterator

from kaohe.intake.record import Cell, Change, Record
from kaohe.rulebook.model import Rulebook


def changes(before: Record, after: Record, rulebook: Rulebook) -> tuple[Change, ...]:
    """Every input cell that differs, by the place it has in the newer form."""
    return tuple(_changes(before, after, rulebook))


def _changes(before: Record, after: Record, rulebook: Rulebook) -> Iterator[Change]:
    for field_id, field in rulebook.fields.items():
        old, new = before.fields[field_id], after.fields[field_id]
        if old.raw != new.raw:
            yield Change(new.sheet, new.ref, field.label, old.raw, new.raw)
        old, new = before.evidence[field_id], after.evidence[field_id]
        if old.raw != new.raw:
            yield Change(new.sheet, new.ref, f"{field.label}（佐证材料编号）", old.raw, new.raw)
    for entry in rulebook.lists:
        old_rows = {row.number: row for row in before.lists[entry.id]}
        new_rows = {row.number: row for row in after.lists[entry.id]}
        for number in sorted(old_rows.keys() | new_rows.keys()):
            for column in entry.columns:
                had = old_rows[number].cells[column.id] if number in old_rows else None
                has = new_rows[number].cells[column.id] if number in new_rows else None
                place = has or had
                if place and _raw(had) != _raw(has):
                    yield Change(place.sheet, place.ref, f"{entry.label}：{column.label}", _raw(had), _raw(has))


def _raw(cell: Cell | None) -> str:
    return cell.raw if cell else ""
