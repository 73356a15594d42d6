"""Pieces of Word files in the form of GB/T 9704-2012, from which the templates are built."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from kaohe.publish.documents import standard as gb

Alignment = Literal["left", "right", "center", "both"]
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "both": WD_ALIGN_PARAGRAPH.JUSTIFY,
}
CHAR = gb.BODY_PT
IMPRINT_LINE_PT = 24.0
SQUEEZE = -5
"""Character spacing of 16 pt text, in twentieths of a point, with which 28 characters fill a line."""


@dataclass(frozen=True)
class Look:
    """One paragraph style. Lengths in points; ``snap`` False takes its lines out of the 22-line grid."""

    font: str = gb.FANGSONG
    size: float = gb.BODY_PT
    align: Alignment = "both"
    line: float = gb.LINE_PT
    before: float = 0
    after: float = 0
    first: float = 0
    left: float = 0
    right: float = 0
    colour: str = ""
    snap: bool = True
    together: bool = False
    base: str = ""


BODY = Look(first=2 * CHAR)
STYLES: dict[str, Look] = {
    "公文正文": BODY,
    "公文标题": Look(gb.TITLE_SONG, gb.TITLE_PT, "center", snap=False, together=True),
    "主送机关": Look(),
    "一级标题": replace(BODY, font=gb.HEITI, together=True),
    "二级标题": replace(BODY, font=gb.KAITI, together=True),
    "附件说明": Look(align="left", left=5 * CHAR, first=-3 * CHAR, together=True),
    "附件说明续": Look(align="left", left=5 * CHAR, together=True),
    "发文机关署名": Look(align="center", before=2 * gb.LINE_PT, together=True, left=218, right=0),
    "成文日期": Look(align="right", right=4 * CHAR, together=True),
    "附注": Look(align="left", first=2 * CHAR),
    "附件标识": Look(gb.HEITI, align="left", together=True),
    "附件标题": Look(gb.TITLE_SONG, gb.TITLE_PT, "center", before=gb.LINE_PT, after=gb.LINE_PT / 2, snap=False, together=True),
    "表头": Look(gb.HEITI, 12, "center", 18, snap=False),
    "表节": Look(gb.HEITI, 12, "left", 18, snap=False, together=True),
    "表文": Look(gb.FANGSONG, 12, "left", 17, snap=False),
    "表数": Look(gb.FANGSONG, 12, "center", 17, snap=False),
    "表文小": Look(gb.FANGSONG, 10.5, "left", 14, snap=False),
    "表数小": Look(gb.FANGSONG, 10.5, "center", 14, snap=False),
    "表注": Look(gb.FANGSONG, 12, "left", 18, before=6, snap=False, together=True),
    "版记": Look(gb.FANGSONG, gb.SMALL_PT, "left", IMPRINT_LINE_PT, left=4 * gb.SMALL_PT, first=-3 * gb.SMALL_PT, right=gb.SMALL_PT, snap=False),
    "版记印发": Look(gb.FANGSONG, gb.SMALL_PT, "left", IMPRINT_LINE_PT, left=gb.SMALL_PT, right=gb.SMALL_PT, snap=False),
    "稿本标识": Look(gb.HEITI, gb.BODY_PT, "left", 20, snap=False),
    "页码单": Look(gb.SONG, gb.SMALL_PT, "right", 16, right=gb.SMALL_PT, snap=False),
    "页码双": Look(gb.SONG, gb.SMALL_PT, "left", 16, left=gb.SMALL_PT, snap=False),
    "细行": Look(gb.FANGSONG, 1, "left", 2, snap=False),
}


def element(tag: str, **attributes: str | float) -> Any:
    """An element such as ``w:jc``; attribute names without their prefix."""
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    return made


def set_fonts(properties: Any, font: str) -> None:
    """One font for Chinese, Latin and digits alike, so that “”—… never fall to another."""
    for old in properties.findall(qn("w:rFonts")):
        properties.remove(old)
    properties.insert(0, element("w:rFonts", hint="eastAsia", ascii=font, hAnsi=font, eastAsia=font, cs=font))


def add_style(document: Any, name: str, look: Look) -> None:
    """Define a paragraph style."""
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Normal"]
    style.quick_style = True
    style.font.size = Pt(look.size)
    if look.colour:
        style.font.color.rgb = RGBColor.from_string(look.colour)
    run = style.element.get_or_add_rPr()
    set_fonts(run, look.font)
    if look.size == gb.BODY_PT and look.snap:
        size = run.find(qn("w:sz"))
        size.addprevious(element("w:spacing", val=SQUEEZE))
    paragraph = style.paragraph_format
    paragraph.alignment = _ALIGN[look.align]
    paragraph.line_spacing = Pt(look.line)
    paragraph.space_before, paragraph.space_after = Pt(look.before), Pt(look.after)
    paragraph.left_indent, paragraph.right_indent, paragraph.first_line_indent = Pt(look.left), Pt(look.right), Pt(look.first)
    paragraph.keep_with_next = paragraph.keep_together = look.together
    paragraph.widow_control = False
    _asian_layout(style.element.get_or_add_pPr(), look.snap)


def _asian_layout(properties: Any, snap: bool) -> None:
    """No extra space beside digits, which would break the 28-character line.

    Punctuation may hang over the margin, as Word and WPS do by default. LibreOffice 7.4 reads that switch the wrong way
    round, and loses hanging marks in justified lines: said outright, both programs print every mark.
    """
    after = properties.find(qn("w:spacing"))
    for tag in ("w:kinsoku", "w:overflowPunct", "w:autoSpaceDE", "w:autoSpaceDN"):
        after.addprevious(element(tag, val=int(tag in ("w:kinsoku", "w:overflowPunct"))))
    after.addprevious(element("w:snapToGrid", val=int(snap)))


def new_document() -> Any:
    """An empty document with the page, the grid and the styles of the standard."""
    document = Document()
    for style in list(document.styles):
        if style.name not in ("Normal", "Default Paragraph Font", "Normal Table", "No List", "Header", "Footer"):
            style.element.getparent().remove(style.element)
    for link in document.styles.element.findall(f"{qn('w:style')}/{qn('w:link')}"):
        link.getparent().remove(link)  # to a character style that is gone
    _defaults(document)
    for name, look in STYLES.items():
        add_style(document, name, look)
    _settings(document)
    _page(document.sections[0])
    _drop_unused_parts(document)
    return document


def _defaults(document: Any) -> None:
    normal = document.styles["Normal"]
    normal.font.size = Pt(gb.BODY_PT)
    set_fonts(normal.element.get_or_add_rPr(), gb.FANGSONG)
    normal.paragraph_format.space_after = Pt(0)
    defaults = document.styles.element.find(qn("w:docDefaults"))
    run = defaults.find(f".//{qn('w:rPr')}")
    for child in list(run):
        run.remove(child)
    paragraph_defaults = defaults.find(f".//{qn('w:pPr')}")
    for child in list(paragraph_defaults):
        paragraph_defaults.remove(child)
    set_fonts(run, gb.FANGSONG)
    run.append(element("w:lang", val="en-US", eastAsia="zh-CN", bidi="ar-SA"))


def _settings(document: Any) -> None:
    """Odd and even pages differ; Word 2013 layout; punctuation is not squeezed."""
    settings = document.settings.element
    for child in list(settings):
        settings.remove(child)
    settings.append(element("w:zoom", percent=100))
    settings.append(element("w:bordersDoNotSurroundHeader"))
    settings.append(element("w:bordersDoNotSurroundFooter"))
    settings.append(element("w:defaultTabStop", val=420))
    settings.append(element("w:evenAndOddHeaders"))
    settings.append(element("w:characterSpacingControl", val="doNotCompress"))
    compat = element("w:compat")
    compat.append(element("w:spaceForUL"))
    compat.append(element("w:doNotExpandShiftReturn"))
    compat.append(element("w:useFELayout"))
    compat.append(element("w:compatSetting", name="compatibilityMode", uri="http://schemas.microsoft.com/office/word", val=15))
    settings.append(compat)
    settings.append(element("w:themeFontLang", val="en-US", eastAsia="zh-CN"))


def _page(section: Any) -> None:
    section.page_width, section.page_height = Mm(gb.PAGE_WIDTH_MM), Mm(gb.PAGE_HEIGHT_MM)
    section.top_margin, section.bottom_margin = Mm(gb.TOP_MM), Mm(gb.BOTTOM_MM)
    section.left_margin, section.right_margin = Mm(gb.LEFT_MM), Mm(gb.RIGHT_MM)
    section.header_distance, section.footer_distance = Mm(20), Mm(25.2)
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    section._sectPr.append(element("w:docGrid", type="lines", linePitch=round(gb.LINE_PT * 20)))


def _drop_unused_parts(document: Any) -> None:
    """What python-docx's own template brings along: a picture of it, its program's name, effects and an empty data store."""
    unused = ("/thumbnail", "/extended-properties", "/stylesWithEffects", "/customXml", "/numbering")
    for relations in (document.part.package.rels, document.part.rels):
        for key, relation in list(relations.items()):
            if relation.reltype.endswith(unused):
                del relations[key]


def paragraph(where: Any, style: str, *texts: str) -> Any:
    """A paragraph of one run per text."""
    made = where.add_paragraph(style=style)
    for text in texts:
        add_run(made, text)
    return made


def add_run(where: Any, text: str = "", font: str = "") -> Any:
    """A run that tells Word to take Chinese fonts for shared characters."""
    run = where.add_run(text)
    properties = run._r.get_or_add_rPr()
    if font:
        set_fonts(properties, font)
    else:
        properties.insert(0, element("w:rFonts", hint="eastAsia"))
    return run


def add_page_number(where: Any) -> None:
    """``— 1 —`` as a field."""
    add_run(where, "— ")
    for kind, text in (("begin", ""), ("", " PAGE "), ("separate", ""), ("result", "1"), ("end", "")):
        run = add_run(where, text if kind == "result" else "")
        if kind in ("begin", "separate", "end"):
            run._r.append(element("w:fldChar", fldCharType=kind))
        elif not kind:
            instruction = element("w:instrText")
            instruction.text = text
            instruction.set(qn("xml:space"), "preserve")
            run._r.append(instruction)
    add_run(where, " —")


def add_rules(where: Any, **sides: tuple[float, float, str]) -> None:
    """Border lines of a paragraph: side = (thickness in points, distance in points, colour)."""
    borders = element("w:pBdr")
    for side in ("top", "bottom"):
        if side in sides:
            thickness, space, colour = sides[side]
            borders.append(element(f"w:{side}", val="single", sz=round(thickness * 8), space=round(space), color=colour))
    where.paragraph_format.element.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def add_table(
    where: Any,
    widths_mm: Sequence[float],
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Sequence[int],
    height_mm: float = 0,
    size: str = "",
) -> Any:
    """A ruled table as wide as the type area: repeated header row, rows that do not split and are at least ``height_mm`` high.

    A row of one text spans all columns (docxtpl loop tags and headings go there); ``numbers`` are the centred columns;
    ``size`` is 小 for small type.
    """
    table = where.add_table(rows=0, cols=len(widths_mm))
    table.autofit = False
    _table_frame(table, widths_mm)
    _add_row(table, widths_mm, header, "表头")
    table.rows[0]._tr.get_or_add_trPr().append(element("w:tblHeader"))
    for texts in rows:
        _add_row(table, widths_mm, texts, f"表文{size}" if len(texts) > 1 else "表节", numbers)
    for row in table.rows if height_mm else ():
        row._tr.get_or_add_trPr().append(element("w:trHeight", val=gb.twips(height_mm), hRule="atLeast"))
    return table


def _table_frame(table: Any, widths_mm: Sequence[float]) -> None:
    properties = table._tbl.tblPr
    for tag in ("w:tblStyle", "w:tblW", "w:tblLook"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    layout = properties.find(qn("w:tblLayout"))
    layout.addprevious(element("w:tblW", w=sum(gb.twips(w) for w in widths_mm), type="dxa"))
    layout.addprevious(element("w:tblInd", w=0, type="dxa"))
    borders = element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        borders.append(element(f"w:{side}", val="single", sz=8 if side in ("top", "bottom") else 4, space=0, color="000000"))
    layout.addprevious(borders)
    margins = element("w:tblCellMar")
    for side, gap in (("top", 28), ("left", 57), ("bottom", 28), ("right", 57)):
        margins.append(element(f"w:{side}", w=gap, type="dxa"))
    layout.addnext(margins)
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)


def _add_row(table: Any, widths_mm: Sequence[float], texts: Sequence[str], style: str, numbers: Sequence[int] = ()) -> None:
    row = table.add_row()
    row._tr.get_or_add_trPr().append(element("w:cantSplit"))
    cells = [row.cells[0].merge(row.cells[-1])] if len(texts) == 1 else list(row.cells)
    for n, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        if len(texts) > 1:
            cell.width = Mm(widths_mm[n])
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        target = cell.paragraphs[0]
        target.style = style.replace("文", "数") if n in numbers else style
        add_run(target, text)


def imprint(document: Any) -> Any:
    """A table of two lines at the foot of the type area, ruled 0.35 mm outside and 0.25 mm inside.

    Word and WPS go by ``tblpYSpec`` and keep its foot there if it grows; LibreOffice 7.4 knows ``tblpY`` only, and lets a
    table as wide as the type area float only where it is placed from the page's edge.
    """
    table = document.add_table(rows=2, cols=1)
    properties, top = table._tbl.tblPr, gb.TYPE_HEIGHT_MM - 2 * IMPRINT_LINE_PT / gb.POINTS_PER_MM
    for child in list(properties):
        properties.remove(child)
    properties.append(
        element("w:tblpPr", vertAnchor="margin", horzAnchor="page", tblpX=gb.twips(gb.LEFT_MM), tblpYSpec="bottom", tblpY=gb.twips(top))
    )
    properties.append(element("w:tblOverlap", val="never"))
    properties.append(element("w:tblW", w=gb.twips(gb.TYPE_WIDTH_MM), type="dxa"))
    borders = element("w:tblBorders")
    for side, size in (("top", 8), ("bottom", 8), ("insideH", 6)):
        borders.append(element(f"w:{side}", val="single", sz=size, space=0, color="000000"))
    properties.append(borders)
    properties.append(element("w:tblLayout", type="fixed"))
    margins = element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(element(f"w:{side}", w=0, type="dxa"))
    properties.append(margins)
    table.columns[0].width = Mm(gb.TYPE_WIDTH_MM)
    for row in table.rows:
        row.cells[0].width = Mm(gb.TYPE_WIDTH_MM)
        row._tr.get_or_add_trPr().append(element("w:cantSplit"))
        row.cells[0]._tc.remove(row.cells[0].paragraphs[0]._p)
    return table


def copies_line(document: Any, text: str) -> None:
    """A letter's imprint: one line without rules at the foot of the type area.

    The frame does not push what stands above; the paragraph that holds it is as tall as it, and keeps its room on the page.
    """
    framed = paragraph(document, "版记", text)
    frame = element("w:framePr", w=gb.twips(gb.TYPE_WIDTH_MM), wrap="none", vAnchor="margin", hAnchor="margin", xAlign="left", yAlign="bottom")
    framed._p.get_or_add_pPr().insert_element_before(frame, "w:widowControl", "w:pBdr", "w:spacing", "w:ind", "w:jc", "w:rPr")
    paragraph(document, "细行").paragraph_format.line_spacing = Pt(IMPRINT_LINE_PT)


def place(where: Any, y_mm: float) -> None:
    """Make a paragraph a frame at this height of the page, as wide as a letter's rules and centred on the page."""
    x = (gb.PAGE_WIDTH_MM - gb.LETTER_RULE_MM) / 2
    frame = element("w:framePr", w=gb.twips(gb.LETTER_RULE_MM), wrap="around", vAnchor="page", hAnchor="page", x=gb.twips(x), y=gb.twips(y_mm))
    where._p.get_or_add_pPr().insert_element_before(frame, "w:widowControl", "w:pBdr", "w:spacing", "w:ind", "w:jc", "w:rPr")
