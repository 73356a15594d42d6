"""Reading an .xlsx: its sheets made plain for the library that reads the values, and what that library does not tell put back.

Sheets that many units leave as they were issued come with the same bytes again and again: what they say is kept (``SHEETS``).
"""

import hashlib
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from sys import getsizeof

from python_calamine import CalamineSheet, CalamineWorkbook

from kaohe.config.model import Intake
from kaohe.intake import parts as package
from kaohe.intake.guard import TOO_BIG, Package, repacked, unpacked
from kaohe.intake.kept import Kept
from kaohe.intake.sheet import MAX_SHEETS, PICTURE, Book, Room, Sheet, all_notes, merged_areas
from kaohe.intake.sheet_xml import CELL_PICTURE, Facts, look
from kaohe.intake.signs import holds_markup
from kaohe.intake.unreadable import UnreadableWorkbook

_MAX_STYLES = 200_000
_BASE = "http://schemas.openxmlformats.org/"
DOCUMENT = f"{_BASE}officeDocument/2006/relationships"
RELATIONS = f'<Relationships xmlns="{_BASE}package/2006/relationships">%s</Relationships>'
_SHARED_CELL = re.compile(rb'<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")? t="s"(?: s="[0-9]+")?><v>([0-9]+)</v></c>')


@dataclass(frozen=True, slots=True)
class _Known:
    """A sheet as it was read: ``height`` and ``width`` bound its cells, ``area`` is what reading took, ``shared`` counts cells with shared strings."""

    sheet: Sheet
    height: int
    width: int
    area: int
    shared: int


SHEETS: Kept[_Known] = Kept(48 << 20)
_LOOKS: Kept[tuple[bytes, Facts]] = Kept(16 << 20)
"""By the key of a sheet's part and the area allowed, the part as the library is to read it, and what it holds."""
_REFERENCES: Kept[tuple[int, ...]] = Kept(4 << 20)
"""By the key of a sheet's part, the shared strings that it refers to."""


