"""Worker processes that may hang or die: each has a line of its own to this process, so that none can break another's.

A pool of the usual kind shares one line between its workers, and one that dies while it holds it takes all the others with it.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar

from kaohe.files import FolderFault
from kaohe.splitting import is_splittable

T = TypeVar("T")
_MOST_FILES = 4096
_LOOKED_EVERY = 0.05
"""Seconds between two looks at what a worker holds, where the system does not bound it."""
_AHEAD = 4
"""Tasks handed out or done ahead of the one whose result is awaited, per worker: all stay busy, and few results are held."""


class Lost(Enum):
    """Why a task has no result."""

    TOO_LONG = "too_long"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Raised:
    """A task raised something; the name of its class, and the thing itself where it was the disk's fault and not the file's."""

    name: str
    fault: FolderFault | None = None


@dataclass
class _Worker:
    process: Any
    line: Connection
    task: int = -1
    until: float = 0.0


@dataclass
class Pool(Generic[T]):
    """Up to ``count`` processes; each calls ``begin`` once and then ``work`` for every task it is handed. All must be importable.

    To be used as a context manager: leaving it ends the processes.
    """

    count: int
    begin: Callable[..., None]
    arguments: Sequence[Any]
    work: Callable[..., T]
    seconds: float
    memory: int | None = None
    """Bytes that a worker may hold, looked at from here: it could not keep the bound itself while a parser has it. None where the system does."""
    _workers: list[_Worker] = field(default_factory=list)

    def __enter__(self) -> "Pool[T]":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            self._buried(worker)
        self._workers.clear()

    def each(self, tasks: Iterable[tuple[Any, ...]]) -> Iterator[T | Lost | Raised]:
        """Results in the order of the tasks; a task that took longer than ``seconds`` or killed its process has a reason instead."""
        ready: dict[int, T | Lost | Raised] = {}
        waiting, handed, wanted, more = iter(tasks), 0, 0, True
        while more or wanted < handed:
            while more and handed - wanted < self.count * _AHEAD and (worker := self._free()) is not None:
                task = next(waiting, None)
                if task is None:
                    more = False
                    break
                self._hand(worker, handed, task, ready)
                handed += 1
            if wanted < handed and wanted not in ready:
                self._listen(ready)
            while wanted in ready:
                yield ready.pop(wanted)
                wanted += 1

    def _free(self) -> _Worker | None:
        free = next((w for w in self._workers if w.task < 0), None)
        if free is None and len(self._workers) < self.count:
            kind = _context()
            ours, theirs = kind.Pipe()
            process = kind.Process(target=_serve, args=(theirs, self.begin, self.arguments, self.work), daemon=True)  # type: ignore[attr-defined]
            process.start()
            theirs.close()
            free = _Worker(process, ours)
            self._workers.append(free)
        return free

    def _hand(self, worker: _Worker, number: int, task: tuple[Any, ...], ready: dict[int, T | Lost | Raised]) -> None:
        worker.task, worker.until = number, time.monotonic() + self.seconds
        try:
            worker.line.send(task)
        except OSError:  # it died while it was idle, or while it was being told
            self._give_up(worker, Lost.DIED, ready)

    def _listen(self, ready: dict[int, T | Lost | Raised]) -> None:
        """Wait until some worker answers, dies, runs out of time or holds too much, or it is time to look at that again."""
        busy = [worker for worker in self._workers if worker.task >= 0]
        left = max(0.0, min(worker.until for worker in busy) - time.monotonic())
        answered = wait([worker.line for worker in busy], timeout=left if self.memory is None else min(left, _LOOKED_EVERY))
        for worker in busy:
            if worker.line in answered:
                self._receive(worker, ready)
            elif time.monotonic() >= worker.until:
                self._give_up(worker, Lost.TOO_LONG, ready)
            elif self.memory is not None and _held(worker.process.pid) > self.memory:
                self._give_up(worker, Lost.DIED, ready)

    def _receive(self, worker: _Worker, ready: dict[int, T | Lost | Raised]) -> None:
        try:
            ready[worker.task] = worker.line.recv()
            worker.task = -1
        except (EOFError, OSError):
            self._give_up(worker, Lost.DIED, ready)

    def _give_up(self, worker: _Worker, reason: Lost, ready: dict[int, T | Lost | Raised]) -> None:
        ready[worker.task] = reason
        self._workers.remove(worker)
        worker.process.kill()
        self._buried(worker)

    @staticmethod
    def _buried(worker: _Worker) -> None:
        worker.process.join()
        worker.line.close()
        worker.process.close()


def _held(pid: int) -> int:
    """Bytes that a process holds in memory; 0 where it is gone or nobody may know."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _context() -> BaseContext:
    """A copy of this process where that is safe; else a server process that has the program loaded and forks workers in a moment; a fresh
    start each where there is no such thing."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    if is_splittable():
        return multiprocessing.get_context("fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "kaohe.intake.workers"])
    return context


def _let_go(kept: int) -> None:
    """Close what a copied process has of its parent: a parser that was taken over finds no open file, and no lock outlives the parent."""
    if sys.platform == "linux":
        os.closerange(3, kept)
        os.closerange(kept + 1, _MOST_FILES)


def _hush() -> None:
    """What a parser in another language prints as it fails is for nobody in the office: the verdict says it."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        os.close(nowhere)


def _serve(line: Connection, begin: Callable[..., None], arguments: Sequence[Any], work: Callable[..., Any]) -> None:
    """What a worker does: answer task after task, until nobody asks any more."""
    with contextlib.suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who interrupts speaks to the parent, which ends the workers
    _let_go(line.fileno())
    _hush()
    begin(*arguments)
    while True:
        try:
            task = line.recv()
        except (EOFError, OSError):
            return
        try:
            line.send(work(*task))
        except MemoryError:
            os._exit(1)  # nothing can be relied on any more
        except FolderFault as fault:
            line.send(Raised(type(fault).__name__, fault))
        except BaseException as error:  # what a parser in another language raises need be no Exception
            line.send(Raised(type(error).__name__))
