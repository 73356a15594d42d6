"""Sheet 排名: places and totals as formulas, units without a score apart, charts, and how the sections went."""

from fractions import Fraction

from kaohe.checks.finding import Severity
from kaohe.publish.workbook import charts
from kaohe.publish.workbook.page import Book, Column, Page, height, measured
from kaohe.publish.workbook.plan import (
    BONUS,
    CAPPED,
    DETAIL,
    DETAIL_FIRST_ROW,
    DETAIL_MAX_ROW,
    FINDINGS,
    FIRST_ROW,
    HEAD_ROW,
    NOTES,
    RANKING,
    REASON,
    TOTAL,
    UNCAPPED,
    UNIT,
    Plan,
    mean,
    ref,
)
from kaohe.publish.workbook.styles import SEVERITY_STYLE, UNIT_STYLE
from kaohe.publish.workbook.values import Cell, Formula, Link, Styled
from kaohe.scoring.scorecard import Scorecard

ONE_PAGE = 20
"""Units that fit the first page; beyond that the headings are repeated, else the title alone."""

_PROFILE = ("序号", "部分", "", "满分", "平均分", "最高分", "最低分")


def write(book: Book) -> None:
    """Write the sheet."""
    plan, page = book.plan, book.page(RANKING)
    columns = _columns(plan)
    ranked = [_ranked(plan, card) for card in plan.scored]
    apart = [_apart(plan, card) for card in plan.unscored]
    widths = measured(columns, ranked + apart)
    page.widths(widths)
    page.title()
    page.note(1, _note(plan), widths)
    page.headings(columns, widths)
    page.sheet.freeze_panes(FIRST_ROW, UNIT + 1)
    for n, cells in enumerate(ranked):
        page.row(FIRST_ROW + n, cells, columns, widths)
    if ranked:
        page.sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + len(ranked), len(columns) - 1)
    else:
        page.merge(FIRST_ROW, 0, REASON, "目前没有单位有得分，不排位次。", "muted")
        page.sheet.set_row(FIRST_ROW, 30)
    row = FIRST_ROW + max(1, len(ranked)) + 1
    if apart:
        page.put(row, 0, "没有得分、不排位次的单位", "subtitle")
        page.sheet.set_row(row, 24)
        for n, cells in enumerate(apart, row + 1):
            page.row(n, cells, columns, widths)
        row += len(apart) + 2
    if ranked:
        _profile(page, row, widths)
    page.print_setup((0, 0) if len(ranked) + len(apart) <= ONE_PAGE else (0, HEAD_ROW))


def _columns(plan: Plan) -> tuple[Column, ...]:
    in_total = plan.assessment.rulebook.settings.bonus_in_total
    return (
        Column("位次", 7, 7, "strong"),
        Column("单位", 14, 26, "link"),
        Column("考核组", 9, 14, "centre"),
        Column("总分", 9, 12, "strong"),
        Column("封顶项\n得分", 9, 12, "number"),
        Column("不封顶项\n得分", 9, 12, "number"),
        Column("其中加分" if in_total else "加分\n（不计入总分）", 9 if in_total else 15, 15, "number"),
        Column("状态", 12, 20, "centre"),
        Column("问题", 12, 18, "centre"),
        Column("说明", 36, 52),
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
        "总分和位次都是公式，可以逐级查到“得分明细”。点单位名称看它的计分说明。"
    )


def _ranked(plan: Plan, card: Scorecard) -> list[Cell]:
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
    place = f"RANK({ref(row, TOTAL)},{ref(FIRST_ROW, TOTAL, fixed=True)}:{ref(last, TOTAL, fixed=True)},0)"
    parts = [Formula(ref(there, plan.detail_capped + n, DETAIL, fixed=True), v) for n, v in enumerate((card.capped, card.uncapped, card.bonus))]
    return [
        Formula(place, Fraction(card.place)),
        Link(card.unit.short, NOTES, plan.notes_row[card.unit.code]),
        card.group,
        Formula(plan.summed(total), card.total),
        *parts,
        *_state(plan, card),
    ]


def _apart(plan: Plan, card: Scorecard) -> list[Cell]:
    nothing = Styled("—", "muted")
    name = Link(card.unit.short, NOTES, plan.notes_row[card.unit.code])
    return [nothing, name, card.group, nothing, nothing, nothing, nothing, *_state(plan, card)]


def _state(plan: Plan, card: Scorecard) -> list[Cell]:
    code = card.unit.code
    counts = [(s, len(plan.assessment.open_findings_of(code, s))) for s in Severity]
    words = "，".join(f"{s.value}{n}" for s, n in counts if n)
    issues: Cell = Styled("—", "muted")
    if words:
        gravest = next(s for s, n in counts if n)
        issues = Styled(Link(words, FINDINGS, plan.finding_row[code]), SEVERITY_STYLE[gravest])
    return [Styled(card.state.chinese, UNIT_STYLE[card.state]), issues, card.reason]


def _profile(page: Page, row: int, widths: list[float]) -> None:
    """Charts on a page of their own, then the table of sections that one of them draws."""
    plan = page.book.plan
    table = row + charts.ROWS + 1
    first = table + 2
    page.sheet.set_h_pagebreaks([row, table])
    charts.insert(page, row, widths, first)
    page.put(table, 0, "各部分得分情况", "subtitle")
    page.sheet.set_row(table, 24)
    for column, heading in enumerate(_PROFILE):
        page.put(table + 1, column, heading, "head")
    page.merge(table + 1, UNIT, UNIT + 1, _PROFILE[UNIT], "head")
    page.sheet.set_row(table + 1, height(_PROFILE[TOTAL:], widths[TOTAL : TOTAL + 4]) + 6)
    last = DETAIL_FIRST_ROW + len(plan.scored) - 1
    for n, entry in enumerate(plan.sections):
        points = [card.sections[entry.section.id] for card in plan.scored]
        title = f"{entry.section.number}{entry.section.title}"
        cells = f"{ref(DETAIL_FIRST_ROW, entry.subtotal, DETAIL, fixed=True)}:{ref(last, entry.subtotal, fixed=True)}"
        page.put(first + n, 0, n + 1, "number")
        page.merge(first + n, UNIT, UNIT + 1, title, "plain")
        page.put(
            first + n,
            TOTAL,
            Formula(ref(DETAIL_MAX_ROW, entry.subtotal, DETAIL, fixed=True), plan.assessment.rulebook.maximum(entry.section)),
            "number",
        )
        page.put(first + n, CAPPED, Formula(f"AVERAGE({cells})", mean(points)), "mean")
        page.put(first + n, UNCAPPED, Formula(f"MAX({cells})", max(points)), "number")
        page.put(first + n, BONUS, Formula(f"MIN({cells})", min(points)), "number")
        page.sheet.set_row(first + n, height([title], [widths[UNIT] + widths[UNIT + 1]]))
