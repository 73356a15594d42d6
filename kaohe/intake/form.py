"""The one door from a workbook's sheets to what it is: whose form, and everything that was filled in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kaohe.config.loader import Office
from kaohe.config.model import Unit
from kaohe.forms.machine_sheet import MachineData
from kaohe.intake.byhand import mentions, shown_units, shows_items, unit_called
from kaohe.intake.decision import DecisionForm, extract_decision
from kaohe.intake.extract import count_said, count_told, extract
from kaohe.intake.identify import STRANGER, Identity, identify
from kaohe.intake.inspection import UnitInspection, extract_inspections
from kaohe.intake.older import migration_notes
from kaohe.intake.record import About, Record, Remark, Verdict
from kaohe.intake.sheet import Sheet
from kaohe.text import shorten


@dataclass(frozen=True)
class FormRead:
    """A verdict, in Chinese why, and what an accepted form says: a record, the sheets of an inspection form, or a decision.

    ``unit`` is a code, known for some refused forms too; ``notes`` say in Chinese what was special without keeping it from being read.
    """

    verdict: Verdict
    reason: str
    unit: str | None = None
    record: Record | None = None
    inspections: tuple[UnitInspection, ...] = ()
    decision: DecisionForm | None = None
    notes: tuple[str, ...] = ()
    issued: MachineData | None = None


def read_form(sheets: Sequence[Sheet], office: Office) -> FormRead:
    """What these sheets are. Never raises for anything that stands in them."""
    identity = identify(sheets, office)
    if identity.decision is not None:  # one of another year too: a check says so
        return FormRead(identity.verdict, identity.reason, decision=extract_decision(sheets, identity.decision), issued=identity.issued)
    if identity.verdict is Verdict.ACCEPTED and identity.group is not None:
        found = extract_inspections(sheets, office.rulebook, identity.group)
        return FormRead(Verdict.ACCEPTED, identity.reason, inspections=found, issued=identity.issued)
    if identity.marked and (identity.unit is None or identity.verdict is not Verdict.ACCEPTED):
        return FormRead(identity.verdict, identity.reason, identity.unit, notes=identity.notes)
    record = extract(sheets, office.rulebook, identity.unit or "", identity.version)
    refused = _refusal(sheets, identity, record, office)
    if refused is not None:
        return refused
    return _accepted(sheets, identity, record, office)


def _refusal(sheets: Sequence[Sheet], identity: Identity, record: Record, office: Office) -> FormRead | None:
    """Why a form without its marks, or of another version, cannot be read after all; None where it can."""
    told, total = count_told(record), len(record.fields)
    most = office.config.intake.rows
    if (said := count_said(record)) > most:
        reason = f"表里的清单（连同重复的行）有{said}行，多得不合常理（最多{most}行），为安全起见没有取用，请删去多余的行，用发给单位的原表重新填报"
        return FormRead(Verdict.REFUSED, reason, identity.unit)
    if not identity.marked:
        if not told and not shows_items(sheets, office.rulebook):
            return FormRead(Verdict.NOT_A_FORM, STRANGER)
        if not told:
            reason = "表里没有系统标记，也找不到写着“填报内容”“填报值”的表头，读不出填的是什么，请用发给单位的原表填报"
            return FormRead(Verdict.NOT_A_FORM, reason)
        if identity.verdict is not Verdict.ACCEPTED:
            return FormRead(identity.verdict, identity.reason, identity.unit)
        if told * 2 < total:
            reason = f"表里没有系统标记，{total}个填报项只认出{told}个，不足一半，没有取用，请用发给单位的原表填报"
            return FormRead(Verdict.NOT_A_FORM, reason, identity.unit)
    if identity.version and told * 2 < total:
        version = office.rulebook.version
        reason = f"这份填报表是另一个版本（{identity.version}），现在用的是 {version}，{total}个填报项只有{told}个对得上，请用新发的表填报"
        return FormRead(Verdict.WRONG_VERSION, reason, identity.unit)
    return None


def _accepted(sheets: Sequence[Sheet], identity: Identity, record: Record, office: Office) -> FormRead:
    unit = office.config.units_by_code[record.unit]
    remarks = (*record.remarks, *(_other_names(sheets, record, unit, office) if identity.marked else ()))
    record = replace(record, remarks=remarks)
    notes = list(identity.notes)
    notes += [f"{remark.text}的系统标记缺失或错位，按看得见的序号和文字读取" for remark in remarks if remark.about is About.LABELS]
    if identity.version:
        notes += migration_notes(record, office.rulebook, identity.version)
    hidden = [f"“{remark.cell.sheet}”{remark.text}" for remark in remarks if remark.about is About.HIDDEN]
    if hidden:
        notes.append(f"隐藏的行里有内容，照常计入：{'、'.join(hidden)}")
    notes += [remark.text for remark in remarks if remark.about is About.OTHER_NAME]
    return FormRead(Verdict.ACCEPTED, identity.reason, record.unit, record, notes=tuple(notes))


def _other_names(sheets: Sequence[Sheet], record: Record, unit: Unit, office: Office) -> Iterator[Remark]:
    """The first place where the form shows another unit's name than its machine data has: those win, but the unit is asked."""
    first = next(iter(record.fields))
    for cell in shown_units(sheets):
        other = unit_called(office.config, cell.raw)
        if other is unit or (other is None and mentions(unit, cell.raw)):
            continue
        shown = other.name if other is not None else shorten(cell.raw, 40)
        yield Remark(About.OTHER_NAME, cell, first, "填报单位", f"填报单位写的是“{shown}”，系统标记却是“{unit.name}”")
        return
