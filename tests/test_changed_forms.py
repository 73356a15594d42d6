"""Forms that people changed: every way in which a form comes back other than it went out, with verdict, values, places and findings."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from kaohe import PROGRAM_ROOT
from kaohe.demo.fill import fill_form
from kaohe.forms.layout import MACHINE_SHEET, MAIN_SHEET, FormLayout
from kaohe.forms.master import build_master
from kaohe.forms.stamp import Master, stamp_values
from kaohe.intake.compare import changes
from kaohe.intake.form import FormRead, read_form
from kaohe.intake.identify import STRANGER
from kaohe.intake.record import Cell, Change, Problem, Record, Verdict
from kaohe.intake.workbook import Sheet
from kaohe.rulebook.loader import load_rulebook
from tests.support.changed import (
    ARTICLE,
    OFFICE,
    ROWS,
    SECOND,
    SURVEY,
    Said,
    accepted,
    book,
    findings,
    page,
    placed,
    put,
    read,
    refs,
    retyped,
    rows,
    sheets_in,
    sheets_of,
    sound,
    unmarked,
    values,
)
from tests.support.forms import layout, opened, saved, sound_fields, stamped

pytestmark = pytest.mark.slow

Edit = Callable[[Workbook], Any]

ARTICLES, SURVEYS = "宣传报道", "调研问卷"
OFFERED = [(ARTICLES, 5, ARTICLE), (ARTICLES, 6, SECOND)]
SHOWN = "的系统标记缺失或错位，按看得见的序号和文字读取"
BY_NAME = "采用（没有系统标记，按“填报单位”认定为金水区工商联）"
NO_MARK_NOTE = "系统标记不见了，单位和年度按表里看得见的文字认定：郑州市金水区工商业联合会，2014年度"


def changed(*edits: Edit, of: Callable[[], Workbook] = book) -> FormRead:
    workbook = of()
    for edit in edits:
        edit(workbook)
    return read(workbook)


def looked_at(*edits: Edit) -> FormRead:
    """The same, with hidden rows and merges as the workbook has them."""
    workbook = book()
    for edit in edits:
        edit(workbook)
    return read_form(sheets_of(workbook), OFFICE)


def same(letter: str = "D") -> dict[str, str]:
    return placed(lambda _, row: f"{letter}{row}")


def on_main(change: Callable[[Any], Any]) -> Edit:
    return lambda workbook: change(page(workbook))


def on_articles(change: Callable[[Any], Any]) -> Edit:
    return lambda workbook: change(page(workbook, ARTICLES))


def swapped(sheet: Any, first: int, second: int, columns: range) -> None:
    for column in columns:
        above, below = sheet.cell(first, column), sheet.cell(second, column)
        above.value, below.value = below.value, above.value


def all_there(record: Record) -> None:
    assert values(record) == sound_fields()
    assert [entry for _, _, entry in rows(record, "articles")] == [ARTICLE, SECOND]
    assert [entry for _, _, entry in rows(record, "questionnaires")] == [SURVEY]


def edited_headings(sheet: Any) -> None:
    put(sheet, 4, [None, "序", "名", "报", "时", "链"])


# Rows and columns: inserted, deleted, sorted, moved


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (on_main(lambda s: s.insert_rows(20, 3)), placed(lambda c, row: f"{c}{row + 3 * (row >= 20)}")),
        (on_main(lambda s: s.insert_cols(3, 2)), same("F")),
        (on_main(lambda s: s.insert_rows(1, 2)), placed(lambda c, row: f"{c}{row + 2}")),
        (on_main(lambda s: s.delete_rows(1)), placed(lambda c, row: f"{c}{row - 1}")),
        (on_main(lambda s: s.delete_rows(2, 3)), placed(lambda c, row: f"{c}{row - 3}")),
        (on_main(lambda s: s.delete_rows(6, 2)), placed(lambda c, row: f"{c}{row - 2}")),
        (on_main(lambda s: s.delete_cols(2, 2)), same("B")),
        (on_main(lambda s: s.delete_cols(7, 2)), same("D")),
        (on_main(lambda s: s.move_range("D1:D140", cols=7)), same("K")),
        (on_main(lambda s: swapped(s, 8, 36, range(1, 9))), same() | {"meetings_due": "D36", "members_end": "D8"}),
    ],
    ids=[
        "rows inserted",
        "columns inserted",
        "rows above",
        "id row deleted",
        "head deleted",
        "quoted clauses deleted",
        "number and label deleted",
        "rule and score deleted",
        "value column moved",
        "sorted",
    ],
)
def test_rows_and_columns_of_the_main_sheet(edit: Edit, where: dict[str, str]) -> None:
    result = changed(edit)
    record = accepted(result)
    all_there(record)
    assert refs(record) == where
    assert (result.reason, result.notes, findings(record)) == ("采用", (), [])


@pytest.mark.parametrize(
    ("edit", "first"),
    [
        (on_articles(lambda s: s.insert_rows(2, 2)), "C7"),
        (on_articles(lambda s: s.insert_cols(1)), "D5"),
        (on_articles(lambda s: s.delete_rows(1)), "C4"),
        (on_articles(lambda s: s.delete_rows(2, 2)), "C3"),
        (on_articles(lambda s: s.delete_cols(2)), "B5"),
        (on_articles(lambda s: s.move_range("C1:C104", cols=8)), "K5"),
        (on_articles(lambda s: s.move_range("C4:C104", cols=8)), "K5"),
        (on_articles(edited_headings), "C5"),
    ],
    ids=["rows inserted", "column inserted", "id row deleted", "head deleted", "serial deleted", "moved", "moved below the ids", "headings edited"],
)
def test_rows_and_columns_of_a_list(edit: Edit, first: str) -> None:
    result = changed(edit)
    record = accepted(result)
    all_there(record)
    assert record.lists["articles"][0].cells["title"].ref == first
    assert (result.notes, findings(record)) == ((), [])


def test_a_deleted_row_is_asked_for() -> None:
    record = accepted(changed(on_main(lambda s: s.delete_rows(14))))
    assert record.fields["website_items"] == Cell(MAIN_SHEET, "")
    assert {f: v for f, v in values(record).items() if f != "website_items"} == {f: v for f, v in sound_fields().items() if f != "website_items"}
    assert findings(record) == [Said("V-102", MAIN_SHEET, "", "表里找不到这一行，可能被删除了")]


def test_a_row_inserted_as_the_first_of_a_list_counts() -> None:
    def insert(sheet: Any) -> None:
        sheet.insert_rows(5)
        put(sheet, 5, [None, None, "新的一篇", "大河网", ARTICLE["date"]])

    record = accepted(changed(on_articles(insert)))
    assert rows(record, "articles") == [
        (ARTICLES, 5, {"title": "新的一篇", "outlet": "大河网", "date": ARTICLE["date"], "link": None}),
        (ARTICLES, 6, ARTICLE),
        (ARTICLES, 7, SECOND),
    ]
    assert findings(record) == []


def test_visible_columns_sorted_without_the_hidden_one_are_read_as_people_see_them() -> None:
    """Rows 8 and 14 change places, their hidden ids do not: believing the ids would give each the other's figure."""
    result = changed(on_main(lambda s: swapped(s, 8, 14, range(2, 9))))
    record = accepted(result)
    all_there(record)
    assert refs(record) == same() | {"meetings_due": "D14", "website_items": "D8"}
    said = f"“在工商联网站发布信息条数”、“应参加的执委会、常委会和专题座谈会次数”{SHOWN}"
    assert findings(record) == [Said("V-502", MAIN_SHEET, "D8", said)]
    assert result.notes == (said,)


