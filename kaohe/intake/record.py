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
    MERGED = "merged"
    UNCERTAIN_ROW = "uncertain_row"


@dataclass(frozen=True, slots=True)
class Cell:
    """One input cell: where it is, what was typed, and what it means.

    ``raw`` is the text as typed, "" for a blank; ``value`` is None when blank or when ``problem`` says why it is uncertain;
    ``note`` says in Chinese how the raw text was normalised, or what the problem is, where that was needed.
    """

    sheet: str
    ref: str
    raw: str = ""
    value: CellValue | None = None
    problem: Problem | None = None
    note: str = ""

    def __reduce__(self) -> tuple[type["Cell"], tuple[object, ...]]:
        """Handed from process to process by the hundred thousand: what is there, in order, without the defaults at the end."""
        if self.problem is None and not self.note:
            return Cell, (self.sheet, self.ref) if self.raw == "" and self.value is None else (self.sheet, self.ref, self.raw, self.value)
        return Cell, (self.sheet, self.ref, self.raw, self.value, self.problem, self.note)

    @property
    def blank(self) -> bool:
        """Nothing was filled in, and nothing keeps it from being seen."""
        return self.raw == "" and self.problem is None


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of an evidence list with at least one filled cell; ``number`` is the sheet row."""

    list_id: str
    sheet: str
    number: int
    cells: Mapping[str, Cell]

    def __reduce__(self) -> tuple[type["ListRow"], tuple[object, ...]]:
        """As short as that of a cell."""
        return ListRow, (self.list_id, self.sheet, self.number, self.cells)

    @property
    def place(self) -> tuple[str, int]:
        """What tells the row from every other row of its list (a list sheet may have been copied)."""
        return self.sheet, self.number


class About(StrEnum):
    """What a remark is about."""

    LABELS = "labels"
    """Something was read by its visible number and words, because the hidden ids were gone."""
    HIDDEN = "hidden"
    """Rows with content are hidden, and count."""
    NOT_TAKEN = "not_taken"
    """A value of another version of the form, for which this version has no place."""
    LOST = "lost"
    """Lists or list columns that the form no longer has."""
    OTHER_NAME = "other_name"
    """The unit that the form shows is not the one it was sent to."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about how a form was read that its unit must know: where, and in Chinese what.

    ``field`` is a field id, or a list id with or without ``.column_id``.
    """

    about: About
    cell: Cell
    field: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """Everything one accepted form says.

    ``repeats`` holds further cells for a field that the form carries more than once (a copied row or sheet);
    ``version`` names another version of the form than the one now in use, "" where it is this one.
    """

    unit: str
    fields: Mapping[str, Cell]
    evidence: Mapping[str, Cell]
    lists: Mapping[str, tuple[ListRow, ...]]
    repeats: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    version: str = ""

    @property
    def blank(self) -> bool:
        """Nothing at all was filled in: no field, no evidence number, no list row."""
        cells = (*self.fields.values(), *self.evidence.values())
        return not any(self.lists.values()) and not self.repeats and all(cell.raw == "" for cell in cells)

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
    FAULT = "fault"
    LOCKED = "locked"
    REFUSED = "refused"
    BLANK = "blank"
    OPENED = "opened"
    EVIDENCE = "evidence"
    ARRIVING = "arriving"
    STALLED = "stalled"
    SUSPECT = "suspect"

    @property
    def chinese(self) -> str:
        """The verdict in Chinese."""
        return _TITLES[self]

    @property
    def refused(self) -> bool:
        """Somebody has to send it again, or to say what it is."""
        return self in _REFUSED

    @property
    def settled(self) -> bool:
        """Nothing is left to be asked: a form that names no unit is a group's or the meeting's, a container is nobody's."""
        return self in _SETTLED


_SETTLED = {Verdict.ACCEPTED, Verdict.SUPERSEDED, Verdict.DUPLICATE, Verdict.BLANK, Verdict.OPENED}
_REFUSED = {
    Verdict.WRONG_YEAR,
    Verdict.WRONG_VERSION,
    Verdict.UNKNOWN_UNIT,
    Verdict.UNKNOWN_GROUP,
    Verdict.NOT_A_FORM,
    Verdict.UNREADABLE,
    Verdict.FAULT,
    Verdict.LOCKED,
    Verdict.REFUSED,
    Verdict.BLANK,
    Verdict.STALLED,
    Verdict.SUSPECT,
}
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
    Verdict.FAULT: "程序没能读取",
    Verdict.LOCKED: "设了打开密码",
    Verdict.REFUSED: "为安全起见没有读取",
    Verdict.BLANK: "空白表",
    Verdict.OPENED: "已取出里面的文件",
    Verdict.EVIDENCE: "佐证材料",
    Verdict.ARRIVING: "正在接收",
    Verdict.STALLED: "可能中断了",
    Verdict.SUSPECT: "可疑文件",
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
    """One file of the inbox, or one file out of a mail or an archive there.

    ``name`` is its path below the inbox with ``/``, a mail or an archive counting as a folder; times are epoch seconds;
    ``notes`` say in Chinese what was special about it without keeping it from being read (macros, hidden rows, a password).
    """

    name: str
    sha256: str
    size: int
    modified: int
    first_seen: int
    verdict: Verdict
    reason: str
    unit: str | None = None
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    inside: str = ""
    """The mail or archive it came out of."""

    @property
    def said(self) -> str:
        """The reason and the notes as one text."""
        return "；".join([self.reason, *self.notes])

    @property
    def arrived_on(self) -> date | None:
        """The day it was first seen, in Beijing; None where nobody knows (a file that is only being checked)."""
        return datetime.fromtimestamp(self.first_seen, _BEIJING).date() if self.first_seen else None
