"""Whether a returned workbook is nothing but our form filled in, told from its parts without opening it.

Nearly all are. Only such a package may be marked by changing the few parts that differ: it has no part, no formula, no name, no link and
no rule that the form does not have, so there is nothing in it to be left out. Whatever is not certain is not plain.
"""

import html
import re
import struct
import zlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from zipfile import BadZipFile

from lxml import etree

from kaohe.forms.layout import MACHINE_SHEET, MAGIC
from kaohe.publish.correction_list import LIST_SHEET
from kaohe.publish.formula_text import LOCAL, OUTSIDE, shape
from kaohe.raw_zip import Member, members_and_contents

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NS = f"{{{MAIN}}}"
WORKBOOK, LINKS, TYPES, STYLES, STRINGS = (
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "[Content_Types].xml",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
)
_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core|custom)\.xml|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/styles\.xml"
    r"|xl/sharedStrings\.xml|xl/calcChain\.xml|xl/theme/theme\d{1,2}\.xml|xl/worksheets/sheet\d{1,3}\.xml"
)
_KINDS = frozenset(("worksheet", "styles", "theme", "sharedStrings", "calcChain"))
_WORKBOOK_HAS = frozenset(
    f"{NS}{name}" for name in ("fileVersion", "workbookPr", "workbookProtection", "bookViews", "sheets", "definedNames", "calcPr")
)
_SHEET_HAS = frozenset(
    b"sheetPr tabColor outlinePr pageSetUpPr dimension sheetViews sheetView pane selection sheetFormatPr cols col sheetData row c f v is t r rPr rFont sz b"
    b" i u strike color family charset scheme vertAlign sheetProtection autoFilter mergeCells mergeCell conditionalFormatting cfRule formula"
    b" dataValidations dataValidation formula1 formula2 printOptions pageMargins pageSetup headerFooter oddHeader oddFooter evenHeader"
    b" hyperlinks hyperlink evenFooter firstHeader firstFooter rowBreaks colBreaks brk worksheet phoneticPr ignoredErrors ignoredError".split()
)
_OFTEN = (b"c", b"v", b"f", b"row", b"t", b"is")
"""Tags that a sheet has by the thousand: alternatives are tried in their order."""
_OTHER_TAG = re.compile(rb"<(?!/?(?:" + b"|".join((*_OFTEN, *sorted(_SHEET_HAS.difference(_OFTEN)))) + rb")[\s/>])")
_RELATED = re.compile(rb":id\s*=")
_PROLOG = re.compile(
    rb"""(?:\xef\xbb\xbf)?(?:<\?xml version=["']1\.0["'](?: encoding=["'][uU][tT][fF]-8["'])?(?: standalone=["']\w+["'])?\s*\?>)?\s*"""
)
_DECLARED, _INSTRUCTION = re.compile(rb"<!"), re.compile(rb"<\?")
_MOST_CELLS, _MOST_BYTES = 150_000, 60 * 1024 * 1024
_MOST_CHECKED = 10_000
_FORMULA = re.compile(rb"<f((?:\s[^<>]*)?)(?:/>|>([^<]*)</f>)")
_FORMULA_COUNT = re.compile(rb"<f[> /]")
_PLAIN_FORMULA = re.compile(rb"""(?:\s+(?:aca|ca)=["'](?:false|true|0|1)["'])*\s*""")
_LINK = re.compile(rb"<hyperlink\s([^<>]*)>")
_LOCATION = re.compile(rb"""(?:^|\s)location=(?:"([^"]*)"|'([^']*)')""")
_RULE_FORMULA = re.compile(rb"<formula[12]?(?:\s[^<>]*)?>([^<]*)</formula[12]?>")
_RULE_COUNT = re.compile(rb"<formula[12]?[\s>]")
_LEAD = rb"(?:[=+\-@\t\r]|&#(?:0*(?:61|43|45|64|9|13)|[xX]0*(?:3[dD]|2[bB]|2[dD]|40|9|[dD]));)"
_LEADING = re.compile(rb"<t(?:\s[^<>]*)?>" + _LEAD)
_LEADING_RESULT = re.compile(rb"str[\"'][^<>]*>\s*<v(?:\s[^<>]*)?>" + _LEAD)
"""The result of a formula, in a cell of the type ``str``."""
_STRING = re.compile(rb"<si(?:\s[^<>]*)?>(.*?)</si>|<si/>", re.DOTALL)
_TEXT = re.compile(rb"<t(?:\s[^<>]*)?>([^<]*)</t>")
_TITLES = re.compile(r"'?[^'\[\]!|:/\\]+'?!\$\d+:\$\d+")
_OWN_NAMES = ("_xlnm.Print_Area", "_xlnm.Print_Titles")


