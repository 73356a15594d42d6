"""Whose form a workbook is, from its hidden machine data and never from its file name."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kaohe.config.loader import Office
from kaohe.forms.layout import MAGIC
from kaohe.forms.machine_sheet import DECISION, INSPECTION, SUBMISSION
from kaohe.intake.normalise import raw_text
from kaohe.intake.record import Verdict
from kaohe.intake.workbook import Sheet

_SEARCHED_ROWS = 40


@dataclass(frozen=True, slots=True)
class Identity:
    """A verdict on whose form it is; ``unit`` is a code, ``group`` a group's name, ``decision`` a fingerprint; None otherwise."""

    verdict: Verdict
    reason: str
    unit: str | None = None
    group: str | None = None
    decision: str | None = None


def identify(sheets: Iterable[Sheet], office: Office) -> Identity:
    """The unit a workbook belongs to, or why it cannot be used."""
    data = machine_data(sheets)
    year, version = office.rulebook.year, office.rulebook.version
    if data is not None and data.get("kind") == INSPECTION:
        return _inspection(data, office)
    if data is not None and data.get("kind") == DECISION:
        return _decision(data, office)
    if data is None or data.get("kind") != SUBMISSION:
        return Identity(Verdict.NOT_A_FORM, "不是本系统发出的填报表（里面没有系统标记），请用发给单位的原表填报")
    code = data.get("unit_code", "")
    unit = office.config.units_by_code.get(code)
    known = unit.code if unit else None
    if data.get("year") != str(year):
        return Identity(Verdict.WRONG_YEAR, f"这是{data.get('year')}年度的填报表，本次考核{year}年度，请用{year}年度的表填报", known)
    if not code:
        return Identity(Verdict.UNKNOWN_UNIT, "这是没有写明单位的母版，不是发给某个单位的表，请用发给本单位的那一份填报")
    if unit is None:
        return Identity(Verdict.UNKNOWN_UNIT, f"表里的单位“{data.get('unit_name') or code}”不在本次考核单位之列，请核对是否发错")
    if data.get("form_hash") != office.rulebook.form_hash:
        return Identity(Verdict.WRONG_VERSION, f"这份填报表是另一版本（{data.get('version')}），现在用的是 {version}，请用新发的表填报", known)
    return Identity(Verdict.ACCEPTED, "采用", known)


def _inspection(data: dict[str, str], office: Office) -> Identity:
    """An inspection form: whose it is, or why it cannot be used."""
    year, group = office.rulebook.year, data.get("group", "")
    if data.get("year") != str(year):
        return Identity(Verdict.WRONG_YEAR, f"这是{data.get('year')}年度的核查表，本次考核{year}年度，请用{year}年度的表")
    if group not in {g.name for g in office.config.groups}:
        return Identity(Verdict.UNKNOWN_GROUP, f"核查表里的考核组“{group}”不在本次考核之列，请核对是否发错")
    if data.get("form_hash") != office.rulebook.form_hash:
        return Identity(
            Verdict.WRONG_VERSION, f"这份核查表是另一版本（{data.get('version')}），现在用的是 {office.rulebook.version}，请重新制作核查表"
        )
    return Identity(Verdict.ACCEPTED, f"采用（{group}核查表）", group=group)


def _decision(data: dict[str, str], office: Office) -> Identity:
    """A decision form, of another year too: a check says so; ``decision`` is the fingerprint of the figures it was made from."""
    made_from = data.get("fingerprint", "")
    if data.get("year") != str(office.rulebook.year):
        reason = f"这是{data.get('year')}年度的审定表，本次考核{office.rulebook.year}年度，请用本年度的审定表"
        return Identity(Verdict.WRONG_YEAR, reason, decision=made_from)
    return Identity(Verdict.ACCEPTED, "采用（审定表）", decision=made_from)


def machine_data(sheets: Iterable[Sheet]) -> dict[str, str] | None:
    """Keys and values of the hidden sheet, wherever it now stands; None when there is none."""
    for sheet in sheets:
        if sheet.rows and sheet.rows[0] and raw_text(sheet.rows[0][0]) == MAGIC:
            return dict(_pair(row) for row in sheet.rows[1:_SEARCHED_ROWS] if row and raw_text(row[0]))
    return None


def _pair(row: list[Any]) -> tuple[str, str]:
    return raw_text(row[0]), raw_text(row[1]) if len(row) > 1 else ""
