"""Measures and fonts of official documents after GB/T 9704-2012, in one place for templates, typesetting and tests."""

PAGE_WIDTH_MM = 210.0
PAGE_HEIGHT_MM = 297.0
TOP_MM = 37.0
LEFT_MM = 28.0
TYPE_WIDTH_MM = 156.0
TYPE_HEIGHT_MM = 225.0
RIGHT_MM = PAGE_WIDTH_MM - LEFT_MM - TYPE_WIDTH_MM
BOTTOM_MM = PAGE_HEIGHT_MM - TOP_MM - TYPE_HEIGHT_MM

CHARS_PER_LINE = 28

BODY_PT = 16.0
TITLE_PT = 22.0
SMALL_PT = 14.0
LINE_PT = 28.95

ISSUER_MARK_TOP_MM = 35.0
"""From the top of the type area to the top of the issuer's mark of a notification."""

LETTER_MARK_TOP_MM = 30.0
"""From the top of the page to the top of the issuer's mark of a letter."""

RULE_GAP_MM = 4.0
LETTER_RULE_MM = 170.0
LETTER_RULE_BOTTOM_MM = 20.0

FANGSONG = "仿宋_GB2312"
KAITI = "楷体_GB2312"
HEITI = "黑体"
TITLE_SONG = "方正小标宋简体"
SONG = "宋体"
RED = "FF0000"

POINTS_PER_MM = 72 / 25.4
TWIPS_PER_MM = 1440 / 25.4


def twips(mm: float) -> int:
    """Millimetres as the twentieths of a point that Word files count in."""
    return round(mm * TWIPS_PER_MM)
