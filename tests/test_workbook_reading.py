"""Every kind of workbook gives the values that stand in it, however its program wrote them."""

import shutil
import struct
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kaohe.intake.extract import extract
from kaohe.intake.identify import identify
from kaohe.intake.normalise import meaning
from kaohe.intake.record import Problem, Record
from kaohe.intake.sniff import Kind, sniff
from kaohe.intake.workbook import PICTURE, UnreadableWorkbook, read_workbook
from tests.support.forms import filled, opened, program_office, saved, sound_fields
from tests.support.packages import MAIN, book, fault, ods, packed, parts, read, record, relations, sheet, xls

SOFFICE = shutil.which("soffice")
STRICT = "http://purl.oclc.org/ooxml"
ONE = '<row r="1"><c r="A1"><v>1</v></c></row>'


def rows(data: bytes) -> list[list[Any]]:
    (found,) = read(data).sheets
    return found.rows


# Values in .xlsx


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ('<c r="A1"><v>0.06</v></c><c r="B1" t="b"><v>1</v></c>', [0.06, True]),
        ('<c r="A1" s="1"><v>41704</v></c><c r="B1" s="1"><v>41704.5</v></c>', [date(2014, 3, 6), datetime(2014, 3, 6, 12)]),
        ('<c r="A1" t="d"><v>2014-03-06T00:00:00</v></c>', [datetime(2014, 3, 6)]),
        ('<c r="A1" t="inlineStr"><is><t>张三</t><rPh sb="0" eb="1"><t>ZHANG</t></rPh></is></c>', ["张三"]),
        ('<c r="A1" t="inlineStr"><is><r><t>甲</t></r><r><t xml:space="preserve"> 乙</t></r></is></c>', ["甲 乙"]),
        ('<c r="A1" t="inlineStr"><is><t>甲_x000D_\n乙</t></is></c>', ["甲\r\n乙"]),
        ('<c r="A1" t="str"><f>B9&amp;""</f><v>甲&amp;乙</v></c>', ["甲&乙"]),
        ('<c r="A1" t="inlineStr"><is><t><![CDATA[a<b]]></t></is></c><c r="B1"><!--x--><v><![CDATA[5]]></v></c>', ["a<b", 5.0]),
        ("<c><v>1</v></c><c><v>2</v></c><c/><c><v>4</v></c>", [1.0, 2.0, "", 4.0]),
        ("<c r='A1'><v>1</v></c><c r = 'C1'><v>3</v></c>", [1.0, "", 3.0]),
    ],
    ids=["number, bool", "dates", "iso date", "phonetic", "rich", "escape", "cached text", "cdata, comment", "no places", "quotes"],
)
def test_cells(cells: str, expected: list[Any]) -> None:
    assert rows(book(f'<row r="1">{cells}</row>')) == [expected]


def test_shared_strings_keep_their_numbers_whatever_they_hold() -> None:
    strings = f'<sst xmlns="{MAIN}"><si><r><t>甲</t></r><r><t>乙</t></r></si><si/><si><t>三</t><rPh sb="0" eb="1"><t>SAN</t></rPh></si></sst>'
    data = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>'
    assert rows(book(data, strings=strings)) == [["甲乙", "", "三"]]


def test_rows_and_cells_out_of_order_stand_where_they_say() -> None:
    data = '<row r="3"><c r="B3"><v>3</v></c><c r="A3"><v>2</v></c></row><row r="1"><c r="C1"><v>1</v></c></row>'
    assert rows(book(data)) == [["", "", 1.0], ["", "", ""], [2.0, 3.0, ""]]


@pytest.mark.parametrize("claim", ["A1:XFD1048576", "A1:A1", "C9"])
def test_a_wrong_dimension_changes_nothing(claim: str) -> None:
    data = sheet('<row r="2"><c r="B2"><v>1</v></c></row>', before=f'<dimension ref="{claim}"/>')
    assert rows(book(data)) == [["", ""], ["", 1.0]]


def test_prefixed_names() -> None:
    data = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="B1" t="e"><x:v>#REF!</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    assert rows(book(data)) == [["", "#REF!"]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "gb18030", "utf-8-sig"])
def test_parts_in_other_alphabets(encoding: str) -> None:
    named = {"utf-16-be": "UTF-16", "utf-8-sig": "UTF-8"}.get(encoding, encoding)
    text = f'<?xml version="1.0" encoding="{named}"?>' + sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>郑州</t></is></c></row>')
    assert rows(book(text.encode(encoding))) == [["郑州"]]


