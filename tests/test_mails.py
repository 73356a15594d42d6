"""E-mails saved as .eml and .msg: their attachments, under the names the senders gave them."""

import binascii
from base64 import b64encode
from email.header import Header
from email.message import EmailMessage
from urllib.parse import quote_from_bytes

import pytest

from kaohe.intake.containers import Opened
from tests.support.containers import attachment, mail_of, outlook_of, outlook_tree, zip_of
from tests.support.ole import Tree, compound
from tests.test_containers import DATA, FORM, GBK, NO_ATTACHMENT, TOO_BIG, TOO_MANY, TRUNCATED, fault, files, listed, opened

B64 = b64encode(DATA)
PLAIN = "application/octet-stream"
DAMAGED = "的编码有损坏，取出的内容可能不完整，请核对，打不开时请重新报送"


def part(disposition: str = "attachment", content_type: str = PLAIN, *more: str, body: bytes = B64, encoding: str = "base64") -> tuple[str, bytes]:
    """One part's headers and body; raw bytes in a header are given as latin-1."""
    lines = [f"Content-Type: {content_type}", f"Content-Transfer-Encoding: {encoding}", f"Content-Disposition: {disposition}", *more]
    return "\r\n".join(lines), body


def word(text: str, charset: str, codec: str) -> str:
    return f"=?{charset}?B?{b64encode(text.encode(codec)).decode()}?="


def q_word(raw: bytes, charset: str) -> str:
    return f"=?{charset}?Q?{''.join(f'={byte:02X}' for byte in raw)}?="


HALF = len("2014年度考核填报".encode("gb18030")) + 1
"""In the middle of a character."""

NAMES = {
    "plain": ('attachment; filename="1.xlsx"', "1.xlsx"),
    "without quotes": ("attachment; filename=1.xlsx; size=3", "1.xlsx"),
    "upper case": ('ATTACHMENT; FILENAME="1.xlsx"', "1.xlsx"),
    "escaped quote": (r'attachment; filename="a\"b;c.xlsx"', "a_b;c.xlsx"),
    "a Windows path": (r'attachment; filename="C:\报送\1.xlsx"'.encode().decode("latin-1"), "报送/1.xlsx"),
    "RFC 2231 in UTF-8": (f"attachment; filename*=UTF-8''{quote_from_bytes(FORM.encode())}", FORM),
    "RFC 2231 in GB2312, which is GBK": (
        f"attachment; filename*=gb2312'zh-cn'{quote_from_bytes('郑州管城镕.xlsx'.encode('gbk'))}",
        "郑州管城镕.xlsx",
    ),
    "RFC 2231 in GB18030": (f"attachment; filename*=\"gb18030''{quote_from_bytes(GBK)}\"", FORM),
    "RFC 2231 with a wrong character set": (f"attachment; filename*=utf-8''{quote_from_bytes(GBK)}", FORM),
    "RFC 2231 with an unknown character set": (f"attachment; filename*=x-none''{quote_from_bytes(GBK)}", FORM),
    "RFC 2231 in pieces that cut a character": (
        f"attachment;\r\n filename*0*=gbk''{quote_from_bytes(GBK[:HALF])};\r\n filename*1*={quote_from_bytes(GBK[HALF:])}",
        FORM,
    ),
    "RFC 2231 in pieces out of order, some plain": ('attachment; filename*2=".xlsx"; filename*0*=utf-8\'\'%E8%A1%A8; filename*1="-1"', "表-1.xlsx"),
    "RFC 2231 wins over the plain name": (f"attachment; filename=\"form.xlsx\"; filename*=utf-8''{quote_from_bytes(FORM.encode())}", FORM),
    "RFC 2047 in quotes": (f'attachment; filename="{word(FORM, "utf-8", "utf-8")}"', FORM),
    "RFC 2047 without quotes": (f"attachment; filename={word(FORM, 'GB2312', 'gbk')}", FORM),
    "RFC 2047 in Q": (f'attachment; filename="{q_word(GBK, "GBK")}"', FORM),
    "RFC 2047 in words that cut a character": (
        f'attachment; filename="{q_word(GBK[:HALF], "gb18030")}\r\n {q_word(GBK[HALF:], "gb18030")}"',
        FORM,
    ),
    "RFC 2047 in words without a space between": (
        f'attachment; filename="{q_word(FORM.encode()[:10], "UTF-8")}{q_word(FORM.encode()[10:], "utf-8")}"',
        FORM,
    ),
    "RFC 2047 as Python folds it": (f'attachment; filename="{Header(FORM * 2, "utf-8").encode()}"', FORM * 2),
    "raw GBK": (f'attachment; filename="{GBK.decode("latin-1")}"', FORM),
    "raw UTF-8": (f'attachment; filename="{FORM.encode().decode("latin-1")}"', FORM),
    "percent signs without RFC 2231": (f'attachment; filename="{quote_from_bytes(FORM.encode())}"', FORM),
    "a real percent sign": ('attachment; filename="6%25.xlsx"', "6%25.xlsx"),
    "upwards": ('attachment; filename="../../1.xlsx"', "1.xlsx"),
}


