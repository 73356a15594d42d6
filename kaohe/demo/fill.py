"""Filling a form as a county office would: values typed into the cells that the form gives."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from kaohe.forms.layout import MACHINE_SHEET, MAIN_SHEET, FormLayout
from kaohe.forms.machine_sheet import FIRST_KEY_ROW, KEYS


def fill_form(
    form: bytes,
    layout: FormLayout,
    fields: Mapping[str, Any],
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    evidence: Mapping[str, str] | None = None,
    machine: Mapping[str, str] | None = None,
) -> bytes:
    """A filled copy of ``form``. Values are written as given, so mistakes can be made on purpose; True and False become 是 and 否."""
    workbook = load_workbook(BytesIO(form))
    main = workbook[MAIN_SHEET]
    for field_id, value in fields.items():
        main[layout.value_cell(field_id)] = _typed(value)
    for field_id, text in (evidence or {}).items():
        main[layout.evidence_cell(field_id)] = text
    for list_id, entries in rows.items():
        place = layout.lists[list_id]
        for n, entry in enumerate(entries):
            for column_id, value in entry.items():
                if value is not None:
                    workbook[place.sheet][f"{place.columns[column_id]}{place.first_row + n}"] = _typed(value)
    for key, text in (machine or {}).items():
        workbook[MACHINE_SHEET][f"B{FIRST_KEY_ROW + KEYS.index(key)}"] = text
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _typed(value: Any) -> Any:
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else value
