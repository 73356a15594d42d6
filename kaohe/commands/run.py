"""``run``: the nightly batch."""

from datetime import datetime
from pathlib import Path

import typer

from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import app, office_of, screen
from kaohe.desk.nightly_log import NightlyLog, log_folder
from kaohe.progress import OnConsole
from kaohe.text import os_problem


@app.command("run", cls=ChineseCommand, help="每晚运行：读收件箱，核对、计分、排名，更新 outbox。")
def run_batch(context: typer.Context) -> None:
    """The nightly batch; what it says is kept in the log too."""
    from kaohe.commands.outcome import show_outcome
    from kaohe.run import run

    file = Path(context.obj)
    # Before the configuration is looked at, so that a faulty one is found in the log in the morning; an office that never ran has no log yet.
    begun = log_folder(file).parent.is_dir()
    if begun:
        _keep_log(file)
    office = office_of(context)
    if not begun:
        _keep_log(file)
    show_outcome(run(office, datetime.now(), OnConsole(screen.out, screen.say)))


def _keep_log(config_file: Path) -> None:
    folder = log_folder(config_file)
    try:
        screen.record(NightlyLog(folder, config_file))
    except OSError as error:
        if folder.parent.is_dir():  # else the run itself says so
            screen.complain(f"注意：日志写不了，“{folder}”{os_problem(error)}；其他照常。")
