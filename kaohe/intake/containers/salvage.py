"""Zip archives without a readable directory, as a broken transfer leaves them: the members that came through whole."""

import struct
import zlib
from dataclasses import dataclass

from kaohe.intake.containers import dates, names, wording
from kaohe.intake.containers.parts import Basket, ContainerFault, Opened

_LOCAL, _DESCRIPTOR, _DIRECTORY, _END = b"PK\x03\x04", b"PK\x07\x08", b"PK\x01\x02", b"PK\x05\x06"
_HEADER = struct.Struct("<4s5H3I2H")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _SIZES_FOLLOW = 0x1, 0x8
_UNKNOWN_SIZE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Local:
    """One member's own header: where its data begin, how they are packed, and what they should come to."""

    name: str
    begin: int
    flags: int
    method: int
    checksum: int
    packed: int
    modified: int


def salvaged(data: bytes, basket: Basket) -> Opened:
    """What can be taken from the members' own headers, in order. Raises ContainerFault where that is nothing."""
    at = data.find(_LOCAL)
    while at >= 0 and data.startswith(_LOCAL, at):
        header = _local(data, at)
        if header is None:
            break
        at = _rescue(data, header, basket)
    if not basket.members:
        raise ContainerFault(basket.left[0] if len(basket.left) == 1 else wording.BROKEN_ARCHIVE)
    basket.cut = True
    basket.note(f"压缩包不完整，可能没有传完，只取出了前面的{len(basket.members)}个文件，请核对，缺少的请重新报送")
    return basket.opened(wording.NO_FILES)


def _local(data: bytes, at: int) -> _Local | None:
    if at + _HEADER.size > len(data):
        return None
    _, _, flags, method, time, day, checksum, packed, _, name_size, extra_size = _HEADER.unpack_from(data, at)
    begin = at + _HEADER.size + name_size + extra_size
    if begin > len(data):
        return None
    raw = data[at + _HEADER.size : at + _HEADER.size + name_size]
    extra = data[at + _HEADER.size + name_size : begin]
    return _Local(names.in_zip(raw, extra), begin, flags, method, checksum, packed, dates.of_dos(day, time))


def _rescue(data: bytes, header: _Local, basket: Basket) -> int:
    """Take one member, or note why not; gives where the next may begin."""
    sized = not header.flags & _SIZES_FOLLOW and header.packed != _UNKNOWN_SIZE
    after = header.begin + header.packed if sized else data.find(_LOCAL, header.begin)
    if header.name.endswith(("/", "\\")):
        return after
    if header.flags & _ENCRYPTED:
        return _left(basket, header, wording.LOCKED, after)
    if header.method not in (_STORED, _DEFLATED):
        return _left(basket, header, wording.METHOD, after)
    if header.method == _STORED and not sized:
        return _left(basket, header, wording.DAMAGED, after)
    content, end = _stored(data, header) if header.method == _STORED else _inflated(data, header, basket)
    if content is None or zlib.crc32(content) != (header.checksum if sized else _checksum_after(data, end, content)):
        return _left(basket, header, "没有传完整，没有取出，请重新报送这个文件", after)
    if not names.junk(header.name):
        basket.put(header.name, content, header.modified)
    return end if sized else _after_descriptor(data, end)


def _left(basket: Basket, header: _Local, why: str, after: int) -> int:
    if not names.junk(header.name):
        basket.leave(header.name, why)
    return after


def _stored(data: bytes, header: _Local) -> tuple[bytes | None, int]:
    end = header.begin + header.packed
    return (data[header.begin : end] if end <= len(data) else None), end


def _inflated(data: bytes, header: _Local, basket: Basket) -> tuple[bytes | None, int]:
    """The content of a deflated member, None where its stream breaks off, and where the stream ends."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    at = header.begin

    def source(size: int) -> bytes:
        nonlocal at
        while not inflater.eof:
            packed = inflater.unconsumed_tail
            if not packed:
                packed, at = data[at : at + size], min(at + size, len(data))
            block = inflater.decompress(packed, size)
            if block or not packed:
                return block
        return b""

    try:
        content = basket.read(source)
    except zlib.error:
        return None, at
    return (content if inflater.eof else None), at - len(inflater.unused_data)


def _checksum_after(data: bytes, end: int, content: bytes) -> int:
    """The checksum in the descriptor behind a member; where the file ends before it, the stream's own end must do."""
    begin = end + 4 if data.startswith(_DESCRIPTOR, end) else end
    return int(struct.unpack_from("<I", data, begin)[0]) if begin + 4 <= len(data) else zlib.crc32(content)


def _after_descriptor(data: bytes, end: int) -> int:
    """Where the next header begins: the descriptor has 12 to 24 bytes."""
    places = [place for mark in (_LOCAL, _DIRECTORY, _END) if (place := data.find(mark, end, end + 32)) >= 0]
    return min(places, default=-1)
