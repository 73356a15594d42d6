"""Making the demonstration folder: configuration, issued forms, returns in the inbox."""

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office, load_office
from kaohe.demo.fill import fill_form
from kaohe.demo.returns import demo_returns
from kaohe.demo.wrapped import as_sent
from kaohe.files import write_whole
from kaohe.forms.issue import issue_forms, prepare_master
from kaohe.forms.layout import FormLayout
from kaohe.progress import Reporter

MARKER = ".kaohe-demo"
"""A folder with this file was made by the demonstration and may be made anew."""

_STARTED = datetime(2014, 12, 30, 18, 0)


class DemoFolderTaken(Exception):
    """The folder holds something that the demonstration did not make."""


def build_demo(folder: Path, reporter: Reporter, *, gate: bool = True) -> Office:
    """A fresh office folder, forms issued and returns dropped into its inbox; with ``gate`` inspection results stand in its configuration.

    Raises DemoFolderTaken rather than touch a folder of somebody's.
    """
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise DemoFolderTaken
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    write_whole(folder / MARKER, b"")
    write_whole(folder / "config.toml", _demo_config(gate=gate).encode())
    office = load_office(folder / "config.toml")
    master, _ = prepare_master(office)
    forms = {entry.unit.code: entry.path for entry in reporter.track("发放填报表", issue_forms(office, master), len(office.config.cohort))}
    layout, inbox = FormLayout(office.rulebook), office.config.folder("inbox")
    returns = demo_returns(office.rulebook, office.config.cohort)
    for entry in reporter.track("各单位填报", returns, len(returns)):
        data = fill_form(forms[entry.unit].read_bytes(), layout, entry.fields, entry.rows, evidence=entry.evidence, machine=entry.machine)
        _drop(inbox / entry.name, as_sent(entry.name, data), entry.hours_ago)
    _drop(inbox / "会议通知.doc", "不是填报表的文件也会混进来。".encode(), 20)
    _drop(inbox / "没传完的附件.xlsx", b"PK\x03\x04" + bytes(600), 19)
    return office


def _drop(path: Path, data: bytes, hours_ago: int) -> None:
    write_whole(path, data)
    moment = (_STARTED - timedelta(hours=hours_ago)).timestamp()
    os.utime(path, (moment, moment))


def _demo_config(*, gate: bool) -> str:
    """The repository's own configuration with the gate results of the demonstration: one unit fails, one is not inspected yet."""
    text = (PROGRAM_ROOT / "config.toml").read_text(encoding="utf-8")
    if not gate:
        return text
    office = load_office(PROGRAM_ROOT / "config.toml")
    units = office.config.cohort
    tables = ["", "# ────────── 演示用的实地考核结果 ──────────"]
    for n, unit in enumerate(units):
        if n == 7:
            continue
        funded = n != 4
        tables += ["", f"[gate.{unit.code}]", "gate_institution = true", "gate_staff = true", f"gate_funding = {str(funded).lower()}"]
        if not funded:
            tables.append('remark = "办公经费未列入本级财政预算"')
    return text + "\n".join(tables) + "\n"
