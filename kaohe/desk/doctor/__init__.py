"""The check-up: everything that a run depends on, each with what was found and what to do."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from kaohe.config.loader import load_office
from kaohe.desk.doctor import computer, folders, mail, settings, wording, work
from kaohe.desk.doctor.result import Check, Grade, Premises, Result
from kaohe.desk.programs import Runner, call
from kaohe.text import os_problem
from kaohe.toml_source import FaultyFile

__all__ = ["CHECKS", "Grade", "Result", "examine"]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("Python", computer.python_version),
    ("程序的组成部分", computer.dependencies),
    ("字体", computer.fonts),
    (".rar 压缩包", computer.rar_reader),
    ("办公软件", computer.office_program),
    ("设置", settings.configuration),
    ("占位的联系方式", settings.placeholders),
    ("文件夹", folders.rooms),
    ("模板", wording.templates),
    ("剩余空间", folders.free_space),
    ("路径长度", folders.path_length),
    ("台账", work.ledger),
    ("时钟", work.clock),
    ("收件箱", work.waiting),
    ("邮件", mail.accounts),
    ("每晚自动运行", work.schedule),
    ("上次运行", work.last_run),
)
"""Every check under the name that is told where it fails itself, in the order of the report. A further one is a line here."""


def examine(config_file: Path, run: Runner = call, now: datetime | None = None) -> Iterator[Result]:
    """The results of all checks. Writes nothing but a file of its own into each folder, which it removes again; never raises."""
    office, faults = None, tuple[str, ...]()
    try:
        office = load_office(config_file)
    except FaultyFile as faulty:
        faults = tuple(map(str, faulty.faults))
    except OSError as error:
        faults = (f"{config_file}：{os_problem(error)}",)
    premises = Premises(config_file, office, faults, now or datetime.now(), run)
    for name, check in CHECKS:
        try:
            yield from check(premises)
        except Exception as error:  # whatever goes wrong in one check, the others are told
            problem = os_problem(error) if isinstance(error, OSError) else f"{type(error).__name__} {error}"
            yield Result(Grade.ACT, name, f"这一项没能检查：{problem}", "请把这一行发给维护人员")
