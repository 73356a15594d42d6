"""Sheets as they are read: rows of values, and what the format tells beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from kaohe.config.model import Intake
from kaohe.forms.layout import BASIS_SHEET, MACHINE_SHEET
from kaohe.intake.unreadable import UnreadableWorkbook, too_big_sheet

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

S = TypeVar("S")
T = TypeVar("T")

PICTURE = "[图片]"
"""The value of a cell that holds a picture instead of a value."""
MAX_SHEETS = 1000
_MAX_MERGED = 100_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name and its rows from A1 on. Places are zero-based (row, column).

    An error value is its text (``#REF!``), a formula that was saved without a value is ``=`` and its text (not in .xls and .xlsb, which always store one).
    Where the format tells it: ``hidden`` rows, ``pictures`` by the cell they stand in, ``merged`` areas (first row, first column, last row, last column).
    """

    name: str
    rows: list[list[Any]]
    hidden: frozenset[int] = frozenset()
    pictures: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    _told: dict[tuple[Any, int], tuple[Any, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def told(self, find: Callable[[Sheet, S], T], by: S) -> T:
        """What ``find`` says of this sheet by the light of ``by`` (a rulebook, a configuration), found once. Neither may change."""
        key = find, id(by)
        kept = self._told.get(key)
        if kept is None or kept[0] is not by:
            kept = self._told[key] = by, find(self, by)
        found: T = kept[1]
        return found

    def forget(self) -> None:
        """Let go of what was found out."""
        self._told.clear()


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook's sheets, hidden ones too, and in Chinese what was special about the file."""

    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()
    kept: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    """The numbers (from 0) of the sheets that are kept for other workbooks."""

    def close(self) -> None:
        """Let go of what was found out about the sheets of this workbook alone: it refers to them as they to it, and both would stay for long."""
        for number, sheet in enumerate(self.sheets):
            if number not in self.kept:
                sheet.forget()


class Room:
    """Cells that may still be read. An area that exceeds them raises UnreadableWorkbook."""

    def __init__(self, limits: Intake) -> None:
        self.left = limits.cells

    def check(self, name: str, height: int, width: int) -> None:
        if height * width > self.left:
            raise too_big_sheet(f"工作表“{name[:40]}”（{height}行{width}列）")

    def take(self, name: str, height: int, width: int) -> None:
        self.check(name, height, width)
        self.left -= height * width

    def read(self, name: str, sheet: CalamineSheet) -> list[list[Any]]:
        if sheet.end is None:
            return []
        height, width = sheet.total_height + 1, sheet.total_width + 1
        self.take(name, height, width)
        return sheet.to_python(skip_empty_area=False)


def merged_areas(sheet: CalamineSheet, limits: Intake) -> tuple[tuple[int, int, int, int], ...]:
    """Merged areas. Unreasonable ones are refused here because other libraries make every cell of them."""
    areas = tuple((*first, *last) for first, last in sheet.merged_cell_ranges or ())
    if len(areas) > _MAX_MERGED or sum((a[2] - a[0] + 1) * (a[3] - a[1] + 1) for a in areas) > limits.cells:
        raise UnreadableWorkbook("文件里合并的单元格多得不合常理，为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
    return areas


def all_notes(found: Iterable[str], sheets: Iterable[tuple[Sheet, bool]]) -> tuple[str, ...]:
    unseen = [sheet.name for sheet, hidden in sheets if hidden and sheet.rows and sheet.name not in (MACHINE_SHEET, BASIS_SHEET)]
    return (*found, f"隐藏的工作表也读取了：{'、'.join(unseen[:5])}{'等' if len(unseen) > 5 else ''}") if unseen else tuple(found)
