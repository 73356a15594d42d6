"""Pairs of fields in which one can never be larger than the other."""

from collections.abc import Iterable, Iterator, Mapping

from kaohe.rulebook.rules.base import Rule
from kaohe.rulebook.rules.conditions import AllDoneCondition, AllOf
from kaohe.rulebook.rules.growth import Growth, GrowthAtLeast, RankBands, Ratio, RatioAtLeast


def never_above(rules: Iterable[Rule]) -> tuple[tuple[str, str], ...]:
    """(smaller, larger) field ids: done never above due, a part never above its whole. In the notice's order, each once."""
    return tuple(dict.fromkeys(_pairs(rules)))


def above(values: Mapping[str, object], part: str, whole: str) -> bool:
    """Whether the smaller of a pair is larger than its larger; False where either has no figure."""
    small, large = values.get(part), values.get(whole)
    return isinstance(small, int) and isinstance(large, int) and small > large


def _pairs(rules: Iterable[Rule]) -> Iterator[tuple[str, str]]:
    for rule in rules:
        conditions: tuple[object, ...] = rule.conditions if isinstance(rule, AllOf) else (rule,)
        for condition in conditions:
            if isinstance(condition, AllDoneCondition):
                yield condition.done, condition.due
        if isinstance(rule, RankBands) and isinstance(rule.metric, Ratio):
            yield rule.metric.part, rule.metric.whole
        if isinstance(rule, RatioAtLeast):
            yield rule.part, rule.whole


def growth_pairs(rules: Iterable[Rule]) -> tuple[tuple[str, str], ...]:
    """(start, end) field ids of every growth that is scored or ranked, each once."""
    pairs = []
    for rule in rules:
        if isinstance(rule, GrowthAtLeast):
            pairs.append((rule.start, rule.end))
        elif isinstance(rule, RankBands) and isinstance(rule.metric, Growth):
            pairs.append((rule.metric.start, rule.metric.end))
    return tuple(dict.fromkeys(pairs))
