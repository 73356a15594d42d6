"""Installing the nightly run: what each scheduler gets, and that nothing of anybody else's is touched."""

import subprocess
from dataclasses import replace
from datetime import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kaohe.desk.programs import ProgramFault, call
from kaohe.desk.schedule import way_of
from kaohe.desk.schedule.cron import Cron
from kaohe.desk.schedule.job import Job, nightly_job, silent_python
from kaohe.desk.schedule.systemd import Systemd
from kaohe.desk.schedule.way import Way
from kaohe.desk.schedule.windows import NAMESPACE, WindowsTask, encoded, task_xml
from tests.desk.fakes import Fakes
from tests.support.forms import office_folder
from tests.test_cli import DONE, INTERNAL_ERROR, WRONG
from tests.test_cli import call as command

JOB = Job(
    "1a2b3c4d",
    Path("/opt/考核 程序/python"),
    ("/opt/考核 程序/pipeline.py", "-c", "/srv/考核 100%/config.toml", "run"),
    Path("/srv/考核 100%"),
    time(22, 30),
)
LINE = (
    "30 22 * * * cd '/srv/考核 100\\%' && '/opt/考核 程序/python' '/opt/考核 程序/pipeline.py' -c '/srv/考核 100\\%/config.toml' run"
    " >/dev/null 2>&1 # kaohe-1a2b3c4d\n"
).encode()


# Cron


def test_cron_adds_a_line_and_keeps_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes(tmp_path, monkeypatch, "crontab")
    others = b"# mine\nMAILTO=clerk\n0 3 * * 1 backup \xff\n# kaohe-ffffffff of another office"
    (tmp_path / "crontab.txt").write_bytes(others)
    cron = Cron(call)
    assert not cron.is_installed(JOB)
    list(cron.install(JOB))
    assert fakes.crontab == others + b"\n" + LINE
    assert cron.is_installed(JOB)
    list(cron.install(replace(JOB, at=time(6, 5))))
    assert fakes.crontab == others + b"\n" + LINE.replace(b"30 22", b"5 6")
    list(cron.remove(JOB))
    assert fakes.crontab == others + b"\n"
    assert list(cron.remove(JOB)) == ["没有安装过，什么也没有做"]
    assert [c for c in fakes.calls if c == "crontab|-"] == ["crontab|-"] * 3


def test_cron_where_there_is_no_crontab_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes(tmp_path, monkeypatch, "crontab")
    list(Cron(call).install(JOB))
    assert fakes.crontab == LINE
    list(Cron(call).remove(JOB))
    assert fakes.crontab == b""


def test_cron_writes_nothing_where_it_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taking a refusal for an empty table would lose every line there is."""
    fakes = Fakes(tmp_path, monkeypatch)
    fakes.put("crontab", "echo 'You (clerk) are not allowed to use this program' >&2; exit 1\n")
    with pytest.raises(ProgramFault, match="读不出现有的 crontab（结束代码 1），没有动它。它说：You \\(clerk\\) are not allowed"):
        list(Cron(call).install(JOB))
    assert fakes.calls == ["crontab|-l"]


def test_the_line_of_cron_does_what_it_says(tmp_path: Path) -> None:
    """As cron does it: up to the first bare percent sign, escaped ones freed, by the shell."""
    folder = tmp_path / "考核 '100%'"
    folder.mkdir()
    program = tmp_path / "a program"
    program.write_text('#!/bin/sh\npwd > "$1"\nprintf "%s\\n" "$@" >> "$1"\n')
    program.chmod(0o755)
    out = folder / "said.txt"
    ((_, text),) = Cron(call).shown(replace(JOB, program=program, arguments=(str(out), "-c", "50% off"), folder=folder))
    written = text.split(" ", 5)[5]
    assert "%" not in written.replace("\\%", "")
    subprocess.run(["sh", "-c", written.replace("\\%", "%")], check=True)
    assert out.read_text().splitlines() == [str(folder), str(out), "-c", "50% off"]


# systemd


SERVICE = """[Unit]
Description=考核：每晚读收件箱、核对、计分、更新结果（/srv/考核 100%%）

