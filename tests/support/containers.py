"""Mails and archives made by hand, as programs write them and as nobody should."""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO

import py7zr

from tests.support.ole import Tree, compound

RAR4, RAR5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"


def zip_of(
    *members: tuple[bytes, bytes],
    flags: int = 0,
    method: int | None = None,
    extra: Mapping[bytes, bytes] | None = None,
    attributes: Mapping[bytes, int] | None = None,
    system: int = 0,
    declared: Mapping[bytes, int] | None = None,
    descriptors: bool = False,
) -> bytes:
    """A zip archive of raw names and contents, deflated; ``method`` only changes what the headers say."""
    body, directory = b"", b""
    for name, content in members:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
        field, size = (extra or {}).get(name, b""), (declared or {}).get(name, len(content))
        bits = flags | (8 if descriptors else 0)
        sums = struct.pack("<III", zlib.crc32(content), len(packed), size)
        head = struct.pack("<HHHHH", 20, bits, 8 if method is None else method, 0, 0x4000)
        offset = len(body)
        body += b"PK\x03\x04" + head + (bytes(12) if descriptors else sums) + struct.pack("<HH", len(name), len(field)) + name + field + packed
        body += b"PK\x07\x08" + sums if descriptors else b""
        directory += b"PK\x01\x02" + struct.pack("<BB", 20, system) + head + sums + struct.pack("<HHHHH", len(name), len(field), 0, 0, 0)
        directory += struct.pack("<II", (attributes or {}).get(name, 0), offset) + name + field
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def overlapping_zip(content: bytes, count: int) -> bytes:
    """Many directory entries for one and the same member."""
    single = zip_of((b"0.txt", content))
    begin = single.index(b"PK\x01\x02")
    entry = single[begin : single.index(b"PK\x05\x06")]
    directory = b"".join(entry.replace(b"0.txt", f"{i % 10}.txt".encode()) for i in range(count))
    return single[:begin] + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), begin, 0)


def unicode_path(raw: bytes, name: str) -> bytes:
    """The extra field that gives a member's name in UTF-8 beside its raw one."""
    content = struct.pack("<BI", 1, zlib.crc32(raw)) + name.encode()
    return struct.pack("<HH", 0x7075, len(content)) + content


def seven_zip_of(*members: tuple[str, bytes], password: str | None = None, hide_names: bool = False, solid: bool = True) -> bytes:
    """A 7z archive; not solid means a block of its own for each member."""
    buffer = BytesIO()
    with py7zr.SevenZipFile(buffer, "w", password=password, header_encryption=hide_names) as archive:
        for name, content in members if solid else members[:1]:
            archive.writestr(content, name)
    for name, content in () if solid else members[1:]:
        buffer.seek(0)
        with py7zr.SevenZipFile(buffer, "a", password=password) as archive:
            archive.writestr(content, name)
    return buffer.getvalue()


def rar4_of(*members: tuple[bytes, bytes], method: int = 0x30, flags: int = 0, mode: int = 0o100644, end: bool = True, main_flags: int = 0) -> bytes:
    """A RAR 4 archive whose members are stored; ``method`` only changes what the headers say."""

    def block(kind: int, bits: int, fields: bytes) -> bytes:
        rest = struct.pack("<BHH", kind, bits, 7 + len(fields)) + fields
        return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest

    out = RAR4 + block(0x73, main_flags, bytes(6))
    for name, content in members:
        fields = struct.pack("<IIBIIBBHI", len(content), len(content), 3, zlib.crc32(content), 0x45210000, 29, method, len(name), mode) + name
        out += block(0x74, 0x8000 | flags, fields) + content
    return out + (block(0x7B, 0x4000, b"") if end else b"")


def _vint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def rar5_of(*members: tuple[str, bytes], packed: bool = False, link_to: str | None = None, end: bool = True) -> bytes:
    """A RAR 5 archive whose members are stored, or ``packed``; with ``link_to`` they say that they are symbolic links."""

    def block(fields: bytes) -> bytes:
        sized = _vint(len(fields)) + fields
        return struct.pack("<I", zlib.crc32(sized)) + sized

    out = RAR5 + block(_vint(1) + _vint(0) + _vint(0))
    for name, content in members:
        body = rar5_packed(content) if packed else content
        target = (link_to or "").encode()
        record = _vint(5) + _vint(1) + _vint(0) + _vint(len(target)) + target if link_to else b""
        extra = _vint(len(record)) + record if link_to else b""
        file = _vint(4) + _vint(len(content)) + _vint(0o100644) + struct.pack("<I", zlib.crc32(content)) + _vint(1 << 7 if packed else 0) + _vint(1)
        file += _vint(len(name.encode())) + name.encode()
        head = _vint(2) + _vint(3 if link_to else 2) + (_vint(len(extra)) if link_to else b"") + _vint(len(body))
        out += block(head + file + extra) + body
    return out + (block(_vint(5) + _vint(0) + _vint(0)) if end else b"")


