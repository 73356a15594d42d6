"""Reading a workbook's cells from bytes: values only, nothing is ever calculated or run."""

from collections.abc import Iterable
from io import BytesIO

import python_calamine
from python_calamine import CalamineWorkbook

from kaohe.config.model import Intake
from kaohe.intake import parts as package
from kaohe.intake import xlsb
from kaohe.intake.biff import SheetFacts, old_book
from kaohe.intake.guard import CANNOT_OPEN, LOCKED, repacked, unpacked
from kaohe.intake.locked_ods import is_locked
from kaohe.intake.ods import tables
from kaohe.intake.sheet import MAX_SHEETS, PICTURE, Book, Room, Sheet, all_notes, merged_areas
from kaohe.intake.sniff import Kind, plain_workbook
from kaohe.intake.unreadable import UnreadableWorkbook
from kaohe.intake.xlsx import DOCUMENT, RELATIONS, read_xlsx

__all__ = ["PICTURE", "Book", "Sheet", "UnreadableWorkbook", "read_workbook"]

_SAVE_AS = "，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"


def read_workbook(data: bytes, kind: Kind, limits: Intake) -> Book:
    """Every sheet of a workbook, hidden ones too.

    Raises UnreadableWorkbook for what is no workbook, damaged, locked or unreasonably large.
    """
    try:
        match kind:
            case Kind.XLSX | Kind.ZIP:
                return read_xlsx(data, limits)
            case Kind.XLSB:
                return _xlsb(data, limits)
            case Kind.ODS:
                return _ods(data, limits)
            case Kind.XLS:
                return _xls(data, limits)
    except python_calamine.PasswordError:
        raise UnreadableWorkbook(LOCKED, locked=True) from None
    except (python_calamine.CalamineError, OSError, ValueError, ArithmeticError, LookupError, RecursionError):
        raise UnreadableWorkbook(CANNOT_OPEN) from None
    except BaseException as error:
        # A fault inside the library's compiled part is no Exception, and its class cannot be imported.
        if type(error).__name__ == "PanicException":
            raise UnreadableWorkbook(CANNOT_OPEN) from None
        raise
    raise _no_workbook(data, kind)


def _no_workbook(data: bytes, kind: Kind) -> UnreadableWorkbook:
    if kind is Kind.EMPTY:
        return UnreadableWorkbook("文件是空的（0 字节），可能没有传完，请重新报送")
    if kind is Kind.LOCKED:
        return UnreadableWorkbook(LOCKED, locked=True)
    if kind is Kind.MARKUP:
        if name := plain_workbook(data):
            return UnreadableWorkbook(f"这是{name}，程序不读这种格式{_SAVE_AS}")
        return UnreadableWorkbook(f"这其实是网页（HTML）或 XML 文件，只是扩展名像电子表格{_SAVE_AS}")
    if kind is Kind.TEXT:
        return UnreadableWorkbook(f"这其实是纯文本文件（例如 CSV），不是电子表格{_SAVE_AS}")
    return UnreadableWorkbook(CANNOT_OPEN)


def _xlsb(data: bytes, limits: Intake) -> Book:
    parts = unpacked(data, limits)
    workbook = parts.get("xl/workbook.bin")
    if workbook is None:
        raise UnreadableWorkbook(CANNOT_OPEN)
    links = xlsb.sheet_links(workbook)
    relations = package.relations(parts, "xl/_rels/workbook.bin.rels", "xl")
    if len(links) > MAX_SHEETS:
        raise UnreadableWorkbook("工作表多得不合常理，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
    xlsb.check_strings(parts.get("xl/sharedstrings.bin", b""))
    looks = [xlsb.sheet_facts(parts.get(relations.get(link, ("", ""))[1], b"")) for link, _ in links]
    room = Room(limits)
    for number, told in enumerate(looks, start=1):
        room.check(f"第{number}张", told.height, told.width)
    kept = {name: part for name, part in parts.items() if name.endswith((".bin", ".rels")) and not name.endswith("vbaproject.bin")}
    kept["xl/_rels/workbook.bin.rels"] = xlsb.respelled(relations, "xl")
    for name in ("xl/sharedStrings.bin", "xl/styles.bin"):
        if name.lower() in kept:
            kept[name] = kept.pop(name.lower())
    kept["_rels/.rels"] = (RELATIONS % f'<Relationship Id="w" Type="{DOCUMENT}/officeDocument" Target="xl/workbook.bin"/>').encode()
    return _named(repacked(kept), looks, [hidden for _, hidden in links], package.notes(parts, ()), room, limits)


def _xls(data: bytes, limits: Intake) -> Book:
    old = old_book(data, MAX_SHEETS)
    room = Room(limits)
    for number, told in enumerate(old.facts, start=1):
        room.check(f"第{number}张", told.height, told.width)
    return _named(old.data, old.facts, old.hidden, old.notes, room, limits)


def _named(data: bytes, looks: Iterable[SheetFacts], hidden: Iterable[bool], notes: Iterable[str], room: Room, limits: Intake) -> Book:
    """A workbook that the library lists itself, with the errors it leaves out put in their places."""
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    if len(set(book.sheet_names)) < len(book.sheet_names):
        raise UnreadableWorkbook("文件里有同名的工作表，分不清哪张是真的" + _SAVE_AS, refused=True)
    sheets = []
    for name, told in zip(book.sheet_names, looks, strict=False):
        try:
            found = book.get_sheet_by_name(name)
        except python_calamine.WorksheetNotFound:
            sheets.append(Sheet(name, []))
            continue
        rows = room.read(name, found)
        for (row, column), text in told.errors.items():
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = text
        sheets.append(Sheet(name, rows, frozenset(told.hidden), merged=merged_areas(found, limits)))
    return Book(tuple(sheets), all_notes(notes, zip(sheets, hidden, strict=False)))


def _ods(data: bytes, limits: Intake) -> Book:
    if is_locked(data):  # before the parts are looked at: locked ones are no XML
        raise UnreadableWorkbook(LOCKED, locked=True)
    parts = unpacked(data, limits)
    if "content.xml" not in parts:
        raise UnreadableWorkbook(CANNOT_OPEN)
    found, unseen = tables(parts["content.xml"], limits.cells, MAX_SHEETS)
    sheets = []
    for table in found:
        width = max((len(row) for row in table.rows), default=0)
        rows = [row + [""] * (width - len(row)) for row in table.rows]
        sheets.append(Sheet(table.name, rows, frozenset(table.hidden), frozenset(table.pictures), tuple(table.merged)))
    notes = ["文件里有宏，没有运行"] if any(name.startswith(("basic/", "scripts/")) and name.endswith(".xml") for name in parts) else []
    return Book(tuple(sheets), all_notes(notes, ((sheet, table.style in unseen) for sheet, table in zip(sheets, found, strict=True))))
