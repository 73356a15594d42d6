"""One run at a time in one office: a lock that goes with the process, and a note of who holds it for those who find it taken."""

import contextlib
import json
import os
import platform
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from kaohe.files import FolderFault, told, write_whole, wrong_kind
from kaohe.text import moment_text

LOCK_FILE, HOLDER_FILE = "run.lock", "run-holder.json"


class AlreadyRunning(Exception):
    """Another run holds the lock; says in Chinese since when, on which computer, and what to do if it is surely dead."""


@contextlib.contextmanager
def alone(state: Path, now: datetime) -> Iterator[None]:
    """Hold the office's lock. AlreadyRunning when somebody else does; FolderFault when the folder ``state`` cannot be used."""
    from filelock import FileLock, Timeout  # only where something is to be held: most nights find nothing to do

    holder = state / HOLDER_FILE
    for place in (state / LOCK_FILE, holder):
        if place.is_dir():  # asked here: Windows would only say that there is no permission
            raise FolderFault(f"准备运行没有做成：{wrong_kind(place)}")
    lock = FileLock(state / LOCK_FILE, timeout=0)
    with told("准备运行", state):
        state.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise AlreadyRunning(_explained(state)) from None
    try:
        with told("准备运行", state):
            write_whole(holder, _note(now))
        yield
    finally:
        with contextlib.suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def _note(now: datetime) -> bytes:
    note = {"process": os.getpid(), "computer": platform.node(), "started": now.isoformat(timespec="seconds")}
    return (json.dumps(note, ensure_ascii=False, indent=1) + "\n").encode()


def _explained(state: Path) -> str:
    text = "另一次运行还没有结束，这次没有做任何事。请等它结束再试。"
    try:
        note = json.loads((state / HOLDER_FILE).read_bytes())
        started = datetime.fromisoformat(note["started"])
        process, computer = int(note["process"]), str(note["computer"])
    except (OSError, ValueError, KeyError, TypeError):
        return text
    who = f"它是{moment_text(started)}开始的，在电脑“{computer}”上，进程号 {process}。"
    if computer == platform.node():
        remedy = "如果过了很久还没有结束，可以在任务管理器里结束这个进程，或者重新启动电脑，再运行一次，不会留下半份结果。"
    else:
        remedy = (
            f"如果那台电脑已经关机或死机，过几分钟再试；仍然这样，确认没有人在运行后，删掉“{state / LOCK_FILE}”再运行一次。"
            "那台电脑还开着时不要删：两次运行会互相妨碍。"
        )
    return text + who + remedy
