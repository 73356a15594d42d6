"""The stages from the inbox to the assessment: intake, checks, scoring. Nothing is written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kaohe.checks import catalogue
from kaohe.checks.finding import Finding
from kaohe.checks.registry import run_checks, run_decision_checks, run_inspection_checks
from kaohe.config.loader import Office
from kaohe.intake.arrival import Arrival, arrival, arrivals
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.order import Came, arrivals_of, came_with
from kaohe.intake.record import Verdict
from kaohe.intake.workers import workers
from kaohe.ledger import Ledger
from kaohe.scoring.decide import decide, decision_case
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment

CHECK_MODULES = catalogue.MODULES
"""Naming them here makes sure that every check is registered before an assessment."""

_CHECKED = "（检查）"
"""Put before the names of files that are only being checked, which may bear the name of a file of the inbox."""
_NEEDS_FIGURES = ("V-801", "V-809")
_NO_RETURN = "收件箱里没有这个单位可以采用的填报表，与填报表的核对（V-707、V-708、V-709）要等报来以后运行时才做"
_NO_FIGURES = "收件箱里没有可以采用的填报表，审定的是不是现在的结果、单位有没有得分（V-801、V-809）要等运行时才能查"


def survey(office: Office, *, undecided: bool = False) -> Assessment:
    """The same assessment as a run would make now, without writing anything; ``undecided`` leaves the meeting's decision out."""
    found = list(arrivals(office.config.folder("inbox"), office.config.intake.largest))
    newest = max((a.modified for a in found), default=0)
    seen = first_times(Ledger(office.config.folder("state")), found, newest)
    with workers(office, len(found)) as look:
        return assess_intake(office, take_in(office, found, seen, look), undecided=undecided)


def check_files(office: Office, paths: Iterable[Path]) -> Assessment:
    """The assessment of these files (or whole folders) alone, as if they were the inbox. Writes nothing."""
    found = list(_named(office, paths))
    with workers(office, len(found)) as look:
        return assess_intake(office, take_in(office, found, lambda _: 0, look))


def _named(office: Office, paths: Iterable[Path]) -> Iterator[Arrival]:
    largest = office.config.intake.largest
    for path in paths:
        yield from arrivals(path, largest) if path.is_dir() else [arrival(path, path.name, largest)]


@dataclass(frozen=True, slots=True)
class CheckedForm:
    """What is said of one sheet of an inspection form (``unit`` is its unit's code) or of a decision form (``unit`` is "").

    ``unchecked`` says in Chinese what could not be looked at without the other files of the inbox, "" when all was.
    """

    unit: str
    findings: tuple[Finding, ...]
    unchecked: str = ""


def check_group_forms(office: Office, paths: Iterable[Path]) -> dict[str, list[CheckedForm]]:
    """By file name, what is said of the inspection and decision forms among these files.

    They are held against the inbox as if they had come in last. Writes nothing.
    """
    named = list(_named(office, paths))
    with workers(office, len(named)) as look:
        alone = take_in(office, named, lambda _: 0, look)
    if not alone.inspections and alone.decision is None:
        return {}  # units' forms need no inbox
    inbox = list(arrivals(office.config.folder("inbox"), office.config.intake.largest))
    checked = [replace(entry, name=f"{_CHECKED}{entry.name}") for entry in named]
    known = {entry.sha256 for entry in checked}
    others = [entry for entry in inbox if entry.sha256 not in known]  # the inbox may hold the very file
    newest = max((a.modified for a in [*inbox, *checked]), default=0)
    times = first_times(Ledger(office.config.folder("state")), inbox, newest)
    last = max([newest, *map(times, others)]) + 1
    with workers(office, len(others)) as look:
        intake = take_in(office, [*others, *checked], lambda entry: last if entry.name.startswith(_CHECKED) else times(entry), look)
    assessment = assess_intake(office, intake)
    said: dict[str, list[CheckedForm]] = {}
    for file, visit in intake.inspections:
        if file.startswith(_CHECKED):
            found = tuple(f for f in assessment.findings if f.file == file and f.unit == visit.unit)
            there = visit.unit in intake.records or visit.unit not in office.config.group_of
            said.setdefault(file.removeprefix(_CHECKED), []).append(CheckedForm(visit.unit, found, "" if there else _NO_RETURN))
    if intake.decision is not None and (file := intake.decision[0]).startswith(_CHECKED):
        found = tuple(f for f in assessment.findings if f.file == file and (intake.records or f.code not in _NEEDS_FIGURES))
        said[file.removeprefix(_CHECKED)] = [CheckedForm("", found, "" if intake.records else _NO_FIGURES)]
    return said


def assess_intake(office: Office, intake: Intake, *, undecided: bool = False) -> Assessment:
    """Checks and scoring of what was taken in; ``undecided`` leaves the meeting's decision out."""
    names = {f.unit: f.name for f in intake.files if f.unit is not None and f.verdict is Verdict.ACCEPTED}
    config, rulebook = office.config, office.rulebook
    arrived = {f.name: f.arrived_on for f in intake.files if f.arrived_on is not None}
    findings = run_checks(config, rulebook, intake.records, names)
    findings += run_inspection_checks(config, rulebook, intake.records, intake.inspections, arrived)
    assessment = assess(office, intake.records, findings, intake.files, intake.inspections)
    if intake.decision is not None and not undecided:
        case = decision_case(assessment, *intake.decision)
        assessment = decide(assessment, case, run_decision_checks(case))
    return assessment


def first_times(ledger: Ledger, found: Iterable[Arrival], now: int) -> Callable[[Arrival], int]:
    """When each file came: as the ledger remembers, else ``now`` or later, so that it is newer than all that is known."""
    moment = ledger.moment(now)
    files = ((entry.name, entry.sha256, entry.modified) for entry in found)
    times = arrivals_of(files, map(Came._make, ledger.arrivals()), ledger.times(), moment)
    return lambda entry: came_with(entry.name, times, moment)
