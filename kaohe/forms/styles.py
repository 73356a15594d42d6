"""Named cell formats of the form, made once for a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kaohe import look

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

_BASE: dict[str, Any] = {"font_name": look.BODY_FONT, "font_size": 11, "font_color": look.INK, "valign": "vcenter"}
_BOX = {"border": 1, "border_color": look.RULE}
_LOCKED = _BASE | _BOX | {"text_wrap": True}
_INPUT = _BASE | _BOX | {"bg_color": look.INPUT_FILL, "locked": False}

_STYLES: dict[str, dict[str, Any]] = {
    "plain": _BASE,
    "hidden": _BASE | {"font_color": look.MUTED, "font_size": 8},
    "title": _BASE | {"font_name": look.HEAD_FONT, "font_size": 20, "align": "center", "font_color": look.BRAND},
    "unit": _BASE | {"font_name": look.HEAD_FONT, "font_size": 12},
    "counter": _BASE | {"font_name": look.HEAD_FONT, "font_size": 12, "align": "right", "font_color": look.BRAND},
    "note": _BASE | {"font_size": 10, "font_color": look.MUTED, "text_wrap": True},
    "header": _BASE | _BOX | {"font_name": look.HEAD_FONT, "align": "center", "bg_color": look.HEADER_FILL, "text_wrap": True},
    "section": _BASE | _BOX | {"font_name": look.HEAD_FONT, "font_size": 12, "bg_color": look.SECTION_FILL},
    "subtotal": _BASE | _BOX | {"font_name": look.HEAD_FONT, "bg_color": look.SECTION_FILL, "align": "center", "num_format": '0.##"分";;0"分"'},
    "clause_number": _LOCKED | {"align": "center", "bg_color": look.LOCKED_FILL, "font_size": 10},
    "clause": _LOCKED | {"bg_color": look.LOCKED_FILL, "font_size": 10, "indent": 1},
    "number": _LOCKED | {"align": "center", "font_color": look.MUTED},
    "label": _LOCKED | {"indent": 1},
    "link": _LOCKED | {"indent": 1, "font_color": look.HINT_INK, "underline": 1},
    "centre": _LOCKED | {"align": "center"},
    "rule": _LOCKED | {"font_size": 9, "font_color": look.MUTED},
    "score": _LOCKED | {"align": "center", "font_name": look.HEAD_FONT, "num_format": "0.##"},
    "ranked": _LOCKED | {"align": "center", "font_size": 9, "font_color": look.MUTED},
    "grey": _LOCKED | {"bg_color": look.LOCKED_FILL},
    "integer": _INPUT | {"align": "center", "num_format": "0"},
    "points": _INPUT | {"align": "center", "num_format": "0.##"},
    "yes_no": _INPUT | {"align": "center"},
    "choice": _INPUT | {"align": "center"},
    "text": _INPUT | {"num_format": "@", "text_wrap": True},
    "date": _INPUT | {"align": "center", "num_format": "yyyy-mm-dd"},
    "state": _LOCKED | {"align": "center", "font_size": 10},
    "guide_head": _BASE | {"font_name": look.HEAD_FONT, "font_size": 13, "font_color": look.BRAND},
    "guide": _BASE | {"font_size": 12, "text_wrap": True, "valign": "top"},
    "guide_number": _BASE | {"font_size": 12, "align": "right", "valign": "top"},
    "guide_fact": _BASE | {"font_name": look.HEAD_FONT, "font_size": 12, "text_wrap": True},
    "blank": {"bg_color": "#FFE699"},
    "wrong": {"bg_color": look.ERROR_FILL, "font_color": look.ERROR_INK},
    "doubtful": {"bg_color": look.DOUBT_FILL, "font_color": look.DOUBT_INK},
    "good": {"font_color": look.GOOD_INK},
}


class Styles:
    """The formats by name: ``styles["label"]``."""

    def __init__(self, workbook: Workbook) -> None:
        self._formats: dict[str, Format] = {name: workbook.add_format(properties) for name, properties in _STYLES.items()}

    def __getitem__(self, name: str) -> Format:
        return self._formats[name]
