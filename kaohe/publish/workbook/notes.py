"""Sheet 各单位计分说明: every item of every unit, with its words."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice

from kaohe.publish.workbook.page import Column, Lines, Page, Rows, line_opening, lines_of, measured
from kaohe.publish.workbook.plan import DETAIL, HEAD_ROW, NOTES, RANKING, TOTAL, Plan, ref
from kaohe.publish.workbook.spread import FIRST_ROW
from kaohe.publish.workbook.styles import ITEM_STYLE, UNIT_STYLE
from kaohe.publish.workbook.values import Cell, Formula, Link, Spot, Styled
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
_SAMPLED_UNITS = 40
_ROOM_POINTS = 2
"""Little, so that a unit's sixty lines print on two pages."""


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows: a heading line a unit, its items below, each unit on a page of its own."""
    plan, sheet = page.book.plan, page.sheet
    spread = plan.spreads[NOTES]
    start, stop = spread.span(page.part)
    widths = measured(_COLUMNS, (_line(plan, card, score) for card in islice(plan.assessment.cards, _SAMPLED_UNITS) for score in card.items))
    page.widths(widths)
    page.rows = FIRST_ROW + (stop - start) * spread.block
    sheet.outline_settings(True, False, True, False)
    sheet.set_row(FIRST_ROW + 1, None, None, {"level": 1})  # tells the frame that rows are grouped
    sheet.freeze_panes(FIRST_ROW, 1)
    sheet.autofilter(HEAD_ROW, 0, page.rows - 1, len(_COLUMNS) - 1)
    sheet.set_h_pagebreaks([FIRST_ROW + n * spread.block for n in range(1, stop - start)][: plan.limits.breaks])
    page.print_setup((HEAD_ROW, HEAD_ROW))
    cards = plan.assessment.cards[start:stop]
    to_evidence = sum(len(plan.assessment.rulebook.items_of_list[entry.id]) for _, entry, _ in plan.evidence())
    links = page.afford(2 * len(cards), sum(len(finding.items) for finding in plan.findings), to_evidence)
    return _rows(page, cards, widths, links)


def _rows(page: Page, cards: Sequence[Scorecard], widths: Sequence[float], links: Sequence[bool]) -> Rows:
    plan, row = page.book.plan, FIRST_ROW
    yield from page.top(_note(links), widths)
    yield page.heads(HEAD_ROW, [column.heading for column in _COLUMNS], widths)
    headings, items = Lines(page, _COLUMNS, widths), _Items(page, widths, links[1], links[2])
    for card in cards:
        yield headings.line(row, _heading(plan, card, links[0]))
        yield from items.lines(card, row + 1)
        row += 1 + len(card.items)


def _note(links: Sequence[bool]) -> str:
    words = "每个单位一段，段首是合计；可以按单位、状态筛选，也可以点左边的减号折叠。满分“不封顶”的项目通知没有规定上限。"
    if links[0]:
        words += "点段首的单位回“排名”，点“合计”看得分明细"
        words += ("；点状态看问题" if links[1] else "") + ("；点编号看佐证" if links[2] else "") + "。"
    return words


def _heading(plan: Plan, card: Scorecard, linked: bool) -> list[Cell]:
    words, total = f"{card.reason}。", Styled("—", "band")
    if card.total is not None and card.capped is not None and card.uncapped is not None and card.bonus is not None:
        parts = f"封顶项得分{points_text(card.capped)}，不封顶项得分{points_text(card.uncapped)}"
        bonus = "其中加分" if plan.assessment.rulebook.settings.bonus_in_total else "另有不计入总分的加分"
        words = f"{parts}，{bonus}{points_text(card.bonus)}。{words}"
        total = Styled(Formula(ref(plan.ranking_row[card.unit.code], TOTAL, RANKING, fixed=True), card.total), "band number")
    place = f"第{card.place}位" if card.place is not None else "不排位次"
    name, label = Styled(card.unit.short, "band"), Styled(f"合计（{place}）", "band text")
    if linked and card.total is not None:
        name = Styled(Link(card.unit.short, Spot(RANKING, plan.ranking_row[card.unit.code])), "band link")
        label = Styled(Link(f"合计（{place}）", Spot(DETAIL, plan.detail_row[card.unit.code])), "band leading")
    return [
        name,
        Styled("", "band"),
        Styled("", "band"),
        label,
        total,
        Styled("", "band"),
        Styled(card.state.chinese, UNIT_STYLE[card.state]),
        Styled(words, "band text"),
    ]


def _line(plan: Plan, card: Scorecard, score: ItemScore) -> list[Cell]:
    """An item's line, for measuring."""
    clause = plan.assessment.rulebook.clause_of_item[score.item.id]
    most = "不封顶" if score.maximum is None else score.maximum
    return [card.unit.short, clause.number, score.item.id, score.item.title, score.points, most, score.state.chinese, score.why]


