"""Pictures of the command line for the clerk's page: real commands at a real terminal, drawn by rich, made PNG by Chromium.

``uv run scripts/terminal_pictures.py``. Temporary paths are shown as ``D:\\``, since that is where the reader's folder will be.
"""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

from kaohe.demo.build import build_demo  # noqa: E402
from kaohe.progress import Silent  # noqa: E402

IMAGES = ROOT / "docs" / "images"
COLUMNS = 104
QUIET = 2.0
"""Seconds without a word after which a program is waiting for an answer."""
FORMAT = """<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "Noto Sans Mono CJK SC", monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: "Noto Sans CJK SC", sans-serif; font-size: 18px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>"""


def main() -> None:
    """Go through the first hour and picture what stands on the screen."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        programs = stand_ins(room)
        answers = ("考核\n", "\n", "\n", "\n", "\n", "0371-67180000\n", "bgs@zzsgsl.cn\n", "\n", "\n", "\n")
        picture("clerk-init", "新建办公文件夹", said(room, programs, ["init"], answers), room)
        office = build_demo(room / "演示", Silent())
        config = str(office.config.home / "config.toml")
        picture("clerk-doctor", "4-体检", said(room, programs, ["-c", config, "doctor"]), room)
        picture("clerk-run", "2-运行", said(room, programs, ["-c", config, "run"]), room)
        picture("clerk-status", "3-看报送情况", said(room, programs, ["-c", config, "status"]), room)
        picture("clerk-schedule", "5-每晚自动运行", said(room, programs, ["-c", config, "schedule", "install"]), room)


def stand_ins(room: Path) -> Path:
    """A scheduler that keeps nothing: the computer that draws the pictures needs no nightly run."""
    programs = room / "programs"
    programs.mkdir()
    (programs / "crontab").write_text('#!/bin/sh\n[ "$1" = - ] || { echo "no crontab" >&2; exit 1; }\n')
    (programs / "crontab").chmod(0o755)
    return programs


def said(room: Path, programs: Path, arguments: Sequence[str], answers: Sequence[str] = ()) -> str:
    """All that stands on the terminal after a command, which is given the answers one by one as it asks."""
    ours, theirs = pty.openpty()
    env = os.environ | {"COLUMNS": str(COLUMNS), "LINES": "50", "TERM": "xterm-256color", "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, str(ROOT / "pipeline.py"), *arguments]
    shown, waiting, last = b"", list(answers), time.monotonic()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=room, env=env):
        os.close(theirs)
        while True:
            ready, _, _ = select.select([ours], [], [], 0.1)
            if ready:
                try:
                    shown += os.read(ours, 65536)
                except OSError:
                    break
                last = time.monotonic()
            elif waiting and shown.endswith(b": ") and time.monotonic() - last > QUIET / 10:
                os.write(ours, waiting.pop(0).encode())
    os.close(ours)
    return shown.decode()


def picture(name: str, title: str, text: str, room: Path) -> None:
    """One window with this text, as PNG."""
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w", encoding="utf-8"), force_terminal=True)  # noqa: SIM115
    for line in on_screen(text):
        console.print(Text.from_ansi(re.sub(rf"{re.escape(str(room))}[^\s，。：（）”]*", lambda path: windows(path[0], room), line)))
    svg = console.export_svg(title=title, code_format=FORMAT, unique_id="kaohe")
    width, height = (float(size) for size in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0])
    svg = svg.replace(f'viewBox="0 0 {width:g} {height:g}"', "")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f'<meta charset="utf-8"><body style="margin:0;background:#fff">{svg}', encoding="utf-8")
        chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile", "--hide-scrollbars"]
        size = f"--window-size={int(width) + 1},{int(height) + 1}"
        subprocess.run([*chromium, size, f"--screenshot={IMAGES / name}.png", page.as_uri()], check=True, capture_output=True)


def on_screen(text: str) -> list[str]:
    """The lines that remain where bars are drawn over one another."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        kept = line.rpartition("\r")[2]
        kept = re.sub(r"\x1b\[\d*[A-DJKh-l]|\x1b\[\?\d+[hl]", "", kept)
        lines.append(kept)
    return lines


def windows(path: str, room: Path) -> str:
    """A path of the temporary folder as the reader would have it."""
    return "D:" + path.removeprefix(str(room)).replace("/", "\\")


if __name__ == "__main__":
    main()
