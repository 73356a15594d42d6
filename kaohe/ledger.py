"""What was received and when: a SQLite ledger of hashes, and an archive of every file by content."""

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kaohe.files import write_whole

_SCHEMA = """
CREATE TABLE IF NOT EXISTS received (
    sha256 TEXT PRIMARY KEY,
    first_seen INTEGER NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    unit TEXT NOT NULL,
    subject TEXT NOT NULL,
    said TEXT NOT NULL,
    UNIQUE (kind, unit, subject, said)
);
"""
_VERSION = 2


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the year's log: when (epoch seconds), what kind, whose (unit code or ""), about which file, and what was said."""

    at: int
    kind: str
    unit: str
    subject: str
    said: str


class Ledger:
    """The ledger of one office. Losing it loses when a file was first seen, never a score."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ledger.sqlite3"
        self._archive = folder / "archive"

    def first_seen(self, hashes: Iterable[str]) -> dict[str, int]:
        """When each of these contents was first seen (epoch seconds), for those the ledger knows. Reads only."""
        wanted = set(hashes)
        return {sha: seen for sha, seen in self.times().items() if sha in wanted}

    def times(self) -> dict[str, int]:
        """When each content the ledger knows was first seen (epoch seconds). Reads only."""
        if not self._path.is_file():
            return {}
        with closing(sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True)) as connection:
            try:
                return dict(connection.execute("SELECT sha256, first_seen FROM received").fetchall())
            except sqlite3.DatabaseError:
                return {}  # damaged: the next run sets it aside

    def record(self, entries: Iterable[tuple[str, int, str, int]]) -> None:
        """Remember (sha256, first_seen, name, size) of new contents; known ones keep their first time."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection, connection:
            connection.executemany("INSERT OR IGNORE INTO received VALUES (?, ?, ?, ?)", list(entries))

    def log(self, events: Iterable[Event]) -> None:
        """Write down what is new; the same thing said of the same subject is written once."""
        with closing(self._connect()) as connection, connection:
            rows = [(e.at, e.kind, e.unit, e.subject, e.said) for e in events]
            connection.executemany("INSERT OR IGNORE INTO event (at, kind, unit, subject, said) VALUES (?, ?, ?, ?, ?)", rows)

    def events(self, unit: str | None = None) -> tuple[Event, ...]:
        """The year's log in order; of one unit where its code is given. Reads only."""
        if not self._path.is_file():
            return ()
        with closing(sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True)) as connection:
            try:
                rows = connection.execute("SELECT at, kind, unit, subject, said FROM event ORDER BY number").fetchall()
            except sqlite3.DatabaseError:
                return ()  # damaged, or from before the log was kept
        return tuple(Event(*row) for row in rows if unit is None or row[2] == unit)

    def archived(self, sha: str) -> Path:
        """Where the archive keeps the content of this SHA-256, whether it is there or not."""
        return self._archive / sha[:2] / sha

    def keep(self, data: bytes) -> str:
        """Archive one file's content before anything reads it; returns its SHA-256."""
        sha = hashlib.sha256(data).hexdigest()
        path = self.archived(sha)
        if not path.is_file():
            write_whole(path, data)
        return sha

    def mend(self) -> str:
        """Set a damaged ledger aside and begin a new one; what was done, in Chinese, "" when there was nothing to do."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(self._connect()) as connection:
                sound = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        except sqlite3.DatabaseError:
            sound = False
        if sound:
            return ""
        aside = next(p for n in range(1, 1000) if not (p := self._path.with_name(f"ledger-损坏{n}.sqlite3")).exists())
        self._path.replace(aside)
        return f"台账损坏，已改名为 {aside.name} 并重新建立：以前的收件时间和全年记录看不到了，收到的文件和得分不受影响"

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        connection.executescript(_SCHEMA)
        connection.execute(f"PRAGMA user_version={_VERSION}")
        return connection
