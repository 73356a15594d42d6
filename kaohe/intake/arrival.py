"""Walking the inbox: what lies there, what is still on its way, and the content of each file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kaohe.text import clean, os_problem

_IGNORED = {".gitkeep", ".ds_store", "thumbs.db", "desktop.ini"}
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".opdownload", ".downloading", ".filepart", ".xltd", ".tmp")
_LOCKS = ("~$", ".~")
_OPEN_ELSEWHERE = "Excel、WPS 打开文件时的临时文件，文件关闭后就没有了"
_ON_ITS_WAY = "还在下载或复制，下次运行再读"
_CHANGING = "读取的时候文件还在变化，可能正在复制，下次运行再读"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file as it lies in the inbox, or inside the mail or archive ``inside``.

    ``data`` is None where it could not be read, with the reason; ``arriving`` where it is not there whole yet.
    """

    name: str
    data: bytes | None
    sha256: str
    modified: int
    reason: str = ""
    arriving: bool = False
    inside: str = ""

    @staticmethod
    def of(name: str, data: bytes, modified: int, inside: str = "") -> "Arrival":
        """A file with this content."""
        return Arrival(name, data, hashlib.sha256(data).hexdigest(), modified, inside=inside)

    @property
    def base(self) -> str:
        """The file's name without the folders, mails and archives that lead to it."""
        return self.name.rpartition("/")[2]


def arrivals(inbox: Path) -> Iterator[Arrival]:
    """The files of the inbox and the folders below it, in the order of their names. Links and devices are not followed."""
    if not inbox.is_dir():
        return
    for path in sorted(inbox.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.name.lower() in _IGNORED or _through_link(path, inbox):
            continue
        yield arrival(path, path.relative_to(inbox).as_posix())


def arrival(path: Path, name: str) -> Arrival:
    """One file, under the name by which people will be told of it."""
    name = clean(name)
    if path.name.startswith(_LOCKS):
        return Arrival(name, None, "", 0, _OPEN_ELSEWHERE, arriving=True)
    if path.name.lower().endswith(_UNFINISHED):
        return Arrival(name, None, "", 0, _ON_ITS_WAY, arriving=True)
    try:
        before = path.stat()
        data = path.read_bytes()
        after = path.stat()
    except OSError as error:
        return Arrival(name, None, "", 0, f"读不出来（{os_problem(error)}），可能正被别的程序打开，请关闭后再运行")
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        return Arrival(name, None, "", 0, _CHANGING, arriving=True)
    return Arrival.of(name, data, int(after.st_mtime))


def _through_link(path: Path, inbox: Path) -> bool:
    """Whether a folder on the way is a link (followed by some systems when walking)."""
    return any(parent.is_symlink() for parent in path.parents if parent != inbox and inbox in parent.parents)