@pytest.mark.parametrize("case", list(NAMES))
def test_names_in_the_disposition(case: str) -> None:
    disposition, expected = NAMES[case]
    assert files(mail_of(part(disposition))) == [(expected, DATA)]


@pytest.mark.parametrize("case", list(NAMES))
def test_names_in_the_content_type(case: str) -> None:
    disposition, expected = NAMES[case]
    named = disposition.lower().replace("filename", "name") if case == "upper case" else disposition.replace("filename", "name")
    content_type = PLAIN + named[len("attachment") :]
    assert files(mail_of(part("attachment", content_type))) == [(expected, DATA)]


def test_a_name_that_the_mail_program_lost_is_taken_from_the_other_header() -> None:
    assert files(mail_of(part('attachment; filename="????.xlsx"', f'{PLAIN}; name="{word(FORM, "gbk", "gbk")}"'))) == [(FORM, DATA)]
    assert files(mail_of(part('attachment; filename="????.xlsx"'))) == [("____.xlsx", DATA)]


def test_attachments_without_a_name_are_numbered_and_told_by_their_bytes() -> None:
    sheet = zip_of((b"xl/workbook.xml", b"<x/>"))
    data = mail_of(
        part("attachment", body=b64encode(sheet)),
        part("attachment; filename=a.txt"),
        part("attachment", body=b64encode(b"%PDF-1.4")),
        part("attachment", "image/png", body=b64encode(b"\x89PNG\r\n\x1a\n")),
        part("inline", body=b64encode(b"\0\1")),
        part("attachment", body=b""),
        part("attachment; filename=empty.xlsx", body=b""),
    )
    assert [name for name, _ in files(data)] == ["附件1.xlsx", "a.txt", "附件2.pdf", "附件3.png", "附件4.dat", "empty.xlsx"]


def test_the_body_is_no_attachment() -> None:
    message = EmailMessage()
    message["Subject"] = "报送"
    message.set_content("各位领导：见附件。")
    message.add_alternative("<p>见附件</p>", subtype="html")
    assert opened(bytes(message)) == Opened((), (NO_ATTACHMENT,))
    message.add_attachment(DATA, maintype="application", subtype="vnd.ms-excel", filename=FORM)
    message.add_attachment("说明", filename="说明.txt")
    assert files(bytes(message)) == [(FORM, DATA), ("说明.txt", "说明\n".encode())]


def test_a_mail_that_is_nothing_but_an_attachment() -> None:
    head, body = part(f'attachment; filename="{GBK.decode("latin-1")}"')
    assert files(b"From: a@b.c\nSubject: x\n" + head.replace("\r\n", "\n").encode("latin-1") + b"\n\n" + body) == [(FORM, DATA)]


