"""The nightly run: what a survey finds out, remembered and published."""

from dataclasses import dataclass
from datetime import datetime

from filelock import FileLock, Timeout

from kaohe.config.loader import Office
from kaohe.intake.inbox import Arrival, arrivals
from kaohe.ledger import Ledger
from kaohe.progress import Reporter
from kaohe.publish.outbox import Published, publish
from kaohe.scoring.scorecard import Assessment
from kaohe.survey import assess_arrivals, first_times


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
            assessment, intake = assess_arrivals(office, found, first_times(ledger, found, int(now.timestamp())))
            published = publish(assessment, intake.originals, now, reporter)
    except Timeout:
        raise AlreadyRunning from None
    return Outcome(assessment, published)


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
