"""What all commands share: the typer application, the screen, exit statuses, and finding the office and a unit."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kaohe import PROGRAM_ROOT
from kaohe.chinese_typer import ChineseGroup
from kaohe.config.loader import Office, load_office
from kaohe.config.model import Group, Unit
from kaohe.console import Screen
from kaohe.text import match_key

if TYPE_CHECKING:
    from kaohe.scoring.scorecard import Assessment

DONE, INTERNAL_ERROR, WRONG_CONFIGURATION, LOCKED = 0, 1, 2, 3
INTERRUPTED = 130
"""What typer returns after Ctrl-C."""

screen = Screen()
app = typer.Typer(
    cls=ChineseGroup, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="考核：发表、收表、核对、计分、排名、出通报。"
)


@app.callback()
def choose_office(
    context: typer.Context,
    config: Annotated[Path, typer.Option("-c", "--config", metavar="文件", help="用哪一份设置；各文件夹都相对于它所在的文件夹。")] = PROGRAM_ROOT
    / "config.toml",
) -> None:
    """考核：把考核通知变成填报表，收回来核对、计分、排名，并写成汇总工作簿和通报。"""
    context.obj = config


def office_of(context: typer.Context) -> Office:
    """The office whose configuration the command line names. Raises FaultyFile."""
    return load_office(Path(context.obj))


def find_unit(office: Office, text: str) -> Unit:
    """The assessed unit of this code or name; ends the command with a message where there is none."""
    for unit in office.config.cohort:
        if match_key(text) in {match_key(name) for name in (unit.code, unit.name, unit.short, *unit.aliases)}:
            return unit
    screen.complain(f"没有“{text}”这个单位，可以写：{'、'.join(u.short for u in office.config.cohort)}")
    raise typer.Exit(WRONG_CONFIGURATION)


def find_group(office: Office, text: str) -> Group:
    """The group of this name; ends the command with a message where there is none."""
    for group in office.config.groups:
        if match_key(text) == match_key(group.name):
            return group
    screen.complain(f"没有“{text}”这个考核组，可以写：{'、'.join(group.name for group in office.config.groups)}")
    raise typer.Exit(WRONG_CONFIGURATION)


def refused_lines(assessment: "Assessment") -> Iterator[str]:
    """One line for every file that was not taken, with the reason."""
    from kaohe.intake.record import Verdict

    for file in assessment.files:
        if file.verdict not in (Verdict.ACCEPTED, Verdict.OPENED, Verdict.EVIDENCE):
            yield f"{file.name}：{file.verdict.chinese}。{file.reason}"


def show_refused(assessment: "Assessment") -> None:
    """Say which files were not taken, and why."""
    for line in refused_lines(assessment):
        screen.say(line)
