"""Progress of long jobs: bars on a terminal, plain lines in a log."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")


class Reporter(Protocol):
    """Whoever wants to know how far a job has come."""

    def track(self, title: str, entries: Iterable[T], total: int) -> Iterator[T]:
        """Pass the entries through, showing how many are done."""
        ...

    def step(self, text: str) -> None:
        """Say that a step has begun."""
        ...


class Silent:
    """Shows nothing."""

    def track(self, title: str, entries: Iterable[T], total: int) -> Iterator[T]:
        """Pass the entries through."""
        yield from entries

    def step(self, text: str) -> None:
        """Say nothing."""


class OnConsole:
    """Bars where the console is a terminal, one line a job where it is not."""

    def __init__(self, console: Console, say: Callable[[str], None]) -> None:
        self._console, self._say = console, say

    def track(self, title: str, entries: Iterable[T], total: int) -> Iterator[T]:
        """Pass the entries through, showing how many are done."""
        if not self._console.is_terminal:
            done = 0
            for entry in entries:
                yield entry
                done += 1
            self._say(f"{title}：{done}/{total}")
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as progress:
            yield from progress.track(entries, total=total, description=title)

    def step(self, text: str) -> None:
        """Print the step on its own line."""
        self._say(text)
