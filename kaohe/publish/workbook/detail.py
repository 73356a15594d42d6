"""Sheet 得分明细: units x items with section subtotals, maxima and heat colouring. Every sum is a formula.

On screen all columns stand side by side. Printed, whole sections go on A4 pages, as few as can be read, with places and units on each;
the title stands in the head of each page.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from kaohe import look
from kaohe.publish.workbook.cells import LETTERS, markup
from kaohe.publish.workbook.page import PAGE_PIXELS, Page, Rows, height
from kaohe.publish.workbook.plan import (
    BONUS_WORD,
    CAPPED_WORD,
    DETAIL_BONUS_ROW,
    DETAIL_CAP_ROW,
    DETAIL_FIRST_ITEM,
    DETAIL_FIRST_ROW,
    DETAIL_MAX_ROW,
    DETAIL_PLACE,
    DETAIL_SECTION_ROW,
    DETAIL_TITLE_ROW,
    DETAIL_UNIT,
    PLACE,
    RANKING,
    UNCAPPED_WORD,
    Plan,
    SectionColumns,
    ref,
)
from kaohe.publish.workbook.styles import ITEM_STYLE
from kaohe.publish.workbook.tally import Tally, tally
from kaohe.publish.workbook.values import Formula, Link, Plain, Spot, Styled, number, widest
from kaohe.rulebook.model import Item
from kaohe.scoring.scorecard import ItemState, Scorecard
from kaohe.text import points_text

_HEADS = ("条款", "满分", "计分", "加分", "计分项")
_TOTALS = ("封顶项\n得分", "不封顶项\n得分", "其中加分", "总分")
_TOTAL_FIELDS = ("capped", "uncapped", "bonus", "total")
_ITEM_WIDTH, _SUBTOTAL_WIDTH, _TOTAL_WIDTH, _FRACTION_WIDTH = 4.3, 4.9, 6.2, 11.0
_SMALL_LINE, _FILTER_POINTS, _ROW_POINTS = 12.5, 18, 19
_CHARACTER, _PADDING = 1.75, 0.6
"""Width of a Chinese character of a heading, and what a column keeps clear beside it."""

_SCALE, _SLACK = 85, 0.96
"""Percent of full size on paper, and how much of a page is planned: fonts differ from one office program to another."""


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows."""
    plan, sheet = page.book.plan, page.sheet
    widths = _widths(plan)
    page.widths(widths)
    count = len(plan.scored)
    page.rows = DETAIL_FIRST_ROW + count + (count > 0) + len(plan.unscored)
    if count:
        _heat(page)
        sheet.autofilter(DETAIL_TITLE_ROW, 0, DETAIL_FIRST_ROW + count - 1, plan.detail_total)
    sheet.freeze_panes(DETAIL_FIRST_ROW, DETAIL_FIRST_ITEM)
    page.print_setup((DETAIL_SECTION_ROW, DETAIL_TITLE_ROW), scale=_SCALE)
    sheet.repeat_columns(DETAIL_PLACE, DETAIL_UNIT)
    sheet.print_across()
    breaks = _breaks(plan, widths)
    sheet.set_v_pagebreaks(breaks)
    sheet.print_area(DETAIL_SECTION_ROW, 0, page.rows - 1, page.columns - 1)
    names, places = page.afford(len(plan.assessment.cards), count)
    return _rows(page, widths, breaks, names, places)


def _rows(page: Page, widths: Sequence[float], breaks: Sequence[int], names: bool, places: bool) -> Rows:
    plan = page.book.plan
    blocks = list(pairwise([DETAIL_FIRST_ITEM, *breaks, page.columns]))
    yield page.line(0, [Styled(page.marked_title, "title"), *[Styled(None, "title")] * (len(widths) - 1)], 32)
    yield page.line(1, [Styled(_note(plan), "note line")], 22)
    yield from _head(page, widths)
    units = _Units(page, names, places)
    for card in plan.scored:
        yield units.line(card)
    row = DETAIL_FIRST_ROW + len(plan.scored)
    if plan.scored:
        yield _means(page, row)
        row += 1
    for n, card in enumerate(plan.unscored, row):
        name = _name(plan, card, names)
        said = f"{card.state.chinese}：{card.reason}"
        words = [cell for a, b in blocks for cell in page.across(n, a, b - 1, said, "idle text")]
        yield page.line(n, [Styled("—", "idle"), name, *words], max(_ROW_POINTS, height([said], [min(sum(widths[a:b]) for a, b in blocks)])))


