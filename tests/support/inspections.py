"""Inspection forms as a group on the road would fill them, and assessments with and without them, without a clock."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any, TypeAlias

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.checks import catalogue
from kaohe.checks.finding import Finding
from kaohe.checks.registry import run_checks, run_inspection_checks
from kaohe.config.loader import Office
from kaohe.config.model import GateResult
from kaohe.forms.inspection import InspectionTask, build_inspection
from kaohe.intake.arrival import Arrival
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.record import ReceivedFile, Record, Verdict
from kaohe.publish.inspection import inspection_tasks
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment
from tests.support import sample
from tests.support.forms import NOON, opened, saved
from tests.support.seals import KEY, seals

Answers: TypeAlias = Mapping[str, Any]
"""Line id → the answer, or a pair of answer and reason."""

VISITED: dict[str, str] = {"visit:date": "2014-12-05", "visit:met": "张主席"}
FOUND: dict[str, str] = {"gate:gate_institution": "具备", "gate:gate_staff": "具备", "gate:gate_funding": "具备"} | VISITED
"""A unit that lacks nothing."""

PASSED = GateResult(gate_institution=True, gate_staff=True, gate_funding=True)
CHECK_MODULES = catalogue.MODULES
"""Naming them here makes sure that every check is registered."""

GROUPS = ("第一组", "第二组", "第三组", "第四组")
CODES = ("xinzheng", "jinshui", "zhongyuan", "xingyang", "shangjie", "gaoxin", "dengfeng", "xinmi", "guancheng", "zhongmu", "erqi", "huiji")


def unit_sheets(book: Workbook) -> dict[str, Worksheet]:
    """The units' sheets by unit code, known by the mark in the hidden first row."""
    found: dict[str, Worksheet] = {}
    for page in book.worksheets:
        assert isinstance(page, Worksheet)
        for cell in page[1]:
            if str(cell.value or "").startswith("unit:"):
                found[str(cell.value).removeprefix("unit:")] = page
    return found


def line_rows(page: Worksheet) -> dict[str, int]:
    """Row of each line, by the hidden id in column A."""
    return {str(row[0].value): row[0].row for row in page.iter_rows(min_row=2, max_col=1) if row[0].value is not None}


def column_letters(page: Worksheet) -> dict[str, str]:
    """Letter of each column, by the hidden id in row 1."""
    return {str(cell.value): cell.column_letter for cell in page[1] if cell.value is not None}


def fill_inspection(form: bytes, answers: Mapping[str, Answers]) -> bytes:
    """A filled copy: by unit code, answers by line id. A pair is an answer and its reason; a lone answer has no reason."""
    book = opened(form)
    pages = unit_sheets(book)
    for code, given in answers.items():
        page = pages[code]
        rows, columns = line_rows(page), column_letters(page)
        for line, entry in given.items():
            value, reason = entry if isinstance(entry, tuple) else (entry, None)
            page[f"{columns['verified']}{rows[line]}"] = value
            if reason is not None:
                page[f"{columns['reason']}{rows[line]}"] = reason
    return saved(book)


@cache
def _places(form: bytes) -> Mapping[str, tuple[str, str, Mapping[str, tuple[int, str]]]]:
    """By unit code: sheet, letter of the answers, and row and label of each line."""
    found = {}
    for code, page in unit_sheets(opened(form)).items():
        letters = column_letters(page)
        lines = {line: (row, str(page[f"{letters['label']}{row}"].value)) for line, row in line_rows(page).items()}
        found[code] = (page.title, letters["verified"], lines)
    return found


def units_in(form: bytes) -> list[str]:
    """Codes of the units that a form has a sheet for."""
    return list(_places(form))


def answer_cell(form: bytes, code: str, line: str) -> tuple[str, str]:
    """Sheet and cell of an answer, as an inspector sees it."""
    sheet, letter, lines = _places(form)[code]
    return sheet, f"{letter}{lines[line][0]}"


def row_line(form: bytes, code: str, text: str) -> str:
    """The id of the one list row whose description holds this text."""
    (found,) = [line for line, (_, label) in _places(form)[code][2].items() if line.startswith("row:") and text in label]
    return found


