"""Mails and archives: what comes out of them, under which names, and what is said of what does not."""

import sys
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
import pyzipper
import rarfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kaohe.config.model import Intake
from kaohe.intake.containers import ContainerFault, Opened, names, open_container, rar
from kaohe.intake.containers.parts import Basket
from kaohe.intake.sniff import Kind, sniff
from tests.support.containers import (
    RAR4,
    RAR5,
    attachment,
    mail_of,
    outlook_of,
    overlapping_zip,
    rar4_of,
    rar5_of,
    seven_zip_of,
    unicode_path,
    zip_of,
)
from tests.support.ole import MAGIC

LIMITS = Intake()
FORM = "2014年度考核填报表-金水区.xlsx"
GBK = FORM.encode("gb18030")
DATA = bytes(range(256)) * 8
INCOMPLETE = "压缩包不完整，可能没有传完，只取出了前面的{}个文件，请核对，缺少的请重新报送"
BROKEN = "压缩包打不开，可能已损坏或没有传完，请重新压缩后报送"
ALL_LOCKED = "压缩包设了密码，打不开，请去掉密码重新压缩后报送"
DAMAGED = "已损坏，没有取出，请重新报送这个文件"
LOCKED = "设了密码，没有取出，请去掉密码后重新报送"
SPECIAL = "是链接或设备，不是文件，没有取出"
METHOD = "的压缩方式不能识别，没有取出，请用普通的 zip 方式重新压缩后报送"
CUT_OFF = "没有传完整，没有取出，请重新报送这个文件"
NO_READER = "是压缩过的，本机没有能解开 .rar 的程序（如 7-Zip、WinRAR），没有取出，请改用 zip 格式压缩后报送"
NOTHING_BY_READER = "没能解开，可能已损坏，没有取出，请改用 zip 格式压缩后报送"
NO_ATTACHMENT = "邮件里没有附件"
TOO_MANY = "里面的文件超过{}个，为安全起见没有打开，请只把填报表和佐证材料重新打包报送"
TOO_BIG = "里面的文件解开后超过1MB，为安全起见没有打开，请把填报表单独报送，佐证材料分几次报送"
TRUNCATED = "邮件不完整，可能没有传完，最后的附件可能缺少或打不开，请重新报送"


def opened(data: bytes, **limits: object) -> Opened:
    """What comes out, the kind told from the bytes as in earnest."""
    return open_container(sniff(data), data, Intake.model_validate(limits))


def files(data: bytes, **limits: object) -> list[tuple[str, bytes]]:
    """The members, where nothing may be left behind."""
    found = opened(data, **limits)
    assert found.left == ()
    return [(member.name, member.data) for member in found.members]


def listed(data: bytes, **limits: object) -> tuple[list[str], tuple[str, ...]]:
    found = opened(data, **limits)
    return [member.name for member in found.members], found.left


def fault(data: bytes, **limits: object) -> tuple[str, bool]:
    with pytest.raises(ContainerFault) as caught:
        opened(data, **limits)
    return str(caught.value), caught.value.refused


