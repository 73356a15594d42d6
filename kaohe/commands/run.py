"""``run``: the nightly batch."""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import app, screen
from kaohe.config.loader import Office, load_office
from kaohe.desk.nightly_log import NightlyLog, log_folder
from kaohe.text import os_problem
from kaohe.toml_source import FaultyFile, TomlSource, read_toml


@app.command("run", cls=ChineseCommand, help="每晚运行：读收件箱，核对、计分、排名，更新 outbox。")
def run_batch(
    context: typer.Context,
    rehash: Annotated[bool, typer.Option("--rehash", metavar="", help="不管以前读过没有，每个文件都重新读取、核对，结果全部重做。")] = False,
) -> None:
    """The nightly batch, kept in the log too. Where nothing has changed since the last run, its result is said again."""
    office = _office_logged(context)
    if rehash or not _is_said_again(office):
        from kaohe.commands.outcome import show_outcome
        from kaohe.progress import OnConsole
        from kaohe.run import remember, run

        outcome = run(office, datetime.now(), OnConsole(screen.out, screen.say), rehash=rehash)
        remember(office, outcome, show_outcome(outcome).packed())


def _is_said_again(office: Office) -> bool:
    """Say the last result again where it still stands; whether that was so."""
    from kaohe.night import unchanged

    packed = unchanged(office)
    if packed is None:
        return False
    with contextlib.suppress(ValueError, KeyError, TypeError):
        from kaohe.commands.shown import Shown, show

        shown = Shown.unpacked(packed)
        screen.say("收件箱、设置和模板与上次运行时一样，outbox 里的结果没有改动：")
        show(shown)  # ends with the counts, which the log's last line repeats
        return True
    return False


def _office_logged(context: typer.Context) -> Office:
    """The office, with its log begun: before the configuration is looked at, so that a faulty one is found there in the morning.

    An office that never ran has no log yet, and gets one only with a sound configuration.
    """
    file = Path(context.obj)
    source = _readable(file)
    folder = log_folder(file, source.data if source else {})
    begun = folder.parent.is_dir()
    if begun:
        _keep_log(folder, file)
    office = load_office(file, source)
    if not begun:
        _keep_log(folder, file)
    return office


def _readable(file: Path) -> TomlSource | None:
    """The configuration as it stands there, parsed once: with thousands of units that is what takes longest in a night without changes."""
    with contextlib.suppress(FaultyFile):  # told by whoever asks for the office
        return read_toml(file)
    return None


def _keep_log(folder: Path, config_file: Path) -> None:
    try:
        screen.record(NightlyLog(folder, config_file))
    except OSError as error:
        if folder.parent.is_dir():  # else the run itself says so
            screen.complain(f"注意：日志写不了，“{folder}”{os_problem(error)}；其他照常。")
