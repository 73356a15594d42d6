"""A mail's bytes: what stands in its headers, and that readers of every kind find the names again."""

import email
import email.policy
import re

import pytest

from kaohe.config.model import Intake
from kaohe.intake.containers import headers
from kaohe.intake.containers.mail import open_mail
from kaohe.mail.message import Attachment, Message, Person

OFFICE = Person("郑州市工商业联合会", "office@zzsgsl.test")
GUANCHENG = Person("郑州市管城回族区工商业联合会", "gc@gsl.test")
NAMES = [
    "2014年度考核填报表-管城区工商联.xlsx",
    "更正通知-新郑市工商联.txt",
    "结果通知-“引号”和'单引号'、空格 百分号%20括号(1).docx",
    "plain.txt",
    "很长的名称" * 14 + ".xlsx",
    "𠮷野家（扩展区汉字）.docx",
]


def written(*names: str, text: str = "你好：\n\n.点开头的一行\n再见") -> Message:
    return Message(OFFICE, GUANCHENG, "关于报送2014年度工作目标考核填报表的通知（第一次提醒）", text, tuple(Attachment(n, n.encode()) for n in names))


def test_a_draft_byte_by_byte() -> None:
    assert Message(OFFICE, Person("Office", "a@b.test"), "请填报（金水）", "你好\n", (Attachment("表.xlsx", b"x"),)).draft().decode() == "\r\n".join(
        [
            'Content-Type: multipart/mixed; boundary="=_kaohe_9d4972030eb727f36e03201a"',
            "From: =?utf-8?b?6YOR5bee5biC5bel5ZWG5Lia6IGU5ZCI5Lya?=",
            " <office@zzsgsl.test>",
            'To: "Office"',
            " <a@b.test>",
            "Subject: =?utf-8?b?6K+35aGr5oql77yI6YeR5rC077yJ?=",
            "X-Unsent: 1",
            "MIME-Version: 1.0",
            "",
            "--=_kaohe_9d4972030eb727f36e03201a",
            'Content-Type: text/plain; charset="utf-8"',
            "Content-Transfer-Encoding: base64",
            "",
            "5L2g5aW9DQo=",
            "",
            "--=_kaohe_9d4972030eb727f36e03201a",
            "Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet;",
            ' name="=?utf-8?b?6KGoLnhsc3g=?="',
            "Content-Disposition: attachment;",
            " filename*=utf-8''%E8%A1%A8.xlsx",
            "Content-Transfer-Encoding: base64",
            "",
            "eA==",
            "",
            "--=_kaohe_9d4972030eb727f36e03201a--",
            "",
        ]
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_reader_finds_the_name(name: str) -> None:
    data = written(name).draft()
    (modern,) = email.message_from_bytes(data, policy=email.policy.default).iter_attachments()
    assert isinstance(modern, email.message.EmailMessage)
    assert (modern.get_filename(), modern["Content-Type"].params["name"]) == (name, name)
    assert (modern.get_content().encode() if name.endswith(".txt") else modern.get_content()) == name.encode()
    assert not [part.defects for part in email.message_from_bytes(data, policy=email.policy.default).walk() if part.defects]
    old = email.message_from_bytes(data).get_payload()[1]  # type: ignore[index]
    assert isinstance(old, email.message.Message)
    assert headers.words(str(old.get_param("name"))) == name, "a program that knows RFC 2047 only"
    assert [(member.name, member.data) for member in open_mail(data, Intake()).members] == [(name, name.encode())], "our own intake"


def test_bytes_on_the_line() -> None:
    data = written(*NAMES).draft()
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b""), "every line ends as the standard says"
    lines = data.split(b"\r\n")
    assert max(len(line) for line in lines) < 998
    assert [line for line in lines if len(line) > 78 and not line.startswith((b" filename*=", b"Content-Type: application/"))] == []
    assert re.findall(rb"(?im)^(?:date|message-id|bcc):", data) == []


def test_the_text_and_the_header_come_through() -> None:
    mail = email.message_from_bytes(written("表.xlsx").draft(), policy=email.policy.default)
    assert mail["Subject"] == "关于报送2014年度工作目标考核填报表的通知（第一次提醒）"
    assert (mail["From"], mail["To"]) == ("郑州市工商业联合会 <office@zzsgsl.test>", "郑州市管城回族区工商业联合会 <gc@gsl.test>")
    body = mail.get_body()
    assert body is not None
    assert body.get_content() == "你好：\r\n\r\n.点开头的一行\r\n再见\r\n"


def test_the_same_message_is_the_same_bytes() -> None:
    assert written("表.xlsx").draft() == written("表.xlsx").draft()
    assert written("表.xlsx").digest != written("表.xlsx", text="别的").digest


def test_no_text_becomes_a_header() -> None:
    """Subjects and names come from templates and the configuration; a line break in them is no new header."""
    mail = Message(Person('a"b\r\nX-Bad: 1', "a@b.test"), Person("乙\r\nX-Bad: 1", "c@d.test"), "主题\r\nX-Bad: 1\r\n\r\nbody", "x", ())
    parsed = email.message_from_bytes(mail.draft())
    assert parsed["X-Bad"] is None
    assert sorted(parsed.keys()) == ["Content-Type", "From", "MIME-Version", "Subject", "To", "X-Unsent"]
