"""Watching the inbox: a run whenever it has changed and come to rest, every day at the hour, and again for what was still on its way."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as hour
from pathlib import Path
from typing import Any, TypeAlias

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office
from kaohe.desk.nightly_log import MEANINGS
from kaohe.intake.arrival import is_lock
from kaohe.intake.record import Verdict
from kaohe.publish.jobs import RESULTS_FILE

Snapshot: TypeAlias = frozenset[tuple[str, int, int]]
"""Every file of the inbox: its path, its size, when it was changed (nanoseconds)."""

_TICK = 1.0
"""Seconds after which the watch looks at its clock, whether anything happened or not."""
_BY_ITSELF = 30.0
"""Seconds after which it looks into the inbox without having been told: some network drives tell nothing."""
_LONGEST = 600.0
"""Seconds after which a run is made although files go on changing: what is not whole yet is left to the next one."""
_OTHER_RUN = 60.0
_ENDING = 30
_LOCKED = 3


@dataclass
class Rest:
    """Tells when the inbox has changed and then been quiet for ``quiet`` seconds. It has no clock of its own."""

    quiet: float
    longest: float = _LONGEST
    done: Snapshot | None = None
    _last: Snapshot | None = None
    _since: float = 0.0
    _first: float | None = None
    _again: float | None = None

    def look(self, seen: Snapshot, now: float) -> bool:
        """Whether a run is due, the inbox being as ``seen`` at this moment."""
        if self._again is not None and now >= self._again:
            return True
        if seen == self.done:
            self._first = None
            return False
        if self._first is None or seen != self._last:
            self._first = now if self._first is None else self._first
            self._last, self._since = seen, now
        return now - self._since >= self.quiet or now - self._first >= self.longest

    def begun(self, seen: Snapshot) -> None:
        """A run begins with the inbox as seen; what changes from here on asks for another."""
        self.done, self._first, self._again = seen, None, None

    def once_more(self, at: float) -> None:
        """Whatever the inbox does, a run is due at this moment."""
        self._again = at

    @property
    def is_pending(self) -> bool:
        """Whether something changed and the run is still to come."""
        return self._first is not None or self._again is not None


def snapshot(inbox: Path) -> Snapshot:
    """What lies in the inbox; what vanishes meanwhile, and what only says that a file is open, is left out."""
    found = set()
    for folder, _, names in os.walk(inbox):
        for name in names:
            if not is_lock(name):
                with contextlib.suppress(OSError):
                    path = Path(folder, name)
                    state = path.lstat()
                    found.add((path.relative_to(inbox).as_posix(), state.st_size, state.st_mtime_ns))
    return frozenset(found)


@dataclass
class Watch:
    """The watch of one office. ``run`` makes one run and gives its exit status."""

    office: Office
    run: Callable[[], int]
    say: Callable[[str], None]
    _rest: Rest = field(init=False)
    _due: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._rest = Rest(self.office.config.schedule.quiet_seconds)
        self._due = next_time(self.office.config.schedule.at, datetime.now())

    def keep(self) -> None:
        """Watch until interrupted (Ctrl-C, or the system ending the program)."""
        inbox = self.office.config.folder("inbox")
        inbox.mkdir(parents=True, exist_ok=True)
        at = self.office.config.schedule.at
        self.say(f"正在看守收件箱：{inbox}。有新文件就运行，每天{at:%H:%M}也运行一次。按 Ctrl+C 结束。")
        looked = time.monotonic()
        self._one("开始看守，先运行一次", inbox)
        for changed in _changes(inbox):
            now = time.monotonic()
            if datetime.now() >= self._due:
                self._due = next_time(at, datetime.now())
                self._one(f"到了每天运行的时间（{at:%H:%M}）", inbox)
            elif changed or self._rest.is_pending or now - looked >= _BY_ITSELF:
                looked = now
                before = self._rest.is_pending
                if self._rest.look(snapshot(inbox), now):
                    self._one("收件箱有变化", inbox)
                elif self._rest.is_pending and not before:
                    self.say(f"{datetime.now():%H:%M:%S} 收件箱有变化，等文件传完")

    def _one(self, why: str, inbox: Path) -> None:
        """One run; a run that fails is told, and the watch goes on."""
        self.say(f"{datetime.now():%H:%M:%S} {why}，开始运行")
        self._rest.begun(snapshot(inbox))
        status = self.run()
        self.say(f"{datetime.now():%H:%M:%S} {MEANINGS.get(status, '没有做完')}（结束代码 {status}）。继续看守，按 Ctrl+C 结束。")
        if status == _LOCKED:
            self._rest.once_more(time.monotonic() + _OTHER_RUN)
        elif status == 0 and _still_arriving(self.office):
            self._rest.once_more(time.monotonic() + self.office.config.intake.settle_seconds + 1)


def next_time(at: hour, now: datetime) -> datetime:
    """The next moment at which the clock shows ``at``."""
    today = datetime.combine(now.date(), at)
    return today if now < today else today + timedelta(days=1)


def _changes(inbox: Path) -> Iterator[bool]:
    """Every second or sooner: whether the system told of a change. By looking again and again where the system cannot tell."""
    from watchfiles import watch

    told: Any = {
        "watch_filter": None,
        "debounce": 500,
        "step": 100,
        "rust_timeout": int(_TICK * 1000),
        "yield_on_timeout": True,
        "raise_interrupt": True,
    }
    try:
        for changes in watch(inbox, **told):
            yield bool(changes)
    except OSError:  # no such service, or too many folders for it
        for changes in watch(inbox, force_polling=True, poll_delay_ms=1000, **told):
            yield bool(changes)


def _still_arriving(office: Office) -> bool:
    """Whether the last run left files to the next one because they were not there whole; False where its results cannot be read.

    Files that only say that another one is open, and unfinished downloads, change their names when they are done: the watch sees that.
    """
    try:
        files = json.loads((office.config.folder("outbox") / RESULTS_FILE).read_bytes())["files"]
        return any(file["verdict"] == Verdict.ARRIVING.value for file in files)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def run_apart(config_file: Path) -> int:
    """One run in a process of its own, whose output goes where ours goes; returns its exit status.

    An interrupt is passed on, and the run ends cleanly before this returns.
    """
    command = [sys.executable, str(PROGRAM_ROOT / "pipeline.py"), "-c", str(config_file), "run"]
    # In a session of its own it is interrupted once, by us, and not a second time by the terminal. Windows tells both, and needs no telling.
    child = subprocess.Popen(command, start_new_session=os.name == "posix")  # noqa: S603 -- this very program
    try:
        return child.wait()
    except BaseException:
        if os.name == "posix":
            child.send_signal(signal.SIGINT)
        try:
            child.wait(_ENDING)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        raise


@contextlib.contextmanager
def ended_by_system() -> Iterator[None]:
    """Inside, being told to end (SIGTERM) is an interrupt like Ctrl-C; so is Ctrl-C where the shell had it ignored, in us and in what we start."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    former = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
