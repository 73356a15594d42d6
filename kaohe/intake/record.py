"""What intake hands on: one verdict a file, and one record for each accepted form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from kaohe.rulebook.facts import CellValue

_BEIJING = timezone(timedelta(hours=8))


class Problem(StrEnum):
    """Why a filled cell has no certain value."""

    NOT_NUMBER = "not_number"
    NOT_WHOLE = "not_whole"
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"
    UNCERTAIN_NUMBER = "uncertain_number"
    NOT_YES_NO = "not_yes_no"
    NOT_CHOICE = "not_choice"
    NOT_DATE = "not_date"
    UNCERTAIN_DATE = "uncertain_date"
    ERROR_VALUE = "error_value"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Cell:
    """One input cell: where it is, what was typed, and what it means.

    ``raw`` is the text as typed, "" for a blank; ``value`` is None when blank or when ``problem`` says why it is uncertain;
    ``note`` says in Chinese how the raw text was normalised, where that was needed.
    """

    sheet: str
    ref: str
    raw: str = ""
    value: CellValue | None = None
    problem: Problem | None = None
    note: str = ""

    @property
    def blank(self) -> bool:
        """Nothing was filled in."""
        return self.raw == ""


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of an evidence list with at least one filled cell; ``number`` is the sheet row."""

    list_id: str
    sheet: str
    number: int
    cells: Mapping[str, Cell]

    @property
    def place(self) -> tuple[str, int]:
        """What tells the row from every other row of its list (a list sheet may have been copied)."""
        return self.sheet, self.number


@dataclass(frozen=True, slots=True)
class Record:
    """Everything one accepted form says.

    ``repeats`` holds further cells for a field that the form carries more than once (a copied row or sheet).
    """

    unit: str
    fields: Mapping[str, Cell]
    evidence: Mapping[str, Cell]
    lists: Mapping[str, tuple[ListRow, ...]]
    repeats: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)

    def content_key(self) -> tuple[object, ...]:
        """What was filled in, without where: equal for two forms with the same content."""
        fields = tuple((f, c.raw) for f, c in sorted(self.fields.items()))
        lists = tuple(
            (i, tuple(tuple((c, cell.raw) for c, cell in sorted(row.cells.items())) for row in rows)) for i, rows in sorted(self.lists.items())
        )
        return (fields, lists)


class Verdict(StrEnum):
    """What became of a file. Values go into ``results.json``."""

    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"
    DUPLICATE = "duplicate"
    WRONG_YEAR = "wrong_year"
    WRONG_VERSION = "wrong_version"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_GROUP = "unknown_group"
    NOT_A_FORM = "not_a_form"
    UNREADABLE = "unreadable"
    TEMPORARY = "temporary"

    @property
    def chinese(self) -> str:
        """The verdict in Chinese."""
        return _TITLES[self]


_TITLES = {
    Verdict.ACCEPTED: "采用",
    Verdict.SUPERSEDED: "已被新版本代替",
    Verdict.DUPLICATE: "与另一份完全相同",
    Verdict.WRONG_YEAR: "年度不符",
    Verdict.WRONG_VERSION: "表格版本不符",
    Verdict.UNKNOWN_UNIT: "单位不明",
    Verdict.UNKNOWN_GROUP: "考核组不明",
    Verdict.NOT_A_FORM: "不是本系统的填报表",
    Verdict.UNREADABLE: "打不开",
    Verdict.TEMPORARY: "临时文件，略过",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that differs between a superseded file and the one that replaced it."""

    sheet: str
    cell: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """One file of the inbox. ``name`` is its path below the inbox with ``/``; times are epoch seconds."""

    name: str
    sha256: str
    size: int
    modified: int
    first_seen: int
    verdict: Verdict
    reason: str
    unit: str | None = None
    changes: tuple[Change, ...] = ()

    @property
    def arrived_on(self) -> date | None:
        """The day it was first seen, in Beijing; None where nobody knows (a file that is only being checked)."""
        return datetime.fromtimestamp(self.first_seen, _BEIJING).date() if self.first_seen else None
