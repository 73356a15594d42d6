"""A locked workbook opens with the office's own passwords, and with nothing else."""

import random
import struct
import subprocess
import time
import zipfile
from dataclasses import replace
from hashlib import md5
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import olefile
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.method.rc4 import DocumentRC4

from kaohe.intake.locked import EXCELS_OWN, unlock
from kaohe.intake.locked_ods import unlock_ods
from kaohe.intake.look import look_into
from kaohe.intake.record import Verdict
from kaohe.intake.sniff import Kind, sniff
from kaohe.store import MemoryStore
from tests.corpus.make import SOFFICE, locked_ods, typed_ods
from tests.support.forms import filled, program_office, sound_fields
from tests.support.packages import book, fault, packed, parts, read, record, xls

OFFICE = program_office()
ONE = '<row r="1"><c r="A1"><v>1</v></c></row>'
WAITING = "文件设了打开密码，请把密码清空、保存后重新报送（WPS 在“文件—文档加密—密码加密”里，Excel 在“文件—信息—保护工作簿—用密码进行加密”里）"


def locked(password: str) -> bytes:
    """A workbook locked whole, as Excel does."""
    buffer = BytesIO()
    package = packed(parts(ONE) | {"xl/media/image1.png": random.Random(1).randbytes(5000)})  # no honest one is smaller
    OOXMLFile(BytesIO(package)).encrypt(password, buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def with_password() -> bytes:
    return locked("郑州2014")


def test_the_right_password_among_several(with_password: bytes) -> None:
    assert sniff(with_password) is Kind.LOCKED
    assert fault(with_password) == (WAITING, False)
    plain = unlock(with_password, ["", "错的", "郑州2014"])
    assert plain is not None
    assert sniff(plain) is Kind.XLSX
    assert read(plain).sheets[0].rows == [[1.0]]


def test_no_password_fits(with_password: bytes) -> None:
    assert unlock(with_password, ["错的", "也错"]) is None
    assert unlock(with_password, []) is None


def test_a_workbook_that_excel_opens_without_asking() -> None:
    plain = unlock(locked(EXCELS_OWN), [])
    assert plain is not None
    assert read(plain).sheets[0].rows == [[1.0]]


@pytest.mark.parametrize("turns", [b"9999999", b"99999999999999999999"])
def test_a_lock_that_would_take_for_ever_is_not_tried(with_password: bytes, turns: bytes) -> None:
    mark = b'spinCount="100000" '
    assert with_password.count(mark) == 1
    longer = with_password.replace(mark + b'saltSize="16"', (b'spinCount="%b"' % turns).ljust(len(mark) + 13))
    assert len(longer) == len(with_password)
    started = time.process_time()
    assert unlock(longer, ["郑州2014"]) is None
    assert time.process_time() - started < 1


def test_definitions_in_the_lock_are_not_read(with_password: bytes) -> None:
    text = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    assert with_password.count(text) == 1
    assert unlock(with_password.replace(text, b'<!DOCTYPE x [<!ENTITY a "b">]>'.ljust(len(text))), ["郑州2014"]) is None


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), bytes(600), book(ONE)])
def test_what_is_not_locked_is_left(data: bytes) -> None:
    assert unlock(data, ["x"]) is None


def test_damage_opens_nothing(with_password: bytes) -> None:
    for size in range(0, len(with_password), 701):
        assert unlock(with_password[:size], ["错的"]) is None


def locked_cells(password: str) -> bytes:
    """An old workbook whose records are locked with RC4, as Excel 97 does."""
    salt, verifier = bytes(range(16)), bytes(16)
    proof = DocumentRC4.decrypt(password, salt, BytesIO(verifier + md5(verifier).digest())).read()
    number = record(0x0203, struct.pack("<HHHd", 0, 0, 0, 1.0))
    filler = record(0x005C, bytes(3))  # brings the end of the last record to where the library expects it
    plain = xls(number, globals_=record(0x002F, struct.pack("<HHH", 1, 1, 1) + salt + proof) + filler)
    with olefile.OleFileIO(BytesIO(plain)) as ole:
        stream: bytes = ole.openstream("Workbook").read()
    mixed = bytearray(DocumentRC4.decrypt(password, salt, BytesIO(stream), blocksize=1024).read())
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        open_bytes = 4 + {0x0809: size, 0x002F: size, 0x0085: 4}.get(kind, 0)
        mixed[at : at + open_bytes] = stream[at : at + open_bytes]
        at += 4 + size
    return plain.replace(stream, bytes(mixed))


def test_an_old_workbook_with_locked_cells() -> None:
    waiting = locked_cells("secret")
    assert sniff(waiting) is Kind.XLS
    assert fault(waiting) == (WAITING, False)
    assert unlock(waiting, ["wrong"]) is None
    opened = unlock(waiting, ["wrong", "secret"])
    assert opened is not None
    assert read(opened).sheets[0].rows == [[1.0]]


