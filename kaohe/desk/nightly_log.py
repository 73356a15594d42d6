"""The log of the nightly runs: a bounded number of files of bounded size, whose last line is the summary and the exit status."""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from kaohe import __version__
from kaohe.text import clean
from kaohe.toml_source import FaultyFile, read_toml

LOG_FILE = "kaohe.log"
MEANINGS = {0: "运行完毕", 1: "没有做完", 2: "设置、规则或命令有错，什么也没有做", 3: "另一次运行还没有结束，什么也没有做"}
"""Exit statuses in Chinese."""

_LARGEST = 1024 * 1024
_KEPT = 9
_ENDED = "运行结束，结束代码"


class NightlyLog:
    """One run's part of the log. Opening it raises OSError where that cannot be; after that a full disk costs lines, never the run.

    A file larger than ``largest`` bytes is put aside before the run begins, under a number; the oldest of ``kept`` goes.
    """

    def __init__(self, folder: Path, config_file: Path, *, largest: int = _LARGEST, kept: int = _KEPT) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._handler = _Quiet(folder / LOG_FILE, backupCount=kept, encoding="utf-8")
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S"))
        if (folder / LOG_FILE).stat().st_size > largest:
            with suppress(OSError):  # another run has it open: next time
                self._handler.doRollover()
        self._begun, self._part, self._last = time.monotonic(), "", ""
        self._line(f"开始运行：考核 {__version__}，设置 {config_file}")

    def write(self, text: str) -> int:
        """Text as it comes; whole lines are written with their time."""
        *lines, self._part = (self._part + text).split("\n")
        for line in lines:
            self._line(line.rstrip())
            self._last = line.strip() or self._last
        return len(text)

    def flush(self) -> None:
        """Lines are on the disk as soon as they are written."""

    def end(self, status: int) -> None:
        """The last line: exit status, seconds, and what was said last."""
        if self._part:
            self.write("\n")
        meaning = MEANINGS.get(status, "没有做完")
        self._line(f"{_ENDED} {status}（{meaning}），用时{time.monotonic() - self._begun:.0f}秒。{self._last}")
        with suppress(OSError):  # what a full disk did not take is lost
            self._handler.close()

    def _line(self, text: str) -> None:
        self._handler.emit(logging.LogRecord("kaohe", logging.INFO, "", 0, clean(text), None, None))


def log_folder(config_file: Path, settings: Mapping[str, Any] | None = None) -> Path:
    """Where the log of this configuration lies, also where it is faulty: then beside it in ``state``.

    ``settings`` is what stands in the file, where somebody has read it already.
    """
    state = "state"
    with suppress(FaultyFile, ValueError, AttributeError):
        settings = read_toml(config_file).data if settings is None else settings
        state = str(settings.get("folders", {}).get("state", state))
    return config_file.resolve().parent / state / "logs"


def last_end(folder: Path) -> str:
    """The last line of the run that ended last, "" where none is known. OSError where the log cannot be read."""
    for name in (LOG_FILE, f"{LOG_FILE}.1"):
        path = folder / name
        if path.is_file():
            ends = [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if _ENDED in line]
            if ends:
                return ends[-1]
    return ""


class _Quiet(RotatingFileHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the library's name
        """What cannot be written is lost: the terminal has it, and the run must go on."""
