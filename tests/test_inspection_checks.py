"""Checks of inspection forms: each fires word for word and keeps quiet where it must; none is a fault of the unit's own form."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kaohe.checks.finding import Finding, Severity
from kaohe.checks.registry import INSPECTION_CHECKS
from kaohe.forms.inspection import build_inspection
from kaohe.publish.corrections import write_corrections
from kaohe.scoring.scorecard import UnitState
from tests.support import sample
from tests.support.forms import opened, saved, tree
from tests.support.inspections import FOUND, Year, answer_cell, fill_inspection, row_line, unit_sheets, units_in, year

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
    return where.group_findings(fill_inspection(FORM, {"huiji": answers}))


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
    return build_inspection(YEAR.office.rulebook, replace(task, units=task.units[2:]))


def test_v_702_fires() -> None:
    assert YEAR.group_findings(fill_inspection(foreign_form(), {"huiji": FOUND})) == (
        said(
            "V-702",
            ERROR,
            "不是本组的考核单位",
            "第一组的核查表里有惠济区工商联",
            "惠济区工商联由第四组考核",
            "这个单位的核查以第四组报来的为准，这张表没有采用",
            **WHOLE,
        ),
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
    action = "请改正；改正以前这一处不作更动，前提条件视为尚未核查"
    whole = "一个整数，或“是”“否”"
    assert group_findings(answers) == (
        said(*head, "填了“基本具备”", "“具备”或“不具备”", action, **STAFF),
        said(*head, "填了“部分”", whole, action, **TASKS),
        said(*head, "填了“约90”", whole, action, **WEBSITE),
        said(*head, "填了“存疑”", "“认可”或“不认可”", action, **ARTICLE_ROW),
        said(*head, "填了“满分”", "0 或正数", action, **MEETINGS),
    )


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


# All of them


def everything_wrong() -> tuple[tuple[bytes, ...], Year]:
    """Forms in which every check finds something, and the year they are held against."""
    wrong = FOUND | {
        "gate:gate_staff": "大体",
        "field:website_items": (90, "核对"),
        "field:tasks_done": "否",
        SUMMARY: ("不认可", "无原件"),
        "item:1.1": (9, "多"),
    }
    forms = (
        fill_inspection(foreign_form(), {"huiji": FOUND}),
        remarked(fill_inspection(YEAR.form_for("xinmi"), {"xinmi": FOUND}), "xinmi", "nowhere"),
        fill_inspection(FORM, {"huiji": FOUND}),
        fill_inspection(FORM, {"huiji": wrong}),
    )
    fields = sample.full_fields(YEAR.office, 11) | {"website_items": 160, "townships_total": 12, "townships_with_chamber": 15}
    return forms, YEAR.with_record("huiji", fields, {"articles": ROWS["articles"][1:]})


def test_every_inspection_check_says_the_same_the_second_time() -> None:
    forms, now = everything_wrong()
    first = now.group_findings(*forms)
    assert {f.code for f in first} == {check.code for check in INSPECTION_CHECKS} == {f"V-70{n}" for n in range(1, 9)}
    assert now.group_findings(*forms) == first


def test_findings_come_by_form_then_place() -> None:
    forms, now = everything_wrong()
    assert [(f.file, f.code, f.cell) for f in now.group_findings(*forms) if f.unit in ("huiji", "nowhere")] == [
        ("核查1.xlsx", "V-702", ""),
        ("核查2.xlsx", "V-701", ""),
        ("核查3.xlsx", "V-703", ""),
        ("核查4.xlsx", "V-704", "E8"),
        ("核查4.xlsx", "V-706", "E17"),
        ("核查4.xlsx", "V-707", "E18"),
        ("核查4.xlsx", "V-707", "E41"),
        ("核查4.xlsx", "V-708", "E66"),
        ("核查4.xlsx", "V-705", "E70"),
    ]


def test_no_finding_about_a_group_s_form_makes_the_unit_s_result_wait_for_corrections() -> None:
    forms, _ = everything_wrong()
    returned = YEAR.assessment(*forms)
    mine = [f for f in returned.findings if f.unit == "huiji"]
    assert {f.code for f in mine} == {"V-702", "V-703", "V-704", "V-705", "V-706"}
    assert {f.of_group for f in mine} == {True}
    assert {f.blocks for f in returned.findings} == {False}
    card = returned.card("huiji")
    assert (card.state, card.reason) == (UnitState.PROVISIONAL, "尚未实地考核：工作人员配备到位")


def test_no_finding_about_a_group_s_form_goes_back_to_the_unit(tmp_path: Path) -> None:
    """A unit without findings of its own gets nothing back; another gets what it would get without the inspection."""
    forms, now = everything_wrong()
    write_corrections(now.assessment(), {}, tmp_path / "before")
    write_corrections(now.assessment(*forms), {}, tmp_path / "after")
    before, after = tree(tmp_path / "before"), tree(tmp_path / "after")
    assert list(after) == list(before) == ["更正通知-惠济区工商联.txt", "更正通知-惠济区工商联.xlsx"]
    assert after == before
    write_corrections(YEAR.assessment(*forms), {}, tmp_path / "none")
    assert tree(tmp_path / "none") == {}
