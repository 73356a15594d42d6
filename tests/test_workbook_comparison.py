"""Sheets 自评核定对比 and 逐项出入 of the consolidated workbook: groups, units and items, self against verified."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.checks.finding import Severity
from kaohe.config.loader import Office
from kaohe.forms.inspection import ABSENT, PRESENT, REFUSED
from kaohe.intake.inspection import Answer, UnitInspection, row_id
from kaohe.intake.record import Cell, Record
from kaohe.publish.workbook import write_workbook
from kaohe.publish.workbook.spread import Limits
from kaohe.rulebook.facts import CellValue
from kaohe.scoring.decision import Adjustment, Decision
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment
from kaohe.text import points_text, value_text
from tests.support import sample
from tests.support.workbooks import PASSED, cohort_of, errors, lines, written

GATE = ("gate_institution", "gate_staff", "gate_funding")
ARTICLES = {"articles": [{"title": f"民营经济综述之{n}", "outlet": "郑州日报", "date": date(2014, 3, 1 + n), "link": None} for n in range(3)]}
MOVED = "本单位的数没有更动；别的单位核定以后，位次随之变动。"


def answer(own: str, value: CellValue, reason: str = "") -> Answer:
    text = points_text(value) if isinstance(value, Fraction) else value_text(value)
    return Answer(own, Cell("核查", "E9", text, value), Cell("核查", "F9", reason, reason or None))


def visit(
    where: Office,
    unit: str,
    *,
    lacks: Sequence[str] = (),
    fields: Mapping[str, Answer] | None = None,
    rows: Mapping[str, Answer] | None = None,
    items: Mapping[str, Answer] | None = None,
) -> tuple[str, UnitInspection]:
    """A group's sheet for one unit: it has every precondition but those it lacks."""
    group = where.config.group_of[unit].name
    gate = {c: answer("", ABSENT if c in lacks else PRESENT, "无专门经费" if c in lacks else "") for c in GATE}
    return f"{group}核查表.xlsx", UnitInspection(unit, group, gate, {}, fields or {}, rows or {}, items or {})


def records_of(where: Office) -> dict[str, Record]:
    """Every unit has reported; members grow the more, the later a unit comes."""
    units = enumerate(where.config.cohort)
    return {unit.code: sample.record(where, unit.code, sample.full_fields(where, n), ARTICLES) for n, unit in units}


def refused(where: Office, record: Record, list_id: str, number: int, reason: str) -> dict[str, Answer]:
    return {row_id(where.rulebook.lists_by_id[list_id], record.lists[list_id][number]): answer("第5行", REFUSED, reason)}


def inspected(where: Office | None = None) -> Assessment:
    """Five of twelve units visited.

    新郑 (scale 0): 核定值 lifts its members' growth from 1% to the highest, which pushes 新密 (scale 7) out of the first five.
    金水: two rows refused and an item cut; 上街: gated; 高新 and 新密: everything agreed.
    """
    where = where or sample.office()
    records = records_of(where)
    jinshui = records["jinshui"]
    visits = [
        visit(where, "xinzheng", fields={"members_end": answer("1010", 1300, "名册有1300人")}),
        visit(
            where,
            "jinshui",
            rows=refused(where, jinshui, "articles", 0, "媒体级别不够") | refused(where, jinshui, "articles", 2, "重复"),
            items={"14.1": answer("3", Fraction(1, 2), "没有总结")},
        ),
        visit(where, "shangjie", lacks=["gate_funding"]),
        visit(where, "gaoxin"),
        visit(where, "xinmi"),
    ]
    return assess(where, records, [], [], visits)


@lru_cache(4)
def read(path: Path, values: bool = True) -> Workbook:
    """A workbook as it was written once; no test changes it."""
    return openpyxl.load_workbook(path, data_only=values)


def sheet_of(path: Path, values: bool = True) -> Worksheet:
    return read(path, values)["自评核定对比"]


def test_many_units_without_a_result_are_counted(tmp_path: Path) -> None:
    """The table of groups stays on its page: 160 names in a cell would fill the next one, without headings."""
    sheet = read(written(assess(cohort_of(61), {}, [], []), tmp_path))["自评核定对比"]
    assert [row[:4] for row in rows_below(sheet, "一、")] == [["第一组", 61, 0, "未报送61个"], ["全市", 61, 0, "未报送61个"]]


def items_of(path: Path, values: bool = True) -> list[list[object]]:
    """The lines of 逐项出入, below its headings."""
    sheet = read(path, values)["逐项出入"]
    return lines(sheet, 4, sheet.max_row, 10)


