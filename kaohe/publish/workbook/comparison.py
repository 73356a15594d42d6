"""Sheet 自评核定对比: what the groups changed, by group and by unit, the largest differences first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain, islice
from math import sqrt

from kaohe.publish.workbook import differences
from kaohe.publish.workbook.compared import DECIDED, MOVED, Difference, inspected
from kaohe.publish.workbook.differences import signed_style
from kaohe.publish.workbook.page import Column, Lines, Page, Rows, measured
from kaohe.publish.workbook.plan import CAPPED, DIFFERENCES, RANKING, UNCAPPED, Plan, ref
from kaohe.publish.workbook.spread import FIRST_ROW
from kaohe.publish.workbook.styles import UNIT_STYLE
from kaohe.publish.workbook.tally import added, mean
from kaohe.publish.workbook.values import Cell, Formula, Link, Styled
from kaohe.scoring.scorecard import Scorecard, UnitState
from kaohe.text import points_text

INSPECTED, WAITING = "已核", UnitState.PROVISIONAL.chinese

UNIT, GROUP, STATE, WORDS, SELF, VERIFIED, DIFFERENCE, COUNT, MOVES, REASON = range(10)
"""Columns of the table of units; that of groups has its statistics in the same columns."""

_GROUPS = ("考核组", "单位数", "已核\n单位", "还没有核定结果的单位", "更动\n项数", "更正\n合计", "平均\n更正", "最大\n减最小", "标准差", "说明")
_UNITS = ("单位", "考核组", "考核", "更动最大的一项", "自评\n合计", "核定\n合计", "出入", "更动\n项数", "其中\n位次变动", "说明")
_COLUMNS = (
    Column("", 14, 24, "centre"),
    Column("", 9, 14, "centre"),
    Column("", 10, 18, "centre"),
    Column("", 22, 30),
    Column("", 9, 12, "number"),
    Column("", 9, 12, "number"),
    Column("", 9, 12, "difference"),
    Column("", 9, 12, "number"),
    Column("", 13, 20, "centre"),
    Column("", 40, 58),
)
_FIRST_SUBTITLE = 2
_MOST_REFERENCES = 250
"""A function takes 255 arguments; a list of cells longer than this is given as a plain value."""
_MOST_COMPARED = 4_000_000
"""Cells that the units' counts look at, all together; beyond it they are plain values."""
_NAMED_UP_TO = 60
"""Units up to which the table of groups names those without a result; of more, it would go on over pages that do not repeat its headings."""
_SAMPLE = 1000
"""Units that the columns are measured by."""
_ABOUT = (
    "自评是按单位自己填报的数算出的分，核定是考核组核定以后的分，出入＝核定－自评，负数是核减。核定的分与“排名”“得分明细”一致；"
    "各项之和加分在内，没有考核的单位标“待核”。各项见“逐项出入”。"
)
_HOW_TO_READ = (
    "怎样看：更正＝核定减自评，平均更正是本组已核单位每个平均更正多少分，各组之间差得多，可能是各组掌握的尺度不同，也可能是单位自评的松紧不同；"
    "“最大减最小”和标准差大，是同组各单位更正不一样，平均数多半由个别单位拉动，要看下面的单位和计分项再下结论。"
)


