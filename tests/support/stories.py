"""Nights worth telling: how the office stands before, what ought to come of it, and what comes of it when something happens meanwhile."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from kaohe.config.loader import Office
from tests.support.concluded import DECISION_FILE, concluded, reviewed
from tests.support.forms import NOON, drop, tree
from tests.support.night import FIRST, Kept, Night, kept, night
from tests.support.traced import Ended, traced

_MEMORY = Path("/dev/shm")
FINAL = "outbox/final/2014/"
SAMPLE = 8
"""Every how manieth part of the calls is tried on a first look; the sweeps try each."""


def first_night(home: Path, patch: pytest.MonkeyPatch) -> Office:
    """Nothing has been run yet."""
    return reviewed(home)


def _one_night(home: Path, patch: pytest.MonkeyPatch) -> Office:
    """A night has been run on a first version, and people have put their own things into the outbox."""
    office = reviewed(home)
    later = home / "inbox" / "金水.xlsx"
    aside = later.read_bytes()
    for path in (later, home / "inbox" / "重发" / "金水.xlsx"):
        path.unlink()
    assert night(office.file, FIRST, patch) == 0
    drop(home, "inbox/金水.xlsx", aside, NOON + 60)
    drop(home, "inbox/重发/金水.xlsx", aside, NOON + 30)
    drop(home, "outbox/办公室的笔记.txt", b"keep")
    drop(home, "outbox/forms/填报表-金水区工商联.xlsx", b"form")
    drop(home, "outbox/final/2013/manifest.json", b"last year's")
    drop(home, "outbox/结果通知/结果通知-旧单位.docx", b"stale")
    (home / "outbox" / "链接").symlink_to("forms")
    return office


def correction(home: Path, patch: pytest.MonkeyPatch) -> Office:
    """A corrected form has come since the night before."""
    return _one_night(home, patch)


def meeting(home: Path, patch: pytest.MonkeyPatch) -> Office:
    """The meeting has approved: this night issues the final set."""
    office = _one_night(home, patch)
    approval = home.parent / "approval"
    concluded(approval)
    shutil.copy2(approval / "inbox" / DECISION_FILE, home / "inbox" / DECISION_FILE)
    shutil.rmtree(approval)
    return office


def two_renames(home: Path, patch: pytest.MonkeyPatch) -> Office:
    """The disk cannot exchange two folders in one step."""
    patch.setattr("kaohe.publish.swap.exchange", lambda one, other: False)
    return _one_night(home, patch)


class Prepare(Protocol):
    """Makes an office's folder as it is before the night."""

    __name__: str

    def __call__(self, home: Path, patch: pytest.MonkeyPatch) -> Office: ...


class Story:
    """A night, what it ought to leave, and what stood in the outbox before."""

    def __init__(self, room: Path, prepare: Prepare, patch: pytest.MonkeyPatch) -> None:
        self.night = Night(room, partial(prepare, patch=patch), patch)
        self._may_be_away = prepare is two_renames
        self.before = outbox(self.night.home)
        assert self.night.run() == 0  # in this process, which remembers what takes long
        self.whole = self.go()
        assert self.whole.status == 0, self.whole.said
        self.after, self.right = outbox(self.night.home), kept(self.night.home)

    def go(self, **how: int | bool) -> Ended:
        """The night from its beginning, in a process of its own to which something happens."""
        self.night.restore()
        return traced(self.night.run, self.night.said, **how)  # type: ignore[arg-type]

    def is_whole(self) -> bool:
        """Whether the outbox holds one complete set: that of before or that of after. Between two renames it may be away for a moment."""
        found = outbox(self.night.home)
        away = self._may_be_away and not (self.night.home / "outbox").exists()
        final = {name: data for name, data in tree(self.night.home).items() if name.startswith(FINAL)}
        issued = {name: data for name, data in self.right.files.items() if name.startswith(FINAL)}
        return (away or found in (self.before, self.after)) and final in ({}, issued)

    def again(self) -> Kept:
        """What the next run leaves, to which nothing happens."""
        ended = traced(self.night.run, self.night.said)
        assert ended.status == 0, ended.said
        return kept(self.night.home)


def outbox(home: Path) -> dict[str, bytes]:
    """The outbox without this year's final set, which has its own tests; empty where there is none."""
    return {name: data for name, data in tree(home).items() if name.startswith("outbox/") and not name.startswith((FINAL, "outbox/final/.~"))}


@contextmanager
def room(otherwise: Path) -> Iterator[Path]:
    """A folder for a story: in memory where the system has that, where flushing costs nothing."""
    if not os.access(_MEMORY, os.W_OK):
        yield otherwise
        return
    with tempfile.TemporaryDirectory(prefix="kaohe-night-", dir=_MEMORY) as folder:
        yield Path(folder)


def same(found: Kept, right: Kept, where: object) -> None:
    """Equal; where it is not, the names that differ are easier to read than the contents."""
    assert sorted(found.files) == sorted(right.files), where
    assert [name for name in found.files if found.files[name] != right.files[name]] == [], where
    assert (found.archive, found.received, found.events) == (right.archive, right.received, right.events), where
