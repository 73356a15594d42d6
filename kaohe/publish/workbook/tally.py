"""Sums, means and bounds of points. Exact; whole numbers, which are nearly all, are added as such."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Tally:
    """Points of all scored units in one column."""

    total: Fraction
    best: Fraction
    least: Fraction
    whole: bool
    count: int

    @property
    def mean(self) -> float:
        """The arithmetic mean, exact before the last step."""
        return float(self.total / self.count)


def added(values: Iterable[Fraction]) -> Fraction:
    """The exact sum."""
    whole, rest = 0, Fraction(0)
    for value in values:
        if value.denominator == 1:
            whole += value.numerator
        else:
            rest += value
    return rest + whole


def tally(values: Sequence[Fraction]) -> Tally:
    """The sum and the bounds of some points."""
    plain = [value.numerator if value.denominator == 1 else value for value in values]
    whole = all(type(value) is int for value in plain)
    bounds = (max(plain), min(plain)) if plain else (0, 0)
    return Tally(added(values), Fraction(bounds[0]), Fraction(bounds[1]), whole, len(plain))


def mean(values: Sequence[Fraction]) -> float:
    """The arithmetic mean, exact before the last step."""
    return float(added(values) / len(values))