@dataclass(frozen=True)
class Plain:
    """A plain package: its members in order, the sheets' titles and parts in order, and the trees of its small parts."""

    members: Mapping[str, Member]
    sheets: Mapping[str, str]
    contents: Mapping[str, bytes]
    workbook: etree._Element
    form_hash: str
    leading: frozenset[int]
    """Places of the shared strings that a program would take for a formula when a cell is edited."""


@dataclass
class Own:
    """What every unit's form has of formulas (by shape) and names; formulas found good are remembered as they are written."""

    formulas: frozenset[str]
    names: frozenset[str]
    known: set[tuple[bytes, bytes]] = field(default_factory=set)
    checked: set[bytes] = field(default_factory=set)
    """Digests of sheets found good, as they were compressed: those that units do not fill in are the same in many returns."""


def own_of(form: bytes) -> Own:
    """The formulas and names of a form of ours."""
    contents = {entry.name: content for entry, content in members_and_contents(form)}
    trees = [_tree(content) for name, content in contents.items() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
    formulas = frozenset(shape(f"={formula.text}") for tree in trees for formula in tree.iter(f"{NS}f") if formula.text)
    names = _tree(contents[WORKBOOK]).iterfind(f"{NS}definedNames/{NS}definedName")
    return Own(formulas, frozenset(str(name.get("name")) for name in names if name.get("localSheetId") is None))


class NotPlain(Exception):
    """There is something in the package that has to be looked at more closely."""


def plain_package(data: bytes, own: Own) -> Plain:
    """The package, if it is nothing but the form filled in. Raises NotPlain."""
    try:
        listed = members_and_contents(data, _MOST_BYTES)
    except (BadZipFile, zlib.error, struct.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        raise NotPlain from None
    found, contents = {entry.name: entry for entry, _ in listed}, {entry.name: content for entry, content in listed}
    if len(found) != len(listed) or not all(_PARTS.fullmatch(name) for name in found) or not {WORKBOOK, LINKS, TYPES, STYLES} <= found.keys():
        raise NotPlain
    for content in contents.values():
        prolog = _PROLOG.match(content)
        assert prolog is not None
        if _DECLARED.search(content) or _INSTRUCTION.search(content, prolog.end()) or content[prolog.end() : prolog.end() + 1] != b"<":
            raise NotPlain  # declared entities, comments, sections, another encoding: what a search sees is not what a parser sees
    workbook = _tree(contents[WORKBOOK])
    sheets = _sheets(workbook, contents)
    _drop_foreign(workbook, own.names)
    if b"<property" in contents.get("docProps/custom.xml", b""):
        raise NotPlain
    if all(sum(contents[part].count(sign) for part in sheets.values()) > _MOST_CELLS for sign in (b"<", b"<c ")):  # one sign is counted much faster
        raise NotPlain
    for part in sheets.values():
        digest = sha256(b"%d " % found[part].method + found[part].packed).digest()
        if digest not in own.checked:
            _check_sheet(contents[part], own)
            if len(own.checked) < _MOST_CHECKED:
                own.checked.add(digest)
    strings = contents.get(STRINGS, b"")
    return Plain(found, sheets, contents, workbook, _form_hash(contents[sheets[MACHINE_SHEET]], strings), _leading(strings))


def _tree(part: bytes) -> etree._Element:
    try:
        return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True))
    except etree.XMLSyntaxError:
        raise NotPlain from None


