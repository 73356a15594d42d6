"""Progress of long jobs: bars on a terminal, plain lines in a log."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

T = TypeVar("T")
_A_MINUTE = 60.0


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
    """Bars with rate and time left where the console is a terminal; where it is not, a line when a job is done and one a minute before."""

    def __init__(self, console: Console, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._say, self._clock = console, say, clock

    def track(self, title: str, entries: Iterable[T], total: int) -> Iterator[T]:
        """Pass the entries through, showing how many are done."""
        if not self._console.is_terminal:
            done, begun = 0, self._clock()
            told = begun
            for entry in entries:
                yield entry
                done += 1
                if (now := self._clock()) - told >= _A_MINUTE and done < total:
                    told = now
                    self._say(f"{title}：{done}/{total}，{_speed(done, total, now - begun)}")
            self._say(f"{title}：{done}/{total}")
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Speed())
        with Progress(*columns, console=self._console) as progress:
            yield from progress.track(entries, total=total, description=title)

    def step(self, text: str) -> None:
        """Print the step on its own line."""
        self._say(text)


class _Speed(ProgressColumn):
    """How many a second, and how long it may still take."""

    def render(self, task: Task) -> Text:
        """The column's text."""
        return Text(_speed(int(task.completed), int(task.total or 0), task.elapsed or 0.0))


def _speed(done: int, total: int, seconds: float) -> str:
    """How many a second, and the time left at that rate; "" as long as nobody can tell."""
    if not done or seconds <= 0:
        return ""
    rate, left = done / seconds, round((total - done) * seconds / done)
    shown = f"每秒{rate:.0f}个" if rate >= 10 else f"每秒{rate:.1f}个"
    return f"{shown}，还要{left // 60}分{left % 60:02d}秒" if done < total else shown
