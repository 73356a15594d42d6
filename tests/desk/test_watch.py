"""The watch over the inbox: when a run is due, what is left alone, and the real thing in a process of its own."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path

import pytest

from kaohe import PROGRAM_ROOT
from kaohe.desk.watch import Rest, Snapshot, next_time, snapshot
from tests.support.forms import drop, filled, office_folder

EMPTY: Snapshot = frozenset()
HALF: Snapshot = frozenset({("a.xlsx", 1, 1)})
WHOLE: Snapshot = frozenset({("a.xlsx", 2, 2)})


def due(rest: Rest, looks: list[tuple[float, Snapshot]]) -> list[float]:
    """The moments at which a run is due; it is made at once."""
    moments = []
    for now, seen in looks:
        if rest.look(seen, now):
            rest.begun(seen)
            moments.append(now)
    return moments


@pytest.mark.parametrize(
    ("looks", "moments"),
    [
        pytest.param([(0, EMPTY), (100, EMPTY)], [], id="nothing happens"),
        pytest.param([(0, WHOLE), (9, WHOLE), (10, WHOLE), (11, WHOLE)], [10], id="quiet for ten seconds"),
        pytest.param([(0, HALF), (8, WHOLE), (12, WHOLE), (18, WHOLE)], [18], id="still growing"),
        pytest.param([(0, WHOLE), (5, EMPTY), (20, EMPTY)], [], id="came and went"),
        pytest.param([(0, WHOLE), (5, EMPTY), (6, WHOLE), (15, WHOLE), (16, WHOLE)], [16], id="came, went and came"),
        pytest.param([(n, frozenset({("big", n, n)})) for n in range(62)], [60], id="never quiet"),
        pytest.param([(0, WHOLE), (10, WHOLE), (50, EMPTY), (60, EMPTY), (90, EMPTY)], [10, 60], id="taken away again"),
    ],
)
def test_when_a_run_is_due(looks: list[tuple[float, Snapshot]], moments: list[float]) -> None:
    assert due(Rest(quiet=10, longest=60, done=EMPTY), looks) == moments


def test_what_changes_during_a_run_asks_for_another() -> None:
    rest = Rest(quiet=10, done=EMPTY)
    rest.begun(HALF)
    assert due(rest, [(0, WHOLE), (10, WHOLE), (20, WHOLE)]) == [10]


def test_once_more_for_what_was_on_its_way() -> None:
    rest = Rest(quiet=10, done=HALF)
    rest.once_more(120)
    assert rest.is_pending
    assert due(rest, [(0, HALF), (119, HALF), (120, HALF), (300, HALF)]) == [120]
    assert not rest.is_pending


def test_the_snapshot_leaves_out_what_only_says_that_a_file_is_open(tmp_path: Path) -> None:
    drop(tmp_path, "登封/表.xlsx", b"12", modified=5)
    drop(tmp_path, "登封/~$表.xlsx", b"1")
    drop(tmp_path, ".~表.et", b"1")
    assert snapshot(tmp_path) == {("登封/表.xlsx", 2, 5_000_000_000)}
    assert snapshot(tmp_path / "没有") == EMPTY


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2014, 12, 31, 8, 0), datetime(2014, 12, 31, 22, 30)),
        (datetime(2014, 12, 31, 22, 30), datetime(2015, 1, 1, 22, 30)),
        (datetime(2014, 12, 31, 23, 0), datetime(2015, 1, 1, 22, 30)),
    ],
)
def test_the_next_time(now: datetime, then: datetime) -> None:
    assert next_time(time(22, 30), now) == then


class Watching:
    """The command in a process of its own; what it says comes line by line."""

    def __init__(self, config: Path) -> None:
        env = os.environ | {"PYTHONUTF8": "1"}
        command = [sys.executable, str(PROGRAM_ROOT / "pipeline.py"), "-c", str(config), "watch"]
        former = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell has it for what it starts in the background
        try:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", env=env)
        finally:
            signal.signal(signal.SIGINT, former)
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def until(self, text: str) -> None:
        """Wait until a line holds the text; fail after a minute without any, or at the end."""
        while True:
            line = self._lines.get(timeout=60)
            assert line is not None, self.said
            self.said.append(line)
            if text in line:
                return

    def end(self) -> int:
        """Ctrl-C; gives the exit status, and takes the last lines in."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=60)
        while (line := self._lines.get(timeout=60)) is not None:
            self.said.append(line)
        return status


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    config = office_folder(tmp_path)
    config.write_text(config.read_text(encoding="utf-8").replace("quiet_seconds = 10 ", "quiet_seconds = 1 "), encoding="utf-8")
    watch = Watching(config)
    yield watch
    watch.process.kill()
    watch.process.wait()


def verdicts(home: Path) -> dict[str, str]:
    return {file["name"]: file["verdict"] for file in json.loads((home / "outbox" / "results.json").read_bytes())["files"]}


@pytest.mark.slow
def test_the_watch_runs_when_the_inbox_changes(watching: Watching, tmp_path: Path) -> None:
    """At the start, for a file copied in two halves, after a run that failed; until Ctrl-C."""
    watching.until("运行完毕（结束代码 0）。继续看守")
    assert verdicts(tmp_path) == {}
    data, config = filled("jinshui", {}), tmp_path / "config.toml"
    with (tmp_path / "inbox" / "金水.xlsx").open("wb") as file:
        file.write(data[: len(data) // 2])
        file.flush()
        watching.until("收件箱有变化，等文件传完")
        file.write(data[len(data) // 2 :])
    watching.until("收件箱有变化，开始运行")
    watching.until("运行完毕（结束代码 0）。继续看守")
    assert verdicts(tmp_path) == {"金水.xlsx": "accepted"}

    sound = config.read_bytes()
    config.write_bytes(sound.replace(b"year = 2014 ", b"year = 1999 "))
    drop(tmp_path / "inbox", "惠济.xlsx", filled("huiji", {}))
    watching.until("没有1999年度的规则")
    watching.until("设置、规则或命令有错，什么也没有做（结束代码 2）。继续看守")
    config.write_bytes(sound)
    drop(tmp_path / "inbox", "惠济/说明.txt", "说明".encode())
    watching.until("运行完毕（结束代码 0）。继续看守")
    assert verdicts(tmp_path) == {"惠济.xlsx": "accepted", "金水.xlsx": "accepted", "惠济/说明.txt": "evidence"}
    assert watching.end() == 0
    assert watching.said[-1] == "已停止看守。"
    assert not [line for line in watching.said if "Traceback" in line]


@pytest.mark.slow
def test_interrupted_in_the_middle_of_a_run(watching: Watching, tmp_path: Path) -> None:
    """The run ends cleanly first, and leaves nothing half done."""
    watching.until("开始看守，先运行一次，开始运行")
    watching.until("正在制作：")
    assert watching.end() == 0
    assert watching.said[-1] == "已停止看守。"
    assert not [line for line in watching.said if "Traceback" in line]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
