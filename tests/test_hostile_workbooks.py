"""No file fills the memory, keeps the run waiting or ends it: each gets one plain sentence instead."""

import random
import struct
import time
import zipfile
from io import BytesIO

import pytest

from kaohe.intake.sniff import Kind
from kaohe.intake.workbook import UnreadableWorkbook, read_workbook
from tests.support.forms import filled, program_office, sound_fields
from tests.support.packages import MAIN, book, fault, ods, packed, parts, read, record, relations, sheet, xls

LIMITS = program_office().config.intake
ONE = '<row r="1"><c r="A1"><v>1</v></c></row>'
TOO_BIG = "文件解开后大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报"
CANNOT_OPEN = "文件打不开，可能已损坏或不是电子表格，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
DAMAGED = "文件已损坏，可能没有传完，请重新报送"
DEFINED = "文件里夹带了普通电子表格不会有的定义（DOCTYPE），为安全起见没有读取，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
ORIGINAL = "为安全起见没有读取，请用发给单位的原表重新填报"


# The package


def test_a_flat_bomb_is_refused_by_its_size() -> None:
    assert fault(packed(parts(ONE) | {"xl/media/image1.png": bytes(3 << 20)}), unpacked_mb=2) == (TOO_BIG, True)


def test_many_members_are_refused() -> None:
    assert fault(packed(parts(ONE) | {f"xl/media/{n}": b"" for n in range(20)}), members=20) == (TOO_BIG, True)


def test_a_member_that_lies_about_its_size_yields_no_more_than_it_says() -> None:
    data = bytearray(packed(parts(ONE) | {"xl/media/a.bin": bytes(3 << 20)}))
    real = (3 << 20).to_bytes(4, "little")
    assert data.count(real) == 2
    assert fault(bytes(data.replace(real, (10).to_bytes(4, "little"))), unpacked_mb=2) == (DAMAGED, False)


