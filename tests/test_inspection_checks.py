"""Checks of inspection forms: each fires word for word and keeps quiet where it must; none is a fault of the unit's own form."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kaohe.checks.finding import Finding, Severity
from kaohe.checks.registry import INSPECTION_CHECKS, run_inspection_checks
from kaohe.config.model import GateResult
from kaohe.forms.inspection import build_inspection
from kaohe.publish.corrections import write_corrections
from kaohe.scoring.scorecard import UnitState
from tests.support import sample
from tests.support.forms import opened, saved, tree
from tests.support.inspections import FOUND, VISITED, Year, answer_cell, fill_inspection, row_line, unit_sheets, units_in, year
from tests.support.returned import NOTHING
from tests.support.seals import KEY

ERROR, DOUBT, HINT = Severity.ERROR, Severity.DOUBT, Severity.HINT
ARTICLE: dict[str, Any] = {"title": "民营经济综述", "outlet": "郑州日报", "date": date(2014, 5, 6), "link": None}
ROWS: sample.Rows = {"articles": [ARTICLE, ARTICLE | {"title": "商会巡礼"}]}
YEAR = year(rows={"huiji": ROWS})
FORM = YEAR.form_for("huiji")
SHEET, FILE = "惠济区工商联", "核查1.xlsx"
SUMMARY, TOUR = row_line(FORM, "huiji", "民营经济综述"), row_line(FORM, "huiji", "商会巡礼")

WHOLE: dict[str, Any] = {"cell": "", "label": "整张核查表", "field": "", "clause": "", "row": None}
STAFF: dict[str, Any] = {"cell": "E8", "label": "工作人员配备到位", "field": "gate:gate_staff", "clause": "考核办法", "row": 8}
WEBSITE: dict[str, Any] = {"cell": "E18", "label": "在工商联网站发布信息条数", "field": "field:website_items", "clause": "（一）3", "row": 18}
TASKS: dict[str, Any] = {"cell": "E17", "label": "是否积极配合完成临时性工作", "field": "field:tasks_done", "clause": "（一）2", "row": 17}
ARTICLE_ROW: dict[str, Any] = {"cell": "E66", "label": "宣传报道", "field": SUMMARY, "clause": "", "row": 66}
MEETINGS: dict[str, Any] = {"cell": "E70", "label": "会议出勤和活动", "field": "item:1.1", "clause": "（一）1", "row": 70}


def said(code: str, severity: Severity, title: str, found: str, expected: str, action: str, **place: Any) -> Finding:
    """A finding about a group's form, by default on the sheet of 惠济区."""
    values: dict[str, Any] = {"unit": "huiji", "file": FILE, "sheet": SHEET} | place
    return Finding(code=code, severity=severity, title=title, found=found, expected=expected, action=action, of_group=True, **values)


def group_findings(answers: Mapping[str, Any], where: Year = YEAR) -> tuple[Finding, ...]:
    """What is said of a form that was made from ``YEAR`` and filled so, now that the units say what ``where`` holds."""
    return where.group_findings(fill_inspection(FORM, {"huiji": VISITED | dict(answers)}))


def with_line(form: bytes, line: str | None, answer: Any = None, reason: str | None = None, sheet: str = SHEET, own: str | None = None) -> bytes:
    """The form with one more row below everything else, as a copied or inserted row would be."""
    book = opened(form)
    page = book[sheet]
    row = page.max_row + 1
    for column, value in ((1, line), (4, own), (5, answer), (6, reason)):
        page.cell(row, column).value = value
    return saved(book)


def remarked(form: bytes, code: str, other: str) -> bytes:
    """The form with one sheet said to be another unit's."""
    book = opened(form)
    unit_sheets(book)[code]["G1"] = f"unit:{other}"
    return saved(book)


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(f.code, f.cell) for f in findings]


def test_the_places_that_the_cases_name() -> None:
    for place in (STAFF, WEBSITE, TASKS, ARTICLE_ROW, MEETINGS):
        assert answer_cell(FORM, "huiji", place["field"]) == (SHEET, place["cell"])


# V-701


def test_v_701_fires() -> None:
    form = remarked(fill_inspection(FORM, {"huiji": FOUND}), "huiji", "nowhere")
    assert YEAR.group_findings(form) == (
        said(
            "V-701",
            ERROR,
            "核查表里的单位不在考核单位之列",
            "表里写的单位代码是“nowhere”",
            "本次考核的单位",
            "请用为本组制作的核查表",
            **WHOLE | {"unit": "nowhere"},
        ),
    )