def read_xlsx(data: bytes, limits: Intake) -> Book:
    """Every sheet of an .xlsx. Raises UnreadableWorkbook, and what the library raises."""
    parts = unpacked(data, limits)
    file = _File(parts, package.listing(parts, MAX_SHEETS), limits)
    if file.styles.count(b"<xf") + file.styles.count(b":xf") > _MAX_STYLES:
        raise UnreadableWorkbook("文件里的单元格格式多得不合常理，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
    entries, room = file.listing.entries, Room(limits)
    known: dict[int, _Known] = {}
    ready: dict[int, bytes] = {}
    looks: dict[int, Facts] = {}
    for number, entry in enumerate(entries):
        if entry.part is None:
            continue
        found = file.known(entry)
        if found is None:
            ready[number], looks[number] = file.look(entry.part, room.left)
            room.check(entry.name, looks[number].height, looks[number].width)
        else:
            known[number] = found
            room.check(entry.name, found.height, found.width)
    _check_copies(sum(told.shared for told in looks.values()) + sum(found.shared for found in known.values()), file.strings, limits)
    book = CalamineWorkbook.from_filelike(BytesIO(_plain_package(file, ready)))
    sheets = []
    kept = set(known)
    for number, entry in enumerate(entries):
        if number in known:
            room.take(entry.name, known[number].area, 1)
            sheets.append(known[number].sheet)
        elif entry.part is None:
            sheets.append(Sheet(entry.name, []))
        else:
            before, told = room.left, looks[number]
            sheets.append(_sheet(file, entry, told, book.get_sheet_by_name(str(number)), room))
            if file.keep(entry, ready[number], _Known(sheets[-1], told.height, told.width, before - room.left, told.shared)):
                kept.add(number)
    notes = all_notes(package.notes(parts, entries), zip(sheets, (entry.hidden for entry in entries), strict=True))
    return Book(tuple(sheets), notes, frozenset(kept))


def _check_copies(shared: int, strings: bytes, limits: Intake) -> None:
    """A cell that names a shared string gets a copy of it."""
    most = 4 * limits.memory_mb * 1024 * 1024
    if shared * len(strings) > most and shared * package.longest(strings) > most:
        raise UnreadableWorkbook(TOO_BIG, refused=True)


def _sheet(file: "_File", entry: package.Entry, told: Facts, found: CalamineSheet, room: Room) -> Sheet:
    """A sheet as the library reads it, with its pictures."""
    assert entry.part is not None
    rows = room.read(entry.name, found)
    pictures = set(package.anchored(file.parts, entry.part))
    if told.pictured or file.pictured_strings:
        pictures |= {(r, c) for r, row in enumerate(rows) for c, value in enumerate(row) if isinstance(value, str) and "DISPIMG(" in value}
    for row, column in told.rich if file.pictured else ():
        pictures.add((row, column))
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = PICTURE
    return Sheet(entry.name, rows, frozenset(told.hidden), frozenset(pictures), merged_areas(found, file.limits))


class _File:
    """One workbook's parts, and which of its sheets were read before, in this file or another.

    A sheet's cells follow from its part, the shared strings it refers to, the styles (which numbers are dates), the calendar and the bounds:
    all of that is in the key. A sheet that other parts belong to (pictures, links) is read anew each time.
    """

    def __init__(self, parts: Package, listing: package.Listing, limits: Intake) -> None:
        self.parts, self.listing, self.limits = parts, listing, limits
        self.strings, self.styles = parts.get(listing.strings, b""), parts.get(listing.styles, b"")
        self.pictured = package.holds_cell_pictures(parts)
        self.pictured_strings = CELL_PICTURE in self.strings
        self._keys: dict[package.Entry, Hashable] = {}
        self._common = parts.key(listing.styles), listing.from_1904, limits.cells, self.pictured, self.pictured_strings

    @cached_property
    def _texts(self) -> list[bytes]:
        """The shared strings as they are written; none where they are written unusually."""
        texts = self.strings.split(b"<si>")[1:]
        plain = not holds_markup(self.strings) and self.strings.count(b"<si") == self.strings.count(b"</si>") == len(texts)
        return texts if plain and not [text for text in texts if b"</si>" not in text] else []

    def _key(self, entry: package.Entry) -> Hashable:
        """What the sheet's cells follow from; None where that cannot be told yet."""
        found = self._keys.get(entry)
        if found is None and (found := self._made_key(entry)) is not None:
            self._keys[entry] = found
        return found

    def _made_key(self, entry: package.Entry) -> Hashable:
        if entry.part is None or package.rels_of(entry.part) in self.parts:
            return None
        part = self.parts.key(entry.part)
        references = _REFERENCES.get(part)
        if references is None or (references and references[-1] >= len(self._texts)):
            return None
        texts = hashlib.sha256(b"".join([self._texts[n] for n in references])).digest() if references else b""
        return part, entry.name, texts, *self._common

    def look(self, part: str, most: int) -> tuple[bytes, Facts]:
        """A look at a sheet's part; the same part says the same, whatever texts its numbers stand for."""
        key = self.parts.key(part), most
        found = _LOOKS.get(key)
        if found is None:
            found = look(self.parts[part], most)
            if _LOOKS.again(key):
                _LOOKS.put(key, found, 1000 + len(found[0]) + 200 * (len(found[1].hidden) + len(found[1].rich)))
        return found

    def known(self, entry: package.Entry) -> _Known | None:
        """The sheet, if it was read before."""
        key = self._key(entry)
        return None if key is None else SHEETS.get(key)

    def keep(self, entry: package.Entry, ready: bytes, known: _Known) -> bool:
        """Keep a sheet that has come before, texts and all; whether that was done. ``ready`` is its part as the library read it."""
        assert entry.part is not None
        part = self.parts.key(entry.part)
        if _REFERENCES.get(part) is None:
            references = _references(ready) if SHEETS.again(part) else None
            if references is None:
                return False
            _REFERENCES.put(part, references, 300 + 36 * len(references))
        key = self._key(entry)
        if key is None or not SHEETS.again(key):
            return False
        SHEETS.put(key, known, _weight(known))
        return SHEETS.get(key) is known


def _weight(known: _Known) -> int:
    """About how many bytes a sheet takes, and what will be found out about it."""
    values = sum(getsizeof(value) for row in known.sheet.rows for value in row if value != "")
    return 4000 + 8 * known.area + values + values // 2 + 200 * len(known.sheet.merged)


def _references(part: bytes) -> tuple[int, ...] | None:
    """The shared strings that a part's cells refer to; None where they are not all written in the usual way."""
    found = _SHARED_CELL.findall(part)
    usual = part.count(b'"s"') == len(found) and b"'s'" not in part
    return tuple(sorted({int(number) for number in found})) if usual else None


def _plain_package(file: _File, ready: Mapping[int, bytes]) -> bytes:
    """What the library is given: the same cells under names and in places of our own, and nothing that it does not need."""
    sheets = "".join(f'<sheet name="{n}" sheetId="{n + 1}" r:id="s{n}"/>' for n in ready)
    links = "".join(f'<Relationship Id="s{n}" Type="{DOCUMENT}/worksheet" Target="worksheets/{n}.xml"/>' for n in ready)
    extra = {"sharedStrings": package.uncounted(file.strings), "styles": file.styles}
    links += "".join(f'<Relationship Id="{name}" Type="{DOCUMENT}/{name}" Target="{name}.xml"/>' for name, part in extra.items() if part)
    calendar = f'<workbookPr date1904="{int(file.listing.from_1904)}"/>'
    workbook = f'<workbook xmlns="{_BASE}spreadsheetml/2006/main" xmlns:r="{DOCUMENT}">{calendar}<sheets>{sheets}</sheets></workbook>'
    made = {
        "_rels/.rels": (RELATIONS % f'<Relationship Id="w" Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/>').encode(),
        "xl/workbook.xml": workbook.encode(),
        "xl/_rels/workbook.xml.rels": (RELATIONS % links).encode(),
    }
    made |= {f"xl/{name}.xml": part for name, part in extra.items() if part}
    return repacked(made | {f"xl/worksheets/{n}.xml": part for n, part in ready.items()})