def test_a_label_that_belongs_to_another_row_without_its_number_is_not_guessed_at() -> None:
    def overtype(sheet: Any) -> None:
        sheet["B14"], sheet["C14"] = None, "报送信息简报期数"

    record = accepted(changed(on_main(overtype)))
    note = "隐藏的标记是“在工商联网站发布信息条数”，看得见的内容却是“报送信息简报期数”"
    assert record.fields["website_items"] == Cell(MAIN_SHEET, "D14", "90", None, Problem.UNCERTAIN_ROW, note)
    assert record.fields["ideals_briefs"].value == 2
    assert findings(record) == [Said("V-214", MAIN_SHEET, "D14", note)]


def test_a_lost_value_column_is_one_finding() -> None:
    record = accepted(changed(on_main(lambda s: s.delete_cols(4))))
    assert set(values(record).values()) == {None}
    assert findings(record) == [Said("V-104", MAIN_SHEET, "", "找不到填报表，或者表里的“填报值”一列不见了")]


def test_a_deleted_column_of_a_list_is_told_and_its_rows_are_kept() -> None:
    """Without this, the whole list would have vanished in silence."""
    optional = accepted(changed(on_articles(lambda s: s.delete_cols(6))))
    assert rows(optional, "articles") == [(ARTICLES, 5, ARTICLE | {"link": None}), (ARTICLES, 6, SECOND | {"link": None})]
    assert findings(optional) == [Said("V-404", ARTICLES, "", "找不到“版面或链接”这一列，按没有填计")]
    required = accepted(changed(on_articles(lambda s: s.delete_cols(4))))
    assert findings(required) == [
        Said("V-401", ARTICLES, "", "第5行的“媒体”空白"),
        Said("V-401", ARTICLES, "", "第6行的“媒体”空白"),
        Said("V-404", ARTICLES, "", "找不到“媒体”这一列，按没有填计"),
    ]


# Sheets: renamed, reordered, hidden, deleted, copied


