"""What another reading would change, computed from the items it touches, is what scoring everything again would give."""

from fractions import Fraction

import pytest

from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.exact import exact_sum
from kaohe.scoring.score import reassess
from kaohe.scoring.scorecard import Assessment
from kaohe.scoring.sensitivity import Move, effects
from tests.support.decisions import approved, decided, figures, form_of
from tests.support.inspections import FOUND, year
from tests.support.sample import assessment

NOW = figures().assessment()
ADJUSTED = decided(
    NOW,
    approved(
        form_of(NOW),
        readings={"articles-cap": "最多计10篇"},
        adjustments=[("金水区工商联", "1.3", 2.5, "会后补交"), ("惠济", "3.2", 9, "核减"), ("二七", "15.2a", 1, "核减"), ("金水", "4.2", 1, "审定")],
    ),
)
LISTED = reassess(NOW, apply_readings(NOW.rulebook, {"bonus-in-total": "listed"}))
SETTLED = year(changed={"huiji": {"meetings_due": 8, "meetings_attended": 10}}).inspected(
    {"huiji": FOUND | {"field:meetings_attended": (7, "签到簿")}}
)
CASES = {
    "listed": LISTED,
    "settled": SETTLED,
    "figures": NOW,
    "waiting": figures(waiting=("huiji",)).assessment(),
    "adjusted": ADJUSTED,
    "sample": assessment(),
}


def _again(found: Assessment) -> list[tuple[str, str, tuple[Move, ...]]]:
    """The same by scoring everything anew under each choice."""
    told, adjustments = [], found.decision.adjustments if found.decision is not None else ()
    for reading in found.rulebook.readings:
        for choice in reading.choices:
            if choice.id != reading.taken:
                other = reassess(found, apply_readings(found.rulebook, {reading.id: choice.id}), adjustments)
                told.append((reading.id, choice.id, tuple(_moves(found, other))))
    return told


def _moves(found: Assessment, other: Assessment) -> list[Move]:
    moves = []
    for card in found.cards:
        then = other.card(card.unit.code)
        if None not in (card.total, then.total) and (card.total, card.place) != (then.total, then.place):
            assert card.total is not None
            assert then.total is not None
            assert card.place is not None
            assert then.place is not None
            moves.append(Move(card.unit.code, card.total, then.total, card.place, then.place))
    return moves


@pytest.mark.parametrize("name", CASES)
def test_only_what_a_reading_touches_is_computed_again(name: str) -> None:
    expected = _again(CASES[name])
    assert any(moves for _, _, moves in expected)
    assert [(e.reading.id, e.choice.id, e.moves) for e in effects(CASES[name])] == expected


def test_a_figure_that_the_group_settled_counts_under_other_readings_too() -> None:
    """The unit's own figure was an error; the group's earns a part where each condition has its own."""
    (found,) = [e for e in effects(SETTLED) if (e.reading.id, e.choice.id) == ("all-conditions", "split")]
    assert [(move.unit, move.other_total - move.total) for move in found.moves if move.total != move.other_total] == [("huiji", Fraction(4))]


def _moved(found: Assessment) -> list[tuple[str, str, str]]:
    """Reading, choice and unit wherever another total would follow."""
    return [(e.reading.id, e.choice.id, move.unit) for e in effects(found) for move in e.moves if move.total != move.other_total]


def test_what_the_meeting_set_is_no_effect_of_a_reading() -> None:
    """A unit whom the meeting gave a point for an item that no reading touches moves under the same readings as before."""
    alone = decided(NOW, approved(form_of(NOW), adjustments=[("金水区工商联", "1.3", 2.5, "会后补交")]))
    assert alone.card("jinshui").total != NOW.card("jinshui").total
    assert _moved(alone) == _moved(NOW)


def test_sums_are_exact() -> None:
    assert exact_sum([]) == 0
    assert exact_sum([Fraction(1, 3), Fraction(2), Fraction(2, 3), Fraction(-5), Fraction(1, 10**30)]) == Fraction(-2) + Fraction(1, 10**30)
