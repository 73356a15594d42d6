"""From files to verdicts and records: whose form it is, which one counts, and where its values stand."""

import hashlib
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kaohe import PROGRAM_ROOT
from kaohe.config.model import Intake as IntakeLimits
from kaohe.forms.layout import MACHINE_SHEET, MAIN_SHEET
from kaohe.intake.arrival import Arrival, arrivals
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.record import Cell, Change, ReceivedFile, Record, Verdict
from kaohe.intake.sniff import Kind
from kaohe.intake.workbook import UnreadableWorkbook, read_workbook
from kaohe.intake.workers import here
from kaohe.store import FolderStore, MemoryStore
from tests.support.forms import NOON, drop, filled, layout, master_bytes, opened, program_office, saved, sound_fields, stamped

OFFICE = program_office()
DAMAGED = "文件已损坏，可能没有传完，请重新报送"
CANNOT_OPEN = "文件打不开，可能已损坏或不是电子表格，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
ONLY_TEXT = "这其实是纯文本文件（例如 CSV），不是电子表格，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
STRANGER = "不是本系统发出的填报表（里面没有系统标记），请用发给单位的原表填报"
TOO_BIG = "文件解开后大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报"

ARTICLE = {"title": "民营经济综述", "outlet": "郑州日报", "date": date(2014, 5, 6), "link": "A03版"}


def arriving(name: str, data: bytes, modified: int = NOON) -> Arrival:
    return Arrival(name, data, hashlib.sha256(data).hexdigest(), modified)


def taken(*found: Arrival, seen: Mapping[bytes, int] | None = None) -> Intake:
    """Intake of these files; ``seen`` gives when a content was first seen, the others at 0."""
    times = {hashlib.sha256(data).hexdigest(): when for data, when in (seen or {}).items()}
    return take_in(OFFICE, found, lambda entry: times.get(entry.sha256, 0))


def verdict(name: str, data: bytes) -> tuple[Verdict, str, str | None]:
    (file,) = taken(arriving(name, data)).files
    assert (file.name, file.size, file.modified, file.changes) == (name, len(data), NOON, ())
    return file.verdict, file.reason, file.unit


def record_of(data: bytes) -> Record:
    (record,) = taken(arriving("表.xlsx", data)).records.values()
    return record


@pytest.fixture(scope="module")
def sound() -> bytes:
    """A form with every field filled and an article."""
    return filled("jinshui", sound_fields(), {"articles": [ARTICLE, ARTICLE | {"title": "第二篇"}]})


def page(book: Workbook, name: str) -> Worksheet:
    found = book[name]
    assert isinstance(found, Worksheet)
    return found


def unmerged(sheet: Worksheet) -> Worksheet:
    """openpyxl leaves merged areas where they were when rows move, which no office program does."""
    for area in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(area))
    return sheet


def values(record: Record) -> dict[str, Any]:
    return {field_id: cell.value for field_id, cell in record.fields.items()}


def rows(record: Record, list_id: str) -> list[tuple[int, dict[str, Any]]]:
    return [(row.number, {c: cell.value for c, cell in row.cells.items()}) for row in record.lists[list_id]]


# Verdicts on single files


def test_an_accepted_form(sound: bytes) -> None:
    intake = taken(arriving("随便什么名字.xlsx", sound))
    assert intake.files == (
        ReceivedFile("随便什么名字.xlsx", hashlib.sha256(sound).hexdigest(), len(sound), NOON, 0, Verdict.ACCEPTED, "采用", "jinshui"),
    )
    assert intake.originals == {"jinshui": hashlib.sha256(sound).hexdigest()}
    record = intake.records["jinshui"]
    assert record.unit == "jinshui"
    assert values(record) == sound_fields()
    assert record.fields["members_end"] == Cell(MAIN_SHEET, "D36", "1010", 1010)
    assert record.fields["tasks_done"] == Cell(MAIN_SHEET, "D12", "是", True)
    assert record.evidence["members_end"] == Cell(MAIN_SHEET, "F36", "佐证1", "佐证1")
    assert record.repeats == {}
    assert rows(record, "articles") == [(5, ARTICLE), (6, ARTICLE | {"title": "第二篇"})]
    assert record.lists["articles"][0].cells["date"] == Cell("宣传报道", "E5", "2014-05-06", date(2014, 5, 6))
    assert {list_id: len(found) for list_id, found in record.lists.items() if found} == {"articles": 2}


