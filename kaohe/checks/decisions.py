"""Checks of the decision form: whether it belongs to these figures, and whether what it says can be done."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction

from kaohe.checks.finding import Severity
from kaohe.checks.registry import FOREIGN_DECISION, DecisionCase, Hit, decision_check
from kaohe.config.model import Config, Unit
from kaohe.forms.decision import KEEP
from kaohe.intake.record import Cell
from kaohe.rulebook.model import Choice, Rulebook
from kaohe.rulebook.readings import apply_readings
from kaohe.text import date_text, match_key, points_text, shorten

_NUMBER = re.compile(r"[\u4e00-\u9fff]{2,12}〔((?:19|20)[0-9]{2})〕[1-9][0-9]{0,3}号")
_NUMBERS = (("number", "通报文号"), ("award_number", "表彰决定文号"))


def unit_named(config: Config, text: str) -> Unit | None:
    """The unit that a decision form names, by short name, name, code or alias."""
    for unit in config.cohort:
        if match_key(text) in {match_key(name) for name in (unit.short, unit.name, unit.code, *unit.aliases)}:
            return unit
    return None


def choice_named(rulebook: Rulebook, reading_id: str, text: str) -> Choice | None:
    """The choice that a decision form names for a reading; the one in force for 维持."""
    reading = next((r for r in rulebook.readings if r.id == reading_id), None)
    if reading is None:
        return None
    if match_key(text) == match_key(KEEP):
        return reading.choice(reading.taken)
    return next((c for c in reading.choices if match_key(text) in (match_key(c.text.replace(",", "，")), match_key(c.id))), None)


def _hit(case: DecisionCase, cell: Cell, field: str, label: str, values: Mapping[str, str] | None = None, unit: str = "") -> Hit:
    return Hit(cell, field, label, "考核办法", (), None, unit, case.file, values or {})


@decision_check(
    "V-801",
    Severity.ERROR,
    "审定的不是现在的结果",
    found="审定表做出以后有变化：{changed}",
    expected="审定表与现在的收件、规则、口径一致",
    action="请用 forms --decision 重新制作审定表，按现在的结果审定",
)
def another_run(case: DecisionCase) -> Iterator[Hit]:
    """The form was made from other figures than the present ones."""
    if case.form.fingerprint == case.fingerprint:
        return
    names = dict.fromkeys([*case.form.parts, *case.parts])
    changed = [name for name in names if case.form.parts.get(name) != case.parts.get(name)]
    shown = "、".join(changed[:8]) + ("等" if len(changed) > 8 else "") if changed else "系统标记"
    yield _hit(case, Cell("", ""), "decision", "整份审定表", {"changed": shown})


@decision_check(
    "V-802", Severity.ERROR, "审定通过但没有会议日期", found="会议日期空白", expected="主席办公会议的日期", action="请补填日期，写成 {example} 的样子"
)
def approved_without_date(case: DecisionCase) -> Iterator[Hit]:
    """Approved, but no date."""
    approve, day = case.form.meeting.get("approve"), case.form.meeting.get("date")
    if approve is not None and approve.value is True and (day is None or day.blank):
        yield _hit(case, day or Cell("", ""), "meeting.date", "主席办公会议日期", {"example": case.rulebook.example_meeting})


@decision_check("V-803", Severity.ERROR, "审定表有一格看不懂", found="填了“{raw}”", expected="{expected}", action="请改正")
def unreadable(case: DecisionCase) -> Iterator[Hit]:
    """A date, an answer or points that have no certain value."""
    for key, label, expected in (
        ("date", "主席办公会议日期", f"一个日期，例如 {case.rulebook.example_meeting}"),
        ("approve", "是否审定通过", "“是”或“否”"),
    ):
        cell = case.form.meeting.get(key)
        if cell is not None and cell.problem:
            yield _hit(case, cell, f"meeting.{key}", label, {"raw": shorten(cell.raw, 30), "expected": expected})
    for row in case.form.adjustments:
        cell = row["points"]
        if cell.problem:
            yield _hit(case, cell, "adjustment.points", "审定得分", {"raw": shorten(cell.raw, 30), "expected": "0 或正数"})


@decision_check(
    "V-804",
    Severity.ERROR,
    "文号写法不对",
    found="填了“{raw}”",
    expected="例如 郑工商〔{next}〕3号：六角括号〔〕，序号不写“第”、不补零",
    action="请改正文号",
)
def number_form(case: DecisionCase) -> Iterator[Hit]:
    """A document number that is not in the form of the standard; an approval needs one."""
    approve = case.form.meeting.get("approve")
    for key, label in _NUMBERS:
        cell = case.form.meeting.get(key)
        needed = key == "number" and approve is not None and approve.value is True
        if cell is None or (cell.blank and not needed):
            continue
        if not _NUMBER.fullmatch(cell.raw):
            yield _hit(case, cell, f"meeting.{key}", label, {"raw": shorten(cell.raw, 30) or "空白", "next": str(case.rulebook.year + 1)})


@decision_check("V-805", Severity.ERROR, "口径选项不认识", found="填了“{raw}”", expected="下拉框里的选项", action="请从下拉框里选，或空着表示维持")
def unknown_choice(case: DecisionCase) -> Iterator[Hit]:
    """A choice that the reading does not have."""
    for reading_id, cell in case.form.readings.items():
        if choice_named(case.rulebook, reading_id, cell.raw) is None:
            yield _hit(case, cell, f"reading.{reading_id}", "口径审定", {"raw": shorten(cell.raw, 30)})


@decision_check(
    "V-806",
    Severity.ERROR,
    "得分调整没有填全或重复",
    found="{problem}",
    expected="单位、计分项、得分、理由都要填，一个单位一个计分项只填一行",
    action="请改正；不需要的请整行清空",
)
def adjustment_incomplete(case: DecisionCase) -> Iterator[Hit]:
    """An adjustment without its unit, item, points or reason, or a second one of the same item."""
    seen: set[tuple[str, str]] = set()
    labels = {"unit": "单位", "item": "计分项编号", "points": "审定得分", "reason": "理由"}
    for row in case.form.adjustments:
        for key, label in labels.items():
            if row[key].blank:
                yield _hit(case, row[key], f"adjustment.{key}", label, {"problem": f"“{label}”空白"})
        unit = unit_named(case.config, row["unit"].raw)
        pair = (unit.code if unit else "", row["item"].raw)
        if all(pair) and pair in seen:
            yield _hit(case, row["item"], "adjustment.item", labels["item"], {"problem": "同一单位同一计分项填了两次"})
        seen.add(pair)


@decision_check("V-807", Severity.ERROR, "单位或计分项不存在", found="填了“{raw}”", expected="{expected}", action="请从下拉框里选")
def unknown_name(case: DecisionCase) -> Iterator[Hit]:
    """A unit or item that is not there."""
    for row in (*case.form.adjustments, *case.form.awards):
        cell = row["unit"]
        if not cell.blank and unit_named(case.config, cell.raw) is None:
            yield _hit(case, cell, "decision.unit", "单位", {"raw": shorten(cell.raw, 30), "expected": "本次考核的单位"})
    for row in case.form.adjustments:
        cell = row["item"]
        if not cell.blank and cell.raw not in case.rulebook.items:
            yield _hit(case, cell, "adjustment.item", "计分项编号", {"raw": shorten(cell.raw, 30), "expected": "计分项编号，例如 4.1b"})


@decision_check("V-808", Severity.ERROR, "审定得分超过满分", found="审定{points}分", expected="不超过{most}分", action="请改正")
def above_maximum(case: DecisionCase) -> Iterator[Hit]:
    """More points than the item can earn, under the readings that the same form decides."""
    named = {name: choice_named(case.rulebook, name, cell.raw) for name, cell in case.form.readings.items()}
    rulebook = apply_readings(case.rulebook, {name: choice.id for name, choice in named.items() if choice is not None})
    for row in case.form.adjustments:
        item, value = rulebook.items.get(row["item"].raw), row["points"].value
        most = item.rule.maximum() if item else None
        if isinstance(value, Fraction) and most is not None and value > most:
            yield _hit(case, row["points"], "adjustment.points", "审定得分", {"points": points_text(value), "most": points_text(most)})


@decision_check(
    "V-809",
    Severity.ERROR,
    "没有得分的单位不能调整得分或获奖",
    found="{unit}没有得分",
    expected="有得分、有位次的单位",
    action="请改正；未报送、不计分的单位不参加评奖",
)
def not_scored(case: DecisionCase) -> Iterator[Hit]:
    """An award to, or an adjustment of, a unit without a score (gated, missing or rejected)."""
    for row in (*case.form.adjustments, *case.form.awards):
        unit = unit_named(case.config, row["unit"].raw)
        if unit is not None and unit.code not in case.scored:
            yield _hit(case, row["unit"], "decision.unit", "单位", {"unit": unit.short}, unit.code)


@decision_check(
    "V-810", Severity.ERROR, "奖项没有填全或重复", found="{problem}", expected="每行一个单位一个奖项", action="请改正；不需要的请整行清空"
)
def award_faulty(case: DecisionCase) -> Iterator[Hit]:
    """An award line that is incomplete or stands twice."""
    seen: set[tuple[str, str]] = set()
    for row in case.form.awards:
        for key, label in (("unit", "获奖单位"), ("award", "奖项名称")):
            if row[key].blank:
                yield _hit(case, row[key], f"award.{key}", label, {"problem": f"“{label}”空白"})
        unit = unit_named(case.config, row["unit"].raw)
        pair = (unit.code if unit else match_key(row["unit"].raw), match_key(row["award"].raw))
        if all(pair) and pair in seen:
            yield _hit(case, row["award"], "award.award", "奖项名称", {"problem": "同一单位同一奖项填了两次"})
        seen.add(pair)


def _met_on(case: DecisionCase) -> date | None:
    cell = case.form.meeting.get("date")
    return cell.value if cell is not None and isinstance(cell.value, date) else None


@decision_check(
    "V-811",
    Severity.ERROR,
    "文号的年份与会议日期对不上",
    found="文号是“{raw}”，主席办公会议在{day}",
    expected="文号里的年份是会议当年（{year}）或下一年（{next}）",
    action="请核对文号和会议日期，改正填错的一个",
)
def number_of_another_year(case: DecisionCase) -> Iterator[Hit]:
    """A document number whose year is neither that of the meeting nor the one after."""
    met_on = _met_on(case)
    for key, label in _NUMBERS if met_on is not None else ():
        cell = case.form.meeting.get(key)
        match = _NUMBER.fullmatch(cell.raw) if cell is not None else None
        if cell is not None and match is not None and met_on is not None and int(match[1]) not in (met_on.year, met_on.year + 1):
            values = {"raw": cell.raw, "day": date_text(met_on), "year": str(met_on.year), "next": str(met_on.year + 1)}
            yield _hit(case, cell, f"meeting.{key}", label, values)


@decision_check(
    FOREIGN_DECISION,
    Severity.ERROR,
    "不是本年度的审定表",
    found="这是{year}年度的审定表",
    expected="{now}年度的审定表",
    action="请用 forms --decision 制作本年度的审定表；这一份没有采用",
)
def another_year(case: DecisionCase) -> Iterator[Hit]:
    """The only decision form there is was made for another year."""
    if case.form.year != str(case.rulebook.year):
        values = {"year": shorten(case.form.year, 10), "now": str(case.rulebook.year)}
        yield _hit(case, Cell("", ""), "decision", "整份审定表", values)


@decision_check(
    "V-813",
    Severity.ERROR,
    "会议日期不可能",
    found="会议日期是{day}，{problem}",
    expected="{expected}",
    action="请改正会议日期；表是会前放进收件箱的，请会后另存一份再放进来",
)
def meeting_day(case: DecisionCase) -> Iterator[Hit]:
    """A meeting before the assessed period was over, or after the form that tells of it had arrived."""
    met_on, over = _met_on(case), case.config.period.end
    if met_on is None:
        return
    problem = ""
    if met_on <= over:
        problem = f"考核期到{date_text(over)}才结束"
    elif case.arrived is not None and met_on > case.arrived:
        problem = f"而审定表在{date_text(case.arrived)}已经收到"
    if problem:
        until = f"、收到审定表那天（{date_text(case.arrived)}）或以前" if case.arrived is not None else ""
        expected = f"考核期结束（{date_text(over)}）以后{until}的日期"
        yield _hit(
            case, case.form.meeting["date"], "meeting.date", "主席办公会议日期", {"day": date_text(met_on), "problem": problem, "expected": expected}
        )