# Names


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("报送/金水区.xlsx", "报送/金水区.xlsx"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Windows\\system32\\x.dll", "Windows/system32/x.dll"),
        ("c:表.xlsx", "表.xlsx"),
        ("C:D:表.xlsx", "表.xlsx"),
        ("\\\\server\\share\\表.xlsx", "server/share/表.xlsx"),
        ("a\\..\\..\\b.xlsx", "a/b.xlsx"),
        ("a/./b//c.xlsx", "a/b/c.xlsx"),
        ("表.xlsx\0.exe", "表.xlsx.exe"),
        ("CON", "_CON"),
        ("aux.xlsx", "_aux.xlsx"),
        ("nul .txt", "_nul .txt"),
        ("lpt1.tar.gz", "_lpt1.tar.gz"),
        ("com¹.txt", "_com¹.txt"),
        ("CONTENT.xlsx", "CONTENT.xlsx"),
        ("folder. /表.xlsx. . ", "folder/表.xlsx"),
        (" 　表.xlsx　", "表.xlsx"),
        ("...", "未命名"),
        ("", "未命名"),
        ("///", "未命名"),
        ("表\u202excod.exe", "表xcod.exe"),
        ("表\r\n\t\u200b.xlsx", "表.xlsx"),
        ('a<b>c:"d|e?f*.xlsx', "a_b_c__d_e_f_.xlsx"),
        ("e\u0301.xlsx", "é.xlsx"),
        ("表" * 100 + ".xlsx", "表" * 65 + ".xlsx"),
        ("a" * 300 + ".xlsx", "a" * 195 + ".xlsx"),
        ("/".join(["很长的文件夹名称"] * 40) + "/表.xlsx", "/".join(["很长的文件夹名称"] * 21) + "/表.xlsx"),
    ],
)
def test_a_name_becomes_a_path_that_leads_nowhere_else(given_name: str, expected: str) -> None:
    assert names.safe(given_name) == expected


@given(st.one_of(st.text(max_size=300), st.text(alphabet="./\\: CONaux1表\u3000\xa0\u202e\0", max_size=40)))
@example("\u0085..\u0085")
@example("..\u3000/.\u2028./x")
@example("_" * 250 + ".con")
@example("C:" * 5)
def test_no_name_leads_out_or_is_reserved(given_name: str) -> None:
    path = names.safe(given_name)
    segments = path.split("/")
    assert 0 < len(path) <= names.MAX_PATH
    for segment in segments:
        assert segment not in ("", ".", "..")
        assert segment == segment.strip()
        assert not segment.endswith(".")
        assert not set(segment) & set('<>:"|?*\\\0')
        assert segment.split(".")[0].strip().upper() not in {"CON", "PRN", "AUX", "NUL", *(f"{n}{i}" for n in ("COM", "LPT") for i in range(10))}
        assert len(segment.encode()) <= 255
    assert names.safe(path) == path


def test_equal_names_are_numbered_whatever_their_case() -> None:
    basket = Basket(LIMITS)
    for name in ("表.xlsx", "表.xlsx", "A.xlsx", "a.XLSX", "表 (2).xlsx", "没有扩展名", "没有扩展名", "f/表.xlsx"):
        basket.put(name, b"")
    assert [member.name for member in basket.members] == [
        "表.xlsx",
        "表 (2).xlsx",
        "A.xlsx",
        "a (2).XLSX",
        "表 (2) (2).xlsx",
        "没有扩展名",
        "没有扩展名 (2)",
        "f/表.xlsx",
    ]


def test_a_flood_of_notes_is_counted() -> None:
    found = opened(zip_of(*((f"{i}.txt".encode(), b"x") for i in range(60)), method=97))
    assert (found.members, len(found.left)) == ((), 51)
    assert found.left[0] == f"“0.txt”{METHOD}"
    assert found.left[-1] == "另有10个文件没有取出"


# Zip


def test_zip_names_in_every_character_set() -> None:
    assert files(zip_of((GBK, DATA))) == [(FORM, DATA)]
    assert files(zip_of((FORM.encode(), DATA))) == [(FORM, DATA)]
    assert files(zip_of((FORM.encode(), DATA), flags=0x800)) == [(FORM, DATA)]
    assert files(zip_of((b"1.xlsx", DATA), extra={b"1.xlsx": unicode_path(b"1.xlsx", FORM)})) == [(FORM, DATA)]
    # The field was made for another name: the member was renamed by a program that does not know it.
    assert files(zip_of((GBK, DATA), extra={GBK: unicode_path(b"2.xlsx", "别的.xlsx")})) == [(FORM, DATA)]
    # Marked as UTF-8 and is not.
    assert listed(zip_of((GBK, DATA), flags=0x800)) == ([FORM], (INCOMPLETE.format(1),))
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(FORM, DATA)
    assert files(buffer.getvalue()) == [(FORM, DATA)]


