"""Returns in every readable format come back as a marked form that keeps what was typed and can be corrected and sent again."""

import shutil
import subprocess
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import Rule
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from PIL import Image as Picture

from kaohe.checks.finding import Severity
from kaohe.forms.layout import MAIN_SHEET
from kaohe.intake.record import Cell, Problem, Record
from kaohe.publish.annotate import FORMULAS_LOST, INCOMPLETE, NOT_CARRIED, NOT_OPENED, OTHER_VERSION, PICTURES_LOST
from kaohe.publish.correction_list import LIST_SHEET
from kaohe.publish.corrections import MARKED, REFILLED
from kaohe.publish.markable import DAMAGED, LOCKED, MACROS, OTHER_FORMAT, STRICT, TOO_LARGE, obstacle
from kaohe.publish.refill import typed
from tests.support.annotated import UNIT, Back, corrected, elsewhere, findings_of, handed_back, read, received, repacked
from tests.support.forms import filled, layout, opened, program_office, saved, sound_fields, stamped
from tests.support.ole import compound

pytestmark = pytest.mark.slow

SOFFICE = shutil.which("soffice")
ERROR, DOUBT, INPUT = "FFFBD9D5", "FFFDEBC8", "FFFFF9E0"
PLACES = layout()
ARTICLES = PLACES.lists["articles"]
ATTENDED, MEMBERS, WEBSITE = (PLACES.value_cell(f) for f in ("meetings_attended", "members_end", "website_items"))
WRONG: dict[str, Any] = {"meetings_attended": 9, "members_end": "约1200", "website_items": "１，２３４条"}
ROWS: dict[str, list[dict[str, Any]]] = {
    "articles": [
        {"title": "民营经济综述", "outlet": "郑州日报", "date": date(2014, 5, 6), "link": '=HYPERLINK("http://x","看")'},
        {"title": "会员风采", "outlet": "郑州晚报", "date": date(2013, 5, 6), "link": "@SUM(A1)"},
        {"title": "商会动态", "outlet": "大河报", "date": "5月6日", "link": "+86 371"},
    ],
    "trade_activities": [{"kind": "走出去", "name": "赴长三角考察", "date": date(2014, 9, 3), "place": "苏州", "enterprises": "6家"}],
}
RIGHT: dict[tuple[str, str], object] = {
    (MAIN_SHEET, ATTENDED): 6,
    (MAIN_SHEET, MEMBERS): 1200,
    (ARTICLES.sheet, "E6"): date(2014, 5, 7),
    (ARTICLES.sheet, "E7"): date(2014, 5, 8),
}
CODES = ["V-205", "V-209", "V-212", "V-212", "V-301", "V-402"]


@cache
def sent(**changed: Any) -> bytes:
    """A form with faults, as .xlsx."""
    book = opened(filled(UNIT, sound_fields(**(WRONG | changed)), ROWS))
    for ref in ("F5", "F6"):  # text that looks like a formula, not a formula
        book[ARTICLES.sheet][ref].data_type = "s"
    return saved(book)


def places_of(back: Back) -> list[tuple[str, str]]:
    """Sheet and cell of each row of the list."""
    return [(str(row[1].value), str(row[2].value)) for row in back.book[LIST_SHEET].iter_rows(min_row=4)]


def assert_comes_round(record: Record, back: Back) -> None:
    """What was typed is there again, each finding has its marked cell and link, and correcting those settles everything."""
    again = received(back.data)
    assert again.content_key() == record.content_key()
    assert {f: c.raw for f, c in again.evidence.items()} == {f: c.raw for f, c in record.evidence.items()}
    assert {f: (c.value, c.problem) for f, c in again.fields.items()} == {f: (c.value, c.problem) for f, c in record.fields.items()}
    assert [(f.code, f.field, f.severity) for f in findings_of(again)] == [(f.code, f.field, f.severity) for f in back.findings]
    book = back.book
    for row in book[LIST_SHEET].iter_rows(min_row=4):
        sheet, ref = str(row[1].value), str(row[2].value)
        assert row[2].hyperlink is not None
        assert row[2].hyperlink.location == f"'{sheet}'!{ref}"
        comment = book[sheet][ref].comment
        assert comment is not None
        assert f"{row[8].value} " in comment.text
    right = received(corrected(back.data, RIGHT))
    assert [f.code for f in findings_of(right) if f.severity is not Severity.HINT] == []


