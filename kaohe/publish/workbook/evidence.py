"""Sheet 佐证台账: every row of every list, whether it is valid, and which items it counts for."""

from collections.abc import Mapping
from datetime import date

from kaohe.checks.finding import Finding
from kaohe.intake.record import Cell as InputCell
from kaohe.intake.record import ListRow
from kaohe.publish.workbook.page import Book, Column
from kaohe.publish.workbook.plan import EVIDENCE, Plan
from kaohe.publish.workbook.values import Cell, Plain, Styled
from kaohe.rulebook.model import ListDef
from kaohe.scoring.scorecard import Scorecard
from kaohe.text import value_text

_COLUMNS = (
    Column("单位", 14, 24, "centre"),
    Column("清单", 13, 16, "centre"),
    Column("表内行号", 7, 7, "number"),
    Column("题目或名称", 24, 36),
    Column("日期", 15, 16, "centre"),
    Column("其他各栏", 28, 46),
    Column("是否有效", 9, 9, "centre"),
    Column("计入的计分项", 13, 16, "centre"),
    Column("说明", 20, 30),
)


def write(book: Book) -> None:
    """Write the sheet."""
    plan = book.plan
    rows = [
        _line(plan, card, entry, row)
        for unit in plan.assessment.config.cohort
        if (record := plan.assessment.records.get(unit.code)) is not None
        for card in (plan.assessment.card(unit.code),)
        for entry in plan.assessment.rulebook.lists
        for row in record.lists.get(entry.id, ())
    ]
    valid = sum(isinstance(cells[6], Styled) and cells[6].value == "有效" for cells in rows)
    note = f"采用的填报表里各清单的全部行，共{len(rows)}行，有效{valid}行。无效的行不计分，原因见“说明”；行号是单位填报表里看到的行号。"
    book.page(EVIDENCE).table(_COLUMNS, rows, note, "各单位的清单里都没有内容。")


def _line(plan: Plan, card: Scorecard, entry: ListDef, row: ListRow) -> list[Cell]:
    name = next((c for c in entry.key if entry.column(c).type == "text"), entry.key[0])
    day = next((c.id for c in entry.columns if c.type == "date"), None)
    others = [f"{c.label}：{_text(row.cells.get(c.id))}" for c in entry.columns if c.id not in (name, day) and _text(row.cells.get(c.id))]
    counted = row.place in {r.place for r in plan.assessment.facts[card.unit.code].list_rows(entry.id)}
    items = _items(plan, card, row) if counted else []
    words = _why(plan.assessment.findings_of(card.unit.code), row)
    if counted and not card.state.scored:
        words = [*words, f"单位{card.state.chinese}"]
    elif counted and not items:
        words = [*words, "不属于任何计分项要数的行"]
    return [
        card.unit.short,
        entry.label,
        row.number,
        _text(row.cells.get(name)),
        _day(row.cells, day),
        "；".join(others),
        Styled("有效", "good") if counted else Styled("无效", "error"),
        "、".join(items) or Styled("—", "muted"),
        "；".join(words),
    ]


def _items(plan: Plan, card: Scorecard, row: ListRow) -> list[str]:
    """Ids of the items that count this row; none where the unit has no score."""
    if not card.state.scored:
        return []
    facts, rulebook = plan.assessment.facts[card.unit.code], plan.assessment.rulebook
    return [i for i in rulebook.items_of_list[row.list_id] if row.place in {r.place for r in rulebook.items[i].rule.counted_rows(facts)}]


def _why(findings: tuple[Finding, ...], row: ListRow) -> list[str]:
    """Titles of this row's findings, each once."""
    found = (f"{f.severity.value}：{f.title}" for f in findings if (f.sheet, f.row) == row.place and f.field.partition(".")[0] == row.list_id)
    return list(dict.fromkeys(found))


def _text(cell: InputCell | None) -> str:
    """A cell as people write it: its value, or what was typed where that has no certain meaning."""
    if cell is None:
        return ""
    return cell.raw if cell.value is None else value_text(cell.value)


def _day(cells: Mapping[str, InputCell], column: str | None) -> Cell:
    cell = cells.get(column or "")
    if cell is not None and isinstance(cell.value, date):
        value: Plain = cell.value
        return Styled(value, "date")
    return _text(cell)
