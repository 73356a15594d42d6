"""Reading a workbook's cells from bytes: values only, nothing is ever calculated or run."""

import re
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import python_calamine
from python_calamine import CalamineWorkbook

from kaohe.cells import column_index

_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_MEMBERS = 5000
_MAX_CELLS = 2_000_000
_ROW = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*?\s)?r=["'](\d{1,9})["']""")
_CELL = re.compile(rb"""<(?:\w+:)?c\s(?:[^>]*?\s)?r=["']([A-Za-z]{1,4})(\d{1,9})["']""")


class UnreadableWorkbook(Exception):
    """The bytes give no cells; the message says in Chinese why and what to do."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name and its rows from A1 on. Places are zero-based (row, column).

    Where the format tells it: ``hidden`` rows, ``pictures`` by the cell they stand in, ``merged`` areas (first row, first column, last row, last column).
    """

    name: str
    rows: list[list[Any]]
    hidden: frozenset[int] = frozenset()
    pictures: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook's sheets, hidden ones too, and in Chinese what was special about the file."""

    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()


def read_workbook(data: bytes) -> Book:
    """Every sheet of a workbook, hidden ones too.

    Raises UnreadableWorkbook for what is no workbook, damaged, encrypted or unreasonably large.
    """
    _guard(data)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        return Book(tuple(_sheet(book, name) for name in book.sheet_names))
    except python_calamine.PasswordError:
        raise UnreadableWorkbook("文件设了打开密码，请去掉密码另存后重新报送") from None
    except (python_calamine.CalamineError, OSError, ValueError, ZeroDivisionError) as error:
        if isinstance(error, UnreadableWorkbook):
            raise
        raise UnreadableWorkbook("文件打不开，可能已损坏或不是电子表格，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送") from None


def _sheet(book: CalamineWorkbook, name: str) -> Sheet:
    try:
        sheet = book.get_sheet_by_name(name)
    except python_calamine.WorksheetNotFound:
        return Sheet(name, [])
    height, width = sheet.total_height + 1, sheet.total_width + 1
    if height * width > _MAX_CELLS:
        raise UnreadableWorkbook(f"工作表“{name}”大得不合常理（{height}行），请用发给单位的原表重新填报")
    return Sheet(name, sheet.to_python(skip_empty_area=False))


def _guard(data: bytes) -> None:
    """Refuse what would unpack to an unreasonable size before any parser sees it."""
    if not data:
        raise UnreadableWorkbook("文件是空的（0 字节），可能没有传完，请重新报送")
    if data.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in data:
        raise UnreadableWorkbook("文件设了打开密码，请去掉密码另存后重新报送")
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS or sum(m.file_size for m in members) > _MAX_UNPACKED:
                raise UnreadableWorkbook("文件解开后大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报")
            if {"xl/workbook.bin", "content.xml"} & {m.filename for m in members}:
                raise UnreadableWorkbook("这种格式（.xlsb 或 .ods）不能读取，请用 Excel 或 WPS 另存为 .xlsx 重新报送")
            for member in members:
                _guard_area(archive.read(member))
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        raise UnreadableWorkbook("文件已损坏，可能没有传完，请重新报送") from None


def _guard_area(part: bytes) -> None:
    """Refuse a sheet whose cells span an unreasonable area: the parser would set memory aside for all of it."""
    rows = [int(number) for number in _ROW.findall(part)]
    cells = _CELL.findall(part)
    if not rows and not cells:
        return
    rows += [int(number) for _, number in cells]
    columns = [column_index(letters.decode().upper()) for letters in {letters for letters, _ in cells}] or [0]
    height, width = max(rows) - min(rows) + 1, max(columns) - min(columns) + 1
    if height * width > _MAX_CELLS:
        raise UnreadableWorkbook(f"有一张工作表大得不合常理（{height}行{width}列），请用发给单位的原表重新填报")
