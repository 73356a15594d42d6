"""What a file is, from its bytes: names and extensions are only believed where the bytes say nothing."""

import re
import zipfile
from enum import StrEnum
from io import BytesIO

from kaohe.intake.compound import MAGIC, root_names

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_BARE_BIFF = (b"\x09\x08\x08\x00", b"\x09\x08\x10\x00", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00", b"\x09\x00\x04\x00")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_HEADER_LINE = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_MACHINE_HEADERS = {
    b"received", b"return-path", b"mime-version", b"message-id", b"delivered-to", b"content-type", b"content-transfer-encoding",
    b"dkim-signature", b"x-mailer", b"x-originating-ip", b"authentication-results", b"thread-index",
}  # fmt: skip
_LETTER_HEADERS = {b"from", b"to", b"cc", b"bcc", b"subject", b"date", b"sender", b"reply-to", b"importance", b"in-reply-to", b"references"}
_SENT_HEADERS = {b"received", b"message-id", b"delivered-to", b"return-path", b"to", b"cc", b"bcc"}
_SAVED_BOOK = re.compile(rb"(?im)^x-document-type:")
_SAVED_PAGE = re.compile(rb"(?im)^content-type:[ \t]*multipart/related")
_HOLDERS_AND_SHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ods", ".zip", ".7z", ".rar", ".eml", ".msg")
_PLAIN_WORKBOOKS = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "XML 电子表格 2003"),
    (b"opendocument.spreadsheet", "未压缩的 OpenDocument 表格"),
)
_LOOKED_AT = 4096
_HEADERS_LOOKED_AT = 16384


_OTHER_ARCHIVES = (
    *((b"\x1f\x8b\x08", 0), (b"1AY&SY", 4), (b"\xfd7zXZ\x00", 0), (b"\x28\xb5\x2f\xfd", 0)),
    *((b"MSCF\0\0\0\0", 0), (b"**ACE**", 7), (b"-lh5-", 2), (b"ustar", 257)),
)


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
    if data.startswith(MAGIC):
        return _compound(data)
    for head, kind in ((b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP), (b"Rar!\x1a\x07", Kind.RAR), (b"%PDF-", Kind.PDF)):
        if data.startswith(head):
            return kind
    if data.startswith(_BARE_BIFF):
        return Kind.XLS
    if data.startswith(_PICTURES) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP"):
        return Kind.PICTURE
    return _text(data)


def is_other_archive(data: bytes) -> bool:
    """Whether what is nothing else is an archive of a kind that is not opened here (.tar, .gz, .cab and the like)."""
    return any(data.startswith(mark, at) for mark, at in _OTHER_ARCHIVES)


def plain_workbook(data: bytes) -> str:
    """What a file of markup is called in Chinese that is a workbook, saved as plain XML; "" where it is none."""
    head = data[:_LOOKED_AT].replace(b"\0", b"")
    return next((name for mark, name in _PLAIN_WORKBOOKS if mark in head), "")


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
    # A folder of that name with people's own files in it is no workbook.
    if any(name.startswith("xl/") and not name.endswith(_HOLDERS_AND_SHEETS) for name in lowered):
        return Kind.XLSX
    if any(name.startswith(("word/", "ppt/")) and name.endswith((".xml", ".rels")) for name in lowered) or "[content_types].xml" in lowered:
        return Kind.DOCUMENT
    if "content.xml" in lowered and "meta.xml" in lowered:
        return Kind.ODS
    return Kind.ZIP


def _compound(data: bytes) -> Kind:
    """An OLE file, told by what lies at the top of its directory; what its cells or its attachments say does not count."""
    names = root_names(data)
    if "encryptedpackage" in names:
        return Kind.LOCKED
    if "__properties_version1.0" in names:
        return Kind.MSG
    if names & {"workbook", "book"}:
        return Kind.XLS
    if names & {"worddocument", "powerpoint document"}:
        return Kind.DOCUMENT
    # Of a file that broke off before its directory, the first sector often shows the workbook itself.
    return Kind.XLS if not names and data.startswith(_BARE_BIFF, 512) else Kind.OTHER


def _text(data: bytes) -> Kind:
    head = data[:_LOOKED_AT]
    bare = data[:_HEADERS_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
    if bare.startswith(b"<") or bare[:1] == b"" or head.startswith((b"\xff\xfe<\x00", b"\xfe\xff\x00<")):
        return Kind.MARKUP if bare else Kind.OTHER
    found, block = _header_block(bare)
    if found & _MACHINE_HEADERS or len(found & _LETTER_HEADERS) > 1:
        return Kind.MARKUP if _is_web_archive(found, block) else Kind.EML
    return Kind.OTHER if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) else Kind.TEXT


def _header_block(bare: bytes) -> tuple[set[bytes], bytes]:
    """The names of the header lines at the very beginning, in lower case, and those lines.

    One header that only machines write makes a mail, or two that letters have: a note that begins with “To:” is none.
    """
    lines = bare.splitlines()
    if lines[0].startswith(b"From ") and len(lines) > 1:
        del lines[0]
    found: set[bytes] = set()
    block: list[bytes] = []
    for line in lines:
        match = _HEADER_LINE.match(line)
        if match is not None:
            found.add(match[1].lower())
        elif not (found and line[:1] in (b" ", b"\t") and line.strip()):
            break
        block.append(line)
    return found, b"\n".join(block)


def _is_web_archive(found: set[bytes], block: bytes) -> bool:
    """A page or a workbook saved as one file of web content (.mht) looks like a mail that nobody sent."""
    return _SAVED_BOOK.search(block) is not None or (not found & _SENT_HEADERS and _SAVED_PAGE.search(block) is not None)
