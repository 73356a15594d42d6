"""The notice itself: its paragraphs with their lines, the clauses that score and the sentences on method."""

import difflib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

_SECTION = re.compile(r"^[（(][一二三四五六七八九十]+[）)]")
_HEADING = re.compile(r"^[一二三四五六七八九十]+、[^。；]{2,30}$")
_AROUND = 12
"""Characters shown on either side of a difference."""


class Headed(Protocol):
    """What names the two headings: a rulebook."""

    @property
    def scored_heading(self) -> str: ...

    @property
    def method_heading(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, or a sentence of one, stripped, and its line in the file."""

    line: int
    text: str

    @property
    def is_section(self) -> bool:
        """Whether it is headed （一）, （二） and so on."""
        return _SECTION.match(self.text) is not None


@dataclass(frozen=True)
class Notice:
    """The text of a notice, and what its file is called in messages."""

    text: str
    name: str = "notice.txt"

    @cached_property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """Everything but empty lines."""
        return tuple(Paragraph(n, line.strip()) for n, line in enumerate(self.text.splitlines(), start=1) if line.strip())

    def has(self, heading: str) -> bool:
        """Whether this stands in a paragraph of its own."""
        return any(paragraph.text == heading for paragraph in self.paragraphs)

    def headings(self) -> list[str]:
        """Paragraphs that look like the heading of a part."""
        return [paragraph.text for paragraph in self.paragraphs if _HEADING.match(paragraph.text)]

    def scored(self, headed: Headed) -> list[Paragraph]:
        """Sections and clauses, between the two headings; none where one of these is not there."""
        begin, end = self._place(headed.scored_heading), self._place(headed.method_heading)
        return [] if begin is None or end is None else list(self.paragraphs[begin + 1 : end])

    def clauses(self, headed: Headed) -> list[str]:
        """The clauses of the scored part, one paragraph each."""
        return [paragraph.text for paragraph in self.scored(headed) if not paragraph.is_section]

    def method(self, headed: Headed) -> list[Paragraph]:
        """Every sentence that ends in a full stop after the second heading; the groups and their members are no sentences."""
        begin = self._place(headed.method_heading)
        following = () if begin is None else self.paragraphs[begin + 1 :]
        return [Paragraph(p.line, part.strip() + "。") for p in following for part in p.text.split("。")[:-1] if part.strip()]

    def _place(self, heading: str) -> int | None:
        return next((n for n, paragraph in enumerate(self.paragraphs) if paragraph.text == heading), None)


def difference(quoted: str, notice: str) -> str:
    """Where two texts differ first, in words, with some characters around."""
    ops = [op for op in difflib.SequenceMatcher(None, quoted, notice, autojunk=False).get_opcodes() if op[0] != "equal"]
    if not ops:
        return ""
    (_, a, b, c, d), more = ops[0], len(ops) - 1
    places = f"，后面还有{more}处" if more else ""
    return f"；通知里写的是“{_around(notice, c, d)}”，这里写的是“{_around(quoted, a, b)}”{places}"


def _around(text: str, begin: int, end: int) -> str:
    left, right = max(0, begin - _AROUND), min(len(text), end + _AROUND)
    return ("…" if left else "") + text[left:right] + ("…" if right < len(text) else "")
