"""The stages from the inbox to the assessment: intake, checks, scoring. Nothing is written."""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kaohe.checks import catalogue
from kaohe.checks.finding import Finding
from kaohe.checks.registry import run_checks, run_decision_checks, run_inspection_checks, run_unit_checks
from kaohe.config.loader import Office
from kaohe.files import FolderFault
from kaohe.intake.arrival import Arrival, arrival, arrivals, read_steadily
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.look import Look
from kaohe.intake.order import Times
from kaohe.intake.record import Verdict
from kaohe.intake.workers import Looker, workers
from kaohe.ledger import Ledger
from kaohe.memory import Memory
from kaohe.scoring.decide import decide, decision_case
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment
from kaohe.store import FolderStore

CHECK_MODULES = catalogue.MODULES
"""Naming them here makes sure that every check is registered before an assessment."""

_CHECKED = "（检查）"
"""Put before the names of files that are only being checked, which may bear the name of a file of the inbox."""
_NEEDS_FIGURES = ("V-801", "V-809")
_NO_RETURN = "收件箱里没有这个单位可以采用的填报表，与填报表的核对（V-707、V-708、V-709）要等报来以后运行时才做"
_NO_FIGURES = "收件箱里没有可以采用的填报表，审定的是不是现在的结果、单位有没有得分（V-801、V-809）要等运行时才能查"


def survey(office: Office, *, undecided: bool = False, now: int | None = None) -> Assessment:
    """The same assessment as a run would make, without writing anything; ``undecided`` leaves the meeting's decision out.

    ``now`` is the present epoch second, where it is to be told what may still be on its way and what has been so for too long.
    """
    ledger = Ledger(office.config.folder("state"))
    found = list(arrivals(office.config.folder("inbox"), office.config.intake.largest))
    newest = max((a.modified for a in found), default=0)
    return assess_intake(office, _looked_over(office, ledger, found, first_times(ledger, newest), now), undecided=undecided)


def check_files(office: Office, paths: Iterable[Path]) -> Assessment:
    """The assessment of these files (or whole folders) alone, as if they were the inbox. Writes nothing."""
    return assess_intake(office, _alone(office, list(_named(office, paths))))


def _alone(office: Office, found: Sequence[Arrival]) -> Intake:
    """What was taken in of files that have nothing to do with the inbox."""
    with tempfile.TemporaryDirectory(prefix="kaohe-") as folder, workers(office, FolderStore(Path(folder), scratch=True), len(found), alone) as look:
        return take_in(office, found, lambda _: 0, look)


def _looked_over(office: Office, ledger: Ledger, found: Iterable[Arrival], times: Times, now: int | None = None) -> Intake:
    """What was taken in, using what runs have remembered. Contents that no run has kept are kept for as long as this takes."""
    memory = Memory(office, ledger)
    listed = [memory.recall(entry) for entry in found]
    with tempfile.TemporaryDirectory(prefix="kaohe-") as folder:
        store = FolderStore(Path(folder), behind=ledger.archive, scratch=True)
        with workers(office, store, len(listed), alone) as look:  # here: other machines do not see this folder
            return take_in(office, listed, times, memory.reading(look), now, noted=times.noted)


@contextlib.contextmanager
def lookers(office: Office, store: FolderStore, files: int) -> Iterator[Looker]:
    """Looks and checks where the configuration says: in processes of this machine, or on a cluster.

    FolderFault where the cluster cannot be used.
    """
    run = office.config.run
    if run.executor == "local":
        with workers(office, store, files, alone) as look:
            yield look
        return
    from kaohe.intake.spread import cluster, spread_over

    with contextlib.ExitStack() as stack:
        try:
            executor = stack.enter_context(cluster(run.scheduler))
        except ImportError:
            raise FolderFault(
                '没有安装集群用的部分，请运行 uv sync --extra cluster，或者把 config.toml 里 [run] 的 executor 改成 "local"。'
            ) from None
        except (OSError, ValueError) as error:
            reason = type(error).__name__
            raise FolderFault(
                f'连不上集群“{run.scheduler}”（{reason}）。请检查调度程序是否在运行，或者把 config.toml 里 [run] 的 executor 改成 "local"。'
            ) from error
        yield stack.enter_context(spread_over(executor, office, store, alone))


