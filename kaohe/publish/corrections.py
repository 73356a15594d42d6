"""Corrections: each unit with findings gets its own workbook back, marked, and a short letter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from kaohe.checks.finding import Finding, Severity
from kaohe.files import write_whole
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.publish.annotate import Annotator, How, Told
from kaohe.publish.marking import WITHHELD, Notice
from kaohe.publish.text_template import render_text
from kaohe.scoring.scorecard import Assessment, Scorecard, UnitState
from kaohe.text import date_text, shorten

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


def write_corrections(assessment: Assessment, original: Callable[[str], bytes | None], folder: Path) -> list[Path]:
    """Write what goes back to the units into ``folder`` and return the files, in the units' order.

    ``original`` gives a unit's accepted workbook by its code, None where there is none. Raises TemplateFault when the letter's template cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    annotator = Annotator(assessment)
    written: list[Path] = []
    for unit in assessment.config.cohort:
        card = assessment.card(unit.code)
        if card.state is UnitState.REJECTED:
            written.append(_write_letter(assessment, card, folder, Told(How.LISTED, (), ())))
        elif card.file is not None and (findings := _ordered(assessment.open_findings_of(unit.code))):
            book, told = annotator.annotate(unit, findings[:MOST_TOLD], original(unit.code), _wording(assessment, card, len(findings)))
            path = folder / f"{NAME}-{unit.short}.xlsx"
            write_whole(path, book)
            written += [path, _write_letter(assessment, card, folder, told, len(findings))]
    return written


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then what is withheld; otherwise as the checks gave them."""
    return tuple(sorted(findings, key=lambda finding: finding.gravity))


def _wording(assessment: Assessment, card: Scorecard, total: int) -> Callable[[Told], Notice]:
    """What the first sheet says, once it is known in what shape the return goes back."""
    config = assessment.config

    def notice(told: Told) -> Notice:
        counts = [f"{severity.value}{n}处" for severity in Severity if (n := sum(finding.severity is severity for finding in told.findings))]
        how = {How.MARKED: MARKED, How.REFILLED: REFILLED.format(why=told.why), How.LISTED: NOT_MARKED}[told.how]
        return Notice(
            title=f"{card.unit.short}{config.year}年度考核填报表更正清单",
            about=(
                f"核对的文件：{_line(card.file or '')}　　共{len(told.findings)}处：{'、'.join(counts)}",
                *([UNTOLD.format(n=total - len(told.findings))] if total > len(told.findings) else []),
                how,
                f"错误必须更正，更正以前有关的项目计0分；疑问请核对，得分先保留（注明“{WITHHELD}”的除外）；提示只作提醒。",
                f"请于{date_text(config.deadline)}前改好，发到 {config.issuer.email}。联系：{config.issuer.contact}，电话 {config.issuer.phone}",
                *told.lost,
            ),
            findings=told.findings,
            origins=told.origins,
            publisher=config.issuer.name,
            stamp=datetime.combine(config.deadline, time()),
        )

    return notice


def _write_letter(assessment: Assessment, card: Scorecard, folder: Path, told: Told, total: int = 0) -> Path:
    config, unit = assessment.config, card.unit
    files = [file for file in assessment.files if file.unit == unit.code]
    context = {
        "unit": unit,
        "year": config.year,
        "issuer": config.issuer,
        "deadline": date_text(config.deadline),
        "form": f"{config.year}年度考核填报表-{unit.short}.xlsx",
        "file": _line(card.file or ""),
        "attachment": f"{NAME}-{unit.short}.xlsx",
        "marked": told.how is not How.LISTED,
        "refilled": told.why if told.how is How.REFILLED else "",
        "total": total,
        "untold": total - len(told.findings),
        "parts": _parts(told),
        "refused": _refusals(files) if card.state is UnitState.REJECTED else [],
        "others": _refusals(files) if card.state is not UnitState.REJECTED else [],
    }
    text = render_text(config.template(TEMPLATE), context)
    path = folder / f"{NAME}-{unit.short}.txt"
    lines = [line.rstrip() for line in text.strip().splitlines()]
    write_whole(path, ("\r\n".join(lines) + "\r\n").encode("utf-8-sig"))
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
    where = " ".join(part for part in (_line(finding.sheet), _line(finding.cell), _line(finding.label)) if part)
    where += f"（{_line(origin)}）" if origin else ""
    clause = _line(finding.clause)
    return Place(f"{where}　条款{clause}" if clause else where, _line(finding.found), _line(finding.expected))


def _refusals(files: Iterable[ReceivedFile]) -> list[Refusal]:
    kept = (Verdict.ACCEPTED, Verdict.OPENED, Verdict.EVIDENCE, Verdict.ARRIVING)
    return [Refusal(_line(file.name), file.verdict.chinese, _line(file.reason).rstrip("。")) for file in files if file.verdict not in kept]


def _line(text: str) -> str:
    """Text of unknown origin on one line of a letter."""
    return shorten(text, _LONGEST)
