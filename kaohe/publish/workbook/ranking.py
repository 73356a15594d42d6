"""Sheet 排名: places and totals as formulas, units without a score apart, and where to sign."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain

from kaohe.checks.finding import Severity
from kaohe.publish.workbook import signatures
from kaohe.publish.workbook.page import PAGE_PIXELS, PAGE_POINTS, Column, Lines, Page, Rows, height, measured
from kaohe.publish.workbook.plan import (
    BONUS,
    CAPPED,
    DETAIL,
    HEAD_ROW,
    REASON,
    TOTAL,
    UNCAPPED,
    UNIT,
    Plan,
    ref,
)
from kaohe.publish.workbook.spread import FIRST_ROW
from kaohe.publish.workbook.styles import LINE_POINTS, SEVERITY_STYLE, UNIT_STYLE
from kaohe.publish.workbook.values import Cell, Formula, Link, Spot, Styled, shown
from kaohe.scoring.scorecard import Scorecard

_ZOOM = 115
_ROW_POINTS = 20
_SUBTITLE_POINTS = 26
_FILLED = (0.98, 1.0, 1.14)
"""How far a page is filled before a program begins the next, compared with what is reckoned: LibreOffice fits a sheet smaller than Excel."""

_SQUEEZED = 1.15
"""How much more than a page holds is still put on one, printed so much smaller."""

_ALONG = 3
_FORESEEN = 100
"""Units up to which it is reckoned how the pages fill."""

_FEW = 8
"""Units without a place that are moved to the next page together with the signatures."""


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows."""
    plan, sheet = page.book.plan, page.sheet
    columns, count = _columns(plan), len(plan.scored)
    with_findings = sum(plan.finding_spot(card.unit.code) is not None for card in plan.assessment.cards)
    links = page.afford(len(plan.assessment.cards), count, with_findings)
    widths = measured(columns, _lines(plan, links))
    page.widths(widths)
    sheet.set_zoom(_ZOOM)
    sheet.freeze_panes(FIRST_ROW, UNIT + 1)
    if count:
        sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + count, len(columns) - 1)
    page.print_setup((0, HEAD_ROW))
    apart = FIRST_ROW + max(1, count) + 1
    signed = apart + (len(plan.unscored) + 2 if plan.unscored else 0)
    page.rows = signed + signatures.count(page)
    _paginate(page, columns, widths, links, signed)
    return chain(_ranks(page, columns, widths, links), _rest(page, apart, signed, columns, widths, links))


def _paginate(page: Page, columns: Sequence[Column], widths: Sequence[float], links: Sequence[bool], signed: int) -> None:
    """See to it that the signatures are not torn apart and do not stand on a page alone.

    A small office is printed on one page, a little smaller if need be. Elsewhere programs break pages a little differently, so that fuller and
    less full pages have to do; after many pages nobody can tell.
    """
    plan = page.book.plan
    along = len(plan.unscored) + 2 if 0 < len(plan.unscored) <= _FEW else _ALONG
    moved = max(FIRST_ROW + 1, signed - along)
    if len(plan.assessment.cards) > _FORESEEN:
        page.sheet.set_h_pagebreaks([moved])
        return
    heads = 32 + height([_note(plan)], [sum(widths)]) + height([column.heading for column in columns], widths) + 8
    room = PAGE_POINTS / min(1.0, PAGE_PIXELS / sum(7 * width + 5 for width in widths)) - heads
    lines = [max(_ROW_POINTS, height((shown(cell) for cell in cells), widths)) for cells in _lines(plan, links)]
    if not plan.scored:
        lines.insert(0, 2 * LINE_POINTS)
    if plan.unscored:
        start = len(lines) - len(plan.unscored)
        lines[start:start] = [LINE_POINTS, _SUBTITLE_POINTS]
    lines.append(LINE_POINTS)
    needed = signatures.points(page)
    if sum(lines) + needed <= room * _SQUEEZED:
        page.sheet.fit_to_pages(1, 1)
    elif not all(_in_company(lines, room * share, needed) for share in _FILLED):
        page.sheet.set_h_pagebreaks([moved])


def _in_company(lines: Sequence[float], room: float, needed: float) -> bool:
    """Whether what needs so much room stands below the last of these lines, on one page with at least two of them and the gap after them."""
    used, along = 0.0, 0
    for line in lines:
        if used + line > room:
            used, along = 0.0, 0
        used, along = used + line, along + 1
    return used + needed <= room and along >= min(_ALONG, len(lines))


def _lines(plan: Plan, links: Sequence[bool]) -> Iterator[list[Cell]]:
    yield from (_ranked(plan, card, links) for card in plan.scored)
    yield from (_apart(plan, card, links) for card in plan.unscored)