def rows_below(sheet: Worksheet, subtitle: str) -> list[list[object]]:
    """The lines of the table under a subtitle, without its headings."""
    first = next(cell.row for cell in sheet["A"] if str(cell.value or "").startswith(subtitle)) + 1
    found = []
    for row in lines(sheet, first, sheet.max_row, 10):
        if row[0] is None:
            break
        found.append(row)
    start = next(n for n, row in enumerate(found) if row[0] in ("考核组", "单位"))
    return found[start + 1 :]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(inspected(), tmp_path_factory.mktemp("comparison"))


def test_groups(path: Path) -> None:
    nothing = ["—"] * 5
    assert rows_below(sheet_of(path), "一、") == [
        ["第一组", 3, 2, "待核：中原区工商联", 5, -1.5, -0.75, 7.5, 3.75, "—"],
        ["第二组", 3, 1, "待核：荥阳市工商联；不计分：上街区工商联", 0, 0, 0, 0, 0, "—"],
        [
            "第三组",
            3,
            1,
            "待核：登封市工商联、管城区工商联",
            1,
            -2,
            -2,
            0,
            0,
            "其中1项-2分是由别的单位核定引起的位次变动，不是更动本单位的数。",
        ],
        ["第四组", 3, 0, "待核：中牟县工商联、二七区工商联、惠济区工商联", *nothing, "还没有已核单位，不算平均数。"],
        [
            "全市",
            12,
            4,
            "待核：中原区工商联、荥阳市工商联、登封市工商联、管城区工商联、中牟县工商联、二七区工商联、惠济区工商联；不计分：上街区工商联",
            6,
            -3.5,
            -0.875,
            7.5,
            pytest.approx((33.25 / 4 - 0.875**2) ** 0.5),
            "其中1项-2分是由别的单位核定引起的位次变动，不是更动本单位的数。",
        ],
    ]
    assert rows_below(sheet_of(path, values=False), "一、")[0][4:9] == [
        "=SUM(H14:H15)",
        "=ROUND(SUM(G14:G15),9)",
        "=AVERAGE(G14:G15)",
        "=ROUND(MAX(G14:G15)-MIN(G14:G15),9)",
        "=STDEVP(G14:G15)",
    ]


def test_units_inspected_first_the_largest_correction_first(path: Path) -> None:
    rows = rows_below(sheet_of(path), "二、")
    assert [row[:9] for row in rows[:6]] == [
        ["金水区工商联", "第一组", "已核", "14.1 百千万工程（-2.5）", 87, 82.5, -4.5, 2, 0],
        ["新郑市工商联", "第一组", "已核", "4.1a 会员增长率达标（+2）", 91, 94, 3, 3, 0],
        ["新密市工商联", "第三组", "已核", "4.1b 会员增长率位次（-2）", 97, 95, -2, 1, -2],
        ["高新区工商联", "第二组", "已核", "—", 96, 96, 0, 0, 0],
        ["登封市工商联", "第三组", "待核", "4.2 企业会员比例位次（+1）", 99, 100, 1, 1, 1],
        ["管城区工商联", "第三组", "待核", "—", 100, 100, 0, 0, 0],
    ]
    assert [row[2] for row in rows[6:]] == ["待核"] * 5 + ["不计分"]
    assert rows[-1] == ["上街区工商联", "第二组", "不计分", *["—"] * 6, "实地考核不具备“办公经费有保证”的条件（无专门经费），按考核办法不再计分"]
    first = rows_below(sheet_of(path, values=False), "二、")[0]
    assert first[5:9] == [
        "=ROUND('排名'!$E$14+'排名'!$F$14,9)",
        "=ROUND(F14-E14,9)",
        "=SUMPRODUCT(('逐项出入'!$A$4:$A$10=A14)*1)",
        "=ROUND(SUMPRODUCT(('逐项出入'!$A$4:$A$10=A14)*('逐项出入'!$I$4:$I$10=\"位次变动\"),'逐项出入'!$G$4:$G$10),9)",
    ]


def test_units_lead_to_their_notes(path: Path) -> None:
    book = read(path, False)
    links = {cell.value: cell.hyperlink for cell in book["自评核定对比"]["A"] if cell.hyperlink}
    assert len(links) == 12
    for name, link in links.items():
        assert link.location is not None
        assert link.location.startswith("各单位计分说明!") or link.location.startswith("'各单位计分说明'!")
        assert book["各单位计分说明"][link.location.rpartition("!")[2]].value == name


