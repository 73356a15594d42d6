"""Old .xls workbooks: their one stream, taken out of the file within its real size, and what its records tell beside the values."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO

import olefile

from kaohe.intake.guard import CANNOT_OPEN, LOCKED
from kaohe.intake.unreadable import UnreadableWorkbook

ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA"}
"""Error values by the code that .xls and .xlsb store."""
_FILEPASS, _BOUNDSHEET, _SST, _EOF, _DIMENSIONS, _ROW = 0x002F, 0x0085, 0x00FC, 0x000A, 0x0200, 0x0208
_FORMULA, _BOOLERR, _MULRK, _SUPBOOK, _BOF = 0x0006, 0x0205, 0x00BD, 0x01AE, 0x0809
_CELLS = {_FORMULA, _BOOLERR, _MULRK, 0x0203, 0x0204, 0x027E, 0x00FD}
_MACRO_SHEET = 1
_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


@dataclass(slots=True)
class SheetFacts:
    """What the records of one sheet tell. Places are zero-based; ``height`` and ``width`` bound its cells from A1 on."""

    height: int = 0
    width: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class OldBook:
    """A sound copy of the workbook for the library, the facts of each sheet, which sheets are hidden, and notes in Chinese."""

    data: bytes
    facts: tuple[SheetFacts, ...]
    hidden: tuple[bool, ...]
    notes: tuple[str, ...]


def old_book(data: bytes, most_sheets: int) -> OldBook:
    """An .xls or .et file (or its bare stream) without anything but cells. Raises UnreadableWorkbook."""
    found, notes = _stream(data)
    stream = bytearray(found)
    sheets: list[tuple[int, bool]] = []
    for kind, at, size in _records(stream, 0):
        if kind == _FILEPASS:
            raise UnreadableWorkbook(LOCKED, locked=True)
        if kind == _BOUNDSHEET and size >= 6:
            offset, state, sort = struct.unpack_from("<IBB", stream, at)
            sheets.append((offset, bool(state & 0x3F)))
            notes |= {"文件里有宏，没有运行": None} if sort == _MACRO_SHEET else {}
        elif kind == _SST and size >= 8 and struct.unpack_from("<I", stream, at + 4)[0] > len(stream) // 3:
            raise UnreadableWorkbook(CANNOT_OPEN)
        elif kind == _SUPBOOK and size > 4 and bytes(stream[at + 2 : at + 4]) not in (b"\x01\x04", b"\x01\x3a"):
            notes |= {"文件里有指向其他文件的链接，没有理会": None}
    if len(sheets) > most_sheets or len({offset for offset, _ in sheets}) < len(sheets):
        raise UnreadableWorkbook("工作表多得不合常理或互相重叠，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
    facts = tuple(_sheet(stream, offset) for offset, _ in sheets)
    return OldBook(compound(bytes(stream)), facts, tuple(hidden for _, hidden in sheets), tuple(notes))


def _stream(data: bytes) -> tuple[bytes, dict[str, None]]:
    if not data.startswith(olefile.MAGIC):
        return data, {}
    notes: dict[str, None] = {}
    try:
        with olefile.OleFileIO(BytesIO(data)) as ole:
            name = next((n for n in ("Workbook", "Book") if ole.exists(n)), None)
            if name is None:
                raise UnreadableWorkbook(CANNOT_OPEN)
            if ole.exists("_VBA_PROJECT_CUR") or ole.exists("_VBA_PROJECT"):
                notes["文件里有宏，没有运行"] = None
            if any(path[0].startswith("MBD") or path[0] == "Ctls" for path in ole.listdir()):
                notes["文件里有控件或嵌入的对象，没有理会"] = None
            return ole.openstream(name).read(), notes
    except UnreadableWorkbook:
        raise
    except Exception:  # the library names no set of errors for a hostile file
        raise UnreadableWorkbook(CANNOT_OPEN) from None


def _records(stream: bytearray, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and length of each record from ``at`` to the end of that part of the workbook."""
    end = len(stream)
    while 0 <= at <= end - 4:
        kind, size = stream[at] | stream[at + 1] << 8, stream[at + 2] | stream[at + 3] << 8
        at += 4
        if kind == _EOF or at + size > end:
            return
        yield kind, at, size
        at += size


def _sheet(stream: bytearray, offset: int) -> SheetFacts:
    found = SheetFacts()
    for kind, at, size in _records(stream, offset):
        if kind == _DIMENSIONS:
            # Only a claim, for which the library would set memory aside.
            stream[at : at + size] = bytes(size)
        elif kind == _ROW and size >= 14:
            if stream[at + 12] & 0x20:
                found.hidden.add(stream[at] | stream[at + 1] << 8)
        elif kind in _CELLS and size >= 6:
            _cell(found, stream, kind, at, size)
    return found


def _cell(found: SheetFacts, stream: bytearray, kind: int, at: int, size: int) -> None:
    row, column = struct.unpack_from("<HH", stream, at)
    last: int = struct.unpack_from("<H", stream, at + size - 2)[0] if kind == _MULRK else column
    found.height = max(found.height, row + 1)
    found.width = max(found.width, last + 1)
    if kind == _BOOLERR and size >= 8 and stream[at + 7] == 1:
        found.errors[row, column] = ERRORS.get(stream[at + 6], "#N/A")
    elif kind == _FORMULA and size >= 14 and stream[at + 12 : at + 14] == b"\xff\xff" and stream[at + 6] == 2:
        found.errors[row, column] = ERRORS.get(stream[at + 8], "#N/A")


def compound(stream: bytes) -> bytes:
    """A compound file that holds this one workbook stream and nothing else."""
    body = stream.ljust(max(4096, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    count = len(body) // _SECTOR
    fats = 1
    while fats * 128 < count + 1 + fats + _difats(fats):
        fats += 1
    difats = _difats(fats)
    first_fat, first_difat = count + 1, count + 1 + fats
    table = [*range(1, count), _END, _END, *[_FAT] * fats, *[0xFFFFFFFC] * difats]
    table += [_FREE] * (fats * 128 - len(table))
    numbers = list(range(first_fat, first_fat + fats))
    header: bytes = olefile.MAGIC + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, fats, count, 0, 4096, _END, 0, first_difat if difats else _END, difats)
    header += struct.pack("<109I", *(numbers[:109] + [_FREE] * (109 - len(numbers[:109]))))
    directory = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, 0, len(body)) + bytes(256)
    chained = b""
    for index in range(difats):
        chunk = numbers[109 + index * 127 : 109 + (index + 1) * 127]
        following = first_difat + index + 1 if index + 1 < difats else _END
        chained += struct.pack("<128I", *(chunk + [_FREE] * (127 - len(chunk))), following)
    return header + body + directory + struct.pack(f"<{len(table)}I", *table) + chained


def _difats(fats: int) -> int:
    return max(0, -(-(fats - 109) // 127))


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _FREE, _FREE, child) + bytes(36) + struct.pack("<IQ", start, size)
