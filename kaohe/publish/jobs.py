"""What a run publishes: for each output its files, what they are made from, and how. Nothing here waits for anything else here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from kaohe.config.model import Config
from kaohe.files import write_whole
from kaohe.intake.inbox import Intake
from kaohe.ledger.cache import Place
from kaohe.publish.as_left import key_of, templates_key
from kaohe.publish.results import results_chunks, scores_csv
from kaohe.scoring.scorecard import Assessment
from kaohe.store import Reader

CORRECTIONS_FOLDER, LETTERS_FOLDER, EVIDENCE_FOLDER = "更正通知", "结果通知", "佐证材料"
RESULTS_FILE, SCORES_FILE, REPORT_FILE = "results.json", "scores.csv", "run-report.html"


@dataclass(frozen=True, slots=True)
class Job:
    """One output: its title for people, and ``make``, which writes it into a folder.

    ``key`` tells whatever it is made from; ``names`` are the files it will have made, relative with ``/``, where that is known
    beforehand: then they are taken over from an outbox in which they were made from the same.
    """

    title: str
    make: Callable[[Path], object]
    key: str
    names: tuple[str, ...] = ()
    grows: bool = False
    """Whether it speaks of all units, so that making it takes the more memory the more there are."""


@dataclass(frozen=True)
class Former:
    """The outbox as it was left: its files by name. ``rests_on`` tells the configuration, rules and program of now; "" where nothing may be taken over."""

    rests_on: str = ""
    outputs: Mapping[str, Place] = field(default_factory=dict)


def workbook_name(year: int) -> str:
    """File name of the ranked workbook."""
    return f"{year}年度考核汇总.xlsx"


def notice_name(assessment: Assessment) -> str:
    """File name of the notification; a draft says so."""
    return f"{assessment.config.year}年度考核结果通报(送审稿).docx"


def jobs(assessment: Assessment, intake: Intake, read: Reader, generated: datetime, rests_on: str) -> Iterator[Job]:
    """Everything that a run publishes, what takes longest first. ``rests_on`` as in ``Former``."""

    config = assessment.config
    same = key_of(rests_on, templates_key(config))
    whole = key_of(same, assessment.files, assessment.status)
    book, notice = workbook_name(config.year), notice_name(assessment)
    yield Job("考核汇总工作簿", lambda folder: _workbook(assessment, folder / book), whole, (book,), grows=True)
    yield Job("运行报告", lambda folder: _report(assessment, folder / REPORT_FILE, generated), whole, (REPORT_FILE,), grows=True)
    yield Job("results.json、scores.csv", lambda folder: _data(assessment, folder), whole, (RESULTS_FILE, SCORES_FILE), grows=True)
    yield Job("考核结果通报", lambda folder: _notice(assessment, folder / notice), whole, (notice,), grows=True)
    yield from correction_jobs(assessment, intake, read, same)
    yield from letters(assessment, same)
    yield Job(EVIDENCE_FOLDER, lambda folder: _evidence(config, intake, read, folder / EVIDENCE_FOLDER), whole)


# Each kind of output loads what it needs when it is made: an unchanged night needs none of it.


def _workbook(assessment: Assessment, path: Path) -> None:
    from kaohe.publish.workbook import write_workbook

    write_workbook(assessment, path)


def _report(assessment: Assessment, path: Path, generated: datetime) -> None:
    from kaohe.publish.report import write_report

    write_report(assessment, path, generated)


def _notice(assessment: Assessment, path: Path) -> None:
    from kaohe.publish.documents import write_notice

    write_notice(assessment, path)


def correction_jobs(assessment: Assessment, intake: Intake, read: Reader, same: str) -> Iterator[Job]:
    """What goes back to each unit. ``same`` tells what all outputs rest on."""
    from kaohe.publish.corrections import Correction, Corrector, corrections

    corrector = Corrector(assessment.config, assessment.rulebook)

    def write(correction: Correction, folder: Path) -> None:
        sha = intake.originals.get(correction.unit.code) if correction.has_workbook else None
        corrector.write(correction, read(sha) if sha is not None else None, folder / CORRECTIONS_FOLDER)

    for entry in corrections(assessment):
        sha = intake.originals.get(entry.unit.code, "")  # with what all rest on, the record follows from it
        key = key_of(same, entry.unit.code, entry.state, entry.file, entry.findings, entry.files, sha)
        yield Job(CORRECTIONS_FOLDER, partial(write, entry), key, tuple(f"{CORRECTIONS_FOLDER}/{name}" for name in entry.names))


def letters(assessment: Assessment, same: str) -> Iterator[Job]:
    """The letter about each unit. ``same`` tells what all outputs rest on."""
    from kaohe.publish.documents import LetterJob, letter_jobs

    def write(letter: LetterJob, folder: Path) -> None:
        replace(letter, path=folder / letter.path).write()

    for entry in letter_jobs(assessment, Path(LETTERS_FOLDER)):
        yield Job(LETTERS_FOLDER, partial(write, entry), key_of(same, entry.told), (entry.path.as_posix(),))


def _evidence(config: Config, intake: Intake, read: Reader, folder: Path) -> None:
    from kaohe.publish.evidence import file_evidence

    file_evidence(config, intake.materials, read, folder)


def _data(assessment: Assessment, folder: Path) -> None:
    write_whole(folder / RESULTS_FILE, results_chunks(assessment), flush=False)
    write_whole(folder / SCORES_FILE, scores_csv(assessment), flush=False)
