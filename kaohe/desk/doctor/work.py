"""The work: ledger and archive, the clock, what waits in the inbox, and whether the night is seen to."""

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from kaohe.desk.doctor.result import Premises, Result, act, good, note
from kaohe.desk.launchers import how_to
from kaohe.desk.nightly_log import last_end, log_folder
from kaohe.desk.programs import ProgramFault
from kaohe.desk.schedule import way_of
from kaohe.desk.schedule.job import nightly_job
from kaohe.intake.arrival import Arrival, arrivals
from kaohe.ledger import Ledger, store
from kaohe.lock import HOLDER_FILE, LOCK_FILE
from kaohe.text import moment_text, os_problem

_CLOCK_TOLERANCE = 3600


def ledger(premises: Premises) -> Iterator[Result]:
    """Whether the ledger is whole and the archive has what it names. Nothing is written."""
    if premises.office is None:
        return
    state = premises.office.config.folder("state")
    path = state / "ledger.sqlite3"
    blocking = [place for place in (path, *store.sides(path), state / LOCK_FILE, state / HOLDER_FILE) if place.is_dir()]
    for place in blocking:
        yield act("台账文件夹", f"“{place}”是一个文件夹，应当是文件", "请把它改名或移走，不然不能运行")
    if (state / "archive").is_file():
        yield act("存档", f"“{state / 'archive'}”是一个文件，应当是文件夹", "请把它改名或移走，不然不能运行")
    if blocking:
        return
    if not path.is_file():
        yield good("台账", "还没有（第一次运行时建立）")
        return
    try:
        with store.reading(path) as connection:
            sound = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
            received = [row[0] for row in connection.execute("SELECT sha256 FROM received")] if sound else []
    except sqlite3.Error:
        sound, received = False, []
    if not sound:
        todo = "下次运行时自动按存档重建，收到的先后和得分不受影响；经常这样的，请检查磁盘"
        yield note("台账", f"“{path}”损坏了", todo)
        return
    lost = [sha for sha in received if not Ledger(state).archived(sha).is_file()]
    if lost:
        yield note("存档", f"“{state / 'archive'}”里缺了{len(lost)}份", "收件箱里还有原件的，下次运行自动补存；请不要手工删改这个文件夹")
    yield good("台账", f"{path}：完好，记着{len(received)}份收件")


def clock(premises: Premises) -> Iterator[Result]:
    """Later than all that is remembered, and not before the period assessed."""
    shown = moment_text(premises.now)
    if premises.office is None:
        yield good("电脑的时钟", shown)
        return
    config = premises.office.config
    latest = Ledger(config.folder("state")).latest()
    if latest is not None and premises.now.timestamp() < latest - _CLOCK_TOLERANCE:
        last = moment_text(datetime.fromtimestamp(latest, UTC).astimezone())
        yield act("电脑的时钟", f"{shown}，比台账里最近的记录（{last}）早", "请校准日期和时间；收到的先后仍按实际次序算")
    elif premises.now.date() < config.period.start:
        yield act("电脑的时钟", f"{shown}，早于考核期开始的{config.period.start}", "请校准日期和时间，或核对 config.toml 里的 [period]")
    else:
        yield good("电脑的时钟", shown)


def waiting(premises: Premises) -> Iterator[Result]:
    """What lies in the inbox that no run has seen."""
    if premises.office is None:
        return
    config = premises.office.config
    known = Ledger(config.folder("state")).times()
    found = list(arrivals(config.folder("inbox"), config.intake.largest))
    new = []
    for entry in found:
        try:
            if not entry.arriving and not entry.refused and _content(entry) not in known:
                new.append(entry.name)
        except OSError as error:
            yield note("收件箱", f"{entry.name}：{os_problem(error)}，读不出来", "关闭打开它的程序，或检查权限后再运行")
    for entry in found:
        if entry.refused:
            yield note("收件箱", f"{entry.name}：{entry.reason}", "请照它说的办")
    if new:
        shown = "、".join(new[:3]) + ("等" if len(new) > 3 else "")
        yield note("收件箱", f"{len(found)}个文件，其中{len(new)}个还没有运行过：{shown}", f"{how_to(config.home, 'run')}，或等今晚自动运行")
    else:
        yield good("收件箱", f"{len(found)}个文件，都运行过" if found else "是空的")


def _content(entry: Arrival) -> str:
    """The SHA-256 of a file that may not have been read yet."""
    if not isinstance(entry.content, Path):
        return entry.sha256
    with entry.content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def schedule(premises: Premises) -> Iterator[Result]:
    """Whether the nightly run is installed for this office."""
    if premises.office is None:
        return
    job = nightly_job(premises.office)
    try:
        way = way_of("", premises.run)
        installed = way.is_installed(job)
    except ProgramFault as fault:
        yield note("每晚自动运行", str(fault), f"没有也可以每天手工运行：{how_to(job.folder, 'run')}")
        return
    if installed:
        yield good("每晚自动运行", f"已安装（{way.title}），每天{job.at:%H:%M}")
    else:
        yield note("每晚自动运行", "没有安装", f"{how_to(job.folder, 'schedule install')}，以后每天{job.at:%H:%M}自动运行")


def last_run(premises: Premises) -> Iterator[Result]:
    """How the last run ended, from the log."""
    folder = log_folder(premises.config_file)
    ended = last_end(folder)
    if not ended:
        yield good("上次运行", "还没有记录")
    elif "结束代码 0" in ended:
        yield good("上次运行", ended)
    elif "结束代码 3" in ended:
        yield note("上次运行", ended, "等那一次运行结束；过了很久还这样的，重新启动电脑后再运行一次")
    else:
        yield act("上次运行", ended, f"看 {folder} 里的 kaohe.log 最后几行，照它说的办，再运行一次")
