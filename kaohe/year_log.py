"""What a run writes into the year's log: files and their verdicts, inspections, the decision, the final set."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from kaohe.ledger import Event, Ledger
from kaohe.scoring.scorecard import Assessment
from kaohe.scoring.verify import Verification

RECEIVED, INSPECTED, DECIDED, ISSUED = "收件", "核查", "审定", "定稿"
_SEAL = re.compile(r"清单校验码 ([0-9a-f]{64})")


def events_of(assessment: Assessment, at: int) -> Iterator[Event]:
    """Every event that the assessment shows; the ledger keeps only those it does not know."""
    content = {file.name: file.sha256 for file in assessment.files}
    for file in assessment.files:
        said = file.verdict.chinese if file.reason.startswith(file.verdict.chinese) else f"{file.verdict.chinese}：{file.reason}"
        yield Event(at, RECEIVED, file.unit or "", _subject(file.name, content), said)
    for code, change in assessment.verifications.items():
        yield Event(at, INSPECTED, code, _subject(change.file, content), _inspected(assessment, change))
    if assessment.decision is not None:
        decision = assessment.decision
        said = f"{decision.number or '没有文号'}，{'审定通过' if decision.approved else '未审定通过'}"
        yield Event(at, DECIDED, "", _subject(decision.file, content), said)


def issuing_event(at: int, year: int) -> Event:
    """The final set is about to be issued. A run killed just after issuing it is known by this."""
    return Event(at, ISSUED, "", _issuing(year), "开始生成正式结果")


def is_unrecorded(ledger: Ledger, year: int) -> bool:
    """Whether this ledger saw the issue of the year's final set begin, but not its seal: only then may a later run write that down."""
    begun = any((event.kind, event.subject) == (ISSUED, _issuing(year)) for event in ledger.events())
    return begun and issued_seal(ledger, year) is None


def issued_event(at: int, folder: Path, seal: str) -> Event:
    """The final set was issued; its manifest's seal is kept here too, out of reach of whoever may change the set."""
    return Event(at, ISSUED, "", folder.name, f"正式结果已生成：{folder}，清单校验码 {seal}")


def issued_seal(ledger: Ledger, year: int) -> str | None:
    """The seal that was written down when the year's final set was last issued; None where the ledger does not know."""
    said = [event.said for event in ledger.events() if (event.kind, event.subject) == (ISSUED, str(year))]
    match = _SEAL.search(said[-1]) if said else None
    return match[1] if match else None


def _issuing(year: int) -> str:
    return f"{year}年度"


def _subject(name: str, content: Mapping[str, str]) -> str:
    """A file by name and content, so that another file of the same name is another subject."""
    return f"{name}（{content.get(name, '')[:8]}）"


def _inspected(assessment: Assessment, change: Verification) -> str:
    answers = [change.gate.holds(condition.id) for condition in assessment.rulebook.gate.conditions]
    gate = "前提条件不具备" if False in answers else "前提条件尚未查完" if None in answers else "前提条件具备"
    counts = (("核定{}个数", len(change.fields)), ("核定{}项得分", len(change.points)), ("不认可{}行", len(change.refused)))
    changed = [said.format(count) for said, count in counts if count]
    return f"{change.group}：{gate}，{'，'.join(changed) or '填报的数和清单都没有改动'}"
