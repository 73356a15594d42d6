"""How much a sheet holds, and tables that go on over further sheets."""

from dataclasses import dataclass

from kaohe.publish.workbook.values import Spot

FIRST_ROW = 3
"""Row (from 0) of the first line of a table, on every sheet but 图表, 得分明细 and 自评核定对比."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sheet holds, and how many characters of text are kept to be written once: later texts stand in their cells.

    The last bounds the memory that the texts of a workbook take, however many units there are; it is enough for some thousand.
    """

    rows: int = 1_048_576
    links: int = 65_530
    breaks: int = 1023
    shared: int = 4_000_000


@dataclass(frozen=True, slots=True)
class Spread:
    """A table of equal blocks of rows, on as many sheets as it needs. A block stands on one sheet."""

    name: str
    blocks: int
    block: int
    most: int

    @property
    def per_sheet(self) -> int:
        """Blocks that a sheet holds."""
        return max(1, (self.most - FIRST_ROW) // self.block)

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the sheets."""
        count = max(1, -(-self.blocks // self.per_sheet))
        return (self.name, *(f"{self.name}（续{n}）" for n in range(1, count)))

    def span(self, part: int) -> tuple[int, int]:
        """First block of a sheet, and the first that is not on it any more."""
        return part * self.per_sheet, min(self.blocks, (part + 1) * self.per_sheet)

    def spot(self, block: int, row: int = 0, column: int = 0) -> Spot:
        """Where a row of a block stands."""
        part, place = divmod(block, self.per_sheet)
        return Spot(self.name if part == 0 else f"{self.name}（续{part}）", FIRST_ROW + place * self.block + row, column)
