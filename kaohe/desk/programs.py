"""Calling the system's own programs (systemctl, crontab, schtasks, fc-list), so that what cannot be called is told in Chinese."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kaohe.text import clean, os_problem

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended, and what it wrote."""

    status: int
    out: bytes = b""
    err: bytes = b""

    @property
    def said(self) -> str:
        """What it wrote, for people to read, on one line."""
        return " ".join(clean(_decoded(self.err or self.out)).split())


Runner: TypeAlias = Callable[[Sequence[str], bytes], Ran]
"""Calls a program with arguments and standard input. Raises ProgramFault where it cannot be called."""


class ProgramFault(Exception):
    """A program of the system is missing or refused; says in Chinese which, why and what to do."""


def call(command: Sequence[str], given: bytes = b"") -> Ran:
    """Call a program; it speaks English where it can, so that what it says can be told apart. Raises ProgramFault where it cannot be called."""
    program = shutil.which(command[0])
    if program is None:
        raise ProgramFault(f"这台电脑上没有“{command[0]}”这个程序。")
    try:
        done = subprocess.run(  # noqa: S603 -- a fixed program of the system; its arguments are our own and pass through no shell
            [program, *command[1:]],
            input=given,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env=os.environ | {"LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise ProgramFault(f"“{command[0]}”{_SECONDS}秒没有答复，已经放弃。请稍后再试。") from None
    except OSError as error:
        raise ProgramFault(f"“{command[0]}”运行不了：{os_problem(error)}。") from error
    return Ran(done.returncode, done.stdout, done.stderr)


def required(run: Runner, command: Sequence[str], doing: str, given: bytes = b"") -> Ran:
    """Call a program that must succeed. Raises ProgramFault with what it said where it does not."""
    ran = run(command, given)
    if ran.status != 0:
        said = f"，它说：{ran.said}" if ran.said else ""
        raise ProgramFault(f"{doing}没有做成：“{' '.join(command[:2])}”结束代码 {ran.status}{said}")
    return ran


def _decoded(data: bytes) -> str:
    """UTF-8, else the code page of the system's console."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("oem" if os.name == "nt" else "gb18030", errors="replace")