@dataclass(frozen=True)
class _Comparison:
    """The units as they are listed, and the rows (from 0) where each line stands."""

    plan: Plan

    @cached_property
    def live(self) -> bool:
        """Whether units count their items by formula: all stand on one sheet, and not so many that an office program would be long about it."""
        return len(self.plan.spreads[DIFFERENCES].sheets) == 1 and 0 < len(self.plan.differences) * len(self.cards) <= _MOST_COMPARED

    def of_unit(self, card: Scorecard) -> tuple[Difference, ...]:
        """Differences of a scored unit, the largest first."""
        return self.plan.differences_by_unit[card.unit.code]

    def correction(self, card: Scorecard) -> Fraction:
        """Verified less self, over all items of a unit."""
        return added(d.points for d in self.of_unit(card))

    def inspected(self, card: Scorecard) -> bool:
        """Whether the unit's result is the groups'."""
        return inspected(self.plan.assessment, card)

    @cached_property
    def cards(self) -> tuple[Scorecard, ...]:
        """Units as they are listed: inspected, waiting, without a score; in each the largest correction first."""
        done = [card for card in self.plan.scored if self.inspected(card)]
        waiting = [card for card in self.plan.scored if not self.inspected(card)]
        largest = [sorted(cards, key=lambda c: -abs(self.correction(c))) for cards in (done, waiting)]
        return (*chain(*largest), *self.plan.unscored)

    @property
    def groups_first(self) -> int:
        """First line of the table of groups."""
        return _FIRST_SUBTITLE + 3

    @property
    def units_subtitle(self) -> int:
        """Heading above the table of units: below the groups and their sum."""
        return self.groups_first + len(self.plan.assessment.config.groups) + 2

    @property
    def units_first(self) -> int:
        """First line of the table of units."""
        return self.units_subtitle + 2

    @cached_property
    def unit_row(self) -> Mapping[str, int]:
        """Row of each unit by code."""
        return {card.unit.code: self.units_first + n for n, card in enumerate(self.cards)}


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows: groups, then units from a new page on, under headings that every page repeats."""
    found = _Comparison(page.book.plan)
    (linked,) = page.afford(len(found.cards))
    widths = measured(_COLUMNS, list(chain(_group_lines(found), islice(_unit_lines(found, linked), _SAMPLE))))
    page.widths(widths)
    page.rows = found.units_first + len(found.cards)
    page.sheet.freeze_panes(1, 0)
    page.sheet.set_h_pagebreaks([found.units_subtitle])
    page.print_setup((found.units_first - 1, found.units_first - 1))
    return _rows(page, found, widths, linked)


def _rows(page: Page, found: _Comparison, widths: Sequence[float], linked: bool) -> Rows:
    yield from page.top(_ABOUT, widths)
    yield page.subtitle(_FIRST_SUBTITLE, "一、各考核组")
    yield page.note(_FIRST_SUBTITLE + 1, _HOW_TO_READ, widths)
    yield from _table(page, found.groups_first - 1, _GROUPS, _group_lines(found), widths)
    yield page.subtitle(found.units_subtitle, "二、各单位（出入大的在前）")
    yield from _table(page, found.units_first - 1, _UNITS, _unit_lines(found, linked), widths)


def _table(page: Page, head: int, headings: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[float]) -> Rows:
    """Headings and the lines below them."""
    yield page.heads(head, headings, widths)
    table = Lines(page, _COLUMNS, widths)
    for n, cells in enumerate(rows, head + 1):
        yield table.line(n, cells)


def _unit_lines(found: _Comparison, linked: bool) -> Iterator[list[Cell]]:
    return (_unit_line(found, card, linked) for card in found.cards)


# ── by group ──


def _group_lines(found: _Comparison) -> Iterator[list[Cell]]:
    config = found.plan.assessment.config
    for group in config.groups:
        yield _group_line(found, group.name, [card for card in found.cards if card.group == group.name])
    yield [cell if isinstance(cell, Styled) else Styled(cell, "strong") for cell in _group_line(found, "全市", found.cards)]


def _group_line(found: _Comparison, name: str, cards: Sequence[Scorecard]) -> list[Cell]:
    done = [card for card in cards if found.inspected(card)]
    head: list[Cell] = [name, len(cards), len(done), _without_result(found, cards)]
    if not done:
        return [*head, *(Styled("—", "muted") for _ in range(COUNT - SELF + 2)), Styled("还没有已核单位，不算平均数。", "muted text")]
    rows = [found.unit_row[card.unit.code] for card in done]
    corrections = [found.correction(card) for card in done]
    total, squares = added(corrections), added(c * c for c in corrections)
    average, deviation = mean(corrections), sqrt((len(done) * squares - total * total) / len(done) ** 2)
    count = Fraction(sum(len(found.of_unit(card)) for card in done))
    cells = _cells(rows, DIFFERENCE)
    statistics = (
        (f"SUM({_cells(rows, COUNT)})", count, "number"),
        (found.plan.summed(f"SUM({cells})"), total, signed_style(total)),
        (f"AVERAGE({cells})", average, "mean difference"),
        (found.plan.summed(f"MAX({cells})-MIN({cells})"), max(corrections) - min(corrections), "number"),
        (f"STDEVP({cells})", deviation, "deviation"),
    )
    live = cells.count(",") < _MOST_REFERENCES
    return [*head, *(Styled(Formula(text, value) if live else Fraction(value), style) for text, value, style in statistics), _not_own(found, done)]


def _cells(rows: Iterable[int], column: int) -> str:
    """Cells of a column as arguments of a function, neighbours as a range."""
    runs: list[list[int]] = []
    for row in sorted(rows):
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return ",".join(ref(run[0], column) if len(run) == 1 else f"{ref(run[0], column)}:{ref(run[-1], column)}" for run in runs)


def _without_result(found: _Comparison, cards: Sequence[Scorecard]) -> Cell:
    """Names of the units that are not inspected or have no score, by state, in the configuration's order; of many units how many."""
    names: dict[str, list[str]] = {}
    order = {unit.code: n for n, unit in enumerate(found.plan.assessment.config.cohort)}
    for card in sorted(cards, key=lambda c: order[c.unit.code]):
        if not found.inspected(card):
            names.setdefault(_state(card).chinese, []).append(card.unit.short)
    many = len(order) > _NAMED_UP_TO
    words = "；".join(f"{state}{len(units)}个" if many else f"{state}：{'、'.join(units)}" for state, units in names.items())
    return Styled(words, "text") if words else Styled("—", "muted")


