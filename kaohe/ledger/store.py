"""The ledger's database file: its schema in steps, opening it to write, reading it without a trace, saving what a damaged one still holds."""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from kaohe.files import FolderFault, patiently, wrong_kind

Row: TypeAlias = tuple[Any, ...]

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE IF NOT EXISTS received (
            sha256 TEXT PRIMARY KEY,
            first_seen INTEGER NOT NULL,
            name TEXT NOT NULL,
            size INTEGER NOT NULL
        ) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE IF NOT EXISTS event (
            number INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            unit TEXT NOT NULL,
            subject TEXT NOT NULL,
            said TEXT NOT NULL,
            UNIQUE (kind, unit, subject, said)
        )""",
    ),
    (
        """CREATE TABLE IF NOT EXISTS arrival (
            name TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            modified INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (name, sha256)
        ) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE IF NOT EXISTS sent (
            number INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            unit TEXT NOT NULL,
            matter TEXT NOT NULL,
            recipient TEXT NOT NULL,
            digest TEXT NOT NULL,
            state TEXT NOT NULL,
            at INTEGER NOT NULL,
            said TEXT NOT NULL
        )""",
        """CREATE TABLE IF NOT EXISTS fetched (
            mailbox TEXT NOT NULL,
            validity INTEGER NOT NULL,
            uid INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            at INTEGER NOT NULL,
            said TEXT NOT NULL,
            PRIMARY KEY (mailbox, validity, uid)
        ) WITHOUT ROWID""",
    ),
)
"""What leads from each version to the next; a ledger of version n has had the first n steps. Only ever append."""

SELECT_RECEIVED = "SELECT sha256, first_seen, name, size FROM received"
SELECT_ARRIVALS = "SELECT name, sha256, modified, at FROM arrival"
SELECT_EVENTS = "SELECT at, kind, unit, subject, said FROM event"
SELECT_SENT = "SELECT number, kind, unit, matter, recipient, digest, state, at, said FROM sent"
SELECT_FETCHED = "SELECT mailbox, validity, uid, sha256, at, said FROM fetched"
_INSERT_RECEIVED = (
    "INSERT INTO received (sha256, first_seen, name, size) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (sha256) DO UPDATE SET name = excluded.name WHERE name = ''"
)
_INSERT_ARRIVAL = (
    "INSERT INTO arrival (name, sha256, modified, at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (name, sha256) DO UPDATE SET modified = excluded.modified WHERE modified <> excluded.modified"
)
_INSERT_EVENT = "INSERT OR IGNORE INTO event (at, kind, unit, subject, said) VALUES (?, ?, ?, ?, ?)"
_INSERT_SENT = "INSERT INTO sent (number, kind, unit, matter, recipient, digest, state, at, said) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_FETCHED = "INSERT OR REPLACE INTO fetched (mailbox, validity, uid, sha256, at, said) VALUES (?, ?, ?, ?, ?, ?)"

_SIDE_FILES = ("-wal", "-shm", "-journal")
_BUSY_SECONDS = 10
_DAMAGE = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_MISMATCH}
_REASONS = {
    sqlite3.SQLITE_FULL: "磁盘已满",
    sqlite3.SQLITE_READONLY: "不能写入",
    sqlite3.SQLITE_CANTOPEN: "打不开",
    sqlite3.SQLITE_PERM: "没有权限",
    sqlite3.SQLITE_BUSY: "正被别的程序打开",
    sqlite3.SQLITE_LOCKED: "正被别的程序打开",
    sqlite3.SQLITE_IOERR: "磁盘读写出错",
}


class LedgerFault(FolderFault):
    """The ledger cannot be used and was left as it is; says in Chinese why and what to do."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is to blame, and not the disk, a permission or another program."""
    return isinstance(error, sqlite3.DatabaseError) and _code(error) in _DAMAGE


@contextlib.contextmanager
def ledger_told(path: Path) -> Iterator[None]:
    """What SQLite refuses inside is told as a LedgerFault."""
    try:
        yield
    except sqlite3.Error as error:
        blocked = next((place for place in (path, *sides(path)) if place.is_dir()), None)
        if blocked is not None:
            raise LedgerFault(f"台账用不了：{wrong_kind(blocked)}") from error
        reason = _REASONS.get(_code(error), f"数据库错误（{type(error).__name__}）")
        advice = "请检查磁盘剩余空间、文件夹的权限，以及是否有别的程序打开着它，然后再运行一次。"
        raise LedgerFault(f"台账用不了：“{path}”{reason}。收到的文件没有受影响；{advice}") from error


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