def _name(plan: Plan, card: Scorecard, linked: bool) -> Styled:
    if not linked:
        return Styled(card.unit.short, "centre")
    return Styled(Link(card.unit.short, plan.notes_spot(card.unit.code)), "link")


def _note(plan: Plan) -> str:
    total = "封顶项得分＋不封顶项得分" + ("" if plan.assessment.rulebook.settings.bonus_in_total else "－加分")
    return (
        "每格一个计分项的得分，颜色越深越接近满分（不封顶项目以本项最高分为准）；红字待更正，黄褐字待审定，蓝字无位次。"
        f"小计＝本部分各项之和；封顶、不封顶项得分按“计分”一行归类汇总；总分＝{total}。点位次回“排名”，点单位看计分说明。"
    )


# ── widths and printed pages ──


def _widths(plan: Plan) -> list[float]:
    """Columns as narrow as their scores, averages and headings of two characters a line allow."""
    names = [widest(card.unit.short) + 2 for card in plan.assessment.cards]
    widths = [6.0, min(24.0, max([12.0, *names]))]
    for entry in plan.sections:
        widths += [_needed(_ITEM_WIDTH, plan.item_tallies[item.id]) for item in entry.items]
        widths.append(_needed(_SUBTOTAL_WIDTH, plan.section_tallies[entry.section.id]))
    return [*widths, *[_TOTAL_WIDTH if plan.whole else _FRACTION_WIDTH] * len(_TOTALS)]


def _needed(least: float, points: Tally) -> float:
    """Width for these scores and, in smaller type, for their average."""
    if not points.count:
        return least
    longest = max(len(points_text(points.best)), len(points_text(points.least))) + 0.9
    return max(least, longest if points.whole else 6.5, 0.9 * len(f"{points.mean:.1f}") + 0.6)


def _breaks(plan: Plan, widths: Sequence[float]) -> list[int]:
    """Columns before which a printed page begins: whole sections, on as few pages as hold them, as even as can be.

    The totals stay with the last section. A section wider than a page is left to the office program.
    """
    edges = [*(entry.first for entry in plan.sections), len(widths)]
    sizes = [_pixels(widths[first:stop]) for first, stop in pairwise(edges)]
    room = int(PAGE_PIXELS * 100 / _SCALE * _SLACK) - _pixels(widths[:DETAIL_FIRST_ITEM])
    pages = len(_filled(sizes, room))
    low, high = max(sizes), max(room, *sizes)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(_filled(sizes, middle)) <= pages else (middle + 1, high)
    return [edges[n] for n in _filled(sizes, high)[1:]]


def _filled(sizes: Iterable[int], room: int) -> list[int]:
    """Number of the first section on each page of that room."""
    found, used = [0], 0
    for n, size in enumerate(sizes):
        if used and used + size > room:
            found.append(n)
            used = 0
        used += size
    return found


def _pixels(widths: Iterable[float]) -> int:
    return sum(int(7 * width + 5.5) for width in widths)


# ── headings ──


def _head(page: Page, widths: Sequence[float]) -> Rows:
    """Six heading rows: section, id, maximum, capped or not, bonus or not, title (last, for the filter buttons)."""
    plan = page.book.plan
    rows: list[list[Styled]] = [[Styled("", "section head"), Styled("部分", "section head")]]
    for n, text in enumerate(_HEADS):
        last = n == len(_HEADS) - 1
        rows.append([Styled("位次" if last else "", "item head"), Styled("单位 ＼ 计分项" if last else text, "item head")])
    for entry in plan.sections:
        _section_head(page, entry, rows)
    _totals_head(page, rows)
    titles = [(f"{e.section.number}{e.section.title}", sum(widths[e.first : e.subtotal + 1])) for e in plan.sections]
    section = max(_head_lines(text, width, 2.0) for text, width in titles)
    words = [(_title(item), widths[entry.first + n]) for entry in plan.sections for n, item in enumerate(entry.items)]
    title = max(_head_lines(text, width) for text, width in words)
    capped = max(_head_lines(UNCAPPED_WORD, width) for width in widths[DETAIL_FIRST_ITEM : plan.detail_capped])
    heights = (section * 15 + 4, 18, *[capped * _SMALL_LINE + 5] * 2, 18, min(409, title * _SMALL_LINE + _FILTER_POINTS + 5))
    for row, (cells, points) in enumerate(zip(rows, heights, strict=True), DETAIL_SECTION_ROW):
        yield page.line(row, cells, points)