def test_an_unfilled_form_is_accepted_and_blank() -> None:
    record = record_of(stamped("huiji"))
    assert record.unit == "huiji"
    assert all(cell == Cell(MAIN_SHEET, layout().value_cell(field_id)) for field_id, cell in record.fields.items())
    assert all(cell == Cell(MAIN_SHEET, layout().evidence_cell(field_id)) for field_id, cell in record.evidence.items())
    assert set(record.lists.values()) == {()}


def test_the_unit_is_known_from_the_machine_data_and_never_from_the_name() -> None:
    assert verdict("2014年度考核填报表-金水区工商联.xlsx", stamped("xinzheng")) == (Verdict.ACCEPTED, "采用", "xinzheng")


def other(code: str = "jinshui", **machine: str) -> bytes:
    return filled(code, machine=machine)


def made(change: Callable[[Workbook], None]) -> bytes:
    book = opened(stamped("jinshui"))
    change(book)
    return saved(book)


def plain_workbook() -> bytes:
    book = Workbook()
    page(book, "Sheet")["A1"] = "年度工作目标考核填报表"
    return saved(book)


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def overwritten(member: str, content: bytes) -> bytes:
    """The form with one part replaced."""
    with zipfile.ZipFile(BytesIO(stamped("jinshui"))) as source:
        parts = [(name, source.read(name)) for name in source.namelist()]
    return zipped(*((name, content if name == member else old) for name, old in parts))


def password_protected() -> bytes:
    """What Excel saves with a password to open: an OLE container that holds the encrypted package."""
    free, end, fat, none = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0) + struct.pack("<I", free) * 108
    table = [fat, end, *range(3, 10), end, *range(11, 18), end]
    sectors = struct.pack("<128I", *(table + [free] * (128 - len(table))))

    def entry(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        return text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, none, right, child) + bytes(36) + struct.pack("<IQ", start, size)

    directory = (
        entry("Root Entry", 5, 1, none, end, 0) + entry("EncryptionInfo", 2, none, 2, 2, 4096) + entry("EncryptedPackage", 2, none, none, 10, 4096)
    )
    directory += bytes(128)
    return header + sectors + directory + b"\x04\x00\x04\x00".ljust(4096, b"\x11") + b"\x22" * 4096


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        (
            "去年的表.xlsx",
            lambda: other(year="2013", version="2013.1", form_hash="0" * 16),
            (Verdict.WRONG_YEAR, "这是2013年度的填报表，本次考核2014年度，请用2014年度的表填报", "jinshui"),
        ),
        (
            "旧版.xlsx",
            lambda: other(version="2014.0", form_hash="0" * 16),
            (Verdict.ACCEPTED, "采用（另一个版本 2014.0 的表，标记相同的项目照常取用）", "jinshui"),
        ),
        (
            "外地的表.xlsx",
            lambda: other(unit_code="gongyi", unit_name="巩义市工商业联合会"),
            (Verdict.UNKNOWN_UNIT, "表里的单位“巩义市工商业联合会”不在本次考核单位之列，请核对是否发错", None),
        ),
        (
            "外地去年的表.xlsx",
            lambda: other(unit_code="gongyi", year="2013"),
            (Verdict.WRONG_YEAR, "这是2013年度的填报表，本次考核2014年度，请用2014年度的表填报", None),
        ),
        ("母版.xlsx", master_bytes, (Verdict.UNKNOWN_UNIT, "这是没有写明单位的母版，不是发给某个单位的表，请用发给本单位的那一份填报", None)),
        ("别的表.xlsx", plain_workbook, (Verdict.NOT_A_FORM, STRANGER, None)),
        ("核查表.xlsx", lambda: other(kind="inspection"), (Verdict.UNKNOWN_GROUP, "核查表里的考核组“”不在本次考核之列，请核对是否发错", None)),
        (
            "没有系统表.xlsx",
            lambda: made(lambda book: book.remove(book[MACHINE_SHEET])),
            (Verdict.ACCEPTED, "采用（没有系统标记，按“填报单位”认定为金水区工商联）", "jinshui"),
        ),
        ("空文件.xlsx", lambda: b"", (Verdict.UNREADABLE, "文件是空的（0 字节），可能没有传完，请重新报送", None)),
        ("没传完.xlsx", lambda: stamped("jinshui")[:9000], (Verdict.UNREADABLE, DAMAGED, None)),
        ("只有头.xlsx", lambda: b"PK\x03\x04", (Verdict.UNREADABLE, DAMAGED, None)),
        ("改了扩展名.xlsx", "各单位：请按时报送。".encode, (Verdict.UNREADABLE, ONLY_TEXT, None)),
        ("没有扩展名", lambda: b"\x00\x01\x02", (Verdict.UNREADABLE, CANNOT_OPEN, None)),
        ("残缺.xlsx", lambda: overwritten("xl/worksheets/sheet2.xml", b"<worksheet><sheetData><row r="), (Verdict.UNREADABLE, CANNOT_OPEN, None)),
        ("残缺2.xlsx", lambda: overwritten("xl/workbook.xml", b"<workbook"), (Verdict.UNREADABLE, CANNOT_OPEN, None)),
        (
            "加了密码.xlsx",
            password_protected,
            (
                Verdict.LOCKED,
                "文件设了打开密码，请把密码清空、保存后重新报送（WPS 在“文件—文档加密—密码加密”里，Excel 在“文件—信息—保护工作簿—用密码进行加密”里）",
                None,
            ),
        ),
        ("会议通知.doc", lambda: b"\xd0\xcf\x11\xe0" + bytes(500), (Verdict.NOT_A_FORM, "不是电子表格，没有当作填报表读取", None)),
        ("照片.JPG", lambda: b"\xff\xd8\xff" + bytes(500), (Verdict.NOT_A_FORM, "不是电子表格，没有当作填报表读取", None)),
        ("报告.docx", lambda: zipped(("word/document.xml", b"<w/>")), (Verdict.NOT_A_FORM, "不是电子表格，没有当作填报表读取", None)),
        ("空.pdf", lambda: b"", (Verdict.NOT_A_FORM, "不是电子表格，没有当作填报表读取", None)),
        ("成员太多.xlsx", lambda: zipped(*((f"xl/{n}", b"") for n in range(5001))), (Verdict.REFUSED, TOO_BIG, None)),
        ("炸弹.xlsx", lambda: zipped(("xl/workbook.xml", bytes(200 * 1024 * 1024 + 1))), (Verdict.REFUSED, TOO_BIG, None)),
    ],
)
def test_one_clear_verdict_for_every_kind_of_file(name: str, data: Callable[[], bytes], expected: tuple[Verdict, str, str | None]) -> None:
    assert verdict(name, data()) == expected


