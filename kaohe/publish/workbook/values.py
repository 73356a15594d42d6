"""What can stand in a cell, and the text that it shows."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from kaohe.text import clean, date_text, points_text, width

MOST_CHARACTERS = 32767
"""What a spreadsheet cell holds, in UTF-16 units."""

FIRST_YEAR = 1900

LONG_TEXT = 500
"""Characters beyond which the measures of a text are not remembered, so that what is remembered stays small."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula (without ``=``) and the value that it gives, stored so that no program has to recalculate."""

    text: str
    value: Fraction | float


@dataclass(frozen=True, slots=True)
class Spot:
    """A row (from 0) of a sheet, and the column where its line begins to be of interest."""

    sheet: str
    row: int
    column: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """Text or a figure that leads to another place of the workbook."""

    text: "str | Formula"
    spot: Spot


Plain: TypeAlias = str | int | Fraction | date | Formula | Link | None


@dataclass(frozen=True, slots=True)
class Styled:
    """A value with a style of its own."""

    value: Plain
    style: str


Cell: TypeAlias = Plain | Styled


def number(value: Fraction | float) -> int | float:
    """A number as exact as a spreadsheet stores it: whole numbers stay whole."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    return value


def stored(text: str) -> str:
    """Text as it may be stored: clean, one kind of line end, no longer than a cell holds."""
    kept = clean(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)
    if 2 * len(kept) <= MOST_CHARACTERS:
        return kept
    return kept.encode("utf-16-le")[: 2 * MOST_CHARACTERS].decode("utf-16-le", errors="ignore")


def bare(cell: Cell) -> Plain:
    """The value without its style."""
    return cell.value if isinstance(cell, Styled) else cell


def shown(cell: Cell) -> str:
    """The text that a cell shows, for measuring."""
    match bare(cell):
        case None:
            return ""
        case str() as text:
            return stored(text)
        case Link(text=text):
            return shown(text)
        case Formula(value=value):
            return points_text(value) if isinstance(value, Fraction) else f"{value:.1f}"
        case Fraction() as points:
            return points_text(points)
        case date() as day:
            return date_text(day)
        case whole:
            return str(whole)


def widest(text: str) -> float:
    """Display width of the longest line."""
    return _remembered_width(text) if len(text) <= LONG_TEXT else _widest(text)


def _widest(text: str) -> float:
    return max(width(line) for line in text.split("\n"))


_remembered_width = lru_cache(maxsize=1 << 15)(_widest)
