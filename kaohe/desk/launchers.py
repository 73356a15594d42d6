"""Files to double-click in an office's folder, one a task, so that nobody has to type a command."""

import os
import shlex
from pathlib import Path

from kaohe.files import write_whole

TASKS: tuple[tuple[str, str], ...] = (
    ("1-制作填报表", "forms"),
    ("2-运行", "run"),
    ("3-看报送情况", "status"),
    ("4-体检", "doctor"),
    ("5-每晚自动运行", "schedule install"),
)
"""Name of the file and the command that it gives."""


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


def how_to(folder: Path, command: str) -> str:
    """In Chinese, how somebody with this office's folder gives a command: by its file to double-click where it has one."""
    for name, given in TASKS:
        if given == command and any((folder / f"{name}{suffix}").is_file() for suffix in (".cmd", ".sh")):
            return f"双击“{name}”"
    return f"执行 pipeline.py {command}"


def _cmd(python: Path, program: Path, command: str) -> bytes:
    """UTF-8, which the window is switched to first: program and folder may have Chinese names."""
    lines = ["@echo off", "chcp 65001 >nul", f'"{_batch(python)}" "{_batch(program)}" -c "%~dp0config.toml" {command} %*', "echo.", "pause"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _batch(path: Path) -> str:
    return str(path).replace("%", "%%")


def _shell(python: Path, program: Path, command: str) -> bytes:
    run = f'exec {shlex.join([str(python), str(program)])} -c "$(dirname "$0")/config.toml" {command} "$@"'
    return f"#!/bin/sh\n{run}\n".encode()