[Service]
Type=oneshot
WorkingDirectory=/srv/考核 100%%
ExecStart="/opt/考核 程序/python" "/opt/考核 程序/pipeline.py" "-c" "/srv/考核 100%%/config.toml" "run"
"""
TIMER = """[Unit]
Description=考核：每晚读收件箱、核对、计分、更新结果（/srv/考核 100%%）

[Timer]
OnCalendar=*-*-* 22:30:00
Persistent=true

[Install]
WantedBy=timers.target
"""


def test_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes(tmp_path, monkeypatch, "systemctl")
    units, systemd = tmp_path / "设置" / "systemd" / "user", Systemd(call)
    assert not systemd.is_installed(JOB)
    list(systemd.install(JOB))
    assert {path.name: path.read_text(encoding="utf-8") for path in units.iterdir()} == {
        "kaohe-1a2b3c4d.service": SERVICE,
        "kaohe-1a2b3c4d.timer": TIMER,
    }
    assert dict(systemd.shown(JOB)) == {str(units / "kaohe-1a2b3c4d.service"): SERVICE, str(units / "kaohe-1a2b3c4d.timer"): TIMER}
    assert systemd.is_installed(JOB)
    list(systemd.remove(JOB))
    assert list(units.iterdir()) == []
    assert not systemd.is_installed(JOB)
    assert list(systemd.remove(JOB)) == ["没有安装过，什么也没有做"]
    assert [c.removeprefix("systemctl|--user|") for c in fakes.calls if "is-enabled" not in c] == [
        "show-environment",
        "daemon-reload",
        "enable|--now|kaohe-1a2b3c4d.timer",
        "disable|--now|kaohe-1a2b3c4d.timer",
        "clean|--what=state|kaohe-1a2b3c4d.timer",
        "daemon-reload",
    ]


def test_systemd_tells_what_it_takes_to_run_while_nobody_is_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "clerk")
    fakes = Fakes(tmp_path, monkeypatch, "systemctl", "loginctl")
    asked = "电脑没有人登录时也要运行的，请管理员执行一次：loginctl enable-linger clerk"
    assert list(Systemd(call).by_hand(JOB))[-1] == asked
    assert list(Systemd(call).install(JOB))[-1] == asked
    assert fakes.calls[-1] == "loginctl|show-user|clerk|--property=Linger"
    (tmp_path / "linger").touch()
    assert list(Systemd(call).install(JOB))[-1] == "没有人登录时也会运行"


def test_systemd_that_cannot_be_reached_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes(tmp_path, monkeypatch)
    fakes.put("systemctl", "echo 'Failed to connect to bus' >&2; exit 1\n")
    with pytest.raises(ProgramFault, match="联系不上您自己的 systemd，没有安装。请用自己的账号登录这台电脑再做，不要用 su、sudo 换账号"):
        list(Systemd(call).install(JOB))
    assert not (tmp_path / "设置").exists()


# Windows


SCHEMA: dict[str, tuple[str, tuple[str, ...]]] = {
    "Task": ("all", ("RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions")),
    "RegistrationInfo": ("all", ("URI", "SecurityDescriptor", "Source", "Date", "Author", "Version", "Description", "Documentation")),
    "Triggers": ("all", ("CalendarTrigger",)),
    "CalendarTrigger": (
        "sequence",
        ("Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "RandomDelay", "ScheduleByDay"),
    ),
    "ScheduleByDay": ("sequence", ("DaysInterval",)),
    "Principals": ("sequence", ("Principal",)),
    "Principal": ("all", ("UserId", "LogonType", "GroupId", "DisplayName", "RunLevel", "ProcessTokenSidType", "RequiredPrivileges")),
    "Settings": (
        "all",
        (
            *("AllowStartOnDemand", "RestartOnFailure", "MultipleInstancesPolicy", "DisallowStartIfOnBatteries", "StopIfGoingOnBatteries"),
            *("AllowHardTerminate", "StartWhenAvailable", "NetworkProfileName", "RunOnlyIfNetworkAvailable", "WakeToRun", "Enabled", "Hidden"),
            *("DeleteExpiredTaskAfter", "IdleSettings", "NetworkSettings", "ExecutionTimeLimit", "Priority", "RunOnlyIfIdle"),
        ),
    ),
    "Actions": ("sequence", ("Exec",)),
    "Exec": ("all", ("Command", "Arguments", "WorkingDirectory")),
}
"""Microsoft's task schema as far as the task uses it: what may stand in an element, once each, and whether in this order."""


