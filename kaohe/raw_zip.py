"""Zip archives put together from members that are already compressed: what is the same in every copy is compressed once.

``zipfile`` can only pack contents; a form or a letter of which one small part differs would cost as much as a new one.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCAL_HEADER, _CENTRAL_HEADER, _END_RECORD = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_DATE = (1 << 5) | 1
"""1 January 1980, so that the bytes depend on the content alone."""
_UTF8, _UNIX, _VERSION = 0x800, 3 << 8, 20
_PERMISSIONS = 0o600 << 16
_ENCRYPTED = 1
_MOST_MEMBERS, _MOST_BYTES = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """One member as it lies in an archive: ``packed`` bytes by ``method``, of ``size`` bytes unpacked."""

    name: str
    packed: bytes
    method: int
    crc: int
    size: int

    def content(self) -> bytes:
        """The unpacked bytes."""
        return _unpacked(self.packed, self.method, self.size)


def member(name: str, content: bytes, level: int = 6) -> Member:
    """A member with this content, compressed."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Member(name, packer.compress(content) + packer.flush(), ZIP_DEFLATED, zlib.crc32(content), len(content))


@dataclass(frozen=True, slots=True)
class Fixed:
    """A piece of a member that is the same in every copy, compressed so that it can stand between other pieces."""

    content: bytes
    packed: bytes


def fixed(content: bytes, level: int = 6) -> Fixed:
    """The piece, compressed once."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Fixed(content, packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH))


def spliced(name: str, pieces: Iterable[Fixed | bytes]) -> Member:
    """A member made of pieces: those that differ from copy to copy are put in as they are, without compressing."""
    packed, crc, size = [], 0, 0
    for piece in pieces:
        content = piece.content if isinstance(piece, Fixed) else piece
        packed.append(piece.packed if isinstance(piece, Fixed) else _stored(piece))
        crc = zlib.crc32(content, crc)
        size += len(content)
    packed.append(_LAST_BLOCK)
    return Member(name, b"".join(packed), ZIP_DEFLATED, crc, size)


def _stored(content: bytes) -> bytes:
    """Blocks of a deflated stream that hold the bytes as they are, at most 65,535 of them in one."""
    blocks: list[bytes] = []
    for start in range(0, len(content), 0xFFFF):
        block = content[start : start + 0xFFFF]
        blocks += (b"\0", struct.pack("<2H", len(block), len(block) ^ 0xFFFF), block)
    return b"".join(blocks)


_LAST_BLOCK = b"\x03\x00"
"""An empty block that ends a deflated stream."""


def members(data: bytes) -> list[Member]:
    """The members of an archive in its order, folders left out; each is unpacked once to see that it is whole.

    Raises what ``zipfile`` raises for an archive that is damaged, locked or packed by a method that it does not know.
    """
    return [entry for entry, _ in members_and_contents(data)]


def members_and_contents(data: bytes, most: int = 0) -> list[tuple[Member, bytes]]:
    """The same with their contents; ``most`` bounds the bytes of all contents together, 0 does not. Raises ValueError beyond it."""
    found = []
    with ZipFile(BytesIO(data)) as archive:
        entries = [info for info in archive.infolist() if not info.is_dir()]
        if most and sum(info.file_size for info in entries) > most:
            raise ValueError("more than is unpacked at a time")
        for info in entries:
            if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or info.flag_bits & _ENCRYPTED:
                content = archive.read(info)
                found.append((member(info.filename, content), content))
                continue
            if data[info.header_offset : info.header_offset + 4] != _LOCAL:
                raise BadZipFile("an archive that does not begin where its file does")
            start = info.header_offset + _LOCAL_HEADER.size + sum(struct.unpack_from("<2H", data, info.header_offset + 26))
            entry = Member(info.filename, data[start : start + info.compress_size], info.compress_type, info.CRC, info.file_size)
            content = entry.content()
            if zlib.crc32(content) != info.CRC:
                raise BadZipFile(f"bad CRC-32 of {info.filename}")
            found.append((entry, content))
    return found


def _unpacked(packed: bytes, method: int, size: int) -> bytes:
    """The content, which must be exactly as long as the archive says: nobody's memory is filled by a member that says less than it holds."""
    if method == ZIP_STORED:
        content, ends = packed, True
    else:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        content = unpacker.decompress(packed, size + 1)
        ends = unpacker.eof and not unpacker.unused_data
    if len(content) != size or not ends:
        raise BadZipFile("a member is not as long as the archive says")
    return content


def packed(entries: Iterable[Member]) -> bytes:
    """An archive of these members in this order; the same members give the same bytes everywhere."""
    local: list[bytes] = []
    central: list[bytes] = []
    offset = count = 0
    for entry in entries:
        name = entry.name.encode()
        flags = 0 if entry.name.isascii() else _UTF8
        common = (_VERSION, flags, entry.method, 0, _DATE, entry.crc, len(entry.packed), entry.size)
        header = _LOCAL_HEADER.pack(_LOCAL, *common, len(name), 0)
        local += (header, name, entry.packed)
        central += (_CENTRAL_HEADER.pack(_CENTRAL, _UNIX | _VERSION, *common, len(name), 0, 0, 0, 0, _PERMISSIONS, offset), name)
        offset += len(header) + len(name) + len(entry.packed)
        count += 1
    directory = b"".join(central)
    if count >= _MOST_MEMBERS or offset + len(directory) >= _MOST_BYTES:
        raise ValueError("more than an archive of this kind can hold")
    return b"".join((*local, directory, _END_RECORD.pack(_END, 0, 0, count, count, len(directory), offset, 0)))
