"""Files to double-click in an office's folder, one a task, so that nobody has to know where the program and the settings are."""

import os
import shlex
from pathlib import Path

from kaohe.called import ANY, TASKS
from kaohe.files import write_whole

_EXAMPLE = "chase"


def write_launchers(folder: Path, python: Path, program: Path, *, windows: bool = os.name == "nt") -> list[Path]:
    """One file a task into an office's folder, which may be moved: it finds its configuration beside itself."""
    written = []
    for name, command in TASKS:
        path = folder / (f"{name}.cmd" if windows else f"{name}.sh")
        write_whole(path, _cmd(python, program, command) if windows else _shell(python, program, command))
        if not windows:
            path.chmod(0o755)
        written.append(path)
    return written


def _cmd(python: Path, program: Path, command: str) -> bytes:
    """UTF-8, which the window is switched to first: program and folder may have Chinese names."""
    run = f'"{_batch(python)}" "{_batch(program)}"'
    lines = ["@echo off", "chcp 65001 >nul"]
    if command:
        lines += [f'{run} -c "%~dp0config.toml" {command} %*', "echo.", "pause"]
    else:
        lines += [
            'if "%~1"=="" goto asked',
            f'{run} -c "%~dp0config.toml" %*',
            "exit /b %ERRORLEVEL%",
            ":asked",
            'cd /d "%~dp0"',
            f"{run} --help",
            f"echo 在下面写：{ANY}（写 6 再按 Tab 键就出来），空一格，再写命令，按回车。例如：{ANY} {_EXAMPLE}",
            "cmd /k",
        ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _batch(path: Path) -> str:
    return str(path).replace("%", "%%")


def _shell(python: Path, program: Path, command: str) -> bytes:
    """The window of a file that was double-clicked closes with it: it waits until what it says was read."""
    run = shlex.join([str(python), str(program)])
    lines = ["#!/bin/sh"]
    if command:
        lines += [
            f'{run} -c "$(dirname "$0")/config.toml" {command} "$@"',
            "done=$?",
            '[ -t 0 ] && [ -t 1 ] && [ $# -eq 0 ] && printf "\\n按回车键继续……" && read -r _',
            "exit $done",
        ]
    else:
        lines += [
            f'[ $# -gt 0 ] && exec {run} -c "$(dirname "$0")/config.toml" "$@"',
            'cd "$(dirname "$0")" || exit 1',
            f"{run} --help",
            f"echo '在下面写：./{ANY}.sh（写 ./6 再按 Tab 键就出来），空一格，再写命令，按回车。例如：./{ANY}.sh {_EXAMPLE}'",
            'if [ -t 0 ]; then exec "${SHELL:-/bin/sh}"; fi',
        ]
    return "".join(f"{line}\n" for line in lines).encode()
