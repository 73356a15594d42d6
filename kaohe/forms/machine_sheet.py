"""The hidden sheet that tells a program what a workbook is; some of its cells are filled when a copy is stamped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from kaohe.forms.layout import MACHINE_SHEET, MAGIC
from kaohe.rulebook.model import Rulebook

if TYPE_CHECKING:
    from xlsxwriter import Workbook

SUBMISSION, INSPECTION, DECISION = "submission", "inspection", "decision"


@dataclass(frozen=True, slots=True)
class MachineData:
    """What the hidden sheet says, key by key; all as text. ``issue`` and ``seal`` stand in forms of the groups and of the meeting."""

    kind: str
    year: str
    version: str
    form_hash: str
    rules_hash: str
    unit_code: str = ""
    unit_name: str = ""
    period_start: str = ""
    period_end: str = ""
    group: str = ""
    fingerprint: str = ""
    issue: str = ""
    seal: str = ""

    @staticmethod
    def of(rulebook: Rulebook, kind: str = SUBMISSION, group: str = "", fingerprint: str = "", issue: str = "") -> MachineData:
        """The data of an unstamped submission form, of a group's inspection form, or of a decision form."""
        hashes = (rulebook.form_hash, rulebook.rules_hash)
        return MachineData(kind, str(rulebook.year), rulebook.version, *hashes, group=group, fingerprint=fingerprint, issue=issue)

    @staticmethod
    def read(found: Mapping[str, str]) -> MachineData:
        """What a returned form's hidden sheet says; what is missing is ""."""
        return MachineData(**{key: found.get(key, "") for key in KEYS})


KEYS = tuple(field.name for field in fields(MachineData))
FIRST_KEY_ROW = 2
STAMPED_KEYS = ("unit_code", "unit_name", "period_start", "period_end")
_SEAL_KEYS = ("issue", "seal")
"""Not in submission forms, whose cells the unit's stamp fills."""


def write_machine_sheet(workbook: Workbook, data: MachineData) -> None:
    """Write the sheet: the magic word, then one key and value a row; stamped cells get the names ``st_<key>``."""
    sheet = workbook.add_worksheet(MACHINE_SHEET)
    sheet.write_string(0, 0, MAGIC)
    for n, key in enumerate(key for key in KEYS if data.kind != SUBMISSION or key not in _SEAL_KEYS):
        row = FIRST_KEY_ROW - 1 + n
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, getattr(data, key))
        if data.kind == SUBMISSION and key in STAMPED_KEYS:
            workbook.define_name(f"st_{key}", f"='{MACHINE_SHEET}'!$B${row + 1}")
    sheet.protect()
    sheet.very_hidden()