@dataclass(frozen=True)
class Year:
    """Twelve units that have reported, made from figures without any workbook; inspection forms are real workbooks."""

    records: Mapping[str, Record]
    gate: Mapping[str, GateResult] = field(default_factory=dict)

    @cached_property
    def office(self) -> Office:
        """The repository's own configuration with these gate results."""
        return sample.office(gate=self.gate)

    def with_record(self, code: str, fields: Mapping[str, Any], rows: sample.Rows | None = None) -> "Year":
        """The same year, but this unit says something else."""
        return replace(self, records={**self.records, code: sample.record(self.office, code, fields, rows)})

    def with_gate(self, gate: Mapping[str, GateResult]) -> "Year":
        """The same year with these gate results in the configuration."""
        return replace(self, gate=gate)

    def assessment(self, *forms: bytes) -> Assessment:
        """The assessment with these inspection forms, the oldest first."""
        office, intake = self.office, self.intake(*forms)
        files = [
            ReceivedFile(own_file(code), hashlib.sha256(code.encode()).hexdigest(), 1, NOON, NOON, Verdict.ACCEPTED, "采用", code)
            for code in self.records
        ]
        findings = run_checks(office.config, office.rulebook, self.records, {code: own_file(code) for code in self.records})
        findings += run_inspection_checks(office.config, office.rulebook, self.records, intake.inspections)
        return assess(office, self.records, findings, (*files, *intake.files), intake.inspections)

    def intake(self, *forms: bytes) -> Intake:
        """What intake makes of these inspection forms alone."""
        found = [Arrival(f"核查{n}.xlsx", data, hashlib.sha256(data).hexdigest(), NOON + n) for n, data in enumerate(forms, start=1)]
        return take_in(self.office, found, lambda _: NOON, seals=seals)

    def tasks(self) -> dict[str, InspectionTask]:
        """What each group takes on the road, by the group's name."""
        return {task.group: task for task in inspection_tasks(self.assessment())}

    @cached_property
    def _tasks(self) -> Mapping[str, InspectionTask]:
        return self.tasks()

    @cached_property
    def forms(self) -> Mapping[str, bytes]:
        """The unfilled inspection forms, by the group's name."""
        return {group: build_inspection(self.office.rulebook, task, KEY) for group, task in self.tasks().items()}

    def form(self, code: str) -> bytes:
        """The unfilled form of the group that inspects a unit."""
        return self.forms[self.office.config.group_of[code].name]

    def form_for(self, *codes: str) -> bytes:
        """A form of one group with the sheets of these units alone."""
        task = self._tasks[self.office.config.group_of[codes[0]].name]
        return build_inspection(self.office.rulebook, replace(task, units=tuple(unit for unit in task.units if unit.code in codes)), KEY)

    def filled(self, answers: Mapping[str, Answers]) -> bytes:
        """A form of one group with the sheets of these units and these answers."""
        return fill_inspection(self.form_for(*answers), answers)

    def inspected(self, answers: Mapping[str, Answers]) -> Assessment:
        """The assessment with one group's form filled so."""
        return self.assessment(self.filled(answers))

    def group_findings(self, *forms: bytes) -> tuple[Finding, ...]:
        """What the checks of inspection forms say of these."""
        office = self.office
        return run_inspection_checks(office.config, office.rulebook, self.records, self.intake(*forms).inspections)


def own_file(code: str) -> str:
    """Name of a unit's submission."""
    return f"{code}.xlsx"


def year(rows: Mapping[str, sample.Rows] | None = None, changed: Mapping[str, Mapping[str, Any]] | None = None, absent: Sequence[str] = ()) -> Year:
    """Every unit with plausible figures (members grow by 1%, 2.5%, 4% … in the cohort's order) and these instead, and only these list rows."""
    office = sample.office()
    records = {}
    for n, code in enumerate(CODES):
        if code not in absent:
            fields = sample.full_fields(office, n) | dict((changed or {}).get(code, {}))
            records[code] = sample.record(office, code, fields, (rows or {}).get(code))
    return Year(records)


def scores(assessment: Assessment) -> dict[str, tuple[Any, ...]]:
    """Items, totals and place of every unit, for comparing whole assessments."""
    return {
        card.unit.code: (
            card.state,
            card.reason,
            tuple((s.item.id, s.points, s.state, s.why, s.standing) for s in card.items),
            dict(card.sections),
            card.total,
            card.place,
            card.capped,
            card.uncapped,
            card.bonus,
        )
        for card in assessment.cards
    }
