"""Competition ranking of exact values: larger is better, equals share the better place."""

from collections.abc import Mapping
from fractions import Fraction

from kaohe.rulebook.facts import Standing


def standings(values: Mapping[str, Fraction]) -> dict[str, Standing]:
    """Place each key among all: equal values share the better place (1, 2, 2, 4); ``below`` counts those strictly lower."""
    if all(value.denominator == 1 for value in values.values()):  # points mostly are whole, and whole numbers sort much faster
        return _standings({key: value.numerator for key, value in values.items()})
    return _standings(values)


def _standings(values: Mapping[str, Fraction] | Mapping[str, int]) -> dict[str, Standing]:
    ordered: list[Fraction | int] = sorted(values.values())
    size = len(ordered)
    first: dict[Fraction | int, int] = {}
    last: dict[Fraction | int, int] = {}
    for index, value in enumerate(ordered):
        first.setdefault(value, index)
        last[value] = index
    return {key: Standing(place=size - last[value], below=first[value], size=size) for key, value in values.items()}
