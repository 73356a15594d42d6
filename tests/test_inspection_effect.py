"""What an inspection does to the scores: whole cases with exact results."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from kaohe.config.model import GateResult
from kaohe.publish.corrections import write_corrections
from kaohe.publish.results import results_data
from kaohe.publish.standing import blockers
from kaohe.scoring.score import reassess
from kaohe.scoring.scorecard import Assessment, ItemScore, ItemState, Status, UnitState
from kaohe.year_log import events_of
from tests.support import sample
from tests.support.forms import opened, saved
from tests.support.inspections import CODES, FOUND, PASSED, Answers, Year, fill_inspection, own_file, row_line, scores, unit_sheets, units_in, year
from tests.support.returned import NOTHING

ARTICLE: dict[str, Any] = {"title": "民营经济综述", "outlet": "郑州日报", "date": date(2014, 5, 6), "link": None}
ARTICLES: sample.Rows = {"articles": [ARTICLE, ARTICLE | {"title": "商会巡礼"}, ARTICLE | {"title": "企业家风采"}]}
YEAR = year(rows={"huiji": ARTICLES})
BEFORE = {
    "huiji": (98, 1),
    "guancheng": (97, 2),
    "zhongmu": (97, 2),
    "erqi": (97, 2),
    "dengfeng": (96, 5),
    "shangjie": (95, 6),
    "xinmi": (94, 7),
    "gaoxin": (92, 8),
    "zhongyuan": (91, 9),
    "xingyang": (91, 9),
    "xinzheng": (88, 11),
    "jinshui": (84, 12),
}
"""Totals and places by the units' own figures."""


def table(assessment: Assessment) -> dict[str, tuple[Any, Any]]:
    return {card.unit.code: (card.total, card.place) for card in assessment.cards}


def shown(score: ItemScore) -> tuple[Any, ...]:
    return score.points, score.self_points, score.verified_points, score.reason, score.state


def these(*values: Any) -> tuple[Any, ...]:
    """Values side by side, for one comparison."""
    return values


def moved(assessment: Assessment) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Items whose points are not those of the unit's own figures: (self, final)."""
    return {(c.unit.code, s.item.id): (s.self_points, s.points) for c in assessment.cards for s in c.items if s.points != s.self_points}


def everywhere(answers: Mapping[str, Answers] | None = None, where: Year = YEAR) -> tuple[bytes, ...]:
    """The forms of all four groups: every unit lacks nothing, and these answers besides."""
    forms = []
    for form in where.forms.values():
        forms.append(fill_inspection(form, {code: FOUND | dict((answers or {}).get(code, {})) for code in units_in(form)}))
    return tuple(forms)


def test_the_units_own_figures_place_them_so() -> None:
    assert table(YEAR.assessment()) == BEFORE


# The gate


def test_a_unit_that_lacks_nothing_is_valid() -> None:
    returned = YEAR.inspected({"huiji": FOUND})
    states = {card.unit.code: (card.state, card.reason) for card in returned.cards}
    waits = (UnitState.PROVISIONAL, "三项前提条件尚未实地考核")
    assert states == dict.fromkeys(CODES, waits) | {"huiji": (UnitState.VALID, "材料齐全，三项前提条件具备")}
    assert table(returned) == BEFORE
    assert returned.status is Status.PRELIMINARY
    assert YEAR.assessment(*everywhere()).status is Status.REVIEW
    assert moved(returned) == {}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"gate:gate_funding": "不具备"}, "实地考核不具备“办公经费有保证”的条件，按考核办法不再计分"),
        ({"gate:gate_funding": ("不具备", "未列入预算")}, "实地考核不具备“办公经费有保证”的条件（未列入预算），按考核办法不再计分"),
        (
            {"gate:gate_institution": ("不具备", "没有编制"), "gate:gate_staff": ("不具备", "只有一人")},
            "实地考核不具备“机构健全”“工作人员配备到位”的条件（没有编制；只有一人），按考核办法不再计分",
        ),
    ],
)
def test_a_unit_that_lacks_one_of_three_has_no_score(answers: Answers, reason: str) -> None:
    returned = YEAR.inspected({"huiji": FOUND | dict(answers)})
    card = returned.card("huiji")
    assert (card.state, card.reason) == (UnitState.GATED, reason)
    assert (card.total, card.place, card.capped, card.uncapped, card.bonus) == (None, None, None, None, None)
    assert {(s.points, s.state, s.why) for s in card.items} == {(Fraction(0), ItemState.VOID, f"{reason}。")}
    assert returned.cards[-1] is card
    assert returned.card("dengfeng").item("4.1b").points == 2
    assert {s.size for c in returned.cards if (s := c.item("4.1b").standing)} == {11}


