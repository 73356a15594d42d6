"""From a returned decision form (审定表) to what the chairmen's meeting wrote."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kaohe.cells import cell_name
from kaohe.forms.decision import ADJUSTMENT_COLUMNS, AWARD_COLUMNS, MEETING_COLUMNS, READING_COLUMNS
from kaohe.forms.layout import BASIS_SHEET
from kaohe.intake.identify import machine_data
from kaohe.intake.normalise import Meaning, day, points, raw_text, yes_no
from kaohe.intake.normalise import text as text_meaning
from kaohe.intake.record import Cell
from kaohe.intake.sheet import Sheet

_KINDS = {"date": day, "approve": yes_no, "points": points}


@dataclass(frozen=True)
class DecisionForm:
    """One decision form as it was filled in. Rows of adjustments and awards are kept when any of their cells is filled.

    ``year`` is the assessment's year that the form was made for.
    """

    fingerprint: str
    year: str
    parts: Mapping[str, str]
    meeting: Mapping[str, Cell] = field(default_factory=dict)
    readings: Mapping[str, Cell] = field(default_factory=dict)
    adjustments: tuple[Mapping[str, Cell], ...] = ()
    awards: tuple[Mapping[str, Cell], ...] = ()

    @property
    def blank(self) -> bool:
        """Whether nobody has written anything into the form."""
        return not (self.readings or self.adjustments or self.awards or any(not cell.blank for cell in self.meeting.values()))


def extract_decision(sheets: Sequence[Sheet], fingerprint: str) -> DecisionForm:
    """What the form says; parts of it that are gone are simply absent."""
    parts: dict[str, str] = {}
    meeting: dict[str, Cell] = {}
    readings: dict[str, Cell] = {}
    adjustments: list[Mapping[str, Cell]] = []
    awards: list[Mapping[str, Cell]] = []
    for sheet in sheets:
        head = [raw_text(value) for value in sheet.rows[0]] if sheet.rows else []
        if sheet.name == BASIS_SHEET:
            parts |= {raw_text(row[0]): raw_text(row[1]) for row in sheet.rows if len(row) > 1 and raw_text(row[0])}
        elif set(READING_COLUMNS) <= set(head):
            readings |= {name.removeprefix("reading:"): cells["value"] for name, cells in _lines(sheet, head, "reading:") if not cells["value"].blank}
        elif set(ADJUSTMENT_COLUMNS) <= set(head):
            adjustments += [cells for _, cells in _lines(sheet, head, "adjustment") if any(not cell.blank for cell in cells.values())]
        elif set(AWARD_COLUMNS) <= set(head):
            awards += [cells for _, cells in _lines(sheet, head, "award") if any(not cell.blank for cell in cells.values())]
        elif set(MEETING_COLUMNS) <= set(head):
            meeting |= {name.removeprefix("meeting:"): cells["value"] for name, cells in _lines(sheet, head, "meeting:")}
    year = (machine_data(sheets) or {}).get("year", "")
    return DecisionForm(fingerprint, year, parts, meeting, readings, tuple(adjustments), tuple(awards))


def _lines(sheet: Sheet, head: list[str], prefix: str) -> Iterable[tuple[str, dict[str, Cell]]]:
    """Every line whose hidden id begins with ``prefix``: its id and its input cells by column id."""
    columns = {name: index for index, name in enumerate(head) if name in ("value", "unit", "item", "points", "reason", "award")}
    for index, row in enumerate(sheet.rows[1:], start=1):
        name = raw_text(_at(row, head.index("id")))
        if not name.startswith(prefix):
            continue
        kind = name.partition(":")[2]
        yield (
            name,
            {
                column: _cell(sheet, index, at, _KINDS.get(kind if column == "value" else column, text_meaning)(_at(row, at)))
                for column, at in columns.items()
            },
        )


def _at(row: list[Any], column: int) -> Any:
    return row[column] if column < len(row) else None


def _cell(sheet: Sheet, index: int, column: int, found: Meaning) -> Cell:
    return Cell(sheet.name, cell_name(index + 1, column), found.raw, found.value, found.problem, found.note)