def _sheets(workbook: etree._Element, contents: Mapping[str, bytes]) -> dict[str, str]:
    if workbook.tag != f"{NS}workbook":
        raise NotPlain
    targets = {}
    for link in _tree(contents[LINKS]):
        kind, target = str(link.get("Type")).rpartition("/")[2], str(link.get("Target"))
        if kind not in _KINDS or link.get("TargetMode") is not None:
            raise NotPlain
        targets[str(link.get("Id"))] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    found = {}
    for sheet in workbook.iterfind(f"{NS}sheets/{NS}sheet"):
        part, title = targets.get(str(sheet.get(f"{{{OFFICE}}}id")), ""), str(sheet.get("name"))
        if part not in contents or title.startswith(LIST_SHEET) or not part.startswith("xl/worksheets/"):
            raise NotPlain
        found[title] = part
    if MACHINE_SHEET not in found or len(set(found.values())) != sum(name.startswith("xl/worksheets/") for name in contents):
        raise NotPlain
    return found


def _drop_foreign(workbook: etree._Element, names: Container[str]) -> None:
    """Without what programs add for themselves, as openpyxl leaves it out. Names that are not the form's make it not plain."""
    for child in list(workbook):
        if child.tag in (f"{NS}externalReferences", f"{NS}pivotCaches"):
            raise NotPlain
        if child.tag not in _WORKBOOK_HAS:
            workbook.remove(child)
    for defined in workbook.iterfind(f"{NS}definedNames/{NS}definedName"):
        name, text = str(defined.get("name")), defined.text or ""
        fits = name in _OWN_NAMES if defined.get("localSheetId") is not None else name in names
        if not fits or not (LOCAL.fullmatch(text) or (name == _OWN_NAMES[1] and _TITLES.fullmatch(text))):
            raise NotPlain


def _leading(strings: bytes) -> frozenset[int]:
    if not _LEADING.search(strings):
        return frozenset()
    return frozenset(n for n, match in enumerate(_STRING.finditer(strings)) if _LEADING.search(match.group()))


def _check_sheet(part: bytes, own: Own) -> None:
    """The form's tags alone, without prefixes; no link, no formula and no rule but the form's own."""
    if _RELATED.search(part) or _OTHER_TAG.search(part, part.find(b"<worksheet")):
        raise NotPlain
    if _LEADING.search(part) or _LEADING_RESULT.search(part):
        raise NotPlain  # seldom written into the cell itself, and then to be marked as text
    links = _LINK.findall(part)
    if len(links) != part.count(b"<hyperlink ") or not all(_stays(link) for link in links):
        raise NotPlain
    formulas = _FORMULA.findall(part)
    if len(formulas) != len(_FORMULA_COUNT.findall(part)):
        raise NotPlain
    for attributes, text in set(formulas) - own.known:
        if not _PLAIN_FORMULA.fullmatch(attributes) or shape(f"={html.unescape(text.decode())}") not in own.formulas:
            raise NotPlain
        own.known.add((attributes, text))
    rules = _RULE_FORMULA.findall(part)
    if len(rules) != len(_RULE_COUNT.findall(part)) or any(_reaches_out(rule) for rule in rules):
        raise NotPlain


@lru_cache(2000)
def _stays(link: bytes) -> bool:
    """Whether a link leads to a cell of the workbook."""
    match = _LOCATION.search(link)
    return match is not None and LOCAL.fullmatch(html.unescape((match.group(1) or match.group(2) or b"").decode())) is not None


@lru_cache(2000)
def _reaches_out(rule: bytes) -> bool:
    return OUTSIDE.search(html.unescape(rule.decode())) is not None


def _form_hash(part: bytes, strings: bytes) -> str:
    """What the hidden sheet says of the form's inputs."""
    shared: list[bytes] = []
    column: dict[str, str] = {}
    for cell in _tree(part).iter(f"{NS}c"):
        raw = "".join(str(text) for text in cell.itertext())
        if cell.get("t") == "s":
            shared = shared or _STRING.findall(strings)
            raw = html.unescape(b"".join(_TEXT.findall(shared[int(raw)])).decode())
        column[str(cell.get("r"))] = raw
    if column.get("A1") != MAGIC:
        raise NotPlain
    return next((column.get(f"B{row}", "") for row in range(2, 41) if column.get(f"A{row}") == "form_hash"), "")