@pytest.mark.parametrize(
    "name", ["~$填报表.xlsx", ".~lock.填报表.xlsx#", "子目录/~$填报表.xlsx", "填报表.xlsx.part", "填报表.xlsx.crdownload", "a.TMP", "a.download"]
)
def test_files_on_their_way_wait_for_the_next_run(name: str, sound: bytes, tmp_path: Path) -> None:
    opened = "Excel、WPS 打开文件时的临时文件，文件关闭后就没有了"
    reason = opened if "~" in name else "还在下载或复制，下次运行再读"
    for data in (b"\x00" * 165, sound):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
        os.utime(tmp_path / name, (NOON, NOON))
        (file,) = taken(*arrivals(tmp_path)).files
        assert file == ReceivedFile(name, "", 0, NOON, 0, Verdict.ARRIVING, reason)


def test_a_file_that_cannot_be_read_has_its_own_verdict() -> None:
    reason = "读不出来（没有权限），可能正被别的程序打开，请关闭后再运行"
    (file,) = taken(Arrival("正打开着.xlsx", None, "", 0, reason)).files
    assert file == ReceivedFile("正打开着.xlsx", "", 0, 0, 0, Verdict.UNREADABLE, reason)


def test_five_thousand_members_are_not_too_many() -> None:
    assert verdict("刚好.xlsx", zipped(*((f"xl/{n}", b"") for n in range(5000)))) == (Verdict.UNREADABLE, CANNOT_OPEN, None)


def test_a_sheet_that_claims_a_million_rows_costs_only_its_own_file() -> None:
    """Two cells at opposite corners make a grid that no memory holds: a parser that lays it out would end the whole run."""
    pytest.importorskip("resource", reason="内存上限只有 POSIX 系统能设")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\n"
        "from tests.test_intake import verdict, corners; print(verdict('大表.xlsx', corners())[0].value)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROGRAM_ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "refused\n")


def corners() -> bytes:
    """A workbook with a cell in the first and one in the very last place of its sheet."""
    book = Workbook()
    page(book, "Sheet")["A1"] = 1
    page(book, "Sheet")["XFD1048576"] = 2
    return saved(book)


def test_a_sheet_with_too_many_cells_is_refused() -> None:
    book = Workbook()
    page(book, "Sheet")["A1"] = 1
    page(book, "Sheet")["CV30000"] = 2
    with pytest.raises(UnreadableWorkbook) as caught:
        read_workbook(saved(book), Kind.XLSX, IntakeLimits())
    assert str(caught.value) == "工作表“Sheet”（30000行100列）大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报"


