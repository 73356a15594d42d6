"""``run``: the nightly batch."""

from datetime import datetime

import typer

from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import app, office_of, screen
from kaohe.progress import OnConsole


@app.command("run", cls=ChineseCommand, help="每晚运行：读收件箱，核对、计分、排名，更新 outbox。")
def run_batch(context: typer.Context) -> None:
    """The nightly batch."""
    from kaohe.commands.outcome import show_outcome
    from kaohe.run import run

    show_outcome(run(office_of(context), datetime.now(), OnConsole(screen.out, screen.say)))
