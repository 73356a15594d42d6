"""Workbooks with a password: tried with the office's own passwords, never guessed."""

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

EXCELS_OWN = "VelvetSweatshop"
"""The password with which Excel locks and itself opens a workbook, without asking."""
MOST_TURNS = 1_000_000
"""Rounds of hashing for one password that an honest file may ask for; office programs use 100 000."""
_MOST_INFO = 64 * 1024
_TURNS = re.compile(rb"""spinCount\s*=\s*["']\s*(\d{1,20})\s*["']""")


def unlock(data: bytes, passwords: Sequence[str]) -> bytes | None:
    """The workbook without its lock, or None where no password fits, the lock is of an unknown kind, or trying it would take too long.

    For whole packages (``Kind.LOCKED``) and for .xls files whose cells are locked. Never raises.
    """
    if not _reasonable(data):
        return None
    return next(_opened(data, (EXCELS_OWN, *passwords)), None)


def _reasonable(data: bytes) -> bool:
    import olefile

    try:
        with olefile.OleFileIO(BytesIO(data)) as ole:
            if not ole.exists("EncryptionInfo"):
                return bool(ole.exists("Workbook"))
            if ole.get_size("EncryptionInfo") > _MOST_INFO:
                return False
            info: bytes = ole.openstream("EncryptionInfo").read()
    except Exception:  # the library names no set of errors for a hostile file
        return False
    # Definitions could make the small text grow without end, and another alphabet could hide the number.
    plain = b"<!" not in info and info[8:10] not in (b"\xff\xfe", b"\xfe\xff") and b"<\0" not in info[8:12] and b"\0<" not in info[8:12]
    return plain and all(int(turns) <= MOST_TURNS for turns in _TURNS.findall(info))


def _opened(data: bytes, passwords: Sequence[str]) -> Iterator[bytes]:
    import msoffcrypto

    for password in dict.fromkeys(p for p in passwords if p):
        try:
            # As a file of its own for every trial: the library keeps its place in it.
            book: Any = msoffcrypto.OfficeFile(BytesIO(data))
            if not book.is_encrypted():
                return
            # Whether it fits is told by what comes out: the library's own check rejects right passwords where SHA-1 is used.
            book.load_key(password=password)
            plain = BytesIO()
            book.decrypt(plain)
        except Exception:  # noqa: S112 - a wrong password and a broken file look alike here, and both mean that this one does not fit
            continue
        yield plain.getvalue()
