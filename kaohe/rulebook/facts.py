"""What a rule is computed from: the accepted values of one unit, and its standing among the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TypeAlias

FieldValue: TypeAlias = int | bool
CellValue: TypeAlias = int | bool | str | date | Fraction


@dataclass(frozen=True, slots=True)
class FactRow:
    """One valid row of an evidence list; ``number`` is the row the filler sees on ``sheet``."""

    number: int
    values: Mapping[str, CellValue | None]
    sheet: str = ""

    @property
    def place(self) -> tuple[str, int]:
        """What tells the row from every other row of its list."""
        return self.sheet, self.number


@dataclass(frozen=True, slots=True)
class Facts:
    """Accepted values of one unit: a field that is blank or blocked is absent, an invalid row is left out."""

    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    rows: Mapping[str, tuple[FactRow, ...]] = field(default_factory=dict)

    def number(self, field_id: str) -> int | None:
        """An integer field, or None where there is no accepted value."""
        value = self.fields.get(field_id)
        return None if value is None else int(value)

    def yes(self, field_id: str) -> bool:
        """Whether a yes/no field was answered 是."""
        return self.fields.get(field_id) is True

    def list_rows(self, list_id: str) -> tuple[FactRow, ...]:
        """Valid rows of a list, in sheet order."""
        return self.rows.get(list_id, ())


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit among all that have a value in a metric: ``place`` from the top, how many stand strictly ``below``, cohort ``size``."""

    place: int
    below: int
    size: int


@dataclass(frozen=True, slots=True)
class Names:
    """Chinese labels that words and plain rules use."""

    fields: Mapping[str, str]
    lists: Mapping[str, str]
    columns: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Case:
    """One rule applied to one unit."""

    facts: Facts
    names: Names
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class FormulaNames:
    """How a live formula in the form refers to inputs (defined names of the workbook)."""

    field: Callable[[str], str] = lambda field_id: f"in_{field_id}"
    column: Callable[[str, str], str] = lambda list_id, column_id: f"li_{list_id}_{column_id}"
    row_state: Callable[[str], str] = lambda list_id: f"li_{list_id}_state"


VALID_ROW = "有效"
"""What the form's own row check writes beside a valid list row; item formulas count these."""
