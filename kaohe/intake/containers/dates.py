"""When archives say that their members were last changed, and mails that they were sent, in epoch seconds; 0 where they do not say."""

import struct
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz

_BEIJING = timezone(timedelta(hours=8))
"""Local times without a zone are those of the people who send."""
_UNIX_TIMES, _NTFS = 0x5455, 0x000A
_FILETIME_EPOCH, _TICKS = 11_644_473_600, 10_000_000
_LATEST = 4_102_444_800
"""The year 2100: what lies beyond is no date."""


def of_zip(local: Sequence[int], extra: bytes) -> int:
    """Of a zip member: the field that knows the zone where there is one, else the local time; archivers without a clock write 1980."""
    for kind, value in _fields(extra):
        if kind == _UNIX_TIMES and len(value) >= 5 and value[0] & 1:
            return _plausible(struct.unpack_from("<i", value, 1)[0])
        if kind == _NTFS and len(value) >= 16 and struct.unpack_from("<H", value, 4) == (1,):
            return of_filetime(struct.unpack_from("<Q", value, 8)[0])
    return 0 if local[0] <= 1980 else of_local(local)


def of_dos(day: int, time: int) -> int:
    """Of a zip member's own header."""
    return of_zip((1980 + (day >> 9), day >> 5 & 15, day & 31, time >> 11, time >> 5 & 63, (time & 31) * 2), b"")


def of_local(parts: Sequence[int]) -> int:
    """Of year, month, day, hour, minute, second."""
    try:
        return of_datetime(datetime(*parts[:6]))  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return 0


def of_datetime(moment: datetime) -> int:
    """Of a moment, in Beijing where it has no zone."""
    try:
        return _plausible((moment if moment.tzinfo else moment.replace(tzinfo=_BEIJING)).timestamp())
    except (OverflowError, ValueError, OSError):
        return 0


def of_filetime(ticks: int) -> int:
    """Of a Windows time."""
    return _plausible(ticks // _TICKS - _FILETIME_EPOCH) if ticks else 0


def of_header(text: str) -> int:
    """Of a mail's Date header; without a zone it is the world's time, as mail servers write it."""
    try:
        parts = parsedate_tz(text[:200])
        if parts is None:
            return 0
        return of_datetime(datetime(*parts[:6], tzinfo=timezone(timedelta(seconds=parts[9] or 0))))
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0


def of_archive(value: object) -> int:
    """Of whatever a library gives: a moment, or the parts of a local time."""
    if isinstance(value, datetime):
        return of_datetime(value)
    return of_local(value) if isinstance(value, tuple | list) else 0


def _plausible(seconds: float) -> int:
    return int(seconds) if 0 < seconds < _LATEST else 0


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size
