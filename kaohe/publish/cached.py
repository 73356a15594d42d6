"""Last known results of formulas, put back into a workbook that openpyxl wrote without them.

Without them a program that does not calculate (a preview in mail or on a phone, this system's own intake) would see blank cells.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile

from lxml import etree
from openpyxl.utils.datetime import to_excel
from openpyxl.workbook import Workbook

Results: TypeAlias = Mapping[str, Mapping[str, object]]
"""Sheet name to cell address to result."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")


def formula_results(book: Workbook, values: Workbook) -> Results:
    """Results of all formulas of ``book``; ``values`` is the same file opened with ``data_only``."""
    found: dict[str, dict[str, object]] = {}
    for sheet in book.worksheets:
        results = values[sheet.title]
        cells = [cell for cell in sheet._cells.values() if cell.data_type == "f"]  # a walk over rows would make every cell between two far ones
        found[sheet.title] = {cell.coordinate: _plain(value, values) for cell in cells if (value := results[cell.coordinate].value) is not None}
    return found


def put_back(data: bytes, titles: Sequence[str], results: Results) -> bytes:
    """The workbook ``data`` with ``results``; ``titles`` are its worksheets in order, as openpyxl numbers their parts."""
    parts = {f"xl/worksheets/sheet{n}.xml": results[title] for n, title in enumerate(titles, 1) if results.get(title)}
    packed = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as source, ZipFile(packed, "w", ZIP_DEFLATED) as target:
        for member in source.infolist():
            content = source.read(member)
            target.writestr(member, _with_results(content, parts[member.filename]) if member.filename in parts else content)
    return packed.getvalue()


def _with_results(xml: bytes, results: Mapping[str, object]) -> bytes:
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    for cell in root.iter(f"{_MAIN}c"):
        address = cell.get("r", "")
        if address not in results or cell.find(f"{_MAIN}f") is None:
            continue
        kind, text = _stored(results[address])
        value = cell.find(f"{_MAIN}v")
        if value is None:
            value = etree.SubElement(cell, f"{_MAIN}v")
        value.text = text
        if kind:
            cell.set("t", kind)
        elif "t" in cell.attrib:
            del cell.attrib["t"]
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _stored(value: object) -> tuple[str, str]:
    """Type and text of a result in a cell's XML."""
    if isinstance(value, bool):
        return "b", str(int(value))
    if isinstance(value, str):
        return ("e" if value in _ERRORS else "str"), value
    return "", repr(value)


def _plain(value: object, book: Workbook) -> object:
    """A result as a number, truth value or text: dates go back to serial numbers."""
    if isinstance(value, datetime | date | time | timedelta):
        return float(to_excel(value, book.epoch))  # type: ignore[no-untyped-call]
    return value if isinstance(value, bool | int | float | str) else str(value)