def test_pictures_of_the_signature_stay_out() -> None:
    data = mail_of(
        part("inline; filename=logo.png", "image/png", "Content-ID: <1>"),
        ("Content-Type: image/gif; name=line.gif\r\nContent-ID: <2>\r\nContent-Transfer-Encoding: base64", B64),
        part("inline", "image/png"),
        part("inline; filename=photo.jpg", "image/jpeg"),
        part("attachment; filename=scan.jpg", "image/jpeg", "Content-ID: <3>"),
        part("attachment", "image/png"),
    )
    assert [name for name, _ in files(data)] == ["photo.jpg", "scan.jpg", "附件1.png"]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("BASE64", B64),
        ("base64", b"\r\n".join(B64[i : i + 60] for i in range(0, len(B64), 60))),
        ("base64", B64[:40] + b64encode(b"x")[:0] + B64[40:]),
        ("quoted-printable", binascii.b2a_qp(DATA, istext=False)),
        ("x-uuencode", b"begin 644 1.xlsx\r\n" + b"".join(binascii.b2a_uu(DATA[i : i + 45]) for i in range(0, len(DATA), 45)) + b"`\r\nend\r\n"),
    ],
)
def test_encodings(encoding: str, body: bytes) -> None:
    assert files(mail_of(part("attachment; filename=1.xlsx", body=body, encoding=encoding))) == [("1.xlsx", DATA)]


def test_an_attachment_that_is_not_encoded() -> None:
    assert files(mail_of(part("attachment; filename=1.csv", body="单位,分\r\n金水区,9".encode("gbk"), encoding="8bit"))) == [
        ("1.csv", "单位,分\r\n金水区,9".encode("gbk"))
    ]


@pytest.mark.parametrize(("body", "expected"), [(B64[:400] + b"!?" + B64[400:], DATA), (b64encode(DATA[:9])[:9], DATA[:6])])
def test_damaged_base64_gives_what_it_holds(body: bytes, expected: bytes) -> None:
    found = opened(mail_of(part("attachment; filename=1.xlsx", body=body)))
    assert [(member.name, member.data) for member in found.members] == [("1.xlsx", expected)]
    assert found.left == (f"“1.xlsx”{DAMAGED}",)


def test_a_mail_attached_to_a_mail_is_a_file_of_its_own() -> None:
    inner = mail_of(part(f'attachment; filename="{GBK.decode("latin-1")}"'), boundary="=_inner", subject="转发")
    by_name = ("Content-Type: message/rfc822; name=1.eml", inner)
    by_subject = ("Content-Type: message/rfc822", inner)
    encoded = ("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=2", b64encode(inner))
    found = opened(mail_of(by_name, by_subject, encoded, ("Content-Type: message/rfc822", b"\r\nx")))
    assert [member.name for member in found.members] == ["1.eml", "转发.eml", "2.eml", "转发的邮件.eml"]
    assert found.left == ()
    for member in found.members[:3]:
        assert member.data.rstrip() == inner.rstrip()
        assert files(member.data) == [(FORM, DATA)]


def test_what_cannot_be_taken_out_is_said() -> None:
    tnef = "是 Outlook 的专用格式（winmail.dat），附件包在里面取不出来，请发件单位改用“HTML”或“纯文本”格式重新发送，或把填报表单独报送"
    sealed = "是加密邮件的内容，打不开，请不要加密，重新发送"
    elsewhere = "邮件里有网盘或超大附件的链接，程序不会上网下载，请下载后单独放进收件箱"
    data = mail_of(
        part("attachment; filename=winmail.dat", "application/ms-tnef"),
        part("attachment; filename=Winmail.dat"),
        part("attachment; filename=smime.p7m", "application/pkcs7-mime"),
        ("Content-Type: message/external-body; access-type=URL", b"Content-Type: text/plain\r\n\r\n"),
        ("Content-Type: message/partial; id=1; number=1", b"x"),
        ("Content-Type: multipart/mixed", b"no boundary"),
        part("attachment; filename=smime.p7s", "application/pkcs7-signature"),
    )
    assert opened(data) == Opened(
        (),
        (
            f"“winmail.dat”{tnef}",
            f"“Winmail.dat”{tnef}",
            f"“smime.p7m”{sealed}",
            elsewhere,
            "这是被拆开发送的邮件的一段，附件不完整，请整封重新发送",
            "邮件的结构有损坏，有附件取不出来，请重新发送",
        ),
    )
    cloud = part("inline", "text/html; charset=gb2312", body=b64encode("<a>从QQ邮箱发来的超大附件</a>".encode("gbk")))
    assert opened(mail_of(cloud)) == Opened((), (elsewhere,))


