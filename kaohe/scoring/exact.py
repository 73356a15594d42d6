"""Sums of exact points. Nearly all points are whole, and adding fractions one by one costs twenty times as much as adding integers."""

from collections.abc import Iterable
from fractions import Fraction

ZERO = Fraction(0)


def exact_sum(points: Iterable[Fraction]) -> Fraction:
    """The exact sum; 0 of nothing."""
    whole, rest = 0, None
    for value in points:
        if value.denominator == 1:
            whole += value.numerator
        else:
            rest = value if rest is None else rest + value
    return Fraction(whole) if rest is None else rest + whole
