"""What every way of running something each night can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from kaohe.desk.programs import Runner
from kaohe.desk.schedule.job import Job


class Way(ABC):
    """One scheduler of the system. Its programs are called through ``run``, which may raise ProgramFault."""

    name: ClassVar[str]
    """As written on the command line."""
    title: ClassVar[str]
    program: ClassVar[str]

    def __init__(self, run: Runner) -> None:
        self._run = run

    @abstractmethod
    def shown(self, job: Job) -> Iterator[tuple[str, str]]:
        """What would be installed: where, and the text."""

    @abstractmethod
    def by_hand(self, job: Job) -> Iterator[str]:
        """How to do the same without this command, step by step."""

    @abstractmethod
    def install(self, job: Job) -> Iterator[str]:
        """Install it, in place of what was installed for this office before; says what was done. ProgramFault, OSError."""

    @abstractmethod
    def remove(self, job: Job) -> Iterator[str]:
        """Remove what was installed for this office, and nothing else; says what was done. ProgramFault, OSError."""

    @abstractmethod
    def is_installed(self, job: Job) -> bool:
        """Whether it is installed for this office. ProgramFault."""
