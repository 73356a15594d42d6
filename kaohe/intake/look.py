"""One look into one file: what it is, and what it says. Everything here runs in a process that may die without harm."""

import re
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath

from kaohe.config.loader import Office
from kaohe.config.model import Intake
from kaohe.files import told
from kaohe.forms.machine_sheet import MachineData
from kaohe.intake.arrival import Arrival
from kaohe.intake.decision import DecisionForm
from kaohe.intake.inspection import UnitInspection
from kaohe.intake.record import Record, Verdict
from kaohe.intake.sniff import Kind, is_other_archive, plain_workbook, sniff
from kaohe.intake.suspicion import is_packed_program, suspicion
from kaohe.intake.unreadable import UnreadableWorkbook
from kaohe.store import KEEPING, Store
from kaohe.text import shorten

_SPREADSHEETS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ods", ""}
_NEVER_SHEETS = (Kind.PDF, Kind.PICTURE, Kind.DOCUMENT, Kind.TEXT)
"""What is no broken workbook when its name says nothing."""
_NO_SPREADSHEET = "不是电子表格，没有当作填报表读取"
_OTHER_ARCHIVE = "是程序打不开的压缩包（.tar、.gz、.cab 一类），里面的文件没有读到，请改用 zip 压缩，或把填报表单独报送"
_MISNAMED = {Kind.PDF: "PDF", Kind.PICTURE: "图片", Kind.DOCUMENT: "文档（Word、PPT 一类）"}
"""What opens well under its right name, and is evidence whatever it is called."""
_CALLED_HOLDER = re.compile(r"\.(?:zip|7z|rar|eml|msg|z\d\d|r\d\d|(?:zip|7z|rar)\.\d{3})$", re.IGNORECASE)
"""How mails and archives are called, and the parts of an archive that was split."""
_NO_HOLDER = "看名字是压缩包或邮件，内容却认不出来，可能没有传完，或者是分卷压缩的一卷；请重新压缩成一个文件（不要分卷）报送，或把填报表单独报送"
_UNLOCKED = "用设置里的密码打开"
_NO_ROOM = "磁盘快满了，没有取出里面的文件，请腾出空间后再运行一次"
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Inner:
    """One file out of a container, kept in the store: its path there with ``/``, its hash and its size in bytes; its dates as in ``Member``."""

    name: str
    sha256: str
    size: int
    modified: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What one file turned out to be: a form of some kind, a container with its members, or neither, with the reason.

    ``arrival`` is the file as it was found when it was read, where it had not been read before; ``checked`` is what was found
    out about a record by itself, for whoever asked the looker to; ``seconds`` is how long it took. ``passing``: may be another the next time.
    ``cut``: a container whose end is missing.
    """

    verdict: Verdict
    reason: str
    unit: str | None = None
    record: Record | None = None
    inspections: tuple[UnitInspection, ...] = ()
    decision: DecisionForm | None = None
    members: tuple[Inner, ...] = ()
    notes: tuple[str, ...] = ()
    arrival: Arrival | None = None
    checked: object = None
    seconds: float = field(default=0.0, compare=False)
    passing: bool = False
    cut: bool = False
    issued: MachineData | None = None
    """What the form says of its own issue, for the parent to hold against the seal: the key is no business of a worker."""
    packed: bytes = field(default=b"", compare=False, repr=False)
    """The look as it came from another process (``packing``), until somebody has remembered it."""


def look_into(name: str, data: bytes, office: Office, store: Store) -> Look:
    """What the file is and says, by its content; ``name`` only decides how what is no workbook is spoken of.

    What a container holds goes into the store. FolderFault where that cannot be.
    """
    look = _looked(name, data, office, store)
    if look.verdict in (Verdict.NOT_A_FORM, Verdict.UNREADABLE) and (why := suspicion(name, data)):
        return Look(Verdict.SUSPECT, why)
    return look


def _looked(name: str, data: bytes, office: Office, store: Store) -> Look:
    from kaohe.intake.form import read_form
    from kaohe.intake.workbook import read_workbook

    kind, limits = sniff(data), office.config.intake
    suffix = PurePosixPath(name).suffix.lower()
    called_sheet = (suffix in _SPREADSHEETS and (suffix != "" or kind not in _NEVER_SHEETS)) or (kind is Kind.MARKUP and plain_workbook(data) != "")
    broken_book = kind is Kind.ZIP and called_sheet and not zipfile.is_zipfile(BytesIO(data))
    if kind is Kind.ZIP and is_packed_program(name, data):
        return Look(Verdict.NOT_A_FORM, _NO_SPREADSHEET)
    if kind.holds_files and not broken_book:
        return _container(kind, data, limits, store)
    if kind in (Kind.OTHER, Kind.TEXT) and is_other_archive(data):
        return Look(Verdict.UNREADABLE, _OTHER_ARCHIVE)
    if not kind.holds_cells and not called_sheet:
        if kind in (Kind.OTHER, Kind.TEXT, Kind.MARKUP, Kind.EMPTY) and _CALLED_HOLDER.search(name):
            return Look(Verdict.UNREADABLE, _NO_HOLDER)
        return Look(Verdict.NOT_A_FORM, _NO_SPREADSHEET)
    if kind in _MISNAMED and suffix:
        what = _MISNAMED[kind]
        return Look(Verdict.NOT_A_FORM, f"内容是{what}，{_NO_SPREADSHEET}", notes=(f"文件名的扩展名写错了：写的是“{shorten(suffix)}”，内容是{what}",))
    notes: tuple[str, ...] = ()
    try:
        try:
            book = read_workbook(data, kind, limits)
        except UnreadableWorkbook as error:
            opened = _unlocked(data, kind, limits) if error.locked else None
            if opened is None:
                raise
            book, notes = read_workbook(opened, sniff(opened), limits), (_UNLOCKED,)
    except UnreadableWorkbook as error:
        verdict = Verdict.LOCKED if error.locked else Verdict.REFUSED if error.refused else Verdict.UNREADABLE
        return Look(verdict, str(error), notes=notes)
    try:
        found = read_form(book.sheets, office)
    finally:
        book.close()
    said = (*notes, *book.notes, *found.notes)
    return Look(found.verdict, found.reason, found.unit, found.record, found.inspections, found.decision, notes=said, issued=found.issued)


def _unlocked(data: bytes, kind: Kind, limits: Intake) -> bytes | None:
    from kaohe.intake.locked import unlock
    from kaohe.intake.locked_ods import unlock_ods

    if kind is Kind.ODS:
        return unlock_ods(data, limits.passwords, limits.unpacked_mb * _MEGABYTE)
    return unlock(data, limits.passwords)


def _container(kind: Kind, data: bytes, limits: Intake, store: Store) -> Look:
    from kaohe.intake.containers import ContainerFault, open_container

    try:
        opened = open_container(kind, data, limits)
    except ContainerFault as fault:
        return Look(Verdict.REFUSED if fault.refused else Verdict.UNREADABLE, str(fault))
    if not opened.members:
        what = "邮件里没有附件" if kind in (Kind.EML, Kind.MSG) else "压缩包里没有文件"
        return Look(Verdict.NOT_A_FORM, what, notes=opened.left)
    if store.room() - sum(len(member.data) for member in opened.members) < limits.free_mb * _MEGABYTE:
        return Look(Verdict.REFUSED, _NO_ROOM, passing=True)
    with told(KEEPING, store.place):
        inner = tuple(Inner(member.name, store.keep(member.data), len(member.data), member.modified, member.sent) for member in opened.members)
    return Look(Verdict.OPENED, f"取出{len(inner)}个文件", members=inner, notes=opened.left, cut=opened.cut)
