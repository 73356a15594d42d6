"""Sums of exact points. Nearly all points are whole, and adding fractions one by one costs twenty times as much as adding integers."""

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

ZERO = Fraction(0)


def kept_once(points: Fraction) -> Fraction:
    """The same number, as one object wherever it comes again: all units together earn a few dozen different points, a hundred thousand times."""
    return _kept(points.numerator, points.denominator)


@lru_cache(4096)
def _kept(numerator: int, denominator: int) -> Fraction:
    return Fraction(numerator, denominator)


def exact_sum(points: Iterable[Fraction]) -> Fraction:
    """The exact sum; 0 of nothing."""
    whole, rest = 0, None
    for value in points:
        if value.denominator == 1:
            whole += value.numerator
        else:
            rest = value if rest is None else rest + value
    return Fraction(whole) if rest is None else rest + whole
