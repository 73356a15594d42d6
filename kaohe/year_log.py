"""What a run writes into the year's log: files and their verdicts, inspections, the decision, the final set."""

from collections.abc import Iterator

from kaohe.ledger import Event
from kaohe.scoring.scorecard import Assessment
from kaohe.scoring.verify import Verification

RECEIVED, INSPECTED, DECIDED, ISSUED = "收件", "核查", "审定", "定稿"


def events_of(assessment: Assessment, at: int) -> Iterator[Event]:
    """Every event that the assessment shows; the ledger keeps only those it does not know."""
    for file in assessment.files:
        said = file.verdict.chinese if file.reason.startswith(file.verdict.chinese) else f"{file.verdict.chinese}：{file.reason}"
        yield Event(at, RECEIVED, file.unit or "", f"{file.name}（{file.sha256[:8]}）", said)
    for code, change in assessment.verifications.items():
        yield Event(at, INSPECTED, code, change.file, _inspected(assessment, change))
    if assessment.decision is not None:
        decision = assessment.decision
        said = f"{decision.number or '没有文号'}，{'审定通过' if decision.approved else '未审定通过'}"
        yield Event(at, DECIDED, "", decision.file, said)


def _inspected(assessment: Assessment, change: Verification) -> str:
    answers = [getattr(change.gate, condition.id) for condition in assessment.rulebook.gate.conditions]
    gate = "前提条件不具备" if False in answers else "前提条件尚未查完" if None in answers else "前提条件具备"
    return f"{change.group}：{gate}，核定{len(change.fields)}个数、{len(change.points)}项得分，不认可{len(change.refused)}行"
