"""Competition ranking of exact values: larger is better, equals share the better place."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

from kaohe.rulebook.facts import Standing

_SHIFT = 64


def standings(values: Mapping[str, Fraction]) -> dict[str, Standing]:
    """Place each key among all: equal values share the better place (1, 2, 2, 4); ``below`` counts those strictly lower."""
    # Whole numbers compare much faster than fractions: first the whole part of so many times the value, then, where two have the same, the value.
    ordered = sorted(((value.numerator << _SHIFT) // value.denominator, value, key) for key, value in values.items())
    size, start = len(ordered), 0
    found: dict[str, Standing] = {}
    for _, sharing in groupby(ordered, key=itemgetter(0, 1)):
        keys = [key for _, _, key in sharing]
        standing = Standing(place=size - start - len(keys) + 1, below=start, size=size)
        found |= dict.fromkeys(keys, standing)
        start += len(keys)
    return {key: found[key] for key in values}
