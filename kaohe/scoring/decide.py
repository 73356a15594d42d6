"""The effect of the meeting's decision: readings, adjustments, awards, and whether the result is final."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction

from kaohe.checks.decisions import choice_named, unit_named
from kaohe.checks.finding import Finding, Severity
from kaohe.checks.registry import DecisionCase
from kaohe.config.model import Award
from kaohe.intake.decision import DecisionForm
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.basis import basis
from kaohe.scoring.decision import Adjustment, Decision
from kaohe.scoring.score import reassess
from kaohe.scoring.scorecard import Assessment, Status


def decision_case(assessment: Assessment, file: str, form: DecisionForm) -> DecisionCase:
    """What the checks of a decision form look at."""
    rests_on = basis(assessment)
    scored = frozenset(card.unit.code for card in assessment.cards if card.state.scored)
    arrived = next((f.arrived_on for f in assessment.files if f.name == file), None)
    return DecisionCase(assessment.config, assessment.rulebook, form, file, rests_on.fingerprint, rests_on.parts, scored, arrived)


def decide(assessment: Assessment, case: DecisionCase, findings: Iterable[Finding]) -> Assessment:
    """The assessment under the decision. A form with an error, or one that does not approve, changes no figure.

    Final when it approves and every unit is decided; findings about the form stand among the assessment's findings.
    """
    found = tuple(findings)
    assessment = replace(assessment, findings=(*assessment.findings, *found))
    if any(f.severity is Severity.ERROR for f in found):
        return assessment
    decision = _decision(case)
    if not decision.approved:
        return replace(assessment, decision=decision)
    rulebook = apply_readings(assessment.rulebook, dict(decision.readings))
    decided = reassess(assessment, rulebook, decision.adjustments)
    status = Status.FINAL if decided.status is Status.REVIEW else decided.status
    config = assessment.config.model_copy(update={"awards": decision.awards}) if decision.awards else assessment.config
    return replace(decided, status=status, config=config, decision=decision)


def _decision(case: DecisionCase) -> Decision:
    meeting = case.form.meeting
    met_on = meeting["date"].value if "date" in meeting else None
    readings = {}
    for reading_id, cell in case.form.readings.items():
        choice = choice_named(case.rulebook, reading_id, cell.raw)
        if choice is not None:
            readings[reading_id] = choice.id
    adjustments = []
    for row in case.form.adjustments:
        unit, value = unit_named(case.config, row["unit"].raw), row["points"].value
        if unit is not None and isinstance(value, Fraction):
            adjustments.append(Adjustment(unit.code, row["item"].raw, value, row["reason"].raw))
    return Decision(
        file=case.file,
        met_on=met_on if isinstance(met_on, date) else date.min,
        number=meeting["number"].raw if "number" in meeting else "",
        award_number=meeting["award_number"].raw if "award_number" in meeting else "",
        approved="approve" in meeting and meeting["approve"].value is True,
        readings=readings,
        adjustments=tuple(adjustments),
        awards=_awards(case),
    )


def _awards(case: DecisionCase) -> tuple[Award, ...]:
    """Awards in the order of the form, each with its winners."""
    winners: dict[str, list[str]] = {}
    for row in case.form.awards:
        unit = unit_named(case.config, row["unit"].raw)
        if unit is not None:
            winners.setdefault(row["award"].raw, []).append(unit.code)
    return tuple(Award(name=name, units=tuple(codes)) for name, codes in winners.items())
