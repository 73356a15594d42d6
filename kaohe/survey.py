"""The stages from the inbox to the assessment: intake, checks, scoring. Nothing is written."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from kaohe.checks import catalogue
from kaohe.checks.registry import run_checks, run_decision_checks, run_inspection_checks
from kaohe.config.loader import Office
from kaohe.intake.inbox import Arrival, Intake, arrival, arrivals, take_in
from kaohe.intake.record import Verdict
from kaohe.ledger import Ledger
from kaohe.scoring.decide import decide, decision_case
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment

CHECK_MODULES = catalogue.MODULES
"""Naming them here makes sure that every check is registered before an assessment."""


def survey(office: Office, *, undecided: bool = False) -> Assessment:
    """The same assessment as a run would make now, without writing anything; ``undecided`` leaves the meeting's decision out."""
    found = list(arrivals(office.config.folder("inbox")))
    state = office.config.folder("state")
    newest = max((a.modified for a in found), default=0)
    assessment, _ = assess_arrivals(office, found, first_times(Ledger(state), found, newest), undecided=undecided)
    return assessment


def check_files(office: Office, paths: Iterable[Path]) -> Assessment:
    """The assessment of these files (or whole folders) alone, as if they were the inbox. Writes nothing."""
    found = [entry for path in paths for entry in (arrivals(path) if path.is_dir() else [arrival(path, path.name)])]
    assessment, _ = assess_arrivals(office, found, {})
    return assessment


def assess_arrivals(office: Office, found: Iterable[Arrival], seen: Mapping[str, int], *, undecided: bool = False) -> tuple[Assessment, Intake]:
    """Intake, checks and scoring. ``seen`` gives when each content was first seen; ``undecided`` leaves the meeting's decision out."""
    intake = take_in(office, found, lambda sha: seen.get(sha, 0))
    names = {f.unit: f.name for f in intake.files if f.unit is not None and f.verdict is Verdict.ACCEPTED}
    config, rulebook = office.config, office.rulebook
    findings = run_checks(config, rulebook, intake.records, names) + run_inspection_checks(config, rulebook, intake.records, intake.inspections)
    assessment = assess(office, intake.records, findings, intake.files, intake.inspections)
    if intake.decision is not None and not undecided:
        case = decision_case(assessment, *intake.decision)
        assessment = decide(assessment, case, run_decision_checks(case))
    return assessment, intake


def first_times(ledger: Ledger, found: Iterable[Arrival], now: int) -> dict[str, int]:
    """When each content was first seen, by SHA-256: from the ledger, else ``now``."""
    hashes = {a.sha256 for a in found if a.sha256}
    return dict.fromkeys(hashes, now) | ledger.first_seen(hashes)