def test_one_missing_condition_is_enough_before_the_others_were_looked_at() -> None:
    card = YEAR.inspected({"huiji": {"gate:gate_funding": "不具备"}}).card("huiji")
    assert (card.state, card.reason) == (UnitState.GATED, "实地考核不具备“办公经费有保证”的条件，按考核办法不再计分")


@pytest.mark.parametrize("answer", [None, "大体具备"])
def test_a_condition_that_is_blank_or_unreadable_has_not_been_inspected(answer: str | None) -> None:
    card = YEAR.inspected({"huiji": FOUND | {"gate:gate_staff": answer}}).card("huiji")
    assert (card.state, card.reason, card.place) == (UnitState.PROVISIONAL, "“工作人员配备到位”的条件尚未实地考核", 1)


def test_a_unit_without_a_submission_can_fail_the_gate_but_not_pass_into_the_ranking() -> None:
    absent = year(absent=("huiji",))
    assert absent.inspected({"huiji": FOUND}).card("huiji").state is UnitState.MISSING
    gated = absent.inspected({"huiji": FOUND | {"gate:gate_staff": "不具备"}}).card("huiji")
    assert (gated.state, gated.reason) == (UnitState.GATED, "实地考核不具备“工作人员配备到位”的条件，按考核办法不再计分")


def test_the_visit_is_kept() -> None:
    returned = YEAR.inspected({"huiji": FOUND | {"visit:date": date(2014, 12, 5), "visit:met": "张主席"}})
    found = returned.verifications["huiji"]
    assert dict(found.visit) == {"date": "2014-12-05", "met": "张主席"}
    assert (found.group, found.file, found.gate) == ("第四组", "核查1.xlsx", PASSED)


# Verified figures


def test_a_verified_figure_replaces_the_unit_s_own_and_moves_the_places_of_others() -> None:
    returned = YEAR.inspected({"huiji": FOUND | {"field:members_end": (1005, "台账只有1005人")}})
    assert moved(returned) == {
        ("huiji", "4.1a"): (2, 0),
        ("huiji", "4.1b"): (2, 0),
        ("huiji", "4.2"): (1, 2),
        ("dengfeng", "4.1b"): (0, 2),
        ("shangjie", "4.2"): (2, 1),
    }
    places = {
        "dengfeng": (98, 1),
        "guancheng": (97, 2),
        "zhongmu": (97, 2),
        "erqi": (97, 2),
        "huiji": (95, 5),
        "shangjie": (94, 6),
        "xinmi": (94, 6),
    }
    assert table(returned) == BEFORE | places
    told = "“年末会员总数”单位填报1175，第四组核定为1005（台账只有1005人）；"
    whys = {i: returned.card("huiji").item(i).why for i in ("4.1a", "4.1b", "4.2")}
    assert whys == {
        "4.1a": f"{told}“年初会员总数”1000、“年末会员总数”1005，增长率0.5%，未达到6%，不计分。",
        "4.1b": f"{told}“年初会员总数”1000、“年末会员总数”1005，增长率0.5%，在12个单位中居第12位，未列前5位，不计分。",
        "4.2": f"{told}“年末企业会员数”777、“年末会员总数”1005，比例约77.31%，在12个单位中居第1位，列前5位，计2分。",
    }
    assert shown(returned.card("huiji").item("4.1a")) == (0, 2, None, "台账只有1005人", ItemState.SCORED)
    assert shown(returned.card("dengfeng").item("4.1b")) == (2, 0, None, "", ItemState.SCORED)
    own = next(source for source in returned.card("huiji").item("4.1a").sources if source.id == "members_end")
    assert (own.raw, own.value) == ("1175", "1005")
    assert returned.records["huiji"].fields["members_end"].value == 1175