def test_a_truncated_mail() -> None:
    whole = mail_of(part("attachment; filename=1.xlsx"), part("attachment; filename=2.xlsx"), closed=False)
    assert listed(whole) == (["1.xlsx", "2.xlsx"], (TRUNCATED,))
    assert listed(whole[:-600]) == (["1.xlsx", "2.xlsx"], (TRUNCATED,))
    assert listed(whole[: whole.index(b"--=_b")]) == ([], (TRUNCATED,))


@pytest.mark.parametrize(
    "before", [b"", b"\r\n\r\n", b"\xef\xbb\xbf", b"From gsl@example.com Mon Dec  8 09:00:00 2014\r\n", b"\n \nFrom - Mon Dec  8 09:00:00 2014\n"]
)
def test_what_programs_put_before_a_mail(before: bytes) -> None:
    assert files(before + mail_of(part("attachment; filename=1.xlsx"))) == [("1.xlsx", DATA)]


def test_every_mail_of_a_mailbox_file() -> None:
    separator = b"From gsl@example.com Mon Dec  8 09:00:00 2014\r\n"
    box = b"\r\n\r\n".join(separator + mail_of(part(f"attachment; filename={i}.xlsx")) for i in range(3))
    assert [name for name, _ in files(box)] == ["0.xlsx", "1.xlsx", "2.xlsx"]


def test_mails_beyond_the_bounds_are_refused() -> None:
    many = [part(f"attachment; filename={i}.txt", body=b"eA==") for i in range(6)]
    assert fault(mail_of(*many), members=5) == (TOO_MANY.format(5), True)
    assert len(files(mail_of(*many), members=6)) == 6
    assert fault(mail_of(*[("Content-Type: text/plain", b"")] * 40), members=5) == (TOO_MANY.format(5), True)
    assert fault(mail_of(part("attachment; filename=1", body=b64encode(bytes(1024 * 1024 + 1)))), unpacked_mb=1) == (TOO_BIG, True)


def test_parts_nested_without_end_are_refused() -> None:
    lines = [b"MIME-Version: 1.0"]
    for depth in range(1500):
        lines += [f'Content-Type: multipart/mixed; boundary="b{depth}"'.encode(), b"", f"--b{depth}".encode()]
    message = "邮件里套了太多层，不是正常的邮件，为安全起见没有打开，请把填报表单独报送"
    assert fault(b"\r\n".join(lines)) == (message, True)


def test_a_header_that_would_keep_the_parser_busy_for_hours_is_refused() -> None:
    message = "邮件的头部大得不合常理，为安全起见没有打开，请把附件单独报送"
    folded = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed;" + b'\r\n a="b;' * 10_000
    assert fault(folded) == (message, True)


def test_headers_that_no_parser_likes() -> None:
    head = "Content-Type: application/octet-stream; name*0*=a; name*x=; =; ;;\"\r\nContent-Disposition: attachment; filename*=%%%; filename*9*=''\r\n"
    head += "Content-Transfer-Encoding: base64 (comment); x=1\r\nSubject: =?x?B?=?=\r\nFrom: <<>>@@,,:;"
    assert len(opened(mail_of((head, B64))).members) == 1


# Outlook


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def named(name: str, data: bytes = DATA, **numbers: int) -> Tree:
    return attachment(data, texts={"3707001F": utf16(name)}, numbers={int(key[1:], 16): value for key, value in numbers.items()})


def test_outlook_attachments() -> None:
    data = outlook_of(named(FORM), named("小.txt", b"x"), named("空.txt", b""), named("../" + FORM, DATA * 9))
    assert files(data) == [(FORM, DATA), ("小.txt", b"x"), ("空.txt", b""), (FORM.replace(".xlsx", " (2).xlsx"), DATA * 9)]


