"""Writing files so that a reader never sees half of one, and saying in Chinese which folder could not be used."""

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kaohe.text import os_problem

PARTIAL_PREFIX, PARTIAL_SUFFIX = ".~", ".tmp"
"""How a file is named while it is being written. Whatever bears such a name for longer was left by a killed program."""


class FolderFault(Exception):
    """A folder or a file in it cannot be used; says in Chinese which, why and what to do."""


@contextlib.contextmanager
def told(doing: str, folder: Path) -> Iterator[None]:
    """What the operating system refuses inside is told as a FolderFault: what was being done, where, and why it failed."""
    try:
        yield
    except OSError as error:
        why = _in_the_way(error) or f"“{folder}”{os_problem(error)}。{_UNTOUCHED}{_ADVICE}"
        raise FolderFault(f"{doing}没有做成：{why}") from error


_UNTOUCHED = "收到的文件没有受影响；"
_ADVICE = "请检查这个文件夹的权限、磁盘剩余空间，以及里面的文件是否正被打开，然后再运行一次。"


def _in_the_way(error: OSError) -> str:
    """In Chinese, the file that lies where a folder should be, or the other way round, and what to do; "" where that is not the matter."""
    places = [Path(os.fsdecode(name)) for name in (error.filename2, error.filename) if isinstance(name, str | bytes)]
    # Windows only denies access when a file is to take the place of a folder.
    replacing = len(places) == 2 and error.errno == errno.EACCES and not places[1].is_dir()
    for path in places:
        if (error.errno == errno.EISDIR or replacing) and path.is_dir():
            return wrong_kind(path)
        if error.errno in (errno.EEXIST, errno.ENOTDIR):
            found = next((place for place in (path, *path.parents) if place.exists()), path)
            if not found.is_dir():
                return wrong_kind(found)
    return ""


def wrong_kind(path: Path) -> str:
    """What is said in Chinese of a folder that lies where a file should be, or the other way round."""
    kinds = ("文件", "文件夹") if path.is_dir() else ("文件夹", "文件")
    return f"“{path}”应当是{kinds[0]}，现在是{kinds[1]}。{_UNTOUCHED}请把它改名或移走，然后再运行一次。"


def write_whole(path: Path, data: bytes | Iterator[bytes], modified: int | None = None, *, flush: bool = True, mode: int = 0o644) -> None:
    """Write to a temporary name in the same folder, flush to disk, then rename over ``path``. Folders are made as needed; ``data`` may come in pieces.

    ``modified`` is the date (epoch seconds) that the file is to bear from the first moment on, else the present; ``mode`` are its permissions.
    Without ``flush`` a power cut may empty it: for what is made anew anyway, or flushed later with its whole folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=PARTIAL_PREFIX, suffix=PARTIAL_SUFFIX, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines((data,) if isinstance(data, bytes) else data)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        if modified is not None:
            os.utime(temporary, (modified, modified))
        patiently(lambda: Path(temporary).replace(path))
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def patiently(step: Callable[[], object], *, tries: int = 5 if os.name == "nt" else 1, pause: float = 0.2) -> None:
    """Rename or replace. On Windows a virus scanner or an indexer may hold what was just written for a moment: then again, after a pause."""
    for attempt in range(tries):
        try:
            step()
        except PermissionError:
            if attempt == tries - 1:
                raise
            time.sleep(pause)
        else:
            return


def fresh_folder(parent: Path, prefix: str) -> Path:
    """A new folder of an unused name, on its way to become one that stays; who may use it is taken from ``parent``.

    Not ``tempfile.mkdtemp``: Windows shuts such a folder to everybody but its maker, also after it has been renamed.
    """
    while True:
        folder = parent / f"{prefix}{secrets.token_hex(4)}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            return folder


def is_partial(name: str) -> bool:
    """Whether a file of this name was being written when the program was killed."""
    return name.startswith(PARTIAL_PREFIX) and name.endswith(PARTIAL_SUFFIX)


def flush_folder(folder: Path) -> None:
    """A folder's own entries on the disk. Windows has no such call and needs none."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_tree(folder: Path) -> None:
    """Delete a folder with all that is in it, write-protected parts too; what resists stays."""
    with contextlib.suppress(OSError):
        _unprotect(folder)
        for parent, folders, files in os.walk(folder):
            for name in (*folders, *(files if os.name == "nt" else ())):  # elsewhere the folder's protection counts, not the file's
                _unprotect(Path(parent, name))
    shutil.rmtree(folder, ignore_errors=True)


def _unprotect(path: Path) -> None:
    if not path.is_symlink() and not os.access(path, os.W_OK):
        path.chmod(path.stat().st_mode | stat.S_IRWXU)
