"""Looking into many files at once, each in a process with bounds: one that hangs, dies or eats memory costs its own file alone."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from kaohe.config.loader import Office
from kaohe.intake.arrival import Arrival
from kaohe.intake.look import Look, look_into
from kaohe.intake.pool import Lost, Pool, Raised
from kaohe.intake.record import Verdict

Looker: TypeAlias = Callable[[Iterable[Arrival]], Iterator[Look]]
"""Looks into files and gives what it found in the same order. Every arrival must have its data."""

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
    seconds = office.config.intake.seconds
    with Pool(count, _begin, (office,), work or _work, seconds) as pool:

        def look(found: Iterable[Arrival]) -> Iterator[Look]:
            for result in pool.each((entry.name, entry.data or b"") for entry in found):
                yield _told(result, seconds)

        yield look


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
        return _fault(type(error).__name__)


def _told(result: Look | Lost | Raised, seconds: int) -> Look:
    match result:
        case Look():
            return result
        case Lost.TOO_LONG:
            return Look(Verdict.REFUSED, f"读了{seconds}秒还没有读完，为安全起见没有再读，请用发给单位的原表重新填报")
        case Lost.DIED:
            return _too_much()
        case Raised(name):
            return _fault(name)


def _fault(name: str) -> Look:
    """A fault of the program: said as such, never as one of the unit's."""
    return Look(Verdict.FAULT, f"程序读取这个文件时出了错（{name}），不是填报单位的问题，请把文件交给维护人员；其他文件不受影响")


def _too_much() -> Look:
    return Look(Verdict.REFUSED, "读取时要用的内存太多，或者使读取的程序中途停止，为安全起见没有再读，请用发给单位的原表重新填报")
