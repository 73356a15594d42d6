"""One sheet of the workbook: its title, headings, print set-up, and tables whose columns and rows fit their text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from kaohe import look
from kaohe.publish.workbook.plan import FIRST_ROW, HEAD_ROW, SHEETS, Plan
from kaohe.publish.workbook.styles import LINE_POINTS, Styles
from kaohe.publish.workbook.values import Cell, Styled, bare, put, shown, widest
from kaohe.text import clean, lines_needed

A3, A4 = 8, 9
_MARGIN_CM = {"left": 1.2, "right": 1.2, "top": 1.8, "bottom": 1.6}
_HIGHEST_ROW = 409.0
_BODY_PER_COLUMN = 1.05
"""Half-width characters of body text that stand in one unit of column width."""


@dataclass(frozen=True, slots=True)
class Column:
    """A table column: heading, bounds of its width, and the style of its cells."""

    heading: str
    least: float
    most: float
    style: str = "text"


@dataclass(frozen=True)
class Book:
    """The workbook being written, with its formats and the plan of where everything stands."""

    file: xlsxwriter.Workbook
    styles: Styles
    plan: Plan

    def page(self, name: str) -> "Page":
        """The sheet of that name."""
        return Page(self, self.file.get_worksheet_by_name(name), name)


def open_book(file: xlsxwriter.Workbook, plan: Plan) -> Book:
    """A book with all its sheets in order, still empty."""
    for name in SHEETS:
        sheet = file.add_worksheet(name)
        sheet.hide_gridlines(2)
    return Book(file, Styles(file), plan)


@dataclass(frozen=True)
class Page:
    """One sheet. Rows and columns count from 0."""

    book: Book
    sheet: Worksheet
    name: str

    @property
    def marked_title(self) -> str:
        """The sheet's title with the mark that it carries until the result is final."""
        mark = self.book.plan.assessment.status.mark
        return f"{f'【{mark}】' if mark else ''}{self.book.plan.assessment.rulebook.title} · {self.name}"

    def put(self, row: int, column: int, cell: Cell, style: str) -> None:
        """Write a cell, in its own style where it has one."""
        name = cell.style if isinstance(cell, Styled) else style
        put(self.sheet, row, column, bare(cell), self.book.styles[name])

    def merge(self, row: int, first: int, last: int, text: str, style: str) -> None:
        """Write text across columns of one row."""
        if last > first:
            self.sheet.merge_range(row, first, row, last, "", self.book.styles[style])
        self.put(row, first, text, style)

    def title(self) -> None:
        """Write the title row."""
        self.sheet.set_row(0, 30)
        self.put(0, 0, self.marked_title, "title")

    def note(self, row: int, text: str, widths: Sequence[float]) -> None:
        """Write an explanation across the sheet, as high as it needs."""
        self.merge(row, 0, len(widths) - 1, text, "note")
        self.sheet.set_row(row, height([text], [sum(widths)]))

    def widths(self, widths: Sequence[float]) -> None:
        """Set the columns' widths."""
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def row(self, row: int, cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[float], level: int = 0) -> None:
        """Write one line of a table, as high as its longest text needs."""
        for column, (cell, spec) in enumerate(zip(cells, columns, strict=True)):
            self.put(row, column, cell, spec.style)
        self.sheet.set_row(row, height([shown(cell) for cell in cells], widths), None, {"level": level} if level else {})

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], note: str, empty: str, paper: int = A4) -> Sequence[float]:
        """Write title, note, headings and rows; ``empty`` is said where there are no rows. Returns the columns' widths."""
        widths = measured(columns, rows)
        self.widths(widths)
        self.title()
        self.note(1, note, widths)
        self.headings(columns, widths)
        for n, cells in enumerate(rows):
            self.row(FIRST_ROW + n, cells, columns, widths)
        if rows:
            self.sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + len(rows), len(columns) - 1)
        else:
            self.merge(FIRST_ROW, 0, len(columns) - 1, empty, "muted")
            self.sheet.set_row(FIRST_ROW, 2 * LINE_POINTS)
        self.print_setup((HEAD_ROW, HEAD_ROW), paper)
        return widths

    def headings(self, columns: Sequence[Column], widths: Sequence[float]) -> None:
        """Write the heading row and freeze it."""
        for column, spec in enumerate(columns):
            self.put(HEAD_ROW, column, spec.heading, "head")
        self.sheet.set_row(HEAD_ROW, height([c.heading for c in columns], widths) + 6)
        self.sheet.freeze_panes(FIRST_ROW, 0)

    def print_setup(self, repeat: tuple[int, int], paper: int = A4) -> None:
        """Paper, landscape, one page wide and as many as needed high, repeated rows, header and footer."""
        sheet, assessment = self.sheet, self.book.plan.assessment
        sheet.set_paper(paper)
        sheet.set_landscape()
        sheet.set_margins(**{side: cm / 2.54 for side, cm in _MARGIN_CM.items()})
        sheet.center_horizontally()
        sheet.repeat_rows(*repeat)
        sheet.fit_to_pages(1, 0)
        left = clean(assessment.rulebook.title).replace("&", "&&")[:80]
        mark = f'&R&"{look.HEAD_FONT},Regular"&14{assessment.status.mark}' if assessment.status.mark else ""
        sheet.set_header(f'&L&"{look.BODY_FONT},Regular"{left} {self.name}{mark}')
        sheet.set_footer(f'&C&"{look.BODY_FONT},Regular"第 &P 页 共 &N 页')


def height(texts: Iterable[str], widths: Iterable[float]) -> float:
    """Height in points of a row with these texts in columns of these widths."""
    return min(_HIGHEST_ROW, max(_lines(text, width) for text, width in zip(texts, widths, strict=True)) * LINE_POINTS + 4)


def _lines(text: str, width: float) -> int:
    """Lines of body text in a column. A line may not begin with 。 or 」, so it may end one character early."""
    if "\n" not in text and widest(text) <= width - 1:
        return 1
    return lines_needed(text, width * _BODY_PER_COLUMN - 2)


def measured(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[float]:
    """Width of each column: its widest text, within its bounds; headings may wrap."""
    found = []
    for n, spec in enumerate(columns):
        texts = [shown(row[n]) for row in rows]
        found.append(min(spec.most, max([spec.least, *(widest(text) + 2 for text in texts)])))
    return found