def test_sheets_renamed_reordered_and_hidden() -> None:
    def shuffle(workbook: Workbook) -> None:
        page(workbook).title, page(workbook, ARTICLES).title, page(workbook, MACHINE_SHEET).title = "Sheet1", "报道 (改)", "Sheet9"
        workbook.move_sheet("Sheet9", -8)
        workbook.move_sheet("Sheet1", 5)
        page(workbook, "报道 (改)").sheet_state = "veryHidden"

    result = changed(shuffle)
    record = accepted(result)
    all_there(record)
    assert (refs(record), result.notes, findings(record)) == (same(), (), [])
    assert {cell.sheet for cell in record.fields.values()} == {"Sheet1"}


def test_a_deleted_main_sheet_is_one_finding_and_the_lists_are_kept() -> None:
    record = accepted(changed(lambda w: w.remove(page(w))))
    assert rows(record, "articles") == OFFERED
    assert findings(record) == [Said("V-104", MAIN_SHEET, "", "找不到填报表，或者表里的“填报值”一列不见了")]


def test_deleted_lists_are_one_question() -> None:
    record = accepted(changed(lambda w: w.remove(page(w, ARTICLES)), lambda w: w.remove(page(w, "民企社情"))))
    assert values(record) == sound_fields()
    assert (record.lists["articles"], len(record.lists["questionnaires"])) == ((), 1)
    assert findings(record) == [Said("V-404", ARTICLES, "", "找不到《宣传报道》、《民企社情》，按没有填计")]


def test_a_copied_main_sheet_with_another_figure_is_a_contradiction() -> None:
    def copy(workbook: Workbook) -> None:
        sheet = workbook.copy_worksheet(page(workbook))
        sheet.title = "填报表 (2)"
        sheet["D36"] = 999

    record = accepted(changed(copy))
    assert values(record) == sound_fields()
    assert findings(record) == [Said("V-304", MAIN_SHEET, "D36", "这里填了“1010”，填报表 (2) D36 又填了“999”")]


def test_a_copy_that_was_left_blank_contradicts_nothing_whichever_comes_first() -> None:
    def copy(first: bool) -> Edit:
        def edit(workbook: Workbook) -> None:
            sheet = workbook.copy_worksheet(page(workbook))
            sheet.title = "填报表 (2)"
            for row in layout().field_rows.values():
                sheet[f"D{row}"] = sheet[f"F{row}"] = None
            if first:
                workbook.move_sheet(sheet, -workbook.index(sheet))

        return edit

    for first in (False, True):
        record = accepted(changed(copy(first)))
        all_there(record)
        assert {cell.sheet for cell in (*record.fields.values(), *record.evidence.values())} == {MAIN_SHEET}
        assert (record.repeats, findings(record)) == ({}, [])


def test_a_copied_list_counts_once_and_what_is_new_in_it_counts_too() -> None:
    def copy(workbook: Workbook) -> None:
        sheet = workbook.copy_worksheet(page(workbook, ARTICLES))
        sheet.title = "宣传报道 (2)"
        sheet["C6"] = "第三篇"

    record = accepted(changed(copy))
    assert rows(record, "articles") == [*OFFERED, ("宣传报道 (2)", 5, ARTICLE), ("宣传报道 (2)", 6, ARTICLE | {"title": "第三篇"})]
    assert findings(record) == [Said("V-403", "宣传报道 (2)", "D5", "第5行与“宣传报道”第5行的题目、媒体相同")]


def test_edited_headings_and_labels_do_not_matter() -> None:
    def edit(sheet: Any) -> None:
        put(sheet, 5, [None, "号", "内容", "数", "单位", "材料", "规则", "分"])
        for row in layout().field_rows.values():
            sheet[f"B{row}"], sheet[f"C{row}"] = "", f"改写的第{row}行"

    result = changed(on_main(edit))
    all_there(accepted(result))
    assert (result.notes, findings(accepted(result))) == ((), [])


# Hidden ids lost


def test_row_ids_lost() -> None:
    result = changed(on_main(lambda s: s.delete_cols(1)))
    record = accepted(result)
    all_there(record)
    assert refs(record) == same("C")
    assert record.evidence["members_end"] == Cell(MAIN_SHEET, "E36", "佐证1", "佐证1")
    assert findings(record) == [Said("V-502", MAIN_SHEET, "C8", f"整张填报表{SHOWN}")]
    assert result.notes == (f"整张填报表{SHOWN}",)


def test_one_row_id_erased() -> None:
    record = accepted(changed(on_main(lambda s: s.__setitem__("A36", None))))
    all_there(record)
    assert refs(record) == same()
    assert findings(record) == [Said("V-502", MAIN_SHEET, "D36", f"“年末会员总数”{SHOWN}")]


