"""Checks across units: the same thing claimed twice, the same workbook sent twice."""

from collections.abc import Iterator

from kaohe.checks.finding import Severity
from kaohe.checks.lists import row_key
from kaohe.checks.registry import CohortCase, Hit, cohort_check, row_hit
from kaohe.forms.layout import MAIN_SHEET
from kaohe.intake.record import Cell, ListRow
from kaohe.text import shorten


@cohort_check(
    "V-601",
    Severity.DOUBT,
    "与其他单位填了同一件材料",
    found="“{title}”与{others}填的相同",
    expected="同一件材料只归一个单位",
    action="请与有关单位核对归属，不属于本单位的请清空；共同完成的请附说明",
)
def claimed_by_two(case: CohortCase) -> Iterator[Hit]:
    """The same entry of a list of a unit's own work (an article, a topic) is claimed by two units. Each of them is asked."""
    for entry in case.rulebook.lists:
        if not entry.own_work:
            continue
        claims: dict[tuple[object, ...], dict[str, ListRow]] = {}
        for code, record in case.records.items():
            for row in record.lists[entry.id]:
                key = row_key(entry, row)
                if key is not None:
                    claims.setdefault(key, {}).setdefault(code, row)
        for rows in claims.values():
            for code, row in rows.items():
                others = "、".join(case.config.units_by_code[other].short for other in rows if other != code)
                if others:
                    yield row_hit(case.rulebook, row, entry.key[0], {"title": shorten(row.cells[entry.key[0]].raw, 40), "others": others}, code)


@cohort_check(
    "V-602",
    Severity.DOUBT,
    "与其他单位的整份表内容相同",
    found="全部填报内容与{others}的完全一样",
    expected="各单位填报本单位的情况",
    action="请核对是否把别的单位的内容粘贴过来了",
)
def same_workbook(case: CohortCase) -> Iterator[Hit]:
    """Two units' workbooks say exactly the same. A form in which nothing was filled in is not asked about."""
    same: dict[tuple[object, ...], list[str]] = {}
    for code, record in case.records.items():
        if any(not cell.blank for cell in record.fields.values()):
            same.setdefault(record.content_key(), []).append(code)
    first_field = next(iter(case.rulebook.fields))
    for codes in same.values():
        for code in codes:
            others = "、".join(case.config.units_by_code[other].short for other in codes if other != code)
            if others:
                place = Cell(MAIN_SHEET, case.records[code].fields[first_field].ref)
                yield Hit(place, first_field, "整份填报表", "", (), unit=code, values={"others": others})
