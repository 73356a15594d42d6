"""Where everything stands in a submission form, computed from the rulebook alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from kaohe.cells import column_letter
from kaohe.rulebook.model import Clause, Field, Item, ListDef, Rulebook, Section

GUIDE_SHEET = "填报说明"
MAIN_SHEET = "填报表"
MACHINE_SHEET = "_kaohe"
BASIS_SHEET = "_basis"
MAGIC = "kaohe-form"
"""First cell of the machine sheet: what makes a workbook one of ours."""

MAIN_COLUMNS = ("id", "number", "label", "value", "unit", "evidence", "rule", "score")
"""Ids in the hidden first row of the main sheet, from column A on."""

MAIN_HEADINGS = {
    "number": "序号",
    "label": "填报内容",
    "value": "填报值",
    "unit": "单位",
    "evidence": "佐证材料编号",
    "rule": "计分规则",
    "score": "自评分",
}
"""What the filler sees above each column of the main sheet."""

ID_ROW = 1
"""Row of the hidden column ids, on every input sheet."""

MAIN_TITLE_ROW, MAIN_UNIT_ROW, MAIN_NOTE_ROW, MAIN_HEADER_ROW = 2, 3, 4, 5
LIST_TITLE_ROW, LIST_ABOUT_ROW, LIST_HEADER_ROW, LIST_FIRST_ROW = 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class SectionLine:
    """Heading row of a section."""

    row: int
    section: Section


@dataclass(frozen=True, slots=True)
class ClauseLine:
    """Row that quotes a clause."""

    row: int
    clause: Clause


@dataclass(frozen=True, slots=True)
class FieldLine:
    """Row with an input; ``item`` is scored on the same row where there is one."""

    row: int
    clause: Clause
    field: Field
    item: Item | None


@dataclass(frozen=True, slots=True)
class ItemLine:
    """Row of an item without an input of its own (from a list, or a second item of the same figures)."""

    row: int
    clause: Clause
    item: Item


Line: TypeAlias = SectionLine | ClauseLine | FieldLine | ItemLine


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Where a list stands: column ids to column letters, and the letter of the row state."""

    entry: ListDef
    sheet: str
    first_row: int
    columns: Mapping[str, str]
    state_column: str

    @property
    def last_row(self) -> int:
        """The last input row."""
        return self.first_row + self.entry.rows - 1


@dataclass(frozen=True)
class FormLayout:
    """The whole form. Rows count from 1, as the filler sees them."""

    rulebook: Rulebook

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Rows of the main sheet below its heading, in order."""
        lines: list[Line] = []

        def row() -> int:
            return MAIN_HEADER_ROW + 1 + len(lines)

        for section in self.rulebook.sections:
            lines.append(SectionLine(row(), section))
            for clause in section.clauses:
                lines.append(ClauseLine(row(), clause))
                shared = _items_beside_fields(clause)
                for field in clause.fields:
                    lines.append(FieldLine(row(), clause, field, shared.get(field.id)))
                for item in clause.items:
                    if item not in shared.values():
                        lines.append(ItemLine(row(), clause, item))
        return tuple(lines)

    @property
    def last_row(self) -> int:
        """The last row of the main sheet's body."""
        return self.lines[-1].row

    @cached_property
    def field_rows(self) -> Mapping[str, int]:
        """Row of each field's input."""
        return {line.field.id: line.row for line in self.lines if isinstance(line, FieldLine)}

    @cached_property
    def item_rows(self) -> Mapping[str, int]:
        """Row of each item's self-score."""
        return {line.item.id: line.row for line in self.lines if isinstance(line, FieldLine | ItemLine) and line.item}

    @cached_property
    def lists(self) -> Mapping[str, ListPlace]:
        """Place of each list. Column A holds row ids, B the serial number, inputs begin at C."""
        places = {}
        for entry in self.rulebook.lists:
            letters = {column.id: column_letter(2 + n) for n, column in enumerate(entry.columns)}
            places[entry.id] = ListPlace(entry, entry.label, LIST_FIRST_ROW, letters, column_letter(2 + len(entry.columns)))
        return places

    def main_column(self, column_id: str) -> str:
        """Letter of a main sheet column."""
        return column_letter(MAIN_COLUMNS.index(column_id))

    def value_cell(self, field_id: str) -> str:
        """Cell of a field's input, such as ``D8``."""
        return f"{self.main_column('value')}{self.field_rows[field_id]}"

    def evidence_cell(self, field_id: str) -> str:
        """Cell of a field's 佐证材料编号."""
        return f"{self.main_column('evidence')}{self.field_rows[field_id]}"

    def score_cell(self, item_id: str) -> str:
        """Cell of an item's 自评分."""
        return f"{self.main_column('score')}{self.item_rows[item_id]}"


def _items_beside_fields(clause: Clause) -> dict[str, Item]:
    """An item shares the row of the last of its clause's fields that it reads, unless an earlier item has taken it."""
    taken: dict[str, Item] = {}
    for item in clause.items:
        read = [field.id for field in clause.fields if field.id in item.rule.inputs()]
        if read and read[-1] not in taken:
            taken[read[-1]] = item
    return taken
