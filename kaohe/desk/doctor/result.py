"""What a check of the doctor says, and what it may look at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from kaohe.config.loader import Office
from kaohe.desk.programs import Runner


class Grade(Enum):
    """How things stand."""

    GOOD = "好"
    NOTE = "注意"
    ACT = "要处理"

    @property
    def colour(self) -> str:
        """As the screen shows it."""
        return {"好": "green", "注意": "yellow", "要处理": "red"}[self.value]


@dataclass(frozen=True, slots=True)
class Result:
    """One thing looked at: what it is, what was found (with the place), and what to do about it, "" when nothing."""

    grade: Grade
    what: str
    found: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Premises:
    """What there is to examine. ``office`` is None where the configuration is faulty; ``faults`` then says how, each with its line."""

    config_file: Path
    office: Office | None
    faults: tuple[str, ...]
    now: datetime
    run: Runner


Check: TypeAlias = Callable[[Premises], Iterator[Result]]
"""One check. What it raises is told as a result; the other checks go on."""


def good(what: str, found: str) -> Result:
    """Nothing to do."""
    return Result(Grade.GOOD, what, found)


def note(what: str, found: str, todo: str) -> Result:
    """Worth knowing; things work without it."""
    return Result(Grade.NOTE, what, found, todo)


def act(what: str, found: str, todo: str) -> Result:
    """Something will not work until it is seen to."""
    return Result(Grade.ACT, what, found, todo)
