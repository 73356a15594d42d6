"""Sheet 各单位计分说明: every item of every unit, with its words."""

from kaohe.publish.workbook.page import Book, Column, measured
from kaohe.publish.workbook.plan import FIRST_ROW, HEAD_ROW, NOTES, RANKING, TOTAL, Plan, ref
from kaohe.publish.workbook.styles import ITEM_STYLE, UNIT_STYLE
from kaohe.publish.workbook.values import Cell, Formula, Styled
from kaohe.scoring.scorecard import ItemScore, ItemState, Scorecard
from kaohe.text import points_text

_COLUMNS = (
    Column("单位", 14, 24, "centre"),
    Column("条款", 9, 12, "centre"),
    Column("编号", 7, 9, "centre"),
    Column("计分项", 22, 30),
    Column("得分", 8, 12, "number"),
    Column("满分", 8, 12, "number"),
    Column("状态", 10, 18, "centre"),
    Column("计分说明", 96, 96),
)
_MOST_BREAKS = 1023


def write(book: Book) -> None:
    """Write the sheet: a heading line a unit, its items below, each unit on a page of its own."""
    plan, page = book.plan, book.page(NOTES)
    blocks = [(_heading(plan, card), [_line(plan, card, score) for score in card.items]) for card in plan.assessment.cards]
    widths = measured(_COLUMNS, [line for _, lines in blocks for line in lines])
    page.widths(widths)
    page.title()
    page.note(1, "每个单位一段，段首是合计；可以按单位、状态筛选，也可以点左边的减号折叠。满分“不封顶”的项目通知没有规定上限。", widths)
    page.headings(_COLUMNS, widths)
    page.sheet.outline_settings(True, False, True, False)
    row = FIRST_ROW
    for heading, lines in blocks:
        page.row(row, heading, _COLUMNS, widths)
        for n, line in enumerate(lines, row + 1):
            page.row(n, line, _COLUMNS, widths, level=1)
        row += 1 + len(lines)
    page.sheet.autofilter(HEAD_ROW, 0, row - 1, len(_COLUMNS) - 1)
    page.sheet.set_h_pagebreaks(list(plan.notes_row.values())[1:][:_MOST_BREAKS])
    page.print_setup((HEAD_ROW, HEAD_ROW))


def _heading(plan: Plan, card: Scorecard) -> list[Cell]:
    words, total = f"{card.reason}。", Styled("—", "band")
    if card.total is not None and card.capped is not None and card.uncapped is not None and card.bonus is not None:
        parts = f"封顶项得分{points_text(card.capped)}，不封顶项得分{points_text(card.uncapped)}"
        bonus = "其中加分" if plan.assessment.rulebook.settings.bonus_in_total else "另有不计入总分的加分"
        words = f"{parts}，{bonus}{points_text(card.bonus)}。{words}"
        total = Styled(Formula(ref(plan.ranking_row[card.unit.code], TOTAL, RANKING, fixed=True), card.total), "band number")
    place = f"第{card.place}位" if card.place is not None else "不排位次"
    return [
        Styled(card.unit.short, "band"),
        Styled("", "band"),
        Styled("", "band"),
        Styled(f"合计（{place}）", "band text"),
        total,
        Styled("", "band"),
        Styled(card.state.chinese, UNIT_STYLE[card.state]),
        Styled(words, "band text"),
    ]


def _line(plan: Plan, card: Scorecard, score: ItemScore) -> list[Cell]:
    clause = plan.assessment.rulebook.clause_of_item[score.item.id]
    void = score.state is ItemState.VOID
    return [
        card.unit.short,
        clause.number,
        score.item.id,
        score.item.title,
        Styled("—", "muted") if void else score.points,
        "不封顶" if score.maximum is None else score.maximum,
        Styled(score.state.chinese, ITEM_STYLE[score.state]),
        Styled(score.why, "muted text") if void else score.why,
    ]
