"""Compound files (OLE), written from a tree of storages and streams, for mails of Outlook and old workbooks."""

import struct
from collections.abc import Mapping
from typing import Any, TypeAlias

Tree: TypeAlias = Mapping[str, Any]
"""Names to bytes or to further trees."""
_FREE, _END, _FAT, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class _Writer:
    def __init__(self) -> None:
        self.entries: list[list[object]] = []  # name, kind, right, child, start, size
        self.sectors: list[bytes] = []
        self.chain: list[int] = []
        self.mini = b""
        self.mini_chain: list[int] = []

    def add(self, name: str, kind: int) -> int:
        self.entries.append([name, kind, _NONE, _NONE, 0, 0])
        return len(self.entries) - 1

    def tree(self, parent: int, content: Tree) -> None:
        """The children as a list through their right siblings, sorted as the format wants."""
        before = None
        for name in sorted(content, key=lambda name: (len(name), name.upper())):
            value = content[name]
            index = self.add(name, 2 if isinstance(value, bytes) else 1)
            if before is None:
                self.entries[parent][3] = index
            else:
                self.entries[before][2] = index
            before = index
            if isinstance(value, bytes):
                self.entries[index][4:] = [self.stream(value), len(value)]
            else:
                self.tree(index, value)

    def stream(self, data: bytes) -> int:
        if not data:
            return _END
        if len(data) >= _CUTOFF:
            return self.regular(data)
        start, count = len(self.mini_chain), -(-len(data) // _MINI)
        self.mini += data.ljust(count * _MINI, b"\0")
        self.mini_chain += [*range(start + 1, start + count), _END]
        return start

    def regular(self, data: bytes) -> int:
        start, count = len(self.chain), -(-len(data) // _SECTOR)
        padded = data.ljust(count * _SECTOR, b"\0")
        self.sectors += [padded[i * _SECTOR : (i + 1) * _SECTOR] for i in range(count)]
        self.chain += [*range(start + 1, start + count), _END]
        return start

    def entry(self, index: int) -> bytes:
        name, kind, right, child, start, size = self.entries[index]
        text = f"{name}\0".encode("utf-16-le")
        head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _NONE, right, child)
        return head + bytes(36) + struct.pack("<IQ", start, size)


def compound(content: Tree) -> bytes:
    """The file: streams first, then the directory, then the allocation table."""
    writer = _Writer()
    writer.add("Root Entry", 5)
    writer.tree(0, content)
    if writer.mini:
        writer.entries[0][4:] = [writer.regular(writer.mini), len(writer.mini)]
    else:
        writer.entries[0][4] = _END
    minifat = _END
    if writer.mini_chain:
        minifat = writer.regular(struct.pack(f"<{len(writer.mini_chain)}I", *writer.mini_chain).ljust(_SECTOR, b"\xff"))
    minifat_count = -(-len(writer.mini_chain) * 4 // _SECTOR)
    directory = b"".join(writer.entry(i) for i in range(len(writer.entries)))
    start = writer.regular(directory)
    tables = 1
    while tables * 128 < len(writer.chain) + tables:
        tables += 1
    first = len(writer.chain)
    chain = writer.chain + [_FAT] * tables
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(tables * _SECTOR, b"\xff")
    header = MAGIC + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, tables, start, 0, _CUTOFF, minifat, minifat_count, _END, 0)
    header += struct.pack("<109I", *range(first, first + tables), *[_FREE] * (109 - tables))
    return header + b"".join(writer.sectors) + fat


def utf16(text: str) -> bytes:
    """The text as old office formats store it."""
    return text.encode("utf-16-le")
