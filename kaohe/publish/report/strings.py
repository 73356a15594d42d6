"""Texts of the embedded data, each stored once: units mostly say the same, or the same with other figures."""

import re
from typing import TypeAlias

from kaohe.text import clean

HOLE = "\x01"
"""Stands for a number in a skeleton; ``clean`` leaves no such character in any text."""
Entry: TypeAlias = str | list[int | str]
"""A text, or the number of a skeleton and the figures for its holes."""

_NUMBERS = re.compile("([0-9]+)")
_LEAST_WORDS = 6
_MOST_DIGITS = 15


class Strings:
    """A table of texts by number; number 0 is the empty text."""

    def __init__(self) -> None:
        self.entries: list[Entry] = [""]
        self._numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        """The number of ``text``, which is added when it is new. What could harm a page is taken out of it."""
        found = self._numbers.get(text)
        return self._add(text) if found is None else found

    def _add(self, text: str) -> int:
        parts = _NUMBERS.split(clean(text))
        words = parts[::2]
        entry: Entry = "".join(parts)
        if len(parts) > 1 and sum(map(len, words)) >= _LEAST_WORDS:
            entry = [self._skeleton(HOLE.join(words)), *map(_figure, parts[1::2])]
        self.entries.append(entry)
        self._numbers[text] = len(self.entries) - 1
        return self._numbers[text]

    def _skeleton(self, text: str) -> int:
        if text not in self._numbers:
            self.entries.append(text)
            self._numbers[text] = len(self.entries) - 1
        return self._numbers[text]


def _figure(digits: str) -> int | str:
    """Digits as a number where it is written the same way."""
    plain = len(digits) <= _MOST_DIGITS and (digits[0] != "0" or len(digits) == 1)
    return int(digits) if plain else digits
