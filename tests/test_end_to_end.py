"""Random facts of twelve units, typed into issued forms by a stranger's program, come out as clauses.md says: points, totals, places."""

import json
import os
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import pipeline
from kaohe import PROGRAM_ROOT
from kaohe.config.loader import load_office
from kaohe.publish.results import results_data
from kaohe.survey import survey
from tests.support import stranger
from tests.support.oracle import CHOICES, TAKEN, UnitFacts, score
from tests.support.strategies import untidy_cohorts

CODES = ("xinzheng", "jinshui", "zhongyuan", "xingyang", "shangjie", "gaoxin", "dengfeng", "xinmi", "guancheng", "zhongmu", "erqi", "huiji")
OTHER_CHOICES = [{name: choice} for name, choices in CHOICES.items() for choice in choices if choice != TAKEN[name]]
GATE_KEYS = ("gate_institution", "gate_staff", "gate_funding")


def write_config(folder: Path, readings: Mapping[str, str], units: Mapping[str, UnitFacts]) -> Path:
    """The repository's configuration with these readings and gate results."""
    text = (PROGRAM_ROOT / "config.toml").read_text(encoding="utf-8")
    for name, choice in readings.items():
        text, changed = re.subn(rf'^("?{re.escape(name)}"?) = ".*"$', rf'\1 = "{choice}"', text, flags=re.M)
        assert changed == 1
    for code, facts in units.items():
        if facts.gate is not None:
            text += f"\n[gate.{code}]\n" + "".join(f"{key} = {str(passed).lower()}\n" for key, passed in zip(GATE_KEYS, facts.gate, strict=True))
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run_office(folder: Path, readings: Mapping[str, str], units: Mapping[str, UnitFacts]) -> dict[str, Any]:
    """results.json after one nightly run."""
    assert pipeline.main(["-c", str(write_config(folder, readings, units)), "run"]) == 0
    loaded: dict[str, Any] = json.loads((folder / "outbox" / "results.json").read_text(encoding="utf-8"))
    return loaded


def results_now(folder: Path, readings: Mapping[str, str], units: Mapping[str, UnitFacts]) -> dict[str, Any]:
    """What results.json would say after a run under these readings."""
    return results_data(survey(load_office(write_config(folder, readings, units))))


def fill_inbox(folder: Path, units: Mapping[str, UnitFacts], capsys: pytest.CaptureFixture[str]) -> None:
    """Issue the forms with the tool, fill them with the stranger's program, drop them into the inbox."""
    config = write_config(folder, {}, units)
    assert pipeline.main(["-c", str(config), "forms"]) == 0
    capsys.readouterr()
    assert pipeline.main(["-c", str(config), "schema", "--json"]) == 0
    schema = json.loads(capsys.readouterr().out)
    short = {unit["code"]: unit["short"] for unit in schema["units"]}
    inbox = folder / "inbox"
    inbox.mkdir(exist_ok=True)
    for old in inbox.iterdir():
        old.unlink()
    for code, facts in units.items():
        form = folder / "outbox" / "forms" / f"2014年度考核填报表-{short[code]}.xlsx"
        (inbox / f"{code}.xlsx").write_bytes(stranger.fill(form.read_bytes(), schema, facts.fields, facts.rows))


def compare(results: Mapping[str, Any], units: Mapping[str, UnitFacts], readings: Mapping[str, str]) -> None:
    """Points, subtotals, totals and places against the hand-written computation."""
    expected = score(units, readings)
    by_code = {unit["code"]: unit for unit in results["units"]}
    assert set(by_code) == set(CODES)
    for code in CODES:
        unit = by_code[code]
        if code not in units:
            assert (unit["state"], unit["total"], unit["place"]) == ("missing", None, None)
            continue
        want = expected[code]
        if units[code].failed_gate:
            assert unit["state"] == "gated"
            assert {item["points"] for item in unit["items"]} == {0}
        else:
            got = {item["id"]: Fraction(item["points"]) for item in unit["items"]}
            assert got == want.points, (code, readings)
        sums = tuple(None if unit[key] is None else Fraction(unit[key]) for key in ("total", "capped", "uncapped", "bonus"))
        assert sums == (want.total, want.capped, want.uncapped, want.bonus), (code, readings)
        assert unit["place"] == want.place, (code, readings)


@pytest.mark.slow
@settings(
    max_examples=3 if os.environ.get("CI") else 1,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(units=untidy_cohorts(CODES))
def test_random_facts_of_twelve_units_score_as_the_clauses_say(
    units: Mapping[str, UnitFacts], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_inbox(tmp_path, units, capsys)
    compare(run_office(tmp_path, {}, units), units, {})


@pytest.fixture(scope="module")
def rich_cohort() -> Mapping[str, UnitFacts]:
    """The largest of thirty random cohorts: one in which every reading makes a difference."""
    found: list[Mapping[str, UnitFacts]] = []

    @settings(max_examples=30, derandomize=True, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(units=untidy_cohorts(CODES))
    def gather(units: Mapping[str, UnitFacts]) -> None:
        found.append(units)

    gather()
    return max(found, key=lambda units: (moved_by(units), sum(len(rows) for facts in units.values() for rows in facts.rows.values())))


def moved_by(units: Mapping[str, UnitFacts]) -> int:
    """How many of the other choices change some total or place of this cohort."""
    plain = score(units, {})
    return sum(score(units, readings) != plain for readings in OTHER_CHOICES)


@pytest.mark.slow
def test_each_other_reading_scores_as_the_clauses_say(
    rich_cohort: Mapping[str, UnitFacts], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_inbox(tmp_path, rich_cohort, capsys)
    assert moved_by(rich_cohort) >= 10
    for readings in OTHER_CHOICES:
        compare(results_now(tmp_path, readings, rich_cohort), rich_cohort, readings)
    every = {name: choices[-1] for name, choices in CHOICES.items()}
    compare(run_office(tmp_path, every, rich_cohort), rich_cohort, every)
