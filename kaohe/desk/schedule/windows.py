"""A task of the Windows Task Scheduler, described in its own XML and registered with schtasks."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from kaohe.desk.programs import required
from kaohe.desk.schedule.job import Job
from kaohe.desk.schedule.way import Way
from kaohe.text import clean

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_STARTED = "2014-01-01"
"""Any day in the past: the trigger begins with it, and a fixed one makes the same task for the same office."""


class WindowsTask(Way):
    """Catches up when the computer was off (``StartWhenAvailable``), runs on battery too, opens no window (pythonw)."""

    name, title, program = "windows", "Windows 任务计划程序", "schtasks"

    def shown(self, job: Job) -> Iterator[tuple[str, str]]:
        """The task's description."""
        yield f"任务“{_task_name(job)}”", task_xml(job)

    def by_hand(self, job: Job) -> Iterator[str]:
        """The Task Scheduler's own pages, in the order in which it asks."""
        yield "打开“任务计划程序”→“创建基本任务”，名称写：" + _task_name(job)
        yield f"触发器选“每天”，时间 {job.at:%H:%M}；操作选“启动程序”"
        yield f"程序或脚本：{job.program}"
        yield f"添加参数：{subprocess.list2cmdline(job.arguments)}"
        yield f"起始于：{job.folder}"
        yield "建好后打开它的属性：“条件”里去掉“只有在计算机使用交流电源时才启动此任务”；“设置”里勾上“如果过了计划开始时间，立即启动任务”"

    def install(self, job: Job) -> Iterator[str]:
        """Register the task, in place of one of the same name."""
        handle, name = tempfile.mkstemp(prefix="kaohe-", suffix=".xml")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(encoded(task_xml(job)))
            required(self._run, ["schtasks", "/Create", "/TN", _task_name(job), "/XML", name, "/F"], "登记计划任务")
        finally:
            Path(name).unlink(missing_ok=True)
        yield f"已在“任务计划程序”里登记任务“{_task_name(job)}”"
        yield "到时间电脑关着的，下次开机登录后补上；用电池时也运行；不弹窗口，结果看运行报告和日志"

    def remove(self, job: Job) -> Iterator[str]:
        """Delete the task."""
        if not self.is_installed(job):
            yield "没有安装过，什么也没有做"
            return
        required(self._run, ["schtasks", "/Delete", "/TN", _task_name(job), "/F"], "取消计划任务")
        yield f"已取消任务“{_task_name(job)}”"

    def is_installed(self, job: Job) -> bool:
        """Whether the task is registered."""
        return self._run(["schtasks", "/Query", "/TN", _task_name(job)], b"").status == 0


def _task_name(job: Job) -> str:
    return f"考核每晚运行-{job.key}"


def encoded(xml: str) -> bytes:
    """As schtasks reads it: UTF-16, little-endian, with a byte order mark."""
    return b"\xff\xfe" + xml.encode("utf-16-le")


def task_xml(job: Job) -> str:
    """The task's description, in the order in which Microsoft's schema lists the elements."""
    task = ElementTree.Element("Task", {"version": "1.2", "xmlns": NAMESPACE})
    _add(task, "RegistrationInfo", Description=job.description)
    trigger = _add(_add(task, "Triggers"), "CalendarTrigger", Enabled="true", StartBoundary=f"{_STARTED}T{job.at:%H:%M}:00")
    _add(trigger, "ScheduleByDay", DaysInterval="1")
    user = {"UserId": name} if (name := _user()) else {}
    principal = _add(_add(task, "Principals"), "Principal", **user, LogonType="InteractiveToken", RunLevel="LeastPrivilege")
    principal.set("id", "Author")
    _add(
        task,
        "Settings",
        AllowStartOnDemand="true",
        MultipleInstancesPolicy="IgnoreNew",
        DisallowStartIfOnBatteries="false",
        StopIfGoingOnBatteries="false",
        StartWhenAvailable="true",
        RunOnlyIfNetworkAvailable="false",
        WakeToRun="false",
        Enabled="true",
        Hidden="false",
        ExecutionTimeLimit="PT4H",
        RunOnlyIfIdle="false",
    )
    actions = _add(task, "Actions")
    actions.set("Context", "Author")
    _add(actions, "Exec", Command=str(job.program), Arguments=subprocess.list2cmdline(job.arguments), WorkingDirectory=str(job.folder))
    ElementTree.indent(task)
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + ElementTree.tostring(task, encoding="unicode") + "\n"


def _add(parent: ElementTree.Element, tag: str, **children: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag)
    for name, text in children.items():
        ElementTree.SubElement(element, name).text = clean(text)
    return element


def _user() -> str:
    """The account of whoever installs it, as Windows writes it; "" elsewhere."""
    domain, name = os.environ.get("USERDOMAIN", ""), os.environ.get("USERNAME", "")
    return f"{domain}\\{name}" if domain and name else ""
