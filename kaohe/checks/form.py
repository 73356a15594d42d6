"""Checks of the form itself: what people did to it that its reader noticed."""

from collections.abc import Iterator

from kaohe.checks.finding import Severity
from kaohe.checks.registry import Hit, UnitCase, unit_check
from kaohe.intake.record import About


def _remarked(case: UnitCase, about: About) -> Iterator[Hit]:
    """Every remark of this kind, at its place. What a list says concerns the list's items, the rest no item."""
    rulebook = case.rulebook
    for remark in case.record.remarks:
        if remark.about is about:
            list_id = remark.field.partition(".")[0]
            items = rulebook.items_of_list.get(list_id, ())
            clause = "、".join(dict.fromkeys(rulebook.clause_of_item[item].number for item in items))
            yield Hit(remark.cell, remark.field, remark.label, clause, items, values={"text": remark.text, "label": remark.label})


@unit_check(
    "V-404",
    Severity.DOUBT,
    "清单或清单的列不见了",
    found="{text}，按没有填计",
    expected="发给单位的表里的清单和列都要保留",
    action="没有这方面的工作的，不用处理；有的，请在退回的表或发给单位的原表里补填",
)
def lost_list(case: UnitCase) -> Iterator[Hit]:
    """A list or a column of a list is no longer in the form, and counts as not filled in."""
    yield from _remarked(case, About.LOST)


@unit_check(
    "V-502",
    Severity.HINT,
    "按看得见的文字读取",
    found="{text}的系统标记缺失或错位，按看得见的序号和文字读取",
    expected="用发给单位的原表填报",
    action="请核对读出的数与所填的是否一致；以后请直接在发给单位的表里填写，不另外制表",
)
def read_by_labels(case: UnitCase) -> Iterator[Hit]:
    """The hidden ids are gone, and numbers, labels and headings said what is what."""
    yield from _remarked(case, About.LABELS)


@unit_check(
    "V-503",
    Severity.DOUBT,
    "填报单位与系统标记不一致",
    found="{text}",
    expected="各单位用发给本单位的表",
    action="请核对是不是用了别的单位的表；是的，请用发给本单位的表重新填报",
)
def other_name(case: UnitCase) -> Iterator[Hit]:
    """The form shows another unit's name than the one it was sent to; the hidden data win."""
    yield from _remarked(case, About.OTHER_NAME)


@unit_check(
    "V-504",
    Severity.HINT,
    "隐藏的行里有内容",
    found="{text}被隐藏或筛选掉了，里面的内容照常计入",
    expected="没有隐藏的行，没有筛选",
    action="请取消隐藏和筛选，核对这些行；不要的请清空",
)
def hidden_rows(case: UnitCase) -> Iterator[Hit]:
    """Rows with content are hidden or filtered away; they count."""
    yield from _remarked(case, About.HIDDEN)


@unit_check(
    "V-505",
    Severity.HINT,
    "现在的表里没有这一项",
    found="填了{text}，现在用的表里没有这一项，没有取用",
    expected="用现在发的表填报",
    action="请核对现在发的表里有没有相应的项目，有的请在那里填写；没有的不用处理",
)
def not_taken(case: UnitCase) -> Iterator[Hit]:
    """A value for which the form now in use has no place (another version, or a changed hidden id)."""
    yield from _remarked(case, About.NOT_TAKEN)
