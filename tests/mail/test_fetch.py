"""Fetching from a real mailbox: once each, whole, whose they are, and nothing there is touched."""

import email.policy
import imaplib
import itertools
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from kaohe.config.loader import Office, load_office
from kaohe.files import FolderFault
from kaohe.intake.arrival import arrivals
from kaohe.ledger import Ledger
from kaohe.mail import fetch as fetching
from kaohe.mail.account import AccountFault
from kaohe.mail.fetch import Fetching, fetch
from kaohe.mail.message import Attachment, Message, Person
from kaohe.mail.senders import carries_files
from kaohe.progress import Silent
from kaohe.survey import survey
from tests.support.forms import filled, sound_fields, tree
from tests.support.mail_office import mail_office
from tests.support.mail_servers import HOST, PASSWORD, Certificates, Mailbox

pytestmark = pytest.mark.mail

NOW = datetime(2014, 12, 12, 9, 0, tzinfo=UTC)
ARRIVED = datetime(2014, 12, 10, 3, 0, tzinfo=UTC)
USERS = itertools.count(1)


class Box:
    """An account of its own on the server, seen by another program than ours."""

    def __init__(self, certificate: Certificates, mailbox: Mailbox) -> None:
        self.user, self._certificate, self._mailbox = f"office{next(USERS)}", certificate, mailbox

    @contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4_SSL]:
        context = ssl.create_default_context(cafile=self._certificate.authority)
        client = imaplib.IMAP4_SSL(HOST, self._mailbox.port, ssl_context=context, timeout=20)
        client.login(self.user, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def put(self, data: bytes, arrived: datetime = ARRIVED, folder: str = "INBOX", flags: str = "") -> None:
        """A mail that has come in."""
        with self.opened() as client:
            assert client.append(folder, flags, imaplib.Time2Internaldate(arrived), data)[0] == "OK"

    def state(self, folder: str = "INBOX") -> list[bytes]:
        """Every mail with its flags."""
        with self.opened() as client:
            client.select(folder, readonly=True)
            return [line for line in client.uid("FETCH", "1:*", "(UID FLAGS RFC822.SIZE)")[1] if line]

    def section(self, **settings: object) -> str:
        """The ``[fetch]`` section for this account."""
        lines = {
            "host": HOST,
            "port": self._mailbox.port,
            "user": self.user,
            "ca": str(self._certificate.authority),
            "seconds": 20,
            **settings,
        }
        written = {
            key: str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else value for key, value in lines.items()
        }
        return "\n[fetch]\n" + "".join(f"{key} = {value}\n" for key, value in written.items())


@pytest.fixture
def box(certificate: Certificates, mailbox: Mailbox) -> Box:
    return Box(certificate, mailbox)


def take(office: Office, password: str = PASSWORD) -> Fetching:
    """One run of the program."""
    assert office.config.fetch is not None
    ledger = Ledger(office.config.folder("state"))
    return fetch(office.config, office.config.fetch, password, ledger, NOW, Silent())


def sent(sender: str, subject: str, *files: tuple[str, bytes], name: str = "某人", text: str = "见附件") -> bytes:
    """A mail as a county's program writes it."""
    attachments = tuple(Attachment(file, data) for file, data in files)
    return Message(Person(name, sender), Person("市工商联", "office@zzsgsl.test"), subject, text, attachments).outgoing(
        "Wed, 10 Dec 2014 11:00:00 +0800", "<1@x>"
    )


def inbox(office: Office) -> list[str]:
    return sorted(tree(office.config.folder("inbox")))


def test_a_mail_comes_whole_and_once(tmp_path: Path, box: Box) -> None:
    office = mail_office(tmp_path, box.section())
    data = sent("JinShui@gsl.test", "金水区工商联报送考核表", ("填报表.xlsx", filled("jinshui", sound_fields())), ("盖章页.jpg", b"\xff\xd8\xff"))
    box.put(data)
    before = box.state()
    first = take(office)
    assert [(taken.envelope.unit.code if taken.envelope.unit else "", taken.path) for taken in first.taken] == [
        ("jinshui", "邮件/20141210-金水区工商联-金水区工商联报送考核表.eml")
    ]
    assert tree(office.config.folder("inbox")) == {first.taken[0].path: data}, "byte for byte as it came"
    assert int((tmp_path / "inbox" / first.taken[0].path).stat().st_mtime) == int(ARRIVED.timestamp())
    assert (first.problems, first.doubtful, first.stopped) == ([], [], "")
    assert take(office) == Fetching()
    assert box.state() == before, "not even marked as read"


@pytest.mark.slow
def test_the_intake_finds_form_and_evidence_in_it(tmp_path: Path, box: Box) -> None:
    office = mail_office(tmp_path, box.section())
    box.put(sent("jinshui@gsl.test", "报送", ("考核表.xlsx", filled("jinshui", sound_fields())), ("盖章页.jpg", b"\xff\xd8\xff\xe0")))
    box.put(sent("huiji@gsl.test", "只有佐证", ("表彰文件.pdf", b"%PDF-1.4")))
    take(office)
    assessment = survey(office)
    assert {(file.name, file.verdict.value, file.unit) for file in assessment.files if file.inside} == {
        ("邮件/20141210-金水区工商联-报送.eml/考核表.xlsx", "accepted", "jinshui"),
        ("邮件/20141210-金水区工商联-报送.eml/盖章页.jpg", "evidence", "jinshui"),
        ("邮件/20141210-惠济区工商联-只有佐证.eml/表彰文件.pdf", "evidence", "huiji"),
    }


@pytest.mark.slow
def test_of_two_returns_taken_together_the_later_counts(tmp_path: Path, box: Box) -> None:
    office = mail_office(tmp_path, box.section())
    late, early = (
        sent("jinshui@gsl.test", subject, ("表.xlsx", filled("jinshui", sound_fields(website_items=n)))) for subject, n in (("甲", 130), ("乙", 90))
    )
    box.put(late, datetime(2014, 12, 11, 3, tzinfo=UTC))
    box.put(early, datetime(2014, 12, 10, 3, tzinfo=UTC))
    take(office)
    (accepted,) = [file.name for file in survey(office).files if file.verdict.value == "accepted"]
    assert accepted == "邮件/20141211-金水区工商联-甲.eml/表.xlsx"


def test_doubtful_senders_are_listed_and_kept_apart(tmp_path: Path, box: Box) -> None:
    """A stranger who calls himself a unit, an address that two units share, two senders at once, none at all."""
    office = mail_office(tmp_path, box.section())
    text = office.file.read_text(encoding="utf-8").replace(
        'email = "erqi@gsl.test"', 'email = "erqi@gsl.test"\nemails = ["huiji@gsl.test", "Zhang@qq.test"]'
    )
    office.file.write_text(text, encoding="utf-8")
    office = load_office(office.file)
    file = ("表.pdf", b"%PDF")
    box.put(sent("stranger@qq.test", "材料", file, name="金水区工商联"))
    box.put(sent("huiji@gsl.test", "材料", file))
    box.put(sent("zhang@QQ.test", "材料", file))
    box.put(b"From: a@gsl.test, b@gsl.test\r\n" + sent("x@y.test", "两个", file).replace(b"From:", b"X-From:", 1))
    box.put(sent("x@y.test", "没有", file).replace(b"From:", b"X-From:", 1))
    found = take(office)
    assert [(taken.path, taken.envelope.doubt) for taken in found.taken] == [
        ("邮件/发件人待核对/20141210-stranger@qq.test-材料.eml", "发件人不在设置的单位、考核组邮箱里"),
        ("邮件/发件人待核对/20141210-huiji@gsl.test-材料.eml", "这个邮箱同时写在二七区工商联、惠济区工商联"),
        ("邮件/20141210-二七区工商联-材料.eml", ""),
        ("邮件/发件人待核对/20141210-a@gsl.test, b@gsl.test-两个.eml", "写了几个发件人"),
        ("邮件/发件人待核对/20141210-发件人不明-没有.eml", "没有写发件人"),
    ]
    assert [taken.path for taken in found.doubtful] == [found.taken[n].path for n in (0, 1, 3, 4)]


def test_a_group_that_sends_its_form_back_is_known(tmp_path: Path, box: Box) -> None:
    office = mail_office(tmp_path, box.section())
    text = office.file.read_text(encoding="utf-8").replace('leader = "白宇宙"', 'leader = "白宇宙"\nemail = "Bai@gsl.test"')
    office.file.write_text(text, encoding="utf-8")
    box.put(sent("bai@gsl.test", "核查表", ("核查表.xlsx", b"PK")))
    found = take(load_office(office.file))
    assert [(taken.path, taken.envelope.doubt) for taken in found.taken] == [("邮件/20141210-第一组-核查表.eml", "")]


def test_mails_without_files_are_told_once_and_left(tmp_path: Path, box: Box) -> None:
    office = mail_office(tmp_path, box.section())
    box.put(sent("jinshui@gsl.test", "收到"))
    found = take(office)
    assert ([envelope.shown for envelope in found.without_files], found.taken) == (["金水区工商联 jinshui@gsl.test《收到》"], [])
    assert (take(office), inbox(office)) == (Fetching(), [])


def test_names_are_harmless(tmp_path: Path, box: Box) -> None:
    office = mail_office(tmp_path, box.section())
    box.put(sent("jinshui@gsl.test", "../../etc/passwd\\CON:<x>|\u202egnp.exe" + "长" * 300, ("表.pdf", b"%PDF")))
    box.put(sent("../..@gsl.test", "", ("表.pdf", b"%PDF")))
    take(office)
    assert inbox(office) == [
        "邮件/20141210-金水区工商联-.._.._etc_passwd_CON__x__gnp.exe长长长长长长长….eml",
        "邮件/发件人待核对/20141210-.._..@gsl.test.eml",
    ]


def test_the_same_mail_again_is_not_saved_twice(tmp_path: Path, box: Box) -> None:
    """The server numbers its mails anew, or the ledger is lost: content decides."""
    office = mail_office(tmp_path, box.section())
    data = sent("jinshui@gsl.test", "报送", ("表.pdf", b"%PDF"))
    box.put(data)
    take(office)
    (tmp_path / "state" / "ledger.sqlite3").unlink()
    again = take(office)
    assert ([taken.known for taken in again.taken], len(inbox(office))) == ([True], 1)
    with box.opened() as client:
        client.create("New")
    box.put(data, folder="New")
    other = mail_office(tmp_path, box.section(folder="New"))
    assert ([taken.known for taken in take(other).taken], len(inbox(other))) == ([True], 1)
    box.put(sent("jinshui@gsl.test", "报送", ("表.pdf", b"%PDF-2")))
    take(office)
    assert inbox(office) == ["邮件/20141210-金水区工商联-报送 (2).eml", "邮件/20141210-金水区工商联-报送.eml"]


def test_a_run_killed_before_the_ledger_knew(tmp_path: Path, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    office = mail_office(tmp_path, box.section())
    box.put(sent("jinshui@gsl.test", "报送", ("表.pdf", b"%PDF")))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fetching._Fetcher, "_remember", killed)
        with pytest.raises(KeyboardInterrupt):
            take(office)
    assert len(inbox(office)) == 1
    assert [taken.known for taken in take(office).taken] == [True]
    assert (len(inbox(office)), take(office)) == (1, Fetching())


def test_nothing_is_deleted_or_marked_and_marking_is_asked_for(tmp_path: Path, box: Box) -> None:
    """Another program's deletion mark stays a mark: the library's own way of marking would expunge it."""
    for subject, flags in (("甲", ""), ("乙", r"(\Deleted)")):
        box.put(sent("jinshui@gsl.test", subject, ("表.pdf", subject.encode())), flags=flags)
    before = box.state()
    take(mail_office(tmp_path / "one", box.section()))
    assert box.state() == before
    take(mail_office(tmp_path / "two", box.section(mark_seen=True)))
    marks = [set(imaplib.ParseFlags(line)) - {rb"\Recent"} for line in box.state()]
    assert marks == [{rb"\Seen"}, {rb"\Deleted", rb"\Seen"}]


def test_large_mails_stay_where_they_are_and_are_told_each_time(tmp_path: Path, box: Box) -> None:
    office = mail_office(tmp_path, box.section(mail_mb=1))
    box.put(sent("jinshui@gsl.test", "照片", ("照片.zip", bytes(1_200_000))))
    box.put(sent("huiji@gsl.test", "报送", ("表.pdf", b"%PDF")))
    for expected in (1, 0):
        found = take(office)
        assert found.problems == [
            "金水区工商联 jinshui@gsl.test《照片》有1MB，超过 [fetch] 的 mail_mb，没有取，仍在邮箱里；请在邮箱里把附件另存到收件箱"
        ]
        assert len(found.taken) == expected


def test_broken_mails_cost_themselves_only(tmp_path: Path, box: Box) -> None:
    office = mail_office(tmp_path, box.section())
    box.put(b"From: " + b"(" * 50_000 + b"\r\nSubject: =?utf-8?b?////?=\r\nContent-Type: multipart/mixed; boundary=\r\n\r\nx")
    box.put(b"\r\n\r\n")
    box.put(b"From: jinshui@gsl.test\r\nContent-Type: application/octet-stream; name*=gbk''%FF%FE\r\n\r\n\x00\x01")
    box.put(b"From: huiji@gsl.test\r\nSubject: \xbb\xdd\xbc\xc3\r\nContent-Type: text/plain\r\n\r\nbegin 644 a.xls\r\nx\r\nend\r\n")
    found = take(office)
    assert [taken.path for taken in found.taken] == ["邮件/20141210-金水区工商联.eml", "邮件/20141210-惠济区工商联-惠济.eml"]
    assert (len(found.without_files), found.stopped) == (2, "")
    assert [entry.name for entry in arrivals(office.config.folder("inbox"))] == [taken.path for taken in found.taken[::-1]]


def test_a_bounded_number_at_a_time_and_since_a_day(tmp_path: Path, box: Box) -> None:
    for day in (1, 2, 3, 4):
        box.put(sent("jinshui@gsl.test", f"第{day}封", ("表.pdf", str(day).encode())), datetime(2014, 12, day, 6, tzinfo=UTC))
    office = mail_office(tmp_path, box.section(most=2) + "since = 2014-12-02\n")
    first, second = take(office), take(office)
    assert ([taken.envelope.subject for taken in first.taken], first.waiting) == (["第2封", "第3封"], 1)
    assert ([taken.envelope.subject for taken in second.taken], second.waiting) == (["第4封"], 0)


def test_a_connection_that_breaks_keeps_what_was_taken(tmp_path: Path, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    office = mail_office(tmp_path, box.section())
    for n in range(3):
        box.put(sent("jinshui@gsl.test", f"第{n}封", ("表.pdf", str(n).encode())))
    ask = fetching._Fetcher._ask

    def cut(self: fetching._Fetcher, uids: str, what: str) -> object:
        if uids == "2" and "HEADER" not in what:
            self._mailbox.client.shutdown()
        return ask(self, uids, what)

    with monkeypatch.context() as patch:
        patch.setattr(fetching._Fetcher, "_ask", cut)
        found = take(office)
    assert ([taken.envelope.subject for taken in found.taken], found.stopped) == (
        ["第0封"],
        "与邮箱的连接断了，已经取下的都在收件箱里，再运行一次会接着取",
    )
    assert [taken.envelope.subject for taken in take(office).taken] == ["第1封", "第2封"]


def test_an_inbox_that_cannot_be_written(tmp_path: Path, box: Box) -> None:
    office = mail_office(tmp_path, box.section())
    box.put(sent("jinshui@gsl.test", "报送", ("表.pdf", b"%PDF")))
    (tmp_path / "inbox").write_bytes(b"a file")
    with pytest.raises(FolderFault, match="保存邮件没有做成"):
        take(office)
    (tmp_path / "inbox").unlink()
    assert len(take(office).taken) == 1


@pytest.mark.slow
def test_wrong_password_folder_and_encryption(tmp_path: Path, box: Box, mailbox: Mailbox, certificate: Certificates) -> None:
    office = mail_office(tmp_path, box.section())
    with pytest.raises(AccountFault) as login:
        take(office, "geheim-anders")
    assert str(login.value).startswith(f"邮箱 {box.user} 登录不上，服务器说：")
    assert "geheim-anders" not in str(login.value)
    with box.opened() as client:
        client.create("&ZTZO9g-")
    with pytest.raises(AccountFault) as folder:
        take(mail_office(tmp_path, box.section(folder="Post")))
    assert str(folder.value) == "邮箱里没有文件夹“Post”，可以写：收件、INBOX"
    assert take(mail_office(tmp_path, box.section(folder="收件"))) == Fetching()
    assert take(mail_office(tmp_path, box.section(security="starttls", port=mailbox.starttls_port))) == Fetching()
    with pytest.raises(AccountFault, match="的证书不可信"):
        take(mail_office(tmp_path, box.section(ca="")))
    with pytest.raises(AccountFault, match=r"请核对 port 和 security|没有回答"):
        take(mail_office(tmp_path, box.section(port=mailbox.starttls_port, seconds=2)))


def test_the_names_of_our_own_attachments_survive_a_mailbox(tmp_path: Path, box: Box) -> None:
    """What is sent to a unit, put into a real mailbox and taken out by another program."""
    name = "2014年度考核填报表-管城区工商联.xlsx"
    box.put(sent("office@zzsgsl.test", "请填报", (name, b"form")))
    with box.opened() as client:
        client.select("INBOX", readonly=True)
        raw = client.uid("FETCH", "1", "(BODY.PEEK[])")[1][0][1]
        structure = client.uid("FETCH", "1", "(BODYSTRUCTURE)")[1][0]
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert [part.get_filename() for part in mail.iter_attachments()] == [name]
    assert b"=?utf-8?b?" in structure
    assert b"utf-8''2014%E5%B9%B4" in structure


@pytest.mark.parametrize(
    ("mail", "carries"),
    [
        (b"Content-Type: text/plain; charset=utf-8\r\n\r\nname=x", False),
        (b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<meta name=x>", False),
        (b"Content-Type: text/plain;\r\n name=a.txt\r\n\r\n", True),
        (b"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\n", True),
        (b"Content-Type: application/ms-tnef\r\n\r\n", True),
        (b"Content-Type: image/jpeg\r\n\r\n", True),
        (b"Content-Type: message/rfc822\r\n\r\n", True),
        (b"no header at all", False),
    ],
)
def test_what_counts_as_a_mail_with_files(mail: bytes, carries: bool) -> None:
    assert carries_files(mail) is carries
