"""Sheet 得分明细: units x items with section subtotals, maxima and heat colouring. Every sum is a formula."""

from fractions import Fraction

from kaohe import look
from kaohe.publish.workbook.page import A3, Book, Page
from kaohe.publish.workbook.plan import (
    BONUS_WORD,
    CAPPED_WORD,
    DETAIL,
    DETAIL_BONUS_ROW,
    DETAIL_CAP_ROW,
    DETAIL_FIRST_ITEM,
    DETAIL_FIRST_ROW,
    DETAIL_ID_ROW,
    DETAIL_MAX_ROW,
    DETAIL_PLACE,
    DETAIL_SECTION_ROW,
    DETAIL_TITLE_ROW,
    DETAIL_UNIT,
    NOTES,
    PLACE,
    RANKING,
    UNCAPPED_WORD,
    Plan,
    SectionColumns,
    mean,
    ref,
)
from kaohe.publish.workbook.styles import ITEM_STYLE
from kaohe.publish.workbook.values import Formula, Link, number, widest
from kaohe.rulebook.model import Item
from kaohe.scoring.scorecard import ItemState, Scorecard
from kaohe.scoring.table import score_table
from kaohe.text import lines_needed, points_text

_HEADS = ("条款", "满分", "计分", "加分", "计分项")
_TOTALS = ("封顶项得分", "不封顶项得分", "其中加分", "总分")
_ITEM_WIDTH, _SUBTOTAL_WIDTH, _TOTAL_WIDTH = 2.7, 4.0, 6.0
_STACKED_POINTS, _FILTER_POINTS, _LINE_POINTS = 12.5, 20, 13.0


def write(book: Book) -> None:
    """Write the sheet."""
    plan, page = book.plan, book.page(DETAIL)
    widths = _widths(plan)
    page.widths(widths)
    page.title()
    page.put(1, 0, _note(plan), "note line")
    page.sheet.set_row(1, 22)
    _head(page, widths)
    table = score_table(plan.assessment).iloc[: len(plan.scored)]
    for card, points in zip(plan.scored, table.itertuples(index=False, name=None), strict=True):
        _unit(page, card, dict(zip(table.columns, points, strict=True)))
    row = DETAIL_FIRST_ROW + len(plan.scored)
    if plan.scored:
        _means(page, row)
        _heat(page)
        page.sheet.autofilter(DETAIL_TITLE_ROW, 0, row - 1, plan.detail_total)
        row += 1
    for n, card in enumerate(plan.unscored, row):
        page.put(n, DETAIL_PLACE, "—", "idle")
        page.put(n, DETAIL_UNIT, Link(card.unit.short, NOTES, plan.notes_row[card.unit.code]), "link")
        page.merge(n, DETAIL_FIRST_ITEM, plan.detail_total, f"{card.state.chinese}：{card.reason}", "idle text")
        page.sheet.set_row(n, 20)
    page.sheet.freeze_panes(DETAIL_FIRST_ROW, DETAIL_FIRST_ITEM)
    page.print_setup((DETAIL_SECTION_ROW, DETAIL_TITLE_ROW), A3)


def _note(plan: Plan) -> str:
    total = "封顶项得分＋不封顶项得分" + ("" if plan.assessment.rulebook.settings.bonus_in_total else "－加分")
    return (
        "每格一个计分项的得分，颜色越深越接近满分（不封顶项目以本项最高分为准）；红字待更正，黄褐字待审定，蓝字无位次。"
        f"小计＝本部分各项之和；封顶、不封顶项得分按“计分”一行归类汇总；总分＝{total}。"
    )


def _widths(plan: Plan) -> list[float]:
    """Columns as narrow as their scores and averages allow, so that all of them print on one A3 page."""
    names = [widest(card.unit.short) + 2 for card in plan.assessment.cards]
    widths = [6.0, min(24.0, max([12.0, *names]))]
    for entry in plan.sections:
        widths += [_needed(_ITEM_WIDTH, [card.item(item.id).points for card in plan.scored]) for item in entry.items]
        widths.append(_needed(_SUBTOTAL_WIDTH, [card.sections[entry.section.id] for card in plan.scored]))
    return [*widths, *[_TOTAL_WIDTH if plan.whole else 11.0] * len(_TOTALS)]


