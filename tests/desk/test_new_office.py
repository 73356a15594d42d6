"""``init``: a new office's folder, whose settings are the program's own but for the answers, and which works at once."""

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import pipeline
from kaohe import PROGRAM_ROOT
from kaohe.called import ANY, TASKS, how_to, typed
from kaohe.config.loader import load_office
from kaohe.desk.launchers import write_launchers
from kaohe.desk.new_office import WrongAnswer, gate_text, make_office, readings_text
from kaohe.rulebook.loader import load_rulebook
from tests.support.forms import drop, tree
from tests.test_cli import DONE, INTERNAL_ERROR, WRONG, call

PATIENCE = 60
INTERRUPT = "\x03"
"""Seconds to wait for a word of a program before the test is given up."""
SETTINGS = (PROGRAM_ROOT / "config.toml").read_text(encoding="utf-8")
ANSWERS = {
    "year": "2014",
    "name": "洛阳市工商业联合会",
    "short": "洛阳市工商联",
    "contact": '“办公室” "甲"',
    "phone": "0379-63900000",
    "email": "office@lysgsl.example.cn",
    "deadline": "2015-01-10",
    "inbox": "收件箱",
    "outbox": "结果",
}


def changed(text: str) -> list[str]:
    """The lines of the settings that are not the program's own; none came or went."""
    before, after = SETTINGS.splitlines(), text.splitlines()
    assert len(before) == len(after)
    return [line for old, line in zip(before, after, strict=True) if old != line]


def test_with_the_defaults_everything_is_as_it_comes(tmp_path: Path) -> None:
    said = call("init", tmp_path / "考核", "--yes")
    assert (said.status, said.err) == (DONE, "")
    made = tree(tmp_path / "考核")
    assert made["config.toml"].decode() == SETTINGS
    templates = {name: data for name, data in made.items() if name.startswith("templates/")}
    assert templates == {f"templates/{name}": data for name, data in tree(PROGRAM_ROOT / "templates").items()}
    assert sorted(path.name for path in (tmp_path / "考核").iterdir()) == sorted(
        [*(f"{name}.sh" for name, _ in TASKS), "config.toml", "inbox", "outbox", "state", "templates", "先看这里.txt"]
    )


def test_answers_stand_in_their_places_and_every_comment_stays(tmp_path: Path) -> None:
    office = make_office(tmp_path / "洛阳", ANSWERS)
    assert changed((tmp_path / "洛阳" / "config.toml").read_text(encoding="utf-8")) == [
        "deadline = 2015-01-10            # 填报表报送截止日期（通知没有写明，由办公室确定）",
        'name = "洛阳市工商业联合会"',
        'short = "洛阳市工商联"',
        'contact = "“办公室” \\"甲\\""',
        'phone = "0379-63900000"          # 请改成办公室电话',
        'email = "office@lysgsl.example.cn"  # 请改成办公室邮箱',
        'inbox = "收件箱"                  # 收到的填报表放这里，程序不会改动或删除里面的文件',
        'outbox = "结果"                # 结果在这里',
    ]
    assert office.config.issuer.contact == '“办公室” "甲"'
    assert [office.config.folder(name).name for name in ("inbox", "outbox", "templates", "state")] == ["收件箱", "结果", "templates", "state"]
    assert all(office.config.folder(name).is_dir() for name in ("inbox", "outbox", "templates", "state"))
    assert "2. 双击“1-制作填报表”，把 结果\\forms 里的表分别发给各单位。\r\n" in (tmp_path / "洛阳" / "先看这里.txt").read_bytes().decode("utf-8-sig")


