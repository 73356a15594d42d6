"""Sending to a real server: encrypted and logged in, refused, put off, cut off in the middle, stopped and gone on with."""

import email
import email.policy
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kaohe.config.loader import load_office
from kaohe.files import FolderFault
from kaohe.ledger import Ledger
from kaohe.mail.drafts import forms_batch
from kaohe.mail.sending import Fate, plan
from kaohe.mail.sent import SentBook
from kaohe.mail.smtp import _lines
from tests.support.mail_office import START, Desk, Hands, mail_config, mail_office, with_forms
from tests.support.mail_servers import USER, Certificates, Taken, smtp_server

XINZHENG, JINSHUI, ZHONGYUAN = "xinzheng@gsl.test", "jinshui@gsl.test", "zhongyuan@gsl.test"


pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")


def desk(home: Path, certificate: Certificates, port: int, **settings: object) -> Desk:
    office = mail_office(home, mail_config(certificate, port, **settings))  # type: ignore[arg-type]
    return Desk(office, with_forms(office))


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mails_go_out_encrypted_and_logged_in(tmp_path: Path, certificate: Certificates, security: str) -> None:
    taken = Taken()
    with smtp_server(certificate, taken, security=security) as port:
        at = desk(tmp_path, certificate, port, security=security)
        sending = at.send()
    assert (at.fates(sending), sending.stopped, sending.complete) == (["已发出"] * 3, "", True)
    assert taken.recipients == [XINZHENG, JINSHUI, ZHONGYUAN]
    mail = email.message_from_bytes(taken.mails[1][1], policy=email.policy.default)
    assert (mail["From"], mail["To"]) == (f"郑州市工商业联合会 <{USER}>", f"郑州市金水区工商业联合会 <{JINSHUI}>")
    assert (mail["Date"], mail["X-Unsent"]) == ("Mon, 08 Dec 2014 09:00:00 +0000", None)
    assert [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()] == [
        ("2014年度考核填报表-金水区工商联.xlsx", b"form of jinshui")
    ]
    assert at.copies["填报表-金水区工商联"].replace(b"\r\n", b"\n") == taken.mails[1][1].replace(b"\r\n", b"\n")
    assert at.remembered() == [("xinzheng", "sent"), ("jinshui", "sent"), ("zhongyuan", "sent")]


