"""Checks of evidence rows: complete, in the period, not repeated."""

from collections.abc import Iterator
from datetime import date

from kaohe.checks.finding import Severity
from kaohe.checks.registry import Hit, UnitCase, row_hit, unit_check
from kaohe.intake.record import ListRow, Problem
from kaohe.rulebook.facts import CellValue
from kaohe.rulebook.model import ListDef
from kaohe.text import date_text, match_key


def _rows(case: UnitCase) -> Iterator[tuple[ListDef, ListRow]]:
    for entry in case.rulebook.lists:
        for row in case.record.lists[entry.id]:
            yield entry, row


@unit_check(
    "V-401",
    Severity.ERROR,
    "清单行未填全",
    found="第{row}行的“{column}”空白",
    expected="带 * 的列都要填",
    action="请补填；这一行不需要的，请整行清空",
)
def row_incomplete(case: UnitCase) -> Iterator[Hit]:
    """A required column of a list row is blank: the row earns nothing."""
    for entry, row in _rows(case):
        if all(cell.blank or cell.problem is Problem.PICTURE for cell in row.cells.values()):
            continue
        for column in entry.columns:
            if column.required and row.cells[column.id].blank:
                yield row_hit(case.rulebook, row, column.id, {"row": str(row.number), "column": column.label})


@unit_check(
    "V-402",
    Severity.ERROR,
    "日期不在考核期内",
    found="第{row}行的日期是{date}",
    expected="{start}至{end}",
    action="日期填错的请改正；确实不在考核期内的不计分，请整行清空",
)
def out_of_period(case: UnitCase) -> Iterator[Hit]:
    """A date outside the assessment period: the row earns nothing."""
    period = case.config.period
    for entry, row in _rows(case):
        for column in entry.columns:
            value = row.cells[column.id].value
            if column.type == "date" and isinstance(value, date) and not period.start <= value <= period.end:
                values = {"row": str(row.number), "date": date_text(value), "start": date_text(period.start), "end": date_text(period.end)}
                yield row_hit(case.rulebook, row, column.id, values)


@unit_check(
    "V-403",
    Severity.ERROR,
    "清单行重复",
    found="第{row}行与{first}的{columns}相同",
    expected="同一件事只填一行",
    action="请清空重复的一行；确实不是同一件事的，请把名称写得能够区分",
)
def row_repeated(case: UnitCase) -> Iterator[Hit]:
    """A row repeats an earlier one of the same unit: it earns nothing."""
    seen: dict[tuple[object, ...], ListRow] = {}
    for entry, row in _rows(case):
        key = row_key(entry, row)
        if key is None:
            continue
        first = seen.setdefault(key, row)
        if first is not row:
            columns = "、".join(entry.column(c).label for c in entry.key)
            yield row_hit(case.rulebook, row, entry.key[-1], {"row": str(row.number), "first": _where(first, row), "columns": columns})


def _where(first: ListRow, row: ListRow) -> str:
    return f"第{first.number}行" if first.sheet == row.sheet else f"“{first.sheet}”第{first.number}行"


def row_key(entry: ListDef, row: ListRow) -> tuple[object, ...] | None:
    """What makes two rows of a list the same, after normalising; None while part of it is missing."""
    values = [row.cells[column_id].value for column_id in entry.key]
    if any(value is None for value in values):
        return None
    return (entry.id, *(_key_part(value) for value in values))


def _key_part(value: CellValue | None) -> CellValue | None:
    return match_key(value) if isinstance(value, str) else value
