"""What stands on the report's first page: what to do, progress, ranking, findings and readings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from kaohe.checks.finding import Finding, Severity
from kaohe.config.model import Group
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.publish.report.marks import percent
from kaohe.publish.standing import blockers
from kaohe.rulebook.model import Item
from kaohe.scoring.scorecard import Assessment, ItemState, Scorecard, Status, UnitState
from kaohe.scoring.sensitivity import Effect, Move

SMALL_COHORT = 60
"""Up to so many units, progress names every one; above, only those that somebody waits for."""
MOST_MOVES = 12
"""Units named of those that another reading would move; the unit's own page tells each."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A unit that keeps its points while it is asked something."""

    card: Scorecard
    count: int


@dataclass(frozen=True, slots=True)
class Pending:
    """An item that the meeting must decide, with the same words for all these units."""

    item: Item
    why: str
    cards: tuple[Scorecard, ...]


@dataclass(frozen=True, slots=True)
class Tasks:
    """What needs a person's hand, in the order in which it should be seen to."""

    missing: tuple[Scorecard, ...]
    refused: tuple[ReceivedFile, ...]
    incomplete: tuple[Scorecard, ...]
    of_groups: tuple[Finding, ...]
    doubtful: tuple[Doubtful, ...]
    provisional: tuple[Scorecard, ...]
    pending: tuple[Pending, ...]

    def __bool__(self) -> bool:
        return any((self.missing, self.refused, self.incomplete, self.of_groups, self.doubtful, self.provisional, self.pending))


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """How far one inspection group's units have sent their returns; ``named`` are the units to be listed."""

    group: Group
    size: int
    accepted: int
    share: str
    states: tuple[tuple[UnitState, int], ...]
    named: tuple[Scorecard, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of the ranking: the card, and its capped and other points as lengths of a bar, in percent of the longest."""

    card: Scorecard
    capped: str
    uncapped: str


@dataclass(frozen=True, slots=True)
class OtherReading:
    """What a choice not in force would change: how many totals, how many places, and the units moved furthest."""

    effect: Effect
    totals: int
    places: int
    furthest: tuple[Move, ...]


def tasks(assessment: Assessment) -> Tasks:
    """What to do, from the cards in the cohort's order."""
    cards = in_cohort(assessment)
    by_state = {state: tuple(card for card in cards if card.state is state) for state in UnitState}
    open_doubts = Counter(f.unit for f in assessment.findings if f.severity is Severity.DOUBT and not f.of_group and not f.settled)
    return Tasks(
        missing=by_state[UnitState.MISSING],
        refused=_refused(assessment.files),
        incomplete=by_state[UnitState.INCOMPLETE],
        of_groups=tuple(f for f in assessment.findings if f.of_group and f.severity is not Severity.HINT),
        doubtful=tuple(
            Doubtful(card, open_doubts[card.unit.code]) for card in cards if open_doubts[card.unit.code] and card.state is not UnitState.INCOMPLETE
        ),
        provisional=by_state[UnitState.PROVISIONAL],
        pending=_pending(cards, list(assessment.rulebook.items)),
    )


def final_lines(assessment: Assessment) -> tuple[str, ...]:
    """Once nothing is open with any unit: what the final set still lacks, or where it is. Nothing before.

    The report is about the draft; a decision that approves it has made it final.
    """
    if assessment.status is Status.PRELIMINARY:
        return ()
    approved = assessment.decision is not None and assessment.decision.approved
    if lacking := blockers(replace(assessment, status=Status.FINAL) if approved else assessment):
        return (*lacking, "以前已经签发过正式结果的，那一套不受影响。")
    place = f"{assessment.config.folders.outbox}/final/{assessment.config.year}"
    return (f"没有未定的事，正式结果在 {place} 里。印发只用那里的；别处的通报、函、汇总工作簿仍是送审稿。",)


def in_cohort(assessment: Assessment) -> list[Scorecard]:
    """The cards in the order of the groups."""
    by_code = {card.unit.code: card for card in assessment.cards}
    return [by_code[unit.code] for unit in assessment.config.cohort]


def progress(assessment: Assessment) -> list[GroupProgress]:
    """Every group, in the configuration's order."""
    by_code = {card.unit.code: card for card in assessment.cards}
    found = []
    for group in assessment.config.groups:
        cards = [by_code[code] for code in group.units]
        accepted = sum(card.file is not None for card in cards)
        counts = Counter(card.state for card in cards)
        named = tuple(card for card in cards if len(by_code) <= SMALL_COHORT or card.file is None)
        states = tuple((state, counts[state]) for state in UnitState if counts[state])
        found.append(GroupProgress(group, len(cards), accepted, percent(Fraction(accepted), Fraction(len(cards) or 1)), states, named))
    return found


def ranking(cards: Sequence[Scorecard]) -> list[Ranked]:
    """Cards in ranking order. A bonus that is listed only is no part of a bar."""
    longest = max((card.total for card in cards if card.total is not None), default=Fraction(0))
    lines = []
    for card in cards:
        capped = min(card.capped, card.total) if card.capped is not None and card.total is not None else None
        rest = card.total - capped if card.total is not None and capped is not None else None
        lines.append(Ranked(card, percent(capped, longest), percent(rest, longest)))
    return lines


def other_readings(found: Sequence[Effect]) -> Mapping[str, list[OtherReading]]:
    """The choices not in force, by reading id."""
    others: dict[str, list[OtherReading]] = {}
    for effect in found:
        moves = effect.moves
        furthest = sorted(moves, key=lambda move: (-abs(move.other_place - move.place), -abs(move.other_total - move.total)))[:MOST_MOVES]
        kept = set(map(id, furthest))
        others.setdefault(effect.reading.id, []).append(
            OtherReading(
                effect,
                sum(move.other_total != move.total for move in moves),
                sum(move.other_place != move.place for move in moves),
                tuple(move for move in moves if id(move) in kept),
            )
        )
    return others


def _refused(files: Sequence[ReceivedFile]) -> tuple[ReceivedFile, ...]:
    """Files that somebody has to see to: not those after which their unit sent a form that was accepted."""
    accepted = {file.unit: (file.first_seen, file.modified) for file in files if file.verdict is Verdict.ACCEPTED}
    return tuple(f for f in files if f.verdict.refused and (f.unit not in accepted or (f.first_seen, f.modified) > accepted[f.unit]))


def _pending(cards: Sequence[Scorecard], items: Sequence[str]) -> tuple[Pending, ...]:
    """By item in the notice's order, units with the same words together."""
    found: dict[tuple[str, str], tuple[Item, list[Scorecard]]] = {}
    for card in cards:
        for score in card.items:
            if score.state is ItemState.PENDING:
                found.setdefault((score.item.id, score.why), (score.item, []))[1].append(card)
    ordered = sorted(found.items(), key=lambda pair: items.index(pair[0][0]))
    return tuple(Pending(item, why, tuple(units)) for (_, why), (item, units) in ordered)
