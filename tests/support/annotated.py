"""Returns on their way back and forth: what a unit sent, what it gets, what is read again."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from python_calamine import CalamineWorkbook

from kaohe.checks import catalogue
from kaohe.checks.finding import Finding
from kaohe.checks.registry import run_checks
from kaohe.intake.arrival import Arrival
from kaohe.intake.extract import extract
from kaohe.intake.inbox import take_in
from kaohe.intake.record import Cell, ReceivedFile, Record, Verdict
from kaohe.intake.workbook import Sheet
from kaohe.publish.corrections import write_corrections
from kaohe.scoring.score import assess
from tests.support.forms import NOON, program_office

UNIT = "huiji"
MODULES = catalogue.MODULES
"""Naming them makes sure that every check is registered."""


@dataclass(frozen=True)
class Back:
    """What went back to the unit."""

    data: bytes
    letter: str
    findings: tuple[Finding, ...]

    @property
    def book(self) -> Workbook:
        """The workbook as openpyxl sees it."""
        return load_workbook(BytesIO(self.data))

    @property
    def about(self) -> list[str]:
        """The lines above the list."""
        return str(self.book.worksheets[0]["A2"].value).splitlines()

    def members(self) -> list[str]:
        """Names of the package's parts."""
        with zipfile.ZipFile(BytesIO(self.data)) as archive:
            return archive.namelist()

    def parts(self) -> str:
        """Every part of the package as one text."""
        with zipfile.ZipFile(BytesIO(self.data)) as archive:
            return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def read(data: bytes) -> Record:
    """The record of a workbook in any format that calamine reads."""
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    sheets = [Sheet(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]
    return extract(sheets, program_office().rulebook, UNIT)


def received(data: bytes) -> Record:
    """The record of a workbook that came in by the inbox and must be accepted."""
    intake = take_in(program_office(), [Arrival("报回.xlsx", data, hashlib.sha256(data).hexdigest(), NOON)], lambda _: 0)
    assert [(file.verdict, file.unit) for file in intake.files] == [(Verdict.ACCEPTED, UNIT)]
    return intake.records[UNIT]


def findings_of(record: Record) -> tuple[Finding, ...]:
    """What the checks find in a record."""
    office = program_office()
    return run_checks(office.config, office.rulebook, {UNIT: record}, {UNIT: "报送.xlsx"})


def handed_back(record: Record, original: bytes | None, folder: Path) -> Back:
    """The corrections of one unit."""
    office = program_office()
    findings = findings_of(record)
    file = ReceivedFile("报送.xlsx", "0" * 64, 1, NOON, NOON, Verdict.ACCEPTED, "采用", UNIT)
    write_corrections(assess(office, {UNIT: record}, findings, [file]), lambda _: original, folder)
    (book,) = folder.glob("*.xlsx")
    return Back(book.read_bytes(), book.with_suffix(".txt").read_text(encoding="utf-8-sig"), findings)


def corrected(data: bytes, values: Mapping[tuple[str, str], Any]) -> bytes:
    """The workbook with these cells typed over, as the unit would."""
    book = load_workbook(BytesIO(data))
    for (sheet, ref), value in values.items():
        book[sheet][ref] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def repacked(data: bytes, changes: Mapping[str, bytes], swaps: Iterable[tuple[str, bytes, bytes]] = ()) -> bytes:
    """A package with members added or replaced, and bytes swapped in some."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            for part, old, new in swaps:
                if part == name:
                    assert old in content
                    content = content.replace(old, new)
            if name not in changes:
                target.writestr(name, content)
        for name, content in changes.items():
            target.writestr(name, content)
    return buffer.getvalue()


def elsewhere(record: Record, sheet: str = "Sheet1") -> Record:
    """The record as if its cells stood one below the other in column C of a table the unit made itself."""
    row = 3

    def moved(cell: Cell, column: str) -> Cell:
        return replace(cell, sheet=sheet, ref=f"{column}{row}") if cell.ref else cell

    fields, evidence = {}, {}
    for field_id, cell in record.fields.items():
        fields[field_id], evidence[field_id] = moved(cell, "C"), moved(record.evidence[field_id], "D")
        row += 1
    lists = {}
    for list_id, rows in record.lists.items():
        entries = []
        for entry in rows:
            letters = dict(zip(entry.cells, "BCDEFGHIJ", strict=False))
            entries.append(replace(entry, sheet=sheet, number=row, cells={c: moved(cell, letters[c]) for c, cell in entry.cells.items()}))
            row += 1
        lists[list_id] = tuple(entries)
    return Record(record.unit, fields, evidence, lists, record.repeats)
