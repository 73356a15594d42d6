"""What a template cannot say by itself: where a title breaks, what must be narrowed to stay on its line, how a signature is centred."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations, pairwise
from math import comb
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import nsmap, qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from lxml import etree

from kaohe.publish.documents import standard as gb
from kaohe.publish.documents.annex import names_among, settle_annexes, style_names, text_of
from kaohe.text import width

TITLE_STYLES = ("公文标题", "附件标题")
MARK_STYLE = "发文机关标志"
ISSUER_STYLE, DATE_STYLE = "发文机关署名", "成文日期"
ONE_LINE_STYLES = ("证书单位", "证书奖项", "证书署名")
_ONE_LINE = (MARK_STYLE, *ONE_LINE_STYLES)
_LOOKED_AT = (*TITLE_STYLES, ISSUER_STYLE, DATE_STYLE, *_ONE_LINE)
_P_PR, _P_STYLE, _R_PR, _VAL = map(qn, ("w:pPr", "w:pStyle", "w:rPr", "w:val"))
_SMALLEST_PT = 8.0
_NARROWEST = 40
_TRIES = 20000
_LIMIT = 2 * int(gb.TYPE_WIDTH_MM * gb.POINTS_PER_MM / gb.TITLE_PT - 1)
"""One character less than a line holds: office programs may add space beside digits."""
_BREAK = re.compile(r"(?<!\d)(?=\d{4}年)|(?=工商业|工作|目标|考核|结果|各方面|计分|排名|获奖|（)|(?<=年度)|(?<=[省市县区])(?!工商业)")
_BEFORE_YEAR = re.compile(r"\d{4}年")
_INSIDE_YEAR = re.compile(r"(?<=\d)(?=[\d年])")
_YEAR_BONUS = 3.0


def typeset(document: Any, *, edges: bool = True) -> None:
    """Everything below and the rows of annexes, for a rendered document; ``edges``: headers too, which may be typeset already."""
    found = _with_styles(document, document.element.body, _LOOKED_AT)
    balance_titles(document, found)
    centre_signature(document, found)
    keep_on_one_line(document, found, edges=edges)
    settle_annexes(document)


def break_title(text: str, limit: int = _LIMIT) -> list[str]:
    """Lines of a title, none wider than ``limit`` half-width columns, breaking between words and as even as may be.

    A break before the year is preferred. A title without a fitting break between words is cut evenly, years kept whole.
    """
    count = -(-int(width(text)) // limit)
    if count <= 1:
        return [text]
    places = sorted({match.start() for match in _BREAK.finditer(text)} - {0, len(text)})
    for number in (count, count + 1):
        if comb(len(places), number - 1) > _TRIES:
            break
        tries = [_cut(text, cuts) for cuts in combinations(places, number - 1)]
        fitting = [lines for lines in tries if max(map(width, lines)) <= limit]
        if fitting:
            return min(fitting, key=_unevenness)
    inside = {match.start() for match in _INSIDE_YEAR.finditer(text)}
    size = -(-len(text) // count)
    cuts = [next((at for at in range(start, start - 5, -1) if at not in inside), start) for start in range(size, len(text), size)]
    return _cut(text, tuple(cuts))


def balance_titles(document: Any, found: Iterable[Any]) -> None:
    """Break every title that is longer than a line, among the paragraphs ``found``; one that the office broke itself stays."""
    for paragraph in _styled(document, found, TITLE_STYLES):
        text = text_of(paragraph)
        if "\n" in text or not paragraph._p.r_lst:
            continue
        lines = break_title(text)
        if len(lines) > 1:
            first, *others = paragraph.runs
            for run in others:
                run._r.getparent().remove(run._r)
            _say(first, lines[0])
            for line in lines[1:]:
                first._r.append(OxmlElement("w:br"))
                made = OxmlElement("w:t")
                made.text = line
                first._r.append(made)


def _say(run: Any, text: str) -> None:
    """Put a text in place of what a run says, as python-docx does, which looks for what is to go in a way that takes longer than all the rest."""
    if text != text.strip() or "\t" in text or "\r" in text:
        run.text = text
        return
    element = run._r
    for child in list(element):
        if child.tag != _R_PR:
            element.remove(child)
    made = OxmlElement("w:t")
    made.text = text
    element.append(made)


def centre_signature(document: Any, found: Iterable[Any]) -> None:
    """Centre issuer and date, among the paragraphs ``found``, on one axis, so that the date ends four characters in from the right whatever its digits.

    Both move left for an issuer too long for that. A date still blank stays as the template has it.
    """
    room, names = gb.TYPE_WIDTH_MM * gb.POINTS_PER_MM, style_names(document)
    paragraphs = _styled(document, found, (ISSUER_STYLE, DATE_STYLE))
    for issuer, day in pairwise(paragraphs):
        if (names[issuer._p.style], names[day._p.style]) != (ISSUER_STYLE, DATE_STYLE):
            continue
        written = text_of(day)
        if "\t" in written or not written.strip():
            continue
        size = day.style.font.size.pt
        issuer_pt, day_pt = width(text_of(issuer)) / 2 * size, width(written) / 2 * size
        centre = min(room - 4 * size - day_pt / 2, room - issuer_pt / 2)
        for paragraph in (issuer, day):
            form = paragraph.paragraph_format
            form.alignment, form.first_line_indent = WD_ALIGN_PARAGRAPH.CENTER, Pt(0)
            form.left_indent, form.right_indent = Pt(max(2 * centre - room - size, 0)), Pt(-size)


def keep_on_one_line(document: Any, found: Iterable[Any], *, edges: bool = True) -> None:
    """Narrow the issuer's mark, and lessen the type of a certificate's names, where they would not fit a line.

    Among the paragraphs ``found``, and with ``edges`` in headers.
    """
    ids = _ids(document, _ONE_LINE)
    relations = document.part.rels.values() if edges else ()
    headers = [relation.target_part.element for relation in relations if relation.reltype == RELATIONSHIP_TYPE.HEADER]
    mine = [p for p in found if _style_id(p) in ids]
    for paragraph in (*mine, *(p for root in headers for p in _with_styles(document, root, _ONE_LINE))):
        text = "".join(t.text or "" for t in paragraph.iter(qn("w:t")))
        if not text:
            continue
        style: Any = Paragraph(paragraph, document._body).style
        room, size = _room(document.sections[0], paragraph, style), style.font.size.pt
        needed = width(text) / 2 * size
        if needed <= room:
            continue
        for run in paragraph.iter(qn("w:r")):
            if style.name == MARK_STYLE:
                _set(run, "w:w", max(int(100 * room / needed), _NARROWEST))
            else:
                half_points = round(2 * max(size * room / needed - 0.25, _SMALLEST_PT))
                _set(run, "w:sz", half_points)


def _room(section: Any, paragraph: Any, style: Any) -> float:
    """The width of a paragraph's lines in points: its frame's, or the page's between margins and indents."""
    frame = paragraph.find(f"{qn('w:pPr')}/{qn('w:framePr')}")
    if frame is not None and frame.get(qn("w:w")):
        return float(frame.get(qn("w:w"))) / 20
    form = style.paragraph_format
    indents = [indent.pt for indent in (form.left_indent, form.right_indent) if indent is not None]
    return float((section.page_width - section.left_margin - section.right_margin) / Pt(1) - sum(indents))


