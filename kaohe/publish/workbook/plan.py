"""Where everything stands in the workbook, so that one sheet can refer to another before either is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from kaohe.cells import column_letter
from kaohe.checks.finding import Finding, Severity
from kaohe.rulebook.model import Item, Section
from kaohe.scoring.scorecard import Assessment, Scorecard

RANKING, DETAIL, NOTES, COMPARISON, EVIDENCE = "排名", "得分明细", "各单位计分说明", "自评核定对比", "佐证台账"
FINDINGS, FILES, READINGS, ABOUT = "问题清单", "报送情况", "计分口径", "说明"
SHEETS = (RANKING, DETAIL, NOTES, COMPARISON, EVIDENCE, FINDINGS, FILES, READINGS, ABOUT)

HEAD_ROW, FIRST_ROW = 2, 3
"""Rows (from 0) of the headings and of the first line, on every sheet but 得分明细 and 自评核定对比."""

DETAIL_SECTION_ROW, DETAIL_ID_ROW, DETAIL_MAX_ROW, DETAIL_CAP_ROW, DETAIL_BONUS_ROW, DETAIL_TITLE_ROW = range(2, 8)
DETAIL_FIRST_ROW = 8
DETAIL_PLACE, DETAIL_UNIT, DETAIL_FIRST_ITEM = 0, 1, 2
CAPPED_WORD, UNCAPPED_WORD, BONUS_WORD = "封顶", "不封顶", "加分"

PLACE, UNIT, GROUP, TOTAL, CAPPED, UNCAPPED, BONUS, STATE, ISSUES, REASON = range(10)
"""Columns of 排名."""

_SEVERITIES = tuple(Severity)


def ref(row: int, column: int, sheet: str = "", fixed: bool = False) -> str:
    """A cell reference for a formula, row and column from 0."""
    mark = "$" if fixed else ""
    place = f"{mark}{column_letter(column)}{mark}{row + 1}"
    return f"'{sheet}'!{place}" if sheet else place


@dataclass(frozen=True, slots=True)
class SectionColumns:
    """Columns of a section in 得分明细: its items side by side, then its subtotal."""

    section: Section
    items: tuple[Item, ...]
    first: int

    @property
    def subtotal(self) -> int:
        """Column of the subtotal."""
        return self.first + len(self.items)


@dataclass(frozen=True)
class Plan:
    """Rows and columns of one assessment's workbook, all from 0."""

    assessment: Assessment

    @cached_property
    def scored(self) -> tuple[Scorecard, ...]:
        """Units with a total, in ranking order."""
        return tuple(card for card in self.assessment.cards if card.total is not None)

    @cached_property
    def unscored(self) -> tuple[Scorecard, ...]:
        """Units without one."""
        return tuple(card for card in self.assessment.cards if card.total is None)

    @cached_property
    def whole(self) -> bool:
        """Whether every score is a whole number; otherwise sums are rounded so that equal totals stay equal."""
        return all(score.points.denominator == 1 for card in self.assessment.cards for score in card.items)

    def summed(self, expression: str) -> str:
        """A sum of scores as a formula."""
        return expression if self.whole else f"ROUND({expression},9)"

    @cached_property
    def ranking_row(self) -> Mapping[str, int]:
        """Row of each scored unit in 排名."""
        return {card.unit.code: FIRST_ROW + n for n, card in enumerate(self.scored)}

    @cached_property
    def detail_row(self) -> Mapping[str, int]:
        """Row of each scored unit in 得分明细."""
        return {card.unit.code: DETAIL_FIRST_ROW + n for n, card in enumerate(self.scored)}

    @cached_property
    def notes_row(self) -> Mapping[str, int]:
        """Row of each unit's heading in 各单位计分说明."""
        block = 1 + len(self.assessment.rulebook.items)
        return {card.unit.code: FIRST_ROW + n * block for n, card in enumerate(self.assessment.cards)}

    @cached_property
    def sections(self) -> tuple[SectionColumns, ...]:
        """The sections' columns in 得分明细."""
        found, column = [], DETAIL_FIRST_ITEM
        for section in self.assessment.rulebook.sections:
            found.append(SectionColumns(section, tuple(i for clause in section.clauses for i in clause.items), column))
            column = found[-1].subtotal + 1
        return tuple(found)

    @cached_property
    def detail_column(self) -> Mapping[str, int]:
        """Column of each item in 得分明细."""
        return {item.id: entry.first + n for entry in self.sections for n, item in enumerate(entry.items)}

    @property
    def detail_capped(self) -> int:
        """Column of 封顶项得分 in 得分明细; 不封顶项得分, 其中加分 and 总分 follow."""
        return self.sections[-1].subtotal + 1

    @property
    def detail_total(self) -> int:
        """Column of 总分 in 得分明细."""
        return self.detail_capped + 3

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Findings by unit in the configuration's order, the gravest first."""
        order = {unit.code: n for n, unit in enumerate(self.assessment.config.cohort)}
        return tuple(sorted(self.assessment.findings, key=lambda f: (order.get(f.unit, len(order)), _SEVERITIES.index(f.severity))))

    @cached_property
    def finding_row(self) -> Mapping[str, int]:
        """Row of each unit's first finding in 问题清单."""
        rows: dict[str, int] = {}
        for n, finding in enumerate(self.findings):
            rows.setdefault(finding.unit, FIRST_ROW + n)
        return rows

    def short(self, code: str | None) -> str:
        """A unit's short name; the code itself for a unit that the configuration does not know."""
        unit = self.assessment.config.units_by_code.get(code or "")
        return unit.short if unit else code or ""


def mean(values: list[Fraction]) -> float:
    """The arithmetic mean, exact before the last step."""
    return float(sum(values, Fraction(0)) / len(values))
