"""Forms in memory and office folders on disk: issued and filled as a county office would, without a clock."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office, load_office
from kaohe.demo.fill import fill_form
from kaohe.forms.layout import FormLayout
from kaohe.forms.master import build_master
from kaohe.forms.stamp import Master, stamp_values
from kaohe.rulebook.facts import CellValue
from tests.support.sample import full_fields, write_config

ALL_PASSED = "gate_institution = true\ngate_staff = true\ngate_funding = true\n"
NOON = 1_422_849_600
"""Noon of 2 February 2015 in Beijing, for modification times and first sights: after every meeting of the tests."""


@cache
def program_office() -> Office:
    """The repository's own configuration and rulebook."""
    return load_office(PROGRAM_ROOT / "config.toml")


@cache
def layout() -> FormLayout:
    """Where everything stands in the form."""
    return FormLayout(program_office().rulebook)


@cache
def master_bytes() -> bytes:
    """The master, built once."""
    return build_master(program_office().rulebook)


@cache
def stamped(code: str = "jinshui") -> bytes:
    """The unfilled form of one unit."""
    office = program_office()
    return Master(master_bytes()).stamp(stamp_values(office.config, office.config.units_by_code[code]))


def filled(
    code: str = "jinshui",
    fields: Mapping[str, Any] | None = None,
    rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    machine: Mapping[str, str] | None = None,
) -> bytes:
    """A form with these values (and no others), every given field with an evidence number."""
    fields = fields or {}
    return fill_form(stamped(code), layout(), fields, rows or {}, evidence=dict.fromkeys(fields, "佐证1"), machine=machine)


def sound_fields(**changed: Any) -> dict[str, Any]:
    """Every field with a plausible figure, and these instead."""
    values: dict[str, CellValue] = dict(full_fields(program_office()))
    return values | changed


def opened(data: bytes) -> Workbook:
    """A workbook as openpyxl sees it."""
    return load_workbook(BytesIO(data))


def saved(workbook: Workbook) -> bytes:
    """A workbook as openpyxl writes it."""
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def passed_gate(*codes: str) -> str:
    """Configuration text: these units have been inspected and lack nothing."""
    return "".join(f"\n[gate.{code}]\n{ALL_PASSED}" for code in codes)


def office_folder(folder: Path, extra: str = "") -> Path:
    """An office's own folder with the repository's configuration, ``extra`` appended; returns the configuration file."""
    return write_config(folder, (PROGRAM_ROOT / "config.toml").read_text(encoding="utf-8") + extra)


def drop(inbox: Path, name: str, data: bytes, modified: int = NOON) -> Path:
    """A file in the inbox (``name`` may hold folders), modified at that epoch second."""
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (modified, modified))
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
