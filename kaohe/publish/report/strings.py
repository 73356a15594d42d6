"""Texts of the embedded data, each stored once: units mostly say the same, or the same with other figures."""

import json
import re

from kaohe.text import clean

HOLE = "\x01"
"""Stands for a number in a skeleton; ``clean`` leaves no such character in any text."""

_NUMBERS = re.compile("([0-9]+)")
_LEAST_WORDS = 6
_MOST_DIGITS = 15


class Strings(dict[str, int]):
    """Numbers of texts: ``strings[text]`` adds a new one, with what could harm a page taken out of it. The empty text is 0.

    ``entries`` are the texts by number, as JSON: a string, or a list of a skeleton's number and the figures for its holes.
    """

    def __init__(self) -> None:
        super().__init__({"": 0})
        self.entries = ['""']

    def __missing__(self, text: str) -> int:
        parts = _NUMBERS.split(clean(text))
        words = parts[::2]
        if len(parts) > 1 and sum(map(len, words)) >= _LEAST_WORDS:
            skeleton = HOLE.join(words)
            entry = f"[{self[skeleton] if skeleton in self else self._put(skeleton, _json(skeleton))},{','.join(map(_figure, parts[1::2]))}]"
        else:
            entry = _json("".join(parts))
        return self._put(text, entry)

    def _put(self, text: str, entry: str) -> int:
        number = self[text] = len(self.entries)
        self.entries.append(entry)
        return number


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _figure(digits: str) -> str:
    """Digits as a JSON number where it is written the same way, else as a string."""
    plain = len(digits) <= _MOST_DIGITS and (digits[0] != "0" or len(digits) == 1)
    return digits if plain else f'"{digits}"'
