"""What can stand in a cell, and how each kind is stored: text of any origin never becomes a formula or a link."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import TypeAlias

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kaohe.text import clean, date_text, points_text, width

MOST_CHARACTERS = 32767
"""What a spreadsheet cell holds, in UTF-16 units."""

FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula (without ``=``) and the value that it gives, stored so that no program has to recalculate."""

    text: str
    value: Fraction | float


@dataclass(frozen=True, slots=True)
class Link:
    """Text that leads to a row (from 0) of another sheet."""

    text: str
    sheet: str
    row: int


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
    units = clean(text.replace("\r\n", "\n").replace("\r", "\n")).encode("utf-16-le")
    return units[: 2 * MOST_CHARACTERS].decode("utf-16-le", errors="ignore")


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
            return stored(text)
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
    return max(width(line) for line in text.split("\n"))


def put(sheet: Worksheet, row: int, column: int, value: Plain, style: Format) -> None:
    """Store a value (row and column from 0)."""
    match value:
        case None | "":
            sheet.write_blank(row, column, None, style)
        case str():
            sheet.write_string(row, column, stored(value), style)
        case Link():
            sheet.write_url(row, column, f"internal:'{value.sheet}'!A{value.row + 1}", style, stored(value.text))
        case Formula():
            sheet.write_formula(row, column, f"={value.text}", style, number(value.value))
        case date() if value.year < FIRST_YEAR:
            sheet.write_string(row, column, date_text(value), style)
        case date():
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), style)
        case _:
            sheet.write_number(row, column, number(value), style)