def test_v_701_keeps_quiet() -> None:
    assert YEAR.group_findings(*YEAR.forms.values()) == ()
    assert group_findings(FOUND) == ()


# V-702


def foreign_form() -> bytes:
    """A form of the first group, made when the fourth group's units were still its own."""
    task = replace(YEAR.tasks()["第四组"], group="第一组")
    return build_inspection(YEAR.office.rulebook, replace(task, units=task.units[2:]), KEY)


def test_v_702_fires() -> None:
    for answers in (FOUND, {}):
        assert YEAR.group_findings(fill_inspection(foreign_form(), {"huiji": answers})) == (said_of_foreign_form(),)


def test_v_701_names_the_sheet_of_an_unfilled_form() -> None:
    assert [(f.code, f.sheet) for f in YEAR.group_findings(remarked(FORM, "huiji", "nowhere"))] == [("V-701", SHEET)]


def said_of_foreign_form() -> Finding:
    return said(
        "V-702",
        ERROR,
        "不是本组的考核单位",
        "第一组的核查表里有惠济区工商联",
        "惠济区工商联由第四组考核",
        "这个单位的核查以第四组报来的为准，这张表没有采用",
        **WHOLE,
    )


def test_v_702_says_nothing_more_about_a_sheet_that_is_not_used() -> None:
    answers = FOUND | {"gate:gate_staff": "大体", "field:website_items": 1, "item:1.1": (9, "多"), SUMMARY: "不认可"}
    assert [f.code for f in YEAR.group_findings(fill_inspection(foreign_form(), {"huiji": answers}))] == ["V-702"]


def test_v_702_keeps_quiet() -> None:
    forms = [fill_inspection(form, dict.fromkeys(units_in(form), FOUND)) for form in YEAR.forms.values()]
    assert YEAR.group_findings(*forms) == ()


# V-703


def test_v_703_fires() -> None:
    older, newer = fill_inspection(FORM, {"huiji": FOUND}), YEAR.filled({"huiji": FOUND, "erqi": FOUND})
    title, expected, action = "同一单位有几份核查表", "以最新的一份为准", "请确认最新的一份是完整的；这一份没有采用"
    assert YEAR.group_findings(older, newer) == (said("V-703", HINT, title, "之后又收到“核查2.xlsx”", expected, action, **WHOLE),)


def test_v_703_says_nothing_more_about_a_form_that_was_replaced() -> None:
    """What was wrong in the older form has been put right in the newer one: nobody need do anything about it."""
    wrong = FOUND | {"gate:gate_staff": "大体", "field:website_items": 1, "item:1.1": (9, "多"), SUMMARY: "不认可", "field:tasks_done": "否"}
    right = FOUND | {"field:website_items": (1, "核对"), "item:1.1": (8, "多"), SUMMARY: ("不认可", "无原件")}
    found = YEAR.group_findings(fill_inspection(FORM, {"huiji": wrong}), fill_inspection(FORM, {"huiji": right}))
    assert {f.code for f in found} == {"V-703"}


def test_v_703_keeps_quiet() -> None:
    """Another group's sheet neither replaces this one nor is replaced by it."""
    assert YEAR.group_findings(*YEAR.forms.values()) == ()
    own, other = fill_inspection(FORM, {"huiji": FOUND}), fill_inspection(foreign_form(), {"huiji": FOUND})
    assert [f.code for f in YEAR.group_findings(own, other)] == ["V-702"]
    assert [f.code for f in YEAR.group_findings(other, own)] == ["V-702"]


# V-704


def test_v_704_fires() -> None:
    answers = {
        "gate:gate_staff": "基本具备",
        "field:tasks_done": ("部分", "见附件"),
        "field:website_items": ("约90", "见附件"),
        SUMMARY: ("存疑", "见附件"),
        "item:1.1": ("满分", "见附件"),
    }
    head = ("V-704", ERROR, "核定一栏看不懂")
    action = "请改正；改正以前这一处不作更动"
    assert group_findings(answers) == (
        said(*head, "填了“基本具备”", "“具备”或“不具备”", "请改正；改正以前这项前提条件视为尚未核查", **STAFF),
        said(*head, "填了“部分”", "“是”或“否”", action, **TASKS),
        said(*head, "填了“约90”", "0 至 99999999 的整数", action, **WEBSITE),
        said(*head, "填了“存疑”", "“认可”或“不认可”", action, **ARTICLE_ROW),
        said(*head, "填了“满分”", "0 至 8 的数，最多两位小数", action, **MEETINGS),
    )
    (uncapped,) = group_findings({"item:3.2": ("多", "见附件")})
    assert uncapped.expected == "0 或正数，最多两位小数"


