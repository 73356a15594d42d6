"""One sheet of the workbook: its title, headings, print set-up, and rows that fit their text.

A sheet is set up first, and its rows are asked for when the file is put together: see ``package.py``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TypeAlias

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from kaohe import look
from kaohe.publish.workbook.cells import LETTERS, Ink, markup
from kaohe.publish.workbook.plan import HEAD_ROW, Plan
from kaohe.publish.workbook.spread import FIRST_ROW
from kaohe.publish.workbook.styles import LINE_POINTS
from kaohe.publish.workbook.values import LONG_TEXT, Cell, Link, Spot, Styled, shown, widest
from kaohe.text import clean, lines_needed

Rows: TypeAlias = Iterator[str]
"""The rows of a sheet as they stand in the file, from the top."""

A3, A4 = 8, 9
PAGE_PIXELS = 1032
"""Width of the printed area of A4 on its side, in pixels at full size."""

PAGE_POINTS = 498
"""Its height in points."""

_MARGIN_CM = {"left": 1.2, "right": 1.2, "top": 1.8, "bottom": 1.6}
_HIGHEST_ROW = 409.0
_ROOM_POINTS = 4
_BODY_PER_COLUMN = 1.05
"""Half-width characters of body text that stand in one unit of column width."""

_SAMPLE = 2000
"""Lines of a table that its columns are measured by; what is wider further down wraps."""


@dataclass(frozen=True, slots=True)
class Column:
    """A table column: heading, bounds of its width, and the style of its cells."""

    heading: str
    least: float
    most: float
    style: str = "text"


@dataclass
class Book:
    """The workbook being made. ``ink`` is there as soon as rows are asked for."""

    file: xlsxwriter.Workbook
    plan: Plan
    ink: Ink = field(init=False)


@dataclass
class Page:
    """One sheet. Rows and columns count from 0; ``rows`` and ``columns`` are how many it has."""

    book: Book
    sheet: Worksheet
    name: str
    part: int = 0
    rows: int = 1
    columns: int = 1
    links: list[bytes] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    without_links: bool = False

    # ── set up ──

    @property
    def marked_title(self) -> str:
        """The sheet's title with the mark that it carries until the result is final."""
        mark = self.book.plan.assessment.status.mark
        return f"{f'【{mark}】' if mark else ''}{self.book.plan.assessment.rulebook.title} · {self.name}"

    def widths(self, widths: Sequence[float]) -> None:
        """Set the columns' widths."""
        self.columns = len(widths)
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def afford(self, *counts: int) -> list[bool]:
        """Which kinds of links the sheet can have, each wholly or not at all, the first kind first. A sheet holds a limited number of them."""
        left, found = self.book.plan.limits.links, []
        for count in counts:
            found.append(count <= left)
            left -= count if count <= left else 0
        self.without_links = self.without_links or not all(found)
        return found

    def table(
        self,
        columns: Sequence[Column],
        rows: Callable[[int, int], Iterable[Sequence[Cell]]],
        span: tuple[int, int],
        note: str,
        empty: str,
        paper: int = A4,
    ) -> tuple[list[float], Rows]:
        """Set up a sheet that is one table, of the lines ``rows(*span)``; ``empty`` is said where there are none.

        Columns are measured by the table's first lines, on every sheet that it goes on over. Returns the widths and the rows.
        """
        widths = measured(columns, rows(0, _SAMPLE))
        self.widths(widths)
        count = span[1] - span[0]
        self.rows = FIRST_ROW + max(1, count)
        self.sheet.freeze_panes(FIRST_ROW, 1)
        if count:
            self.sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + count, len(columns) - 1)
        self.print_setup((HEAD_ROW, HEAD_ROW), paper)
        return widths, self._table(columns, rows(*span) if count else (), widths, note, empty)

    def _table(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], widths: Sequence[float], note: str, empty: str) -> Rows:
        yield from self.top(note, widths)
        yield self.heads(HEAD_ROW, [column.heading for column in columns], widths)
        table, row = Lines(self, columns, widths), FIRST_ROW
        for row, cells in enumerate(rows, FIRST_ROW + 1):
            yield table.line(row - 1, cells)
        if row == FIRST_ROW:
            yield self.line(row, self.across(row, 0, len(columns) - 1, empty, "muted"), 2 * LINE_POINTS)

    def print_setup(self, repeat: tuple[int, int], paper: int = A4, scale: int | None = None) -> None:
        """Paper, landscape, repeated rows, header and footer; one page wide and as many as needed high, or at a scale with breaks of its own."""
        sheet, assessment = self.sheet, self.book.plan.assessment
        sheet.set_paper(paper)
        sheet.set_landscape()
        sheet.set_margins(**{side: cm / 2.54 for side, cm in _MARGIN_CM.items()})
        sheet.center_horizontally()
        sheet.repeat_rows(*repeat)
        if scale is None:
            sheet.fit_to_pages(1, 0)
        else:
            sheet.set_print_scale(scale)
        left = clean(assessment.rulebook.title).replace("&", "&&")[:80]
        mark = f'&R&"{look.HEAD_FONT},Regular"&14{assessment.status.mark}' if assessment.status.mark else ""
        sheet.set_header(f'&L&"{look.BODY_FONT},Regular"{left} {self.name}{mark}')
        sheet.set_footer(f'&C&"{look.BODY_FONT},Regular"第 &P 页 共 &N 页')

    # ── rows ──

    def top(self, note: str, widths: Sequence[float]) -> Rows:
        """The title with a line below it, and an explanation across the sheet, as high as it needs."""
        yield self.line(0, [Styled(self.marked_title, "title"), *[Styled(None, "title")] * (len(widths) - 1)], 32)
        more = f"行数太多，一部分内容没有加链接（一张工作表最多{self.book.plan.limits.links}个）。" if self.without_links else ""
        yield self.note(1, ("接上一张工作表。" if self.part else "") + note + more, widths)

    def note(self, row: int, text: str, widths: Sequence[float]) -> str:
        """An explanation across the sheet."""
        return self.line(row, self.across(row, 0, len(widths) - 1, text, "note"), height([text], [sum(widths)]))

    def subtitle(self, row: int, text: str) -> str:
        """A heading above a table."""
        return self.line(row, [Styled(text, "subtitle")], 26)

    def heads(self, row: int, headings: Sequence[str], widths: Sequence[float], style: str = "head") -> str:
        """A row of headings."""
        return self.line(row, [Styled(heading, style) for heading in headings], height(headings, widths) + 8)

    def across(self, row: int, first: int, last: int, text: Cell, style: str) -> list[Styled | None]:
        """Cells of one text across columns of a row, for ``line`` to write beside others."""
        if last > first:
            self.merges.append(f'<mergeCell ref="{LETTERS[first]}{row + 1}:{LETTERS[last]}{row + 1}"/>')
        value = text if isinstance(text, Styled) else Styled(text, style)
        return [value, *[Styled(None, style)] * (last - first)]

    def down(self, first: int, last: int, column: int) -> None:
        """Make one cell of a column's cells from one row to another."""
        if last > first:
            self.merges.append(f'<mergeCell ref="{LETTERS[column]}{first + 1}:{LETTERS[column]}{last + 1}"/>')

    def line(self, row: int, cells: Sequence[Styled | None], height: float, level: int = 0) -> str:
        """One row with these cells from the first column on; None leaves a gap."""
        number, ink = row + 1, self.book.ink
        parts = [_opening(number, height, level)]
        for letter, cell in zip(LETTERS, cells, strict=False):
            if cell is not None:
                if type(cell.value) is Link:
                    self.link(f"{letter}{number}", cell.value.spot)
                parts.append(f'<c r="{letter}{number}"{ink(cell.value, cell.style)}')
        parts.append("</row>")
        return "".join(parts)

    def link(self, place: str, spot: Spot) -> None:
        """Let a cell lead to a place."""
        target = f"'{markup(spot.sheet)}'!{LETTERS[spot.column]}{spot.row + 1}"
        link = f'<hyperlink ref="{place}" location="{target}" tooltip="到“{markup(spot.sheet)}”"/>'
        self.links.append(link.encode())  # half the memory of the text itself, and there may be many


