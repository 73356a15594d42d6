"""Where everything stands in the workbook, so that one sheet can refer to another before either is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kaohe.cells import column_letter
from kaohe.checks.finding import Finding, Severity
from kaohe.intake.record import Change, ListRow, ReceivedFile
from kaohe.publish.workbook.compared import Difference, causes_of
from kaohe.publish.workbook.spread import FIRST_ROW, Limits, Spread
from kaohe.publish.workbook.tally import Tally, tally
from kaohe.publish.workbook.values import Spot
from kaohe.rulebook.model import Item, ListDef, Section
from kaohe.scoring.scorecard import Assessment, Scorecard

RANKING, CHARTS, DETAIL, NOTES, COMPARISON, DIFFERENCES = "排名", "图表", "得分明细", "各单位计分说明", "自评核定对比", "逐项出入"
EVIDENCE, FINDINGS, FILES, VERSIONS, READINGS, ABOUT = "佐证台账", "问题清单", "报送情况", "版本差异", "计分口径", "说明"
SHEETS = (RANKING, CHARTS, DETAIL, NOTES, COMPARISON, DIFFERENCES, EVIDENCE, FINDINGS, FILES, VERSIONS, READINGS, ABOUT)

CONTINUED = (NOTES, DIFFERENCES, EVIDENCE, FINDINGS, FILES, VERSIONS)
"""Sheets that go on over further ones where a sheet has too few rows."""

HEAD_ROW = FIRST_ROW - 1
"""Row (from 0) of the headings, on every sheet but 图表, 得分明细 and 自评核定对比."""

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
    """Rows and columns of one assessment's workbook, all from 0; and what of it is looked up for every unit."""

    assessment: Assessment
    limits: Limits = field(default_factory=Limits)

    # ── where things stand ──

    @cached_property
    def spreads(self) -> Mapping[str, Spread]:
        """Tables that may go on over further sheets."""
        blocks = {
            NOTES: (len(self.assessment.cards), 1 + len(self.assessment.rulebook.items)),
            DIFFERENCES: (len(self.differences), 1),
            EVIDENCE: (self.evidence_rows, 1),
            FINDINGS: (len(self.findings), 1),
            FILES: (len(self.files), 1),
            VERSIONS: (len(self.changes), 1),
        }
        return {name: Spread(name, count, size, self.limits.rows) for name, (count, size) in blocks.items()}

    @cached_property
    def sheets(self) -> tuple[tuple[str, str, int], ...]:
        """Every sheet in order: its name, which of ``SHEETS`` it is, and which part of it."""
        found = []
        for base in SHEETS:
            names = self.spreads[base].sheets if base in self.spreads else (base,)
            found += [(name, base, part) for part, name in enumerate(names)]
        return tuple(found)

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

    def notes_spot(self, code: str, item: int | None = None, column: int = 0) -> Spot:
        """A unit's heading in 各单位计分说明, or its line of the item with that number (from 0)."""
        return self.spreads[NOTES].spot(self._order_of_cards[code], 0 if item is None else 1 + item, column)

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
    def item_number(self) -> Mapping[str, int]:
        """Number of each item (from 0) in the notice's order."""
        return {item: n for n, item in enumerate(self.assessment.rulebook.items)}

    # ── findings ──

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Findings by unit in the configuration's order, the gravest first."""
        order = self._order_of_units
        return tuple(sorted(self.assessment.findings, key=lambda f: (order.get(f.unit, len(order)), _SEVERITIES.index(f.severity))))

    @cached_property
    def findings_by_unit(self) -> Mapping[str, tuple[Finding, ...]]:
        """Findings about each unit's own form, as the assessment has them."""
        found: dict[str, list[Finding]] = {}
        for finding in self.assessment.findings:
            if not finding.of_group:
                found.setdefault(finding.unit, []).append(finding)
        return {code: tuple(entries) for code, entries in found.items()}

    def findings_of(self, code: str) -> tuple[Finding, ...]:
        """Findings about one unit's own form."""
        return self.findings_by_unit.get(code, ())

    @cached_property
    def _open_findings(self) -> Mapping[str, Mapping[Severity, int]]:
        found: dict[str, dict[Severity, int]] = {}
        for code, findings in self.findings_by_unit.items():
            counts = found[code] = dict.fromkeys(Severity, 0)
            for finding in findings:
                counts[finding.severity] += not finding.settled
        return found

    def open_findings(self, code: str) -> Mapping[Severity, int]:
        """How many findings of each severity the unit still has to see to."""
        return self._open_findings.get(code, {})

    @cached_property
    def _finding_numbers(self) -> Mapping[tuple[str, ...], int]:
        """First finding of a unit, of a list's row, and of an item."""
        found: dict[tuple[str, ...], int] = {}
        for n, f in enumerate(self.findings):
            found.setdefault((f.unit,), n)
            if f.of_group:
                continue
            if f.row is not None:
                found.setdefault((f.unit, f.field.partition(".")[0], f.sheet, str(f.row)), n)
            for item in f.items:
                found.setdefault((f.unit, item), n)
        return found

    def finding_spot(self, code: str) -> Spot | None:
        """A unit's first line in 问题清单; None where it has none."""
        return self._finding_spot((code,))

    def row_finding_spot(self, code: str, row: ListRow) -> Spot | None:
        """The first finding about a list's row."""
        return self._finding_spot((code, row.list_id, row.sheet, str(row.number)))

    def item_finding_spot(self, code: str, item: str) -> Spot | None:
        """The first finding that concerns an item of a unit."""
        return self._finding_spot((code, item))

    def _finding_spot(self, key: tuple[str, ...]) -> Spot | None:
        number = self._finding_numbers.get(key)
        return None if number is None else self.spreads[FINDINGS].spot(number)

    # ── self and verified ──

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """Items that differ, the largest first; equal ones in ranking order and the notice's."""
        a, changed = self.assessment, ((card, s) for card in self.scored for s in card.items if s.points != s.self_points)
        found = (Difference(card, s, causes_of(a, card, s, self.findings_of(card.unit.code))) for card, s in changed)
        return tuple(sorted(found, key=lambda d: -abs(d.points)))

    @cached_property
    def differences_by_unit(self) -> Mapping[str, tuple[Difference, ...]]:
        """Differences of every scored unit, the largest first."""
        found: dict[str, list[Difference]] = {card.unit.code: [] for card in self.scored}
        for difference in self.differences:
            found[difference.card.unit.code].append(difference)
        return {code: tuple(differences) for code, differences in found.items()}

    # ── evidence ──

    @cached_property
    def evidence_rows(self) -> int:
        """How many rows all lists of all units have."""
        return sum(len(rows) for _, _, rows in self.evidence())

    def evidence(self) -> Iterator[tuple[str, ListDef, Sequence[ListRow]]]:
        """Lists with rows, as 佐证台账 has them: unit code, the list, its rows."""
        for unit in self.assessment.config.cohort:
            record = self.assessment.records.get(unit.code)
            for entry in self.assessment.rulebook.lists if record is not None else ():
                rows = record.lists.get(entry.id, ()) if record is not None else ()
                if rows:
                    yield unit.code, entry, rows

    @cached_property
    def _evidence_numbers(self) -> Mapping[tuple[str, str], int]:
        """Where each list of each unit begins in 佐证台账."""
        found, number = {}, 0
        for code, entry, rows in self.evidence():
            found[code, entry.id] = number
            number += len(rows)
        return found

    def evidence_spot(self, code: str, list_id: str, place: tuple[str, int] | None = None) -> Spot | None:
        """A unit's first row of a list in 佐证台账, or the row at a place of its form; None where there is none."""
        number = self._evidence_numbers.get((code, list_id))
        if number is None:
            return None
        if place is not None:
            found = next((n for n, row in enumerate(self.assessment.records[code].lists[list_id]) if row.place == place), None)
            if found is None:
                return None
            number += found
        return self.spreads[EVIDENCE].spot(number)

    # ── units and files ──

    @cached_property
    def card(self) -> Mapping[str, Scorecard]:
        """Scorecards by unit code."""
        return {card.unit.code: card for card in self.assessment.cards}

    @cached_property
    def _order_of_cards(self) -> Mapping[str, int]:
        return {card.unit.code: n for n, card in enumerate(self.assessment.cards)}

    @cached_property
    def _order_of_units(self) -> Mapping[str, int]:
        return {unit.code: n for n, unit in enumerate(self.assessment.config.cohort)}

    @cached_property
    def files(self) -> tuple[tuple[str, ReceivedFile | None], ...]:
        """Lines of 报送情况: the files of each unit in order, None where it sent nothing, then those of no known unit (code "")."""
        sent: dict[str, list[ReceivedFile]] = {unit.code: [] for unit in self.assessment.config.cohort}
        strange: list[ReceivedFile] = []
        for file in self.assessment.files:
            sent.get(file.unit or "", strange).append(file)
        lines: list[tuple[str, ReceivedFile | None]] = []
        for code, files in sent.items():
            lines += [(code, file) for file in files] or [(code, None)]
        return (*lines, *(("", file) for file in strange))

    @cached_property
    def changes(self) -> tuple[tuple[ReceivedFile, Change], ...]:
        """Lines of 版本差异: what each file that was replaced has otherwise than the one that counts."""
        return tuple((file, change) for file in self.assessment.files for change in file.changes)

    @cached_property
    def _change_numbers(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for n, (file, _) in enumerate(self.changes):
            found.setdefault(file.name, n)
        return found

    def changes_spot(self, file: ReceivedFile) -> Spot:
        """The first line in 版本差异 about a file that has any."""
        return self.spreads[VERSIONS].spot(self._change_numbers[file.name])

    def short(self, code: str | None) -> str:
        """A unit's short name; the code itself for a unit that the configuration does not know."""
        unit = self.assessment.config.units_by_code.get(code or "")
        return unit.short if unit else code or ""

    # ── points ──

    @cached_property
    def item_tallies(self) -> Mapping[str, Tally]:
        """Points of the scored units in each item."""
        return {item: tally([card.items[n].points for card in self.scored]) for item, n in self.item_number.items()}

    @cached_property
    def section_tallies(self) -> Mapping[str, Tally]:
        """Points of the scored units in each section."""
        return {entry.section.id: tally([card.sections[entry.section.id] for card in self.scored]) for entry in self.sections}
