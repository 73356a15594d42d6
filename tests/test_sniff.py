"""What a file is, told from its bytes."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaohe.intake.compound import BrokenCompound, open_compound
from kaohe.intake.sniff import Kind, is_other_archive, sniff
from tests.support.containers import attachment, mail_of, outlook_of, rar4_of, rar5_of, seven_zip_of, zip_of
from tests.support.ole import MAGIC, Tree, compound, utf16

MAIL = mail_of(("Content-Type: text/plain", b"x"))
BIFF = b"\x09\x08\x10\x00\x00\x06" + bytes(5000)


def members(*names: str) -> bytes:
    return zip_of(*((name.encode(), b"<x/>") for name in names))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", Kind.EMPTY),
        (members("[Content_Types].xml", "xl/workbook.xml"), Kind.XLSX),
        (members("[Content_Types].xml", "XL\\Workbook.xml"), Kind.XLSX),
        (members("xl/workbook.bin"), Kind.XLSB),
        (members("[Content_Types].xml", "word/document.xml"), Kind.DOCUMENT),
        (members("[Content_Types].xml", "ppt/presentation.xml"), Kind.DOCUMENT),
        (members("[Content_Types].xml", "visio/document.xml"), Kind.DOCUMENT),
        (zip_of((b"mimetype", b"application/vnd.oasis.opendocument.spreadsheet")), Kind.ODS),
        (zip_of((b"mimetype", b"application/vnd.oasis.opendocument.text")), Kind.DOCUMENT),
        (members("content.xml", "meta.xml"), Kind.ODS),
        (members("xl/金水区.xlsx", "xl/管城区.et"), Kind.ZIP),
        (members("word/报告.docx"), Kind.ZIP),
        (members("a.txt"), Kind.ZIP),
        (zip_of(), Kind.ZIP),
        (members("[Content_Types].xml", "xl/workbook.xml")[:80], Kind.XLSX),
        (members("a.txt")[:40], Kind.ZIP),
        (seven_zip_of(("a", b"1")), Kind.SEVEN_ZIP),
        (rar4_of((b"a", b"1")), Kind.RAR),
        (rar5_of(("a", b"1")), Kind.RAR),
        (b"%PDF-1.4", Kind.PDF),
        (b"\xff\xd8\xff\xe0", Kind.PICTURE),
        (b"RIFF\0\0\0\0WEBP", Kind.PICTURE),
        (BIFF, Kind.XLS),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", Kind.MARKUP),
        ("<html>".encode("utf-16"), Kind.MARKUP),
        (b"  \n", Kind.OTHER),
        ("各单位：请按时报送。".encode("gbk"), Kind.TEXT),
        (b"\0\1\2", Kind.OTHER),
    ],
)
def test_kinds(data: bytes, kind: Kind) -> None:
    assert sniff(data) is kind
    assert not is_other_archive(data)


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("表.xlsx"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [tar(), gzip.compress(b"x", mtime=0), bz2.compress(b"x"), lzma.compress(b"x"), b"MSCF" + bytes(32)],
    ids=["tar", "gz", "bz2", "xz", "cab"],
)
def test_archives_that_are_not_opened(data: bytes) -> None:
    assert is_other_archive(data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (MAIL, Kind.EML),
        (b"\r\n \r\n" + MAIL, Kind.EML),
        (b"\xef\xbb\xbf" + MAIL, Kind.EML),
        (b"From gsl@example.com Mon Dec  8 09:00:00 2014\n" + MAIL, Kind.EML),
        (b"X-QQ-mid: x\r\nX-Mailer: QQMail 2.x\r\n\r\n", Kind.EML),
        (b"ARC-Seal: i=1;\r\n\ta=rsa\r\nReceived: from x\r\n", Kind.EML),
        (b"X-Long: " + b"x" * 9000 + b"\r\nMIME-Version: 1.0\r\n", Kind.EML),
        ("Subject: 报送\nTo: 办公室\n\n见附件".encode("gbk"), Kind.EML),
        ("To: 办公室\n请查收。\n".encode(), Kind.TEXT),
        (b"Note: x\nDate: 2014\n", Kind.TEXT),
        ("日期: 2014\nFrom: x\nTo: y\n".encode(), Kind.TEXT),
        (b"From here on nothing\n", Kind.TEXT),
        (b"From only", Kind.TEXT),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related\r\n", Kind.MARKUP),
        (b'From: "Saved by Windows Internet Explorer 8"\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n', Kind.MARKUP),
        (b"From: a\r\nTo: b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n", Kind.EML),
        (b"From: a\r\nTo: b\r\n\r\nX-Document-Type: Workbook\r\n", Kind.EML),
    ],
)
def test_mails(data: bytes, kind: Kind) -> None:
    assert sniff(data) is kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"Workbook": BIFF}, Kind.XLS),
        ({"WORKBOOK": BIFF}, Kind.XLS),
        ({"Book": BIFF}, Kind.XLS),
        ({"WordDocument": BIFF}, Kind.DOCUMENT),
        ({"PowerPoint Document": BIFF}, Kind.DOCUMENT),
        ({"EncryptionInfo": b"1", "EncryptedPackage": bytes(5000)}, Kind.LOCKED),
        ({"\x05SummaryInformation": b"1"}, Kind.OTHER),
        # What stands in cells, texts, attachments and inner storages says nothing.
        ({"Workbook": BIFF + utf16("EncryptedPackage __properties_version1.0 WordDocument")}, Kind.XLS),
        ({"WordDocument": utf16("Workbook EncryptedPackage") * 300}, Kind.DOCUMENT),
        ({"WordDocument": BIFF, "ObjectPool": {"_1": {"Workbook": BIFF}}}, Kind.DOCUMENT),
        ({"Workbook": BIFF, "MBD01": {"WordDocument": BIFF, "EncryptedPackage": BIFF}}, Kind.XLS),
        ({"Contents": compound({"Workbook": BIFF})}, Kind.OTHER),
    ],
)
def test_compound_files(content: Tree, kind: Kind) -> None:
    assert sniff(compound(content)) is kind


def test_outlook_mails() -> None:
    workbook = compound({"Workbook": BIFF})
    assert sniff(outlook_of(attachment(workbook, texts={"3707001F": utf16("Workbook")}))) is Kind.MSG
    assert sniff(outlook_of()) is Kind.MSG


def test_damaged_compound_files_are_told_by_the_entries_that_are_left() -> None:
    whole = compound({"Workbook": BIFF})
    assert sniff(whole[:-512]) is Kind.XLS
    assert sniff(whole[:1024]) is Kind.XLS
    assert sniff(compound({"Z": utf16("Workbook") * 600})[:-512]) is Kind.OTHER
    assert sniff(MAGIC) is Kind.OTHER
    assert sniff(MAGIC + bytes(504)) is Kind.OTHER


def header(**changes: int) -> bytes:
    """A compound file with numbers of its header changed, by offset."""
    data = bytearray(compound({"Workbook": BIFF}))
    for offset, value in changes.items():
        struct.pack_into("<I", data, int(offset[1:]), value)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        header(x44=0x10000000),  # an allocation table larger than the file
        header(x44=0x10000000, x72=0x0FFFFFFF, x68=0),  # the same, through its second table
        header(x48=0x0FFFFFFF),  # a directory outside the file
        header(x30=0x0006001F),  # sectors of 2 GB
        MAGIC,
    ],
)
def test_a_compound_file_with_impossible_tables_is_broken(data: bytes) -> None:
    with pytest.raises(BrokenCompound):
        open_compound(data)
    assert sniff(data) in (Kind.XLS, Kind.OTHER)


def test_a_directory_that_runs_in_circles_ends() -> None:
    data = bytearray(compound({"A": BIFF, "Workbook": BIFF}))
    at = data.index(utf16("Workbook")) + 72
    struct.pack_into("<I", data, at, 1)  # its right neighbour is the one before it
    assert sniff(bytes(data)) is Kind.XLS


@given(
    st.binary(max_size=600), st.sampled_from([b"", MAGIC, b"PK\x03\x04", b"From ", b"MIME-Version:", b"\xef\xbb\xbf", compound({"Workbook": b"1"})])
)
def test_sniffing_never_raises(tail: bytes, head: bytes) -> None:
    assert isinstance(sniff(head + tail), Kind)
