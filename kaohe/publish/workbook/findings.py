"""Sheet 问题清单: every finding, by unit, the gravest first."""

from collections.abc import Iterator

from kaohe.checks.finding import Finding, Severity
from kaohe.publish.workbook.page import A3, Column, Page, Rows
from kaohe.publish.workbook.plan import FINDINGS, Plan
from kaohe.publish.workbook.styles import SEVERITY_STYLE
from kaohe.publish.workbook.values import Cell, Link, Styled

_COLUMNS = (
    Column("单位", 14, 22, "centre"),
    Column("程度", 7, 7, "centre"),
    Column("编号", 8, 10, "centre"),
    Column("问题", 16, 24),
    Column("工作表", 10, 14, "centre"),
    Column("单元格", 8, 10, "centre"),
    Column("填报项目", 18, 30),
    Column("填的内容", 14, 30),
    Column("应当", 18, 32),
    Column("怎样改", 20, 34),
    Column("条款", 9, 12, "centre"),
    Column("涉及计分项", 11, 14, "centre"),
    Column("文件", 18, 28),
)
_EFFECT = {Severity.ERROR: "更正前有关计分项计0分", Severity.DOUBT: "照计分，请单位核实", Severity.HINT: "供参考"}


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows."""
    plan = page.book.plan
    start, stop = plan.spreads[FINDINGS].span(page.part)
    links = page.afford(stop - start, stop - start, stop - start)
    counts = "；".join(f"{s.value}{sum(f.severity is s for f in plan.findings)}处（{_EFFECT[s]}）" for s in Severity)
    leads = [words for words, linked in zip(("点单位看计分说明", "点单元格看佐证台账里的这一行", "点计分项看怎样计分"), links, strict=True) if linked]
    note = f"{counts}。" + (f"{'，'.join(leads)}。" if leads and plan.findings else "")
    _, rows = page.table(_COLUMNS, lambda first, last: _lines(plan, links, first, last), (start, stop), note, "没有发现问题。", A3)
    return rows


def _lines(plan: Plan, links: list[bool], first: int, last: int) -> Iterator[list[Cell]]:
    for finding in plan.findings[first:last]:
        yield _line(plan, finding, links)


def _line(plan: Plan, finding: Finding, links: list[bool]) -> list[Cell]:
    known = finding.unit in plan.card
    name: Cell = plan.short(finding.unit)
    cell: Cell = finding.cell
    ids: Cell = "、".join(finding.items)
    if known and links[0]:
        name = Styled(Link(plan.short(finding.unit), plan.notes_spot(finding.unit)), "leading")
    if known and links[1] and finding.row is not None and not finding.of_group:
        spot = plan.evidence_spot(finding.unit, finding.field.partition(".")[0], (finding.sheet, finding.row))
        cell = finding.cell if spot is None else Styled(Link(finding.cell, spot), "leading")
    number = plan.item_number.get(finding.items[0]) if finding.items else None
    if known and links[2] and number is not None:
        ids = Styled(Link("、".join(finding.items), plan.notes_spot(finding.unit, number)), "leading")
    return [
        name,
        Styled(finding.severity.value, SEVERITY_STYLE[finding.severity]),
        finding.code,
        finding.title,
        finding.sheet,
        cell,
        finding.label,
        finding.found,
        finding.expected,
        finding.action,
        finding.clause,
        ids,
        finding.file,
    ]