def test_one_bad_file_costs_no_other_its_verdict(sound: bytes) -> None:
    intake = taken(arriving("坏.xlsx", b"PK\x03\x04"), arriving("好.xlsx", sound), arriving("空.xlsx", b""))
    assert [file.verdict for file in intake.files] == [Verdict.UNREADABLE, Verdict.ACCEPTED, Verdict.UNREADABLE]
    assert list(intake.records) == ["jinshui"]


def test_a_cell_that_no_rule_foresaw_costs_no_other_its_verdict() -> None:
    """A slip in a date cell must never end the run."""
    data = filled("jinshui", {"tasks_done": True}, {"articles": [ARTICLE | {"date": "二〇一四年十十月五日"}]})
    intake = taken(arriving("笔误.xlsx", data), arriving("好.xlsx", stamped("huiji")))
    assert [file.verdict for file in intake.files] == [Verdict.ACCEPTED, Verdict.ACCEPTED]


# Values are found wherever they were moved


def moved(cells: Mapping[str, Cell], where: Callable[[str], str]) -> dict[str, Cell]:
    return {field_id: replace(cell, ref=where(cell.ref)) for field_id, cell in cells.items()}


def down(ref: str) -> str:
    """The place three rows lower, for rows from 20 on."""
    letter, row = ref[0], int(ref[1:])
    return f"{letter}{row + 3}" if row >= 20 else ref


def test_inserted_rows_move_values_and_their_addresses(sound: bytes) -> None:
    book = opened(sound)
    unmerged(page(book, MAIN_SHEET)).insert_rows(20, 3)
    before, after = record_of(sound), record_of(saved(book))
    assert after.fields == moved(before.fields, down)
    assert after.evidence == moved(before.evidence, down)
    assert after.lists == before.lists


def test_sorted_rows_keep_their_values(sound: bytes) -> None:
    book = opened(sound)
    main = page(book, MAIN_SHEET)
    content = [[cell.value for cell in row] for row in main.iter_rows(min_row=8, max_row=10)]
    for number, row in zip((8, 9, 10), reversed(content), strict=True):
        for column, value in enumerate(row, start=1):
            main.cell(number, column).value = value
    record = record_of(saved(book))
    assert values(record) == sound_fields()
    assert [record.fields[f].ref for f in ("meetings_due", "meetings_attended", "activities_organised")] == ["D10", "D9", "D8"]
    assert [record.evidence[f].ref for f in ("meetings_due", "meetings_attended", "activities_organised")] == ["F10", "F9", "F8"]


def test_inserted_columns_move_values_and_their_addresses(sound: bytes) -> None:
    book = opened(sound)
    unmerged(page(book, MAIN_SHEET)).insert_cols(3, 2)
    page(book, "宣传报道").insert_cols(4)
    before, after = record_of(sound), record_of(saved(book))
    assert after.fields == moved(before.fields, lambda ref: f"F{ref[1:]}")
    assert after.evidence == moved(before.evidence, lambda ref: f"H{ref[1:]}")
    assert rows(after, "articles") == rows(before, "articles")
    assert [cell.ref for cell in after.lists["articles"][0].cells.values()] == ["C5", "E5", "F5", "G5"]


def test_empty_rows_and_columns_before_everything_shift_every_address(sound: bytes) -> None:
    """A reader that skips an empty margin would name the wrong cells."""
    book = opened(sound)
    for name in (MAIN_SHEET, "宣传报道"):
        unmerged(page(book, name)).insert_rows(1, 2)
        page(book, name).insert_cols(1)
    before, after = record_of(sound), record_of(saved(book))
    assert after.fields == moved(before.fields, lambda ref: f"E{int(ref[1:]) + 2}")
    assert after.evidence == moved(before.evidence, lambda ref: f"G{int(ref[1:]) + 2}")
    assert [(row.number, row.cells["title"].ref) for row in after.lists["articles"]] == [(7, "D7"), (8, "D8")]


def test_renamed_sheets_are_known_by_their_ids(sound: bytes) -> None:
    book = opened(sound)
    for old, new in ((MAIN_SHEET, "Sheet2"), ("宣传报道", "报道 (改)"), (MACHINE_SHEET, "隐藏表")):
        page(book, old).title = new
    before, after = record_of(sound), record_of(saved(book))
    assert after.unit == "jinshui"
    assert after.fields == {f: replace(cell, sheet="Sheet2") for f, cell in before.fields.items()}
    assert rows(after, "articles") == rows(before, "articles")
    assert {row.sheet for row in after.lists["articles"]} == {"报道 (改)"}


