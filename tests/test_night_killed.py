"""A nightly run killed at any system call, or refused any: the outbox holds one complete set, and the next run is right."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from kaohe.config.loader import Office
from tests.support.concluded import DECISION_FILE, concluded, reviewed
from tests.support.forms import NOON, drop, filled, sound_fields, tree
from tests.support.night import FIRST, SECOND, Kept, Night, kept, night
from tests.support.traced import SUPPORTED, Ended, traced

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="follows the system calls of a forked process, which is written for Linux on x86-64")

_MEMORY = Path("/dev/shm")  # noqa: S108 -- a disk in memory, where flushing costs nothing
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


class Story:
    """A night, what it ought to leave, and what stood in the outbox before."""

    def __init__(self, room: Path, prepare: object, patch: pytest.MonkeyPatch) -> None:
        self.night = Night(room, partial(prepare, patch=patch), patch)  # type: ignore[arg-type, call-arg]
        self.before = outbox(self.night.home)
        assert self.night.run() == 0  # in this process, which remembers what takes long
        self.whole = self.go()
        assert self.whole.status == 0, self.whole.said
        self.after, self.right = outbox(self.night.home), kept(self.night.home)

    def go(self, **how: int | bool) -> Ended:
        """The night from its beginning, in a process of its own to which something happens."""
        self.night.restore()
        return traced(self.night.run, self.night.said, **how)  # type: ignore[arg-type]

    def again(self) -> Kept:
        """What the next run leaves, to which nothing happens."""
        ended = traced(self.night.run, self.night.said)
        assert ended.status == 0, ended.said
        return kept(self.night.home)


def outbox(home: Path) -> dict[str, bytes]:
    """The outbox without this year's final set, which has its own tests; empty where there is none."""
    return {name: data for name, data in tree(home).items() if name.startswith("outbox/") and not name.startswith((FINAL, "outbox/final/.~"))}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    if not os.access(_MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="kaohe-night-", dir=_MEMORY) as folder:
        yield Path(folder)


def same(found: Kept, right: Kept, where: object) -> None:
    """Equal; where it is not, the names that differ are easier to read than the contents."""
    assert sorted(found.files) == sorted(right.files), where
    assert [name for name in found.files if found.files[name] != right.files[name]] == [], where
    assert (found.archive, found.received, found.events) == (right.archive, right.received, right.events), where


def killed_at(story: Story, step: int) -> bool:
    """One kill and what must hold after it; whether the night came to its end first."""
    ended = story.go(kill_at=step)
    found = outbox(story.night.home)
    if story.night.home.joinpath("outbox").exists() or not story.before:
        assert found in (story.before, story.after), (step, ended.calls[-1], sorted(found))
    place = story.night.home / FINAL
    assert not place.exists() or {f"{FINAL}{name}": data for name, data in tree(place).items()}.items() <= story.right.files.items(), step
    same(story.again(), story.right, (step, ended.calls[-1]))
    return ended.status == 0


def failing_at(story: Story, step: int, error: int, *, lasting: bool) -> bool:
    """One refusal and what must hold after it; whether the night came to its end first."""
    ended = story.go(fail_at=step, error=error, lasting=lasting)
    where = (step, ended.calls[step - 1 : step], ended.said)
    assert ended.status in (0, 1), where
    assert "Traceback" not in ended.said, where
    assert "程序内部错误" not in ended.said, where
    assert ended.status == 0 or re.search("。\n$", ended.said), where
    found = outbox(story.night.home)
    if story.night.home.joinpath("outbox").exists() or not story.before:
        assert found in (story.before, story.after), where
    same(story.again(), story.right, where)
    return len(ended.calls) < step


STORIES = [first_night, correction, meeting, two_renames]


@pytest.mark.slow
@pytest.mark.parametrize("prepare", STORIES, ids=lambda f: f.__name__)
def test_killed_at_every_call(prepare: object, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story, step = Story(room, prepare, monkeypatch), 1
    while not killed_at(story, step):
        step += 1
    assert step == len(story.whole.calls) - sum(name in ("fsync", "fdatasync") for name in story.whole.calls) + 1
    assert step > 100


@pytest.mark.slow
@pytest.mark.parametrize("prepare", [first_night, meeting], ids=lambda f: f.__name__)
@pytest.mark.parametrize(("error", "lasting"), [(errno.ENOSPC, True), (errno.EACCES, False)], ids=["disk_full", "refused"])
def test_refused_at_every_call(prepare: object, error: int, lasting: bool, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story, step = Story(room, prepare, monkeypatch), 1
    while not failing_at(story, step, error, lasting=lasting):
        step += 1
    assert step > 100


def test_killed_at_some_calls(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(room, meeting, monkeypatch)
    count = len(story.whole.calls)
    for step in range(1, count, count // SAMPLE):
        killed_at(story, step)


def test_refused_at_some_calls(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(room, meeting, monkeypatch)
    count = len(story.whole.calls)
    for step in range(1, count, count // SAMPLE):
        failing_at(story, step, errno.ENOSPC, lasting=True)
