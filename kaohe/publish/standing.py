"""Whether the final set can be issued, or stands already."""

import os
import shutil
from collections.abc import Iterator

from kaohe.checks.finding import Severity
from kaohe.config.model import Config
from kaohe.publish.as_left import final_place
from kaohe.scoring.scorecard import Assessment, Status, UnitState
from kaohe.text import inner

_STEPS = {
    UnitState.MISSING: "请催报",
    UnitState.REJECTED: "请该单位改用正确的表重报",
    UnitState.INCOMPLETE: "请该单位更正后重报，或由考核组核定",
    UnitState.PROVISIONAL: "请考核组实地核查后交回核查表",
}
_DECISION_CODES = "V-8"
_MOST_NAMED = 5


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
        lines.append(f"审定没有通过：审定表“{decision.file}”里“是否审定通过”没有选“是”。请主席办公会议审定通过后重新交回")
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
            wrong = "；".join(f"{f.cell}“{inner(f.label)}”{f.title}" for f in errors[:_MOST_NAMED]) + ("等" if len(errors) > _MOST_NAMED else "")
            yield f"{unit.short}的核查表“{change.file}”有{len(errors)}处错误，没有采用：{wrong}。请{change.group}改正后重新交回"


def standing_note(config: Config) -> str | None:
    """In Chinese, that the year's final set exists and stays as it is; None where there is none."""
    place = final_place(config)
    if not os.path.lexists(place):
        return None
    return f"{config.year}年度的正式结果已经生成，原样保存在 {place}；以后收到的文件只改变 {config.folder('outbox')} 里的送审稿，不改变正式结果"


def clear_leftovers(config: Config) -> None:
    """Remove what a killed run had begun to make of the final set."""
    for leftover in final_place(config).parent.glob(".~*"):
        shutil.rmtree(leftover, ignore_errors=True)
