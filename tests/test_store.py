"""Contents by their hash: kept once, whole or not at all, large ones without being in memory."""

import errno
import hashlib
import os
import shutil
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest

from kaohe.store import FolderStore

LARGE = 16 * 1024 * 1024


def files(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_large_file_is_kept_without_being_in_memory(tmp_path: Path) -> None:
    source, store = tmp_path / "大.xlsx", FolderStore(tmp_path / "archive")
    data = os.urandom(1024) * (LARGE // 1024)
    source.write_bytes(data)
    sha = hashlib.sha256(data).hexdigest()
    tracemalloc.start()
    try:
        assert store.keep_file(source) == sha
        assert tracemalloc.get_traced_memory()[1] < LARGE // 4
    finally:
        tracemalloc.stop()
    assert store.read(sha) == data
    assert store.path(sha).stat().st_mtime == 0
    assert store.keep_file(source) == sha
    assert files(tmp_path / "archive") == [f"{sha[:2]}/{sha}"]


def test_a_large_file_that_the_disk_refuses_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, store = tmp_path / "大.xlsx", FolderStore(tmp_path / "archive")
    source.write_bytes(b"x" * 1024)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("kaohe.store.os.fsync", full)
    with pytest.raises(OSError, match="full"):
        store.keep_file(source)
    assert files(tmp_path / "archive") == []


def test_what_lies_behind_is_read_and_never_written(tmp_path: Path) -> None:
    archive = FolderStore(tmp_path / "archive")
    known = archive.keep(b"known")
    store = FolderStore(tmp_path / "new", behind=archive, scratch=True)
    assert store.keep(b"known") == known
    new = store.keep(b"new")
    assert (store.read(known), store.read(new)) == (b"known", b"new")
    assert (files(tmp_path / "archive"), files(tmp_path / "new")) == ([f"{known[:2]}/{known}"], [f"{new[:2]}/{new}"])
    with pytest.raises(FileNotFoundError):
        store.read("0" * 64)


def test_room_is_what_the_disk_has_left_where_the_folder_will_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=7 if path == tmp_path else 0))
    assert FolderStore(tmp_path / "a" / "b").room() == 7
