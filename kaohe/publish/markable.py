"""Whether a returned workbook can be marked as it is: told from its package, before a slow and trusting parser sees it."""

import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from kaohe.cells import column_index
from kaohe.intake.sniff import Kind, sniff

OTHER_FORMAT = "原来的文件不是 .xlsx 格式"
LOCKED = "原来的文件设了打开密码"
MACROS = "原来的文件带有宏，宏没有带过来"
STRICT = "原来的文件是“严格 Open XML”格式"
TOO_LARGE = "原来的文件里单元格或合并区域太多"
DAMAGED = "原来的文件有损坏的地方"

_MOST_CELLS = 150_000
"""A form has some 7,000; each costs openpyxl a few hundred bytes and microseconds, styled blank ones too."""
_MOST_BYTES = 60 * 1024 * 1024
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_CELL = re.compile(rb"<(?:\w{1,20}:)?(?:c|row|col)[\s/>]")
_AREA = re.compile(rb"""<(?:\w{1,20}:)?(?:mergeCell|hyperlink|table|comment)\s[^<>]{0,2000}?\bref\s*=\s*["']([^"'<>]{0,60})["']""")
_CORNER = re.compile(r"\$?([A-Z]{0,3})\$?(\d{0,7})", re.IGNORECASE)
_DECLARED = (b"<!DOCTYPE", b"<!ENTITY")
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")


def obstacle(data: bytes) -> str:
    """Why the workbook cannot be marked as it is, in Chinese; "" where it can be tried. Never raises."""
    kind = sniff(data)
    if kind is Kind.LOCKED:
        return LOCKED
    if kind is not Kind.XLSX:
        return OTHER_FORMAT
    try:
        with ZipFile(BytesIO(data)) as archive:
            return _in_package(archive)
    except (BadZipFile, zlib.error, OSError, ValueError, EOFError, KeyError, NotImplementedError, RuntimeError):
        return DAMAGED


def _in_package(archive: ZipFile) -> str:
    names = [name.replace("\\", "/").lower() for name in archive.namelist()]
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names) or b"macroEnabled" in archive.read("[Content_Types].xml"):
        return MACROS
    if b"purl.oclc.org/ooxml" in archive.read("xl/workbook.xml"):
        return STRICT
    parts = [member for member in archive.infolist() if member.filename.lower().endswith((".xml", ".rels", ".vml"))]
    if sum(member.file_size for member in parts) > _MOST_BYTES:
        return TOO_LARGE
    cells = 0
    for member in parts:
        content = archive.read(member)
        if content.startswith(_UTF16) or any(word in content for word in _DECLARED):
            return DAMAGED
        cells += sum(1 for _ in _CELL.finditer(content)) + sum(_areas(content))
        if cells > _MOST_CELLS:
            return TOO_LARGE
    return ""


def _areas(part: bytes) -> Iterator[int]:
    """How many cells each merged, linked or named area of a part covers: openpyxl makes every one of them."""
    for match in _AREA.finditer(part):
        first, colon, last = match.group(1).decode("ascii", "replace").partition(":")
        corners = [_CORNER.fullmatch(corner) for corner in (first, last if colon else first)]
        if corners[0] is None or corners[1] is None:
            yield _MOST_CELLS + 1
            continue
        rows = [int(corner.group(2) or default) for corner, default in zip(corners, (1, _LAST_ROW), strict=True) if corner]
        columns = [
            column_index(corner.group(1).upper()) + 1 if corner.group(1) else default
            for corner, default in zip(corners, (1, _LAST_COLUMN), strict=True)
            if corner
        ]
        yield (abs(rows[1] - rows[0]) + 1) * (abs(columns[1] - columns[0]) + 1)
