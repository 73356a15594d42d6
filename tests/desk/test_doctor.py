"""The check-up: a sound office, everything that can be wrong with one, and that looking changes nothing."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from docx import Document

from kaohe.desk import doctor
from kaohe.desk.doctor import Grade, Result, examine
from kaohe.desk.doctor.computer import fits
from kaohe.desk.doctor.folders import path_length
from kaohe.desk.doctor.result import Premises
from kaohe.desk.new_office import make_office
from kaohe.desk.programs import Ran, call
from tests.desk.fakes import Fakes
from tests.desk.test_new_office import ANSWERS
from tests.support.forms import drop, filled, tree
from tests.test_cli import DONE, INTERNAL_ERROR
from tests.test_cli import call as command

EVENING = datetime(2015, 1, 5, 18, 0)
GOOD = [
    *("Python", "程序的组成部分", "字体", "WPS、Excel 一类办公软件", "设置", "规则", "联系方式", "收件箱", "结果文件夹", "模板文件夹"),
    *("台账文件夹", "模板", "台账", "电脑的时钟", "收件箱", "每晚自动运行", "上次运行"),
]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new office with real addresses, on a computer with cron and all fonts; its configuration."""
    fakes = Fakes(tmp_path / "fakes", monkeypatch, "crontab", "fc-list")
    made = make_office(tmp_path / "考核", ANSWERS | {"email": "office@lysgsl.cn", "inbox": "inbox", "outbox": "outbox"})
    made.file.write_text(made.file.read_text(encoding="utf-8").replace("gsl.example", "gsl.cn"), encoding="utf-8")
    assert command("-c", made.file, "schedule", "install").status == DONE
    assert fakes.crontab
    return made.file


def found(config: Path, now: datetime = EVENING) -> list[Result]:
    """What the doctor says, without what depends on this very computer."""
    return [result for result in examine(config, call, now) if result.what not in (".rar 压缩包", "剩余空间")]


def wrong(config: Path, now: datetime = EVENING) -> list[Result]:
    return [result for result in found(config, now) if result.grade is not Grade.GOOD]


def test_a_sound_office(office: Path) -> None:
    assert [(result.grade, result.what, result.todo) for result in found(office)] == [(Grade.GOOD, what, "") for what in GOOD]


def test_looking_changes_nothing(office: Path) -> None:
    before = {name: (data, (office.parent / name).stat().st_mtime_ns) for name, data in tree(office.parent).items()}
    assert len(found(office)) == len(GOOD)
    assert {name: (data, (office.parent / name).stat().st_mtime_ns) for name, data in tree(office.parent).items()} == before


def test_templates_that_were_spoilt(office: Path) -> None:
    """Each is named with its line; one that was deleted is the program's own again."""
    templates = office.parent / "templates"
    (templates / "letter.docx").unlink()
    (templates / "award.docx").write_bytes(b"no Word file")
    (templates / "mail" / "forms.txt").write_text("各单位：\n请填报。\n", encoding="gb18030")
    (templates / "correction.txt").write_text("{{ unit.name }}：\n{% if refused %}\n", encoding="utf-8")
    todo = "请改好；改不好的，把办公文件夹里的这一个删掉，程序就用自带的"
    assert [(r.grade, r.what, r.todo) for r in wrong(office)] == [(Grade.ACT, "模板", todo)] * 3
    award, correction, forms = (r.found for r in wrong(office))
    assert award == f"模板 award.docx 打不开，不是 Word、Excel 文件（{templates / 'award.docx'}）"
    assert correction.startswith("模板 correction.txt 第2行写得不对：")
    assert forms == f"模板 forms.txt 里没有“主题：……”一行（{templates / 'mail' / 'forms.txt'}）"


@pytest.mark.parametrize("where", ["body", "footer"])
def test_a_mark_in_a_word_template_that_was_not_closed(office: Path, where: str) -> None:
    path = office.parent / "templates" / "notice.docx"
    document = Document(str(path))
    (document if where == "body" else document.sections[0].footer).add_paragraph("附：{{ 坏了( }}")
    document.save(str(path))
    (only,) = wrong(office)
    assert (only.grade, only.what) == (Grade.ACT, "模板")
    assert only.found.startswith("模板 notice.docx ")
    assert only.found.endswith(
        "的标记“{{ 坏了( }}”不能使用：标记写法有错，可能是 if、for 没有配对的 endif、endfor，或者括号、引号没有写全。请改正模板后重新运行。"
    )


