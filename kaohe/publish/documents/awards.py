"""What the templates of the commendation and of the certificates may speak of."""

from dataclasses import dataclass

from kaohe.config.model import Award, Unit
from kaohe.publish.documents.contents import common, winners
from kaohe.publish.documents.context import Common, Edition
from kaohe.scoring.scorecard import Assessment
from kaohe.text import chinese_numeral


@dataclass(frozen=True)
class AwardList:
    """An award and the full names of its winners; ``number`` is its place in the list as a Chinese numeral."""

    number: str
    name: str
    units: tuple[str, ...]


@dataclass(frozen=True)
class Commendation(Common):
    """The decision to commend the winners."""

    awards: tuple[AwardList, ...]


@dataclass(frozen=True)
class Certificate(Common):
    """One award to one unit, by its full name."""

    award: str
    winner: str


def commendation_context(assessment: Assessment, edition: Edition) -> Commendation:
    """Everything that the commendation's template may use."""
    lists = (AwardList(chinese_numeral(n), award.name, tuple(unit.name for unit in units)) for n, (award, units) in enumerate(winners(assessment), 1))
    return Commendation(**common(assessment, edition), awards=tuple(lists))


def certificate_context(assessment: Assessment, edition: Edition, award: Award, unit: Unit) -> Certificate:
    """Everything that a certificate's template may use."""
    return Certificate(**common(assessment, edition), award=award.name, winner=unit.name)
