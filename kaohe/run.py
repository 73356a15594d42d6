"""The nightly run: what a survey finds out, remembered and published."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from kaohe.config.loader import Office
from kaohe.intake.arrival import Arrival, arrivals
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.look import Look
from kaohe.intake.workers import workers
from kaohe.ledger import Ledger
from kaohe.progress import Reporter
from kaohe.publish.final import FinalFault, issue_final
from kaohe.publish.frozen import read_manifest
from kaohe.publish.outbox import Published, publish
from kaohe.scoring.scorecard import Assessment, Status
from kaohe.survey import assess_intake, first_times
from kaohe.year_log import events_of, issued_event


class AlreadyRunning(Exception):
    """Another run holds the lock."""


@dataclass(frozen=True)
class Outcome:
    """A finished run. ``final`` is the folder of the final set where this run issued it; ``problems`` says in Chinese what went wrong."""

    assessment: Assessment
    published: Published
    final: Path | None = None
    problems: tuple[str, ...] = ()


def run(office: Office, now: datetime, reporter: Reporter) -> Outcome:
    """The nightly run: read the inbox, score, write the outbox, remember what was received.

    Raises AlreadyRunning when another run is under way.
    """
    state = office.config.folder("state")
    state.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(state / "run.lock", timeout=0):
            ledger = Ledger(state)
            mended = ledger.mend()
            intake = _taken_in(office, ledger, int(now.timestamp()), reporter)
            assessment = assess_intake(office, intake)
            ledger.log(events_of(assessment, int(now.timestamp())))
            published = publish(_draft(assessment), intake, now, reporter)
            final, problems = _final(office, assessment, now, reporter, ledger)
    except Timeout:
        raise AlreadyRunning from None
    return Outcome(assessment, published, final, (*([mended] if mended else []), *published.problems, *problems))


def _draft(assessment: Assessment) -> Assessment:
    """What the outbox shows: a draft for as long as it can change. The final edition stands in its own folder."""
    return replace(assessment, status=Status.REVIEW) if assessment.status is Status.FINAL else assessment


def _final(office: Office, assessment: Assessment, now: datetime, reporter: Reporter, ledger: Ledger) -> tuple[Path | None, tuple[str, ...]]:
    """The final set, when the meeting has approved and nothing is undecided; an existing one is left alone.

    Asked every night: what a killed run left behind is cleared away first.
    """
    try:
        folder = issue_final(assessment, config_file=office.file, rules_folder=office.rules, now=now, reporter=reporter)
    except FinalFault as fault:
        return None, (str(fault),)
    if folder is not None:
        ledger.log([issued_event(int(now.timestamp()), folder, read_manifest(folder).seal)])
    return folder, ()


def _taken_in(office: Office, ledger: Ledger, now: int, reporter: Reporter) -> Intake:
    """The inbox, every file of it and of the mails and archives in it archived before anything looks into it."""
    inbox = office.config.folder("inbox")
    inbox.mkdir(parents=True, exist_ok=True)

    def keep(entries: Iterable[Arrival]) -> None:
        kept = [(a.sha256, now, a.name, len(a.data)) for a in entries if a.data is not None and ledger.keep(a.data)]
        ledger.record(kept)

    names = sum(1 for path in inbox.rglob("*") if path.is_file())
    found = list(reporter.track("收件", arrivals(inbox, office.config.intake.largest), names))
    keep(reporter.track("存档", found, len(found)))
    seen = first_times(ledger, now)
    with workers(office, len(found)) as look:

        def looked(entries: Iterable[Arrival]) -> Iterator[Look]:
            listed = list(entries)
            return reporter.track("读取", look(listed), len(listed))

        return take_in(office, found, seen, looked, keep, now)
