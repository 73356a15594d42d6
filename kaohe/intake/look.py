"""One look into one file: what it is, and what it says. Everything here runs in a process that may die without harm."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from kaohe.config.loader import Office
from kaohe.intake.containers import ContainerFault, Member, open_container
from kaohe.intake.decision import DecisionForm, extract_decision
from kaohe.intake.extract import extract
from kaohe.intake.identify import identify
from kaohe.intake.inspection import UnitInspection, extract_inspections
from kaohe.intake.locked import unlock
from kaohe.intake.record import Record, Verdict
from kaohe.intake.sniff import Kind, sniff
from kaohe.intake.workbook import UnreadableWorkbook, read_workbook

_SPREADSHEETS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ods", ""}
_EMPTY = "文件是空的（0 字节），可能没有传完，请重新报送"
_DAMAGED = "文件打不开，可能已损坏或不是电子表格，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
_LOCKED = "文件设了打开密码，请去掉密码另存后重新报送"
_NO_SPREADSHEET = "不是电子表格，没有当作填报表读取"


@dataclass(frozen=True, slots=True)
class Look:
    """What one file turned out to be: a form of some kind, a container with its members, or neither, with the reason."""

    verdict: Verdict
    reason: str
    unit: str | None = None
    record: Record | None = None
    inspections: tuple[UnitInspection, ...] = ()
    decision: DecisionForm | None = None
    members: tuple[Member, ...] = ()
    notes: tuple[str, ...] = ()


def look_into(name: str, data: bytes, office: Office) -> Look:
    """What the file is and says, by its content; ``name`` only decides how what is no workbook is spoken of."""
    kind = sniff(data)
    if kind.holds_files:
        return _container(kind, data, office)
    if kind.holds_cells:
        return _workbook(kind, data, office)
    if PurePosixPath(name).suffix.lower() not in _SPREADSHEETS:
        return Look(Verdict.NOT_A_FORM, _NO_SPREADSHEET)
    return Look(Verdict.UNREADABLE, _EMPTY if kind is Kind.EMPTY else _DAMAGED)


def _container(kind: Kind, data: bytes, office: Office) -> Look:
    try:
        opened = open_container(kind, data, office.config.intake)
    except ContainerFault as fault:
        return Look(Verdict.REFUSED if fault.refused else Verdict.UNREADABLE, str(fault))
    if not opened.members:
        what = "邮件里没有附件" if kind in (Kind.EML, Kind.MSG) else "压缩包里没有文件"
        return Look(Verdict.NOT_A_FORM, what, notes=opened.left)
    return Look(Verdict.OPENED, f"取出{len(opened.members)}个文件", members=opened.members, notes=opened.left)


def _workbook(kind: Kind, data: bytes, office: Office) -> Look:
    notes: tuple[str, ...] = ()
    if kind is Kind.LOCKED:
        opened = unlock(data, office.config.intake.passwords)
        if opened is None:
            return Look(Verdict.LOCKED, _LOCKED)
        data, notes = opened, ("用设置里的密码打开",)
    try:
        book = read_workbook(data)
    except UnreadableWorkbook as error:
        return Look(Verdict.UNREADABLE, str(error), notes=notes)
    notes += book.notes
    found = identify(book.sheets, office)
    if found.decision is not None:  # one of another year too: a check says so
        return Look(found.verdict, found.reason, decision=extract_decision(book.sheets, found.decision), notes=notes)
    if found.verdict is not Verdict.ACCEPTED:
        return Look(found.verdict, found.reason, found.unit, notes=notes)
    if found.group is not None:
        visits = extract_inspections(book.sheets, office.rulebook, found.group)
        return Look(found.verdict, found.reason, inspections=visits, notes=notes)
    assert found.unit is not None
    return Look(found.verdict, found.reason, found.unit, extract(book.sheets, office.rulebook, found.unit), notes=notes)