def rar5_packed(content: bytes) -> bytes:
    """Content as RAR 5 compresses it, with a table that gives every byte its own eight bits."""
    lengths = [0] * 20
    for symbol in (0, 8, 17, 19):
        lengths[symbol] = 2
    bits = "".join(f"{length:04b}" for length in lengths)
    # An 8, 138 and 117 times the same again (256 literals), then 138 and 36 unused codes.
    bits += "01" + "10" + f"{138 - 11:07b}" + "10" + f"{117 - 11:07b}" + "11" + f"{138 - 11:07b}" + "11" + f"{36 - 11:07b}"
    bits += "".join(f"{byte:08b}" for byte in content)
    last = (len(bits) - 1) % 8
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    flags, size = 0xC0 | 1 << 3 | last, struct.pack("<H", len(data))
    return bytes([flags, 0x5A ^ flags ^ size[0] ^ size[1]]) + size + data


def mail_of(*parts: tuple[str, bytes], boundary: str = "=_b", subject: str = "填报表", closed: bool = True, date: str = "") -> bytes:
    """A mail of parts, each given by its raw header lines (latin-1 for any byte) and its encoded body."""
    lines = [b"From: a@example.com", b"To: b@example.com", f"Subject: {subject}".encode(), b"MIME-Version: 1.0"]
    lines += [f"Date: {date}".encode()] if date else []
    lines += [f'Content-Type: multipart/mixed; boundary="{boundary}"'.encode(), b"", b"preamble"]
    for head, body in parts:
        lines += [f"--{boundary}".encode(), head.encode("latin-1"), b"", body]
    return b"\r\n".join([*lines, f"--{boundary}--".encode() if closed else b"", b""])


def _properties(header: int, numbers: Mapping[int, int]) -> bytes:
    return bytes(header) + b"".join(struct.pack("<IIII", tag, 6, value, 0) for tag, value in numbers.items())


def attachment(data: bytes | Tree | None, *, texts: Mapping[str, bytes], numbers: Mapping[int, int] | None = None) -> Tree:
    """One attachment's storage: ``texts`` by property and type such as ``3707001F``; a tree for data is an attached mail."""
    method = {0x37050003: 5 if isinstance(data, Mapping) else 1}
    content: dict[str, bytes | Tree] = {"__properties_version1.0": _properties(8, method | dict(numbers or {}))}
    content |= {f"__substg1.0_{key}": value for key, value in texts.items()}
    if data is not None:
        content["__substg1.0_3701000D" if isinstance(data, Mapping) else "__substg1.0_37010102"] = data
    return content


def outlook_tree(*attachments: Tree, codepage: int | None = None, subject: str = "报表", top: bool = True, lost: int = 0, sent: int = 0) -> Tree:
    """A mail of Outlook as a tree, at the top of a file or attached to another; ``lost`` attachments are only counted.

    ``sent`` is when it was sent (epoch seconds).
    """
    header = bytes(20) + struct.pack("<I", len(attachments) + lost) + bytes(8 if top else 0)
    numbers = {} if codepage is None else {0x3FFD0003: codepage}
    content: dict[str, bytes | Tree] = {
        "__properties_version1.0": header + _properties(0, numbers) + (_moment(sent) if sent else b""),
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        "__substg1.0_1000001F": "正文".encode("utf-16-le"),
    }
    return content | {f"__attach_version1.0_#{i:08X}": tree for i, tree in enumerate(attachments)}


def _moment(sent: int) -> bytes:
    return struct.pack("<IIQ", 0x00390040, 6, (sent + 11_644_473_600) * 10_000_000)


def outlook_of(*attachments: Tree, codepage: int | None = None) -> bytes:
    """A .msg file."""
    return compound(outlook_tree(*attachments, codepage=codepage))
