"""The parts of an .xlsx package: which sheets there are, where they lie, and what stands beside the cells."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from lxml import etree

from kaohe.intake.guard import CANNOT_OPEN, Package, part_name
from kaohe.intake.kept import Kept
from kaohe.intake.unreadable import UnreadableWorkbook

_MAX_TREE = 32 * 1024 * 1024
"""Bytes of a part that is read as a tree."""
_ID = re.compile(r"\{[^}]*/relationships\}id$")
_ROOT, _BOOK = "_rels/.rels", "xl/workbook.xml"
_COUNTS = re.compile(rb"""\s(?:uniqueCount|count)\s*=\s*(?:"[^"]*"|'[^']*')""")
_SST = re.compile(rb"<(?:\w+:)?sst\b[^<>]*>")


@dataclass(frozen=True, slots=True)
class Entry:
    """A sheet as the workbook lists it; ``part`` is None for what holds no cells (a chart sheet) or is missing."""

    name: str
    part: str | None
    hidden: bool
    macro: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What the workbook part says: its sheets in order, the calendar, and the parts with shared strings and styles ("" for none)."""

    entries: tuple[Entry, ...]
    from_1904: bool
    strings: str
    styles: str


def tree(part: bytes) -> etree._Element:
    """A small part as a tree, without entities and network. Raises UnreadableWorkbook."""
    if len(part) > _MAX_TREE:
        raise UnreadableWorkbook("文件里有一个部件大得不合常理，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
    try:
        return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError):
        raise UnreadableWorkbook(CANNOT_OPEN) from None


def canonical(part: bytes) -> bytes:
    """The part with comments gone and CDATA as text: what a parser and a search then see is the same."""
    found = etree.tostring(tree(part), method="c14n", with_comments=False)
    assert isinstance(found, bytes)
    return found


def local(element: etree._Element) -> str:
    """An element's name without its namespace; "" for a comment or an instruction."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


_LISTINGS: Kept[Listing] = Kept(1 << 20)


def listing(parts: Package, most: int) -> Listing:
    """The workbook's sheets, at most ``most`` of them. Raises UnreadableWorkbook."""
    key = frozenset(parts), *(parts.key(name) for name in (_ROOT, _BOOK, rels_of(_BOOK))), most
    found = _LISTINGS.get(key)
    if found is None:
        where = next((target for kind, target in relations(parts, _ROOT, "").values() if kind == "officeDocument"), _BOOK)
        found = _listing(parts, where, most)
        if where == _BOOK:
            _LISTINGS.put(key, found, sum(len(parts[name]) for name in (_BOOK, rels_of(_BOOK)) if name in parts) + 4 * sum(map(len, parts)))
    return found


def _listing(parts: Mapping[str, bytes], where: str, most: int) -> Listing:
    if where not in parts:
        raise UnreadableWorkbook(CANNOT_OPEN)
    root = tree(parts[where])
    links = relations(parts, rels_of(where), posixpath.dirname(where))
    entries = []
    from_1904 = False
    for element in root:
        # Only at the top: an extension may hold another element of the same name.
        if local(element) == "workbookPr":
            from_1904 = element.get("date1904") in ("1", "true")
    for element in (sheet for group in root if local(group) == "sheets" for sheet in group if local(sheet) == "sheet"):
        entries.append(_entry(element, links, parts))
        if len(entries) > most:
            raise UnreadableWorkbook(f"工作表多得不合常理（超过{most}张），为安全起见没有读取，请用发给单位的原表重新填报", refused=True)

    def named(kind: str, usual: str) -> str:
        return next((target for k, target in links.values() if k == kind and target in parts), usual if usual in parts else "")

    return Listing(tuple(entries), from_1904, named("sharedStrings", "xl/sharedstrings.xml"), named("styles", "xl/styles.xml"))


def _entry(element: etree._Element, links: Mapping[str, tuple[str, str]], parts: Mapping[str, bytes]) -> Entry:
    link = next((str(value) for key, value in element.attrib.items() if _ID.search(str(key))), "")
    kind, target = links.get(link, ("", ""))
    readable = kind == "worksheet" and target in parts
    return Entry(str(element.get("name") or ""), target if readable else None, element.get("state", "visible") != "visible", kind == "xlMacrosheet")


@lru_cache(maxsize=4096)
def rels_of(part: str) -> str:
    """The part with the relations of this one."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def relations(parts: Mapping[str, bytes], name: str, folder: str) -> dict[str, tuple[str, str]]:
    """By id, the last word of the relation's type and the part it leads to ("" for one outside the file)."""
    if name not in parts:
        return {}
    found = {}
    for element in tree(parts[name]).iter():
        if local(element) != "Relationship":
            continue
        kind = str(element.get("Type") or "").rpartition("/")[2]
        target = unquote(str(element.get("Target") or "")).replace("\\", "/")
        inside = element.get("TargetMode") != "External"
        # A target may be given from the root, and some programs leave out the slash.
        full = target if target.startswith("/") or target.lower().startswith("xl/") else posixpath.join(folder, target)
        found[str(element.get("Id") or "")] = (kind, part_name(posixpath.normpath(full)) if inside else "")
    return found


def uncounted(strings: bytes) -> bytes:
    """Shared strings without their claimed number, for which a parser would set memory aside."""
    return _SST.sub(lambda tag: _COUNTS.sub(b"", tag.group()), strings)


def longest(strings: bytes) -> int:
    """Bytes of the longest shared string, its formats counted in."""
    found = start = 0
    while (end := strings.find(b"</", start)) >= 0:
        found, start = max(found, end - start), end + 2
    return max(found, len(strings) - start)


def anchored(parts: Mapping[str, bytes], sheet: str) -> Iterator[tuple[int, int]]:
    """The cells in whose top left corner a picture of the sheet begins."""
    for kind, target in relations(parts, rels_of(sheet), posixpath.dirname(sheet)).values():
        if kind != "drawing" or target not in parts:
            continue
        try:
            anchors = tree(parts[target])
        except UnreadableWorkbook:
            continue  # a broken drawing takes nothing from the cells
        for anchor in anchors:
            if local(anchor) not in ("twoCellAnchor", "oneCellAnchor") or not any(local(e) == "pic" for e in anchor.iter()):
                continue
            corner = next((e for e in anchor if local(e) == "from"), None)
            place = {local(e): e.text or "" for e in corner} if corner is not None else {}
            if place.get("row", "").isdecimal() and place.get("col", "").isdecimal():
                yield int(place["row"]), int(place["col"])


def holds_cell_pictures(parts: Mapping[str, bytes]) -> bool:
    """Whether values of cells can be pictures, as newer Excel stores them."""
    return b"_localImage" in parts.get("xl/richdata/rdrichvaluestructure.xml", b"")


def notes(parts: Mapping[str, bytes], entries: tuple[Entry, ...]) -> list[str]:
    """In Chinese, what the file carries that was passed over."""
    found = []
    if any(name.endswith("vbaproject.bin") for name in parts) or any(entry.macro for entry in entries):
        found.append("文件里有宏，没有运行")
    if any(name.startswith("xl/externallinks/") and name.endswith((".xml", ".bin")) for name in parts):
        found.append("文件里有指向其他文件的链接，没有理会")
    if any(name.startswith(("xl/activex/", "xl/embeddings/", "xl/ctrlprops/")) for name in parts):
        found.append("文件里有控件或嵌入的对象，没有理会")
    return found
