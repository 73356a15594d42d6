"""Returned workbooks for tests of corrections: a stand-in for a form, and what became of it."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.checks.finding import Finding, Severity
from kaohe.forms.layout import MACHINE_SHEET, MAIN_SHEET, FormLayout
from kaohe.forms.list_sheets import row_state_formula
from kaohe.publish.cached import put_back
from kaohe.publish.correction_list import LIST_SHEET
from kaohe.publish.corrections import write_corrections
from kaohe.scoring.scorecard import Assessment
from tests.support.sample import assessment, finding, office

OFFICE = office()
LAYOUT = FormLayout(OFFICE.rulebook)
DENGFENG, XINMI = "dengfeng", "xinmi"
DONE = LAYOUT.value_cell("townships_with_chamber")
MEMBERS = LAYOUT.value_cell("members_end")
ARTICLES = LAYOUT.lists["articles"].sheet
ERROR, DOUBT, HINT = "FFFBD9D5", "FFFDEBC8", "FFDDEBF8"
INPUT = "FFFFF9E0"
OWN_FORMULAS = tuple("=" + row_state_formula(LAYOUT.lists["articles"], row) for row in (5, 6))


def stand_in() -> bytes:
    """A small workbook with one of everything that a form has, at the form's places."""
    book = Workbook()
    main = book.worksheets[0]
    main.title = MAIN_SHEET
    for ref, value in ((DONE, 15), (MEMBERS, 1100)):
        cell = main[ref]
        assert isinstance(cell, Cell)
        cell.value = value
        cell.fill = PatternFill("solid", fgColor=INPUT)
        cell.font = Font(name="仿宋", size=13, bold=True)
        cell.protection = Protection(locked=False)
        cell.number_format = "0"
    main["H63"], main["H64"] = OWN_FORMULAS
    typed = main["E5"]
    assert isinstance(typed, Cell)
    typed.value = "=不是公式"
    typed.data_type = "s"
    main.protection.sheet = True
    rule = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0", showInputMessage=True)
    rule.promptTitle, rule.prompt, rule.error = "整数", "填写大于或等于0的整数", "只能填整数"
    rule.add(DONE)
    main.add_data_validation(rule)
    articles = book.create_sheet(ARTICLES)
    articles["C5"] = "民营经济综述"
    articles["E5"] = date(2014, 3, 5)
    articles.merge_cells("C6:D6")
    machine = book.create_sheet(MACHINE_SHEET)
    machine["A1"] = "kaohe-form"
    machine["A5"], machine["B5"] = "form_hash", OFFICE.rulebook.form_hash
    machine.sheet_state = "veryHidden"
    book.defined_names["in_townships_with_chamber"] = DefinedName("in_townships_with_chamber", attr_text=f"'{MAIN_SHEET}'!${DONE[0]}${DONE[1:]}")
    book.active = 1
    data = io.BytesIO()
    book.save(data)
    return put_back(data.getvalue(), [MAIN_SHEET, ARTICLES, MACHINE_SHEET], {MAIN_SHEET: {"H63": 2200, "H64": "达标"}})


def with_findings(*more: Finding) -> Assessment:
    """The sample with further findings."""
    ready = assessment()
    return replace(ready, findings=ready.findings + more)


def only(*findings: Finding) -> Assessment:
    """The sample with these findings instead of its own."""
    return replace(assessment(), findings=findings)


def at(severity: Severity, **changes: object) -> Finding:
    """A finding about one unit, with some of its parts changed."""
    return replace(finding(OFFICE, DENGFENG, "members_end", severity), **changes)  # type: ignore[arg-type]


def NOTHING(_: str) -> None:  # noqa: N802 -- stands for a value
    """No unit's own workbook."""


def write(ready: Assessment, folder: Path, originals: Mapping[str, bytes] | None = None) -> list[str]:
    """Names of the files written."""
    originals = originals if originals is not None else {DENGFENG: stand_in(), XINMI: stand_in()}
    return [path.name for path in write_corrections(ready, originals.get, folder)]


def book_of(folder: Path, short: str = "登封市工商联") -> Workbook:
    """The workbook that went back to a unit."""
    return load_workbook(folder / f"更正通知-{short}.xlsx")


def cell_of(sheet: Worksheet, ref: str) -> Cell:
    """A cell that is not inside a merged range."""
    cell = sheet[ref]
    assert isinstance(cell, Cell)
    return cell


def listed_rows(book: Workbook) -> list[list[object]]:
    """The list sheet's rows below its heading, without the hidden column."""
    return [[cell.value or "" for cell in row[:9]] for row in book[LIST_SHEET].iter_rows(min_row=4)]


def letter_of(folder: Path, short: str = "登封市工商联") -> str:
    """The letter that went with it."""
    return (folder / f"更正通知-{short}.txt").read_bytes().decode("utf-8-sig")