def test_zip_members_in_order_without_folders_and_junk() -> None:
    data = zip_of(
        ("报送/".encode("gb18030"), b""),
        ("报送\\附件\\".encode("gb18030"), b""),
        ("报送\\表.xlsx".encode("gb18030"), b"1"),
        (b"__MACOSX/._1.xlsx", b"2"),
        (b"f/.DS_Store", b"3"),
        (b"f/Thumbs.db", b"4"),
        (b"._x.xlsx", b"5"),
        (b"a.txt", b""),
        ("报送\\表.xlsx".encode("gb18030"), b"6"),
    )
    assert files(data) == [("报送/表.xlsx", b"1"), ("a.txt", b""), ("报送/表 (2).xlsx", b"6")]


def test_zip_in_zip_is_left_to_the_caller() -> None:
    inner = zip_of((GBK, DATA))
    assert files(zip_of(("内.zip".encode("gb18030"), inner))) == [("内.zip", inner)]


def test_an_empty_zip() -> None:
    assert opened(zip_of()) == Opened((), ("里面没有文件",))
    assert opened(zip_of((b"__MACOSX/x", b"1"))) == Opened((), ("里面没有文件",))


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o060666, 0o010666, 0o140777])
def test_zip_links_and_devices_stay_inside(mode: int) -> None:
    data = zip_of((b"link", b"/etc/passwd"), (b"a.txt", b"1"), attributes={b"link": mode << 16, b"a.txt": 0o100644 << 16}, system=3)
    assert listed(data) == (["a.txt"], (f"“link”{SPECIAL}",))


def test_zip_reparse_points_stay_inside() -> None:
    assert listed(zip_of((b"j", b"C:\\"), (b"a.txt", b"1"), attributes={b"j": 0x400})) == (["a.txt"], (f"“j”{SPECIAL}",))


def test_zip_bombs_are_refused() -> None:
    huge = bytes(1024 * 1024 + 1)
    assert fault(zip_of((b"a.txt", huge)), unpacked_mb=1) == (TOO_BIG, True)
    assert fault(zip_of((b"a.txt", huge[:700_000]), (b"b.txt", huge[:700_000])), unpacked_mb=1) == (TOO_BIG, True)
    assert fault(zip_of(*((f"{i}".encode(), b"") for i in range(6))), members=5) == (TOO_MANY.format(5), True)
    assert len(files(zip_of(*((f"{i}".encode(), b"") for i in range(5))), members=5)) == 5
    overlap = "压缩包里的文件互相重叠，不是正常的压缩包，为安全起见没有打开，请重新压缩后报送"
    assert fault(overlapping_zip(bytes(1000), 50)) == (overlap, True)


def test_zip_sizes_that_lie() -> None:
    huge = bytes(3 * 1024 * 1024)
    # Says 10 bytes and holds 3 MB: only what was declared is ever unpacked, and its checksum does not fit.
    assert listed(zip_of((b"a.txt", huge), (b"b.txt", b"1"), declared={b"a.txt": 10}), unpacked_mb=1) == (["b.txt"], (f"“a.txt”{DAMAGED}",))
    # Without a directory there is nothing to declare; the bytes are counted as they come.
    headless = zip_of((b"a.txt", huge), declared={b"a.txt": 10})
    assert fault(headless[: headless.index(b"PK\x01\x02")], unpacked_mb=1) == (TOO_BIG, True)


def test_zip_of_an_unknown_method() -> None:
    assert listed(zip_of((GBK, DATA), method=97)) == ([], (f"“{FORM}”{METHOD}",))


