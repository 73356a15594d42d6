"""Corrections: each unit with findings gets its own workbook back, marked, and a short letter."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TypeAlias

from kaohe.checks.finding import Finding, Severity
from kaohe.config.model import Config, Unit
from kaohe.files import write_whole
from kaohe.intake.record import ReceivedFile, Record, Verdict
from kaohe.publish.annotate import Annotator, How, Told
from kaohe.publish.correction_list import WITHHELD, Notice
from kaohe.publish.text_template import render_text
from kaohe.rulebook.model import Rulebook
from kaohe.scoring.scorecard import Assessment, UnitState
from kaohe.text import date_text, own_name, shorten

TEMPLATE = "correction.txt"
NAME = "更正通知"
MARKED = "有问题的单元格已标色并加批注；点“单元格”一栏可以跳到该处，直接在那里改。这张清单、颜色和批注不用删。"
REFILLED = "{why}，所以把你单位填报的内容重新填进了发给你单位的表。" + MARKED
UNTOLD = "问题太多，另有{n}处没有列出，改好这些报回以后再列。"
NOT_MARKED = "你单位的原表格式特殊，不能直接标注，这里只有清单：请对照清单，在你单位自己保存的原表上改，改好后报回。"

_PARTS: tuple[tuple[Severity, bool, str, str], ...] = (
    (Severity.ERROR, False, "必须更正", "更正以前，有关的项目计0分。"),
    (Severity.DOUBT, True, "请写明确", "看不准填的是什么意思，写明确以前先不计分。"),
    (Severity.DOUBT, False, "请核对确认", "得分先保留，确有差错的请改正，没有差错的请在回信里说明。"),
    (Severity.HINT, False, "请留意", "不影响得分，方便时补上。"),
)
"""Parts of the letter: severity, whether the value is withheld, heading, what it means."""

_NUMERALS = "一二三四"
_LONGEST = 300
MOST_TOLD = 1000
"""Findings that one unit is told of at a time: nobody works through more, and nothing bounds how many a file may hold."""


@dataclass(frozen=True, slots=True)
class Place:
    """One cell in the letter."""

    where: str
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class MessageGroup:
    """Findings that say the same about different cells."""

    title: str
    code: str
    action: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """All findings that weigh the same."""

    heading: str
    about: str
    count: int
    groups: tuple[MessageGroup, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not taken, and why."""

    name: str
    verdict: str
    reason: str


Originals: TypeAlias = Callable[[str], bytes | None]
"""The accepted workbook of a unit, by its code; None where it is not at hand."""


@dataclass(frozen=True, slots=True)
class Correction:
    """All that goes back to one unit is made from: small, and able to travel to another process.

    ``findings`` are what the unit has to see to, ``record`` what was read of its form, ``files`` everything that it sent.
    """

    unit: Unit
    state: UnitState
    file: str
    record: Record | None
    findings: tuple[Finding, ...]
    files: tuple[ReceivedFile, ...]

    @property
    def told(self) -> str:
        """All that goes back is made from, apart from the unit's own file, the form and the template of the letter."""
        return repr(self)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the files that go back."""
        letter = f"{NAME}-{self.unit.short}.txt"
        return (f"{NAME}-{self.unit.short}.xlsx", letter) if self.has_workbook else (letter,)

    @property
    def has_workbook(self) -> bool:
        """Whether a workbook goes back; a refused file is answered by a letter alone."""
        return self.state is not UnitState.REJECTED


def corrections(assessment: Assessment) -> Iterator[Correction]:
    """What goes back, in the units' order; nothing for a unit that has nothing to correct."""
    for unit in assessment.config.cohort:
        card = assessment.card(unit.code)
        refused = card.state is UnitState.REJECTED
        findings = () if refused or card.file is None else _ordered(assessment.open_findings_of(unit.code))
        if refused or findings:
            record = assessment.records.get(unit.code)
            yield Correction(unit, card.state, card.file or "", record, findings, assessment.files_of(unit.code))


class Corrector:
    """Writes what goes back to units, one after another. What all of them share is read once."""

    def __init__(self, config: Config, rulebook: Rulebook) -> None:
        self._config = config
        self._annotator = Annotator(config, rulebook)

    def write(self, correction: Correction, original: bytes | None, folder: Path) -> list[Path]:
        """Write one unit's workbook and letter into a folder; their paths. Raises TemplateFault when the letter's template cannot be used."""
        if not correction.has_workbook:
            return [_write_letter(self._config, correction, folder, Told(How.LISTED, (), ()))]
        told_of, word = correction.findings[:MOST_TOLD], _wording(self._config, correction)
        book, told = self._annotator.annotate(correction.unit, correction.record, told_of, original, word)
        path = folder / f"{NAME}-{correction.unit.short}.xlsx"
        write_whole(path, book, flush=False)
        return [path, _write_letter(self._config, correction, folder, told)]