def test_half_of_the_row_ids_erased_is_not_the_whole_sheet() -> None:
    rows = list(layout().field_rows.values())
    half = len(rows) // 2

    def erased(count: int) -> Edit:
        return on_main(lambda sheet: [sheet.__setitem__(f"A{row}", None) for row in rows[:count]])

    labels = "、".join(f"“{field.label}”" for field in list(OFFICE.rulebook.fields.values())[:5])
    assert findings(accepted(changed(erased(half))))[0].found == f"{labels}等{half}项{SHOWN}"
    assert findings(accepted(changed(erased(half + 1))))[0].found == f"整张填报表{SHOWN}"


def test_row_and_column_ids_lost() -> None:
    record = accepted(changed(on_main(lambda s: s.delete_cols(1)), on_main(lambda s: s.delete_rows(1))))
    all_there(record)
    assert refs(record) == placed(lambda _, row: f"C{row - 1}")
    assert findings(record) == [Said("V-502", MAIN_SHEET, "C7", f"整张填报表{SHOWN}")]


@pytest.mark.parametrize("both", [False, True])
def test_ids_of_a_list_lost(both: bool) -> None:
    edits = [on_articles(lambda s: s.delete_cols(1))] + ([on_articles(lambda s: s.delete_rows(1))] if both else [])
    record = accepted(changed(*edits))
    all_there(record)
    assert record.lists["articles"][0].cells["title"].ref == ("B4" if both else "B5")
    assert findings(record) == [Said("V-502", ARTICLES, "", f"《宣传报道》{SHOWN}")]


def test_the_machine_sheet_lost() -> None:
    result = changed(of=unmarked)
    record = accepted(result)
    all_there(record)
    assert (refs(record), result.reason, result.notes, findings(record)) == (same(), BY_NAME, (NO_MARK_NOTE,), [])


def test_only_the_visible_cells_copied_into_a_new_workbook() -> None:
    def copied() -> Workbook:
        source, target = book(), Workbook()
        sheet = target.worksheets[0]
        for number, row in enumerate(page(source).iter_rows(min_row=2, min_col=2, values_only=True), start=1):
            put(sheet, number, row)
        return target

    result = changed(of=copied)
    record = accepted(result)
    assert (values(record), refs(record)) == (sound_fields(), placed(lambda _, row: f"C{row - 1}"))
    assert result.reason == BY_NAME
    assert findings(record) == [
        Said(
            "V-404",
            ARTICLES,
            "",
            "找不到《宣传报道》、《批示与表彰》、《招商经贸活动》、《调研问卷》、《自拟课题》、《民企社情》、《提案线索》，按没有填计",
        ),
        Said("V-502", "Sheet", "C7", f"整张填报表{SHOWN}"),
    ]


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        (
            {"填报说明": {"B3": None}, MAIN_SHEET: {"B3": None}},
            (Verdict.UNKNOWN_UNIT, "表里没有系统标记，也找不到“填报单位：…”，不知道是哪个单位的，请用发给本单位的原表填报"),
        ),
        (
            {MAIN_SHEET: {"B3": "填报单位：惠济区工商联"}},
            (Verdict.UNKNOWN_UNIT, "表里没有系统标记，填报单位有的写“金水区工商联”、“惠济区工商联”，互相矛盾，请用发给本单位的原表填报"),
        ),
        (
            {"填报说明": {"B3": None}, MAIN_SHEET: {"B3": "填报单位：巩义市工商联"}},
            (Verdict.UNKNOWN_UNIT, "表里没有系统标记，填报单位写的是“巩义市工商联”，不在本次考核单位之列，请核对是否发错"),
        ),
        (
            {"填报说明": {"A1": "填报说明"}, MAIN_SHEET: {"B2": "填报表"}},
            (Verdict.WRONG_YEAR, "表里没有系统标记，标题里也没有写明年度，请用2014年度的原表填报"),
        ),
        (
            {"填报说明": {"A1": None}, MAIN_SHEET: {"B2": "二〇一三年度工作目标考核填报表"}},
            (Verdict.WRONG_YEAR, "表里没有系统标记，标题写的是2013年度，本次考核2014年度，请用2014年度的原表填报"),
        ),
        (
            {MAIN_SHEET: {"B2": "2013年度工作目标考核填报表"}},
            (Verdict.WRONG_YEAR, "表里没有系统标记，标题写的是2013年度、2014年度，本次考核2014年度，请用2014年度的原表填报"),
        ),
    ],
    ids=["no unit", "two units", "foreign unit", "no year", "another year", "two years"],
)
def test_without_machine_data_unit_and_year_must_be_shown(edits: dict[str, dict[str, Any]], expected: tuple[Verdict, str]) -> None:
    workbook = unmarked()
    for name, cells in edits.items():
        for ref, value in cells.items():
            page(workbook, name)[ref] = value
    result = read(workbook)
    assert (result.verdict, result.reason, result.record) == (*expected, None)


