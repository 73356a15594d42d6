"""The commands as the clerk gives them: drafts, sending, going on, reminders, fetching, the password."""

import email
import email.policy
import io
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import keyring
import pytest
import typer
from filelock import FileLock
from keyring.errors import NoKeyringError

import pipeline
from kaohe.commands import mail as commands
from kaohe.mail.sending import SystemClock
from tests.mail.test_fetch import Box, sent
from tests.support.forms import drop, filled, passed_gate, sound_fields, tree
from tests.support.mail_office import mail_config, mail_office
from tests.support.mail_servers import PASSWORD, Certificates, Mailbox, Taken, smtp_server

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")

DONE, NOT_DONE, WRONG, LOCKED = 0, 1, 2, 3


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


def call(home: Path, *arguments: str) -> Said:
    """One command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = pipeline.main(["-c", str(home / "config.toml"), *arguments])
    return Said(status, out.getvalue(), err.getvalue())


@pytest.fixture(autouse=True)
def _on_a_day_in_december(monkeypatch: pytest.MonkeyPatch) -> None:
    today(monkeypatch, 22)


def today(monkeypatch: pytest.MonkeyPatch, day: int) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Clock":
            return cls(2014, 12, day, 9, 0, 0)

    monkeypatch.setattr(commands, "datetime", Clock)


def rows(said: Said) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.out.splitlines() if line.startswith("│")]


def test_drafts_for_all_and_nothing_sent(tmp_path: Path) -> None:
    mail_office(tmp_path)
    assert call(tmp_path, "forms").status == DONE
    said = call(tmp_path, "mail", "forms")
    assert (said.status, said.err) == (DONE, "")
    assert f"12封草稿在：{tmp_path / 'outbox' / 'mail'}（双击用 Outlook、Foxmail 打开就可以发；或加 --send 由程序发出）\n" in said.out
    drafts = tree(tmp_path / "outbox" / "mail")
    assert len(drafts) == 12
    mail = email.message_from_bytes(drafts["填报表-登封市工商联.eml"], policy=email.policy.default)
    assert (mail["X-Unsent"], mail["Date"], mail["Message-ID"]) == ("1", None, None)
    (form,) = mail.iter_attachments()
    assert form.get_content() == (tmp_path / "outbox" / "forms" / "2014年度考核填报表-登封市工商联.xlsx").read_bytes()
    call(tmp_path, "mail", "forms")
    assert tree(tmp_path / "outbox" / "mail") == drafts


def test_corrections_from_before_the_settings_changed_are_told(tmp_path: Path) -> None:
    """What is attached would name another deadline than the mail itself."""
    office = mail_office(tmp_path)
    for name in ("更正通知/更正通知-金水区工商联.txt", "run-report.html"):
        drop(tmp_path / "outbox", name, b"x")
    made = (tmp_path / "outbox" / "run-report.html").stat().st_mtime
    os.utime(office.file, (made - 1, made - 1))
    assert call(tmp_path, "mail", "corrections").err == ""
    os.utime(office.file, (made + 1, made + 1))
    said = call(tmp_path, "mail", "corrections")
    assert said.status == DONE
    assert said.err == "config.toml 在上次运行以后改过，更正通知里还是以前的截止日期和联系方式。请先执行 pipeline.py run，再写、再发\n"


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    mail_office(tmp_path)
    drop(tmp_path / "outbox" / "forms", "2014年度考核填报表-金水区工商联.xlsx", bytes(3000))
    before = tree(tmp_path)
    said = call(tmp_path, "mail", "forms", "--send", "--dry-run", "--unit", "金水区", "--unit", "惠济区")
    assert (said.status, said.err) == (DONE, "")
    (row,) = [row for row in rows(said) if row[0] == "金水区工商联"]
    assert (row[1], row[-1]) == ("jinshui@gsl.test", "待发")
    assert said.out.endswith("不写给惠济区工商联：还没有制作填报表，请先执行 pipeline.py forms\n")
    assert tree(tmp_path) == before


def test_sending_stopping_and_going_on(tmp_path: Path, certificate: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_MAIL_PASSWORD", PASSWORD)
    taken = Taken()
    taken.behave("jinshui@gsl.test", "550 no such user")
    with smtp_server(certificate, taken) as port:
        mail_office(tmp_path, mail_config(certificate, port))
        for short in ("金水区", "新郑市", "惠济区"):
            drop(tmp_path / "outbox" / "forms", f"2014年度考核填报表-{short}工商联.xlsx", short.encode())
        first = call(tmp_path, "mail", "forms", "--send")
        assert first.status == NOT_DONE
        assert {row[0]: row[-1].partition("：")[0] for row in rows(first) if row[0].endswith("工商联")} == {
            "新郑市工商联": "已发出",
            "金水区工商联": "被拒收",
            "惠济区工商联": "已发出",
        }
        assert "发送：3/3\n" in first.out
        assert f"没有发的1封草稿在：{tmp_path / 'outbox' / 'mail'}\n" in first.out
        assert sorted(name.partition("-")[2] for name in tree(tmp_path / "outbox" / "mail" / "已发")) == [
            "填报表-惠济区工商联.eml",
            "填报表-新郑市工商联.eml",
        ]
        assert sorted(path.name for path in (tmp_path / "outbox" / "mail").glob("*.eml")) == ["填报表-金水区工商联.eml"]
        second = call(tmp_path, "mail", "forms", "--send")
        assert (second.status, second.err) == (DONE, "")
    assert sorted(taken.recipients) == ["huiji@gsl.test", "jinshui@gsl.test", "xinzheng@gsl.test"]
    assert "已发到 huiji@gsl.test" in call(tmp_path, "history").out
    assert PASSWORD.encode() not in b"".join(tree(tmp_path).values())


def test_sending_needs_a_server_an_address_and_a_password(tmp_path: Path, certificate: Certificates) -> None:
    mail_office(tmp_path)
    assert call(tmp_path, "mail", "forms", "--send") == Said(
        WRONG, "", "还没有设置发信的邮箱：请在 config.toml 里写好 [mail]（那里有说明），再执行 pipeline.py mail password，把密码存好\n"
    )
    mail_office(tmp_path, mail_config(certificate).replace('from = "office@gsl.test"', 'from = "office@gsl.example"'))
    assert call(tmp_path, "mail", "forms", "--send").err.startswith("发件地址 office@gsl.example 不是真实地址")
    mail_office(tmp_path, mail_config(certificate))
    drop(tmp_path / "outbox" / "forms", "2014年度考核填报表-金水区工商联.xlsx", b"x")
    said = call(tmp_path, "mail", "forms", "--send")
    assert said.status == WRONG
    assert said.err.startswith("没有找到邮箱 office@gsl.test 的密码。请执行 pipeline.py mail password")


def test_the_password_goes_into_the_system_s_safe(tmp_path: Path, certificate: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(typer, "prompt", lambda text, hide_input: f"{text}|{hide_input}")
    monkeypatch.setattr(keyring, "set_password", lambda service, user, password: kept.update({(service, user): password}))
    mail_office(tmp_path, mail_config(certificate))
    said = call(tmp_path, "mail", "password")
    assert said == Said(DONE, "office@gsl.test 的密码已存进系统的密码库，不在任何文件里\n", "")
    assert kept == {("kaohe", "office@gsl.test"): "office@gsl.test 的密码（多数邮箱是“授权码”，输入时不显示）|True"}


@pytest.mark.parametrize("fault", [NoKeyringError(), Exception(1312, "CredWrite", "no such logon session")], ids=["none", "of Windows"])
def test_a_safe_that_refuses(fault: Exception, tmp_path: Path, certificate: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """The safe of Windows raises plain exceptions of its own."""

    def refuse(*_: str) -> None:
        raise fault

    monkeypatch.setattr(keyring, "set_password", refuse)
    monkeypatch.setattr(keyring, "get_password", refuse)
    monkeypatch.setattr(typer, "prompt", lambda text, hide_input: "x")
    mail_office(tmp_path, mail_config(certificate))
    assert call(tmp_path, "mail", "password").err == "这台电脑没有能用的密码库，密码没有存。请在运行前设置环境变量 KAOHE_MAIL_PASSWORD\n"
    drop(tmp_path / "outbox" / "forms", "2014年度考核填报表-金水区工商联.xlsx", b"x")
    assert call(tmp_path, "mail", "forms", "--send").err.startswith("没有找到邮箱 office@gsl.test 的密码。")


def test_a_wrong_word(tmp_path: Path) -> None:
    mail_office(tmp_path)
    assert call(tmp_path, "mail", "form") == Said(
        WRONG, "", "不知道要做什么：“form”。可以写：forms、corrections、reminders、inspections、letters、password\n"
    )


def test_inspection_forms_go_to_the_leaders(tmp_path: Path, certificate: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once each; a group without a form or an address is named; one group may be asked for."""
    monkeypatch.setenv("KAOHE_MAIL_PASSWORD", PASSWORD)
    taken = Taken()
    with smtp_server(certificate, taken) as port:
        office = mail_office(tmp_path, mail_config(certificate, port))
        text = office.file.read_text(encoding="utf-8")
        for leader, address in (("白宇宙", "bai@gsl.test"), ("郭留章", "guo@gsl.test")):
            text = text.replace(f'leader = "{leader}"', f'leader = "{leader}"\nemail = "{address}"')
        office.file.write_text(text, encoding="utf-8")
        for group in ("第一组", "第二组", "第三组"):
            drop(tmp_path / "outbox" / "forms", f"2014年度核查表-{group}.xlsx", f"form of {group}".encode())
        listed = call(tmp_path, "mail", "inspections", "--dry-run", "--unit", "第二组")
        assert (listed.status, [row[:2] for row in rows(listed)]) == (DONE, [["第二组", "guo@gsl.test"]])
        said = call(tmp_path, "mail", "inspections", "--send")
        again = call(tmp_path, "mail", "inspections", "--send")
    assert (said.status, said.err, taken.recipients) == (DONE, "", ["bai@gsl.test", "guo@gsl.test"])
    assert "不写给第三组：没有写组长的邮箱，请在 config.toml 里给这个考核组加上 email" in said.out
    assert "不写给第四组：还没有制作核查表，请先执行 pipeline.py forms --inspection" in said.out
    assert again.out.endswith("发出0封\n")
    mail = email.message_from_bytes(taken.mails[0][1], policy=email.policy.default)
    assert mail["Subject"] == "2014年度工作目标考核核查表（第一组）"
    (form,) = mail.iter_attachments()
    assert (form.get_filename(), form.get_content()) == ("2014年度核查表-第一组.xlsx", "form of 第一组".encode())
    body = mail.get_body()
    assert body is not None
    words = body.get_content().splitlines()
    assert words[0] == "第一组组长白宇宙："
    assert words[2].endswith("现将第一组的核查表“2014年度核查表-第一组.xlsx”发给你组，考核单位是新郑市工商联、金水区工商联、中原区工商联。")


