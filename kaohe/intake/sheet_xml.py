"""One worksheet part of an .xlsx: how far its cells reach, and what the library that reads the values does not tell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from kaohe.cells import column_index
from kaohe.intake.formulas import as_texts, without_values
from kaohe.intake.guard import CANNOT_OPEN
from kaohe.intake.parts import canonical
from kaohe.intake.signs import Signs
from kaohe.intake.unreadable import UnreadableWorkbook

_NEAR = (9999, 26)
"""Rows and columns within which addresses are told at a glance."""
_REF = re.compile(r"([A-Za-z]{0,7})([0-9]{1,10})")
_RICH = re.compile(rb'<c r="([A-Z]+)(\d+)"(?=[^<>]*? vm=")')
CELL_PICTURE = b"DISPIMG("
_ERROR_TYPE = re.compile(rb"""(<(?:\w+:)?c\s(?:[^<>]*?\s)?t\s*=\s*)(["'])e\2""")


@dataclass(slots=True)
class Facts:
    """What a look at the part tells. Places are zero-based; ``height`` and ``width`` bound the cells that hold anything, from A1 on."""

    height: int = 0
    width: int = 0
    hidden: set[int] = field(default_factory=set)
    rich: set[tuple[int, int]] = field(default_factory=set)
    shared: int = 0
    """Cells that refer to a shared string."""
    pictured: bool = False
    """Whether a cell's own text may be a picture of WPS."""


def look(part: bytes, most: int) -> tuple[bytes, Facts]:
    """The part as the library is to read it, and what it holds; the area of its cells is told exactly where it may be more than ``most``.

    In that copy an error value is its text and a formula without a value is ``=`` and its text: the library reads both as blank, and gives up the
    whole file at an error it does not know (#SPILL!). Formulas that have a value are left out. What is told is told of that copy.
    """
    if b"sheetData" not in part:
        raise UnreadableWorkbook(CANNOT_OPEN)
    signs = Signs(part)
    if (signs.first == ord("!")).any():
        signs = Signs(canonical(part))
    signs = _changed(signs, without_values(signs))
    if signs.perhaps_errors:
        signs = _changed(signs, _ERROR_TYPE.sub(rb"\1\2str\2", signs.part))
    signs = _changed(signs, as_texts(signs))
    if signs.near and _NEAR[0] * _NEAR[1] <= most:
        found = Facts(*_NEAR)
        found.hidden = set(signs.hidden_rows())
        found.rich = set(_places(_RICH, signs.part)) if signs.rich else set()
    else:
        found = _Look().at(signs.part)
    found.shared = signs.shared
    found.pictured = CELL_PICTURE in signs.part
    return signs.part, found


def _changed(signs: Signs, part: bytes) -> Signs:
    return signs if part == signs.part else Signs(part)


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