@pytest.mark.parametrize("written", ["填报单位： 郑州市 金水区工商业联合会", "填报单位：金水（盖章）", "填报单位:金水区　填报日期：2014年12月1日"])
def test_the_unit_is_known_in_every_way_it_is_written(written: str) -> None:
    workbook = unmarked()
    workbook.remove(page(workbook, "填报说明"))
    page(workbook)["B3"] = written
    assert accepted(read(workbook)).unit == "jinshui"


def test_the_unit_in_the_cell_beside() -> None:
    workbook = unmarked()
    workbook.remove(page(workbook, "填报说明"))
    page(workbook)["B3"], page(workbook)["C3"] = "填报单位", "金水区工商联"
    assert accepted(read(workbook)).unit == "jinshui"


# Typed over by hand


def test_typed_over_by_hand() -> None:
    result = read(retyped(sound_fields(), ROWS))
    record = accepted(result)
    all_there(record)
    assert refs(record) == {field_id: f"C{n}" for n, field_id in enumerate(OFFICE.rulebook.fields, start=4)}
    assert record.evidence["members_end"].ref == "E16"
    assert rows(record, "articles")[0][:2] == ("Sheet2", 3)
    assert findings(record) == [
        Said("V-404", "批示与表彰", "", "找不到《批示与表彰》、《招商经贸活动》、《自拟课题》、《民企社情》、《提案线索》，按没有填计"),
        Said("V-502", "Sheet1", "C4", f"整张填报表、《宣传报道》、《调研问卷》{SHOWN}"),
    ]
    assert result.notes == (NO_MARK_NOTE, f"整张填报表、《宣传报道》、《调研问卷》{SHOWN}")


def test_typed_over_with_moved_columns_and_other_punctuation() -> None:
    workbook = retyped(sound_fields(), columns=("value", "label", "number"))
    sheet = page(workbook, "Sheet1")
    for row in range(4, 54):
        sheet[f"B{row}"] = str(sheet[f"B{row}"].value).replace("“", '"').replace("”", '"').replace("、", ",")
        sheet[f"C{row}"] = f"{sheet[f'C{row}'].value}、"
    record = accepted(read(workbook))
    assert values(record) == sound_fields()
    assert record.fields["meetings_due"].ref == "A4"


def test_half_of_the_items_are_enough_and_the_others_are_named() -> None:
    half = dict(list(sound_fields().items())[:25])
    record = accepted(read(retyped(half)))
    assert {f: v for f, v in values(record).items() if v is not None} == half
    assert [s.code for s in findings(record)] == ["V-102"] * 25 + ["V-404", "V-502"]


def test_fewer_than_half_are_not() -> None:
    result = read(retyped(dict(list(sound_fields().items())[:24])))
    reason = "表里没有系统标记，50个填报项只认出24个，不足一半，没有取用，请用发给单位的原表填报"
    assert (result.verdict, result.reason, result.unit, result.record) == (Verdict.NOT_A_FORM, reason, "jinshui", None)


def test_typed_over_without_headings() -> None:
    workbook = retyped(sound_fields())
    page(workbook, "Sheet1").delete_rows(3)
    reason = "表里没有系统标记，也找不到写着“填报内容”“填报值”的表头，读不出填的是什么，请用发给单位的原表填报"
    result = read(workbook)
    assert (result.verdict, result.reason) == (Verdict.NOT_A_FORM, reason)


def test_numbers_that_contradict_their_labels_are_left_blank_and_named() -> None:
    workbook = retyped(sound_fields())
    sheet = page(workbook, "Sheet1")
    sheet["A8"], sheet["A9"] = 6, None
    record = accepted(read(workbook))
    note = "序号写的是6，内容却是第5项"
    assert record.fields["website_items"] == Cell("Sheet1", "C8", "90", None, Problem.UNCERTAIN_ROW, note)
    assert record.fields["ideals_plan"].value is True
    assert [s for s in findings(record) if s.code < "V-4"] == [Said("V-214", "Sheet1", "C8", note)]


def test_a_workbook_that_is_no_form_stays_one() -> None:
    result = read(retyped({}))
    assert (result.verdict, result.reason, result.unit) == (Verdict.NOT_A_FORM, STRANGER, None)


# Merges, hidden rows, pictures, pasted rows


def test_merged_inputs_give_the_first_its_value_and_the_others_a_question() -> None:
    record = accepted(looked_at(on_main(lambda s: s.merge_cells("D8:D9"))))
    note = "与 D8 合并成了一格，看不出这一格填的是什么"
    assert record.fields["meetings_due"].value == 6
    assert record.fields["meetings_attended"] == Cell(MAIN_SHEET, "D9", "", None, Problem.MERGED, note)
    assert not record.fields["meetings_attended"].blank
    assert findings(record) == [Said("V-213", MAIN_SHEET, "D9", note)]


