"""Where the groups' leaders and the chairmen's meeting sign, at the foot of 排名."""

from collections.abc import Iterator, Sequence

from kaohe.publish.workbook.page import Page, Rows
from kaohe.publish.workbook.plan import BONUS, GROUP, ISSUES, REASON, STATE, TOTAL, UNCAPPED
from kaohe.publish.workbook.values import Styled

_LINE_POINTS = 30
_HEADING_POINTS = 26
_DAY = "　　　　　　年　　　月　　　日"


def count(page: Page) -> int:
    """Rows that it takes: a heading, two leaders a line, two lines of the meeting's."""
    return 1 + len(list(_pairs(_leaders(page)))) + 2


def points(page: Page) -> float:
    """Height of these rows."""
    return _HEADING_POINTS + (count(page) - 1) * _LINE_POINTS


def lines(page: Page, row: int) -> Rows:
    """The rows, from ``row`` on."""
    yield page.subtitle(row, "签字")
    for n, pair in enumerate(_pairs(_leaders(page)), row + 1):
        yield _line(page, n, pair)
        row = n
    yield page.line(
        row + 1,
        [*page.across(row + 1, 0, GROUP, "主席办公会议审定意见：", "signer"), *page.across(row + 1, TOTAL, REASON, "", "signature")],
        _LINE_POINTS,
    )
    yield _line(page, row + 2, ("会议主持人：", "审定日期："), _DAY)


def _leaders(page: Page) -> list[str]:
    return [f"{group.name}组长 {group.leader}：" for group in page.book.plan.assessment.config.groups]


def _pairs(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(names[n : n + 2]) for n in range(0, len(names), 2))


def _line(page: Page, row: int, names: Sequence[str], right: str = "") -> str:
    """One or two names, a line to sign on beside each."""
    cells = [*page.across(row, 0, GROUP, names[0], "signer"), *page.across(row, TOTAL, UNCAPPED, "", "signature")]
    if len(names) > 1:
        cells += [*page.across(row, BONUS, STATE, names[1], "signer"), *page.across(row, ISSUES, REASON, Styled(right, "signature"), "signature")]
    return page.line(row, cells, _LINE_POINTS)
