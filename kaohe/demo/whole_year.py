"""The demonstration of a whole year: returns, corrections, inspection, review, decision, final set."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from kaohe.config.loader import Office
from kaohe.demo.fill import fill_form
from kaohe.demo.returns import FAILING, demo_returns, remark
from kaohe.files import write_whole
from kaohe.forms.decision import ADJUSTMENTS_SHEET, AWARDS_SHEET, MEETING_SHEET, build_decision, decision_name
from kaohe.forms.inspection import ABSENT, PRESENT, REFUSED, UNIT_MARK, build_inspection, inspection_name
from kaohe.forms.issue import form_name
from kaohe.forms.layout import FormLayout
from kaohe.forms.seal import issuing_key
from kaohe.publish.decision import decision_task
from kaohe.publish.inspection import inspection_tasks
from kaohe.survey import survey
from kaohe.text import count_text

Answers = Mapping[str, tuple[Any, str]]


def begin(office: Office) -> datetime:
    """The first night: some days after the assessed period."""
    return datetime.combine(office.config.period.end + timedelta(days=5), time(9))


def whole_year(office: Office, run: Callable[[datetime], object], say: Callable[[str], None]) -> None:
    """Go through the year on a folder that ``build_demo`` made; ``run`` does one night."""
    started = begin(office)
    say("第一步：各单位报送后的第一晚")
    run(started)
    say("第二步：有问题的单位改正后重新报送，没报的补报")
    _resubmit(office)
    run(started + timedelta(days=3))
    say(f"第三步：{count_text(len(office.config.groups))}个考核组带着核查表实地考核，把核查表发回来")
    _inspect(office)
    run(started + timedelta(days=10))
    say("第四步：主席办公会议审定，填好审定表放回收件箱")
    _decide(office)
    run(started + timedelta(days=15))


def _resubmit(office: Office) -> None:
    """Sound returns from every unit that had not sent one: the figures are those of the demonstration, without the mishaps."""
    layout, config = FormLayout(office.rulebook), office.config
    sound = {entry.unit: entry for entry in demo_returns(office.rulebook, config.cohort, config.period, mishaps=False)}
    waiting = [card.unit for card in survey(office).cards if card.file is None or not card.state.scored or card.state.value == "incomplete"]
    for unit in waiting:
        entry = sound[unit.code]
        form = config.folder("outbox") / "forms" / form_name(config.year, unit)
        data = fill_form(form.read_bytes(), layout, entry.fields, entry.rows, evidence=entry.evidence)
        _drop(config.folder("inbox") / "更正后" / f"{unit.short}（更正）.xlsx", data, begin(office) + timedelta(days=2))


def _inspect(office: Office) -> None:
    """Each group agrees with nearly everything; a few figures, a row and a score are corrected with their reasons."""
    config, codes = office.config, [unit.code for unit in office.config.cohort]
    for task in inspection_tasks(survey(office)):
        form = build_inspection(office.rulebook, task, issuing_key(config))
        name = inspection_name(config.year, task.group)
        write_whole(config.folder("outbox") / "forms" / name, form)
        answers = {unit.code: _gate(office) for unit in task.units}
        for unit in task.units:
            if unit.code == codes[0] and "website_items" in office.rulebook.fields:
                answers[unit.code]["field:website_items"] = (98, "其中部分信息系转载，不计入")
            if unit.code == codes[len(codes) // 2 - 1]:
                answers[unit.code] |= _half(office)
            if unit.code == codes[-4 % len(codes)] and unit.rows:
                answers[unit.code][unit.rows[0].id] = (REFUSED, "不是市级以上主要媒体")
            if unit.code == codes[FAILING % len(codes)]:
                missing = office.rulebook.gate.conditions[-1]
                answers[unit.code] |= {f"gate:{missing.id}": (ABSENT, remark(missing))}
        _drop(config.folder("inbox") / name, answer_inspection(form, answers), begin(office) + timedelta(days=9))


def _half(office: Office) -> dict[str, tuple[Any, str]]:
    """One item that earns part of its points only."""
    if "12.1" in office.rulebook.items and office.rulebook.items["12.1"].rule.maximum() == 3:
        return {"item:12.1": (1.5, "推荐了企业，但未作会上发言")}
    item = next(item for item in reversed(list(office.rulebook.items.values())) if item.rule.maximum() is not None)
    return {f"item:{item.id}": (1, "材料不全，酌情计分")}


def _gate(office: Office) -> dict[str, tuple[Any, str]]:
    return {
        **{f"gate:{condition.id}": (PRESENT, "") for condition in office.rulebook.gate.conditions},
        "visit:date": ((begin(office) + timedelta(days=8)).date(), ""),
        "visit:met": ("办公室主任", ""),
    }


def answer_inspection(form: bytes, answers: Mapping[str, Answers]) -> bytes:
    """An inspection form with these answers: unit code → line id → (answer, reason)."""
    workbook = load_workbook(BytesIO(form))
    for sheet in workbook:
        head = [str(cell.value or "") for cell in sheet[1]]
        unit = next((text.removeprefix(UNIT_MARK) for text in head if text.startswith(UNIT_MARK)), None)
        for row in range(2, sheet.max_row + 1) if unit is not None else ():
            value, reason = answers.get(unit or "", {}).get(str(sheet.cell(row, 1).value), (None, ""))
            if value is not None:
                sheet.cell(row, head.index("verified") + 1).value = value
                sheet.cell(row, head.index("reason") + 1).value = reason or None
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _decide(office: Office) -> None:
    """The meeting approves, commends the first three, and settles one item."""
    config, assessment = office.config, survey(office)
    form = build_decision(office.rulebook, decision_task(assessment), issuing_key(config))
    write_whole(config.folder("outbox") / "forms" / decision_name(config.year), form)
    workbook = load_workbook(BytesIO(form))
    meeting = workbook[MEETING_SHEET]
    met = (begin(office) + timedelta(days=15)).date()
    values: dict[str, Any] = {"date": met, "number": f"郑工商〔{met.year}〕3号", "award_number": f"郑工商〔{met.year}〕4号", "approve": "是"}
    for row in range(2, meeting.max_row + 1):
        key = str(meeting.cell(row, 1).value or "").removeprefix("meeting:")
        if key in values:
            meeting.cell(row, 3).value = values[key]
    placed = [card for card in assessment.cards if card.place is not None]
    ranked, last = [card.unit.short for card in placed], placed[-1]
    missed = next((score for score in last.items if score.maximum is not None and not score.points), last.items[0])
    adjustments, awards = workbook[ADJUSTMENTS_SHEET], workbook[AWARDS_SHEET]
    adjustment: tuple[Any, ...] = (last.unit.short, missed.item.id, 1, "会后补交了证明材料，酌情计分")
    for column, value in enumerate(adjustment, start=2):
        adjustments.cell(5, column).value = value
    for row, unit in enumerate(ranked[:3], start=5):
        awards.cell(row, 2).value, awards.cell(row, 3).value = unit, "先进单位" if row > 5 else "标兵单位"
    buffer = BytesIO()
    workbook.save(buffer)
    _drop(config.folder("inbox") / decision_name(config.year), buffer.getvalue(), begin(office) + timedelta(days=15))


def _drop(path: Path, data: bytes, moment: datetime) -> None:
    write_whole(path, data)
    os.utime(path, (moment.timestamp(), moment.timestamp()))
