"""The consolidated workbook, read back cell by cell."""

import re
import zipfile
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from python_calamine import CalamineWorkbook

from kaohe.checks.finding import Severity
from kaohe.intake.record import Verdict
from kaohe.publish.workbook import write_workbook
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment, Status
from kaohe.scoring.table import score_table
from tests.support import sample
from tests.support.workbooks import PASSED, column_of, leads_to, lines, margins, written


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    return sample.assessment()


@pytest.fixture(scope="module")
def path(assessment: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbook") / "汇总.xlsx"
    write_workbook(assessment, path)
    return path


@pytest.fixture(scope="module")
def book(path: Path) -> Workbook:
    """With formulas."""
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def values(path: Path) -> Workbook:
    """With cached values."""
    return openpyxl.load_workbook(path, data_only=True)


# ── as a whole ──


def test_sheets_stand_in_order(path: Path) -> None:
    assert CalamineWorkbook.from_path(str(path)).sheet_names == [
        "排名",
        "图表",
        "得分明细",
        "各单位计分说明",
        "自评核定对比",
        "逐项出入",
        "佐证台账",
        "问题清单",
        "报送情况",
        "版本差异",
        "计分口径",
        "说明",
    ]


def test_same_assessment_gives_same_bytes(assessment: Assessment, path: Path, tmp_path: Path) -> None:
    assert written(assessment, tmp_path).read_bytes() == path.read_bytes()
    assert written(sample.assessment(), tmp_path).read_bytes() == path.read_bytes()


def test_every_sheet_carries_the_mark_and_prints(book: Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet["A1"].value == f"【预排名】郑州市工商联系统2014年度工作目标考核 · {sheet.title}"
        assert margins(sheet) == ("预排名", "第 &P 页 共 &N 页")
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == (8 if sheet.title == "问题清单" else 9)
        fit = sheet.sheet_properties.pageSetUpPr
        if sheet.title not in ("得分明细", "图表"):
            assert fit is not None
            high = None if sheet.title == "排名" else 0  # a small office's ranking and signatures stand on one page
            assert (fit.fitToPage, sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (True, 1, high)
        assert sheet.print_title_rows == {"得分明细": "$3:$8", "排名": "$1:$3", "图表": "$1:$1", "自评核定对比": "$13:$13"}.get(sheet.title, "$3:$3")
        assert sheet.freeze_panes == {"得分明细": "C9", "排名": "C4", "图表": "A2", "自评核定对比": "A2", "说明": "A4"}.get(sheet.title, "B4")


def test_score_table_prints_whole_sections_on_pages_with_their_units(book: Workbook) -> None:
    """At a size that can be read: manual breaks do not hold where a program fits a sheet to its page."""
    sheet = book["得分明细"]
    fit = sheet.sheet_properties.pageSetUpPr
    assert fit is None or not fit.fitToPage
    assert (sheet.page_setup.scale, sheet.page_setup.pageOrder) == (85, "overThenDown")
    assert (sheet.print_title_rows, sheet.print_title_cols, sheet.print_area) == ("$3:$8", "$A:$B", "'得分明细'!$A$3:$CB$21")
    first = [sheet.cell(3, mark.id + 1).value for mark in sheet.col_breaks.brk]
    assert first == ["（四）会员组织工作", "（八）执常委会议考勤工作", "（十三）千企帮千村工作"]


@pytest.mark.parametrize(
    ("status", "title", "header"),
    [
        (Status.REVIEW, "【送审稿】郑州市工商联系统2014年度工作目标考核 · 排名", "送审稿"),
        (Status.FINAL, "郑州市工商联系统2014年度工作目标考核 · 排名", None),
    ],
)
def test_mark_follows_the_status(assessment: Assessment, status: Status, title: str, header: str | None, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(replace(assessment, status=status), tmp_path))["排名"]
    assert sheet["A1"].value == title
    assert margins(sheet) == (header, "第 &P 页 共 &N 页")


def test_filters_cover_the_tables_alone(book: Workbook) -> None:
    assert {sheet.title: sheet.auto_filter.ref for sheet in book.worksheets} == {
        "排名": "A3:J12",
        "图表": None,
        "得分明细": "A8:CB17",
        "各单位计分说明": "A3:H723",
        "自评核定对比": None,
        "逐项出入": None,
        "佐证台账": "A3:I192",
        "问题清单": "A3:M6",
        "报送情况": "A3:H17",
        "版本差异": "A3:G4",
        "计分口径": "A3:F15",
        "说明": None,
    }


# ── 排名 ──


def test_ranking(values: Workbook) -> None:
    assert lines(values["排名"], 3, 12, 9) == [
        ["位次", "单位", "考核组", "总分", "封顶项\n得分", "不封顶项\n得分", "其中加分", "状态", "问题"],
        [1, "惠济区工商联", "第四组", 167, 111, 56, 10, "有效", "—"],
        [2, "二七区工商联", "第四组", 157, 108, 49, 5, "有效", "—"],
        [3, "高新区工商联", "第二组", 155, 109, 46, 10, "待核", "—"],
        [4, "中牟县工商联", "第四组", 149, 113, 36, 10, "有效", "—"],
        [5, "新密市工商联", "第三组", 142, 111, 31, 10, "有效", "疑问1"],
        [5, "管城区工商联", "第三组", 142, 111, 31, 10, "有效", "—"],
        [7, "登封市工商联", "第三组", 127, 106, 21, 5, "待更正", "错误1，疑问1"],
        [8, "金水区工商联", "第一组", 119, 98, 21, 10, "有效", "—"],
        [9, "新郑市工商联", "第一组", 108, 97, 11, 5, "有效", "—"],
    ]


def test_units_without_a_score_stand_apart(values: Workbook) -> None:
    sheet = values["排名"]
    assert sheet["A14"].value == "没有得分、不排位次的单位"
    assert lines(sheet, 15, 17, 10) == [
        ["—", "中原区工商联", "第一组", "—", "—", "—", "—", "未报送", "—", "没有收到填报表（截止2014年12月31日）"],
        [
            "—",
            "荥阳市工商联",
            "第二组",
            "—",
            "—",
            "—",
            "—",
            "待更正（退回）",
            "—",
            "报送的文件不能采用：这是2013年度的填报表，本次考核2014年度",
        ],
        [
            "—",
            "上街区工商联",
            "第二组",
            "—",
            "—",
            "—",
            "—",
            "不计分",
            "—",
            "实地考核不具备“办公经费有保证”的条件（办公经费未列入预算），按考核办法不再计分",
        ],
    ]


def test_totals_and_places_are_formulas(book: Workbook) -> None:
    assert [book["排名"].cell(8, column).value for column in (1, 4, 5, 6, 7)] == [
        "=RANK(D8,$D$4:$D$12,0)",
        "=E8+F8",
        "='得分明细'!$BY$13",
        "='得分明细'!$BZ$13",
        "='得分明细'!$CA$13",
    ]


def test_links_lead_to_the_units_block_and_findings(book: Workbook) -> None:
    sheet = book["排名"]
    assert sheet["B5"].hyperlink.location == "'各单位计分说明'!A64"
    assert book["各单位计分说明"]["A64"].value == "二七区工商联"
    assert sheet["I10"].hyperlink.location == "'问题清单'!A4"
    assert book["问题清单"]["A4"].value == "登封市工商联"


def test_profile_of_sections(values: Workbook, book: Workbook) -> None:
    sheet = values["图表"]
    first = next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == "各部分得分情况") + 2
    rows = lines(sheet, first, first + 14, 6)
    assert rows[0] == [1, "（一）办公室工作", 18, pytest.approx(152 / 9), 18, 13]
    assert rows[14] == [15, "（十五）参政调研工作", 7, pytest.approx(285 / 9), 51, 12]
    assert [row[2] for row in rows] == [18, 8, 8, 20, 6, 8, 2, 2, 11, 12, 6, 3, 6, 6, 7]
    assert book["图表"].cell(first, 4).value == "=AVERAGE('得分明细'!$F$9:$F$17)"
    assert leads_to(book["图表"], f"B{first + 2}") == "'得分明细'!L9"
    assert book["得分明细"]["L3"].value == rows[2][1]


def test_charts_print_on_pages_of_their_own(book: Workbook) -> None:
    """Breaks hold, as nothing is fitted; above the charts stands the title alone, not the headings of a table."""
    sheet = book["图表"]
    fit = sheet.sheet_properties.pageSetUpPr
    assert fit is None or not fit.fitToPage
    assert sheet.page_setup.scale == 88
    assert [mark.id for mark in sheet.row_breaks.brk] == [2 + 31]
    assert sheet.cell(2 + 31 + 1, 1).value == "各部分得分情况"
    assert [round(sheet.column_dimensions[letter].width) for letter in "ABC"] == [9, 51, 19]


def test_charts_draw_the_ranked_totals_and_the_sections(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        drawn = [archive.read(f"xl/charts/chart{n}.xml").decode() for n in (1, 2)]
    assert "<c:f>排名!$D$4:$D$12</c:f>" in drawn[0]
    assert "<c:f>排名!$B$4:$B$12</c:f>" in drawn[0]
    assert "<c:f>图表!$C$36:$C$50</c:f>" in drawn[1]
    assert re.findall(r"<c:pt idx=\"0\"><c:v>(.*?)</c:v>", drawn[0]) == ["惠济区工商联", "167"]
    assert re.findall(r"<c:ser>.*?<c:v>(.*?)</c:v>", drawn[1]) == ["满分（封顶项目）", "平均分", "最高分"]


def test_leaders_and_the_meeting_sign_below_the_table(book: Workbook) -> None:
    sheet = book["排名"]
    first = next(cell.row for cell in sheet["A"] if cell.value == "签字")
    assert [(row[0], row[6]) for row in lines(sheet, first + 1, first + 4, 7)] == [
        ("第一组组长 白宇宙：", "第二组组长 郭留章："),
        ("第三组组长 李清四：", "第四组组长 王清祥："),
        ("主席办公会议审定意见：", None),
        ("会议主持人：", "审定日期："),
    ]
    assert {sheet.cell(row, 4).border.bottom.style for row in range(first + 1, first + 5)} == {"thin"}
    assert f"D{first + 1}:F{first + 1}" in {str(area) for area in sheet.merged_cells.ranges}


# ── links ──


def followed(book: Workbook, sheet: str, place: str) -> tuple[str, object]:
    """The sheet that a cell leads to, and the first cell of the row there."""
    there, _, target = leads_to(book[sheet], place).rpartition("!")
    name = there.strip("'")
    return name, book[name].cell(book[name][target].row, 2 if name == "得分明细" else 1).value


def test_links_lead_from_the_place_to_the_finding_and_back(book: Workbook) -> None:
    """登封市工商联 stands seventh, in row 10 of 排名."""
    unit = "登封市工商联"
    assert followed(book, "排名", "A10") == ("得分明细", unit)
    assert followed(book, "排名", "B10") == ("各单位计分说明", unit)
    assert followed(book, "排名", "I10") == ("问题清单", unit)
    detail = next(cell.row for cell in book["得分明细"]["B"] if cell.value == unit)
    assert leads_to(book["得分明细"], f"A{detail}") == "'排名'!A10"
    assert followed(book, "得分明细", f"B{detail}") == ("各单位计分说明", unit)
    notes = book["各单位计分说明"]
    heading = next(cell.row for cell in notes["A"] if cell.value == unit)
    assert leads_to(notes, f"A{heading}") == "'排名'!A10"
    assert followed(book, "各单位计分说明", f"D{heading}") == ("得分明细", unit)
    blocked = next(row for row in range(heading + 1, heading + 60) if notes.cell(row, 7).value == "待更正")
    assert followed(book, "各单位计分说明", f"G{blocked}") == ("问题清单", unit)
    articles = next(row for row in range(heading + 1, heading + 60) if notes.cell(row, 3).value == "3.2")
    assert followed(book, "各单位计分说明", f"C{articles}") == ("佐证台账", unit)
    assert leads_to(book["问题清单"], "L4") == f"'各单位计分说明'!A{blocked}"
    assert followed(book, "问题清单", "A4") == ("各单位计分说明", unit)
    row = next(cell.row for cell in book["佐证台账"]["A"] if cell.value == unit)
    assert followed(book, "佐证台账", f"A{row}") == ("各单位计分说明", unit)
    assert leads_to(book["佐证台账"], f"H{row}") == f"'各单位计分说明'!A{articles}"
    assert followed(book, "报送情况", next(c.coordinate for c in book["报送情况"]["A"] if c.value == unit)) == ("各单位计分说明", unit)


def test_every_link_leads_to_a_row_that_is_there(book: Workbook) -> None:
    links = [leads_to(sheet, c.coordinate) for sheet in book.worksheets for row in sheet.iter_rows() for c in row if c.hyperlink]
    assert len(links) > 500
    for link in links:
        name, _, target = link.rpartition("!")
        assert book[name.strip("'")][target].value is not None


# ── 得分明细 ──


def test_score_table_is_exact(assessment: Assessment) -> None:
    table = score_table(assessment)
    assert table.shape == (12, 59)
    assert list(table.columns) == list(assessment.rulebook.items)
    assert table.loc["惠济区工商联", "3.2"] == Fraction(12)
    assert isinstance(table.loc["惠济区工商联", "3.2"], Fraction)
    assert list(table.loc["中原区工商联"]) == [None] * 59
    assert sum(table.loc["惠济区工商联"], Fraction(0)) == 167


def test_detail_heading(values: Workbook, assessment: Assessment) -> None:
    sheet = values["得分明细"]
    assert [sheet.cell(row, 3).value for row in range(3, 9)] == ["（一）办公室工作", "1.1", 8, "封顶", None, "会议出勤和活动"]
    bonus = column_of(sheet, 4, "15.2b")
    assert [sheet.cell(row, bonus).value for row in range(4, 9)] == ["15.2b", "不封顶", "不封顶", "加分", "课题采纳"]
    assert [c.value for c in sheet[4] if c.value][1:] == list(assessment.rulebook.items)
    assert [sheet.cell(5, c.column).value for c in sheet[8] if c.value == "小计"] == [18, 8, 8, 20, 6, 8, 2, 2, 11, 12, 6, 3, 6, 6, 7]
    assert sheet.cell(5, column_of(sheet, 8, "封顶项\n得分")).value == 123


def test_detail_rows(values: Workbook, book: Workbook, assessment: Assessment) -> None:
    sheet = values["得分明细"]
    columns = {item: column_of(sheet, 4, item) for item in assessment.rulebook.items}
    for row, card in enumerate(assessment.cards[:9], 9):
        assert [sheet.cell(row, c).value for c in columns.values()] == [int(score.points) for score in card.items]
        assert [sheet.cell(row, c.column).value for c in sheet[8] if c.value == "小计"] == [int(p) for p in card.sections.values()]
    assert [c.value for c in sheet[9]][-4:] == [111, 56, 10, 167]
    assert [c.value for c in book["得分明细"][9]][-5:] == [
        "=SUM(BO9:BW9)",
        '=SUMIF($C$6:$BX$6,"封顶",C9:BX9)',
        '=SUMIF($C$6:$BX$6,"不封顶",C9:BX9)',
        '=SUMIF($C$7:$BX$7,"加分",C9:BX9)',
        "=BY9+BZ9",
    ]
    assert sheet["B18"].value == "平均分"
    assert sheet["CB18"].value == pytest.approx(1266 / 9)
    assert [sheet.cell(row, 3).value for row in (19, 20)] == [
        "未报送：没有收到填报表（截止2014年12月31日）",
        "待更正（退回）：报送的文件不能采用：这是2013年度的填报表，本次考核2014年度",
    ]


def test_a_unit_without_a_score_has_room_for_its_reason(assessment: Assessment, tmp_path: Path) -> None:
    """On the narrowest printed page: the reason stands on each of them."""
    missing = next(card for card in assessment.cards if card.unit.code == "zhongyuan")
    wordy = replace(missing, reason="没有收到填报表，" * 12)
    cards = tuple(wordy if card is missing else card for card in assessment.cards)
    path = tmp_path / "汇总.xlsx"
    write_workbook(replace(assessment, cards=cards), path)
    sheet = openpyxl.load_workbook(path)["得分明细"]
    heights = [sheet.row_dimensions[row].height for row in (18, 19, 20)]
    assert heights == [19, 64, 34]


def test_heat_runs_from_nothing_to_the_maximum(book: Workbook) -> None:
    heats = {str(area.sqref): area.rules[0].colorScale for area in book["得分明细"].conditional_formatting}
    assert len(heats) == 59
    assert [float(mark.val) for mark in heats["C9:C17"].cfvo] == [0, 8]
    assert [float(mark.val) for mark in heats["M9:M17"].cfvo] == [0, 12]


# ── the other sheets ──


def test_notes_give_every_item_its_words(values: Workbook, assessment: Assessment) -> None:
    rows = lines(values["各单位计分说明"], 4, 723, 8)
    assert rows[0] == [
        "惠济区工商联",
        None,
        None,
        "合计（第1位）",
        167,
        None,
        "有效",
        "封顶项得分111，不封顶项得分56，其中加分10。材料齐全，三项前提条件具备。",
    ]
    assert rows[3] == ["惠济区工商联", "（一）3", "1.3", "网站信息", 5, 5, "已计分", assessment.cards[0].item("1.3").why]
    assert rows[9] == ["惠济区工商联", "（三）2", "3.2", "媒体报道", 12, "不封顶", "已计分", assessment.cards[0].item("3.2").why]
    assert rows[9 * 60][:7] == ["中原区工商联", None, None, "合计（不排位次）", "—", None, "未报送"]
    assert rows[9 * 60 + 1][4:] == ["—", 8, "不计分", "没有收到填报表（截止2014年12月31日）。"]
    blocked = [row[2] for row in rows if row[6] == "待更正" and row[2]]
    assert blocked == ["6.2"]


def test_evidence_lists_every_row(values: Workbook, assessment: Assessment) -> None:
    rows = lines(values["佐证台账"], 4, 192, 9)
    assert len(rows) == sum(len(entries) for record in assessment.records.values() for entries in record.lists.values())
    honour = "事项：招商引资；形式：领导批示；级别：市级；文号：郑工商〔2014〕5号"
    assert [list(map(_plain_day, row)) for row in rows[:2]] == [
        ["新郑市工商联", "宣传报道", 5, "民营经济高质量发展综述之0", date(2014, 1, 5), "媒体：郑州日报", "有效", "3.2", None],
        ["新郑市工商联", "批示与表彰", 5, "关于郑交会组织工作的批示", date(2014, 5, 8), honour, "有效", "9.3a", None],
    ]
    gated = next(row for row in rows if row[0] == "上街区工商联")
    assert gated[6:] == ["有效", "—", "单位不计分"]


def test_blocked_row_is_invalid_with_its_reason(tmp_path: Path) -> None:
    where = sample.office(gate={"xinzheng": PASSED})
    record = sample.record(where, "xinzheng", sample.full_fields(where), sample.full_rows())
    row = record.lists["trade_activities"][1]
    finding = replace(
        sample.finding(where, "xinzheng", "members_end", Severity.ERROR),
        field="trade_activities.date",
        sheet=row.sheet,
        row=row.number,
        title="日期不在考核期内",
    )
    book = openpyxl.load_workbook(written(assess(where, {"xinzheng": record}, [finding], []), tmp_path))
    rows = [r for r in lines(book["佐证台账"], 4, 20, 9) if r[1] == "招商经贸活动"]
    assert [r[6:] for r in rows] == [["有效", "9.1a、9.1b", None], ["无效", "—", "错误：日期不在考核期内"], ["有效", "9.2", None]]


def test_findings_by_unit_gravest_first(values: Workbook) -> None:
    sheet = values["问题清单"]
    assert sheet["A2"].value == (
        "错误1处（更正前有关计分项计0分）；疑问2处（照计分，请单位核实）；提示0处（供参考）。"
        "点单位看计分说明，点单元格看佐证台账里的这一行，点计分项看怎样计分。"
    )
    assert lines(sheet, 4, 4, 13) == [
        [
            "登封市工商联",
            "错误",
            "V-200",
            "完成数大于应完成数",
            "填报表",
            "D63",
            "已建商会的乡镇、街道数",
            "填了 15",
            "不大于“乡镇、街道总数”12",
            "请核对两个数，改正填错的一个",
            "（六）2",
            "6.2",
            "2014年度考核填报表-登封市工商联.xlsx",
        ]
    ]
    assert [row[:3] for row in lines(sheet, 5, 6, 3)] == [["登封市工商联", "疑问", "V-201"], ["新密市工商联", "疑问", "V-201"]]


def test_files_and_units_that_sent_nothing(values: Workbook) -> None:
    rows = lines(values["报送情况"], 4, 17, 8)
    assert rows[2] == [
        "金水区工商联",
        "有效",
        "金水区（第一次）.xlsx",
        "已被新版本代替",
        "之后又收到一份",
        "2014-11-26 19:08",
        "2014-11-26 19:06",
        "1处",
    ]
    assert rows[3][:5] == ["中原区工商联", "未报送", "（没有收到文件）", "未报送", "没有收到填报表（截止2014年12月31日）"]
    assert rows[13][:5] == ["不明", "—", "通知扫描件.xlsx", "不是本系统的填报表", "不是本系统发出的填报表，请用发给单位的表填报"]


def test_versions(book: Workbook, values: Workbook) -> None:
    assert lines(values["版本差异"], 3, 4, 7) == [
        ["单位", "原来的文件", "工作表", "单元格", "填报项目", "原来", "后来"],
        ["金水区工商联", "金水区（第一次）.xlsx", "填报表", "D10", "在工商联网站发布信息条数", "95", "105"],
    ]
    assert leads_to(book["报送情况"], "H6") == "'版本差异'!A4"


def test_versions_without_any(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(replace(sample.assessment(), files=()), tmp_path))["版本差异"]
    assert sheet["A4"].value == "没有单位报送过几份不同的表。"


def test_what_is_nobody_s_is_not_called_unknown(assessment: Assessment, tmp_path: Path) -> None:
    """Mails that were opened, and forms of the groups and the meeting, belong to no unit; only where one is wanted it is unknown."""
    plain = next(file for file in assessment.files if file.name == "通知扫描件.xlsx")
    opened = replace(plain, name="来信.eml", verdict=Verdict.OPENED, reason="取出2个文件")
    group = replace(plain, name="核查表.xlsx", verdict=Verdict.ACCEPTED, reason="采用（第一组核查表）")
    path = tmp_path / "汇总.xlsx"
    write_workbook(replace(assessment, files=(*assessment.files, opened, group)), path)
    rows = lines(openpyxl.load_workbook(path, data_only=True)["报送情况"], 4, 19, 8)
    assert {row[2]: row[0] for row in rows if row[2] in ("来信.eml", "核查表.xlsx", "通知扫描件.xlsx")} == {
        "来信.eml": "—",
        "核查表.xlsx": "—",
        "通知扫描件.xlsx": "不明",
    }


def test_readings(values: Workbook) -> None:
    rows = lines(values["计分口径"], 4, 15, 6)
    assert rows[3] == [4, "4.1", "会员增长率位次得分是否也要求增长率达到6%", "不要求，增长率大于0即可", "要求达到6%", "growth-needs-six"]
    assert [row[0] for row in rows] == list(range(1, 13))


def test_about(values: Workbook, assessment: Assessment) -> None:
    said = {row[0]: row[2] for row in lines(values["说明"], 4, 20, 3) if row[0]}
    assert said["考核规则"] == f"版本 2014.1，校验码 {assessment.rulebook.rules_hash}（口径不同，校验码也不同）"
    assert said["考核期"] == "2014年1月1日至2014年12月31日（清单里日期不在此期间的行不计分）"
    assert said["目前的状态"] == "预排名：还有单位未报送、待更正或待核，位次会变，不能对外使用。"
    assert said["总分怎样算"] == "59个计分项得分之和，即封顶项得分加不封顶项得分。加分已在其中，另列一栏。"


def _plain_day(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value
