"""OLE compound files (old Excel and Word, Outlook, encrypted packages): their directory, read within bounds."""

import re
import struct
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded where such a file turns up
    import olefile

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512
_ENTRY = 128
_FAT_IN_HEADER = 109
_NAME_SHAPE = re.compile(rb"(?s)(?:[^\x00].|\x00[^\x00])+")


class BrokenCompound(Exception):
    """The bytes are no compound file that can be walked."""


def open_compound(data: bytes) -> "olefile.OleFileIO":
    """The file with its directory loaded. Raises BrokenCompound."""
    import olefile

    _guard(data)
    try:
        # A defect short of fatal is common in files from other programs. Bytes are never passed bare: short ones would be taken for a path.
        return olefile.OleFileIO(BytesIO(data), raise_defects=olefile.DEFECT_FATAL)
    except Exception as error:  # whatever a broken table makes the parser do, RecursionError too
        raise BrokenCompound(type(error).__name__) from error


def root_names(data: bytes) -> frozenset[str]:
    """Lower-case names of what lies at the top of the file; of a damaged one, whatever entries its directory sectors still show."""
    try:
        with open_compound(data) as ole:
            return frozenset(entry.name.lower() for entry in ole.root.kids)
    except Exception:  # the names only decide what to try next
        return frozenset(name.lower() for name in _surviving(data))


def _guard(data: bytes) -> None:
    """Refuse tables larger than the file can have: the parser would go through them for hours."""
    if len(data) < _HEADER or not data.startswith(MAGIC):
        raise BrokenCompound("short")
    shift = struct.unpack_from("<H", data, 30)[0]
    if shift not in (9, 12):
        raise BrokenCompound("sector size")
    sectors = len(data) >> shift
    fat_sectors = struct.unpack_from("<I", data, 44)[0]
    if fat_sectors > sectors // (1 << shift - 2) + _FAT_IN_HEADER + 1:
        raise BrokenCompound("allocation table")


def _surviving(data: bytes) -> list[str]:
    """Names in the shape of a directory entry, at the places where an entry may stand."""
    found: list[str] = []
    for at in range(_HEADER, len(data) - _ENTRY + 1, _ENTRY):
        length, kind = struct.unpack_from("<HB", data, at + 64)
        if kind not in (1, 2, 5) or not 4 <= length <= 64 or length % 2 or any(data[at + length - 2 : at + 64]):
            continue
        raw = data[at : at + length - 2]
        if _NAME_SHAPE.fullmatch(raw):
            found.append(raw.decode("utf-16-le", "replace"))
    return found