def test_the_strict_form_of_the_format() -> None:
    found = {
        name: str(part).replace(MAIN, f"{STRICT}/spreadsheetml/main")
        for name, part in parts('<row r="1"><c r="A1" s="1"><v>41704</v></c></row>').items()
    }
    found = {name: part.replace("http://schemas.openxmlformats.org/officeDocument/2006", f"{STRICT}/officeDocument") for name, part in found.items()}
    assert rows(packed(found)) == [[date(2014, 3, 6)]]


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("worksheets/Sheet1.xml", "xl\\worksheets\\sheet1.xml"),
        ("../data/%E8%A1%A8.xml", "data/表.xml"),
    ],
    ids=["absolute", "no slash", "backslashes", "another folder"],
)
def test_parts_lie_where_the_workbook_says(target: str, name: str) -> None:
    found = parts(ONE, links=relations(("s", "worksheet", target)), styles=None)
    found[name] = found.pop("xl/worksheets/sheet1.xml")
    assert rows(packed(found)) == [[1.0]]


def test_the_other_calendar_is_asked_for_at_the_top_only() -> None:
    workbook = str(parts(ONE)["xl/workbook.xml"])
    before = workbook.replace("<sheets>", '<workbookPr date1904="1"/><sheets>').replace(
        "</workbook>", '<extLst><ext><y:workbookPr xmlns:y="y" chartTrackingRefBase="0"/></ext></extLst></workbook>'
    )
    assert rows(book('<row r="1"><c r="A1" s="1"><v>41704</v></c></row>', workbook=before)) == [[date(2018, 3, 7)]]


@pytest.mark.parametrize("styles", [None, f'<styleSheet xmlns="{MAIN}"><fills><fill/></fills></styleSheet>'], ids=["none", "an empty fill"])
def test_odd_styles(styles: str | None) -> None:
    assert rows(book(ONE, styles=styles)) == [[1.0]]


# Errors and formulas


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#SPILL!", "#FIELD!"])
@pytest.mark.parametrize("attributes", ['t="e"', "t='e'", 's="1" t = "e"', 't="e" s="1"'])
def test_an_error_value_is_its_text(error: str, attributes: str) -> None:
    (found,) = rows(book(f'<row r="1"><c r="A1" {attributes}><f>X1</f><v>{error}</v></c><c r="B1"><v>2</v></c></row>'))
    assert found == [error, 2.0]
    assert meaning(found[0], "integer").problem is Problem.ERROR_VALUE


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="A1"><f>SUM(B1:B2)</f></c>', "=SUM(B1:B2)"),
        ('<c r="A1" s="1"><f>1&amp;2</f><v></v></c>', "=1&2"),
        ('<c r="A1"><f>1+1</f><v/></c>', "=1+1"),
        ('<c r="A1"><f>1+1</f>\n<v />\n</c>', "=1+1"),
        ('<c r="A1"><f t="shared" si="0"/></c>', "="),
        ('<c r="A1"><f>1+1</f><v>2</v></c>', 2.0),
        ('<c r="A1" t="str"><f>IF(1,"","")</f><v></v></c>', ""),
    ],
)
def test_a_formula_without_a_value_is_its_text(cell: str, value: Any) -> None:
    assert rows(book(f'<row r="1">{cell}<c r="B1"><v>7</v></c></row>')) == [[value, 7.0]]


def test_errors_and_formulas_in_a_form_are_told_with_their_cells() -> None:
    changed = opened(filled("jinshui", sound_fields()))
    changed["填报表"]["D36"] = "=SUM(X1:X2)"
    changed["填报表"]["D8"] = "#REF!"
    changed["填报表"]["D8"].data_type = "e"
    found = record_of(saved(changed)).fields
    assert {(c.ref, c.raw, c.problem) for c in found.values() if c.problem} == {
        ("D36", "=SUM(X1:X2)", Problem.NOT_NUMBER),
        ("D8", "#REF!", Problem.ERROR_VALUE),
    }


# What stands beside the values


def test_hidden_rows_and_merged_areas() -> None:
    data = '<row r="1" hidden="1"><c r="A1"><v>1</v></c></row><row r="2" hidden="0"><c r="A2"><v>2</v></c></row><row r="3" ht="9" hidden="true"><c r="A3"/></row>'
    (found,) = read(book(sheet(data, after='<mergeCells count="1"><mergeCell ref="A1:B3"/></mergeCells>'))).sheets
    assert (set(found.hidden), found.merged) == ({0, 2}, ((0, 0, 2, 1),))
    assert found.rows == [[1.0], [2.0]]


def test_hidden_rows_are_the_same_after_a_closer_look() -> None:
    data = '<row r="1"><c r="A1"><v>1</v></c></row><row hidden="1"><c><v>2</v></c></row><row hidden="true" r="7"><c r="A7"><v>3</v></c></row>'
    assert read(book(data)).sheets[0].hidden == {1, 6}


