"""What a file is, from its bytes: names and extensions are only believed where the bytes say nothing."""

import re
import zipfile
from enum import StrEnum
from io import BytesIO

from kaohe.text import utf16

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_BARE_BIFF = (b"\x09\x08\x08\x00", b"\x09\x08\x10\x00", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00", b"\x09\x00\x04\x00")
_MAIL_HEADER = re.compile(
    rb"^(?:received|return-path|from|to|subject|date|mime-version|message-id|delivered-to|x-[\w-]+|content-type|dkim-signature|reply-to|sender|cc)[ \t]*:",
    re.IGNORECASE,
)
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_LOOKED_AT = 4096


class Kind(StrEnum):
    """What the bytes are. The first group can be a form, the second holds other files, the rest can only be evidence."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    ODS = "ods"
    XLS = "xls"
    LOCKED = "locked"
    """A package that is encrypted whole, as Excel and WPS do with a password."""

    ZIP = "zip"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    EML = "eml"
    MSG = "msg"

    PDF = "pdf"
    PICTURE = "picture"
    DOCUMENT = "document"
    """A text document or slides, old or new."""
    MARKUP = "markup"
    """A page or an XML file, perhaps with a spreadsheet's extension."""
    TEXT = "text"
    EMPTY = "empty"
    OTHER = "other"

    @property
    def holds_files(self) -> bool:
        """A mail or an archive."""
        return self in (Kind.ZIP, Kind.SEVEN_ZIP, Kind.RAR, Kind.EML, Kind.MSG)

    @property
    def holds_cells(self) -> bool:
        """A workbook, locked ones too."""
        return self in (Kind.XLSX, Kind.XLSB, Kind.ODS, Kind.XLS, Kind.LOCKED)


def sniff(data: bytes) -> Kind:
    """What the bytes are. Never raises."""
    if not data:
        return Kind.EMPTY
    if data.startswith(_ZIP):
        return _package(data)
    if data.startswith(_OLE):
        return _compound(data)
    for head, kind in ((b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP), (b"Rar!\x1a\x07", Kind.RAR), (b"%PDF-", Kind.PDF)):
        if data.startswith(head):
            return kind
    if data.startswith(_BARE_BIFF):
        return Kind.XLS
    if data.startswith(_PICTURES) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP"):
        return Kind.PICTURE
    return _text(data)


def _package(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
            kind = archive.read("mimetype")[:100] if "mimetype" in names and archive.getinfo("mimetype").file_size < 200 else b""
    except Exception:  # a broken directory has many ways to fail, and a broken workbook is still no archive
        return Kind.XLSX if b"xl/" in data[:_LOOKED_AT] or b"[Content_Types].xml" in data[:_LOOKED_AT] else Kind.ZIP
    lowered = {name.replace("\\", "/").lower() for name in names}
    if b"opendocument.spreadsheet" in kind:
        return Kind.ODS
    if b"opendocument" in kind:
        return Kind.DOCUMENT
    if "xl/workbook.bin" in lowered:
        return Kind.XLSB
    if any(name.startswith("xl/") for name in lowered):
        return Kind.XLSX
    if any(name.startswith(("word/", "ppt/")) for name in lowered):
        return Kind.DOCUMENT
    if "content.xml" in lowered and "meta.xml" in lowered:
        return Kind.ODS
    return Kind.ZIP


def _compound(data: bytes) -> Kind:
    """An OLE file, told by the names in its directory: the parser proper runs later, behind limits."""
    if utf16("EncryptedPackage") in data:
        return Kind.LOCKED
    if utf16("__properties_version1.0") in data:
        return Kind.MSG
    if utf16("Workbook") in data or utf16("Book") in data:
        return Kind.XLS
    if utf16("WordDocument") in data or utf16("PowerPoint Document") in data:
        return Kind.DOCUMENT
    return Kind.OTHER


def _text(data: bytes) -> Kind:
    head = data[:_LOOKED_AT]
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if bare.startswith(b"<") or bare[:1] == b"" or head.startswith((b"\xff\xfe<\x00", b"\xfe\xff\x00<")):
        return Kind.MARKUP if bare else Kind.OTHER
    lines = bare.splitlines()[:2]
    if lines and (_MAIL_HEADER.match(lines[0]) or lines[0].startswith(b"From ")):
        return Kind.EML
    return Kind.OTHER if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) else Kind.TEXT
