"""Running every night: a systemd timer, a line of cron, or a task of Windows."""

import os
import shutil

from kaohe.desk.programs import ProgramFault, Runner
from kaohe.desk.schedule.cron import Cron
from kaohe.desk.schedule.systemd import Systemd
from kaohe.desk.schedule.way import Way
from kaohe.desk.schedule.windows import WindowsTask

WAYS: tuple[type[Way], ...] = (WindowsTask, Systemd, Cron)


def way_of(name: str, run: Runner) -> Way:
    """The scheduler of this name; for "" the one that this computer has. ProgramFault where there is none, or it cannot be asked."""
    for kind in WAYS:
        if kind.name == name:
            return kind(run)
    if os.name == "nt":
        return WindowsTask(run)
    if shutil.which(Systemd.program) and (systemd := Systemd(run)).is_running():
        return systemd
    if shutil.which(Cron.program):
        return Cron(run)
    raise ProgramFault(
        "这台电脑上没有可以定时运行的程序：systemctl 没有或用不了，crontab 也没有。"
        "请管理员装上 cron，或者在需要时手工运行；也可以用 watch 命令一直看着收件箱。"
    )