def test_zip_with_a_damaged_member() -> None:
    data = bytearray(zip_of((b"1.txt", DATA), (b"2.txt", b"abc"), (b"3.txt", DATA)))
    at = data.index(b"2.txt") + 5
    data[at] ^= 0xFF
    assert listed(bytes(data)) == (["1.txt", "3.txt"], (f"“2.txt”{DAMAGED}",))


@pytest.mark.parametrize("descriptors", [False, True])
def test_a_truncated_zip_gives_what_came_through(descriptors: bool) -> None:
    whole = zip_of((GBK, DATA), (b"__MACOSX/._x", b"2"), ("佐证/".encode(), b""), ("佐证/1.txt".encode(), DATA * 2), descriptors=descriptors)
    assert len(files(whole)) == 2
    headless = whole[: whole.index(b"PK\x01\x02") + 10]
    assert listed(headless) == ([FORM, "佐证/1.txt"], (INCOMPLETE.format(2),))
    cut = whole[: whole.index("佐证/1.txt".encode()) + 20]
    assert listed(cut) == ([FORM], (f"“佐证/1.txt”{CUT_OFF}", INCOMPLETE.format(1)))
    assert fault(whole[:60]) == (f"“{FORM}”{CUT_OFF}", False)
    assert fault(whole[:20]) == (BROKEN, False)


def test_a_truncated_zip_of_stored_and_locked_members() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("1.txt", DATA)
        archive.writestr("2.txt", DATA)
    whole = buffer.getvalue()
    assert listed(whole[: whole.index(b"2.txt") + 50]) == (["1.txt"], (f"“2.txt”{CUT_OFF}", INCOMPLETE.format(1)))
    locked = zip_of((b"1.txt", DATA), flags=1)[:-30]
    assert fault(locked) == (f"“1.txt”{LOCKED}", False)
    assert fault(zip_of((b"1.txt", DATA), method=97)[:-30]) == (f"“1.txt”{METHOD}", False)


def zip_crypto(password: bytes, content: bytes) -> bytes:
    """A member encrypted in the old way, which the standard library reads and does not write."""
    crcs = []
    for i in range(256):
        crc = i
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
        crcs.append(crc)
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = keys[0] >> 8 ^ crcs[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = keys[2] >> 8 ^ crcs[(keys[2] ^ keys[1] >> 24) & 0xFF]

    for byte in password:
        update(byte)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = bytes(11) + bytes([zlib.crc32(content) >> 24]) + packer.compress(content) + packer.flush()
    out = bytearray()
    for byte in plain:
        k = keys[2] & 0xFFFF | 2
        out.append(byte ^ (k * (k ^ 1) >> 8) & 0xFF)
        update(byte)
    archive = zip_of((b"1.txt", content), flags=1)
    begin = archive.index(b"1.txt") + 5
    end = archive.index(b"PK\x01\x02")
    directory = archive[end : archive.index(b"PK\x05\x06")]
    size = len(out).to_bytes(4, "little")
    head = archive[:18] + size + archive[22:begin]
    directory = directory[:20] + size + directory[24:]
    return head + bytes(out) + directory + archive[-22:-6] + (len(head) + len(out)).to_bytes(4, "little") + b"\0\0"


def aes_zip(password: bytes, content: bytes) -> bytes:
    buffer = BytesIO()
    with pyzipper.AESZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password)
        archive.writestr("1.txt", content)
    return buffer.getvalue()


@pytest.mark.parametrize("locked", [zip_crypto, aes_zip])
def test_zip_with_a_password(locked: Callable[[bytes, bytes], bytes]) -> None:
    data = locked(b"gsl2014", DATA)
    assert fault(data) == (ALL_LOCKED, False)
    assert fault(data, passwords=["wrong", "密码"]) == (ALL_LOCKED, False)
    assert files(data, passwords=["wrong", "gsl2014"]) == [("1.txt", DATA)]
    assert files(locked("密码".encode("gb18030"), DATA), passwords=["密码"]) == [("1.txt", DATA)]
    assert files(locked("密码".encode(), DATA), passwords=["密码"]) == [("1.txt", DATA)]


