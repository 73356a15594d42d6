"""The nightly run: what a survey finds out, remembered and published."""

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from kaohe.config.loader import Office
from kaohe.files import told
from kaohe.garbage import seldom
from kaohe.intake.arrival import Arrival, arrivals
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.look import Look
from kaohe.intake.order import Times
from kaohe.intake.record import Verdict
from kaohe.ledger import Ledger
from kaohe.lock import AlreadyRunning
from kaohe.lock import alone as only_one
from kaohe.memory import Memory
from kaohe.night import night_key
from kaohe.progress import Reporter
from kaohe.publish.as_left import final_place
from kaohe.publish.frozen import read_manifest
from kaohe.publish.jobs import Former
from kaohe.publish.outbox import Published, publish
from kaohe.publish.standing import blockers, clear_leftovers
from kaohe.scoring.scorecard import Assessment, Status
from kaohe.survey import assess_intake, lookers
from kaohe.text import moment_text, os_problem
from kaohe.year_log import events_of, is_unrecorded, issued_event, issuing_event

__all__ = ["AlreadyRunning", "Outcome", "remember", "run"]

_CLOCK_TOLERANCE = 3600
"""Seconds by which the clock may run behind before somebody should look at it."""


@dataclass(frozen=True)
class Outcome:
    """A finished run. ``final`` is the folder of the final set where this run issued it; ``problems`` says in Chinese what went wrong.

    ``inbox`` is every file as it lay there; ``is_lasting`` when another run would find the same for as long as nothing changes.
    """

    assessment: Assessment
    published: Published
    final: Path | None = None
    problems: tuple[str, ...] = ()
    inbox: tuple[Arrival, ...] = ()
    is_lasting: bool = False


def run(office: Office, now: datetime, reporter: Reporter, *, rehash: bool = False) -> Outcome:
    """The nightly run: read the inbox, score, write the outbox, remember what was received.

    Files that lie as they lay before are not read again, contents that are known not looked into again; with ``rehash`` all are.
    Raises AlreadyRunning when another run is under way, FolderFault when a folder cannot be used: then the next run does what is missing.
    """
    state = office.config.folder("state")
    with only_one(state, now), seldom():
        ledger, problems = Ledger(state), list[str]()
        at = _begun(ledger, int(now.timestamp()), problems)
        memory = Memory(office, ledger, distrusted=rehash)
        found = _found(office, memory, problems)
        intake, is_passing = _taken_in(office, memory, found, at, int(now.timestamp()), reporter, problems)
        assessment = assess_intake(office, intake)
        ledger.log(events_of(assessment, at))
        former = Former(memory.key, memory.former())
        published = publish(_draft(assessment), intake, ledger.archive.read, now, reporter, former)
        final, faults = _final(office, assessment, now, at, reporter, ledger)
        problems += [*published.problems, *faults]
        coming = any(file.verdict is Verdict.ARRIVING for file in intake.files)
        lasting = bool(published.places) and not (problems or is_passing or coming)
        memory.settle((entry.name for entry in found), published.places, "", b"")
    return Outcome(assessment, published, final, tuple(problems), tuple(found), lasting)


def remember(office: Office, outcome: Outcome, shown: bytes) -> None:
    """Keep what was shown of a run, to be shown again for as long as nothing changes."""
    if outcome.is_lasting:
        memory = Memory(office, Ledger(office.config.folder("state")))
        names = (entry.name for entry in outcome.inbox)
        memory.settle(names, outcome.published.places, night_key(office, memory, outcome.inbox), shown)


def _begun(ledger: Ledger, now: int, problems: list[str]) -> int:
    """A sound ledger, and the moment under which to remember this run: later than all before, whatever the clock says."""
    if mended := ledger.mend(now):
        problems.append(mended)
    latest = ledger.latest()
    if latest is not None and now < latest - _CLOCK_TOLERANCE:
        shown = moment_text(datetime.fromtimestamp(latest, UTC).astimezone())
        problems.append(f"电脑的日期和时间可能不对：台账里最近一次记录是{shown}，比电脑现在的时间晚。收到的先后仍按实际收到的次序算，请校准时钟")
    return ledger.moment(now)


