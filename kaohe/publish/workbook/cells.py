"""Values as they stand in a sheet's part of the file. Text of any origin never becomes a formula, a link or markup."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction

from kaohe.cells import column_letter
from kaohe.publish.workbook.values import FIRST_YEAR, Formula, Plain, number, stored
from kaohe.text import date_text

LETTERS = tuple(column_letter(n) for n in range(1024))
"""Letters of the columns that a sheet of ours may have."""

_OVERHEAD = 100
"""Characters' worth of memory that a held text takes besides its own."""

_ESCAPED = re.compile("[&<>]|_x[0-9A-Fa-f]{4}_")
_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_DAY_ZERO, _LEAP_BUG = date(1899, 12, 31), 59


class Texts:
    """The texts of a workbook: what follows ``<c r="…" s="…"`` for a text, and the table that such cells refer to."""

    def __init__(self, room: int) -> None:
        """``room`` is how many characters are held to be written once and referred to; later texts stand in their cells."""
        self._room = room
        self._tails: dict[str, str] = {"": "/>"}
        self._table: list[str] = []

    def __getitem__(self, text: str) -> str:
        return self._tails.get(text) or self._add(text)

    def _add(self, text: str) -> str:
        element = _element(stored(text))
        cost = len(text) + _OVERHEAD
        if cost > self._room:
            return f' t="inlineStr"><is>{element}</is></c>'
        self._room -= cost
        tail = self._tails[text] = f' t="s"><v>{len(self._table)}</v></c>'
        self._table.append(f"<si>{element}</si>")
        return tail

    def xml(self) -> Iterator[str]:
        """The table of shared texts, in pieces."""
        yield '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        yield f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="{len(self._table)}">'
        yield from self._table
        yield "</sst>"


class Ink:
    """Turns a value in a named style into what follows its cell's address."""

    def __init__(self, styles: Mapping[str, str], texts: Texts) -> None:
        """``styles`` are the numbers of the named formats in the file, as ``' s="5"'``."""
        self.styles = styles
        self.texts = texts

    def __call__(self, value: Plain, style: str) -> str:
        """The rest of a ``<c r="…"`` element. A link is its text; where it leads is told elsewhere."""
        mark = self.styles[style]
        kind = type(value)
        if kind is str:
            return mark + self.texts[value]  # type: ignore[index]
        if kind is int:
            return f"{mark}><v>{value}</v></c>"
        match value:
            case None:
                return f"{mark}/>"
            case Fraction():
                return f"{mark}><v>{number(value)}</v></c>"
            case Formula():
                return f"{mark}><f>{markup(value.text)}</f><v>{number(value.value)}</v></c>"
            case date() if value.year < FIRST_YEAR:
                return mark + self.texts[date_text(value)]
            case date():
                return f"{mark}><v>{_serial(value)}</v></c>"
            case int():
                return f"{mark}><v>{int(value)}</v></c>"
            case str():
                return mark + self.texts[str(value)]
            case _:
                return self(value.text, style)


def markup(text: str) -> str:
    """Text inside an element of XML."""
    return _ESCAPED.sub(lambda found: _MARKUP.get(found[0]) or f"_x005F{found[0]}", text)


def _element(text: str) -> str:
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f"<t{space}>{markup(text)}</t>"


def _serial(day: date) -> int:
    """Days as spreadsheets count them, with a 29 February 1900 that never was."""
    days = (day - _DAY_ZERO).days
    return days + 1 if days > _LEAP_BUG else days
