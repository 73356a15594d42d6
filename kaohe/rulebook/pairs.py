"""Pairs of fields in which one can never be larger than the other."""

from collections.abc import Iterator, Mapping

from kaohe.rulebook.model import Rulebook
from kaohe.rulebook.rules.conditions import AllDoneCondition, AllOf
from kaohe.rulebook.rules.growth import Growth, GrowthAtLeast, RankBands, Ratio


def never_above(rulebook: Rulebook) -> tuple[tuple[str, str], ...]:
    """(smaller, larger) field ids: done never above due, a part never above its whole. In the notice's order, each once."""
    return tuple(dict.fromkeys(_pairs(rulebook)))


def above(values: Mapping[str, object], part: str, whole: str) -> bool:
    """Whether the smaller of a pair is larger than its larger; False where either has no figure."""
    small, large = values.get(part), values.get(whole)
    return isinstance(small, int) and isinstance(large, int) and small > large


def _pairs(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    for item in rulebook.items.values():
        rule = item.rule
        conditions = rule.conditions if isinstance(rule, AllOf) else (rule,)
        for condition in conditions:
            if isinstance(condition, AllDoneCondition):
                yield condition.done, condition.due
        if isinstance(rule, RankBands) and isinstance(rule.metric, Ratio):
            yield rule.metric.part, rule.metric.whole


def growth_pairs(rulebook: Rulebook) -> tuple[tuple[str, str], ...]:
    """(start, end) field ids of every growth that is scored or ranked, each once."""
    pairs = []
    for item in rulebook.items.values():
        rule = item.rule
        if isinstance(rule, GrowthAtLeast):
            pairs.append((rule.start, rule.end))
        elif isinstance(rule, RankBands) and isinstance(rule.metric, Growth):
            pairs.append((rule.metric.start, rule.metric.end))
    return tuple(dict.fromkeys(pairs))
