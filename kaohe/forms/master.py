"""The master form, built from the rulebook; the office may edit it afterwards."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from kaohe.forms.guide_sheet import write_guide_sheet
from kaohe.forms.layout import FormLayout
from kaohe.forms.list_sheets import write_list_sheet
from kaohe.forms.machine_sheet import MachineData, write_machine_sheet
from kaohe.forms.main_sheet import write_main_sheet
from kaohe.forms.shared_formulas import share_formulas
from kaohe.forms.styles import Styles
from kaohe.rulebook.model import Rulebook

if TYPE_CHECKING:
    pass

MASTER_FILE = "submission.xlsx"


def build_master(rulebook: Rulebook) -> bytes:
    """The master workbook: the same rulebook gives the same bytes."""
    buffer = BytesIO()
    from xlsxwriter import Workbook

    workbook = Workbook(buffer, {"in_memory": True})
    day = rulebook.notice_date
    workbook.set_properties({"title": f"{rulebook.year}年度考核填报表", "created": datetime(day.year, day.month, day.day)})
    layout, styles = FormLayout(rulebook), Styles(workbook)
    write_guide_sheet(workbook, layout, styles)
    write_main_sheet(workbook, layout, styles)
    for place in layout.lists.values():
        write_list_sheet(workbook, place, layout, styles)
    write_machine_sheet(workbook, MachineData.of(rulebook))
    sheets = [sheet.get_name() for sheet in workbook.worksheets()]
    workbook.close()
    states = {sheets.index(place.sheet) + 1: (place.state_column, place.first_row, place.last_row) for place in layout.lists.values()}
    return share_formulas(buffer.getvalue(), states)
