"""The ways in which people change the form they were sent."""

from typing import Any

from openpyxl import Workbook

from kaohe.forms.layout import MACHINE_SHEET, MAIN_SHEET
from kaohe.intake.record import Verdict
from tests.corpus.case import UNIT, Corpus, Files, lost, ok
from tests.corpus.make import Parts, edited, form, sheet_part
from tests.support.changed import ARTICLE, ROWS, page, put, retyped, unmarked
from tests.support.forms import layout, saved, sound_fields
from tests.support.packages import relations

CORPUS = Corpus()
case = CORPUS.case
FORM = "表.xlsx"
ARTICLES, SURVEYS = "宣传报道", "调研问卷"


def main(change: Any) -> Files:
    """The sound form with its main sheet changed."""
    return {FORM: form(lambda workbook: change(unmerged(page(workbook))))}


def articles(change: Any) -> Files:
    """The sound form with its first list changed."""
    return {FORM: form(lambda workbook: change(unmerged(page(workbook, ARTICLES))))}


def unmerged(sheet: Any) -> Any:
    """openpyxl leaves merged areas where they were when rows move, which no office program does."""
    for area in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(area))
    return sheet


def swapped(sheet: Any, first: int, second: int, columns: range) -> None:
    for column in columns:
        above, below = sheet.cell(first, column), sheet.cell(second, column)
        above.value, below.value = below.value, above.value


# Rows and columns


@case("插入行", ok(FORM))
def rows_inserted() -> Files:
    return main(lambda s: s.insert_rows(20, 3))


@case("插入列", ok(FORM))
def columns_inserted() -> Files:
    return main(lambda s: s.insert_cols(3, 2))


@case("上面加行", ok(FORM))
def rows_above() -> Files:
    return main(lambda s: s.insert_rows(1, 2))


@case("删了表头", ok(FORM))
def head_deleted() -> Files:
    return main(lambda s: s.delete_rows(2, 3))


@case("删了一个填报项", ok(FORM), findings=(("V-102", MAIN_SHEET, ""),))
def row_deleted() -> Files:
    return main(lambda s: s.delete_rows(14))


@case("删了序号和内容两列", ok(FORM))
def columns_deleted() -> Files:
    return main(lambda s: s.delete_cols(2, 2))


@case("删了填报值一列", ok(FORM), findings=(("V-104", MAIN_SHEET, ""),), points=4)
def value_column_deleted() -> Files:
    return main(lambda s: s.delete_cols(4))


@case("整行排序", ok(FORM))
def rows_sorted() -> Files:
    return main(lambda s: swapped(s, 8, 36, range(1, 9)))


@case("只排了看得见的列", ok(FORM), findings=(("V-502", MAIN_SHEET, "D8"),))
def visible_columns_sorted() -> Files:
    return main(lambda s: swapped(s, 8, 14, range(2, 9)))


@case("填报值挪到别的列", ok(FORM))
def column_moved() -> Files:
    return main(lambda s: s.move_range("D1:D140", cols=7))


@case("清单插入行", ok(FORM))
def list_rows_inserted() -> Files:
    return articles(lambda s: s.insert_rows(2, 2))


@case("清单挪了列", ok(FORM))
def list_column_moved() -> Files:
    return articles(lambda s: s.move_range("C1:C104", cols=8))


@case("清单删了列", ok(FORM), findings=(("V-404", ARTICLES, ""),))
def list_column_deleted() -> Files:
    return articles(lambda s: s.delete_cols(6))


@case("删了隐藏的标记", ok(FORM), findings=(("V-502", MAIN_SHEET, "C7"),))
def ids_deleted() -> Files:
    def delete(sheet: Any) -> None:
        sheet.delete_cols(1)
        sheet.delete_rows(1)

    return main(delete)


# Sheets


@case("工作表改名、换次序、隐藏", ok(FORM), says={FORM: "采用；隐藏的工作表也读取了：报道 (改)"})
def sheets_shuffled() -> Files:
    def shuffle(workbook: Workbook) -> None:
        page(workbook).title, page(workbook, ARTICLES).title = "Sheet1", "报道 (改)"
        workbook.move_sheet(MACHINE_SHEET, -8)
        workbook.move_sheet("Sheet1", 5)
        page(workbook, "报道 (改)").sheet_state = "veryHidden"

    return {FORM: form(shuffle)}


@case("删了填报表", ok(FORM), findings=(("V-104", MAIN_SHEET, ""),), points=4)
def main_sheet_deleted() -> Files:
    return {FORM: form(lambda w: w.remove(page(w)))}


@case("删了清单", ok(FORM), findings=(("V-404", ARTICLES, ""),), points=87)
def list_deleted() -> Files:
    return {FORM: form(lambda w: w.remove(page(w, ARTICLES)))}


@case("复制了填报表又改了数", ok(FORM), findings=(("V-304", MAIN_SHEET, "D36"),))
def main_sheet_copied() -> Files:
    def copy(workbook: Workbook) -> None:
        sheet = workbook.copy_worksheet(page(workbook))
        sheet.title = "填报表 (2)"
        sheet["D36"] = 999

    return {FORM: form(copy)}


