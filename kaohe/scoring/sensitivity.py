"""What each other reading would change in totals and places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from kaohe.rulebook.facts import Case, Standing
from kaohe.rulebook.model import Choice, Reading, Rulebook
from kaohe.rulebook.readings import apply_readings
from kaohe.rulebook.rules.growth import RankBands
from kaohe.scoring.places import standings
from kaohe.scoring.scorecard import Assessment, UnitState

ZERO = Fraction(0)


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
    """Every choice not in force, in the rulebook's order.

    Only the items that a choice changes are computed anew: thousands of units cost seconds, not minutes.
    A test holds this to a full scoring under the other rulebook.
    """
    scored = _Scored(assessment)
    for reading in assessment.rulebook.readings:
        for choice in reading.choices:
            if choice.id != reading.taken:
                other = apply_readings(assessment.rulebook, {reading.id: choice.id})
                yield Effect(reading, choice, tuple(scored.moves(other)))


class _Scored:
    """The units that have a total, and what decides an item whatever the rule says."""

    def __init__(self, assessment: Assessment) -> None:
        self.rulebook = assessment.rulebook
        self.facts = assessment.facts
        self.cards = [card for card in assessment.cards if card.total is not None and card.place is not None]
        self.states = {card.unit.code: card.state for card in assessment.cards}
        self.totals = {card.unit.code: card.total for card in self.cards if card.total is not None}
        self.column = {item_id: n for n, item_id in enumerate(assessment.rulebook.items)}
        self.blocked: dict[str, set[str]] = {}
        for finding in assessment.findings:
            if finding.blocks and finding.row is None and not finding.settled:
                self.blocked.setdefault(finding.unit, set()).add(finding.field)
        self.set_by_people: dict[tuple[str, str], Fraction] = {}
        for code, change in assessment.verifications.items():
            self.set_by_people |= {(code, item_id): points for item_id, points in change.points.items()}
        for adjustment in assessment.decision.adjustments if assessment.decision is not None else ():
            self.set_by_people[adjustment.unit, adjustment.item] = adjustment.points

    def moves(self, other: Rulebook) -> Iterator[Move]:
        """Units whose total or place is not the same under ``other``, in ranking order."""
        ranks_anew = other.settings.gated_keep_place != self.rulebook.settings.gated_keep_place
        mine = self.rulebook.items
        changed = {i: item for i, item in other.items.items() if item.rule != mine[i].rule or (ranks_anew and isinstance(item.rule, RankBands))}
        places = {i: self._places(item.rule, other) for i, item in changed.items() if isinstance(item.rule, RankBands)}
        totals = dict(self.totals)
        counted, counts = self.rulebook.settings.bonus_in_total, other.settings.bonus_in_total
        for card in self.cards:
            code, bonus = card.unit.code, card.bonus or ZERO
            if counts is not counted:
                totals[code] += bonus if counts else -bonus
            for item_id, item in changed.items():
                score = card.items[self.column[item_id]]
                points = self._points(code, item_id, other, places.get(item_id, {}).get(code))
                if points != score.points and (counts or not item.bonus):
                    totals[code] += points - score.points
        if totals == self.totals:
            return
        then = standings(totals)
        for card in self.cards:
            code, total, place = card.unit.code, self.totals[card.unit.code], card.place
            if place is not None and (total, place) != (totals[code], then[code].place):
                yield Move(code, total, totals[code], place, then[code].place)

    def _points(self, code: str, item_id: str, other: Rulebook, standing: Standing | None) -> Fraction:
        """One item under another rule: what people set stays, what a finding blocks stays nothing."""
        if (awarded := self.set_by_people.get((code, item_id))) is not None:
            return awarded
        rule = other.items[item_id].rule
        if (blocked := self.blocked.get(code)) and not blocked.isdisjoint(rule.inputs()):
            return ZERO
        return rule.points(Case(self.facts[code], self.rulebook.names, standing))

    def _places(self, rule: RankBands, other: Rulebook) -> Mapping[str, Standing]:
        keeps = other.settings.gated_keep_place
        cohort = [code for code in self.facts if code in self.states and (keeps or self.states[code] is not UnitState.GATED)]
        return standings({code: value for code in cohort if (value := rule.value(self.facts[code])) is not None})