def test_an_input_merged_with_its_label_is_asked_about() -> None:
    record = accepted(looked_at(on_main(lambda s: s.merge_cells("C14:D14"))))
    assert findings(record) == [Said("V-213", MAIN_SHEET, "D14", "与 C14 合并成了一格，看不出这一格填的是什么")]


def test_merged_cells_of_a_list() -> None:
    record = accepted(looked_at(on_articles(lambda s: s.merge_cells("D5:D6"))))
    assert findings(record) == [Said("V-213", ARTICLES, "D6", "与 D5 合并成了一格，看不出这一格填的是什么")]


def test_a_merge_over_whole_rows_of_a_list_is_one_row() -> None:
    def tall(sheet: Any) -> None:
        for column in "CDEF":
            sheet.merge_cells(f"{column}6:{column}8")

    record = accepted(looked_at(on_articles(tall)))
    assert (rows(record, "articles"), findings(record)) == (OFFERED, [])


def test_a_merge_of_input_and_evidence_takes_nothing_from_the_input() -> None:
    record = accepted(looked_at(on_main(lambda s: s.merge_cells("D8:F8"))))
    assert record.fields["meetings_due"].value == 6
    assert findings(record) == [Said("V-501", MAIN_SHEET, "F8", "填了“6”，佐证材料编号空白")]


def test_hidden_and_filtered_rows_count_and_are_noted() -> None:
    def hide(workbook: Workbook) -> None:
        page(workbook, ARTICLES).auto_filter.ref = "B4:G104"
        for row in (5, 6, 7):
            page(workbook, ARTICLES).row_dimensions[row].hidden = True
        for row in (8, 9, 10, 13):
            page(workbook).row_dimensions[row].hidden = True

    result = looked_at(hide)
    record = accepted(result)
    all_there(record)
    assert findings(record) == [
        Said("V-504", MAIN_SHEET, "D8", "第8—10行被隐藏或筛选掉了，里面的内容照常计入"),
        Said("V-504", ARTICLES, "C5", "第5、6行被隐藏或筛选掉了，里面的内容照常计入"),
    ]
    assert result.notes == ("隐藏的行里有内容，照常计入：“填报表”第8—10行、“宣传报道”第5、6行",)


def test_a_picture_over_a_blank_input_is_no_blank() -> None:
    workbook = book()
    page(workbook)["D14"] = None
    sheets = tuple(
        replace(sheet, pictures=frozenset({(13, 3), (7, 3), (99, 3)} if sheet.name == MAIN_SHEET else {(6, 2)} if sheet.name == ARTICLES else set()))
        for sheet in sheets_of(workbook)
    )
    record = accepted(read_form(sheets, OFFICE))
    assert record.fields["website_items"] == Cell(MAIN_SHEET, "D14", "［图片］", None, Problem.PICTURE)
    assert record.fields["meetings_due"].value == 6
    assert [row.number for row in record.lists["articles"]] == [5, 6, 7]
    assert findings(record) == [
        Said("V-211", MAIN_SHEET, "D14", "单元格里嵌入了图片"),
        Said("V-211", ARTICLES, "C7", "单元格里嵌入了图片"),
    ]


def test_five_hundred_pasted_rows_count() -> None:
    def paste(sheet: Any) -> None:
        for n in range(500):
            put(sheet, 5 + n, [None, None, f"第{n}篇", "郑州日报", ARTICLE["date"], "A1"])

    record = accepted(changed(on_articles(paste)))
    assert [row.number for row in record.lists["articles"]] == list(range(5, 505))
    assert record.lists["articles"][-1].cells["title"] == Cell(ARTICLES, "C504", "第499篇", "第499篇")
    assert findings(record) == []


# Another version of this year's form


@cache
def old_form(folder: Path) -> tuple[bytes, str]:
    """A form made from other rules of this year: one field, one list and one list column have other ids."""
    text = (PROGRAM_ROOT / "rules" / "2014" / "rulebook.toml").read_text(encoding="utf-8")
    for old, new in (
        ('"2014.1"', '"2014.0"'),
        ('"website_items"', '"website_news"'),
        ('id = "link"', 'id = "page"'),
        ('"proposals"', '"hints"'),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "rulebook.toml").write_text(text, encoding="utf-8")
    (folder / "notice.txt").write_bytes((PROGRAM_ROOT / "rules" / "2014" / "notice.txt").read_bytes())
    rules = load_rulebook(folder)
    form = Master(build_master(rules)).stamp(stamp_values(OFFICE.config, OFFICE.config.units_by_code["jinshui"]))
    fields = sound_fields(website_news=90)
    del fields["website_items"]
    page_of = {key: value for key, value in ARTICLE.items() if key != "link"} | {"page": "A03版"}
    lists = {"articles": [page_of], "hints": [{"title": "关于用工", "date": ARTICLE["date"], "adopted": True}]}
    return fill_form(form, FormLayout(rules), fields, lists, evidence=dict.fromkeys(fields, "佐证1")), rules.form_hash


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    data, form_hash = old_form(tmp_path_factory.mktemp("旧规则"))
    assert form_hash != OFFICE.rulebook.form_hash
    return data


