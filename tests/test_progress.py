"""Progress of long jobs, on a terminal and in a log."""

import io
from collections.abc import Iterator

from rich.console import Console

from kaohe.progress import OnConsole


class Clock:
    """Every look at it is so many seconds later."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def said(count: int, step: float) -> list[str]:
    lines: list[str] = []
    reporter = OnConsole(Console(file=io.StringIO()), lines.append, Clock(step))
    assert list(reporter.track("读取", range(count), count)) == list(range(count))
    return lines


def test_a_short_job_is_one_line_in_a_log() -> None:
    assert said(3, 1.0) == ["读取：3/3"]


def test_a_long_job_says_once_a_minute_how_fast_it_is_and_how_long_it_takes() -> None:
    assert said(7, 25.0) == ["读取：3/7，每秒0.0个，还要1分40秒", "读取：6/7，每秒0.0个，还要0分25秒", "读取：7/7"]
    assert said(900, 0.0625) == ["读取：900/900"]
    assert said(3000, 0.0625)[:1] == ["读取：960/3000，每秒16个，还要2分08秒"]


def test_on_a_terminal_the_bar_tells_rate_and_time_left() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)

    def entries() -> Iterator[int]:
        yield from range(5)

    assert list(OnConsole(console, print).track("读取", entries(), 5)) == [0, 1, 2, 3, 4]
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "读取" in shown
    assert "5/5" in shown
    assert "每秒" in shown
