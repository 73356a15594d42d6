"""An office that has come to the end of its year: two units scored, ten without the preconditions, and the meeting's approval."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from kaohe.config.loader import Office, load_office
from kaohe.files import write_whole
from kaohe.forms.decision import AWARDS_SHEET, MEETING_SHEET, build_decision
from kaohe.intake.arrival import Arrival, arrivals
from kaohe.intake.inbox import take_in
from kaohe.intake.workers import Examiner, here
from kaohe.ledger import Ledger
from kaohe.progress import Silent
from kaohe.publish.decision import decision_task
from kaohe.publish.final import issue_final
from kaohe.scoring.scorecard import Assessment
from kaohe.survey import assess_intake, first_times, survey
from tests.support.forms import NOON, drop, filled, office_folder, passed_gate, program_office, sound_fields
from tests.support.seals import KEY, give_key

SCORED = ("xinzheng", "jinshui")
ISSUED_AT = datetime(2015, 1, 20, 3, 0, 5)
DECISION_FILE = "2014年度考核审定表.xlsx"
MEETING: dict[str, Any] = {"date": date(2015, 1, 19), "number": "郑工商〔2015〕3号", "award_number": "郑工商〔2015〕4号", "approve": "是"}
ARTICLE = {"title": "民营经济综述", "outlet": "郑州日报", "date": date(2014, 5, 6)}


def gates(*passed: str) -> str:
    """Configuration text: these units lack nothing, the others have no funds and are not scored."""
    others = [unit.code for unit in program_office().config.cohort if unit.code not in passed]
    lacking = "".join(f"\n[gate.{code}]\ngate_institution = true\ngate_staff = true\ngate_funding = false\n" for code in others)
    return passed_gate(*passed) + lacking


def reviewed(home: Path) -> Office:
    """An office whose units are all decided, before the meeting: two forms, an earlier version, a copy and a foreign file."""
    office = load_office(office_folder(home, gates(*SCORED)))
    give_key(home)
    for name, data, modified in _received():
        drop(home / "inbox", name, data, modified)
    return office


@cache
def _received() -> tuple[tuple[str, bytes, int], ...]:
    jinshui = filled("jinshui", sound_fields(website_items=130))
    return (
        ("金水（第一次）.xlsx", filled("jinshui", sound_fields(website_items=61)), NOON),
        ("金水.xlsx", jinshui, NOON + 60),
        ("重发/金水.xlsx", jinshui, NOON + 30),
        ("新郑.xlsx", filled("xinzheng", sound_fields(website_items=120), {"articles": [ARTICLE]}), NOON + 90),
        ("会议通知.doc", "请按时参加".encode(), NOON),
    )


def decision(office: Office, awards: tuple[tuple[str, str], ...] = (("金水区工商联", "先进单位"),), **meeting: Any) -> bytes:
    """The decision form on what lies in the inbox, filled in at the meeting; None as an answer leaves it blank."""
    answers = MEETING | meeting
    workbook = load_workbook(BytesIO(build_decision(office.rulebook, decision_task(survey(office)), KEY)))
    sheet = workbook[MEETING_SHEET]
    for row in range(2, sheet.max_row + 1):
        key = str(sheet.cell(row, 1).value or "").removeprefix("meeting:")
        if key in answers:
            sheet.cell(row, 3).value = answers[key]
    for row, (unit, award) in enumerate(awards, start=5):
        workbook[AWARDS_SHEET].cell(row, 2).value, workbook[AWARDS_SHEET].cell(row, 3).value = unit, award
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def concluded(home: Path) -> Office:
    """The same office with the meeting's approval in its inbox."""
    office = reviewed(home)
    if not _approval:
        _approval.append(decision(office))
    drop(home / "inbox", DECISION_FILE, _approval[0], NOON + 120)
    return office


_approval: list[bytes] = []
"""The meeting's approval, made once: it rests on what was received, not on where it lies."""


def assessed(office: Office, now: int = NOON + 1000, unreadable: Arrival | None = None, present: int | None = None) -> Assessment:
    """What a run would find, with everything received archived and remembered as a run would; ``unreadable`` lies there too.

    ``present`` is the epoch second against which it is told what is still on its way.
    """
    ledger, found = Ledger(office.config.folder("state")), list(arrivals(office.config.folder("inbox")))
    examine = Examiner(office, ledger.archive)
    kept = [examine.received(entry) if entry.readable else entry for entry in found]
    ledger.record((a.sha256, now, a.name, a.size) for a in kept if a.sha256)
    listed = [*kept, unreadable] if unreadable else kept
    times = first_times(ledger, now)
    return assess_intake(office, take_in(office, listed, times, here(office, ledger.archive), present, noted=times.noted))


def issued(office: Office, assessment: Assessment) -> Path | None:
    """The final set of this office."""
    return issue_final(assessment, config_file=office.file, rules_folder=office.rules, now=ISSUED_AT, reporter=Silent())


def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files in place of the workbook and the documents: what makes those is not looked at."""

    def one(content: str) -> Callable[[Assessment, Path], None]:
        return lambda assessment, path: write_whole(path, content.encode())

    def several(*names: str) -> Callable[[Assessment, Path], None]:
        def write(assessment: Assessment, folder: Path) -> None:
            for name in names:
                write_whole(folder / name, name.encode())

        return write

    monkeypatch.setattr("kaohe.publish.final.write_workbook", one("工作簿"))
    monkeypatch.setattr("kaohe.publish.final.write_notice", one("通报"))
    monkeypatch.setattr("kaohe.publish.final.write_letters", several("甲.docx", "乙.docx"))
    monkeypatch.setattr("kaohe.publish.final.write_award_decision", one("表彰"))
    monkeypatch.setattr("kaohe.publish.final.write_certificates", several("证书.docx"))
