"""What each other reading would change in totals and places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from kaohe.rulebook.model import Choice, Item, Reading, Rulebook
from kaohe.rulebook.readings import apply_readings
from kaohe.rulebook.rules.growth import RankBands
from kaohe.scoring.exact import ZERO, exact_sum
from kaohe.scoring.inputs import Inputs, blocking, keeping_place, metric_places
from kaohe.scoring.places import standings
from kaohe.scoring.scorecard import Assessment, Scorecard


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
    """Every choice not in force, in the rulebook's order, and what it changes. What the meeting set for single items stands under any reading.

    A reading touches few items: only those are computed again, and the totals and places that follow.
    """
    bases = {card.unit.code: _base(assessment, card) for card in assessment.cards if card.total is not None}
    for reading in assessment.rulebook.readings:
        for choice in reading.choices:
            if choice.id != reading.taken:
                other = apply_readings(assessment.rulebook, {reading.id: choice.id})
                yield Effect(reading, choice, tuple(_moves(assessment, _totals(assessment, other, bases))))


@dataclass(frozen=True, slots=True)
class _Base:
    """One unit's points by item, their sum and how much of it is bonus; which fields are blocked; points that its group or the meeting set."""

    points: Mapping[str, Fraction]
    sum: Fraction
    bonus: Fraction
    blocking: frozenset[str]
    settled: Mapping[str, Fraction]

    def under(self, inputs: Inputs, code: str, item: Item) -> Fraction:
        """The points of one item from other inputs."""
        settled = self.settled.get(item.id)
        return inputs.points(code, item, self.blocking) if settled is None else settled


def _base(assessment: Assessment, card: Scorecard) -> _Base:
    code, rulebook = card.unit.code, assessment.rulebook
    change = assessment.verifications.get(code)
    points = {score.item.id: score.points for score in card.items}
    adjusted = [a.item for a in assessment.decision.adjustments if a.unit == code] if assessment.decision is not None else []
    settled = {**(change.points if change is not None else {}), **{item: points[item] for item in adjusted if item in points}}
    bonus = exact_sum(points[item.id] for item in rulebook.items.values() if item.bonus)
    return _Base(points, exact_sum(points.values()), bonus, blocking(assessment.open_findings_of(code)), settled)


def _totals(assessment: Assessment, other: Rulebook, bases: Mapping[str, _Base]) -> dict[str, Fraction]:
    """Every unit's total under the other rulebook."""
    now = assessment.rulebook
    moved = now.settings.gated_keep_place != other.settings.gated_keep_place
    touched = [item for item in other.items.values() if item.rule != now.items[item.id].rule or (moved and isinstance(item.rule, RankBands))]
    kept = keeping_place(other, {card.unit.code: card.state for card in assessment.cards})
    inputs = Inputs(other, assessment.facts, metric_places(touched, assessment.facts, kept))
    totals = {}
    for code, base in bases.items():
        total, bonus = base.sum, base.bonus
        for item in touched:
            points = base.under(inputs, code, item)
            if (gained := points - base.points[item.id]) != 0:
                total += gained
                bonus += gained if item.bonus else ZERO
        totals[code] = total if other.settings.bonus_in_total else total - bonus
    return totals


def _moves(assessment: Assessment, totals: Mapping[str, Fraction]) -> Iterator[Move]:
    places = standings(totals)
    for card in assessment.cards:
        if card.total is None or card.place is None:
            continue
        code = card.unit.code
        then, there = totals[code], places[code].place
        if (card.total, card.place) != (then, there):
            yield Move(code, card.total, then, card.place, there)
