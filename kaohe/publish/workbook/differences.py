"""Sheet 逐项出入: every item that the groups' figures changed, the largest differences first."""

from collections.abc import Iterator
from fractions import Fraction

from kaohe.publish.workbook.compared import Difference, inspected
from kaohe.publish.workbook.page import Column, Page, Rows
from kaohe.publish.workbook.plan import DETAIL, DIFFERENCES, Plan, ref
from kaohe.publish.workbook.spread import FIRST_ROW
from kaohe.publish.workbook.values import Cell, Formula, Link, Styled

UNIT, GROUP, ITEM, TITLE, SELF, VERIFIED, POINTS, MOST, CAUSE, REASON = range(10)
"""Columns."""

_COLUMNS = (
    Column("单位", 14, 24, "centre"),
    Column("考核组", 9, 14, "centre"),
    Column("编号", 8, 10, "centre"),
    Column("计分项", 22, 30),
    Column("自评", 9, 12, "number"),
    Column("核定", 9, 12, "number"),
    Column("出入", 9, 12, "difference"),
    Column("满分", 9, 12, "number"),
    Column("更动来由", 13, 20, "centre"),
    Column("核定理由", 40, 58),
)
_NOTE = (
    "只列自评与核定不一样的计分项，出入大的在前；出入＝核定－自评，负数是核减。"
    "更动来由：核定值、不认可、核定分是考核组定的，审定分是主席办公会议定的，位次变动是别的单位核定以后引起的。"
)
_LEAD = "点编号看怎样计分。"
_NO_RESULT, _NOTHING = "还没有考核组的核定结果。", "自评和核定没有出入。"
_MOVED = "本单位的数没有更动；别的单位核定以后，位次随之变动。"


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows."""
    plan = page.book.plan
    start, stop = plan.spreads[DIFFERENCES].span(page.part)
    (linked,) = page.afford(stop - start)
    note = _NOTE + (_LEAD if linked and plan.differences else "")
    any_result = any(inspected(plan.assessment, card) for card in plan.scored)
    empty = _NOTHING if any_result else f"{_NO_RESULT}{_NOTHING}"
    _, rows = page.table(_COLUMNS, lambda first, last: _lines(plan, linked, first, last), (start, stop), note, empty)
    return rows


def signed_style(points: Fraction) -> str:
    """Style of a cell with a difference."""
    return "difference" if points.denominator == 1 else "fraction difference"


def _lines(plan: Plan, linked: bool, first: int, last: int) -> Iterator[list[Cell]]:
    for row, difference in enumerate(plan.differences[first:last], FIRST_ROW):
        yield _line(plan, row, difference, linked)


def _line(plan: Plan, row: int, difference: Difference, linked: bool) -> list[Cell]:
    card, score = difference.card, difference.score
    there = ref(plan.detail_row[card.unit.code], plan.detail_column[score.item.id], DETAIL, fixed=True)
    spot = plan.notes_spot(card.unit.code, plan.item_number[score.item.id])
    return [
        card.unit.short,
        card.group,
        Styled(Link(score.item.id, spot), "leading") if linked else score.item.id,
        score.item.title,
        score.self_points,
        Formula(there, score.points),
        Styled(Formula(plan.summed(f"{ref(row, VERIFIED)}-{ref(row, SELF)}"), difference.points), signed_style(difference.points)),
        "不封顶" if score.maximum is None else score.maximum,
        "、".join(difference.causes),
        Styled(_MOVED, "muted text") if difference.moved else score.reason,
    ]
