"""Sheet 报送情况: every file and what became of it, units that sent nothing, and what changed between versions."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import chain, islice

from kaohe.intake.record import Change, ReceivedFile, Verdict
from kaohe.publish.workbook.page import Column, Page, Rows, height
from kaohe.publish.workbook.plan import FILES, Plan
from kaohe.publish.workbook.styles import LINE_POINTS, UNIT_STYLE
from kaohe.publish.workbook.values import Cell, Link, Styled

_COLUMNS = (
    Column("单位", 14, 24, "centre"),
    Column("单位状态", 12, 20, "centre"),
    Column("文件", 36, 52),
    Column("结论", 16, 20, "centre"),
    Column("说明", 30, 58),
    Column("首次收到", 18, 18, "centre"),
    Column("文件修改时间", 18, 18, "centre"),
    Column("与新版不同", 11, 11, "centre"),
)
_CHANGES = ("单位", "工作表", "文件", "单元格", "填报项目", "原来", "后来")
_CHINA = timezone(timedelta(hours=8))
_STYLE = {Verdict.ACCEPTED: "good", Verdict.SUPERSEDED: "hint", Verdict.DUPLICATE: "hint"} | dict.fromkeys(
    (Verdict.OPENED, Verdict.EVIDENCE, Verdict.ARRIVING), "idle"
)


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows: the files of each unit in order, then those of no known unit, then the changes."""
    plan = page.book.plan
    spread = plan.spreads[FILES]
    start, stop = spread.span(page.part)
    silent = sum(file is None for _, file in plan.files)
    received = sum(1 for file in plan.assessment.files if not file.inside)
    note = (
        f"收到{received}份文件；{len(plan.assessment.config.cohort) - silent}个单位报送过，{silent}个单位没有报送。"
        "同一单位报送几份的，以最后一份能采用的为准。"
    )
    (linked,) = page.afford(stop - start)
    widths, rows = page.table(_COLUMNS, lambda first, last: _lines(plan, linked, first, last), (start, stop), note, "没有单位，也没有文件。")
    changes = [(file, change) for file in plan.assessment.files for change in file.changes]
    if not changes or page.name != spread.sheets[-1]:
        return rows
    first = page.rows + 1
    room = max(0, plan.limits.rows - first - 3)
    page.rows = first + 2 + min(len(changes), room) + (len(changes) > room)
    return chain(rows, _changes(page, first, changes, room, widths))


def _lines(plan: Plan, linked: bool, first: int, last: int) -> Iterator[list[Cell]]:
    for code, file in islice(plan.files, first, last):
        yield _nothing(plan, code, linked) if file is None else _line(plan, code, file, linked)


def _changes(page: Page, row: int, changes: Sequence[tuple[ReceivedFile, Change]], room: int, widths: Sequence[float]) -> Rows:
    yield page.subtitle(row, "几份之间的不同")
    yield page.heads(row + 1, _CHANGES, widths[: len(_CHANGES)])
    for n, (file, change) in enumerate(changes[:room], row + 2):
        short = page.book.plan.short(file.unit)
        cells = (short, change.sheet, file.name, change.cell, change.label, change.before or "（空）", change.after or "（空）")
        styled = [Styled(text, "text" if column in (2, 4, 5, 6) else "centre") for column, text in enumerate(cells)]
        yield page.line(n, styled, height(cells, widths[: len(cells)]))
    if len(changes) > room:
        last = row + 2 + room
        words = f"还有{len(changes) - room}处不同，工作表的行数不够，没有列出；全部见 results.json。"
        yield page.line(last, page.across(last, 0, len(_COLUMNS) - 1, words, "muted"), 2 * LINE_POINTS)


def _line(plan: Plan, code: str, file: ReceivedFile, linked: bool) -> list[Cell]:
    return [
        _unit(plan, code, linked) if code else plan.short(file.unit) or Styled("—" if file.verdict.settled else "不明", "muted"),
        _state(plan, code),
        file.name,
        Styled(file.verdict.chinese, _STYLE.get(file.verdict, "error")),
        file.said,
        _time(file.first_seen),
        _time(file.modified),
        f"{len(file.changes)}处" if file.changes else Styled("—", "muted"),
    ]


def _nothing(plan: Plan, code: str, linked: bool) -> list[Cell]:
    blank = Styled("—", "muted")
    silence = Styled("（没有收到文件）", "muted text"), Styled("未报送", "idle")
    return [_unit(plan, code, linked), _state(plan, code), *silence, plan.card[code].reason, blank, blank, blank]


def _unit(plan: Plan, code: str, linked: bool) -> Cell:
    short = plan.short(code)
    return Styled(Link(short, plan.notes_spot(code)), "leading") if linked else short


def _state(plan: Plan, code: str) -> Cell:
    if code not in plan.card:
        return Styled("—", "muted")
    state = plan.card[code].state
    return Styled(state.chinese, UNIT_STYLE[state])


def _time(seconds: int) -> str:
    """A time of day as the office's clock shows it, wherever the program runs."""
    return "—" if not seconds else datetime.fromtimestamp(seconds, _CHINA).strftime("%Y-%m-%d %H:%M")
