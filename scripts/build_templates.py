"""Builds the Word files in ``templates/``, the wordings that the office then edits in Word or WPS.

Run ``python -m scripts.build_templates [FOLDER]``. The same program gives the same bytes.
"""

import sys
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from docx.shared import Pt

from kaohe import PROGRAM_ROOT
from kaohe.publish.documents import standard as gb
from kaohe.publish.documents.package import Properties, packed
from scripts import docx_kit as kit
from scripts import letterhead as head
from scripts.award_templates import award, certificate

BUILT = date(2014, 11, 14)
PROVISIONAL = "未经主席办公会议审核确定，不作为正式结果"
TIED = "{% if row.tied %}并列{% endif %}第{{ row.place }}位"


def main(folder: Path) -> None:
    """Write every template into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, title, build in (
        ("notice.docx", "考核结果通报（模板）", notice),
        ("letter.docx", "考核结果通知函（模板）", letter),
        ("award.docx", "表彰决定（模板）", award),
        ("certificate.docx", "荣誉证书（模板）", certificate),
    ):
        stream = BytesIO()
        build().save(stream)
        (folder / name).write_bytes(packed(stream.getvalue(), Properties(title, "", BUILT)))


def notice() -> Any:
    """The notification: letterhead, body in three parts, signature, the ranking as annex, imprint."""
    document = kit.new_document()
    head.red_head(document, "关于{{ assessment }}结果的通报")
    kit.paragraph(document, "主送机关", "{% if collective %}各县（市、区）统战部门{% else %}{{ recipients }}{% endif %}：")
    _notice_opening(document)
    _notice_results(document)
    _notice_use(document)
    head.signature(document, "{{ year }}年度考核结果排名表{% if provisional %}（预排名）{% endif %}")
    _ranking(document)
    head.imprint(document, "各县（市、区）工商联")
    return document


def _notice_opening(document: Any) -> None:
    body, heading, part = "公文正文", "一级标题", "二级标题"
    kit.paragraph(document, body, f"按照{head.BASIS}要求，{{{{ issuer.short }}}}组织开展了{{{{ assessment }}}}。现将考核结果通报如下。")
    kit.paragraph(document, body, "{%p if provisional %}")
    kit.paragraph(
        document, body, f"考核尚未全部结束，还有{{{{ undecided|length }}}}个单位的结果没有确定。本稿所列得分和位次均为预排名，{PROVISIONAL}。"
    )
    kit.paragraph(document, body, "{%p endif %}")
    kit.paragraph(document, heading, "一、考核组织情况")
    kit.paragraph(document, part, "（一）考核内容")
    kit.paragraph(
        document,
        body,
        "考核共{{ scope.sections }}个方面、{{ scope.clauses }}条、{{ scope.items }}个计分项目。",
        "其中封顶项目{{ scope.capped }}个，满分{{ scope.maximum }}分{% if scope.uncapped %}；不封顶项目{{ scope.uncapped }}个，按实际完成情况计分{% endif %}。",
    )
    kit.paragraph(document, part, "（二）考核分组")
    kit.paragraph(
        document,
        body,
        "考核对象为{{ scope.units }}个县（市、区）工商联，分{{ groups|length }}个组进行。",
        "{% for group in groups %}{{ group.name }}组长{{ group.leader }}{% if group.deputy %}，副组长{{ group.deputy }}{% endif %}，",
        "考核{{ group.units }}{% if loop.last %}。{% else %}；{% endif %}{% endfor %}",
    )
    kit.paragraph(document, part, "（三）材料报送和实地查看")
    kit.paragraph(
        document,
        body,
        "{{ scope.units }}个单位中，填报表已采用的{{ progress.accepted }}个{% if progress.refused %}，报送的文件不能采用的{{ progress.refused }}个{% endif %}",
        "{% if progress.absent %}，未报送的{{ progress.absent }}个{% endif %}。",
        "{{ gate.conditions }}等前提条件，经实地查看具备的{{ progress.passed }}个{% if progress.failed %}，不具备的{{ progress.failed }}个{% endif %}",
        "{% if progress.unseen %}，尚未查看或者没有查看完毕的{{ progress.unseen }}个{% endif %}。",
    )


def _notice_results(document: Any) -> None:
    body, heading, part = "公文正文", "一级标题", "二级标题"
    kit.paragraph(document, heading, "二、考核结果")
    kit.paragraph(document, part, "（一）得分和位次")
    kit.paragraph(
        document,
        body,
        "{% if ranks %}参加{% if provisional %}预{% endif %}排名的{{ ranked }}个单位，按总分由高到低依次为：",
        f"{{% for row in ranks %}}{{{{ row.units }}}}{{{{ row.total }}}}分，{TIED}{{% if loop.last %}}。{{% else %}}；{{% endif %}}{{% endfor %}}",
        "总分{% if bonus_in_total %}包括{% else %}不包括{% endif %}加分项目得分，各单位得分情况见附件。",
        "{% else %}目前没有可以排名的单位。{% endif %}",
    )
    kit.paragraph(document, part, "（二）不计分的单位")
    kit.paragraph(
        document,
        body,
        "{% if gated %}{% for unit in gated %}{{ unit.name }}：{{ unit.reason }}{% if loop.last %}。{% else %}；{% endif %}{% endfor %}",
        "{% else %}没有因前提条件不具备而不计分的单位。{% endif %}",
    )
    kit.paragraph(document, body, "{%p if undecided %}")
    kit.paragraph(document, part, "（三）结果尚未确定的单位")
    kit.paragraph(document, body, "{%p for unit in undecided %}")
    kit.paragraph(document, body, "{{ loop.index }}. {{ unit.name }}（{{ unit.state }}）：{{ unit.reason }}。")
    kit.paragraph(document, body, "{%p endfor %}")
    kit.paragraph(document, body, "{%p endif %}")


def _notice_use(document: Any) -> None:
    body = "公文正文"
    kit.paragraph(document, "一级标题", "三、结果运用")
    kit.paragraph(
        document,
        body,
        "按照考核办法，{% if edition.meeting %}考核结果经{{ edition.meeting }}主席办公会议审核确定，现通报当地统战部门",
        "{% if awards %}，并对获奖者进行表彰{% endif %}。",
        "{% else %}考核结果由主席办公会议审核确定，通报当地统战部门，并对获奖者进行表彰。{% endif %}",
        "{% if awards %}获奖单位如下：{% for award in awards %}{{ award.name }}，{{ award.units }}{% if loop.last %}。{% else %}；{% endif %}{% endfor %}",
        "{% elif edition.meeting %}本次考核没有评定奖项。{% else %}奖项和获奖单位待主席办公会议审定。{% endif %}",
    )
    kit.paragraph(
        document,
        body,
        "请将考核结果转告当地工商联，继续关心支持工商联工作。各县（市、区）工商联要对照考核结果，总结经验，改进不足，把各项工作做得更好。",
    )


def _ranking(document: Any) -> None:
    kit.paragraph(document, "附件标识", "附件").paragraph_format.page_break_before = True
    kit.paragraph(document, "附件标题", "{{ year }}年度考核结果排名表{% if provisional %}（预排名）{% endif %}")
    kit.add_table(
        document,
        (13, 36, 20, 20, 22, 15, 14, 16),
        ("位次", "单位", "考核组", "封顶项目\n得分", "不封顶\n项目得分", "其中\n加分", "总分", "备注"),
        (
            ("{%tr for unit in units %}",),
            tuple(f"{{{{ unit.{name} }}}}" for name in ("place", "name", "group", "capped", "uncapped", "bonus", "total", "state")),
            ("{%tr endfor %}",),
        ),
        numbers=(0, 2, 3, 4, 5, 6, 7),
        height_mm=9,
    )
    kit.paragraph(
        document,
        "表注",
        "注：封顶项目满分{{ scope.maximum }}分。总分{% if bonus_in_total %}包括{% else %}不包括{% endif %}加分。总分相同的位次并列。“—”表示没有得分，不参加排名。",
        f"{{% if provisional %}}表中得分和位次均为预排名，{PROVISIONAL}。{{% endif %}}",
    )


def letter() -> Any:
    """The letter to one United Front department: its own unit's result, with two annexes where there is a score."""
    document = kit.new_document()
    head.letter_pages(document)
    kit.add_style(document, "发文字号", kit.Look(align="right", line=20, snap=False))
    number = kit.paragraph(document, "发文字号", "{{ edition.number or edition.mark }}")
    number.paragraph_format.space_before = Pt((head.LETTER_NUMBER_MM - gb.TOP_MM) * gb.POINTS_PER_MM - 2.5)
    head.add_title(document, "关于{{ unit.full }}{{ called }}结果的函")
    kit.paragraph(document, "主送机关", "{{ department }}：")
    kit.paragraph(
        document,
        "公文正文",
        f"按照{head.BASIS}要求，{{{{ issuer.short }}}}组织开展了{{{{ assessment }}}}。现将{{{{ unit.full }}}}的考核结果函告如下。",
    )
    kit.paragraph(document, "一级标题", "一、考核结果")
    _letter_scored(document)
    _letter_unscored(document)
    kit.paragraph(document, "一级标题", "{% if scored %}三{% else %}二{% endif %}、有关事项")
    kit.paragraph(document, "公文正文", "请将考核结果转告{{ unit.name }}。对考核结果有疑问的，请与{{ issuer.contact }}联系，电话{{ issuer.phone }}。")
    titles = ("{{ unit.name }}{{ year }}年度考核各方面得分表", "{{ unit.name }}{{ year }}年度考核计分明细表")
    head.signature(document, *titles)
    kit.paragraph(document, "公文正文", "{%p if scored %}")
    _letter_sections(document, titles[0])
    _letter_items(document, titles[1])
    kit.paragraph(document, "公文正文", "{%p endif %}")
    kit.copies_line(document, "抄送：{{ unit.full }}。")
    return document


