"""The office's folders: whether they can be used, whether there is room, whether paths are too long."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kaohe.config.model import Config
from kaohe.desk.doctor.result import Premises, Result, act, good, note
from kaohe.files import PARTIAL_PREFIX, PARTIAL_SUFFIX
from kaohe.text import os_problem

_MEGABYTE = 1024 * 1024
_LEAST, _FEW = 300 * _MEGABYTE, 2048 * _MEGABYTE
_WINDOWS_LONGEST = 259
_BELOW = 150
"""Characters that the longest path of a year takes below the office's folder: evidence in the set that stands beside."""
_ROOMS = (("inbox", "收件箱"), ("outbox", "结果文件夹"), ("templates", "模板文件夹"), ("state", "台账文件夹"))


def rooms(premises: Premises) -> Iterator[Result]:
    """A file is really written into each folder and removed again; the inbox need only be read."""
    if premises.office is None:
        return
    for name, chinese in _ROOMS:
        folder = premises.office.config.folder(name)
        yield _room(folder, chinese, written=name != "inbox")


def _room(folder: Path, chinese: str, *, written: bool) -> Result:
    if folder.exists() and not folder.is_dir():
        return act(chinese, f"“{folder}”是一个文件，应当是文件夹", "请把它改名或移走")
    if not folder.exists():
        above = next(parent for parent in folder.parents if parent.exists())
        problem = _refused(above)
        if problem:
            return act(chinese, f"“{folder}”还没有，上级“{above}”{problem}，建不了", "请检查权限，或在 config.toml 的 [folders] 里换一个地方")
        return good(chinese, f"{folder}（还没有，用到时自动新建）")
    try:
        count = sum(1 for _ in folder.iterdir())
    except OSError as error:
        return act(chinese, f"“{folder}”{os_problem(error)}，打不开", "请检查这个文件夹的权限")
    if written and (problem := _refused(folder)):
        return act(chinese, f"“{folder}”{problem}，写不进去", "请检查权限和磁盘；放在网络盘、U盘的，看是否只读、是否断开")
    return good(chinese, f"{folder}（里面有{count}项）")


def _refused(folder: Path) -> str:
    """Why no file can be written there, "" where it can."""
    try:
        handle, name = tempfile.mkstemp(prefix=PARTIAL_PREFIX, suffix=PARTIAL_SUFFIX, dir=folder)
        try:
            os.write(handle, b"kaohe")
            os.fsync(handle)
        finally:
            os.close(handle)
            Path(name).unlink()
    except OSError as error:
        return os_problem(error)
    return ""


def free_space(premises: Premises) -> Iterator[Result]:
    """The archive keeps every file ever received, and a set of results is made beside the old one."""
    if premises.office is None:
        return
    folder = premises.office.config.folder("state")
    free = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
    found = f"{free // _MEGABYTE}MB（{folder.anchor or folder}）"
    if free < _LEAST:
        yield act("剩余空间", found, "太少了，运行可能做到一半就停：请清理磁盘，或把办公文件夹移到别的盘")
    elif free < _FEW:
        yield note("剩余空间", found, "不多了，请清理磁盘")
    else:
        yield good("剩余空间", found)


def path_length(premises: Premises, *, windows: bool = os.name == "nt") -> Iterator[Result]:
    """Windows takes paths of 259 characters where long ones are not switched on."""
    if premises.office is None or not windows:
        return
    config = premises.office.config
    longest = _longest(config)
    found = f"办公文件夹的路径有{len(str(config.home))}个字符，里面的文件最长会到{longest}个"
    if longest > _WINDOWS_LONGEST:
        yield act("路径长度", found, f"Windows 最多{_WINDOWS_LONGEST}个：请把办公文件夹移到靠上的地方，例如 D:\\考核")
    else:
        yield good("路径长度", found)


def _longest(config: Config) -> int:
    return max(len(str(config.folder(name))) for name in ("outbox", "state")) + _BELOW
