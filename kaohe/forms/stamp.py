"""One copy of the master for each unit: only the stamped cells are rewritten, everything else stays as the office left it."""

import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from xml.sax.saxutils import escape

from lxml import etree

from kaohe.config.model import Config, Unit
from kaohe.forms.layout import MACHINE_SHEET, MAGIC
from kaohe.raw_zip import Fixed, Member, fixed, members, packed, spliced
from kaohe.text import clean, date_text

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TARGET = re.compile(r"^'?(?P<sheet>[^'!]+)'?!\$?(?P<column>[A-Z]+)\$?(?P<row>\d+)$")
_EPOCH = date(1899, 12, 30)

STAMPS = (
    "st_unit_code",
    "st_unit_name",
    "st_period_start",
    "st_period_end",
    "st_main_unit",
    "st_guide_unit",
    "st_guide_deadline",
    "st_guide_contact",
)
"""Defined names of the cells that a copy fills in."""


class MasterFault(Exception):
    """The master cannot be used; the message says in Chinese why and what to do."""


@dataclass(frozen=True)
class _Place:
    part: str
    cell: str


class Master:
    """A master form, read once and stamped many times."""

    def __init__(self, data: bytes) -> None:
        """Raises MasterFault when the workbook is not a master of ours or has lost a stamped cell."""
        try:
            self._members = members(data)
            self._parts = {entry.name: entry.content() for entry in self._members}
        except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError) as error:
            raise MasterFault("填报表母版打不开，请用 forms --rebuild 重做，或换回没有损坏的一份") from error
        self._sheets = self._sheet_parts()
        self.machine = self._machine_data()
        self._segments = self._cut(self._places())

    def stamp(self, values: Mapping[str, str | int]) -> bytes:
        """A copy with these values (stamp name → text or number) in the stamped cells.

        Raises KeyError when a stamp has no value.
        """
        bodies = {stamp: _cell_body(values[stamp]) for stamp in STAMPS}
        return packed(self._filled(entry, bodies) for entry in self._members)

    def _filled(self, entry: Member, bodies: Mapping[str, bytes]) -> Member:
        pieces = self._segments.get(entry.name)
        return entry if pieces is None else spliced(entry.name, [bodies[p] if isinstance(p, str) else p for p in pieces])

    def _sheet_parts(self) -> dict[str, str]:
        """Part name of each sheet."""
        try:
            workbook = etree.fromstring(self._parts["xl/workbook.xml"])
            relations = etree.fromstring(self._parts["xl/_rels/workbook.xml.rels"])
        except (KeyError, etree.XMLSyntaxError) as error:
            raise MasterFault("填报表母版不是 .xlsx 工作簿，请另存为 .xlsx，或用 forms --rebuild 重做") from error
        targets = {r.get("Id"): str(r.get("Target")) for r in relations}
        return {
            str(sheet.get("name")): str(PurePosixPath("xl") / targets[sheet.get(_RELATION)].removeprefix("/xl/"))
            for sheet in workbook.iter(f"{_MAIN}sheet")
        }

    def _places(self) -> dict[str, _Place]:
        workbook = etree.fromstring(self._parts["xl/workbook.xml"])
        names = {str(n.get("name")): (n.text or "") for n in workbook.iter(f"{_MAIN}definedName")}
        places = {}
        for stamp in STAMPS:
            target = _TARGET.match(names.get(stamp, ""))
            if target is None or target["sheet"] not in self._sheets:
                raise MasterFault(f"填报表母版里找不到名称“{stamp}”，可能被删掉了，请用 forms --rebuild 重做母版")
            places[stamp] = _Place(self._sheets[target["sheet"]], f"{target['column']}{target['row']}")
        return places

    def _cut(self, places: Mapping[str, _Place]) -> dict[str, list[Fixed | str]]:
        """Each part with stamped cells, cut at them: what is fixed is compressed once, names stand for what a copy fills in."""
        cut: dict[str, list[Fixed | str]] = {}
        for part in {place.part for place in places.values()}:
            try:
                tree = etree.fromstring(self._parts[part])
            except (KeyError, etree.XMLSyntaxError) as error:
                raise MasterFault("填报表母版打不开，请用 forms --rebuild 重做，或换回没有损坏的一份") from error
            cells = {str(c.get("r")): c for c in tree.iter(f"{_MAIN}c")}
            for stamp, place in places.items():
                if place.part != part:
                    continue
                cell = cells.get(place.cell)
                if cell is None and part == self._sheets[MACHINE_SHEET]:
                    cell = _empty_cell(tree, place.cell)  # office programs drop cells that hold nothing
                if cell is None:
                    raise MasterFault(f"填报表母版的单元格 {place.cell} 不见了（名称“{stamp}”），请用 forms --rebuild 重做母版")
                for child in list(cell):
                    cell.remove(child)
                if "t" in cell.attrib:
                    del cell.attrib["t"]
                cell.text = f"\ue000{stamp}\ue000"
            text = etree.tostring(tree, encoding="UTF-8", xml_declaration=True, standalone=True).decode("utf-8")
            pieces: list[Fixed | str] = []
            before = opening = ""
            for n, piece in enumerate(re.split("(<c [^>]*>)\ue000(st_[a-z_]+)\ue000</c>", text)):
                if n % 3 == 1:
                    opening = piece
                elif n % 3 == 2:
                    pieces += [fixed(f"{before}{opening.removesuffix('>')}".encode()), piece]
                else:
                    before = piece
            cut[part] = [*pieces, fixed(before.encode())]
        return cut

    def _machine_data(self) -> dict[str, str]:
        """Keys and values of the hidden sheet (only what the master itself says; see intake for returned forms)."""
        if MACHINE_SHEET not in self._sheets:
            raise MasterFault("填报表母版缺少隐藏的系统工作表，请用 forms --rebuild 重做母版")
        shared = self._shared_strings()
        column: dict[str, dict[str, str]] = {"A": {}, "B": {}}
        for cell in etree.fromstring(self._parts[self._sheets[MACHINE_SHEET]]).iter(f"{_MAIN}c"):
            letter, row = re.sub(r"\d", "", str(cell.get("r"))), re.sub(r"\D", "", str(cell.get("r")))
            if letter in column:
                raw = "".join(str(text) for text in cell.itertext())
                column[letter][row] = shared[int(raw)] if cell.get("t") == "s" else raw
        if column["A"].get("1") != MAGIC:
            raise MasterFault("填报表母版的系统工作表被改动过，请用 forms --rebuild 重做母版")
        return {key: column["B"].get(row, "") for row, key in column["A"].items()}

    def sheet_texts(self) -> list[frozenset[str]]:
        """Every text that stands in a cell, sheet by sheet."""
        shared = self._shared_strings()
        texts = []
        for part in self._sheets.values():
            found = set()
            for cell in etree.fromstring(self._parts[part]).iter(f"{_MAIN}c"):
                raw = "".join(str(text) for text in cell.itertext())
                found.add(shared[int(raw)] if cell.get("t") == "s" else raw)
            texts.append(frozenset(found))
        return texts

    def _shared_strings(self) -> list[str]:
        part = self._parts.get("xl/sharedStrings.xml")
        return ["".join(t.text or "" for t in item.iter(f"{_MAIN}t")) for item in etree.fromstring(part)] if part else []