def test_an_old_workbook_without_a_lock_is_left() -> None:
    assert unlock(xls(record(0x0203, struct.pack("<HHHd", 0, 0, 0, 1.0))), ["x"]) is None


def repacked_manifest(data: bytes, old: bytes, new: bytes) -> bytes:
    """The same package with its list of parts changed."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as before, zipfile.ZipFile(buffer, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            assert name != "META-INF/manifest.xml" or old in part
            after.writestr(name, part.replace(old, new) if name == "META-INF/manifest.xml" else part)
    return buffer.getvalue()


def test_a_locked_opendocument_workbook_asks_no_more_than_is_bounded() -> None:
    """Turns and size as the manifest claims them, passwords that do not fit, damage: each means that it does not open."""
    data = locked_ods("郑州2014")
    opened = unlock_ods(data, ["", "错的", "郑州2014"], 1 << 20)
    assert opened is not None
    assert sniff(opened) is Kind.ODS
    assert read(opened).sheets[0].rows == read(typed_ods()).sheets[0].rows
    assert unlock_ods(data, ["错的"], 1 << 20) is None
    assert unlock_ods(data, ["郑州2014"], 1000) is None
    assert unlock_ods(repacked_manifest(data, b'iteration-count="1000"', b'iteration-count="1000001"'), ["郑州2014"], 1 << 20) is None
    assert unlock_ods(repacked_manifest(data, b"<m:manifest", b'<!DOCTYPE x [<!ENTITY a "b">]><m:manifest'), ["郑州2014"], 1 << 20) is None
    for size in range(0, len(data), 701):
        assert unlock_ods(data[:size], ["郑州2014"], 1 << 20) is None
    assert unlock_ods(typed_ods(), ["郑州2014"], 1 << 20) is None


# ── as an office program locks ──

LIBRARY = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">'
    '<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" '
    'library:passwordprotected="false"><library:element library:name="Locking"/></library:library>'
)
MODULE = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">'
    '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Locking" script:language="StarBasic">{}</script:module>'
)
MACRO = """Sub Main
Dim how(0) As New com.sun.star.beans.PropertyValue
Dim saving(1) As New com.sun.star.beans.PropertyValue
how(0).Name = "Hidden" : how(0).Value = True
workbook = StarDesktop.loadComponentFromURL("{source}", "_blank", 0, how())
saving(0).Name = "FilterName" : saving(0).Value = "calc8"
saving(1).Name = "Password" : saving(1).Value = "{password}"
workbook.storeToURL("{target}", saving())
workbook.close(True)
StarDesktop.terminate()
End Sub"""


def locked_by_an_office_program(data: bytes, password: str, folder: Path) -> bytes:
    """The workbook saved as .ods with a password by LibreOffice, which asks a person for it: so a macro of its own tells it."""
    assert SOFFICE is not None
    source, target, profile = folder / "表.xlsx", folder / "locked.ods", folder / "profile"
    source.write_bytes(data)
    command = [SOFFICE, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    begun = [*command, "--convert-to", "ods", "--outdir", str(folder / "open"), str(source)]  # the first start makes the profile
    subprocess.run(begun, check=True, capture_output=True, timeout=120)
    basic = profile / "user" / "basic" / "Standard"
    basic.mkdir(parents=True, exist_ok=True)
    (basic / "script.xlb").write_text(LIBRARY, encoding="utf-8")
    macro = MACRO.format(source=source.as_uri(), target=target.as_uri(), password=password)
    (basic / "Locking.xba").write_text(MODULE.format(escape(macro)), encoding="utf-8")
    subprocess.run([*command, "macro:///Standard.Locking.Main"], check=True, capture_output=True, timeout=120)
    return target.read_bytes()


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.skipif(SOFFICE is None, reason="没有 soffice（LibreOffice），办公软件测试略过")
def test_an_opendocument_workbook_that_an_office_program_locked(tmp_path: Path) -> None:
    form = filled("jinshui", sound_fields())
    data = locked_by_an_office_program(form, "密码2014", tmp_path)
    assert sniff(data) is Kind.ODS
    for passwords, verdict in (((), Verdict.LOCKED), (("别的",), Verdict.LOCKED), (("别的", "密码2014"), Verdict.ACCEPTED)):
        intake = OFFICE.config.intake.model_copy(update={"passwords": passwords})
        office = replace(OFFICE, config=OFFICE.config.model_copy(update={"intake": intake}))
        found = look_into("表.ods", data, office, MemoryStore())
        assert found.verdict is verdict, found.reason
    plain = look_into("表.xlsx", form, OFFICE, MemoryStore())
    assert found.record is not None
    assert plain.record is not None
    assert {name: cell.value for name, cell in found.record.fields.items()} == {name: cell.value for name, cell in plain.record.fields.items()}
