"""Sheet 图表: the totals as ranked bars, how the sections went, and the table of sections that one of the charts draws.

A sheet of its own: on 排名 the headings of its table would be printed above every chart.
"""

from collections.abc import Iterator

from kaohe.publish.workbook import charts
from kaohe.publish.workbook.page import A4, Page, Rows
from kaohe.publish.workbook.plan import DETAIL, DETAIL_FIRST_ROW, DETAIL_MAX_ROW, Plan, ref
from kaohe.publish.workbook.values import Formula, Link, Spot, Styled

_WIDTHS = (8.0, 50.0, 18.0, 18.0, 18.0, 18.0)
"""Together nearly a printed page at ``_SCALE``; LibreOffice makes columns a tenth wider than Excel does."""

_SCALE = 88
"""Per cent. Room for a font with wide figures where 宋体 is missing: a chart that does not fit would be cut in two, and with pages fitted to a width Excel keeps no breaks."""

_HEADINGS = ("序号", "部分", "满分（封顶项目）", "平均分", "最高分", "最低分")
_DRAWN = 2
"""Row (from 0) below the title and the explanation."""

_ROW_POINTS = 24
_NOTE = "总分取自“排名”，各部分取自“得分明细”，平均分、最高分、最低分按有得分的单位计算。点部分的名称看得分明细。"


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows. Without any score it has nothing to draw and says so."""
    plan, sheet = page.book.plan, page.sheet
    page.widths(_WIDTHS)
    sheet.freeze_panes(1, 0)
    page.print_setup((0, 0), A4, scale=_SCALE)
    pages = charts.pages(len(plan.scored)) if plan.scored else 0
    table = _DRAWN + pages * charts.ROWS
    page.rows = table + 2 + len(plan.sections) if pages else _DRAWN + 1
    if pages:
        charts.insert(page, _DRAWN, _WIDTHS, table + 2)
        sheet.set_h_pagebreaks([_DRAWN + n * charts.ROWS for n in range(1, pages + 1)])
    return _rows(page, table)


def _rows(page: Page, table: int) -> Rows:
    yield from page.top(_NOTE, _WIDTHS)
    if not page.book.plan.scored:
        yield page.line(_DRAWN, page.across(_DRAWN, 0, len(_WIDTHS) - 1, "目前没有单位有得分，没有可画的。", "muted"), 30)
        return
    yield from (page.line(row, [], charts.ROW_POINTS) for row in range(_DRAWN, table))
    yield page.subtitle(table, "各部分得分情况")
    yield page.line(table + 1, [Styled(heading, "head") for heading in _HEADINGS], _ROW_POINTS)
    for row, cells in enumerate(_sections(page.book.plan), table + 2):
        yield page.line(row, cells, _ROW_POINTS)


def _sections(plan: Plan) -> Iterator[list[Styled | None]]:
    last = DETAIL_FIRST_ROW + len(plan.scored) - 1
    for n, entry in enumerate(plan.sections, 1):
        found = plan.section_tallies[entry.section.id]
        title = Link(f"{entry.section.number}{entry.section.title}", Spot(DETAIL, DETAIL_FIRST_ROW, entry.first))
        cells = f"{ref(DETAIL_FIRST_ROW, entry.subtotal, DETAIL, fixed=True)}:{ref(last, entry.subtotal, fixed=True)}"
        maximum = Formula(ref(DETAIL_MAX_ROW, entry.subtotal, DETAIL, fixed=True), plan.assessment.rulebook.maximum(entry.section))
        figures: list[tuple[Formula, str]] = [
            (maximum, "number"),
            (Formula(f"AVERAGE({cells})", found.mean), "mean"),
            (Formula(f"MAX({cells})", found.best), "number"),
            (Formula(f"MIN({cells})", found.least), "number"),
        ]
        yield [Styled(n, "number"), Styled(title, "text link"), *(Styled(value, style) for value, style in figures)]
