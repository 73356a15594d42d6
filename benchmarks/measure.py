"""Whole processes, measured: wall time, processor time with all children, and the memory of the largest process.

This module and its caller stay small: Linux counts the memory of whoever starts a process as that process's own peak.
"""

import os
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """A measured process did not do its work; the message has its last words."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: seconds of wall and processor time (children included), and the largest process in MB."""

    wall: float
    cpu: float
    peak_mb: float


def run(command: Sequence[str | Path], output: Path) -> Cost:
    """Run a Python module or script of the repository to its end, its output into a file. Raises Failed where it fails."""
    with output.open("wb") as file:
        began = time.monotonic()
        process = subprocess.Popen([sys.executable, *map(str, command)], cwd=ROOT, env=_environment(), stdout=file, stderr=subprocess.STDOUT)  # noqa: S603
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        words = output.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise Failed(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{words}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


def compile_all() -> None:
    """Compile the program and every library, as the first start leaves them in an office; under some settings each start would do it again."""
    folders = [*{sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}, *(str(ROOT / name) for name in ("kaohe", "benchmarks"))]
    command = [sys.executable, "-m", "compileall", "-q", "-q", "-j", "0", *folders]
    subprocess.run(command, env=_environment(), check=False, stdout=subprocess.DEVNULL)  # noqa: S603 -- what cannot be compiled is not used


def _environment() -> dict[str, str]:
    """Whatever the machine it is measured on says, byte code is kept."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def median(costs: Iterable[Cost]) -> Cost:
    """Medians of each figure by itself; the peak is the highest seen."""
    listed = list(costs)
    return Cost(statistics.median(cost.wall for cost in listed), statistics.median(cost.cpu for cost in listed), max(cost.peak_mb for cost in listed))
