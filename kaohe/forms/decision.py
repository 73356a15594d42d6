"""The decision form (审定表) for the chairmen's meeting: made from one run, and carrying what that run rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from kaohe.forms.layout import BASIS_SHEET, ID_ROW
from kaohe.forms.machine_sheet import DECISION, MachineData, write_machine_sheet
from kaohe.forms.seal import issue_id, sealed
from kaohe.forms.styles import Styles
from kaohe.forms.validation import NO, YES, listed, number_between, text_validation
from kaohe.rulebook.model import Rulebook
from kaohe.text import clean, lines_needed

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

MEETING_SHEET, READINGS_SHEET, ADJUSTMENTS_SHEET, AWARDS_SHEET = "审定", "口径", "调整", "奖项"
MEETING_COLUMNS = ("id", "label", "value", "note")
READING_COLUMNS = ("id", "clause", "question", "taken", "others", "value")
ADJUSTMENT_COLUMNS = ("id", "unit", "item", "points", "reason")
AWARD_COLUMNS = ("id", "unit", "award")
ADJUSTMENT_ROWS, AWARD_ROWS = 60, 120
KEEP = "维持现行口径"
_HEADER_ROW = 3


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """One reading to be decided: the question, the choice in force, the others with what each would change."""

    id: str
    clause: str
    question: str
    taken: str
    others: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecisionTask:
    """What the meeting is asked. ``parts`` are what the figures rest on, by Chinese name; ``summary`` is the ranking in words."""

    fingerprint: str
    parts: Mapping[str, str]
    summary: str
    readings: tuple[ReadingLine, ...]
    units: tuple[str, ...]


def decision_name(year: int) -> str:
    """File name of the decision form."""
    return f"{year}年度考核审定表.xlsx"


def build_decision(rulebook: Rulebook, task: DecisionTask, key: bytes) -> bytes:
    """The workbook, sealed with the office's key: the same task and key give the same bytes."""
    buffer = BytesIO()
    from xlsxwriter import Workbook

    workbook = Workbook(buffer, {"in_memory": True})
    day = rulebook.notice_date
    workbook.set_properties({"title": f"{rulebook.year}年度考核审定表", "created": datetime(day.year, day.month, day.day)})
    styles = Styles(workbook)
    _meeting(workbook, rulebook, task, styles)
    _readings(workbook, task, styles)
    _adjustments(workbook, styles)
    _awards(workbook, styles)
    basis = workbook.add_worksheet(BASIS_SHEET)
    for row, (name, content) in enumerate(task.parts.items()):
        basis.write_string(row, 0, clean(name))
        basis.write_string(row, 1, content)
    for row, text in enumerate(task.units):
        basis.write_string(row, 3, text)
    for row, text in enumerate(rulebook.items):
        basis.write_string(row, 4, text)
    workbook.define_name("ds_units", f"='{BASIS_SHEET}'!$D$1:$D${len(task.units)}")
    workbook.define_name("ds_items", f"='{BASIS_SHEET}'!$E$1:$E${len(rulebook.items)}")
    basis.protect()
    basis.very_hidden()
    data = MachineData.of(rulebook, kind=DECISION, fingerprint=task.fingerprint, issue=issue_id(task))
    write_machine_sheet(workbook, sealed(data, key))
    workbook.close()
    return buffer.getvalue()


def _page(workbook: Workbook, name: str, title: str, note: str, columns: tuple[tuple[str, str, int], ...], styles: Styles, rows: int) -> Worksheet:
    """A sheet with its hidden ids, title, note and headings; ``columns`` are (id, heading, width). Its ``rows`` are printed, empty or not."""
    sheet = workbook.add_worksheet(name)
    last = len(columns) - 1
    for index, (column, heading, width) in enumerate(columns):
        sheet.set_column(index, index, width, None, {"hidden": True} if column == "id" else {})
        sheet.write_string(ID_ROW - 1, index, column, styles["hidden"])
        sheet.write_string(_HEADER_ROW, index, heading, styles["header"])
    sheet.set_row(ID_ROW - 1, None, None, {"hidden": True})
    sheet.set_row(1, 34)
    sheet.merge_range(1, 1, 1, last, title, styles["title"])
    room = sum(width for _, _, width in columns[1:])
    sheet.set_row(2, 15 * lines_needed(note, room) + 6)
    sheet.merge_range(2, 1, 2, last, note, styles["note"])
    sheet.set_row(_HEADER_ROW, 24)
    sheet.freeze_panes(_HEADER_ROW + 1, 0)
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER_ROW)
    sheet.print_area(0, 1, _HEADER_ROW + rows, last)
    sheet.set_footer("&L&A&C第 &P 页 共 &N 页")
    sheet.hide_gridlines(2)
    sheet.protect("", {"format_columns": True, "format_rows": True})
    return sheet