def test_sheets_in_another_order_and_foreign_sheets_do_not_matter(sound: bytes) -> None:
    book = opened(sound)
    book.move_sheet(MACHINE_SHEET, -9)
    book.create_sheet("单位自己的工作表", 0)["A1"] = "id"
    assert record_of(saved(book)) == record_of(sound)


def test_a_copied_main_sheet_repeats_every_field(sound: bytes) -> None:
    book = opened(sound)
    copy = book.copy_worksheet(page(book, MAIN_SHEET))
    copy["D36"] = 999
    record = record_of(saved(book))
    assert values(record) == sound_fields()
    assert set(record.repeats) == set(record.fields)
    assert record.repeats["members_end"] == (Cell(copy.title, "D36", "999", 999),)
    assert record.repeats["tasks_done"] == (Cell(copy.title, "D12", "是", True),)


def test_a_copied_row_repeats_one_field(sound: bytes) -> None:
    book = opened(sound)
    page(book, MAIN_SHEET)["A140"], page(book, MAIN_SHEET)["D140"] = "members_end", 7
    assert record_of(saved(book)).repeats == {"members_end": (Cell(MAIN_SHEET, "D140", "7", 7),)}


def test_a_deleted_row_leaves_a_field_without_a_place(sound: bytes) -> None:
    book = opened(sound)
    page(book, MAIN_SHEET).delete_rows(36)
    record = record_of(saved(book))
    assert record.fields["members_end"] == Cell(MAIN_SHEET, "")
    assert record.evidence["members_end"] == Cell(MAIN_SHEET, "")
    assert record.fields["members_start"].value == 1000


def test_list_rows_below_the_offered_hundred_count() -> None:
    entries = [ARTICLE | {"title": f"第{n}篇"} for n in range(130)]
    record = record_of(filled("jinshui", {}, {"articles": entries}))
    assert rows(record, "articles") == [(5 + n, entry) for n, entry in enumerate(entries)]


def test_blank_rows_between_do_not_matter() -> None:
    record = record_of(filled("jinshui", {}, {"articles": [ARTICLE, {}, {"title": "  "}, {"outlet": "大河网"}]}))
    assert [row.number for row in record.lists["articles"]] == [5, 8]
    assert record.lists["articles"][1].cells["title"].blank


def test_rows_inserted_above_the_list_move_it() -> None:
    book = opened(filled("jinshui", {}, {"articles": [ARTICLE]}))
    page(book, "宣传报道").insert_rows(2, 2)
    assert rows(record_of(saved(book)), "articles") == [(7, ARTICLE)]


def test_text_above_the_list_is_no_row() -> None:
    book = opened(filled("jinshui", {}, {"articles": [ARTICLE]}))
    page(book, "宣传报道")["C4"] = "题目（必填）"
    assert rows(record_of(saved(book)), "articles") == [(5, ARTICLE)]


def test_a_broken_formula_is_not_believed(sound: bytes) -> None:
    """No score depends on a formula: what stands in 自评分 is never read."""
    book = opened(sound)
    for row in range(6, 133):
        cell = page(book, MAIN_SHEET)[f"H{row}"]
        if cell.__class__.__name__ != "MergedCell":
            cell.value = 9999
    assert record_of(saved(book)) == record_of(sound)


# Which of several counts


@pytest.fixture(scope="module")
def older() -> bytes:
    fields = sound_fields(website_items=61, culture_events=None)
    return filled("jinshui", fields, {"articles": [ARTICLE]})


def outcomes(intake: Intake) -> dict[str, Verdict]:
    return {file.name: file.verdict for file in intake.files}


def test_the_one_first_seen_last_counts_whatever_its_date(sound: bytes, older: bytes) -> None:
    found = (arriving("新.xlsx", sound, NOON), arriving("旧.xlsx", older, NOON + 5000))
    intake = taken(*found, seen={older: 100, sound: 200})
    assert outcomes(intake) == {"新.xlsx": Verdict.ACCEPTED, "旧.xlsx": Verdict.SUPERSEDED}
    assert intake.originals == {"jinshui": hashlib.sha256(sound).hexdigest()}
    swapped = taken(*found, seen={older: 200, sound: 100})
    assert outcomes(swapped) == {"新.xlsx": Verdict.SUPERSEDED, "旧.xlsx": Verdict.ACCEPTED}


