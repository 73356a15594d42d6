"""The evidence lists: one sheet each, with a state beside every row that says whether it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaohe.cells import column_index
from kaohe.forms.layout import ID_ROW, LIST_ABOUT_ROW, LIST_HEADER_ROW, LIST_TITLE_ROW, FormLayout, ListPlace
from kaohe.forms.styles import Styles
from kaohe.forms.validation import column_validation
from kaohe.rulebook.facts import VALID_ROW, FormulaNames
from kaohe.rulebook.model import Column

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_WIDTHS = {"text": 26, "date": 14, "integer": 12, "choice": 16, "yes_no": 14}
_WIDE = {"title": 44, "name": 36}
INCOMPLETE, BAD_CHOICE, BAD_NUMBER, BAD_DATE, OUT_OF_PERIOD, REPEATED = "未填全", "选项不符", "数字不符", "日期不符", "超出考核期", "重复"


def write_list_sheet(workbook: Workbook, place: ListPlace, layout: FormLayout, styles: Styles) -> None:
    """Write one list with its inputs, names, validation, row states and print set-up."""
    sheet = workbook.add_worksheet(place.sheet)
    entry, names = place.entry, FormulaNames()
    state = column_index(place.state_column)
    _heading(sheet, place, layout, styles, state)
    first, last = place.first_row, place.last_row
    for column in entry.columns:
        letter = place.columns[column.id]
        index = column_index(letter)
        sheet.data_validation(first - 1, index, last - 1, index, column_validation(column, layout.rulebook.example_day))
        workbook.define_name(names.column(entry.id, column.id), f"='{place.sheet}'!${letter}${first}:${letter}${last}")
    workbook.define_name(names.row_state(entry.id), f"='{place.sheet}'!${place.state_column}${first}:${place.state_column}${last}")
    for row in range(first, last + 1):
        sheet.set_row(row - 1, 20)
        sheet.write_string(row - 1, 0, entry.id, styles["hidden"])
        sheet.write_number(row - 1, 1, row - first + 1, styles["number"])
        for column in entry.columns:
            sheet.write_blank(row - 1, column_index(place.columns[column.id]), None, styles[column.type])
        sheet.write_formula(row - 1, state, "=" + row_state_formula(place, row), styles["state"], "")
    _marks(sheet, place, styles, state)
    _print_setup(sheet, place, state)


def row_state_formula(place: ListPlace, row: int) -> str:
    """Expression that says why a row does not count, or 有效; blank for an empty row."""
    cells = {column.id: f"{place.columns[column.id]}{row}" for column in place.entry.columns}
    letters = list(place.columns.values())
    tests = [(f"COUNTA({letters[0]}{row}:{letters[-1]}{row})=0", "")]
    required = [cells[c.id] for c in place.entry.columns if c.required]
    tests.append((f"OR({','.join(f'LEN(TRIM({cell}))=0' for cell in required)})", INCOMPLETE))
    for column in place.entry.columns:
        tests += _column_tests(column, cells[column.id])
    tests.append((f"{_earlier_same(place, row)}>0", REPEATED))
    expression = f'"{VALID_ROW}"'
    for test, text in reversed(tests):
        expression = f'IF({test},"{text}",{expression})'
    return expression


def _column_tests(column: Column, cell: str) -> list[tuple[str, str]]:
    match column.type:
        case "choice" | "yes_no":
            choices = column.choices or ("是", "否")
            differs = [f'{cell}<>"{c}"' for c in choices]
            return [(f"AND({','.join(differs)})", BAD_CHOICE)]
        case "integer":
            return [(f"NOT(ISNUMBER({cell}))", BAD_NUMBER), (f"OR({cell}<0,{cell}<>INT({cell}))", BAD_NUMBER)]
        case "date":
            return [(f"NOT(ISNUMBER({cell}))", BAD_DATE), (f"OR({cell}<st_period_start,{cell}>=st_period_end+1)", OUT_OF_PERIOD)]
        case _:
            return []


def _earlier_same(place: ListPlace, row: int) -> str:
    """How many rows above have the same key (the heading row starts the range, so that the first row has one too)."""
    parts = []
    for column_id in place.entry.key:
        letter, column = place.columns[column_id], place.entry.column(column_id)
        above, cell = f"{letter}${LIST_HEADER_ROW}:{letter}{row - 1}", f"{letter}{row}"
        if column.type == "date":
            parts.append(f"--({above}={cell})")
        else:
            parts.append(f"--({_without_spaces(above)}={_without_spaces(cell)})")
    return f"SUMPRODUCT({','.join(parts)})"


def _without_spaces(cells: str) -> str:
    return f'SUBSTITUTE(SUBSTITUTE({cells}," ",""),"　","")'


def _heading(sheet: Worksheet, place: ListPlace, layout: FormLayout, styles: Styles, state: int) -> None:
    entry = place.entry
    items = [layout.rulebook.items[i] for i in layout.rulebook.items_of_list[entry.id]]
    clauses = "、".join(dict.fromkeys(layout.rulebook.clause_of_item[item.id].number for item in items))
    sheet.set_column(0, 0, 3, None, {"hidden": True})
    sheet.set_column(1, 1, 6)
    sheet.write_string(ID_ROW - 1, 0, entry.id, styles["hidden"])
    sheet.set_row(LIST_TITLE_ROW - 1, 30)
    sheet.merge_range(LIST_TITLE_ROW - 1, 1, LIST_TITLE_ROW - 1, state, entry.label, styles["title"])
    sheet.set_row(LIST_ABOUT_ROW - 1, 36)
    about = f"{entry.about}。用于第{clauses}条计分。带 * 的列必填；“本行状态”显示“有效”的行才计分。"
    sheet.merge_range(LIST_ABOUT_ROW - 1, 1, LIST_ABOUT_ROW - 1, state, about, styles["note"])
    sheet.set_row(LIST_HEADER_ROW - 1, 24)
    sheet.write_string(LIST_HEADER_ROW - 1, 1, "序号", styles["header"])
    for column in entry.columns:
        index = column_index(place.columns[column.id])
        sheet.set_column(index, index, _WIDE.get(column.id, _WIDTHS[column.type]))
        sheet.write_string(ID_ROW - 1, index, column.id, styles["hidden"])
        sheet.write_string(LIST_HEADER_ROW - 1, index, column.label + (" *" if column.required else ""), styles["header"])
    sheet.set_column(state, state, 12)
    sheet.write_string(ID_ROW - 1, state, "state", styles["hidden"])
    sheet.write_string(LIST_HEADER_ROW - 1, state, "本行状态", styles["header"])
    sheet.set_row(ID_ROW - 1, None, None, {"hidden": True})
    sheet.freeze_panes(LIST_HEADER_ROW, 2)


def _marks(sheet: Worksheet, place: ListPlace, styles: Styles, state: int) -> None:
    """An incomplete row turns amber, a row that cannot count red, a valid one's state green."""
    first, last = place.first_row, place.last_row
    cell = f"${place.state_column}{first}"
    for text, style in ((INCOMPLETE, "doubtful"), *((t, "wrong") for t in (BAD_CHOICE, BAD_NUMBER, BAD_DATE, OUT_OF_PERIOD, REPEATED))):
        rule = {"type": "formula", "criteria": f'={cell}="{text}"', "format": styles[style]}
        sheet.conditional_format(first - 1, 1, last - 1, state, rule)
    sheet.conditional_format(first - 1, state, last - 1, state, {"type": "formula", "criteria": f'={cell}="{VALID_ROW}"', "format": styles["good"]})


def _print_setup(sheet: Worksheet, place: ListPlace, state: int) -> None:
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(LIST_HEADER_ROW - 1)
    sheet.print_area(0, 1, place.last_row - 1, state)
    sheet.set_footer("&L&A&C第 &P 页 共 &N 页")
    sheet.hide_gridlines(2)
    sheet.protect("", {"format_columns": True, "format_rows": True})
