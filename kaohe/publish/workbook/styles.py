"""Every format of the workbook by name. Nothing else in this package chooses a colour, a font or a border."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import xlsxwriter
from xlsxwriter.format import Format

from kaohe import look
from kaohe.checks.finding import Severity
from kaohe.scoring.scorecard import ItemState, UnitState

Look: TypeAlias = Mapping[str, Any]

BODY_POINTS = 10
LINE_POINTS = 15.0
"""Height of one line of body text, with room for the fonts that stand in for 宋体 elsewhere."""

_BODY: Look = {"font_name": look.BODY_FONT, "font_size": BODY_POINTS, "font_color": look.INK, "valign": "vcenter"}
_CELL: Look = {**_BODY, "border": 1, "border_color": look.RULE}
_HEAD: Look = {**_CELL, "font_name": look.HEAD_FONT, "bg_color": look.HEADER_FILL, "align": "center", "text_wrap": True}
_TEXT: Look = {**_CELL, "text_wrap": True, "quote_prefix": True}
_CENTRE: Look = {**_CELL, "align": "center", "text_wrap": True}
_SMALL: Look = {**_HEAD, "font_size": 9, "text_wrap": False}
_BAND: Look = {"bg_color": look.SECTION_FILL, "font_name": look.HEAD_FONT}
_LINK: Look = {"font_color": look.HINT_INK, "underline": 1}
_MEAN: Look = {**_CENTRE, "bg_color": look.LOCKED_FILL, "num_format": "0.0", "text_wrap": False}

STYLES: Mapping[str, Look] = {
    "title": {**_BODY, "font_name": look.HEAD_FONT, "font_size": 16, "font_color": look.BRAND},
    "note": {**_BODY, "font_color": look.MUTED, "text_wrap": True},
    "note line": {**_BODY, "font_color": look.MUTED},
    "subtitle": {**_BODY, "font_name": look.HEAD_FONT, "font_size": 12},
    "head": _HEAD,
    "text": _TEXT,
    "plain": {**_CELL, "text_wrap": True},
    "centre": _CENTRE,
    "number": {**_CENTRE, "text_wrap": False},
    "difference": {**_CENTRE, "num_format": "+0;-0;0", "text_wrap": False},
    "fraction difference": {**_CENTRE, "num_format": "+0.00;-0.00;0.00", "text_wrap": False},
    "strong": {**_CENTRE, "font_name": look.HEAD_FONT, "text_wrap": False},
    "date": {**_CENTRE, "num_format": 'yyyy"年"m"月"d"日"', "text_wrap": False},
    "link": {**_CENTRE, **_LINK},
    "muted": {**_CENTRE, "font_color": look.MUTED},
    "muted text": {**_TEXT, "font_color": look.MUTED},
    "label": {**_CELL, **_BAND, "text_wrap": True, "valign": "top"},
    "topic": {**_CELL, "text_wrap": True, "valign": "top"},
    "band": {**_CENTRE, **_BAND},
    "band text": {**_CELL, **_BAND, "text_wrap": True},
    "band number": {**_CENTRE, **_BAND, "text_wrap": False},
    "mean": _MEAN,
    "small mean": {**_MEAN, "font_size": 8},
    "mean difference": {**_MEAN, "num_format": "+0.00;-0.00;0.00"},
    "deviation": {**_MEAN, "num_format": "0.00"},
    "mean band": {**_MEAN, **_BAND, "font_size": 8},
    "mean label": {**_MEAN, "font_name": look.HEAD_FONT},
    "small head": _SMALL,
    "section head": {**_HEAD, **_BAND, "font_size": 9},
    "upright head": {**_SMALL, "rotation": 90},
    "stacked head": {**_SMALL, "rotation": 270, "valign": "top"},
    "stacked band": {**_SMALL, **_BAND, "rotation": 270, "valign": "top"},
    "stacked bonus": {**_SMALL, "rotation": 270, "valign": "top", "font_color": look.BRAND, "bg_color": look.BRAND_TINT},
    "error": {**_CENTRE, "bg_color": look.ERROR_FILL, "font_color": look.ERROR_INK},
    "doubt": {**_CENTRE, "bg_color": look.DOUBT_FILL, "font_color": look.DOUBT_INK},
    "hint": {**_CENTRE, "bg_color": look.HINT_FILL, "font_color": look.HINT_INK},
    "good": {**_CENTRE, "bg_color": look.GOOD_FILL, "font_color": look.GOOD_INK},
    "idle": {**_CENTRE, "bg_color": look.LOCKED_FILL, "font_color": look.MUTED},
    "idle text": {**_TEXT, "bg_color": look.LOCKED_FILL, "font_color": look.MUTED},
    "heat low": {**_CENTRE, "bg_color": look.HEAT_LOW},
    "heat high": {**_CENTRE, "bg_color": look.HEAT_HIGH},
}

SEVERITY_STYLE: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.DOUBT: "doubt", Severity.HINT: "hint"}

UNIT_STYLE: Mapping[UnitState, str] = {
    UnitState.VALID: "good",
    UnitState.PROVISIONAL: "doubt",
    UnitState.INCOMPLETE: "error",
    UnitState.REJECTED: "error",
    UnitState.MISSING: "idle",
    UnitState.GATED: "idle",
}

ITEM_STYLE: Mapping[ItemState, str] = {
    ItemState.SCORED: "centre",
    ItemState.BLOCKED: "error",
    ItemState.PENDING: "doubt",
    ItemState.UNPLACED: "hint",
    ItemState.VOID: "idle",
}


class Styles:
    """The formats of one workbook, each made when first asked for."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}

    def __getitem__(self, name: str) -> Format:
        if name not in self._made:
            self._made[name] = self._book.add_format(dict(STYLES[name]))
        return self._made[name]
