"""The final set: made whole beside its place, put there by one rename, and never touched again."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from xlsxwriter.exceptions import FileCreateError

from kaohe.checks.finding import Severity
from kaohe.config.model import Config
from kaohe.files import flush_folder, write_whole
from kaohe.progress import Reporter
from kaohe.publish.documents import TemplateFault, write_award_decision, write_certificates, write_letters, write_notice
from kaohe.publish.documents.context import winners
from kaohe.publish.frozen import (
    BASIS_FOLDER,
    CONFIG_FILE,
    FINAL_FOLDER,
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
from kaohe.publish.workbook import write_workbook
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.scorecard import Assessment, Status, UnitState
from kaohe.text import inner, os_problem
from kaohe.toml_source import FaultyFile

AWARDS_FILE, CERTIFICATES_FOLDER = "表彰决定.docx", "荣誉证书"

_STEPS = {
    UnitState.MISSING: "请催报",
    UnitState.REJECTED: "请该单位改用正确的表重报",
    UnitState.INCOMPLETE: "请该单位更正后重报，或由考核组核定",
    UnitState.PROVISIONAL: "请考核组实地核查后交回核查表",
}
_DECISION_CODES = "V-8"
_MOST_NAMED = 5
_CHANGED = "设置或规则在这次运行期间改动过，请再运行一次"


class FinalFault(Exception):
    """The final set could not be made, and nothing of it is left; says why in Chinese."""


def blockers(assessment: Assessment) -> tuple[str, ...]:
    """In Chinese, everything that stands in the way of the final set: units in the groups' order, inspection forms, the decision."""
    cards = [assessment.card(unit.code) for unit in assessment.config.cohort]
    lines = [f"{c.unit.short}{c.state.chinese}：{c.reason.rstrip('。')}。{_STEPS[c.state]}" for c in cards if c.state in _STEPS]
    lines += _faulty_inspections(assessment)
    decision = assessment.decision
    errors = [f for f in assessment.findings if f.code.startswith(_DECISION_CODES) and f.severity is Severity.ERROR]
    if errors:
        wrong = "；".join(dict.fromkeys(f"{f.title}（{f.found}）" for f in errors))
        lines.append(f"审定没有生效：审定表“{errors[0].file}”有{len(errors)}处错误：{wrong}。请改正后重新交回")
    elif decision is None:
        lines.append("没有审定：收件箱里没有与现在的结果相符的审定表。请制作审定表，主席办公会议审定后放进收件箱")
    elif not decision.approved:
        lines.append(f"没有批准：审定表“{decision.file}”没有同意印发。请主席办公会议批准后重新交回")
    if not lines and assessment.status is not Status.FINAL:
        lines.append(f"审定没有生效：结果仍是{assessment.status.mark}。请核对审定表后再运行一次")
    return tuple(lines)


def _faulty_inspections(assessment: Assessment) -> Iterator[str]:
    """One line for each unit whose inspection form counts but holds answers that cannot be taken."""
    for unit in assessment.config.cohort:
        change = assessment.verifications.get(unit.code)
        if change is None:
            continue
        about = (unit.code, change.file)
        errors = [f for f in assessment.findings if f.of_group and f.severity is Severity.ERROR and (f.unit, f.file) == about]
        if errors:
            wrong = "；".join(f"{f.cell}“{inner(f.label)}”{f.title}" for f in errors[:_MOST_NAMED]) + ("；等" if len(errors) > _MOST_NAMED else "")
            yield f"{unit.short}的核查表“{change.file}”有{len(errors)}处错误，没有采用：{wrong}。请{change.group}改正后重新交回"


def final_place(config: Config) -> Path:
    """Where the final set of the configured year stands once it is issued."""
    return config.folder("outbox") / FINAL_FOLDER / str(config.year)


def standing_note(config: Config) -> str | None:
    """In Chinese, that the year's final set exists and stays as it is; None where there is none."""
    place = final_place(config)
    if not os.path.lexists(place):
        return None
    return f"{config.year}年度的定稿已经签发，原样保存在 {place}；以后收到的文件只改变 {config.folder('outbox')} 里的送审稿，不改变定稿"


def issue_final(assessment: Assessment, *, config_file: Path, rules_folder: Path, now: datetime, reporter: Reporter) -> Path | None:
    """Make the final set and put it into the outbox; returns its folder, or None where something blocks it or one exists.

    FinalFault when it cannot be made: then nothing is left of it. What an interrupted run left is removed in any case.
    """
    place = final_place(assessment.config)
    for leftover in place.parent.glob(".~*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if os.path.lexists(place) or blockers(assessment):
        return None
    with _told("存放的文件夹"):
        place.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".~{place.name}-", dir=place.parent))
    try:
        for title, make in _jobs(assessment, folder, config_file, rules_folder, now):
            reporter.step(f"正在制作定稿：{title}")
            with _told(title):
                make()
        with _told("整套文件"):
            folder.chmod(0o755)
            _flush(folder)
            folder.rename(place)
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
        raise FinalFault(f"没有签发定稿：{_CHANGED}") from None
    decided = {"awards", "readings"}  # the meeting may have set these
    same = office.config.model_dump(exclude=decided) == assessment.config.model_dump(exclude=decided)
    if not same or rulebook.rules_hash != assessment.rulebook.rules_hash:
        raise FinalFault(f"没有签发定稿：{_CHANGED}")


def _manifest(assessment: Assessment, folder: Path, now: datetime) -> None:
    manifest = manifest_of(assessment, set_files(folder), now.isoformat(timespec="seconds"))
    write_whole(folder / MANIFEST_FILE, manifest.sealed())


@contextlib.contextmanager
def _told(title: str) -> Iterator[None]:
    """What goes wrong inside is told as a FinalFault naming ``title``."""
    try:
        yield
    except TemplateFault as fault:
        raise FinalFault(f"没有签发定稿：{title}没有做成。{fault}") from fault
    except (OSError, FileCreateError) as error:
        reason = os_problem(error) if isinstance(error, OSError) else str(error)
        raise FinalFault(f"没有签发定稿：{title}没有写成（{reason}）。请排除后再运行一次") from error


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
