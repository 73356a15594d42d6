"""The two charts of 排名: totals as ranked bars, and how the sections went on average."""

from collections.abc import Sequence

from xlsxwriter.chart import Chart

from kaohe import look
from kaohe.publish.workbook.page import Page
from kaohe.publish.workbook.plan import CAPPED, FIRST_ROW, RANKING, TOTAL, UNCAPPED, UNIT

ROWS = 32
"""Sheet rows that the charts stand on."""

MOST_BARS = 30
_ROW_PIXELS = 20
_FONT = {"name": look.BODY_FONT, "size": 9, "color": look.INK}
_TITLE_FONT = {"name": look.HEAD_FONT, "size": 12, "bold": False, "color": look.INK}


def insert(page: Page, row: int, widths: Sequence[float], sections_row: int) -> None:
    """Put both charts side by side below ``row``; ``sections_row`` is the first row of the table of sections."""
    room = int(sum(7 * width + 5 for width in widths)) - 16
    left = room * 45 // 100
    _place(page, _totals(page), row, 0, left)
    _place(page, _sections(page, sections_row), row, left + 8, room - left - 8)


def _place(page: Page, chart: Chart, row: int, x: int, width: int) -> None:
    chart.set_size({"width": width, "height": ROWS * _ROW_PIXELS - 16})
    chart.set_chartarea({"border": {"color": look.RULE}})
    page.sheet.insert_chart(row, 0, chart, {"x_offset": x, "y_offset": 4, "object_position": 2})


def _totals(page: Page) -> Chart:
    """Horizontal bars in ranking order, the first on top."""
    count = len(page.book.plan.scored)
    last = FIRST_ROW + min(count, MOST_BARS) - 1
    chart = page.book.file.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": "总分",
            "categories": [RANKING, FIRST_ROW, UNIT, last, UNIT],
            "values": [RANKING, FIRST_ROW, TOTAL, last, TOTAL],
            "fill": {"color": look.CHART_COLOURS[0]},
            "gap": 45,
            "data_labels": {"value": True, "font": _FONT},
        }
    )
    chart.set_title({"name": "总分排名" if count <= MOST_BARS else f"总分排名（前{MOST_BARS}位）", "name_font": _TITLE_FONT, "overlay": False})
    chart.set_legend({"none": True})
    chart.set_y_axis(
        {
            "reverse": True,
            "interval_unit": 1,
            "num_font": {**_FONT, "size": 9 if count <= MOST_BARS // 2 else 8},
            "line": {"color": look.RULE},
            "major_tick_mark": "none",
        }
    )
    chart.set_x_axis(_value_axis())
    return chart


def _sections(page: Page, first: int) -> Chart:
    """Average and best score of each section beside its maximum."""
    last = first + len(page.book.plan.sections) - 1
    chart = page.book.file.add_chart({"type": "bar"})
    for name, column, colour in (
        ("满分（封顶项目）", TOTAL, look.RULE),
        ("平均分", CAPPED, look.CHART_COLOURS[0]),
        ("最高分", UNCAPPED, look.CHART_COLOURS[1]),
    ):
        chart.add_series(
            {
                "name": name,
                "categories": [RANKING, first, UNIT, last, UNIT],
                "values": [RANKING, first, column, last, column],
                "fill": {"color": colour},
                "gap": 50,
                "overlap": 0,
            }
        )
    chart.set_title({"name": "各部分得分情况", "name_font": _TITLE_FONT, "overlay": False})
    chart.set_legend({"position": "bottom", "font": _FONT})
    chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {**_FONT, "size": 8}, "line": {"color": look.RULE}, "major_tick_mark": "none"})
    chart.set_x_axis(_value_axis())
    return chart


def _value_axis() -> dict[str, object]:
    grid = {"visible": True, "line": {"color": look.RULE, "width": 0.5}}
    return {"num_font": _FONT, "num_format": "0", "min": 0, "major_gridlines": grid, "line": {"none": True}, "label_position": "high"}
