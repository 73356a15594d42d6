"""The consolidated workbook, read back cell by cell, and recalculated by an office program."""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from kaohe.checks.finding import Severity
from kaohe.config.loader import Office
from kaohe.config.model import Config, GateResult, Group, Unit
from kaohe.intake.record import Change as CellChange
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.publish.workbook import write_workbook
from kaohe.publish.workbook.plan import SHEETS, Plan
from kaohe.publish.workbook.values import MOST_CHARACTERS, stored
from kaohe.rulebook.model import Change, Choice, Reading
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment, Status
from kaohe.scoring.table import score_table
from tests.support import sample

PASSED = GateResult(gate_institution=True, gate_staff=True, gate_funding=True)
OTHER_READINGS = [
    (reading.id, choice.id) for reading in sample.office().rulebook.readings for choice in reading.choices if choice.id != reading.taken
]


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


def written(assessment: Assessment, folder: Path) -> Path:
    path = folder / "x.xlsx"
    write_workbook(assessment, path)
    return path


def lines(sheet: Worksheet, first: int, last: int, columns: int) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first, max_row=last, max_col=columns)]


def column_of(sheet: Worksheet, row: int, text: str) -> int:
    return next(cell.column for cell in sheet[row] if cell.value == text)


# ── as a whole ──


