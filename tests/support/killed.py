"""A job killed at its n-th file-system step, in a forked process (POSIX only)."""

import os
import signal
import stat
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.utime"}
"""What Python reports of itself when it changes a folder: ``rename`` and ``replace`` alike, ``unlink`` as ``os.remove``."""


class Steps:
    """Counts file-system steps below a folder and kills the process just before one of them.

    A step is an opening for writing, a change of a folder, or a flush; before each flush of a file stands a step at which only
    half of it has reached the disk.
    """

    def __init__(self, folder: Path, last: int) -> None:
        self._folder, self._last, self._count = str(folder), last, 0
        self._fsync = os.fsync

    def install(self) -> None:
        """Watch from now on. There is no way back: only for a process that is about to end."""
        sys.addaudithook(self._heard)
        setattr(os, "fsync", self._flushed)  # noqa: B010  # a plain assignment claims that any file may be flushed

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _CHANGES or (event == "open" and self._writes(*arguments)):
            self._step()

    def _writes(self, path: object, mode: object, flags: int) -> bool:
        below = isinstance(path, (str, os.PathLike)) and str(path).startswith(self._folder)
        return below and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))

    def _flushed(self, handle: int) -> None:
        found = os.fstat(handle)
        if stat.S_ISREG(found.st_mode):
            self._step(lambda: os.ftruncate(handle, found.st_size // 2))
        self._step()
        self._fsync(handle)

    def _step(self, before: Callable[[], None] | None = None) -> None:
        self._count += 1
        if self._count == self._last:
            if before is not None:
                before()
            os.kill(os.getpid(), signal.SIGKILL)


def finishes(job: Callable[[], object], folder: Path, step: int) -> bool:
    """Do a job in a process of its own that is killed just before the given step; whether it came to its end first."""
    child = os.fork()
    if child == 0:
        try:
            Steps(folder, step).install()
            job()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, "the job failed on its own, see above"
    return True
