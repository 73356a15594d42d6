"""From the cells of an identified form to a record: values are found by the hidden ids, wherever they were moved, else by what people see."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter

from kaohe.forms.layout import MAIN_SHEET
from kaohe.intake.byhand import Labels, labels_of
from kaohe.intake.normalise import meaning
from kaohe.intake.normalise import text as text_meaning
from kaohe.intake.older import list_leftovers, main_leftover, unknown_list
from kaohe.intake.record import About, Cell, ListRow, Problem, Record, Remark
from kaohe.intake.sheet import Sheet
from kaohe.intake.tables import ListTable, MainTable, list_table, main_table
from kaohe.rulebook.model import Rulebook
from kaohe.text import join_rows

_ITEM = "item:"
"""Begins the ids of rows without an input."""


@dataclass
class _Found:
    """What has been read so far."""

    fields: dict[str, Cell] = field(default_factory=dict)
    evidence: dict[str, Cell] = field(default_factory=dict)
    repeats: dict[str, tuple[Cell, ...]] = field(default_factory=dict)
    lists: dict[str, tuple[ListRow, ...]] = field(default_factory=dict)
    tables: list[ListTable] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    by_label: list[str] = field(default_factory=list)

    def add(self, listed: "_List") -> None:
        """One more sheet of a list: copies are read as one."""
        entry = listed.table.entry
        self.tables.append(listed.table)
        self.lists[entry.id] = (*self.lists[entry.id], *listed.rows)
        self.remarks += listed.remarks

    def take(self, field_id: str, cell: Cell, proof: Cell) -> None:
        """One more cell of a field: the first that says anything counts, the others are repeats."""
        known = self.fields.get(field_id)
        if known is None or (known.blank and not cell.blank):
            self.fields[field_id], self.evidence[field_id] = cell, proof
        elif not cell.blank:
            self.repeats[field_id] = (*self.repeats.get(field_id, ()), cell)


def extract(sheets: Iterable[Sheet], rulebook: Rulebook, unit: str, version: str = "") -> Record:
    """The record of one form. A field whose row is gone gets a cell without an address.

    ``version`` names another version of the form than the rulebook's: its rows are then taken by their ids alone.
    """
    found = _Found(lists={entry.id: () for entry in rulebook.lists})
    labels = labels_of(rulebook)
    for sheet in sheets:
        listed = sheet.told(_list_on, rulebook)
        main = main_table(sheet, rulebook) if listed is None else None
        if listed is not None:
            found.add(listed)
        elif main is not None:
            _read_main(found, main, labels, version)
        else:
            found.remarks += sheet.told(_unknown_on, rulebook)
    gone = Cell(MAIN_SHEET, "")
    return Record(
        unit=unit,
        fields={f: found.fields.get(f, gone) for f in rulebook.fields},
        evidence={f: found.evidence.get(f, gone) for f in rulebook.fields},
        lists=found.lists,
        repeats=found.repeats,
        remarks=(*_by_labels(found, rulebook), *found.remarks, *_lost(found.tables, rulebook)),
        version=version,
    )


def _read_main(found: _Found, table: MainTable, labels: Labels, version: str) -> None:
    page, rulebook = table.page, labels.rulebook
    places = {name: table.columns.get(name, -1) for name in ("id", "number", "label", "value", "evidence")}
    hidden: list[tuple[int, str, Cell]] = []
    for index in range(table.header + 1, len(page.sheet.rows)):
        told = _field_of(table, index, labels, version)
        if told is None:
            found.remarks += main_leftover(table, index, rulebook)
            continue
        for field_id in told.fields:
            value = meaning(page.value(index, places["value"]), rulebook.fields[field_id].type)
            cell = page.uncovered(page.cell(index, places["value"], value), index, places["value"])
            if told.doubt:
                cell = replace(cell, value=None, problem=Problem.UNCERTAIN_ROW, note=told.doubt)
            elif told.by_label:
                found.by_label.append(field_id)
            proof = page.cell(index, places["evidence"], text_meaning(page.value(index, places["evidence"])))
            found.take(field_id, cell, proof)
            if index in page.sheet.hidden and not cell.blank:
                hidden.append((index, field_id, cell))
    if hidden:
        _, field_id, cell = hidden[0]
        rows = join_rows(dict.fromkeys(index + 1 for index, _, _ in hidden))
        found.remarks.append(Remark(About.HIDDEN, cell, field_id, "隐藏的行", rows))


@dataclass(frozen=True, slots=True)
class _Row:
    """The field of a row; several, with what is unclear, where it cannot be told which."""

    fields: tuple[str, ...]
    by_label: bool = False
    doubt: str = ""


def _field_of(table: MainTable, index: int, labels: Labels, version: str) -> _Row | None:
    """Which field a row is; None for a row without an input that this rulebook knows.

    Number and label that agree on another field than the hidden id outrank it: the visible columns may have been sorted without the hidden one.
    """
    place = table.columns
    field_id = table.page.text(index, place.get("id", -1))
    if field_id.startswith(_ITEM):
        return None
    known = field_id in labels.rulebook.fields
    if version and field_id:
        return _Row((field_id,)) if known else None
    told = labels.tell(table.page.text(index, place.get("number", -1)), table.page.text(index, place.get("label", -1)))
    if not known:
        fields = (told.field,) if told.field else told.perhaps
        return _Row(fields, by_label=True, doubt=told.doubt) if fields else None
    if told.field is not None and told.field != field_id:
        if told.numbered:
            return _Row((told.field,), by_label=True)
        wanted = labels.rulebook.fields[field_id].label
        return _Row((field_id,), doubt=f"隐藏的标记是“{wanted}”，看得见的内容却是“{labels.rulebook.fields[told.field].label}”")
    return _Row((field_id,))


@dataclass(frozen=True)
class _List:
    """What a sheet with a list says."""

    table: ListTable
    rows: tuple[ListRow, ...]
    remarks: tuple[Remark, ...]


def _list_on(sheet: Sheet, rulebook: Rulebook) -> _List | None:
    """The list on this sheet; None where there is none.

    Rows that say anything are kept. Rows below the offered ones count too: people paste more than was offered.
    """
    table = list_table(sheet, rulebook)
    if table is None:
        return None
    entry, rows = table.entry, tuple(_rows(table))
    remarks = list(list_leftovers(table))
    hidden = [row for row in rows if row.number - 1 in sheet.hidden]
    if hidden:
        cell = next(iter(hidden[0].cells.values()))
        place = next((c for c in hidden[0].cells.values() if not c.blank), cell)
        remarks.append(Remark(About.HIDDEN, place, entry.id, f"{entry.label}：隐藏的行", join_rows(row.number for row in hidden)))
    return _List(table, rows, tuple(remarks))


def _unknown_on(sheet: Sheet, rulebook: Rulebook) -> tuple[Remark, ...]:
    return tuple(unknown_list(sheet, rulebook))


def _rows(table: ListTable) -> Iterator[ListRow]:
    sheet = table.page.sheet
    places = [table.columns.get(column.id, -1) for column in table.entry.columns]
    seen = [at for at in places if at >= 0]
    if not seen:
        return
    last = max(seen)
    take = itemgetter(*seen, last)
    pictured = {row for row, at in sheet.pictures if at in seen}
    nothing = ("",) * (len(seen) + 1)
    for index in range(table.first, len(sheet.rows)):
        row = sheet.rows[index]
        values = take(row) if last < len(row) else [row[at] for at in seen if at < len(row)]
        # Most rows are empty, and most of their cells are nothing at all rather than something that looks blank.
        blank = values == nothing or values.count("") + values.count(None) == len(values)
        if index == table.heading or (blank and index not in pictured):
            continue
        cells = _row_cells(table, index)
        if any(not cell.blank for cell in cells.values()):
            yield ListRow(table.entry.id, sheet.name, index + 1, cells)


def _row_cells(table: ListTable, index: int) -> dict[str, Cell]:
    """The cells of one row. Merges matter only in a row that says something: a merge over several whole rows is one row."""
    page = table.page
    places = {column.id: table.columns.get(column.id, -1) for column in table.entry.columns}
    cells = {c.id: page.cell(index, places[c.id], meaning(page.value(index, places[c.id]), c.type, c.choices)) for c in table.entry.columns}
    if all(cell.blank for cell in cells.values()):
        pictured = any((index, at) in page.sheet.pictures for at in places.values())
        return {c: page.uncovered(cell, index, places[c]) for c, cell in cells.items()} if pictured else {}
    return {c: page.uncovered(cell, index, places[c]) for c, cell in cells.items()}


def _by_labels(found: _Found, rulebook: Rulebook) -> Iterator[Remark]:
    """What was read by visible words instead of ids, as one remark."""
    titled = [table.entry for table in found.tables if not table.by_ids]
    taken = list(dict.fromkeys(found.by_label))
    parts = []
    if len(taken) * 2 > len(rulebook.fields):
        parts.append("整张填报表")
    elif taken:
        parts.append("、".join(f"“{rulebook.fields[f].label}”" for f in taken[:5]) + (f"等{len(taken)}项" if len(taken) > 5 else ""))
    parts += [f"《{entry.label}》" for entry in dict.fromkeys(titled)]
    if parts:
        first = taken[0] if taken else ""
        cell = found.fields[first] if first else Cell(titled[0].label, "")
        yield Remark(About.LABELS, cell, first or titled[0].id, "系统标记", "、".join(parts))


def _lost(tables: Sequence[ListTable], rulebook: Rulebook) -> Iterator[Remark]:
    """Lists that are nowhere, as one remark, and columns that a list lacks, one remark a list."""
    kept = {table.entry.id for table in tables}
    gone = [entry for entry in rulebook.lists if entry.id not in kept]
    if gone:
        names = "、".join(f"《{entry.label}》" for entry in gone)
        yield Remark(About.LOST, Cell(gone[0].label, ""), gone[0].id, names, f"找不到{names}")
    for table in tables:
        missing = [column for column in table.entry.columns if column.id not in table.columns]
        if missing:
            names = "、".join(f"“{column.label}”" for column in missing)
            place = Cell(table.page.sheet.name, "")
            yield Remark(About.LOST, place, f"{table.entry.id}.{missing[0].id}", f"{table.entry.label}：{names}", f"找不到{names}这一列")


def count_told(record: Record) -> int:
    """How many fields of the form were found, filled or not, and without doubt which they are."""
    return sum(bool(cell.ref) and cell.problem is not Problem.UNCERTAIN_ROW for cell in record.fields.values())


def count_said(record: Record) -> int:
    """How many rows of lists, repeated cells and remarks the form gives: everything of which there can be any number."""
    return sum(map(len, record.lists.values())) + sum(map(len, record.repeats.values())) + len(record.remarks)