@contextlib.contextmanager
def writing(path: Path, *, journal: str = "WAL") -> Iterator[sqlite3.Connection]:
    """One transaction on the ledger, brought up to date first; undone when anything goes wrong inside.

    LedgerFault when a newer version of the program made it.
    """
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as connection:
        # Exclusive: a run is alone by its lock, and then SQLite needs no shared memory, which network drives lack.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        _migrate(connection, path)
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("PRAGMA synchronous=FULL")
        with _transaction(connection):
            yield connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        text = f"台账“{path}”是新版程序建立的（第{version}版），这个程序只认到第{len(MIGRATIONS)}版，没有动它。请换用新版程序运行。"
        raise LedgerFault(text)
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        with _transaction(connection):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number}")


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def is_sound(path: Path) -> bool:
    """Whether the ledger opens, has its tables and is whole. LedgerFault as for ``writing``; other errors of the disk as SQLite says them."""
    try:
        with writing(path) as connection:
            connection.execute(f"{SELECT_RECEIVED} LIMIT 1").fetchall()
            connection.execute(f"{SELECT_EVENTS} LIMIT 1").fetchall()
            connection.execute(f"{SELECT_ARRIVALS} LIMIT 1").fetchall()
            connection.execute(f"{SELECT_SENT} LIMIT 1").fetchall()
            connection.execute(f"{SELECT_FETCHED} LIMIT 1").fetchall()
            return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.Error as error:
        if is_damage(error):
            return False
        raise


def build(
    path: Path, received: list[Row], events: list[Row], arrivals: list[Row], sent: list[Row] | None = None, fetched: list[Row] | None = None
) -> None:
    """A new ledger with these rows, put in place by one rename once it is whole."""
    aside = clear_build(path)
    with writing(aside, journal="DELETE") as connection:  # what stands in a side file would be lost by the rename
        insert_received(connection, received)
        insert_events(connection, events)
        insert_arrivals(connection, arrivals)
        insert_sent(connection, sent or [])
        insert_fetched(connection, fetched or [])
    for name in sides(path):  # of a ledger that is gone: SQLite would take them for this one's
        name.unlink(missing_ok=True)
    patiently(lambda: aside.replace(path))


def clear_build(path: Path) -> Path:
    """Where a new ledger is built; what a killed run left there is gone."""
    aside = path.with_name(f".~{path.name}")
    for name in (aside, *sides(aside)):
        name.unlink(missing_ok=True)
    return aside


def insert_received(connection: sqlite3.Connection, rows: list[Row]) -> None:
    """New contents; a known one keeps its first time, and its name unless that was lost."""
    connection.executemany(_INSERT_RECEIVED, rows)


def insert_events(connection: sqlite3.Connection, rows: list[Row]) -> None:
    """New events; what was said before is not said again."""
    connection.executemany(_INSERT_EVENT, rows)


def insert_arrivals(connection: sqlite3.Connection, rows: list[Row]) -> None:
    """Files that came; a known one keeps the moment when it came, and is remembered with the date it bears now."""
    connection.executemany(_INSERT_ARRIVAL, rows)


def insert_sent(connection: sqlite3.Connection, rows: list[Row]) -> None:
    """Mails that were sent or begun; a number of None becomes the next one."""
    connection.executemany(_INSERT_SENT, rows)


def insert_fetched(connection: sqlite3.Connection, rows: list[Row]) -> None:
    """Mails that were fetched or need not be."""
    connection.executemany(_INSERT_FETCHED, rows)


