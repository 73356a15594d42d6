"""The program's scores equal those of an independent computation from the clauses, under every reading."""

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from tests.support.oracle import CHOICES, ITEMS, TAKEN, UnitFacts, UnitResult

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
        assert differing == {}, f"{code}: item: (program, oracle)"
        assert got == due
        assert {score.item.id for score in card.items if score.maximum is not None} == oracle.capped_items(readings)
        if due.total is None:
            assert {score.points for score in card.items} == {Fraction(0)}


@given(COHORTS)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_scores_equal_the_oracle_under_the_readings_taken(units: Mapping[str, UnitFacts]) -> None:
    assert_same(units, {})


@pytest.mark.parametrize(("reading", "choice"), OTHERS)
@given(units=COHORTS)
@settings(max_examples=12, deadline=None, derandomize=True)
def test_scores_equal_the_oracle_under_each_other_reading(reading: str, choice: str, units: Mapping[str, UnitFacts]) -> None:
    assert_same(units, {reading: choice})


@given(COHORTS, strategies.readings())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_scores_equal_the_oracle_under_any_combination_of_readings(units: Mapping[str, UnitFacts], readings: Mapping[str, str]) -> None:
    assert_same(units, readings)
