"""Names of members: decoded as Chinese programs write them, and made into relative paths that lead nowhere else."""

import re
import struct
import unicodedata
import zlib
from collections.abc import Iterator

MAX_PATH = 200
_MAX_SEGMENT_BYTES = 240  # a file name may have 255 bytes on POSIX; room for a number behind it
_LONGEST_SUFFIX = 12
NAMELESS = "未命名"
_DRIVE = re.compile(r"^[A-Za-z]:")
_FORBIDDEN = re.compile(r'[<>:"|?*\\/]')
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])[ ]*(?:\..*)?$", re.IGNORECASE | re.DOTALL)
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_UNICODE_PATH = 0x7075
_JUNK = {".ds_store", "thumbs.db", "desktop.ini"}


def decode(raw: bytes) -> str:
    """A name in no declared character set: UTF-8, else GB18030, which includes GBK and GB2312; what fits neither is marked."""
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("gb18030", "replace")


def in_zip(raw: bytes, extra: bytes) -> str:
    """The name of a zip member: the Unicode field where it was made for these very bytes, else what the bytes look like.

    The UTF-8 flag needs no look: what it marks is UTF-8, and programs forget to set it.
    """
    for kind, value in _fields(extra):
        if kind == _UNICODE_PATH and len(value) > 5 and value[0] == 1 and struct.unpack_from("<I", value, 1)[0] == zlib.crc32(raw):
            return value[5:].decode("utf-8", "replace")
    return decode(raw)


def safe(name: str) -> str:
    """A relative path with ``/`` that every system can store: never absolute, never upwards, never empty, at most 200 characters.

    Control and direction characters go, what Windows forbids becomes ``_``, reserved names get a ``_`` in front,
    and of a path that is too long the innermost folders stay. Applying it twice changes nothing more.
    """
    visible = "".join(c for c in name if unicodedata.category(c) not in _INVISIBLE)
    path = unicodedata.normalize("NFC", visible).replace("\\", "/")
    while _DRIVE.match(path):
        path = path[2:]
    segments = [segment for part in path.split("/") if (segment := _segment(part))] or [NAMELESS]
    while len(segments) > 1 and len("/".join(segments)) > MAX_PATH:
        del segments[0]
    return "/".join(segments)


def junk(path: str) -> bool:
    """What an operating system leaves beside people's files."""
    segments = path.replace("\\", "/").split("/")
    return "__MACOSX" in segments or segments[-1].lower() in _JUNK or segments[-1].startswith("._")


def numbered(name: str, number: int) -> str:
    """The name with `` (number)`` before its extension."""
    folder, slash, last = name.rpartition("/")
    stem, suffix = _parted(last)
    return f"{folder}{slash}{stem} ({number}){suffix}"


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The extra fields of a zip header: kind and content."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _segment(text: str) -> str:
    """One folder or file name, or "" where nothing is left of it."""
    bare = _trimmed(_FORBIDDEN.sub("_", text))
    if len(bare.encode()) > _MAX_SEGMENT_BYTES or len(bare) > MAX_PATH:
        stem, suffix = _parted(bare)
        room = min(_MAX_SEGMENT_BYTES, MAX_PATH) - len(suffix.encode())
        bare = _trimmed(stem.encode()[:room].decode(errors="ignore").rstrip() + suffix)
    return f"_{bare}" if _RESERVED.match(bare) else bare


def _trimmed(text: str) -> str:
    """Without white space around it and dots behind it, which Windows drops."""
    return text.strip().rstrip(". \u3000\xa0").rstrip(". ").strip() if text.strip(". \t\u3000\xa0") else ""


def _parted(name: str) -> tuple[str, str]:
    """Stem and extension; a dot in front or a long tail is no extension."""
    stem, dot, suffix = name.rpartition(".")
    if not stem.strip(". ") or not suffix or len(suffix.encode()) > _LONGEST_SUFFIX:
        return name, ""
    return stem, dot + suffix