def _head_lines(text: str, width: float, character: float = _CHARACTER) -> int:
    """Lines of a heading, of which a column holds so many whole characters."""
    fit = max(1, int((width - _PADDING) / character))
    return -(-int(widest(text) / 2 + 0.5) // fit)


def _title(item: Item) -> str:
    """An item's title; that it is a bonus stands in a row of its own."""
    return item.title.removesuffix("（加分）") if item.bonus else item.title


def _section_head(page: Page, entry: SectionColumns, rows: Sequence[list[Styled]]) -> None:
    """Append a section's headings to each of the heading rows."""
    plan = page.book.plan
    title = f"{entry.section.number}{entry.section.title}"
    rows[0].extend(cell for cell in page.across(DETAIL_SECTION_ROW, entry.first, entry.subtotal, title, "section head") if cell is not None)
    for item in entry.items:
        maximum = item.rule.maximum()
        style = "item bonus" if item.bonus else "item head"
        kind = UNCAPPED_WORD if maximum is None else CAPPED_WORD
        texts: tuple[tuple[Plain, str], ...] = (
            (item.id, "item head"),
            ("不封顶" if maximum is None else maximum, "item head"),
            (kind, "item head"),
            (BONUS_WORD if item.bonus else "", style),
            (_title(item), style),
        )
        for row, (text, named) in zip(rows[1:], texts, strict=True):
            row.append(Styled(text, named))
    first, last = ref(DETAIL_MAX_ROW, entry.first), ref(DETAIL_MAX_ROW, entry.subtotal - 1)
    total = Formula(plan.summed(f"SUM({first}:{last})"), plan.assessment.rulebook.maximum(entry.section))
    below: tuple[Plain, ...] = ("", total, "", "", "小计")
    for row, value in zip(rows[1:], below, strict=True):
        row.append(Styled(value, "item band"))


def _totals_head(page: Page, rows: Sequence[list[Styled]]) -> None:
    plan = page.book.plan
    rulebook = plan.assessment.rulebook
    rows[0].extend(
        cell for cell in page.across(DETAIL_SECTION_ROW, plan.detail_capped, plan.detail_total, "合计", "section head") if cell is not None
    )
    whole = sum((rulebook.maximum(section) for section in rulebook.sections), Fraction(0))
    maximum = Formula(plan.summed(_by_kind(plan, DETAIL_MAX_ROW, DETAIL_CAP_ROW, CAPPED_WORD)), whole)
    for n, heading in enumerate(_TOTALS):
        bonus_apart = heading == "其中加分" and not rulebook.settings.bonus_in_total
        texts: tuple[Plain, ...] = ("", maximum if n == 0 else "", "", "", "加分不计入总分" if bonus_apart else heading)
        for row, value in zip(rows[1:], texts, strict=True):
            row.append(Styled(value, "item band"))


def _by_kind(plan: Plan, row: int, kind_row: int, word: str) -> str:
    """Sum of a row's item cells under one word of a heading row."""
    first, last = DETAIL_FIRST_ITEM, plan.detail_capped - 1
    kinds = f"{ref(kind_row, first, fixed=True)}:{ref(kind_row, last, fixed=True)}"
    return f'SUMIF({kinds},"{word}",{ref(row, first)}:{ref(row, last)})'


# ── units ──


class _Units:
    """Writes the units' lines: what is the same in all of them is put together once."""

    def __init__(self, page: Page, names: bool, places: bool) -> None:
        self._page, self._names, self._places = page, names, places
        plan = page.book.plan
        self._plan = plan
        self._seen: dict[tuple[int, str], str] = {}
        self._band = page.book.ink.styles["band number"]
        self._sums = [(entry, LETTERS[entry.first], LETTERS[entry.subtotal - 1], LETTERS[entry.subtotal]) for entry in plan.sections]
        self._ends = [LETTERS[plan.detail_capped + n] for n in range(len(_TOTALS))]
        last = LETTERS[plan.detail_capped - 1]
        self._kinds = [
            markup(f'SUMIF($C${kind_row + 1}:${last}${kind_row + 1},"{word}",C#:{last}#)')
            for kind_row, word in ((DETAIL_CAP_ROW, CAPPED_WORD), (DETAIL_CAP_ROW, UNCAPPED_WORD), (DETAIL_BONUS_ROW, BONUS_WORD))
        ]
        capped, uncapped, bonus, _ = self._ends
        self._total = f"{capped}#+{uncapped}#" + ("" if plan.assessment.rulebook.settings.bonus_in_total else f"-{bonus}#")

    def line(self, card: Scorecard) -> str:
        """A unit's line."""
        plan, page = self._plan, self._page
        row = plan.detail_row[card.unit.code]
        number_ = str(row + 1)
        place = Formula(ref(plan.ranking_row[card.unit.code], PLACE, RANKING, fixed=True), Fraction(card.place or 0))
        back = Spot(RANKING, plan.ranking_row[card.unit.code])
        first = Styled(Link(place, back), "leading strong") if self._places else Styled(place, "strong")
        parts = [page.line(row, [first, _name(plan, card, self._names)], _ROW_POINTS).removesuffix("</row>")]
        scores, column = iter(card.items), DETAIL_FIRST_ITEM
        for entry, start, stop, end in self._sums:
            for _ in entry.items:
                score = next(scores)
                style = "number" if score.state is ItemState.SCORED else ITEM_STYLE[score.state]
                parts.append(f'<c r="{LETTERS[column]}{number_}"{self._points(score.points, style)}')
                column += 1
            formula = plan.summed(f"SUM({start}{number_}:{stop}{number_})")
            parts.append(self._sum(f"{end}{number_}", self._band, formula, card.sections[entry.section.id]))
            column += 1
        for letter, formula, value in zip(self._ends, self._kinds, (card.capped, card.uncapped, card.bonus), strict=False):
            parts.append(self._sum(f"{letter}{number_}", self._band, plan.summed(formula.replace("#", number_)), value or Fraction(0)))
        strong = page.book.ink.styles["strong"]
        parts.append(self._sum(f"{self._ends[-1]}{number_}", strong, plan.summed(self._total.replace("#", number_)), card.total or Fraction(0)))
        parts.append("</row>")
        return "".join(parts)

    def _points(self, points: Fraction, style: str) -> str:
        if points.denominator != 1:
            return self._page.book.ink(points, style)
        key = (points.numerator, style)
        if key not in self._seen:
            self._seen[key] = self._page.book.ink(points, style)
        return self._seen[key]

    @staticmethod
    def _sum(place: str, mark: str, formula: str, value: Fraction) -> str:
        return f'<c r="{place}"{mark}><f>{formula}</f><v>{number(value)}</v></c>'


def _means(page: Page, row: int) -> str:
    """The average of every column below the last scored unit."""
    plan = page.book.plan
    cells = [Styled("", "mean label"), Styled("平均分", "mean label")]

    def put(found: Tally, style: str) -> None:
        column = len(cells)
        area = f"{ref(DETAIL_FIRST_ROW, column)}:{ref(row - 1, column)}"
        cells.append(Styled(Formula(f"AVERAGE({area})", found.mean), style))

    for entry in plan.sections:
        for item in entry.items:
            put(plan.item_tallies[item.id], "small mean")
        put(plan.section_tallies[entry.section.id], "mean band")
    for name in _TOTAL_FIELDS:
        put(tally([getattr(card, name) for card in plan.scored]), "mean band")
    return page.line(row, cells, _ROW_POINTS)


def _heat(page: Page) -> None:
    """Shade each item from nothing to its maximum, or to the best score where it has none."""
    plan = page.book.plan
    last = DETAIL_FIRST_ROW + len(plan.scored) - 1
    for entry in plan.sections:
        for column, item in enumerate(entry.items, entry.first):
            top = item.rule.maximum() or max(plan.item_tallies[item.id].best, Fraction(1))
            scale = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "max_type": "num", "max_value": number(top)}
            colours = {"min_color": look.HEAT_LOW, "max_color": look.HEAT_HIGH}
            page.sheet.conditional_format(DETAIL_FIRST_ROW, column, last, column, scale | colours)
