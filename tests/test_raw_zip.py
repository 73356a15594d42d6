"""Archives put together from compressed members."""

import io
import zipfile

import pytest

from kaohe.raw_zip import Fixed, Member, fixed, member, members, packed, spliced

TEXT = "考核" * 500


def _archive(method: int, level: int | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=level) as archive:
        archive.comment = "备注".encode()
        archive.mkdir("夹")
        archive.writestr("夹/甲.xml", TEXT)
        archive.writestr("b.bin", b"")
    return buffer.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_come_out_as_they_went_in(method: int) -> None:
    found = members(_archive(method))
    assert [(entry.name, entry.content()) for entry in found] == [("夹/甲.xml", TEXT.encode()), ("b.bin", b"")]


def test_a_packed_archive_is_one_that_everybody_reads() -> None:
    kept = members(_archive(zipfile.ZIP_DEFLATED))
    data = packed([*kept, member("xl/new.xml", b"<a/>")])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {"夹/甲.xml": TEXT.encode(), "b.bin": b"", "xl/new.xml": b"<a/>"}
        assert {(info.date_time, info.create_system, info.external_attr >> 16) for info in archive.infolist()} == {((1980, 1, 1, 0, 0, 0), 3, 0o600)}


def test_members_that_were_compressed_are_copied_as_they_are() -> None:
    kept = members(_archive(zipfile.ZIP_DEFLATED, 1))
    assert members(packed(kept)) == kept
    assert packed(kept) == packed(kept)


def test_a_damaged_member_is_found_at_once() -> None:
    data = packed([member("a.xml", TEXT.encode())])
    wrong = Member("a.xml", data[35:-80], zipfile.ZIP_DEFLATED, 1, len(TEXT.encode()))
    with pytest.raises(zipfile.BadZipFile):
        members(packed([wrong]))


def test_more_than_an_archive_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="more than"):
        packed([member(str(n), b"") for n in range(0xFFFF)])


def test_a_member_is_spliced_from_pieces() -> None:
    long = bytes(range(256)) * 1000
    pieces: list[Fixed | bytes] = [fixed(TEXT.encode()), "甲&乙".encode(), fixed(b""), long, fixed(b"</sheet>")]
    whole = TEXT.encode() + "甲&乙".encode() + long + b"</sheet>"
    entry = spliced("xl/sheet.xml", pieces)
    assert entry.content() == whole
    assert [found.content() for found in members(packed([entry, spliced("empty.xml", [])]))] == [whole, b""]
    assert len(spliced("a.xml", [fixed(TEXT.encode())]).packed) < 100
