"""What the meeting's decision does to the result: whole cases with exact figures."""

import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import pipeline
from kaohe.checks.finding import Severity
from kaohe.commands.outcome import show_outcome
from kaohe.config.model import Award
from kaohe.forms.decision import KEEP, decision_name
from kaohe.intake.record import Verdict
from kaohe.ledger import Ledger
from kaohe.progress import Silent
from kaohe.publish.outbox import Published
from kaohe.publish.results import results_data
from kaohe.publish.standing import standing_note
from kaohe.run import Outcome, run
from kaohe.scoring.decision import Adjustment, Decision
from kaohe.scoring.scorecard import Assessment, ItemState, Status, UnitState
from kaohe.survey import survey
from tests.support.concluded import DECISION_FILE, concluded, reviewed
from tests.support.decisions import APPROVED, FILE, approved, decided, figures, fill_decision, form_of
from tests.support.forms import NOON, drop, filled, sound_fields, tree
from tests.support.inspections import scores

pytestmark = pytest.mark.slow

YEAR = figures()
NOW = YEAR.assessment()
FORM = form_of(NOW)
BEFORE: dict[str, tuple[Any, Any]] = {
    "erqi": (107, 1),
    "huiji": (107, 1),
    "guancheng": (97, 3),
    "zhongmu": (97, 3),
    "dengfeng": (96, 5),
    "xinmi": (94, 6),
    "gaoxin": (93, 7),
    "zhongyuan": (91, 8),
    "xingyang": (91, 8),
    "xinzheng": (88, 10),
    "jinshui": (84, 11),
    "shangjie": (None, None),
}
"""Totals and places before the meeting."""

EVERYTHING: dict[str, Any] = {
    "readings": {"articles-cap": "最多计10篇", "middle-4.2": KEEP},
    "adjustments": [("金水区工商联", "1.3", 2.5, "会后补交"), ("惠济", "3.2", 9, "核减")],
    "awards": [("二七区工商联", "标兵单位"), ("管城区工商联", "先进单位"), ("金水", "进步奖"), ("中牟县工商联", "先进单位")],
}
"""A meeting that decides something of every kind."""


def table(assessment: Assessment) -> dict[str, tuple[Any, Any]]:
    return {card.unit.code: (card.total, card.place) for card in assessment.cards}


def under(**more: Any) -> Assessment:
    """The year's figures with an approving form filled so."""
    return decided(NOW, approved(FORM, **more))


def test_before_the_meeting() -> None:
    assert table(NOW) == BEFORE
    assert (NOW.status, NOW.decision, NOW.config.awards) == (Status.REVIEW, None, ())


# What takes effect


def test_an_approval_alone_changes_no_figure_and_makes_it_final() -> None:
    found = under()
    assert scores(found) == scores(NOW)
    assert (found.status, found.findings, found.config.awards) == (Status.FINAL, NOW.findings, ())
    assert found.decision == Decision(FILE, date(2015, 1, 20), "郑工商〔2015〕3号", "郑工商〔2015〕4号", approved=True)
    assert found.rulebook.rules_hash == NOW.rulebook.rules_hash
    assert found.files[-1].name == FILE


def test_a_reading_is_applied() -> None:
    found = under(readings={"articles-cap": "最多计10篇", "middle-4.2": KEEP})
    assert table(found) == BEFORE | {"huiji": (105, 2)}
    assert found.decision is not None
    assert dict(found.decision.readings) == {"articles-cap": "10", "middle-4.2": "1"}
    assert {r.id: r.taken for r in found.rulebook.readings} == {r.id: r.taken for r in NOW.rulebook.readings} | {"articles-cap": "10"}
    score = found.card("huiji").item("3.2")
    assert {score.points, score.maximum, score.self_points} == {Fraction(10)}
    assert results_data(found)["rulebook"]["readings"]["articles-cap"] == "10"


def test_keeping_every_reading_changes_nothing() -> None:
    found = under(readings={reading.id: KEEP for reading in NOW.rulebook.readings})
    assert scores(found) == scores(NOW)
    assert found.rulebook.rules_hash == NOW.rulebook.rules_hash