@pytest.mark.parametrize("written", ["-1", -1, "1/2", "两分", True, "8分半", "约2", "1,5", "9999999"])
def test_v_704_points_that_are_no_certain_number(written: Any) -> None:
    assert codes(group_findings({"item:3.2": (written, "核对")})) == [("V-704", answer_cell(FORM, "huiji", "item:3.2")[1])]


@pytest.mark.parametrize("written", [-5, "12.5", "100000000", "三十余"])
def test_v_704_figures_that_are_no_certain_count(written: Any) -> None:
    assert codes(group_findings({"field:website_items": (written, "核对")})) == [("V-704", "E18")]


def test_v_704_keeps_quiet() -> None:
    answers = {
        "gate:gate_institution": " 具备",
        "gate:gate_staff": "不 具备",
        "field:website_items": ("９０条", "核对"),
        "field:tasks_done": ("×", "核对"),
        SUMMARY: "认可 ",
        "item:1.1": ("4.5分", "核对"),
        "item:3.2": ("１．５", "核对"),
    }
    assert group_findings(answers) == ()


# V-705


def test_v_705_fires() -> None:
    expected = said("V-705", ERROR, "核定分超过满分", "核定8.5分", "不超过8分", "请改正；改正以前仍按规则计分", **MEETINGS)
    assert group_findings({"item:1.1": (8.5, "表现突出")}) == (expected,)


def test_v_705_keeps_quiet() -> None:
    assert group_findings({"item:1.1": (8, "表现突出"), "item:1.2": (0, "未配合"), "item:3.2": (999, "很多"), "item:14.2": (3, "市级表彰")}) == ()


# V-706


def test_v_706_fires() -> None:
    head = ("V-706", ERROR, "核定与单位填报不一致，没有写理由")
    tail = ("有出入的都要写明理由", "请补写理由；补写以前这一处不作更动")
    assert group_findings({"field:tasks_done": "否", "field:website_items": 90, SUMMARY: "不认可", "item:1.1": 4.5}) == (
        said(*head, "单位填报“是”，核定“否”，理由空白", *tail, **TASKS),
        said(*head, "单位填报“145”，核定“90”，理由空白", *tail, **WEBSITE),
        said(*head, "单位填报“第5行”，核定“不认可”，理由空白", *tail, **ARTICLE_ROW),
        said(*head, "单位填报“8”，核定“4.5”，理由空白", *tail, **MEETINGS),
    )


@pytest.mark.parametrize("reason", ["无", "　", "—", "/"])
def test_v_706_words_that_say_nothing_are_no_reason(reason: str) -> None:
    assert codes(group_findings({"field:website_items": (90, reason)})) == [("V-706", "E18")]


def test_v_706_keeps_quiet() -> None:
    """Agreement needs no reason, however it is written; nor do the preconditions, which the unit said nothing of."""
    answers = FOUND | {"gate:gate_staff": "不具备", "field:website_items": "１４５", "field:tasks_done": "√", SUMMARY: "认可", "item:1.1": "8.0"}
    assert group_findings(answers) == ()
    assert group_findings({"field:website_items": (90, "系统里只有90条"), TOUR: ("不认可", "无原件"), "item:1.1": (0, "缺席")}) == ()


# V-707


def resent(**changed: Any) -> Year:
    """The same year after the unit sent its form again with other figures."""
    return YEAR.with_record("huiji", sample.full_fields(YEAR.office, 11) | changed, ROWS)


CHANGED = ("V-707", DOUBT, "核查以后单位又改了数")
RECHECK = ("核查的是单位最后一次填报的数", "请按单位最后填报的数重新核对；没有填核定值的，按单位现在的数计分")


def test_v_707_fires() -> None:
    expected = said(*CHANGED, "核查表上单位填报是“145”，单位现在填报“160”", *RECHECK, **WEBSITE)
    assert group_findings(FOUND | {"field:website_items": (90, "系统里只有90条")}, resent(website_items=160)) == (expected,)


def test_v_707_fires_where_the_group_agreed_by_leaving_a_blank() -> None:
    """Blank means agreed: what was agreed to and then changed has not been verified."""
    expected = said(*CHANGED, "核查表上单位填报是“145”，单位现在填报“160”", *RECHECK, **WEBSITE)
    assert group_findings(FOUND, resent(website_items=160)) == (expected,)