def _needed(least: float, points: list[Fraction]) -> float:
    """Width for these scores and, in smaller type, for their average."""
    texts = [len(points_text(p)) + 0.7 if p.denominator == 1 else 6.0 for p in points]
    return max([least, *texts, *([0.8 * len(f"{mean(points):.1f}") + 0.4] if points else [])])


def _head(page: Page, widths: list[float]) -> None:
    """Six heading rows: section, id, maximum, capped or not, bonus or not, title (last, for the filter buttons)."""
    plan = page.book.plan
    page.put(DETAIL_SECTION_ROW, DETAIL_PLACE, "", "section head")
    page.put(DETAIL_SECTION_ROW, DETAIL_UNIT, "部分", "section head")
    for row, text in enumerate(_HEADS, DETAIL_ID_ROW):
        last = row == DETAIL_TITLE_ROW
        page.put(row, DETAIL_PLACE, "位次" if last else "", "small head")
        page.put(row, DETAIL_UNIT, "单位 ＼ 计分项" if last else text, "small head")
    for entry in plan.sections:
        _section_head(page, entry)
    _totals_head(page)
    lines = max(lines_needed(f"{e.section.number}{e.section.title}", sum(widths[e.first : e.subtotal + 1]) * 1.08 - 1) for e in plan.sections)
    longest = max(len(_title(item)) for item in plan.assessment.rulebook.items.values())
    page.sheet.set_row(DETAIL_SECTION_ROW, min(409, lines * _LINE_POINTS + 6))
    page.sheet.set_row(DETAIL_ID_ROW, 34)
    page.sheet.set_row(DETAIL_MAX_ROW, 30)
    page.sheet.set_row(DETAIL_CAP_ROW, 3 * _STACKED_POINTS + 6)
    page.sheet.set_row(DETAIL_BONUS_ROW, 2 * _STACKED_POINTS + 6)
    page.sheet.set_row(DETAIL_TITLE_ROW, min(409, longest * _STACKED_POINTS + _FILTER_POINTS))


def _title(item: Item) -> str:
    """An item's title; that it is a bonus stands in a row of its own."""
    return item.title.removesuffix("（加分）") if item.bonus else item.title


def _section_head(page: Page, entry: SectionColumns) -> None:
    page.merge(DETAIL_SECTION_ROW, entry.first, entry.subtotal, f"{entry.section.number}{entry.section.title}", "section head")
    for column, item in enumerate(entry.items, entry.first):
        maximum = item.rule.maximum()
        page.put(DETAIL_ID_ROW, column, item.id, "upright head")
        page.put(DETAIL_MAX_ROW, column, "不封顶" if maximum is None else maximum, "stacked head" if maximum is None else "small head")
        page.put(DETAIL_CAP_ROW, column, UNCAPPED_WORD if maximum is None else CAPPED_WORD, "stacked head")
        page.put(DETAIL_BONUS_ROW, column, BONUS_WORD if item.bonus else "", "stacked bonus" if item.bonus else "stacked head")
        page.put(DETAIL_TITLE_ROW, column, _title(item), "stacked bonus" if item.bonus else "stacked head")
    first, last = ref(DETAIL_MAX_ROW, entry.first), ref(DETAIL_MAX_ROW, entry.subtotal - 1)
    maximum = page.book.plan.assessment.rulebook.maximum(entry.section)
    page.put(DETAIL_MAX_ROW, entry.subtotal, Formula(page.book.plan.summed(f"SUM({first}:{last})"), maximum), "section head")
    for row, text in ((DETAIL_ID_ROW, ""), (DETAIL_CAP_ROW, ""), (DETAIL_BONUS_ROW, ""), (DETAIL_TITLE_ROW, "小计")):
        page.put(row, entry.subtotal, text, "stacked band")


def _totals_head(page: Page) -> None:
    plan = page.book.plan
    page.merge(DETAIL_SECTION_ROW, plan.detail_capped, plan.detail_total, "合计", "section head")
    rulebook = plan.assessment.rulebook
    maximum = sum((rulebook.maximum(section) for section in rulebook.sections), Fraction(0))
    for column, heading in enumerate(_TOTALS, plan.detail_capped):
        for row in (DETAIL_ID_ROW, DETAIL_MAX_ROW, DETAIL_CAP_ROW, DETAIL_BONUS_ROW):
            page.put(row, column, "", "stacked band")
        bonus_apart = heading == "其中加分" and not rulebook.settings.bonus_in_total
        page.put(DETAIL_TITLE_ROW, column, "加分不计入总分" if bonus_apart else heading, "stacked band")
    page.put(
        DETAIL_MAX_ROW, plan.detail_capped, Formula(plan.summed(_by_kind(plan, DETAIL_MAX_ROW, DETAIL_CAP_ROW, CAPPED_WORD)), maximum), "section head"
    )


