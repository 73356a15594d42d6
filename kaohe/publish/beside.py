"""A whole set that could not be put in the place of the outbox: it stands beside, until a later run has put a newer one in place."""

import contextlib
import errno
import glob
import json
import shutil
from datetime import datetime
from pathlib import Path

from kaohe.files import patiently, write_whole
from kaohe.text import os_problem

MARKER = ".kaohe-新结果.json"
"""Stands in a folder that this program made and may delete again, with the size and date of each file it put there."""

_MOUNTED = (errno.EBUSY, errno.EXDEV)


def put_beside(new: Path, outbox: Path, generated: datetime, error: OSError) -> str:
    """Give the new set a name of its own beside the outbox; says in Chinese why, where it is and what to do. OSError when that fails too."""
    write_whole(new / MARKER, (json.dumps(_listed(new), ensure_ascii=False, indent=0) + "\n").encode())
    clear_beside(outbox)
    name = f"{outbox.name}-新结果-{generated:%Y%m%d-%H%M%S}"
    numbered = [outbox.with_name(name), *(outbox.with_name(f"{name}-{n}") for n in range(2, 100))]
    target = next((path for path in numbered if not path.exists()), numbered[-1])
    patiently(lambda: new.rename(target))
    if error.errno in _MOUNTED:
        remedy = f"“{outbox.name}”是单独挂接的磁盘，不能整个替换，请在 config.toml 的 [folders] 里把 outbox 改成它下面的一个文件夹"
    else:
        remedy = f"请关闭“{outbox.name}”里正在 Excel、WPS 里打开的文件和打开着的文件夹窗口，下次运行会自动换好，并删掉那个新文件夹"
    return f"“{outbox}”没有更新（{os_problem(error)}），里面仍是上一次的结果。这次的结果完整地放在“{target}”。{remedy}"


def clear_beside(outbox: Path) -> None:
    """Delete the sets that earlier runs had to put beside; what somebody changed or added there stays."""
    for folder in outbox.parent.glob(f"{glob.escape(outbox.name)}-新结果-*"):
        with contextlib.suppress(OSError, ValueError, TypeError):
            listed = json.loads((folder / MARKER).read_bytes())
            if all(entry == listed.get(name) for name, entry in _listed(folder).items()):
                shutil.rmtree(folder)


def _listed(folder: Path) -> dict[str, list[int]]:
    """Every file with its size and date; links are named as they are."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        if path.name != MARKER and (path.is_symlink() or path.is_file()):
            found[path.relative_to(folder).as_posix()] = [state.st_size, state.st_mtime_ns]
    return found