def test_an_older_version_is_migrated_and_what_could_not_be_taken_over_is_listed(older: bytes) -> None:
    result = read(opened(older))
    record = accepted(result)
    wanted = {f: v for f, v in sound_fields().items() if f != "website_items"}
    assert {f: v for f, v in values(record).items() if f != "website_items"} == wanted
    assert record.fields["website_items"] == Cell(MAIN_SHEET, "")
    assert rows(record, "articles") == [(ARTICLES, 5, ARTICLE | {"link": None})]
    assert result.reason == "采用（另一个版本 2014.0 的表，标记相同的项目照常取用）"
    assert result.notes == (
        "这份表是另一个版本（2014.0），现在用的是2014.1，标记相同的项目照常取用",
        "没有取用的3处：在工商联网站发布信息条数（填报表 D14，“90”）、宣传报道：版面或链接（宣传报道 F5，1格）、《提案线索》（提案线索 C5，1行）",
        "这份表里没有的3处：“在工商联网站发布信息条数”、《提案线索》、宣传报道：“版面或链接”",
    )
    assert sorted(findings(record)) == [
        Said("V-103", MAIN_SHEET, "", "这份表是另一个版本（2014.0），没有这一项"),
        Said("V-404", "宣传报道", "", "找不到“版面或链接”这一列，按没有填计"),
        Said("V-404", "提案线索", "", "找不到《提案线索》，按没有填计"),
        Said("V-505", "填报表", "D14", "填了“90”，现在用的表里没有这一项，没有取用"),
        Said("V-505", "宣传报道", "F5", "填了1格，现在用的表里没有这一项，没有取用"),
        Said("V-505", "提案线索", "C5", "填了1行，现在用的表里没有这一项，没有取用"),
    ]


def machine(**cells: str) -> Edit:
    def edit(workbook: Workbook) -> None:
        for row in page(workbook, MACHINE_SHEET).iter_rows(max_col=2):
            if row[0].value in cells:
                row[1].value = cells[str(row[0].value)]

    return edit


def test_an_edited_fingerprint_is_treated_as_another_version() -> None:
    result = changed(machine(form_hash="x", version=""))
    record = accepted(result)
    all_there(record)
    assert (result.reason, record.version) == ("采用（另一个版本 版本不明 的表，标记相同的项目照常取用）", "版本不明")
    assert result.notes == ("这份表是另一个版本（版本不明），现在用的是2014.1，标记相同的项目照常取用",)
    assert findings(record) == []


def test_another_version_in_which_too_little_agrees_is_refused() -> None:
    def strip(sheet: Any) -> None:
        for row in list(layout().field_rows.values())[:30]:
            sheet[f"A{row}"] = f"old_{row}"

    result = changed(machine(form_hash="x", version="2014.0"), on_main(strip))
    reason = "这份填报表是另一个版本（2014.0），现在用的是 2014.1，50个填报项只有20个对得上，请用新发的表填报"
    assert (result.verdict, result.reason, result.unit) == (Verdict.WRONG_VERSION, reason, "jinshui")


def test_another_year_is_never_migrated(older: bytes) -> None:
    workbook = opened(older)
    machine(year="2013")(workbook)
    result = read(workbook)
    assert (result.verdict, result.reason) == (Verdict.WRONG_YEAR, "这是2013年度的填报表，本次考核2014年度，请用2014年度的表填报")


# Whose form it is


def second_machine(**cells: str) -> Edit:
    def edit(workbook: Workbook) -> None:
        sheet = workbook.copy_worksheet(page(workbook, MACHINE_SHEET))
        for row in sheet.iter_rows(max_col=2):
            if row[0].value in cells:
                row[1].value = cells[str(row[0].value)]

    return edit


def test_two_machine_sheets_of_two_units_are_not_chosen_between() -> None:
    result = changed(second_machine(unit_code="huiji", unit_name="郑州市惠济区工商业联合会"))
    reason = (
        "这份工作簿里有几份表的系统标记（“2014年度郑州市金水区工商业联合会填报表”、“2014年度郑州市惠济区工商业联合会填报表”），"
        "互相矛盾，分不清是哪一份，请用发给本单位的那一份填报，不要把几份表拼在一起"
    )
    assert (result.verdict, result.reason, result.unit, result.record) == (Verdict.UNKNOWN_UNIT, reason, None, None)


