"""What another reading would change: the short way gives what a full scoring under the other rulebook gives."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from kaohe.config.model import GateResult
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.decision import Adjustment, Decision
from kaohe.scoring.score import assess, reassess
from kaohe.scoring.scorecard import Assessment
from kaohe.scoring.sensitivity import Move, effects
from tests.support.inspections import year
from tests.support.report import cohort
from tests.support.sample import Rows, assessment, full_fields, full_rows, office, record

MANY: Rows = {
    "honours": [
        {**row, "name": f"{row['name']}{n}", "kind": kind}
        for row in full_rows()["honours"]
        for n, kind in enumerate(("领导批示", "领导批示", "表彰", "表彰"))
    ],
    "topics": [{**full_rows()["topics"][0], "title": f"课题{n}", "instruction": "李书记"} for n in range(2)],
    "briefings": [{"title": f"情况{n}", "date": date(2014, 3, 1 + n), "adopted": n == 0, "instruction": False} for n in range(8)],
    "proposals": [{"title": f"建议{n}", "date": date(2014, 3, 1 + n), "adopted": False} for n in range(8)],
}
ADJUSTMENTS = (Adjustment("huiji", "3.2", Fraction(1, 3), "会议审定"), Adjustment("erqi", "14.2", Fraction(9), "会议审定"))


def inspected() -> Assessment:
    """A group corrected figures, refused a row, awarded points (once in agreement), and found a precondition missing."""
    start = year({code: full_rows(5) for code in ("huiji", "erqi", "zhongmu")})
    answers: dict[str, dict[str, Any]] = {
        "huiji": {"field:members_end": (1100, "名册"), "item:3.2": (1.5, "半篇"), "item:2.3a": (0, "没有批示")},
        "erqi": {"gate:gate_funding": ("不具备", "未列入预算")},
    }
    return start.inspected(answers)


def decided() -> Assessment:
    """The meeting set two items."""
    ready = assessment()
    adjusted = reassess(ready, ready.rulebook, ADJUSTMENTS)
    return replace(adjusted, decision=Decision("审定表.xlsx", date(2015, 1, 9), "", "", True, adjustments=ADJUSTMENTS))


def under_other_readings() -> Assessment:
    """The choices that are another reading by default are in force: the way back is computed as well."""
    return busy({"adoption-stacks": "highest", "bonus-in-total": "listed", "gate-in-cohort": "yes", "articles-cap": "10", "all-conditions": "split"})


def busy(others: Mapping[str, str]) -> Assessment:
    """A year with much to count: repeated instructions and honours, more briefings and proposals than any cap; one unit has no score."""
    passed = GateResult(gate_institution=True, gate_staff=True, gate_funding=True)
    codes = [unit.code for unit in office().config.cohort]
    gate = dict.fromkeys(codes, passed) | {codes[2]: GateResult(gate_institution=False, gate_staff=True, gate_funding=True)}
    where = office(others, gate)
    fields = {code: full_fields(where, n) | ({"meetings_attended": 5} if n == 3 else {}) for n, code in enumerate(codes)}
    records = {code: record(where, code, fields[code], {**full_rows(n), **(MANY if n < 4 else {})}) for n, code in enumerate(codes)}
    return assess(where, records, (), ())


def full(ready: Assessment) -> list[tuple[str, str, tuple[Move, ...]]]:
    """Every effect by scoring everything anew."""
    adjustments = ready.decision.adjustments if ready.decision else ()
    found = []
    for reading in ready.rulebook.readings:
        for choice in reading.choices:
            if choice.id == reading.taken:
                continue
            other = reassess(ready, apply_readings(ready.rulebook, {reading.id: choice.id}), adjustments)
            moves = []
            for card in ready.cards:
                then = other.card(card.unit.code)
                if card.total is None or card.place is None or then.total is None or then.place is None:
                    continue
                if (card.total, card.place) != (then.total, then.place):
                    moves.append(Move(card.unit.code, card.total, then.total, card.place, then.place))
            found.append((reading.id, choice.id, tuple(moves)))
    return found


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(assessment, id="sample"),
        pytest.param(inspected, id="inspected", marks=pytest.mark.slow),
        pytest.param(decided, id="decided"),
        pytest.param(lambda: busy({}), id="much to count"),
        pytest.param(under_other_readings, id="other readings"),
        pytest.param(lambda: cohort(40), id="forty units", marks=pytest.mark.slow),
        pytest.param(lambda: assess(office(), {}, (), ()), id="nobody"),
    ],
)
def test_the_short_way_gives_what_scoring_everything_gives(make: Callable[[], Assessment]) -> None:
    ready = make()
    assert [(effect.reading.id, effect.choice.id, effect.moves) for effect in effects(ready)] == full(ready)


def test_nearly_every_reading_moves_somebody() -> None:
    """The comparison above would prove nothing if nothing moved."""
    moved = {effect.reading.id for ready in (busy({}), assessment()) for effect in effects(ready) if effect.moves}
    assert {reading.id for reading in office().rulebook.readings} - moved == {"growth-needs-six", "middle-6.1"}
