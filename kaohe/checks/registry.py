"""The registry of checks. A check is one function with one code; it yields hits, and the registry words the findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as with_default
from datetime import date
from functools import cached_property
from typing import Generic, TypeVar

from kaohe.checks.finding import Finding, Severity
from kaohe.config.model import Config
from kaohe.intake.decision import DecisionForm
from kaohe.intake.inspection import UnitInspection
from kaohe.intake.record import Cell, ListRow, Record
from kaohe.rulebook.model import Rulebook


@dataclass(frozen=True, slots=True)
class Remarkable:
    """The cells of one form that have a problem or a note: of fields with the field's id, of list rows with row and column id."""

    fields: tuple[tuple[str, Cell], ...]
    rows: tuple[tuple[ListRow, str, Cell], ...]


@dataclass(frozen=True)
class UnitCase:
    """What a check of one form looks at."""

    config: Config
    rulebook: Rulebook
    record: Record

    @cached_property
    def remarkable(self) -> Remarkable:
        """What was noticed when the cells were read, so that no check has to look through all of them for its own kind."""
        fields = [(f, cell) for f, cell in self.record.fields.items() if cell.problem is not None or cell.note]
        rows = [
            (row, column_id, cell)
            for entries in self.record.lists.values()
            for row in entries
            for column_id, cell in row.cells.items()
            if cell.problem is not None or cell.note
        ]
        return Remarkable(tuple(fields), tuple(rows))


@dataclass(frozen=True)
class CohortCase:
    """What a check across units looks at; records by unit code."""

    config: Config
    rulebook: Rulebook
    records: Mapping[str, Record]


@dataclass(frozen=True)
class InspectionCase:
    """What a check of inspection forms looks at: the units' records, and every sheet of every form (oldest first) with its file.

    ``arrived`` gives the day on which a file was first seen, where that is known.
    """

    config: Config
    rulebook: Rulebook
    records: Mapping[str, Record]
    visits: Sequence[tuple[str, UnitInspection]]
    arrived: Mapping[str, date] = with_default(default_factory=dict)


@dataclass(frozen=True)
class DecisionCase:
    """What a check of the newest decision form looks at: the form, its file, and the figures it is about.

    ``fingerprint`` and ``parts`` say what the present figures rest on; ``scored`` holds the codes of units with a total;
    ``arrived`` is the day on which the form was first seen, None where that is not known.
    """

    config: Config
    rulebook: Rulebook
    form: DecisionForm
    file: str
    fingerprint: str
    parts: Mapping[str, str]
    scored: frozenset[str]
    arrived: date | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a check fired. ``values`` fill the check's templates; ``unit`` only in checks across units."""

    cell: Cell
    field: str
    label: str
    clause: str
    items: tuple[str, ...]
    row: int | None = None
    unit: str = ""
    file: str = ""
    values: Mapping[str, str] = with_default(default_factory=dict)


CaseT = TypeVar("CaseT", UnitCase, CohortCase, InspectionCase, DecisionCase)


@dataclass(frozen=True)
class Check(Generic[CaseT]):
    """A registered check: its code, severity, Chinese title and templates, and the function.

    ``withheld``: the value is doubtful, so none is used until the unit says what was meant.
    """

    code: str
    severity: Severity
    title: str
    found: str
    expected: str
    action: str
    run: Callable[[CaseT], Iterator[Hit]]
    withheld: bool = False

    def findings(self, case: CaseT, unit: str, files: Mapping[str, str]) -> Iterator[Finding]:
        """The findings of this check; ``files`` gives each unit's file name."""
        for hit in self.run(case):
            code = hit.unit or unit
            yield Finding(
                code=self.code,
                severity=self.severity,
                title=self.title,
                unit=code,
                file=hit.file or files.get(code, ""),
                sheet=hit.cell.sheet,
                cell=hit.cell.ref,
                label=hit.label,
                field=hit.field,
                found=self.found.format_map(hit.values),
                expected=self.expected.format_map(hit.values),
                action=self.action.format_map(hit.values),
                clause=hit.clause,
                items=hit.items,
                row=hit.row,
                withheld=self.withheld,
                of_group=bool(hit.file),
            )


UNIT_CHECKS: list[Check[UnitCase]] = []
COHORT_CHECKS: list[Check[CohortCase]] = []
INSPECTION_CHECKS: list[Check[InspectionCase]] = []
DECISION_CHECKS: list[Check[DecisionCase]] = []

FOREIGN_DECISION = "V-812"
"""A decision form of another year: what else it says is no fault."""