def test_pictures_by_the_cell_they_stand_in() -> None:
    corner = "<d:from><d:col>2</d:col><d:row>3</d:row></d:from>"
    found = parts(ONE) | {
        "xl/worksheets/_rels/sheet1.xml.rels": relations(("d", "drawing", "../drawings/drawing1.xml")),
        "xl/drawings/drawing1.xml": f'<d:wsDr xmlns:d="d"><d:oneCellAnchor>{corner}<d:pic/></d:oneCellAnchor>'
        f"<d:twoCellAnchor>{corner.replace('3', '9')}<d:sp/></d:twoCellAnchor></d:wsDr>",
    }
    assert read(packed(found)).sheets[0].pictures == {(3, 2)}


def test_pictures_in_cells() -> None:
    wps = '<c r="A1" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v></c>'
    found = parts(f'<row r="1">{wps}<c r="B1" t="e" vm="1"><v>#VALUE!</v></c></row>')
    found["xl/richData/rdrichvaluestructure.xml"] = '<rvStructures><s t="_localImage"/></rvStructures>'
    (page,) = read(packed(found)).sheets
    assert page.rows == [['=DISPIMG("ID_1",1)', PICTURE]]
    assert page.pictures == {(0, 0), (0, 1)}
    assert {meaning(value, "text").problem for value in page.rows[0]} == {Problem.PICTURE}


def test_notes_say_what_was_passed_over() -> None:
    workbook = str(parts(ONE)["xl/workbook.xml"]).replace('name="表"', 'name="底稿" state="veryHidden"')
    found = parts(ONE, workbook=workbook) | {
        "xl/vbaProject.bin": b"x",
        "xl/externalLinks/externalLink1.xml": "<x/>",
        "xl/embeddings/oleObject1.bin": b"x",
    }
    assert read(packed(found)).notes == (
        "文件里有宏，没有运行",
        "文件里有指向其他文件的链接，没有理会",
        "文件里有控件或嵌入的对象，没有理会",
        "隐藏的工作表也读取了：底稿",
    )


# Other kinds


def test_an_old_workbook_with_errors_and_hidden_rows() -> None:
    number = record(0x0203, struct.pack("<HHHd", 0, 0, 0, 7.5))
    error = record(0x0205, struct.pack("<HHHBB", 1, 1, 0, 0x17, 1))
    formula = record(0x0006, struct.pack("<HHHBBBBBBHHIH", 2, 0, 0, 2, 0, 0x2A, 0, 0, 0, 0xFFFF, 0, 0, 0))
    row = record(0x0208, struct.pack("<HHHHHHHH", 1, 0, 2, 255, 0, 0, 0x20, 0))
    (found,) = read(xls(row, number, error, formula)).sheets
    assert found.rows == [[7.5, ""], ["", "#REF!"], ["#N/A", ""]]
    assert found.hidden == {1}


def cell(kind: str, shown: str = "", **attributes: str) -> str:
    given = "".join(f' {name.replace("_", ":", 1).replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<table:table-cell office:value-type="{kind}"{given}><text:p>{shown}</text:p></table:table-cell>'


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (cell("float", "1,200", office_value="1200"), 1200.0),
        (cell("percentage", "6%", office_value="0.06"), 0.06),
        (cell("date", "3月6日", office_date_value="2014-03-06"), date(2014, 3, 6)),
        (cell("date", "", office_date_value="2014-03-06T12:00:00"), datetime(2014, 3, 6, 12)),
        (cell("time", "", office_time_value="PT01H30M00S"), timedelta(minutes=90)),
        (cell("boolean", "", office_boolean_value="true"), True),
        (cell("string", '甲<text:s text:c="2"/>乙<text:line-break/>丙</text:p><text:p>丁'), "甲  乙\n丙\n丁"),
        (cell("string", "#REF!", office_string_value="", calcext_value_type="error", table_formula="of:=X"), "#REF!"),
        ('<table:table-cell table:formula="of:=SUM([.A1])"/>', "=SUM([.A1])"),
        (
            '<table:table-cell office:value-type="string"><office:annotation><text:p>批注</text:p></office:annotation><text:p>值</text:p></table:table-cell>',
            "值",
        ),
    ],
)
def test_opendocument_cells(given: str, value: Any) -> None:
    assert rows(ods(f"<table:table-row>\n  {given}\n</table:table-row>")) == [[value]]


def test_opendocument_repeats_hidden_rows_and_merged_areas() -> None:
    blank = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    data = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/>'
        f'{cell("string", "甲", table_number_columns_spanned="2")}<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        f'<table:table-row table:visibility="collapse">{cell("string", "乙", table_number_columns_repeated="3")}</table:table-row>{blank}'
    )
    (found,) = read(ods(data)).sheets
    assert found.rows == [["", "", "甲"], ["", "", "甲"], ["乙", "乙", "乙"]]
    assert (set(found.hidden), found.merged) == ({2}, ((0, 2, 0, 3),))


