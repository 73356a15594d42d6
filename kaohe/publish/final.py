"""The final set: made whole beside its place, put there by one rename, and never touched again."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from xlsxwriter.exceptions import FileCreateError

from kaohe.files import flush_folder, fresh_folder, patiently, write_whole
from kaohe.progress import Reporter
from kaohe.publish.as_left import final_place
from kaohe.publish.documents import TemplateFault, write_award_decision, write_certificates, write_letters, write_notice
from kaohe.publish.documents.contents import winners
from kaohe.publish.frozen import (
    BASIS_FOLDER,
    CONFIG_FILE,
    MANIFEST_FILE,
    RULES_FILES,
    frozen_office,
    manifest_of,
    rules_name,
    set_files,
    taken,
)
from kaohe.publish.jobs import LETTERS_FOLDER, RESULTS_FILE, SCORES_FILE, workbook_name
from kaohe.publish.results import results_json, scores_csv
from kaohe.publish.standing import blockers, clear_leftovers
from kaohe.publish.workbook import write_workbook
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.scorecard import Assessment
from kaohe.text import os_problem
from kaohe.toml_source import FaultyFile

AWARDS_FILE, CERTIFICATES_FOLDER = "表彰决定.docx", "荣誉证书"

_CHANGED = "设置或规则在这次运行期间改动过，请再运行一次"


class FinalFault(Exception):
    """The final set could not be made, and nothing of it is left; says why in Chinese."""


def issue_final(assessment: Assessment, *, config_file: Path, rules_folder: Path, now: datetime, reporter: Reporter) -> Path | None:
    """Make the final set and put it into the outbox; returns its folder, or None where something blocks it or one exists.

    FinalFault when it cannot be made: then nothing is left of it. What an interrupted run left is removed in any case.
    """
    place = final_place(assessment.config)
    clear_leftovers(assessment.config)
    if os.path.lexists(place) or blockers(assessment):
        return None
    with _told("存放的文件夹"):
        place.parent.mkdir(parents=True, exist_ok=True)
        folder = fresh_folder(place.parent, f".~{place.name}-")
    try:
        for title, make in _jobs(assessment, folder, config_file, rules_folder, now):
            reporter.step(f"正在制作正式结果：{title}")
            with _told(title):
                make()
        with _told("整套文件"):
            folder.chmod(0o755)
            _flush(folder)
            patiently(lambda: folder.rename(place))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    with contextlib.suppress(OSError):
        flush_folder(place.parent)
    return place


def _jobs(assessment: Assessment, folder: Path, config_file: Path, rules_folder: Path, now: datetime) -> list[tuple[str, Callable[[], object]]]:
    year = assessment.config.year
    return [
        ("依据", lambda: _basis(assessment, folder, config_file, rules_folder)),
        ("results.json、scores.csv", lambda: _data(assessment, folder)),
        ("考核汇总工作簿", lambda: write_workbook(assessment, folder / workbook_name(year))),
        ("考核结果通报", lambda: write_notice(assessment, folder / f"{year}年度考核结果通报.docx")),
        ("结果通知", lambda: write_letters(assessment, folder / LETTERS_FOLDER)),
        *(_award_jobs(assessment, folder) if winners(assessment) else ()),
        ("manifest.json", lambda: _manifest(assessment, folder, now)),
    ]


def _award_jobs(assessment: Assessment, folder: Path) -> list[tuple[str, Callable[[], object]]]:
    return [
        ("表彰决定", lambda: write_award_decision(assessment, folder / AWARDS_FILE)),
        ("荣誉证书", lambda: write_certificates(assessment, folder / CERTIFICATES_FOLDER)),
    ]


def _data(assessment: Assessment, folder: Path) -> None:
    write_whole(folder / RESULTS_FILE, results_json(assessment))
    write_whole(folder / SCORES_FILE, scores_csv(assessment))


def _basis(assessment: Assessment, folder: Path, config_file: Path, rules_folder: Path) -> None:
    """Copies of the configuration and the rules; FinalFault where they are no longer what the assessment was made from."""
    year = assessment.config.year
    write_whole(folder / BASIS_FOLDER / CONFIG_FILE, config_file.read_bytes())
    for name in RULES_FILES:
        write_whole(folder / rules_name(year, name), (rules_folder / name).read_bytes())
    try:
        office = frozen_office(folder, year)
        rulebook = apply_readings(office.rulebook, taken(assessment.rulebook))
    except (FaultyFile, KeyError):
        raise FinalFault(f"没有生成正式结果：{_CHANGED}") from None
    decided = {"awards", "readings"}  # the meeting may have set these
    same = office.config.model_dump(exclude=decided) == assessment.config.model_dump(exclude=decided)
    if not same or rulebook.rules_hash != assessment.rulebook.rules_hash:
        raise FinalFault(f"没有生成正式结果：{_CHANGED}")


def _manifest(assessment: Assessment, folder: Path, now: datetime) -> None:
    manifest = manifest_of(assessment, set_files(folder), now.isoformat(timespec="seconds"))
    write_whole(folder / MANIFEST_FILE, manifest.sealed())


@contextlib.contextmanager
def _told(title: str) -> Iterator[None]:
    """What goes wrong inside is told as a FinalFault naming ``title``."""
    try:
        yield
    except TemplateFault as fault:
        raise FinalFault(f"没有生成正式结果：{title}没有做成。{fault}") from fault
    except (OSError, FileCreateError) as error:
        reason = os_problem(error) if isinstance(error, OSError) else str(error)
        raise FinalFault(f"没有生成正式结果：{title}没有写成（{reason}）。请排除后再运行一次") from error


def _flush(folder: Path) -> None:
    """Everything below a folder on the disk, and the folders that lead to it."""
    for path in folder.rglob("*"):
        if path.is_dir():
            flush_folder(path)
        else:
            with path.open("r+b") as file:
                os.fsync(file.fileno())
    for parent in (folder, folder.parent, folder.parent.parent):
        flush_folder(parent)