@dataclass(frozen=True)
class _Registrar(Generic[CaseT]):
    """Registers the function that it decorates as a check of one kind of case."""

    checks: list[Check[CaseT]]

    def __call__(
        self, code: str, severity: Severity, title: str, *, found: str, expected: str, action: str, withheld: bool = False
    ) -> Callable[[Callable[[CaseT], Iterator[Hit]]], Callable[[CaseT], Iterator[Hit]]]:
        """The decorator of one check; ``withheld`` as in ``Check``."""

        def register(function: Callable[[CaseT], Iterator[Hit]]) -> Callable[[CaseT], Iterator[Hit]]:
            self.checks.append(Check(code, severity, title, found, expected, action, function, withheld))
            return function

        return register


unit_check = _Registrar(UNIT_CHECKS)
"""A check of one form."""

cohort_check = _Registrar(COHORT_CHECKS)
"""A check across units."""

inspection_check = _Registrar(INSPECTION_CHECKS)
"""A check of the inspection forms."""

decision_check = _Registrar(DECISION_CHECKS)
"""A check of the decision form."""


def field_hit(case: UnitCase, field_id: str, cell: Cell, values: Mapping[str, str] | None = None) -> Hit:
    """A hit at a field's cell."""
    rulebook = case.rulebook
    return Hit(
        cell=cell,
        field=field_id,
        label=rulebook.fields[field_id].label,
        clause=rulebook.clause_of_field[field_id].number,
        items=rulebook.items_of_field[field_id],
        values=values or {},
    )


def row_hit(rulebook: Rulebook, row: ListRow, column_id: str, values: Mapping[str, str] | None = None, unit: str = "") -> Hit:
    """A hit at one column of a list row."""
    entry, items = rulebook.lists_by_id[row.list_id], rulebook.items_of_list[row.list_id]
    clauses = dict.fromkeys(rulebook.clause_of_item[i].number for i in items)
    return Hit(
        cell=row.cells[column_id],
        field=f"{entry.id}.{column_id}",
        label=f"{entry.label}：{entry.column(column_id).label}",
        clause="、".join(clauses),
        items=items,
        row=row.number,
        unit=unit,
        values=values or {},
    )


def run_inspection_checks(
    config: Config,
    rulebook: Rulebook,
    records: Mapping[str, Record],
    visits: Sequence[tuple[str, UnitInspection]],
    arrived: Mapping[str, date] | None = None,
) -> tuple[Finding, ...]:
    """Every finding about the inspection forms, by file and position; ``arrived`` as in ``InspectionCase``."""
    case = InspectionCase(config, rulebook, records, visits, arrived or {})
    found = [finding for check in INSPECTION_CHECKS for finding in check.findings(case, "", {})]
    order = {file: n for n, (file, _) in enumerate(visits)}
    return tuple(sorted(found, key=lambda f: (order[f.file], f.sheet, f.row or 0, f.code)))


def run_decision_checks(case: DecisionCase) -> tuple[Finding, ...]:
    """Every finding about a decision form, in the order of the codes. Of a form of another year nothing but that is said."""
    found = [finding for check in DECISION_CHECKS for finding in check.findings(case, "", {})]
    foreign = [finding for finding in found if finding.code == FOREIGN_DECISION]
    return tuple(foreign or found)


def run_unit_checks(config: Config, rulebook: Rulebook, record: Record) -> tuple[Finding, ...]:
    """What the checks of one form find in it by itself; the file is left blank."""
    case = UnitCase(config, rulebook, record)
    return tuple(finding for check in UNIT_CHECKS for finding in check.findings(case, record.unit, {}))


def run_checks(
    config: Config, rulebook: Rulebook, records: Mapping[str, Record], files: Mapping[str, str], alone: Mapping[str, object] | None = None
) -> tuple[Finding, ...]:
    """Every finding of every check, in one pass: by unit in the cohort's order, within a unit by sheet position.

    ``alone`` is what ``run_unit_checks`` has found already, by unit.
    """
    found: dict[str, list[Finding]] = {}
    for code, record in records.items():
        known = (alone or {}).get(code)
        by_itself = known if isinstance(known, tuple) else run_unit_checks(config, rulebook, record)
        found[code] = [replace(finding, file=files.get(code, "")) for finding in by_itself]
    cohort_case = CohortCase(config, rulebook, records)
    for across in COHORT_CHECKS:
        for finding in across.findings(cohort_case, "", files):
            found[finding.unit].append(finding)
    position = {f: n for n, f in enumerate([*rulebook.fields, *(entry.id for entry in rulebook.lists)])}
    severity = {s: n for n, s in enumerate(Severity)}

    def in_order(findings: Iterable[Finding]) -> list[Finding]:
        return sorted(findings, key=lambda f: (severity[f.severity], position[f.field.partition(".")[0]], f.row or 0, f.code))

    return tuple(f for unit in config.cohort if unit.code in found for f in in_order(found[unit.code]))