def test_v_707_keeps_quiet() -> None:
    """Sent again without a change or with the group's own figure, changed elsewhere only, or not inspected before."""
    answers = FOUND | {"field:website_items": (90, "系统里只有90条")}
    assert group_findings(answers, resent()) == ()
    assert group_findings(answers, resent(website_items=90)) == ()
    assert group_findings(answers, YEAR.with_record("erqi", sample.full_fields(YEAR.office, 3))) == ()
    assert group_findings(answers, year(absent=("huiji",))) == ()
    early = year(absent=("huiji",)).form_for("huiji")
    assert YEAR.group_findings(fill_inspection(early, {"huiji": FOUND})) == ()


# V-708


def with_rows(*articles: Mapping[str, Any]) -> Year:
    return YEAR.with_record("huiji", sample.full_fields(YEAR.office, 11), {"articles": articles})


def test_v_708_fires() -> None:
    expected = said(
        "V-708",
        HINT,
        "核查过的清单行不在了",
        "单位现在的填报表里没有这一行",
        "核查的是单位最后一次报送的清单",
        "不用处理；这一行已经不计分",
        **ARTICLE_ROW,
    )
    assert group_findings({SUMMARY: ("不认可", "无原件")}, with_rows(ROWS["articles"][1])) == (expected,)
    assert group_findings({SUMMARY: ("不认可", "无原件"), TOUR: "认可"}, with_rows(ROWS["articles"][1])) == (expected,)


def test_v_708_keeps_quiet() -> None:
    """Moved, spaced otherwise, or with a further column changed, it is still the same row."""
    answers = {SUMMARY: ("不认可", "无原件"), TOUR: "认可"}
    moved = with_rows(ARTICLE | {"title": "新的一篇"}, ROWS["articles"][1], ARTICLE | {"title": "民营 经济综述", "link": "A3版"})
    assert group_findings(answers, moved) == ()
    assert group_findings(answers, year(absent=("huiji",))) == ()


# V-709

ATTENDED: dict[str, Any] = {"cell": "E15", "label": "实际参加会议次数", "field": "field:meetings_attended", "clause": "（一）1", "row": 15}
DUE: dict[str, Any] = {
    "cell": "E14",
    "label": "应参加的执委会、常委会和专题座谈会次数",
    "field": "field:meetings_due",
    "clause": "（一）1",
    "row": 14,
}
PART, TOTAL = "“实际参加会议次数”", "“应参加的执委会、常委会和专题座谈会次数”"


def clash(part: str, whole: str, **place: Any) -> Finding:
    return said(
        "V-709",
        ERROR,
        "核定值与另一个数矛盾",
        f"{PART}{part}，大于{TOTAL}{whole}",
        f"{PART}不大于{TOTAL}",
        "请核对这两个数，改正填错的核定值；改正以前不采用这个核定值",
        **place,
    )


def test_v_709_fires() -> None:
    for place in (ATTENDED, DUE):
        assert answer_cell(FORM, "huiji", place["field"]) == (SHEET, place["cell"])
    assert group_findings({"field:meetings_attended": (99, "签到表")}) == (clash("核定99", "单位填报6", **ATTENDED),)
    assert group_findings({"field:meetings_due": (5, "只通知了5次")}) == (clash("单位填报6", "核定5", **DUE),)
    both = {"field:meetings_due": (5, "只通知了5次"), "field:meetings_attended": (99, "签到表")}
    assert group_findings(both) == (clash("核定99", "核定5", **DUE), clash("核定99", "核定5", **ATTENDED))


def test_v_709_fires_where_the_unit_was_wrong_itself_and_the_group_did_not_settle_it() -> None:
    wrong = resent(meetings_due=5)
    found = group_findings({"field:meetings_attended": (6, "签到表")}, wrong)
    assert [(f.code, f.cell, f.found) for f in found if f.code != "V-707"] == [("V-709", "E15", f"{PART}核定6，大于{TOTAL}单位填报5")]


def test_v_709_goes_by_the_figures_that_are_taken() -> None:
    """A total without a reason is not taken, so the part is held against the unit's own."""
    found = group_findings({"field:meetings_due": 9, "field:meetings_attended": (9, "签到表")})
    assert codes(found) == [("V-706", "E14"), ("V-709", "E15")]