def sides(path: Path) -> tuple[Path, ...]:
    """The files that SQLite keeps beside a database."""
    return tuple(path.with_name(path.name + side) for side in _SIDE_FILES)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """The ledger as it stands, without writing or creating anything in its folder, which may be read-only.

    OSError where there is none; sqlite3.Error where it cannot be understood.
    """
    path.stat()
    if not any(side.exists() for side in sides(path)):
        with closing(sqlite3.connect(unchanging(path), uri=True)) as connection:
            yield connection
        return
    # A run is writing, or was killed: SQLite would have to write in order to read, so it does that on a copy.
    with tempfile.TemporaryDirectory(prefix="kaohe-") as folder:
        copy = Path(folder) / path.name
        _copy_steadily(path, copy)
        with closing(sqlite3.connect(copy)) as connection:
            yield connection


def unchanging(path: PurePath) -> str:
    """How SQLite is told to open a database that nobody writes: it makes no file beside it. A folder of the network of Windows needs two slashes more."""
    uri = path.as_uri()
    return f"{uri if uri.startswith('file:///') else uri.replace('file://', 'file:////', 1)}?mode=ro&immutable=1"


def _copy_steadily(path: Path, copy: Path, attempts: int = 5) -> None:
    """Copy a ledger with what lies beside it; again when it changed meanwhile."""
    kept = (path, *(side for side in sides(path) if not side.name.endswith("-shm")))
    for _ in range(attempts):
        before = _signature(kept)
        for source in kept:
            target = copy.with_name(source.name)
            target.unlink(missing_ok=True)
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(source, target)
        if _signature(kept) == before:
            return


def _signature(paths: tuple[Path, ...]) -> list[tuple[int, int] | None]:
    found: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            state = os.stat(path)  # noqa: PTH116 -- one line for both outcomes
            found.append((state.st_size, state.st_mtime_ns))
        except FileNotFoundError:
            found.append(None)
    return found


def salvage(path: Path) -> tuple[list[Row], list[Row], list[Row]]:
    """The rows of a damaged ledger that can still be read: of what was received, of the log in order, and of the files that came."""
    received = _rows(path, SELECT_RECEIVED, "sha256", _is_received)
    events = _rows(path, "SELECT number, at, kind, unit, subject, said FROM event", "number", _is_event)
    arrivals = _rows(path, "SELECT name || char(10) || sha256, name, sha256, modified, at FROM arrival", "name", _is_arrival)
    return list(received.values()), [row[1:] for _, row in sorted(events.items())], [row[1:] for _, row in sorted(arrivals.items())]


def salvage_mails(path: Path) -> tuple[list[Row], list[Row]]:
    """The rows of a damaged ledger about mails that can still be read: what was sent, in order, and what was fetched."""
    sent = _rows(path, SELECT_SENT, "number", lambda row: _is_typed(row, (int, str, str, str, str, str, str, int, str)))
    fetched = _rows(
        path,
        "SELECT mailbox || ' ' || validity || ' ' || uid, mailbox, validity, uid, sha256, at, said FROM fetched",
        "1",
        lambda row: _is_typed(row[1:], (str, int, int, str, int, str)),
    )
    return [row for _, row in sorted(sent.items())], [row[1:] for _, row in sorted(fetched.items())]


def _rows(path: Path, select: str, key: str, is_valid: Callable[[Row], bool]) -> dict[Any, Row]:
    """By key; read from both ends, so that a damaged page hides only what lies behind it from either side."""
    found: dict[Any, Row] = {}
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error, OSError), reading(path) as connection:
            for row in connection.execute(f"{select} ORDER BY {key} {order}"):
                if is_valid(row):
                    found[row[0]] = row
    return found


def _is_received(row: Row) -> bool:
    sha, seen, name, size = row
    return isinstance(sha, str) and is_sha256(sha) and isinstance(seen, int) and isinstance(name, str) and isinstance(size, int)


def _is_arrival(row: Row) -> bool:
    _, name, sha, modified, at = row
    return isinstance(name, str) and isinstance(sha, str) and is_sha256(sha) and isinstance(modified, int) and isinstance(at, int)


def _is_typed(row: Row, kinds: tuple[type, ...]) -> bool:
    return all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True))


def _is_event(row: Row) -> bool:
    return all(isinstance(value, int) for value in row[:2]) and all(isinstance(value, str) for value in row[2:])


def is_sha256(text: str) -> bool:
    """Whether the text is a SHA-256 as this program writes it."""
    return len(text) == 64 and set(text) <= set("0123456789abcdef")
