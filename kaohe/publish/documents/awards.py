"""What the templates of the commendation and of the certificates may speak of."""

from dataclasses import dataclass

from kaohe.config.model import Award, Unit
from kaohe.publish.documents.context import Common, Edition, common, winners
from kaohe.scoring.scorecard import Assessment

_DIGITS = "零一二三四五六七八九"


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


def chinese_numeral(number: int) -> str:
    """1 to 99 as headings count: 一, 十, 十一, 二十一."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")
