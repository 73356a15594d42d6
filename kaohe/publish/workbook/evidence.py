"""Sheet 佐证台账: every row of every list, whether it is valid, and which items it counts for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice

from kaohe.intake.record import Cell as InputCell
from kaohe.intake.record import ListRow
from kaohe.publish.workbook.page import Column, Page, Rows
from kaohe.publish.workbook.plan import EVIDENCE, Plan
from kaohe.publish.workbook.values import Cell, Link, Styled
from kaohe.rulebook.model import ListDef
from kaohe.text import value_text

_COLUMNS = (
    Column("单位", 14, 24, "centre"),
    Column("清单", 13, 16, "centre"),
    Column("表内行号", 7, 7, "number"),
    Column("题目或名称", 24, 36),
    Column("日期", 15, 16, "centre"),
    Column("其他各栏", 28, 48),
    Column("是否有效", 9, 9, "centre"),
    Column("计入的计分项", 13, 16, "centre"),
    Column("说明", 20, 28),
)
_VALID, _INVALID, _NONE = Styled("有效", "good"), Styled("无效", "error"), Styled("—", "muted")


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows."""
    plan = page.book.plan
    start, stop = plan.spreads[EVIDENCE].span(page.part)
    lists = list(plan.evidence())
    valid = sum(len(plan.assessment.facts[code].list_rows(entry.id)) for code, entry, _ in lists)
    units = len({code for code, _, _ in lists})
    rows_with_findings = sum(finding.row is not None for finding in plan.findings)
    links = _Links(*page.afford(units, rows_with_findings, stop - start - units, stop - start))
    note = f"采用的填报表里各清单的全部行，共{plan.evidence_rows}行，有效{valid}行。无效的行不计分，原因见“说明”；行号是单位填报表里看到的行号。"
    if links.units:
        note += "点单位回计分说明" + ("，点计分项看怎样计分" if links.items else "") + ("，点说明看问题。" if links.findings else "。")
    _, rows = page.table(_COLUMNS, lambda first, last: islice(_lines(plan, links), first, last), (start, stop), note, "各单位的清单里都没有内容。")
    return rows


@dataclass(frozen=True, slots=True)
class _Links:
    """Which kinds of links the sheet has room for: a unit's first row, rows with findings, a unit's other rows, items."""

    units: bool
    findings: bool
    every: bool
    items: bool


def _lines(plan: Plan, links: _Links) -> Iterator[list[Cell]]:
    before = ""
    shapes = {entry.id: _Shape(entry) for entry in plan.assessment.rulebook.lists}
    for code, entry, rows in plan.evidence():
        found, shape = _Rows(plan, code, entry), shapes[entry.id]
        for row in rows:
            linked = links.every if code == before else links.units
            yield _line(found, shape, row, links, linked)
            before = code


class _Shape:
    """Which columns of a list stand where."""

    def __init__(self, entry: ListDef) -> None:
        self.name = next((c for c in entry.key if entry.column(c).type == "text"), entry.key[0])
        self.day = next((c.id for c in entry.columns if c.type == "date"), None)
        self.others = [(c.id, f"{c.label}：") for c in entry.columns if c.id not in (self.name, self.day)]


@dataclass(frozen=True)
class _Rows:
    """What is known of the rows of one list of one unit."""

    plan: Plan
    code: str
    entry: ListDef

    @cached_property
    def counted(self) -> frozenset[tuple[str, int]]:
        """Places of the valid rows."""
        return frozenset(row.place for row in self.plan.assessment.facts[self.code].list_rows(self.entry.id))

    @cached_property
    def items(self) -> Mapping[tuple[str, int], Sequence[str]]:
        """Ids of the items that count each row; none where the unit has no score."""
        found: dict[tuple[str, int], list[str]] = {}
        a = self.plan.assessment
        if self.plan.card[self.code].state.scored:
            for item in a.rulebook.items_of_list[self.entry.id]:
                for row in a.rulebook.items[item].rule.counted_rows(a.facts[self.code]):
                    found.setdefault(row.place, []).append(item)
        return found

    @cached_property
    def why(self) -> Mapping[tuple[str, int | None], Sequence[str]]:
        """Titles of each row's findings, each once."""
        found: dict[tuple[str, int | None], dict[str, None]] = {}
        for f in self.plan.findings_of(self.code):
            if f.row is not None and f.field.partition(".")[0] == self.entry.id:
                found.setdefault((f.sheet, f.row), {})[f"{f.severity.value}：{f.title}"] = None
        return {place: list(words) for place, words in found.items()}


def _line(found: _Rows, shape: _Shape, row: ListRow, links: _Links, linked: bool) -> list[Cell]:
    plan, cells = found.plan, row.cells
    card = plan.card[found.code]
    others = [f"{label}{text}" for column, label in shape.others if (text := _text(cells.get(column)))]
    counted = row.place in found.counted
    items = found.items.get(row.place, ()) if counted else ()
    words = found.why.get(row.place, ())
    spot = plan.row_finding_spot(found.code, row) if words and links.findings else None
    if counted and not card.state.scored:
        words = [*words, f"单位{card.state.chinese}"]
    elif counted and not items:
        words = [*words, "不属于任何计分项要数的行"]
    why = "；".join(words)
    ids: Cell = "、".join(items) or _NONE
    if items and links.items:
        ids = Styled(Link("、".join(items), plan.notes_spot(found.code, plan.item_number[items[0]])), "leading")
    return [
        Styled(Link(card.unit.short, plan.notes_spot(found.code)), "leading") if linked else card.unit.short,
        found.entry.label,
        row.number,
        _text(cells.get(shape.name)),
        _day(cells, shape.day),
        "；".join(others),
        _VALID if counted else _INVALID,
        ids,
        why if spot is None else Styled(Link(why, spot), "leading text"),
    ]


def _text(cell: InputCell | None) -> str:
    """A cell as people write it: its value, or what was typed where that has no certain meaning."""
    if cell is None:
        return ""
    value = cell.value
    if type(value) is str:
        return value
    return cell.raw if value is None else value_text(value)


def _day(cells: Mapping[str, InputCell], column: str | None) -> Cell:
    cell = cells.get(column or "")
    if cell is not None and isinstance(cell.value, date):
        return Styled(cell.value, "date")
    return _text(cell)
