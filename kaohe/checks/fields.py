"""Checks of single cells: blank, not there, not what was asked for."""

from collections.abc import Iterator

from kaohe.checks.finding import Severity
from kaohe.checks.registry import Hit, UnitCase, field_hit, row_hit, unit_check
from kaohe.intake.normalise import LARGEST
from kaohe.intake.record import Cell, Problem
from kaohe.text import shorten


@unit_check(
    "V-101",
    Severity.ERROR,
    "必填项未填",
    found="空白",
    expected="每个填报值都要填，没有的填 0，是否类选“是”或“否”",
    action="请在这一格补填",
)
def blank_field(case: UnitCase) -> Iterator[Hit]:
    """A field was left blank."""
    for field_id, cell in case.record.fields.items():
        if cell.blank and cell.ref:
            yield field_hit(case, field_id, cell)


@unit_check(
    "V-102",
    Severity.ERROR,
    "填报项的行不见了",
    found="表里找不到这一行，可能被删除了",
    expected="发给单位的表里的每一行都要保留",
    action="请在退回的表或发给单位的原表里补填这一项",
)
def lost_field(case: UnitCase) -> Iterator[Hit]:
    """The row of a field is no longer in the form."""
    if not case.record.version:
        yield from _lost_fields(case)


def _lost_fields(case: UnitCase) -> Iterator[Hit]:
    """Fields without a place; none where all are: then the whole sheet is gone, and that is one finding."""
    lost = [(field_id, cell) for field_id, cell in case.record.fields.items() if not cell.ref]
    if len(lost) < len(case.record.fields):
        for field_id, cell in lost:
            yield field_hit(case, field_id, cell, {"version": shorten(case.record.version, 20)})


@unit_check(
    "V-103",
    Severity.ERROR,
    "旧版表里没有这一项",
    found="这份表是另一个版本（{version}），没有这一项",
    expected="现在用的表里的每一项都要填",
    action="请在新发的表里补填这一项",
)
def not_in_that_version(case: UnitCase) -> Iterator[Hit]:
    """The form is of another version, which does not ask for this field."""
    if case.record.version:
        yield from _lost_fields(case)


@unit_check(
    "V-104",
    Severity.ERROR,
    "整张填报表不见了",
    found="找不到填报表，或者表里的“填报值”一列不见了",
    expected="发给单位的表里的每张工作表、每一列都要保留",
    action="请在退回的表或发给单位的原表里重新填报",
)
def lost_sheet(case: UnitCase) -> Iterator[Hit]:
    """The main sheet or its value column is gone: no field has a place."""
    if not any(cell.ref for cell in case.record.fields.values()):
        first, cell = next(iter(case.record.fields.items()))
        yield Hit(cell, first, "整张填报表", "", ())


def _with_problem(case: UnitCase, problem: Problem) -> Iterator[Hit]:
    """Every cell, of fields and of list rows, that has this problem."""
    for field_id, cell in case.remarkable.fields:
        if cell.problem is problem:
            yield field_hit(case, field_id, cell, _raw(cell) | {"day": case.rulebook.example_day})
    for row, column_id, cell in case.remarkable.rows:
        if cell.problem is problem:
            column = case.rulebook.lists_by_id[row.list_id].column(column_id)
            values = _raw(cell) | {"day": case.rulebook.example_day, "choices": "、".join(f"“{c}”" for c in column.choices)}
            yield row_hit(case.rulebook, row, column_id, values)


def _raw(cell: Cell) -> dict[str, str]:
    return {"raw": shorten(cell.raw, 40), "note": cell.note}


@unit_check("V-201", Severity.ERROR, "不是数字", found="填了“{raw}”", expected="一个整数，不带文字", action="请只填数字，例如填 12")
def not_a_number(case: UnitCase) -> Iterator[Hit]:
    """Text where a count was asked for."""
    yield from _with_problem(case, Problem.NOT_NUMBER)


@unit_check("V-202", Severity.ERROR, "不是整数", found="填了“{raw}”", expected="整数", action="请填整数，不要小数")
def not_whole(case: UnitCase) -> Iterator[Hit]:
    """A fraction where a count was asked for."""
    yield from _with_problem(case, Problem.NOT_WHOLE)


@unit_check("V-203", Severity.ERROR, "负数", found="填了“{raw}”", expected="0 或正整数", action="请填 0 或正整数")
def negative(case: UnitCase) -> Iterator[Hit]:
    """A negative count."""
    yield from _with_problem(case, Problem.NEGATIVE)


