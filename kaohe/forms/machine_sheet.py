"""The hidden sheet that tells a program what a workbook is; some of its cells are filled when a copy is stamped."""

from dataclasses import dataclass, fields

from xlsxwriter import Workbook

from kaohe.forms.layout import MACHINE_SHEET, MAGIC
from kaohe.rulebook.model import Rulebook

SUBMISSION, INSPECTION, DECISION = "submission", "inspection", "decision"


@dataclass(frozen=True, slots=True)
class MachineData:
    """What the hidden sheet says, key by key; all as text."""

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

    @staticmethod
    def of(rulebook: Rulebook, kind: str = SUBMISSION, group: str = "", fingerprint: str = "") -> "MachineData":
        """The data of an unstamped submission form, of a group's inspection form, or of a decision form."""
        return MachineData(kind, str(rulebook.year), rulebook.version, rulebook.form_hash, rulebook.rules_hash, group=group, fingerprint=fingerprint)


KEYS = tuple(field.name for field in fields(MachineData))
FIRST_KEY_ROW = 2
STAMPED_KEYS = ("unit_code", "unit_name", "period_start", "period_end")


def write_machine_sheet(workbook: Workbook, data: MachineData) -> None:
    """Write the sheet: the magic word, then one key and value a row; stamped cells get the names ``st_<key>``."""
    sheet = workbook.add_worksheet(MACHINE_SHEET)
    sheet.write_string(0, 0, MAGIC)
    for n, key in enumerate(KEYS):
        row = FIRST_KEY_ROW - 1 + n
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, getattr(data, key))
        if data.kind == SUBMISSION and key in STAMPED_KEYS:
            workbook.define_name(f"st_{key}", f"='{MACHINE_SHEET}'!$B${row + 1}")
    sheet.protect()
    sheet.very_hidden()
