"""The consolidated workbook of unusual assessments, and its formulas recalculated by an office program."""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from kaohe.checks.finding import Severity
from kaohe.intake.record import Change as CellChange
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.publish.workbook.plan import Plan
from kaohe.publish.workbook.values import MOST_CHARACTERS, stored
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment
from tests.support import sample
from tests.support.workbooks import PASSED, cohort_of, errors, lines, many, thirds, written
from tests.test_workbook_comparison import inspected

OTHER_READINGS = [
    (reading.id, choice.id) for reading in sample.office().rulebook.readings for choice in reading.choices if choice.id != reading.taken
]


def test_text_of_unknown_origin_stays_text(tmp_path: Path) -> None:
    where = sample.office()
    name = "=HYPERLINK(1)\x07.xlsx"
    file = ReceivedFile(
        name, "0" * 64, 1, 0, 0, Verdict.NOT_A_FORM, "http://example.com/", None, (CellChange("表", "A1", "{=1}", "=1+1", "https://x"),)
    )
    finding = replace(sample.finding(where, "xinzheng", "members_end", Severity.DOUBT), found="=cmd|' /C calc'!A0", file=name, label="字" * 40000)
    path = written(assess(where, {}, [finding], [file]), tmp_path)
    book = openpyxl.load_workbook(path)
    found = book["问题清单"]["H4"]
    assert (found.value, found.data_type) == ("=cmd|' /C calc'!A0", "s")
    assert found.quotePrefix is True
    assert len(book["问题清单"]["G4"].value) == MOST_CHARACTERS
    assert [cell.value for cell in book["报送情况"][16]][2:5] == ["=HYPERLINK(1).xlsx", "不是本系统的填报表", "http://example.com/"]
    assert {cell.data_type for cell in book["报送情况"][16]} == {"s"}
    assert [cell.hyperlink for cell in book["报送情况"][16]][:7] == [None] * 7
    assert [cell.value for cell in book["版本差异"][4]][4:7] == ["{=1}", "=1+1", "https://x"]


@pytest.mark.parametrize(("text", "kept"), [("𠮷" * 20000, 16383), ("字" * 40000, 32767), ("a\r\nb\rc", 5)])
def test_stored_text_fits_a_cell(text: str, kept: int) -> None:
    assert len(stored(text)) == kept
    assert len(stored(text).encode("utf-16-le")) // 2 <= MOST_CHARACTERS


def test_nobody_scored(tmp_path: Path) -> None:
    path = written(assess(sample.office(), {}, [], []), tmp_path)
    book = openpyxl.load_workbook(path)
    assert book["排名"]["A4"].value == "目前没有单位有得分，不排位次。"
    assert book["排名"].auto_filter.ref is None
    assert book["图表"]["A3"].value == "目前没有单位有得分，没有可画的。"
    assert book["问题清单"]["A4"].value == "没有发现问题。"
    assert book["佐证台账"]["A4"].value == "各单位的清单里都没有内容。"
    assert book["得分明细"]["B9"].value == "新郑市工商联"
    assert [name for name in zipfile.ZipFile(path).namelist() if "chart" in name] == []
    assert errors(path) == []


def test_one_unit(tmp_path: Path) -> None:
    where = cohort_of(1)
    record = sample.record(where, "u0", sample.full_fields(where), sample.full_rows())
    path = written(assess(where, {"u0": record}, [], []), tmp_path)
    assert openpyxl.load_workbook(path)["排名"]["A4"].value == "=RANK(D4,$D$4:$D$4,0)"
    assert openpyxl.load_workbook(path, data_only=True)["排名"]["A4"].value == 1


ONE_PAGE, FREE, WITH_LAST = "one page", "no break", "break"


@pytest.mark.parametrize(
    ("count", "printed"), [(9, ONE_PAGE), (12, ONE_PAGE), (18, ONE_PAGE), (22, WITH_LAST), (36, FREE), (40, WITH_LAST), (120, WITH_LAST)]
)
def test_signatures_are_never_on_a_page_alone(count: int, printed: str, tmp_path: Path) -> None:
    """Where they may not fit below the last units, the two units without a place go to the next page with them."""
    sheet = openpyxl.load_workbook(written(many(count), tmp_path))["排名"]
    signed = next(cell.row for cell in sheet["A"] if cell.value == "签字")
    breaks = [mark.id + 1 for mark in sheet.row_breaks.brk]
    assert (sheet.page_setup.fitToHeight is None) is (printed == ONE_PAGE)
    assert breaks == ([signed - 4] if printed == WITH_LAST else [])
    assert sheet.cell(signed - 4, 1).value == "没有得分、不排位次的单位"