def test_v_709_keeps_quiet() -> None:
    """Less than all, all of them, both verified, or a unit that has sent nothing."""
    assert group_findings({"field:meetings_attended": (5, "缺一次")}) == ()
    assert group_findings({"field:meetings_attended": (6, "签到表")}) == ()
    assert group_findings({"field:meetings_due": (99, "通知"), "field:meetings_attended": (99, "签到表")}) == ()
    absent = year(absent=("huiji",))
    assert group_findings({"field:meetings_attended": (99, "签到表")}, absent) == ()


# V-710


def test_v_710_fires() -> None:
    def alone(reason: str, until: str, **place: Any) -> Finding:
        words = ("不同意的，核定和理由都填；同意的，两栏都空着", f"请补填核定一栏，或者删去理由；补填以前{until}")
        return said("V-710", DOUBT, "写了理由，没有填核定", f"理由写了“{reason}”，核定一栏空着", *words, **place)

    assert group_findings({"gate:gate_staff": (None, "只有一人"), "field:website_items": (None, "只有90条"), "item:1.1": ("　", "缺席")}) == (
        alone("只有一人", "这项前提条件视为尚未核查", **STAFF),
        alone("只有90条", "这一处不作更动", **WEBSITE),
        alone("缺席", "这一处不作更动", **MEETINGS),
    )
    assert codes(group_findings({SUMMARY: (None, "没有见报")})) == [("V-710", ARTICLE_ROW["cell"])]


def test_v_710_keeps_quiet() -> None:
    assert group_findings({"field:website_items": (90, "只有90条"), "item:1.1": (None, "无"), "visit:met": ("张主席", "下午")}) == ()


# V-711

VISIT_DAY: dict[str, Any] = {"cell": "E10", "label": "考核日期", "field": "visit:date", "clause": "考核办法", "row": 10}
MET: dict[str, Any] = {"cell": "E11", "label": "接待人", "field": "visit:met", "clause": "考核办法", "row": 11}
SINCE = "通知印发（2014年11月14日）以后"


def unclear(problem: str, expected: str, **place: Any) -> Finding:
    return said("V-711", DOUBT, "没有写清考核日期或接待人", problem, expected, "请补填或改正，以便存查；不影响得分", **place)


def visited(arrived: Mapping[str, date] | None = None, **visit: Any) -> tuple[Finding, ...]:
    form = fill_inspection(FORM, {"huiji": FOUND | {f"visit:{key}": value for key, value in visit.items()}})
    office = YEAR.office
    return run_inspection_checks(office.config, office.rulebook, YEAR.records, YEAR.intake(form).inspections, arrived)


def test_v_711_fires() -> None:
    for place in (VISIT_DAY, MET):
        assert answer_cell(FORM, "huiji", place["field"]) == (SHEET, place["cell"])
    expected = f"{SINCE}的一个日期，例如 2014-12-5"
    who = "接待人的姓名或职务"
    assert visited(date=None, met=None) == (unclear("考核日期空白", expected, **VISIT_DAY), unclear("接待人空白", who, **MET))
    assert visited(date="上周") == (unclear("考核日期填了“上周”，看不懂", expected, **VISIT_DAY),)
    assert visited(date="2014年12月") == (unclear("考核日期填了“2014年12月”，看不懂", expected, **VISIT_DAY),)
    assert visited(date=date(2014, 11, 13)) == (unclear("考核日期是2014年11月13日，早于通知印发", expected, **VISIT_DAY),)
    until = f"{SINCE}、收到核查表（2014年12月10日）以前的一个日期，例如 2014-12-5"
    arrived = {FILE: date(2014, 12, 10)}
    assert visited(arrived, date="2014-12-11") == (unclear("考核日期是2014年12月11日，晚于收到核查表", until, **VISIT_DAY),)


def test_v_711_fires_where_the_lines_are_gone() -> None:
    book = opened(fill_inspection(FORM, {"huiji": FOUND}))
    book[SHEET].delete_rows(10, 2)
    assert [(f.code, f.sheet, f.cell, f.label) for f in YEAR.group_findings(saved(book))] == [
        ("V-711", SHEET, "", "考核日期"),
        ("V-711", SHEET, "", "接待人"),
    ]


def test_v_711_keeps_quiet() -> None:
    """First and last possible day; the other unit's sheet, which nobody has filled in; a form of which nobody knows when it came."""
    assert visited(date=date(2014, 11, 14)) == visited({FILE: date(2014, 12, 10)}, date="2014年12月10日") == visited(date="2019-1-1") == ()
    assert YEAR.group_findings(FORM) == ()
    assert YEAR.group_findings(fill_inspection(FORM, {"huiji": VISITED | {"visit:met": None}})) == ()


