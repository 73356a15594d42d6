"""Reading a workbook's cells from bytes: values only, nothing is ever calculated or run."""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import python_calamine
from python_calamine import CalamineWorkbook

_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_MEMBERS = 5000
_MAX_CELLS = 2_000_000


class UnreadableWorkbook(Exception):
    """The bytes give no cells; the message says in Chinese why and what to do."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name and its rows from A1 on."""

    name: str
    rows: list[list[Any]]


def read_workbook(data: bytes) -> tuple[Sheet, ...]:
    """Every sheet of a workbook, hidden ones too.

    Raises UnreadableWorkbook for what is no workbook, damaged, encrypted or unreasonably large.
    """
    _guard(data)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        return tuple(_sheet(book, name) for name in book.sheet_names)
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
    if sheet.total_height * sheet.total_width > _MAX_CELLS:
        raise UnreadableWorkbook(f"工作表“{name}”大得不合常理（{sheet.total_height}行），请用发给单位的原表重新填报")
    return Sheet(name, sheet.to_python(skip_empty_area=False))


def _guard(data: bytes) -> None:
    """Refuse what would unpack to an unreasonable size before any parser sees it."""
    if not data:
        raise UnreadableWorkbook("文件是空的（0 字节），可能没有传完，请重新报送")
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise UnreadableWorkbook("文件已损坏，可能没有传完，请重新报送") from None
    if len(members) > _MAX_MEMBERS or sum(m.file_size for m in members) > _MAX_UNPACKED:
        raise UnreadableWorkbook("文件解开后大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报")