def typeset_styles(document: Any) -> frozenset[str]:
    """Ids of the styles whose paragraphs are looked at here."""
    return _ids(document, _LOOKED_AT)


def _ids(document: Any, names: tuple[str, ...]) -> frozenset[str]:
    return _ids_among(document.styles.element, names)


@lru_cache(32)
def _ids_among(styles: Any, names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(style_id for style_id, name in names_among(styles).items() if name in names)


def _styled(document: Any, found: Iterable[Any], names: tuple[str, ...]) -> list[Any]:
    """Those of the paragraphs that have one of these styles, those in tables left out."""
    body, ids = document.element.body, _ids(document, names)
    return [Paragraph(element, document._body) for element in found if _style_id(element) in ids and element.getparent() is body]


def _style_id(paragraph: Any) -> str | None:
    """The id of a paragraph's style; as python-docx finds it, with fewer steps between."""
    form = paragraph.find(_P_PR)
    mark = form.find(_P_STYLE) if form is not None else None
    return mark.get(_VAL) if mark is not None else None


def _with_styles(document: Any, root: Any, names: tuple[str, ...]) -> list[Any]:
    """The paragraphs under an element that have one of these styles, in order."""
    ids = _ids(document, names)
    return [mark.getparent().getparent() for mark in _marks(ids)(root)] if ids else []


@lru_cache(32)
def _marks(ids: frozenset[str]) -> Any:
    """Finds the style marks of paragraphs; a search in Python would look at every cell of an annex."""
    wanted = " or ".join(f"@w:val={_xpath_text(style_id)}" for style_id in sorted(ids))
    return etree.XPath(f".//w:p/w:pPr/w:pStyle[{wanted}]", namespaces=nsmap)


def _xpath_text(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'


def _set(run: Any, tag: str, value: int) -> None:
    properties = run.get_or_add_rPr()
    for old in properties.findall(qn(tag)):
        properties.remove(old)
    made = OxmlElement(tag)
    made.set(qn("w:val"), str(value))
    after = {"w:w": ("w:kern", "w:position", "w:sz", "w:szCs"), "w:sz": ("w:szCs",)}[tag]
    properties.insert_element_before(made, *after, "w:highlight", "w:u", "w:effect", "w:bdr", "w:shd", "w:lang", "w:eastAsianLayout")


def _cut(text: str, places: tuple[int, ...]) -> list[str]:
    edges = (0, *places, len(text))
    return [text[start:end] for start, end in pairwise(edges)]


def _unevenness(lines: list[str]) -> float:
    widths = [width(line) for line in lines]
    return max(widths) - min(widths) - 2 * _YEAR_BONUS * sum(bool(_BEFORE_YEAR.match(line)) for line in lines[1:])
