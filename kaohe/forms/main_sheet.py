"""The sheet 填报表: every field under its section and clause, with the rule in plain words and the live self-score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaohe.cells import column_index
from kaohe.forms.layout import (
    ID_ROW,
    MAIN_COLUMNS,
    MAIN_HEADER_ROW,
    MAIN_HEADINGS,
    MAIN_NOTE_ROW,
    MAIN_SHEET,
    MAIN_TITLE_ROW,
    MAIN_UNIT_ROW,
    ClauseLine,
    FieldLine,
    FormLayout,
    ItemLine,
    SectionLine,
)
from kaohe.forms.styles import Styles
from kaohe.forms.validation import field_validation, text_validation
from kaohe.rulebook.facts import FormulaNames
from kaohe.rulebook.model import Item
from kaohe.rulebook.rules.rows import RowRule
from kaohe.text import lines_needed, points_text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_WIDTHS = {"id": 3, "number": 9, "label": 44, "value": 13, "unit": 6, "evidence": 17, "rule": 46, "score": 11}
_LINE = 15.5
BY_RANK = "按全市位次核定"

_COLUMN = {name: index for index, name in enumerate(MAIN_COLUMNS)}
_LAST = len(MAIN_COLUMNS) - 1


@dataclass(frozen=True)
class _Sheet:
    workbook: Workbook
    sheet: Worksheet
    layout: FormLayout
    styles: Styles
    names: FormulaNames

    def put(self, row: int, column: str, text: str, style: str) -> None:
        self.sheet.write_string(row - 1, _COLUMN[column], text, self.styles[style])


def write_main_sheet(workbook: Workbook, layout: FormLayout, styles: Styles) -> None:
    """Write 填报表 with its inputs, names, validation, marks and print set-up."""
    page = _Sheet(workbook, workbook.add_worksheet(MAIN_SHEET), layout, styles, FormulaNames())
    _heading(page)
    serial = 0
    for line in layout.lines:
        match line:
            case SectionLine():
                _section(page, line)
            case ClauseLine():
                _clause(page, line)
            case FieldLine():
                serial += 1
                _field(page, line, serial)
            case ItemLine():
                _item(page, line)
    _marks(page)
    _print_setup(page)


def _heading(page: _Sheet) -> None:
    sheet, styles, layout = page.sheet, page.styles, page.layout
    for column, name in enumerate(MAIN_COLUMNS):
        sheet.set_column(column, column, _WIDTHS[name], None, {"hidden": True} if name == "id" else {})
        sheet.write_string(ID_ROW - 1, column, name, styles["hidden"])
    sheet.set_row(ID_ROW - 1, None, None, {"hidden": True})
    sheet.set_row(MAIN_TITLE_ROW - 1, 34)
    sheet.merge_range(MAIN_TITLE_ROW - 1, 1, MAIN_TITLE_ROW - 1, _LAST, f"{layout.rulebook.called}填报表", styles["title"])
    sheet.set_row(MAIN_UNIT_ROW - 1, 24)
    page.put(MAIN_UNIT_ROW, "number", "填报单位：（发送时自动填入）", "unit")
    page.workbook.define_name("st_main_unit", f"='{MAIN_SHEET}'!$B${MAIN_UNIT_ROW}")
    total = len(layout.field_rows)
    filled = ",".join(page.names.field(f) for f in layout.field_rows)
    scores = ",".join(f"H{row}" for row in _section_rows(layout))
    counter = f'="已填 "&COUNTA({filled})&"/{total}　自评分合计 "&SUM({scores})&" 分"'
    sheet.merge_range(MAIN_UNIT_ROW - 1, _COLUMN["evidence"], MAIN_UNIT_ROW - 1, _LAST, "", styles["counter"])
    sheet.write_formula(MAIN_UNIT_ROW - 1, _COLUMN["evidence"], counter, styles["counter"], f"已填 0/{total}　自评分合计 0 分")
    note = "浅黄色格子由单位填写，深黄色表示尚未填写，红色表示数字互相矛盾。数字只填数字，没有的填 0。自评分不含按全市位次核定的项目。"
    sheet.set_row(MAIN_NOTE_ROW - 1, 18)
    sheet.merge_range(MAIN_NOTE_ROW - 1, 1, MAIN_NOTE_ROW - 1, _LAST, note, styles["note"])
    sheet.set_row(MAIN_HEADER_ROW - 1, 24)
    for name, text in MAIN_HEADINGS.items():
        page.put(MAIN_HEADER_ROW, name, text, "header")
    sheet.freeze_panes(MAIN_HEADER_ROW, 0)


def _section_rows(layout: FormLayout) -> list[int]:
    return [line.row for line in layout.lines if isinstance(line, SectionLine)]


def _section(page: _Sheet, line: SectionLine) -> None:
    layout, section, row = page.layout, line.section, line.row - 1
    maximum = points_text(layout.rulebook.maximum(section))
    page.sheet.set_row(row, 24)
    page.sheet.merge_range(row, 1, row, _COLUMN["rule"], f"{section.number}{section.title}（封顶项目共{maximum}分）", page.styles["section"])
    cells = ",".join(layout.score_cell(item.id) for clause in section.clauses for item in clause.items)
    page.sheet.write_formula(row, _COLUMN["score"], f"=SUM({cells})", page.styles["subtotal"], 0)


def _clause(page: _Sheet, line: ClauseLine) -> None:
    row, clause = line.row - 1, line.clause
    room = sum(_WIDTHS[name] for name in MAIN_COLUMNS[2:]) * 11 / 10.5
    page.sheet.set_row(row, 15 * lines_needed(clause.text, room) + 5)
    page.put(line.row, "number", clause.number, "clause_number")
    page.sheet.merge_range(row, 2, row, _LAST, clause.text, page.styles["clause"])


def _field(page: _Sheet, line: FieldLine, serial: int) -> None:
    field, row = line.field, line.row
    rule = _plain(page, line.item)
    _row_height(page, row, field.label, rule)
    page.put(row, "id", field.id, "hidden")
    page.put(row, "number", str(serial), "number")
    page.put(row, "label", field.label, "label")
    page.sheet.write_blank(row - 1, _COLUMN["value"], None, page.styles[field.type])
    page.sheet.data_validation(row - 1, _COLUMN["value"], row - 1, _COLUMN["value"], field_validation(field))
    page.put(row, "unit", field.unit, "centre")
    page.sheet.write_blank(row - 1, _COLUMN["evidence"], None, page.styles["text"])
    page.sheet.data_validation(row - 1, _COLUMN["evidence"], row - 1, _COLUMN["evidence"], text_validation("佐证材料编号", 100))
    page.put(row, "rule", rule, "rule")
    page.workbook.define_name(page.names.field(field.id), f"='{MAIN_SHEET}'!${page.layout.main_column('value')}${row}")
    _score(page, row, line.item)


def _item(page: _Sheet, line: ItemLine) -> None:
    item, row = line.item, line.row
    rule = _plain(page, item)
    page.put(row, "id", f"item:{item.id}", "hidden")
    page.put(row, "number", "", "number")
    lists = item.rule.lists()
    if lists:
        place = page.layout.lists[lists[0]]
        text = f"{item.title}：请填《{place.sheet}》表"
        target = f"internal:'{place.sheet}'!{next(iter(place.columns.values()))}{place.first_row}"
        page.sheet.write_url(row - 1, _COLUMN["label"], target, page.styles["link"], text, f"点击转到《{place.sheet}》")
        counted = item.rule.count_formula(page.names) if isinstance(item.rule, RowRule) else "0"
        page.sheet.write_formula(row - 1, _COLUMN["value"], f'={counted}&"行计分"', page.styles["centre"], "0行计分")
    else:
        text = f"{item.title}（由本条已填的数计算）"
        page.put(row, "label", text, "label")
        page.put(row, "value", "", "grey")
    _row_height(page, row, text, rule)
    page.put(row, "unit", "", "grey")
    page.put(row, "evidence", "", "grey")
    page.put(row, "rule", rule, "rule")
    _score(page, row, item)


def _plain(page: _Sheet, item: Item | None) -> str:
    return item.rule.plain(page.layout.rulebook.names) if item else ""


def _row_height(page: _Sheet, row: int, label: str, rule: str) -> None:
    lines = max(lines_needed(label, _WIDTHS["label"] - 3), lines_needed(rule, _WIDTHS["rule"] * 11 / 9.5))
    page.sheet.set_row(row - 1, max(21, _LINE * lines + 4))


def _score(page: _Sheet, row: int, item: Item | None) -> None:
    if item is None:
        page.put(row, "score", "", "grey")
        return
    expression = item.rule.formula(page.names)
    if expression is None:
        page.put(row, "score", BY_RANK, "ranked")
        return
    inputs = item.rule.inputs()
    blank: str | int = 0
    if inputs:
        tests = ",".join(f'{page.names.field(f)}=""' for f in inputs)
        expression, blank = f'IF(OR({tests}),"",{expression})', ""
    page.sheet.write_formula(row - 1, _COLUMN["score"], f"={expression}", page.styles["score"], blank)


def _marks(page: _Sheet) -> None:
    """Contradictory pairs turn red in both cells; blanks stand out."""
    column = column_index(page.layout.main_column("value"))
    rows = page.layout.field_rows
    for small, large in page.layout.rulebook.never_above:
        wrong = f"=AND(ISNUMBER({page.names.field(small)}),ISNUMBER({page.names.field(large)}),{page.names.field(small)}>{page.names.field(large)})"
        for field_id in (small, large):
            row = rows[field_id] - 1
            page.sheet.conditional_format(row, column, row, column, {"type": "formula", "criteria": wrong, "format": page.styles["wrong"]})
    for row in rows.values():
        page.sheet.conditional_format(row - 1, column, row - 1, column, {"type": "blanks", "format": page.styles["blank"]})


def _print_setup(page: _Sheet) -> None:
    sheet = page.sheet
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(MAIN_HEADER_ROW - 1)
    sheet.print_area(0, 1, page.layout.last_row - 1, _LAST)
    sheet.set_footer("&L&A&C第 &P 页 共 &N 页")
    sheet.hide_gridlines(2)
    sheet.protect("", {"format_columns": True, "format_rows": True})
