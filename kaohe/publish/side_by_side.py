"""Making many outputs at once, in processes that see the assessment as it stands here: nothing has to be sent to them."""

import contextlib
import gc
import os
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, TypeAlias

from kaohe.splitting import is_splittable

Task: TypeAlias = Callable[[], object]


def processes() -> int:
    """How many processes may work at once; 1 where this one cannot be split safely: then everything is made here, one after the other."""
    if not is_splittable():
        return 1
    return min(os.cpu_count() or 1, 8)


def side_by_side(tasks: Sequence[Task], apart: int = 0) -> Iterator[tuple[int, BaseException | None]]:
    """Do all tasks; yields the number of each as it ends, with what it raised. What a task returns is lost.

    Each of the first ``apart`` tasks is the last of its process: what it took is given back before anything else is made.
    """
    count = min(processes(), len(tasks))
    if count < 2:
        for number, task in enumerate(tasks):
            yield number, _raised_by(task)
        return
    gc.freeze()  # what is here stays where it is: a collection in a split process would copy it page by page, and one here looks at all of it
    try:
        yield from _split(tasks, count, apart)
    finally:
        gc.unfreeze()


def _split(tasks: Sequence[Task], count: int, apart: int) -> Iterator[tuple[int, BaseException | None]]:
    """A process for every share; each asks for the next tasks when it is done with those it has."""
    waiting = _Waiting(len(tasks), count, max(apart, _ONE_BY_ONE))
    lines: dict[Connection, int] = {}
    busy: dict[Connection, deque[int]] = {}
    try:
        for _ in range(count):
            line, child = _begin(tasks, [*lines])
            lines[line] = child
            _hand(line, waiting, busy)
        while busy:
            for line in [line for line in wait(list(busy)) if isinstance(line, Connection)]:
                numbers = busy[line]
                try:
                    raised = line.recv()
                except (EOFError, OSError):
                    yield from ((number, RuntimeError("a process that was making outputs has died")) for number in busy.pop(line))
                    continue
                number = numbers.popleft()
                if not numbers:
                    del busy[line]
                    if number < apart and waiting.rest():
                        _end(line, lines.pop(line))
                        fresh, child = _begin(tasks, [*lines])
                        lines[fresh] = child
                        _hand(fresh, waiting, busy)
                    else:
                        _hand(line, waiting, busy)
                yield number, raised
        yield from ((number, RuntimeError("all processes that were making outputs have died")) for number in waiting.rest())
    finally:
        for line in lines:
            line.close()
        for line, child in lines.items():
            _end(line, child)


class _Waiting:
    """Numbers of the tasks that nobody has yet. They are handed out several at a time while there are many, so that little is spent on asking."""

    def __init__(self, tasks: int, processes: int, singly: int) -> None:
        self._next, self._tasks, self._processes, self._singly = 0, tasks, processes, singly

    def some(self) -> range:
        """The next ones, as few as one where all are to end at the same time."""
        left = self._tasks - self._next
        # What comes first takes longest: none of that is kept waiting behind another.
        count = 1 if self._next < self._singly else max(1, min(_MOST_AT_ONCE, left // (_ROUNDS * self._processes)))
        begin, self._next = self._next, min(self._next + count, self._tasks)
        return range(begin, self._next)

    def rest(self) -> range:
        """All that are left."""
        return range(self._next, self._tasks)


_ONE_BY_ONE, _MOST_AT_ONCE, _ROUNDS = 8, 16, 8


def _hand(line: Connection, waiting: _Waiting, busy: dict[Connection, deque[int]]) -> None:
    numbers = waiting.some()
    if numbers:
        with contextlib.suppress(OSError):  # it has died: told when it is listened to
            line.send(numbers)
        busy[line] = deque(numbers)


def _begin(tasks: Sequence[Task], others: Sequence[Connection]) -> tuple[Connection, int]:
    """Split off a process; the line to it and its number."""
    from multiprocessing import Pipe

    sys.stdout.flush()
    sys.stderr.flush()
    ours, theirs = Pipe()
    child = os.fork()
    if child:
        theirs.close()
        return ours, child
    status = 1
    try:  # in the new process, which never returns from here
        for line in (*others, ours):
            line.close()
        _serve(theirs, tasks)
        status = 0
    finally:
        os._exit(status)
    raise AssertionError


def _end(line: Connection, child: int) -> None:
    """Let a process go that has nothing left to do."""
    line.close()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)


def _serve(line: Connection, tasks: Sequence[Task]) -> None:
    while True:
        try:
            numbers = line.recv()
        except (EOFError, OSError):
            return
        for number in numbers:
            raised = _raised_by(tasks[number])
            line.send(raised if raised is None or _travels(raised) else RuntimeError(f"{type(raised).__name__}: {raised}"))


def _raised_by(task: Task) -> BaseException | None:
    try:
        task()
    except Exception as error:
        return error
    return None


def _travels(raised: Any) -> bool:
    """Whether it comes out at the other end as it went in."""
    try:
        return type(pickle.loads(pickle.dumps(raised))) is type(raised)  # noqa: S301 -- made on the same line
    except Exception:
        return False