def test_a_verified_yes_or_no_replaces_the_unit_s_own() -> None:
    score = YEAR.inspected({"huiji": {"field:tasks_done": ("否", "两次未完成")}}).card("huiji").item("1.2")
    assert shown(score) == (0, 5, None, "两次未完成", ItemState.SCORED)
    assert score.why.startswith("“是否积极配合完成临时性工作”单位填报是，第四组核定为否（两次未完成）；")
    assert score.why.endswith("不计分。")


def test_results_json_tells_self_verified_and_reason() -> None:
    answers = FOUND | {"field:website_items": (90, "重复发布的不计"), "item:1.2": (2.5, "完成一半"), "item:3.2": (2, "一篇未见报")}
    data = results_data(YEAR.inspected({"huiji": answers}))
    unit = next(unit for unit in data["units"] if unit["code"] == "huiji")
    items = {item["id"]: tuple(item[key] for key in ("points", "self_points", "verified_points", "reason")) for item in unit["items"]}
    assert {i: items[i] for i in ("1.1", "1.2", "1.3", "3.2")} == {
        "1.1": (8, 8, None, ""),
        "1.2": ("5/2", 5, "5/2", "完成一半"),
        "1.3": (0, 5, None, "重复发布的不计"),
        "3.2": (2, 3, 2, "一篇未见报"),
    }
    assert (unit["total"], unit["capped"], unit["uncapped"], unit["place"]) == ("179/2", "175/2", 2, 10)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("members_end", 1005),
        ("members_end", 2000),
        ("members_start", 0),
        ("chambers_end", 60),
        ("website_items", 99),
        ("clusters_with_chamber", 2),
        ("sme_finance", False),
    ],
)
def test_a_verified_figure_scores_as_if_the_unit_had_filled_it(field: str, value: int) -> None:
    typed = {True: "是", False: "否"}[value] if isinstance(value, bool) else value
    returned = YEAR.inspected({"huiji": {f"field:{field}": (typed, "核对")}})
    filled = YEAR.with_record("huiji", sample.full_fields(YEAR.office, 11) | {field: value}, ARTICLES).assessment()
    assert table(returned) == table(filled)
    assert {(c.unit.code, s.item.id): (s.points, s.standing) for c in returned.cards for s in c.items} == {
        (c.unit.code, s.item.id): (s.points, s.standing) for c in filled.cards for s in c.items
    }


def test_blank_or_the_same_value_means_agreed() -> None:
    agreed = {"field:website_items": "145", "field:tasks_done": "是", "item:1.1": 8, row_line(YEAR.form_for("huiji"), "huiji", "商会巡礼"): "认可"}
    assert scores(YEAR.inspected({"huiji": FOUND | agreed})) == scores(YEAR.inspected({"huiji": FOUND}))
    assert moved(YEAR.inspected({"huiji": FOUND | agreed})) == {}


@pytest.mark.parametrize(
    "answers",
    [
        {"field:website_items": 90},
        {"field:website_items": ("约90", "核对")},
        {"item:1.1": 4},
        {"item:1.1": (9, "表现突出")},
        {"item:1.1": ("满分", "表现突出")},
        {"item:1.1": ("4.125", "缺席")},
        {"field:meetings_attended": (99, "签到表")},
        {"field:meetings_due": (5, "只通知了5次")},
        {"row": "不认可"},
        {"row": ("存疑", "核对")},
    ],
)
def test_an_answer_with_an_error_changes_nothing(answers: Answers) -> None:
    line = row_line(YEAR.form_for("huiji"), "huiji", "商会巡礼")
    given = {line if key == "row" else key: value for key, value in answers.items()}
    assert scores(YEAR.inspected({"huiji": FOUND | given})) == scores(YEAR.inspected({"huiji": FOUND}))


# Errors of the unit's own

WRONG = year(changed={"huiji": {"townships_total": 12, "townships_with_chamber": 15}})


