"""The stages in order: inbox, intake, checks, scoring, publishing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from kaohe.checks import catalogue
from kaohe.checks.registry import run_checks
from kaohe.config.loader import Office
from kaohe.intake.inbox import Arrival, Intake, arrival, arrivals, take_in
from kaohe.intake.record import Verdict
from kaohe.ledger import Ledger
from kaohe.progress import Reporter
from kaohe.publish.outbox import Published, publish
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment

CHECK_MODULES = catalogue.MODULES
"""Naming them here makes sure that every check is registered before a run."""


class AlreadyRunning(Exception):
    """Another run holds the lock."""


@dataclass(frozen=True)
class Outcome:
    """A finished run."""

    assessment: Assessment
    published: Published


def run(office: Office, now: datetime, reporter: Reporter) -> Outcome:
    """The nightly run: read the inbox, score, write the outbox, remember what was received.

    Raises AlreadyRunning when another run is under way.
    """
    state = office.config.folder("state")
    state.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(state / "run.lock", timeout=0):
            ledger = Ledger(state)
            found = _kept(office, ledger, int(now.timestamp()), reporter)
            assessment, intake = assess_arrivals(office, found, _times(ledger, found, int(now.timestamp())))
            published = publish(assessment, intake.originals, now, reporter)
    except Timeout:
        raise AlreadyRunning from None
    return Outcome(assessment, published)


def survey(office: Office) -> Assessment:
    """The same assessment as a run would make now, without writing anything."""
    found = list(arrivals(office.config.folder("inbox")))
    state = office.config.folder("state")
    newest = max((a.modified for a in found), default=0)
    assessment, _ = assess_arrivals(office, found, _times(Ledger(state), found, newest))
    return assessment


def check_files(office: Office, paths: Iterable[Path]) -> Assessment:
    """The assessment of these files (or whole folders) alone, as if they were the inbox. Writes nothing."""
    found = [entry for path in paths for entry in (arrivals(path) if path.is_dir() else [arrival(path, path.name)])]
    assessment, _ = assess_arrivals(office, found, {})
    return assessment


def assess_arrivals(office: Office, found: Iterable[Arrival], seen: Mapping[str, int]) -> tuple[Assessment, Intake]:
    """Intake, checks and scoring. ``seen`` gives when each content was first seen."""
    intake = take_in(office, found, lambda sha: seen.get(sha, 0))
    names = {f.unit: f.name for f in intake.files if f.unit is not None and f.verdict is Verdict.ACCEPTED}
    findings = run_checks(office.config, office.rulebook, intake.records, names)
    return assess(office, intake.records, findings, intake.files), intake


def _kept(office: Office, ledger: Ledger, now: int, reporter: Reporter) -> list[Arrival]:
    """Every file of the inbox, archived before anything looks into it."""
    inbox = office.config.folder("inbox")
    inbox.mkdir(parents=True, exist_ok=True)
    names = sum(1 for path in inbox.rglob("*") if path.is_file())
    found = []
    for entry in reporter.track("收件存档", arrivals(inbox), names):
        if entry.data is not None:
            ledger.keep(entry.data)
        found.append(entry)
    ledger.record((a.sha256, now, a.name, len(a.data or b"")) for a in found if a.sha256)
    return found


def _times(ledger: Ledger, found: Iterable[Arrival], now: int) -> dict[str, int]:
    hashes = {a.sha256 for a in found if a.sha256}
    return dict.fromkeys(hashes, now) | ledger.first_seen(hashes)