def test_what_is_written_into_a_drawing_is_no_value() -> None:
    """A picture's name for those who cannot see it, the text of a text box, a table in a chart: all of it hangs on a cell."""
    picture = "<draw:frame><draw:image><text:p/></draw:image><svg:title>图</svg:title><svg:desc>Picture 12</svg:desc></draw:frame>"
    shape = "<draw:custom-shape><text:p>请填这里</text:p></draw:custom-shape>"
    table = "<table:table><table:table-row><table:table-cell><text:p>9</text:p></table:table-cell></table:table-row></table:table>"
    chart = f"<draw:frame><draw:object>{table}</draw:object></draw:frame>"
    number = '<table:table-cell office:value-type="float" office:value="12">{}<text:p>12</text:p></table:table-cell>'
    blank = "<table:table-cell>{}</table:table-cell>"
    row = f"<table:table-row>{blank.format(picture)}{blank.format(shape)}{number.format(shape)}{number.format(chart)}</table:table-row>"
    (found,) = read(ods(row)).sheets
    assert found.rows == [["", "", 12.0, 12.0]]
    assert found.pictures == {(0, 0), (0, 3)}


def test_markup_with_a_workbooks_name() -> None:
    data = b"<html><table><tr><td>1</td></tr></table></html>"
    assert fault(data) == ("这其实是网页（HTML）或 XML 文件，只是扩展名像电子表格，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送", False)


PLAIN_2003 = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
PLAIN_OPEN = b'<?xml version="1.0"?><o:document xmlns:o="o" o:mimetype="application/vnd.oasis.opendocument.spreadsheet"/>'


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (PLAIN_2003, "XML 电子表格 2003"),
        (f"\ufeff{PLAIN_2003.decode()}".encode("utf-16-le"), "XML 电子表格 2003"),
        (PLAIN_OPEN, "未压缩的 OpenDocument 表格"),
    ],
)
def test_workbooks_saved_as_plain_text(data: bytes, what: str) -> None:
    assert fault(data) == (f"这是{what}，程序不读这种格式，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送", False)


def test_text_with_a_workbooks_name() -> None:
    assert fault("单位,数量\n金水区,3\n".encode("gbk")) == (
        "这其实是纯文本文件（例如 CSV），不是电子表格，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送",
        False,
    )


# Our own form, saved by an office program


def record_of(data: bytes) -> Record:
    office = program_office()
    found = read(data).sheets
    identity = identify(found, office)
    assert identity.unit == "jinshui"
    return extract(found, office.rulebook, identity.unit)


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.skipif(SOFFICE is None, reason="没有 soffice（LibreOffice），办公软件测试略过")
@pytest.mark.parametrize(("suffix", "kind"), [("xlsx", Kind.XLSX), ("xls", Kind.XLS), ("ods", Kind.ODS)])
def test_a_form_saved_in_another_format_says_the_same(suffix: str, kind: Kind, tmp_path: Path) -> None:
    article = {"title": "民营经济", "outlet": "郑州日报", "date": date(2014, 5, 6), "link": "A03版"}
    source = tmp_path / "填好.xlsx"
    source.write_bytes(filled("jinshui", sound_fields(), {"articles": [article]}))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", suffix, "--outdir", str(tmp_path / "out"), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    data = (tmp_path / "out" / f"填好.{suffix}").read_bytes()
    assert sniff(data) is kind
    assert record_of(data) == record_of(source.read_bytes())
    before, after = read(source.read_bytes()).sheets, read(data).sheets
    assert [(s.name, s.hidden & set(range(12))) for s in after] == [(s.name, s.hidden & set(range(12))) for s in before]


def test_locked_and_empty_files_are_told() -> None:
    for kind, message in (
        (
            Kind.LOCKED,
            "文件设了打开密码，请把密码清空、保存后重新报送（WPS 在“文件—文档加密—密码加密”里，Excel 在“文件—信息—保护工作簿—用密码进行加密”里）",
        ),
        (Kind.EMPTY, "文件是空的（0 字节），可能没有传完，请重新报送"),
    ):
        with pytest.raises(UnreadableWorkbook) as caught:
            read_workbook(b"", kind, program_office().config.intake)
        assert (str(caught.value), caught.value.locked) == (message, kind is Kind.LOCKED)


@pytest.mark.parametrize(
    ("shown", "problem"), [("Err:502", Problem.ERROR_VALUE), ("#BUSY!", Problem.ERROR_VALUE), (PICTURE, Problem.PICTURE), ("Error 502", None)]
)
def test_what_stands_for_no_value_is_a_problem_in_every_kind_of_cell(shown: str, problem: Problem | None) -> None:
    assert meaning(shown, "text").problem is problem
