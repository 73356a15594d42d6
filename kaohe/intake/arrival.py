"""Walking the inbox: what lies there, what is still on its way, and the content of each file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from kaohe.text import clean, os_problem

_IGNORED = {".gitkeep", ".ds_store", "thumbs.db", "desktop.ini"}
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".opdownload", ".downloading", ".filepart", ".xltd", ".tmp")
_MEGABYTE = 1024 * 1024
_LOCKS = ("~$", ".~")
_OPEN_ELSEWHERE = "Excel、WPS 打开文件时的临时文件，文件关闭后就没有了"
_ON_ITS_WAY = "还在下载或复制，下次运行再读"
_CHANGING = "读取的时候文件还在变化，可能正在复制，下次运行再读"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file as it lies in the inbox, or inside the mail or archive ``inside``.

    ``data`` is None where it could not be read, with the reason; ``arriving`` where it is not there whole yet, ``refused`` where it is
    too large to be read.
    """

    name: str
    data: bytes | None
    sha256: str
    modified: int
    reason: str = ""
    arriving: bool = False
    refused: bool = False
    inside: str = ""
    sent: int = 0
    """The date of the file of the inbox that it came in, of a mail when it was sent; 0 for a file of the inbox."""

    @staticmethod
    def of(name: str, data: bytes, modified: int, inside: str = "", sent: int = 0) -> "Arrival":
        """A file with this content."""
        return Arrival(name, data, hashlib.sha256(data).hexdigest(), modified, inside=inside, sent=sent)

    @property
    def base(self) -> str:
        """The file's name without the folders, mails and archives that lead to it."""
        return self.name.rpartition("/")[2]


def arrivals(inbox: Path, largest: int | None = None) -> Iterator[Arrival]:
    """The files of the inbox and the folders below it, in the order of their names. Links and devices are not followed.

    What has more than ``largest`` bytes is not read.
    """
    if not inbox.is_dir():
        return
    taken: set[str] = set()
    for path in sorted(inbox.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.name.lower() in _IGNORED or _through_link(path, inbox):
            continue
        name = shown = _shown(path.relative_to(inbox).as_posix())
        for number in count(2):
            if shown not in taken:
                break
            shown = f"{name} ({number})"
        taken.add(shown)
        yield arrival(path, shown, largest)


def _shown(name: str) -> str:
    """A path as people are told of it: without the characters that would hide or turn parts of it."""
    return " ".join(clean(name).split())


def arrival(path: Path, name: str, largest: int | None = None) -> Arrival:
    """One file, under the name by which people will be told of it."""
    if is_lock(path.name):
        return Arrival(name, None, "", 0, _OPEN_ELSEWHERE, arriving=True)
    if path.name.lower().endswith(_UNFINISHED):
        return Arrival(name, None, "", 0, _ON_ITS_WAY, arriving=True)
    try:
        before = path.stat()
        if largest is not None and before.st_size > largest:
            return Arrival(
                name,
                None,
                "",
                0,
                f"文件有{before.st_size // _MEGABYTE}MB，大得不合常理，没有读取，仍在收件箱里；请把里面的填报表单独存出来放进收件箱，佐证材料分几次报送",
                refused=True,
            )
        data = path.read_bytes()
        after = path.stat()
    except OSError as error:
        return Arrival(name, None, "", 0, f"读不出来（{os_problem(error)}），可能正被别的程序打开，请关闭后再运行")
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        return Arrival(name, None, "", 0, _CHANGING, arriving=True)
    return Arrival.of(name, data, int(after.st_mtime))


def is_lock(name: str) -> bool:
    """Whether a file of this name only says that another one is open."""
    return name.startswith(_LOCKS)


def _through_link(path: Path, inbox: Path) -> bool:
    """Whether a folder on the way is a link (followed by some systems when walking)."""
    return any(parent.is_symlink() for parent in path.parents if parent != inbox and inbox in parent.parents)