def test_the_sample_has_the_faults_it_is_meant_to_have() -> None:
    assert sorted(f.code for f in findings_of(read(sent()))) == CODES


def test_an_own_workbook_is_marked_and_comes_round(tmp_path: Path) -> None:
    original = sent()
    back = handed_back(read(original), original, tmp_path)
    assert back.about[1] == MARKED
    assert len(back.about) == 4
    assert_comes_round(read(original), back)


def macro_book(data: bytes) -> bytes:
    plain, macro = b"openxmlformats-officedocument.spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"
    swaps = [("[Content_Types].xml", b"application/vnd." + plain, b"application/vnd." + macro)]
    return repacked(data, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0macros"}, swaps)


def test_a_workbook_with_macros_comes_back_without_them(tmp_path: Path) -> None:
    original = macro_book(sent())
    back = handed_back(read(original), original, tmp_path)
    assert back.about[1] == REFILLED.format(why=MACROS)
    assert [name for name in back.members() if "vba" in name.lower()] == []
    assert "macroEnabled" not in back.parts()
    assert_comes_round(read(original), back)


@pytest.mark.parametrize(
    ("original", "why"),
    [
        (compound({"EncryptionInfo": b"1", "EncryptedPackage": bytes(5000)}), LOCKED),
        (repacked(stamped(UNIT), {"docProps/app.xml": b"<!DOCTYPE a><a/>"}), DAMAGED),
        (repacked(stamped(UNIT), {"xl/styles.xml": b"<styleSheet><fills><fill/></fills></styleSheet>"}), NOT_OPENED),
    ],
)
def test_a_workbook_that_cannot_be_marked_comes_back_refilled(tmp_path: Path, original: bytes, why: str) -> None:
    record = read(sent())
    back = handed_back(record, original, tmp_path)
    assert back.about[1] == REFILLED.format(why=why)
    assert f"\n{why}，所以把你单位填报的内容重新填进了发给你单位的表，" in back.letter
    assert received(back.data).content_key() == record.content_key()


@pytest.fixture(scope="module")
def saved_as(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The form with faults, saved by LibreOffice in other formats."""
    folder = tmp_path_factory.mktemp("formats")
    (folder / "报送.xlsx").write_bytes(sent())
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for kind in ("xlsx:Calc MS Excel 2007 XML", "xls:MS Excel 97", "ods"):
        command = [str(SOFFICE), profile, "--headless", "--convert-to", kind, "--outdir", str(folder / kind.partition(":")[0])]
        subprocess.run([*command, str(folder / "报送.xlsx")], check=True, capture_output=True, timeout=300)
    return folder


needs_office = pytest.mark.skipif(SOFFICE is None, reason="没有 soffice（LibreOffice），办公软件测试略过")


@pytest.mark.office
@needs_office
@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_other_formats_come_back_as_xlsx(saved_as: Path, tmp_path: Path, suffix: str) -> None:
    original = (saved_as / suffix / f"报送.{suffix}").read_bytes()
    record = read(original)
    back = handed_back(record, original, tmp_path)
    assert back.about[1] == REFILLED.format(why=OTHER_FORMAT)
    assert back.about[4:] == [NOT_CARRIED]
    assert_comes_round(record, back)


@pytest.mark.office
@needs_office
def test_a_workbook_that_an_office_program_saved_is_marked_and_keeps_its_formulas(saved_as: Path, tmp_path: Path) -> None:
    original = (saved_as / "xlsx" / "报送.xlsx").read_bytes()
    back = handed_back(read(original), original, tmp_path)
    assert back.about[1] == MARKED
    assert len(back.about) == 4
    before, after = opened(original), back.book
    for sheet in before.worksheets:
        again = after[sheet.title]
        kept = {c.coordinate: c.value for row in sheet.iter_rows() for c in row if c.data_type == "f"}
        assert {c.coordinate: c.value for row in again.iter_rows() for c in row if c.data_type == "f"} == kept
        assert len(again.data_validations.dataValidation) == len(sheet.data_validations.dataValidation)
        assert len(again.conditional_formatting) == len(sheet.conditional_formatting)
    assert set(after.defined_names) == set(before.defined_names)
    assert_comes_round(read(original), back)


def test_a_table_of_the_units_own_comes_back_as_the_form_and_says_where_each_cell_was(tmp_path: Path) -> None:
    record = elsewhere(read(sent()))
    own = load_workbook(BytesIO(stamped(UNIT)))
    for sheet in own.worksheets[1:]:
        own.remove(sheet)
    own.worksheets[0].title = "Sheet1"
    back = handed_back(record, saved(own), tmp_path)
    assert back.about[1] == REFILLED.format(why=OTHER_VERSION)
    assert places_of(back)[:3] == [(MAIN_SHEET, ATTENDED), (ARTICLES.sheet, "E6"), (MAIN_SHEET, MEMBERS)]
    rows = list(back.book[LIST_SHEET].iter_rows(min_row=4, max_row=5, values_only=True))
    was = record.fields["meetings_attended"].ref
    label = program_office().rulebook.fields["meetings_attended"].label
    assert rows[0][3] == f"{label}\n（原表：Sheet1 {was}）"
    assert rows[0][4] == "填了 9，而“应参加的执委会、常委会和专题座谈会次数”（D8）填了 6"
    assert rows[1][4] == "第6行的日期是2013年5月6日"
    assert f"   ● 填报表 {ATTENDED} {label}（原表：Sheet1 {was}）　条款" in back.letter
    assert_comes_round(record, back)


def test_a_row_that_was_deleted_is_there_again_to_be_filled(tmp_path: Path) -> None:
    whole = read(sent())
    record = replace(
        whole, fields={**whole.fields, "chambers_end": Cell(MAIN_SHEET, "")}, evidence={**whole.evidence, "chambers_end": Cell(MAIN_SHEET, "")}
    )
    back = handed_back(record, None, tmp_path)
    gone = next(n for n, f in enumerate(back.findings) if f.field == "chambers_end" and f.cell == "")
    row = [cell.value for cell in back.book[LIST_SHEET][4 + gone]]
    assert row[1:3] == [MAIN_SHEET, PLACES.value_cell("chambers_end")]


def _without_row(book: Any) -> None:
    book[MAIN_SHEET].delete_rows(PLACES.field_rows["website_items"])


def _without_values(book: Any) -> None:
    book[MAIN_SHEET].delete_cols(4)


def _without_sheet(book: Any) -> None:
    del book[MAIN_SHEET]


def _without_list(book: Any) -> None:
    del book[ARTICLES.sheet]


def _without_column(book: Any) -> None:
    book[ARTICLES.sheet].delete_cols(6)


@pytest.mark.parametrize(
    ("remove", "code", "place"),
    [
        (_without_row, "V-102", (MAIN_SHEET, WEBSITE)),
        (_without_values, "V-104", (MAIN_SHEET, "D8")),
        (_without_sheet, "V-104", (MAIN_SHEET, "D8")),
        (_without_list, "V-404", (ARTICLES.sheet, "C5")),
        (_without_column, "V-404", (ARTICLES.sheet, "F5")),
    ],
)
def test_what_was_deleted_is_there_again_to_be_filled(tmp_path: Path, remove: Any, code: str, place: tuple[str, str]) -> None:
    """A workbook of the unit's own in which something is gone could be marked, but not put right."""
    book = opened(filled(UNIT, sound_fields(), {"articles": ROWS["articles"][:1]}))
    for sheet in book.worksheets:
        for area in list(sheet.merged_cells.ranges):  # openpyxl leaves them where they were
            sheet.unmerge_cells(str(area))
    remove(book)
    original = saved(book)
    record = received(original)
    back = handed_back(record, original, tmp_path)
    assert [f.code for f in back.findings] == [code]
    assert back.about[1] == REFILLED.format(why=INCOMPLETE)
    (row,) = back.book[LIST_SHEET].iter_rows(min_row=4)
    assert row[2].hyperlink is not None
    assert (row[1].value, row[2].value, row[2].hyperlink.location) == (*place, f"'{place[0]}'!{place[1]}")
    assert "原表" not in str(row[3].value)
    comment = back.book[place[0]][place[1]].comment
    assert comment is not None
    assert f"{code} " in comment.text
    said = {True: "是", False: "否"}
    whole = {(MAIN_SHEET, PLACES.value_cell(field)): said[value] if isinstance(value, bool) else value for field, value in sound_fields().items()}
    listed = {(ARTICLES.sheet, f"{ARTICLES.columns[column]}5"): value for column, value in ROWS["articles"][1].items()}
    again = received(corrected(back.data, whole | listed | {(ARTICLES.sheet, "E5"): date(2014, 5, 6)}))
    evidence = set() if code == "V-404" else {"V-501"}  # the numbers of the evidence went with the row
    assert {f.code for f in findings_of(again)} == evidence
    sound = received(filled(UNIT, sound_fields()))
    assert {field: cell.value for field, cell in again.fields.items()} == {field: cell.value for field, cell in sound.fields.items()}
    assert len(again.lists["articles"]) == 1


def test_of_a_figure_given_twice_the_first_stays_and_the_unit_is_told(tmp_path: Path) -> None:
    whole = read(sent())
    other = Cell("填报表 (2)", MEMBERS, "1300", 1300)
    record = replace(whole, repeats={"members_end": (other,)})
    back = handed_back(record, None, tmp_path)
    assert received(back.data).fields["members_end"].raw == "约1200"
    (row,) = [row for row in back.book[LIST_SHEET].iter_rows(min_row=4, values_only=True) if row[8] == "V-304"]
    assert row[1:3] == (MAIN_SHEET, MEMBERS)
    assert str(row[3]).endswith("\n（原表里同一项还有一处，没有带过来）")


@pytest.mark.parametrize("own", [True, False])
def test_rows_beyond_the_offered_ones_are_kept(tmp_path: Path, own: bool) -> None:
    entries = [{"title": f"问卷{n}", "date": date(2014, 3, 1 + n % 28)} for n in range(129)] + [{"title": "没有日期"}]
    original = filled(UNIT, sound_fields(), {"questionnaires": entries})
    record = read(original)
    assert len(record.lists["questionnaires"]) == 130
    back = handed_back(record, original if own else None, tmp_path)
    place = PLACES.lists["questionnaires"]
    assert places_of(back)[0] == (place.sheet, "D134")
    assert received(back.data).content_key() == record.content_key()
    sheet = back.book[place.sheet]
    assert sheet.print_area == f"'{place.sheet}'!$B$1:$E$139"
    fixed = received(corrected(back.data, {(place.sheet, "D134"): date(2014, 5, 5)}))
    assert "V-401" not in {f.code for f in findings_of(fixed)}


def test_refilled_rows_beyond_the_offered_ones_look_and_count_like_them(tmp_path: Path) -> None:
    entries = [{"title": f"问卷{n}", "date": date(2014, 3, 1)} for n in range(130)]
    back = handed_back(read(filled(UNIT, sound_fields(members_end="约1"), {"questionnaires": entries})), None, tmp_path)
    sheet = back.book[PLACES.lists["questionnaires"].sheet]
    assert (sheet["B134"].value, sheet["A134"].value) == (130, "questionnaires")
    assert sheet["C134"]._style == sheet["C104"]._style
    assert not sheet["C134"].protection.locked
    assert sheet["E134"].value == sheet["E104"].value.replace("104", "134").replace("103", "133")
    assert {str(rule.sqref) for rule in sheet.data_validations.dataValidation} == {"C5:C134", "D5:D134"}
    assert {str(area.sqref) for area in sheet.conditional_formatting} == {"B5:E134", "E5:E134"}
    names = back.book.defined_names
    assert {n.attr_text for n in names.values() if PLACES.lists["questionnaires"].sheet in (n.attr_text or "")} == {
        f"'{sheet.title}'!${column}$5:${column}$134" for column in "CDE"
    }


@pytest.mark.parametrize("own", [True, False])
def test_lists_print_no_empty_pages(tmp_path: Path, own: bool) -> None:
    original = sent()
    book = handed_back(read(original), original if own else None, tmp_path).book
    assert {place.sheet: book[place.sheet].print_area.rpartition(":")[2] for place in PLACES.lists.values()} == {
        "宣传报道": "$G$12",
        "批示与表彰": "$I$9",
        "招商经贸活动": "$H$10",
        "调研问卷": "$E$9",
        "自拟课题": "$H$9",
        "民企社情": "$G$9",
        "提案线索": "$F$9",
    }


@pytest.mark.parametrize(
    ("cell", "kind", "expected"),
    [
        (Cell("", "", "1100", 1100), "integer", 1100),
        (Cell("", "", "12.5", None, Problem.NOT_WHOLE), "integer", 12.5),
        (Cell("", "", "-5", None, Problem.NEGATIVE), "integer", -5),
        (Cell("", "", "1,100", 1100), "integer", "1,100"),
        (Cell("", "", "012", 12), "integer", "012"),
        (Cell("", "", "1e3", None, Problem.NOT_NUMBER), "integer", "1e3"),
        (Cell("", "", "nan", None, Problem.NOT_NUMBER), "integer", "nan"),
        (Cell("", "", "约30", None, Problem.UNCERTAIN_NUMBER), "integer", "约30"),
        (Cell("", "", "2014-03-05", None, Problem.NOT_NUMBER), "integer", date(2014, 3, 5)),
        (Cell("", "", "2014-03-05", None, Problem.UNCERTAIN_NUMBER), "integer", "2014-03-05"),
        (Cell("", "", "#REF!", None, Problem.ERROR_VALUE), "integer", "#REF!"),
        (Cell("", "", "2014-03-05", date(2014, 3, 5)), "date", date(2014, 3, 5)),
        (Cell("", "", "2014-03-05 08:30:00", date(2014, 3, 5)), "date", datetime(2014, 3, 5, 8, 30)),
        (Cell("", "", "41703", date(2014, 3, 5)), "date", 41703),
        (Cell("", "", "2014.3.5", date(2014, 3, 5)), "date", "2014.3.5"),
        (Cell("", "", "1899-03-05", date(1899, 3, 5)), "date", "1899-03-05"),
        (Cell("", "", "5月6日", None, Problem.UNCERTAIN_DATE), "date", "5月6日"),
        (Cell("", "", "2014", "2014"), "text", "2014"),
        (Cell("", "", "2014-03-05", "2014-03-05"), "text", "2014-03-05"),
        (Cell("", "", "TRUE", True), "yes_no", "TRUE"),
    ],
)
def test_what_was_typed_as_a_number_or_a_date_goes_back_as_one(cell: Cell, kind: str, expected: object) -> None:
    again = typed(cell, kind)
    assert (again, type(again)) == (expected, type(expected))


WILD = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    "@SUM(A1)",
    "+1+1",
    "-1+1",
    "{{ unit.email }}",
    "<script>alert(1)</script>",
    "a\r\nb",
]


@pytest.mark.parametrize("own", [True, False])
def test_text_of_a_unit_is_never_a_formula_a_link_or_markup(tmp_path: Path, own: bool) -> None:
    book = opened(filled(UNIT, sound_fields()))
    refs = [(MAIN_SHEET, PLACES.value_cell(f)) for f in list(PLACES.field_rows)[: len(WILD)]]
    refs += [(ARTICLES.sheet, f"C{5 + n}") for n in range(len(WILD))]
    for (sheet, ref), text in zip(refs, WILD * 2, strict=True):
        book[sheet][ref].value = text
        book[sheet][ref].data_type = "s"
        book[sheet][ref].comment = Comment(text, text)
    original = saved(book)
    record = read(original)
    back = handed_back(record, original if own else None, tmp_path)
    assert received(back.data).content_key() == record.content_key()
    after = back.book
    for (sheet, ref), text in zip(refs, WILD * 2, strict=True):
        cell = after[sheet][ref]
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
        assert bool(cell.quotePrefix) == text.startswith(("=", "@", "+", "-"))
    assert {c.data_type for row in after[LIST_SHEET].iter_rows() for c in row} == {"s", "n"}
    assert all(c.hyperlink.target is None for sheet in after.worksheets for row in sheet.iter_rows() for c in row if c.hyperlink)
    assert [text for text in WILD if text.split()[0] not in back.letter] == []


def test_text_that_looks_like_an_escape_stays_as_it_was_typed(tmp_path: Path) -> None:
    whole = read(sent())
    title = whole.lists["articles"][0].cells["title"]
    rows = (
        replace(whole.lists["articles"][0], cells={**whole.lists["articles"][0].cells, "title": replace(title, raw="_x003D_1", value="_x003D_1")}),
    )
    record = replace(whole, lists={**whole.lists, "articles": rows})
    assert received(handed_back(record, None, tmp_path).data).lists["articles"][0].cells["title"].raw == "_x003D_1"


def hostile_book() -> bytes:
    """The unit's own workbook with everything that acts or reaches outside."""
    book = opened(sent())
    main = book[MAIN_SHEET]
    main["E8"] = '=HYPERLINK("http://evil.example","点我")'
    main["E9"] = "=cmd|'/C calc'!A0"
    main["E10"] = "='[1]Sheet1'!A1"
    main["D10"] = "=40+2"
    main["E36"].hyperlink = "http://evil.example/link"
    book.defined_names["evil"] = DefinedName("evil", attr_text="'[1]Sheet1'!$A$1")
    book.defined_names["in_members_end"].attr_text = "cmd|'/C calc'!A0"
    rule = DataValidation(type="custom", formula1='WEBSERVICE("http://evil.example")')
    rule.add("E12")
    main.add_data_validation(rule)
    main.conditional_formatting.add("E13", Rule("expression", formula=['WEBSERVICE("http://evil.example")="1"']))
    return with_result(saved(book), b"40+2", b"42")


def with_result(data: bytes, formula: bytes, result: bytes) -> bytes:
    """The workbook with the last result of one formula, as an office program stores it."""
    swap = ("xl/worksheets/sheet2.xml", b"<f>" + formula + b"</f><v></v>", b"<f>" + formula + b"</f><v>" + result + b"</v>")
    alternative = (swap[0], b"<f>" + formula + b"</f><v />", swap[2])
    for one in (swap, alternative):
        try:
            return repacked(data, {}, [one])
        except AssertionError:
            continue
    raise AssertionError(formula)


def test_nothing_that_acts_or_reaches_outside_goes_back(tmp_path: Path) -> None:
    original = hostile_book()
    record = read(original)
    back = handed_back(record, original, tmp_path)
    assert back.about[1] == MARKED
    assert back.about[4:] == [FORMULAS_LOST]
    for word in ("evil.example", "HYPERLINK(&quot;", "WEBSERVICE", "cmd|", "externalLink"):
        assert word not in back.parts(), word
    main = back.book[MAIN_SHEET]
    assert (main["D10"].value, main["D10"].data_type) == (42, "n")
    assert [main[ref].value for ref in ("E8", "E9", "E10")] == [None, None, None]
    assert received(back.data).content_key() == record.content_key()


def picture(size: int = 8) -> BytesIO:
    """A small picture."""
    data = BytesIO()
    Picture.new("RGB", (size, size), "red").save(data, "png")
    return data


def test_pictures_in_an_own_workbook_stay(tmp_path: Path) -> None:
    book = opened(sent())
    book[MAIN_SHEET].add_image(Image(picture()), "F12")
    original = saved(book)
    back = handed_back(read(original), original, tmp_path)
    assert PICTURES_LOST not in back.about
    (kept,) = back.book[MAIN_SHEET]._images  # type: ignore[attr-defined]
    assert kept._data() == picture().getvalue()
    assert (kept.anchor._from.row, kept.anchor._from.col) == (11, 5)
    assert_comes_round(read(original), back)


def test_pictures_of_other_kinds_do_not_come_along_and_the_unit_is_told(tmp_path: Path) -> None:
    book, data = opened(sent()), BytesIO()
    Picture.new("RGB", (8, 8), "red").save(data, "png")
    book[MAIN_SHEET].add_image(Image(data), "F12")
    bitmap = BytesIO()
    Picture.new("RGB", (8, 8), "red").save(bitmap, "bmp")
    original = repacked(saved(book), {"xl/media/image1.png": bitmap.getvalue()})
    back = handed_back(read(original), original, tmp_path)
    assert (back.about[1], back.about[4:]) == (MARKED, [PICTURES_LOST])
    assert [name for name in back.members() if "media" in name] == []


def test_of_very_many_findings_the_first_are_told(tmp_path: Path) -> None:
    entries = [{"title": f"问卷{n}"} for n in range(1200)]
    record = read(filled(UNIT, sound_fields(), {"questionnaires": entries}))
    back = handed_back(record, None, tmp_path)
    assert back.book[LIST_SHEET].max_row == 3 + 1000
    assert back.about[1] == "问题太多，另有200处没有列出，改好这些报回以后再列。"
    assert "有1200处需要处理。" in back.letter
    assert "\n问题太多，另有200处没有列出，改好下列各处报回以后再列。\n" in back.letter


def test_a_list_without_end_is_not_typed_again(tmp_path: Path) -> None:
    record = read(sent())
    row = record.lists["articles"][0]
    rows = tuple(replace(row, number=5 + n) for n in range(5001))
    back = handed_back(replace(record, lists={**record.lists, "articles": rows}), None, tmp_path)
    assert back.book.sheetnames == [LIST_SHEET]


def test_print_settings_widths_and_notes_of_an_own_workbook_stay(tmp_path: Path) -> None:
    book = opened(sent())
    main = book[MAIN_SHEET]
    main.column_dimensions["C"].width = 61.5
    main.page_setup.paperSize = 8
    main.HeaderFooter.oddFooter = HeaderFooterItem(left=_HeaderFooterPart(text="本单位留存"))
    main["J2"] = "本单位备注"
    main["J2"].comment = Comment("备注的批注", "张三")
    original = saved(book)
    again = handed_back(read(original), original, tmp_path).book[MAIN_SHEET]
    assert again.column_dimensions["C"].width == 61.5
    assert str(again.page_setup.paperSize) == "8"
    assert again.HeaderFooter.oddFooter is not None
    assert again.HeaderFooter.oddFooter.left.text == "本单位留存"
    assert (again["J2"].value, again["J2"].comment.text) == ("本单位备注", "备注的批注")
    assert (again.print_title_rows, again.freeze_panes, again.protection.sheet) == ("$5:$5", "A6", True)


SHEET = "xl/worksheets/sheet2.xml"


def blown_up(xml: bytes) -> bytes:
    """The form with something added at the end of its main sheet."""
    return repacked(sent(), {}, [(SHEET, b"</sheetData>", b"</sheetData>" + xml)])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (sent(), ""),
        (b"", OTHER_FORMAT),
        (b"PK\x03\x04 broken [Content_Types].xml", DAMAGED),
        (compound({"EncryptionInfo": b"1", "EncryptedPackage": bytes(5000)}), LOCKED),
        (macro_book(sent()), MACROS),
        (repacked(sent(), {"xl/macrosheets/sheet1.xml": b"<a/>"}), MACROS),
        (
            repacked(
                sent(), {}, [("xl/workbook.xml", b"schemas.openxmlformats.org/spreadsheetml/2006/main", b"purl.oclc.org/ooxml/spreadsheetml/main")]
            ),
            STRICT,
        ),
        (blown_up(b'<mergeCells><mergeCell ref="J1:XFD1048576"/></mergeCells>'), TOO_LARGE),
        (blown_up(b'<mergeCells><mergeCell ref="J:M"/></mergeCells>'), TOO_LARGE),
        (blown_up(b'<hyperlinks><hyperlink ref="1:900000" location="x"/></hyperlinks>'), TOO_LARGE),
        (blown_up(b'<mergeCells><mergeCell ref="?"/></mergeCells>'), TOO_LARGE),
        (repacked(sent(), {}, [(SHEET, b"</sheetData>", b"<row r='900'>" + b"<c s='1'/>" * 150_000 + b"</row></sheetData>")]), TOO_LARGE),
        (repacked(sent(), {"xl/custom.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}), DAMAGED),
        (repacked(sent(), {"xl/custom.xml": "<a/>".encode("utf-16")}), DAMAGED),
    ],
)
def test_what_openpyxl_would_choke_on_is_told_before_it_is_asked(data: bytes, why: str) -> None:
    assert obstacle(data) == why


def test_two_far_cells_cost_nothing(tmp_path: Path) -> None:
    """A walk from the first to the last cell of such a sheet would make millions of cells."""
    original = repacked(sent(), {}, [(SHEET, b"</sheetData>", b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData>")])
    back = handed_back(read(sent()), original, tmp_path)
    assert back.about[1] == MARKED
    assert back.book[MAIN_SHEET]._cells[1048576, 16384].value == 1


def test_the_same_return_gives_the_same_bytes(tmp_path: Path) -> None:
    record = elsewhere(read(sent()))
    assert handed_back(record, None, tmp_path / "a").data == handed_back(record, None, tmp_path / "b").data