@pytest.mark.parametrize(
    ("written", "exact", "told"),
    [
        (2.5, Fraction(5, 2), "2.5"),
        ("1.1", Fraction(11, 10), "1.1"),
        (0.1, Fraction(1, 10), "0.1"),
        ("0.333", Fraction(333, 1000), "333/1000"),
        (5, Fraction(5), "5"),
    ],
)
def test_an_adjustment_replaces_the_points_of_one_item(written: Any, exact: Fraction, told: str) -> None:
    found = under(adjustments=[("金水区工商联", "1.3", written, "会后补交")])
    card, was = found.card("jinshui"), NOW.card("jinshui")
    score = card.item("1.3")
    assert (score.points, score.self_points, score.verified_points, score.reason, score.state) == (
        exact,
        Fraction(0),
        None,
        "会后补交",
        ItemState.SCORED,
    )
    assert score.why == f"主席办公会议审定{told}分（会后补交）；审定前计0分：“在工商联网站发布信息条数”填95，未达到100，不计分。"
    assert card.total == Fraction(84) + exact
    assert card.items == tuple(score if s.item.id == "1.3" else s for s in was.items)
    place = 10 if exact == 5 else 11
    moved = {"jinshui": (84 + exact, place)} | ({"xinzheng": (88, 11)} if exact == 5 else {})
    assert table(found) == BEFORE | moved
    assert found.decision is not None
    assert found.decision.adjustments == (Adjustment("jinshui", "1.3", exact, "会后补交"),)


def test_an_adjustment_may_take_points_and_moves_places() -> None:
    found = under(adjustments=[("二七区工商联", "1.1", 0, "缺席一次"), ("惠济", "15.4a", 0.5, "核实")])
    assert table(found) == BEFORE | {"huiji": (Fraction(215, 2), 1), "erqi": (99, 2)}
    data = {unit["code"]: unit for unit in results_data(found)["units"]}
    (item,) = [item for item in data["huiji"]["items"] if item["id"] == "15.4a"]
    assert (data["huiji"]["total"], item["points"], item["self_points"], item["reason"]) == ("215/2", "1/2", 0, "核实")


def test_an_adjustment_stands_over_the_rule_under_the_new_readings() -> None:
    found = under(**EVERYTHING)
    changed = {"huiji": (104, 2), "jinshui": (Fraction(173, 2), 11)}
    assert table(found) == BEFORE | changed
    why = found.card("huiji").item("3.2").why
    assert why.startswith("主席办公会议审定9分（核减）；审定前计10分：")
    assert (found.status, found.findings) == (Status.FINAL, NOW.findings)


def test_awards_of_the_configuration_stand_where_the_meeting_names_none() -> None:
    """What the meeting names stands in their place as a whole."""
    configured = (Award(name="先进单位", units=("huiji",)),)
    known = replace(NOW, config=NOW.config.model_copy(update={"awards": configured}))
    assert decided(known, approved(form_of(known))).config.awards == configured
    named = decided(known, approved(form_of(known), awards=[("二七区工商联", "标兵单位")]))
    assert named.config.awards == (Award(name="标兵单位", units=("erqi",)),)


def test_awards_stand_in_the_order_of_the_form() -> None:
    found = under(**EVERYTHING)
    awards = (
        Award(name="标兵单位", units=("erqi",)),
        Award(name="先进单位", units=("guancheng", "zhongmu")),
        Award(name="进步奖", units=("jinshui",)),
    )
    assert found.config.awards == awards
    assert found.decision is not None
    assert found.decision.awards == awards


def test_number_and_date() -> None:
    found = under(meeting={"date": "2015年1月22日", "number": "郑工商〔2015〕12号", "award_number": None})
    assert found.decision is not None
    assert (found.decision.met_on, found.decision.number, found.decision.award_number) == (date(2015, 1, 22), "郑工商〔2015〕12号", "")


# What does not


