"""Which of two versions is the newer: when each came, what the mail or the archive says of it, and last its name."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from kaohe.intake.arrival import Arrival

Age: TypeAlias = tuple[int, int, int, int, str]

_DAY, _HOUR = 86_400, 3600
_NUMBERS = (
    re.compile(r"第\s*(\d{1,4}|[一二三四五六七八九十]{1,3})\s*(?:次|版|稿|份)"),
    re.compile(r"(?:^|[^a-z])v(?:er(?:sion)?)?[\s._]*(\d{1,4})(?!\d)"),
    re.compile(r"(?:版本|修改|更正|修订)[\s._]*(\d{1,3})(?!\d)"),
    re.compile(r"\(\s*(\d{1,3})\s*\)"),
)
_DIGITS = {character: value for value, character in enumerate("一二三四五六七八九", start=1)}


class Came(NamedTuple):
    """A file that came at some time (epoch seconds): its name below the inbox, its content, and the date it bore."""

    name: str
    sha256: str
    modified: int
    at: int


def age(came: int, sent: int, own: int, name: str) -> Age:
    """What to sort by, the newest last.

    ``came``: when it was received; ``sent``: the date of the file of the inbox that it came in, of a mail when it was sent;
    ``own``: its own date in its archive or mail. Where all are equal, the number in its name decides, then the name.
    """
    return came, sent, own, number(name.rpartition("/")[2]), name


def number(name: str) -> int:
    """Which version a file's name says it is (“第2次”, “v2”, “修改2”, “(2)”), the first of these that it has; 0 where it says nothing."""
    text = unicodedata.normalize("NFKC", name).lower()
    for pattern in _NUMBERS:
        found = pattern.findall(text)
        if found:
            return _value(found[-1])
    return 0


def believed(sent: int, saved: int) -> int:
    """The date of a mail, 0 where there is none or where it cannot be true: more than a day after the mail was saved."""
    return sent if 0 < sent <= saved + _DAY else 0


def arrivals_of(files: Iterable[tuple[str, str, int]], before: Iterable[Came], contents: Mapping[str, int], now: int) -> dict[str, int]:
    """By name, when each file of the inbox (name, SHA-256, date) came; ``before`` is what is remembered, ``contents`` when each content was first seen.

    A file came once and for all with its name and content, whatever date it bears. Under another name it came anew, unless it was only
    moved: it bears the same date, and the old name is gone. Where nothing is remembered of a content but its first sight (the ledger was
    lost), its oldest file came then, and copies of it that are dated later came at their dates.
    """
    present = [file for file in files if file[1]]
    names = {name: sha for name, sha, _ in present}
    remembered: dict[str, list[Came]] = defaultdict(list)
    for entry in before:
        remembered[entry.sha256].append(entry)
    came: dict[str, int] = {}
    oldest: set[str] = set()
    for name, sha, modified in sorted(present, key=lambda file: (file[2], file[0])):
        known, first = remembered.get(sha, []), contents.get(sha)
        if first is None:
            came[name] = now
        elif not known:
            again = sha in oldest and first + _HOUR < modified <= now
            came[name] = modified if again else first
            oldest.add(sha)
        else:
            same = [entry.at for entry in known if entry.name == name]
            moved = [entry.at for entry in known if entry.modified == modified and not _there(entry, names)]
            came[name] = max(same or moved or [now])
    return came


class Times:
    """When files came, for whoever looks into a whole inbox: told them all first, then asked about each.

    ``before`` is what is remembered (name, SHA-256, date, moment), ``contents`` when each content was first seen, ``now`` the moment of what is new.
    """

    def __init__(self, before: Iterable[tuple[str, str, int, int]], contents: Mapping[str, int], now: int) -> None:
        self._before, self._contents, self.now = [Came(*row) for row in before], contents, now
        self._times: dict[str, int] = {}
        self.fresh: tuple[Came, ...] = ()
        """What is not remembered yet."""

    def noted(self, entries: Sequence[Arrival]) -> None:
        """All files, what lies in mails and archives too."""
        files = ((entry.name, entry.sha256, entry.modified) for entry in entries if not entry.inside)
        self._times = arrivals_of(files, self._before, self._contents, self.now)
        known = set(self._before)
        came = (Came(entry.name, entry.sha256, entry.modified, self(entry)) for entry in entries if entry.sha256)
        self.fresh = tuple(entry for entry in came if entry not in known)

    def __call__(self, entry: Arrival) -> int:
        """When one of them came (epoch seconds)."""
        return came_with(entry.name, self._times, self.now)


def came_with(name: str, times: Mapping[str, int], otherwise: int) -> int:
    """When a file came that may lie in mails or archives: with the file of the inbox that holds it."""
    while name not in times and "/" in name:
        name = name.rpartition("/")[0]
    return times.get(name, otherwise)


def _there(entry: Came, names: Mapping[str, str]) -> bool:
    """Whether the file, or the mail or archive that it lay in, is still in the inbox."""
    if names.get(entry.name) == entry.sha256:
        return True
    folder = entry.name
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        if folder in names:
            return True
    return False


def _value(text: str) -> int:
    """A number in digits, or in Chinese up to 99."""
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _DIGITS.get(text, 0)
    return 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
