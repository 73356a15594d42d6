"""Looking into many files at once, each in a process with bounds: one that hangs, dies or eats memory costs its own file alone."""

import contextlib
import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TypeAlias

from kaohe.config.loader import Office
from kaohe.files import FolderFault, told
from kaohe.intake.arrival import Arrival, keep_steadily, read_steadily
from kaohe.intake.look import Look, look_into
from kaohe.intake.packing import Parcel, Unpacker, parcel
from kaohe.intake.pool import Lost, Pool, Raised
from kaohe.intake.record import Verdict
from kaohe.store import KEEPING, MemoryStore, Store

Looker: TypeAlias = Callable[[Iterable[Arrival]], Iterator[Look]]
"""Looks into files and gives what it found in the same order. Every arrival must have a content. What was not read before is kept in the store first."""

_MEGABYTE = 1024 * 1024
_NO_ROOM = "文件有{}MB，大得不合常理，磁盘也放不下，没有读取，也没有存档；请把它移出收件箱，里面的填报表单独存出来再放进来"
_PROGRAM = 256 * _MEGABYTE
"""About how much address space a worker takes before it reads anything."""
_MOST = 8
"""Workers at most: beyond that the disk is the bound."""
_FEW = 8
"""Files fewer than this are looked into by one worker: a second would take longer to start than it saves."""

_MANY = 300
"""Files; with more of them what reads is loaded by each worker for itself: 18 MB that this process, and whatever is split off it to publish, does without."""

_UNCOLLECTED = 50_000
"""Objects that a worker makes before it looks for garbage: the rows of some ten workbooks, which go by themselves."""

Checker: TypeAlias = Callable[[Office, Look], object]
"""Finds out about a look by itself what needs no other file."""


def no_check(*_: object) -> object:
    """Finds out nothing."""
    return None


