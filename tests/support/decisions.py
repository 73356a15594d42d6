"""Decision forms as they come back from the chairmen's meeting, and assessments under them, without a clock."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, TypeAlias

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.checks import catalogue
from kaohe.checks.finding import Finding
from kaohe.checks.registry import DecisionCase, run_decision_checks
from kaohe.config.loader import Office
from kaohe.config.model import GateResult
from kaohe.forms.decision import build_decision
from kaohe.intake.arrival import Arrival
from kaohe.intake.decision import DecisionForm
from kaohe.intake.inbox import Intake, take_in
from kaohe.publish.decision import decision_task
from kaohe.scoring.decide import decide, decision_case
from kaohe.scoring.scorecard import Assessment
from tests.support import sample
from tests.support.forms import NOON, opened, saved
from tests.support.inspections import CODES, PASSED, Year, year
from tests.support.seals import KEY, seals

CHECK_MODULES = catalogue.MODULES
"""Naming them here makes sure that every check is registered."""

Adjusted: TypeAlias = tuple[Any, Any, Any, Any]
"""Unit, item, points, reason; None leaves the cell blank."""
Awarded: TypeAlias = tuple[Any, Any]
"""Unit and award."""

FILE = "审定表.xlsx"
LACKING = GateResult(gate_institution=True, gate_staff=True, gate_funding=False)
ARTICLE: dict[str, Any] = {"outlet": "郑州日报", "date": date(2014, 5, 6), "link": None}
TOPIC: dict[str, Any] = {"title": "融资难", "date": date(2014, 8, 1), "instruction": "李书记", "adopted_by": "区政府", "document": None}
APPROVED: dict[str, Any] = {"date": date(2015, 1, 20), "number": "郑工商〔2015〕3号", "award_number": "郑工商〔2015〕4号", "approve": "是"}
"""What a meeting writes that has no doubts."""


def form_of(assessment: Assessment) -> bytes:
    """The unfilled decision form of an assessment."""
    return build_decision(assessment.rulebook, decision_task(assessment), KEY)


def page_with(book: Workbook, prefix: str) -> Worksheet:
    """The sheet whose hidden ids begin with ``prefix``."""
    (found,) = [page for page in book.worksheets if any(line.startswith(prefix) for line, _ in lines_of(page))]
    return found


def lines_of(page: Worksheet) -> list[tuple[str, int]]:
    """Every line's hidden id with its row, where the hidden first row says which column is what."""
    if page["A1"].value != "id":
        return []
    return [(str(row[0].value), row[0].row) for row in page.iter_rows(min_row=2, max_col=1) if row[0].value]


def letters_of(page: Worksheet) -> dict[str, str]:
    """Letter of each column, by the hidden id in row 1."""
    return {str(cell.value): cell.column_letter for cell in page[1] if cell.value is not None}


def fill_decision(
    form: bytes,
    meeting: Mapping[str, Any] | None = None,
    readings: Mapping[str, Any] | None = None,
    adjustments: Sequence[Adjusted] = (),
    awards: Sequence[Awarded] = (),
) -> bytes:
    """A filled copy: what the meeting wrote by key, readings by id, adjustments and awards line by line."""
    book = opened(form)
    for prefix, given in (("meeting:", meeting), ("reading:", readings)):
        page = page_with(book, prefix)
        rows, column = dict(lines_of(page)), letters_of(page)["value"]
        for key, value in (given or {}).items():
            page[f"{column}{rows[prefix + key]}"] = value
    for prefix, columns, entries in (("adjustment", ("unit", "item", "points", "reason"), adjustments), ("award", ("unit", "award"), awards)):
        page = page_with(book, prefix)
        letters = letters_of(page)
        for entry, (_, row) in zip(entries, lines_of(page), strict=False):
            for key, value in zip(columns, entry, strict=True):
                page[f"{letters[key]}{row}"] = value
    return saved(book)


def approved(form: bytes, **more: Any) -> bytes:
    """A filled copy that approves; ``more`` as in ``fill_decision``, with single answers of the meeting over those of ``APPROVED``."""
    return fill_decision(form, APPROVED | dict(more.pop("meeting", {})), **more)


@cache
def figures(absent: tuple[str, ...] = (), waiting: tuple[str, ...] = ()) -> Year:
    """A year before its meeting: 上街区 lacks a precondition, the others none; ``waiting`` are not inspected yet."""
    rows: dict[str, sample.Rows] = {"huiji": {"articles": [ARTICLE | {"title": f"综述{n}"} for n in range(12)]}, "erqi": {"topics": [TOPIC]}}
    gate = dict.fromkeys(CODES, PASSED) | {"shangjie": LACKING}
    return year(rows=rows, absent=absent).with_gate({code: found for code, found in gate.items() if code not in waiting})


def decision_intake(office: Office, *forms: bytes) -> Intake:
    """What intake makes of these decision forms alone, the oldest first; one alone is called ``FILE``."""
    names = [FILE] if len(forms) == 1 else [f"审定{n}.xlsx" for n in range(1, len(forms) + 1)]
    found = [
        Arrival(name, data, hashlib.sha256(data).hexdigest(), NOON + n) for n, (name, data) in enumerate(zip(names, forms, strict=True), start=1)
    ]
    return take_in(office, found, lambda _: NOON, seals=seals)


def form_in(office: Office, form: bytes) -> DecisionForm:
    """What a decision form says."""
    decision = decision_intake(office, form).decision
    assert decision is not None
    return decision[1]


def case_of(assessment: Assessment, form: bytes) -> DecisionCase:
    """What the checks look at when this form lies beside these figures."""
    return decision_case(assessment, FILE, form_in(Office(assessment.config, assessment.rulebook), form))


def said_of(assessment: Assessment, form: bytes) -> tuple[Finding, ...]:
    """What all checks of decision forms say of this form."""
    return run_decision_checks(case_of(assessment, form))


def decided(assessment: Assessment, *forms: bytes) -> Assessment:
    """The assessment with these decision forms in its inbox, the oldest first."""
    intake = decision_intake(Office(assessment.config, assessment.rulebook), *forms)
    assessment = replace(assessment, files=(*assessment.files, *intake.files))
    if intake.decision is None:
        return assessment
    case = decision_case(assessment, *intake.decision)
    return decide(assessment, case, run_decision_checks(case))