def test_fifteen_of_twelve_waits_for_the_unit_until_the_group_has_counted() -> None:
    waiting = WRONG.inspected({"huiji": FOUND}).card("huiji")
    assert (waiting.state, waiting.reason) == (UnitState.INCOMPLETE, "有1处待更正，得分为暂计")
    assert shown(waiting.item("6.2")) == (0, 0, None, "", ItemState.BLOCKED)
    settled = WRONG.inspected({"huiji": FOUND | {"field:townships_with_chamber": (12, "实地清点12个")}}).card("huiji")
    assert (settled.state, settled.reason) == (UnitState.VALID, "材料齐全，三项前提条件具备")
    assert shown(settled.item("6.2")) == (2, 0, None, "实地清点12个", ItemState.SCORED)
    assert settled.item("6.2").why == (
        "“已建商会的乡镇、街道数”单位填报15，第四组核定为12（实地清点12个）；“乡镇、街道总数”12、“已建商会的乡镇、街道数”12，全部达到，计2分。"
    )
    assert these(waiting.total, settled.total) == (95, 97)


def test_the_group_may_find_that_the_whole_was_wrong() -> None:
    """Fifteen of twelve is as well put right by a total of fifteen."""
    card = WRONG.inspected({"huiji": FOUND | {"field:townships_total": (15, "区划调整后15个")}}).card("huiji")
    assert these(card.state, card.item("6.2").points) == (UnitState.VALID, 2)


def test_the_group_may_confirm_a_figure_that_an_error_blocks() -> None:
    answers = FOUND | {"field:townships_total": (15, "区划调整后15个"), "field:townships_with_chamber": (15, "实地清点15个")}
    card = WRONG.inspected({"huiji": answers}).card("huiji")
    assert these(card.state, card.item("6.2").points) == (UnitState.VALID, 2)


def test_a_finding_of_the_unit_s_own_elsewhere_still_waits() -> None:
    both = year(changed={"huiji": {"townships_with_chamber": 15, "committee_attended": 11}})
    card = both.inspected({"huiji": FOUND | {"field:townships_with_chamber": (12, "实地清点12个")}}).card("huiji")
    assert (card.state, card.reason) == (UnitState.INCOMPLETE, "有1处待更正，得分为暂计")


def test_the_group_does_not_settle_an_error_with_a_figure_that_contradicts_the_other_one() -> None:
    """Thirteen of twelve is no better than fifteen of twelve: the unit still waits, and nothing is taken."""
    answers = FOUND | {"field:townships_with_chamber": (13, "实地清点")}
    returned = WRONG.inspected({"huiji": answers})
    assert [(f.code, f.field) for f in returned.findings if f.of_group] == [("V-709", "field:townships_with_chamber")]
    assert scores(returned) == scores(WRONG.inspected({"huiji": FOUND}))


def test_what_the_group_has_settled_does_not_go_back_to_the_unit(tmp_path: Path) -> None:
    waiting = WRONG.inspected({"huiji": FOUND})
    settled = WRONG.inspected({"huiji": FOUND | {"field:townships_with_chamber": (12, "实地清点12个")}})
    for name, returned in (("waiting", waiting), ("settled", settled)):
        write_corrections(returned, NOTHING, tmp_path / name)
    assert sorted(path.name for path in (tmp_path / "waiting").iterdir()) == ["更正通知-惠济区工商联.txt", "更正通知-惠济区工商联.xlsx"]
    assert list((tmp_path / "settled").iterdir()) == []
    (left,), (done,) = waiting.findings_of("huiji"), settled.findings_of("huiji")
    assert done == replace(left, settled=True, action="考核组已经核定，单位不用再更正")
    assert (waiting.open_findings_of("huiji"), settled.open_findings_of("huiji")) == ((left,), ())
    assert [f["settled"] for f in results_data(settled)["findings"] if f["unit"] == "huiji"] == [True]
    again = reassess(settled, settled.rulebook)
    assert (again.findings, scores(again)) == (settled.findings, scores(settled))


# What holds back the final set

UNDECIDED = "没有审定：收件箱里没有与现在的结果相符的审定表。请制作审定表，主席办公会议审定后放进收件箱"