@pytest.mark.parametrize("answer", ["否", None, "×"])
def test_a_decision_that_does_not_approve_changes_no_figure(answer: str | None) -> None:
    found = under(meeting={"approve": answer}, **EVERYTHING)
    assert scores(found) == scores(NOW)
    assert (found.status, found.findings, found.config) == (Status.REVIEW, NOW.findings, NOW.config)
    assert found.rulebook.rules_hash == NOW.rulebook.rules_hash
    assert found.decision is not None
    assert (found.decision.approved, found.decision.number) == (False, "郑工商〔2015〕3号")


@pytest.mark.parametrize(
    ("code", "faulty"),
    [
        ("V-802", {"meeting": {"date": None}}),
        ("V-803", {"meeting": {"date": "下周二"}}),
        ("V-804", {"meeting": {"number": "郑工商[2015]3号"}}),
        ("V-805", {"readings": {"articles-cap": "最多计10篇", "middle-4.2": "计2分"}}),
        ("V-806", {"adjustments": [("金水区工商联", "1.3", 2.5, None)]}),
        ("V-807", {"adjustments": [("开封市工商联", "1.3", 2.5, "补交")]}),
        ("V-808", {"adjustments": [("金水区工商联", "1.3", 5.5, "补交")]}),
        ("V-809", {"awards": [("上街区工商联", "先进单位")]}),
        ("V-810", {"awards": [("金水区工商联", "先进单位"), ("金水区工商联", "先进单位")]}),
    ],
)
def test_one_error_and_nothing_of_the_form_takes_effect(code: str, faulty: Mapping[str, Any]) -> None:
    found = under(**EVERYTHING | dict(faulty))
    assert scores(found) == scores(NOW)
    assert (found.status, found.decision, found.config) == (Status.REVIEW, None, NOW.config)
    assert found.rulebook.rules_hash == NOW.rulebook.rules_hash
    assert found.findings[: len(NOW.findings)] == NOW.findings
    assert [f.code for f in found.findings[len(NOW.findings) :]] == [code]


def test_a_decision_on_other_figures_changes_no_figure() -> None:
    sent = replace(NOW, files=tuple(replace(f, sha256="9" * 64) if f.unit == "huiji" else f for f in NOW.files))
    found = decided(sent, approved(FORM, **EVERYTHING))
    assert scores(found) == scores(NOW)
    assert (found.status, found.decision, found.config) == (Status.REVIEW, None, NOW.config)
    assert [f.code for f in found.findings[len(NOW.findings) :]] == ["V-801"]


def test_two_adjustments_of_one_item_contradict_each_other() -> None:
    """Which of the two counts is not for a program to choose."""
    found = under(adjustments=[("金水区工商联", "1.3", 2.5, "补交"), ("金水", 1.3, 4, "酌情")])
    assert [(f.severity, f.sheet, f.cell) for f in found.findings[len(NOW.findings) :]] == [(Severity.ERROR, "调整", "C6")]
    assert scores(found) == scores(NOW)
    assert found.status is Status.REVIEW


# Final only when every unit is decided


def test_a_unit_that_waits_for_its_inspection_keeps_it_preliminary() -> None:
    waiting = figures(waiting=("huiji",)).assessment()
    assert waiting.card("huiji").state is UnitState.PROVISIONAL
    found = decided(waiting, approved(form_of(waiting), **EVERYTHING))
    assert found.status is Status.PRELIMINARY
    assert table(found)["huiji"] == (104, 2)
    assert found.decision is not None


def test_a_unit_that_has_sent_nothing_keeps_it_preliminary() -> None:
    absent = figures(absent=("zhongyuan",)).assessment()
    found = decided(absent, approved(form_of(absent)))
    assert (found.card("zhongyuan").state, found.status) == (UnitState.MISSING, Status.PRELIMINARY)


