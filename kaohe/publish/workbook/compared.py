"""What differs between the units' own figures and the verified ones, item by item, and what changed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from kaohe.checks.finding import Finding
from kaohe.intake.inspection import row_id
from kaohe.rulebook.model import Item
from kaohe.scoring.accept import accepted_facts
from kaohe.scoring.score import gate_unseen
from kaohe.scoring.scorecard import Assessment, ItemScore, Scorecard
from kaohe.scoring.verify import gate_result

VALUE, REFUSAL, AWARD, DECIDED, MOVED = "核定值", "不认可", "核定分", "审定分", "位次变动"
"""What changed an item; the last where nothing of the unit's own did."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An item whose points are not those of the unit's own figures."""

    card: Scorecard
    score: ItemScore
    causes: tuple[str, ...]

    @property
    def points(self) -> Fraction:
        """Verified less self."""
        return self.score.points - self.score.self_points

    @property
    def moved(self) -> bool:
        """Whether nothing of the unit's own changed it."""
        return self.causes == (MOVED,)


def inspected(assessment: Assessment, card: Scorecard) -> bool:
    """Whether a unit has a score and its preconditions have all been seen."""
    gate = gate_result(assessment.config, assessment.verifications, card.unit.code)
    return card.total is not None and not gate_unseen(assessment.rulebook, gate)


def causes_of(assessment: Assessment, card: Scorecard, score: ItemScore, findings: Sequence[Finding]) -> tuple[str, ...]:
    """What changed an item of a unit, given the findings about the unit's own form."""
    change, decision = assessment.verifications.get(card.unit.code), assessment.decision
    found = []
    if change is not None:
        if any(f in change.fields for f in score.item.rule.inputs()):
            found.append(VALUE)
        if _refused(assessment, card.unit.code, score.item, findings):
            found.append(REFUSAL)
        if score.verified_points is not None:
            found.append(AWARD)
    if decision is not None and any((a.unit, a.item) == (card.unit.code, score.item.id) for a in decision.adjustments):
        found.append(DECIDED)
    return tuple(found) or (MOVED,)


def _refused(assessment: Assessment, code: str, item: Item, findings: Sequence[Finding]) -> bool:
    """Whether a refused row would have counted for the item."""
    record = assessment.records.get(code)
    if not item.rule.lists() or record is None:
        return False
    counted = {row.place for row in item.rule.counted_rows(accepted_facts(record, findings))}
    refused, lists = assessment.verifications[code].refused, assessment.rulebook.lists_by_id
    rows = ((list_id, row) for list_id in item.rule.lists() for row in record.lists.get(list_id, ()))
    return any(row.place in counted and row_id(lists[list_id], row) in refused for list_id, row in rows)