def _by_kind(plan: Plan, row: int, kind_row: int, word: str) -> str:
    """Sum of a row's item cells under one word of a heading row."""
    first, last = DETAIL_FIRST_ITEM, plan.detail_capped - 1
    kinds = f"{ref(kind_row, first, fixed=True)}:{ref(kind_row, last, fixed=True)}"
    return f'SUMIF({kinds},"{word}",{ref(row, first)}:{ref(row, last)})'


def _unit(page: Page, card: Scorecard, points: dict[str, Fraction]) -> None:
    plan, row = page.book.plan, page.book.plan.detail_row[card.unit.code]
    page.sheet.set_row(row, 20)
    page.put(row, DETAIL_PLACE, Formula(ref(plan.ranking_row[card.unit.code], PLACE, RANKING, fixed=True), Fraction(card.place or 0)), "strong")
    page.put(row, DETAIL_UNIT, Link(card.unit.short, NOTES, plan.notes_row[card.unit.code]), "link")
    for entry in plan.sections:
        for column, item in enumerate(entry.items, entry.first):
            state = card.item(item.id).state
            page.put(row, column, points[item.id], "number" if state is ItemState.SCORED else ITEM_STYLE[state])
        cells = f"SUM({ref(row, entry.first)}:{ref(row, entry.subtotal - 1)})"
        page.put(row, entry.subtotal, Formula(plan.summed(cells), card.sections[entry.section.id]), "band number")
    capped, total = plan.detail_capped, plan.detail_total
    formula = f"{ref(row, capped)}+{ref(row, capped + 1)}"
    if not plan.assessment.rulebook.settings.bonus_in_total:
        formula += f"-{ref(row, capped + 2)}"
    kinds = ((DETAIL_CAP_ROW, CAPPED_WORD, card.capped), (DETAIL_CAP_ROW, UNCAPPED_WORD, card.uncapped), (DETAIL_BONUS_ROW, BONUS_WORD, card.bonus))
    for column, (kind_row, word, value) in enumerate(kinds, capped):
        page.put(row, column, Formula(plan.summed(_by_kind(plan, row, kind_row, word)), value or Fraction(0)), "band number")
    page.put(row, total, Formula(plan.summed(formula), card.total or Fraction(0)), "strong")


def _means(page: Page, row: int) -> None:
    """The average of every column below the last scored unit."""
    plan = page.book.plan
    page.sheet.set_row(row, 20)
    page.put(row, DETAIL_PLACE, "", "mean label")
    page.put(row, DETAIL_UNIT, "平均分", "mean label")

    def put(column: int, values: list[Fraction], style: str) -> None:
        cells = f"{ref(DETAIL_FIRST_ROW, column)}:{ref(row - 1, column)}"
        page.put(row, column, Formula(f"AVERAGE({cells})", mean(values)), style)

    for entry in plan.sections:
        for column, item in enumerate(entry.items, entry.first):
            put(column, [card.item(item.id).points for card in plan.scored], "small mean")
        put(entry.subtotal, [card.sections[entry.section.id] for card in plan.scored], "mean band")
    for n, name in enumerate(("capped", "uncapped", "bonus", "total")):
        put(plan.detail_capped + n, [getattr(card, name) for card in plan.scored], "mean band")


def _heat(page: Page) -> None:
    """Shade each item from nothing to its maximum, or to the best score where it has none."""
    plan = page.book.plan
    last = DETAIL_FIRST_ROW + len(plan.scored) - 1
    for entry in plan.sections:
        for column, item in enumerate(entry.items, entry.first):
            best = max(card.item(item.id).points for card in plan.scored)
            top = item.rule.maximum() or max(best, Fraction(1))
            scale = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": number(top)}
            colours = {"min_color": look.HEAT_LOW, "max_color": look.HEAT_HIGH}
            page.sheet.conditional_format(DETAIL_FIRST_ROW, column, last, column, scale | colours)
