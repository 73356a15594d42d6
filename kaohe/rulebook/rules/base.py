"""What every kind of rule offers: three faces of one computation, and its bounds."""

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

from kaohe.rulebook.facts import Case, FactRow, Facts, FormulaNames, Names
from kaohe.text import points_text


def parse_exact(value: Any) -> Fraction:
    """An exact number from TOML: ``2``, ``"6%"`` or ``"1/3"``. Floats are refused, as no float may decide a place."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, str):
        try:
            return Fraction(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
        except (ValueError, ZeroDivisionError):
            pass
    raise ValueError(f'应当是整数、"6%" 或 "1/3" 这样的准确数，现在是 {value!r}')


Exact: TypeAlias = Annotated[Fraction, BeforeValidator(parse_exact)]


class Frozen(BaseModel):
    """Base of everything read from TOML: immutable, and no key unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Rule(Frozen, ABC):
    """One rule of the notice. ``points``, ``formula`` and ``words`` must agree; a test recalculates forms to hold the first two together."""

    @abstractmethod
    def inputs(self) -> tuple[str, ...]:
        """Ids of the fields the rule reads."""

    def lists(self) -> tuple[str, ...]:
        """Ids of the lists the rule reads."""
        return ()

    def counted_rows(self, facts: Facts) -> tuple[FactRow, ...]:
        """The list rows that count for the rule."""
        return ()

    @abstractmethod
    def maximum(self) -> Fraction | None:
        """The most it can earn; None where the notice sets no cap."""

    @abstractmethod
    def points(self, case: Case) -> Fraction:
        """Points earned, exact."""

    @abstractmethod
    def words(self, case: Case) -> str:
        """Why, in Chinese, with the figures."""

    @abstractmethod
    def plain(self, names: Names) -> str:
        """The rule itself, in plain Chinese, for the form."""

    @abstractmethod
    def formula(self, names: FormulaNames) -> str | None:
        """Spreadsheet expression of the points, without ``=``; None where other units decide."""

    def pending(self, case: Case) -> str | None:
        """Why the meeting must decide this item (待审定), or None."""
        return None


class Condition(Frozen, ABC):
    """Something that holds or does not; a rule by itself with points, or a part of ``all_of``."""

    @abstractmethod
    def condition_inputs(self) -> tuple[str, ...]:
        """Ids of the fields it reads."""

    @abstractmethod
    def holds(self, facts: Facts) -> bool:
        """Whether the accepted values meet it; a missing value never does."""

    @abstractmethod
    def figures(self, case: Case) -> str:
        """The unit's figures and whether they meet it, in words."""

    @abstractmethod
    def demand(self, names: Names) -> str:
        """What is demanded, in words, where the field is named elsewhere (beside it in the form)."""

    def named_demand(self, names: Names) -> str:
        """What is demanded, with the field named."""
        return f"{label(names, self.condition_inputs()[-1])}{self.demand(names)}"

    @abstractmethod
    def test(self, names: FormulaNames) -> str:
        """Spreadsheet expression that is TRUE when it holds."""

    def contradicted(self, facts: Facts) -> bool:
        """Whether the figures cannot be true together: an error, under which the whole item earns nothing."""
        return False

    def contradiction_test(self, names: FormulaNames) -> str | None:
        """Spreadsheet expression of ``contradicted``, or None where it cannot be."""
        return None

    def undecided(self, case: Case) -> str | None:
        """Why it cannot be decided by figures alone, or None."""
        return None


def earned(points: Fraction) -> str:
    """``计2分`` or ``不计分``."""
    return f"计{points_text(points)}分" if points else "不计分"


def label(names: Names, field_id: str) -> str:
    """A field's label in quotation marks, as words use it."""
    inner = names.fields[field_id].replace("“", "‘").replace("”", "’")
    return f"“{inner}”"


def missing_words(case: Case, field_ids: tuple[str, ...]) -> str | None:
    """Words for fields without an accepted value, or None when all are there."""
    absent = [f for f in field_ids if f not in case.facts.fields]
    if not absent:
        return None
    return "、".join(label(case.names, f) for f in absent) + "未填或待更正"
