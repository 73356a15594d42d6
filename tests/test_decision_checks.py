"""Checks of the decision form: each fires word for word and keeps quiet where it must."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kaohe.checks.finding import Finding, Severity
from kaohe.checks.registry import DECISION_CHECKS, run_decision_checks
from kaohe.forms.decision import KEEP
from kaohe.intake.record import Verdict
from kaohe.publish.standing import blockers
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.decide import decision_case
from kaohe.scoring.score import reassess
from kaohe.scoring.scorecard import Assessment
from tests.support.decisions import (
    APPROVED,
    FILE,
    Adjusted,
    Awarded,
    approved,
    case_of,
    decided,
    decision_intake,
    figures,
    fill_decision,
    form_of,
    letters_of,
    lines_of,
    page_with,
    said_of,
)
from tests.support.forms import opened, saved
from tests.support.inspections import CODES, FOUND, fill_inspection
from tests.support.seals import resealed

YEAR = figures()
NOW = YEAR.assessment()
FORM = form_of(NOW)
SOUND: Adjusted = ("金水区工商联", "1.3", 2.5, "补交了截图")
NUMBER_WORDS = ("文号写法不对", "例如 郑工商〔2015〕3号：六角括号〔〕，序号不写“第”、不补零", "请改正文号")

DATE: dict[str, str] = {"sheet": "审定", "cell": "C5", "label": "主席办公会议日期", "field": "meeting.date"}
NUMBER: dict[str, str] = {"sheet": "审定", "cell": "C6", "label": "通报文号", "field": "meeting.number"}
AWARD_NUMBER: dict[str, str] = {"sheet": "审定", "cell": "C7", "label": "表彰决定文号", "field": "meeting.award_number"}
APPROVE: dict[str, str] = {"sheet": "审定", "cell": "C8", "label": "是否审定通过", "field": "meeting.approve"}
ARTICLES_CAP: dict[str, str] = {"sheet": "口径", "cell": "F11", "label": "口径审定", "field": "reading.articles-cap"}
UNIT: dict[str, str] = {"sheet": "调整", "cell": "B5", "label": "单位", "field": "adjustment.unit"}
ITEM: dict[str, str] = {"sheet": "调整", "cell": "C5", "label": "计分项编号", "field": "adjustment.item"}
POINTS: dict[str, str] = {"sheet": "调整", "cell": "D5", "label": "审定得分", "field": "adjustment.points"}
REASON: dict[str, str] = {"sheet": "调整", "cell": "E5", "label": "理由", "field": "adjustment.reason"}
WINNER: dict[str, str] = {"sheet": "奖项", "cell": "B5", "label": "获奖单位", "field": "award.unit"}
AWARD: dict[str, str] = {"sheet": "奖项", "cell": "C5", "label": "奖项名称", "field": "award.award"}


def said(code: str, title: str, found: str, expected: str, action: str, **place: Any) -> Finding:
    """A finding about the decision form: always an error, and nothing that a unit must correct."""
    values: dict[str, Any] = {"unit": "", "file": FILE, "clause": "考核办法"} | place
    return Finding(
        code=code, severity=Severity.ERROR, title=title, found=found, expected=expected, action=action, items=(), row=None, of_group=True, **values
    )


def of_meeting(**meeting: Any) -> tuple[Finding, ...]:
    """What is said of an approving form with these answers instead."""
    return said_of(NOW, approved(FORM, meeting=meeting))


def of_readings(readings: Mapping[str, Any]) -> tuple[Finding, ...]:
    return said_of(NOW, approved(FORM, readings=readings))


def of_adjustments(*adjustments: Adjusted) -> tuple[Finding, ...]:
    return said_of(NOW, approved(FORM, adjustments=adjustments))


def of_awards(*awards: Awarded) -> tuple[Finding, ...]:
    return said_of(NOW, approved(FORM, awards=awards))


def test_the_places_that_the_cases_name() -> None:
    book = opened(FORM)
    for place, prefix, line, column in (
        (DATE, "meeting:", "meeting:date", "value"),
        (NUMBER, "meeting:", "meeting:number", "value"),
        (AWARD_NUMBER, "meeting:", "meeting:award_number", "value"),
        (APPROVE, "meeting:", "meeting:approve", "value"),
        (ARTICLES_CAP, "reading:", "reading:articles-cap", "value"),
        (UNIT, "adjustment", "adjustment", "unit"),
        (ITEM, "adjustment", "adjustment", "item"),
        (POINTS, "adjustment", "adjustment", "points"),
        (REASON, "adjustment", "adjustment", "reason"),
        (WINNER, "award", "award", "unit"),
        (AWARD, "award", "award", "award"),
    ):
        page = page_with(book, prefix)
        row = next(row for name, row in lines_of(page) if name == line)
        assert (page.title, f"{letters_of(page)[column]}{row}") == (place["sheet"], place["cell"])


def test_a_sound_form_has_no_finding_at_all() -> None:
    readings = {"articles-cap": "最多计10篇", "middle-6.1": KEEP}
    assert said_of(NOW, approved(FORM, readings=readings, adjustments=[SOUND], awards=[("惠济区工商联", "先进单位")])) == ()
    assert said_of(NOW, FORM) == ()


# V-801


def other_figures(changed: str) -> Finding:
    return said(
        "V-801",
        "审定的不是现在的结果",
        f"审定表做出以后有变化：{changed}",
        "审定表与现在的收件、规则、口径一致",
        "请用 forms --decision 重新制作审定表，按现在的结果审定",
        sheet="",
        cell="",
        label="整份审定表",
        field="decision",
    )


def sent_again(assessment: Assessment, *codes: str) -> Assessment:
    """The same figures from other files."""
    return replace(assessment, files=tuple(replace(f, sha256="9" * 64) if f.unit in codes else f for f in assessment.files))


def test_v_801_fires() -> None:
    form = approved(FORM)
    assert said_of(sent_again(NOW, "huiji"), form) == (other_figures("惠济区工商联的填报表"),)
    assert said_of(sent_again(NOW, "huiji", "xinzheng"), form) == (other_figures("新郑市工商联的填报表、惠济区工商联的填报表"),)
    read = reassess(NOW, apply_readings(NOW.rulebook, {"articles-cap": "10"}))
    assert said_of(read, form) == (other_figures("规则和口径"),)
    failed = YEAR.with_gate({**YEAR.gate, "jinshui": YEAR.gate["shangjie"]}).assessment()
    assert said_of(failed, form) == (other_figures("金水区工商联的实地考核结果"),)


def test_v_801_fires_for_a_unit_that_has_come_or_gone() -> None:
    absent = figures(absent=("xinzheng",)).assessment()
    assert said_of(absent, approved(FORM)) == (other_figures("新郑市工商联的填报表"),)
    assert said_of(NOW, approved(form_of(absent))) == (other_figures("新郑市工商联的填报表"),)


def test_v_801_fires_for_an_inspection_form() -> None:
    waiting = figures(waiting=CODES[9:])
    before = waiting.assessment()
    visited = waiting.assessment(fill_inspection(waiting.forms["第四组"], dict.fromkeys(CODES[9:], FOUND)))
    names = "中牟县工商联的核查表、二七区工商联的核查表、惠济区工商联的核查表"
    assert said_of(visited, approved(form_of(before))) == (other_figures(names),)


def test_v_801_names_eight_changes_at_most() -> None:
    shorts = [unit.short for unit in YEAR.office.config.cohort]
    expected = "、".join(f"{short}的填报表" for short in shorts[:8]) + "等"
    assert said_of(sent_again(NOW, *CODES), approved(FORM)) == (other_figures(expected),)
    expected = "、".join(f"{short}的填报表" for short in shorts[:8])
    assert said_of(sent_again(NOW, *CODES[:8]), approved(FORM)) == (other_figures(expected),)


def test_v_801_fires_for_a_changed_fingerprint_alone() -> None:
    assert said_of(NOW, resealed(approved(FORM), fingerprint="0" * 32)) == (other_figures("系统标记"),)


def test_v_801_keeps_quiet() -> None:
    renamed = replace(NOW, files=tuple(replace(f, name=f"重发/{f.name}") for f in NOW.files))
    cards = tuple(replace(c, file=f"重发/{c.file}") for c in NOW.cards)
    assert said_of(replace(renamed, cards=cards), approved(FORM)) == ()
    assert said_of(YEAR.assessment(), approved(FORM)) == ()


def of_year(year: str) -> bytes:
    return resealed(approved(FORM, meeting={"date": None, "number": "3号"}), year=year)


def test_a_decision_of_another_year_is_a_verdict() -> None:
    found = decision_intake(YEAR.office, of_year("2013"))
    assert [(f.verdict, f.reason, f.unit) for f in found.files] == [
        (Verdict.WRONG_YEAR, "这是2013年度的审定表，本次考核2014年度，请用本年度的审定表", None)
    ]


# V-802


def test_v_802_fires() -> None:
    expected = said("V-802", "审定通过但没有会议日期", "会议日期空白", "主席办公会议的日期", "请补填日期，写成 2015-1-20 的样子", **DATE)
    assert of_meeting(date=None) == (expected,)
    assert of_meeting(date="　") == (expected,)
    assert of_meeting(date=None, approve="√") == (expected,)
    book = opened(approved(FORM))
    book["审定"].delete_rows(5)
    assert said_of(NOW, saved(book)) == (replace(expected, sheet="", cell=""),)


def test_v_802_keeps_quiet() -> None:
    assert of_meeting() == ()
    assert of_meeting(date=None, approve="否") == ()
    assert of_meeting(date=None, approve=None, number=None) == ()
    assert [f.code for f in of_meeting(date="下周二")] == ["V-803"]


# V-803


@pytest.mark.parametrize("written", ["下周二", "2015年1月", "1月20日", "20", "2015-2-30"])
def test_v_803_fires(written: str) -> None:
    expected = said("V-803", "审定表有一格看不懂", f"填了“{written}”", "一个日期，例如 2015-1-20", "请改正", **DATE)
    assert of_meeting(date=written) == (expected,)


@pytest.mark.parametrize("written", ["同意", "是？", "待定", 2])
def test_v_803_fires_for_an_answer(written: Any) -> None:
    expected = said("V-803", "审定表有一格看不懂", f"填了“{written}”", "“是”或“否”", "请改正", **APPROVE)
    assert of_meeting(approve=written) == (expected,)
    assert of_meeting(approve=written, date=None, number=None) == (expected,)


@pytest.mark.parametrize("written", ["满分", -1, "-0.5", "约3", "2至3", True, "1/3"])
def test_v_803_fires_for_points(written: Any) -> None:
    raw = "TRUE" if written is True else str(written)
    expected = said("V-803", "审定表有一格看不懂", f"填了“{raw}”", "0 或正数", "请改正", **POINTS)
    assert of_adjustments((*SOUND[:2], written, SOUND[3])) == (expected,)


def test_v_803_keeps_quiet() -> None:
    for written in (date(2015, 1, 20), "2015-1-20", "2015年1月20日", "2015.1.20", "20150120", "二〇一五年一月二十日", 42024):
        assert of_meeting(date=written) == ()
    for written in ("是", "√", "否", " 是 "):
        assert of_meeting(approve=written) == ()
    given = zip(("1.1", "1.2", "1.3", "3.2", "4.2"), (0, 5, 2.5, "2.5分", "１．５"), strict=True)
    assert of_adjustments(*((SOUND[0], item, points, "酌情") for item, points in given)) == ()


# V-804

WRONG_NUMBERS = [
    "郑工商[2015]3号",
    "郑工商（2015）3号",
    "郑工商【2015】3号",
    "郑工商2015-3",
    "〔2015〕3号",
    "郑〔2015〕3号",
    "郑工商〔2015〕03号",
    "郑工商〔2015〕0号",
    "郑工商〔2015〕第3号",
    "郑工商〔2015〕3",
    "郑工商〔2015〕号",
    "郑工商〔15〕3号",
    "郑工商〔3015〕3号",
    "郑工商 〔2015〕3号",
    "郑工商〔2015〕 3号",
    "郑工商〔2015〕3号。",
    "郑工商〔2015〕三号",
    "郑工商〔2015〕３号",
    "郑工商〔2015〕1２号",
    "郑工商〔20１５〕3号",
    "ZGS〔2015〕3号",
    "3号",
]


@pytest.mark.parametrize("written", WRONG_NUMBERS)
def test_v_804_fires(written: str) -> None:
    title, expected, action = NUMBER_WORDS
    assert of_meeting(number=written, award_number=written) == (
        said("V-804", title, f"填了“{written}”", expected, action, **NUMBER),
        said("V-804", title, f"填了“{written}”", expected, action, **AWARD_NUMBER),
    )


def test_v_804_fires_for_a_number_with_something_after_it() -> None:
    """Intake strips line ends; the check does not rely on it."""
    case = case_of(NOW, approved(FORM))
    meeting = {key: replace(cell, raw=cell.raw + "\n") if "number" in key else cell for key, cell in case.form.meeting.items()}
    found = run_decision_checks(replace(case, form=replace(case.form, meeting=meeting)))
    assert [(f.code, f.cell) for f in found] == [("V-804", "C6"), ("V-804", "C7")]


def test_v_804_fires_for_an_approval_without_a_number() -> None:
    title, expected, action = NUMBER_WORDS
    assert of_meeting(number=None) == (said("V-804", title, "填了“空白”", expected, action, **NUMBER),)
    assert of_meeting(number="无") == (said("V-804", title, "填了“空白”", expected, action, **NUMBER),)


@pytest.mark.parametrize("written", ["郑工商〔2015〕3号", "郑工商〔2015〕10号", "郑工商发〔2015〕1203号", "郑统文〔2016〕99号"])
def test_v_804_keeps_quiet(written: str) -> None:
    assert of_meeting(number=written, award_number=written) == ()
    assert of_meeting(number=written, award_number=None) == ()
    assert of_meeting(number=None, award_number=written, approve="否") == ()


# V-805


@pytest.mark.parametrize("written", ["最多计12篇", "不封顶", "12", "是"])
def test_v_805_fires(written: str) -> None:
    expected = said("V-805", "口径选项不认识", f"填了“{written}”", "下拉框里的选项", "请从下拉框里选，或空着表示维持", **ARTICLES_CAP)
    assert of_readings({"articles-cap": written}) == (expected,)


def test_v_805_keeps_quiet() -> None:
    for written in (KEEP, f" {KEEP} ", "最多计10篇", "最多计１０篇", "不封顶（通知没有写上限）", "无", "", None):
        assert of_readings({"articles-cap": written}) == ()
    assert of_readings({r.id: next(c.text for c in r.choices if c.id != r.taken).replace(",", "，") for r in NOW.rulebook.readings}) == ()


# V-806


@pytest.mark.parametrize(("blank", "place"), [(0, UNIT), (1, ITEM), (2, POINTS), (3, REASON)])
def test_v_806_fires(blank: int, place: dict[str, str]) -> None:
    label = place["label"]
    expected = said(
        "V-806",
        "得分调整没有填全或重复",
        f"“{label}”空白",
        "单位、计分项、得分、理由都要填，一个单位一个计分项只填一行",
        "请改正；不需要的请整行清空",
        **place,
    )
    whole: list[Any] = list(SOUND)
    whole[blank] = None
    assert of_adjustments((whole[0], whole[1], whole[2], whole[3])) == (expected,)


def test_v_806_fires_for_every_blank_of_a_line() -> None:
    found = of_adjustments(SOUND, (None, None, None, "酌情"))
    assert [(f.code, f.cell, f.found) for f in found] == [
        ("V-806", "B6", "“单位”空白"),
        ("V-806", "C6", "“计分项编号”空白"),
        ("V-806", "D6", "“审定得分”空白"),
    ]


def test_v_806_keeps_quiet() -> None:
    nothing: Adjusted = (None, None, None, None)
    assert of_adjustments(nothing, SOUND, (" ", "　", None, "")) == ()
    assert of_adjustments(("无", "—", None, "/")) == ()
    assert of_adjustments(SOUND, (SOUND[0], "1.2", 5, "核实"), ("惠济区工商联", SOUND[1], 0, "核实")) == ()


# V-807


def test_v_807_fires() -> None:
    unknown = said("V-807", "单位或计分项不存在", "填了“开封市工商联”", "本次考核的单位", "请从下拉框里选", **UNIT | {"field": "decision.unit"})
    assert of_adjustments(("开封市工商联", *SOUND[1:])) == (unknown,)
    winner = WINNER | {"label": "单位", "field": "decision.unit"}
    assert of_awards(("开封市工商联", "先进单位")) == (replace(unknown, sheet=winner["sheet"], cell=winner["cell"]),)
    for written in ("4.1c", "会议出勤和活动", 4):
        expected = said("V-807", "单位或计分项不存在", f"填了“{written}”", "计分项编号，例如 4.1b", "请从下拉框里选", **ITEM)
        assert of_adjustments((SOUND[0], written, 1, "酌情")) == (expected,)


def test_v_807_keeps_quiet() -> None:
    named = ("金水区工商联", "郑州市金水区工商业联合会", "金水", " 金水区 ", "jinshui")
    items = (1.3, "1.2", "4.1b", 12.1, "15.4a")
    adjustments: list[Adjusted] = [(unit, item, 1, "酌情") for unit, item in zip(named, items, strict=True)]
    assert of_adjustments(*adjustments) == ()
    assert of_awards(*((unit, f"先进单位{n}") for n, unit in enumerate(named))) == ()


# V-808


@pytest.mark.parametrize(("item", "points", "found", "most"), [("1.1", 9, "9", "8"), ("1.1", 8.25, "8.25", "8"), ("4.1b", "2.01", "2.01", "2")])
def test_v_808_fires(item: str, points: Any, found: str, most: str) -> None:
    expected = said("V-808", "审定得分超过满分", f"审定{found}分", f"不超过{most}分", "请改正", **POINTS)
    assert of_adjustments((SOUND[0], item, points, "酌情")) == (expected,)


def test_v_808_goes_by_the_readings_that_the_same_form_decides() -> None:
    twelve: Adjusted = ("惠济区工商联", "3.2", 12, "核实")
    expected = said("V-808", "审定得分超过满分", "审定12分", "不超过10分", "请改正", **POINTS)
    assert said_of(NOW, approved(FORM, readings={"articles-cap": "最多计10篇"}, adjustments=[twelve])) == (expected,)
    each: Adjusted = ("惠济区工商联", "2.3b", 6, "核实")
    assert said_of(NOW, approved(FORM, readings={"honours-once": "每次都计"}, adjustments=[each])) == ()


def test_v_808_keeps_quiet() -> None:
    given: list[tuple[str, Any]] = [("1.1", 8), ("1.2", 0), ("3.2", 99), ("15.4a", 40.5), ("4.1b", "2.00")]
    assert of_adjustments(*((SOUND[0], item, points, "酌情") for item, points in given)) == ()


# V-809


def unscored(unit: str, short: str, sheet: str) -> Finding:
    return said(
        "V-809",
        "没有得分的单位不能调整得分或获奖",
        f"{short}没有得分",
        "有得分、有位次的单位",
        "请改正；未报送、不计分的单位不参加评奖",
        unit=unit,
        sheet=sheet,
        cell="B5",
        label="单位",
        field="decision.unit",
    )


def test_v_809_fires() -> None:
    assert of_adjustments(("上街区工商联", *SOUND[1:])) == (unscored("shangjie", "上街区工商联", "调整"),)
    assert of_awards(("上街", "先进单位")) == (unscored("shangjie", "上街区工商联", "奖项"),)
    absent = figures(absent=("xinzheng",)).assessment()
    assert said_of(absent, approved(form_of(absent), awards=[("新郑市工商联", "先进单位")])) == (unscored("xinzheng", "新郑市工商联", "奖项"),)


def test_v_809_keeps_quiet() -> None:
    waiting = figures(waiting=CODES[9:]).assessment()
    assert said_of(waiting, approved(form_of(waiting), awards=[("惠济区工商联", "先进单位")])) == ()
    assert of_awards(("惠济区工商联", "先进单位"), ("金水区工商联", "先进单位")) == ()


# V-810


def award_fault(problem: str, **place: str) -> Finding:
    return said("V-810", "奖项没有填全或重复", problem, "每行一个单位一个奖项", "请改正；不需要的请整行清空", **place)


def test_v_810_fires() -> None:
    assert of_awards((None, "先进单位")) == (award_fault("“获奖单位”空白", **WINNER),)
    assert of_awards(("金水区工商联", None)) == (award_fault("“奖项名称”空白", **AWARD),)
    assert of_awards(("金水区工商联", "—")) == (award_fault("“奖项名称”空白", **AWARD),)


@pytest.mark.parametrize("second", [("金水区工商联", "先进单位"), (" 金水区 工商联", "先进 单位"), ("金水", "先进单位"), ("jinshui", "先进单位")])
def test_v_810_fires_for_the_same_award_twice(second: Awarded) -> None:
    expected = award_fault("同一单位同一奖项填了两次", **AWARD | {"cell": "C7"})
    assert of_awards(("金水区工商联", "先进单位"), ("惠济区工商联", "先进单位"), second) == (expected,)


def test_v_810_keeps_quiet() -> None:
    assert of_awards(("金水区工商联", "先进单位"), ("金水区工商联", "标兵单位"), ("惠济区工商联", "先进单位"), (None, None)) == ()
    assert of_awards(("无", "无")) == ()


# V-811


@pytest.mark.parametrize("year", [2013, 2014, 2017])
def test_v_811_fires(year: int) -> None:
    head, action = ("V-811", "文号的年份与会议日期对不上"), "请核对文号和会议日期，改正填错的一个"
    number = f"郑工商〔{year}〕3号"
    found, expected = f"文号是“{number}”，主席办公会议在2015年1月20日", "文号里的年份是会议当年（2015）或下一年（2016）"
    assert of_meeting(number=number, award_number=number) == (
        said(*head, found, expected, action, **NUMBER),
        said(*head, found, expected, action, **AWARD_NUMBER),
    )


def test_v_811_keeps_quiet() -> None:
    assert of_meeting(number="郑工商〔2015〕3号", award_number="郑工商〔2016〕4号") == ()
    assert of_meeting(date=None, number="郑工商〔2013〕3号", approve="否") == ()
    assert [f.code for f in of_meeting(number="郑工商〔2013〕第3号")] == ["V-804"]


# V-812


def test_v_812_fires() -> None:
    """And nothing else is said of such a form, whose numbers and figures are another year's."""
    intake = decision_intake(YEAR.office, of_year("2013"))
    assert intake.decision is not None
    assert run_decision_checks(decision_case(NOW, *intake.decision)) == (
        said(
            "V-812",
            "不是本年度的审定表",
            "这是2013年度的审定表",
            "2014年度的审定表",
            "请用 forms --decision 制作本年度的审定表；这一份没有采用",
            sheet="",
            cell="",
            label="整份审定表",
            field="decision",
        ),
    )


