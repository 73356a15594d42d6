"""Sheet 自评核定对比: what the groups changed, by group, by unit and by item, the largest differences first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import chain, islice
from math import sqrt

from kaohe.intake.inspection import row_id
from kaohe.publish.workbook.page import Column, Lines, Page, Rows, measured
from kaohe.publish.workbook.plan import CAPPED, DETAIL, RANKING, UNCAPPED, Plan, ref
from kaohe.publish.workbook.styles import LINE_POINTS, UNIT_STYLE
from kaohe.publish.workbook.tally import added, mean
from kaohe.publish.workbook.values import Cell, Formula, Link, Styled
from kaohe.rulebook.model import Item
from kaohe.scoring.accept import accepted_facts
from kaohe.scoring.score import gate_unseen
from kaohe.scoring.scorecard import ItemScore, Scorecard, UnitState
from kaohe.scoring.verify import gate_result
from kaohe.text import points_text

VALUE, REFUSAL, AWARD, DECIDED, MOVED = "核定值", "不认可", "核定分", "审定分", "位次变动"
"""What changed an item; the last where nothing of the unit's own did."""

INSPECTED, WAITING = "已核", UnitState.PROVISIONAL.chinese

UNIT, GROUP, STATE, WORDS, SELF, VERIFIED, DIFFERENCE, COUNT, MOVES, REASON = range(10)
"""Columns of the table of units; UNIT, SELF, VERIFIED and DIFFERENCE stand in the same columns in that of items."""
CAUSE = 8
"""Column of what changed it, in the table of items."""

_GROUPS = ("考核组", "单位数", "已核\n单位", "还没有核定结果的单位", "更动\n项数", "更正\n合计", "平均\n更正", "最大\n减最小", "标准差", "说明")
_UNITS = ("单位", "考核组", "考核", "更动最大的一项", "自评\n合计", "核定\n合计", "出入", "更动\n项数", "其中\n位次变动", "说明")
_ITEMS = ("单位", "考核组", "编号", "计分项", "自评", "核定", "出入", "满分", "更动来由", "核定理由")
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
_SAMPLE = 1000
"""Lines of each table that the columns are measured by."""

_ABOUT = (
    "自评是按单位自己填报的数算出的分，核定是考核组核定以后的分，出入＝核定－自评，负数是核减。核定的分与“排名”“得分明细”一致；"
    "各项之和加分在内，没有考核的单位标“待核”。"
)
_HOW_TO_READ = (
    "怎样看：更正＝核定减自评，平均更正是本组已核单位每个平均更正多少分，各组之间差得多，可能是各组掌握的尺度不同，也可能是单位自评的松紧不同；"
    "“最大减最小”和标准差大，是同组各单位更正不一样，平均数多半由个别单位拉动，要看下面的单位和计分项再下结论。"
)
_NOTHING = "自评和核定没有出入。"


@dataclass(frozen=True, slots=True)
class _Difference:
    """An item whose points are not those of the unit's own figures."""

    card: Scorecard
    score: ItemScore
    causes: tuple[str, ...]

    @property
    def points(self) -> Fraction:
        """Verified less self."""
        return self.score.points - self.score.self_points