def test_sheets_stand_in_order(path: Path) -> None:
    assert CalamineWorkbook.from_path(str(path)).sheet_names == [
        "排名",
        "得分明细",
        "各单位计分说明",
        "佐证台账",
        "问题清单",
        "报送情况",
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
        assert sheet.page_setup.paperSize == (8 if sheet.title in ("得分明细", "问题清单") else 9)
        fit = sheet.sheet_properties.pageSetUpPr
        assert fit is not None
        assert (fit.fitToPage, sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (True, 1, 0)
        assert sheet.print_title_rows == {"得分明细": "$3:$8", "排名": "$1:$1"}.get(sheet.title, "$3:$3")
        assert sheet.freeze_panes == {"得分明细": "C9", "排名": "C4"}.get(sheet.title, "A4")


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
        "得分明细": "A8:CB17",
        "各单位计分说明": "A3:H723",
        "佐证台账": "A3:I192",
        "问题清单": "A3:M6",
        "报送情况": "A3:H17",
        "计分口径": "A3:F15",
        "说明": None,
    }


# ── 排名 ──


def test_ranking(values: Workbook) -> None:
    assert lines(values["排名"], 3, 12, 9) == [
        ["位次", "单位", "考核组", "总分", "有上限\n得分", "无上限\n得分", "其中加分", "状态", "问题"],
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
            "待更正（报送的文件不能采用）",
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
            "前提条件不具备，不计分",
            "—",
            "实地考核不具备：办公经费有保证（办公经费未列入预算），按考核办法不再计分",
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
    sheet = values["排名"]
    first = next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == "各部分得分情况") + 2
    rows = [[r[0], r[1], *r[3:]] for r in lines(sheet, first, first + 14, 7)]
    assert rows[0] == [1, "（一）办公室工作", 18, pytest.approx(152 / 9), 18, 13]
    assert rows[14] == [15, "（十五）参政调研工作", 7, pytest.approx(285 / 9), 51, 12]
    assert [row[2] for row in rows] == [18, 8, 8, 20, 6, 8, 2, 2, 11, 12, 6, 3, 6, 6, 7]
    assert book["排名"].cell(first, 5).value == "=AVERAGE('得分明细'!$F$9:$F$17)"


def test_charts_draw_the_ranked_totals_and_the_sections(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        drawn = [archive.read(f"xl/charts/chart{n}.xml").decode() for n in (1, 2)]
    assert "<c:f>排名!$D$4:$D$12</c:f>" in drawn[0]
    assert "<c:f>排名!$B$4:$B$12</c:f>" in drawn[0]
    assert re.findall(r"<c:pt idx=\"0\"><c:v>(.*?)</c:v>", drawn[0]) == ["惠济区工商联", "167"]
    assert re.findall(r"<c:ser>.*?<c:v>(.*?)</c:v>", drawn[1]) == ["满分（有上限的项目）", "平均分", "最高分"]


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
    assert [sheet.cell(row, 3).value for row in range(3, 9)] == ["（一）办公室工作", "1.1", 8, "有上限", None, "会议出勤和活动"]
    bonus = column_of(sheet, 4, "15.2b")
    assert [sheet.cell(row, bonus).value for row in range(4, 9)] == ["15.2b", "不限", "无上限", "加分", "课题采纳"]
    assert [c.value for c in sheet[4] if c.value][1:] == list(assessment.rulebook.items)
    assert [sheet.cell(5, c.column).value for c in sheet[8] if c.value == "小计"] == [18, 8, 8, 20, 6, 8, 2, 2, 11, 12, 6, 3, 6, 6, 7]
    assert sheet.cell(5, column_of(sheet, 8, "有上限得分")).value == 123


def test_detail_rows(values: Workbook, book: Workbook, assessment: Assessment) -> None:
    sheet = values["得分明细"]
    columns = {item: column_of(sheet, 4, item) for item in assessment.rulebook.items}
    for row, card in enumerate(assessment.cards[:9], 9):
        assert [sheet.cell(row, c).value for c in columns.values()] == [int(score.points) for score in card.items]
        assert [sheet.cell(row, c.column).value for c in sheet[8] if c.value == "小计"] == [int(p) for p in card.sections.values()]
    assert [c.value for c in sheet[9]][-4:] == [111, 56, 10, 167]
    assert [c.value for c in book["得分明细"][9]][-5:] == [
        "=SUM(BO9:BW9)",
        '=SUMIF($C$6:$BX$6,"有上限",C9:BX9)',
        '=SUMIF($C$6:$BX$6,"无上限",C9:BX9)',
        '=SUMIF($C$7:$BX$7,"加分",C9:BX9)',
        "=BY9+BZ9",
    ]
    assert sheet["B18"].value == "平均分"
    assert sheet["CB18"].value == pytest.approx(1266 / 9)
    assert [sheet.cell(row, 3).value for row in (19, 20)] == [
        "未报送：没有收到填报表（截止2014年12月31日）",
        "待更正（报送的文件不能采用）：报送的文件不能采用：这是2013年度的填报表，本次考核2014年度",
    ]


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
        "有上限得分111，无上限得分56，其中加分10。材料齐全，三项前提条件具备。",
    ]
    assert rows[3] == ["惠济区工商联", "（一）3", "1.3", "网站信息", 5, 5, "已计分", assessment.cards[0].item("1.3").why]
    assert rows[9] == ["惠济区工商联", "（三）2", "3.2", "媒体报道", 12, "不限", "已计分", assessment.cards[0].item("3.2").why]
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
    assert gated[6:] == ["有效", "—", "单位前提条件不具备，不计分"]


def test_blocked_row_is_invalid_with_its_reason(tmp_path: Path) -> None:
    where = sample.office(gate={"xinzheng": PASSED})
    record = sample.record(where, "xinzheng", sample.full_fields(where), sample.full_rows())
    row = record.lists["trade_activities"][1]
    finding = replace(
        sample.finding(where, "xinzheng", "members_end", Severity.ERROR), field="trade_activities.date", row=row.number, title="日期不在考核期内"
    )
    book = openpyxl.load_workbook(written(assess(where, {"xinzheng": record}, [finding], []), tmp_path))
    rows = [r for r in lines(book["佐证台账"], 4, 20, 9) if r[1] == "招商经贸活动"]
    assert [r[6:] for r in rows] == [["有效", "9.1a、9.1b", None], ["无效", "—", "错误：日期不在考核期内"], ["有效", "9.2", None]]


def test_findings_by_unit_gravest_first(values: Workbook) -> None:
    sheet = values["问题清单"]
    assert sheet["A2"].value == "错误1处（更正前有关计分项计0分）；疑问2处（照计分，请单位核实）；提示0处（供参考）。"
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
    assert lines(values["报送情况"], 21, 21, 7) == [
        ["金水区工商联", "填报表", "金水区（第一次）.xlsx", "D10", "在工商联网站发布信息条数", "95", "105"]
    ]


def test_readings(values: Workbook) -> None:
    rows = lines(values["计分口径"], 4, 15, 6)
    assert rows[3] == [4, "4.1", "会员增长率位次得分是否也要求增长率达到6%", "不要求，增长率大于0即可", "要求达到6%", "growth-needs-six"]
    assert [row[0] for row in rows] == list(range(1, 13))


def test_about(values: Workbook, assessment: Assessment) -> None:
    said = {row[0]: row[2] for row in lines(values["说明"], 4, 20, 3) if row[0]}
    assert said["考核规则"] == f"版本 2014.1，校验码 {assessment.rulebook.rules_hash}（口径不同，校验码也不同）"
    assert said["考核期"] == "2014年1月1日至2014年12月31日（清单里日期不在此期间的行不计分）"
    assert said["目前的状态"] == "预排名：还有单位未报送、待更正或待核，位次会变，不能对外使用。"
    assert said["总分怎样算"] == "59个计分项得分之和，即有上限得分加无上限得分。加分已在其中，另列一栏。"


# ── what may come ──


def test_text_of_unknown_origin_stays_text(tmp_path: Path) -> None:
    where = sample.office()
    name = "=HYPERLINK(1)\x07.xlsx"
    file = ReceivedFile(
        name, "0" * 64, 1, 0, 0, Verdict.NOT_A_FORM, "http://example.com/", None, (CellChange("表", "A1", "{=1}", "=1+1", "https://x"),)
    )
    finding = replace(sample.finding(where, "xinzheng", "members_end", Severity.DOUBT), found="=cmd|' /C calc'!A0", file=name, label="字" * 40000)
    path = written(assess(where, {}, [finding], [file]), tmp_path)
    book = openpyxl.load_workbook(path)
    found = book["问题清单"]["H4"]
    assert (found.value, found.data_type) == ("=cmd|' /C calc'!A0", "s")
    assert found.style_array.quotePrefix == 1
    assert len(book["问题清单"]["G4"].value) == MOST_CHARACTERS
    assert [cell.value for cell in book["报送情况"][16]][2:5] == ["=HYPERLINK(1).xlsx", "不是本系统的填报表", "http://example.com/"]
    assert {cell.data_type for cell in book["报送情况"][16]} == {"s"}
    assert [cell.hyperlink for cell in book["报送情况"][16]] == [None] * 8
    assert [cell.value for cell in book["报送情况"][20]][4:7] == ["{=1}", "=1+1", "https://x"]


@pytest.mark.parametrize(("text", "kept"), [("𠮷" * 20000, 16383), ("字" * 40000, 32767), ("a\r\nb\rc", 5)])
def test_stored_text_fits_a_cell(text: str, kept: int) -> None:
    assert len(stored(text)) == kept
    assert len(stored(text).encode("utf-16-le")) // 2 <= MOST_CHARACTERS


def test_nobody_scored(tmp_path: Path) -> None:
    path = written(assess(sample.office(), {}, [], []), tmp_path)
    book = openpyxl.load_workbook(path)
    assert book["排名"]["A4"].value == "目前没有单位有得分，不排位次。"
    assert book["排名"].auto_filter.ref is None
    assert book["问题清单"]["A4"].value == "没有发现问题。"
    assert book["佐证台账"]["A4"].value == "各单位的清单里都没有内容。"
    assert book["得分明细"]["B9"].value == "新郑市工商联"
    assert [name for name in zipfile.ZipFile(path).namelist() if "chart" in name] == []
    assert errors(path) == []


def test_one_unit(tmp_path: Path) -> None:
    where = cohort_of(1)
    record = sample.record(where, "u0", sample.full_fields(where), sample.full_rows())
    path = written(assess(where, {"u0": record}, [], []), tmp_path)
    assert openpyxl.load_workbook(path)["排名"]["A4"].value == "=RANK(D4,$D$4:$D$4,0)"
    assert openpyxl.load_workbook(path, data_only=True)["排名"]["A4"].value == 1


def test_many_units(tmp_path: Path) -> None:
    path = written(many(160), tmp_path)
    book = openpyxl.load_workbook(path, data_only=True)
    assert [book["排名"].cell(row, 1).value for row in (4, 161)] == [1, 158]
    assert book["排名"].print_title_rows == "$1:$3"
    assert book["各单位计分说明"].max_row == 3 + 160 * 60
    assert len(book["各单位计分说明"].row_breaks.brk) == 159
    assert errors(path) == []


@pytest.mark.parametrize(("reading", "choice"), OTHER_READINGS)
def test_every_reading(reading: str, choice: str, tmp_path: Path) -> None:
    gate = dict.fromkeys((u.code for u in sample.office().config.cohort), PASSED)
    found = sample.assessment(sample.office({reading: choice}, gate))
    path = written(found, tmp_path)
    rows = lines(openpyxl.load_workbook(path, data_only=True)["排名"], 4, 3 + len(Plan(found).scored), 7)
    assert [(row[0], row[1], row[3], row[6]) for row in rows] == [(c.place, c.unit.short, c.total, c.bonus) for c in Plan(found).scored]
    assert errors(path) == []


def test_bonus_listed_only(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(sample.assessment(sample.office({"bonus-in-total": "listed"})), tmp_path))
    assert (book["排名"]["D4"].value, book["得分明细"]["CB9"].value) == ("=E4+F4-G4", "=BY9+BZ9-CA9")
    assert book["排名"]["G3"].value == "加分\n（不计入总分）"


def test_fractions_are_rounded_in_sums_so_that_ties_stay_ties(tmp_path: Path) -> None:
    found = thirds()
    book = openpyxl.load_workbook(written(found, tmp_path))
    assert [book["排名"].cell(4, column).value for column in (1, 4)] == ["=RANK(D4,$D$4:$D$13,0)", "=ROUND(E4+F4,9)"]
    values = openpyxl.load_workbook(tmp_path / "x.xlsx", data_only=True)
    assert [values["排名"].cell(row, 4).value for row in range(4, 14)] == [pytest.approx(float(c.total or 0)) for c in Plan(found).scored]


# ── recalculated ──


@pytest.mark.office
@pytest.mark.parametrize("case", ["sample", "thirds", "bonus listed", "many"])
def test_formulas_give_the_cached_values(case: str, tmp_path: Path) -> None:
    """Every cached formula value is thrown away; the office program must come to the same."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("没有安装 LibreOffice（soffice），不能重算公式")
    made = {
        "sample": sample.assessment,
        "thirds": thirds,
        "bonus listed": lambda: sample.assessment(sample.office({"bonus-in-total": "listed"})),
        "many": lambda: many(40),
    }[case]()
    path = written(made, tmp_path)
    emptied = tmp_path / "emptied.xlsx"
    emptied.write_bytes(without_cached_values(path.read_bytes()))
    command = [program, f"-env:UserInstallation={(tmp_path / 'office').as_uri()}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run([*command, "--outdir", str(tmp_path / "out"), str(emptied)], check=True, capture_output=True, timeout=180)
    expected = dict(formula_values(path, path))
    assert len(expected) > 200
    assert dict(formula_values(path, tmp_path / "out" / "emptied.xlsx")) == {
        place: pytest.approx(value, abs=1e-9) for place, value in expected.items()
    }


def without_cached_values(content: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            data = source.read(name)
            copy.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", data) if name.startswith("xl/worksheets/") else data)
    return target.getvalue()


def formula_values(formulas: Path, values: Path) -> Iterator[tuple[tuple[str, str], object]]:
    cached = openpyxl.load_workbook(values, data_only=True)
    for sheet in openpyxl.load_workbook(formulas).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield (sheet.title, cell.coordinate), cached[sheet.title][cell.coordinate].value


# ── helpers ──


def errors(path: Path) -> list[str]:
    """Cells that show an error value, in any sheet."""
    book = openpyxl.load_workbook(path, data_only=True)
    assert tuple(book.sheetnames) == SHEETS
    return [f"{s.title}!{c.coordinate}" for s in book.worksheets for row in s.iter_rows() for c in row if c.data_type == "e"]


def cohort_of(count: int) -> Office:
    """The rulebook with as many invented units, all of them inspected."""
    where = sample.office()
    units = tuple(
        Unit(code=f"u{n}", name=f"第{n}县工商业联合会", short=f"第{n}县工商联", department="统战部", email="a@b.example") for n in range(count)
    )
    groups = (Group(name="第一组", leader="甲", units=tuple(u.code for u in units)),)
    changed = {"units": units, "groups": groups, "gate": {u.code: PASSED for u in units}}
    return Office(Config(**{name: getattr(where.config, name) for name in Config.model_fields} | changed), where.rulebook)


def many(count: int) -> Assessment:
    return sample.assessment(cohort_of(count))


def thirds() -> Assessment:
    """An article earns a third of a point, a questionnaire a seventh: ten units scored, two of them equal."""
    where = sample.office(gate=dict.fromkeys((u.code for u in sample.office().config.cohort), PASSED))
    odd = Choice(id="a", text="三分之一、七分之一", changes=(Change(item="3.2", set={"earns": "1/3"}), Change(item="15.1", set={"earns": "1/7"})))
    reading = Reading(id="odd", clauses=("3.2",), question="每篇几分", taken="a", choices=(odd, Choice(id="b", text="一分")))
    rulebook = where.rulebook.model_copy(update={"readings": (*where.rulebook.readings, reading)})
    return sample.assessment(Office(where.config, apply_readings(rulebook, {})))


def _plain_day(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value


def margins(sheet: Worksheet) -> tuple[str | None, str | None]:
    """What stands at the top right and in the middle of the foot of every page."""
    assert sheet.oddHeader is not None
    assert sheet.oddFooter is not None
    return sheet.oddHeader.right.text, sheet.oddFooter.center.text