@pytest.mark.slow
def test_many_units(tmp_path: Path) -> None:
    path = written(many(160), tmp_path)
    book = openpyxl.load_workbook(path, data_only=True)
    assert [book["排名"].cell(row, 1).value for row in (4, 161)] == [1, 158]
    assert book["排名"].print_title_rows == "$1:$3"
    assert book["各单位计分说明"].max_row == 3 + 160 * 60
    assert len(book["各单位计分说明"].row_breaks.brk) == 159
    assert errors(path) == []


@pytest.mark.slow
@pytest.mark.parametrize(("reading", "choice"), OTHER_READINGS)
def test_every_reading(reading: str, choice: str, tmp_path: Path) -> None:
    gate = dict.fromkeys((u.code for u in sample.office().config.cohort), PASSED)
    found = sample.assessment(sample.office({reading: choice}, gate))
    path = written(found, tmp_path)
    rows = lines(openpyxl.load_workbook(path, data_only=True)["排名"], 4, 3 + len(Plan(found).scored), 7)
    assert [(row[0], row[1], row[3], row[6]) for row in rows] == [(c.place, c.unit.short, c.total, c.bonus) for c in Plan(found).scored]
    assert errors(path) == []


def test_bonus_listed_only(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(written(sample.assessment(sample.office({"bonus-in-total": "listed"})), tmp_path))
    assert (book["排名"]["D4"].value, book["得分明细"]["CB9"].value) == ("=E4+F4-G4", "=BY9+BZ9-CA9")
    assert book["排名"]["G3"].value == "加分\n（不计入总分）"


def test_fractions_are_rounded_in_sums_so_that_ties_stay_ties(tmp_path: Path) -> None:
    found = thirds()
    book = openpyxl.load_workbook(written(found, tmp_path))
    assert [book["排名"].cell(4, column).value for column in (1, 4)] == ["=RANK(D4,$D$4:$D$13,0)", "=ROUND(E4+F4,9)"]
    values = openpyxl.load_workbook(tmp_path / "x.xlsx", data_only=True)
    assert [values["排名"].cell(row, 4).value for row in range(4, 14)] == [pytest.approx(float(c.total or 0)) for c in Plan(found).scored]


# ── recalculated ──


CASES: dict[str, Callable[[], Assessment]] = {
    "sample": sample.assessment,
    "thirds": thirds,
    "bonus listed": lambda: sample.assessment(sample.office({"bonus-in-total": "listed"})),
    "many": lambda: many(40),
    "inspected": inspected,
}


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.parametrize("case", list(CASES))
def test_formulas_give_the_cached_values(case: str, tmp_path: Path) -> None:
    """Every cached formula value is thrown away; the office program must come to the same."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("没有安装 LibreOffice（soffice），不能重算公式")
    path = written(CASES[case](), tmp_path)
    emptied = tmp_path / "emptied.xlsx"
    emptied.write_bytes(without_cached_values(path.read_bytes()))
    command = [program, f"-env:UserInstallation={(tmp_path / 'office').as_uri()}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run([*command, "--outdir", str(tmp_path / "out"), str(emptied)], check=True, capture_output=True, timeout=180)
    expected = dict(formula_values(path, path))
    assert len(expected) > 200
    assert dict(formula_values(path, tmp_path / "out" / "emptied.xlsx")) == {
        place: pytest.approx(value, abs=1e-9) for place, value in expected.items()
    }


def without_cached_values(content: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            data = source.read(name)
            copy.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", data) if name.startswith("xl/worksheets/") else data)
    return target.getvalue()


def formula_values(formulas: Path, values: Path) -> Iterator[tuple[tuple[str, str], object]]:
    cached = openpyxl.load_workbook(values, data_only=True)
    for sheet in openpyxl.load_workbook(formulas).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield (sheet.title, cell.coordinate), cached[sheet.title][cell.coordinate].value