def _ranks(page: Page, columns: Sequence[Column], widths: Sequence[float], links: Sequence[bool]) -> Rows:
    plan = page.book.plan
    yield from page.top(_note(plan), widths)
    yield page.heads(HEAD_ROW, [column.heading for column in columns], widths, "large head")
    table = Lines(page, columns, widths, _ROW_POINTS)
    for row, card in enumerate(plan.scored, FIRST_ROW):
        yield table.line(row, _ranked(plan, card, links))
    if not plan.scored:
        yield page.line(FIRST_ROW, page.across(FIRST_ROW, 0, REASON, "目前没有单位有得分，不排位次。", "muted"), 2 * LINE_POINTS)


def _rest(page: Page, apart: int, signed: int, columns: Sequence[Column], widths: Sequence[float], links: Sequence[bool]) -> Rows:
    """Units without a place, then the signatures."""
    plan = page.book.plan
    if plan.unscored:
        yield page.subtitle(apart, "没有得分、不排位次的单位")
        table = Lines(page, columns, widths, _ROW_POINTS)
        for row, card in enumerate(plan.unscored, apart + 1):
            yield table.line(row, _apart(plan, card, links))
    yield from signatures.lines(page, signed)


def _columns(plan: Plan) -> tuple[Column, ...]:
    in_total = plan.assessment.rulebook.settings.bonus_in_total
    return (
        Column("位次", 7, 7, "large strong"),
        Column("单位", 17, 28, "large link"),
        Column("考核组", 10, 16, "large centre"),
        Column("总分", 10, 13, "large strong"),
        Column("封顶项\n得分", 10, 13, "large number"),
        Column("不封顶项\n得分", 12, 13, "large number"),
        Column("其中加分" if in_total else "加分\n（不计入总分）", 10 if in_total else 16, 16, "large number"),
        Column("状态", 12, 20, "centre"),
        Column("问题", 12, 22, "centre"),
        Column("说明", 40, 58),
    )


def _note(plan: Plan) -> str:
    a = plan.assessment
    bonus = (
        "总分＝封顶项得分＋不封顶项得分（加分已在其中）"
        if a.rulebook.settings.bonus_in_total
        else "总分＝封顶项得分＋不封顶项得分－加分（加分只单列）"
    )
    return (
        f"共{len(a.cards)}个单位，{len(plan.scored)}个有得分，{len(plan.unscored)}个没有得分。{bonus}；总分相同的并列，后面的位次空出。"
        "总分和位次都是公式，可以逐级查到“得分明细”。点位次看得分明细，点单位看计分说明，点问题看问题清单。"
    )


def _ranked(plan: Plan, card: Scorecard, links: Sequence[bool]) -> list[Cell]:
    assert card.place is not None
    assert card.total is not None
    assert card.capped is not None
    assert card.uncapped is not None
    assert card.bonus is not None
    row, there = plan.ranking_row[card.unit.code], plan.detail_row[card.unit.code]
    last = FIRST_ROW + len(plan.scored) - 1
    total = f"{ref(row, CAPPED)}+{ref(row, UNCAPPED)}"
    if not plan.assessment.rulebook.settings.bonus_in_total:
        total += f"-{ref(row, BONUS)}"
    rank = f"RANK({ref(row, TOTAL)},{ref(FIRST_ROW, TOTAL, fixed=True)}:{ref(last, TOTAL, fixed=True)},0)"
    place = Formula(rank, Fraction(card.place))
    parts = [Formula(ref(there, plan.detail_capped + n, DETAIL, fixed=True), v) for n, v in enumerate((card.capped, card.uncapped, card.bonus))]
    return [
        Styled(Link(place, Spot(DETAIL, there)), "large place") if links[1] else place,
        _name(plan, card, links),
        card.group,
        Formula(plan.summed(total), card.total),
        *parts,
        *_state(plan, card, links),
    ]


def _apart(plan: Plan, card: Scorecard, links: Sequence[bool]) -> list[Cell]:
    nothing = Styled("—", "muted")
    return [nothing, _name(plan, card, links), card.group, nothing, nothing, nothing, nothing, *_state(plan, card, links)]


def _name(plan: Plan, card: Scorecard, links: Sequence[bool]) -> Cell:
    return Link(card.unit.short, plan.notes_spot(card.unit.code)) if links[0] else Styled(card.unit.short, "large centre")


def _state(plan: Plan, card: Scorecard, links: Sequence[bool]) -> list[Cell]:
    code = card.unit.code
    counts = plan.open_findings(code)
    words = "，".join(f"{severity.value}{n}" for severity, n in counts.items() if n)
    issues: Cell = Styled("—", "muted")
    if words:
        spot = plan.finding_spot(code)
        gravest = next(severity for severity in Severity if counts[severity])
        issues = Styled(Link(words, spot) if links[2] and spot is not None else words, SEVERITY_STYLE[gravest])
    return [Styled(card.state.chinese, UNIT_STYLE[card.state]), issues, card.reason]
