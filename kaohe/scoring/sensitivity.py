"""What each other reading would change in totals and places."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from kaohe.rulebook.model import Choice, Reading
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.score import reassess
from kaohe.scoring.scorecard import Assessment


@dataclass(frozen=True, slots=True)
class Move:
    """One unit whose total or place another reading would change."""

    unit: str
    total: Fraction
    other_total: Fraction
    place: int
    other_place: int


@dataclass(frozen=True, slots=True)
class Effect:
    """One choice that is not in force, and what it would change."""

    reading: Reading
    choice: Choice
    moves: tuple[Move, ...]


def effects(assessment: Assessment) -> Iterator[Effect]:
    """Every choice not in force, in the rulebook's order."""
    for reading in assessment.rulebook.readings:
        for choice in reading.choices:
            if choice.id != reading.taken:
                other = reassess(assessment, apply_readings(assessment.rulebook, {reading.id: choice.id}))
                yield Effect(reading, choice, tuple(_moves(assessment, other)))


def _moves(assessment: Assessment, other: Assessment) -> Iterator[Move]:
    for card in assessment.cards:
        then = other.card(card.unit.code)
        if card.total is None or then.total is None or card.place is None or then.place is None:
            continue
        if (card.total, card.place) != (then.total, then.place):
            yield Move(card.unit.code, card.total, then.total, card.place, then.place)
