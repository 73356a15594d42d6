"""The bytes of an XML part looked at all at once: where its tags are, and what they say, without taking it apart."""

import re
import string
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Places: TypeAlias = NDArray[np.intp]
Flags: TypeAlias = NDArray[np.bool_]
_ROW = re.compile(rb'<row r="(\d+)"')
_BEYOND = 32
"""Bytes after the end that may be asked for."""


def table(signs: bytes) -> Flags:
    """Which of the 256 bytes are among these."""
    found = np.zeros(256, np.bool_)
    found[list(signs)] = True
    return found


_BLANK, _BEGINS_NAME, _QUOTE = table(b" \n\t\r"), table(b" \n\t\r\"'/"), table(b"\"'")
ENDS_NAME, _LETTER, _DIGIT = table(b" >/\n\t\r"), table(string.ascii_letters.encode()), table(b"0123456789")


def holds_markup(part: bytes) -> bool:
    """Whether ``<!`` stands anywhere: comments, CDATA, a document type."""
    if len(part) < 2000:
        return b"<!" in part
    found = np.frombuffer(part, np.uint8)
    return bool(((found[:-1] == ord("<")) & (found[1:] == ord("!"))).any())


class Signs:
    """A part's bytes, and the places of ``<`` and ``=`` in it. Never less careful than the library's parser."""

    def __init__(self, part: bytes) -> None:
        self.part = part
        self.bytes = np.frombuffer(part + bytes(_BEYOND), np.uint8)
        self.opening = np.flatnonzero(self.bytes == ord("<"))
        self.first, self.second = self.bytes[self.opening + 1], self.bytes[self.opening + 2]

    @cached_property
    def _equals(self) -> Places:
        return np.flatnonzero(self.bytes == ord("="))

    @cached_property
    def _before_equals(self) -> NDArray[np.uint8]:
        return self.bytes[self._equals - 1]

    @cached_property
    def _spaced(self) -> bool:
        """Whether blanks stand before a sign of equality."""
        return bool(_BLANK[self._before_equals].any())

    @property
    def perhaps_errors(self) -> bool:
        """Whether an attribute may say ``e``, however it is written."""
        if self._spaced:
            return True
        quotes = self.bytes[self._equals + 1]
        if _BLANK[quotes].any():
            return True
        says = self._equals[self.bytes[self._equals + 2] == ord("e")]
        return bool(((self.bytes[says + 1] == self.bytes[says + 3]) & _QUOTE[self.bytes[says + 1]]).any())

    @cached_property
    def prefixed(self) -> bool:
        """Whether a name with a prefix is that of a row or a cell."""
        colons = np.flatnonzero(self.bytes[:-2] == ord(":"))
        one, two = self.bytes[colons + 1], self.bytes[colons + 2]
        perhaps = colons[(one == ord("c")) | ((one == ord("r")) & (two == ord("o")))]
        return len(perhaps) > 0 and any(len(self._tags(perhaps, name)) for name in ("c", "row"))

    def ends_after(self, places: Places) -> Places:
        """The first ``>`` after each place; the end of the bytes where there is none."""
        found = np.append(np.flatnonzero(self.bytes == ord(">")), len(self.bytes) - 1)
        return found[np.searchsorted(found, places)]

    def say(self, places: Places, text: bytes) -> Flags:
        """At which of the places this text, of 8 to 16 bytes, stands: its first and its last eight are compared at once."""
        inside = (places >= 0) & (places <= len(self.bytes) - len(text))
        at, words = np.where(inside, places, 0), self._words(8)
        said: Flags = (words[at] == _word(text[:8])) & (words[at + len(text) - 8] == _word(text[-8:]))
        return said & inside

    def _words(self, size: int) -> NDArray[Any]:
        """By place, the ``size`` bytes from there on as one number."""
        return np.ndarray((len(self.bytes) - size + 1,), f"<u{size}", self.bytes.data, strides=(1,))

    @property
    def shared(self) -> int:
        """How many cells refer to a shared string."""
        named = self._equals[(self._before_equals == ord("t")) & (self.bytes[self._equals + 2] == ord("s"))]
        quotes = self.bytes[named + 1]
        return int(np.count_nonzero((quotes == self.bytes[named + 3]) & _QUOTE[quotes]))

    @property
    def rich(self) -> bool:
        """Whether a cell's value may be a rich one (``vm``)."""
        return bool((self.bytes[self._equals[self._before_equals == ord("m")] - 2] == ord("v")).any())

    @property
    def near(self) -> bool:
        """Whether every cell stands within the first 26 columns and 9999 rows, and all say so in the usual way."""
        cells = self.opening[(self.first == ord("c")) & ENDS_NAME[self.second]]
        placed = self._addressed(cells, "c", 1) and self._addressed(self.rows, "row", 0)
        return placed and not self.prefixed and self._said_once(len(cells) + len(self.rows))

    @cached_property
    def rows(self) -> Places:
        """Where rows begin."""
        return self._tags(self.opening[self.first == ord("r")], "row")

    def hidden_rows(self) -> list[int]:
        """The numbers (from 0) of hidden rows; of a part that is ``near``."""
        says = self.bytes[self._equals + 2]
        perhaps = self._equals[(self._before_equals == ord("n")) & ((says == ord("1")) | (says == ord("t")))]
        tags = self.opening[np.searchsorted(self.opening, perhaps) - 1]
        found = []
        for start, end in zip(tags.tolist(), perhaps.tolist(), strict=True):
            said = self.part.startswith((b' hidden="1"', b' hidden="true"'), max(0, end - 7))
            row = _ROW.match(self.part, start) if said else None
            if row:
                found.append(int(row[1]) - 1)
        return found

    def _followed(self, places: Places, text: str) -> Places:
        """Those of the places that the text follows."""
        for offset, sign in enumerate(text, start=1):
            places = places[self.bytes[places + offset] == ord(sign)]
        return places

    def _tags(self, places: Places, name: str) -> Places:
        """Those of the places that the name of an element follows."""
        places = self._followed(places, name)
        return places[ENDS_NAME[self.bytes[places + len(name) + 1]]]

    def _said_once(self, places: int) -> bool:
        """Whether there are only so many addresses: the library takes the last one of an element that gives two."""
        if len(self._equals) and self._equals[0] < 2:
            return False
        before = self._before_equals
        named = self.bytes[self._equals[before == ord("r")] - 2]
        return not self._spaced and int(np.count_nonzero(_BEGINS_NAME[named])) == places

    def _addressed(self, places: Places, name: str, letters: int) -> bool:
        """Whether every such element begins with its own address, of so many letters and one to four digits."""
        if len(places) == 0:
            return True
        at, words = places + 1 + len(name), self._words(4)
        if not (words[at] == _word(b' r="')).all():
            return False
        at = at + 4
        if not all(bool(_LETTER[self.bytes[at + n]].all()) for n in range(letters)):
            return False
        at = at + letters
        near = words[at + 1] ^ _word(b'""""')
        closed = (near - _word(b"\1\1\1\1")) & ~near & _word(b"\x80\x80\x80\x80")  # not 0 where one of the four bytes is
        return bool((_DIGIT[self.bytes[at]] & (closed != 0)).all())


def _word(text: bytes) -> Any:
    """Four or eight bytes as ``_words`` give them."""
    return np.frombuffer(text, f"<u{len(text)}")[0]
