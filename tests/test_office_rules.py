"""Files that go out open in Word and Excel without a word of repair: nothing in them is against the rules of the Open XML SDK."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from kaohe import PROGRAM_ROOT
from kaohe.publish.workbook import write_workbook
from kaohe.publish.workbook.spread import Limits
from tests.support.annotated import UNIT, handed_back, received
from tests.support.forms import filled, sound_fields, stamped
from tests.support.office_rules import complaints
from tests.test_workbook_comparison import inspected

TEMPLATES = sorted(path.name for kind in ("*.docx", "*.xlsx") for path in (PROGRAM_ROOT / "templates").glob(kind))
OF_FONTS = re.compile(r"Unexpected element '(?:b|i|u|sz|color)' found \(/xl/styles\.xml\)")
WRONG = sound_fields(members_end=None, website_items="约30")


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates(name: str) -> None:
    assert complaints(PROGRAM_ROOT / "templates" / name) == []


def test_a_submission_form(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(stamped())
    assert complaints(path) == []


@pytest.mark.parametrize("limits", [Limits(), Limits(rows=70, links=100, shared=5000)], ids=["usual", "narrow"])
def test_the_ranked_workbook(limits: Limits, tmp_path: Path) -> None:
    """Its sheets are put together by hand: as usual, and where tables go on over further sheets and links and texts are cut."""
    path = tmp_path / "x.xlsx"
    write_workbook(inspected(), path, limits)
    assert complaints(path) == []


@pytest.mark.parametrize("original", [True, False], ids=["marked", "filled anew"])
def test_corrections_add_no_error(original: bool, tmp_path: Path) -> None:
    """But for the order in which openpyxl, here the unit's program too, writes the parts of a font; every program takes it."""
    data = filled(UNIT, WRONG)
    back = handed_back(received(data), data if original else None, tmp_path)
    assert [finding.code for finding in back.findings] == ["V-101", "V-205"]
    (book,) = tmp_path.glob("*.xlsx")
    assert [text for text in complaints(book) if not OF_FONTS.fullmatch(text)] == []


def test_a_fault_is_seen(tmp_path: Path) -> None:
    """Merged cells stand before the rows."""
    book = openpyxl.Workbook()
    data = BytesIO()
    book.save(data)
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(data) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<sheetData", b"<mergeCells/><sheetData")
            target.writestr(name, content)
    assert complaints(path) != []  # the words are the validator's
