"""The consolidated workbook of many units: further sheets, links that do not fit, texts that are not shared, memory."""

import re
import tracemalloc
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from kaohe.publish.workbook import write_workbook
from kaohe.publish.workbook.cells import Texts
from kaohe.publish.workbook.plan import SHEETS
from kaohe.publish.workbook.spread import FIRST_ROW, Limits, Spread
from kaohe.scoring.scorecard import Assessment
from tests.support import sample
from tests.support.workbooks import leads_to, repeated, written

Table = Sequence[Sequence[object]]


def tables(path: Path) -> dict[str, Table]:
    """The values of every sheet, by its name."""
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    return sample.assessment()


@pytest.fixture(scope="module")
def whole(assessment: Assessment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    return tables(written(assessment, tmp_path_factory.mktemp("whole")))


@pytest.fixture(scope="module")
def narrow(assessment: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As if a sheet held 130 rows: two units' notes, or 127 rows of evidence."""
    path = tmp_path_factory.mktemp("narrow") / "x.xlsx"
    write_workbook(assessment, path, Limits(rows=130))
    return path


# ── rows ──


def test_a_sheet_holds_what_excel_holds() -> None:
    """Rows 4 to 1,048,576 of the first sheet, then row 4 of the second."""
    flat, blocks = Spread("佐证台账", 2_000_000, 1, Limits().rows), Spread("各单位计分说明", 30_000, 60, Limits().rows)
    assert (flat.span(0), flat.span(1)) == ((0, 1_048_573), (1_048_573, 2_000_000))
    assert (flat.spot(1_048_572).row, flat.spot(1_048_573).sheet, flat.spot(1_048_573).row) == (1_048_575, "佐证台账（续1）", FIRST_ROW)
    assert blocks.sheets == ("各单位计分说明", "各单位计分说明（续1）")
    assert (blocks.span(0), blocks.spot(17_475, 59).row, blocks.spot(17_476).row) == ((0, 17_476), 1_048_562, FIRST_ROW)


def test_tables_go_on_over_further_sheets(narrow: Path, whole: dict[str, Table]) -> None:
    found = tables(narrow)
    further = {name: [f"{name}（续{n}）" for n in range(1, count)] for name, count in (("各单位计分说明", 6), ("佐证台账", 2))}
    assert list(found) == [name for base in SHEETS for name in (base, *further.get(base, ()))]
    for base in SHEETS:
        together = [row for name in (base, *further.get(base, ())) for row in found[name][FIRST_ROW:]]
        assert together == whole[base][FIRST_ROW:]
    assert str(found["佐证台账（续1）"][1][0]).startswith("接上一张工作表。")
    assert found["佐证台账（续1）"][0][0] == "【预排名】郑州市工商联系统2014年度工作目标考核 · 佐证台账（续1）"


def test_links_lead_to_the_further_sheets(narrow: Path) -> None:
    book = openpyxl.load_workbook(narrow)
    names = {book["排名"].cell(row, 2).value: leads_to(book["排名"], f"B{row}") for row in range(4, 13)}
    for unit, location in names.items():
        sheet, _, place = location.rpartition("!")
        assert book[sheet.strip("'")][place].value == unit
    assert {location.split("!")[0] for location in names.values()} == {
        f"'各单位计分说明{more}'" for more in ("", "（续1）", "（续2）", "（续3）", "（续4）")
    }


# ── links ──


@pytest.mark.parametrize("most", [0, 12, 40, 200])
def test_links_are_had_by_kinds_as_far_as_a_sheet_holds_them(assessment: Assessment, whole: dict[str, Table], most: int, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    write_workbook(assessment, path, Limits(links=most))
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        links = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.hyperlink]
        assert len(links) <= most or sheet.title in ("图表", "说明")  # as many whatever the size of the office
        if sheet.title == "各单位计分说明":
            assert ("没有加链接" in sheet["A2"].value) is (most < 200)
    found = tables(path)
    assert {name: rows[FIRST_ROW:] for name, rows in found.items()} == {name: rows[FIRST_ROW:] for name, rows in whole.items()}


# ── texts ──


def test_texts_in_their_cells_say_the_same(assessment: Assessment, whole: dict[str, Table], tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    for shared in (0, 2000):
        write_workbook(assessment, path, Limits(shared=shared))
        assert tables(path) == whole


@pytest.mark.parametrize(
    ("text", "element"),
    [
        ("a<b>&c", "<t>a&lt;b&gt;&amp;c</t>"),
        ("_x000D_", "<t>_x005F_x000D_</t>"),
        (" 前后 ", '<t xml:space="preserve"> 前后 </t>'),
        ("]]></t>\x00", "<t>]]&gt;&lt;/t&gt;</t>"),
        ("=1+1", "<t>=1+1</t>"),
    ],
)
def test_text_is_never_markup(text: str, element: str) -> None:
    shared, apart = Texts(1000), Texts(0)
    assert shared[text] == shared[text] == ' t="s"><v>0</v></c>'
    assert "".join(shared.xml()).count(f"<si>{element}</si>") == 1
    assert apart[text] == f' t="inlineStr"><is>{element}</is></c>'


# ── what a program is told of a sheet ──


def test_the_area_of_every_sheet_is_told_rightly(assessment: Assessment, narrow: Path, tmp_path: Path) -> None:
    """Some readers trust it instead of looking."""
    for path in (written(assessment, tmp_path), narrow):
        told, looked = openpyxl.load_workbook(path, read_only=True), openpyxl.load_workbook(path)
        for sheet in told.worksheets:
            there = looked[sheet.title]
            assert (sheet.title, sheet.max_row, sheet.max_column) == (sheet.title, there.max_row, there.max_column)


def test_rows_stand_in_order_and_once(narrow: Path) -> None:
    with zipfile.ZipFile(narrow) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                rows = [int(number) for number in re.findall(r'<row r="(\d+)"', archive.read(name).decode())]
                assert rows == sorted(set(rows)), name


ORDER = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "autoFilter",
    "mergeCells",
    "conditionalFormatting",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "drawing",
]
"""Parts of a sheet in the order that the format (ECMA-376, CT_Worksheet) prescribes, as far as ours have them."""


def test_the_parts_of_a_sheet_stand_in_the_order_of_the_format(narrow: Path) -> None:
    """Excel refuses a file where they do not."""
    with zipfile.ZipFile(narrow) as archive:
        sheets = [etree.fromstring(archive.read(name)) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 18
    for sheet in sheets:
        found = [ORDER.index(etree.QName(part).localname) for part in sheet]
        assert found == sorted(found)
        for merged in sheet.iter("{*}mergeCell"):
            first, _, last = str(merged.get("ref")).partition(":")
            assert first != last
    grouped = [format_.get("outlineLevelRow") for sheet in sheets[3:9] for format_ in sheet.iter("{*}sheetFormatPr")]
    assert grouped == ["1"] * 6


# ── memory ──


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """A unit takes some 40 KB in the file's sheets. What is kept of it is where its lines stand, its links up to a sheet's limit, its new texts."""
    write_workbook(repeated(12), tmp_path / "x.xlsx")
    peaks = []
    for count in (60, 260):
        found = repeated(count)
        tracemalloc.start()
        write_workbook(found, tmp_path / "x.xlsx", Limits(links=2000, shared=100_000))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 200 < 8000