@case("复制了清单又加了一行", ok(FORM), findings=(("V-403", "宣传报道 (2)", "D5"),), points=90)
def list_copied() -> Files:
    def copy(workbook: Workbook) -> None:
        sheet = workbook.copy_worksheet(page(workbook, ARTICLES))
        sheet.title = "宣传报道 (2)"
        sheet["C6"] = "第三篇"

    return {FORM: form(copy)}


@case("删了系统工作表", ok(FORM))
def machine_sheet_deleted() -> Files:
    return {FORM: saved(unmarked())}


@case("两份表拼在一起", lost(FORM, Verdict.UNKNOWN_UNIT), points=None)
def two_machine_sheets() -> Files:
    def copy(workbook: Workbook) -> None:
        for row in workbook.copy_worksheet(page(workbook, MACHINE_SHEET)).iter_rows(max_col=2):
            if row[0].value == "unit_code":
                row[1].value = "guancheng"

    return {FORM: form(copy)}


# Headings, merges, hidden rows, pictures


@case("改了表头和内容", ok(FORM))
def headings_edited() -> Files:
    def edit(sheet: Any) -> None:
        put(sheet, 5, [None, "号", "内容", "数", "单位", "材料", "规则", "分"])
        for row in layout().field_rows.values():
            sheet[f"B{row}"], sheet[f"C{row}"] = "", f"改写的第{row}行"

    return main(edit)


@case("改了填报单位", ok(FORM), findings=(("V-503", MAIN_SHEET, "B3"),))
def unit_overtyped() -> Files:
    return main(lambda s: s.__setitem__("B3", "填报单位：巩义市工商业联合会"))


@case("合并了填报值", ok(FORM), findings=(("V-213", MAIN_SHEET, "D9"),), points=81)
def inputs_merged() -> Files:
    return main(lambda s: s.merge_cells("D8:D9"))


@case("筛选和隐藏", ok(FORM), findings=(("V-504", MAIN_SHEET, "D8"), ("V-504", ARTICLES, "C5")))
def rows_hidden() -> Files:
    def hide(workbook: Workbook) -> None:
        page(workbook, ARTICLES).auto_filter.ref = "B4:G104"
        for row in (5, 6, 7):
            page(workbook, ARTICLES).row_dimensions[row].hidden = True
        for row in (8, 9, 10):
            page(workbook).row_dimensions[row].hidden = True

    return {FORM: form(hide)}


@case("填了图片", ok(FORM), findings=(("V-211", MAIN_SHEET, "D12"),), points=84)
def picture_for_a_value() -> Files:
    corner = "<d:from><d:col>3</d:col><d:row>11</d:row></d:from>"
    name = sheet_part(MAIN_SHEET)
    folder, _, last = name.rpartition("/")

    def insert(parts: Parts) -> None:
        parts[f"{folder}/_rels/{last}.rels"] = relations(("d", "drawing", "../drawings/drawing1.xml")).encode()
        parts["xl/drawings/drawing1.xml"] = f'<d:wsDr xmlns:d="d"><d:oneCellAnchor>{corner}<d:pic/></d:oneCellAnchor></d:wsDr>'.encode()

    return {FORM: edited(insert, form(lambda workbook: page(workbook).__setitem__("D12", None)))}


@case("清单里有五百行", ok(FORM), points=587)
def five_hundred_rows() -> Files:
    def paste(sheet: Any) -> None:
        for n in range(500):
            put(sheet, 5 + n, [None, None, f"第{n}篇", "郑州日报", ARTICLE["date"], "A1"])

    return articles(paste)


# Typed again, other versions, other years


@case("照着抄了一份", ok(FORM), findings=(("V-404", "批示与表彰", ""), ("V-502", "Sheet1", "C4")))
def typed_by_hand() -> Files:
    return {FORM: saved(retyped(sound_fields(), ROWS))}


@case("只抄了一小半", lost(FORM, Verdict.NOT_A_FORM, UNIT), points=None)
def too_little_typed() -> Files:
    return {FORM: saved(retyped(dict(list(sound_fields().items())[:24])))}


@case(
    "旧版的表",
    ok(FORM),
    says={FORM: "采用（另一个版本 2014.0 的表，标记相同的项目照常取用）；这份表是另一个版本（2014.0），现在用的是2014.1，标记相同的项目照常取用"},
)
def older_version() -> Files:
    return {FORM: form(_machine(form_hash="x", version="2014.0"))}


@case("对不上的旧版", lost(FORM, Verdict.WRONG_VERSION, UNIT), points=None)
def version_that_does_not_agree() -> Files:
    def strip(workbook: Workbook) -> None:
        for row in list(layout().field_rows.values())[:30]:
            page(workbook)[f"A{row}"] = f"old_{row}"

    return {FORM: form(_machine(form_hash="x", version="2014.0"), strip)}


@case("去年的表", lost(FORM, Verdict.WRONG_YEAR, UNIT), points=None)
def last_year() -> Files:
    return {FORM: form(_machine(year="2013"))}


@case("别处单位的表", lost(FORM, Verdict.UNKNOWN_UNIT), points=None)
def unit_from_elsewhere() -> Files:
    return {FORM: form(_machine(unit_code="gongyi"))}


def _machine(**cells: str) -> Any:
    def edit(workbook: Workbook) -> None:
        for row in page(workbook, MACHINE_SHEET).iter_rows(max_col=2):
            if row[0].value in cells:
                row[1].value = cells[str(row[0].value)]

    return edit