def test_a_faulty_configuration(office: Path) -> None:
    text = office.read_text(encoding="utf-8").replace("year = 2014 ", "year = 1999 ").replace('at = "22:30"', 'at = "晚上"')
    office.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    at = next(n for n, line in enumerate(lines, start=1) if line.startswith("at = "))
    start = lines.index("[period]                         # 考核期：清单里日期不在此范围内的行不计分") + 2
    todo = "改正后再运行；文件夹、台账、收件箱要等设置改好才能检查"
    assert wrong(office) == [
        Result(Grade.ACT, "设置", "config.toml:4：没有1999年度的规则：找不到 rules/1999/rulebook.toml，请先准备好当年的规则", todo),
        Result(Grade.ACT, "设置", f"config.toml:{start}：考核期（2014-01-01至2014-12-31）里没有1999年，请与年度一起改", todo),
        Result(Grade.ACT, "设置", f"config.toml:{at}：“at”应当是几点几分，写成 \"22:30\" 的样子，现在是 '晚上'", todo),
    ]


def test_no_configuration_at_all(tmp_path: Path) -> None:
    said = command("-c", tmp_path / "没有.toml", "doctor")
    assert (said.status, said.err) == (INTERNAL_ERROR, "")
    assert f"设置：{tmp_path / '没有.toml'}:1：找不到这个文件，请检查路径" in said.out
    assert said.out.splitlines()[-1].endswith("要处理1项。")