def _letter_scored(document: Any) -> None:
    body = "公文正文"
    kit.paragraph(document, body, "{%p if scored %}")
    kit.paragraph(
        document,
        body,
        "{{ unit.name }}总分{{ unit.total }}分，在参加{% if provisional %}预{% endif %}排名的{{ ranked }}个单位中{% if tied %}并列{% endif %}第{{ unit.place }}位。",
        "其中，封顶项目得{{ unit.capped }}分（满分{{ scope.maximum }}分），不封顶项目得{{ unit.uncapped }}分；",
        "加分项目得{{ unit.bonus }}分，{% if bonus_in_total %}已计入{% else %}不计入{% endif %}总分。",
    )
    kit.paragraph(document, body, "{%p if not settled %}")
    kit.paragraph(document, body, "{{ unit.name }}的结果尚未确定（{{ unit.state }}）：{{ unit.reason }}。")
    kit.paragraph(document, body, "{%p endif %}")
    kit.paragraph(document, body, "{%p if provisional %}")
    kit.paragraph(document, body, f"考核尚未全部结束，上述得分和位次为预排名，{PROVISIONAL}。")
    kit.paragraph(document, body, "{%p endif %}")
    kit.paragraph(document, "一级标题", "二、各方面得分")
    kit.paragraph(
        document,
        body,
        "{{ sections|length }}个方面中，封顶项目得满分的{{ full|length }}个{% if full %}：{{ full|join('、') }}{% endif %}。",
        "{% if short_of %}未得满分的{{ short_of|length }}个：{% for section in short_of %}{{ section.title }}"
        "（满分{{ section.maximum }}分，得{{ section.capped }}分）{% if loop.last %}。{% else %}、{% endif %}{% endfor %}{% endif %}",
        "各方面得分见附件1，各项目得分和计分依据见附件2。",
    )
    kit.paragraph(document, body, "{%p endif %}")


