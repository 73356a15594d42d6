"""A nightly run on a full disk, or refused any one system call: it says so in Chinese, and the next run is right."""

import errno
import re
from pathlib import Path

import pytest

from tests.support.stories import SAMPLE, Prepare, Story, first_night, meeting, outbox, room, same
from tests.support.traced import SUPPORTED

pytestmark = pytest.mark.skipif(not SUPPORTED, reason="follows the system calls of a forked process, which is written for Linux on x86-64")


def failing_at(story: Story, step: int, error: int, *, lasting: bool) -> bool:
    """One refusal and what must hold after it; whether the night came to its end first."""
    ended = story.go(fail_at=step, error=error, lasting=lasting)
    where = (step, ended.calls[step - 1 : step], ended.said)
    assert ended.status in (0, 1), where
    assert "Traceback" not in ended.said, where
    assert "程序内部错误" not in ended.said, where
    assert ended.status == 0 or re.search("。\n$", ended.said), where
    assert story.is_whole(), where
    assert outbox(story.night.home) == story.after or "没有更新" in ended.said or ended.status == 1, where
    same(story.again(), story.right, where)
    return len(ended.calls) < step


@pytest.mark.slow
@pytest.mark.parametrize("prepare", [first_night, meeting], ids=lambda f: f.__name__)
@pytest.mark.parametrize(("error", "lasting"), [(errno.ENOSPC, True), (errno.EACCES, False)], ids=["disk_full", "refused"])
def test_refused_at_every_call(prepare: Prepare, error: int, lasting: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with room(tmp_path) as folder:
        story, step = Story(folder, prepare, monkeypatch), 1
        while not failing_at(story, step, error, lasting=lasting):
            step += 1
        assert step > 100


def test_refused_at_some_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with room(tmp_path) as folder:
        story = Story(folder, meeting, monkeypatch)
        count = len(story.whole.calls)
        for step in range(1, count, count // SAMPLE):
            failing_at(story, step, errno.ENOSPC, lasting=True)