def test_a_group_that_is_not_there(tmp_path: Path) -> None:
    mail_office(tmp_path)
    said = call(tmp_path, "mail", "inspections", "--unit", "第九组")
    assert (said.status, said.err) == (WRONG, "没有“第九组”这个考核组，可以写：第一组、第二组、第三组、第四组\n")


def test_letters_wait_for_the_final_set(tmp_path: Path) -> None:
    mail_office(tmp_path)
    said = call(tmp_path, "mail", "letters")
    assert (said.status, said.out) == (NOT_DONE, "")
    assert said.err == f"正式结果还没有生成（没有 {tmp_path / 'outbox/final/2014'}），结果通知不能发。主席办公会议审定、生成正式结果以后再发\n"


@pytest.mark.slow
def test_reminders_are_sent_once_a_step(tmp_path: Path, certificate: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_MAIL_PASSWORD", PASSWORD)
    taken = Taken()
    with smtp_server(certificate, taken) as port:
        mail_office(tmp_path, mail_config(certificate, port) + passed_gate("jinshui"))
        drop(tmp_path / "inbox", "好.xlsx", filled("jinshui", sound_fields()))
        before = call(tmp_path, "chase")
        assert {row[1]: row[3:] for row in rows(before)}["惠济区工商联"] == ["还没有报送", "0", "—", "今天（第一次提醒）"]
        assert {row[1]: row[3:] for row in rows(before)}["金水区工商联"] == ["—", "", "—", "—"]
        assert "报送截止2014年12月31日，还有9天，其中工作日7天\n今天该催11个单位：" in before.out
        monkeypatch.setattr(SystemClock, "now", lambda _: datetime(2014, 12, 22, 9).astimezone())
        monkeypatch.setattr(SystemClock, "sleep", lambda *_: None)
        assert call(tmp_path, "mail", "reminders", "--send").status == DONE
        assert len(taken.mails) == 11
        today(monkeypatch, 23)
        said = call(tmp_path, "mail", "reminders", "--send")
        assert said.status == DONE
        assert "还没有报送，今天不到提醒的日子，下次2014年12月26日；现在就要催的加 --all\n" in said.out
        assert len(taken.mails) == 11
        after = call(tmp_path, "chase")
        assert {row[1]: row[3:] for row in rows(after)}["惠济区工商联"] == ["还没有报送", "1", "2014-12-22", "2014-12-26（再次提醒）"]
        assert after.out.endswith("今天没有要催的\n")


@pytest.mark.slow
def test_the_night_takes_away_drafts_that_no_longer_hold(tmp_path: Path) -> None:
    mail_office(tmp_path, passed_gate("jinshui", "huiji"))
    drop(tmp_path / "inbox", "错.xlsx", filled("huiji", sound_fields(townships_total=12, townships_with_chamber=15)))
    drop(tmp_path / "inbox", "错2.xlsx", filled("jinshui", sound_fields(website_items="约30")))
    call(tmp_path, "forms")
    call(tmp_path, "run")
    for job in ("forms", "corrections", "reminders"):
        assert call(tmp_path, "mail", job).status == DONE
    before = tree(tmp_path / "outbox" / "mail")
    assert {name for name in before if name.startswith("更正通知")} == {"更正通知-惠济区工商联.eml", "更正通知-金水区工商联.eml"}
    drop(tmp_path / "inbox", "改好.xlsx", filled("huiji", sound_fields()), modified=1_422_849_700)
    call(tmp_path, "run")
    after = tree(tmp_path / "outbox" / "mail")
    assert {name for name in before if name not in after} == {
        name for name in before if name.startswith("催报") or name == "更正通知-惠济区工商联.eml"
    }
    assert {name: after[name] for name in after} == {name: before[name] for name in after}
    assert call(tmp_path, "mail", "reminders").status == DONE
    call(tmp_path, "run")
    assert tree(tmp_path / "outbox" / "mail") == after, "reminders go even when nothing else has changed"


def test_while_a_run_is_under_way(tmp_path: Path) -> None:
    mail_office(tmp_path)
    (tmp_path / "state").mkdir()
    with FileLock(tmp_path / "state" / "run.lock"):
        assert call(tmp_path, "mail", "forms") == Said(LOCKED, "", "另一次运行还没有结束，这次没有做任何事。请等它结束再试。\n")


@pytest.mark.mail
def test_fetching(tmp_path: Path, certificate: Certificates, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    mail_office(tmp_path)
    assert call(tmp_path, "fetch").err.startswith("还没有设置收信的邮箱：请在 config.toml 里写好 [fetch]")
    monkeypatch.setenv("KAOHE_MAIL_PASSWORD", PASSWORD)
    box = Box(certificate, mailbox)
    mail_office(tmp_path, box.section())
    box.put(sent("jinshui@gsl.test", "报送", ("表.pdf", b"%PDF")))
    box.put(sent("x@y.test", "广告", ("a.pdf", b"%PDF"), name="惠济区工商联"))
    box.put(sent("erqi@gsl.test", "收到"))
    said = call(tmp_path, "fetch")
    assert (said.status, said.err) == (DONE, "")
    assert [row[:1] + row[2:] for row in rows(said)] == [
        ["金水区工商联", "邮件/20141210-金水区工商联-报送.eml", "新取"],
        ["待核对", "邮件/发件人待核对/20141210-x@y.test-广告.eml", "新取"],
    ]
    assert said.out.endswith(
        "请核对是谁发的：x@y.test《广告》，发件人不在设置的单位、考核组邮箱里。确是某单位的，把邮箱加到它的 emails 里；"
        "里面的佐证材料要算它的，把这封邮件移到收件箱里以该单位命名的文件夹；是考核组的，写成考核组的 email\n"
        "没有附件，没有取：二七区工商联 erqi@gsl.test《收到》（正文里可能写了说明或网盘链接，请在邮箱里看）\n"
        f"取到2封邮件，在：{tmp_path / 'inbox'}。接下来：执行 pipeline.py run\n"
    )
    assert call(tmp_path, "fetch") == Said(DONE, "取信：0/0\n没有新的带附件的邮件\n", "")
    monkeypatch.setenv("KAOHE_MAIL_PASSWORD", "falsch")
    wrong = call(tmp_path, "fetch")
    assert (wrong.status, wrong.out) == (NOT_DONE, "")
    assert wrong.err.startswith(f"邮箱 {box.user} 登录不上，服务器说：")


def test_an_unencrypted_server_elsewhere_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    mail_office(tmp_path)
    path = tmp_path / "config.toml"
    path.write_text(path.read_text(encoding="utf-8") + '\n[mail]\nhost = "mail.gsl.test"\nsecurity = "none"\nspeed = 3\n', encoding="utf-8")
    said = call(tmp_path, "status")
    assert said.status == WRONG
    assert "[mail] 的 security 写成了“none”：密码和邮件会不加密地在网上传，只有本机的服务器可以这样。请改成“tls”或“starttls”" in said.err
    assert "不认识“speed”一项" in said.err
