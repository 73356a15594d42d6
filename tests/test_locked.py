"""A locked workbook opens with the office's own passwords, and with nothing else."""

import random
import struct
import time
import zipfile
from hashlib import md5
from io import BytesIO

import olefile
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.method.rc4 import DocumentRC4

from kaohe.intake.locked import EXCELS_OWN, unlock
from kaohe.intake.locked_ods import unlock_ods
from kaohe.intake.sniff import Kind, sniff
from tests.corpus.make import locked_ods, typed_ods
from tests.support.packages import book, fault, packed, parts, read, record, xls

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