@pytest.mark.parametrize(
    ("texts", "codepage", "expected"),
    [
        ({"3707001E": GBK}, 936, FORM),
        ({"3707001E": GBK}, None, FORM),
        ({"3707001E": GBK + b"\0"}, 54936, FORM),
        ({"3707001E": FORM.encode()}, 65001, FORM),
        ({"3707001E": "臺灣.xls".encode("big5")}, 950, "臺灣.xls"),
        ({"3707001E": GBK}, 1252, FORM),
        ({"3707001F": utf16(FORM) + b"\0\0", "3704001F": utf16("2014NI~1.XLS")}, None, FORM),
        ({"3704001F": utf16("2014NI~1.XLS"), "3001001F": utf16(FORM)}, None, "2014NI~1.XLS"),
        ({"3001001F": utf16(FORM)}, None, FORM),
        ({}, None, "附件1.dat"),
        ({"370E001F": utf16("image/png")}, None, "附件1.png"),
    ],
)
def test_outlook_names(texts: dict[str, bytes], codepage: int | None, expected: str) -> None:
    assert files(outlook_of(attachment(DATA, texts=texts), codepage=codepage)) == [(expected, DATA)]


def test_outlook_mails_in_mails_are_folders() -> None:
    innermost = outlook_tree(named("3.txt"), top=False, subject="最里")
    inner = outlook_tree(named("2.txt"), attachment(innermost, texts={}), top=False)
    data = outlook_of(named("1.txt"), attachment(inner, texts={"3001001F": utf16("转发/申报.msg")}))
    assert [name for name, _ in files(data)] == ["1.txt", "转发_申报.msg/2.txt", "转发_申报.msg/最里.msg/3.txt"]
    too_deep = "“转发_申报.msg/最里.msg”里面套的邮件太多层，没有再打开，请把里面的填报表单独报送"
    assert listed(data, nested=1) == (["1.txt", "转发_申报.msg/2.txt"], (too_deep,))


def test_outlook_pictures_of_the_body_stay_out() -> None:
    shown = {"3707001F": utf16("image001.png"), "3712001F": utf16("1@x"), "370E001F": utf16("image/png")}
    data = outlook_of(
        attachment(DATA, texts=shown, numbers={0x37140003: 4}),
        attachment(DATA, texts={key: shown[key] for key in ("3707001F", "3712001F")}, numbers={0x7FFE000B: 1}),
        attachment(DATA, texts=shown),
        attachment(DATA, texts={"3707001F": utf16("scan.jpg")}, numbers={0x37140003: 4}),
    )
    assert [name for name, _ in files(data)] == ["image001.png", "scan.jpg"]


def test_outlook_attachments_that_are_none() -> None:
    data = outlook_of(
        named("网盘.xlsx", x37050003=7),
        named("对象.xlsx", x37050003=6),
        named("winmail.dat"),
        named("smime.p7m"),
        attachment(None, texts={"3707001F": utf16("没有内容.xlsx")}),
    )
    assert opened(data) == Opened(
        (),
        (
            "“网盘.xlsx”只是一个链接，文件不在邮件里，请把文件本身作为附件重新发送",
            "“对象.xlsx”是插在正文里的对象，不是附件，没有取出，请作为附件重新发送",
            "“winmail.dat”是 Outlook 的专用格式（winmail.dat），附件包在里面取不出来，请把填报表单独报送",
            "“smime.p7m”是加密邮件的内容，打不开，请不要加密，重新发送",
            "“没有内容.xlsx”已损坏，没有取出，请重新报送这个文件",
        ),
    )
    assert opened(outlook_of()) == Opened((), (NO_ATTACHMENT,))


