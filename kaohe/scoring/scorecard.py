"""Results: the scorecard of each unit and the assessment that holds them all."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from kaohe.checks.finding import Finding, Severity
from kaohe.config.model import Config, Unit
from kaohe.intake.inspection import UnitInspection
from kaohe.intake.record import ReceivedFile, Record
from kaohe.rulebook.facts import Facts, Standing
from kaohe.rulebook.model import Item, Rulebook
from kaohe.scoring.decision import Decision
from kaohe.scoring.verify import Verification


class UnitState(StrEnum):
    """State of a unit's result. Values go into ``results.json``."""

    MISSING = "missing"
    REJECTED = "rejected"
    INCOMPLETE = "incomplete"
    PROVISIONAL = "provisional"
    VALID = "valid"
    GATED = "gated"

    @property
    def chinese(self) -> str:
        """The state in Chinese."""
        return _UNIT_STATES[self]

    @property
    def scored(self) -> bool:
        """Whether units in this state have a total and a place."""
        return self in (UnitState.INCOMPLETE, UnitState.PROVISIONAL, UnitState.VALID)


_UNIT_STATES = {
    UnitState.MISSING: "未报送",
    UnitState.REJECTED: "待更正（退回）",
    UnitState.INCOMPLETE: "待更正",
    UnitState.PROVISIONAL: "待核",
    UnitState.VALID: "有效",
    UnitState.GATED: "不计分",
}


class ItemState(StrEnum):
    """State of one item of one unit. Values go into ``results.json``."""

    SCORED = "scored"
    BLOCKED = "blocked"
    PENDING = "pending"
    UNPLACED = "unplaced"
    VOID = "void"

    @property
    def chinese(self) -> str:
        """The state in Chinese."""
        return _ITEM_STATES[self]


_ITEM_STATES = {
    ItemState.SCORED: "已计分",
    ItemState.BLOCKED: "待更正",
    ItemState.PENDING: "待审定",
    ItemState.UNPLACED: "无位次",
    ItemState.VOID: "不计分",
}


class Status(StrEnum):
    """How far the whole assessment has come. Values go into ``results.json``."""

    PRELIMINARY = "preliminary"
    REVIEW = "review"
    FINAL = "final"

    @property
    def mark(self) -> str:
        """What every sheet and page carries until it is final."""
        return {Status.PRELIMINARY: "预排名", Status.REVIEW: "送审稿", Status.FINAL: ""}[self]


@dataclass(frozen=True, slots=True)
class Source:
    """A cell that an item's score came from; ``value`` is the accepted value as text, "" where none was accepted."""

    id: str
    label: str
    sheet: str
    cell: str
    raw: str
    value: str


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One item of one unit: exact points, why in words, and the cells it came from.

    ``self_points`` follow from the unit's own figures; ``verified_points`` are what a group awarded in their place,
    None where it did not; ``reason`` is the group's, for whatever it changed of this item.
    """

    item: Item
    points: Fraction
    maximum: Fraction | None
    state: ItemState
    why: str
    sources: tuple[Source, ...] = ()
    standing: Standing | None = None
    self_points: Fraction = Fraction(0)
    verified_points: Fraction | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One unit's result. ``total``, ``place`` and the subtotals are None for units without a score.

    ``capped`` + ``uncapped`` is the sum of all items; ``bonus`` is the part of it from bonus items.
    ``reason`` says in Chinese why the state is what it is; ``file`` is the accepted file's name.
    """

    unit: Unit
    group: str
    state: UnitState
    reason: str
    file: str | None
    items: tuple[ItemScore, ...]
    sections: Mapping[str, Fraction]
    total: Fraction | None
    place: int | None
    capped: Fraction | None
    uncapped: Fraction | None
    bonus: Fraction | None

    def item(self, item_id: str) -> ItemScore:
        """The score of one item; KeyError for an unknown id."""
        for score in self.items:
            if score.item.id == item_id:
                return score
        raise KeyError(item_id)


@dataclass(frozen=True)
class Assessment:
    """Everything a run found out: the one input of everything published.

    ``cards`` are in ranking order (places first, then units without one in configuration order);
    ``records`` and ``facts`` are by unit code, for accepted forms only; ``verifications`` are what the groups changed.
    ``visits`` is every sheet of every inspection form, with its file. ``decision`` is the meeting's, once it belongs to these figures; awards it made stand in ``config.awards``.
    """

    config: Config
    rulebook: Rulebook
    status: Status
    cards: tuple[Scorecard, ...]
    findings: tuple[Finding, ...]
    files: tuple[ReceivedFile, ...]
    records: Mapping[str, Record]
    facts: Mapping[str, Facts]
    verifications: Mapping[str, Verification] = field(default_factory=dict)
    visits: tuple[tuple[str, UnitInspection], ...] = ()
    decision: Decision | None = None

    def card(self, code: str) -> Scorecard:
        """The scorecard of a unit; KeyError for an unknown code."""
        return self._cards[code]

    @cached_property
    def _cards(self) -> Mapping[str, Scorecard]:
        return {card.unit.code: card for card in self.cards}

    @cached_property
    def _own_findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """Findings about each unit's own form, by unit code."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            if not finding.of_group:
                found.setdefault(finding.unit, []).append(finding)
        return {code: tuple(own) for code, own in found.items()}

    def files_of(self, code: str) -> tuple[ReceivedFile, ...]:
        """Every file that was received from one unit."""
        return self._files.get(code, ())

    @cached_property
    def _files(self) -> Mapping[str, tuple[ReceivedFile, ...]]:
        found: dict[str, list[ReceivedFile]] = {}
        for file in self.files:
            if file.unit is not None:
                found.setdefault(file.unit, []).append(file)
        return {code: tuple(own) for code, own in found.items()}

    def sharing(self, place: int | None) -> int:
        """How many units hold a place."""
        return self._places.get(place, 0)

    @cached_property
    def _places(self) -> Mapping[int | None, int]:
        return Counter(card.place for card in self.cards)

    def findings_of(self, code: str, *severities: Severity) -> tuple[Finding, ...]:
        """Findings about one unit's own form, of these severities (all when none is named)."""
        own = self._own_findings.get(code, ())
        return tuple(f for f in own if f.severity in severities) if severities else own

    def open_findings_of(self, code: str, *severities: Severity) -> tuple[Finding, ...]:
        """The same without those that a group's verified figures have settled: what the unit still has to see to."""
        return tuple(f for f in self.findings_of(code, *severities) if not f.settled)
