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

from PIL import Image, ImageChops  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.terminal_theme import DIMMED_MONOKAI  # noqa: E402
from rich.text import Text  # noqa: E402

from kaohe.demo.build import build_demo  # noqa: E402
from kaohe.desk.new_office import give_launchers  # noqa: E402
from kaohe.progress import Silent  # noqa: E402

IMAGES = ROOT / "docs" / "images"
COLUMNS = 104
QUIET = 0.2
"""Seconds without a word after which a program is waiting for an answer."""
PAGE = """<meta charset="utf-8"><style>
body {{ margin: 0; background: #fff; }}
div {{ display: inline-block; border-radius: 9px; background: #1e2227; overflow: hidden; }}
h1 {{ margin: 0; padding: 9px 16px; background: #383d44; color: #dfe3e8; font: 500 16px "Noto Sans CJK SC", sans-serif; }}
pre {{ margin: 0; padding: 14px 16px; width: {columns}ch; color: #d8dbdf; white-space: pre-wrap; word-break: break-all; }}
pre {{ font: 15px/1.5 "Noto Sans Mono CJK SC", monospace; }}
i {{ display: inline-block; width: 1ch; text-indent: -0.25em; overflow: hidden; vertical-align: bottom; font-style: normal; }}
</style><div><h1>{title}</h1><pre>{text}</pre></div>"""
"""A window of the command line. The font gives a Chinese character two columns, and so the signs in ``i``, which have one on a terminal."""


def main() -> None:
    """Go through the first hour and picture what stands on the screen."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        programs = stand_ins(room)
        answers = ("考核\n", "\n", "\n", "\n", "\n", "0371-67180000\n", "bgs@zzsgsl.cn\n", "\n", "\n", "\n")
        picture("clerk-init", "新建办公文件夹", said(room, programs, ["init"], answers), room)
        office = build_demo(room / "演示", Silent())
        give_launchers(office, Path(sys.executable))
        config = str(office.config.home / "config.toml")
        picture("clerk-doctor", "4-体检", said(room, programs, ["-c", config, "doctor"]), room)
        picture("clerk-run", "2-运行", said(room, programs, ["-c", config, "run"]), room)


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
            elif waiting and shown.endswith(b": ") and time.monotonic() - last > QUIET:
                os.write(ours, waiting.pop(0).encode())
    os.close(ours)
    return shown.decode()


def picture(name: str, title: str, text: str, room: Path) -> None:
    """One window with this text, as PNG."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=10_000, file=nowhere, force_terminal=True, color_system="truecolor")
        for line in on_screen(text):
            shown = windows(windows(line, room, "D:"), ROOT, "D:\\kaohe")
            console.print(Text.from_ansi(shown), soft_wrap=True)
    html = console.export_html(inline_styles=True, code_format="{code}", theme=DIMMED_MONOKAI)
    with tempfile.TemporaryDirectory() as folder:
        page, full = Path(folder) / "page.html", Path(folder) / "full.png"
        page.write_text(PAGE.format(columns=COLUMNS, title=title, text="\n".join(map(narrowed, html.rstrip().split("\n")))), encoding="utf-8")
        chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile", "--hide-scrollbars"]
        subprocess.run([*chromium, "--window-size=1200,2400", f"--screenshot={full}", page.as_uri()], check=True, capture_output=True)
        with Image.open(full) as image:
            flat = image.convert("RGB")
            flat.crop(ImageChops.difference(flat, Image.new("RGB", flat.size, "white")).getbbox()).save(IMAGES / f"{name}.png", optimize=True)


def on_screen(text: str) -> list[str]:
    """The lines that remain where bars are drawn over one another."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        kept = line.rpartition("\r")[2]
        kept = re.sub(r"\x1b\[\d*[A-DJKh-l]|\x1b\[\?\d+[hl]", "", kept)
        lines.append(kept)
    return lines


def narrowed(line: str) -> str:
    """The line of a table with its rules, and what else the font makes too wide, marked to be one column wide."""
    if not re.search("[\u2500-\u257f]{2}|[\u2502\u2503]", line):
        return line
    return re.sub("[\u2500-\u257f\u2014\u201c\u201d]", lambda sign: f"<i>{sign[0]}</i>", line)


def windows(line: str, folder: Path, drive: str) -> str:
    """Paths below a folder of this computer as the reader would have them."""
    return re.sub(rf"{re.escape(str(folder))}[^\s，。：（）”\x1b]*", lambda path: drive + path[0].removeprefix(str(folder)).replace("/", "\\"), line)


if __name__ == "__main__":
    main()
