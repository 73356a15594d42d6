"""Writes the consolidated ranked workbook, one module a sheet."""

from datetime import datetime
from pathlib import Path

import xlsxwriter

from kaohe.publish.workbook import about, comparison, detail, evidence, files, findings, notes, ranking, readings
from kaohe.publish.workbook.page import open_book
from kaohe.publish.workbook.plan import Plan
from kaohe.scoring.scorecard import Assessment
from kaohe.text import clean

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

_SHEETS = (ranking.write, detail.write, notes.write, comparison.write, evidence.write, findings.write, files.write, readings.write, about.write)


def write_workbook(assessment: Assessment, path: Path) -> None:
    """Write the consolidated workbook of an assessment. The same assessment gives the same bytes."""
    rulebook, day = assessment.rulebook, assessment.rulebook.notice_date
    with xlsxwriter.Workbook(str(path), _OPTIONS) as file:
        file.set_properties(
            {
                "title": clean(f"{rulebook.title}汇总"),
                "author": clean(assessment.config.issuer.name),
                "company": clean(assessment.config.issuer.name),
                "status": assessment.status.mark,
                "created": datetime(day.year, day.month, day.day),
            }
        )
        file.set_size(2400, 1500)
        book = open_book(file, Plan(assessment))
        for write in _SHEETS:
            write(book)
        file.get_worksheet_by_name("排名").activate()
