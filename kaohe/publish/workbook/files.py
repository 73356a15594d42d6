"""Sheet 报送情况: every file and what became of it, units that sent nothing, and what changed between versions."""

from datetime import datetime, timedelta, timezone

from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.publish.workbook.page import Book, Column, height
from kaohe.publish.workbook.plan import FILES, FIRST_ROW, Plan
from kaohe.publish.workbook.styles import UNIT_STYLE
from kaohe.publish.workbook.values import Cell, Styled

_COLUMNS = (
    Column("单位", 14, 24, "centre"),
    Column("单位状态", 12, 20, "centre"),
    Column("文件", 36, 52),
    Column("结论", 16, 20, "centre"),
    Column("说明", 30, 48),
    Column("首次收到", 17, 17, "centre"),
    Column("文件修改时间", 17, 17, "centre"),
    Column("与新版不同", 11, 11, "centre"),
)
_CHANGES = ("单位", "工作表", "文件", "单元格", "填报项目", "原来", "后来")
_CHINA = timezone(timedelta(hours=8))
_STYLE = {Verdict.ACCEPTED: "good", Verdict.SUPERSEDED: "hint", Verdict.DUPLICATE: "hint"} | dict.fromkeys(
    (Verdict.OPENED, Verdict.EVIDENCE, Verdict.ARRIVING), "idle"
)


def write(book: Book) -> None:
    """Write the sheet: the files of each unit in order, then those of no known unit, then the changes."""
    plan, page = book.plan, book.page(FILES)
    rows: list[list[Cell]] = []
    for unit in plan.assessment.config.cohort:
        sent = [f for f in plan.assessment.files if f.unit == unit.code]
        rows += [_line(plan, f) for f in sent] or [_nothing(plan, unit.code)]
    known = {unit.code for unit in plan.assessment.config.cohort}
    rows += [_line(plan, f) for f in plan.assessment.files if f.unit not in known]
    silent = sum(1 for code in known if all(f.unit != code for f in plan.assessment.files))
    received = sum(1 for file in plan.assessment.files if not file.inside)
    note = f"收到{received}份文件；{len(known) - silent}个单位报送过，{silent}个单位没有报送。同一单位报送几份的，以最后一份能采用的为准。"
    widths = page.table(_COLUMNS, rows, note, "没有单位，也没有文件。")
    changed = [f for f in plan.assessment.files if f.changes]
    if not changed:
        return
    row = FIRST_ROW + len(rows) + 1
    page.put(row, 0, "几份之间的不同", "subtitle")
    page.sheet.set_row(row, 24)
    for column, heading in enumerate(_CHANGES):
        page.put(row + 1, column, heading, "head")
    page.sheet.set_row(row + 1, 26)
    for n, (file, change) in enumerate(((f, c) for f in changed for c in f.changes), row + 2):
        cells = (plan.short(file.unit), change.sheet, file.name, change.cell, change.label, change.before or "（空）", change.after or "（空）")
        for column, text in enumerate(cells):
            page.put(n, column, text, "text" if column in (2, 4, 5, 6) else "centre")
        page.sheet.set_row(n, height(cells, widths[: len(cells)]))


def _line(plan: Plan, file: ReceivedFile) -> list[Cell]:
    state: Cell = Styled("—", "muted")
    if any(card.unit.code == file.unit for card in plan.assessment.cards):
        found = plan.assessment.card(file.unit or "").state
        state = Styled(found.chinese, UNIT_STYLE[found])
    return [
        plan.short(file.unit) or Styled("不明", "muted"),
        state,
        file.name,
        Styled(file.verdict.chinese, _STYLE.get(file.verdict, "error")),
        file.said,
        _time(file.first_seen),
        _time(file.modified),
        f"{len(file.changes)}处" if file.changes else Styled("—", "muted"),
    ]


def _nothing(plan: Plan, code: str) -> list[Cell]:
    card = plan.assessment.card(code)
    blank = Styled("—", "muted")
    state = Styled(card.state.chinese, UNIT_STYLE[card.state])
    return [card.unit.short, state, Styled("（没有收到文件）", "muted text"), Styled("未报送", "idle"), card.reason, blank, blank, blank]


def _time(seconds: int) -> str:
    """A time of day as the office's clock shows it, wherever the program runs."""
    return "—" if not seconds else datetime.fromtimestamp(seconds, _CHINA).strftime("%Y-%m-%d %H:%M")
