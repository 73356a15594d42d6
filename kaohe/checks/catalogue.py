"""All checks, in the order of their codes, and the reference page made from them."""

from collections.abc import Iterator
from typing import TypeAlias

from kaohe.checks import across, decisions, fields, figures, form, inspection_lines, inspections, lists
from kaohe.checks.registry import (
    COHORT_CHECKS,
    DECISION_CHECKS,
    INSPECTION_CHECKS,
    UNIT_CHECKS,
    Check,
    CohortCase,
    DecisionCase,
    InspectionCase,
    UnitCase,
)

AnyCheck: TypeAlias = Check[UnitCase] | Check[CohortCase] | Check[InspectionCase] | Check[DecisionCase]

MODULES = (fields, figures, lists, form, across, inspections, inspection_lines, decisions)
"""Importing a module registers its checks; a new module is named here."""


def all_checks() -> Iterator[AnyCheck]:
    """Every registered check, by code."""
    checks: list[AnyCheck] = [*UNIT_CHECKS, *COHORT_CHECKS, *INSPECTION_CHECKS, *DECISION_CHECKS]
    yield from sorted(checks, key=lambda check: check.code)


def reference_page() -> str:
    """``docs/findings.md``: one entry for each check, in Chinese with the English meaning from its docstring."""
    lines = [
        "# 问题代码 (findings)",
        "",
        "本页由程序从检查项的登记表生成，不要手工修改：`uv run scripts/build_docs.py`。",
        "",
        "错误：该项（或该行）计 0 分，单位为“待更正”，改正后恢复。疑问：请单位核实，已有得分保留；标明“暂不计分”的，确定以前不用这个数。提示：不影响计分。",
        "",
        "| 代码 | 程度 | 问题 |",
        "|---|---|---|",
    ]
    lines += [f"| [{c.code}](#{c.code.lower()}) | {c.severity.value} | {c.title} |" for c in all_checks()]
    for check in all_checks():
        meaning = (check.run.__doc__ or "").strip().splitlines()[0]
        lines += [
            "",
            f"## {check.code}",
            "",
            f"**{check.title}**（{check.severity.value}{'，暂不计分' if check.withheld else ''}）",
            "",
            f"- 查到的：{check.found}",
            f"- 应当是：{check.expected}",
            f"- 怎么办：{check.action}",
            f"- *{meaning}*",
        ]
    return "\n".join(lines) + "\n"
