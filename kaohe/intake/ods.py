"""OpenDocument workbooks (.ods), read here and not by the library, which loses line breaks and error values and gives up indented files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from xml.parsers import expat

from kaohe.intake.guard import CANNOT_OPEN
from kaohe.intake.unreadable import UnreadableWorkbook, too_big_sheet

_DURATION = re.compile(r"(-?)P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6}(?:\.\d+)?)S)?)?")
_MAX_TEXT = 1 << 20
_UNSEEN = {"visibility:collapse", "visibility:filter"}


@dataclass(slots=True)
class Table:
    """One sheet as it is written; places are zero-based."""

    name: str
    rows: list[list[Any]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    pictures: set[tuple[int, int]] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    style: str = ""


@dataclass(slots=True)
class _Cell:
    attributes: dict[str, str]
    repeats: int
    text: list[str] = field(default_factory=list)
    paragraphs: int = 0
    picture: bool = False


def tables(content: bytes, cells: int, sheets: int) -> tuple[list[Table], set[str]]:
    """The sheets in ``content.xml``, with at most ``cells`` cells in all, and the styles of hidden ones. Raises UnreadableWorkbook."""
    reader = _Reader(cells, sheets)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, OverflowError):
        raise UnreadableWorkbook(CANNOT_OPEN) from None
    return reader.tables, reader.unseen_styles


class _Reader:
    """Elements of ``content.xml``, in the prefixes that every program writes."""

    def __init__(self, cells: int, sheets: int) -> None:
        self.tables: list[Table] = []
        self.unseen_styles: set[str] = set()
        self._left, self._sheets = cells, sheets
        self._table: Table | None = None
        self._style = ""
        self._row: list[_Run] = []
        self._row_repeats = 1
        self._row_hidden = False
        self._next = self._column = self._width = 0
        self._cell: _Cell | None = None
        self._aside = 0
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._aside or name in ("office:annotation", "table:tracked-changes"):
            self._aside += 1
            return
        if self._cell is not None and name.startswith("draw:"):
            # What is written into a drawing, or for those who cannot see it, is no value of the cell that it hangs on.
            self._cell.picture |= name == "draw:frame"
            self._aside += 1
            return
        match name:
            case "style:style":
                self._style = attributes.get("style:name", "")
            case "style:table-properties" if attributes.get("table:display") == "false":
                self.unseen_styles.add(self._style)
            case "table:table":
                self._begin(attributes)
            case "table:table-row" if self._depth == 1:
                self._row, self._column = [], 0
                self._row_repeats = _count(attributes.get("table:number-rows-repeated"))
                self._row_hidden = f"visibility:{attributes.get('table:visibility', '')}" in _UNSEEN
            case "table:table-cell" | "table:covered-table-cell" if self._depth == 1:
                self._cell = _Cell(attributes, _count(attributes.get("table:number-columns-repeated")))
            case _:
                self._inside(name, attributes)

    def _begin(self, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > 1:
            return  # a sheet inside a cell's chart or frame is not the workbook's
        if len(self.tables) >= self._sheets:
            raise UnreadableWorkbook(f"工作表多得不合常理（超过{self._sheets}张），为安全起见没有读取，请用发给单位的原表重新填报", refused=True)
        self._table = Table(attributes.get("table:name", ""), style=attributes.get("table:style-name", ""))
        self._next = self._width = 0
        self.tables.append(self._table)

    def _inside(self, name: str, attributes: dict[str, str]) -> None:
        if self._cell is None:
            return
        match name:
            case "text:p":
                self._cell.text.append("\n" if self._cell.paragraphs else "")
                self._cell.paragraphs += 1
            case "text:s":
                self._cell.text.append(" " * min(_count(attributes.get("text:c")), 100))
            case "text:tab":
                self._cell.text.append("\t")
            case "text:line-break":
                self._cell.text.append("\n")

    def characters(self, text: str) -> None:
        if self._cell is not None and self._cell.paragraphs and not self._aside:
            self._cell.text.append(text)

    def end(self, name: str) -> None:
        if self._aside:
            self._aside -= 1
            return
        match name:
            case "table:table":
                self._depth -= 1
                self._left -= 0 if self._depth else self._width * len(self.tables[-1].rows)
                self._table = self._table if self._depth else None
            case "table:table-row" if self._depth == 1:
                self._end_row()
            case "table:table-cell" | "table:covered-table-cell" if self._depth == 1 and self._cell is not None:
                self._end_cell(self._cell)
                self._cell = None

    def _end_cell(self, cell: _Cell) -> None:
        value, place = _value(cell), (self._next, self._column)
        assert self._table is not None
        if cell.picture:
            self._table.pictures.add(place)
        down, right = (_count(cell.attributes.get(f"table:number-{way}-spanned")) for way in ("rows", "columns"))
        if down > 1 or right > 1:
            self._table.merged.append((*place, place[0] + down - 1, place[1] + right - 1))
        # A row ends with thousands of blanks that stand for its whole width: they are kept as one number until something follows.
        self._column += cell.repeats
        self._row.append(_Run(cell.repeats) if value == "" else _Run(cell.repeats, value))

    def _end_row(self) -> None:
        assert self._table is not None
        values = list(self._spread())
        if values:
            self._width = max(self._width, len(values))
            if (self._next + self._row_repeats) * self._width > self._left:
                raise too_big_sheet(f"工作表“{self._table.name[:40]}”")
            self._table.rows += [[] for _ in range(self._next - len(self._table.rows))]
            self._table.rows += [list(values) for _ in range(self._row_repeats)]
            if self._row_hidden:
                self._table.hidden |= set(range(self._next, self._next + self._row_repeats))
        self._next += self._row_repeats

    def _spread(self) -> Iterator[Any]:
        filled = [index for index, run in enumerate(self._row) if run.value != ""]
        runs = self._row[: filled[-1] + 1] if filled else []
        if sum(run.repeats for run in runs) > self._left:
            assert self._table is not None
            raise too_big_sheet(f"工作表“{self._table.name[:40]}”")
        for run in runs:
            yield from [run.value] * run.repeats


@dataclass(frozen=True, slots=True)
class _Run:
    repeats: int
    value: Any = ""


def _count(text: str | None) -> int:
    return max(1, int(text)) if text and text.isdecimal() and len(text) < 10 else 1


def _value(cell: _Cell) -> Any:
    """A cell's value as the library gives those of other formats: numbers as float, days as dates, "" for a blank."""
    attributes, shown = cell.attributes, "".join(cell.text)[:_MAX_TEXT]
    kind = attributes.get("office:value-type", "")
    if attributes.get("calcext:value-type") == "error" or (shown.startswith(("#", "Err:")) and "table:formula" in attributes):
        return shown or "#N/A"
    try:
        match kind:
            case "float" | "percentage" | "currency":
                return float(attributes["office:value"])
            case "date":
                return _moment(attributes["office:date-value"])
            case "time":
                return _duration(attributes["office:time-value"])
            case "boolean":
                return attributes["office:boolean-value"] == "true"
    except (KeyError, ValueError):
        return shown
    if not kind and not shown and (formula := attributes.get("table:formula", "")):
        return "=" + formula.partition(":=")[2] if ":=" in formula else formula
    return attributes.get("office:string-value", shown)


def _moment(text: str) -> date | datetime:
    return datetime.fromisoformat(text[:26]) if "T" in text else date.fromisoformat(text)


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(text)
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups()[1:])
    found = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -found if match.group(1) else found
