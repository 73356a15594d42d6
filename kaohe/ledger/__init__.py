"""What was received and when: a SQLite ledger of hashes, and an archive of every file by content."""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kaohe.files import is_partial, told
from kaohe.ledger import store
from kaohe.ledger.store import LedgerFault
from kaohe.store import KEEPING, FolderStore

__all__ = ["REBUILT", "Event", "Ledger", "LedgerFault"]

REBUILT = "台账"
"""Kind of the event that says that the ledger was rebuilt."""

_MOST_ASIDE = 1000
_WRITING = "写台账"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the year's log: when (epoch seconds), what kind, whose (unit code or ""), about which file, and what was said."""

    at: int
    kind: str
    unit: str
    subject: str
    said: str


class Ledger:
    """The ledger of one office. Losing it loses the year's log, never a file, an order of arrival or a score.

    What reads leaves no trace in the folder; what writes raises FolderFault when it cannot.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "ledger.sqlite3"
        self._archive = folder / "archive"
        self.archive = FolderStore(self._archive)
        """Every content that was ever received."""

    def times(self) -> dict[str, int]:
        """When each known content was first seen (epoch seconds), by SHA-256. Reads only.

        From the archive where the ledger is missing or damaged: the next run rebuilds it from there.
        """
        try:
            with store.reading(self._path) as connection:
                return dict(connection.execute("SELECT sha256, first_seen FROM received").fetchall())
        except (OSError, sqlite3.Error):
            return {sha: int(path.stat().st_mtime) for sha, path in self._archived_files()}

    def first_seen(self, hashes: Iterable[str]) -> dict[str, int]:
        """When each of these contents was first seen (epoch seconds), for those that are known. Reads only."""
        known = self.times()
        return {sha: known[sha] for sha in set(hashes) if sha in known}

    def latest(self) -> int | None:
        """The latest moment of which anything is remembered (epoch seconds); None before the first run. Reads only."""
        return max([*self.times().values(), *(event.at for event in self.events()), *(row[3] for row in self.arrivals())], default=None)

    def arrivals(self) -> list[tuple[str, str, int, int]]:
        """Every file that came, in mails and archives too: its name, SHA-256, the date it bore, and when it came. Reads only."""
        try:
            with store.reading(self._path) as connection:
                return connection.execute(f"{store.SELECT_ARRIVALS} ORDER BY name, sha256").fetchall()
        except (OSError, sqlite3.Error):
            return []  # missing, damaged, or from before this was kept

    def moment(self, now: int) -> int:
        """The epoch second under which to remember what happens now: later than all before, even when the clock was set back."""
        latest = self.latest()
        return now if latest is None else max(now, latest + 1)

    def record(self, entries: Iterable[tuple[str, int, str, int]], arrivals: Iterable[tuple[str, str, int, int]] = ()) -> None:
        """Remember (sha256, first_seen, name, size) of new contents, known ones keep their first time; and the files that came.

        The archived copy gets that time too, so that a rebuilt ledger knows it.
        """
        rows = list(entries)
        known = self.times() if self._path.is_file() else {}
        with self._writing() as connection:
            store.insert_received(connection, list(rows))
            store.insert_arrivals(connection, [tuple(row) for row in arrivals])
        # After the ledger: a copy without a date is one that the ledger may not know, and a date is never changed.
        with told(KEEPING, self._archive):
            for sha, seen, _, _ in rows:
                self._date(self.archived(sha), known.get(sha, seen))

    def log(self, events: Iterable[Event]) -> None:
        """Write down what is new; the same thing said of the same subject is written once."""
        rows: list[store.Row] = [(e.at, e.kind, e.unit, e.subject, e.said) for e in events]
        with self._writing() as connection:
            store.insert_events(connection, rows)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with told(_WRITING, self._path.parent):
            self._path.parent.mkdir(parents=True, exist_ok=True)
        with store.ledger_told(self._path), store.writing(self._path) as connection:
            yield connection

    def events(self, unit: str | None = None) -> tuple[Event, ...]:
        """The year's log in order; of one unit where its code is given. Reads only."""
        try:
            with store.reading(self._path) as connection:
                rows = connection.execute(f"{store.SELECT_EVENTS} ORDER BY number").fetchall()
        except (OSError, sqlite3.Error):
            return ()  # missing, damaged, or from before the log was kept
        return tuple(Event(*row) for row in rows if unit is None or row[2] == unit)

    def archived(self, sha: str) -> Path:
        """Where the archive keeps the content of this SHA-256, whether it is there or not."""
        return self.archive.path(sha)

    def keep(self, data: bytes) -> str:
        """Archive one content, with the time when it was first seen where that is known; returns its SHA-256."""
        with told(KEEPING, self._archive):
            sha = self.archive.keep(data)
            if sha in self.archive.rewritten and (seen := self.times().get(sha)) is not None:
                self._date(self.archived(sha), seen)
        return sha

    def holds(self, sha: str, seen: int, size: int) -> bool:
        """Whether the archive's copy looks as it was left: its size, and the time when it was first seen as its date."""
        try:
            state = self.archived(sha).stat()
        except OSError:
            return False
        return (state.st_size, int(state.st_mtime)) == (size, seen)

    def mend(self, now: int) -> str:
        """Make sure of a sound ledger: a new one at first, one of an earlier version brought up to date, a damaged or lost one rebuilt.

        Returns in Chinese what was restored, "" when there was nothing to do. LedgerFault when it was made by a newer program.
        """
        with told(_WRITING, self._path.parent), store.ledger_told(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._clear_partial()
            if self._path.is_file():
                return self._completed(now) if store.is_sound(self._path) else self._rebuilt(now, damaged=True)
            return self._rebuilt(now, damaged=False)

    def _completed(self, now: int) -> str:
        """What the archive knows and the ledger does not (it was emptied, or an old copy put back), and dates that a killed run left out."""
        known, missing = self.times(), list[store.Row]()
        for sha, path in self._archived_files():
            modified = int(path.stat().st_mtime)
            if sha in known:
                self._date(path, known[sha])
            elif modified > 0 and hashlib.sha256(data := path.read_bytes()).hexdigest() == sha:
                missing.append((sha, modified, "", len(data)))
        if not missing:
            return ""
        said = f"台账里缺了{len(missing)}份收件的记录（可能被清空，或换回了旧的台账），已按存档补上。收到的先后和得分不受影响，读不回来的只有全年记录"
        latest = max([now, *known.values(), *(row[1] + 1 for row in missing)])
        with self._writing() as connection:
            store.insert_received(connection, missing)
            store.insert_events(connection, [(latest, REBUILT, "", self._path.name, said)])
        return said

    @staticmethod
    def _date(path: Path, seen: int) -> None:
        """Give an archived copy that has no date yet the time when it was first seen."""
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < 1:
                os.utime(path, (seen, seen))

    def _rebuilt(self, now: int, *, damaged: bool) -> str:
        aside = self._set_aside() if damaged else self._set_aside_before()
        received, events, arrivals = store.salvage(aside) if aside is not None else ([], [], [])
        known = {row[0] for row in received}
        changed = 0
        for sha, path in self._archived_files():
            if sha in known or path.stat().st_mtime < 1:
                continue  # without a date: kept by a run that got no further
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() == sha:
                received.append((sha, int(path.stat().st_mtime), "", len(data)))
            else:
                changed += 1
        if not damaged and not received and not changed:
            store.build(self._path, [], [], [])
            return ""
        what = f"台账损坏，已改名为 {aside.name}" if damaged and aside is not None else "台账不见了"
        said = f"{what}，并重新建立：从旧台账读回{len(known)}份收件和{len(events)}条记录，按存档补上{len(received) - len(known)}份收件"
        said += f"，存档里另有{changed}份内容已经坏了，没有计入" if changed else ""
        said += "。收到的先后和得分不受影响，读不回来的只有全年记录"
        latest = max([now, *(row[1] + 1 for row in received), *(row[0] + 1 for row in events), *(row[3] + 1 for row in arrivals)])
        store.build(self._path, received, [*events, (latest, REBUILT, "", self._path.name, said)], arrivals)
        return said

    def _set_aside(self) -> Path:
        """Rename the damaged ledger; its side files go with it, which hold what was written last."""
        aside = next(path for path in self._asides() if not path.exists())
        self._path.replace(aside)
        self._move_sides(aside)
        return aside

    def _set_aside_before(self) -> Path | None:
        """The ledger that was set aside last: a run may have been killed before it rebuilt it."""
        earlier = [path for path in self._asides() if path.exists()]
        if earlier:
            self._move_sides(earlier[-1])
        return earlier[-1] if earlier else None

    def _move_sides(self, aside: Path) -> None:
        for source, target in zip(store.sides(self._path), store.sides(aside), strict=True):
            if source.exists():
                source.unlink() if target.exists() else source.replace(target)

    def _asides(self) -> list[Path]:
        return [self._path.with_name(f"ledger-损坏{number}.sqlite3") for number in range(1, _MOST_ASIDE)]

    def _archived_files(self) -> Iterator[tuple[str, Path]]:
        """The archive's files by the hash that names them."""
        for path in sorted(self._archive.glob("??/*")):
            if store.is_sha256(path.name) and path.parent.name == path.name[:2] and path.is_file():
                yield path.name, path

    def _clear_partial(self) -> None:
        """What a killed run had begun to write here and into the archive."""
        for path in (*self._path.parent.glob(".~*"), *self._archive.glob(".~*"), *self._archive.glob("??/.~*")):
            if is_partial(path.name):
                path.unlink(missing_ok=True)
        store.clear_build(self._path)