def _empty_cell(tree: etree._Element, reference: str) -> etree._Element | None:
    """A new cell of a column after A, where the row still stands."""
    row = next((r for r in tree.iter(f"{_MAIN}row") if r.get("r") == re.sub(r"\D", "", reference)), None)
    if row is None or len(row) == 0 or re.sub(r"\d", "", str(row[0].get("r"))) != "A":
        return None
    cell = etree.Element(f"{_MAIN}c", r=reference)
    row.insert(1, cell)
    return cell


def stamp_values(config: Config, unit: Unit) -> dict[str, str | int]:
    """What a unit's copy says in the stamped cells."""
    contact = f"联系电话：{config.issuer.contact}　{config.issuer.phone}　{config.issuer.email}"
    return {
        "st_unit_code": unit.code,
        "st_unit_name": unit.name,
        "st_period_start": (config.period.start - _EPOCH).days,
        "st_period_end": (config.period.end - _EPOCH).days,
        "st_main_unit": f"填报单位：{unit.name}",
        "st_guide_unit": f"填报单位：{unit.name}",
        "st_guide_deadline": f"报送截止：{date_text(config.deadline)}",
        "st_guide_contact": contact,
    }


def _cell_body(value: str | int) -> bytes:
    """The rest of a ``<c …`` element: a number, or text that can never be a formula."""
    if isinstance(value, int):
        return f"><v>{value}</v></c>".encode()
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(clean(value))}</t></is></c>'.encode()