def test_outlook_mails_beyond_the_bounds_are_refused() -> None:
    assert fault(outlook_of(*[named(f"{i}.txt") for i in range(6)]), members=5) == (TOO_MANY.format(5), True)
    assert fault(outlook_of(named("1", bytes(1024 * 1024 + 1))), unpacked_mb=1) == (TOO_BIG, True)
    assert fault(outlook_of(named("1", bytes(700_000)), named("2", bytes(700_000))), unpacked_mb=1) == (TOO_BIG, True)


def test_a_truncated_outlook_mail() -> None:
    whole = outlook_of(named("1.xlsx", bytes(6000)), named("2.xlsx", DATA))
    message = "邮件打不开，可能已损坏或没有传完，请重新报送，或把附件单独报送"
    # The table at the end is lost, the directory before it is still seen.
    assert fault(whole[:-512]) == (message, False)


def test_attachments_that_an_outlook_mail_has_lost_are_counted() -> None:
    damaged = compound(outlook_tree(named("1.txt"), lost=2))
    assert listed(damaged) == (["1.txt"], ("邮件有损坏，应有3个附件，只找到1个，请重新报送",))


def test_an_outlook_mail_whose_directory_runs_in_circles() -> None:
    whole = bytearray(outlook_of(named("1.xlsx")))
    at = whole.index(utf16("__attach_version1.0_#00000000"))
    whole[at + 76 : at + 80] = bytes(4)  # the root of the whole file stands below its own attachment
    assert listed(bytes(whole)) == ([], ("“附件”已损坏，没有取出，请重新报送这个文件",))


def test_a_workbook_in_a_mail_of_outlook_is_not_taken_for_the_mail() -> None:
    workbook = compound({"Workbook": bytes(5000)})
    assert files(outlook_of(named("旧表.xls", workbook))) == [("旧表.xls", workbook)]


# Pictures that were pasted, and when mails were sent


PASTED = b"\x89PNG\r\n\x1a\n" + bytes(10 * 1024 - 8)


@pytest.mark.parametrize(("data", "taken"), [(PASTED, ["image001.png", "附件1.png"]), (PASTED[:-1], [])])
def test_pictures_that_were_pasted_come_out(data: bytes, taken: list[str]) -> None:
    body = b64encode(data)
    encoded = "Content-Transfer-Encoding: base64"
    mail = mail_of(
        (f"Content-Type: image/png\r\nContent-ID: <1>\r\nContent-Disposition: inline; filename=image001.png\r\n{encoded}", body),
        (f"Content-Type: image/png\r\nContent-Disposition: inline\r\n{encoded}", body),
    )
    assert [(member.name, member.data) for member in opened(mail).members] == [(name, data) for name in taken]


@pytest.mark.parametrize(("data", "taken"), [(PASTED, ["image001.png"]), (PASTED[:-1], [])])
def test_pictures_that_were_pasted_in_outlook_come_out(data: bytes, taken: list[str]) -> None:
    texts = {"3707001F": utf16("image001.png"), "3712001F": utf16("1@x"), "370E001F": utf16("image/png")}
    mail = outlook_of(attachment(data, texts=texts, numbers={0x37140003: 4}))
    assert [(member.name, member.data) for member in opened(mail).members] == [(name, data) for name in taken]


def test_when_a_mail_was_sent() -> None:
    moment = 1_420_416_000
    texts = {"3707001F": utf16("表.xlsx")}
    inner = attachment(outlook_tree(attachment(DATA, texts=texts), top=False, sent=moment + 60), texts={})
    outer = compound(outlook_tree(attachment(DATA, texts=texts), inner, sent=moment))
    assert [(member.sent, member.modified) for member in opened(outer).members] == [(moment, 0), (moment + 60, 0)]
    box = b"".join(
        b"From a@b.c Mon Jan  5 00:00:00 2015\r\n" + mail_of(part(f"attachment; filename={n}.xlsx"), date=date) + b"\r\n"
        for n, date in enumerate(["Mon, 5 Jan 2015 00:00:00 +0000", "Mon, 5 Jan 2015 08:01:00 +0800", ""])
    )
    assert [(member.name, member.sent) for member in opened(box).members] == [("0.xlsx", moment), ("1.xlsx", moment + 60), ("2.xlsx", 0)]
