"""A stranger's program: it knows only ``schema --json`` and openpyxl, and fills forms from them."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import load_workbook


def fill(form: bytes, schema: Mapping[str, Any], fields: Mapping[str, object], rows: Mapping[str, Sequence[Mapping[str, object]]]) -> bytes:
    """A form with these values typed into the cells that the schema names."""
    workbook = load_workbook(BytesIO(form))
    for field in schema["fields"]:
        if field["id"] in fields:
            workbook[field["sheet"]][field["cell"]] = _typed(fields[field["id"]])
    for entry in schema["lists"]:
        sheet = workbook[entry["sheet"]]
        for number, row in enumerate(rows.get(entry["id"], ()), start=entry["first_row"]):
            for column in entry["columns"]:
                value = row.get(column["id"])
                if value is not None:
                    sheet[f"{column['column']}{number}"] = _typed(value)
    buffer = BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _typed(value: object) -> Any:
    if isinstance(value, bool):
        return "是" if value else "否"
    return value
