"""Every format of the workbook by name. Nothing else in this package chooses a colour, a font or a border."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from kaohe import look
from kaohe.checks.finding import Severity
from kaohe.scoring.scorecard import ItemState, UnitState

Look: TypeAlias = Mapping[str, Any]

BODY_POINTS = 10
LINE_POINTS = 15.0
"""Height of one line of body text, with room for the fonts that stand in for 宋体 elsewhere."""

DEFAULT_LOOK: Look = {"font_name": look.BODY_FONT, "font_size": BODY_POINTS}
"""Office programs count column widths in digits of this font: half a Chinese character of body text each."""

_BODY: Look = {"font_name": look.BODY_FONT, "font_size": BODY_POINTS, "font_color": look.INK, "valign": "vcenter"}
_CELL: Look = {**_BODY, "border": 1, "border_color": look.RULE}
_HEAD: Look = {**_CELL, "font_name": look.HEAD_FONT, "bg_color": look.HEADER_FILL, "align": "center", "text_wrap": True}
_TEXT: Look = {**_CELL, "text_wrap": True, "quote_prefix": True}
_CENTRE: Look = {**_CELL, "align": "center", "text_wrap": True}
_NUMBER: Look = {**_CENTRE, "text_wrap": False}
_STRONG: Look = {**_NUMBER, "font_name": look.HEAD_FONT}
_BAND: Look = {"bg_color": look.SECTION_FILL, "font_name": look.HEAD_FONT}
_LINK: Look = {"font_color": look.HINT_INK, "underline": 1}
_LEADING: Look = {"font_color": look.HINT_INK}
_MEAN: Look = {**_NUMBER, "bg_color": look.LOCKED_FILL, "num_format": "0.0"}
_ITEM: Look = {**_HEAD, "font_size": 9}
_SIGNED: Look = {"num_format": "+0.00;-0.00;0.00"}
_LARGE: Look = {"font_size": 11}

STYLES: Mapping[str, Look] = {
    "title": {**_BODY, "font_name": look.HEAD_FONT, "font_size": 16, "font_color": look.BRAND, "bottom": 2, "bottom_color": look.BRAND},
    "note": {**_BODY, "font_color": look.MUTED, "text_wrap": True},
    "note line": {**_BODY, "font_color": look.MUTED},
    "subtitle": {**_BODY, "font_name": look.HEAD_FONT, "font_size": 12},
    "head": _HEAD,
    "text": _TEXT,
    "plain": {**_CELL, "text_wrap": True},
    "centre": _CENTRE,
    "number": _NUMBER,
    "difference": {**_NUMBER, "num_format": "+0;-0;0"},
    "fraction difference": {**_NUMBER, **_SIGNED},
    "strong": _STRONG,
    "date": {**_NUMBER, "num_format": 'yyyy"年"m"月"d"日"'},
    "link": {**_CENTRE, **_LINK},
    "leading": {**_CENTRE, **_LEADING},
    "leading text": {**_TEXT, **_LEADING},
    "leading strong": {**_STRONG, **_LEADING},
    "large head": {**_HEAD, **_LARGE},
    "large strong": {**_STRONG, "font_size": 12},
    "large place": {**_STRONG, **_LEADING, "font_size": 12},
    "text link": {**_TEXT, **_LINK},
    "large link": {**_CENTRE, **_LINK, **_LARGE},
    "large centre": {**_CENTRE, **_LARGE},
    "large number": {**_NUMBER, **_LARGE},
    "muted": {**_CENTRE, "font_color": look.MUTED},
    "muted text": {**_TEXT, "font_color": look.MUTED},
    "label": {**_CELL, **_BAND, "text_wrap": True, "valign": "top"},
    "topic": {**_CELL, "text_wrap": True, "valign": "top"},
    "band": {**_CENTRE, **_BAND},
    "band link": {**_CENTRE, **_BAND, **_LINK},
    "band text": {**_CELL, **_BAND, "text_wrap": True},
    "band number": {**_NUMBER, **_BAND},
    "band leading": {**_CELL, **_BAND, **_LEADING, "text_wrap": True},
    "mean": _MEAN,
    "small mean": {**_MEAN, "font_size": 9},
    "mean difference": {**_MEAN, **_SIGNED},
    "deviation": {**_MEAN, "num_format": "0.00"},
    "mean band": {**_MEAN, **_BAND, "font_size": 9},
    "mean label": {**_MEAN, "font_name": look.HEAD_FONT},
    "section head": {**_HEAD, **_BAND},
    "item head": _ITEM,
    "item band": {**_ITEM, **_BAND},
    "item bonus": {**_ITEM, "font_color": look.BRAND, "bg_color": look.BRAND_TINT},
    "error": {**_CENTRE, "bg_color": look.ERROR_FILL, "font_color": look.ERROR_INK},
    "doubt": {**_CENTRE, "bg_color": look.DOUBT_FILL, "font_color": look.DOUBT_INK},
    "hint": {**_CENTRE, "bg_color": look.HINT_FILL, "font_color": look.HINT_INK},
    "good": {**_CENTRE, "bg_color": look.GOOD_FILL, "font_color": look.GOOD_INK},
    "idle": {**_CENTRE, "bg_color": look.LOCKED_FILL, "font_color": look.MUTED},
    "idle text": {**_TEXT, "bg_color": look.LOCKED_FILL, "font_color": look.MUTED},
    "heat low": {**_CENTRE, "bg_color": look.HEAT_LOW},
    "heat high": {**_CENTRE, "bg_color": look.HEAT_HIGH},
    "signer": {**_BODY, **_LARGE, "align": "right"},
    "signature": {**_BODY, **_LARGE, "bottom": 1, "bottom_color": look.INK},
    "signed on": {**_BODY, **_LARGE, "align": "right"},
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
    """The formats of one workbook, and the numbers that they have in its file once that is known."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._formats = {name: book.add_format(dict(properties)) for name, properties in STYLES.items()}

    def show(self, sheet: Worksheet) -> None:
        """Write one cell in each style down the first column, so that the file tells the styles' numbers."""
        for row, style in enumerate(self._formats.values()):
            sheet.write_blank(row, 0, None, style)

    def marks(self, part: str) -> Mapping[str, str]:
        """By name, how a cell says its style, as ``' s="5"'``; from the part of the sheet on which the styles were shown."""
        found = re.findall(r'<c r="A\d+"( s="\d+")/>', part)
        return dict(zip(self._formats, found, strict=True))
