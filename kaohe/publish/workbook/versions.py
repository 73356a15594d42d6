"""Sheet 版本差异: what changed between the versions that a unit sent, each beside the one that counts."""

from collections.abc import Iterator

from kaohe.publish.workbook.page import Column, Page, Rows
from kaohe.publish.workbook.plan import VERSIONS, Plan
from kaohe.publish.workbook.values import Cell, Styled

_COLUMNS = (
    Column("单位", 14, 24, "centre"),
    Column("原来的文件", 36, 52),
    Column("工作表", 12, 18, "centre"),
    Column("单元格", 8, 8, "centre"),
    Column("填报项目", 24, 36),
    Column("原来", 18, 40),
    Column("后来", 18, 40),
)
_NOTE = "同一单位报送几份的，以最后一份能采用的为准；这里列出每一份较早的与采用的有哪些不同。"
_EMPTY = "没有单位报送过几份不同的表。"


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows."""
    plan = page.book.plan
    _, rows = page.table(_COLUMNS, lambda first, last: _lines(plan, first, last), plan.spreads[VERSIONS].span(page.part), _NOTE, _EMPTY)
    return rows


def _lines(plan: Plan, first: int, last: int) -> Iterator[list[Cell]]:
    for file, change in plan.changes[first:last]:
        values = (Styled(text, "text") if text else Styled("（空）", "muted text") for text in (change.before, change.after))
        yield [plan.short(file.unit), file.name, change.sheet, change.cell, change.label, *values]
