"""Putting a whole folder in the place of another: by one step of the system where it has one, else by two renames that the next run can finish."""

import contextlib
import ctypes
import errno
import glob
import os
import secrets
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from kaohe.files import fresh_folder, patiently, remove_tree

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_NOT_SUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_FOLDER_MODE = 0o755


def settle(place: Path) -> None:
    """Finish what a killed run had begun with ``place``: put a set aside back where nothing stands there, and clear away what is left over."""
    old = _old(place)
    if os.path.lexists(old):
        if not os.path.lexists(place):
            _rename(old, place)
        else:
            _move_missing(old, place)
            remove_tree(old)
    for kind in ("new", "gone"):
        for leftover in place.parent.glob(f".~{glob.escape(place.name)}.{kind}-*"):
            remove_tree(leftover)


def new_folder(place: Path) -> Path:
    """An empty folder beside ``place``, on the same disk, to be filled and put in its place."""
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = fresh_folder(place.parent, f".~{place.name}.new-")
    folder.chmod(place.stat().st_mode & 0o7777 | stat.S_IRWXU if place.is_dir() else _FOLDER_MODE)
    return folder


def swap(new: Path, place: Path) -> Path | None:
    """Put ``new`` in the place of ``place``; returns where the former folder is now, None where there was none.

    OSError when it cannot be done: then ``place`` is what it was, and ``new`` is still there.
    """
    if not os.path.lexists(place):
        _rename(new, place)
        return None
    if exchange(new, place):
        return new
    old = _old(place)
    _rename(place, old)
    try:
        _rename(new, place)
    except OSError:
        _rename(old, place)
        raise
    gone = place.with_name(f".~{place.name}.gone-{secrets.token_hex(4)}")
    try:
        _rename(old, gone)
    except OSError:
        return old
    return gone


def exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step. False where the system or the disk knows no such step; OSError when it is refused."""
    call = _renameat2()
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_SUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))


def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    if sys.platform != "linux":
        return None
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        return None
    function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    function.restype = ctypes.c_int
    return function  # type: ignore[no-any-return]


def _old(place: Path) -> Path:
    """Where the former folder stands between the two renames. This name says that it may have to be put back."""
    return place.with_name(f".~{place.name}.old")


def _rename(source: Path, target: Path) -> None:
    patiently(lambda: source.rename(target))


def _move_missing(old: Path, place: Path) -> None:
    """Bring over what only the former folder has: somebody may have made a new one before the former was put back."""
    for entry in sorted(old.iterdir()):
        target = place / entry.name
        if not os.path.lexists(target):
            with contextlib.suppress(OSError):
                entry.rename(target)
        elif entry.is_dir() and not entry.is_symlink() and target.is_dir():
            _move_missing(entry, target)