def test_nobody_is_mailed_twice_unless_asked(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        at.send()
        second = at.send()
        assert at.fates(second) == ["以前已发出"] * 3
        assert second.complete
        assert len(taken.mails) == 3
        assert at.fates(at.send(again=True)) == ["已发出"] * 3
    ids = [email.message_from_bytes(mail)["Message-ID"] for _, mail in taken.mails]
    assert len(set(ids)) == 6, "what bears a known number is thrown away by some servers"


def test_a_changed_address_is_another_recipient(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        at.send()
        text = at.office.file.read_text(encoding="utf-8").replace("jinshui@gsl.test", "js@gsl.test")
        home = tmp_path / "config.toml"
        home.write_text(text, encoding="utf-8")
        office = load_office(home)
        moved = Desk(office, with_forms(office))
        assert moved.fates(moved.send()) == ["以前已发出", "已发出", "以前已发出"]
    assert taken.recipients[-1] == "js@gsl.test"


def test_one_recipient_who_is_refused_costs_nobody_else(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    taken.behave(XINZHENG, "550 5.1.1 用户不存在")
    taken.behave(JINSHUI, "late 554 spam")
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        sending = at.send()
        assert at.fates(sending) == ["被拒收", "被拒收", "已发出"]
        assert [result.said for result in sending.results[:2]] == [
            f"{XINZHENG}：550 5.1.1 用户不存在。请核对邮箱地址",
            f"{JINSHUI}：554 spam。请核对邮箱地址",
        ]
        assert not sending.complete
        assert at.remembered() == [("xinzheng", "refused"), ("jinshui", "refused"), ("zhongyuan", "sent")]
        assert at.fates(at.send()) == ["已发出", "已发出", "以前已发出"], "what was surely not taken is tried again"


def test_greylisting_is_waited_out(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    taken.behave(XINZHENG, "451 4.7.1 greylisted")
    taken.behave(JINSHUI, "450 again", "late 452 again")
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        sending = at.send()
    assert at.fates(sending) == ["已发出"] * 3
    assert taken.recipients == [ZHONGYUAN, XINZHENG, JINSHUI]
    assert [wait for wait in at.hands.waits if wait >= 1] == [300, 300]


def test_what_is_put_off_for_too_long_is_left_for_another_run(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    taken.behave(JINSHUI, *["451 greylisted"] * 3)
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        sending = at.send()
        assert at.fates(sending) == ["已发出", "暂时发不出", "已发出"]
        assert sending.results[1].said == f"{JINSHUI}：451 greylisted"
        assert (sending.complete, taken.asked.count(JINSHUI)) == (False, 3)
        assert at.fates(at.send()) == ["以前已发出", "已发出", "以前已发出"]


def test_a_connection_that_breaks_before_the_mail_is_made_anew(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    taken.behave(JINSHUI, "cut", "cut")
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        sending = at.send()
    assert at.fates(sending) == ["已发出"] * 3
    assert taken.recipients == [XINZHENG, JINSHUI, ZHONGYUAN]
    assert at.hands.waits.count(300) == 0


def test_a_server_that_closes_between_two_mails(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    taken.behave(JINSHUI, "421 closing")
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        assert at.fates(at.send()) == ["已发出"] * 3
    assert taken.recipients == [XINZHENG, ZHONGYUAN, JINSHUI]


def test_a_mail_that_may_have_been_taken_is_not_sent_again_by_itself(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    taken.behave(JINSHUI, "cut after")
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        sending = at.send()
        assert at.fates(sending) == ["已发出", "不确定是否已发出", "已发出"]
        assert at.remembered() == [("xinzheng", "sent"), ("jinshui", "sending"), ("zhongyuan", "sent")]
        said = [event.said for event in at.ledger.events("jinshui")]
        assert said == [f"不确定是否已发到 {JINSHUI}：交给服务器以后连接断了"]
        again = at.send()
        assert at.fates(again) == ["以前已发出", "不确定是否已发出", "以前已发出"]
        assert again.results[1].said.endswith("发到一半时断了，服务器可能已经收下。请先问对方收到没有；没有收到的，加 --again 再发")
        assert taken.recipients.count(JINSHUI) == 1
        at.send(again=True)
    assert taken.recipients.count(JINSHUI) == 2


def test_a_run_killed_between_the_server_s_yes_and_the_ledger(tmp_path: Path, certificate: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Taken()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        with monkeypatch.context() as patch:
            patch.setattr(SentBook, "settle", killed)
            with pytest.raises(KeyboardInterrupt):
                at.send()
        assert (taken.recipients, at.remembered()) == ([XINZHENG], [("xinzheng", "sending")])
        assert at.fates(at.send()) == ["不确定是否已发出", "已发出", "已发出"]
    assert taken.recipients == [XINZHENG, JINSHUI, ZHONGYUAN]


def test_a_stopped_run_has_kept_what_it_sent(tmp_path: Path, certificate: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Taken()

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        with monkeypatch.context() as patch:
            patch.setattr(Hands, "sleep", stopped)  # between the first mail and the second
            with pytest.raises(KeyboardInterrupt):
                at.send()
        assert (taken.recipients, list(at.copies)) == ([XINZHENG], ["填报表-新郑市工商联"])
        at.send()
    assert list(at.copies) == ["填报表-新郑市工商联", "填报表-金水区工商联", "填报表-中原区工商联"]


def test_without_a_ledger_nothing_is_sent(tmp_path: Path, certificate: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full, say: what cannot be remembered must not be handed over."""
    taken = Taken()

    def full(*_: object) -> int:
        raise FolderFault("磁盘已满")

    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        monkeypatch.setattr(SentBook, "begin", full)
        with pytest.raises(FolderFault, match="磁盘已满"):
            at.send()
    assert (taken.asked, taken.mails, at.remembered()) == ([XINZHENG], [], [])


def test_a_bounded_rate(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port, per_minute=4)
        at.send()
    assert at.hands.waits == [15, 15]
    assert (at.hands.moment - START).seconds == 30


def test_a_wrong_password_ends_it_at_once(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        sending = at.send(password="secret-of-the-test")
    assert at.fates(sending) == ["没有发"] * 3
    assert sending.stopped.startswith(f"邮箱 {USER} 登录不上，服务器说：535 ")
    assert "授权码" in sending.stopped
    assert "secret-of-the-test" not in sending.stopped
    assert (taken.asked, at.hands.waits) == ([], [])


def test_a_sender_that_the_server_does_not_take(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken(senders={USER: "553 must equal the user"})
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        sending = at.send()
    assert at.fates(sending) == ["没有发"] * 3
    assert sending.stopped == f"服务器不接受发件地址 {USER}：553 must equal the user，一般要与登录的邮箱相同，请核对 [mail] 的 from"


def test_a_certificate_of_an_unknown_authority(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    with smtp_server(certificate, taken) as port:
        office = mail_office(tmp_path, mail_config(certificate, port).replace(f'ca = "{certificate.authority}"\n', ""))
        at = Desk(office, with_forms(office))
        sending = at.send()
    assert sending.stopped.startswith(f"邮件服务器 localhost:{port} 的证书不可信（")
    assert taken.asked == []


def test_a_server_without_starttls_gets_no_password(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    with smtp_server(certificate, taken, security="none") as port:
        at = desk(tmp_path, certificate, port, security="starttls")
        sending = at.send()
    assert sending.stopped == "邮件服务器 localhost 不支持 STARTTLS 加密，没有登录，也没有发信。请核对 port 和 security"
    assert taken.asked == []


def test_a_server_that_is_not_there(tmp_path: Path, certificate: Certificates) -> None:
    at = desk(tmp_path, certificate, 1)
    sending = at.send()
    assert sending.stopped == "连不上邮件服务器 localhost:1，请检查网络，核对 host 和 port"
    assert (at.fates(sending), at.hands.waits) == (["没有发"] * 3, [])


def test_a_mail_larger_than_the_server_allows(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    with smtp_server(certificate, taken, limit=4096) as port:
        at = desk(tmp_path, certificate, port)
        (tmp_path / "outbox/forms/2014年度考核填报表-金水区工商联.xlsx").write_bytes(bytes(8192))
        at.batch = forms_batch(at.office, [at.office.config.units_by_code[code] for code in ("jinshui", "zhongyuan")], START.date())
        sending = at.send()
    assert at.fates(sending) == ["被拒收", "已发出"]
    assert "超过服务器允许的4KB" in sending.results[0].said


def test_addresses_that_stand_in_for_real_ones_are_never_mailed(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    with smtp_server(certificate, taken) as port:
        office = mail_office(tmp_path, mail_config(certificate, port))
        text = office.file.read_text(encoding="utf-8").replace("jinshui@gsl.test", "jinshui@gsl.example")
        office.file.write_text(text, encoding="utf-8")
        office = load_office(office.file)
        at = Desk(office, with_forms(office))
        sending = at.send(again=True)
    assert at.fates(sending) == ["已发出", "没有真实邮箱", "已发出"]
    assert sending.results[1].said == "jinshui@gsl.example 不是真实地址，请在 config.toml 里改"
    assert taken.recipients == [XINZHENG, ZHONGYUAN]


def test_lines_that_begin_with_a_dot_arrive_whole(tmp_path: Path, certificate: Certificates) -> None:
    """The protocol ends a mail with a dot on a line of its own."""
    assert _lines(b"a\r\n.\r\n..b\r\nc") == b"a\r\n..\r\n...b\r\nc\r\n"


def test_what_was_sent_is_in_the_year_s_log(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    taken.behave(JINSHUI, "550 no")
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        at.send()
    events = [(event.kind, event.unit, event.said) for event in Ledger(tmp_path / "state").events()]
    assert events == [
        ("发信", "xinzheng", f"已发到 {XINZHENG}"),
        ("发信", "jinshui", f"{JINSHUI} 拒收：550 no"),
        ("发信", "zhongyuan", f"已发到 {ZHONGYUAN}"),
    ]


def test_a_damaged_ledger_does_not_forget_who_was_mailed(tmp_path: Path, certificate: Certificates) -> None:
    taken = Taken()
    with smtp_server(certificate, taken) as port:
        at = desk(tmp_path, certificate, port)
        at.send()
    with closing(sqlite3.connect(tmp_path / "state" / "ledger.sqlite3")) as connection:
        connection.execute("DROP TABLE received")
        connection.commit()
    ledger = Ledger(tmp_path / "state")
    assert ledger.mend(int(START.timestamp())).startswith("台账损坏")
    planned = plan(at.batch.drafts, SentBook(ledger).entries(), again=False)
    assert [result.fate for result in planned] == [Fate.ALREADY] * 3
