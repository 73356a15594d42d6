"""Looking into files on many machines: any executor takes them in handfuls, and each handful is looked into within bounds where it arrives."""

import contextlib
import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import islice

from kaohe.config.loader import Office
from kaohe.intake.arrival import Arrival
from kaohe.intake.look import Look
from kaohe.intake.packing import Parcel, Unpacker, parcel
from kaohe.intake.workers import Checker, Examiner, Looker, no_check, opened, workers
from kaohe.store import Store

HANDFUL = 50
"""Files that travel together: enough that a machine has work for about a second."""
_AHEAD = 64
"""Handfuls handed out before the first one is back."""


@contextlib.contextmanager
def spread_over(executor: Executor, office: Office, store: Store, check: Checker = no_check, handful: int = HANDFUL) -> Iterator[Looker]:
    """Looks on whatever the executor has. The inbox and the store must be the same folders for all of them.

    What an executor loses for good (a machine that dies, time and again) is looked into here instead.
    """
    examine, unpacker = Examiner(office, store, check), Unpacker()

    def look(found: Iterable[Arrival]) -> Iterator[Look]:
        waiting: deque[tuple[list[Arrival], Future[list[Parcel]]]] = deque()
        entries = iter(found)
        while True:
            while len(waiting) < _AHEAD and (some := list(islice(entries, handful))):
                waiting.append((some, executor.submit(looked_into, examine, some)))
            if not waiting:
                return
            some, future = waiting.popleft()
            try:
                parcels = future.result()
            except Exception:  # whatever became of the machine, these files are still here
                parcels = looked_into(examine, some)
            yield from (opened(unpacker, sent) for sent in parcels)

    yield look


def looked_into(examine: Examiner, entries: Sequence[Arrival]) -> list[Parcel]:
    """A handful of files, each within the bounds, in processes of the machine where this runs."""
    with _with_children(), workers(examine.office, examine.store, 1, examine.check) as look:
        return [parcel(found) for found in look(entries)]


@contextlib.contextmanager
def _with_children() -> Iterator[None]:
    """Let this process have processes of its own: those of a cluster are made so that they may not, though nothing stands against it."""
    settings = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    before = settings.get("daemon")
    settings["daemon"] = False
    try:
        yield
    finally:
        settings["daemon"] = before


@contextlib.contextmanager
def cluster(scheduler: str) -> Iterator[Executor]:
    """The executor of a Dask cluster; ``scheduler`` is its address, such as ``tcp://10.0.0.1:8786``.

    ImportError where the optional part is not installed, OSError where nobody answers.
    """
    from distributed import Client

    with Client(scheduler, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        yield client.get_executor()