def test_two_machine_sheets_that_agree_are_one() -> None:
    result = changed(second_machine())
    all_there(accepted(result))
    assert (result.reason, result.notes) == ("采用", ())


def test_two_machine_sheets_of_two_versions_are_read_as_the_other_version() -> None:
    assert changed(second_machine(form_hash="x", version="2014.0")).reason == "采用（另一个版本 2014.0 的表，标记相同的项目照常取用）"


@pytest.mark.parametrize(
    ("written", "shown"),
    [("填报单位：惠济区工商联", "郑州市惠济区工商业联合会"), ("填报单位：巩义市工商业联合会", "巩义市工商业联合会")],
)
def test_another_unit_s_name_overtyped_is_asked_about_and_the_machine_data_win(written: str, shown: str) -> None:
    result = changed(on_main(lambda s: s.__setitem__("B3", written)))
    said = f"填报单位写的是“{shown}”，系统标记却是“郑州市金水区工商业联合会”"
    assert accepted(result).unit == "jinshui"
    assert findings(accepted(result)) == [Said("V-503", MAIN_SHEET, "B3", said)]
    assert result.notes == (said,)


@pytest.mark.parametrize("written", ["填报单位：金水区", "填报单位：金水区工商联（盖章）张三", "填报单位：", "", "填报单位：（盖章）"])
def test_the_own_name_in_another_writing_is_no_question(written: str) -> None:
    assert findings(accepted(changed(on_main(lambda s: s.__setitem__("B3", written))))) == []


# Nothing filled in


def test_a_blank_form_says_so() -> None:
    blank = accepted(read(opened(stamped("jinshui"))))
    assert blank.blank
    for sheet, ref in ((MAIN_SHEET, "D8"), (MAIN_SHEET, "F8"), (ARTICLES, "C5")):
        workbook = opened(stamped("jinshui"))
        page(workbook, sheet)[ref] = "0"
        assert not accepted(read(workbook)).blank


# What changed between two versions


def test_sorting_a_list_or_inserting_a_row_changes_nothing_else() -> None:
    before = accepted(read_form(sheets_in(sound()), OFFICE))

    def insert(sheet: Any) -> None:
        swapped(sheet, 5, 6, range(1, 8))
        sheet.insert_rows(5)
        put(sheet, 5, ["articles", None, "新的一篇"])

    after = accepted(changed(on_articles(insert)))
    assert changes(before, after, OFFICE.rulebook) == (Change(ARTICLES, "C5", "宣传报道：题目", "", "新的一篇"),)
    assert changes(before, accepted(read(opened(saved(book())))), OFFICE.rulebook) == ()


# Whatever stands in the cells


TOKENS = st.sampled_from(
    [
        *(
            "",
            None,
            "id",
            "value",
            "label",
            "number",
            "evidence",
            "state",
            "kaohe-form",
            "kind",
            "submission",
            "unit_code",
            "jinshui",
            "year",
            "2014",
        ),
        *("meetings_due", "members_end", "item:2.3a", "articles", "title", "outlet", "date", "link", "website_news", "序号", "填报内容", "填报值"),
        *(
            "年末会员总数",
            "13",
            "填报单位：",
            "填报单位：金水区",
            "2014年度考核",
            "宣传报道",
            "题目",
            "媒体",
            "日期",
            "版面或链接",
            13.0,
            5,
            True,
            "\ud800",
        ),
    ]
)
PLACES = st.tuples(st.integers(0, 8), st.integers(0, 6))
SHEETS = st.builds(
    lambda name, grid, hidden, pictures, merged: Sheet(name, grid, hidden, pictures, tuple((*sorted(a), *sorted(b)) for a, b in merged)),
    st.sampled_from(["填报表", "宣传报道 (2)", "Sheet1"]),
    st.lists(st.lists(TOKENS, max_size=7), max_size=9),
    st.frozensets(st.integers(0, 9)),
    st.frozensets(PLACES, max_size=4),
    st.lists(st.tuples(PLACES, PLACES), max_size=3),
)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(SHEETS, max_size=4), st.sampled_from([None, OFFICE.rulebook.form_hash, "x"]))
def test_whatever_stands_in_the_cells_there_is_one_verdict(sheets: list[Sheet], form_hash: str | None) -> None:
    """With no machine sheet, this form's, and another version's."""
    said: list[list[Any]] = [["kaohe-form"], ["kind", "submission"], ["year", "2014"], ["unit_code", "jinshui"], ["form_hash", form_hash]]
    result = read_form([*sheets, *([Sheet(MACHINE_SHEET, said)] if form_hash else [])], OFFICE)
    assert (result.record is not None) <= (result.verdict is Verdict.ACCEPTED)
    if result.record is not None:
        assert set(result.record.fields) == set(OFFICE.rulebook.fields)
        findings(result.record)
        assert changes(result.record, result.record, OFFICE.rulebook) == ()