# V-712


def twice(first: str, place: str, second: str, until: str = "这一处不作更动", **where: Any) -> Finding:
    return said(
        "V-712",
        ERROR,
        "同一行在核查表里有两处，填的不一样",
        f"这里填了“{first}”，{place} {second}",
        "每一行只有一处",
        f"请删掉多出来的行或工作表，只保留正确的一处；改正以前{until}",
        **where,
    )


def test_v_712_fires() -> None:
    form = fill_inspection(FORM, {"huiji": FOUND | {SUMMARY: ("不认可", "没有见报"), "field:website_items": (90, "只有90条")}})
    below = opened(form)[SHEET].max_row + 1
    assert YEAR.group_findings(with_line(form, SUMMARY, "认可")) == (twice("不认可", f"{SHEET} E{below}", "又填了“认可”", **ARTICLE_ROW),)
    assert YEAR.group_findings(with_line(form, SUMMARY)) == (twice("不认可", f"{SHEET} E{below}", "却空着", **ARTICLE_ROW),)
    assert YEAR.group_findings(with_line(form, "field:website_items", "约90")) == (twice("90", f"{SHEET} E{below}", "又填了“约90”", **WEBSITE),)
    assert YEAR.group_findings(with_line(form, "gate:gate_staff", "不具备")) == (
        twice("具备", f"{SHEET} E{below}", "又填了“不具备”", "这项前提条件视为尚未核查", **STAFF),
    )
    assert YEAR.group_findings(with_line(form, "visit:date", "2014-12-6")) == (
        twice("2014-12-05", f"{SHEET} E{below}", "又填了“2014-12-6”", "这一处不采用", **VISIT_DAY),
    )


def test_v_712_fires_for_a_copied_sheet() -> None:
    book = opened(fill_inspection(FORM, {"huiji": FOUND | {"item:1.1": (4, "缺席")}}))
    copy = book.copy_worksheet(book[SHEET])
    copy.title = "副本"
    copy[MEETINGS["cell"]] = 6
    assert YEAR.group_findings(saved(book)) == (twice("4", f"副本 {MEETINGS['cell']}", "又填了“6”", **MEETINGS),)


def test_v_712_neither_of_two_answers_is_taken() -> None:
    answers = FOUND | {SUMMARY: ("不认可", "没有见报"), "item:1.1": (4, "缺席")}
    form = fill_inspection(FORM, {"huiji": answers})
    for line, other in ((SUMMARY, "认可"), ("item:1.1", 6), ("gate:gate_staff", "不具备")):
        form = with_line(form, line, other, "另一处")
    found = YEAR.assessment(form).verifications["huiji"]
    assert (found.refused, found.points, found.gate.holds("gate_staff"), found.gate.holds("gate_funding")) == (frozenset(), {}, None, True)


def test_v_712_keeps_quiet() -> None:
    """Copies that agree, however they are written, count once; the reason may stand in either; a blank takes nothing back of a precondition."""
    form = fill_inspection(FORM, {"huiji": FOUND | {"field:website_items": 90, "item:1.1": 8}})
    form = with_line(with_line(form, "field:website_items", "９０条", "只有90条", own="145"), "item:1.1", own="8")
    form = with_line(with_line(form, "gate:gate_staff"), "visit:met", "")
    assert YEAR.group_findings(form) == ()
    found = YEAR.assessment(form).verifications["huiji"]
    assert (found.fields, found.reasons["field:website_items"], found.gate.holds("gate_staff")) == ({"website_items": 90}, "只有90条", True)


# V-713


def test_v_713_fires() -> None:
    form = fill_inspection(FORM, {"huiji": FOUND})
    row = opened(form)[SHEET].max_row + 1

    def unknown(problem: str) -> Finding:
        place: dict[str, Any] = {"cell": f"E{row}", "label": "不认识的行", "field": "", "clause": "", "row": row}
        action = "这一行没有采用；请把核查结果填在原有的行里，再报一次"
        return said("V-713", DOUBT, "核查表里有不认识的行", problem, "核查表里原有的行", action, **place)

    for line in ("field:nothing", "item:99", "gate:gate_x", "row:nolist:0123", "visit:where", "abc"):
        problem = f"系统编号“{line}”不在核查表之列，填了“5”"
        assert YEAR.group_findings(with_line(form, line, 5, "核对")) == (unknown(problem),)
    assert YEAR.group_findings(with_line(form, "field:nothing")) == (unknown("系统编号“field:nothing”不在核查表之列，没有填核定"),)
    assert YEAR.group_findings(with_line(form, None, "不认可", "新增")) == (unknown("这一行没有系统编号，填了“不认可”"),)