def test_v_812_stands_in_the_way_of_the_final_set() -> None:
    found = decided(NOW, of_year("2013"))
    assert (found.decision, found.status) == (None, NOW.status)
    assert blockers(found) == (f"审定没有生效：审定表“{FILE}”有1处错误：不是本年度的审定表（这是2013年度的审定表）。请改正后重新交回",)


def test_v_812_keeps_quiet() -> None:
    """Where a form of this year has come too, whichever came last, the other is set aside with its verdict."""
    sound = approved(FORM)
    for forms in ((sound, of_year("2013")), (of_year("2013"), sound)):
        intake = decision_intake(YEAR.office, *forms)
        assert intake.decision is not None
        assert run_decision_checks(decision_case(NOW, *intake.decision)) == ()
        assert {f.verdict for f in intake.files} == {Verdict.ACCEPTED, Verdict.WRONG_YEAR}
        assert blockers(decided(NOW, *forms)) == ()


# V-813


def impossible(day: str, problem: str, until: str = "") -> Finding:
    expected = f"考核期结束（2014年12月31日）以后{until}的日期"
    return said(
        "V-813", "会议日期不可能", f"会议日期是{day}，{problem}", expected, "请改正会议日期；表是会前放进收件箱的，请会后另存一份再放进来", **DATE
    )


