"""Returned workbooks made ready to hand back: the unit's own where it can be marked, else a fresh form with what it typed."""

import contextlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

from kaohe.checks.finding import Finding
from kaohe.checks.registry import run_checks
from kaohe.config.model import Config, Unit
from kaohe.forms.layout import MAGIC, FormLayout
from kaohe.forms.master import MASTER_FILE, build_master
from kaohe.forms.stamp import Master, MasterFault, stamp_values
from kaohe.intake.record import Record
from kaohe.publish.correction_list import Notice, Unmarkable
from kaohe.publish.markable import obstacle
from kaohe.publish.overlay import overlaid
from kaohe.publish.plain_package import NotPlain, Own, own_of, plain_package
from kaohe.rulebook.model import Rulebook
from kaohe.text import shorten

OTHER_VERSION = "原来的文件是另一个版本的填报表，或者不是发给单位的表"
NOT_OPENED = "原来的文件有程序不能处理的内容"
INCOMPLETE = "原来的文件里少了要填的行、列或工作表"
PICTURES_LOST = "原表里的图片没有全部带到这份表里，需要时请从你单位自己保存的原表里取。"
FORMULAS_LOST = "单位自己写的公式已换成计算结果。"
NOT_CARRIED = "原来的文件里的图片、批注、另加的内容没有带过来，需要时请从你单位自己保存的原表里取。"

_MOST_ROWS = 5000
"""Rows of lists that are typed again; nobody who sends more has filled in the form."""

_NOWHERE = {"V-102", "V-104", "V-404"}
"""Findings that a row, a sheet, a list or a column of one is gone: where nothing is, nothing can be marked or filled in."""

_BLANK_ROWS = 5
"""Rows of a list that still print below the last filled one."""

_PICTURE = re.compile(rb"<(?:\w{1,20}:)?(?:blip|imagedata)[\s>]")
_AREA = re.compile(r"(\$?[A-Z]{1,3}\$?\d+:\$?[A-Z]{1,3}\$?)(\d+)")

if TYPE_CHECKING:  # openpyxl is imported where a workbook is really opened, which is seldom
    from openpyxl import Workbook

    from kaohe.publish.refill import Place, Refilled


class How(StrEnum):
    """In what shape a unit gets its return back."""

    MARKED = "marked"
    REFILLED = "refilled"
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Told:
    """The findings as they are told: at the cells of the workbook that goes back.

    ``origins`` names for each its place in the unit's own file, "" where that is the same; ``why`` is why the unit's own file was not
    marked, and ``lost`` what did not come along, all in Chinese.
    """

    how: How
    findings: tuple[Finding, ...]
    origins: tuple[str, ...]
    why: str = ""
    lost: tuple[str, ...] = ()