def write_corrections(assessment: Assessment, original: Originals, folder: Path) -> list[Path]:
    """Write what goes back to the units into ``folder`` and return the files, in the units' order.

    Raises TemplateFault when the letter's template cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    corrector = Corrector(assessment.config, assessment.rulebook)
    written: list[Path] = []
    for correction in corrections(assessment):
        written += corrector.write(correction, original(correction.unit.code) if correction.has_workbook else None, folder)
    return written


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then what is withheld; otherwise as the checks gave them."""
    return tuple(sorted(findings, key=lambda finding: finding.gravity))


def _wording(config: Config, correction: Correction) -> Callable[[Told], Notice]:
    """What the first sheet says, once it is known in what shape the return goes back."""
    total = len(correction.findings)

    def notice(told: Told) -> Notice:
        counts = [f"{severity.value}{n}处" for severity in Severity if (n := sum(finding.severity is severity for finding in told.findings))]
        how = {How.MARKED: MARKED, How.REFILLED: REFILLED.format(why=told.why), How.LISTED: NOT_MARKED}[told.how]
        return Notice(
            title=f"{correction.unit.short}{config.year}年度考核填报表更正清单",
            about=(
                f"核对的文件：{_line(own_name(correction.file))}　　共{len(told.findings)}处：{'、'.join(counts)}",
                *([UNTOLD.format(n=total - len(told.findings))] if total > len(told.findings) else []),
                how,
                f"错误必须更正，更正以前有关的项目计0分；疑问请核对，得分先保留（注明“{WITHHELD}”的除外）；提示只作提醒。",
                f"请于{date_text(config.deadline)}前（已经过了的，请尽快）改好，发到 {config.issuer.email}。联系：{config.issuer.contact}，电话 {config.issuer.phone}",
                *told.lost,
            ),
            findings=told.findings,
            origins=told.origins,
            publisher=config.issuer.name,
            stamp=datetime.combine(config.deadline, time()),
        )

    return notice


def _write_letter(config: Config, correction: Correction, folder: Path, told: Told) -> Path:
    unit, total, rejected = correction.unit, len(correction.findings), not correction.has_workbook
    refusals = _refusals(correction.files)
    context = {
        "unit": unit,
        "year": config.year,
        "issuer": config.issuer,
        "deadline": date_text(config.deadline),
        "form": f"{config.year}年度考核填报表-{unit.short}.xlsx",
        "file": _line(own_name(correction.file)),
        "attachment": f"{NAME}-{unit.short}.xlsx",
        "marked": told.how is not How.LISTED,
        "refilled": told.why if told.how is How.REFILLED else "",
        "total": total,
        "untold": total - len(told.findings),
        "parts": _parts(told),
        "refused": refusals if rejected else [],
        "others": [] if rejected else refusals,
    }
    text = render_text(config.template(TEMPLATE), context)
    path = folder / f"{NAME}-{unit.short}.txt"
    lines = [line.rstrip() for line in text.strip().splitlines()]
    write_whole(path, ("\r\n".join(lines) + "\r\n").encode("utf-8-sig"), flush=False)
    return path


def _parts(told: Told) -> list[Part]:
    parts: list[Part] = []
    pairs = list(zip(told.findings, told.origins, strict=True))
    for severity, withheld, heading, about in _PARTS:
        found = [(f, o) for f, o in pairs if f.severity is severity and (severity is not Severity.DOUBT or f.withheld is withheld)]
        if found:
            parts.append(Part(f"{_NUMERALS[len(parts)]}、{heading}", about, len(found), _groups(found)))
    return parts


def _groups(found: Iterable[tuple[Finding, str]]) -> tuple[MessageGroup, ...]:
    """Findings that share code, title and what to do, in the order of the first of each."""
    shared: dict[tuple[str, str, str], list[Place]] = {}
    for finding, origin in found:
        shared.setdefault((finding.title, finding.code, finding.action), []).append(_place(finding, origin))
    return tuple(
        MessageGroup(_line(title), _line(code), _line(action).rstrip("。"), tuple(places)) for (title, code, action), places in shared.items()
    )


def _place(finding: Finding, origin: str) -> Place:
    sheet = _line(finding.sheet)
    label = _line(finding.label).removeprefix(f"{sheet}：")  # a list's sheet bears the list's name
    where = " ".join(part for part in (sheet, _line(finding.cell), label) if part)
    where += f"（{_line(origin)}）" if origin else ""
    clause = _line(finding.clause)
    return Place(f"{where}　条款{clause}" if clause else where, _line(finding.found), _line(finding.expected))


def _refusals(files: Iterable[ReceivedFile]) -> list[Refusal]:
    kept = (Verdict.ACCEPTED, Verdict.OPENED, Verdict.EVIDENCE, Verdict.ARRIVING)
    return [Refusal(_line(own_name(file.name)), file.verdict.chinese, _line(file.reason).rstrip("。")) for file in files if file.verdict not in kept]


def _line(text: str) -> str:
    """Text of unknown origin on one line of a letter."""
    return shorten(text, _LONGEST)
