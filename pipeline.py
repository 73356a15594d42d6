"""The command line of Kaohe: ``pipeline.py --help``."""

import contextlib
import gc
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from kaohe import __version__
from kaohe.chinese_typer import UsageError, complaint
from kaohe.commands import COMMANDS, app
from kaohe.commands.common import DONE, INTERNAL_ERROR, INTERRUPTED, LOCKED, WRONG_CONFIGURATION, screen
from kaohe.files import FolderFault
from kaohe.lock import AlreadyRunning
from kaohe.text import os_problem
from kaohe.toml_source import FaultyFile

__all__ = ["COMMANDS", "app", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    status = INTERNAL_ERROR
    try:
        status = _run(arguments)
    finally:
        screen.finish(status)
    return status


def _run(arguments: Sequence[str] | None) -> int:
    try:
        result = app(args=None if arguments is None else list(arguments), prog_name="pipeline.py", standalone_mode=False)
    except FaultyFile as faulty:
        screen.complain("设置或规则有错，什么也没有做。请改正下面各处后再运行：", *(f"  {fault}" for fault in faulty.faults))
        return WRONG_CONFIGURATION
    except UsageError as error:
        if wrong := complaint(error, COMMANDS):
            screen.complain(f"命令写错了：{wrong}。命令后面加 --help 看用法。")
        return WRONG_CONFIGURATION
    except (KeyboardInterrupt, typer.Abort):
        result = INTERRUPTED
    except AlreadyRunning as running:
        screen.complain(str(running))
        return LOCKED
    except FolderFault as fault:
        screen.complain(str(fault))
        return INTERNAL_ERROR
    except OSError as error:
        where = f"“{error.filename}”" if error.filename else ""
        screen.complain(f"文件或文件夹用不了：{where}{os_problem(error)}。请检查权限、磁盘空间，以及文件是否正被打开。")
        return INTERNAL_ERROR
    except Exception as error:  # the last resort: the office sees a sentence, the maintainer finds the trace in the log
        log = Path(tempfile.gettempdir()) / "kaohe-error.log"
        with contextlib.suppress(OSError):
            log.write_text(f"kaohe {__version__}\n{traceback.format_exc()}", encoding="utf-8")
        screen.complain(f"程序内部错误（{type(error).__name__}），收到的文件没有受影响。详情已写入 {log}，请把它发给维护人员。")
        return INTERNAL_ERROR
    if result == INTERRUPTED:
        screen.complain("已中止。再运行一次即可，不会留下半份结果。")
        return INTERNAL_ERROR
    return result if isinstance(result, int) else DONE


if __name__ == "__main__":
    ended = main()
    gc.freeze()  # nothing is to be looked through for what refers to itself any more
    sys.exit(ended)
