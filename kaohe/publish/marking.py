"""A unit's own workbook with its doubtful cells marked, and a first sheet that lists them.

Marks are made so that they can be taken off again: a workbook that comes back and still has faults is marked afresh.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from copy import copy
from datetime import datetime
from typing import TypeAlias, cast
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.descriptors.serialisable import Serialisable
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from kaohe import look
from kaohe.cells import column_letter, split_ref
from kaohe.checks.finding import Finding, Severity
from kaohe.publish.cached import Results, put_back
from kaohe.publish.correction_list import (
    ABOUT_ROW,
    AUTHOR,
    CELL_MARK,
    CENTRED,
    COLUMNS,
    COMMENT_WIDTH,
    FILLS,
    FIRST_ROW,
    HEADER_ROW,
    INKS,
    LAST_COLUMN,
    LAST_ROW,
    LIST_MARK,
    LIST_SHEET,
    MACHINE_COLUMN,
    TITLE_ROW,
    Notice,
    Unmarkable,
    comment_height,
    comment_of,
    head_heights,
    row_height,
    row_texts,
)
from kaohe.publish.harmless import put
from kaohe.publish.zips import repack
from kaohe.text import clean

_OURS = tuple(f"【{severity.value}】" for severity in Severity)
_OWN_COMMENT = "\n\n原有批注：\n"

Spot: TypeAlias = Cell | None
"""Where a finding is marked; None when the workbook has no such cell."""


def marked(book: Workbook, notice: Notice, results: Results) -> bytes:
    """The workbook with the findings marked and listed; ``results`` are the last known ones of its formulas.

    Raises Unmarkable where it cannot be written.
    """
    _unmark(book)
    spots = [_spot(book, finding.sheet, finding.cell) for finding in notice.findings]
    _write_list(book.create_sheet(LIST_SHEET, 0), notice, spots)
    _mark(book, notice.findings, spots)
    _show_first(book)
    titles = [sheet.title for sheet in book.worksheets]
    try:
        written = _written(book, notice.stamp)
    except Exception as error:
        raise Unmarkable from error
    return repack(put_back(written, titles, results))


def listed(notice: Notice) -> bytes:
    """A fresh workbook with nothing but the list."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = LIST_SHEET
    book.properties.creator = clean(notice.publisher)
    _write_list(sheet, notice, [None] * len(notice.findings))
    return repack(_written(book, notice.stamp))


def opened(data: bytes, data_only: bool = False) -> Workbook:
    """A returned workbook as openpyxl sees it, without links to other files; ``data_only`` gives results in place of formulas.

    Raises Unmarkable.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(io.BytesIO(data), data_only=data_only, rich_text=not data_only, keep_links=False)
    except Exception as error:  # TypeError for an empty fill, KeyError for a lost part: openpyxl raises what it stumbles over
        raise Unmarkable from error


def _written(book: Workbook, stamp: datetime) -> bytes:
    """The workbook's bytes; ``Workbook.save`` would write the present time into it."""
    book.properties.created = book.properties.modified = stamp
    written = io.BytesIO()
    ExcelWriter(book, ZipFile(written, "w", ZIP_DEFLATED)).save()
    return written.getvalue()


def _spot(book: Workbook, title: str, ref: str) -> Spot:
    """The cell of that address; of a merged range the one that shows."""
    sheet = book[title] if title in book.sheetnames else None
    if not isinstance(sheet, Worksheet):
        return None
    try:
        row, column = split_ref(ref)
    except ValueError:
        return None
    if row > LAST_ROW or column >= LAST_COLUMN:
        return None
    cell = sheet.cell(row, column + 1)
    if isinstance(cell, MergedCell):
        merged = next(area for area in sheet.merged_cells.ranges if ref in area)
        cell = sheet.cell(merged.min_row, merged.min_col)
    return cell if isinstance(cell, Cell) else None


def _unmark(book: Workbook) -> None:
    """Take off the marks of an earlier night, so that what has been put right is plain again."""
    for sheet in [sheet for sheet in book.worksheets if sheet.title.startswith(LIST_SHEET)]:
        if sheet.cell(TITLE_ROW, MACHINE_COLUMN).value != LIST_MARK:
            continue
        for row in range(FIRST_ROW, sheet.max_row + 1):
            specimen = sheet.cell(row, MACHINE_COLUMN)
            spot = _spot(book, str(sheet.cell(row, 2).value), str(sheet.cell(row, 3).value)) if specimen.value == CELL_MARK else None
            if spot is not None and _is_ours(spot.comment):
                spot.fill = _fill_of(specimen)
        book.remove(sheet)
    for sheet in book.worksheets:
        for cell in _commented(sheet):
            if cell.comment is not None and _is_ours(cell.comment):
                _, found, own = cell.comment.text.partition(_OWN_COMMENT)
                cell.comment = _comment(own, cell.comment.author) if found else None


def _commented(sheet: Worksheet) -> Iterator[Cell]:
    cells = list(sheet._cells.values())
    return (cell for cell in cells if isinstance(cell, Cell) and cell.comment is not None)


def _is_ours(comment: Comment | None) -> bool:
    return comment is not None and comment.text.startswith(_OURS)