def test_of_two_seen_together_the_one_modified_last_counts(sound: bytes, older: bytes) -> None:
    seen = {older: 100, sound: 100}
    assert outcomes(taken(arriving("a.xlsx", sound, NOON + 1), arriving("b.xlsx", older, NOON), seen=seen)) == {
        "a.xlsx": Verdict.ACCEPTED,
        "b.xlsx": Verdict.SUPERSEDED,
    }
    assert outcomes(taken(arriving("a.xlsx", sound, NOON), arriving("b.xlsx", older, NOON + 1), seen=seen)) == {
        "a.xlsx": Verdict.SUPERSEDED,
        "b.xlsx": Verdict.ACCEPTED,
    }


def test_the_order_of_arrival_does_not_matter(sound: bytes, older: bytes) -> None:
    first, second = arriving("a.xlsx", sound), arriving("b.xlsx", older)
    assert outcomes(taken(first, second)) == outcomes(taken(second, first)) == {"a.xlsx": Verdict.SUPERSEDED, "b.xlsx": Verdict.ACCEPTED}


def test_a_superseded_form_says_what_changed(sound: bytes, older: bytes) -> None:
    intake = taken(arriving("新.xlsx", sound), arriving("旧.xlsx", older), seen={older: 100, sound: 200})
    file = {f.name: f for f in intake.files}["旧.xlsx"]
    assert file.reason == "之后又收到“新.xlsx”，以新的为准；填报内容有6处不同"
    assert file.unit == "jinshui"
    assert file.changes == (
        Change(MAIN_SHEET, "D14", "在工商联网站发布信息条数", "61", "90"),
        Change(MAIN_SHEET, "D32", "开展企业文化建设活动次数", "", "2"),
        Change("宣传报道", "C6", "宣传报道：题目", "", "第二篇"),
        Change("宣传报道", "D6", "宣传报道：媒体", "", "郑州日报"),
        Change("宣传报道", "E6", "宣传报道：日期", "", "2014-05-06"),
        Change("宣传报道", "F6", "宣传报道：版面或链接", "", "A03版"),
    )


def test_changes_of_evidence_and_of_lost_rows_are_told(sound: bytes) -> None:
    book = opened(sound)
    page(book, MAIN_SHEET)["F8"] = "佐证99"
    for column in "CDEF":
        page(book, "宣传报道")[f"{column}6"] = None
    newer = saved(book)
    intake = taken(arriving("新.xlsx", newer), arriving("旧.xlsx", sound), seen={sound: 100, newer: 200})
    assert {f.name: f for f in intake.files}["旧.xlsx"].changes == (
        Change(MAIN_SHEET, "F8", "应参加的执委会、常委会和专题座谈会次数（佐证材料编号）", "佐证1", "佐证99"),
        Change("宣传报道", "C6", "宣传报道：题目", "第二篇", ""),
        Change("宣传报道", "D6", "宣传报道：媒体", "郑州日报", ""),
        Change("宣传报道", "E6", "宣传报道：日期", "2014-05-06", ""),
        Change("宣传报道", "F6", "宣传报道：版面或链接", "A03版", ""),
    )


def test_saved_again_without_a_change(sound: bytes) -> None:
    again = saved(opened(sound))
    assert again != sound
    intake = taken(arriving("新.xlsx", again), arriving("旧.xlsx", sound), seen={sound: 100, again: 200})
    file = {f.name: f for f in intake.files}["旧.xlsx"]
    assert (file.verdict, file.reason, file.changes) == (Verdict.SUPERSEDED, "之后又收到“新.xlsx”，以新的为准；填报内容相同", ())


def test_the_same_file_twice_is_one(sound: bytes) -> None:
    intake = taken(arriving("a.xlsx", sound), arriving("备份/b.xlsx", sound))
    first, second = intake.files
    assert (first.verdict, first.reason) == (Verdict.DUPLICATE, "与“备份/b.xlsx”内容完全相同，按一份计")
    assert second.verdict is Verdict.ACCEPTED


def test_two_units_never_supersede_each_other(sound: bytes) -> None:
    intake = taken(arriving("a.xlsx", sound), arriving("b.xlsx", stamped("huiji")))
    assert outcomes(intake) == {"a.xlsx": Verdict.ACCEPTED, "b.xlsx": Verdict.ACCEPTED}


@pytest.mark.parametrize(
    "worse",
    [
        lambda: other(year="2013"),
        lambda: other(unit_code="gongyi"),
        lambda: stamped("jinshui")[:5000],
        lambda: b"",
        plain_workbook,
        master_bytes,
    ],
    ids=["wrong year", "unknown unit", "truncated", "empty", "foreign", "master"],
)
def test_a_worse_later_file_does_not_displace_a_good_one(sound: bytes, worse: Callable[[], bytes]) -> None:
    later = worse()
    intake = taken(arriving("好.xlsx", sound), arriving("后来的.xlsx", later, NOON + 9000), seen={sound: 100, later: 900})
    assert outcomes(intake)["好.xlsx"] is Verdict.ACCEPTED
    assert intake.originals == {"jinshui": hashlib.sha256(sound).hexdigest()}
    assert outcomes(intake)["后来的.xlsx"] not in (Verdict.ACCEPTED, Verdict.SUPERSEDED)


