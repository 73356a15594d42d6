"""Sheet 问题清单: every finding, by unit, the gravest first."""

from kaohe.checks.finding import Finding, Severity
from kaohe.publish.workbook.page import A3, Book, Column
from kaohe.publish.workbook.plan import FINDINGS, Plan
from kaohe.publish.workbook.styles import SEVERITY_STYLE
from kaohe.publish.workbook.values import Cell, Styled

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


def write(book: Book) -> None:
    """Write the sheet."""
    plan = book.plan
    counts = "；".join(f"{s.value}{sum(f.severity is s for f in plan.findings)}处（{_EFFECT[s]}）" for s in Severity)
    book.page(FINDINGS).table(_COLUMNS, [_line(plan, finding) for finding in plan.findings], f"{counts}。", "没有发现问题。", A3)


def _line(plan: Plan, finding: Finding) -> list[Cell]:
    return [
        plan.short(finding.unit),
        Styled(finding.severity.value, SEVERITY_STYLE[finding.severity]),
        finding.code,
        finding.title,
        finding.sheet,
        finding.cell,
        finding.label,
        finding.found,
        finding.expected,
        finding.action,
        finding.clause,
        "、".join(finding.items),
        finding.file,
    ]
