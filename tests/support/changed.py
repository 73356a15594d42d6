"""Forms as they come back after people have changed them, and what is read from them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.checks.catalogue import MODULES
from kaohe.checks.registry import run_checks
from kaohe.forms.layout import MACHINE_SHEET, MAIN_HEADINGS, MAIN_SHEET
from kaohe.intake.form import FormRead, read_form
from kaohe.intake.record import Record, Verdict
from kaohe.intake.sniff import sniff
from kaohe.intake.workbook import Sheet, read_workbook
from kaohe.text import value_text
from tests.support.forms import filled, layout, opened, program_office, saved, sound_fields

OFFICE = program_office()
ARTICLE: dict[str, Any] = {"title": "民营经济综述", "outlet": "郑州日报", "date": date(2014, 5, 6), "link": "A03版"}
SECOND = ARTICLE | {"title": "第二篇"}
SURVEY: dict[str, Any] = {"title": "营商环境问卷", "date": date(2014, 3, 1)}
ROWS: dict[str, list[dict[str, Any]]] = {"articles": [ARTICLE, SECOND], "questionnaires": [SURVEY]}
FILE = "表.xlsx"


class Said(NamedTuple):
    """A finding, as far as the tests look at it."""

    code: str
    sheet: str
    cell: str
    found: str


@cache
def sound() -> bytes:
    """A form of 金水区 with every field, two articles and a questionnaire."""
    return filled("jinshui", sound_fields(), ROWS)


def book() -> Workbook:
    """The sound form, to be changed."""
    return opened(sound())


def page(workbook: Workbook, name: str = MAIN_SHEET) -> Worksheet:
    """A sheet of it."""
    found = workbook[name]
    assert isinstance(found, Worksheet)
    return found


def unmarked() -> Workbook:
    """The sound form without its machine sheet, as when the sheets people see are copied into a new workbook."""
    workbook = book()
    workbook.remove(page(workbook, MACHINE_SHEET))
    return workbook


def sheets_of(workbook: Workbook) -> tuple[Sheet, ...]:
    """Its cells, with the hidden rows and merged areas that it has now."""
    return tuple(_seen(workbook, sheet) for sheet in sheets_in(saved(workbook)))


def sheets_in(data: bytes) -> tuple[Sheet, ...]:
    """The sheets of a workbook as the reader gives them."""
    return read_workbook(data, sniff(data), OFFICE.config.intake).sheets


def _seen(workbook: Workbook, sheet: Sheet) -> Sheet:
    found = page(workbook, sheet.name)
    hidden = frozenset(number - 1 for number, row in found.row_dimensions.items() if row.hidden)
    merged = tuple((area.min_row - 1, area.min_col - 1, area.max_row - 1, area.max_col - 1) for area in found.merged_cells.ranges)
    return replace(sheet, hidden=hidden, merged=merged)


def read(workbook: Workbook) -> FormRead:
    """What is read from it by cells alone: openpyxl leaves merges where they were when rows are moved."""
    return read_form([replace(sheet, merged=()) for sheet in sheets_in(saved(workbook))], OFFICE)


def accepted(result: FormRead) -> Record:
    """The record of an accepted form."""
    assert (result.verdict, result.unit) == (Verdict.ACCEPTED, "jinshui"), result.reason
    assert result.record is not None
    return result.record


def findings(record: Record) -> list[Said]:
    """Everything the checks say of it."""
    assert MODULES, "importing the catalogue registers the checks"
    return [Said(f.code, f.sheet, f.cell, f.found) for f in run_checks(OFFICE.config, OFFICE.rulebook, {record.unit: record}, {record.unit: FILE})]


def values(record: Record) -> dict[str, Any]:
    """What the fields mean."""
    return {field_id: cell.value for field_id, cell in record.fields.items()}


def refs(record: Record) -> dict[str, str]:
    """Where the fields stand."""
    return {field_id: cell.ref for field_id, cell in record.fields.items()}


def placed(where: Callable[[str, int], str]) -> dict[str, str]:
    """Where the fields would stand after a move of ``(column letter, row)``."""
    return {field_id: where("D", row) for field_id, row in layout().field_rows.items()}


def rows(record: Record, list_id: str) -> list[tuple[str, int, dict[str, Any]]]:
    """A list's rows with their sheet and number."""
    return [(row.sheet, row.number, {c: cell.value for c, cell in row.cells.items()}) for row in record.lists[list_id]]


def retyped(
    fields: Mapping[str, Any],
    lists: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    *,
    unit: str | None = "填报单位：金水区工商联",
    title: str | None = "2014年度工作目标考核填报表",
    columns: Sequence[str] = ("number", "label", "value", "unit", "evidence"),
) -> Workbook:
    """A blank workbook with the form typed over by hand: nothing hidden, no ids, only what people saw. ``fields`` may leave some out."""
    workbook = Workbook()
    main = workbook.worksheets[0]
    main.title = "Sheet1"
    put(main, 1, [title])
    put(main, 2, [unit])
    put(main, 3, [MAIN_HEADINGS[name] for name in columns])
    known = OFFICE.rulebook.fields
    typed = [(n, f) for n, f in enumerate(known.values(), start=1) if f.id in fields]
    for row, (n, field) in enumerate(typed, start=4):
        shown = {"number": n, "label": field.label, "value": typed_value(fields[field.id]), "unit": field.unit, "evidence": "佐证1"}
        put(main, row, [shown[name] for name in columns])
    for list_id, entries in (lists or {}).items():
        entry = OFFICE.rulebook.lists_by_id[list_id]
        sheet = workbook.create_sheet(f"Sheet{len(workbook.sheetnames) + 1}")
        put(sheet, 1, [entry.label])
        put(sheet, 2, ["序号", *(column.label for column in entry.columns)])
        for row, values in enumerate(entries, start=3):
            put(sheet, row, [row - 2, *(typed_value(values.get(column.id)) for column in entry.columns)])
    return workbook


def put(sheet: Worksheet, row: int, cells: Iterable[Any]) -> None:
    """A row of cells from column A on."""
    for column, value in enumerate(cells, start=1):
        sheet.cell(row, column).value = value


def typed_value(value: Any) -> Any:
    """As a person types it."""
    return value_text(value) if isinstance(value, bool) else value
