"""The commendation of the winners, and the certificate that each of them gets."""

from typing import Any

from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from kaohe.publish.documents import standard as gb
from scripts import docx_kit as kit
from scripts import letterhead as head
from scripts.certificate_frame import add_frame

MARGIN_TOP_MM, MARGIN_SIDE_MM, MARGIN_BOTTOM_MM = 40.0, 38.0, 24.0


def award() -> Any:
    """The decision to commend: letterhead, reasons, the winners award by award, signature, imprint."""
    document, body = kit.new_document(), "公文正文"
    head.red_head(document, "关于表彰{{ assessment }}获奖单位的决定")
    kit.paragraph(document, "主送机关", "各县（市、区）工商联：")
    kit.paragraph(
        document,
        body,
        f"按照{head.BASIS}要求，{{{{ issuer.short }}}}组织开展了{{{{ assessment }}}}。",
        "根据考核结果，经{{ edition.meeting }}主席办公会议研究，决定对下列单位予以表彰。",
    )
    kit.paragraph(document, body, "{%p for award in awards %}")
    kit.paragraph(document, "一级标题", "{{ award.number }}、{{ award.name }}（{{ award.units|length }}个）")
    kit.paragraph(document, body, "{%p for unit in award.units %}")
    kit.paragraph(document, body, "{{ unit }}")
    kit.paragraph(document, body, "{%p endfor %}")
    kit.paragraph(document, body, "{%p endfor %}")
    kit.paragraph(
        document,
        body,
        "希望受到表彰的单位珍惜荣誉，再接再厉，在今后的工作中取得新的成绩。",
        "各县（市、区）工商联要向受到表彰的单位学习，扎实做好各项工作，为促进非公有制经济健康发展和非公有制经济人士健康成长作出新的贡献。",
    )
    head.signature(document)
    head.imprint(document, "各县（市、区）统战部门")
    return document


def certificate() -> Any:
    """One landscape page: frame, heading, winner, award, issuer and date."""
    document = kit.new_document()
    _landscape(document)
    for name, look in _looks().items():
        kit.add_style(document, name, look)
    heading = kit.paragraph(document, "证书标题", "荣誉证", "书")
    heading.runs[0]._r.get_or_add_rPr().append(kit.element("w:spacing", val=320))
    kit.paragraph(document, "证书单位", "{{ winner }}：")
    kit.paragraph(
        document,
        "证书正文",
        "在{% if year|string not in assessment %}{{ year }}年度{% endif %}{{ assessment }}中成绩突出，荣获",
    )
    kit.paragraph(document, "证书奖项", "{{ award }}")
    kit.paragraph(document, "证书正文", "特发此证，以资鼓励。")
    kit.paragraph(document, "证书署名", "{{ issuer.name }}").paragraph_format.space_before = Pt(26)
    kit.paragraph(document, "证书署名", "{{ edition.date }}")
    return document


def _looks() -> dict[str, kit.Look]:
    width = (gb.PAGE_HEIGHT_MM - 2 * MARGIN_SIDE_MM) * gb.POINTS_PER_MM
    return {
        "证书标题": kit.Look(gb.TITLE_SONG, 54, "center", 64, after=22, colour="C00000", snap=False),
        "证书单位": kit.Look(gb.TITLE_SONG, 26, "left", 36, after=6, snap=False),
        "证书正文": kit.Look(gb.KAITI, 20, "left", 36, first=40, snap=False),
        "证书奖项": kit.Look(gb.TITLE_SONG, 44, "center", 58, before=12, after=12, colour="C00000", snap=False),
        "证书署名": kit.Look(gb.FANGSONG, 20, "center", 32, left=width * 0.5, snap=False),
    }


def _landscape(document: Any) -> None:
    """A4 on its side with the frame behind the text, and neither grid nor even pages."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(gb.PAGE_HEIGHT_MM), Mm(gb.PAGE_WIDTH_MM)
    section.left_margin = section.right_margin = Mm(MARGIN_SIDE_MM)
    section.top_margin, section.bottom_margin = Mm(MARGIN_TOP_MM), Mm(MARGIN_BOTTOM_MM)
    section.header_distance = section.footer_distance = Mm(10)
    for grid in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(grid)
    settings = document.settings.element
    for parity in settings.findall(qn("w:evenAndOddHeaders")):
        settings.remove(parity)
    section.header.is_linked_to_previous = False
    behind = section.header.paragraphs[0]
    behind.style = "细行"
    add_frame(behind, gb.PAGE_HEIGHT_MM, gb.PAGE_WIDTH_MM)
