"""``schedule`` and ``watch``: the run that nobody has to start."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import INTERNAL_ERROR, WRONG_CONFIGURATION, app, office_of, screen

if TYPE_CHECKING:
    from kaohe.desk.schedule.job import Job

_ACTIONS = ("show", "install", "remove")


@app.command(cls=ChineseCommand, help="每晚自动运行：show 看要装什么，install 安装，remove 取消。")
def schedule(
    context: typer.Context,
    action: Annotated[str, typer.Argument(metavar="show|install|remove", help="看、安装、取消。")] = "show",
    way: Annotated[str, typer.Option("--with", metavar="方式", help="用 windows、systemd 还是 cron；不写则按这台电脑自己选。")] = "",
) -> None:
    """Show, install or remove the nightly run in the scheduler of the system."""
    from kaohe.called import how_to
    from kaohe.desk.programs import ProgramFault, call
    from kaohe.desk.schedule import WAYS, way_of
    from kaohe.desk.schedule.job import nightly_job

    names = [kind.name for kind in WAYS]
    for given, allowed in ((action, _ACTIONS), (way, ("", *names))):
        if given not in allowed:
            screen.complain(f"没有“{given}”这个写法，可以写：{'、'.join(name for name in allowed if name)}")
            raise typer.Exit(WRONG_CONFIGURATION)
    office = office_of(context)
    job = nightly_job(office)
    try:
        if action == "show":
            _show(job, way)
        elif action == "install":
            chosen = way_of(way, call)
            done = list(chosen.install(job))
            screen.say(f"以后每天{job.at:%H:%M}自动运行，用的是{chosen.title}：")
            _say_all(done)
            screen.say(
                f"改时间：改 {office.file} 里 [schedule] 的 at，再{how_to(office.config.home, 'schedule install')}。取消：{how_to(office.config.home, 'schedule remove')}。"
            )
        else:
            _say_all(way_of(way, call).remove(job))
    except ProgramFault as fault:
        screen.complain(str(fault), "自己动手的步骤，{how_to(office.config.home, 'schedule show')}看。")
        raise typer.Exit(INTERNAL_ERROR) from None


def _show(job: "Job", way: str) -> None:
    """What would be installed and how to do it by hand; also where the scheduler's programs are missing."""
    from kaohe.desk.programs import ProgramFault, call
    from kaohe.desk.schedule import way_of
    from kaohe.desk.schedule.cron import Cron

    try:
        chosen, missing = way_of(way, call), ""
        state = "已经安装" if chosen.is_installed(job) else "还没有安装"
    except ProgramFault as fault:
        chosen, missing = way_of(way or Cron.name, call), str(fault)
        state = "看不出是否已经安装"
    screen.say(f"每天{job.at:%H:%M}自动运行，用{chosen.title}，{state}。安装的内容：")
    for where, text in chosen.shown(job):
        screen.say(f"── {where}")
        screen.say(text.rstrip())
    screen.say("自动安装：{how_to(job.folder, 'schedule install')}。自己动手：")
    _say_all(chosen.by_hand(job))
    if missing:
        screen.complain(missing)


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        screen.say(f"  {line}")


@app.command(cls=ChineseCommand, help="看守收件箱：有新文件就运行，等文件传完；按 Ctrl+C 结束。")
def watch(context: typer.Context) -> None:
    """Run the batch whenever the inbox changes, and every day at the hour."""
    from kaohe.desk.watch import Watch, ended_by_system, run_apart

    office = office_of(context)
    try:
        with ended_by_system():
            Watch(office, lambda: run_apart(Path(office.file)), screen.say).keep()
    except KeyboardInterrupt:
        screen.say("已停止看守。")
