"""Writing and renaming on systems that refuse for a moment, and what they say of it."""

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from kaohe.files import fresh_folder, patiently, write_whole
from kaohe.ledger.store import unchanging
from kaohe.publish.swap import new_folder
from kaohe.text import os_problem
from tests.support.forms import tree


class Held:
    """A step that is refused so many times."""

    def __init__(self, refusals: int) -> None:
        self.left, self.calls = refusals, 0

    def __call__(self) -> None:
        self.calls += 1
        if self.calls <= self.left:
            raise PermissionError(errno.EACCES, "held by a scanner")


def test_what_is_refused_for_a_moment_is_tried_again() -> None:
    step = Held(4)
    patiently(step, tries=5, pause=0)
    assert step.calls == 5
    step = Held(5)
    with pytest.raises(PermissionError):
        patiently(step, tries=5, pause=0)
    assert step.calls == 5


@pytest.mark.skipif(os.name == "nt", reason="Windows tries again")
def test_elsewhere_a_refusal_is_final() -> None:
    step = Held(1)
    with pytest.raises(PermissionError):
        patiently(step)
    assert step.calls == 1


def test_any_other_fault_is_told_at_once() -> None:
    calls = []

    def step() -> None:
        calls.append(1)
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        patiently(step, tries=5, pause=0)
    assert calls == [1]


def test_writing_over_a_file_that_was_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Path.replace
    refused: list[Path] = []

    def held(self: Path, target: Path) -> Path:
        if not refused:
            refused.append(self)
            raise PermissionError(errno.EACCES, "held")
        return plain(self, target)

    monkeypatch.setattr("kaohe.files.patiently", lambda step: patiently(step, tries=2, pause=0))
    monkeypatch.setattr(Path, "replace", held)
    (tmp_path / "a.txt").write_bytes(b"old")
    write_whole(tmp_path / "a.txt", b"new")
    assert len(refused) == 1
    assert tree(tmp_path) == {"a.txt": b"new"}


def test_a_folder_that_stays_is_not_made_for_its_maker_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes the mode 0o700 on Windows for "nobody else", and no later ``chmod`` opens such a folder again."""
    plain, modes = os.mkdir, []

    def mkdir(path: str, mode: int = 0o777, **given: int) -> None:
        modes.append(mode)
        plain(path, mode, **given)

    monkeypatch.setattr(os, "mkdir", mkdir)
    one, other = fresh_folder(tmp_path, ".~a-"), fresh_folder(tmp_path, ".~a-")
    assert one != other
    assert one.parent == other.parent == tmp_path
    assert one.name.startswith(".~a-")
    made = new_folder(tmp_path / "outbox")
    assert (made.parent, made.name.startswith(".~outbox.new-")) == (tmp_path, True)
    assert set(modes) == {0o777}


def test_a_name_that_is_taken_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = iter(["00", "00", "01"])
    monkeypatch.setattr("kaohe.files.secrets.token_hex", lambda _: next(names))
    assert [fresh_folder(tmp_path, "x").name for _ in range(2)] == ["x00", "x01"]


def test_databases_in_folders_of_the_network_of_windows(tmp_path: Path) -> None:
    end = "?mode=ro&immutable=1"
    assert unchanging(PureWindowsPath(r"\\nas\考核 2014\a#1.sqlite3")) == f"file:////nas/%E8%80%83%E6%A0%B8%202014/a%231.sqlite3{end}"
    assert unchanging(PureWindowsPath("D:/a b/x.sqlite3")) == f"file:///D:/a%20b/x.sqlite3{end}"
    assert unchanging(PurePosixPath("/srv/x.sqlite3")) == f"file:///srv/x.sqlite3{end}"
    for number, name in enumerate(("nas", "a#b?c%41 d")):
        path = tmp_path / name / "x.sqlite3"
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA user_version={number + 7}")
        uris = [unchanging(path)]
        if os.name != "nt":
            uris.append(uris[0].replace("file:///", "file:////"))  # two slashes more are the same place to SQLite
        for uri in uris:
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                assert connection.execute("PRAGMA user_version").fetchone() == (number + 7,)


@pytest.mark.parametrize(
    ("number", "windows", "said"),
    [
        (errno.EACCES, 32, "正被别的程序打开"),
        (errno.EACCES, 5, "没有权限"),
        (errno.ENOENT, 206, "路径太长"),
        (errno.ENOENT, 2, "找不到"),
        (errno.EACCES, 21, "所在的磁盘没有准备好"),
        (errno.EINVAL, 64, "所在的网络位置断开了"),
        (errno.ENOSPC, 112, "磁盘已满"),
        (errno.EACCES, None, "没有权限"),
    ],
)
def test_what_windows_says_more_exactly(number: int, windows: int | None, said: str) -> None:
    class Said(OSError):
        winerror = windows  # type: ignore[assignment,unused-ignore]  # only Windows has it

    assert os_problem(Said(number, "")) == said