def test_errors_in_a_form_that_counts_hold_back_the_final_set() -> None:
    returned = YEAR.assessment(*everywhere({"huiji": {"item:1.1": 4, "field:meetings_attended": (99, "签到表")}, "erqi": {"item:1.1": (9, "多")}}))
    assert returned.status is Status.REVIEW
    file = returned.verifications["huiji"].file
    assert blockers(returned) == (
        f"二七区工商联的核查表“{file}”有1处错误，没有采用：E66“会议出勤和活动”核定分超过满分。请第四组改正后重新交回",
        f"惠济区工商联的核查表“{file}”有2处错误，没有采用：E15“实际参加会议次数”核定值与另一个数矛盾；"
        "E71“会议出勤和活动”核定与单位填报不一致，没有写理由。请第四组改正后重新交回",
        UNDECIDED,
    )


def test_a_long_list_of_errors_is_cut() -> None:
    answers = {f"item:{n}": 1 for n in ("1.1", "1.2", "1.3", "2.1", "2.2", "3.1")}
    line, last = blockers(YEAR.assessment(*everywhere({"huiji": answers})))
    assert (line.count("没有写理由"), "有6处错误" in line, "没有写理由等。请第四组" in line, last) == (5, True, True, UNDECIDED)
    del answers["item:3.1"]
    line, last = blockers(YEAR.assessment(*everywhere({"huiji": answers})))
    assert (line.count("没有写理由"), "有5处错误" in line, "没有写理由。请第四组" in line, last) == (5, True, True, UNDECIDED)


def test_doubts_and_sheets_that_do_not_count_hold_nothing_back() -> None:
    older = YEAR.filled({"huiji": FOUND | {"item:1.1": (9, "多")}})
    assert blockers(YEAR.assessment(older, *everywhere({"huiji": {"item:1.1": (None, "只写理由"), "visit:met": None}}))) == (UNDECIDED,)


# The year's log


def test_another_form_with_the_same_name_and_counts_is_another_event() -> None:
    def logged(*forms: bytes) -> list[tuple[str, str, str]]:
        return [(e.kind, e.unit, e.subject) for e in events_of(YEAR.assessment(*forms), 0) if e.kind == "核查"]

    first, second = (YEAR.filled({"huiji": FOUND | {"item:1.1": (4, reason)}}) for reason in ("缺席", "迟到"))
    expected = [[("核查", "huiji", f"核查1.xlsx（{hashlib.sha256(form).hexdigest()[:8]}）")] for form in (first, second)]
    assert [logged(first), logged(second)] == expected
    assert logged(first) != logged(second)
    assert [e.said for e in events_of(YEAR.assessment(first), 0)] == [e.said for e in events_of(YEAR.assessment(second), 9)]


# Rows


def test_a_refused_row_does_not_count() -> None:
    line = row_line(YEAR.form_for("huiji"), "huiji", "商会巡礼")
    returned = YEAR.inspected({"huiji": FOUND | {line: ("不认可", "没有见报")}})
    score = returned.card("huiji").item("3.2")
    assert shown(score) == (2, 3, None, "没有见报", ItemState.SCORED)
    assert score.why == "《宣传报道》有1行第四组不认可；《宣传报道》中的有效行2行（第5、7行），每行计1分，计2分。"
    assert [source.cell for source in score.sources] == ["5:5", "7:7"]
    assert moved(returned) == {("huiji", "3.2"): (3, 2)}
    assert table(returned) == BEFORE | dict.fromkeys(("huiji", "guancheng", "zhongmu", "erqi"), (97, 1))


def test_reasons_of_several_rows_stand_together() -> None:
    form = YEAR.form_for("huiji")
    answers = {row_line(form, "huiji", title): ("不认可", reason) for title, reason in (("民营经济综述", "没有见报"), ("商会巡礼", "没有见报"))}
    score = YEAR.inspected({"huiji": answers}).card("huiji").item("3.2")
    assert shown(score) == (1, 3, None, "没有见报", ItemState.SCORED)
    assert score.why == "《宣传报道》有2行第四组不认可；《宣传报道》中的有效行1行（第7行），每行计1分，计1分。"


