"""Making a whole set of outputs and putting it into the outbox in one step, so that the outbox always holds one complete set."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import takewhile
from pathlib import Path, PurePosixPath

from kaohe.config.model import Config
from kaohe.files import FolderFault, flush_folder, patiently, remove_tree, told
from kaohe.intake.inbox import Intake
from kaohe.ledger.cache import Place
from kaohe.lock import alone
from kaohe.progress import Reporter
from kaohe.publish.as_left import DRAFTS_FOLDER, REMINDER_DRAFTS, place_of
from kaohe.publish.beside import clear_beside, put_beside
from kaohe.publish.carry import Carried, carry_over, late, link_or_copy
from kaohe.publish.jobs import CORRECTIONS_FOLDER, EVIDENCE_FOLDER, LETTERS_FOLDER, Former, Job, jobs
from kaohe.publish.side_by_side import side_by_side
from kaohe.publish.swap import new_folder, settle, swap
from kaohe.publish.template_fault import TemplateFault
from kaohe.scoring.scorecard import Assessment
from kaohe.store import Reader
from kaohe.text import os_problem

_PERSONAL = (".docx", ".xlsx", ".txt")
_MANY = 300
"""Outputs; with more of them, those that speak of all units are made in processes of their own."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Published:
    """Files of the new set (relative, with ``/``), and in Chinese what could not be made or put in place."""

    files: tuple[str, ...]
    problems: tuple[str, ...]
    places: Mapping[str, Place] = field(default_factory=dict)
    """The files as they lie in the outbox, with what they were made from, for the next run."""


def publish(assessment: Assessment, intake: Intake, read: Reader, generated: datetime, reporter: Reporter, former: Former | None = None) -> Published:
    """Make every output and put the whole set into the outbox; beside it where the outbox is in use.

    ``read`` gives the contents that go back to the units or are filed. What is in the outbox as ``former`` knows it, made from the same, is
    not made again. A template that does not render costs its own documents only.
    FolderFault when the set could not be made: then the outbox is what it was.
    """
    outbox, former = assessment.config.folder("outbox"), former or Former()
    with told("更新结果", outbox.parent):
        settle_outbox(outbox)
        new = new_folder(outbox)
    try:
        problems: list[str] = []
        listed = list(jobs(assessment, intake, read, generated, former.rests_on))
        unmade = _make(listed, outbox, new, former, reporter, problems)
        made = {path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file()}
        with told("更新结果", outbox.parent):
            received = frozenset(file.sha256 for file in intake.files)
            told_of, is_in_place = _put_in_place(new, outbox, made, lambda name: _is_stale(outbox, new, name, unmade, received), generated)
            problems += told_of
    finally:
        remove_tree(new)
    keys = {name: job.key for job in listed for name in job.names}
    places = {name: place for name in made if (place := place_of(outbox / name, keys.get(name, ""))) is not None}
    return Published(tuple(sorted(made)), tuple(problems), places if is_in_place else {})


def settle_outbox(outbox: Path) -> None:
    """Put right what a killed run left of the outbox. Whatever writes into it asks for this first."""
    if outbox.exists() and not outbox.is_dir():
        raise FolderFault(f"“{outbox}”应当是放结果的文件夹，现在是一个文件。请把它改名或移走，再运行一次。")
    settle(outbox)


@contextlib.contextmanager
def writing_outbox(config: Config, now: datetime) -> Iterator[None]:
    """For what is not the nightly run: nobody else writes into the outbox meanwhile, and what a killed run left of it is put right first."""
    with alone(config.folder("state"), now):
        settle_outbox(config.folder("outbox"))
        yield


def _make(listed: Sequence[Job], outbox: Path, folder: Path, former: Former, reporter: Reporter, problems: list[str]) -> set[str]:
    """Every output into a folder; the titles of what a template stood in the way of, of which nothing is left."""
    ahead = [job for job in listed if not _taken_over(job, outbox, folder, former)]
    for title in dict.fromkeys(job.title for job in ahead):
        reporter.step(f"正在制作：{title}")
    unmade: dict[str, TemplateFault] = {}
    apart = sum(1 for _ in takewhile(lambda job: job.grows, ahead)) if len(ahead) > _MANY else 0
    done = side_by_side([partial(_made, job, folder) for job in ahead], apart)
    for number, raised in reporter.track("制作", done, len(ahead)):
        if isinstance(raised, TemplateFault):
            unmade.setdefault(ahead[number].title, raised)
        elif raised is not None:
            raise raised
    for title, fault in unmade.items():
        problems.append(f"{title}没有做成，outbox 里的仍是上一次的：{fault}")
        for path in (folder / name for job in listed if job.title == title for name in _names(job, folder)):
            path.unlink(missing_ok=True)
    return set(unmade)


