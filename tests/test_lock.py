"""One run at a time, and what somebody is told who finds the lock taken."""

import json
import os
import platform
from datetime import datetime
from pathlib import Path

import pytest
from filelock import FileLock

from kaohe.files import FolderFault
from kaohe.lock import AlreadyRunning, alone
from tests.support.forms import drop, tree

NOW = datetime(2014, 12, 8, 3, 0, 5)
BUSY = "另一次运行还没有结束，这次没有做任何事。请等它结束再试。"


def refused(state: Path) -> str:
    """What a second run is told."""
    with pytest.raises(AlreadyRunning) as told, alone(state, NOW):
        raise AssertionError("two at the same time")
    return str(told.value)


def holder(state: Path, **said: object) -> None:
    note = {"process": 4711, "computer": "甲办公室", "started": "2014-12-08T03:00:05"} | said
    drop(state, "run-holder.json", json.dumps(note).encode())


def test_who_holds_the_lock_is_written_beside_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with alone(state, NOW):
        note = json.loads((state / "run-holder.json").read_bytes())
        assert note == {"process": os.getpid(), "computer": platform.node(), "started": "2014-12-08T03:00:05"}
    assert sorted(tree(state)) == ["run.lock"]
    with FileLock(state / "run.lock", timeout=0) as lock:
        assert lock.is_locked


def test_a_run_on_this_computer_is_named(tmp_path: Path) -> None:
    with alone(tmp_path, NOW):
        assert refused(tmp_path) == (
            f"{BUSY}它是2014年12月8日 03:00开始的，在电脑“{platform.node()}”上，进程号 {os.getpid()}。"
            "如果过了很久还没有结束，可以在任务管理器里结束这个进程，或者重新启动电脑，再运行一次，不会留下半份结果。"
        )
        assert sorted(tree(tmp_path)) == ["run-holder.json", "run.lock"]


def test_a_run_on_another_computer_that_may_be_dead(tmp_path: Path) -> None:
    holder(tmp_path)
    with FileLock(tmp_path / "run.lock"):
        assert refused(tmp_path) == (
            f"{BUSY}它是2014年12月8日 03:00开始的，在电脑“甲办公室”上，进程号 4711。如果那台电脑已经关机或死机，过几分钟再试；"
            f"仍然这样，确认没有人在运行后，删掉“{tmp_path / 'run.lock'}”再运行一次。那台电脑还开着时不要删：两次运行会互相妨碍。"
        )


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b"{}", b'{"process": "x", "computer": "y", "started": "z"}'])
def test_a_note_that_cannot_be_read_is_left_out(tmp_path: Path, note: bytes) -> None:
    drop(tmp_path, "run-holder.json", note)
    with FileLock(tmp_path / "run.lock"):
        assert refused(tmp_path) == BUSY


def test_what_a_killed_run_left_does_not_stop_the_next(tmp_path: Path) -> None:
    drop(tmp_path, "run.lock", b"")
    holder(tmp_path)
    with alone(tmp_path, NOW):
        assert json.loads((tmp_path / "run-holder.json").read_bytes())["process"] == os.getpid()


def test_the_lock_is_free_after_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="x"), alone(tmp_path, NOW):
        raise ValueError("x")
    with alone(tmp_path, NOW):
        assert (tmp_path / "run-holder.json").is_file()


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    state = drop(tmp_path, "state", b"a file")
    with pytest.raises(FolderFault) as fault, alone(state, NOW):
        raise AssertionError("no folder")
    assert str(fault.value) == f"准备运行没有做成：“{state}”应当是文件夹，现在是文件。收到的文件没有受影响；请把它改名或移走，然后再运行一次。"


@pytest.mark.parametrize("name", ["run.lock", "run-holder.json"])
def test_a_folder_where_the_lock_should_be_is_named(tmp_path: Path, name: str) -> None:
    drop(tmp_path, f"{name}/x", b"")
    with pytest.raises(FolderFault) as fault, alone(tmp_path, NOW):
        raise AssertionError("no lock")
    assert (
        str(fault.value) == f"准备运行没有做成：“{tmp_path / name}”应当是文件，现在是文件夹。收到的文件没有受影响；请把它改名或移走，然后再运行一次。"
    )
