"""What every document of the office has in common: letterhead, pages, annex statement, signature, imprint."""

from typing import Any

from docx.enum.text import WD_TAB_ALIGNMENT
from docx.shared import Mm, Pt

from kaohe.publish.documents import standard as gb
from scripts import docx_kit as kit

WIDTH_PT = gb.TYPE_WIDTH_MM * gb.POINTS_PER_MM
MARK_PT = 36.0
MARK_LINE_PT = 46.0
GLYPH_TOP_PT = MARK_LINE_PT * 0.8 - MARK_PT * 0.84
"""From the top of the mark's line to the top of its characters."""
GLYPH_FOOT_PT = 6.0
"""From the bottom of the mark's characters to the bottom of its line."""

LETTER_RULE_TOP_MM = gb.LETTER_MARK_TOP_MM + (MARK_LINE_PT - GLYPH_TOP_PT - GLYPH_FOOT_PT) / gb.POINTS_PER_MM + gb.RULE_GAP_MM
LETTER_NUMBER_MM = LETTER_RULE_TOP_MM + 5 / gb.POINTS_PER_MM + gb.BODY_PT * 7 / 8 / gb.POINTS_PER_MM
"""Top of the number's characters, 7/8 of a character below the double rule."""

BASIS = "《{{ basis.title }}》（{{ basis.number }}）"
BLANK_DATE = "\t年\t月\t日"


def red_head(document: Any, title: str) -> None:
    """Pages, the issuer's red mark, the number over a red rule, and the title."""
    two_sided_pages(document)
    mark = kit.Look(gb.TITLE_SONG, MARK_PT, "center", MARK_LINE_PT, colour=gb.RED, snap=False)
    kit.add_style(document, "发文机关标志", mark)
    kit.paragraph(document, "发文机关标志", "{{ issuer.name }}文件").paragraph_format.space_before = Pt(
        gb.ISSUER_MARK_TOP_MM * gb.POINTS_PER_MM - GLYPH_TOP_PT
    )
    kit.add_style(document, "发文字号", kit.Look(align="center", line=20, before=2 * gb.LINE_PT - GLYPH_FOOT_PT, snap=False))
    kit.add_rules(
        kit.paragraph(document, "发文字号", "{{ edition.number or edition.mark }}"), bottom=(2.25, gb.RULE_GAP_MM * gb.POINTS_PER_MM - 2, gb.RED)
    )
    add_title(document, title)


def add_title(document: Any, text: str) -> None:
    """The title, two lines below what stands above it."""
    title = kit.paragraph(document, "公文标题", text)
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(2 * gb.LINE_PT), Pt(gb.LINE_PT)


def signature(document: Any, *annexes: str) -> None:
    """Annex statement, issuer over date, note; kept together with the last words, so that no page holds a signature alone."""
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    if len(annexes) == 1:
        gap = kit.paragraph(document, "附件说明", f"附件：{annexes[0]}")
        gap.paragraph_format.space_before = Pt(gb.LINE_PT)
    elif annexes:
        kit.paragraph(document, "公文正文", "{%p if scored %}")
        first = kit.paragraph(document, "附件说明", f"附件：1. {annexes[0]}")
        first.paragraph_format.space_before = Pt(gb.LINE_PT)
        for n, annex in enumerate(annexes[1:], 2):
            kit.paragraph(document, "附件说明续", f"{n}. {annex}")
        kit.paragraph(document, "公文正文", "{%p endif %}")
    kit.paragraph(document, "发文机关署名", "{{ issuer.name }}")
    kit.paragraph(document, "公文正文", "{%p if edition.date %}")
    kit.paragraph(document, "成文日期", "{{ edition.date }}")
    kit.paragraph(document, "公文正文", "{%p else %}")
    blank = kit.paragraph(document, "成文日期", BLANK_DATE)
    blank.paragraph_format.alignment, blank.paragraph_format.right_indent = 0, Pt(0)
    _tabs(blank, 318, 348, WIDTH_PT - 4 * gb.BODY_PT)
    kit.paragraph(document, "公文正文", "{%p endif %}")
    if len(annexes) == 1:
        kit.paragraph(document, "附注", "（联系单位：{{ issuer.contact }}，电话：{{ issuer.phone }}）")