@pytest.mark.parametrize(
    ("key", "answer", "why"),
    [
        (
            "year",
            "2015",
            "没有2015年度的规则，现在有：2014。新一年的规则由维护人员按 docs/next-notice.md 准备；已经有了的，用 --rules 写它在哪个文件夹",
        ),
        ("year", "今年", "“今年”不是年度，写四位数字，例如 2014"),
        ("name", " ", "不能为空"),
        ("phone", "张三", "“张三”不是电话号码，应当是 0371-12345678 的样子"),
        ("phone", "", "“”不是电话号码，应当是 0371-12345678 的样子"),
        ("email", "office", "“office”不是邮箱地址，应当是 name@example.com 的样子"),
        ("deadline", "12月31日", "“12月31日”不是日期，写成 2014-12-31 的样子"),
        ("deadline", "2013-12-31", "截止日期2013-12-31早于考核期开始的2014年1月1日"),
        ("inbox", "a/b", '“a/b”不能用作文件夹名称：不能空着，不能含 \\ / : * ? " < > | 等符号'),
        ("inbox", "..", '“..”不能用作文件夹名称：不能空着，不能含 \\ / : * ? " < > | 等符号'),
        ("inbox", "State", "“State”已经用作别的文件夹，请换一个"),
        ("outbox", "收件箱", "“收件箱”已经用作别的文件夹，请换一个"),
    ],
)
def test_an_answer_that_cannot_be_used(key: str, answer: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(WrongAnswer) as wrong:
        make_office(tmp_path / "考核", ANSWERS | {key: answer})
    assert str(wrong.value) == why
    assert list(tmp_path.iterdir()) == []


# The rules of another year


OTHER = PROGRAM_ROOT / "tests" / "other_notice" / "rules" / "2016"


def test_readings_and_preconditions_are_written_as_the_settings_have_them() -> None:
    rulebook = load_rulebook(PROGRAM_ROOT / "rules" / "2014")
    assert readings_text(rulebook) in SETTINGS
    assert gate_text(rulebook) in SETTINGS


def test_an_office_brings_its_own_rules(tmp_path: Path) -> None:
    home = tmp_path / "考核"
    said = call("init", home, "--yes", "--rules", OTHER)
    assert (said.status, said.err) == (DONE, "")
    office = load_office(home / "config.toml")
    assert (office.config.year, office.config.deadline, office.config.period.end) == (2016, date(2016, 12, 31), date(2016, 12, 31))
    assert office.rules == home / "rules" / "2016"
    assert tree(office.rules) == tree(OTHER)
    assert office.config.readings == {"lectures-online": "yes"}
    text = (home / "config.toml").read_text(encoding="utf-8")
    assert '# 2.1：线上讲座是否计分\n#   "yes"：计分\n#   "no"：不计分\nlectures-online = "yes"\n' in text
    assert "# gate_people = true             # 人员到位\n# remark" in text
    assert not (home / "templates" / "submission.xlsx").exists()
    assert call("-c", home / "config.toml", "forms").status == DONE
    assert (home / "templates" / "submission.xlsx").exists()


def test_rules_of_one_year_are_not_taken_for_another(tmp_path: Path) -> None:
    with pytest.raises(WrongAnswer) as wrong:
        make_office(tmp_path / "考核", ANSWERS, OTHER)
    assert str(wrong.value).startswith("没有2014年度的规则，现在有：2016。")
    assert list(tmp_path.iterdir()) == []


def test_rules_that_are_not_there(tmp_path: Path) -> None:
    said = call("init", tmp_path / "考核", "--yes", "--rules", tmp_path)
    assert (said.status, said.out) == (WRONG, "")
    assert f"{tmp_path / 'rulebook.toml'}:1：找不到这个文件，请检查路径" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_day_as_people_write_it(tmp_path: Path) -> None:
    office = make_office(tmp_path / "考核", ANSWERS | {"deadline": "2015年1月9日"})
    assert office.config.deadline == date(2015, 1, 9)


def test_a_folder_with_other_things_in_it_is_not_touched(tmp_path: Path) -> None:
    drop(tmp_path, "重要.txt", b"1")
    for place in (tmp_path, tmp_path / "重要.txt"):
        said = call("init", place, "--yes")
        assert (said.status, said.out) == (WRONG, "")
        assert said.err == f"“{place}”里有别的东西，没有动它。请换一个文件夹：pipeline.py init 新文件夹\n"
    assert tree(tmp_path) == {"重要.txt": b"1"}


def test_an_empty_folder_is_taken_and_left_empty_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("kaohe.desk.new_office.shutil.copytree", full)
        said = call("init", tmp_path, "--yes")
        assert said.status == INTERNAL_ERROR
        assert said.err == "文件或文件夹用不了：磁盘已满。请检查权限、磁盘空间，以及文件是否正被打开。\n"
    assert list(tmp_path.iterdir()) == []
    assert call("init", tmp_path, "--yes").status == DONE


def asked(folder: Path, *answers: tuple[str, str]) -> tuple[int, str]:
    """``init`` at a real terminal: each answer is typed once the question that holds the text stands there. Exit status, and all that was shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, str(PROGRAM_ROOT / "pipeline.py"), "init"]
    env = os.environ | {"COLUMNS": "200", "PYTHONUTF8": "1", "TERM": "dumb"}
    shown = ""
    # One thread here, and nothing but two calls of the system between.
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=env, preexec_fn=take_terminal)  # noqa: PLW1509
    with child, ended(child):
        os.close(theirs)
        said = until_closed(ours)
        for question, answer in answers:
            while not (question in shown.rpartition("\n")[2] and shown.endswith("]: ")):
                shown += next(said)
            os.write(ours, answer.encode())
            shown += next(said)  # what was typed is shown
        shown += "".join(said if answers[-1][1] != INTERRUPT else until_closed(ours, again=INTERRUPT))
        status = child.wait()
    os.close(ours)
    return status, shown


@contextlib.contextmanager
def ended(child: "subprocess.Popen[bytes]") -> Iterator[None]:
    """A child that does not answer is not waited for."""
    try:
        yield
    except BaseException:
        child.kill()
        raise


def take_terminal() -> None:
    """In the child: its terminal is its own, so that Ctrl-C typed there reaches it, even where the tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def until_closed(terminal: int, again: str = "") -> Iterator[str]:
    """What is shown, until nobody is left. ``again`` is typed once more where nothing was said for long: a Ctrl-C between question and reading is not heard."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while True:
        ready, _, _ = select.select([terminal], [], [], PATIENCE / 6 if again else PATIENCE)
        if not ready and again:
            os.write(terminal, again.encode())
            again = ""
            continue
        assert ready, "nothing more was said"
        try:
            yield decoder.decode(os.read(terminal, 65536))
        except OSError:  # how Linux says that nobody is left on the other side
            return


@pytest.mark.slow
def test_questions_at_a_terminal(tmp_path: Path) -> None:
    """Enter takes what stands in brackets; an answer that cannot be used is asked for again; the short name follows the name."""
    status, shown = asked(
        tmp_path,
        *(
            ("放在哪里", '"我的考核"\n'),
            ("考核年度", "2015\n"),
            ("考核年度", "\n"),
            ("全称", "洛阳市工商业联合会\n"),
            ("简称", "\n"),
            ("联系人", "\n"),
        ),
        *(("电话", "0379-1\n"), ("邮箱", "不知道\n"), ("邮箱", "a@b.cn\n"), ("截止日期", "\n"), ("收件箱", "\n"), ("结果", "\n")),
    )
    assert status == DONE, shown
    assert "没有2015年度的规则，现在有：2014" in shown
    assert "本单位简称 [洛阳市工商联]" in shown
    assert "“不知道”不是邮箱地址" in shown
    assert changed((tmp_path / "我的考核" / "config.toml").read_text(encoding="utf-8")) == [
        'name = "洛阳市工商业联合会"',
        'short = "洛阳市工商联"',
        'phone = "0379-1"          # 请改成办公室电话',
        'email = "a@b.cn"  # 请改成办公室邮箱',
    ]


@pytest.mark.slow
def test_interrupted_at_a_question_nothing_is_made(tmp_path: Path) -> None:
    status, shown = asked(tmp_path, ("放在哪里", "我的考核\n"), ("考核年度", INTERRUPT))
    assert status == INTERNAL_ERROR
    assert "已中止" in shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_new_office_works_at_once(tmp_path: Path) -> None:
    made = call("init", tmp_path / "新 办公", "--yes")
    assert made.status == DONE
    assert made.out.splitlines()[-1].endswith(f'pipeline.py -c "{tmp_path / "新 办公" / "config.toml"}" forms')
    for name, _ in TASKS[:3]:
        done = subprocess.run([tmp_path / "新 办公" / f"{name}.sh"], capture_output=True, check=False, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (DONE, b""), name
    assert len(list((tmp_path / "新 办公" / "outbox" / "forms").iterdir())) == 12
    assert (tmp_path / "新 办公" / "outbox" / "run-report.html").is_file()


def test_the_files_to_double_click(tmp_path: Path) -> None:
    """On Windows: code page first, the office beside the file, the window stays open."""
    write_launchers(tmp_path, Path("D:\\考核程序 100%\\python.exe"), Path("D:\\考核程序 100%\\pipeline.py"), windows=True)
    assert {name: data.decode() for name, data in tree(tmp_path).items()} == {
        f"{name}.cmd": (
            "@echo off\r\nchcp 65001 >nul\r\n"
            f'"D:\\考核程序 100%%\\python.exe" "D:\\考核程序 100%%\\pipeline.py" -c "%~dp0config.toml" {command} %*\r\n'
            "echo.\r\npause\r\n"
        )
        for name, command in TASKS
        if name != ANY
    } | {
        f"{ANY}.cmd": (
            "@echo off\r\nchcp 65001 >nul\r\n"
            'if "%~1"=="" goto asked\r\n'
            '"D:\\考核程序 100%%\\python.exe" "D:\\考核程序 100%%\\pipeline.py" -c "%~dp0config.toml" %*\r\n'
            "exit /b %ERRORLEVEL%\r\n"
            ':asked\r\ncd /d "%~dp0"\r\n'
            '"D:\\考核程序 100%%\\python.exe" "D:\\考核程序 100%%\\pipeline.py" --help\r\n'
            "echo 在下面写：6-命令（写 6 再按 Tab 键就出来），空一格，再写命令，按回车。例如：6-命令 chase\r\ncmd /k\r\n"
        )
    }


def test_who_has_a_file_to_double_click_is_told_of_it(tmp_path: Path) -> None:
    assert how_to(tmp_path, "schedule install") == "执行 pipeline.py schedule install"
    write_launchers(tmp_path, Path("python"), Path("pipeline.py"), windows=False)
    assert how_to(tmp_path, "schedule install") == "双击“5-每晚自动运行”"
    assert how_to(tmp_path, "verify") == "执行 ./6-命令.sh verify"
    write_launchers(tmp_path, Path("python"), Path("pipeline.py"), windows=True)
    assert how_to(tmp_path, "mail password") == "执行 6-命令 mail password"
    assert typed(tmp_path, "forms --inspection") == "6-命令 forms --inspection"


def test_any_command_from_the_office_s_folder(tmp_path: Path) -> None:
    """On Linux: the file that takes commands hands them on with the office's settings and gives back their status; alone it tells the commands."""
    program = drop(tmp_path, "pipeline.py", b"import sys\nprint(sys.argv[1:])\nsys.exit(2)\n")
    home = tmp_path / "考核 2014"
    home.mkdir()
    write_launchers(home, Path(sys.executable), program, windows=False)
    said = {
        given: subprocess.run([home / f"{name}.sh", *given], capture_output=True, check=False, stdin=subprocess.DEVNULL, encoding="utf-8")
        for name, given in ((ANY, ("mail", "forms", "--unit", "金水 区")), (ANY, ()), ("2-运行", ("--rehash",)))
    }
    assert {given: (done.stdout, done.returncode) for given, done in said.items()} == {
        ("mail", "forms", "--unit", "金水 区"): (f"{['-c', f'{home}/config.toml', 'mail', 'forms', '--unit', '金水 区']}\n", 2),
        (): ("['--help']\n在下面写：./6-命令.sh（写 ./6 再按 Tab 键就出来），空一格，再写命令，按回车。例如：./6-命令.sh chase\n", 0),
        ("--rehash",): (f"{['-c', f'{home}/config.toml', 'run', '--rehash']}\n", 2),
    }


def test_the_clerk_s_page_names_what_there_is() -> None:
    page = (PROGRAM_ROOT / "docs" / "clerk.md").read_text(encoding="utf-8")
    assert [name for name, _ in TASKS if f"“{name}”" not in page] == []
    assert set(re.findall(r"“(\d-[^”]+)”", page)) == {name for name, _ in TASKS}
    images = re.findall(r"!\[[^]]*\]\(([^)]+)\)", page)
    assert len(images) == 3
    assert [image for image in images if not (PROGRAM_ROOT / "docs" / image).is_file()] == []
    assert set(re.findall(r"pipeline\.py (?:-c \S+ )?([a-z]+)", page)) <= set(pipeline.COMMANDS)


def test_an_old_office_is_given_to_another_program(tmp_path: Path) -> None:
    """Nothing but the files to double-click is written."""
    home = tmp_path / "考核"
    assert call("init", home, "--yes").status == DONE
    made = tree(home)
    for name, _ in TASKS:
        drop(home, f"{name}.sh", b"of an older program")
    said = call("init", home, "--yes")
    assert (said.status, said.err.splitlines()[1]) == (WRONG, f"如果它是原来的办公文件夹，换了程序：pipeline.py init {home} --refresh")
    assert tree(home)["2-运行.sh"] == b"of an older program"
    said = call("init", home, "--refresh")
    assert (said.status, said.err) == (DONE, "")
    assert said.out == f"{home} 里双击用的6个文件，现在用的是这个程序。装过每晚自动运行的，请再双击“5-每晚自动运行”一次。\n"
    assert tree(home) == made
    assert call("init", tmp_path / "没有", "--refresh").status == WRONG
    assert not (tmp_path / "没有").exists()


def test_where_an_office_goes_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the program for who stands in it, or in Windows' own folder, as who double-clicks in a folder of the network does; else here."""
    from kaohe.commands.desk import _usual_place

    monkeypatch.delenv("SYSTEMROOT", raising=False)
    monkeypatch.chdir(PROGRAM_ROOT)
    assert _usual_place() == PROGRAM_ROOT.parent / "考核"
    monkeypatch.chdir(tmp_path)
    assert _usual_place() == Path("考核")
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
    assert _usual_place() == PROGRAM_ROOT.parent / "考核"


@pytest.mark.parametrize(("name", "shown"), [("考核2014", "{}"), ("考核 2014", '"{}"'), ("a&b", '"{}"'), ("考核(试)", '"{}"')])
def test_the_command_that_is_told_can_be_given_as_it_stands(name: str, shown: str, tmp_path: Path) -> None:
    said = call("init", tmp_path / name, "--yes").out.splitlines()[-1]
    assert said.endswith(f"pipeline.py -c {shown.format(tmp_path / name / 'config.toml')} forms")
