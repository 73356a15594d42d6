"""Making a whole set of outputs and putting it into the outbox in one step, so that the outbox always holds one complete set."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from xlsxwriter.exceptions import FileCreateError

from kaohe.config.model import Config
from kaohe.files import FolderFault, flush_folder, remove_tree, told, write_whole
from kaohe.intake.inbox import Intake
from kaohe.lock import alone
from kaohe.progress import Reporter
from kaohe.publish.beside import clear_beside, put_beside
from kaohe.publish.carry import Carried, carry_over, late
from kaohe.publish.corrections import write_corrections
from kaohe.publish.documents import TemplateFault, write_letters, write_notice
from kaohe.publish.evidence import file_evidence
from kaohe.publish.report import write_report
from kaohe.publish.results import results_json, scores_csv
from kaohe.publish.swap import new_folder, settle, swap
from kaohe.publish.workbook import write_workbook
from kaohe.scoring.scorecard import Assessment
from kaohe.text import os_problem

CORRECTIONS_FOLDER, LETTERS_FOLDER, EVIDENCE_FOLDER = "更正通知", "结果通知", "佐证材料"
DRAFTS_FOLDER, REMINDER_DRAFTS = "mail", "催报"
RESULTS_FILE, SCORES_FILE, REPORT_FILE = "results.json", "scores.csv", "run-report.html"
_PERSONAL = (".docx", ".xlsx", ".txt")
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Published:
    """Files of the new set (relative, with ``/``), and in Chinese what could not be made or put in place."""

    files: tuple[str, ...]
    problems: tuple[str, ...]


def workbook_name(year: int) -> str:
    """File name of the ranked workbook."""
    return f"{year}年度考核汇总.xlsx"


def notice_name(assessment: Assessment) -> str:
    """File name of the notification; a draft says so."""
    return f"{assessment.config.year}年度考核结果通报(送审稿).docx"


def publish(assessment: Assessment, intake: Intake, generated: datetime, reporter: Reporter) -> Published:
    """Make every output and put the whole set into the outbox; beside it where the outbox is in use.

    ``intake`` has the contents that go back to the units or are filed. A template that does not render costs its own documents only.
    FolderFault when the set could not be made: then the outbox is what it was.
    """
    outbox = assessment.config.folder("outbox")
    with told("更新结果", outbox.parent):
        settle_outbox(outbox)
        new = new_folder(outbox)
    try:
        problems: list[str] = []
        unmade = _make(assessment, intake, generated, reporter, new, problems)
        made = {path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file()}
        with told("更新结果", outbox.parent):
            received = frozenset(file.sha256 for file in intake.files)
            problems += _put_in_place(new, outbox, made, lambda name: _is_stale(outbox, new, name, unmade, received), generated)
    finally:
        remove_tree(new)
    return Published(tuple(sorted(made)), tuple(problems))


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


def _make(assessment: Assessment, intake: Intake, generated: datetime, reporter: Reporter, folder: Path, problems: list[str]) -> set[str]:
    """Every output into a folder; the titles of what a template stood in the way of, of which nothing is left."""
    unmade: set[str] = set()
    for title, make in _jobs(assessment, intake, generated, folder):
        reporter.step(f"正在制作：{title}")
        before = set(folder.rglob("*"))
        try:
            with told(f"制作“{title}”", folder.parent), _as_os_errors():
                make()
        except TemplateFault as fault:
            problems.append(f"{title}没有做成，outbox 里的仍是上一次的：{fault}")
            unmade.add(title)
            for path in set(folder.rglob("*")) - before:
                if path.is_file():
                    path.unlink()
    return unmade


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    """What the workbook writer says in its own way when the system refuses."""
    try:
        yield
    except FileCreateError as error:
        raise error.__context__ if isinstance(error.__context__, OSError) else OSError(str(error)) from error


def _put_in_place(new: Path, outbox: Path, made: set[str], stale: Callable[[str], bool], generated: datetime) -> list[str]:
    """Complete the set with what else the outbox holds and swap it in; in Chinese, what somebody has to know."""
    try:
        carried = carry_over(outbox, new, stale)
        if carried.changed:
            _flush(new)
        former = swap(new, outbox) if carried.changed else None
    except OSError as error:
        if error.errno in _FULL:
            raise
        return [put_beside(new, outbox, generated, error)]
    clear_beside(outbox)
    problems = [f"“{name}”的位置上要放这次的结果，原来放在那里的改名为“{name}-原有”，仍在 outbox 里" for name in carried.moved]
    if former is not None:
        problems += _dismiss(former, outbox, carried, made, generated)
    return problems


def _dismiss(former: Path, outbox: Path, carried: Carried, made: set[str], generated: datetime) -> list[str]:
    """Delete the former outbox, but nothing that came into it at the last moment."""
    try:
        late(former, outbox, carried, made)
    except OSError as error:
        kept = outbox.with_name(f"{outbox.name}-换下的-{generated:%Y%m%d-%H%M%S}")
        former.rename(kept)
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


def _jobs(assessment: Assessment, intake: Intake, generated: datetime, folder: Path) -> list[tuple[str, Callable[[], object]]]:
    return [
        ("results.json、scores.csv", lambda: _data(assessment, folder)),
        ("考核汇总工作簿", lambda: write_workbook(assessment, folder / workbook_name(assessment.config.year))),
        ("考核结果通报", lambda: write_notice(assessment, folder / notice_name(assessment))),
        ("结果通知", lambda: write_letters(assessment, folder / LETTERS_FOLDER)),
        ("更正通知", lambda: write_corrections(assessment, intake.originals, folder / CORRECTIONS_FOLDER)),
        (EVIDENCE_FOLDER, lambda: file_evidence(assessment.config, intake.materials, folder / EVIDENCE_FOLDER)),
        ("运行报告", lambda: write_report(assessment, folder / REPORT_FILE, generated)),
    ]


def _data(assessment: Assessment, folder: Path) -> None:
    write_whole(folder / RESULTS_FILE, results_json(assessment))
    write_whole(folder / SCORES_FILE, scores_csv(assessment))
