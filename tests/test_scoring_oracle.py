"""The program's scores equal those of an independent computation from the clauses, under every reading."""

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import Phase, given, settings

from kaohe import PROGRAM_ROOT
from kaohe.checks.finding import Finding, Severity
from kaohe.config.loader import Office, load_office
from kaohe.config.model import GateResult
from kaohe.intake.record import Cell, ListRow, Record
from kaohe.rulebook.facts import CellValue
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Scorecard
from kaohe.text import value_text
from tests.support import oracle, strategies
from tests.support.oracle import CHOICES, UnitFacts, UnitResult

quickly = settings(deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
"""Without shrinking, which takes minutes for cohorts of this size: what differs is said in the message."""

OTHERS = [(reading, choices[1]) for reading, choices in CHOICES.items()]


@cache
def the_office() -> Office:
    return load_office(PROGRAM_ROOT / "config.toml")


CODES = [unit.code for unit in the_office().config.cohort]
COHORTS = strategies.cohorts(CODES)


def cards(units: Mapping[str, UnitFacts], readings: Mapping[str, str]) -> dict[str, Scorecard]:
    """The program's scorecards of the units that reported."""
    gate = {code: GateResult() if facts.gate is None else _gate(facts.gate) for code, facts in units.items()}
    base = the_office()
    office = Office(base.config.model_copy(update={"gate": gate}), apply_readings(base.rulebook, readings))
    records = {code: record(code, facts) for code, facts in units.items()}
    findings = [blank(code, name) for code, facts in units.items() for name in strategies.ALL_FIELDS if name not in facts.fields]
    assessment = assess(office, records, findings, [])
    return {code: assessment.card(code) for code in units}


def _gate(gate: tuple[bool, bool, bool]) -> GateResult:
    return GateResult(gate_institution=gate[0], gate_staff=gate[1], gate_funding=gate[2])


def record(code: str, facts: UnitFacts) -> Record:
    """A record as intake would hand it on. No score depends on where a cell stands."""
    fields = {name: cell(facts.fields.get(name)) for name in strategies.ALL_FIELDS}
    lists = {
        list_id: tuple(ListRow(list_id, list_id, n, {c: cell(v) for c, v in row.items()}) for n, row in enumerate(rows, start=5))
        for list_id, rows in facts.rows.items()
    }
    return Record(code, fields, {}, lists)


def cell(value: object) -> Cell:
    assert value is None or isinstance(value, int | str | dt.date)
    known: CellValue | None = value
    return Cell("表", "A1", value_text(known), known)


def blank(code: str, name: str) -> Finding:
    """The error that checks raise for a field left blank: it blocks every item that reads the field."""
    return Finding("V-000", Severity.ERROR, "未填", code, "表.xlsx", "表", "A1", name, name, "空白", "填写", "请填写", "")


def as_result(card: Scorecard) -> UnitResult:
    points = {score.item.id: score.points for score in card.items} if card.total is not None else {}
    return UnitResult(points, card.total, card.capped, card.uncapped, card.bonus, card.place)


def assert_same(units: Mapping[str, UnitFacts], readings: Mapping[str, str]) -> None:
    expected = oracle.score(units, readings)
    scored = cards(units, readings)
    for code, card in scored.items():
        got, due = as_result(card), expected[code]
        differing = {item: (str(got.points[item]), str(due.points[item])) for item in due.points if got.points[item] != due.points[item]}
        assert differing == {}, f"{code} under {dict(readings)}, item: (program, oracle), from {units[code]}"
        assert got == due
        assert {score.item.id for score in card.items if score.maximum is not None} == oracle.capped_items(readings)
        if due.total is None:
            assert {score.points for score in card.items} == {Fraction(0)}


@given(COHORTS)
@settings(quickly, max_examples=60)
def test_scores_equal_the_oracle_under_the_readings_taken(units: Mapping[str, UnitFacts]) -> None:
    assert_same(units, {})


@pytest.mark.slow
@pytest.mark.parametrize(("reading", "choice"), OTHERS)
@given(units=COHORTS)
@settings(quickly, max_examples=12)
def test_scores_equal_the_oracle_under_each_other_reading(reading: str, choice: str, units: Mapping[str, UnitFacts]) -> None:
    assert_same(units, {reading: choice})


@pytest.mark.slow
@given(COHORTS, strategies.readings())
@settings(quickly, max_examples=60)
def test_scores_equal_the_oracle_under_any_combination_of_readings(units: Mapping[str, UnitFacts], readings: Mapping[str, str]) -> None:
    assert_same(units, readings)


@pytest.mark.slow
@given(strategies.ranked_cohorts(CODES), strategies.readings())
@settings(quickly, max_examples=60)
def test_places_equal_the_oracle_where_there_is_a_middle(units: Mapping[str, UnitFacts], readings: Mapping[str, str]) -> None:
    assert_same(units, readings)


# The oracle itself, and a few cases that can be counted by hand


MAXIMA = {1: 18, 2: 8, 3: 8, 4: 20, 5: 6, 6: 8, 7: 2, 8: 2, 9: 11, 10: 12, 11: 6, 12: 3, 13: 6, 14: 6, 15: 7}
DAY = dt.date(2014, 5, 18)


def perfect() -> UnitFacts:
    """Everything done, and one or two rows of everything."""
    figures: dict[str, oracle.Value] = dict.fromkeys(strategies.YES_NO_FIELDS, True) | dict.fromkeys(strategies.INTEGER_FIELDS, 100)
    figures |= {"members_end": 106, "enterprise_members": 53, "chambers_end": 110}
    honours = [
        {"area": area, "kind": kind, "name": f"{area}{kind}", "level": "市级", "date": DAY} for area in oracle.AREAS for kind in ("领导批示", "表彰")
    ]
    trade = [{"kind": kind, "name": f"第{n}次", "date": DAY, "place": "郑州", "enterprises": 15} for n in (1, 2) for kind in oracle.TRADE_KINDS]
    rows: dict[str, oracle.Rows] = {
        "articles": [{"title": "综述", "outlet": outlet, "date": DAY} for outlet in ("郑州日报", "河南日报", "大河报")],
        "honours": honours,
        "trade_activities": trade,
        "questionnaires": [{"title": "问卷", "date": DAY}],
        "topics": [{"title": "课题", "date": DAY, "instruction": "李书记", "adopted_by": "发改委"}],
        "briefings": [
            {"title": "一", "date": DAY, "adopted": True, "instruction": True},
            {"title": "二", "date": DAY, "adopted": False, "instruction": False},
        ],
        "proposals": [{"title": "一", "date": DAY, "adopted": True}],
    }
    return UnitFacts(figures, rows)


def test_a_unit_that_did_everything_earns_every_bounded_point() -> None:
    units = {"xinzheng": perfect()}
    assert_same(units, {})
    card = cards(units, {})["xinzheng"]
    bounded = {section: sum(s.points for s in card.items if s.maximum is not None and s.item.id.split(".")[0] == str(section)) for section in MAXIMA}
    assert bounded == MAXIMA
    open_ended = {s.item.id: s.points for s in card.items if s.maximum is None}
    assert open_ended == {"3.2": 3, "15.1": 2, "15.2b": 5, "15.4a": 4, "15.4b": 3, "15.4c": 5, "15.5a": 2, "15.5b": 3}
    assert (card.total, card.capped, card.uncapped, card.bonus) == (Fraction(150), Fraction(123), Fraction(27), Fraction(13))
    assert card.place == 1


@pytest.mark.parametrize(
    ("readings", "total"),
    [
        ({"bonus-in-total": "listed"}, 150 - 13),
        # the topic counts once, the instructed briefing once, the adopted proposal once
        ({"adoption-stacks": "highest"}, 150 - 5 - 2 - 3 - 2),
        ({"articles-cap": "10", "briefings-cap": "6", "proposals-cap": "6"}, 150),
        ({"instructions-once": "each", "honours-once": "each"}, 150),
    ],
)
def test_what_other_readings_leave_of_it(readings: dict[str, str], total: int) -> None:
    card = cards({"xinzheng": perfect()}, readings)["xinzheng"]
    assert card.total == total
    assert oracle.score({"xinzheng": perfect()}, readings)["xinzheng"].total == total


def test_an_empty_form_earns_nothing_and_takes_part() -> None:
    units = {
        "xinzheng": UnitFacts(),
        "jinshui": UnitFacts(),
        "zhongyuan": UnitFacts({"tasks_done": True}),
        "xingyang": UnitFacts(gate=(True, False, True)),
    }
    assert_same(units, {})
    placed = {code: (card.total, card.place) for code, card in cards(units, {}).items()}
    assert placed == {"xinzheng": (0, 2), "jinshui": (0, 2), "zhongyuan": (5, 1), "xingyang": (None, None)}


@pytest.mark.parametrize(("choice", "points"), [("no", (2, 2, 2)), ("yes", (2, 2, 1))])
def test_whether_a_unit_that_failed_the_gate_keeps_its_place(choice: str, points: tuple[int, ...]) -> None:
    """6.1 gives 2 points to the first three: the fourth is third where the first keeps no place."""
    grown = {"xinzheng": 14, "jinshui": 13, "zhongyuan": 12, "xingyang": 11}
    units = {code: UnitFacts({"chambers_start": 10, "chambers_end": end}) for code, end in grown.items()}
    units["xinzheng"] = UnitFacts(units["xinzheng"].fields, gate=(True, True, False))
    assert_same(units, {"gate-in-cohort": choice})
    scored = cards(units, {"gate-in-cohort": choice})
    assert tuple(scored[code].item("6.1").points for code in ("jinshui", "zhongyuan", "xingyang")) == points
    assert scored["xinzheng"].item("6.1").points == 0


BRIEFING: dict[str, object] = {"title": "用工情况之1", "date": DAY, "adopted": True, "instruction": False}


@pytest.mark.parametrize(
    ("second", "valid"),
    [
        ({**BRIEFING, "title": "用工情况之2"}, True),
        (BRIEFING, False),
        ({**BRIEFING, "title": " 用工 情况之１"}, False),
        ({**BRIEFING, "date": dt.date(2014, 6, 1), "adopted": False}, False),
        ({**BRIEFING, "title": "另一条", "date": dt.date(2014, 1, 1)}, True),
        ({**BRIEFING, "title": "另一条", "date": dt.date(2014, 12, 31)}, True),
        ({**BRIEFING, "title": "另一条", "date": dt.date(2013, 12, 31)}, False),
        ({**BRIEFING, "title": "另一条", "date": dt.date(2015, 1, 1)}, False),
        ({**BRIEFING, "title": "另一条", "adopted": None}, False),
        ({**BRIEFING, "title": "  "}, False),
        ({**BRIEFING, "title": "另一条", "date": None}, False),
    ],
)
def test_the_oracle_knows_a_valid_row(second: dict[str, object], valid: bool) -> None:
    assert oracle.valid_rows("briefings", [BRIEFING, second]) == [BRIEFING, second][: 1 + valid]


@pytest.mark.slow
@given(strategies.untidy_cohorts(CODES))
@settings(quickly, max_examples=20)
def test_untidy_rows_of_which_only_the_valid_reach_scoring(units: Mapping[str, UnitFacts]) -> None:
    """What remains after the checks is scored as the oracle scores the whole; errors of figures are left to the checks."""
    kept = {
        code: UnitFacts(facts.fields, {list_id: oracle.valid_rows(list_id, rows) for list_id, rows in facts.rows.items()}, facts.gate)
        for code, facts in units.items()
    }
    assert oracle.score(kept, {}) == oracle.score(units, {})
    assert_same(kept, {})