def test_zip_with_one_locked_member() -> None:
    data = bytearray(zip_of((b"1.txt", DATA), (b"2.txt", DATA)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert listed(bytes(data)) == (["2.txt"], (f"“1.txt”{LOCKED}",))


# 7z


def test_seven_zip() -> None:
    members = (("报送/" + FORM, DATA), ("空.txt", b""), ("报送/2.txt", b"2"), ("__MACOSX/._1", b"3"))
    expected = [("报送/" + FORM, DATA), ("空.txt", b""), ("报送/2.txt", b"2")]
    assert files(seven_zip_of(*members)) == expected
    assert files(seven_zip_of(*members, solid=False)) == expected


def test_seven_zip_names_lead_nowhere_and_equal_ones_are_kept() -> None:
    data = seven_zip_of(("xx/xx/up.txt", b"1"), ("a.txt", b"2"), ("b.txt", b"3"))
    renamed = seven_zip_renamed(data, {"xx/xx/up.txt": "../../up.txt", "b.txt": "a.txt"})
    assert files(renamed) == [("up.txt", b"1"), ("a.txt", b"2"), ("a (2).txt", b"3")]


def seven_zip_renamed(data: bytes, changes: dict[str, str]) -> bytes:
    """The archive with names of the same length in its plain header."""
    header, begin = seven_zip_header(data)
    for old, new in changes.items():
        assert len(old) == len(new)
        assert old.encode("utf-16-le") in header
        header = header.replace(old.encode("utf-16-le"), new.encode("utf-16-le"))
    return seven_zip_with(data, header, begin)


def seven_zip_header(data: bytes) -> tuple[bytes, int]:
    """The header of an archive, unpacked by the library, and where the packed one begins."""
    import py7zr

    buffer = BytesIO(data)
    with py7zr.SevenZipFile(buffer, "r") as archive:
        packed = int.from_bytes(data[12:20], "little") + 32
        out = BytesIO()
        archive.header.write(out, 32, encoded=False)
    return out.getvalue(), packed


def seven_zip_with(data: bytes, header: bytes, begin: int) -> bytes:
    start = (begin - 32).to_bytes(8, "little") + len(header).to_bytes(8, "little") + zlib.crc32(header).to_bytes(4, "little")
    return data[:8] + zlib.crc32(start).to_bytes(4, "little") + start + data[32:begin] + header


def test_seven_zip_links_stay_inside() -> None:
    data = seven_zip_of(("link", b"/etc/passwd"), ("a.txt", b"1"))
    header, begin = seven_zip_header(data)
    regular = (0o100600 << 16 | 0x8000 | 0x20).to_bytes(4, "little")
    assert header.count(regular) == 2
    link = header.replace(regular, (0o120777 << 16 | 0x8000 | 0x20).to_bytes(4, "little"), 1)
    assert listed(seven_zip_with(data, link, begin)) == (["a.txt"], (f"“link”{SPECIAL}",))


def test_seven_zip_bombs_are_refused() -> None:
    assert fault(seven_zip_of(("a", bytes(1024 * 1024 + 1))), unpacked_mb=1) == (TOO_BIG, True)
    assert fault(seven_zip_of(*((f"{i}", b"1") for i in range(6))), members=5) == (TOO_MANY.format(5), True)


@pytest.mark.parametrize("hide_names", [False, True])
def test_seven_zip_with_a_password(hide_names: bool) -> None:
    data = seven_zip_of((FORM, DATA), ("2.txt", b"2"), password="密码1", hide_names=hide_names)
    assert fault(data) == (ALL_LOCKED, False)
    assert fault(data, passwords=["wrong"]) == (ALL_LOCKED, False)
    assert files(data, passwords=["wrong", "密码1"]) == [(FORM, DATA), ("2.txt", b"2")]


def test_a_damaged_seven_zip() -> None:
    data = seven_zip_of((FORM, DATA), ("2.txt", b"2"), solid=False)
    damaged = bytearray(data)
    damaged[40] ^= 0xFF
    assert listed(bytes(damaged)) == (["2.txt"], (f"“{FORM}”{DAMAGED}",))
    assert fault(data[:-40]) == (BROKEN, False)
    assert fault(data[:10]) == (BROKEN, False)


# RAR


def test_stored_rar_needs_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rar, "find_reader", lambda: False)
    assert files(rar4_of((GBK, DATA), (b"f\\2.txt", b"2"))) == [(FORM, DATA), ("f/2.txt", b"2")]
    assert files(rar5_of((FORM, DATA), ("f/../../2.txt", b"2"), (FORM, b"3"))) == [(FORM, DATA), ("f/2.txt", b"2"), (names.numbered(FORM, 2), b"3")]


def test_rar_links_stay_inside() -> None:
    assert listed(rar5_of(("link", b""), link_to="/etc/passwd")) == ([], (f"“link”{SPECIAL}",))
    assert listed(rar4_of((b"link", b"/etc/passwd"), mode=0o120777)) == ([], (f"“link”{SPECIAL}",))


def test_rar_bombs_are_refused() -> None:
    assert fault(rar5_of(("a", bytes(1024 * 1024 + 1))), unpacked_mb=1) == (TOO_BIG, True)
    assert fault(rar4_of(*((b"%d" % i, b"1") for i in range(6))), members=5) == (TOO_MANY.format(5), True)


def test_a_compressed_rar_without_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rar, "find_reader", lambda: False)
    message = "本机没有能解开 .rar 的程序（如 7-Zip、WinRAR），请改用 zip 格式压缩后报送，或把填报表单独报送"
    assert fault(rar5_of((FORM, DATA), packed=True)) == (message, False)
    mixed = rar5_of(("1.txt", b"1"), end=False) + rar5_of((FORM, DATA), packed=True)[len(RAR5) + 8 :]
    assert listed(mixed)[0] == ["1.txt"]
    assert f"“{FORM}”{NO_READER}" in listed(mixed)[1]


