"""Rows of an annex so high that its last page never holds the note and the imprint without a row above them.

Word and WPS keep rows with what follows them; LibreOffice does not. Both get rows of a height at which nothing has to move.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from docx.oxml.ns import qn
from docx.styles.styles import Styles
from docx.table import Table, _Row
from docx.text.paragraph import Paragraph

from kaohe.publish.documents import standard as gb
from kaohe.text import width

NOTE_STYLE = "表注"
_KEPT = 2
_LOWEST_MM, _HIGHEST_MM, _STEP_MM = 8.0, 24.0, 0.5
_DOUBT = 0.02
"""How far a program's line heights may be from the computed ones."""
_PAGE_PT = gb.TYPE_HEIGHT_MM * gb.POINTS_PER_MM


_P_PR, _P_STYLE, _R, _R_PR, _T, _TBL, _KEEP_NEXT = map(qn, ("w:pPr", "w:pStyle", "w:r", "w:rPr", "w:t", "w:tbl", "w:keepNext"))


def text_of(paragraph: Any) -> str:
    """The text of a paragraph; found without a search where there is nothing but runs of text."""
    parts: list[str] = []
    for child in paragraph._p:
        if child.tag == _R:
            for part in child:
                if part.tag == _T:
                    parts.append(part.text or "")
                elif part.tag != _R_PR:
                    return str(paragraph.text)
        elif child.tag != _P_PR:
            return str(paragraph.text)
    return "".join(parts)


def settle_annexes(document: Any) -> None:
    """Keep the last rows of every annotated table with its note; choose the rows' height where an imprint follows."""
    for table, note in _annotated(document):
        rows = table._tbl.tr_lst  # not ``table.rows``, which refers to its table and back: nothing would be freed before somebody looks for such
        for row in rows[-_KEPT:]:
            for paragraph in (p for cell in row.tc_lst for p in cell.p_lst):
                _keep_with_next(paragraph)
        imprint = _after(note, "w:tbl")
        if imprint is None or imprint.find(f"{qn('w:tblPr')}/{qn('w:tblpPr')}") is None:
            continue
        heights = [mark for row in rows[1:] if (mark := row.find(f"{qn('w:trPr')}/{qn('w:trHeight')}")) is not None]
        if len(heights) < len(rows) - 1:
            continue
        tail = _paragraph_pt(note, gb.TYPE_WIDTH_MM * gb.POINTS_PER_MM) + 2 * 24 + 4
        styles: dict[str, _Measure] = {}
        natural = [_row_pt(row, table, styles) for row in rows]
        chosen = _height_mm(natural, _above_pt(table), tail, int(heights[0].get(qn("w:val"))) / gb.TWIPS_PER_MM)
        for mark in heights:
            mark.set(qn("w:val"), str(gb.twips(chosen)))


def _keep_with_next(paragraph: Any) -> None:
    """As ``keep_with_next`` does, without looking for the mark's place among all that a paragraph's format may hold: it is the second."""
    form = paragraph.find(_P_PR)
    if form is None:
        form = paragraph.get_or_add_pPr()
    mark = form.find(_KEEP_NEXT)
    if mark is None:
        mark = form.makeelement(_KEEP_NEXT)
        form.insert(1 if len(form) and form[0].tag == _P_STYLE else 0, mark)
    mark.attrib.pop(qn("w:val"), None)


def last_rows(heights: Sequence[float], first_page: float, header: float, tail: float) -> int:
    """Rows on the page that ends with the tail: 0 where the tail has it to itself. Lengths in points."""
    left, rows = first_page - header, 0
    for height in heights:
        if height > left and rows:
            left, rows = _PAGE_PT - header, 0
        left, rows = left - height, rows + 1
    return rows if tail <= left else 0


