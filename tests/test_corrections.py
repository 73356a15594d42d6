"""Corrections: the unit's own workbook back, marked so that it can be corrected and returned, and a letter."""

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment
from python_calamine import CalamineWorkbook

from kaohe.checks.finding import Severity
from kaohe.forms.layout import GUIDE_SHEET, MACHINE_SHEET, MAIN_SHEET
from kaohe.forms.master import build_master
from kaohe.forms.stamp import Master, stamp_values
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.publish.annotate import NOT_CARRIED, NOT_OPENED, PICTURES_LOST
from kaohe.publish.correction_list import LIST_SHEET
from kaohe.publish.corrections import NOT_MARKED, REFILLED
from kaohe.publish.markable import OTHER_FORMAT
from kaohe.publish.zips import repack
from tests.support.returned import (
    ARTICLES,
    DENGFENG,
    DONE,
    DOUBT,
    ERROR,
    HINT,
    INPUT,
    LAYOUT,
    MEMBERS,
    OFFICE,
    OWN_FORMULAS,
    XINMI,
    at,
    book_of,
    cell_of,
    letter_of,
    listed_rows,
    only,
    stand_in,
    with_findings,
    write,
)
from tests.support.sample import assessment, finding


def test_who_gets_what(tmp_path: Path) -> None:
    """Findings and an accepted file: workbook and letter. Only refused files: a letter. Nothing sent, nothing wrong: nothing."""
    assert write(assessment(), tmp_path) == [
        "更正通知-荥阳市工商联.txt",
        "更正通知-登封市工商联.xlsx",
        "更正通知-登封市工商联.txt",
        "更正通知-新密市工商联.xlsx",
        "更正通知-新密市工商联.txt",
    ]
    assert len(list(tmp_path.iterdir())) == 5


def test_a_marked_cell_has_colour_and_comment_and_keeps_its_style(tmp_path: Path) -> None:
    write(assessment(), tmp_path)
    main = book_of(tmp_path)[MAIN_SHEET]
    cell = cell_of(main, DONE)
    assert cell.fill.fgColor.rgb == ERROR
    assert cell_of(main, MEMBERS).fill.fgColor.rgb == DOUBT
    assert cell.comment is not None
    assert cell.comment.text == (
        "【错误】V-200 完成数大于应完成数\n查到的：填了 15\n应当：不大于“乡镇、街道总数”12\n怎么改：请核对两个数，改正填错的一个"
    )
    assert (cell.font.name, cell.font.size, cell.font.bold, cell.number_format) == ("仿宋", 13, True, "0")
    assert not cell.protection.locked
    assert cell.value == 15


def test_a_comment_is_as_large_as_its_text(tmp_path: Path) -> None:
    write(only(at(Severity.ERROR, expected="很长的要求" * 30), at(Severity.HINT)), tmp_path)
    with zipfile.ZipFile(tmp_path / "更正通知-登封市工商联.xlsx") as archive:
        drawing = archive.read("xl/drawings/commentsDrawing1.vml").decode()
    assert "width:380px;" in drawing
    assert "height:316px;" in drawing  # 15 lines of 20 px: 1 + 1 + 7 + 1 of the first, a blank one, 4 of the second