def _not_own(found: _Comparison, cards: Sequence[Scorecard]) -> Cell:
    """How much of a group's corrections is not its own doing."""
    parts = []
    for cause, words in ((MOVED, "由别的单位核定引起的位次变动，不是更动本单位的数"), (DECIDED, "主席办公会议审定的分")):
        points = [d.points for card in cards for d in found.of_unit(card) if cause in d.causes]
        if points:
            parts.append(f"其中{len(points)}项{_signed(added(points))}分是{words}")
    return Styled(f"{'；'.join(parts)}。", "text") if parts else Styled("—", "muted")


def _signed(points: Fraction) -> str:
    return f"{'+' if points > 0 else ''}{points_text(points)}"


def _difference(found: _Comparison, row: int, points: Fraction) -> Cell:
    """Verified less self of a line, as a formula."""
    return Styled(Formula(found.plan.summed(f"{ref(row, VERIFIED)}-{ref(row, SELF)}"), points), signed_style(points))


# ── by unit ──


def _state(card: Scorecard) -> UnitState:
    """The state to list a unit under that has no inspected score."""
    return UnitState.PROVISIONAL if card.total is not None else card.state


def _unit_line(found: _Comparison, card: Scorecard, linked: bool) -> list[Cell]:
    name = Styled(Link(card.unit.short, found.plan.notes_spot(card.unit.code)), "link") if linked else Styled(card.unit.short, "centre")
    nothing = Styled("—", "muted")
    if card.capped is None or card.uncapped is None:
        return [name, card.group, Styled(card.state.chinese, UNIT_STYLE[card.state]), *[nothing] * (REASON - STATE - 1), card.reason]
    state, row, there = _state(card), found.unit_row[card.unit.code], found.plan.ranking_row[card.unit.code]
    changed = found.of_unit(card)
    moved = added(d.points for d in changed if d.moved)
    count: Cell = len(changed)
    moves: Cell = Styled(moved, signed_style(moved))
    if found.live:
        own = f"({_listed(found, differences.UNIT)}={ref(row, UNIT)})"
        count = Formula(f"SUMPRODUCT({own}*1)", Fraction(len(changed)))
        caused = f'SUMPRODUCT({own}*({_listed(found, differences.CAUSE)}="{MOVED}"),{_listed(found, differences.POINTS)})'
        moves = Styled(Formula(found.plan.summed(caused), moved), signed_style(moved))
    verified = f"{ref(there, CAPPED, RANKING, fixed=True)}+{ref(there, UNCAPPED, RANKING, fixed=True)}"
    largest = f"{changed[0].score.item.id} {changed[0].score.item.title}（{_signed(changed[0].points)}）" if changed else nothing
    return [
        name,
        card.group,
        Styled(INSPECTED, "good") if found.inspected(card) else Styled(WAITING, UNIT_STYLE[state]),
        largest,
        added(s.self_points for s in card.items),
        Formula(found.plan.summed(verified), card.capped + card.uncapped),
        _difference(found, row, found.correction(card)),
        count,
        moves,
        card.reason,
    ]


def _listed(found: _Comparison, column: int) -> str:
    """A column of the lines of 逐项出入."""
    last = FIRST_ROW + len(found.plan.differences) - 1
    return f"{ref(FIRST_ROW, column, DIFFERENCES, fixed=True)}:{ref(last, column, fixed=True)}"
