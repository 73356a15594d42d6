"""Tasks side by side: in a program of one thread, by itself, since a process with threads is never split."""

import subprocess
import sys
from pathlib import Path

import pytest

from kaohe import PROGRAM_ROOT
from kaohe.publish.side_by_side import side_by_side
from kaohe.publish.template_fault import TemplateFault

PROGRAM = """
import os, sys
from functools import partial
from pathlib import Path
from kaohe.publish import side_by_side as subject
from kaohe.publish.template_fault import TemplateFault

subject.processes = lambda: 3
folder = Path(sys.argv[1])

class Strange(Exception):
    def __init__(self, one, two):
        super().__init__("strange")

def task(number):
    if number == 3:
        raise TemplateFault("模板坏了")
    if number == 4:
        os._exit(9)
    if number == 5:
        raise Strange(1, 2)
    if number == 6:
        raise PermissionError(13, "no", "x")
    (folder / str(number)).write_text(str(os.getpid()))

found = dict(subject.side_by_side([partial(task, n) for n in range(12)]))
print({n: f"{type(raised).__name__}: {raised}" for n, raised in sorted(found.items()) if raised is not None})
print(sorted(found) == list(range(12)), str(os.getpid()) in {path.read_text() for path in folder.iterdir()})
"""


def test_each_task_is_done_once_and_what_goes_wrong_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=PROGRAM_ROOT, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    told, whole = done.stdout.splitlines()
    assert told == str(
        {
            3: "TemplateFault: 模板坏了",
            4: "RuntimeError: a process that was making outputs has died",
            5: "RuntimeError: Strange: strange",
            6: "PermissionError: [Errno 13] no: 'x'",
        }
    )
    assert whole == "True False"
    assert sorted(int(path.name) for path in tmp_path.iterdir()) == [0, 1, 2, 7, 8, 9, 10, 11]


def test_where_a_process_cannot_be_split_tasks_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaohe.publish.side_by_side.is_splittable", lambda: False)
    done: list[int] = []

    def faulty() -> None:
        raise TemplateFault("坏")

    found = list(side_by_side([lambda: done.append(1), faulty, lambda: done.append(3)]))
    assert [(number, str(raised)) for number, raised in found] == [(0, "None"), (1, "坏"), (2, "None")]
    assert done == [1, 3]


APART = """
import os, sys
from functools import partial
from pathlib import Path
from kaohe.publish import side_by_side as subject

subject.processes = lambda: 2
folder = Path(sys.argv[1])

def task(number):
    (folder / str(number)).write_text(str(os.getpid()))

print(sorted(subject.side_by_side([partial(task, n) for n in range(30)], apart=10)) == [(n, None) for n in range(30)])
"""


def test_a_task_that_is_to_be_apart_leaves_its_process_to_nobody(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", APART, str(tmp_path)], cwd=PROGRAM_ROOT, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout.splitlines() == ["True"]
    process = [(tmp_path / str(number)).read_text() for number in range(30)]
    assert len(set(process[:10])) == 10
    assert set(process[10:]).isdisjoint(process[:10])


MANY = """
import os, sys
from functools import partial
from pathlib import Path
from kaohe.publish import side_by_side as subject

subject.processes = lambda: 2
folder = Path(sys.argv[1])

def task(number):
    if number == 300:
        os._exit(9)
    (folder / str(number)).write_text("")

found = list(subject.side_by_side([partial(task, n) for n in range(600)]))
lost = [number for number, raised in found if raised is not None]
print(sorted(number for number, _ in found) == list(range(600)), 300 in lost, len(lost) <= 16)
print(sorted(set(range(600)) - set(lost)) == sorted(int(path.name) for path in folder.iterdir()))
"""


def test_of_many_tasks_none_is_lost_or_done_twice_where_a_process_dies(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", MANY, str(tmp_path)], cwd=PROGRAM_ROOT, capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.splitlines() == ["True True True", "True"]
