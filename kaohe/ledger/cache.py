"""What earlier runs found out, so that it need not be found out again: a database that may be lost at any time without harm."""

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaohe.ledger.store import unchanging

_VERSION = 1
_TABLES = (
    "CREATE TABLE place (name TEXT PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE look (sha256 TEXT, suffix TEXT, key TEXT NOT NULL, inside TEXT NOT NULL, found BLOB NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY (sha256, suffix))",
    "CREATE TABLE output (name TEXT PRIMARY KEY, key TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE night (one INTEGER PRIMARY KEY CHECK (one = 1), key TEXT NOT NULL, shown BLOB NOT NULL)",
)
_SIDES = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Place:
    """A file as it lay somewhere: bytes, date in nanoseconds, and what stood in it (a hash of its content, or of what it was made from)."""

    size: int
    modified_ns: int
    key: str


class Cache:
    """Remembered places of received files, looks, and places of outputs. Whatever goes wrong with it is as if nothing were remembered."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "cache.sqlite3"

    def places(self) -> dict[str, Place]:
        """The inbox as it was last read, by name."""
        return {name: Place(size, modified, sha) for name, size, modified, sha in self._rows("SELECT name, size, modified_ns, sha256 FROM place")}

    def known(self, key: str) -> Iterator[tuple[str, str, str]]:
        """SHA-256 and suffix of the sound looks under this key, and what was inside."""
        for sha, suffix, inside, found, total in self._rows("SELECT sha256, suffix, inside, found, sum FROM look WHERE key = ?", key):
            if zlib.crc32(found) == total:
                yield sha, suffix, inside

    def looks(self, wanted: Sequence[tuple[str, str]]) -> list[bytes]:
        """These looks, which must be known, in their order."""
        try:
            with self._reading() as connection:
                question = "SELECT found FROM look WHERE sha256 = ? AND suffix = ?"
                return [bytes(connection.execute(question, pair).fetchone()[0]) for pair in wanted]
        except (OSError, sqlite3.Error, TypeError):
            return [b""] * len(wanted)

    def outputs(self) -> dict[str, Place]:
        """The outbox as it was last made, by name."""
        return {name: Place(size, modified, key) for name, size, modified, key in self._rows("SELECT name, size, modified_ns, key FROM output")}

    def night(self, key: str) -> bytes | None:
        """What the last run showed, if it rested on exactly this."""
        return next((bytes(shown) for (shown,) in self._rows("SELECT shown FROM night WHERE key = ?", key)), None)

    def remember(self, places: Iterable[tuple[str, Place]], looks: Iterable[tuple[str, str, str, str, bytes]]) -> None:
        """Further places, and looks as (SHA-256, suffix, key, what was inside, what was found)."""
        with self._writing() as connection:
            rows = ((name, p.size, p.modified_ns, p.key) for name, p in places)
            connection.executemany("INSERT OR REPLACE INTO place (name, size, modified_ns, sha256) VALUES (?, ?, ?, ?)", rows)
            looked = ((*look, zlib.crc32(look[-1])) for look in looks)
            connection.executemany("INSERT OR REPLACE INTO look (sha256, suffix, key, inside, found, sum) VALUES (?, ?, ?, ?, ?, ?)", looked)

    def settle(self, names: set[str], outputs: Iterable[tuple[str, Place]], looks: str, key: str, shown: bytes) -> None:
        """The end of a run: only these files lie in the inbox, these outputs are in place, and this is what was shown.

        Looks under another key than ``looks`` are dropped; with ``key`` "" the next run has to look again at everything that is known.
        """
        with self._writing() as connection:
            gone = [(name,) for (name,) in connection.execute("SELECT name FROM place") if name not in names]
            connection.executemany("DELETE FROM place WHERE name = ?", gone)
            connection.execute("DELETE FROM output")
            connection.executemany(
                "INSERT INTO output (name, key, size, modified_ns) VALUES (?, ?, ?, ?)", ((name, p.key, p.size, p.modified_ns) for name, p in outputs)
            )
            connection.execute("DELETE FROM night")
            if key:
                connection.execute("INSERT INTO night (one, key, shown) VALUES (1, ?, ?)", (key, shown))
            connection.execute("DELETE FROM look WHERE key <> ?", (looks,))

    def _rows(self, question: str, *values: str) -> Iterator[Any]:
        """Rows, none where there is no sound cache."""
        with contextlib.suppress(OSError, sqlite3.Error), self._reading() as connection:
            yield from connection.execute(question, values)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The cache as it stands; leaves no trace in the folder. OSError where there is none of this version, or a run is writing or was killed."""
        if any(side.exists() for side in self._sides()[1:]) or not self._path.exists():
            raise FileNotFoundError(self._path)
        with closing(sqlite3.connect(unchanging(self._path), uri=True)) as connection:
            if not _is_ours(connection):
                raise FileNotFoundError(self._path)
            yield connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; a cache that is damaged or of another version is begun anew, and one that cannot be written is left as it is."""
        try:
            connection = self._opened()
        except (OSError, sqlite3.Error):
            try:
                self.clear()
                connection = self._opened()
            except (OSError, sqlite3.Error):
                connection = _nowhere()
        with closing(connection), contextlib.suppress(sqlite3.Error):
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=1, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA synchronous=NORMAL")
            if not _is_ours(connection):
                connection.close()
                self.clear()
                connection = sqlite3.connect(self._path, timeout=1, isolation_level=None)
                _build(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def clear(self) -> None:
        """Forget everything."""
        for path in self._sides():
            path.unlink(missing_ok=True)

    def _sides(self) -> list[Path]:
        return [self._path.with_name(self._path.name + side) for side in _SIDES]


def _is_ours(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA user_version").fetchone() == (_VERSION,))


def _build(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for table in _TABLES:
        connection.execute(table)
    connection.execute(f"PRAGMA user_version={_VERSION}")
    connection.execute("COMMIT")


def _nowhere() -> sqlite3.Connection:
    """A cache that forgets at once."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _build(connection)
    return connection
