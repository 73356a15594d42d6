"""Where contents lie while a run works with them: everybody passes hashes on, and whoever needs the bytes reads them here."""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from kaohe.files import PARTIAL_PREFIX, PARTIAL_SUFFIX, patiently, write_whole

KEEPING = "收件存档"
"""What is being done when a content is kept, as people are told of it."""


class Store(Protocol):
    """Contents by their SHA-256. What goes to a worker process must be picklable and lead to the same place there."""

    @property
    def rewritten(self) -> set[str]:
        """Contents whose kept copies were found damaged and were written anew."""
        ...

    @property
    def place(self) -> Path:
        """The folder to name where it cannot be used."""
        ...

    def keep(self, data: bytes) -> str:
        """Remember a content; returns its SHA-256."""
        ...

    def keep_blocks(self, blocks: Iterable[bytes]) -> str:
        """The same for a content that comes in blocks; nothing is kept where they break off with an exception."""
        ...

    def read(self, sha: str) -> bytes:
        """The content of this SHA-256; OSError where it is not there."""
        ...

    def room(self) -> int:
        """Bytes that may still be kept."""
        ...


Reader: TypeAlias = Callable[[str], bytes]
"""Gives the content of a SHA-256; OSError where it is not there."""


class MemoryStore:
    """Contents in memory: for few and small ones."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self.rewritten: set[str] = set()

    @property
    def place(self) -> Path:
        """No folder."""
        return Path()

    def keep(self, data: bytes) -> str:
        """Remember a content; returns its SHA-256."""
        sha = hashlib.sha256(data).hexdigest()
        self._contents.setdefault(sha, data)
        return sha

    def keep_blocks(self, blocks: Iterable[bytes]) -> str:
        """The same for a content that comes in blocks."""
        return self.keep(b"".join(blocks))

    def room(self) -> int:
        """Bytes that may still be kept: no bound."""
        return sys.maxsize

    def read(self, sha: str) -> bytes:
        """The content of this SHA-256; OSError where it is not there."""
        try:
            return self._contents[sha]
        except KeyError:
            raise FileNotFoundError(sha) from None


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Contents as files in a folder, named by their SHA-256; what is not here is looked for ``behind``, which is never written to.

    ``scratch``: the folder goes with the run, so nothing has to reach the disk for good.
    """

    folder: Path
    behind: "FolderStore | None" = None
    scratch: bool = False
    rewritten: set[str] = field(default_factory=set, compare=False)
    """Contents whose files here were found damaged and were written anew."""

    @property
    def place(self) -> Path:
        """The folder to name where it cannot be used."""
        return self.folder

    def path(self, sha: str) -> Path:
        """Where this store keeps a content, whether it is there or not."""
        return self.folder / sha[:2] / sha

    def keep(self, data: bytes) -> str:
        """Write a content to the disk, unless it is there unharmed; returns its SHA-256. A new file bears no date: that is for the ledger to give."""
        sha = hashlib.sha256(data).hexdigest()
        path = self.path(sha)
        there = path.is_file()
        if (there and _holds(path, data)) or (self.behind is not None and self.behind.has(sha, len(data))):
            return sha
        write_whole(path, data, modified=0, flush=not self.scratch)
        if there:
            self.rewritten.add(sha)
        return sha

    def keep_blocks(self, blocks: Iterable[bytes]) -> str:
        """The same for a content of any size, which is never in memory as a whole. Nothing is kept where the blocks break off with an exception."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=PARTIAL_PREFIX, suffix=PARTIAL_SUFFIX, dir=self.folder)
        temporary, digest = Path(name), hashlib.sha256()
        try:
            with os.fdopen(handle, "wb") as target:
                for block in blocks:
                    digest.update(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            temporary.chmod(0o644)
            os.utime(temporary, (0, 0))
            path = self.path(digest.hexdigest())
            if not self.has(path.name, temporary.stat().st_size):
                path.parent.mkdir(exist_ok=True)
                patiently(lambda: temporary.replace(path))
        finally:
            temporary.unlink(missing_ok=True)
        return digest.hexdigest()

    def room(self) -> int:
        """Free bytes on the disk."""
        return shutil.disk_usage(next(place for place in (self.folder, *self.folder.parents) if place.exists())).free

    def read(self, sha: str) -> bytes:
        """The content of this SHA-256; OSError where it is not there."""
        if self.behind is not None and not self.path(sha).is_file():
            return self.behind.read(sha)
        return self.path(sha).read_bytes()

    def has(self, sha: str, size: int) -> bool:
        """Whether there is a file of this size for the content."""
        try:
            return self.path(sha).stat().st_size == size
        except OSError:
            return self.behind is not None and self.behind.has(sha, size)


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False