def test_the_list_comes_first_and_points_to_the_cells(tmp_path: Path) -> None:
    write(assessment(), tmp_path)
    book = book_of(tmp_path)
    assert book.sheetnames == [LIST_SHEET, MAIN_SHEET, ARTICLES, MACHINE_SHEET]
    assert book.active is book[LIST_SHEET]
    assert [bool(sheet.sheet_view.tabSelected) for sheet in book.worksheets] == [True, False, False, False]
    sheet = book[LIST_SHEET]
    assert sheet["A1"].value == "登封市工商联2014年度考核填报表更正清单"
    assert str(sheet["A2"].value).splitlines()[0] == "核对的文件：2014年度考核填报表-登封市工商联.xlsx　　共2处：错误1处、疑问1处"
    assert [cell.value for cell in sheet[3][:9]] == ["程度", "工作表", "单元格", "内容", "查到的", "应当", "怎么改", "条款", "编号"]
    assert listed_rows(book) == [
        [
            "错误",
            MAIN_SHEET,
            DONE,
            "已建商会的乡镇、街道数",
            "填了 15",
            "不大于“乡镇、街道总数”12",
            "请核对两个数，改正填错的一个",
            "（六）2",
            "V-200",
        ],
        ["疑问", MAIN_SHEET, MEMBERS, "年末会员总数", "填了 15", "不大于“乡镇、街道总数”12", "请核对两个数，改正填错的一个", "（四）1", "V-201"],
    ]
    link = cell_of(sheet, "C4").hyperlink
    assert link is not None
    assert (link.location, link.target) == (f"'{MAIN_SHEET}'!{DONE}", None)
    assert cell_of(sheet, "A4").fill.fgColor.rgb == ERROR


def test_the_list_prints_on_a4_landscape(tmp_path: Path) -> None:
    write(assessment(), tmp_path)
    sheet = book_of(tmp_path)[LIST_SHEET]
    assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize)) == ("landscape", "9")
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_area == f"'{LIST_SHEET}'!$A$1:$I$5"
    assert sheet.print_title_rows == "$3:$3"
    assert sheet.freeze_panes == "A4"
    assert sheet.column_dimensions["J"].hidden


def test_rows_of_the_list_are_as_high_as_their_longest_text(tmp_path: Path) -> None:
    write(only(at(Severity.ERROR, action="请改" * 60), at(Severity.HINT, found="x" * 5000)), tmp_path)
    sheet = book_of(tmp_path)[LIST_SHEET]
    assert sheet.row_dimensions[4].height == 10 * 16 + 6
    assert str(sheet["E5"].value) == "x" * 159 + "…"
    assert sheet.row_dimensions[5].height == 8 * 16 + 6


def test_everything_else_in_the_workbook_stays(tmp_path: Path) -> None:
    write(assessment(), tmp_path)
    book = book_of(tmp_path)
    main = book[MAIN_SHEET]
    assert (main["H63"].value, main["H64"].value) == OWN_FORMULAS
    assert (main["E5"].value, main["E5"].data_type) == ("=不是公式", "s")
    assert main.protection.sheet
    (rule,) = main.data_validations.dataValidation
    assert (rule.type, str(rule.sqref), rule.prompt, rule.error) == ("whole", DONE, "填写大于或等于0的整数", "只能填整数")
    assert book[MACHINE_SHEET].sheet_state == "veryHidden"
    assert book[MACHINE_SHEET]["A1"].value == "kaohe-form"
    assert book.defined_names["in_townships_with_chamber"].attr_text == f"'{MAIN_SHEET}'!${DONE[0]}${DONE[1:]}"
    assert [str(area) for area in book[ARTICLES].merged_cells.ranges] == ["C6:D6"]


def test_results_of_formulas_stay_for_programs_that_do_not_calculate(tmp_path: Path) -> None:
    write(assessment(), tmp_path)
    read = CalamineWorkbook.from_path(str(tmp_path / "更正通知-登封市工商联.xlsx")).get_sheet_by_name(MAIN_SHEET)
    rows = read.to_python(skip_empty_area=False)
    assert (rows[62][7], rows[63][7]) == (2200, "达标")


def test_findings_of_one_cell_share_a_comment_and_the_gravest_colour(tmp_path: Path) -> None:
    original = load_workbook(io.BytesIO(stand_in()))
    cell_of(original[MAIN_SHEET], MEMBERS).comment = Comment("数字来自年报", "张三")
    data = io.BytesIO()
    original.save(data)
    hint = at(Severity.HINT, code="V-301", title="没有佐证材料编号", found="", expected="", action="请填写")
    write(only(hint, at(Severity.ERROR)), tmp_path, {DENGFENG: data.getvalue()})
    cell = cell_of(book_of(tmp_path)[MAIN_SHEET], MEMBERS)
    assert cell.fill.fgColor.rgb == ERROR
    assert cell.comment is not None
    assert cell.comment.text == (
        "【错误】V-200 完成数大于应完成数\n查到的：填了 15\n应当：不大于“乡镇、街道总数”12\n怎么改：请核对两个数，改正填错的一个\n\n"
        "【提示】V-301 没有佐证材料编号\n怎么改：请填写\n\n原有批注：\n数字来自年报"
    )