@dataclass(frozen=True)
class _Comparison:
    """What differs, and the rows (from 0) where each line stands. ``links`` says whether units, and items, lead to their notes."""

    plan: Plan
    links: list[bool] = field(default_factory=list)

    @cached_property
    def differences(self) -> tuple[_Difference, ...]:
        """Items that differ, the largest first; equal ones in ranking order and the notice's."""
        found = (_Difference(card, s, self._causes(card, s)) for card in self.plan.scored for s in card.items if s.points != s.self_points)
        return tuple(sorted(found, key=lambda d: -abs(d.points)))

    @cached_property
    def listed(self) -> tuple[_Difference, ...]:
        """Those that the sheet has rows for."""
        return self.differences[: max(0, self.plan.limits.rows - self.items_first)]

    @cached_property
    def live(self) -> bool:
        """Whether units count their items by formula: all items are listed, and not so many that an office program would be long about it."""
        return len(self.listed) == len(self.differences) and len(self.differences) * len(self.cards) <= _MOST_COMPARED

    @cached_property
    def of_unit(self) -> Mapping[str, tuple[_Difference, ...]]:
        """Differences by unit code, the largest first; every scored unit has an entry."""
        found: dict[str, list[_Difference]] = {card.unit.code: [] for card in self.plan.scored}
        for difference in self.differences:
            found[difference.card.unit.code].append(difference)
        return {code: tuple(differences) for code, differences in found.items()}

    def correction(self, card: Scorecard) -> Fraction:
        """Verified less self, over all items of a unit."""
        return added(d.points for d in self.of_unit[card.unit.code])

    def inspected(self, card: Scorecard) -> bool:
        """Whether the unit has a score and its preconditions have all been seen."""
        a, code = self.plan.assessment, card.unit.code
        gate = gate_result(a.config, a.verifications, code)
        return card.total is not None and not gate_unseen(a.rulebook, gate)

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

    @property
    def items_subtitle(self) -> int:
        """Heading above the table of items."""
        return self.units_first + len(self.cards) + 1

    @property
    def items_first(self) -> int:
        """First line of the table of items."""
        return self.items_subtitle + 2

    @cached_property
    def unit_row(self) -> Mapping[str, int]:
        """Row of each unit by code."""
        return {card.unit.code: self.units_first + n for n, card in enumerate(self.cards)}

    def item_cells(self, column: int) -> str:
        """A column of the table of items."""
        last = self.items_first + len(self.listed) - 1
        return f"{ref(self.items_first, column, fixed=True)}:{ref(last, column, fixed=True)}"

    def _causes(self, card: Scorecard, score: ItemScore) -> tuple[str, ...]:
        change, decision = self.plan.assessment.verifications.get(card.unit.code), self.plan.assessment.decision
        found = []
        if change is not None:
            if any(f in change.fields for f in score.item.rule.inputs()):
                found.append(VALUE)
            if self._refused(card, score.item):
                found.append(REFUSAL)
            if score.verified_points is not None:
                found.append(AWARD)
        if decision is not None and any((a.unit, a.item) == (card.unit.code, score.item.id) for a in decision.adjustments):
            found.append(DECIDED)
        return tuple(found) or (MOVED,)

    def _refused(self, card: Scorecard, item: Item) -> bool:
        """Whether a refused row would have counted for the item."""
        a, code = self.plan.assessment, card.unit.code
        if not item.rule.lists() or code not in a.records:
            return False
        counted = {row.place for row in item.rule.counted_rows(accepted_facts(a.records[code], self.plan.findings_of(code)))}
        rows = ((list_id, row) for list_id in item.rule.lists() for row in a.records[code].lists.get(list_id, ()))
        return any(row.place in counted and row_id(a.rulebook.lists_by_id[list_id], row) in a.verifications[code].refused for list_id, row in rows)


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows: groups, units and items on pages of their own, the items under a heading that every page repeats."""
    found = _Comparison(page.book.plan)
    sample = chain(_group_lines(found), islice(_unit_lines(found), _SAMPLE), islice(_item_lines(found), _SAMPLE))
    widths = measured(_COLUMNS, list(sample))
    page.widths(widths)
    count, head = len(found.listed), found.items_first - 1
    page.rows = found.items_first + max(1, count)
    page.sheet.freeze_panes(1, 0)
    if count:
        page.sheet.autofilter(head, 0, head + count, len(_COLUMNS) - 1)
    page.sheet.set_h_pagebreaks([found.units_subtitle, *([found.items_subtitle] if count else [])])
    page.print_setup((head, head))
    found.links.extend(page.afford(len(found.cards), count))
    return _rows(page, found, widths)


def _rows(page: Page, found: _Comparison, widths: Sequence[float]) -> Rows:
    yield from page.top(_ABOUT, widths)
    yield page.subtitle(_FIRST_SUBTITLE, "一、各考核组")
    yield page.note(_FIRST_SUBTITLE + 1, _HOW_TO_READ, widths)
    yield from _table(page, found.groups_first - 1, _GROUPS, _group_lines(found), widths)
    yield page.subtitle(found.units_subtitle, "二、各单位（出入大的在前）")
    yield from _table(page, found.units_first - 1, _UNITS, _unit_lines(found), widths)
    cut = len(found.differences) - len(found.listed)
    more = f"，还有{cut}项出入较小的，工作表的行数不够，没有列出" if cut else ""
    yield page.subtitle(found.items_subtitle, f"三、各计分项（只列有出入的，出入大的在前{more}）")
    yield from _table(page, found.items_first - 1, _ITEMS, _item_lines(found), widths)
    if not found.differences:
        yield page.line(found.items_first, page.across(found.items_first, 0, len(_COLUMNS) - 1, _nothing(found), "muted"), 2 * LINE_POINTS)


def _table(page: Page, head: int, headings: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[float]) -> Rows:
    """Headings and the lines below them."""
    yield page.heads(head, headings, widths)
    table = Lines(page, _COLUMNS, widths)
    for n, cells in enumerate(rows, head + 1):
        yield table.line(n, cells)


def _unit_lines(found: _Comparison) -> Iterator[list[Cell]]:
    return (_unit_line(found, card) for card in found.cards)


def _item_lines(found: _Comparison) -> Iterator[list[Cell]]:
    return (_item_line(found, n, difference) for n, difference in enumerate(found.listed))


def _nothing(found: _Comparison) -> str:
    return _NOTHING if any(map(found.inspected, found.cards)) else f"还没有考核组的核定结果。{_NOTHING}"


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
    count = Fraction(sum(len(found.of_unit[card.unit.code]) for card in done))
    cells = _cells(rows, DIFFERENCE)
    statistics = (
        (f"SUM({_cells(rows, COUNT)})", count, "number"),
        (found.plan.summed(f"SUM({cells})"), total, _signed_style(total)),
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
    """Names of the units that are not inspected or have no score, by state, in the configuration's order."""
    names: dict[str, list[str]] = {}
    order = {unit.code: n for n, unit in enumerate(found.plan.assessment.config.cohort)}
    for card in sorted(cards, key=lambda c: order[c.unit.code]):
        if not found.inspected(card):
            names.setdefault(_state(card).chinese, []).append(card.unit.short)
    words = "；".join(f"{state}：{'、'.join(units)}" for state, units in names.items())
    return Styled(words, "text") if words else Styled("—", "muted")


