"""Places: larger is better, equal values share the better place, nothing is rounded."""

from collections.abc import Mapping
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from kaohe.rulebook.facts import Standing
from kaohe.scoring.places import standings

# Few distinct values, so that most of the cohorts have ties.
VALUES = st.sampled_from([Fraction(n, d) for n in range(-2, 5) for d in (1, 2, 3)])
COHORTS = st.dictionaries(st.text("abcdefghijkl", min_size=1, max_size=2), VALUES, max_size=12)

exactly = settings(deadline=None, derandomize=True)


def test_equal_values_share_the_better_place() -> None:
    values = {"a": Fraction(9), "b": Fraction(7), "c": Fraction(7), "d": Fraction(5)}
    assert standings(values) == {"a": Standing(1, 3, 4), "b": Standing(2, 1, 4), "c": Standing(2, 1, 4), "d": Standing(4, 0, 4)}


def test_values_that_agree_to_many_decimals_are_not_equal() -> None:
    third = Fraction(1, 3)
    values = {"third": third, "a hair less": third - Fraction(1, 10**30), "the same": Fraction(2, 6)}
    assert standings(values) == {"third": Standing(1, 1, 3), "a hair less": Standing(3, 0, 3), "the same": Standing(1, 1, 3)}


def test_negative_values_rank_below_nothing() -> None:
    assert standings({"loss": Fraction(-1, 2), "still": Fraction(0)}) == {"loss": Standing(2, 0, 2), "still": Standing(1, 1, 2)}


def test_nobody_to_place() -> None:
    assert standings({}) == {}


def test_one_alone_is_first() -> None:
    assert standings({"a": Fraction(0)}) == {"a": Standing(1, 0, 1)}


@given(COHORTS)
@exactly
def test_place_and_below_count_the_others(values: Mapping[str, Fraction]) -> None:
    assert standings(values) == {
        key: Standing(
            place=1 + sum(other > value for other in values.values()),
            below=sum(other < value for other in values.values()),
            size=len(values),
        )
        for key, value in values.items()
    }


@given(COHORTS)
@exactly
def test_the_order_of_units_does_not_matter(values: Mapping[str, Fraction]) -> None:
    backwards = dict(reversed(list(values.items())))
    assert standings(backwards) == standings(values)


@given(COHORTS, st.fractions(min_value=Fraction(1, 9), max_value=9), VALUES)
@exactly
def test_scale_and_origin_do_not_matter(values: Mapping[str, Fraction], scale: Fraction, shift: Fraction) -> None:
    assert standings({key: value * scale + shift for key, value in values.items()}) == standings(values)


@given(COHORTS.filter(bool))
@exactly
def test_someone_is_first_and_someone_has_nobody_below(values: Mapping[str, Fraction]) -> None:
    places = standings(values).values()
    assert min(standing.place for standing in places) == 1
    assert min(standing.below for standing in places) == 0
    tied = [sum(other == standing for other in places) for standing in places]
    assert [standing.place + standing.below + ties - 1 for standing, ties in zip(places, tied, strict=True)] == [len(values)] * len(values)


@given(COHORTS.filter(bool), VALUES)
@exactly
def test_one_more_unit_never_improves_a_place(values: Mapping[str, Fraction], newcomer: Fraction) -> None:
    before, after = standings(values), standings({**values, "newcomer": newcomer})
    for key, value in values.items():
        assert after[key] == Standing(before[key].place + (newcomer > value), before[key].below + (newcomer < value), before[key].size + 1)
