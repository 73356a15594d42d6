"""What is to happen every night: the program, its arguments, its folder, the hour."""

import hashlib
import os
import sys
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office


@dataclass(frozen=True, slots=True)
class Job:
    """One office's nightly run. ``key`` is the same for as long as its configuration lies where it does."""

    key: str
    program: Path
    arguments: tuple[str, ...]
    folder: Path
    at: time

    @property
    def command(self) -> tuple[str, ...]:
        """The program with its arguments."""
        return (str(self.program), *self.arguments)

    @property
    def description(self) -> str:
        """What it is, for the lists of the system."""
        return f"考核：每晚读收件箱、核对、计分、更新结果（{self.folder}）"


def nightly_job(office: Office) -> Job:
    """The nightly run of this office by this very installation of the program."""
    file = office.file.resolve()
    key = hashlib.sha256(os.fsencode(file)).hexdigest()[:8]
    arguments = (str(PROGRAM_ROOT / "pipeline.py"), "-c", str(file), "run")
    return Job(key, silent_python(Path(sys.executable)), arguments, file.parent, office.config.schedule.at)


def silent_python(python: Path, *, windows: bool = os.name == "nt") -> Path:
    """This Python; on Windows the one beside it that opens no window, where it is there."""
    silent = python.with_name("pythonw.exe")
    return silent if windows and silent.is_file() else python
