"""Reading a workbook's cells from bytes: values only, nothing is ever calculated or run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, TypeVar
from xml.sax.saxutils import quoteattr

import python_calamine
from python_calamine import CalamineSheet, CalamineWorkbook

from kaohe.config.model import Intake
from kaohe.forms.layout import MACHINE_SHEET
from kaohe.intake import parts as package
from kaohe.intake import xlsb
from kaohe.intake.biff import SheetFacts, old_book
from kaohe.intake.guard import CANNOT_OPEN, LOCKED, TOO_BIG, UnreadableWorkbook, repacked, too_big_sheet, unpacked
from kaohe.intake.ods import tables
from kaohe.intake.sheet_xml import Facts, look
from kaohe.intake.sniff import Kind

__all__ = ["PICTURE", "Book", "Sheet", "UnreadableWorkbook", "read_workbook"]

S = TypeVar("S")
T = TypeVar("T")

PICTURE = "[图片]"
"""The value of a cell that holds a picture instead of a value."""
_MAX_SHEETS = 1000
_MAX_STYLES = 200_000
_MAX_MERGED = 100_000
_BASE = "http://schemas.openxmlformats.org/"
_DOCUMENT = f"{_BASE}officeDocument/2006/relationships"
_RELATIONS = f'<Relationships xmlns="{_BASE}package/2006/relationships">%s</Relationships>'
_SAVE_AS = "，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
_RESAVED = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "XML 电子表格 2003"),
    (b"urn:oasis:names:tc:opendocument", "未压缩的 OpenDocument 表格"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name and its rows from A1 on. Places are zero-based (row, column).

    An error value is its text (``#REF!``), a formula that was saved without a value is ``=`` and its text (not in .xls and .xlsb, which always store one).
    Where the format tells it: ``hidden`` rows, ``pictures`` by the cell they stand in, ``merged`` areas (first row, first column, last row, last column).
    """

    name: str
    rows: list[list[Any]]
    hidden: frozenset[int] = frozenset()
    pictures: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    _told: dict[tuple[Any, int], tuple[Any, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def told(self, find: Callable[["Sheet", S], T], by: S) -> T:
        """What ``find`` says of this sheet by the light of ``by`` (a rulebook, a configuration), found once. Neither may change."""
        key = find, id(by)
        kept = self._told.get(key)
        if kept is None or kept[0] is not by:
            kept = self._told[key] = by, find(self, by)
        found: T = kept[1]
        return found


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook's sheets, hidden ones too, and in Chinese what was special about the file."""

    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()


def read_workbook(data: bytes, kind: Kind, limits: Intake) -> Book:
    """Every sheet of a workbook, hidden ones too.

    Raises UnreadableWorkbook for what is no workbook, damaged, locked or unreasonably large.
    """
    try:
        match kind:
            case Kind.XLSX | Kind.ZIP:
                return _xlsx(data, limits)
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
        head = data[:4096].replace(b"\0", b"")
        name = next((name for mark, name in _RESAVED if mark in head), "网页（HTML）或 XML 文件")
        return UnreadableWorkbook(f"这其实是{name}，只是扩展名像电子表格{_SAVE_AS}")
    if kind is Kind.TEXT:
        return UnreadableWorkbook(f"这其实是纯文本文件（例如 CSV），不是电子表格{_SAVE_AS}")
    return UnreadableWorkbook(CANNOT_OPEN)


class _Room:
    """Cells that may still be read."""

    def __init__(self, limits: Intake) -> None:
        self.left = limits.cells

    def check(self, name: str, height: int, width: int) -> None:
        if height * width > self.left:
            raise too_big_sheet(f"工作表“{name[:40]}”（{height}行{width}列）")

    def read(self, name: str, sheet: CalamineSheet) -> list[list[Any]]:
        if sheet.end is None:
            return []
        height, width = sheet.total_height + 1, sheet.total_width + 1
        self.check(name, height, width)
        self.left -= height * width
        return sheet.to_python(skip_empty_area=False)


def _xlsx(data: bytes, limits: Intake) -> Book:
    parts = unpacked(data, limits)
    listing = package.listing(parts, _MAX_SHEETS)
    if listing.styles.count(b"<xf") + listing.styles.count(b":xf") > _MAX_STYLES:
        raise UnreadableWorkbook("文件里的单元格格式多得不合常理，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
    room = _Room(limits)
    ready: dict[int, bytes] = {}
    looks: dict[int, Facts] = {}
    for number, entry in enumerate(listing.entries):
        if entry.part is not None:
            ready[number], looks[number] = look(parts[entry.part], room.left)
            room.check(entry.name, looks[number].height, looks[number].width)
    # A cell that names a shared string gets a copy of it.
    shared = sum(part.count(b't="s"') + part.count(b"t='s'") for part in ready.values())
    if shared * package.longest(listing.strings) > 4 * limits.memory_mb * 1024 * 1024:
        raise UnreadableWorkbook(TOO_BIG, refused=True)
    book = CalamineWorkbook.from_filelike(BytesIO(_plain_package(listing, ready)))
    pictured = package.holds_cell_pictures(parts)
    sheets = []
    for number, entry in enumerate(listing.entries):
        if entry.part is None:
            sheets.append(Sheet(entry.name, []))
            continue
        found = book.get_sheet_by_name(str(number))
        rows = room.read(entry.name, found)
        pictures = set(package.anchored(parts, entry.part))
        if b"DISPIMG(" in ready[number] or b"DISPIMG(" in listing.strings:
            pictures |= {(r, c) for r, row in enumerate(rows) for c, value in enumerate(row) if isinstance(value, str) and "DISPIMG(" in value}
        for row, column in looks[number].rich if pictured else ():
            pictures.add((row, column))
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = PICTURE
        sheets.append(Sheet(entry.name, rows, frozenset(looks[number].hidden), frozenset(pictures), _merged(found, limits)))
    return Book(tuple(sheets), _notes(package.notes(parts, listing.entries), zip(sheets, (e.hidden for e in listing.entries), strict=True)))


def _plain_package(listing: package.Listing, ready: dict[int, bytes]) -> bytes:
    """What the library is given: the same cells under names and in places of our own, and nothing that it does not need."""
    sheets = "".join(f'<sheet name="{n}" sheetId="{n + 1}" r:id="s{n}"/>' for n in ready)
    links = "".join(f'<Relationship Id="s{n}" Type="{_DOCUMENT}/worksheet" Target="worksheets/{n}.xml"/>' for n in ready)
    extra = {"sharedStrings": package.uncounted(listing.strings), "styles": listing.styles}
    links += "".join(f'<Relationship Id="{name}" Type="{_DOCUMENT}/{name}" Target="{name}.xml"/>' for name, part in extra.items() if part)
    calendar = f"<workbookPr date1904={quoteattr('1' if listing.from_1904 else '0')}/>"
    workbook = f'<workbook xmlns="{_BASE}spreadsheetml/2006/main" xmlns:r="{_DOCUMENT}">{calendar}<sheets>{sheets}</sheets></workbook>'
    made = {
        "_rels/.rels": (_RELATIONS % f'<Relationship Id="w" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>').encode(),
        "xl/workbook.xml": workbook.encode(),
        "xl/_rels/workbook.xml.rels": (_RELATIONS % links).encode(),
    }
    made |= {f"xl/{name}.xml": part for name, part in extra.items() if part}
    return repacked(made | {f"xl/worksheets/{n}.xml": part for n, part in ready.items()})


def _xlsb(data: bytes, limits: Intake) -> Book:
    parts = unpacked(data, limits)
    workbook = parts.get("xl/workbook.bin")
    if workbook is None:
        raise UnreadableWorkbook(CANNOT_OPEN)
    links = xlsb.sheet_links(workbook)
    relations = package.relations(parts, "xl/_rels/workbook.bin.rels", "xl")
    if len(links) > _MAX_SHEETS:
        raise UnreadableWorkbook("工作表多得不合常理，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
    xlsb.check_strings(parts.get("xl/sharedstrings.bin", b""))
    looks = [xlsb.sheet_facts(parts.get(relations.get(link, ("", ""))[1], b"")) for link, _ in links]
    room = _Room(limits)
    for number, told in enumerate(looks, start=1):
        room.check(f"第{number}张", told.height, told.width)
    kept = {name: part for name, part in parts.items() if name.endswith((".bin", ".rels")) and not name.endswith("vbaproject.bin")}
    kept["xl/_rels/workbook.bin.rels"] = xlsb.respelled(relations, "xl")
    for name in ("xl/sharedStrings.bin", "xl/styles.bin"):
        if name.lower() in kept:
            kept[name] = kept.pop(name.lower())
    kept["_rels/.rels"] = (_RELATIONS % f'<Relationship Id="w" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.bin"/>').encode()
    return _named(repacked(kept), looks, [hidden for _, hidden in links], package.notes(parts, ()), room, limits)


def _xls(data: bytes, limits: Intake) -> Book:
    old = old_book(data, _MAX_SHEETS)
    room = _Room(limits)
    for number, told in enumerate(old.facts, start=1):
        room.check(f"第{number}张", told.height, told.width)
    return _named(old.data, old.facts, old.hidden, old.notes, room, limits)


def _named(data: bytes, looks: Iterable[SheetFacts], hidden: Iterable[bool], notes: Iterable[str], room: _Room, limits: Intake) -> Book:
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
        sheets.append(Sheet(name, rows, frozenset(told.hidden), merged=_merged(found, limits)))
    return Book(tuple(sheets), _notes(notes, zip(sheets, hidden, strict=False)))


def _ods(data: bytes, limits: Intake) -> Book:
    parts = unpacked(data, limits)
    if b"encryption-data" in parts.get("meta-inf/manifest.xml", b""):
        raise UnreadableWorkbook(LOCKED, locked=True)
    if "content.xml" not in parts:
        raise UnreadableWorkbook(CANNOT_OPEN)
    found, unseen = tables(parts["content.xml"], limits.cells, _MAX_SHEETS)
    sheets = []
    for table in found:
        width = max((len(row) for row in table.rows), default=0)
        rows = [row + [""] * (width - len(row)) for row in table.rows]
        sheets.append(Sheet(table.name, rows, frozenset(table.hidden), frozenset(table.pictures), tuple(table.merged)))
    notes = ["文件里有宏，没有运行"] if any(name.startswith(("basic/", "scripts/")) and name.endswith(".xml") for name in parts) else []
    return Book(tuple(sheets), _notes(notes, ((sheet, table.style in unseen) for sheet, table in zip(sheets, found, strict=True))))


def _merged(sheet: CalamineSheet, limits: Intake) -> tuple[tuple[int, int, int, int], ...]:
    """Merged areas. Unreasonable ones are refused here because other libraries make every cell of them."""
    areas = tuple((*first, *last) for first, last in sheet.merged_cell_ranges or ())
    if len(areas) > _MAX_MERGED or sum((a[2] - a[0] + 1) * (a[3] - a[1] + 1) for a in areas) > limits.cells:
        raise UnreadableWorkbook("文件里合并的单元格多得不合常理，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
    return areas


def _notes(found: Iterable[str], sheets: Iterable[tuple[Sheet, bool]]) -> tuple[str, ...]:
    unseen = [sheet.name for sheet, hidden in sheets if hidden and sheet.rows and sheet.name != MACHINE_SHEET]
    return (*found, f"隐藏的工作表也读取了：{'、'.join(unseen[:5])}{'等' if len(unseen) > 5 else ''}") if unseen else tuple(found)