class Lines:
    """Writes the lines of a table, each as high as its longest text needs."""

    def __init__(self, page: Page, columns: Sequence[Column], widths: Sequence[float], least: float = 0) -> None:
        """``least`` is the height in points of a line with little text."""
        self._page, self._least = page, least
        self._columns = [(letter, column.style, width) for letter, column, width in zip(LETTERS, columns, widths, strict=False)]

    def line(self, row: int, cells: Sequence[Cell], level: int = 0) -> str:
        """One line of the table."""
        number, page, ink = row + 1, self._page, self._page.book.ink
        parts, most = [""], 1
        for (letter, usual, width), cell in zip(self._columns, cells, strict=True):
            value, style = (cell.value, cell.style) if isinstance(cell, Styled) else (cell, usual)
            if type(value) is Link:
                page.link(f"{letter}{number}", value.spot)
                value = value.text
            if type(value) is str and (2 * len(value) > width - 1 or "\n" in value):
                most = max(most, lines_of(value, width))
            parts.append(f'<c r="{letter}{number}"{ink(value, style)}')
        parts[0] = _opening(number, min(_HIGHEST_ROW, max(self._least, most * LINE_POINTS + _ROOM_POINTS)), level)
        parts.append("</row>")
        return "".join(parts)


def _opening(number: int, height: float, level: int = 0) -> str:
    outline = f' outlineLevel="{level}"' if level else ""
    return f'<row r="{number}" ht="{height:g}" customHeight="1"{outline}>'


def line_opening(number: int, lines: int, room: float, level: int = 0) -> str:
    """How a row (from 1) of so many lines of text begins, with some room in points around them."""
    return _opening(number, min(_HIGHEST_ROW, lines * LINE_POINTS + room), level)


def height(texts: Iterable[str], widths: Iterable[float]) -> float:
    """Height in points of a row with these texts in columns of these widths."""
    return min(_HIGHEST_ROW, max(lines_of(text, width) for text, width in zip(texts, widths, strict=True)) * LINE_POINTS + _ROOM_POINTS)


def lines_of(text: str, width: float) -> int:
    """Lines of body text in a column. A line may not begin with 。 or 」, so it may end one character early."""
    return _remembered_lines(text, width) if len(text) <= LONG_TEXT else _lines(text, width)


def _lines(text: str, width: float) -> int:
    if "\n" not in text and widest(text) <= width * _BODY_PER_COLUMN - 2:
        return 1
    return lines_needed(text, width * _BODY_PER_COLUMN - 2)


_remembered_lines = lru_cache(maxsize=1 << 15)(_lines)


def measured(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> list[float]:
    """Width of each column: its widest text, within its bounds, by the first lines; headings may wrap."""
    found = [column.least for column in columns]
    for cells in islice(rows, _SAMPLE):
        for n, cell in enumerate(cells):
            found[n] = max(found[n], widest(shown(cell)) + 2)
    return [min(column.most, width) for column, width in zip(columns, found, strict=True)]