def test_an_adjustment_does_not_correct_what_the_unit_must_correct() -> None:
    wrong = YEAR.with_record("jinshui", {"townships_total": 12, "townships_with_chamber": 15}).assessment()
    assert wrong.card("jinshui").state is UnitState.INCOMPLETE
    found = decided(wrong, approved(form_of(wrong), adjustments=[("金水区工商联", "6.2", 2, "实际全部建立")]))
    assert (found.card("jinshui").state, found.status) == (UnitState.INCOMPLETE, Status.PRELIMINARY)
    score = found.card("jinshui").item("6.2")
    assert (score.points, score.state) == (Fraction(2), ItemState.SCORED)


# Which form counts


def test_the_newest_form_counts_and_says_so_of_the_older() -> None:
    found = decided(NOW, approved(FORM, **EVERYTHING), approved(FORM, meeting={"number": "郑工商〔2015〕9号"}))
    assert scores(found) == scores(NOW)
    assert found.decision is not None
    assert (found.decision.file, found.decision.number, found.status) == ("审定2.xlsx", "郑工商〔2015〕9号", Status.FINAL)
    assert [(f.name, f.verdict, f.reason) for f in found.files[-2:]] == [
        ("审定1.xlsx", Verdict.SUPERSEDED, "之后又收到“审定2.xlsx”，以新的审定表为准"),
        ("审定2.xlsx", Verdict.ACCEPTED, "采用（审定表）"),
    ]


def test_a_blank_form_does_not_displace_one_that_was_filled_in() -> None:
    found = decided(NOW, FORM, approved(FORM, **EVERYTHING), FORM)
    assert found.decision is not None
    assert (found.decision.file, found.status) == ("审定2.xlsx", Status.FINAL)
    assert [(f.name, f.verdict, f.reason) for f in found.files[-3:]] == [
        ("审定1.xlsx", Verdict.SUPERSEDED, "之后又收到“审定2.xlsx”，以新的审定表为准"),
        ("审定2.xlsx", Verdict.ACCEPTED, "采用（审定表）"),
        ("审定3.xlsx", Verdict.BLANK, "表里什么都没有填，仍以“审定2.xlsx”为准"),
    ]


def test_a_newer_form_can_take_an_approval_back() -> None:
    found = decided(NOW, approved(FORM, **EVERYTHING), fill_decision(FORM, APPROVED | {"approve": "否"}))
    assert (found.status, found.config.awards) == (Status.REVIEW, ())
    assert scores(found) == scores(NOW)


def test_a_newer_form_with_an_error_does_not_let_the_older_count() -> None:
    found = decided(NOW, approved(FORM, **EVERYTHING), approved(FORM, meeting={"date": None}))
    assert (found.status, found.decision) == (Status.REVIEW, None)
    assert [f.code for f in found.findings[len(NOW.findings) :]] == ["V-802"]


def test_the_same_form_sent_twice_is_one_form() -> None:
    form = approved(FORM)
    found = decided(NOW, form, form)
    assert [(f.name, f.verdict, f.reason) for f in found.files[-2:]] == [
        ("审定1.xlsx", Verdict.DUPLICATE, "与“审定2.xlsx”内容完全相同，按一份计"),
        ("审定2.xlsx", Verdict.ACCEPTED, "采用（审定表）"),
    ]
    assert found.status is Status.FINAL


# Through the inbox

FIRST_NIGHT, SECOND_NIGHT = datetime(2015, 1, 20, 3, 0), datetime(2015, 1, 21, 3, 0)


def shown(outcome: Outcome) -> list[str]:
    """What the command says after the ranking."""
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        show_outcome(outcome)
    return out.getvalue().splitlines()


