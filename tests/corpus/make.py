"""What the builders of several themes share: packages taken apart, other office programs' formats, tables typed into them."""

import hashlib
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping, MutableMapping
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from openpyxl import Workbook

from tests.support.changed import book, page, retyped, sound
from tests.support.forms import saved, sound_fields
from tests.support.packages import ods, packed, record, relations, xls

SCAN = b"\xff\xd8\xff\xe0\x00\x10JFIF scan"
SOFFICE = shutil.which("soffice")
Parts: TypeAlias = MutableMapping[str, bytes]


def parts_of(data: bytes) -> dict[str, bytes]:
    """A package's parts."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def edited(change: Callable[[Parts], Any], data: bytes | None = None) -> bytes:
    """The sound form (or another package) with its parts changed."""
    parts: dict[str, Any] = parts_of(sound() if data is None else data)
    change(parts)
    return packed(parts)


def replaced(name: str, old: str, new: str) -> Callable[[Parts], None]:
    """Text of one part changed, once."""

    def change(parts: Parts) -> None:
        text = parts[name].decode()
        assert old in text, (name, old)
        parts[name] = text.replace(old, new, 1).encode()

    return change


def form(*changes: Callable[[Workbook], Any], of: Callable[[], Workbook] = book) -> bytes:
    """The sound form (or another workbook) changed as with an office program."""
    workbook = of()
    for change in changes:
        change(workbook)
    return saved(workbook)


def sheet_part(name: str) -> str:
    """The part in which a sheet of the sound form lies."""
    return f"xl/worksheets/sheet{book_names().index(name) + 1}.xml"


@cache
def book_names() -> tuple[str, ...]:
    """The sheets of the sound form in order."""
    return tuple(book().sheetnames)


@cache
def office_saved(filter_name: str) -> bytes:
    """The sound form opened by LibreOffice and saved under this export filter, such as ``xls:MS Excel 97``."""
    assert SOFFICE is not None
    suffix = filter_name.partition(":")[0]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "表.xlsx").write_bytes(sound())
        profile = f"-env:UserInstallation={(home / 'profile').as_uri()}"
        command = [SOFFICE, profile, "--headless", "--convert-to", filter_name, "--outdir", str(home / "out"), str(home / "表.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return (home / "out" / f"表.{suffix}").read_bytes()


@cache
def typed_table() -> tuple[tuple[Any, ...], ...]:
    """The rows of a form typed over by hand into one sheet: numbers, labels, values; no lists."""
    return tuple(page(retyped(sound_fields()), "Sheet1").iter_rows(values_only=True))


def _cells(rows: tuple[tuple[Any, ...], ...]) -> list[list[tuple[int, Any]]]:
    return [[(column, value) for column, value in enumerate(row) if value is not None] for row in rows]


def typed_xls(version: int = 8) -> bytes:
    """That table as an Excel 97 workbook."""
    records = []
    for row, cells in enumerate(_cells(typed_table())):
        for column, value in cells:
            head = pack("<HHH", row, column, 0)
            text = str(value)
            label = head + pack("<HB", len(text), 1) + text.encode("utf-16-le")
            records.append(record(0x0204, label) if isinstance(value, str) else record(0x0203, head + pack("<d", value)))
    return xls(*records)


def typed_ods() -> bytes:
    """That table as an OpenDocument workbook."""
    rows = []
    for cells in _cells(typed_table()):
        line, at = "", 0
        for column, value in cells:
            blank = f'<table:table-cell table:number-columns-repeated="{column - at}"/>' if column > at else ""
            kind = 'office:value-type="string"' if isinstance(value, str) else f'office:value-type="float" office:value="{value}"'
            line += f"{blank}<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"
            at = column + 1
        rows.append(f"<table:table-row>{line}</table:table-row>")
    return ods("".join(rows))


def locked_ods(password: str, derivation: str = "PBKDF2") -> bytes:
    """That workbook locked part by part, as LibreOffice does."""
    parts = parts_of(typed_ods())
    namespace = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    entries = ""
    for number, name in enumerate(("styles.xml", "content.xml")):
        content = parts.get(name, b"<styles/>")
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        plain = packer.compress(content) + packer.flush()
        salt, vector = bytes([number]) * 16, bytes(range(16))
        key = hashlib.pbkdf2_hmac("sha1", hashlib.sha256(password.encode()).digest(), salt, 1000, 32)
        checksum = hashlib.sha256(plain[:1024]).digest()
        rest = 16 - len(plain) % 16
        mixer = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
        parts[name] = mixer.update(plain + bytes(rest - 1) + bytes([rest])) + mixer.finalize()
        entries += (
            f'<m:file-entry m:full-path="{name}" m:size="{len(content)}">'
            f'<m:encryption-data m:checksum-type="{namespace}#sha256-1k" m:checksum="{b64encode(checksum).decode()}">'
            f'<m:algorithm m:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc" m:initialisation-vector="{b64encode(vector).decode()}"/>'
            '<m:start-key-generation m:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256" m:key-size="32"/>'
            f'<m:key-derivation m:key-derivation-name="{derivation}" m:key-size="32" m:iteration-count="1000" m:salt="{b64encode(salt).decode()}"/>'
            "</m:encryption-data></m:file-entry>"
        )
    parts["META-INF/manifest.xml"] = f'<m:manifest xmlns:m="{namespace}">{entries}</m:manifest>'.encode()
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # what is locked is not compressed again
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return buffer.getvalue()


def typed_xlsb() -> bytes:
    """That table as a binary .xlsb workbook."""

    def wide(text: str) -> bytes:
        return pack("<I", len(text)) + text.encode("utf-16-le")

    def piece(kind: int, data: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
        size = len(data)
        return head + (bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])) + data

    rows = b""
    for row, cells in enumerate(_cells(typed_table())):
        rows += piece(0, pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))
        for column, value in cells:
            place = pack("<II", column, 0)
            rows += piece(6, place + wide(value)) if isinstance(value, str) else piece(5, place + pack("<d", value))
    height, width = len(typed_table()), 5
    sheet = piece(129) + piece(148, pack("<IIII", 0, height - 1, 0, width - 1)) + piece(145) + rows + piece(146) + piece(130)
    workbook = piece(131) + piece(143) + piece(156, pack("<II", 0, 1) + wide("s") + wide("Sheet1")) + piece(144) + piece(132)
    return packed(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": relations(("d", "officeDocument", "xl/workbook.bin")),
            "xl/workbook.bin": workbook,
            "xl/_rels/workbook.bin.rels": relations(("s", "worksheet", "worksheets/sheet1.bin")),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def renamed(parts: Mapping[str, bytes], change: Callable[[str], str]) -> bytes:
    """A package whose parts have other names."""
    return packed({change(name): part for name, part in parts.items()})