def _draft(assessment: Assessment) -> Assessment:
    """What the outbox shows: a draft for as long as it can change. The final edition stands in its own folder."""
    return replace(assessment, status=Status.REVIEW) if assessment.status is Status.FINAL else assessment


def _final(office: Office, assessment: Assessment, now: datetime, at: int, reporter: Reporter, ledger: Ledger) -> tuple[Path | None, tuple[str, ...]]:
    """The final set, when the meeting has approved and nothing is undecided; an existing one is left alone.

    Asked every night: what a killed run left behind is cleared away first.
    """
    place, year = final_place(office.config), office.config.year
    if not place.exists() and not blockers(assessment):
        ledger.log([issuing_event(at, year)])
    if place.exists() or blockers(assessment):
        clear_leftovers(office.config)
        return _recorded(ledger, place, at, None), ()
    from kaohe.publish.final import FinalFault, issue_final

    try:
        folder = issue_final(assessment, config_file=office.file, rules_folder=office.rules, now=now, reporter=reporter)
    except FinalFault as fault:
        return None, (str(fault),)
    return _recorded(ledger, place, at, folder), ()


def _recorded(ledger: Ledger, place: Path, at: int, folder: Path | None) -> Path | None:
    """Write down the seal of a final set that was issued, now or by a run that was killed just then; returns ``folder``."""
    if folder is not None or (place.is_dir() and is_unrecorded(ledger, int(place.name))):
        with told("核对定稿", place), contextlib.suppress(ValueError):  # a manifest that cannot be understood: verify says so
            ledger.log([issued_event(at, place, read_manifest(place).seal)])
    return folder


def _found(office: Office, memory: Memory, problems: list[str]) -> list[Arrival]:
    """What lies in the inbox; what lies there as it lay before is known by its hash."""
    inbox = office.config.folder("inbox")
    with told("读取收件箱", inbox):
        inbox.mkdir(parents=True, exist_ok=True)
        _count(inbox, problems)
        return [memory.recall(entry) for entry in arrivals(inbox, office.config.intake.largest)]


def _taken_in(
    office: Office, memory: Memory, found: Sequence[Arrival], at: int, now: int, reporter: Reporter, problems: list[str]
) -> tuple[Intake, bool]:
    """The inbox, every file of it and of the mails and archives in it archived before anything looks into it; and whether a verdict may pass."""

    def restored(name: str) -> None:
        problems.append(f"存档里“{name}”的内容坏了，已经按收件箱里的这一份重新存好")

    with lookers(office, memory.archive, len(found)) as look:
        writing = memory.writing(look, at, restored)

        def looked(entries: Iterable[Arrival]) -> Iterator[Look]:
            listed = list(entries)
            return reporter.track("读取", writing(listed), len(listed))

        times = Times(memory.ledger.arrivals(), writing.times, at)

        def noted(entries: Sequence[Arrival]) -> None:
            times.noted(entries)
            if writing.received or times.fresh:
                memory.ledger.record(writing.received, times.fresh)

        return take_in(office, found, times, looked, now, noted=noted), writing.is_passing


def _count(inbox: Path, problems: list[str]) -> int:
    """How many files lie in the inbox; OSError when it cannot be listed at all. A folder below that cannot be listed is told."""

    def refused(error: OSError) -> None:
        if Path(error.filename) == inbox:
            raise error
        problems.append(f"收件箱里的文件夹“{Path(error.filename).name}”打不开（{os_problem(error)}），里面的文件没有读到，请检查它的权限")

    return sum(len(files) for _, _, files in os.walk(inbox, onerror=refused))