@pytest.mark.parametrize(("written", "day"), [("2014-12-31", "2014年12月31日"), (date(2014, 3, 1), "2014年3月1日")])
def test_v_813_fires(written: Any, day: str) -> None:
    number = "郑工商〔2015〕3号"
    assert of_meeting(date=written, number=number, award_number=None) == (impossible(day, "考核期到2014年12月31日才结束"),)


def test_v_813_fires_for_a_meeting_after_its_form_had_arrived() -> None:
    case = case_of(NOW, approved(FORM))
    assert run_decision_checks(replace(case, arrived=date(2015, 1, 19))) == (
        impossible("2015年1月20日", "而审定表在2015年1月19日已经收到", "、收到审定表那天（2015年1月19日）或以前"),
    )
    found = decided(NOW, approved(FORM, meeting={"date": "2015-2-3"}))
    assert [f.found for f in found.findings] == ["会议日期是2015年2月3日，而审定表在2015年2月2日已经收到"]


def test_v_813_keeps_quiet() -> None:
    case = case_of(NOW, approved(FORM))
    assert run_decision_checks(replace(case, arrived=date(2015, 1, 20))) == ()
    assert of_meeting(date="2015-1-1") == of_meeting(date="2015-12-31") == ()
    assert [f.code for f in of_meeting(date="2014-13-1")] == ["V-803"]


