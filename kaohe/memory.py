"""Files that earlier runs have looked into: known by where they lie or what stands in them, they are not read or looked into again."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from kaohe import PROGRAM_ROOT, __version__
from kaohe.config.loader import Office
from kaohe.intake.arrival import Arrival
from kaohe.ledger import Ledger
from kaohe.ledger.cache import Cache, Place
from kaohe.store import FolderStore

if TYPE_CHECKING:  # a night without changes asks only where things lie, and loads nothing that looks into files
    from kaohe.intake.look import Look
    from kaohe.intake.packing import Unpacker
    from kaohe.intake.workers import Looker

_AHEAD = 100
"""Looks that are read from the cache at once."""
_AT_ONCE, _AT_LEAST_EVERY = 1000, 2.0
"""Files, and seconds, after which what was found out is written down: a run that is killed has to repeat no more."""


class Memory:
    """What is known of the files of one office before they are read, under its present rules and configuration.

    ``distrusted``: nothing is taken as known (but what is found out is remembered).
    """

    def __init__(self, office: Office, ledger: Ledger, *, distrusted: bool = False) -> None:
        self.ledger, self._cache = ledger, Cache(office.config.folder("state"))
        self.key = office_key(office)
        self._places = {} if distrusted else self._cache.places()
        self._distrusted = distrusted
        self._times = ledger.times()

    @cached_property
    def _unpacker(self) -> "Unpacker":
        from kaohe.intake.packing import Unpacker

        return Unpacker()

    @property
    def archive(self) -> FolderStore:
        """Every content that was ever received."""
        return self.ledger.archive

    def recall(self, entry: Arrival) -> Arrival:
        """The same file with its hash, where it lies there with the size and date it had, and the archive has its content unharmed."""
        place = self._places.get(entry.name)
        if not isinstance(entry.content, Path) or place is None or (place.size, place.modified_ns) != (entry.size, entry.modified_ns):
            return entry
        seen = self._times.get(place.key, 0)  # a run that was killed kept it without a date
        if not self.ledger.holds(place.key, seen, place.size):
            return entry
        return replace(entry, content=None, sha256=place.key)

    @cached_property
    def _known(self) -> set[tuple[str, str]]:
        if self._distrusted:
            return set()
        return {(sha, suffix) for sha, suffix, inside in self._cache.known(self.key) if all(map(self._keeps, inside.split()))}

    def _keeps(self, inner: str) -> bool:
        """Whether the archive still has a file that came out of a container."""
        sha, _, size = inner.partition(":")
        return self.ledger.archive.has(sha, int(size))

    def knows(self, entry: Arrival) -> bool:
        """Whether the file need not be looked into."""
        return entry.sha256 != "" and (entry.sha256, suffix_of(entry)) in self._known

    def found(self, entries: Iterable[Arrival]) -> Iterator["Look"]:
        """What is known of these files, which must be known."""
        for some in _batched(entries, _AHEAD):
            for packed in self._cache.looks([(entry.sha256, suffix_of(entry)) for entry in some]):
                yield self._unpacked(packed)

    def _unpacked(self, packed: bytes) -> "Look":
        try:
            return self._unpacker.look(packed)
        except Exception:  # no night may be lost to what only saves time
            from kaohe.intake.look import Look
            from kaohe.intake.record import Verdict

            self._cache.clear()
            return Look(Verdict.FAULT, "上次读取的结果不能用了，已经清除，请再运行一次", passing=True)

    def former(self) -> dict[str, Place]:
        """The outbox as the last run left it."""
        return {} if self._distrusted else self._cache.outputs()

    def shown(self, night: str) -> bytes | None:
        """What the last run showed, where it rested on the same."""
        return self._cache.night(night)

    def settle(self, names: Iterable[str], outputs: Mapping[str, Place], night: str, shown: bytes) -> None:
        """Write down how a run left everything; ``night`` tells all that it rested on, "" where the next run may find something else."""
        self._cache.settle(set(names), outputs.items(), self.key, night, shown)

    def reading(self, look: "Looker") -> "Looker":
        """A looker that does not look into what is known. Writes nothing down."""
        return self._through(look, lambda *_: None)

    def _through(self, look: "Looker", note: Callable[[Arrival, "Look", bool], None]) -> "Looker":
        def looked(entries: Iterable[Arrival]) -> Iterator["Look"]:
            listed = [(entry, self.knows(entry)) for entry in entries]
            fresh = look([entry for entry, is_known in listed if not is_known])
            found = self.found([entry for entry, is_known in listed if is_known])
            for entry, is_known in listed:
                seen = next(found) if is_known else next(fresh)
                note(entry, seen, not is_known)
                yield replace(seen, packed=b"") if seen.packed else seen

        return looked

    def writing(self, look: "Looker", at: int, restored: Callable[[str], None]) -> "Writing":
        """The same, writing down in the cache what it finds out; ``at`` is the epoch second under which to remember new contents."""
        return Writing(self, look, at, restored)


class Writing:
    """A looker that remembers. ``times`` says when each content was first seen."""

    def __init__(self, memory: Memory, look: "Looker", at: int, restored: Callable[[str], None]) -> None:
        self._memory, self._at, self._restored = memory, at, restored
        self.look = memory._through(look, self._note)
        self.is_passing = False
        """Whether something may be found otherwise the next time, though no file changed."""
        self.times = memory._times
        self._seen: dict[str, int] = {}
        self.received: list[tuple[str, int, str, int]] = []
        """What the ledger does not know yet, for ``Ledger.record``: all at once, so that what one inbox held came at one moment."""
        self._new_places: list[tuple[str, Place]] = []
        self._new_looks: list[tuple[str, str, str, str, bytes]] = []
        self._flushed = time.monotonic()

    def __call__(self, entries: Iterable[Arrival]) -> Iterator["Look"]:
        try:
            yield from self.look(entries)
        finally:
            self.flush()

    def _note(self, entry: Arrival, look: "Look", is_new: bool) -> None:
        found = look.arrival or entry
        if not found.sha256:
            return
        if found.restored:
            self._restored(found.name)
        is_known = found.sha256 in self.times and not is_new
        # What came inside another file was received with it, even where a killed run never got as far as opening that.
        self._seen[found.name] = self.times.setdefault(found.sha256, self._seen.get(found.inside, self._at))
        if not is_known:
            self.received.append((found.sha256, self._seen[found.name], found.name, found.size))
        if found.modified_ns:
            place = Place(found.size, found.modified_ns, found.sha256)
            if self._memory._places.get(found.name) != place:
                self._new_places.append((found.name, place))
        self.is_passing = self.is_passing or look.passing
        if is_new and not look.passing:
            from kaohe.intake.packing import pack

            inside = " ".join(f"{inner.sha256}:{inner.size}" for inner in look.members)
            self._new_looks.append((found.sha256, suffix_of(found), self._memory.key, inside, look.packed or pack(look)))
        if len(self._new_looks) >= _AT_ONCE or time.monotonic() - self._flushed > _AT_LEAST_EVERY:
            self.flush()

    def flush(self) -> None:
        """Write down in the cache what was found out so far."""
        if self._new_places or self._new_looks:
            self._memory._cache.remember(self._new_places, self._new_looks)
        self._new_places, self._new_looks = [], []
        self._flushed = time.monotonic()


def _batched(entries: Iterable[Arrival], size: int) -> Iterator[list[Arrival]]:
    iterator = iter(entries)
    while some := list(islice(iterator, size)):
        yield some


_PROGRAM_FILES = (".py", ".css", ".js")  # style and script of the nightly report among them


def suffix_of(entry: Arrival) -> str:
    """The only part of a file's name that a look depends on."""
    return PurePosixPath(entry.name).suffix.lower()


def office_key(office: Office) -> str:
    """What a look depends on besides the file: the configuration, the rulebook under its readings, and the program."""
    digest = hashlib.sha256(office.config.model_dump_json().encode())
    readings = {reading.id: reading.taken for reading in office.rulebook.readings}
    digest.update(repr((office.rulebook.rules_hash, sorted(readings.items()), __version__, _program())).encode())
    return digest.hexdigest()


def _program() -> list[tuple[str, int, int]]:
    """The program's own files with their sizes and dates: what another version of it found out is not this one's."""
    found = []
    for path in (PROGRAM_ROOT / "kaohe").rglob("*"):
        if path.suffix not in _PROGRAM_FILES:
            continue
        state = path.stat()
        found.append((path.relative_to(PROGRAM_ROOT).as_posix(), state.st_size, state.st_mtime_ns))
    return sorted(found)
