"""What is said of findings in a workbook that goes back: the rows of the list, the comments, and how they look."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kaohe import look
from kaohe.checks.finding import Finding, Severity
from kaohe.text import clean, lines_needed, shorten

LIST_SHEET = "更正清单"
AUTHOR = "考核核对"

WITHHELD = "先不计分"
"""Beside a doubt whose value is not used until the unit has said what it means."""

FILLS = {Severity.ERROR: look.ERROR_FILL, Severity.DOUBT: look.DOUBT_FILL, Severity.HINT: look.HINT_FILL}
INKS = {Severity.ERROR: look.ERROR_INK, Severity.DOUBT: look.DOUBT_INK, Severity.HINT: look.HINT_INK}

COLUMNS: Mapping[str, float] = {
    "程度": 10,
    "工作表": 13,
    "单元格": 9,
    "内容": 22,
    "查到的": 22,
    "应当": 24,
    "怎么改": 27,
    "条款": 10,
    "编号": 9,
}
"""Headings of the list and the widths of their columns."""

CENTRED = (1, 3, 8, 9)

TITLE_ROW, ABOUT_ROW, HEADER_ROW, FIRST_ROW = 1, 2, 3, 4
MACHINE_COLUMN = len(COLUMNS) + 1
"""Hidden: the list's own mark above, and beside each marked cell's row a specimen of the fill it had."""

LIST_MARK, CELL_MARK = "kaohe-corrections", "marked"
_LONGEST = {"label": 100, "found": 160, "expected": 200, "action": 300, "other": 60}
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
_LINE_HEIGHT, _TALLEST = 16.0, 409.0
COMMENT_WIDTH, _COMMENT_COLUMNS, _COMMENT_LINE = 380, 48.0, 20


@dataclass(frozen=True, slots=True)
class Notice:
    """What the list sheet says: a title, lines below it, the findings in order; ``stamp`` is the workbook's time.

    ``origins`` says for each finding where it was in the unit's own file, "" where that is the same place.
    """

    title: str
    about: tuple[str, ...]
    findings: tuple[Finding, ...]
    origins: tuple[str, ...]
    publisher: str
    stamp: datetime


class Unmarkable(Exception):
    """This workbook cannot be marked; ``reason`` says in Chinese why, "" where openpyxl could not open or write it."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


def row_texts(finding: Finding, origin: str) -> tuple[str, ...]:
    """What a row of the list says, column by column."""
    other = _LONGEST["other"]
    return (
        f"{finding.severity.value}\n{WITHHELD}" if finding.withheld else finding.severity.value,
        shorten(finding.sheet, other),
        shorten(finding.cell, other),
        shorten(finding.label, _LONGEST["label"]) + (f"\n（{shorten(origin, _LONGEST['label'])}）" if origin else ""),
        shorten(finding.found, _LONGEST["found"]),
        shorten(finding.expected, _LONGEST["expected"]),
        shorten(finding.action, _LONGEST["action"]),
        shorten(finding.clause, other),
        shorten(finding.code, other),
    )


def row_height(texts: Sequence[str]) -> float:
    """Points that a row of the list needs for its longest text."""
    lines = max(lines_needed(text, columns) for text, columns in zip(texts, COLUMNS.values(), strict=True))
    return min(max(_LINE_HEIGHT * lines + 6, 22.0), _TALLEST)


def head_heights(notice: Notice) -> tuple[float, float]:
    """Points that the title and the lines below it need."""
    room = sum(COLUMNS.values())
    about = min(_LINE_HEIGHT * lines_needed("\n".join(notice.about), room) + 6, _TALLEST)
    return 28.0 * lines_needed(notice.title, room * 0.6), about


def comment_text(finding: Finding) -> str:
    """A finding as the comment on its cell says it."""
    lines = [f"【{finding.severity.value}】{finding.code} {finding.title}"]
    parts = (("查到的", finding.found, "found"), ("应当", finding.expected, "expected"), ("怎么改", finding.action, "action"))
    lines += [f"{name}：{shorten(text, _LONGEST[limit])}" for name, text, limit in parts if text]
    if finding.withheld:
        lines.append(f"写明确以前{WITHHELD}")
    return clean("\n".join(lines))


def comment_of(found: Iterable[Finding]) -> str:
    """All findings of one cell as its comment says them."""
    return "\n\n".join(comment_text(finding) for finding in found)


def comment_height(text: str) -> int:
    """Pixels that a comment needs for its text."""
    return lines_needed(text, _COMMENT_COLUMNS) * _COMMENT_LINE + 16
