"""Walking the inbox: what lies there, what is still on its way, and the content of each file."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path

from kaohe.intake.containers.names import numbered
from kaohe.text import clean, os_problem

_IGNORED = {".gitkeep", ".ds_store", "thumbs.db", "desktop.ini"}
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".opdownload", ".downloading", ".filepart", ".xltd", ".td", ".aria2", ".tmp")
_MEGABYTE = 1024 * 1024
_LOCKS = ("~$", ".~")
_OPEN_ELSEWHERE = "Excel、WPS 打开文件时的临时文件，文件关闭后就没有了"
_ON_ITS_WAY = "还在下载或复制，下次运行再读"
_LINK = "是链接，指向别处的文件或文件夹，没有跟过去读；请把文件本身复制到收件箱里，再删去这个链接"
_DEVICE = "是设备或管道，不是文件，没有读取；请从收件箱里删去"
_BROKEN_OFF = "已经超过一天没有变化，不像还在下载或复制；请重新下载（复制）完整的文件，再删去这一个"
_LEFT_OPEN = "Excel、WPS 打开文件时的临时文件，已经超过一天没有变化，可能是残留的；请确认没有人正开着那个文件，再删去这一个"
_DAY = 86_400
_LATEST_NS = 1 << 63
_LINK_TAGS = {0xA0000003, 0xA000000C}
"""Of Windows: a folder mounted elsewhere, and a symbolic link."""
_CHANGING = "读取的时候文件还在变化，可能正在复制，下次运行再读"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file as it lies in the inbox, or inside the mail or archive ``inside``.

    ``content`` is where it can be read from: a path in the inbox that nobody has read yet, or the bytes; None where it is kept under
    ``sha256``. Without either it could not be read, with the reason: ``arriving`` where it is not there whole yet. ``refused``: too
    large to be looked into, with the reason.
    """

    name: str
    content: Path | bytes | None
    sha256: str
    modified: int
    reason: str = ""
    arriving: bool = False
    refused: bool = False
    inside: str = ""
    sent: int = 0
    """The date of the file of the inbox that it came in, of a mail when it was sent; 0 for a file of the inbox."""
    mailed: int = 0
    """When the mail was sent that it came in; 0 where it came in none, or that has no date to be believed."""
    size: int = 0
    modified_ns: int = 0
    """The date as exactly as the disk has it; 0 for what does not lie in the inbox itself."""
    restored: bool = False
    """Whether the kept copy of its content was damaged, and was written anew."""

    @staticmethod
    def of(name: str, data: bytes, modified: int, inside: str = "") -> "Arrival":
        """A file with this content."""
        return Arrival(name, data, sha256(data).hexdigest(), modified, inside=inside, size=len(data))

    @property
    def readable(self) -> bool:
        """Whether there is a content, read yet or not."""
        return self.content is not None or self.sha256 != ""

    @property
    def base(self) -> str:
        """The file's name without the folders, mails and archives that lead to it."""
        return self.name.rpartition("/")[2]


def arrivals(inbox: Path, largest: int | None = None) -> Iterator[Arrival]:
    """The files of the inbox and the folders below it, in the order of their names, not read yet. Links and devices are listed and not followed.

    What has more than ``largest`` bytes is not to be read.
    """
    if not inbox.is_dir():
        return
    taken: set[str] = set()
    for path in _walked(inbox):
        if path.name.lower() in _IGNORED:
            continue
        reason = _no_file(path)
        name = shown = _shown(path.relative_to(inbox).as_posix())
        for number in count(2):
            if shown not in taken:
                break
            shown = numbered(name, number)
        taken.add(shown)
        yield Arrival(shown, None, "", 0, reason, refused=True) if reason else arrival(path, shown, largest)


def _walked(inbox: Path) -> list[Path]:
    """Everything below the inbox but folders of its own, in the order of the names; a folder that cannot be listed has nothing in it."""
    found: list[Path] = []
    for place, folders, files in os.walk(inbox, onerror=lambda _: None):  # whoever runs tells of those
        links = [name for name in folders if _is_link(Path(place, name))]
        found += (Path(place, name) for name in (*files, *links))
        folders[:] = [name for name in folders if name not in links]
    return sorted(found)


def _shown(name: str) -> str:
    """A path as people are told of it: without the characters that would hide or turn parts of it."""
    return " ".join(clean(name).split())


