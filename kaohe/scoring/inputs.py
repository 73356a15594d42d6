"""What points follow from: accepted values and places; and the points by the rules alone, without words."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from kaohe.checks.finding import Finding
from kaohe.rulebook.facts import Case, Facts, Standing
from kaohe.rulebook.model import Item, Rulebook
from kaohe.rulebook.rules.growth import RankBands
from kaohe.scoring.exact import ZERO
from kaohe.scoring.places import standings
from kaohe.scoring.scorecard import UnitState

NO_FACTS = Facts()
_NOWHERE: Mapping[str, Standing] = {}


def blocking(findings: Iterable[Finding]) -> frozenset[str]:
    """The fields that these findings block."""
    return frozenset(f.field for f in findings if f.blocks and f.row is None)


def keeping_place(rulebook: Rulebook, states: Mapping[str, UnitState]) -> frozenset[str]:
    """Codes of the units that take a place in the ranked items."""
    keeps = rulebook.settings.gated_keep_place
    return frozenset(code for code, state in states.items() if keeps or state is not UnitState.GATED)


def metric_places(items: Iterable[Item], facts: Mapping[str, Facts], kept: Container[str]) -> dict[str, dict[str, Standing]]:
    """For each of these items that is ranked, the standing of every unit that has a value and keeps its place."""
    cohort = [code for code in facts if code in kept]
    places = {}
    for item in items:
        if isinstance(item.rule, RankBands):
            values = {code: value for code in cohort if (value := item.rule.value(facts[code])) is not None}
            places[item.id] = standings(values)
    return places


@dataclass(frozen=True)
class Inputs:
    """What points follow from: accepted values, and places."""

    rulebook: Rulebook
    facts: Mapping[str, Facts]
    places: Mapping[str, Mapping[str, Standing]]

    def case(self, code: str, item: Item) -> Case:
        """What the item's rule looks at."""
        return Case(self.facts.get(code, NO_FACTS), self.rulebook.names, self.places.get(item.id, _NOWHERE).get(code))

    def points(self, code: str, item: Item, blocking: Container[str]) -> Fraction:
        """The item's points by its rule alone."""
        return ZERO if any(f in blocking for f in item.rule.inputs()) else item.rule.points(self.case(code, item))
