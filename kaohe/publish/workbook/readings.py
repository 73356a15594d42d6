"""Sheet 计分口径: where the notice can be read two ways, what was taken, and what else is possible."""

from kaohe.publish.workbook.page import Column, Page, Rows
from kaohe.publish.workbook.values import Cell, Styled
from kaohe.rulebook.model import Reading

_COLUMNS = (
    Column("序号", 6, 6, "number"),
    Column("条款", 12, 20, "centre"),
    Column("问题", 40, 46),
    Column("采用的口径", 30, 36),
    Column("其他口径", 30, 36),
    Column("设置名", 18, 24, "muted"),
)


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows."""
    lines = [_line(n, reading) for n, reading in enumerate(page.book.plan.assessment.rulebook.readings, 1)]
    note = "通知没有写明的地方，按“采用的口径”计分，由主席办公会议审定。要改的话，在 config.toml 的 [readings] 里改对应的设置名，重新运行即可。"
    _, rows = page.table(_COLUMNS, lambda first, last: lines[first:last], (0, len(lines)), note, "没有需要选择的口径。")
    return rows


def _line(number: int, reading: Reading) -> list[Cell]:
    others = [choice.text for choice in reading.choices if choice.id != reading.taken]
    return [number, "、".join(reading.clauses), reading.question, Styled(reading.choice(reading.taken).text, "text"), "\n".join(others), reading.id]
