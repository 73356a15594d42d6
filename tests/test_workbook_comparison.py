"""Sheet 自评核定对比 of the consolidated workbook: groups, units and items, self against verified."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.checks.finding import Severity
from kaohe.config.loader import Office
from kaohe.forms.inspection import ABSENT, PRESENT, REFUSED
from kaohe.intake.inspection import Answer, UnitInspection, row_id
from kaohe.intake.record import Cell, Record
from kaohe.rulebook.facts import CellValue
from kaohe.scoring.decision import Adjustment, Decision
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment
from kaohe.text import points_text, value_text
from tests.support import sample
from tests.support.workbooks import PASSED, cohort_of, errors, lines, written

GATE = ("gate_institution", "gate_staff", "gate_funding")
ARTICLES = {"articles": [{"title": f"民营经济综述之{n}", "outlet": "郑州日报", "date": date(2014, 3, 1 + n), "link": None} for n in range(3)]}
MOVED = "本单位的数没有更动；别的单位核定以后，位次随之变动。"


def answer(own: str, value: CellValue, reason: str = "") -> Answer:
    text = points_text(value) if isinstance(value, Fraction) else value_text(value)
    return Answer(own, Cell("核查", "E9", text, value), Cell("核查", "F9", reason, reason or None))


def visit(
    where: Office,
    unit: str,
    *,
    lacks: Sequence[str] = (),
    fields: Mapping[str, Answer] | None = None,
    rows: Mapping[str, Answer] | None = None,
    items: Mapping[str, Answer] | None = None,
) -> tuple[str, UnitInspection]:
    """A group's sheet for one unit: it has every precondition but those it lacks."""
    group = where.config.group_of[unit].name
    gate = {c: answer("", ABSENT if c in lacks else PRESENT, "无专门经费" if c in lacks else "") for c in GATE}
    return f"{group}核查表.xlsx", UnitInspection(unit, group, gate, {}, fields or {}, rows or {}, items or {})


def records_of(where: Office) -> dict[str, Record]:
    """Every unit has reported; members grow the more, the later a unit comes."""
    units = enumerate(where.config.cohort)
    return {unit.code: sample.record(where, unit.code, sample.full_fields(where, n), ARTICLES) for n, unit in units}


def refused(where: Office, record: Record, list_id: str, number: int, reason: str) -> dict[str, Answer]:
    return {row_id(where.rulebook.lists_by_id[list_id], record.lists[list_id][number]): answer("第5行", REFUSED, reason)}


def inspected(where: Office | None = None) -> Assessment:
    """Five of twelve units visited.

    新郑 (scale 0): 核定值 lifts its members' growth from 1% to the highest, which pushes 新密 (scale 7) out of the first five.
    金水: two rows refused and an item cut; 上街: gated; 高新 and 管城: everything agreed.
    """
    where = where or sample.office()
    records = records_of(where)
    jinshui = records["jinshui"]
    visits = [
        visit(where, "xinzheng", fields={"members_end": answer("1010", 1300, "名册有1300人")}),
        visit(
            where,
            "jinshui",
            rows=refused(where, jinshui, "articles", 0, "媒体级别不够") | refused(where, jinshui, "articles", 2, "重复"),
            items={"14.1": answer("3", Fraction(1, 2), "没有总结")},
        ),
        visit(where, "shangjie", lacks=["gate_funding"]),
        visit(where, "gaoxin"),
        visit(where, "guancheng"),
    ]
    return assess(where, records, [], [], visits)


def sheet_of(path: Path, values: bool = True) -> Worksheet:
    return openpyxl.load_workbook(path, data_only=values)["自评核定对比"]


def rows_below(sheet: Worksheet, subtitle: str) -> list[list[object]]:
    """The lines of the table under a subtitle, without its headings."""
    first = next(cell.row for cell in sheet["A"] if str(cell.value or "").startswith(subtitle)) + 1
    found = []
    for row in lines(sheet, first, sheet.max_row, 10):
        if row[0] is None:
            break
        found.append(row)
    start = next(n for n, row in enumerate(found) if row[0] in ("考核组", "单位"))
    return found[start + 1 :]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(inspected(), tmp_path_factory.mktemp("comparison"))
