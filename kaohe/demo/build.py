"""Making the demonstration folder: configuration, issued forms, returns in the inbox."""

import os
import shutil
from datetime import datetime, time, timedelta
from pathlib import Path

import tomlkit

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office, load_office
from kaohe.demo.fill import fill_form
from kaohe.demo.returns import FAILING, demo_returns, remark
from kaohe.demo.wrapped import as_sent
from kaohe.files import write_whole
from kaohe.forms.issue import issue_forms, prepare_master
from kaohe.forms.layout import FormLayout
from kaohe.progress import Reporter

MARKER = ".kaohe-demo"
"""A folder with this file was made by the demonstration and may be made anew."""


class DemoFolderTaken(Exception):
    """The folder holds something that the demonstration did not make."""


def build_demo(folder: Path, reporter: Reporter, *, gate: bool = True, settings: Path = PROGRAM_ROOT / "config.toml") -> Office:
    """A fresh office folder, forms issued and returns dropped into its inbox; with ``gate`` inspection results stand in its configuration.

    ``settings`` is the configuration whose units, year and rules are shown; its folders are not touched.

    Raises DemoFolderTaken rather than touch a folder of somebody's.
    """
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise DemoFolderTaken
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    write_whole(folder / MARKER, b"")
    given = load_office(settings)
    write_whole(folder / "config.toml", _demo_config(given, gate=gate).encode())
    if given.rules.parent != (PROGRAM_ROOT / "rules").resolve():
        shutil.copytree(given.rules, folder / "rules" / str(given.config.year))
    office = load_office(folder / "config.toml")
    master, _ = prepare_master(office)
    forms = {entry.unit.code: entry.path for entry in reporter.track("发放填报表", issue_forms(office, master), len(office.config.cohort))}
    layout, inbox = FormLayout(office.rulebook), office.config.folder("inbox")
    returns = demo_returns(office.rulebook, office.config.cohort, office.config.period)
    ended = _ended(office)
    for entry in reporter.track("各单位填报", returns, len(returns)):
        data = fill_form(forms[entry.unit].read_bytes(), layout, entry.fields, entry.rows, evidence=entry.evidence, machine=entry.machine)
        _drop(
            inbox / entry.name,
            as_sent(entry.name, data, office.config.units_by_code[entry.unit], ended - timedelta(days=4, hours=8, minutes=30)),
            ended - timedelta(hours=entry.hours_ago),
        )
    _drop(inbox / "会议通知.doc", "不是填报表的文件也会混进来。".encode(), ended - timedelta(hours=20))
    _drop(inbox / "没传完的附件.xlsx", b"PK\x03\x04" + bytes(600), ended - timedelta(hours=19))
    return office


def _ended(office: Office) -> datetime:
    """The evening before the assessed period is over."""
    return datetime.combine(office.config.period.end - timedelta(days=1), time(18))


def _drop(path: Path, data: bytes, moment: datetime) -> None:
    write_whole(path, data)
    os.utime(path, (moment.timestamp(), moment.timestamp()))


def _demo_config(office: Office, *, gate: bool) -> str:
    """The configuration with the gate results of the demonstration: one unit fails, one is not inspected yet."""
    text = office.file.read_text(encoding="utf-8-sig")
    if office.file != (PROGRAM_ROOT / "config.toml").resolve():
        document = tomlkit.parse(text)
        for table in ("folders", "gate", "awards", "mail", "fetch"):
            document.pop(table, None)
        text = tomlkit.dumps(document)
    if not gate:
        return text
    units, conditions = office.config.cohort, office.rulebook.gate.conditions
    tables = ["", "# ────────── 演示用的实地考核结果 ──────────"]
    for n, unit in enumerate(units):
        if n == 7:
            continue
        missing = conditions[-1] if n == FAILING else None
        tables += ["", f"[gate.{unit.code}]", *(f"{condition.id} = {str(condition is not missing).lower()}" for condition in conditions)]
        if missing is not None:
            tables.append(f'remark = "{remark(missing)}"')
    return text + "\n".join(tables) + "\n"
