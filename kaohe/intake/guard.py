"""What a workbook's package may be before any parser sees it: real sizes, one part a name, plain XML."""

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from kaohe.config.model import Intake
from kaohe.intake.kept import Kept
from kaohe.intake.signs import holds_markup
from kaohe.intake.unreadable import UnreadableWorkbook
from kaohe.raw_zip import Member, packed

DAMAGED = "文件已损坏，可能没有传完，请重新报送"
CANNOT_OPEN = "文件打不开，可能已损坏或不是电子表格，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
TOO_BIG = "文件解开后大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报"
LOCKED = "文件设了打开密码，请把密码清空、保存后重新报送（WPS 在“文件—文档加密—密码加密”里，Excel 在“文件—信息—保护工作簿—用密码进行加密”里）"

_XML = (".xml", ".rels")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED, _UTF8, _UNKNOWN = 0x1, 0x800, 0x20 | 0x40
_MANIFEST = "meta-inf/manifest.xml"
_HEADER = struct.Struct("<4s2xH18x2H")
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


@dataclass(frozen=True, slots=True)
class _Member:
    """One member as it lies in the file; ``key`` tells its content, and how that is read, from every other."""

    packed: memoryview
    method: int
    crc: int
    size: int
    key: tuple[bytes, int, int, int, str]


class Package(Mapping[str, bytes]):
    """The parts of a package by lower-case name with ``/``, XML always as UTF-8. All of them have been looked at."""

    def __init__(self) -> None:
        self._members: dict[str, _Member] = {}
        self._contents: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        found = self._contents.get(name)
        if found is None:
            found = self._contents[name] = _content(name, self._members[name])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def key(self, name: str) -> Hashable:
        """What tells a part's content from every other, without unpacking it; None where there is no such part."""
        member = self._members.get(name)
        return None if member is None else member.key

    def add(self, name: str, member: _Member) -> None:
        """One more member, which is looked at unless the very same one was found sound before. Raises UnreadableWorkbook and what zlib raises."""
        self._members[name] = member
        small = _SMALL_PARTS.get(member.key)
        if small is not None:
            self._contents[name] = small
        elif _SOUND.get(member.key) is None:
            content = self._contents[name] = _content(name, member)
            if len(content) <= _SMALL:
                _SMALL_PARTS.put(member.key, content, _ENTRY + len(content))
            else:
                _SOUND.put(member.key, True, _ENTRY)


_SMALL = 16 << 10
_ENTRY = 400
"""About how many bytes it takes to remember a key."""
_SMALL_PARTS: Kept[bytes] = Kept(4 << 20)
_SOUND: Kept[bool] = Kept(2 << 20)
"""Larger parts that were found sound before; their content is not kept."""


def unpacked(data: bytes, limits: Intake) -> Package:
    """The parts of a package. Raises UnreadableWorkbook.

    Every member is unpacked and counted, also those that are not needed: the unit's own file is opened again later, when it is annotated.
    What the very same packed bytes unpack to need not be looked at again.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _parts(archive.infolist(), memoryview(data), limits)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        raise UnreadableWorkbook(DAMAGED) from None


def _parts(entries: Iterable[zipfile.ZipInfo], data: memoryview, limits: Intake) -> Package:
    members = [member for member in entries if not member.is_dir()]
    allowed = limits.unpacked_mb * 1024 * 1024
    # A member never yields more than its directory entry says, so the entries' sum bounds what follows.
    if len(members) > limits.members or sum(member.file_size for member in members) > allowed:
        raise UnreadableWorkbook(TOO_BIG, refused=True)
    parts = Package()
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
        parts.add(name, _member(member, data, "" if not name.endswith(_XML) else _MANIFEST if name == _MANIFEST else "xml"))
    return parts


def _member(entry: zipfile.ZipInfo, data: memoryview, read_as: str) -> _Member:
    """The packed bytes of an entry of the directory, found as ``zipfile`` finds them. Raises BadZipFile, NotImplementedError."""
    head = data[entry.header_offset : entry.header_offset + _HEADER.size]
    if entry.header_offset < 0 or len(head) != _HEADER.size:
        raise zipfile.BadZipFile
    mark, flags, named, extra = _HEADER.unpack(head)
    start = entry.header_offset + _HEADER.size
    alphabet = "utf-8" if flags & _UTF8 else "cp437"
    if mark != b"PK\x03\x04" or bytes(data[start : start + named]).decode(alphabet) != entry.orig_filename:
        raise zipfile.BadZipFile
    if entry.flag_bits & _UNKNOWN:
        raise NotImplementedError
    start += named + extra
    packed = data[start : start + entry.compress_size]
    key = hashlib.sha256(packed).digest(), entry.compress_type, entry.CRC, entry.file_size, read_as
    return _Member(packed, entry.compress_type, entry.CRC, entry.file_size, key)


def _content(name: str, member: _Member) -> bytes:
    """The unpacked bytes, no more than the directory says. Raises BadZipFile, zlib.error, UnreadableWorkbook."""
    if member.method == zipfile.ZIP_STORED or member.size == 0:  # to zlib, no bytes at most means no bound
        content = bytes(member.packed[: member.size])
    else:
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(member.packed, member.size)
    if zlib.crc32(content) != member.crc:
        raise zipfile.BadZipFile
    return plain_xml(name, content) if name.endswith(_XML) else content


def part_name(name: str) -> str:
    """A part's name as programs compare it: forward slashes, no leading one, lower case."""
    return name.replace("\\", "/").lstrip("/").lower()


def plain_xml(name: str, part: bytes) -> bytes:
    """An XML part as UTF-8 without definitions. Raises UnreadableWorkbook for one that declares entities or cannot be decoded."""
    text = _utf8(part)
    found = _MARKED_UP.search(text) if holds_markup(text) else None
    # Old office programs put a harmless document type, without definitions, into this one part.
    if found and (name != _MANIFEST or b"<!ENTITY" in text):
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


def repacked(parts: Mapping[str, bytes]) -> bytes:
    """A package of exactly these parts, uncompressed: what the parser is given is what was looked at."""
    return packed(Member(name, part, zipfile.ZIP_STORED, zlib.crc32(part), len(part)) for name, part in parts.items())
