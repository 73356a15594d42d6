"""One worksheet part of an .xlsx: how far its cells reach, and what the library that reads the values does not tell."""

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from kaohe.cells import column_index
from kaohe.intake.guard import CANNOT_OPEN, UnreadableWorkbook
from kaohe.intake.parts import canonical

_Places: TypeAlias = NDArray[np.intp]
_Flags: TypeAlias = NDArray[np.bool_]
_NEAR = (9999, 26)
"""Rows and columns within which addresses are told at a glance."""
_LONGEST = 100_000
"""Bytes within which a cell's formula or a row's attributes are looked for."""
_REF = re.compile(r"([A-Za-z]{0,7})([0-9]{1,10})")
_HIDDEN = re.compile(rb' hidden="(?:1|true)"')
_ROW = re.compile(rb'<row r="(\d+)"')
_RICH = re.compile(rb'<c r="([A-Z]+)(\d+)"(?=[^<>]*? vm=")')
_ERROR_TYPE = re.compile(rb"""(<(?:\w+:)?c\s(?:[^<>]*?\s)?t\s*=\s*)(["'])e\2""")
_UNCACHED = re.compile(rb"""<((?:\w+:)?)c\b([^<>]*[^<>/])?><\1f\b([^<>]*)(?:/>|>([^<]*)</\1f>)\s*(?:(?:<\1v\s*/>|<\1v\s*></\1v>)\s*)?</\1c>""")
_EMPTY_FORMULA = re.compile(rb"<f [^<>]*/>\s*(?:(?:<v></v>|<v ?/>)\s*)?</c>")
_FORMULA_END = re.compile(rb"</f>\s*(?:(?:<v></v>|<v ?/>)\s*)?</c>")
_TYPE = re.compile(rb"""\st\s*=\s*(?:"[^"]*"|'[^']*')""")


def _table(signs: bytes) -> _Flags:
    found = np.zeros(256, np.bool_)
    found[list(signs)] = True
    return found


_BLANK, _BEGINS_NAME = _table(b" \n\t\r"), _table(b" \n\t\r\"'/")
_ENDS_NAME, _LETTER, _DIGIT = _table(b" >/\n\t\r"), _table(string.ascii_letters.encode()), _table(b"0123456789")


@dataclass(slots=True)
class Facts:
    """What a look at the part tells. Places are zero-based; ``height`` and ``width`` bound the cells that hold anything, from A1 on."""

    height: int = 0
    width: int = 0
    hidden: set[int] = field(default_factory=set)
    rich: set[tuple[int, int]] = field(default_factory=set)


def look(part: bytes, most: int) -> tuple[bytes, Facts]:
    """The part as the library is to read it, and what it holds; the area of its cells is told exactly where it may be more than ``most``.

    In that copy an error value is its text and a formula without a value is ``=`` and its text: the library reads both as blank, and gives up the
    whole file at an error it does not know (#SPILL!).
    """
    if b"sheetData" not in part:
        raise UnreadableWorkbook(CANNOT_OPEN)
    glance = _Glance(part)
    if glance.marked_up:
        part = canonical(part)
        glance = _Glance(part)
    if glance.errors:
        part = _ERROR_TYPE.sub(rb"\1\2str\2", part)
    if glance.prefixed or _EMPTY_FORMULA.search(part):
        part = _UNCACHED.sub(_formula_as_text, part)
    else:
        part = _with_formulas(part)
    if glance.near and _NEAR[0] * _NEAR[1] <= most:
        found = Facts(*_NEAR)
        found.hidden = set(_hidden(part))
        found.rich = set(_places(_RICH, part)) if b' vm="' in part else set()
        return part, found
    return part, _Look().at(part)