# The inbox as a folder


def test_arrivals_are_every_file_below_the_inbox_by_name(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    drop(inbox, "b.xlsx", b"1", NOON)
    drop(inbox, "a/深处/c.xlsx", b"22", NOON + 1)
    drop(inbox, "a.xlsx", b"333", NOON + 2)
    for ignored in (".gitkeep", "Thumbs.db", ".DS_Store", "desktop.ini"):
        drop(inbox, ignored, b"x")
    (inbox / "空文件夹.xlsx").mkdir()
    exactly = 1_000_000_000
    assert list(arrivals(inbox)) == [
        Arrival("a/深处/c.xlsx", inbox / "a/深处/c.xlsx", "", NOON + 1, size=2, modified_ns=(NOON + 1) * exactly),
        Arrival("a.xlsx", inbox / "a.xlsx", "", NOON + 2, size=3, modified_ns=(NOON + 2) * exactly),
        Arrival("b.xlsx", inbox / "b.xlsx", "", NOON, size=1, modified_ns=NOON * exactly),
    ]


def test_a_file_is_read_once_and_kept_under_its_hash(tmp_path: Path) -> None:
    drop(tmp_path, "a.xlsx", b"333", NOON)
    kept = MemoryStore()
    (look,) = here(OFFICE, kept)(arrivals(tmp_path))
    sha = hashlib.sha256(b"333").hexdigest()
    assert look.arrival == Arrival("a.xlsx", None, sha, NOON, size=3, modified_ns=NOON * 1_000_000_000)
    assert kept.read(sha) == b"333"


def test_no_inbox_is_an_empty_one(tmp_path: Path) -> None:
    assert list(arrivals(tmp_path / "inbox")) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = drop(tmp_path / "别处", "机密.xlsx", b"1")
    inbox = tmp_path / "inbox"
    drop(inbox, "真.xlsx", b"2")
    try:
        (inbox / "链接.xlsx").symlink_to(outside)
        (inbox / "链接夹").symlink_to(tmp_path / "别处", target_is_directory=True)
        (inbox / "断链.xlsx").symlink_to(tmp_path / "没有")
    except OSError:
        pytest.skip("这个系统不让建链接")
    (inbox / "夹").mkdir()
    (inbox / "夹" / "外面").symlink_to(tmp_path / "别处", target_is_directory=True)
    said = (Verdict.REFUSED, "是链接，指向别处的文件或文件夹，没有跟过去读；请把文件本身复制到收件箱里，再删去这个链接")
    assert [(file.name, file.verdict, file.reason) for file in taken(*arrivals(inbox)).files if file.name != "真.xlsx"] == [
        (name, *said) for name in ("夹/外面", "断链.xlsx", "链接.xlsx", "链接夹")
    ]
    assert [entry.name for entry in arrivals(inbox) if entry.readable] == ["真.xlsx"]


def test_a_file_that_may_not_be_read_is_told_and_the_others_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = tmp_path / "inbox"
    locked = drop(inbox, "a.xlsx", b"1")
    drop(inbox, "b.xlsx", b"2")
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path == locked:
            raise PermissionError(13, os.strerror(13), str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    first, second = here(OFFICE)(arrivals(inbox))
    assert first.arrival == Arrival("a.xlsx", None, "", 0, "读不出来（没有权限），可能正被别的程序打开，请关闭后再运行")
    assert (first.verdict, first.reason) == (Verdict.UNREADABLE, first.arrival.reason)
    assert second.arrival is not None
    assert second.arrival.sha256 == hashlib.sha256(b"2").hexdigest()


def large(folder: Path) -> Arrival:
    """A file beyond the bound, as it was listed."""
    drop(folder, "大.zip", b"PK" * 1024)
    (found,) = arrivals(folder, 1024)
    assert found.refused
    return found


def test_a_large_file_that_went_or_may_not_be_read_costs_itself_alone(tmp_path: Path) -> None:
    found = large(tmp_path)
    (tmp_path / "大.zip").unlink()
    (look,) = here(OFFICE, FolderStore(tmp_path / "存"))([found])
    assert (look.verdict, look.reason) == (Verdict.UNREADABLE, "读不出来（找不到），可能正被别的程序打开，请关闭后再运行")
    assert [path.name for path in (tmp_path / "存").rglob("*")] == []


def test_a_large_file_that_is_still_growing_is_neither_refused_nor_kept(tmp_path: Path) -> None:
    found = large(tmp_path)
    drop(tmp_path, "大.zip", b"PK" * 2048, NOON + 1)
    (look,) = here(OFFICE, FolderStore(tmp_path / "存"))([found])
    assert (look.verdict, look.reason) == (Verdict.ARRIVING, "读取的时候文件还在变化，可能正在复制，下次运行再读")
    assert [path.name for path in (tmp_path / "存").rglob("*")] == []


def test_a_file_that_the_disk_cannot_hold_stops_no_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FolderStore, "room", lambda _: 500 * 1024 * 1024)
    found = large(tmp_path)
    (file,) = take_in(OFFICE, [found], lambda _: 0, here(OFFICE, FolderStore(tmp_path / "存"))).files
    assert (file.verdict, file.sha256) == (Verdict.REFUSED, "")
    assert file.reason == "文件有0MB，大得不合常理，磁盘也放不下，没有读取，也没有存档；请把它移出收件箱，里面的填报表单独存出来再放进来"


def test_a_folder_that_goes_while_the_inbox_is_listed_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("甲/表.xlsx", "乙/表.xlsx", "丙/表.xlsx"):
        drop(tmp_path, name, b"x")
    scan = os.scandir

    def gone(place: str) -> object:
        if place.endswith("乙"):
            raise FileNotFoundError(2, os.strerror(2), place)
        return scan(place)

    monkeypatch.setattr(os, "scandir", gone)
    assert [entry.name for entry in arrivals(tmp_path)] == ["丙/表.xlsx", "甲/表.xlsx"]


def test_names_of_any_kind(tmp_path: Path) -> None:
    for name in ("表 (1).xlsx", "“引号”.xlsx", "[x].xlsx", "é.xlsx", "a" * 200 + ".xlsx"):
        drop(tmp_path, name, b"x")
    assert {entry.name for entry in arrivals(tmp_path)} == {"表 (1).xlsx", "“引号”.xlsx", "[x].xlsx", "é.xlsx", "a" * 200 + ".xlsx"}


def test_names_are_told_without_what_would_hide_or_turn_them(tmp_path: Path) -> None:
    for name in ("表\u202excod.xlsx", "表xcod.xlsx", "换\n行.xlsx", "响\x07铃.xlsx"):
        (tmp_path / name).write_bytes(b"x")
    assert [entry.name for entry in arrivals(tmp_path)] == ["响铃.xlsx", "换 行.xlsx", "表xcod.xlsx", "表xcod (2).xlsx"]


def test_what_is_neither_file_nor_folder_is_told_and_left_alone(tmp_path: Path) -> None:
    """A pipe would make the reader wait for ever."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("这个系统没有命名管道")
    os.mkfifo(tmp_path / "管道.xlsx")
    (tmp_path / "外面").mkdir()
    (tmp_path / "inbox").mkdir()
    (tmp_path / "外面" / "别人的.xlsx").write_bytes(b"x")
    (tmp_path / "inbox" / "链接").symlink_to(tmp_path / "外面", target_is_directory=True)
    (tmp_path / "inbox" / "好.xlsx").write_bytes(b"x")
    os.mkfifo(tmp_path / "inbox" / "管道.xlsx")
    assert [(entry.name, entry.refused, entry.reason) for entry in arrivals(tmp_path / "inbox")] == [
        ("好.xlsx", False, ""),
        ("管道.xlsx", True, "是设备或管道，不是文件，没有读取；请从收件箱里删去"),
        ("链接", True, "是链接，指向别处的文件或文件夹，没有跟过去读；请把文件本身复制到收件箱里，再删去这个链接"),
    ]


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "大.xlsx").open("wb") as file:
        file.truncate(3 * 1024 * 1024 + 1)
    (tmp_path / "刚好.xlsx").write_bytes(b"x" * 1024)
    kept = MemoryStore()
    first, second = take_in(OFFICE, arrivals(tmp_path, 1024), lambda _: 0, here(OFFICE, kept)).files
    assert len(kept.read(second.sha256)) == second.size == 3 * 1024 * 1024 + 1
    assert (first.name, first.verdict) == ("刚好.xlsx", Verdict.UNREADABLE)
    assert (second.verdict, second.reason) == (
        Verdict.REFUSED,
        "文件有3MB，大得不合常理，没有读取，原样存了档；请把里面的填报表单独存出来放进收件箱，佐证材料分几次报送",
    )
