"""The stages from the inbox to the assessment: intake, checks, scoring. Nothing is written."""

from collections.abc import Callable, Iterable
from pathlib import Path

from kaohe.checks import catalogue
from kaohe.checks.registry import run_checks, run_decision_checks, run_inspection_checks
from kaohe.config.loader import Office
from kaohe.intake.arrival import arrival, arrivals
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.record import Verdict
from kaohe.intake.workers import workers
from kaohe.ledger import Ledger
from kaohe.scoring.decide import decide, decision_case
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment

CHECK_MODULES = catalogue.MODULES
"""Naming them here makes sure that every check is registered before an assessment."""


def survey(office: Office, *, undecided: bool = False) -> Assessment:
    """The same assessment as a run would make now, without writing anything; ``undecided`` leaves the meeting's decision out."""
    found = list(arrivals(office.config.folder("inbox")))
    newest = max((a.modified for a in found), default=0)
    seen = first_times(Ledger(office.config.folder("state")), newest)
    with workers(office, len(found)) as look:
        return assess_intake(office, take_in(office, found, seen, look), undecided=undecided)


def check_files(office: Office, paths: Iterable[Path]) -> Assessment:
    """The assessment of these files (or whole folders) alone, as if they were the inbox. Writes nothing."""
    found = [entry for path in paths for entry in (arrivals(path) if path.is_dir() else [arrival(path, path.name)])]
    with workers(office, len(found)) as look:
        return assess_intake(office, take_in(office, found, lambda _: 0, look))


def assess_intake(office: Office, intake: Intake, *, undecided: bool = False) -> Assessment:
    """Checks and scoring of what was taken in; ``undecided`` leaves the meeting's decision out."""
    names = {f.unit: f.name for f in intake.files if f.unit is not None and f.verdict is Verdict.ACCEPTED}
    config, rulebook = office.config, office.rulebook
    findings = run_checks(config, rulebook, intake.records, names) + run_inspection_checks(config, rulebook, intake.records, intake.inspections)
    assessment = assess(office, intake.records, findings, intake.files, intake.inspections)
    if intake.decision is not None and not undecided:
        case = decision_case(assessment, *intake.decision)
        assessment = decide(assessment, case, run_decision_checks(case))
    return assessment


def first_times(ledger: Ledger, now: int) -> Callable[[str], int]:
    """When a content was first seen, by SHA-256: from the ledger, else ``now``."""
    known = ledger.times()
    return lambda sha: known.get(sha, now)