def test_a_refused_row_concerns_only_the_items_that_would_have_counted_it() -> None:
    """Three items and two areas share one list: what is refused in one is no reason in another."""
    honour: dict[str, Any] = {"area": "招商引资", "kind": "表彰", "name": "先进单位", "level": "市级", "date": date(2014, 6, 9), "document": None}
    rows = {"honours": [honour, honour | {"area": "理想信念教育", "name": "发言"}]}
    held = year(rows={"huiji": rows})
    card = held.inspected({"huiji": {row_line(held.form_for("huiji"), "huiji", "先进单位"): ("不认可", "无原件")}}).card("huiji")
    assert shown(card.item("9.3b")) == (0, 2, None, "无原件", ItemState.SCORED)
    assert shown(card.item("2.3b")) == (2, 2, None, "", ItemState.SCORED)
    assert {s.item.id for s in card.items if s.reason} == {"9.3b"}
    assert "不认可" not in card.item("2.3b").why


def test_a_refusal_follows_its_row_when_the_unit_sends_its_form_again() -> None:
    form = YEAR.filled({"huiji": FOUND | {row_line(YEAR.form_for("huiji"), "huiji", "商会巡礼"): ("不认可", "没有见报")}})
    rows = {
        "articles": [ARTICLE | {"title": "新的一篇"}, ARTICLE | {"title": "企业家风采"}, ARTICLE | {"title": "商会 巡礼", "link": "A3版"}, ARTICLE]
    }
    again = YEAR.with_record("huiji", sample.full_fields(YEAR.office, 11), rows)
    score = again.assessment(form).card("huiji").item("3.2")
    assert shown(score) == (3, 4, None, "没有见报", ItemState.SCORED)
    assert score.why == "《宣传报道》有1行第四组不认可；《宣传报道》中的有效行3行（第5、6、8行），每行计1分，计3分。"


def test_a_refused_row_that_the_unit_took_out_leaves_no_trace() -> None:
    form = YEAR.filled({"huiji": FOUND | {row_line(YEAR.form_for("huiji"), "huiji", "商会巡礼"): ("不认可", "没有见报")}})
    again = YEAR.with_record("huiji", sample.full_fields(YEAR.office, 11), {"articles": [ARTICLE]})
    returned = again.assessment(form)
    assert [(f.code, f.unit) for f in returned.findings if f.of_group] == [("V-708", "huiji")]
    score = returned.card("huiji").item("3.2")
    assert shown(score) == (1, 1, None, "", ItemState.SCORED)
    assert score.why == "《宣传报道》中的有效行1行（第5行），每行计1分，计1分。"


# Points awarded


@pytest.mark.parametrize(
    ("item", "given", "own", "awarded"),
    [
        ("1.1", 4, 8, Fraction(4)),
        ("1.1", "1.5", 8, Fraction(3, 2)),
        ("1.3", 2.25, 5, Fraction(9, 4)),
        ("3.2", 10, 3, Fraction(10)),
        ("3.2", 1.1, 3, Fraction(11, 10)),
    ],
)
def test_awarded_points_replace_the_item_s_exactly(item: str, given: Any, own: int, awarded: Fraction) -> None:
    returned = YEAR.inspected({"huiji": FOUND | {f"item:{item}": (given, "酌情")}})
    card = returned.card("huiji")
    assert shown(card.item(item)) == (awarded, own, awarded, "酌情", ItemState.SCORED)
    assert card.total == BEFORE["huiji"][0] - own + awarded
    capped = card.item(item).maximum is not None
    assert these(card.capped, card.uncapped) == ((95 - own + awarded, 3) if capped else (95, awarded))
    assert sum(card.sections.values()) == card.total


def test_awarded_points_are_told_before_the_rule_s() -> None:
    score = YEAR.inspected({"huiji": {"item:3.2": (1.5, "半篇")}}).card("huiji").item("3.2")
    assert score.why == "第四组核定1.5分（半篇）；按规则：《宣传报道》中的有效行3行（第5—7行），每行计1分，计3分。"


def test_awarded_points_come_last_after_a_corrected_figure() -> None:
    """With 90 items the rule gives nothing; the group gives two points all the same."""
    answers = {"field:website_items": (90, "重复发布的不计"), "item:1.3": (2, "质量较好")}
    score = YEAR.inspected({"huiji": answers}).card("huiji").item("1.3")
    assert shown(score) == (2, 5, 2, "重复发布的不计；质量较好", ItemState.SCORED)
    assert score.why.startswith("第四组核定2分（质量较好）；按规则：“在工商联网站发布信息条数”单位填报145，第四组核定为90（重复发布的不计）；")


