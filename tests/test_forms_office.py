"""The form in a real office program: it opens, shows no error anywhere, and comes back readable."""

import hashlib
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from openpyxl import load_workbook

from kaohe.intake.arrival import Arrival
from kaohe.intake.inbox import take_in
from kaohe.intake.record import Record, Verdict
from tests.support.forms import NOON, filled, program_office, sound_fields, stamped

SOFFICE = shutil.which("soffice")
ERRORS = ("#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NUM!", "#NULL!", "###", "Err:")
ROWS = {
    "articles": [{"title": "民营经济综述", "outlet": "郑州日报", "date": date(2014, 5, 6), "link": "A03版"}],
    "trade_activities": [{"kind": "走出去", "name": "赴长三角考察", "date": date(2014, 9, 3), "place": "苏州", "enterprises": 6}],
}

pytestmark = [pytest.mark.office, pytest.mark.slow, pytest.mark.skipif(SOFFICE is None, reason="没有 soffice（LibreOffice），办公软件测试略过")]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unfilled and a filled form, opened by LibreOffice and saved as .xlsx, .xls and .pdf."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "空白.xlsx").write_bytes(stamped("jinshui"))
    (folder / "填好.xlsx").write_bytes(filled("huiji", sound_fields(), ROWS))
    for kind in ("xlsx:Calc MS Excel 2007 XML", "xls:MS Excel 97", "pdf:calc_pdf_Export"):
        suffix = kind.partition(":")[0]
        sources = [folder / "空白.xlsx"] if suffix == "pdf" else [folder / "空白.xlsx", folder / "填好.xlsx"]
        command = [
            str(SOFFICE),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(folder / suffix),
        ]
        subprocess.run([*command, *map(str, sources)], check=True, capture_output=True, timeout=300)
    return folder


def record_of(path: Path) -> Record:
    data = path.read_bytes()
    intake = take_in(program_office(), [Arrival(path.name, data, hashlib.sha256(data).hexdigest(), NOON)], lambda _: 0)
    assert [(file.verdict, file.reason) for file in intake.files] == [(Verdict.ACCEPTED, "采用")]
    (record,) = intake.records.values()
    return record


def test_an_unfilled_form_shows_no_error_in_any_cell(converted: Path) -> None:
    book = load_workbook(converted / "xlsx" / "空白.xlsx", data_only=True)
    cells = {(page.title, cell.coordinate): cell.value for page in book.worksheets for row in page.iter_rows() for cell in row}
    assert {place: value for place, value in cells.items() if str(value).startswith(ERRORS)} == {}
    assert cells["填报表", "F3"] == "已填 0/50　自评分合计 0 分"
    assert cells["填报表", "B3"] == "填报单位：郑州市金水区工商业联合会"


def test_an_unfilled_form_prints_without_errors(converted: Path) -> None:
    open_pdf: Any = pymupdf.open
    with open_pdf(converted / "pdf" / "空白.pdf") as document:
        pages = [page.get_text() for page in document]
        sizes = {(round(min(page.rect.width, page.rect.height)), round(max(page.rect.width, page.rect.height))) for page in document}
    text = "".join(pages)
    assert [error for error in ERRORS if error in text] == []
    assert sizes == {(595, 842)}
    assert all(f"第 {number} 页 共 {len(pages)} 页" in page for number, page in enumerate(pages, start=1))
    for title in ("填报说明", "2014年度工作目标考核填报表", "宣传报道", "批示与表彰", "招商经贸活动", "调研问卷", "自拟课题", "民企社情", "提案线索"):
        assert title in text.replace("\n", ""), title
    assert "kaohe-form" not in text
    assert "meetings_due" not in text


@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
def test_an_unfilled_form_that_an_office_program_saved_is_accepted(converted: Path, suffix: str) -> None:
    record = record_of(converted / suffix / f"空白.{suffix}")
    assert record.unit == "jinshui"
    assert {field_id: cell.raw for field_id, cell in record.fields.items() if not cell.blank} == {}
    assert {field_id for field_id, cell in record.fields.items() if not cell.ref} == set()
    assert set(record.lists.values()) == {()}


@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
def test_a_filled_form_that_an_office_program_saved_says_the_same(converted: Path, suffix: str) -> None:
    before, after = record_of(converted / "填好.xlsx"), record_of(converted / suffix / f"填好.{suffix}")
    assert after == before
    assert {field_id: cell.value for field_id, cell in after.fields.items()} == sound_fields()


def test_the_office_program_counts_and_scores_what_was_filled(converted: Path) -> None:
    book = load_workbook(converted / "xlsx" / "填好.xlsx", data_only=True)
    assert str(book["填报表"]["F3"].value).startswith("已填 50/50　")
    assert [book["宣传报道"][f"G{row}"].value for row in (5, 6)] == ["有效", None]
    assert book["招商经贸活动"]["H5"].value == "有效"