def test_v_713_keeps_quiet() -> None:
    """Rows that somebody inserted and left blank, and headings copied along."""
    form = fill_inspection(FORM, {"huiji": FOUND})
    for heading in ("核查结果", "核定值", "是否认可", "核定分", None):
        form = with_line(form, None, heading, "核定理由")
    assert YEAR.group_findings(form) == ()


# V-714


def test_v_714_fires() -> None:
    expected = said(
        "V-714",
        ERROR,
        "核定分的小数太多",
        "核定“4.125”",
        "最多两位小数，例如 2.5 或 1.75",
        "请改成最多两位小数；改正以前仍按规则计分",
        **MEETINGS,
    )
    assert group_findings({"item:1.1": ("4.125", "缺席")}) == (expected,)
    assert YEAR.assessment(fill_inspection(FORM, {"huiji": FOUND | {"item:1.1": ("4.125", "缺席")}})).verifications["huiji"].points == {}


def test_v_714_keeps_quiet() -> None:
    assert group_findings({"item:1.1": (4.25, "缺席"), "item:3.2": ("1.50", "半篇"), "item:1.2": ("2.500", "一半")}) == ()


# V-715


def contradiction(form: str, configured: str, **place: Any) -> Finding:
    return said(
        "V-715",
        DOUBT,
        "核查表与 config.toml 里的实地考核结果不一致",
        f"核查表{form}，config.toml 的 [gate.huiji] 写的是“{configured}”",
        "两处一致，或者只有核查表",
        "现在以核查表为准；请核实，核查表填错的改正后重新报送，config.toml 写错的改正或删去 [gate.huiji]",
        **place,
    )


def test_v_715_fires() -> None:
    """The form counts, with both values told; a condition that only the configuration answers is not inspected."""
    where = YEAR.with_gate({"huiji": GateResult(gate_institution=True, gate_staff=False, gate_funding=True)})
    answers = FOUND | {"gate:gate_funding": None}
    funding = STAFF | {"cell": "", "label": "办公经费有保证", "field": "gate:gate_funding", "row": None}
    assert group_findings(answers, where) == (
        contradiction("没有可以采用的答案", "具备", **funding),
        contradiction("填的是“具备”", "不具备", **STAFF),
    )
    card = where.assessment(fill_inspection(FORM, {"huiji": answers})).card("huiji")
    assert (card.state, card.reason) == (UnitState.PROVISIONAL, "“办公经费有保证”的条件尚未实地考核")


def test_v_715_keeps_quiet() -> None:
    """Where both say the same, where only one says anything, and where the form's answer cannot be taken, so that the configuration counts."""
    same = YEAR.with_gate({"huiji": GateResult(gate_institution=True, gate_staff=True, gate_funding=True)})
    assert group_findings(FOUND, same) == ()
    assert group_findings(FOUND, YEAR.with_gate({"huiji": GateResult(gate_staff=True)})) == ()
    assert group_findings(FOUND, YEAR.with_gate({"erqi": GateResult(gate_staff=False)})) == ()
    assert [f.code for f in group_findings({"gate:gate_staff": "大体"}, YEAR.with_gate({"huiji": GateResult(gate_staff=False)}))] == ["V-704"]


# V-716


def test_v_716_fires() -> None:
    """A blank form sent later (a second copy of what was issued, say) neither counts nor makes the filled one old."""
    filled = fill_inspection(FORM, {"huiji": FOUND})
    title, expected = "后来的核查表是空的", "核查结果填在表里"
    action = "这个单位仍以“核查1.xlsx”为准，这一张没有采用；要更改核查结果的，请填好再报"
    assert YEAR.group_findings(filled, FORM) == (said("V-716", HINT, title, "表里什么都没有填", expected, action, **WHOLE | {"file": "核查2.xlsx"}),)
    assert YEAR.assessment(filled, FORM).card("huiji").state is YEAR.assessment(filled).card("huiji").state is UnitState.VALID


def test_v_716_keeps_quiet() -> None:
    """Where the blank one came first, where all are blank, and where anything at all was written, if only a reason or the day of the visit."""
    filled = fill_inspection(FORM, {"huiji": FOUND})
    assert [f.code for f in YEAR.group_findings(FORM, filled)] == ["V-703"]
    assert [f.code for f in YEAR.group_findings(FORM, FORM)] == ["V-703"]
    for written in ({"visit:met": "张主席"}, {"item:1.2": (None, "只写理由")}):
        assert "V-716" not in {f.code for f in YEAR.group_findings(filled, fill_inspection(FORM, {"huiji": written}))}


