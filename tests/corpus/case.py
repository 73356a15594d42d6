"""What one case of the corpus is: the files as they lie in the inbox, and everything that must come of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from kaohe.intake.record import Verdict

Files: TypeAlias = Mapping[str, bytes]
"""By name below the case's folder, oldest first."""
Outcome: TypeAlias = tuple[str, Verdict, str | None]
"""A file's name (what is in a mail or an archive stands below it), its verdict and its unit."""
Place: TypeAlias = tuple[str, str, str]
"""A finding's code, sheet and cell."""

UNIT = "jinshui"
"""The unit whose forms the cases are."""
PASSWORD = "zzgsl2014"
"""The one password that the office has agreed with its units."""


@dataclass(frozen=True)
class Case:
    """One way in which something arrives, with all that is expected.

    ``points`` are the unit's points of all items that do not depend on other units: "sound" where each is as in the sound form, None where
    the unit has no form. ``says`` has, for some files, everything the report says of them. ``changes`` are what a newer form changed:
    sheet, cell, before, after. ``age`` is how many seconds ago the files were last touched. ``needs`` is the program that makes or opens the files; ``slow`` says that
    making them takes long.
    """

    name: str
    files: Callable[[], Files]
    expected: tuple[Outcome, ...]
    findings: tuple[Place, ...] = ()
    points: int | Literal["sound"] | None = "sound"
    needs: Literal["", "office", "rar"] = ""
    says: Mapping[str, str] = field(default_factory=dict)
    changes: tuple[tuple[str, str, str, str], ...] = ()
    age: int = 100_000
    slow: bool = False

    @property
    def key(self) -> str:
        """Theme and builder, by which tests and documents name the case."""
        builder: Any = self.files
        return f"{builder.__module__.rpartition('.')[2]}-{builder.__name__}"

    @property
    def accepted(self) -> int:
        """How many of its files become a form that counts or could have counted."""
        return sum(verdict is Verdict.ACCEPTED for _, verdict, _ in self.expected)


class Corpus:
    """The cases of one theme, in the order of their builders."""

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def case(
        self,
        name: str,
        *expected: Outcome,
        findings: tuple[Place, ...] = (),
        points: int | Literal["sound"] | None = "sound",
        needs: Literal["", "office", "rar"] = "",
        says: Mapping[str, str] | None = None,
        changes: tuple[tuple[str, str, str, str], ...] = (),
        age: int = 100_000,
        slow: bool = False,
    ) -> Callable[[Callable[[], Files]], Callable[[], Files]]:
        """Register a builder with what is expected of its files."""

        def register(files: Callable[[], Files]) -> Callable[[], Files]:
            self.cases.append(Case(name, files, expected, findings, points, needs, says or {}, changes, age, slow))
            return files

        return register


def ok(name: str) -> Outcome:
    """A form of the unit that counts."""
    return name, Verdict.ACCEPTED, UNIT


def opened(name: str) -> Outcome:
    """A mail or an archive whose files were taken out."""
    return name, Verdict.OPENED, None


def evidence(name: str) -> Outcome:
    """Something that came along with the unit's form."""
    return name, Verdict.EVIDENCE, UNIT


def lost(name: str, verdict: Verdict, unit: str | None = None) -> Outcome:
    """A file that gives nothing."""
    return name, verdict, unit