def test_a_return_after_the_final_set_changes_the_draft_and_makes_the_decision_stale(tmp_path: Path) -> None:
    office = concluded(tmp_path)
    outbox = tmp_path / "outbox"
    first = run(office, FIRST_NIGHT, Silent())
    assert (first.assessment.status, first.final, first.problems) == (Status.FINAL, outbox / "final" / "2014", ())
    said = shown(first)
    assert said[0].strip() == "2014年度考核排名（已审定）"
    draft_stays = f"正式文件只在那个文件夹里；{outbox} 里的汇总工作簿、通报、函每晚照常更新，一直是送审稿，不要印发。"
    assert said[said.index(draft_stays) - 1].startswith(f"正式结果已生成：{outbox / 'final' / '2014'}。")
    final = tree(outbox / "final")
    draft = json.loads((outbox / "results.json").read_text(encoding="utf-8"))
    assert (draft["status"], json.loads(final["2014/results.json"])["status"]) == ("review", "final")
    assert "2014年度考核结果通报(送审稿).docx" in first.published.files
    assert not any("审定" in name or "final" in name for name in first.published.files)
    later = filled("jinshui", sound_fields(website_items=99))
    drop(tmp_path / "inbox", "金水（再改）.xlsx", later, NOON + 500)
    second = run(office, SECOND_NIGHT, Silent())
    assert (second.assessment.status, second.final, second.assessment.decision) == (Status.REVIEW, None, None)
    stale = [(f.code, f.file, f.found) for f in second.assessment.findings if f.code.startswith("V-8")]
    assert stale == [("V-801", DECISION_FILE, "审定表做出以后有变化：金水区工商联的填报表")]
    assert tree(outbox / "final") == final
    after = json.loads((outbox / "results.json").read_text(encoding="utf-8"))
    totals = [{unit["code"]: unit["total"] for unit in data["units"] if unit["total"] is not None} for data in (draft, after)]
    assert totals[0].keys() == totals[1].keys() == {"xinzheng", "jinshui"}
    assert (totals[1]["jinshui"] - totals[0]["jinshui"], totals[1]["xinzheng"] - totals[0]["xinzheng"]) == (-5, 0)
    assert after["status"] == "review"
    assert [f["code"] for f in after["findings"] if f["code"].startswith("V-8")] == ["V-801"]
    assert standing_note(office.config) in shown(second)
    kinds = [(event.kind, event.subject) for event in Ledger(office.config.folder("state")).events("")]
    assert [kind for kind, _ in kinds].count("审定") == 1
    assert [entry for entry in kinds if entry[0] == "定稿"] == [("定稿", "2014年度"), ("定稿", "2014")]


def test_what_blocks_the_final_is_printed_for_a_form_with_an_error(tmp_path: Path) -> None:
    office = concluded(tmp_path)
    drop(tmp_path / "inbox", "金水（再改）.xlsx", filled("jinshui", sound_fields(website_items=99)), NOON + 500)
    found = survey(office)
    assert (found.status, found.decision) == (Status.REVIEW, None)
    lines = shown(Outcome(found, Published((), ())))
    told = "审定表做出以后有变化：金水区工商联的填报表"
    assert any("审定没有生效" in line and told in line for line in lines), lines[-4:]


def test_an_approval_whose_final_set_is_held_back_is_not_called_decided(tmp_path: Path) -> None:
    found = replace(survey(concluded(tmp_path)), decision=None)
    assert found.status is Status.FINAL
    assert shown(Outcome(found, Published((), ())))[0].strip() == "2014年度考核排名（送审稿）"


def test_what_blocks_the_final_is_printed_for_a_form_that_does_not_approve() -> None:
    found = decided(NOW, fill_decision(FORM, APPROVED | {"approve": "否"}))
    assert "审定表已经收到，正式结果还不能生成：" in shown(Outcome(found, Published((), ())))


def test_a_new_form_is_made_from_the_figures_before_any_decision(tmp_path: Path) -> None:
    """Otherwise it would be refused as made from other figures, and the meeting would see its own decision as the state of things."""
    office = reviewed(tmp_path)
    arguments = ["-c", str(office.file), "forms", "--decision"]
    form = tmp_path / "outbox" / "forms" / decision_name(2014)
    assert pipeline.main(arguments) == 0
    first = form.read_bytes()
    given = approved(first, readings={"middle-4.2": "不计分（照字面）"}, adjustments=[("金水区工商联", "1.1", 1, "核实")])
    drop(tmp_path / "inbox", DECISION_FILE, given, NOON + 120)
    assert survey(office).status is Status.FINAL
    assert pipeline.main(arguments) == 0
    assert form.read_bytes() == first