def test_no_program_on_the_path_means_no_reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rar, "_search_path", lambda: str(tmp_path))
    assert not rar.find_reader()


@pytest.mark.skipif(not rar.find_reader(), reason="no program that reads .rar (bsdtar, unrar, 7-Zip) is installed")
def test_a_compressed_rar_with_a_reader() -> None:
    assert files(rar5_of((FORM, DATA), ("[1].txt", b"2"), packed=True)) == [(FORM, DATA), ("[1].txt", b"2")]
    assert listed(rar4_of((GBK, DATA), (b"2.txt", b"abc"), method=0x33)) == ([], (f"“{FORM}”{NOTHING_BY_READER}", f"“2.txt”{NOTHING_BY_READER}"))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for a reader is a shell script")
def test_a_reader_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "unrar"
    script.write_text('#!/bin/sh\n[ "$2" = "-?" ] && exit 0\nexec tail -f /dev/null\n')
    script.chmod(0o755)
    monkeypatch.setattr(rar, "_search_path", lambda: f"{tmp_path}")
    monkeypatch.setattr(rar, "patience", lambda limits: 0.0)
    message = "压缩包里的文件解压程序没有按时解完，没有取出，请改用 zip 格式压缩后报送"
    assert fault(rar5_of((FORM, DATA), ("2.txt", b"2"), packed=True)) == (message, True)


def test_rar_with_a_password() -> None:
    assert fault(rar4_of((GBK, DATA), flags=0x4)) == (ALL_LOCKED, False)
    hidden = rar4_of((GBK, DATA), flags=0x4, main_flags=0x80)
    assert fault(hidden) == (ALL_LOCKED, False)
    assert fault(hidden, passwords=["1", "2"]) == (ALL_LOCKED, False)