class Annotator:
    """Makes the workbooks that go back; masters are read once, and only when needed."""

    def __init__(self, config: Config, rulebook: Rulebook) -> None:
        self._config, self._rulebook = config, rulebook
        self._layout = FormLayout(rulebook)

    def annotate(
        self, unit: Unit, record: Record | None, findings: tuple[Finding, ...], original: bytes | None, word: Callable[[Told], Notice]
    ) -> tuple[bytes, Told]:
        """The workbook for one unit and how its findings are told in it; ``word`` writes the notice.

        ``record`` is what was read of it; ``original`` is the accepted file, None where it is not at hand. Never fails: the last resort is the
        list alone.
        """
        can_refill = record is not None and sum(map(len, record.lists.values())) <= _MOST_ROWS
        is_incomplete = can_refill and not _NOWHERE.isdisjoint(finding.code for finding in findings)
        if original is not None and not is_incomplete:
            with contextlib.suppress(NotPlain):
                return self._overlaid(original, findings, record, word)
        why = obstacle(original) if original is not None else NOT_OPENED
        why = why or (INCOMPLETE if is_incomplete else "")
        if original is not None and not why:
            try:
                return self._marked(original, findings, record, word)
            except Unmarkable as error:
                why = error.reason or NOT_OPENED
            except Exception:  # what openpyxl let in may still trip whoever touches it
                why = NOT_OPENED
        if record is not None and can_refill:
            return self._refilled(unit, record, findings, why, word)
        from kaohe.publish.marking import listed

        told = Told(How.LISTED, findings, ("",) * len(findings), why)
        return listed(word(told)), told

    def _marked(self, original: bytes, findings: tuple[Finding, ...], record: Record | None, word: Callable[[Told], Notice]) -> tuple[bytes, Told]:
        from kaohe.publish.cached import formula_results
        from kaohe.publish.harmless import disarm
        from kaohe.publish.marking import marked, opened

        book, values = opened(original), opened(original, data_only=True)
        if _form_hash(book) != self._rulebook.form_hash:
            raise Unmarkable(OTHER_VERSION)
        replaced = disarm(book, values, self._own.formulas, self._own.names)
        results = formula_results(book, values)
        if record is not None:
            self._print_less(book, record)
        lost = (PICTURES_LOST,) if _pictures(original) > _kept(book) else ()
        told = Told(How.MARKED, findings, ("",) * len(findings), lost=lost + ((FORMULAS_LOST,) if replaced else ()))
        return marked(book, word(told), results), told

    def _overlaid(self, original: bytes, findings: tuple[Finding, ...], record: Record | None, word: Callable[[Told], Notice]) -> tuple[bytes, Told]:
        """The same for a workbook in which there is nothing but the form filled in, without opening it. Raises NotPlain for any other."""
        package = plain_package(original, self._own)
        if package.form_hash != self._rulebook.form_hash:
            raise NotPlain
        told = Told(How.MARKED, findings, ("",) * len(findings))
        return overlaid(package, word(told), self._last_rows(record) if record is not None else {}), told

    def _refilled(self, unit: Unit, record: Record, findings: tuple[Finding, ...], why: str, word: Callable[[Told], Notice]) -> tuple[bytes, Told]:
        from kaohe.publish.marking import marked

        done = self._filled(unit, record)
        self._print_less(done.book, done.record)
        told = Told(How.REFILLED, *self._repointed(findings, record, done), why, (NOT_CARRIED,))
        return marked(done.book, word(told), {}), told  # what the unfilled form computed is no longer true; programs compute afresh

    def _filled(self, unit: Unit, record: Record) -> "Refilled":
        from kaohe.publish.refill import refilled

        values, rulebook = stamp_values(self._config, unit), self._rulebook
        with contextlib.suppress(Exception):  # a master that the office's program saved in its own way, or with an input lost, can fail anyhow
            return refilled(self._master.stamp(values), record, rulebook)
        return refilled(self._fresh.stamp(values), record, rulebook)

    @cached_property
    def _master(self) -> Master:
        """The office's master where it fits the rules, else one made afresh."""
        try:
            master = Master(self._config.template(MASTER_FILE).read_bytes())
        except (MasterFault, OSError):
            return self._fresh
        return master if master.machine.get("form_hash") == self._rulebook.form_hash else self._fresh

    @cached_property
    def _fresh(self) -> Master:
        return Master(build_master(self._rulebook))

    @cached_property
    def _own(self) -> Own:
        """The formulas and names that every unit's form has."""
        values = stamp_values(self._config, self._config.cohort[0])
        return own_of(self._master.stamp(values))

    def _repointed(self, findings: Iterable[Finding], record: Record, done: "Refilled") -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        """The findings at the cells of the refilled form, in its words, and where each was in the unit's own file."""
        again = run_checks(self._config, self._rulebook, {record.unit: done.record}, {})
        worded = {(f.code, f.field, f.sheet, f.cell): f for f in again}
        moved, origins = [], []
        for finding in findings:
            sheet, cell = _target(finding, done, self._layout)
            told = worded.get((finding.code, finding.field, sheet, cell), finding)
            moved.append(replace(finding, sheet=sheet, cell=cell, row=told.row, found=told.found, expected=told.expected, action=told.action))
            origins.append(_origin(finding, (sheet, cell), record))
        return tuple(moved), tuple(origins)

    def _print_less(self, book: "Workbook", record: Record) -> None:
        """Let each list print as far as it is filled and a little further, so that no empty pages come out."""
        from openpyxl.worksheet.worksheet import Worksheet

        for title, last in self._last_rows(record).items():
            sheet = book[title] if title in book.sheetnames else None
            area = _AREA.fullmatch(str(sheet.print_area).rpartition("!")[2]) if isinstance(sheet, Worksheet) else None
            if isinstance(sheet, Worksheet) and area:
                sheet.print_area = f"{area[1]}{last}".replace("$", "")

    def _last_rows(self, record: Record) -> dict[str, int]:
        """The last row of each list that is to print, by sheet."""
        last: dict[str, int] = {}
        for row in (row for rows in record.lists.values() for row in rows):
            last[row.sheet] = max(last.get(row.sheet, 0), row.number)
        places = self._layout.lists.values()
        return {place.sheet: max(last.get(place.sheet, 0), place.first_row - 1) + _BLANK_ROWS for place in places}


def _form_hash(book: "Workbook") -> str:
    """What the hidden sheet says of the form's inputs; "" where there is no such sheet."""
    for sheet in book.worksheets:
        if str(sheet.cell(1, 1).value) == MAGIC:
            return next((str(value) for key, value in sheet.iter_rows(2, 40, 1, 2, values_only=True) if key == "form_hash"), "")
    return ""


def _pictures(data: bytes) -> int:
    """How many pictures a workbook shows, in cells and headers too."""
    with ZipFile(BytesIO(data)) as archive:
        parts = [n for n in archive.namelist() if n.startswith(("xl/drawings/", "xl/cellimages", "xl/richData/")) and not n.endswith(".rels")]
        return sum(len(_PICTURE.findall(archive.read(name))) for name in parts)


def _kept(book: "Workbook") -> int:
    return sum(len(sheet._images) for sheet in book.worksheets)  # type: ignore[attr-defined, misc]


def _target(finding: Finding, done: "Refilled", layout: FormLayout) -> "Place":
    """The cell of the refilled form that a finding is about; nowhere for one that no longer has a place."""
    place = done.places.get((finding.sheet, finding.cell))
    if place is None and finding.field in done.record.fields:
        cell = done.record.fields[finding.field]
        place = cell.sheet, cell.ref
    list_id, _, column = finding.field.partition(".")
    if place is None and not finding.cell and list_id in layout.lists:
        where = layout.lists[list_id]
        place = where.sheet, f"{where.columns.get(column) or next(iter(where.columns.values()))}{where.first_row}"
    return place or ("", "")


def _origin(finding: Finding, place: "Place", record: Record) -> str:
    was = " ".join(part for part in (shorten(finding.sheet), shorten(finding.cell)) if part)
    moved = f"原表：{was}" if was and (finding.sheet, finding.cell or place[1]) != place else ""
    twice = "原表里同一项还有一处，没有带过来" if finding.field in record.repeats else ""
    return "；".join(part for part in (moved, twice) if part)