def test_awarded_points_hold_even_where_they_are_the_self_score() -> None:
    """The corrected figure alone would give nothing; the group lets the five points stand and says why."""
    answers = {"field:website_items": (99, "一条重复"), "item:1.3": (5, "只差一条")}
    score = YEAR.inspected({"huiji": answers}).card("huiji").item("1.3")
    assert shown(score) == (5, 5, 5, "一条重复；只差一条", ItemState.SCORED)


def test_awarded_points_on_an_item_by_place_move_nobody_else() -> None:
    returned = YEAR.inspected({"huiji": {"item:4.1b": (0, "退会未报")}})
    assert moved(returned) == {("huiji", "4.1b"): (2, 0)}
    score = returned.card("huiji").item("4.1b")
    assert shown(score) == (0, 2, 0, "退会未报", ItemState.SCORED)


def test_awarded_points_decide_an_item_that_waits_for_the_meeting() -> None:
    nothing_due = year(changed={"huiji": {"clusters_total": 0, "clusters_with_chamber": 0}})
    assert nothing_due.assessment().card("huiji").item("6.3").state is ItemState.PENDING
    score = nothing_due.inspected({"huiji": {"item:6.3": (2, "没有集聚区")}}).card("huiji").item("6.3")
    assert shown(score) == (2, 0, 2, "没有集聚区", ItemState.SCORED)


def test_a_unit_that_fails_the_gate_keeps_no_awarded_points() -> None:
    card = YEAR.inspected({"huiji": FOUND | {"gate:gate_staff": "不具备", "item:3.2": (10, "酌情")}}).card("huiji")
    assert these(card.state, card.total, card.item("3.2").points) == (UnitState.GATED, None, 0)


# Several forms


def test_a_newer_form_of_the_right_group_replaces_the_older_as_a_whole() -> None:
    older = YEAR.filled({"huiji": FOUND | {"field:website_items": (90, "重复发布的不计"), "item:1.1": (4, "缺席")}})
    newer = YEAR.filled({"huiji": FOUND | {"item:1.1": (6, "补会")}})
    card = YEAR.assessment(older, newer).card("huiji")
    assert (shown(card.item("1.3")), shown(card.item("1.1"))) == ((5, 5, None, "", ItemState.SCORED), (6, 8, 6, "补会", ItemState.SCORED))
    assert scores(YEAR.assessment(older, newer)) == scores(YEAR.assessment(newer))
    assert YEAR.assessment(newer, older).card("huiji").item("1.1").points == 4


def test_a_form_of_another_group_changes_nothing() -> None:
    book = opened(YEAR.filled({"xinzheng": FOUND | {"item:1.1": (4, "缺席")}}))
    unit_sheets(book)["xinzheng"]["G1"] = "unit:huiji"
    foreign, own = saved(book), YEAR.filled({"huiji": FOUND})
    assert scores(YEAR.assessment(foreign)) == scores(YEAR.assessment())
    for forms in ((own, foreign), (foreign, own)):
        assert scores(YEAR.assessment(*forms)) == scores(YEAR.assessment(own))


# The unit sends its form again


def test_what_the_group_wrote_holds_when_the_unit_changes_its_figure() -> None:
    form = YEAR.filled({"huiji": FOUND | {"field:website_items": (90, "重复发布的不计"), "item:1.1": (4, "缺席")}})
    changed = sample.full_fields(YEAR.office, 11) | {"website_items": 160, "meetings_attended": 5, "study_sessions": 1}
    returned = YEAR.with_record("huiji", changed, ARTICLES).assessment(form)
    card = returned.card("huiji")
    assert shown(card.item("1.3")) == (0, 5, None, "重复发布的不计", ItemState.SCORED)
    assert shown(card.item("1.1")) == (4, 0, 4, "缺席", ItemState.SCORED)
    assert shown(card.item("3.1")) == (0, 0, None, "", ItemState.SCORED)
    assert card.item("1.3").why.startswith("“在工商联网站发布信息条数”单位填报160，第四组核定为90（重复发布的不计）；")
    assert ("V-707", "field:website_items") in [(f.code, f.field) for f in returned.findings]
    assert card.state is UnitState.VALID