def _height_mm(natural: Sequence[float], above: float, tail: float, wanted: float) -> float:
    """The height nearest to the wanted one at which the tail has rows above it even if lines are a little higher or lower."""
    header, *rows = natural
    count = round((_HIGHEST_MM - _LOWEST_MM) / _STEP_MM) + 1
    candidates = sorted((_LOWEST_MM + n * _STEP_MM for n in range(count)), key=lambda mm: (abs(mm - wanted), mm))
    for mm in (wanted, *candidates):
        sizes = [max(mm * gb.POINTS_PER_MM, row) for row in rows]
        if all(last_rows([size * (1 + doubt) for size in sizes], _PAGE_PT - above, header, tail) for doubt in (-_DOUBT, 0, _DOUBT)):
            return mm
    return wanted


def _annotated(document: Any) -> Iterator[tuple[Any, Any]]:
    names = style_names(document)
    for table in document.tables:
        following = _after(table, "w:p")
        if following is None or not table._tbl.tr_lst:
            continue
        note, style_id = Paragraph(following, document._body), following.style
        name = names.get(style_id)
        if name is None and note.style is not None:  # a style that the document does not have, or none: its usual one
            name = note.style.name
        if name == NOTE_STYLE:
            yield table, note


def style_names(document: Any) -> dict[str, str]:
    """Names of the document's styles by id."""
    return names_among(document.styles.element)


@lru_cache(8)
def names_among(styles: Any) -> dict[str, str]:
    """The same of a list of styles."""
    return {style.style_id: style.name for style in Styles(styles)}


def _after(where: Any, tag: str) -> Any:
    """The next element if it is of this kind."""
    element = where._tbl if isinstance(where, Table) else where._p
    following = element.getnext()
    return following if following is not None and following.tag == qn(tag) else None


def _above_pt(table: Any) -> float:
    """The height of what stands above a table on its page: the paragraphs from the last page break on."""
    total, element = 0.0, table._tbl.getprevious()
    while element is not None and element.tag == qn("w:p"):
        paragraph = Paragraph(element, table._parent)
        total += _paragraph_pt(paragraph, gb.TYPE_WIDTH_MM * gb.POINTS_PER_MM)
        if paragraph.paragraph_format.page_break_before:
            break
        element = element.getprevious()
    return total


def _row_pt(row: Any, table: Any, styles: dict[str, "_Measure"]) -> float:
    cells = [(cell, (cell.width or 0) / 12700 - 5.7) for cell in row.tc_lst] if _is_simple(row) else None
    if cells is None:  # cells that span others: the document's own view of the row
        cells = [(cell._tc, (cell.width or 0) / 12700 - 5.7) for cell in _Row(row, table).cells]
    return 3.5 + max(sum(_measured(Paragraph(p, table), points, styles) for p in cell.p_lst) for cell, points in cells)


def _is_simple(row: Any) -> bool:
    return next(row.iter(qn("w:gridSpan"), qn("w:vMerge"), qn("w:gridBefore"), qn("w:gridAfter")), None) is None


@dataclass(frozen=True, slots=True)
class _Measure:
    """What a style says of a paragraph's height, in points."""

    size: float
    line: float
    spacing: float


def _measured(paragraph: Any, room: float, styles: dict[str, _Measure]) -> float:
    """As ``_paragraph_pt``; a style is looked up once for a whole table."""
    style_id = paragraph._p.style or ""
    if style_id not in styles:
        styles[style_id] = _measure(paragraph.style)
    measure = styles[style_id]
    has_breaks = next(paragraph._p.iter(qn("w:br"), qn("w:cr"), qn("w:tab"), qn("w:noBreakHyphen")), None) is not None
    text = paragraph.text if has_breaks else "".join(t.text or "" for t in paragraph._p.iter(qn("w:t")))
    lines = sum(max(1, int(-(-width(line) / 2 * measure.size // room))) for line in text.split("\n"))
    return lines * measure.line + measure.spacing


def _measure(style: Any) -> _Measure:
    form = style.paragraph_format
    spacing = sum(gap.pt for gap in (form.space_before, form.space_after) if gap is not None)
    return _Measure(float(style.font.size.pt), float(form.line_spacing.pt), float(spacing))


def _paragraph_pt(paragraph: Any, room: float) -> float:
    return _measured(paragraph, room, {})