def test_each_password_is_tried_on_a_locked_rar(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str | None] = []

    class Wrong:
        """A reader that knows no password but one."""

        def open_cmdline(self, pwd: str | None, rarfn: str, filefn: str | None = None) -> list[str]:
            tried.append(pwd)
            return [sys.executable, "-c", f"import sys; sys.stdout.buffer.write(b'abc' if {pwd == 'right'} else b'xyz')"]

        def get_errmap(self) -> list[None]:
            return [None]

    monkeypatch.setattr(rar, "find_reader", lambda: True)
    monkeypatch.setattr(rarfile, "CURRENT_SETUP", Wrong())
    assert files(rar4_of((GBK, b"abc"), flags=0x4), passwords=["wrong", "right", "later"]) == [(FORM, b"abc")]
    assert tried == ["wrong", "right"]
    assert fault(rar4_of((GBK, b"abc"), flags=0x4), passwords=["wrong"]) == (ALL_LOCKED, False)


def test_a_truncated_rar() -> None:
    whole = rar4_of((GBK, DATA), (b"2.txt", DATA))
    assert listed(whole[:-200]) == ([FORM], (f"“2.txt”{DAMAGED}", INCOMPLETE.format(1)))
    assert listed(rar5_of((FORM, DATA), end=False)) == ([FORM], (INCOMPLETE.format(1),))
    assert listed(RAR4) == ([], (INCOMPLETE.format(0),))


def test_a_volume_of_a_split_rar() -> None:
    split = "这是分卷压缩包的一卷，单独一卷打不开，请不要分卷，重新压缩后报送"
    assert fault(rar4_of((GBK, DATA), flags=0x1)) == (split, False)
    assert listed(rar4_of((GBK, DATA), flags=0x2)) == ([FORM], (split,))


# Any bytes


HEADS = {
    Kind.ZIP: (b"PK\x03\x04", zip_of((GBK, DATA), (b"2", b"2"))),
    Kind.SEVEN_ZIP: (b"7z\xbc\xaf\x27\x1c\x00\x04", seven_zip_of((FORM, DATA))),
    Kind.RAR: (RAR4, rar5_of((FORM, DATA))),
    Kind.EML: (b"MIME-Version: 1.0\r\n", mail_of(("Content-Type: text/plain", b"x"))),
    Kind.MSG: (MAGIC, outlook_of(attachment(DATA, texts={"3707001F": FORM.encode("utf-16-le")}))),
}


@pytest.mark.parametrize("kind", list(HEADS))
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_bytes_raise_nothing_but_a_fault(kind: Kind, data: st.DataObject) -> None:
    head, whole = HEADS[kind]
    body = bytearray(whole)
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=6)):
        body[at] = value
    noise = data.draw(st.binary(max_size=200))
    for candidate in (noise, head + noise, bytes(body), bytes(body[: data.draw(st.integers(0, len(whole)))])):
        assert isinstance(sniff(candidate), Kind)
        with suppress(ContainerFault):
            found = open_container(kind, candidate, LIMITS)
            assert found.members or found.left


@pytest.mark.parametrize("kind", [kind for kind in Kind if not kind.holds_files])
def test_what_holds_no_files_is_not_opened(kind: Kind) -> None:
    with pytest.raises(ContainerFault, match=r"^这种文件里没有可以取出的文件，请把填报表单独报送$"):
        open_container(kind, b"x", LIMITS)


def test_the_reader_library_never_unpacks_comments() -> None:
    assert rarfile.rar3_decompress(29, 0x33, b"x") == b""


def test_many_attachments_make_a_long_directory() -> None:
    many = [attachment(DATA, texts={"3707001F": f"{i}.txt".encode("utf-16-le")}) for i in range(300)]
    assert files(outlook_of(*many)) == [(f"{i}.txt", DATA) for i in range(300)]