@pytest.mark.parametrize("place", [("没有这张表", "D5"), (MAIN_SHEET, ""), (MAIN_SHEET, "5:5"), (MAIN_SHEET, "ZZZ1"), (MAIN_SHEET, "A9999999")])
def test_findings_without_a_cell_in_the_workbook_are_listed_only(tmp_path: Path, place: tuple[str, str]) -> None:
    write(only(at(Severity.ERROR, sheet=place[0], cell=place[1])), tmp_path)
    book = book_of(tmp_path)
    assert listed_rows(book)[0][1:3] == list(place)
    assert cell_of(book[LIST_SHEET], "C4").hyperlink is None
    assert cell_of(book[MAIN_SHEET], MEMBERS).comment is None


def test_a_finding_inside_a_merged_range_marks_the_cell_that_shows(tmp_path: Path) -> None:
    write(only(at(Severity.DOUBT, sheet=ARTICLES, cell="D6")), tmp_path)
    book = book_of(tmp_path)
    assert cell_of(book[ARTICLES], "C6").fill.fgColor.rgb == DOUBT
    link = cell_of(book[LIST_SHEET], "C4").hyperlink
    assert link is not None
    assert link.location == f"'{ARTICLES}'!C6"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|' /C calc'!A0", "+86 371", "-5%", "@SUM(A1)", "#REF!", "{{ unit.email }}", "<script>alert(1)</script>"]
)
def test_text_of_a_finding_is_never_a_formula(tmp_path: Path, text: str) -> None:
    write(only(at(Severity.ERROR, label=text, found=text, expected=text, action=text, clause=text)), tmp_path)
    row = book_of(tmp_path)[LIST_SHEET][4]
    assert [(cell.value, cell.data_type) for cell in row[3:8]] == [(text, "s")] * 5
    assert f"     查到的：{text}\r\n" in letter_of(tmp_path)


def test_control_and_bidi_characters_do_not_get_through(tmp_path: Path) -> None:
    wild = "a\x00b\u202ec\ud800d\ne\r\nf"
    ready = only(at(Severity.ERROR, found=wild, label=wild, title=wild))
    write(ready, tmp_path)
    assert listed_rows(book_of(tmp_path))[0][4] == "abc�d e f"
    assert "     查到的：abc�d e f\r\n" in letter_of(tmp_path)
    assert "1．abc�d e f（V-200）\r\n" in letter_of(tmp_path)


def test_a_workbook_that_comes_back_is_marked_afresh(tmp_path: Path) -> None:
    """What was put right is plain again, what is still wrong is marked once, and there is one list."""
    both = [at(Severity.ERROR), replace(finding(OFFICE, DENGFENG, "townships_with_chamber", Severity.HINT))]
    write(only(*both), tmp_path / "first")
    returned = (tmp_path / "first" / "更正通知-登封市工商联.xlsx").read_bytes()
    write(only(both[1]), tmp_path / "second", {DENGFENG: returned})
    book = book_of(tmp_path / "second")
    assert book.sheetnames == [LIST_SHEET, MAIN_SHEET, ARTICLES, MACHINE_SHEET]
    right, wrong = cell_of(book[MAIN_SHEET], MEMBERS), cell_of(book[MAIN_SHEET], DONE)
    assert (right.fill.fgColor.rgb, right.comment) == (INPUT, None)
    assert wrong.fill.fgColor.rgb == HINT
    assert wrong.comment is not None
    assert wrong.comment.text.count("【") == 1
    assert len(listed_rows(book)) == 1


