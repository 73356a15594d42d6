"""What a form of another version says and this version has no place for: it is listed, never dropped in silence."""

from collections.abc import Iterator

from kaohe.cells import cell_name
from kaohe.intake.byhand import HEAD_ROWS
from kaohe.intake.normalise import raw_text
from kaohe.intake.record import About, Cell, Record, Remark
from kaohe.intake.sheet import Sheet
from kaohe.intake.tables import LIST_STATE, ListTable, MainTable, Page
from kaohe.rulebook.model import Rulebook
from kaohe.text import shorten

_NAMED = 5
_ITEM = "item:"


def main_leftover(table: MainTable, index: int, rulebook: Rulebook) -> Iterator[Remark]:
    """A row of the main sheet with an id that nobody knows, where a value was filled in."""
    page, at = table.page, table.columns.get("value", -1)
    field_id, raw = page.text(index, table.columns.get("id", -1)), page.text(index, at)
    if field_id and raw and not field_id.startswith(_ITEM):
        label = page.text(index, table.columns.get("label", -1)) or field_id
        yield _not_taken(Cell(page.sheet.name, cell_name(index + 1, at), raw), next(iter(rulebook.fields)), label, f"“{shorten(raw, 30)}”")


def list_leftovers(table: ListTable) -> Iterator[Remark]:
    """Columns of a list with an id that nobody knows, where anything was filled in."""
    page, entry = table.page, table.entry
    if not table.by_ids:
        return
    known = {*table.columns, entry.id, LIST_STATE}
    for at, value in enumerate(page.sheet.rows[table.header]):
        name = raw_text(value)
        if not name or name in known or at in table.columns.values() or table.header == table.heading:
            continue
        filled = [index for index in range(table.first, len(page.sheet.rows)) if page.text(index, at)]
        if filled:
            shown = page.text(table.heading, at).rstrip(" *") if table.heading >= 0 else ""
            cell = Cell(page.sheet.name, cell_name(filled[0] + 1, at), page.text(filled[0], at))
            yield _not_taken(cell, entry.id, f"{entry.label}：{shown or name}", f"{len(filled)}格")


def unknown_list(sheet: Sheet, rulebook: Rulebook) -> Iterator[Remark]:
    """A whole list of another version: a sheet with a hidden row of ids, none of them a list that we know, and filled rows."""
    page = Page(sheet)
    for header, row in enumerate(sheet.rows[:HEAD_ROWS]):
        ids = [raw_text(value) for value in row]
        if LIST_STATE not in ids or not ids[0] or len(ids) < 3:
            continue
        inputs = [at for at, name in enumerate(ids[1:], start=1) if name and name != LIST_STATE]
        rows = [n for n in range(header + 1, len(sheet.rows)) if page.text(n, 0) == ids[0] and any(page.text(n, at) for at in inputs)]
        if rows:
            first = next(at for at in inputs if page.text(rows[0], at))
            cell = Cell(sheet.name, cell_name(rows[0] + 1, first), page.text(rows[0], first))
            yield _not_taken(cell, next(iter(rulebook.fields)), f"《{sheet.name}》", f"{len(rows)}行")
        return


def _not_taken(cell: Cell, field: str, label: str, text: str) -> Remark:
    return Remark(About.NOT_TAKEN, cell, field, shorten(label, 60), text)


def migration_notes(record: Record, rulebook: Rulebook, version: str) -> tuple[str, ...]:
    """In Chinese, for the clerk: what a form of another version could not give, both ways."""
    notes = [f"这份表是另一个版本（{version}），现在用的是{rulebook.version}，标记相同的项目照常取用"]
    dropped = [f"{r.label}（{r.cell.sheet} {r.cell.ref}，{r.text}）" for r in record.remarks if r.about is About.NOT_TAKEN]
    if dropped:
        notes.append(f"没有取用的{len(dropped)}处：{_some(dropped)}")
    missing = [f"“{rulebook.fields[f].label}”" for f, cell in record.fields.items() if not cell.ref]
    missing += [remark.label for remark in record.remarks if remark.about is About.LOST]
    if missing:
        notes.append(f"这份表里没有的{len(missing)}处：{_some(missing)}")
    return tuple(notes)


def _some(names: list[str]) -> str:
    return "、".join(names[:_NAMED]) + ("等" if len(names) > _NAMED else "")
