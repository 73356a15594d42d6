"""``run``: the nightly batch."""

from datetime import datetime
from pathlib import Path

import typer

from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import app, office_of, screen
from kaohe.progress import OnConsole
from kaohe.text import os_problem


@app.command("run", cls=ChineseCommand, help="每晚运行：读收件箱，核对、计分、排名，更新 outbox。")
def run_batch(context: typer.Context) -> None:
    """The nightly batch; what it says is kept in the log too."""
    from kaohe.commands.outcome import show_outcome
    from kaohe.run import run

    _keep_log(Path(context.obj))
    show_outcome(run(office_of(context), datetime.now(), OnConsole(screen.out, screen.say)))


def _keep_log(config_file: Path) -> None:
    """Before the configuration is looked at, so that a faulty one is found in the log in the morning."""
    from kaohe.desk.nightly_log import NightlyLog, log_folder

    if not config_file.is_file():
        return
    folder = log_folder(config_file)
    try:
        screen.record(NightlyLog(folder, config_file))
    except OSError as error:
        screen.complain(f"注意：日志写不了，“{folder}”{os_problem(error)}；其他照常。")
