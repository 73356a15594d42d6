"""Sheet 报送情况: every file and what became of it, and units that sent nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice

from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.publish.workbook.page import Column, Page, Rows
from kaohe.publish.workbook.plan import FILES, Plan
from kaohe.publish.workbook.styles import UNIT_STYLE
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
_CHINA = timezone(timedelta(hours=8))
_STYLE = {Verdict.ACCEPTED: "good", Verdict.SUPERSEDED: "hint", Verdict.DUPLICATE: "hint"} | dict.fromkeys(
    (Verdict.OPENED, Verdict.EVIDENCE, Verdict.ARRIVING), "idle"
)


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows: the files of each unit in order, then those of no known unit."""
    plan = page.book.plan
    spread = plan.spreads[FILES]
    start, stop = spread.span(page.part)
    silent = sum(file is None for _, file in plan.files)
    received = sum(1 for file in plan.assessment.files if not file.inside)
    note = (
        f"收到{received}份文件；{len(plan.assessment.config.cohort) - silent}个单位报送过，{silent}个单位没有报送。"
        "同一单位报送几份的，以最后一份能采用的为准。"
    )
    linked, led = page.afford(stop - start, sum(file is not None and bool(file.changes) for _, file in plan.files[start:stop]))
    _, rows = page.table(_COLUMNS, lambda first, last: _lines(plan, (linked, led), first, last), (start, stop), note, "没有单位，也没有文件。")
    return rows


def _lines(plan: Plan, links: tuple[bool, bool], first: int, last: int) -> Iterator[list[Cell]]:
    for code, file in islice(plan.files, first, last):
        yield _nothing(plan, code, links[0]) if file is None else _line(plan, code, file, links)


def _line(plan: Plan, code: str, file: ReceivedFile, links: tuple[bool, bool]) -> list[Cell]:
    return [
        _unit(plan, code, links[0]) if code else plan.short(file.unit) or Styled("—" if file.verdict.settled else "不明", "muted"),
        _state(plan, code),
        file.name,
        Styled(file.verdict.chinese, _STYLE.get(file.verdict, "error")),
        file.said,
        _time(file.first_seen),
        _time(file.modified),
        _differs(plan, file, links[1]) if file.changes else Styled("—", "muted"),
    ]


def _differs(plan: Plan, file: ReceivedFile, linked: bool) -> Cell:
    text = f"{len(file.changes)}处"
    return Styled(Link(text, plan.changes_spot(file)), "leading") if linked else text


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
