"""Looking into many files at once, each in a process with bounds: one that hangs, dies or eats memory costs its own file alone."""

import contextlib
import multiprocessing
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as TookTooLong
from typing import TypeAlias

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from kaohe.config.loader import Office
from kaohe.intake.arrival import Arrival
from kaohe.intake.look import Look, look_into
from kaohe.intake.record import Verdict

Looker: TypeAlias = Callable[[Iterable[Arrival]], Iterator[Look]]
"""Looks into files and gives what it found in the same order. Every arrival must have its data."""

_AHEAD = 4
"""Files handed out ahead of the one whose result is awaited, per worker: enough to keep all busy without holding many contents."""
_MEGABYTE = 1024 * 1024
_WATCHED_EVERY = 0.05
_MOST = 8
"""Workers at most: beyond that the disk is the bound."""
_office: Office | None = None


def here(office: Office) -> Looker:
    """Looks in this very process, one after the other and without bounds: for files that are known to be harmless."""

    def look(found: Iterable[Arrival]) -> Iterator[Look]:
        for entry in found:
            yield _guarded(entry.name, entry.data or b"", office)

    return look


@contextlib.contextmanager
def workers(office: Office, files: int | None = None, work: Callable[[str, bytes], Look] | None = None) -> Iterator[Looker]:
    """Looks in processes of their own, no more than there are processors or ``files``, bounded as the configuration says.

    ``work`` is what a worker does with a name and a content; it must be importable.
    """
    count = max(1, min(os.cpu_count() or 1, _MOST, files or _MOST))
    bounds = office.config.intake
    with ProcessPool(count, initializer=_begin, initargs=(office,), context=_context()) as pool:

        def look(found: Iterable[Arrival]) -> Iterator[Look]:
            waiting: deque[ProcessFuture[Look]] = deque()
            for entry in found:
                waiting.append(pool.schedule(work or _work, (entry.name, entry.data or b""), timeout=bounds.seconds))
                if len(waiting) > count * _AHEAD:
                    yield _result(waiting.popleft(), bounds.seconds)
            while waiting:
                yield _result(waiting.popleft(), bounds.seconds)

        try:
            yield look
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _context() -> multiprocessing.context.BaseContext:
    """A server process that has the program loaded and forks workers in a moment; a fresh start each where there is no such thing."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__])
    return context


def _begin(office: Office) -> None:
    """What a worker does first: remember the office, and bound its own memory."""
    global _office  # noqa: PLW0603 -- a worker process serves one office
    _office = office
    bound_memory(office.config.intake.memory_mb * _MEGABYTE)


def bound_memory(size: int) -> None:
    """Let this process have no more than ``size`` bytes: by the system where it can, else by watching itself."""
    try:
        import resource
    except ImportError:
        threading.Thread(target=watch_memory, args=(size,), daemon=True).start()
        return
    for name in ("RLIMIT_AS", "RLIMIT_DATA"):
        with contextlib.suppress(ValueError, OSError):  # some systems know the one, some the other
            resource.setrlimit(getattr(resource, name), (size, size))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def watch_memory(size: int) -> None:
    """End this process at once when it holds more than ``size`` bytes."""
    import psutil

    me = psutil.Process()
    while me.memory_info().rss <= size:
        time.sleep(_WATCHED_EVERY)
    os._exit(1)


def _work(name: str, data: bytes) -> Look:
    assert _office is not None
    return _guarded(name, data, _office)


def _guarded(name: str, data: bytes, office: Office) -> Look:
    """A look that always gives a verdict: a fault of the program is told as such, not as the unit's."""
    try:
        return look_into(name, data, office)
    except MemoryError:
        return _too_much()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a parser in another language may raise what is no Exception
        return _fault(error)


def _result(future: "ProcessFuture[Look]", seconds: int) -> Look:
    try:
        return future.result()
    except TookTooLong:
        return Look(Verdict.REFUSED, f"读了{seconds}秒还没有读完，为安全起见没有再读，请用发给单位的原表重新填报")
    except (ProcessExpired, MemoryError):
        return _too_much()
    except Exception as error:
        return _fault(error)


def _fault(error: BaseException) -> Look:
    """A fault of the program: said as such, never as one of the unit's."""
    return Look(Verdict.FAULT, f"程序读取这个文件时出了错（{type(error).__name__}），不是填报单位的问题，请把文件交给维护人员；其他文件不受影响")


def _too_much() -> Look:
    return Look(Verdict.REFUSED, "读取时要用的内存太多，或者使读取的程序中途停止，为安全起见没有再读，请用发给单位的原表重新填报")
