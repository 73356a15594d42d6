"""7z archives, unpacked into memory alone; nothing is ever written to the disk."""

import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePath

import py7zr
from py7zr.exceptions import PasswordRequired, UnsupportedCompressionMethodError
from py7zr.io import Py7zIO, WriterFactory

from kaohe.config.model import Intake
from kaohe.intake.containers import dates, names, wording
from kaohe.intake.containers.parts import SERIOUS, Basket, ContainerFault, Opened

_AES = b"\x06\xf1\x07\x01"
_UNIX_EXTENSION, _REPARSE_POINT, _DIRECTORY = 0x8000, 0x400, 0x10
_ATTEMPTS = 16
"""How many damaged blocks are stepped over: each means to start again."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file as the header lists it; ``block`` is what is compressed together with it."""

    index: int
    name: str
    size: int
    block: int
    locked: bool
    special: bool
    modified: int


class _Page(Py7zIO):
    """Takes one file's bytes, no more than the room that is left for all."""

    def __init__(self, basket: Basket) -> None:
        self._buffer = BytesIO()
        self._basket = basket
        self.whole = False

    def write(self, s: bytes | bytearray) -> int:
        self._basket.check_room(self._buffer.tell() + len(s))
        return self._buffer.write(s)

    def read(self, size: int | None = None) -> bytes:
        return self._buffer.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._buffer.seek(offset, whence)

    def flush(self) -> None:
        """Nothing is kept back."""

    def size(self) -> int:
        return len(self._buffer.getbuffer())

    def close(self) -> None:
        """Called where the file came through with the right checksum, and only there."""
        self.whole = True

    @property
    def content(self) -> bytes:
        """Everything written."""
        return self._buffer.getvalue()


@dataclass
class _Shelf(WriterFactory):
    """One page for each file, by its place in the archive."""

    basket: Basket
    pages: dict[int, _Page] = field(default_factory=dict)

    def create(self, filename: str) -> Py7zIO:
        page = self.pages[int(PurePath(filename).name)] = _Page(self.basket)
        return page


def open_seven_zip(data: bytes, limits: Intake) -> Opened:
    """The files of a 7z archive. Raises ContainerFault."""
    best: Basket | None = None
    for password in (None, *dict.fromkeys(filter(None, limits.passwords))):
        basket = Basket(limits)
        try:
            locked = _take_out(data, password, basket)
        except SERIOUS:
            raise
        except PasswordRequired:  # even the names are encrypted
            continue
        except UnsupportedCompressionMethodError:
            raise ContainerFault(f"压缩包{wording.METHOD}") from None
        except Exception:  # a wrong password turns the header into noise
            if password is None:
                raise ContainerFault(wording.BROKEN_ARCHIVE) from None
            continue
        if best is None or len(basket.members) > len(best.members):
            best = basket
        if not locked:
            break
    if best is None or (not best.members and best.left and all(line.endswith(wording.LOCKED) for line in best.left)):
        raise ContainerFault(wording.ALL_LOCKED)
    return best.opened(wording.NO_FILES)


def _take_out(data: bytes, password: str | None, basket: Basket) -> bool:
    """Fill the basket; whether something stayed locked."""
    entries, waiting = _listed(data, password), set[int]()
    basket.expect(len(entries), sum(entry.size for entry in entries))
    wanted = [entry for entry in entries if not entry.special and not names.junk(entry.name)]
    shelf, faults = _Shelf(basket), dict[int, type[Exception]]()
    for _ in range(_ATTEMPTS):
        waiting = {entry.index for entry in wanted if not _whole(shelf, entry) and entry.block not in faults}
        if not waiting:
            break
        fault = _extract(data, password, waiting, shelf)
        stuck = next((entry for entry in wanted if entry.index in waiting and not _whole(shelf, entry)), None)
        if stuck is None:
            break
        faults[stuck.block] = fault or RuntimeError
    locked = False
    for entry in entries:
        if names.junk(entry.name):
            continue
        if entry.special:
            basket.leave(entry.name, wording.SPECIAL)
        elif _whole(shelf, entry):
            basket.put(entry.name, shelf.pages[entry.index].content, entry.modified)
        else:
            locked = locked or entry.locked
            basket.leave(entry.name, _why(entry, faults.get(entry.block)))
    return locked


def _why(entry: _Entry, fault: type[Exception] | None) -> str:
    if entry.locked:
        return wording.LOCKED
    return wording.METHOD if fault is not None and issubclass(fault, UnsupportedCompressionMethodError) else wording.DAMAGED


def _whole(shelf: _Shelf, entry: _Entry) -> bool:
    return entry.index in shelf.pages and shelf.pages[entry.index].whole


def _listed(data: bytes, password: str | None) -> Sequence[_Entry]:
    """The files in the archive's own order, without folders."""
    blocks: dict[int, int] = {}
    with py7zr.SevenZipFile(BytesIO(data), password=password) as archive:
        entries = []
        for index, file in enumerate(archive.files):
            attributes = int(file.file_properties().get("attributes") or 0)
            if file.is_directory or attributes & _DIRECTORY:
                continue
            block = blocks.setdefault(id(file.folder), len(blocks))
            locked = file.folder is not None and any(coder["method"] == _AES for coder in file.folder.coders)
            entries.append(
                _Entry(index, file.filename, file.uncompressed, block, locked, _special(attributes), dates.of_filetime(int(file.lastwritetime or 0)))
            )
        return entries


def _extract(data: bytes, password: str | None, waiting: set[int], shelf: _Shelf) -> type[Exception] | None:
    """Unpack the files of these places as far as it goes; what stopped it, if anything did."""
    with py7zr.SevenZipFile(BytesIO(data), password=password, max_extract_size=2 * shelf.basket.room) as archive:
        for index, file in enumerate(archive.files):
            # A place instead of the name: the library would refuse the whole archive for one bad name, and joins equal ones.
            file.file_properties()["filename"] = str(index)
        try:
            archive.extract(targets=[str(index) for index in waiting], factory=shelf)
        except SERIOUS:
            raise
        except Exception as error:  # damage shows in many ways; what came through before it is good
            return type(error)
    return None


def _special(attributes: int) -> bool:
    """Links, devices and the like."""
    if attributes & _UNIX_EXTENSION:
        return stat.S_IFMT(attributes >> 16) not in (0, stat.S_IFREG)
    return bool(attributes & _REPARSE_POINT)
