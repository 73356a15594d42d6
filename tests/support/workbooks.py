"""Written workbooks and the assessments behind them, for the tests of the consolidated workbook."""

from dataclasses import replace
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.checks.finding import Severity
from kaohe.config.loader import Office
from kaohe.config.model import Config, GateResult, Group, Unit
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.publish.workbook import write_workbook
from kaohe.publish.workbook.plan import SHEETS
from kaohe.rulebook.model import Change, Choice, Reading
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment
from tests.support import sample

PASSED = GateResult(gate_institution=True, gate_staff=True, gate_funding=True)


def written(assessment: Assessment, folder: Path) -> Path:
    path = folder / "x.xlsx"
    write_workbook(assessment, path)
    return path


def lines(sheet: Worksheet, first: int, last: int, columns: int) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first, max_row=last, max_col=columns)]


def column_of(sheet: Worksheet, row: int, text: str) -> int:
    return next(cell.column for cell in sheet[row] if cell.value == text)


def leads_to(sheet: Worksheet, place: str) -> str:
    """Where a cell's link leads, as ``'sheet'!A1``."""
    link = sheet[place].hyperlink
    assert link is not None
    assert link.location is not None
    return str(link.location)


def errors(path: Path) -> list[str]:
    """Cells that show an error value, in any sheet."""
    book = openpyxl.load_workbook(path, data_only=True)
    assert tuple(book.sheetnames) == SHEETS
    return [f"{s.title}!{c.coordinate}" for s in book.worksheets for row in s.iter_rows() for c in row if c.data_type == "e"]


def cohort_of(count: int) -> Office:
    """The rulebook with as many invented units, all of them inspected."""
    where = sample.office()
    units = tuple(
        Unit(code=f"u{n}", name=f"第{n}县工商业联合会", short=f"第{n}县工商联", department="统战部", email="a@b.example") for n in range(count)
    )
    groups = (Group(name="第一组", leader="甲", units=tuple(u.code for u in units)),)
    changed = {"units": units, "groups": groups, "gate": {u.code: PASSED for u in units}}
    return Office(Config(**{name: getattr(where.config, name) for name in Config.model_fields} | changed), where.rulebook)


def many(count: int) -> Assessment:
    return sample.assessment(cohort_of(count))


def repeated(count: int) -> Assessment:
    """As many units as wanted, with the figures and lists of twelve in turn; every unit has two findings, one about a list's row."""
    where = cohort_of(count)
    records = {
        u.code: sample.record(where, u.code, sample.full_fields(where, n % 12), sample.full_rows(n % 12)) for n, u in enumerate(where.config.units)
    }
    findings, files = [], []
    for n, (code, record) in enumerate(records.items()):
        row = record.lists["trade_activities"][n % 3]
        findings.append(sample.finding(where, code, "members_end", Severity.DOUBT, 1))
        doubt = sample.finding(where, code, "members_end", Severity.DOUBT)
        findings.append(replace(doubt, field="trade_activities.date", sheet=row.sheet, cell=f"E{row.number}", row=row.number, title="日期需要核实"))
        files.append(ReceivedFile(f"填报表-{n}.xlsx", f"{n:064d}", 30000, 1418000000 + n, 1418000100, Verdict.ACCEPTED, "采用", code))
    return assess(where, records, findings, files)


def thirds() -> Assessment:
    """An article earns a third of a point, a questionnaire a seventh: ten units scored, two of them equal."""
    where = sample.office(gate=dict.fromkeys((u.code for u in sample.office().config.cohort), PASSED))
    odd = Choice(id="a", text="三分之一、七分之一", changes=(Change(item="3.2", set={"earns": "1/3"}), Change(item="15.1", set={"earns": "1/7"})))
    reading = Reading(id="odd", clauses=("3.2",), question="每篇几分", taken="a", choices=(odd, Choice(id="b", text="一分")))
    rulebook = where.rulebook.model_copy(update={"readings": (*where.rulebook.readings, reading)})
    return sample.assessment(Office(where.config, apply_readings(rulebook, {})))


def margins(sheet: Worksheet) -> tuple[str | None, str | None]:
    """What stands at the top right and in the middle of the foot of every page."""
    assert sheet.oddHeader is not None
    assert sheet.oddFooter is not None
    return sheet.oddHeader.right.text, sheet.oddFooter.center.text
