"""What changed between two versions of one unit's form."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kaohe.intake.record import Cell, Change, ListRow, Record
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
        old_rows, new_rows = (_by_place(rows) for rows in _differing(before.lists[entry.id], after.lists[entry.id]))
        for place in sorted(old_rows.keys() | new_rows.keys()):
            for column in entry.columns:
                had = old_rows[place].cells[column.id] if place in old_rows else None
                has = new_rows[place].cells[column.id] if place in new_rows else None
                shown = has or had
                if shown and _raw(had) != _raw(has):
                    yield Change(shown.sheet, shown.ref, f"{entry.label}：{column.label}", _raw(had), _raw(has))


def _differing(before: Sequence[ListRow], after: Sequence[ListRow]) -> tuple[list[ListRow], list[ListRow]]:
    """The rows of each that the other has not, wherever they stand: sorting a list or inserting a row changes nothing else."""
    kept = Counter(map(_content, before)) & Counter(map(_content, after))
    return _without(before, kept), _without(after, kept)


def _without(rows: Iterable[ListRow], kept: Counter[tuple[str, ...]]) -> list[ListRow]:
    left = Counter(kept)
    found = []
    for row in rows:
        if left[_content(row)] > 0:
            left[_content(row)] -= 1
        else:
            found.append(row)
    return found


def _content(row: ListRow) -> tuple[str, ...]:
    return tuple(cell.raw for cell in row.cells.values())


def _by_place(rows: Iterable[ListRow]) -> dict[tuple[int, int], ListRow]:
    """Rows by the order of their sheet and their number: renaming a sheet is no change."""
    sheets: dict[str, int] = {}
    return {(sheets.setdefault(row.sheet, len(sheets)), row.number): row for row in rows}


def _raw(cell: Cell | None) -> str:
    return cell.raw if cell else ""