def _made(job: Job, folder: Path) -> None:
    """Make one output. FolderFault where the disk is to blame."""
    with told(f"制作“{job.title}”", folder.parent), _as_os_errors():
        job.make(folder)


def _names(job: Job, folder: Path) -> Iterable[str]:
    """The files of an output; of one that cannot tell them, all of the folder that bears its title."""
    return job.names or [path.relative_to(folder).as_posix() for path in (folder / job.title).rglob("*") if path.is_file()]


def _taken_over(job: Job, outbox: Path, folder: Path, former: Former) -> bool:
    """Put the files of the present outbox into the new set where they were made from the very same; whether that was so."""
    if not former.rests_on or not job.names:
        return False
    for name in job.names:
        place = former.outputs.get(name)
        if place is None or place.key != job.key or place != place_of(outbox / name, job.key):
            return False
    for name in job.names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(outbox / name, folder / name)
    return all((folder / name).is_file() for name in job.names)


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    """What the workbook writer says in its own way when the system refuses."""
    try:
        yield
    except Exception as error:
        if type(error).__name__ != "FileCreateError":  # by its name, so that the writer is loaded only where it is used
            raise
        raise error.__context__ if isinstance(error.__context__, OSError) else OSError(str(error)) from error


def _put_in_place(new: Path, outbox: Path, made: set[str], stale: Callable[[str], bool], generated: datetime) -> tuple[list[str], bool]:
    """Complete the set with what else the outbox holds and swap it in; in Chinese, what somebody has to know, and whether it is in place."""
    try:
        carried = carry_over(outbox, new, stale)
        if carried.changed:
            _flush(new)
        former = swap(new, outbox) if carried.changed else None
    except OSError as error:
        if error.errno in _FULL:
            raise
        return [put_beside(new, outbox, generated, error)], False
    clear_beside(outbox)
    problems = [f"“{name}”的位置上要放这次的结果，原来放在那里的改名为“{name}-原有”，仍在 outbox 里" for name in carried.moved]
    if former is not None:
        problems += _dismiss(former, outbox, carried, made, generated)
    return problems, True


def _dismiss(former: Path, outbox: Path, carried: Carried, made: set[str], generated: datetime) -> list[str]:
    """Delete the former outbox, but nothing that came into it at the last moment."""
    try:
        late(former, outbox, carried, made)
    except OSError as error:
        kept = outbox.with_name(f"{outbox.name}-换下的-{generated:%Y%m%d-%H%M%S}")
        patiently(lambda: former.rename(kept))
        return [f"更新结果的同时有人往 outbox 里放了文件，没能带过去（{os_problem(error)}）。换下来的文件夹原样留在“{kept}”，请把需要的文件取出来"]
    remove_tree(former)
    with contextlib.suppress(OSError):
        flush_folder(outbox.parent)
    return []


def _flush(folder: Path) -> None:
    """What is new in a folder on the disk; linked files have been there before."""
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        if path.is_dir():
            flush_folder(path)
        elif path.stat().st_nlink == 1:
            with path.open("r+b") as file:
                os.fsync(file.fileno())


def _is_stale(outbox: Path, new: Path, name: str, unmade: set[str], received: frozenset[str]) -> bool:
    """Letters and corrections of an earlier run that no longer hold and drafts of such mails, evidence that is filed elsewhere now; nothing that somebody else put there."""
    folder, _, base = name.rpartition("/")
    if folder.startswith(f"{EVIDENCE_FOLDER}/"):
        return hashlib.sha256((outbox / name).read_bytes()).hexdigest() in received
    if folder == DRAFTS_FOLDER and base.endswith(".eml"):
        return _is_stale_draft(outbox, new, base.removesuffix(".eml"), unmade)
    mine = folder in (CORRECTIONS_FOLDER, LETTERS_FOLDER) and folder not in unmade
    return mine and base.startswith(f"{folder}-") and PurePosixPath(base).suffix in _PERSONAL


def _is_stale_draft(outbox: Path, new: Path, stem: str, unmade: set[str]) -> bool:
    """Drafts of mails that say what no longer holds: reminders, which speak of one day, and corrections that are not the same any more."""
    if stem.startswith(f"{REMINDER_DRAFTS}-"):
        return True
    if not stem.startswith(f"{CORRECTIONS_FOLDER}-") or CORRECTIONS_FOLDER in unmade:
        return False
    names = [f"{CORRECTIONS_FOLDER}/{stem}{suffix}" for suffix in (".xlsx", ".txt")]
    before = [(outbox / name).read_bytes() if (outbox / name).is_file() else None for name in names]
    return before != [(new / name).read_bytes() if (new / name).is_file() else None for name in names]
