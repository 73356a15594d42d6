"""What the templates may speak of: the data of a notification or a letter, as texts and counts.

The wording stands in the templates. Every name here is a contract with the templates that the office edits.
"""

from dataclasses import dataclass

from kaohe.config.model import Issuer


@dataclass(frozen=True)
class Edition:
    """What a person gives a document besides its content. A draft has a mark and neither number nor dates.

    ``meeting`` is the day on which the chairmen's meeting decided; ``printed`` is known only where a document is printed.
    """

    mark: str
    number: str = ""
    date: str = ""
    printed: str = ""
    meeting: str = ""


@dataclass(frozen=True)
class Basis:
    """The notice that ordered the assessment."""

    title: str
    number: str


@dataclass(frozen=True)
class Scope:
    """How much was assessed. ``maximum`` is the sum of all capped items."""

    units: int
    sections: int
    clauses: int
    items: int
    capped: int
    uncapped: int
    maximum: str


@dataclass(frozen=True)
class GroupText:
    """An inspection group and the short names of its units, joined."""

    name: str
    leader: str
    deputy: str
    units: str


@dataclass(frozen=True)
class Progress:
    """How far returns and inspections have come, in units."""

    accepted: int
    refused: int
    absent: int
    passed: int
    failed: int
    unseen: int


@dataclass(frozen=True)
class GateText:
    """The preconditions: their labels joined, and the notice's own sentence."""

    conditions: str
    text: str


@dataclass(frozen=True)
class UnitText:
    """One unit's result; figures are ``—`` where there is no score."""

    name: str
    full: str
    group: str
    state: str
    reason: str
    place: str
    total: str
    capped: str
    uncapped: str
    bonus: str


@dataclass(frozen=True)
class RankText:
    """The units that share one place, joined."""

    place: int
    units: str
    total: str
    tied: bool


@dataclass(frozen=True)
class AwardText:
    """An award and its winners, joined."""

    name: str
    units: str


@dataclass(frozen=True)
class ItemText:
    """One item's score and why."""

    id: str
    title: str
    maximum: str
    points: str
    why: str


@dataclass(frozen=True)
class SectionText:
    """One section's subtotals and its items."""

    number: str
    title: str
    maximum: str
    capped: str
    uncapped: str
    points: str
    items: tuple[ItemText, ...]
    full: bool


@dataclass(frozen=True)
class Common:
    """What both kinds of document speak of."""

    edition: Edition
    provisional: bool
    year: int
    assessment: str
    called: str
    """The same without whose it is: ``2014年度工作目标考核``."""
    basis: Basis
    issuer: Issuer
    scope: Scope
    gate: GateText
    ranked: int
    bonus_in_total: bool


@dataclass(frozen=True)
class Notice(Common):
    """The notification to all United Front departments. ``collective``: they are too many to be named on the first page."""

    recipients: str
    collective: bool
    groups: tuple[GroupText, ...]
    progress: Progress
    units: tuple[UnitText, ...]
    ranks: tuple[RankText, ...]
    gated: tuple[UnitText, ...]
    undecided: tuple[UnitText, ...]
    awards: tuple[AwardText, ...]


@dataclass(frozen=True)
class Letter(Common):
    """The letter to one department on its own unit. ``sum`` is the sum of all items, bonus included."""

    department: str
    unit: UnitText
    scored: bool
    settled: bool
    gated: bool
    tied: bool
    sections: tuple[SectionText, ...]
    full: tuple[str, ...]
    short_of: tuple[SectionText, ...]
    sum: str