def _mark(book: Workbook, findings: Sequence[Finding], spots: Sequence[Spot]) -> None:
    """Fill and comment each cell once: the colour is that of its gravest finding. Comments already there grow to their text."""
    by_cell: dict[tuple[str, str], tuple[Cell, list[Finding]]] = {}
    for finding, spot in zip(findings, spots, strict=True):
        if spot is not None:
            by_cell.setdefault((spot.parent.title, spot.coordinate), (spot, []))[1].append(finding)
    for sheet in book.worksheets:
        for cell in _commented(sheet):
            assert cell.comment is not None
            cell.comment = _comment(cell.comment.text, cell.comment.author)
    for cell, found in by_cell.values():
        gravest = min(found, key=lambda finding: finding.gravity)
        cell.fill = _solid(FILLS[gravest.severity])
        text = comment_of(found)
        own = cell.comment.text if cell.comment is not None else ""
        cell.comment = _comment(f"{text}{_OWN_COMMENT}{own}" if own else text, AUTHOR)


def _comment(text: str, author: str | None) -> Comment:
    """A comment as large as its text."""
    return Comment(text, author or "", height=comment_height(text), width=COMMENT_WIDTH)


def _show_first(book: Workbook) -> None:
    """Open on the list, with no other sheet selected along with it."""
    book.active = 0
    for view in book.views:
        view.firstSheet = 0
    for n, sheet in enumerate(book.worksheets):
        for sheet_view in sheet.views.sheetView:
            sheet_view.tabSelected = n == 0


def _write_list(sheet: Worksheet, notice: Notice, spots: Sequence[Spot]) -> None:
    last = len(COLUMNS)
    for n, columns in enumerate(COLUMNS.values()):
        sheet.column_dimensions[column_letter(n)].width = columns
    sheet.column_dimensions[column_letter(last)].hidden = True
    _put(sheet, TITLE_ROW, 1, notice.title, Font(name=look.HEAD_FONT, size=16, bold=True, color=_argb(look.BRAND)))
    _put(sheet, ABOUT_ROW, 1, "\n".join(notice.about), Font(name=look.BODY_FONT, size=10.5, color=_argb(look.INK)))
    _put(sheet, TITLE_ROW, MACHINE_COLUMN, LIST_MARK, Font(name=look.BODY_FONT, size=10.5))
    for row in (TITLE_ROW, ABOUT_ROW):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    sheet.row_dimensions[TITLE_ROW].height, sheet.row_dimensions[ABOUT_ROW].height = head_heights(notice)
    for n, heading in enumerate(COLUMNS, 1):
        cell = _put(sheet, HEADER_ROW, n, heading, Font(name=look.HEAD_FONT, size=10.5, bold=True, color=_argb(look.INK)))
        cell.fill, cell.border = _solid(look.HEADER_FILL), _boxed()
        cell.alignment = Alignment(horizontal="center", vertical="center")
    sheet.row_dimensions[HEADER_ROW].height = 24
    for n, (finding, origin, spot) in enumerate(zip(notice.findings, notice.origins, spots, strict=True)):
        _write_row(sheet, FIRST_ROW + n, finding, origin, spot)
    _set_up_page(sheet, FIRST_ROW + len(notice.findings) - 1)


def _write_row(sheet: Worksheet, row: int, finding: Finding, origin: str, spot: Spot) -> None:
    texts = row_texts(finding, origin)
    plain = Font(name=look.BODY_FONT, size=10.5, color=_argb(look.INK))
    for n, text in enumerate(texts, 1):
        cell = _put(sheet, row, n, text, plain)
        cell.border = _boxed()
        if n in CENTRED:
            cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
    severity, target = sheet.cell(row, 1), sheet.cell(row, 3)
    severity.fill = _solid(FILLS[finding.severity])
    severity.font = Font(name=look.HEAD_FONT, size=10.5, bold=True, color=_argb(INKS[finding.severity]))
    if spot is not None:
        quoted = spot.parent.title.replace("'", "''")
        target.hyperlink = Hyperlink(ref=target.coordinate, location=f"'{quoted}'!{spot.coordinate}")
        target.font = Font(name=look.BODY_FONT, size=10.5, color=_argb(look.HINT_INK), underline="single")
        specimen = _put(sheet, row, MACHINE_COLUMN, CELL_MARK, plain)
        specimen.fill = _fill_of(spot)
    sheet.row_dimensions[row].height = row_height(texts)


def _put(sheet: Worksheet, row: int, column: int, text: str, font: Font) -> Cell:
    """Write text that stays text, whatever it begins with."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    put(cell, text)
    cell.font = font
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="left")
    return cell


def _set_up_page(sheet: Worksheet, last_row: int) -> None:
    """A4 landscape, all columns on one page's width, headings on every page."""
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = f"A{FIRST_ROW}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.45
    sheet.page_margins.top, sheet.page_margins.bottom = 0.6, 0.75
    sheet.page_margins.header = sheet.page_margins.footer = 0.35
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    sheet.print_area = f"A1:{column_letter(len(COLUMNS) - 1)}{last_row}"
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(text="第 &P 页，共 &N 页"))
    sheet.print_options.horizontalCentered = True


def _fill_of(cell: Cell | MergedCell) -> Serialisable:
    return cast(Serialisable, copy(cell.fill))


def _argb(colour: str) -> str:
    return f"FF{colour.removeprefix('#')}"


def _solid(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=_argb(colour))


def _boxed() -> Border:
    side = Side(style="thin", color=_argb(look.RULE))
    return Border(left=side, right=side, top=side, bottom=side)