def _named(office: Office, paths: Iterable[Path]) -> Iterator[Arrival]:
    largest = office.config.intake.largest
    for path in paths:
        yield from arrivals(path, largest) if path.is_dir() else [arrival(path, path.name, largest)]


def alone(office: Office, look: Look) -> object:
    """What the checks of one form by itself find: worked out where the form is read, and remembered with it."""
    if look.record is None or look.unit is None:
        return None
    return run_unit_checks(office.config, office.rulebook, look.record)


@dataclass(frozen=True, slots=True)
class CheckedForm:
    """What is said of one sheet of an inspection form (``unit`` is its unit's code) or of a decision form (``unit`` is "").

    ``unchecked`` says in Chinese what could not be looked at without the other files of the inbox, "" when all was.
    """

    unit: str
    findings: tuple[Finding, ...]
    unchecked: str = ""


class _CheckedLast(Times):
    """Files that are only being checked count as if they had come last."""

    def __call__(self, entry: Arrival) -> int:
        return self.now + 1 if entry.name.startswith(_CHECKED) else super().__call__(entry)


def check_group_forms(office: Office, paths: Iterable[Path]) -> dict[str, list[CheckedForm]]:
    """By file name, what is said of the inspection and decision forms among these files.

    They are held against the inbox as if they had come in last. Writes nothing.
    """
    named = list(_named(office, paths))
    by_themselves = _alone(office, named)
    if not by_themselves.inspections and by_themselves.decision is None:
        return {}  # units' forms need no inbox
    ledger = Ledger(office.config.folder("state"))
    inbox = list(arrivals(office.config.folder("inbox"), office.config.intake.largest))
    checked = [_as_checked(entry) for entry in named]
    known = {entry.sha256 for entry in checked}
    others = [entry for entry in inbox if _hash(entry) not in known]  # the inbox may hold the very file
    newest = max((a.modified for a in [*inbox, *checked]), default=0)
    times = _CheckedLast(ledger.arrivals(), ledger.times(), ledger.moment(newest))
    intake = _looked_over(office, ledger, [*others, *checked], times)
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


def _as_checked(entry: Arrival) -> Arrival:
    """A file that is only being checked, read, under a name that no file of the inbox bears."""
    name = f"{_CHECKED}{entry.name}"
    if not isinstance(entry.content, Path) or entry.refused:
        return replace(entry, name=name)
    found, data = read_steadily(entry)
    return replace(found, name=name) if found.reason else Arrival.of(name, data, found.modified)


def _hash(entry: Arrival) -> str:
    """The hash of a file in the inbox, "" where it cannot be read."""
    if not isinstance(entry.content, Path) or entry.refused:
        return ""
    found, data = read_steadily(entry)
    return "" if found.reason else hashlib.sha256(data).hexdigest()


def assess_intake(office: Office, intake: Intake, *, undecided: bool = False) -> Assessment:
    """Checks and scoring of what was taken in; ``undecided`` leaves the meeting's decision out."""
    names = {f.unit: f.name for f in intake.files if f.unit is not None and f.verdict is Verdict.ACCEPTED}
    config, rulebook = office.config, office.rulebook
    arrived = {f.name: f.arrived_on for f in intake.files if f.arrived_on is not None}
    findings = run_checks(config, rulebook, intake.records, names, intake.checked)
    findings += run_inspection_checks(config, rulebook, intake.records, intake.inspections, arrived)
    assessment = assess(office, intake.records, findings, intake.files, intake.inspections)
    if intake.decision is not None and not undecided:
        case = decision_case(assessment, *intake.decision)
        assessment = decide(assessment, case, run_decision_checks(case))
    return assessment


def first_times(ledger: Ledger, now: int) -> Times:
    """When each file came: as the ledger remembers, else ``now`` or later, so that it is newer than all that is known."""
    return Times(ledger.arrivals(), ledger.times(), ledger.moment(now))
