"""The inspection form (核查表): one workbook a group, one printable sheet a unit, every line with a hidden id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from io import BytesIO
from typing import TYPE_CHECKING, Any

from kaohe.forms.layout import ID_ROW
from kaohe.forms.machine_sheet import INSPECTION, MachineData, write_machine_sheet
from kaohe.forms.seal import issue_id, sealed
from kaohe.forms.styles import Styles
from kaohe.forms.validation import LARGEST, NO, YES, listed, number_between, text_validation
from kaohe.rulebook.model import Rulebook
from kaohe.text import clean, lines_needed

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

COLUMNS = ("id", "number", "label", "own", "verified", "reason")
"""Ids in the hidden first row of a unit's sheet; the cell after them says whose sheet it is (``unit:<code>``)."""

UNIT_MARK = "unit:"
PRESENT, ABSENT = "具备", "不具备"
AGREED, REFUSED = "认可", "不认可"
COVER_SHEET = "封面"
ANSWER_HEADINGS = ("核查结果", "核定值", "是否认可", "核定分")
"""Headings over the answers of the four blocks: what stands in the answers' column without being an answer."""

_HEADINGS = ("编号", "内容", "单位填报、自评", "核查、核定", "理由、备注")
"""What the columns are in every block; they stay in sight, and stand on every page with the unit's name."""

_HEADING_ROW = 3
_WIDTHS = (3, 9, 58, 18, 14, 40)
_LAST = len(COLUMNS) - 1


@dataclass(frozen=True, slots=True)
class InspectedLine:
    """One line to be looked at: ``kind`` is ``gate``, ``visit``, ``yes_no``, ``integer``, ``row`` or ``points``.

    ``own`` is what the unit gave (or its self-score); ``most`` bounds points, None where uncapped.
    """

    id: str
    kind: str
    number: str
    label: str
    own: str = ""
    most: str | None = None


@dataclass(frozen=True, slots=True)
class InspectedUnit:
    """One unit to be visited: its lines in three blocks; without a submission only the gate's."""

    code: str
    name: str
    short: str
    note: str
    gate: tuple[InspectedLine, ...]
    figures: tuple[InspectedLine, ...] = ()
    rows: tuple[InspectedLine, ...] = ()
    items: tuple[InspectedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class InspectionTask:
    """What one group takes on the road."""

    group: str
    leader: str
    deputy: str
    members: tuple[str, ...]
    units: tuple[InspectedUnit, ...] = field(default_factory=tuple)


def inspection_name(year: int, group: str) -> str:
    """File name of a group's inspection form."""
    return f"{year}年度核查表-{group}.xlsx"


def build_inspection(rulebook: Rulebook, task: InspectionTask, key: bytes) -> bytes:
    """The workbook of one group, sealed with the office's key: the same task and key give the same bytes."""
    buffer = BytesIO()
    from xlsxwriter import Workbook

    workbook = Workbook(buffer, {"in_memory": True})
    day = rulebook.notice_date
    workbook.set_properties({"title": f"{rulebook.year}年度核查表（{task.group}）", "created": datetime(day.year, day.month, day.day)})
    styles = Styles(workbook)
    _cover(workbook, rulebook, task, styles)
    for unit in task.units:
        _Sheet(workbook.add_worksheet(unit.short[:31]), styles).write(rulebook, task, unit)
    write_machine_sheet(workbook, sealed(MachineData.of(rulebook, kind=INSPECTION, group=task.group, issue=issue_id(task)), key))
    workbook.close()
    return buffer.getvalue()


def _cover(workbook: Workbook, rulebook: Rulebook, task: InspectionTask, styles: Styles) -> None:
    sheet = workbook.add_worksheet(COVER_SHEET)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 84)
    sheet.set_row(0, 40)
    sheet.merge_range(0, 0, 0, 1, f"{rulebook.called}核查表", styles["title"])
    people = [("考核组", task.group), ("组长", task.leader), ("副组长", task.deputy), ("成员", "、".join(task.members))]
    facts = [entry for entry in people if entry[1]] + [("考核单位", "、".join(unit.name for unit in task.units))]
    row = 2
    for label, text in facts:
        sheet.set_row(row, 18 * lines_needed(text, 78) + 4)
        sheet.write_string(row, 0, label, styles["guide_fact"])
        sheet.write_string(row, 1, text, styles["guide"])
        row += 1
    how = [
        f"每个单位一张表。先查{rulebook.gate.counted}，逐项选“{PRESENT}”或“{ABSENT}”，并填写考核日期和接待人；{rulebook.gate.each}都要填，没有填的视为尚未核查。",
        f"通知规定：“{rulebook.gate.text}”",
        "“单位填报”是单位报来的数。核对无误的，“核定”一栏空着；有出入的，在“核定”里填核定的数，并在“理由”里写明。",
        f"清单逐行核对：不认可的选“{REFUSED}”并写理由，该行不计分。",
        "核定分只在按核定的数计算仍不恰当时填写，并写理由；填写后以核定分为准。",
        "填完保存，发回市工商联办公室，放进收件箱即可；可以多次报送，以最后一次为准。",
    ]
    row += 1
    for number, text in enumerate(how, start=1):
        sheet.set_row(row, 18 * lines_needed(text, 76) + 4)
        sheet.write_string(row, 0, f"{number}.", styles["guide_number"])
        sheet.write_string(row, 1, text, styles["guide"])
        row += 1
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.protect("", {"format_columns": True, "format_rows": True})