def test_a_figure_that_the_group_wrote_out_in_agreement_holds_too() -> None:
    """“没有填核定值的，按单位现在的数计分”: where one was written, it is that."""
    form = YEAR.filled({"huiji": FOUND | {"field:website_items": 145}})
    changed = sample.full_fields(YEAR.office, 11) | {"website_items": 20}
    returned = YEAR.with_record("huiji", changed, ARTICLES).assessment(form)
    assert [(f.code, f.field) for f in returned.findings if f.of_group] == [("V-707", "field:website_items")]
    assert these(returned.card("huiji").item("1.3").points, returned.card("huiji").item("1.3").self_points) == (5, 0)


def test_a_unit_that_accepts_the_group_s_figure_and_sends_it_again_is_told_of_no_difference() -> None:
    form = YEAR.filled({"huiji": FOUND | {"field:website_items": (90, "重复发布的不计")}})
    changed = sample.full_fields(YEAR.office, 11) | {"website_items": 90}
    score = YEAR.with_record("huiji", changed, ARTICLES).assessment(form).card("huiji").item("1.3")
    assert these(score.points, score.self_points) == (0, 0)
    assert "核定" not in score.why


# Results in the configuration

MIXED = dict.fromkeys(CODES[:9], PASSED) | {
    "zhongmu": GateResult(gate_institution=True, gate_staff=False, gate_funding=True, remark="只有一人"),
    "erqi": GateResult(gate_institution=True, gate_staff=True),
}


def test_results_in_the_configuration_still_count_without_an_inspection_form() -> None:
    returned = YEAR.with_gate(MIXED).assessment()
    states = {card.unit.code: (card.state, card.reason) for card in returned.cards}
    assert states == dict.fromkeys(CODES[:9], (UnitState.VALID, "材料齐全，三项前提条件具备")) | {
        "zhongmu": (UnitState.GATED, "实地考核不具备“工作人员配备到位”的条件（只有一人），按考核办法不再计分"),
        "erqi": (UnitState.PROVISIONAL, "“办公经费有保证”的条件尚未实地考核"),
        "huiji": (UnitState.PROVISIONAL, "三项前提条件尚未实地考核"),
    }


def test_a_form_counts_before_the_configuration_and_for_its_own_units_only() -> None:
    held = YEAR.with_gate(MIXED)
    returned = held.inspected({"zhongmu": FOUND, "erqi": FOUND, "huiji": FOUND | {"gate:gate_funding": "不具备"}})
    states = {card.unit.code: card.state for card in returned.cards}
    assert states == dict.fromkeys(CODES, UnitState.VALID) | {"huiji": UnitState.GATED}


GATES: tuple[dict[str, GateResult], ...] = (
    dict.fromkeys(CODES, PASSED),
    MIXED,
    {
        code: GateResult(gate_institution=n % 3 != 0, gate_staff=n % 4 != 1 or None, gate_funding=n % 5 != 2 or None, remark="")
        for n, code in enumerate(CODES)
    },
)


@pytest.mark.parametrize("gate", GATES)
def test_an_inspection_of_the_gate_alone_is_the_same_as_the_configuration_s(gate: Mapping[str, GateResult]) -> None:
    words = {True: "具备", False: "不具备", None: None}
    forms = []
    for form in YEAR.forms.values():
        answers: dict[str, dict[str, Any]] = {}
        for code in units_in(form):
            result = gate.get(code, GateResult())
            given = {f"gate:{c}": words[result.holds(c)] for c in ("gate_institution", "gate_staff", "gate_funding")}
            answers[code] = {line: (word, result.remark if word == "不具备" else None) for line, word in given.items() if word}
        forms.append(fill_inspection(form, answers))
    assert scores(YEAR.assessment(*forms)) == scores(YEAR.with_gate(gate).assessment())


def test_files_of_units_stay_theirs() -> None:
    """An inspection form is nobody's submission."""
    returned = YEAR.assessment(*everywhere())
    assert {card.unit.code: card.file for card in returned.cards} == {code: own_file(code) for code in CODES}