def test_folders_that_are_files_or_refuse(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = office.parent
    (home / "outbox").rmdir()
    (home / "outbox").write_bytes(b"")
    (home / "inbox").rmdir()
    real = os.write

    def full(handle: int, data: bytes) -> int:
        if data == b"kaohe":
            raise OSError(28, "No space left on device")
        return real(handle, data)

    monkeypatch.setattr(os, "write", full)
    assert wrong(office) == [
        Result(
            Grade.ACT, "收件箱", f"“{home / 'inbox'}”还没有，上级“{home}”磁盘已满，建不了", "请检查权限，或在 config.toml 的 [folders] 里换一个地方"
        ),
        Result(Grade.ACT, "结果文件夹", f"“{home / 'outbox'}”是一个文件，应当是文件夹", "请把它改名或移走"),
        Result(Grade.ACT, "模板文件夹", f"“{home / 'templates'}”磁盘已满，写不进去", "请检查权限和磁盘；放在网络盘、U盘的，看是否只读、是否断开"),
        Result(Grade.ACT, "台账文件夹", f"“{home / 'state'}”磁盘已满，写不进去", "请检查权限和磁盘；放在网络盘、U盘的，看是否只读、是否断开"),
    ]
    assert [path.name for path in home.rglob(".~*")] == []


def test_what_lies_where_the_ledger_or_the_lock_should_be(office: Path) -> None:
    state = office.parent / "state"
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal", "run.lock", "run-holder.json"):
        drop(state, f"{name}/x", b"")
        todo = "请把它改名或移走，不然不能运行"
        assert wrong(office) == [Result(Grade.ACT, "台账文件夹", f"“{state / name}”是一个文件夹，应当是文件", todo)]
        (state / name / "x").unlink()
        (state / name).rmdir()
    drop(state, "archive", b"")
    assert wrong(office) == [Result(Grade.ACT, "存档", f"“{state / 'archive'}”是一个文件，应当是文件夹", todo)]


def test_little_room(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    for free in (100, 1000, 5000):
        monkeypatch.setattr("kaohe.desk.doctor.folders.shutil.disk_usage", lambda _, free=free: type("Usage", (), {"free": free * 1024**2})())
        said += [(r.grade, r.found) for r in examine(office, call, EVENING) if r.what == "剩余空间"]
    assert said == [(Grade.ACT, "100MB（/）"), (Grade.NOTE, "1000MB（/）"), (Grade.GOOD, "5000MB（/）")]


@pytest.mark.slow
def test_files_that_wait_and_a_ledger_that_is_damaged(office: Path) -> None:
    home = office.parent
    drop(home / "inbox", "金水.xlsx", filled("jinshui", {}))
    waits = Result(Grade.NOTE, "收件箱", "1个文件，其中1个还没有运行过：金水.xlsx", "执行 pipeline.py run，或等今晚自动运行")
    assert wrong(office) == [waits]
    assert command("-c", office, "run").status == DONE
    later = datetime.now()
    assert wrong(office, later) == []
    with closing(sqlite3.connect(home / "state" / "ledger.sqlite3")) as connection:
        ((sha,),) = connection.execute("SELECT sha256 FROM received").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (home / "state" / "archive" / sha[:2] / sha).unlink()
    lost = f"“{home / 'state' / 'archive'}”里缺了1份"
    assert [(r.grade, r.what, r.found) for r in wrong(office, later)] == [(Grade.NOTE, "存档", lost)]
    for side in (home / "state").glob("ledger.sqlite3-*"):
        side.unlink()
    drop(home / "state", "ledger.sqlite3", b"not a ledger any more" * 100)
    assert [(r.grade, r.what, r.found) for r in wrong(office, later)][:1] == [
        (Grade.NOTE, "台账", f"“{home / 'state' / 'ledger.sqlite3'}”损坏了"),
    ]


@pytest.mark.slow
def test_a_clock_that_is_behind(office: Path) -> None:
    (only,) = wrong(office, datetime(2010, 1, 1, 8, 0))
    assert (only.grade, only.found) == (Grade.ACT, "2010年1月1日 08:00，早于考核期开始的2014年1月1日")
    assert command("-c", office, "run").status == DONE
    drop(office.parent / "inbox", "金水.xlsx", filled("jinshui", {}))
    assert command("-c", office, "run").status == DONE
    (only,) = wrong(office, datetime(2016, 1, 1, 8, 0))
    assert only.grade is Grade.ACT
    assert only.found.startswith("2016年1月1日 08:00，比台账里最近的记录（")


def test_the_last_run_failed(office: Path) -> None:
    drop(office.parent / "state" / "logs", "kaohe.log", "2015-01-04 22:30:09 运行结束，结束代码 1（没有做完），用时9秒。磁盘已满\n".encode())
    assert wrong(office) == [
        Result(
            Grade.ACT,
            "上次运行",
            "2015-01-04 22:30:09 运行结束，结束代码 1（没有做完），用时9秒。磁盘已满",
            f"看 {office.parent / 'state' / 'logs'} 里的 kaohe.log 最后几行，照它说的办，再运行一次",
        )
    ]


def test_a_bare_computer(office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Fakes(tmp_path / "bare", monkeypatch)
    assert [(r.grade, r.what) for r in wrong(office)] == [(Grade.NOTE, "字体"), (Grade.NOTE, "每晚自动运行")]


def test_missing_fonts_and_no_schedule(office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Fakes(tmp_path / "other", monkeypatch, "crontab").put("fc-list", "echo SimSun,SimHei\n")
    fonts, night = wrong(office)
    assert (fonts.grade, fonts.found) == (Grade.NOTE, "没有找到：方正小标宋简体、仿宋、楷体")
    assert night == Result(Grade.NOTE, "每晚自动运行", "没有安装", "执行 pipeline.py schedule install，以后每天22:30自动运行")


def test_addresses_that_came_with_the_program(tmp_path: Path) -> None:
    office = make_office(tmp_path / "考核", {})
    (only,) = [r for r in examine(office.file, lambda *_: Ran(0), EVENING) if r.what == "联系方式"]
    assert only.grade is Grade.NOTE
    assert only.found == "还是程序自带的：办公室电话、办公室邮箱、12个单位的邮箱（新郑市工商联、金水区工商联、中原区工商联等）"


@pytest.mark.parametrize(("home", "grade"), [("/考" * 10, Grade.GOOD), ("/考核2014" * 15, Grade.ACT)])
def test_long_paths_of_windows(home: str, grade: Grade, office: Path) -> None:
    from dataclasses import replace

    from kaohe.config.loader import load_office

    loaded = load_office(office)
    premises = Premises(office, replace(loaded, config=loaded.config.at(Path(home))), (), EVENING, call)
    assert [result.grade for result in path_length(premises, windows=True)] == [grade]
    assert list(path_length(premises, windows=False)) == []


def test_a_check_that_fails_itself_is_told_and_the_others_go_on(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Premises) -> object:
        raise KeyError("键")

    monkeypatch.setattr(doctor, "CHECKS", (("坏的", broken), *doctor.CHECKS))
    first, *others = found(office)
    assert first == Result(Grade.ACT, "坏的", "这一项没能检查：KeyError '键'", "请把这一行发给维护人员")
    assert [(result.grade, result.what) for result in others] == [(Grade.GOOD, what) for what in GOOD]


def test_what_the_screen_shows(office: Path) -> None:
    said = command("-c", office, "doctor")
    assert (said.status, said.err) == (DONE, "")
    assert f"好　　 设置：{office}：2014年度，12个单位、4个考核组，截止2015-01-10\n" in said.out
    assert said.out.splitlines()[-1].endswith("要处理0项。")
    (office.parent / "state" / "logs").mkdir()
    drop(office.parent / "state" / "logs", "kaohe.log", "2015-01-04 22:30:09 运行结束，结束代码 1（没有做完），用时9秒。\n".encode())
    said = command("-c", office, "doctor")
    assert (said.status, said.err) == (INTERNAL_ERROR, "")
    assert "要处理 上次运行：2015-01-04 22:30:09 运行结束，结束代码 1（没有做完），用时9秒。\n　　　 怎样办：看 " in said.out


@pytest.mark.parametrize(
    ("installed", "wanted", "answer"),
    [
        ("2.4.1", "2.4", True),
        ("2.5", "2.4", True),
        ("3.0", "2.4", False),
        ("2.3.9", "2.4", False),
        ("0.5.26", "0.5.24", True),
        ("0.6", "0.5.24", False),
    ],
)
def test_versions_that_fit(installed: str, wanted: str, answer: bool) -> None:
    assert fits(installed, wanted) is answer


@pytest.fixture
def listening() -> Iterator[int]:
    """The port of a server on this computer that takes calls and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def with_mail(office: Path, text: str) -> None:
    office.write_text(office.read_text(encoding="utf-8").replace("[reminders]", f"{text}\n[reminders]"), encoding="utf-8")


def of_mail(config: Path) -> list[tuple[Grade, str, str]]:
    return [(result.grade, result.what, result.found) for result in found(config) if result.what.startswith(("发信", "收信"))]


def test_mail_accounts_that_answer(office: Path, listening: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_MAIL_PASSWORD", "secret")
    with_mail(
        office,
        f'[mail]\nhost = "127.0.0.1"\nport = {listening}\nsecurity = "none"\n[fetch]\nhost = "127.0.0.1"\nport = {listening}\nsecurity = "starttls"\nuser = "a@b.cn"',
    )
    assert of_mail(office) == [
        (Grade.GOOD, "发信的密码", "不需要"),
        (Grade.GOOD, "发信的服务器", f"127.0.0.1:{listening}，连得上"),
        (Grade.GOOD, "收信的密码", "a@b.cn"),
        (Grade.GOOD, "收信的服务器", f"127.0.0.1:{listening}，连得上"),
    ]


def test_mail_without_a_password_and_without_a_server(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAOHE_MAIL_PASSWORD", raising=False)
    monkeypatch.setattr("keyring.get_password", lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with_mail(office, f'[mail]\nhost = "127.0.0.1"\nport = {port}\nuser = "a@b.cn"')
    password, server_ = [result for result in found(office) if result.what.startswith("发信")]
    assert (password.grade, password.what, password.found) == (Grade.ACT, "发信的密码", "还没有存")
    assert password.todo.startswith("没有找到邮箱 a@b.cn 的密码。请执行 pipeline.py mail password")
    assert (server_.grade, server_.found) == (Grade.NOTE, f"127.0.0.1:{port}")
    assert server_.todo == f"连不上邮件服务器 127.0.0.1:{port}，请检查网络，核对 host 和 port"


def test_mail_to_a_server_that_hangs_up(office: Path, listening: int) -> None:
    """It takes the call but never speaks TLS: told after the configured seconds, not waited for."""
    with_mail(office, f'[fetch]\nhost = "127.0.0.1"\nport = {listening}\nseconds = 1')
    (_, server) = [result for result in found(office) if result.what.startswith("收信")]
    assert (server.grade, server.found) == (Grade.NOTE, f"127.0.0.1:{listening}")
    assert server.todo == f"邮件服务器 127.0.0.1:{listening} 在1秒里没有回答，请检查网络"
