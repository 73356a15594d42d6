"""What the groups' inspections change: gate results, verified figures, refused rows, points awarded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from kaohe.checks.figures import PART_ABOVE_WHOLE
from kaohe.checks.finding import Finding, Severity
from kaohe.config.model import Config, GateResult
from kaohe.forms.inspection import PRESENT, REFUSED
from kaohe.intake.inspection import FIELD, ITEM, ROW, Answer, UnitInspection, counting, row_id
from kaohe.intake.record import Record
from kaohe.rulebook.facts import CellValue, Facts, FieldValue
from kaohe.rulebook.model import Rulebook
from kaohe.rulebook.pairs import above


@dataclass(frozen=True)
class Verification:
    """What one group's newest form changes for one unit. ``reasons`` are by ``kind:id``; ``refused`` holds row ids."""

    group: str
    file: str
    gate: GateResult
    visit: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    points: Mapping[str, Fraction] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)


def verifications(
    config: Config, rulebook: Rulebook, visits: Sequence[tuple[str, UnitInspection]], findings: Iterable[Finding]
) -> dict[str, Verification]:
    """By unit, from the newest form of the group that inspects it. An answer with an error changes nothing."""
    wrong = {(f.file, f.sheet, f.cell) for f in findings if f.of_group and f.severity is Severity.ERROR}
    chosen = counting(visits, {code: group.name for code, group in config.group_of.items()})
    return {code: _verification(rulebook, file, visit, wrong) for code, (file, visit) in chosen.items()}


def gate_result(config: Config, changes: Mapping[str, Verification], code: str) -> GateResult:
    """What was found of the preconditions at a unit: by its group's form where that says anything, else as the configuration says."""
    found = changes[code].gate if code in changes else GateResult()
    answered = any(answer is not None for answer in found.answers.values())
    return found if answered else config.gate.get(code, GateResult())


def verified_facts(rulebook: Rulebook, facts: Facts, record: Record, change: Verification) -> Facts:
    """The unit's facts with verified figures in place of its own, and refused rows left out."""
    refused = {
        (list_id, row.place) for list_id, rows in record.lists.items() for row in rows if row_id(rulebook.lists_by_id[list_id], row) in change.refused
    }
    rows = {list_id: tuple(row for row in entries if (list_id, row.place) not in refused) for list_id, entries in facts.rows.items()}
    return Facts({**facts.fields, **change.fields}, rows)


def without_settled(rulebook: Rulebook, findings: Sequence[Finding], record: Record, change: Verification) -> list[Finding]:
    """The findings that verified figures do not settle: their own cell was verified, or the two figures now agree."""
    values: dict[str, CellValue | None] = {**{f: cell.value for f, cell in record.fields.items()}, **change.fields}

    def settled(finding: Finding) -> bool:
        if finding.row is not None:
            return False
        if finding.field in change.fields:
            return True
        pairs = [pair for pair in rulebook.never_above if pair[0] == finding.field and change.fields.keys() & set(pair)]
        return finding.code == PART_ABOVE_WHOLE and bool(pairs) and not any(above(values, *pair) for pair in pairs)

    return [finding for finding in findings if not settled(finding)]


def _verification(rulebook: Rulebook, file: str, visit: UnitInspection, wrong: set[tuple[str, str, str]]) -> Verification:
    def sound(answer: Answer) -> bool:
        return (file, answer.verified.sheet, answer.verified.ref) not in wrong

    gate = {c.id: visit.gate[c.id] for c in rulebook.gate.conditions if c.id in visit.gate and sound(visit.gate[c.id])}
    fields: dict[str, FieldValue] = {}
    points: dict[str, Fraction] = {}
    reasons: dict[str, str] = {}
    for field_id, answer in visit.fields.items():
        value = answer.verified.value
        if field_id in rulebook.fields and sound(answer) and isinstance(value, int):
            fields[field_id] = value
            reasons[f"{FIELD}:{field_id}"] = answer.reason.raw
    for item_id, answer in visit.items.items():
        value = answer.verified.value
        if item_id in rulebook.items and sound(answer) and isinstance(value, Fraction):
            points[item_id] = value
            reasons[f"{ITEM}:{item_id}"] = answer.reason.raw
    refused = {about: a for about, a in visit.rows.items() if sound(a) and a.verified.value == REFUSED}
    reasons |= {f"{ROW}:{about}": answer.reason.raw for about, answer in refused.items()}
    remark = "；".join(answer.reason.raw for answer in gate.values() if answer.reason.raw)
    return Verification(
        group=visit.group,
        file=file,
        gate=GateResult(**{c: a.verified.value == PRESENT for c, a in gate.items()}, remark=remark),
        visit={about: cell.raw for about, cell in visit.visit.items()},
        fields=fields,
        refused=frozenset(refused),
        points=points,
        reasons=reasons,
    )