def _tabs(where: Any, *stops: float) -> None:
    for stop in stops:
        where.paragraph_format.tab_stops.add_tab_stop(Pt(stop), WD_TAB_ALIGNMENT.RIGHT)


def imprint(document: Any, copied_to: str) -> None:
    """Copies and printing, at the foot of the last page whatever stands above."""
    copies, printing = (row.cells[0] for row in kit.imprint(document).rows)
    kit.paragraph(copies, "版记", f"抄送：{copied_to}。")
    kit.paragraph(printing, "版记印发", "{%p if edition.printed %}")
    _tabs(kit.paragraph(printing, "版记印发", "{{ issuer.name }}办公室\t{{ edition.printed }}印发"), WIDTH_PT - gb.SMALL_PT)
    kit.paragraph(printing, "版记印发", "{%p else %}")
    _tabs(kit.paragraph(printing, "版记印发", f"{{{{ issuer.name }}}}办公室{BLANK_DATE}印发"), 344, 372, WIDTH_PT - gb.SMALL_PT)
    kit.paragraph(printing, "版记印发", "{%p endif %}")
    kit.paragraph(document, "细行")


def _mark_and_number(header: Any, footer: Any, style: str) -> None:
    header.is_linked_to_previous = footer.is_linked_to_previous = False
    first, last = header.paragraphs[0], footer.paragraphs[0]
    first.style, last.style = "稿本标识", style
    kit.add_run(first, "{{ edition.mark }}")
    kit.add_page_number(last)


def two_sided_pages(document: Any) -> None:
    section = document.sections[0]
    _mark_and_number(section.header, section.footer, "页码单")
    _mark_and_number(section.even_page_header, section.even_page_footer, "页码双")


def letter_pages(document: Any) -> None:
    """The first page has the mark over a double red rule and another at the foot, and no number."""
    two_sided_pages(document)
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.header_distance, section.footer_distance = Mm(15), Mm(gb.LETTER_RULE_BOTTOM_MM)
    for footer in (section.footer, section.even_page_footer):
        footer.paragraphs[0].paragraph_format.space_after = Mm(25.2 - gb.LETTER_RULE_BOTTOM_MM)
    kit.add_style(document, "发文机关标志", kit.Look(gb.TITLE_SONG, MARK_PT, "center", MARK_LINE_PT, colour=gb.RED, snap=False))
    header, footer = section.first_page_header, section.first_page_footer
    header.is_linked_to_previous = footer.is_linked_to_previous = False
    draft = header.paragraphs[0]
    draft.style = "稿本标识"
    kit.add_run(draft, "{{ edition.mark }}")
    framed = draft.insert_paragraph_before(style="发文机关标志")
    kit.add_run(framed, "{{ issuer.name }}")
    kit.place(framed, gb.LETTER_MARK_TOP_MM - GLYPH_TOP_PT / gb.POINTS_PER_MM)
    rule = draft.insert_paragraph_before(style="细行")
    kit.place(rule, LETTER_RULE_TOP_MM)
    kit.add_rules(rule, top=(2.25, 0, gb.RED), bottom=(0.75, 0, gb.RED))
    footer.paragraphs[0].style = "细行"
    margin = (gb.PAGE_WIDTH_MM - gb.LETTER_RULE_MM) / 2
    foot = footer.paragraphs[0].paragraph_format
    foot.left_indent, foot.right_indent = Mm(margin - gb.LEFT_MM), Mm(margin - gb.RIGHT_MM)
    kit.add_rules(footer.paragraphs[0], top=(0.75, 0, gb.RED), bottom=(2.25, 0, gb.RED))