def test_a_comment_of_the_units_own_outlives_the_marks(tmp_path: Path) -> None:
    original = load_workbook(io.BytesIO(stand_in()))
    cell_of(original[MAIN_SHEET], MEMBERS).comment = Comment("数字来自年报", "张三")
    data = io.BytesIO()
    original.save(data)
    write(only(at(Severity.ERROR)), tmp_path, {DENGFENG: data.getvalue()})
    returned = (tmp_path / "更正通知-登封市工商联.xlsx").read_bytes()
    write(only(replace(finding(OFFICE, DENGFENG, "townships_with_chamber", Severity.HINT))), tmp_path, {DENGFENG: returned})
    comment = cell_of(book_of(tmp_path)[MAIN_SHEET], MEMBERS).comment
    assert comment is not None
    assert comment.text == "数字来自年报"


def _empty_fill(data: bytes) -> bytes:
    """The workbook as some third-party programs write it: openpyxl refuses an empty fill."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, re.sub(rb"<fills[^>]*>", rb"\g<0><fill/>", content) if name == "xl/styles.xml" else content)
    return changed.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("original", [b"", b"not a workbook", b"PK\x03\x04 broken", "empty fill", None])
def test_a_workbook_that_cannot_be_marked_comes_back_as_a_fresh_form_with_what_was_typed(tmp_path: Path, original: bytes | str | None) -> None:
    data = _empty_fill(stand_in()) if isinstance(original, str) else original
    write(assessment(), tmp_path, {} if data is None else {DENGFENG: data})
    book = book_of(tmp_path)
    assert book.sheetnames[:4] == [LIST_SHEET, GUIDE_SHEET, MAIN_SHEET, ARTICLES]
    why = OTHER_FORMAT if isinstance(original, bytes) else NOT_OPENED
    about = str(book[LIST_SHEET]["A2"].value).splitlines()
    assert (about[1], about[4:]) == (REFILLED.format(why=why), [NOT_CARRIED])
    assert listed_rows(book)[0][:4] == ["错误", MAIN_SHEET, DONE, "已建商会的乡镇、街道数"]
    cell = cell_of(book[MAIN_SHEET], DONE)
    assert (cell.value, cell.fill.fgColor.rgb) == (12, ERROR)
    assert f"{why}，所以把你单位填报的内容重新填进了发给你单位的表，随信附上，即“更正通知-登封市工商联.xlsx”" in letter_of(tmp_path)


def test_without_anything_that_was_read_there_is_the_list_alone(tmp_path: Path) -> None:
    """A file that counts always has a record; should one be missing, the unit still learns what to change."""
    write(replace(assessment(), records={}), tmp_path, {})
    book = book_of(tmp_path)
    assert book.sheetnames == [LIST_SHEET]
    assert str(book[LIST_SHEET]["A2"].value).splitlines()[1] == NOT_MARKED
    assert listed_rows(book)[0][:3] == ["错误", MAIN_SHEET, DONE]
    assert "你单位的原表不能直接标注，随信的“更正通知-登封市工商联.xlsx”只有一张“更正清单”" in letter_of(tmp_path)
    assert "标色" not in letter_of(tmp_path)


def test_lost_pictures_are_owned_up_to(tmp_path: Path) -> None:
    """WPS keeps pictures that stand in cells in a part of its own."""
    data = io.BytesIO(stand_in())
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr(
            "xl/cellimages.xml", b'<etc:cellImages><etc:cellImage><xdr:pic><a:blip r:embed="rId1"/></xdr:pic></etc:cellImage></etc:cellImages>'
        )
    write(assessment(), tmp_path, {DENGFENG: data.getvalue()})
    assert PICTURES_LOST in str(book_of(tmp_path)[LIST_SHEET]["A2"].value)


def test_the_same_assessment_gives_the_same_bytes(tmp_path: Path) -> None:
    originals = {DENGFENG: stand_in(), XINMI: b"unreadable"}
    for name in ("first", "second"):
        write(assessment(), tmp_path / name, originals)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()
    with zipfile.ZipFile(tmp_path / "first" / "更正通知-登封市工商联.xlsx") as archive:
        core = archive.read("docProps/core.xml").decode()
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert core.count("2014-12-31T00:00:00Z") == 2


def test_the_letter_word_for_word(tmp_path: Path) -> None:
    second = replace(finding(OFFICE, DENGFENG, "clusters_with_chamber", Severity.ERROR), found="填了 4", expected="不大于“产业集聚区总数”3")
    write(with_findings(second), tmp_path)
    assert (tmp_path / "更正通知-登封市工商联.txt").read_bytes().startswith(b"\xef\xbb\xbf")
    text = letter_of(tmp_path)
    assert text.count("\n") == text.count("\r\n")
    assert (
        text.replace("\r\n", "\n")
        == f"""登封市工商业联合会：