# All of them


def everything_wrong() -> tuple[tuple[bytes, ...], Year]:
    """Forms in which every check finds something, and the year they are held against."""
    wrong = FOUND | {
        "gate:gate_staff": "大体",
        "field:website_items": (90, "核对"),
        "field:tasks_done": "否",
        SUMMARY: ("不认可", "无原件"),
        "item:1.1": (9, "多"),
        "item:1.3": ("0.125", "少"),
        "item:1.2": (None, "只写理由"),
        "field:meetings_attended": (99, "签到表"),
        "visit:met": None,
    }
    last = with_line(with_line(fill_inspection(FORM, {"huiji": wrong}), "field:nothing"), SUMMARY, "认可")
    forms = (
        fill_inspection(foreign_form(), {"huiji": FOUND}),
        remarked(fill_inspection(YEAR.form_for("xinmi"), {"xinmi": FOUND}), "xinmi", "nowhere"),
        fill_inspection(FORM, {"huiji": FOUND}),
        last,
        FORM,
    )
    fields = sample.full_fields(YEAR.office, 11) | {"website_items": 160, "townships_total": 12, "townships_with_chamber": 15}
    now = YEAR.with_gate({"huiji": GateResult(gate_funding=False)})
    return forms, now.with_record("huiji", fields, {"articles": ROWS["articles"][1:]})


def test_every_inspection_check_says_the_same_the_second_time() -> None:
    forms, now = everything_wrong()
    first = now.group_findings(*forms)
    assert {f.code for f in first} == {check.code for check in INSPECTION_CHECKS} == {f"V-{n}" for n in range(701, 717)}
    assert now.group_findings(*forms) == first


def test_findings_come_by_form_then_place() -> None:
    forms, now = everything_wrong()
    assert [(f.file, f.code, f.cell) for f in now.group_findings(*forms) if f.unit in ("huiji", "nowhere")] == [
        ("核查1.xlsx", "V-702", ""),
        ("核查2.xlsx", "V-701", ""),
        ("核查3.xlsx", "V-703", ""),
        ("核查4.xlsx", "V-704", "E8"),
        ("核查4.xlsx", "V-715", "E9"),
        ("核查4.xlsx", "V-711", "E11"),
        ("核查4.xlsx", "V-709", "E15"),
        ("核查4.xlsx", "V-706", "E17"),
        ("核查4.xlsx", "V-707", "E18"),
        ("核查4.xlsx", "V-707", "E41"),
        ("核查4.xlsx", "V-708", "E66"),
        ("核查4.xlsx", "V-712", "E66"),
        ("核查4.xlsx", "V-705", "E70"),
        ("核查4.xlsx", "V-710", "E71"),
        ("核查4.xlsx", "V-714", "E72"),
        ("核查4.xlsx", "V-713", "E131"),
        ("核查5.xlsx", "V-716", ""),
    ]


def test_no_finding_about_a_group_s_form_makes_the_unit_s_result_wait_for_corrections() -> None:
    forms, _ = everything_wrong()
    returned = YEAR.assessment(*forms)
    mine = [f for f in returned.findings if f.unit == "huiji"]
    assert {f.code for f in mine} == {f"V-{n}" for n in (702, 703, 704, 705, 706, 709, 710, 711, 712, 713, 714, 716)}
    assert {f.of_group for f in mine} == {True}
    assert {f.blocks for f in returned.findings} == {False}
    card = returned.card("huiji")
    assert (card.state, card.reason) == (UnitState.PROVISIONAL, "“工作人员配备到位”的条件尚未实地考核")


def test_no_finding_about_a_group_s_form_goes_back_to_the_unit(tmp_path: Path) -> None:
    """A unit without findings of its own gets nothing back; another gets what it would get without the inspection."""
    forms, now = everything_wrong()
    write_corrections(now.assessment(), NOTHING, tmp_path / "before")
    write_corrections(now.assessment(*forms), NOTHING, tmp_path / "after")
    before, after = tree(tmp_path / "before"), tree(tmp_path / "after")
    assert list(after) == list(before) == ["更正通知-惠济区工商联.txt", "更正通知-惠济区工商联.xlsx"]
    assert after == before
    write_corrections(YEAR.assessment(*forms), NOTHING, tmp_path / "none")
    assert tree(tmp_path / "none") == {}