def test_overlapping_members_count_each_time() -> None:
    """Many entries of the directory that all lead to the same bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts(ONE).items():
            archive.writestr(name, part)
        archive.writestr("xl/media/0", bytes(1 << 20))
        first = archive.getinfo("xl/media/0")
        for number in range(1, 9):
            again = zipfile.ZipInfo(f"xl/media/{number}")
            for name in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(again, name, getattr(first, name))
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
    assert fault(buffer.getvalue(), unpacked_mb=4) == (TOO_BIG, True)


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml", "xl\\worksheets\\sheet1.xml", "XL/worksheets/SHEET1.xml"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused(name: str) -> None:
    buffer = BytesIO(packed(parts(ONE)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, sheet('<row r="1"><c r="A1"><v>99</v></c></row>'))
    expected = (
        "文件里有两个同名的部件（xl/worksheets/sheet1.xml），分不清哪个是真的，为安全起见没有读取，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
    )
    assert fault(buffer.getvalue()) == (expected, True)


@pytest.mark.parametrize("size", [30, 200, 700])
def test_a_package_that_breaks_off(size: int) -> None:
    with pytest.raises(UnreadableWorkbook) as caught:
        read_workbook(book(ONE)[:size], Kind.XLSX, LIMITS)
    assert (str(caught.value), caught.value.refused) == (DAMAGED, False)


# XML


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "docProps/core.xml", "xl/_rels/workbook.xml.rels"])
def test_definitions_are_refused_in_every_part_and_alphabet(name: str, encoding: str) -> None:
    declared = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(encoding, encoding)
    text = f'<?xml version="1.0" encoding="{declared}"?>{BOMB}<worksheet xmlns="{MAIN}"/>'
    assert fault(packed(parts(ONE) | {name: text.encode(encoding)})) == (DEFINED, True)


def test_definitions_in_opendocument() -> None:
    assert fault(ods("", manifest="<!DOCTYPE m [<!ENTITY a 'b'>]><manifest/>")) == (DEFINED, True)
    assert read(ods("", manifest='<!DOCTYPE manifest PUBLIC "x" "Manifest.dtd"><manifest/>')).sheets[0].rows == []


@pytest.mark.parametrize("encoding", ["utf-7", "cp037", "utf-32", "rot13", "unknown-8"])
def test_alphabets_that_nobody_uses_are_not_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><worksheet/>'
    assert fault(book(text.encode("utf-32") if encoding == "utf-32" else text.encode("ascii"))) == (CANNOT_OPEN, False)


def test_broken_xml() -> None:
    for part in ("<worksheet><sheetData><row r=", f"<worksheet>{'<a>' * 2000}</worksheet><sheetData>"):
        assert fault(book(f'<?xml version="1.0"?>{part}')) == (CANNOT_OPEN, False)


# Area


def area(name: str, height: int, width: int) -> tuple[str, bool]:
    return f"工作表“{name}”（{height}行{width}列）大得不合常理，{ORIGINAL}", True


@pytest.mark.parametrize(
    "data",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1048576'><c s='0' r='XFD1048576'><v>1</v></c></row>",
        '<row\nr="1048576"><c\tr = "XFD1048576"><v>1</v></c></row>',
        '<row r="1048576"><c r="XFD&#49;048576"><v>1</v></c></row>',
        '<!-- <row r="1"> --><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[<c r="A1">]]></t></is></c></row><row r="1048576"><c r="XFD1048576" t="e"><v>#REF!</v></c></row>',
        '<row r="1"><c r="xfd1048576"><f>1</f></c></row>',
    ],
    ids=["plain", "quotes", "whitespace", "reference", "comment", "cdata", "formula"],
)
def test_a_cell_in_the_last_corner(data: str) -> None:
    assert fault(book(data)) == area("表", 1048576, 16384)


def test_a_cell_in_the_last_corner_in_other_alphabets_and_prefixes() -> None:
    text = sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    assert fault(book(f'<?xml version="1.0" encoding="UTF-16"?>{text}'.encode("utf-16"))) == area("表", 1048576, 16384)
    prefixed = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    assert fault(book(prefixed)) == area("表", 1048576, 16384)


def test_cells_without_places_count_too() -> None:
    data = "<row/>" * 3000 + "<row>" + "<c/>" * 999 + "<c><v>1</v></c></row>"
    assert fault(book(data)) == area("表", 3001, 1000)


def test_far_cells_that_hold_nothing_cost_nothing() -> None:
    """Office programs leave formatted and hidden rows at the very end of a sheet."""
    data = f'{ONE}<row r="1048576" hidden="1"><c r="XFD1048576" s="0"/></row>'
    assert read(book(data)).sheets[0].rows == [[1.0]]


def test_the_bound_is_for_all_sheets_together() -> None:
    far = '<row r="1000"><c r="Z1000"><v>1</v></c></row>'
    found = parts(far)
    workbook = str(found["xl/workbook.xml"]).replace("</sheets>", '<sheet name="二" sheetId="2" r:id="u"/></sheets>')
    links = relations(("s", "worksheet", "worksheets/sheet1.xml"), ("u", "worksheet", "worksheets/sheet1.xml"))
    both = packed(found | {"xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": links})
    assert [len(page.rows) for page in read(both, cells=52_000).sheets] == [1000, 1000]
    assert fault(both, cells=51_999) == area("二", 1000, 26)


def test_an_address_given_twice_is_no_address() -> None:
    for second in (' r="XFD1048576"', "r='XFD1048576'", ' r = "XFD1048576"', '\nr="XFD1048576"'):
        assert fault(book(f'{ONE}<row r="2"><c r="A2"{second}><v>1</v></c></row>')) == (CANNOT_OPEN, False)


# Numbers that claim too much


def test_claimed_counts_set_no_memory_aside() -> None:
    huge = "count=\"4000000000\" uniqueCount = '4000000000'"
    strings = f'<sst {huge} xmlns="{MAIN}"><si><t>甲</t></si></sst>'
    styles = f'<styleSheet xmlns="{MAIN}"><numFmts {huge}/><cellXfs {huge}><xf numFmtId="0"/></cellXfs></styleSheet>'
    data = sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', after=f'<mergeCells {huge}><mergeCell ref="A1:B1"/></mergeCells>')
    assert read(book(data, strings=strings, styles=styles)).sheets[0].rows == [["甲"]]


def test_too_many_styles_merged_areas_and_sheets_are_refused() -> None:
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs>{"<xf/>" * 200_001}</cellXfs></styleSheet>'
    assert fault(book(ONE, styles=styles)) == (f"文件里的单元格格式多得不合常理，{ORIGINAL}", True)
    for merged in ('<mergeCell ref="A1:XFD1048576"/>', '<mergeCell ref="A1:B2"/>' * 100_001):
        assert fault(book(sheet(ONE, after=f"<mergeCells>{merged}</mergeCells>"))) == (f"文件里合并的单元格多得不合常理，{ORIGINAL}", True)
    workbook = f'<workbook xmlns="{MAIN}"><sheets>{"<sheet/>" * 1001}</sheets></workbook>'
    assert fault(book(ONE, workbook=workbook)) == (f"工作表多得不合常理（超过1000张），{ORIGINAL}", True)


def test_a_million_names_are_never_given_to_the_library() -> None:
    names = "<definedNames>" + '<definedName name="a">A1</definedName>' * 200_000 + "</definedNames>"
    workbook = str(parts(ONE)["xl/workbook.xml"]).replace("</workbook>", f"{names}</workbook>")
    assert read(book(ONE, workbook=workbook)).sheets[0].rows == [[1.0]]


def test_a_long_text_in_many_cells_is_refused() -> None:
    strings = f'<sst xmlns="{MAIN}"><si><t>{"x" * 1_000_000}</t></si></sst>'
    data = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 4001))
    assert fault(book(data, strings=strings)) == (TOO_BIG, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [f'<row r="1"><c r="A1"><f>1</f>{" " * 300_000}', "</f></c>" * 200_000, '<row r="1" hidden="1"' + ' hidden="1"' * 200_000, "<row>" * 100_000],
    ids=["blanks", "ends", "attributes", "beginnings"],
)
def test_broken_parts_are_told_quickly(data: str) -> None:
    started = time.process_time()
    assert fault(book(f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{data}')) == (CANNOT_OPEN, False)
    assert time.process_time() - started < 10


def test_a_string_that_is_not_there() -> None:
    assert fault(book('<row r="1"><c r="A1" t="s"><v>5</v></c></row>')) == (CANNOT_OPEN, False)


# Other kinds


def test_opendocument_repeats_are_bounded() -> None:
    value = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    for data in (
        f'<table:table-row table:number-rows-repeated="1048576">{value}{value}</table:table-row>',
        f"<table:table-row>{value.replace('string', 'string' + chr(34) + ' table:number-columns-repeated=' + chr(34) + '999999999')}</table:table-row>",
        f'<table:table-row><table:table-cell table:number-columns-repeated="999999999"/>{value}</table:table-row>',
        f'<table:table-row table:number-rows-repeated="999999999"><table:table-cell/></table:table-row><table:table-row>{value}</table:table-row>',
    ):
        assert fault(ods(data)) == (f"工作表“表”大得不合常理，{ORIGINAL}", True)


def test_old_workbooks_that_claim_and_reach_too_far() -> None:
    dimensions = record(0x0200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0))
    number = record(0x0203, struct.pack("<HHHd", 0, 0, 0, 1.0))
    assert read(xls(dimensions, number)).sheets[0].rows == [[1.0]]
    far = record(0x0203, struct.pack("<HHHd", 65535, 255, 0, 1.0))
    assert fault(xls(number, far)) == (f"工作表“第1张”（65536行256列）大得不合常理，{ORIGINAL}", True)
    assert fault(xls(number, globals_=record(0x00FC, struct.pack("<II", 1, 0x7FFFFFFF)))) == (CANNOT_OPEN, False)


def test_a_ring_of_sectors_ends() -> None:
    """Every sector of the table leads to the first one: no more is read than the stream is said to be long."""
    data = xls(record(0x0203, struct.pack("<HHHd", 0, 0, 0, 1.0)))
    ring = bytearray(data)
    table = 512 * (1 + struct.unpack_from("<I", data, 76)[0])
    ring[table : table + 512] = struct.pack("<128I", *[0] * 128)
    assert read(bytes(ring)).sheets[0].rows == [[1.0]]


@pytest.mark.parametrize("kind", [Kind.XLSX, Kind.XLSB, Kind.ODS, Kind.XLS])
def test_random_damage_never_gives_a_traceback(kind: Kind) -> None:
    number = record(0x0203, struct.pack("<HHHd", 0, 0, 0, 1.0))
    whole = {Kind.XLS: xls(number), Kind.ODS: ods("<table:table-row/>")}.get(kind, book(ONE))
    chance = random.Random(kind.value)
    outcomes = set()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            read_workbook(bytes(data), kind, LIMITS)
        except UnreadableWorkbook as error:
            outcomes.add(str(error)[:2])
    assert outcomes <= {"文件", "工作"}
    assert outcomes


def test_a_sound_form_is_read_whole() -> None:
    found = read(filled("jinshui", sound_fields()))
    assert [page.name for page in found.sheets][1] == "填报表"
    assert found.notes == ()