def _meeting(workbook: Workbook, rulebook: Rulebook, task: DecisionTask, styles: Styles) -> None:
    columns = (("id", "", 3), ("label", "事项", 34), ("value", "审定结果", 34), ("note", "怎样填", 66))
    title = f"{rulebook.called}审定表"
    sheet = _page(workbook, MEETING_SHEET, title, f"供主席办公会议审定。{task.summary}", columns, styles, 4)
    lines = (
        ("date", "主席办公会议日期", "date", f"写成 {rulebook.example_meeting} 的样子"),
        ("number", "通报文号", "text", f"例如 郑工商〔{rulebook.year + 1}〕3号，年份用六角括号〔〕，序号不写“第”、不补零"),
        ("award_number", "表彰决定文号", "text", "不另发表彰决定的空着"),
        ("approve", "是否审定通过", "yes_no", "选“是”的，程序在没有未定事项时生成正式文件；选“否”或空着的，只留作记录"),
    )
    for row, (key, label, style, note) in enumerate(lines, start=_HEADER_ROW + 1):
        sheet.set_row(row, 30)
        sheet.write_string(row, 0, f"meeting:{key}", styles["hidden"])
        sheet.write_string(row, 1, label, styles["label"])
        sheet.write_blank(row, 2, None, styles[style])
        if key == "approve":
            sheet.data_validation(row, 2, row, 2, listed((YES, NO), label))
        sheet.write_string(row, 3, note, styles["rule"])


def _readings(workbook: Workbook, task: DecisionTask, styles: Styles) -> None:
    columns = (
        *(("id", "", 3), ("clause", "条款", 13), ("question", "问题", 34), ("taken", "现行口径", 26)),
        *(("others", "其他口径，以及改用后的变化", 62), ("value", "审定", 26)),
    )
    note = f"通知没有写明的地方。维持现行口径的，“审定”一栏空着或选“{KEEP}”；改用其他口径的，从下拉框里选。"
    sheet = _page(workbook, READINGS_SHEET, "口径审定", note, columns, styles, len(task.readings))
    for row, line in enumerate(task.readings, start=_HEADER_ROW + 1):
        texts = (line.id, line.clause, line.question, line.taken, clean(line.others))
        widths = (3, 13, 34, 26, 62)
        sheet.set_row(row, 15.5 * max(lines_needed(text, width - 3) for text, width in zip(texts[1:], widths[1:], strict=True)) + 6)
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, styles["hidden" if column == 0 else "label"])
        sheet.write_blank(row, 5, None, styles["choice"])
        sheet.data_validation(row, 5, row, 5, listed((KEEP, *line.options), "审定"))


def _adjustments(workbook: Workbook, styles: Styles) -> None:
    columns = (("id", "", 3), ("unit", "单位", 22), ("item", "计分项编号", 16), ("points", "审定得分", 14), ("reason", "理由", 70))
    note = "会议对个别计分项另行审定得分的，一项一行，单位、计分项、得分、理由都要填；得分不超过该项满分。没有的空着。"
    sheet = _page(workbook, ADJUSTMENTS_SHEET, "得分调整", note, columns, styles, ADJUSTMENT_ROWS)
    for row in range(_HEADER_ROW + 1, _HEADER_ROW + 1 + ADJUSTMENT_ROWS):
        sheet.write_string(row, 0, "adjustment", styles["hidden"])
        for column, style in ((1, "choice"), (2, "choice"), (3, "points"), (4, "text")):
            sheet.write_blank(row, column, None, styles[style])
    first, last = _HEADER_ROW + 1, _HEADER_ROW + ADJUSTMENT_ROWS
    sheet.data_validation(
        first, 1, last, 1, {"validate": "list", "source": "=ds_units", "error_title": "请从下拉框里选", "error_message": "这里只能选考核单位。"}
    )
    sheet.data_validation(
        first, 2, last, 2, {"validate": "list", "source": "=ds_items", "error_title": "请从下拉框里选", "error_message": "这里只能选计分项编号。"}
    )
    wording = {"input_message": "请填会议审定的得分，不超过该项满分，例如 4 或 1.5。", "error_message": "这里只能填 0 或正数，不写“分”。"}
    sheet.data_validation(first, 3, last, 3, number_between("审定得分", 0, 999, whole=False) | wording)
    sheet.data_validation(first, 4, last, 4, text_validation("理由", 200))


def _awards(workbook: Workbook, styles: Styles) -> None:
    columns = (("id", "", 3), ("unit", "获奖单位", 26), ("award", "奖项名称", 60))
    note = "会议决定表彰的单位，一个单位一个奖项一行。没有得分的单位（未报送、不计分）不能获奖。"
    sheet = _page(workbook, AWARDS_SHEET, "奖项", note, columns, styles, AWARD_ROWS)
    first, last = _HEADER_ROW + 1, _HEADER_ROW + AWARD_ROWS
    for row in range(first, last + 1):
        sheet.write_string(row, 0, "award", styles["hidden"])
        sheet.write_blank(row, 1, None, styles["choice"])
        sheet.write_blank(row, 2, None, styles["text"])
    sheet.data_validation(
        first, 1, last, 1, {"validate": "list", "source": "=ds_units", "error_title": "请从下拉框里选", "error_message": "这里只能选考核单位。"}
    )
    sheet.data_validation(first, 2, last, 2, text_validation("奖项名称", 40))