def _not_own(found: _Comparison, cards: Sequence[Scorecard]) -> Cell:
    """How much of a group's corrections is not its own doing."""
    parts = []
    for cause, words in ((MOVED, "由别的单位核定引起的位次变动，不是更动本单位的数"), (DECIDED, "主席办公会议审定的分")):
        points = [d.points for card in cards for d in found.of_unit[card.unit.code] if cause in d.causes]
        if points:
            parts.append(f"其中{len(points)}项{_signed(added(points))}分是{words}")
    return Styled(f"{'；'.join(parts)}。", "text") if parts else Styled("—", "muted")


def _signed(points: Fraction) -> str:
    return f"{'+' if points > 0 else ''}{points_text(points)}"


def _signed_style(points: Fraction) -> str:
    return "difference" if points.denominator == 1 else "fraction difference"


def _difference(found: _Comparison, row: int, points: Fraction) -> Cell:
    """Verified less self of a line, as a formula."""
    return Styled(Formula(found.plan.summed(f"{ref(row, VERIFIED)}-{ref(row, SELF)}"), points), _signed_style(points))


# ── by unit ──


def _state(card: Scorecard) -> UnitState:
    """The state to list a unit under that has no inspected score."""
    return UnitState.PROVISIONAL if card.total is not None else card.state


def _unit_line(found: _Comparison, card: Scorecard) -> list[Cell]:
    linked = not found.links or found.links[0]
    name = Styled(Link(card.unit.short, found.plan.notes_spot(card.unit.code)), "link") if linked else Styled(card.unit.short, "centre")
    nothing = Styled("—", "muted")
    if card.capped is None or card.uncapped is None:
        return [name, card.group, Styled(card.state.chinese, UNIT_STYLE[card.state]), *[nothing] * (REASON - STATE - 1), card.reason]
    state, row, there = _state(card), found.unit_row[card.unit.code], found.plan.ranking_row[card.unit.code]
    changed = found.of_unit[card.unit.code]
    moved = added(d.points for d in changed if d.causes == (MOVED,))
    count: Cell = len(changed)
    moves: Cell = Styled(moved, _signed_style(moved))
    if found.differences and found.live:
        own = f"({found.item_cells(UNIT)}={ref(row, UNIT)})"
        count = Formula(f"SUMPRODUCT({own}*1)", Fraction(len(changed)))
        caused = f'SUMPRODUCT({own}*({found.item_cells(CAUSE)}="{MOVED}"),{found.item_cells(DIFFERENCE)})'
        moves = Styled(Formula(found.plan.summed(caused), moved), _signed_style(moved))
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


# ── by item ──


def _item_line(found: _Comparison, number: int, difference: _Difference) -> list[Cell]:
    card, score, row = difference.card, difference.score, found.items_first + number
    there = ref(found.plan.detail_row[card.unit.code], found.plan.detail_column[score.item.id], DETAIL, fixed=True)
    moved = difference.causes == (MOVED,)
    spot = found.plan.notes_spot(card.unit.code, found.plan.item_number[score.item.id])
    linked = not found.links or found.links[1]
    return [
        card.unit.short,
        card.group,
        Styled(Link(score.item.id, spot), "leading") if linked else score.item.id,
        score.item.title,
        score.self_points,
        Formula(there, score.points),
        _difference(found, row, difference.points),
        "不封顶" if score.maximum is None else score.maximum,
        "、".join(difference.causes),
        Styled("本单位的数没有更动；别的单位核定以后，位次随之变动。", "muted text") if moved else score.reason,
    ]
