"""A timer and a service of the user's own systemd."""

import getpass
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from kaohe.desk.programs import ProgramFault, required
from kaohe.desk.schedule.job import Job
from kaohe.desk.schedule.way import Way
from kaohe.files import write_whole

_USER = ("systemctl", "--user")
_NO_SYSTEMD = (
    "联系不上您自己的 systemd，没有安装。请用自己的账号登录这台电脑再做，不要用 su、sudo 换账号；这台电脑不用 systemd 的，后面加 --with cron。"
)


class Systemd(Way):
    """Catches up when the computer was off (``Persistent``)."""

    name, title, program = "systemd", "systemd 定时器", "systemctl"

    def shown(self, job: Job) -> Iterator[tuple[str, str]]:
        """The two unit files."""
        service, timer = _files(job)
        yield str(service), _service(job)
        yield str(timer), _timer(job)

    def by_hand(self, job: Job) -> Iterator[str]:
        """Write the files, then two commands."""
        service, timer = _files(job)
        yield f"把上面两段分别存成 {service} 和 {timer}"
        yield "systemctl --user daemon-reload"
        yield f"systemctl --user enable --now {timer.name}"
        yield _lingering()

    def install(self, job: Job) -> Iterator[str]:
        """Write the files and enable the timer."""
        service, timer = _files(job)
        if not self.is_running():
            raise ProgramFault(_NO_SYSTEMD)
        write_whole(service, _service(job).encode())
        write_whole(timer, _timer(job).encode())
        required(self._run, [*_USER, "daemon-reload"], "让 systemd 读取新的定时器")
        required(self._run, [*_USER, "enable", "--now", timer.name], "启用定时器")
        yield f"已安装 systemd 定时器 {timer.name}，文件在 {timer.parent}"
        yield "没有人登录时也会运行" if self._lingers() else _lingering()

    def remove(self, job: Job) -> Iterator[str]:
        """Disable the timer and delete the files."""
        service, timer = _files(job)
        if not timer.exists() and not self.is_installed(job):
            yield "没有安装过，什么也没有做"
            return
        required(self._run, [*_USER, "disable", "--now", timer.name], "停用定时器")
        # When it last ran is remembered in a file; left there, it would be run at once when it is installed again. An older systemd has no such command.
        self._run([*_USER, "clean", "--what=state", timer.name], b"")
        service.unlink(missing_ok=True)
        timer.unlink(missing_ok=True)
        required(self._run, [*_USER, "daemon-reload"], "让 systemd 重新读取定时器")
        yield f"已取消 systemd 定时器 {timer.name}"

    def is_installed(self, job: Job) -> bool:
        """Whether the timer is enabled."""
        return self._run([*_USER, "is-enabled", _files(job)[1].name], b"").status == 0

    def is_running(self) -> bool:
        """Whether this user has a systemd to talk to; where there is none (a container, another init) cron has to do."""
        return self._run([*_USER, "show-environment"], b"").status == 0

    def _lingers(self) -> bool:
        """Whether this user's systemd runs while nobody is logged in."""
        try:
            return self._run(["loginctl", "show-user", _user(), "--property=Linger"], b"").out.strip() == b"Linger=yes"
        except ProgramFault:
            return False


def _lingering() -> str:
    return f"电脑没有人登录时也要运行的，请管理员执行一次：loginctl enable-linger {_user()}"


def _user() -> str:
    """Whose systemd it is, as the administrator knows him."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without an entry
        return str(os.getuid()) if sys.platform != "win32" else "用户名"


def _files(job: Job) -> tuple[Path, Path]:
    """Service and timer."""
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    return folder / f"kaohe-{job.key}.service", folder / f"kaohe-{job.key}.timer"


def _service(job: Job) -> str:
    command = " ".join(map(_quoted, job.command))
    folder = str(job.folder).replace("%", "%%")
    return f"[Unit]\nDescription={_plain(job.description)}\n\n[Service]\nType=oneshot\nWorkingDirectory={folder}\nExecStart={command}\n"


def _timer(job: Job) -> str:
    return (
        f"[Unit]\nDescription={_plain(job.description)}\n\n"
        f"[Timer]\nOnCalendar=*-*-* {job.at:%H:%M}:00\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word as systemd reads it: in double quotes, with its own signs doubled."""
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        word = word.replace(sign, written)
    return f'"{word}"'