def arrival(path: Path, name: str, largest: int | None = None) -> Arrival:
    """One file, under the name by which people will be told of it. Its content is not read yet."""
    if is_lock(path.name):
        return Arrival(name, None, "", _dated(path), _OPEN_ELSEWHERE, arriving=True)
    if path.name.lower().endswith(_UNFINISHED):
        return Arrival(name, None, "", _dated(path), _ON_ITS_WAY, arriving=True)
    try:
        state = path.stat()
    except OSError as error:
        return _unreadable(name, error)
    if largest is not None and state.st_size > largest:
        reason = f"文件有{state.st_size // _MEGABYTE}MB，大得不合常理，没有读取，原样存了档；请把里面的填报表单独存出来放进收件箱，佐证材料分几次报送"
        return Arrival(name, path, "", int(state.st_mtime), reason, refused=True, size=state.st_size, modified_ns=_exactly(state))
    return Arrival(name, path, "", int(state.st_mtime), size=state.st_size, modified_ns=_exactly(state))


def read_steadily(entry: Arrival) -> tuple[Arrival, bytes]:
    """Read a file of the inbox once: what is now known of it (without its hash), and its bytes.

    Where it changed meanwhile or cannot be read, the arrival says so, and there are no bytes.
    """
    assert isinstance(entry.content, Path)
    try:
        before = entry.content.stat()
        data = entry.content.read_bytes()
        after = entry.content.stat()
    except OSError as error:
        return _unreadable(entry.name, error), b""
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        return Arrival(entry.name, None, "", 0, _CHANGING, arriving=True), b""
    return replace(entry, content=None, modified=int(after.st_mtime), size=len(data), modified_ns=_exactly(after)), data


class _Unsteady(Exception):
    """A file could not be read to its end as it was at the beginning; ``found`` says so."""

    def __init__(self, found: Arrival) -> None:
        super().__init__(found.reason)
        self.found = found


def keep_steadily(entry: Arrival, keep: Callable[[Iterable[bytes]], str]) -> Arrival:
    """A file that is too large to be looked into, given block by block to ``keep``, which gives its hash: what is now known of it.

    Where it changed meanwhile or cannot be read, the arrival says so.
    """
    try:
        return replace(entry, content=None, sha256=keep(_blocks(entry)))
    except _Unsteady as fault:
        return fault.found


def _blocks(entry: Arrival) -> Iterator[bytes]:
    """The file's content. _Unsteady where it cannot be read, or is another at the end than at the beginning."""
    assert isinstance(entry.content, Path)
    try:
        with entry.content.open("rb") as file:
            while block := file.read(_MEGABYTE):
                yield block
        after = entry.content.stat()
    except OSError as error:
        raise _Unsteady(_unreadable(entry.name, error)) from error
    if (after.st_size, _exactly(after)) != (entry.size, entry.modified_ns):
        raise _Unsteady(Arrival(entry.name, None, "", 0, _CHANGING, arriving=True))


def _unreadable(name: str, error: OSError) -> Arrival:
    return Arrival(name, None, "", 0, f"读不出来（{os_problem(error)}），可能正被别的程序打开，请关闭后再运行")


def is_lock(name: str) -> bool:
    """Whether a file of this name only says that another one is open."""
    return name.startswith(_LOCKS)


def left_behind(entry: Arrival, now: int) -> str:
    """In Chinese, why a file that is not there whole will not come any more, and what to do; "" while it may."""
    if not entry.arriving or not entry.modified or now - entry.modified <= _DAY:
        return ""
    return _LEFT_OPEN if is_lock(entry.base) else _BROKEN_OFF


def _dated(path: Path) -> int:
    """When a file was last changed; 0 where it does not say."""
    try:
        return int(path.stat().st_mtime)
    except OSError:
        return 0


def _exactly(state: os.stat_result) -> int:
    """A file's date in nanoseconds; 0 for one that no program of this time gives (1601, the year 10000), which is beyond what a database holds."""
    return state.st_mtime_ns if 0 < state.st_mtime_ns < _LATEST_NS else 0


def _no_file(path: Path) -> str:
    """In Chinese, why something in the inbox is neither a file nor a folder of its own; "" where it is."""
    if _is_link(path):
        return _LINK
    try:
        kind = path.lstat().st_mode
    except OSError:
        return ""  # gone meanwhile, or not to be seen: reading it will tell
    return "" if stat.S_ISREG(kind) or stat.S_ISDIR(kind) else _DEVICE


def _is_link(path: Path) -> bool:
    """A link, or what Windows calls a junction. Files that a cloud drive fetches when they are read are none."""
    try:
        state = path.lstat()
    except OSError:
        return False
    return stat.S_ISLNK(state.st_mode) or getattr(state, "st_reparse_tag", 0) in _LINK_TAGS
