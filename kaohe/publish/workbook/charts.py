"""The charts of 图表: totals as ranked bars, as many to a chart as can be read, and how the sections went on average."""

from collections.abc import Sequence
from itertools import pairwise

from xlsxwriter.chart import Chart

from kaohe import look
from kaohe.publish.workbook.page import Page
from kaohe.publish.workbook.plan import CHARTS, RANKING, TOTAL, UNIT
from kaohe.publish.workbook.spread import FIRST_ROW
from kaohe.publish.workbook.values import number

ROW_POINTS = 15
"""Height of the rows that charts stand on."""

ROWS = 31
"""Sheet rows that a printed page of charts stands on, two charts side by side."""

SECTION, MAXIMUM, MEAN, BEST, LEAST = range(1, 6)
"""Columns of the table of sections."""

MOST_BARS, MOST_CHARTS = 24, 7
"""Bars whose labels can be read in one chart; charts of totals. Units beyond are in the table alone."""

_FEW_BARS = 15
_ROW_PIXELS = 20
_GAP_PIXELS = 8
_AXIS_STEP = 20
_FONT = {"name": look.BODY_FONT, "size": 9, "color": look.INK}
_SMALL_FONT = {**_FONT, "size": 8}
_TITLE_FONT = {"name": look.HEAD_FONT, "size": 12, "bold": False, "color": look.INK}


def pages(count: int) -> int:
    """Printed pages of charts for so many scored units."""
    totals = len(_spans(count))
    return _place_of_sections(totals) // 2 + 1


def insert(page: Page, row: int, widths: Sequence[float], sections_row: int) -> None:
    """Put the charts below ``row``, two on ``ROWS`` rows; ``sections_row`` is the first row of the table of sections.

    What they draw is written into the frame, too, so that they show figures before any program has recalculated.
    """
    room = int(sum(7 * width + 5 for width in widths)) - _GAP_PIXELS
    count = len(page.book.plan.scored)
    charts = [_totals(page, *span) for span in _spans(count)]
    charts.append(_sections(page, sections_row))
    places = [*range(len(charts) - 1), _place_of_sections(len(charts) - 1)]
    for n, chart in zip(places, charts, strict=True):
        beside = n % 2
        alone = not beside and n + 1 not in places
        left = room * (45 if len(charts) == 2 else 50) // 100
        width = room if alone else (room - left if beside else left) - (0 if beside else _GAP_PIXELS)
        chart.set_size({"width": width, "height": ROWS * _ROW_PIXELS - 16})
        chart.set_chartarea({"border": {"color": look.RULE}})
        place = {"x_offset": 2 + (left if beside else 0), "y_offset": 6, "object_position": 1}
        page.sheet.insert_chart(row + n // 2 * ROWS, 0, chart, place)


def _place_of_sections(totals: int) -> int:
    """Number of the place, two on a page, of the chart of sections: beside the only chart of totals, else on a page of its own."""
    return 1 if totals == 1 else -(-totals // 2) * 2


def _spans(count: int) -> list[tuple[int, int]]:
    """First unit and the one after the last of each chart of totals, as even as can be."""
    drawn = min(count, MOST_BARS * MOST_CHARTS)
    charts = -(-drawn // MOST_BARS)
    return list(pairwise([n * drawn // charts for n in range(charts + 1)])) if charts else []


def _totals(page: Page, start: int, stop: int) -> Chart:
    """Horizontal bars in ranking order, the first on top."""
    scored = page.book.plan.scored
    first, last = FIRST_ROW + start, FIRST_ROW + stop - 1
    ranking = page.book.file.get_worksheet_by_name(RANKING)
    for row, card in enumerate(scored[start:stop], first):
        ranking.write_string(row, UNIT, card.unit.short)
        ranking.write_number(row, TOTAL, number(card.total or 0))
    chart = page.book.file.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": "总分",
            "categories": [RANKING, first, UNIT, last, UNIT],
            "values": [RANKING, first, TOTAL, last, TOTAL],
            "fill": {"color": look.CHART_COLOURS[0]},
            "gap": 45,
            "data_labels": {"value": True, "font": _FONT if stop - start <= _FEW_BARS else _SMALL_FONT},
        }
    )
    title = "总分排名" if (start, stop) == (0, len(scored)) else f"总分排名（第{start + 1}至{stop}个单位）"
    if stop == MOST_BARS * MOST_CHARTS < len(scored):
        title += "，以下的见表"
    chart.set_title({"name": title, "name_font": _TITLE_FONT, "overlay": False})
    chart.set_legend({"none": True})
    chart.set_y_axis(
        {
            "reverse": True,
            "interval_unit": 1,
            "num_font": _FONT if stop - start <= _FEW_BARS else _SMALL_FONT,
            "line": {"color": look.RULE},
            "major_tick_mark": "none",
        }
    )
    best = max(float(card.total or 0) for card in scored)
    chart.set_x_axis({**_value_axis(), "max": (int(best * 1.06) // _AXIS_STEP + 1) * _AXIS_STEP})
    return chart


def _sections(page: Page, first: int) -> Chart:
    """Average and best score of each section beside its maximum."""
    plan = page.book.plan
    last = first + len(plan.sections) - 1
    for row, entry in enumerate(plan.sections, first):
        found = plan.section_tallies[entry.section.id]
        page.sheet.write_string(row, SECTION, f"{entry.section.number}{entry.section.title}")
        maximum = plan.assessment.rulebook.maximum(entry.section)
        for column, value in ((MAXIMUM, number(maximum)), (MEAN, found.mean), (BEST, number(found.best))):
            page.sheet.write_number(row, column, value)
    chart = page.book.file.add_chart({"type": "bar"})
    for name, column, colour in (
        ("满分（封顶项目）", MAXIMUM, look.RULE),
        ("平均分", MEAN, look.CHART_COLOURS[0]),
        ("最高分", BEST, look.CHART_COLOURS[1]),
    ):
        chart.add_series(
            {
                "name": name,
                "categories": [CHARTS, first, SECTION, last, SECTION],
                "values": [CHARTS, first, column, last, column],
                "fill": {"color": colour},
                "gap": 50,
                "overlap": 0,
            }
        )
    chart.set_title({"name": "各部分得分情况", "name_font": _TITLE_FONT, "overlay": False})
    chart.set_legend({"position": "bottom", "font": _FONT})
    chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": _SMALL_FONT, "line": {"color": look.RULE}, "major_tick_mark": "none"})
    chart.set_x_axis(_value_axis())
    return chart


def _value_axis() -> dict[str, object]:
    grid = {"visible": True, "line": {"color": look.RULE, "width": 0.5}}
    return {"num_font": _FONT, "num_format": "0", "min": 0, "major_gridlines": grid, "line": {"none": True}, "label_position": "high"}
