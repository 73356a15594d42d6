"""Workbooks written byte by byte, for what no library would write."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

from kaohe.config.model import Intake
from kaohe.intake.biff import compound
from kaohe.intake.sniff import sniff
from kaohe.intake.workbook import Book, UnreadableWorkbook, read_workbook

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


MADE = (2015, 1, 5, 8, 0, 0)
"""When packed parts were last changed, where a test does not say."""


def packed(parts: Mapping[str, str | bytes], made: Mapping[str, tuple[int, int, int, int, int, int]] | None = None) -> bytes:
    """A package of these parts; ``made`` are dates of some."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in parts.items():
            info = zipfile.ZipInfo(name, (made or {}).get(name, MADE))
            info.external_attr = 0o600 << 16
            archive.writestr(info, part, zipfile.ZIP_DEFLATED, 1)
    return buffer.getvalue()


def relations(*links: tuple[str, str, str]) -> str:
    """Relations, each an id, the last word of its type and a target."""
    inside = "".join(f'<Relationship Id="{i}" Type="{OFFICE}/{kind}" Target="{target}"/>' for i, kind, target in links)
    return f'<Relationships xmlns="{LINKS}">{inside}</Relationships>'


def sheet(data: str, after: str = "", before: str = "") -> str:
    """A worksheet part with these rows."""
    return f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}">{before}<sheetData>{data}</sheetData>{after}</worksheet>'


def parts(data: str | bytes, **changed: str | bytes | None) -> dict[str, str | bytes]:
    """The parts of a workbook with one sheet, whose rows or whole part ``data`` is; others by the last word of their name."""
    whole = data if isinstance(data, bytes) or data.startswith("<?") or "sheetData" in data else sheet(data)
    found: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": relations(("d", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="表" sheetId="1" r:id="s"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("s", "worksheet", "worksheets/sheet1.xml"), ("t", "sharedStrings", "sharedStrings.xml"), ("y", "styles", "styles.xml")
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": whole,
    }
    names = {"strings": "xl/sharedStrings.xml", "styles": "xl/styles.xml", "workbook": "xl/workbook.xml", "links": "xl/_rels/workbook.xml.rels"}
    for key, part in changed.items():
        if part is None:
            found.pop(names[key], None)
        else:
            found[names[key]] = part
    return found


def book(data: str | bytes, **changed: str | bytes | None) -> bytes:
    """A workbook with one sheet."""
    return packed(parts(data, **changed))


def ods(rows: str, before: str = "", manifest: str = "<manifest/>") -> bytes:
    """An OpenDocument workbook with one sheet."""
    names = " ".join(f'xmlns:{n}="urn:{n}"' for n in ("office", "table", "text", "calcext", "draw", "style", "svg"))
    content = (
        f"<office:document-content {names}>{before}<office:body><office:spreadsheet>"
        f'<table:table table:name="表">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    return packed({"mimetype": ODS, "META-INF/manifest.xml": manifest, "content.xml": content})


def record(kind: int, data: bytes = b"") -> bytes:
    """One record of an old .xls workbook."""
    return kind.to_bytes(2, "little") + len(data).to_bytes(2, "little") + data


def xls(*records: bytes, globals_: bytes = b"") -> bytes:
    """An old workbook with one sheet of these records."""
    begin = b"\x00\x06%b\x00" + bytes(10)
    head = record(0x0809, begin.replace(b"%b", b"\x05")) + globals_
    bound = record(0x0085, (len(head) + 4 + 6 + 2 + 1 + 4).to_bytes(4, "little") + b"\0\0" + b"\x01\0S")
    page = record(0x0809, begin.replace(b"%b", b"\x10")) + b"".join(records) + record(0x000A)
    return compound(head + bound + record(0x000A) + page)


def read(data: bytes, **limits: int) -> Book:
    """The workbook, within the usual bounds or these."""
    return read_workbook(data, sniff(data), Intake(**limits))


def fault(data: bytes, **limits: int) -> tuple[str, bool]:
    """Why a workbook is not read, and whether out of caution."""
    try:
        found = read(data, **limits)
    except UnreadableWorkbook as error:
        return str(error), error.refused
    raise AssertionError(f"read: {[(s.name, s.rows[:3]) for s in found.sheets]}")