def hold_to_schema(element: ElementTree.Element) -> None:
    name, names = element.tag.removeprefix(f"{{{NAMESPACE}}}"), [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
    if name not in SCHEMA:
        assert names == [], name
        assert element.text, name
        return
    kind, allowed = SCHEMA[name]
    assert len(names) == len(set(names)), name
    assert set(names) <= set(allowed), name
    if kind == "sequence":
        assert names == [known for known in allowed if known in names], name
    for child in element:
        hold_to_schema(child)


def test_the_task_of_windows_follows_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERDOMAIN", "ZZGSL")
    monkeypatch.setenv("USERNAME", "办公室<1>")
    data = encoded(task_xml(JOB))
    assert data.startswith(b"\xff\xfe<\x00?\x00x\x00m\x00l\x00")
    assert data.decode("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>\n<Task version="1.2" xmlns="')
    task = ElementTree.fromstring(data)
    assert task.tag == f"{{{NAMESPACE}}}Task"
    hold_to_schema(task)
    texts = {e.tag.removeprefix(f"{{{NAMESPACE}}}"): e.text for e in task.iter() if e.text and e.text.strip()}
    assert texts == {
        "Description": "考核：每晚读收件箱、核对、计分、更新结果（/srv/考核 100%）",
        "StartBoundary": "2014-01-01T22:30:00",
        "DaysInterval": "1",
        "UserId": "ZZGSL\\办公室<1>",
        "LogonType": "InteractiveToken",
        "RunLevel": "LeastPrivilege",
        "AllowStartOnDemand": "true",
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "StartWhenAvailable": "true",
        "RunOnlyIfNetworkAvailable": "false",
        "WakeToRun": "false",
        "Enabled": "true",
        "Hidden": "false",
        "ExecutionTimeLimit": "PT4H",
        "RunOnlyIfIdle": "false",
        "Command": "/opt/考核 程序/python",
        "Arguments": '"/opt/考核 程序/pipeline.py" -c "/srv/考核 100%/config.toml" run',
        "WorkingDirectory": "/srv/考核 100%",
    }
    principal, actions = task.find(f".//{{{NAMESPACE}}}Principal"), task.find(f"{{{NAMESPACE}}}Actions")
    assert principal is not None
    assert actions is not None
    assert principal.get("id") == actions.get("Context") == "Author"


def test_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes(tmp_path, monkeypatch, "schtasks")
    windows = WindowsTask(call)
    assert not windows.is_installed(JOB)
    list(windows.install(JOB))
    assert (tmp_path / "task.xml").read_bytes() == encoded(task_xml(JOB))
    created = fakes.calls[-1].split("|")
    assert created[:5] == ["schtasks", "/Create", "/TN", "考核每晚运行-1a2b3c4d", "/XML"]
    assert created[6:] == ["/F"]
    assert not Path(created[5]).exists()
    assert windows.is_installed(JOB)
    list(windows.remove(JOB))
    assert fakes.calls[-1] == "schtasks|/Delete|/TN|考核每晚运行-1a2b3c4d|/F"
    assert list(windows.remove(JOB)) == ["没有安装过，什么也没有做"]


def test_on_windows_it_opens_no_window(tmp_path: Path) -> None:
    python = tmp_path / "python.exe"
    assert silent_python(python, windows=True) == python
    (tmp_path / "pythonw.exe").write_bytes(b"")
    assert silent_python(python, windows=True) == tmp_path / "pythonw.exe"
    assert silent_python(python, windows=False) == python


# Which, and the command


@pytest.mark.parametrize(
    ("programs", "kind"), [(("systemctl", "crontab"), Systemd), (("crontab",), Cron)], ids=["systemd where it runs", "else cron"]
)
def test_the_computer_decides(programs: tuple[str, ...], kind: type[Way], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Fakes(tmp_path, monkeypatch, *programs)
    assert type(way_of("", call)) is kind


def test_a_systemd_without_a_user_gives_way_to_cron(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Fakes(tmp_path, monkeypatch, "crontab").put("systemctl", "exit 1\n")
    assert type(way_of("", call)) is Cron


def test_the_job_is_this_installation_and_this_office(tmp_path: Path) -> None:
    from kaohe.config.loader import load_office

    config = office_folder(tmp_path)
    config.write_text(config.read_text(encoding="utf-8").replace('at = "22:30"', 'at = "6:05"'), encoding="utf-8")
    job = nightly_job(load_office(config))
    assert job.at == time(6, 5)
    assert job.folder == tmp_path
    assert job.arguments[1:] == ("-c", str(config), "run")
    assert subprocess.run([*job.command[:2], "--help"], capture_output=True, check=True).stdout


def test_install_show_and_remove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fakes = Fakes(tmp_path / "fakes", monkeypatch, "crontab")
    config = office_folder(tmp_path / "office")
    assert "还没有安装。安装的内容：" in command("-c", config, "schedule").out
    said = command("-c", config, "schedule", "install")
    assert (said.status, said.err) == (DONE, "")
    assert said.out.splitlines()[0] == "以后每天22:30自动运行，用的是cron 计划："
    assert fakes.crontab.endswith(nightly_job_mark(config))
    shown = command("-c", config, "schedule", "show").out
    assert "已经安装。安装的内容：" in shown
    assert fakes.crontab.decode() in shown
    assert command("-c", config, "schedule", "remove").out == "  已从 crontab 里去掉那一行，其他行没有动\n"
    assert fakes.crontab == b""


def nightly_job_mark(config: Path) -> bytes:
    from kaohe.config.loader import load_office

    return f"# kaohe-{nightly_job(load_office(config)).key}\n".encode()


def test_without_any_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Fakes(tmp_path / "fakes", monkeypatch)
    config = office_folder(tmp_path / "office")
    none = "这台电脑上没有可以定时运行的程序：systemctl 没有或用不了，crontab 也没有。"
    said = command("-c", config, "schedule", "install")
    assert (said.status, said.out) == (INTERNAL_ERROR, "")
    assert said.err.startswith(none)
    shown = command("-c", config, "schedule", "show")
    assert shown.status == DONE
    assert shown.err.startswith(none)
    assert "看不出是否已经安装" in shown.out
    assert "执行 crontab -e" in shown.out
    named = command("-c", config, "schedule", "install", "--with", "windows")
    assert (named.status, named.err.splitlines()[0]) == (INTERNAL_ERROR, "这台电脑上没有“schtasks”这个程序。")


@pytest.mark.parametrize("arguments", [["schedule", "instal"], ["schedule", "show", "--with", "launchd"]])
def test_wrong_words(arguments: list[str], tmp_path: Path) -> None:
    said = command("-c", office_folder(tmp_path), *arguments)
    assert (said.status, said.out) == (WRONG, "")
    assert said.err in ("没有“instal”这个写法，可以写：show、install、remove\n", "没有“launchd”这个写法，可以写：windows、systemd、cron\n")


@pytest.mark.parametrize("hour", ['"25:00"', '"晚上十点"', "2230", '"22.30"'])
def test_an_hour_that_is_none(hour: str, tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    config.write_text(config.read_text(encoding="utf-8").replace('at = "22:30"', f"at = {hour}"), encoding="utf-8")
    said = command("-c", config, "schedule")
    assert said.status == WRONG
    assert '“at”应当是几点几分，写成 "22:30" 的样子，现在是 ' in said.err
