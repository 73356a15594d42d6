"""The first sheet: how to fill the form, by when, whom to call, the gate, what happens next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaohe.forms.layout import GUIDE_SHEET, FormLayout
from kaohe.forms.styles import Styles
from kaohe.rulebook.model import Rulebook
from kaohe.text import lines_needed

if TYPE_CHECKING:
    from xlsxwriter import Workbook

_WIDTH = 92
_FACTS = (
    ("st_guide_unit", "填报单位：（发送时自动填入）"),
    ("st_guide_deadline", "报送截止：（发送时自动填入）"),
    ("st_guide_contact", "联系电话：（发送时自动填入）"),
)


def write_guide_sheet(workbook: Workbook, layout: FormLayout, styles: Styles) -> None:
    """Write 填报说明. Its wording may be edited in the master; the three facts on top are stamped."""
    sheet = workbook.add_worksheet(GUIDE_SHEET)
    sheet.set_column(0, 0, 5, styles["plain"])
    sheet.set_column(1, 1, _WIDTH, styles["plain"])
    sheet.hide_gridlines(2)
    sheet.set_row(0, 36)
    sheet.merge_range(0, 0, 0, 1, f"{layout.rulebook.title}填报说明", styles["title"])
    row = 2
    for name, text in _FACTS:
        sheet.set_row(row, 22)
        sheet.write_string(row, 1, text, styles["guide_fact"])
        workbook.define_name(name, f"='{GUIDE_SHEET}'!$B${row + 1}")
        row += 1
    for heading, paragraphs in _chapters(layout):
        row += 1
        sheet.set_row(row, 24)
        sheet.write_string(row, 0, "", styles["plain"])
        sheet.write_string(row, 1, heading, styles["guide_head"])
        row += 1
        for n, text in enumerate(paragraphs, start=1):
            sheet.set_row(row, 18 * lines_needed(text, _WIDTH * 11 / 12.5) + 2)
            sheet.write_string(row, 0, f"{n}.", styles["guide_number"])
            sheet.write_string(row, 1, text, styles["guide"])
            row += 1
    sheet.set_paper(9)
    sheet.set_margins(left=0.7, right=0.7, top=0.8, bottom=0.8)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, row, 1)
    sheet.set_footer("&C第 &P 页 共 &N 页")
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _chapters(layout: FormLayout) -> list[tuple[str, list[str]]]:
    rulebook = layout.rulebook
    conditions = "、".join(condition.label for condition in rulebook.gate.conditions)
    return [
        (
            "一、怎样填写",
            [
                "只填浅黄色的格子，其他格子已经锁定，不需要改动。深黄色表示还没有填。",
                "《填报表》逐条列出通知原文和要填的数。“填报值”是数字的只填数字，不写单位，例如填 12，不填“12家”；没有的填 0；是否类的从下拉框选“是”或“否”。每一格都要填。",
                *(_about_lists(rulebook) if rulebook.lists else ()),
                "“佐证材料编号”填随表报送的证明材料的编号，例如“佐证12”，方便核对。",
                "“自评分”由表格自动计算，供单位参考；最后得分以市工商联审核为准。显示“按全市位次核定”的，要等各单位都报齐后才能算出。",
                "请不要增加、删除工作表，不要改动灰色的文字。可以用 Excel 或 WPS 打开，保存为 .xlsx 格式。",
            ],
        ),
        (
            f"二、{rulebook.gate.counted}",
            [
                f"考核组将到各单位实地查看：{conditions}。通知规定：“{rulebook.gate.text}”",
                f"这{rulebook.gate.number}由考核组现场核定，不需要在表里填写，请提前准备好有关材料。",
            ],
        ),
        (
            "三、报送以后",
            [
                "收到后系统自动核对。发现填错、漏填或前后矛盾的，会退回一份标明位置的更正通知，请在原表上改正后重新报送，以最后一次为准。",
                "各单位报齐、考核组实地考核以后汇总排名，提交市工商联主席办公会议审核确定；结果通报当地统战部门，并对获奖者进行表彰。",
                "填写中有疑问，请打上面的联系电话。",
            ],
        ),
    ]


def _about_lists(rulebook: Rulebook) -> tuple[str, ...]:
    lists = "、".join(f"《{entry.label}》" for entry in rulebook.lists)
    return (
        f"{lists}是清单，一件事填一行，从第一行起连续填写，每张备有{max(e.rows for e in rulebook.lists)}行。没有的清单空着。",
        f"清单里的日期要在考核期内，写成 {rulebook.example_day} 的样子；同一件事不要重复填。每行最右边的“本行状态”显示“有效”才会计分。",
    )