def test_items_the_largest_difference_first(path: Path) -> None:
    assert items_of(path) == [
        ["金水区工商联", "第一组", "14.1", "百千万工程", 3, 0.5, -2.5, 3, "核定分", "没有总结"],
        ["新密市工商联", "第三组", "4.1b", "会员增长率位次", 2, 0, -2, 2, "位次变动", MOVED],
        ["新郑市工商联", "第一组", "4.1a", "会员增长率达标", 0, 2, 2, 2, "核定值", "名册有1300人"],
        ["新郑市工商联", "第一组", "4.1b", "会员增长率位次", 0, 2, 2, 2, "核定值", "名册有1300人"],
        ["金水区工商联", "第一组", "3.2", "媒体报道", 3, 1, -2, "不封顶", "不认可", "媒体级别不够；重复"],
        ["登封市工商联", "第三组", "4.2", "企业会员比例位次", 1, 2, 1, 2, "位次变动", MOVED],
        ["新郑市工商联", "第一组", "4.2", "企业会员比例位次", 2, 1, -1, 2, "核定值", "名册有1300人"],
    ]
    first = items_of(path, values=False)[0]
    assert first[5:7] == ["='得分明细'!$BL$19", "=ROUND(F4-E4,9)"]
    assert errors(path) == []


def test_print_set_up(path: Path) -> None:
    units, items = (read(path, False)[name] for name in ("自评核定对比", "逐项出入"))
    assert units["A1"].value == "【预排名】郑州市工商联系统2014年度工作目标考核 · 自评核定对比"
    assert (units.freeze_panes, units.print_title_rows, units.auto_filter.ref) == ("A2", "$13:$13", None)
    assert [mark.id for mark in units.row_breaks.brk] == [11]
    assert (items.freeze_panes, items.print_title_rows, items.auto_filter.ref) == ("B4", "$3:$3", "A3:J10")


def test_items_lead_to_their_notes(path: Path) -> None:
    book = read(path, False)
    links = {cell.value: cell.hyperlink for cell in book["逐项出入"]["C"] if cell.hyperlink}
    assert list(links) == ["14.1", "4.1b", "4.1a", "3.2", "4.2"]
    for item, link in links.items():
        assert link.location is not None
        assert book["各单位计分说明"].cell(book["各单位计分说明"][link.location.rpartition("!")[2]].row, 3).value == item


def test_items_go_on_over_further_sheets(tmp_path: Path) -> None:
    """Then units count their items as plain values."""
    path = tmp_path / "x.xlsx"
    write_workbook(inspected(), path, Limits(rows=9))
    book = read(path, False)
    assert [lines(book[name], 4, book[name].max_row, 4)[-1][2:] for name in ("逐项出入", "逐项出入（续1）")] == [["4.2", "企业会员比例位次"]] * 2
    assert [book[name]["G4"].value for name in ("逐项出入", "逐项出入（续1）")] == ["=ROUND(F4-E4,9)"] * 2
    assert rows_below(book["自评核定对比"], "二、")[0][7:9] == [2, 0]


def test_same_visits_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    assert written(inspected(), tmp_path).read_bytes() == path.read_bytes()


def test_thirds_fit_their_cells(tmp_path: Path) -> None:
    """A signed general format does not round to the column's width: it would show ###."""
    where = sample.office()
    found = assess(where, records_of(where), [], [], [visit(where, "xinzheng", items={"3.2": answer("3", Fraction(1, 3), "部分转载")})])
    book = read(written(found, tmp_path))
    for name, places in (("自评核定对比", ("F6", "G6", "F10", "G10", "G14")), ("逐项出入", ("G4",))):
        cells = [cell for row in book[name].iter_rows() for cell in row if cell.value == pytest.approx(-8 / 3, abs=1e-9)]
        assert [(cell.coordinate, cell.number_format) for cell in cells] == [(place, "+0.00;-0.00;0.00") for place in places]


# ── what changed an item ──


def test_several_causes_are_all_named(tmp_path: Path) -> None:
    """A refused row and an award on one item; a verified figure that settles an error."""
    where = sample.office()
    records = records_of(where)
    rows = refused(where, records["jinshui"], "articles", 0, "重复")
    visits = [
        visit(where, "jinshui", rows=rows, items={"3.2": answer("3", Fraction(1), "只认一篇")}),
        visit(where, "erqi", fields={"townships_with_chamber": answer("15", 12, "填错")}),
    ]
    error = sample.finding(where, "erqi", "townships_with_chamber", Severity.ERROR)
    found = assess(where, records, [error], [], visits)
    rows_found = items_of(written(found, tmp_path))
    assert [row for row in rows_found if row[8] != "位次变动"] == [
        ["二七区工商联", "第四组", "6.2", "乡镇街道商会全覆盖", 0, 2, 2, 2, "核定值", "填错"],
        ["金水区工商联", "第一组", "3.2", "媒体报道", 3, 1, -2, "不封顶", "不认可、核定分", "重复；只认一篇"],
    ]


def test_a_refused_row_of_another_matter_is_not_the_cause(tmp_path: Path) -> None:
    """2.3b and 9.3a read one list; the row refused counted for the first alone."""
    where = sample.office()
    records = {u.code: sample.record(where, u.code, sample.full_fields(where), sample.full_rows()) for u in where.config.cohort}
    rows = refused(where, records["erqi"], "honours", 1, "没有文件")
    found = assess(where, records, [], [], [visit(where, "erqi", rows=rows, items={"9.3a": answer("2", Fraction(1), "批示级别低")})])
    table = items_of(written(found, tmp_path))
    assert [(row[2], row[6], row[8]) for row in table] == [("2.3b", -2, "不认可"), ("9.3a", -1, "核定分")]