class _Sheet:
    """One unit's sheet, written from top to bottom."""

    def __init__(self, sheet: Worksheet, styles: Styles) -> None:
        self._sheet, self._styles, self._row = sheet, styles, 0

    def write(self, rulebook: Rulebook, task: InspectionTask, unit: InspectedUnit) -> None:
        """The heading, then the blocks."""
        sheet, styles = self._sheet, self._styles
        for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width, None, {"hidden": True} if name == "id" else {})
            sheet.write_string(ID_ROW - 1, column, name, styles["hidden"])
        sheet.write_string(ID_ROW - 1, _LAST + 1, f"{UNIT_MARK}{unit.code}", styles["hidden"])
        sheet.set_row(ID_ROW - 1, None, None, {"hidden": True})
        sheet.set_row(1, 34)
        sheet.merge_range(1, 1, 1, _LAST, f"{rulebook.called}核查表", styles["title"])
        sheet.set_row(2, 36)
        sheet.merge_range(2, 1, 2, _LAST, "", styles["note"])
        whose = f"被考核单位：{unit.name}　　　{task.group}　组长：{task.leader}"
        sheet.write_rich_string(2, 1, styles["unit"], clean(whose), styles["note"], f"\n{clean(unit.note)}", styles["note"])
        for column, heading in enumerate(_HEADINGS, start=1):
            sheet.write_string(_HEADING_ROW, column, heading, styles["header"])
        self._row = _HEADING_ROW + 1
        self._block(f"一、{rulebook.gate.counted}", ("序号", "内容", "", ANSWER_HEADINGS[0], "备注"), unit.gate)
        if unit.figures:
            self._block("二、填报的数", ("条款", "填报内容", "单位填报", ANSWER_HEADINGS[1], "核定理由"), unit.figures)
        if unit.rows:
            self._block("三、清单", ("清单", "内容", "", ANSWER_HEADINGS[2], "理由"), unit.rows)
        if unit.items:
            self._block("四、计分项", ("编号", "计分项", "自评分", ANSWER_HEADINGS[3], "核定理由"), unit.items)
        self._signatures()
        self._print_setup(unit)

    def _block(self, title: str, headings: Sequence[str], lines: Sequence[InspectedLine]) -> None:
        self._sheet.set_row(self._row, 24)
        self._sheet.merge_range(self._row, 1, self._row, _LAST, title, self._styles["section"])
        self._row += 1
        for column, heading in enumerate(headings, start=1):
            self._sheet.write_string(self._row, column, heading, self._styles["header"])
        self._row += 1
        for line in lines:
            self._line(line)
            self._row += 1

    def _line(self, line: InspectedLine) -> None:
        sheet, row, styles = self._sheet, self._row, self._styles
        label, own = clean(line.label), clean(line.own)
        sheet.set_row(row, max(21, 15.5 * max(lines_needed(label, _WIDTHS[2] - 3), lines_needed(own, _WIDTHS[3] - 1)) + 4))
        sheet.write_string(row, 0, line.id, styles["hidden"])
        sheet.write_string(row, 1, line.number, styles["centre"])
        sheet.write_string(row, 2, label, styles["label"])
        sheet.write_string(row, 3, own, styles["centre"])
        style, rule = _answer(line)
        sheet.write_blank(row, 4, None, styles[style])
        if rule:
            sheet.data_validation(row, 4, row, 4, rule)
        sheet.write_blank(row, 5, None, styles["text"])
        sheet.data_validation(row, 5, row, 5, text_validation("理由", 200))

    def _signatures(self) -> None:
        self._row += 1
        self._sheet.set_row(self._row, 30)
        self._sheet.merge_range(
            self._row,
            1,
            self._row,
            _LAST,
            "考核组组长（签字）：　　　　　　　　　　被考核单位（签字）：　　　　　　　　　　年　　月　　日",
            self._styles["unit"],
        )

    def _print_setup(self, unit: InspectedUnit) -> None:
        sheet = self._sheet
        sheet.freeze_panes(_HEADING_ROW + 1, 0)
        sheet.repeat_rows(_HEADING_ROW - 1, _HEADING_ROW)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.print_area(0, 1, self._row, _LAST)
        sheet.set_footer("&L&A&C第 &P 页 共 &N 页")
        sheet.hide_gridlines(2)
        sheet.protect("", {"format_columns": True, "format_rows": True})


def _answer(line: InspectedLine) -> tuple[str, dict[str, Any] | None]:
    """Style and validation of the answer cell."""
    match line.kind:
        case "gate":
            return "choice", listed((PRESENT, ABSENT), line.label)
        case "row":
            return "choice", listed((AGREED, REFUSED), "是否认可")
        case "yes_no":
            return "yes_no", listed((YES, NO), line.label)
        case "integer":
            return "integer", number_between(line.label, 0, LARGEST, whole=True)
        case "points":
            return "points", number_between("核定分", 0, float(Fraction(line.most)) if line.most is not None else 999, whole=False)
        case _:
            return "text", None
