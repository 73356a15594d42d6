"""What a workbook's package may be before any parser sees it: real sizes, one part a name, plain XML."""

import re
import zipfile
import zlib
from io import BytesIO

from kaohe.config.model import Intake

DAMAGED = "文件已损坏，可能没有传完，请重新报送"
CANNOT_OPEN = "文件打不开，可能已损坏或不是电子表格，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
TOO_BIG = "文件解开后大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报"
LOCKED = "文件设了打开密码，请去掉密码另存后重新报送"

_BLOCK = 1 << 20
_XML = (".xml", ".rels")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_DECLARATION = re.compile(r"""^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,20})["'][^>]*\?>""")
_BEGINNING = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml\s[^<>]*\?>\s*)?")
_MARKED_UP = re.compile(rb"<!(?!--|\[CDATA\[)")
_ENCODINGS = {
    "utf-8",
    "utf8",
    "us-ascii",
    "ascii",
    "gb2312",
    "gbk",
    "gb18030",
    "big5",
    "iso-8859-1",
    "windows-1252",
    "utf-16",
    "utf-16le",
    "utf-16be",
}


class UnreadableWorkbook(Exception):
    """The bytes give no cells; the message says in Chinese why and what to do.

    ``refused``: out of caution, not because the file is damaged. ``locked``: only a password is missing.
    """

    def __init__(self, message: str, *, refused: bool = False, locked: bool = False) -> None:
        super().__init__(message)
        self.refused = refused
        self.locked = locked


def too_big_sheet(what: str) -> UnreadableWorkbook:
    """The refusal of a sheet that would fill the memory; ``what`` says in Chinese which sheet and how big."""
    return UnreadableWorkbook(f"{what}大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)


def unpacked(data: bytes, limits: Intake) -> dict[str, bytes]:
    """The parts of a package by lower-case name with ``/``, XML always as UTF-8. Raises UnreadableWorkbook.

    Every member is unpacked and counted, also those that are not needed: the unit's own file is opened again later, when it is annotated.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _parts(archive, limits)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        raise UnreadableWorkbook(DAMAGED) from None


def _parts(archive: zipfile.ZipFile, limits: Intake) -> dict[str, bytes]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    allowed = limits.unpacked_mb * 1024 * 1024
    # A member never yields more than its directory entry says, so the entries' sum bounds what follows.
    if len(members) > limits.members or sum(member.file_size for member in members) > allowed:
        raise UnreadableWorkbook(TOO_BIG, refused=True)
    parts: dict[str, bytes] = {}
    total = 0
    for member in members:
        name = part_name(member.filename)
        if name in parts:
            raise UnreadableWorkbook(
                f"文件里有两个同名的部件（{name[:60]}），分不清哪个是真的，为安全起见没有读取，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送",
                refused=True,
            )
        if member.flag_bits & _ENCRYPTED:
            raise UnreadableWorkbook(LOCKED, locked=True)
        if member.compress_type not in _METHODS:
            raise UnreadableWorkbook(CANNOT_OPEN)
        part = archive.read(member)
        total += len(part)
        if total > allowed:
            raise UnreadableWorkbook(TOO_BIG, refused=True)
        parts[name] = plain_xml(name, part) if name.endswith(_XML) else part
    return parts


def part_name(name: str) -> str:
    """A part's name as programs compare it: forward slashes, no leading one, lower case."""
    return name.replace("\\", "/").lstrip("/").lower()


def plain_xml(name: str, part: bytes) -> bytes:
    """An XML part as UTF-8 without definitions. Raises UnreadableWorkbook for one that declares entities or cannot be decoded."""
    text = _utf8(part)
    found = _MARKED_UP.search(text)
    # Old office programs put a harmless document type, without definitions, into this one part.
    if found and (name != "meta-inf/manifest.xml" or b"<!ENTITY" in text):
        raise UnreadableWorkbook(
            "文件里夹带了普通电子表格不会有的定义（DOCTYPE），为安全起见没有读取，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送", refused=True
        )
    return text


def _utf8(part: bytes) -> bytes:
    encoding = _encoding(part)
    if encoding == "utf-8":
        # The declaration goes too, so that nothing contradicts what the part now is.
        return _BEGINNING.sub(b"", part, count=1)
    try:
        text = part.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError):
        raise UnreadableWorkbook(CANNOT_OPEN) from None
    declared = _DECLARATION.match(text)
    return (text[declared.end() :] if declared else text).encode()


def _encoding(part: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe\x00\x00", ""), (b"\x00\x00\xfe\xff", ""), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if part.startswith(mark):
            return _known(encoding)
    if part.startswith((b"<\x00", b"\x00<")):
        return "utf-16-le" if part.startswith(b"<\x00") else "utf-16-be"
    declared = _DECLARATION.match(part[:200].decode("latin-1").removeprefix("ï»¿"))
    name = declared.group(1).lower() if declared else "utf-8"
    if name in ("utf8", "us-ascii", "ascii") or name.startswith("utf-16"):
        # One byte a character by the look of it, whatever the declaration says.
        return "utf-8"
    return _known(name)


def _known(encoding: str) -> str:
    if encoding.removesuffix("-le").removesuffix("-be") not in _ENCODINGS:
        raise UnreadableWorkbook(CANNOT_OPEN)
    return encoding


def repacked(parts: dict[str, bytes]) -> bytes:
    """A package of exactly these parts, uncompressed: what the parser is given is what was looked at."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return buffer.getvalue()