class _Items:
    """Writes the lines of the items. There are some sixty a unit, so what is the same for all units is put together once."""

    def __init__(self, page: Page, widths: Sequence[float], to_findings: bool, to_evidence: bool) -> None:
        plan, ink = page.book.plan, page.book.ink
        self._page, self._plan, self._to_findings = page, plan, to_findings
        self._why_width = widths[-1]
        self._why = {state: ink.styles["muted text" if state is ItemState.VOID else "text"] for state in ItemState}
        self._points: dict[int, str] = {}
        self._nothing = ink("—", "muted")
        self._states = {state: ink(state.chinese, ITEM_STYLE[state]) for state in ItemState}
        self._known: dict[str, tuple[str, ...]] = {}
        self._maxima: dict[str, tuple[Fraction | None, str]] = {}
        for item in plan.assessment.rulebook.items.values():
            clause = plan.assessment.rulebook.clause_of_item[item.id]
            lists = to_evidence and bool(item.rule.lists())
            least = lines_of(item.title, widths[3])
            self._known[item.id] = (
                ink(clause.number, "centre"),
                ink(item.id, "centre"),
                ink(item.id, "leading") if lists else "",
                ink(item.title, "text"),
                str(least),
            )

    def lines(self, card: Scorecard, row: int) -> Iterator[str]:
        """The lines of a unit, from ``row`` on."""
        ink, texts = self._page.book.ink, self._page.book.ink.texts
        unit = ink(card.unit.short, "centre")
        for number, score in enumerate(card.items, row + 1):
            clause, ident, leading, title, least = self._known[score.item.id]
            points = score.points
            if score.state is ItemState.VOID:
                shown = self._nothing
            elif points.denominator == 1:
                shown = self._points.get(points.numerator) or self._points.setdefault(points.numerator, ink(points, "number"))
            else:
                shown = ink(points, "number")
            if leading and self._to_evidence(card, score, f"C{number}"):
                ident = leading
            if self._to_findings and score.state is not ItemState.SCORED:
                spot = self._plan.item_finding_spot(card.unit.code, score.item.id)
                if spot is not None:
                    self._page.link(f"G{number}", spot)
            why = score.why
            opening = line_opening(number, max(int(least), lines_of(why, self._why_width)), _ROOM_POINTS, 1)
            yield (
                f'{opening}<c r="A{number}"{unit}<c r="B{number}"{clause}<c r="C{number}"{ident}<c r="D{number}"{title}<c r="E{number}"{shown}'
                f'<c r="F{number}"{self._maximum(score)}<c r="G{number}"{self._states[score.state]}<c r="H{number}"{self._why[score.state]}{texts[why]}</row>'
            )

    def _to_evidence(self, card: Scorecard, score: ItemScore, place: str) -> bool:
        """Let an item's id lead to the first row of its list."""
        for list_id in score.item.rule.lists():
            spot = self._plan.evidence_spot(card.unit.code, list_id)
            if spot is not None:
                self._page.link(place, spot)
                return True
        return False

    def _maximum(self, score: ItemScore) -> str:
        found = self._maxima.get(score.item.id)
        if found is None or found[0] is not score.maximum:
            text = self._page.book.ink("不封顶" if score.maximum is None else score.maximum, "number")
            found = self._maxima[score.item.id] = score.maximum, text
        return found[1]