def test_the_day_of_arrival_is_that_of_beijing() -> None:
    file = decision_intake(YEAR.office, FORM).files[0]
    seen = int(datetime(2015, 1, 20, 16, 0, tzinfo=UTC).timestamp())
    days = [replace(file, first_seen=second).arrived_on for second in (seen - 1, seen, 0)]
    assert days == [date(2015, 1, 20), date(2015, 1, 21), None]


# All of them


def test_every_decision_check_says_the_same_the_second_time() -> None:
    """A check that exhausts something on its first run would fall silent on the second form."""
    wrong = fill_decision(
        FORM,
        APPROVED | {"date": None, "number": "郑工商[2015]3号"},
        {"articles-cap": "最多计12篇"},
        [("上街区工商联", "1.1", 9, None), ("开封市工商联", "1.1", "满分", "酌情")],
        [("金水区工商联", "先进单位"), ("金水区工商联", "先进单位")],
    )
    now = sent_again(NOW, "huiji")
    first = said_of(now, wrong)
    assert [f.code for f in first] == [f"V-{n}" for n in range(801, 811)]
    later = fill_decision(FORM, APPROVED | {"date": "2014-12-31", "number": "郑工商〔2013〕3号"})
    assert [f.code for f in said_of(NOW, later)] == [f.code for f in said_of(NOW, later)] == ["V-811", "V-813"]
    assert [check.code for check in DECISION_CHECKS] == [f"V-{n}" for n in range(801, 814)]
    assert said_of(now, wrong) == first
    assert {(f.blocks, f.severity, f.file) for f in first} == {(False, Severity.ERROR, FILE)}
