"""One line of the user's crontab, known by its mark; every other line stays as it is."""

import os
import shlex
from collections.abc import Iterator

from kaohe.desk.programs import ProgramFault, required
from kaohe.desk.schedule.job import Job
from kaohe.desk.schedule.way import Way

_EMPTY = (b"no crontab", b"no such file")
"""How the various crons say that there is none yet."""


class Cron(Way):
    """Cron does not catch up when the computer was off."""

    name, title, program = "cron", "cron 计划", "crontab"

    def shown(self, job: Job) -> Iterator[tuple[str, str]]:
        """The line."""
        yield "crontab 里的一行", os.fsdecode(_line(job))

    def by_hand(self, job: Job) -> Iterator[str]:
        """Paste the line."""
        yield "执行 crontab -e，把上面那一行原样粘贴到最后，保存"
        yield "cron 在关机时错过的不会补上：第二天开机后请手工运行一次"

    def install(self, job: Job) -> Iterator[str]:
        """Add the line, or replace the one of before."""
        others = [line for line in self._lines() if _mark(job) not in line]
        self._write([*others, _line(job)])
        yield f"已在 crontab 里加了一行（末尾标着 {os.fsdecode(_mark(job))}），其他行没有动"
        yield "cron 在关机时错过的不会补上：第二天开机后请手工运行一次"

    def remove(self, job: Job) -> Iterator[str]:
        """Take the line out."""
        lines = self._lines()
        others = [line for line in lines if _mark(job) not in line]
        if others == lines:
            yield "没有安装过，什么也没有做"
            return
        self._write(others)
        yield "已从 crontab 里去掉那一行，其他行没有动"

    def is_installed(self, job: Job) -> bool:
        """Whether the line is there."""
        return any(_mark(job) in line for line in self._lines())

    def _lines(self) -> list[bytes]:
        """The lines that there are. Anything but a plain "there is none" is a fault: the lines of others must not be lost."""
        ran = self._run(["crontab", "-l"], b"")
        if ran.status == 0:
            return ran.out.split(b"\n")[:-1] if ran.out.endswith(b"\n") else ran.out.split(b"\n")
        if any(sign in ran.err.lower() for sign in _EMPTY):
            return []
        raise ProgramFault(f"读不出现有的 crontab（结束代码 {ran.status}），没有动它。它说：{ran.said}")

    def _write(self, lines: list[bytes]) -> None:
        required(self._run, ["crontab", "-"], "写 crontab", b"".join(line + b"\n" for line in lines))


def _mark(job: Job) -> bytes:
    return f"# kaohe-{job.key}".encode()


def _line(job: Job) -> bytes:
    """Cron takes a bare percent sign for the end of the line, even in quotes."""
    command = f"cd {shlex.quote(str(job.folder))} && {shlex.join(job.command)} >/dev/null 2>&1"
    written = f"{job.at.minute} {job.at.hour} * * * " + command.replace("%", "\\%")
    return os.fsencode(written) + b" " + _mark(job)
