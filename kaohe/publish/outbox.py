"""Putting a whole set of outputs into the outbox: each is made aside, then renamed into place; what is no longer valid is removed."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kaohe.files import write_whole
from kaohe.intake.inbox import Intake
from kaohe.progress import Reporter
from kaohe.publish.corrections import write_corrections
from kaohe.publish.documents import TemplateFault, write_letters, write_notice
from kaohe.publish.evidence import file_evidence
from kaohe.publish.report import write_report
from kaohe.publish.results import results_json, scores_csv
from kaohe.publish.workbook import write_workbook
from kaohe.scoring.scorecard import Assessment
from kaohe.text import os_problem

CORRECTIONS_FOLDER, LETTERS_FOLDER, EVIDENCE_FOLDER = "更正通知", "结果通知", "佐证材料"
RESULTS_FILE, SCORES_FILE, REPORT_FILE = "results.json", "scores.csv", "run-report.html"


@dataclass(frozen=True)
class Published:
    """Files now in the outbox (relative, with ``/``), and in Chinese what could not be made or replaced."""

    files: tuple[str, ...]
    problems: tuple[str, ...]


def workbook_name(year: int) -> str:
    """File name of the ranked workbook."""
    return f"{year}年度考核汇总.xlsx"


def notice_name(assessment: Assessment) -> str:
    """File name of the notification; a draft says so."""
    return f"{assessment.config.year}年度考核结果通报(送审稿).docx"


def publish(assessment: Assessment, intake: Intake, generated: datetime, reporter: Reporter) -> Published:
    """Make every output and put it into the outbox.

    ``intake`` has the contents that go back to the units or are filed. A template that does not render costs its own documents only.
    """
    outbox = assessment.config.folder("outbox")
    outbox.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    unmade: set[str] = set()
    with tempfile.TemporaryDirectory(prefix=".~", dir=outbox) as aside:
        folder = Path(aside)
        for title, make in _jobs(assessment, intake, generated, folder):
            reporter.step(f"正在制作：{title}")
            try:
                make()
            except TemplateFault as fault:
                problems.append(f"{title}没有做成，outbox 里的仍是上一次的：{fault}")
                unmade.add(title)
        made = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        problems += [problem for name in made if (problem := _put(folder / name, outbox / name))]
    _remove_stale(outbox, set(made), unmade, problems)
    return Published(tuple(made), tuple(problems))


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


def _put(source: Path, target: Path) -> str | None:
    """Rename one file into place unless the same content is there; says in Chinese why it could not."""
    try:
        if target.is_file() and target.read_bytes() == source.read_bytes():
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
    except OSError as error:
        return f"“{target.name}”没有更新（{os_problem(error)}），可能正在 Excel、WPS 里打开，请关闭后再运行一次"
    return None


def _remove_stale(outbox: Path, made: set[str], unmade: set[str], problems: list[str]) -> None:
    """Letters and corrections of an earlier run that no longer hold; nothing that somebody else put there."""
    for name in {CORRECTIONS_FOLDER, LETTERS_FOLDER} - unmade:
        for path in (outbox / name).glob(f"{name}-*"):
            if path.is_file() and f"{name}/{path.name}" not in made and path.suffix in (".docx", ".xlsx", ".txt"):
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    problems.append(f"“{path.name}”已经作废，但删不掉（{os_problem(error)}），可能正打开着，请关闭后再运行一次")
    for leftover in outbox.glob(".~*"):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
