"""A nightly run killed at any system call: the outbox holds one complete set, and the next run is right."""

from pathlib import Path

import pytest

from tests.support.stories import SAMPLE, Prepare, Story, correction, first_night, meeting, room, same, two_renames
from tests.support.traced import SUPPORTED

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="follows the system calls of a forked process, which is written for Linux on x86-64")


def killed_at(story: Story, step: int) -> bool:
    """One kill and what must hold after it; whether the night came to its end first."""
    ended = story.go(kill_at=step)
    assert story.is_whole(), (step, ended.calls[-1])
    same(story.again(), story.right, (step, ended.calls[-1]))
    return ended.status == 0


STORIES = [first_night, correction, meeting, two_renames]


@pytest.mark.slow
@pytest.mark.parametrize("prepare", STORIES, ids=lambda f: f.__name__)
def test_killed_at_every_call(prepare: Prepare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with room(tmp_path) as folder:
        story, step = Story(folder, prepare, monkeypatch), 1
        while not killed_at(story, step):
            step += 1
        assert step == len(story.whole.calls) - sum(name in ("fsync", "fdatasync") for name in story.whole.calls) + 1
        assert step > 100


def test_killed_at_some_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with room(tmp_path) as folder:
        story = Story(folder, meeting, monkeypatch)
        count = len(story.whole.calls)
        for step in range(1, count, count // SAMPLE):
            killed_at(story, step)