你单位报送的“2014年度考核填报表-登封市工商联.xlsx”已经收到并核对，有3处需要处理。
随信附回你单位的原表“更正通知-登封市工商联.xlsx”：有问题的单元格已经标色并加了批注，第一张表“更正清单”逐条列出，点“单元格”一栏可以直接跳到那里。

一、必须更正（2处）。更正以前，有关的项目计0分。

1．完成数大于应完成数（V-200）
   请核对两个数，改正填错的一个。
   ● 填报表 {DONE} 已建商会的乡镇、街道数　条款（六）2
     查到的：填了 15
     应当：不大于“乡镇、街道总数”12
   ● 填报表 {LAYOUT.value_cell("clusters_with_chamber")} 已建商会的产业集聚区数　条款（六）3
     查到的：填了 4
     应当：不大于“产业集聚区总数”3

二、请核对确认（1处）。得分先保留，确有差错的请改正，没有差错的请在回信里说明。

1．数字需要核实（V-201）
   请核对两个数，改正填错的一个。
   ● 填报表 {MEMBERS} 年末会员总数　条款（四）1
     查到的：填了 15
     应当：不大于“乡镇、街道总数”12

怎样报回：

1．请直接在附回的“更正通知-登封市工商联.xlsx”里改，改好保存即可；“更正清单”、颜色和批注不用删。
2．疑问核对无误的不用改，请在回信里说明情况。
3．请于2014年12月31日前（已经过了的，请尽快）发到 office@zzsgsl.example。文件名可以不改，系统按最后收到的一份计算。
4．有不清楚的，请与市工商联办公室联系，电话 0371-00000000。