class _Glance:
    """What can be told of a part without taking it apart: bytes looked at all at once, never less careful than the library's parser."""

    def __init__(self, part: bytes) -> None:
        self._bytes = np.frombuffer(part + bytes(16), np.uint8)
        opening, colons, equals = (np.flatnonzero(self._bytes == ord(sign)) for sign in "<:=")
        self.marked_up = len(self._followed(opening, "!")) > 0
        self.errors = any(len(self._followed(equals, text)) for text in ('"e"', "'e'", " ")) or b"t =" in part
        self.prefixed = self._named(colons, "f")
        prefixed_cells = self._named(colons, "c") or self._named(colons, "row")
        cells, rows = self._tags(opening, "c"), self._tags(opening, "row")
        placed = self._addressed(cells, "c", 1) and self._addressed(rows, "row", 0)
        self.near = placed and not prefixed_cells and self._said_once(equals, len(cells) + len(rows))

    def _followed(self, places: _Places, text: str) -> _Places:
        """Those of the places that the text follows."""
        for offset, sign in enumerate(text, start=1):
            places = places[self._bytes[places + offset] == ord(sign)]
        return places

    def _tags(self, places: _Places, name: str) -> _Places:
        """Those of the places that the name of an element follows."""
        places = self._followed(places, name)
        return places[_ENDS_NAME[self._bytes[places + len(name) + 1]]]

    def _named(self, places: _Places, name: str) -> bool:
        return len(self._tags(places, name)) > 0

    def _said_once(self, equals: _Places, places: int) -> bool:
        """Whether there are only so many addresses: the library takes the last one of an element that gives two."""
        if len(equals) and equals[0] < 2:
            return False
        before = self._bytes[equals - 1]
        named = self._bytes[equals[before == ord("r")] - 2]
        return not _BLANK[before].any() and int(np.count_nonzero(_BEGINS_NAME[named])) == places

    def _addressed(self, places: _Places, name: str, letters: int) -> bool:
        """Whether every such element begins with its own address, of so many letters and one to four digits."""
        if len(self._followed(places + len(name), ' r="')) < len(places):
            return False
        start = places + len(f'<{name} r="')
        lettered = all(bool(_LETTER[self._bytes[start + n]].all()) for n in range(letters))
        closed = np.zeros(len(places), np.bool_)
        for digits in range(1, 5):
            closed |= self._bytes[start + letters + digits] == ord('"')
        return lettered and bool((_DIGIT[self._bytes[start + letters]] & closed).all())


def _hidden(part: bytes) -> Iterator[int]:
    for mark in _HIDDEN.finditer(part):
        row = _ROW.match(part, part.rfind(b"<", max(0, mark.start() - _LONGEST), mark.start()))
        if row:
            yield int(row.group(1)) - 1


def _with_formulas(part: bytes) -> bytes:
    """The part as ``_UNCACHED`` would leave it, quickly: only what ends like a formula without a value is looked at."""
    pieces: list[bytes] = []
    done = 0
    for end in _FORMULA_END.finditer(part):
        start = part.rfind(b"<c ", max(done, end.start() - _LONGEST), end.start())
        cell = _UNCACHED.fullmatch(part, start, end.end()) if start >= 0 and b't="str"' not in part[start : start + 60] else None
        if cell:
            pieces += [part[done:start], _formula_as_text(cell)]
            done = end.end()
    return b"".join([*pieces, part[done:]]) if pieces else part


def _formula_as_text(cell: re.Match[bytes]) -> bytes:
    prefix, attributes, formula = cell.group(1), cell.group(2) or b"", cell.group(4) or b""
    if b"<%bv" % prefix in cell.group() and b't="str"' in attributes:
        return cell.group()  # a text that happens to be empty, not a value that is missing
    kept = _TYPE.sub(b"", attributes)
    return b'<%bc%b t="str"><%bv>=%b</%bv></%bc>' % (prefix, kept, prefix, formula, prefix, prefix)


def _places(pattern: re.Pattern[bytes], part: bytes) -> Iterator[tuple[int, int]]:
    for letters, number in pattern.findall(part):
        yield int(number) - 1, column_index(letters.decode())


class _Look:
    """A walk over the part's elements, placing cells as the library does."""

    def __init__(self) -> None:
        self._found = Facts()
        self._row = self._column = 0
        self._place = (0, 0)

    def at(self, part: bytes) -> Facts:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(part, True)
        except (expat.ExpatError, ValueError):
            raise UnreadableWorkbook(CANNOT_OPEN) from None
        return self._found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                at = _REF.fullmatch(attributes.get("r", ""))
                if at:
                    self._row = int(at.group(2)) - 1
                if attributes.get("hidden") in ("1", "true"):
                    self._found.hidden.add(self._row)
            case "c":
                at = _REF.fullmatch(attributes.get("r", ""))
                if at and at.group(1):
                    self._column = column_index(at.group(1).upper())
                self._place = (int(at.group(2)) - 1 if at else self._row, self._column)
                self._column += 1
                if "vm" in attributes:
                    self._found.rich.add(self._place)
            case "v" | "is":
                self._found.height = max(self._found.height, self._place[0] + 1)
                self._found.width = max(self._found.width, self._place[1] + 1)

    def _end(self, name: str) -> None:
        if name.rpartition(":")[2] == "row":
            self._row += 1
            self._column = 0