@dataclass(frozen=True)
class Examiner:
    """What happens to one file, wherever that is: read and kept where it was not before, looked into, and the look checked."""

    office: Office
    store: Store
    check: Checker = no_check

    def __call__(self, entry: Arrival) -> Look:
        """The look into one file; it always has a verdict. FolderFault where the store cannot be used."""
        begun = time.monotonic()
        found, data = self._received(entry)
        given = None if found is entry else found
        if not found.readable or found.refused:
            return replace(unlooked(found), arrival=given)
        look = self._guarded(entry.name, data)
        return replace(look, arrival=given, seconds=time.monotonic() - begun)

    def received(self, entry: Arrival) -> Arrival:
        """The file read and kept, without looking into it."""
        return self._received(entry)[0]

    def _received(self, entry: Arrival) -> tuple[Arrival, bytes]:
        with told(KEEPING, self.store.place):
            if isinstance(entry.content, bytes):
                return replace(entry, content=None, sha256=self.store.keep(entry.content), size=len(entry.content)), entry.content
            if entry.content is None:
                return entry, b"" if entry.refused else self.store.read(entry.sha256)
            if entry.refused and self.store.room() - entry.size < self.office.config.intake.free_mb * _MEGABYTE:
                return replace(entry, content=None, reason=_NO_ROOM.format(entry.size // _MEGABYTE)), b""
            if entry.refused:
                return keep_steadily(entry, self.store.keep_blocks), b""
            found, data = read_steadily(entry)
            if found.reason:
                return found, data
            sha = self.store.keep(data)
            return replace(found, sha256=sha, restored=sha in self.store.rewritten), data

    def _guarded(self, name: str, data: bytes) -> Look:
        """A look that always gives a verdict: a fault of the program is told as such, not as the unit's."""
        try:
            look = look_into(name, data, self.office, self.store)
            return replace(look, checked=self.check(self.office, look))
        except MemoryError:
            return _too_much()
        except (KeyboardInterrupt, SystemExit, FolderFault):
            raise
        except BaseException as error:  # a parser in another language may raise what is no Exception
            return _fault(type(error).__name__)


def here(office: Office, store: Store | None = None, check: Checker = no_check) -> Looker:
    """Looks in this very process, one after the other and without bounds: for files that are known to be harmless."""
    examine = Examiner(office, store or MemoryStore(), check)

    def look(found: Iterable[Arrival]) -> Iterator[Look]:
        yield from map(examine, found)

    return look


@contextlib.contextmanager
def workers(
    office: Office, store: Store, files: int | None = None, check: Checker = no_check, work: Callable[[Arrival], Look | Parcel] | None = None
) -> Iterator[Looker]:
    """Looks in processes of their own, no more than there are processors or ``files``, bounded as the configuration says.

    ``store`` and ``check`` must be picklable. ``work`` is what a worker does with a file, where that is to be something else; it must be importable.
    """
    count = 1 if files is not None and files < _FEW else max(1, min(os.cpu_count() or 1, _MOST))
    seconds, memory = office.config.intake.seconds, None if is_bounding() else office.config.intake.memory_mb * _MEGABYTE
    examine = Examiner(office, store, check)
    with Pool(count, _begin, (examine,), work or _work, seconds, memory) as pool:

        def look(found: Iterable[Arrival]) -> Iterator[Look]:
            if files is not None and files < _MANY:
                _load()  # here once, for all workers that are copies of this process

            handed: list[Arrival] = []
            unpacker = Unpacker()

            def tasks() -> Iterator[tuple[Arrival]]:
                for entry in found:
                    handed.append(entry)
                    yield (entry,)

            for number, result in enumerate(pool.each(tasks())):
                entry, handed[number] = handed[number], _DONE
                yield opened(unpacker, result) if isinstance(result, Parcel) else _told(result, seconds, entry, examine)

        yield look


_DONE = Arrival("", None, "", 0)
_examine: Examiner | None = None


def _begin(examine: Examiner) -> None:
    """What a worker does first: remember the office, and bound its own memory."""
    global _examine  # noqa: PLW0603 -- a worker process serves one office
    _examine = examine
    _load()
    gc.freeze()  # what is here stays: a collection in a split process would copy it page by page
    gc.set_threshold(_UNCOLLECTED)
    bound_memory(examine.office.config.intake.memory_mb * _MEGABYTE)


def _load() -> None:
    """Load what reads workbooks and forms."""
    import kaohe.intake.form
    import kaohe.intake.workbook  # noqa: F401


def is_bounding() -> bool:
    """Whether the system bounds what a process may take; elsewhere the one that began it has to look."""
    return find_spec("resource") is not None


def bound_memory(size: int) -> None:
    """Let this process have no more than ``size`` bytes, where the system can see to that.

    A copy of a process that holds the looks of thousands of files has what that has, though it costs nothing: that is not counted.
    """
    if not is_bounding():
        return
    import resource

    import psutil

    size += max(0, psutil.Process().memory_info().vms - _PROGRAM)
    for name in ("RLIMIT_AS", "RLIMIT_DATA"):
        with contextlib.suppress(ValueError, OSError):  # some systems know the one, some the other
            resource.setrlimit(getattr(resource, name), (size, size))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _work(entry: Arrival) -> Parcel:
    assert _examine is not None
    return parcel(_examine(entry))


def opened(unpacker: Unpacker, sent: Parcel) -> Look:
    """The look that was sent; where it cannot be made out, that is a fault of the program."""
    try:
        return unpacker.opened(sent)
    except Exception as error:  # whatever a process that read a hostile file may send
        return replace(_fault(type(error).__name__), arrival=sent.arrival)


def unlooked(entry: Arrival) -> Look:
    """The verdict on a file that nobody can or may look into."""
    verdict = Verdict.ARRIVING if entry.arriving else Verdict.REFUSED if entry.refused else Verdict.UNREADABLE
    return Look(verdict, entry.reason, passing=not entry.refused)


def _told(result: Look | Lost | Raised, seconds: int, entry: Arrival, examine: Examiner) -> Look:
    """What became of a file; where its worker was lost, what that worker may not have come to is done here: reading and keeping it."""
    match result:
        case Look():
            return result
        case Raised(_, fault) if fault is not None:
            raise fault
        case Lost.TOO_LONG:
            look = Look(Verdict.REFUSED, f"读了{seconds}秒还没有读完，为安全起见没有再读，请用发给单位的原表重新填报", seconds=seconds, passing=True)
        case Lost.DIED:
            look = _too_much()
        case Raised(name):
            look = _fault(name)
    found = examine.received(entry)
    if found is entry:
        return look
    return replace(look if found.readable else unlooked(found), arrival=found)


def _fault(name: str) -> Look:
    """A fault of the program: said as such, never as one of the unit's."""
    return Look(Verdict.FAULT, f"程序读取这个文件时出了错（{name}），不是填报单位的问题，请把文件交给维护人员；其他文件不受影响", passing=True)


def _too_much() -> Look:
    return Look(Verdict.REFUSED, "读取时要用的内存太多，或者使读取的程序中途停止，为安全起见没有再读，请用发给单位的原表重新填报", passing=True)