def test_points_that_the_meeting_set(tmp_path: Path) -> None:
    """They are told apart from what the group did."""
    where = sample.office()
    adjustment = Adjustment("xinzheng", "2.1", Fraction(1), "方案不完整")
    found = assess(where, records_of(where), [], [], [visit(where, "xinzheng")], [adjustment])
    decided = replace(found, decision=Decision("审定表.xlsx", date(2015, 1, 20), "", "", True, adjustments=(adjustment,)))
    sheet = sheet_of(written(decided, tmp_path))
    assert items_of(tmp_path / "x.xlsx") == [["新郑市工商联", "第一组", "2.1", "方案和措施", 2, 1, -1, 2, "审定分", "方案不完整"]]
    assert rows_below(sheet, "一、")[0][9] == "其中1项-1分是主席办公会议审定的分。"


# ── nothing to compare ──


def test_nothing_inspected(tmp_path: Path) -> None:
    where = sample.office()
    path = written(assess(where, records_of(where), [], []), tmp_path)
    sheet = sheet_of(path)
    assert rows_below(sheet, "一、")[0][2:10] == [
        0,
        "待核：新郑市工商联、金水区工商联、中原区工商联",
        *["—"] * 5,
        "还没有已核单位，不算平均数。",
    ]
    assert {tuple(row[2:4]) + tuple(row[6:9]) for row in rows_below(sheet, "二、")} == {("待核", "—", 0, 0, 0)}
    assert items_of(path) == [["还没有考核组的核定结果。自评和核定没有出入。", *[None] * 9]]
    assert read(path, False)["逐项出入"].auto_filter.ref is None
    assert errors(path) == []


def test_everything_agreed(tmp_path: Path) -> None:
    where = sample.office(gate=dict.fromkeys((u.code for u in sample.office().config.cohort), PASSED))
    sheet = sheet_of(written(assess(where, records_of(where), [], []), tmp_path))
    assert rows_below(sheet, "一、")[4] == ["全市", 12, 12, "—", 0, 0, 0, 0, 0, "—"]
    assert items_of(tmp_path / "x.xlsx")[0][0] == "自评和核定没有出入。"


def test_a_form_without_the_preconditions_is_not_an_inspection(tmp_path: Path) -> None:
    """What it changed is shown, but counts in no mean."""
    where = sample.office()
    file, found = visit(where, "xinzheng", items={"2.1": answer("2", Fraction(0), "没有方案")})
    sheet = sheet_of(written(assess(where, records_of(where), [], [], [(file, replace(found, gate={}))]), tmp_path))
    assert rows_below(sheet, "一、")[0][2:6] == [0, "待核：新郑市工商联、金水区工商联、中原区工商联", "—", "—"]
    assert rows_below(sheet, "二、")[0][:7] == ["新郑市工商联", "第一组", "待核", "2.1 方案和措施（-2）", 91, 89, -2]


def test_nobody_has_reported(tmp_path: Path) -> None:
    path = written(assess(sample.office(), {}, [], []), tmp_path)
    rows = rows_below(sheet_of(path), "二、")
    assert {tuple(row[2:9]) for row in rows} == {("未报送", *["—"] * 6)}
    assert errors(path) == []


# ── unusual cohorts ──


@pytest.mark.slow
def test_scattered_cells_beyond_what_a_function_takes_are_a_value(tmp_path: Path) -> None:
    """Two groups by turns among the inspected: no two neighbours belong together."""
    where = cohort_of(520)
    halves = [tuple(u.code for u in where.config.units[start::2]) for start in (0, 1)]
    group = where.config.groups[0]
    groups = tuple(group.model_copy(update={"name": name, "units": units}) for name, units in zip(("甲组", "乙组"), halves, strict=True))
    where = Office(where.config.model_copy(update={"groups": groups}), where.rulebook)
    fields = sample.full_fields(where)
    records = {unit.code: sample.record(where, unit.code, fields) for unit in where.config.units}
    visits = [visit(where, u.code, items={"3.2": answer("0", Fraction(520 - n), "补")}) for n, u in enumerate(where.config.units)]
    path = written(assess(where, records, [], [], visits), tmp_path)
    first, second, everyone = rows_below(sheet_of(path, values=False), "一、")
    assert first[4:9] == [260, sum(range(2, 521, 2)), 261, 518, pytest.approx(150.1, abs=0.1)]
    assert second[5] == sum(range(1, 521, 2))
    assert everyone[4] == "=SUM(H12:H531)"
