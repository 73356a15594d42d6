"""Whose form a workbook is: from its hidden machine data, else from what it shows, and never from its file name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kaohe.config.loader import Office
from kaohe.forms import machine_sheet
from kaohe.forms.layout import MAGIC
from kaohe.intake.byhand import shown_units, shown_years, unit_called
from kaohe.intake.normalise import raw_text
from kaohe.intake.record import Verdict
from kaohe.intake.sheet import Sheet
from kaohe.text import shorten

_SEARCHED_ROWS = 40
_KINDS = {machine_sheet.SUBMISSION: "填报表", machine_sheet.INSPECTION: "核查表", machine_sheet.DECISION: "审定表"}
_TELLING = ("kind", "year", "unit_code", "group", "fingerprint")
"""Keys in which several machine sheets of one workbook must agree."""

STRANGER = "不是本系统发出的填报表（里面没有系统标记），请用发给单位的原表填报"


@dataclass(frozen=True, slots=True)
class Identity:
    """A verdict on whose form it is; ``unit`` is a code, ``group`` a group's name, ``decision`` a fingerprint; None otherwise.

    ``marked`` is False where nothing but what the form shows says whose it is; ``version`` names another version of this year's form,
    "" for the one in use.
    """

    verdict: Verdict
    reason: str
    unit: str | None = None
    group: str | None = None
    decision: str | None = None
    marked: bool = True
    version: str = ""
    notes: tuple[str, ...] = ()
    issued: machine_sheet.MachineData | None = None
    """What the hidden sheet of a group's or the meeting's form says, its seal not looked at."""


def identify(sheets: Sequence[Sheet], office: Office) -> Identity:
    """The unit a workbook belongs to, or why it cannot be used."""
    found = list(_machines(sheets))
    if not found:
        return _unmarked(sheets, office)
    if len({tuple(data.get(key, "") for key in _TELLING) for data in found}) > 1:
        return Identity(Verdict.UNKNOWN_UNIT, _contradiction(found))
    data = next((data for data in found if data.get("form_hash") != office.rulebook.form_hash), found[0])
    match data.get("kind"):
        case machine_sheet.INSPECTION:
            return _inspection(data, office)
        case machine_sheet.DECISION:
            return _decision(data, office)
        case machine_sheet.SUBMISSION:
            return _submission(data, office)
    return Identity(Verdict.NOT_A_FORM, STRANGER)


def _contradiction(found: Iterable[dict[str, str]]) -> str:
    """Sheets copied from several of our workbooks into one."""
    named = dict.fromkeys(
        f"{data.get('year', '')}年度{data.get('unit_name') or data.get('group') or ''}{_KINDS.get(data.get('kind', ''), '表')}" for data in found
    )
    forms = "、".join(f"“{shorten(name, 40)}”" for name in named)
    return f"这份工作簿里有几份表的系统标记（{forms}），互相矛盾，分不清是哪一份，请用发给本单位的那一份填报，不要把几份表拼在一起"


def _submission(data: dict[str, str], office: Office) -> Identity:
    """A form by its machine data."""
    year = office.rulebook.year
    code = data.get("unit_code", "")
    unit = office.config.units_by_code.get(code)
    known = unit.code if unit else None
    if data.get("year") != str(year):
        return Identity(Verdict.WRONG_YEAR, f"这是{shorten(data.get('year', ''), 20)}年度的填报表，本次考核{year}年度，请用{year}年度的表填报", known)
    if not code:
        return Identity(Verdict.UNKNOWN_UNIT, "这是没有写明单位的母版，不是发给某个单位的表，请用发给本单位的那一份填报")
    if unit is None:
        return Identity(Verdict.UNKNOWN_UNIT, f"表里的单位“{shorten(data.get('unit_name') or code, 40)}”不在本次考核单位之列，请核对是否发错")
    if data.get("form_hash") != office.rulebook.form_hash:
        version = shorten(data.get("version", ""), 20) or "版本不明"
        return Identity(Verdict.ACCEPTED, f"采用（另一个版本 {version} 的表，标记相同的项目照常取用）", known, version=version)
    return Identity(Verdict.ACCEPTED, "采用", known)


def _unmarked(sheets: Sequence[Sheet], office: Office) -> Identity:
    """A form without its machine sheet, by the name and the year that it shows. Whether it is a form at all is not looked at."""
    year = office.rulebook.year

    def refused(verdict: Verdict, reason: str) -> Identity:
        return Identity(verdict, f"表里没有系统标记，{reason}", marked=False)

    names = dict.fromkeys(cell.raw for cell in shown_units(sheets))
    units = {unit.code: unit for name in names if (unit := unit_called(office.config, name)) is not None}
    if not names:
        return refused(Verdict.UNKNOWN_UNIT, "也找不到“填报单位：…”，不知道是哪个单位的，请用发给本单位的原表填报")
    if not units:
        shown = "、".join(f"“{shorten(name, 30)}”" for name in names)
        return refused(Verdict.UNKNOWN_UNIT, f"填报单位写的是{shown}，不在本次考核单位之列，请核对是否发错")
    if len(units) > 1:
        shown = "、".join(f"“{unit.short}”" for unit in units.values())
        return refused(Verdict.UNKNOWN_UNIT, f"填报单位有的写{shown}，互相矛盾，请用发给本单位的原表填报")
    (unit,) = units.values()
    years = shown_years(sheets)
    if not years:
        return refused(Verdict.WRONG_YEAR, f"标题里也没有写明年度，请用{year}年度的原表填报")
    if years != {year}:
        shown = "、".join(f"{n}年度" for n in sorted(years))
        return refused(Verdict.WRONG_YEAR, f"标题写的是{shown}，本次考核{year}年度，请用{year}年度的原表填报")
    note = f"系统标记不见了，单位和年度按表里看得见的文字认定：{unit.name}，{year}年度"
    return Identity(Verdict.ACCEPTED, f"采用（没有系统标记，按“填报单位”认定为{unit.short}）", unit.code, marked=False, notes=(note,))


def _inspection(data: dict[str, str], office: Office) -> Identity:
    """An inspection form: whose it is, or why it cannot be used."""
    year, group = office.rulebook.year, data.get("group", "")
    if data.get("year") != str(year):
        return Identity(Verdict.WRONG_YEAR, f"这是{data.get('year')}年度的核查表，本次考核{year}年度，请用{year}年度的表")
    if group not in {g.name for g in office.config.groups}:
        return Identity(Verdict.UNKNOWN_GROUP, f"核查表里的考核组“{group}”不在本次考核之列，请核对是否发错")
    if data.get("form_hash") != office.rulebook.form_hash:
        return Identity(
            Verdict.WRONG_VERSION, f"这份核查表是另一个版本（{data.get('version')}），现在用的是 {office.rulebook.version}，请重新制作核查表"
        )
    return Identity(Verdict.ACCEPTED, f"采用（{group}核查表）", group=group, issued=machine_sheet.MachineData.read(data))


def _decision(data: dict[str, str], office: Office) -> Identity:
    """A decision form, of another year too: a check says so; ``decision`` is the fingerprint of the figures it was made from."""
    made_from, issued = data.get("fingerprint", ""), machine_sheet.MachineData.read(data)
    if data.get("year") != str(office.rulebook.year):
        reason = f"这是{data.get('year')}年度的审定表，本次考核{office.rulebook.year}年度，请用本年度的审定表"
        return Identity(Verdict.WRONG_YEAR, reason, decision=made_from, issued=issued)
    return Identity(Verdict.ACCEPTED, "采用（审定表）", decision=made_from, issued=issued)


def machine_data(sheets: Iterable[Sheet]) -> dict[str, str] | None:
    """Keys and values of the first hidden sheet, wherever it now stands; None when there is none."""
    return next(_machines(sheets), None)


def _machines(sheets: Iterable[Sheet]) -> Iterator[dict[str, str]]:
    for sheet in sheets:
        if sheet.rows and sheet.rows[0] and raw_text(sheet.rows[0][0]) == MAGIC:
            yield dict(_pair(row) for row in sheet.rows[1:_SEARCHED_ROWS] if row and raw_text(row[0]))


def _pair(row: list[Any]) -> tuple[str, str]:
    return raw_text(row[0]), raw_text(row[1]) if len(row) > 1 else ""