@unit_check(
    "V-204", Severity.ERROR, "数字过大", found="填了“{raw}”", expected=f"不超过 {LARGEST} 的整数", action="请核对是否多打了数字，或计量单位不对"
)
def too_large(case: UnitCase) -> Iterator[Hit]:
    """A count beyond anything that can be meant."""
    yield from _with_problem(case, Problem.TOO_LARGE)


@unit_check(
    "V-205",
    Severity.DOUBT,
    "数字不确定",
    found="填了“{raw}”",
    expected="一个确定的整数",
    action="请填确切的数，不写“约”“余”“以上”或百分比；没有的填 0。确定以前这一项暂不计分",
    withheld=True,
)
def uncertain_number(case: UnitCase) -> Iterator[Hit]:
    """A number that may mean several things (约30, 30余家, 6%)."""
    yield from _with_problem(case, Problem.UNCERTAIN_NUMBER)


@unit_check("V-206", Severity.ERROR, "不是“是”或“否”", found="填了“{raw}”", expected="“是”或“否”", action="请从下拉框里选“是”或“否”")
def not_yes_or_no(case: UnitCase) -> Iterator[Hit]:
    """Something else than 是 or 否."""
    yield from _with_problem(case, Problem.NOT_YES_NO)


@unit_check("V-207", Severity.ERROR, "不在可选范围", found="填了“{raw}”", expected="{choices}之一", action="请从下拉框里选")
def unknown_choice(case: UnitCase) -> Iterator[Hit]:
    """A choice that the list does not offer."""
    yield from _with_problem(case, Problem.NOT_CHOICE)


@unit_check("V-208", Severity.ERROR, "不是日期", found="填了“{raw}”", expected="一个日期，例如 {day}", action="请写成 {day} 的样子")
def not_a_date(case: UnitCase) -> Iterator[Hit]:
    """Something that is no date."""
    yield from _with_problem(case, Problem.NOT_DATE)


@unit_check(
    "V-209",
    Severity.DOUBT,
    "日期不完整",
    found="填了“{raw}”",
    expected="写全年、月、日，例如 {day}",
    action="请把年、月、日写全。写全以前这一行暂不计分",
    withheld=True,
)
def uncertain_date(case: UnitCase) -> Iterator[Hit]:
    """A date without its year or its day."""
    yield from _with_problem(case, Problem.UNCERTAIN_DATE)


@unit_check("V-210", Severity.ERROR, "单元格是错误值", found="显示“{raw}”", expected="直接填写的数字或文字", action="请删掉公式，直接填写结果")
def error_value(case: UnitCase) -> Iterator[Hit]:
    """An error value such as #REF!."""
    yield from _with_problem(case, Problem.ERROR_VALUE)


@unit_check(
    "V-211",
    Severity.ERROR,
    "单元格里是图片",
    found="单元格里嵌入了图片",
    expected="文字或数字",
    action="请把图片里的内容打成文字；图片作为佐证材料另附",
)
def picture(case: UnitCase) -> Iterator[Hit]:
    """A picture pasted into the cell (WPS writes a DISPIMG formula) or laid over it where it is otherwise blank."""
    yield from _with_problem(case, Problem.PICTURE)


@unit_check("V-212", Severity.HINT, "写法已规范", found="{note}", expected="按规定的写法填写", action="如与原意不符，请改正；相符则不用处理")
def normalised(case: UnitCase) -> Iterator[Hit]:
    """A value whose meaning is certain but that was written another way (12家, １２)."""
    for field_id, cell in case.remarkable.fields:
        if cell.note and cell.problem is None:
            yield field_hit(case, field_id, cell, _raw(cell))
    for row, column_id, cell in case.remarkable.rows:
        if cell.note and cell.problem is None:
            yield row_hit(case.rulebook, row, column_id, _raw(cell))


@unit_check(
    "V-213",
    Severity.ERROR,
    "单元格被合并",
    found="{note}",
    expected="每一项、每一行各填各的单元格，不合并",
    action="请取消合并单元格，在每一格分别填写",
)
def merged_away(case: UnitCase) -> Iterator[Hit]:
    """An input that a merge of cells covers: what it is meant to say cannot be seen."""
    yield from _with_problem(case, Problem.MERGED)


@unit_check(
    "V-214",
    Severity.ERROR,
    "分不清填的是哪一项",
    found="{note}",
    expected="序号、填报内容与发给单位的表一致",
    action="请用发给单位的原表填报这一项，不改动序号和填报内容",
)
def uncertain_row(case: UnitCase) -> Iterator[Hit]:
    """A row whose number, label and hidden id say different things: what stands in it is not used."""
    yield from _with_problem(case, Problem.UNCERTAIN_ROW)
