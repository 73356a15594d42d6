"""What an input cell lets through, with Chinese prompts and error texts."""

from typing import Any

from kaohe.rulebook.model import Column, Field

YES, NO = "是", "否"
LARGEST = 99_999_999
"""The largest count that can be meant: more is a slip of the keyboard."""

TEXT_LENGTH = 120


def field_validation(field: Field) -> dict[str, Any]:
    """Data validation of a field's input cell."""
    if field.type == "yes_no":
        return listed((YES, NO), field.label)
    return _whole_number(field.label, field.hint)


def column_validation(column: Column, example_day: str) -> dict[str, Any]:
    """Data validation of a list column; ``example_day`` shows how dates are written."""
    match column.type:
        case "integer":
            return _whole_number(column.label, "")
        case "yes_no":
            return listed((YES, NO), column.label)
        case "choice":
            return listed(column.choices, column.label)
        case "date":
            return _period_date(column.label, example_day)
        case _:
            return text_validation(column.label, TEXT_LENGTH)


def text_validation(label: str, length: int) -> dict[str, Any]:
    """At most ``length`` characters of text."""
    return {
        "validate": "length",
        "criteria": "<=",
        "value": length,
        "ignore_blank": True,
        "input_title": label[:30],
        "input_message": f"请填文字，最多{length}个字。",
        "error_title": "文字太长",
        "error_message": f"“{label}”最多{length}个字，请写简短些。",
    }


def _whole_number(label: str, hint: str) -> dict[str, Any]:
    return {
        "validate": "integer",
        "criteria": "between",
        "minimum": 0,
        "maximum": LARGEST,
        "ignore_blank": True,
        "input_title": label[:30],
        "input_message": f"只填整数，不写单位，没有的填 0。{hint}"[:250],
        "error_title": "请填整数",
        "error_message": "这里只能填 0 或正整数，不要写单位、文字或小数。例如填 12，不填“12家”。",
    }


def number_between(label: str, least: int, most: float, *, whole: bool) -> dict[str, Any]:
    """A number within bounds; blank is allowed and means agreed."""
    kind = "整数" if whole else "数"
    return {
        "validate": "integer" if whole else "decimal",
        "criteria": "between",
        "minimum": least,
        "maximum": most,
        "ignore_blank": True,
        "input_title": label[:30],
        "input_message": f"与单位填报一致的空着；有出入的填{kind}（{least}至{most:g}），并写理由。",
        "error_title": f"请填{kind}",
        "error_message": f"这里只能填{least}至{most:g}的{kind}，同意的空着。",
    }


def listed(choices: tuple[str, ...], label: str) -> dict[str, Any]:
    """One of the choices, from a drop-down list."""
    options = "、".join(f"“{c}”" for c in choices)
    return {
        "validate": "list",
        "source": list(choices),
        "ignore_blank": True,
        "input_title": label[:30],
        "input_message": f"请从下拉框里选：{options}。",
        "error_title": "请从下拉框里选",
        "error_message": f"这里只能选{options}。",
    }


def _period_date(label: str, example: str) -> dict[str, Any]:
    return {
        "validate": "date",
        "criteria": "between",
        "minimum": "=st_period_start",
        "maximum": "=st_period_end",
        "ignore_blank": True,
        "input_title": label[:30],
        "input_message": f"请填考核期内的日期，写成 {example} 的样子。",
        "error_title": "日期不对",
        "error_message": f"请填考核期内的日期，写成 {example} 的样子；不在考核期内的不计分。",
    }