def _letter_unscored(document: Any) -> None:
    body = "公文正文"
    kit.paragraph(document, body, "{%p if not scored %}")
    kit.paragraph(document, body, "{{ unit.name }}没有考核得分，不参加排名。原因：{{ unit.reason }}。")
    kit.paragraph(document, body, "{%p if gated %}")
    kit.paragraph(document, body, "考核办法规定：“{{ gate.text }}”")
    kit.paragraph(document, body, "{%p else %}")
    kit.paragraph(document, body, "请督促{{ unit.name }}按要求重新报送或者补报填报表。收到可以采用的填报表后，再行计分。")
    kit.paragraph(document, body, "{%p endif %}")
    kit.paragraph(document, body, "{%p if provisional %}")
    kit.paragraph(document, body, f"考核尚未全部结束，上述结果{PROVISIONAL}。")
    kit.paragraph(document, body, "{%p endif %}")
    kit.paragraph(document, body, "{%p endif %}")


def _letter_sections(document: Any, title: str) -> None:
    kit.paragraph(document, "附件标识", "附件1").paragraph_format.page_break_before = True
    kit.paragraph(document, "附件标题", title)
    kit.add_table(
        document,
        (76, 20, 20, 20, 20),
        ("考核方面", "封顶项目\n满分", "封顶项目\n得分", "不封顶\n项目得分", "合计"),
        (
            ("{%tr for section in sections %}",),
            ("{{ section.number }}{{ section.title }}", *(f"{{{{ section.{name} }}}}" for name in ("maximum", "capped", "uncapped", "points"))),
            ("{%tr endfor %}",),
            ("总计", "{{ scope.maximum }}", "{{ unit.capped }}", "{{ unit.uncapped }}", "{{ sum }}"),
        ),
        numbers=(1, 2, 3, 4),
        height_mm=7,
    )
    kit.paragraph(
        document,
        "表注",
        "注：总计中有加分项目得{{ unit.bonus }}分，{% if bonus_in_total %}已计入{% else %}不计入{% endif %}总分，总分为{{ unit.total }}分。",
        f"{{% if provisional %}}表中得分为预排名所用，{PROVISIONAL}。{{% endif %}}",
    )


def _letter_items(document: Any, title: str) -> None:
    kit.paragraph(document, "附件标识", "附件2").paragraph_format.page_break_before = True
    kit.paragraph(document, "附件标题", title)
    kit.add_table(
        document,
        (13, 30, 14, 11, 88),
        ("编号", "计分项目", "满分", "得分", "计分依据"),
        (
            ("{%tr for section in sections %}",),
            ("{{ section.number }}{{ section.title }}，得{{ section.points }}分",),
            ("{%tr for item in section.items %}",),
            tuple(f"{{{{ item.{name} }}}}" for name in ("id", "title", "maximum", "points", "why")),
            ("{%tr endfor %}",),
            ("{%tr endfor %}",),
        ),
        numbers=(0, 2, 3),
        size="小",
    )
    kit.paragraph(document, "表注", "注：“不封顶”的项目按实际完成情况计分。计分依据中的行，是填报表清单中的行。")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROGRAM_ROOT / "templates")
