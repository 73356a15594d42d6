"""How somebody with an office's folder gives a command: what every message of the program names."""

from pathlib import Path

from kaohe import PROGRAM_ROOT

ANY = "6-命令"
"""The file that takes any command after its name."""

TASKS: tuple[tuple[str, str], ...] = (
    ("1-制作填报表", "forms"),
    ("2-运行", "run"),
    ("3-看报送情况", "status"),
    ("4-体检", "doctor"),
    ("5-每晚自动运行", "schedule install"),
    (ANY, ""),
)
"""Files to double-click in an office's folder: the name and the command that it gives."""


def how_to(folder: Path, command: str) -> str:
    """In Chinese, beginning with a verb, how a command is given in this office's folder: by its file to double-click where it has one."""
    for name, given in TASKS:
        if given == command and _file(folder, name):
            return f"双击“{name}”"
    return f"执行 {typed(folder, command)}"


def typed(folder: Path, command: str) -> str:
    """What is typed for a command in this office's folder; ``pipeline.py …`` where nothing there takes commands."""
    file = _file(folder, ANY)
    return f"{file} {command}" if file else f"pipeline.py {command}"


def typed_in_program(command: str) -> str:
    """What is typed in the program's own folder, where there may be no office yet."""
    for file, start in (("运行.cmd", "运行"), ("运行.sh", "./运行.sh")):
        if (PROGRAM_ROOT / file).is_file():
            return f"{start} {command}"
    return f"pipeline.py {command}"


def _file(folder: Path, name: str) -> str:
    """What is typed to start the file of that name, "" where the folder has none."""
    if (folder / f"{name}.cmd").is_file():
        return name
    return f"./{name}.sh" if (folder / f"{name}.sh").is_file() else ""
