"""Writes the consolidated ranked workbook, one module a sheet."""

from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import xlsxwriter

from kaohe.publish.workbook import about, chart_pages, comparison, detail, differences, evidence, files, findings, notes, ranking, readings, versions
from kaohe.publish.workbook.cells import Ink, Texts
from kaohe.publish.workbook.package import pack
from kaohe.publish.workbook.page import Book, Page, Rows
from kaohe.publish.workbook.plan import (
    ABOUT,
    CHARTS,
    COMPARISON,
    DETAIL,
    DIFFERENCES,
    EVIDENCE,
    FILES,
    FINDINGS,
    NOTES,
    RANKING,
    READINGS,
    VERSIONS,
    Plan,
)
from kaohe.publish.workbook.spread import Limits
from kaohe.publish.workbook.styles import DEFAULT_LOOK, Styles
from kaohe.scoring.scorecard import Assessment
from kaohe.text import clean

_SHEETS: Mapping[str, Callable[[Page], Rows]] = {
    RANKING: ranking.open_sheet,
    CHARTS: chart_pages.open_sheet,
    DETAIL: detail.open_sheet,
    NOTES: notes.open_sheet,
    COMPARISON: comparison.open_sheet,
    DIFFERENCES: differences.open_sheet,
    EVIDENCE: evidence.open_sheet,
    FINDINGS: findings.open_sheet,
    FILES: files.open_sheet,
    VERSIONS: versions.open_sheet,
    READINGS: readings.open_sheet,
    ABOUT: about.open_sheet,
}


def write_workbook(assessment: Assessment, path: Path, limits: Limits | None = None) -> None:
    """Write the consolidated workbook of an assessment. The same assessment gives the same bytes.

    ``limits`` are what a sheet holds. Rows are written one by one; what is kept of a unit, some 2 KB, is where its lines stand.
    OSError where the file cannot be written.
    """
    rulebook, day = assessment.rulebook, assessment.rulebook.notice_date
    frame = BytesIO()
    with xlsxwriter.Workbook(frame, {"in_memory": True, "default_format_properties": dict(DEFAULT_LOOK)}) as file:
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
        styles = Styles(file)
        book = Book(file, Plan(assessment, limits or Limits()))
        pages = [Page(book, file.add_worksheet(name), name, part) for name, _, part in book.plan.sheets]
        styles.show(pages[-1].sheet)
        pages[-1].sheet.write_string(0, 1, book.plan.assessment.config.issuer.name)  # a frame without any text has no table of texts
        sheets: dict[str, tuple[Page, Rows]] = {}
        for n, (page, (_, base, _)) in enumerate(zip(pages, book.plan.sheets, strict=True), 1):
            page.sheet.hide_gridlines(2)
            sheets[f"xl/worksheets/sheet{n}.xml"] = page, _SHEETS[base](page)
        pages[0].sheet.activate()
    with ZipFile(frame) as archive:
        marks = styles.marks(archive.read(f"xl/worksheets/sheet{len(pages)}.xml").decode())
    texts = Texts(book.plan.limits.shared)
    book.ink = Ink(marks, texts)
    pack(frame.getvalue(), sheets, texts, path)
