"""Binary .xlsb workbooks: where their sheets lie, how far their cells reach, and the errors in them."""

import posixpath
import struct
from collections.abc import Iterator, Mapping

from kaohe.intake.biff import ERRORS, SheetFacts
from kaohe.intake.guard import CANNOT_OPEN
from kaohe.intake.unreadable import UnreadableWorkbook

_ROW, _ERROR, _ERROR_FORMULA, _LAST_CELL, _BUNDLE, _STRINGS = 0, 3, 11, 11, 156, 159
_BLANK = 1
_LAST_ROW = 0x100000


def sheet_links(workbook: bytes) -> list[tuple[str, bool]]:
    """The relation id of each sheet in order, and whether it is hidden."""
    found = []
    for kind, record in _records(workbook):
        if kind == _BUNDLE and len(record) >= 12:
            state, _, length = struct.unpack_from("<III", record)
            found.append((record[12 : 12 + 2 * length].decode("utf-16-le", "replace"), state != 0))
    return found


def check_strings(strings: bytes) -> None:
    """Refuse shared strings that claim to be more than there is room for. Raises UnreadableWorkbook."""
    for kind, record in _records(strings):
        if kind == _STRINGS and len(record) >= 8 and max(struct.unpack_from("<II", record)) > max(len(strings) * 64, 1 << 16):
            raise UnreadableWorkbook(CANNOT_OPEN)
        return


def sheet_facts(part: bytes) -> SheetFacts:
    """What the records of one sheet tell."""
    found = SheetFacts()
    row = 0
    for kind, record in _records(part):
        if kind == _ROW and len(record) >= 12:
            row = struct.unpack_from("<I", record)[0]
            if row > _LAST_ROW:
                break
            if record[11] & 0x10:
                found.hidden.add(row)
        elif _BLANK < kind <= _LAST_CELL and len(record) >= 8:
            column = struct.unpack_from("<I", record)[0]
            found.height, found.width = max(found.height, row + 1), max(found.width, column + 1)
            if kind in (_ERROR, _ERROR_FORMULA) and len(record) >= 9:
                found.errors[row, column] = ERRORS.get(record[8], "#N/A")
    return found


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    at, end = 0, len(part)
    while at < end:
        kind = part[at]
        at += 1
        if kind & 0x80 and at < end:
            kind = kind & 0x7F | (part[at] & 0x7F) << 7
            at += 1
        size = 0
        for shift in (0, 7, 14, 21):
            if at >= end:
                return
            size |= (part[at] & 0x7F) << shift
            at += 1
            if not part[at - 1] & 0x80:
                break
        if at + size > end:
            return
        yield kind, part[at : at + size]
        at += size


def respelled(relations: Mapping[str, tuple[str, str]], folder: str) -> bytes:
    """The workbook's relations with its parts named as they were unpacked."""
    base = "http://schemas.openxmlformats.org/"
    lines = [
        f'<Relationship Id="{_quoted(link)}" Type="{base}officeDocument/2006/relationships/{_quoted(kind)}" '
        f'Target="{_quoted(posixpath.relpath(target, folder))}"/>'
        for link, (kind, target) in relations.items()
        if target
    ]
    return f'<Relationships xmlns="{base}package/2006/relationships">{"".join(lines)}</Relationships>'.encode()


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