郑州市工商业联合会
"""
    )


def test_a_doubt_that_is_withheld_says_so(tmp_path: Path) -> None:
    write(only(at(Severity.DOUBT), at(Severity.DOUBT, cell=DONE, withheld=True)), tmp_path)
    book, text = book_of(tmp_path), letter_of(tmp_path)
    assert [row[0] for row in listed_rows(book)] == ["疑问\n先不计分", "疑问"]
    comment = cell_of(book[MAIN_SHEET], DONE).comment
    assert comment is not None
    assert comment.text.endswith("\n写明确以前先不计分")
    assert "一、请写明确（1处）。看不准填的是什么意思，写明确以前先不计分。\r\n" in text
    assert "二、请核对确认（1处）。" in text


def test_a_row_of_a_list_is_named_by_sheet_cell_and_column(tmp_path: Path) -> None:
    write(only(at(Severity.ERROR, sheet="宣传报道", cell="D7", label="宣传报道：媒体", clause="（三）2")), tmp_path)
    assert "\r\n   ● 宣传报道 D7 媒体　条款（三）2\r\n" in letter_of(tmp_path)


def test_a_unit_is_told_of_its_file_as_it_called_it(tmp_path: Path) -> None:
    """Not of the mail, the archive and the folders that it lies in here, nor of who else sent it."""
    ready, inside = assessment(), "邮件/发件人待核对/20141210-x@y.test-材料.eml/材料.zip/我们的表.xlsx"
    cards = tuple(replace(card, file=inside) if card.unit.code == DENGFENG else card for card in ready.cards)
    files = tuple(replace(file, name=inside) if file.unit == "xingyang" else file for file in ready.files)
    write(replace(ready, cards=cards, files=files), tmp_path)
    assert "你单位报送的“我们的表.xlsx”已经收到并核对" in letter_of(tmp_path)
    assert str(book_of(tmp_path)[LIST_SHEET]["A2"].value).startswith("核对的文件：我们的表.xlsx　　")
    assert "\r\n1．我们的表.xlsx\r\n" in letter_of(tmp_path, "荥阳市工商联")


def test_the_letter_to_a_unit_whose_file_was_refused(tmp_path: Path) -> None:
    write(assessment(), tmp_path)
    text = letter_of(tmp_path, "荥阳市工商联")
    assert "1．2014年度考核填报表-荥阳市工商联.xlsx\r\n   结论：年度不符\r\n   原因：这是2013年度的填报表，本次考核2014年度\r\n" in text
    assert "请用发给你单位的“2014年度考核填报表-荥阳市工商联.xlsx”填报" in text
    assert not list(tmp_path.glob("*荥阳*.xlsx"))
    assert not list(tmp_path.glob("*中原*"))


def test_files_that_were_not_taken_are_named(tmp_path: Path) -> None:
    ready = assessment()
    older = ReceivedFile("一\n二.xlsx", "a" * 64, 1, 1, 1, Verdict.SUPERSEDED, "之后又收到一份", DENGFENG)
    write(replace(ready, files=(*ready.files, older)), tmp_path)
    assert "   ● 一 二.xlsx：已被新版本代替，之后又收到一份\r\n" in letter_of(tmp_path)


def test_a_real_form_comes_back_with_everything_it_had(tmp_path: Path) -> None:
    form = Master(build_master(OFFICE.rulebook)).stamp(stamp_values(OFFICE.config, OFFICE.config.units_by_code[DENGFENG]))
    write(assessment(), tmp_path, {DENGFENG: form})
    before, after = load_workbook(io.BytesIO(form)), book_of(tmp_path)
    assert after.sheetnames == [LIST_SHEET, *before.sheetnames]
    assert {n: d.attr_text for n, d in after.defined_names.items()} == {n: d.attr_text for n, d in before.defined_names.items()}
    for sheet in before.worksheets:
        again = after[sheet.title]
        assert again.sheet_state == sheet.sheet_state
        assert again.protection.sheet == sheet.protection.sheet
        assert len(again.data_validations.dataValidation) == len(sheet.data_validations.dataValidation)
        assert len(again.conditional_formatting) == len(sheet.conditional_formatting)
        assert [[cell.value or None for cell in row] for row in again.iter_rows()] == [
            [cell.value or None for cell in row] for row in sheet.iter_rows()
        ]
    read_before = CalamineWorkbook.from_filelike(io.BytesIO(form))
    read_after = CalamineWorkbook.from_path(str(tmp_path / "更正通知-登封市工商联.xlsx"))
    for title in before.sheetnames:
        assert read_after.get_sheet_by_name(title).to_python(skip_empty_area=False) == read_before.get_sheet_by_name(title).to_python(
            skip_empty_area=False
        )


def test_repacking_keeps_content_and_order_and_forgets_the_time() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("b.txt", (2014, 3, 5, 1, 2, 4)), "乙")
        archive.writestr("a.txt", "甲")
    packed = repack(data.getvalue())
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert [(m.filename, m.date_time, m.compress_type) for m in archive.infolist()] == [
            ("b.txt", (1980, 1, 1, 0, 0, 0), zipfile.ZIP_DEFLATED),
            ("a.txt", (1980, 1, 1, 0, 0, 0), zipfile.ZIP_DEFLATED),
        ]
        assert archive.read("b.txt").decode() == "乙"
    assert repack(packed) == packed
