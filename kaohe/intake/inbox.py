"""The inbox: every file gets one verdict, and each unit's newest usable form becomes its record."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kaohe.config.loader import Office
from kaohe.intake.compare import changes
from kaohe.intake.decision import DecisionForm, extract_decision
from kaohe.intake.extract import extract
from kaohe.intake.identify import identify
from kaohe.intake.inspection import UnitInspection, extract_inspections
from kaohe.intake.record import ReceivedFile, Record, Verdict
from kaohe.intake.sniff import sniff
from kaohe.intake.workbook import UnreadableWorkbook, read_workbook
from kaohe.text import os_problem

_SPREADSHEETS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ods", ""}
_IGNORED = {".gitkeep", ".ds_store", "thumbs.db", "desktop.ini"}
_UNFINISHED = (".part", ".crdownload", ".tmp", ".download")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file as it lies in the inbox; ``data`` is None where it could not be read, with the reason."""

    name: str
    data: bytes | None
    sha256: str
    modified: int
    reason: str = ""


@dataclass(frozen=True)
class Intake:
    """What the inbox holds: a verdict for every file, and the records and contents of those that count, by unit.

    ``inspections`` has every sheet of every inspection form, oldest form first, each with its file's name;
    ``decision`` is the newest decision form with its file's name.
    """

    files: tuple[ReceivedFile, ...]
    records: Mapping[str, Record]
    originals: Mapping[str, bytes]
    inspections: tuple[tuple[str, UnitInspection], ...] = ()
    decision: tuple[str, DecisionForm] | None = None


def arrivals(inbox: Path) -> Iterator[Arrival]:
    """The files of the inbox and the folders below it, in the order of their names. Links are not followed."""
    if not inbox.is_dir():
        return
    for path in sorted(inbox.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.name.lower() in _IGNORED:
            continue
        yield arrival(path, path.relative_to(inbox).as_posix())


def arrival(path: Path, name: str) -> Arrival:
    """One file, under the name by which people will be told of it."""
    try:
        data, modified = path.read_bytes(), int(path.stat().st_mtime)
    except OSError as error:
        return Arrival(name, None, "", 0, f"读不出来（{os_problem(error)}），可能正被别的程序打开，请关闭后再运行")
    return Arrival(name, data, hashlib.sha256(data).hexdigest(), modified)


def take_in(office: Office, found: Iterable[Arrival], first_seen: Callable[[str], int]) -> Intake:
    """Judge every arrival and choose each unit's newest usable form.

    ``first_seen`` gives the epoch second when a content (by SHA-256) was first seen. One file's fault never costs another its verdict.
    """
    judged = [_judge(office, arrival, first_seen) for arrival in found]
    newest: dict[str, _Judged] = {}
    for entry in sorted((j for j in judged if j.record is not None), key=_age):
        assert entry.file.unit is not None
        newest[entry.file.unit] = entry
    deciding = sorted((j for j in judged if j.decision is not None), key=_age)
    files = tuple(_settled(entry, newest, office, deciding) for entry in judged)
    return Intake(
        files=files,
        records={code: e.record for code, e in newest.items() if e.record is not None},
        originals={code: e.data for code, e in newest.items()},
        inspections=tuple((entry.file.name, visit) for entry in sorted(judged, key=_age) for visit in entry.inspections),
        decision=(deciding[-1].file.name, deciding[-1].decision) if deciding and deciding[-1].decision else None,
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    file: ReceivedFile
    data: bytes
    record: Record | None = None
    inspections: tuple[UnitInspection, ...] = ()
    decision: DecisionForm | None = None


def _age(entry: _Judged) -> tuple[int, int, str]:
    return entry.file.first_seen, entry.file.modified, entry.file.name


def _judge(office: Office, arrival: Arrival, first_seen: Callable[[str], int]) -> _Judged:
    data = arrival.data or b""

    def file(verdict: Verdict, reason: str, unit: str | None = None) -> ReceivedFile:
        seen = first_seen(arrival.sha256) if arrival.sha256 else 0
        return ReceivedFile(arrival.name, arrival.sha256, len(data), arrival.modified, seen, verdict, reason, unit)

    base = arrival.name.rpartition("/")[2]
    if base.startswith(("~$", ".~")) or base.lower().endswith(_UNFINISHED):
        return _Judged(file(Verdict.TEMPORARY, "Excel、WPS 或下载程序的临时文件，不是报送材料"), data)
    if arrival.data is None:
        return _Judged(file(Verdict.UNREADABLE, arrival.reason), data)
    try:
        sheets = read_workbook(data, sniff(data), office.config.intake).sheets
    except UnreadableWorkbook as error:
        if Path(base).suffix.lower() not in _SPREADSHEETS:
            return _Judged(file(Verdict.NOT_A_FORM, "不是电子表格，没有当作填报表读取"), data)
        return _Judged(file(Verdict.UNREADABLE, str(error)), data)
    identity = identify(sheets, office)
    if identity.verdict is Verdict.ACCEPTED and identity.decision is not None:
        return _Judged(file(Verdict.ACCEPTED, identity.reason), data, decision=extract_decision(sheets, identity.decision))
    if identity.verdict is Verdict.ACCEPTED and identity.group is not None:
        found = extract_inspections(sheets, office.rulebook, identity.group)
        return _Judged(file(Verdict.ACCEPTED, identity.reason), data, inspections=found)
    if identity.verdict is not Verdict.ACCEPTED or identity.unit is None:
        return _Judged(file(identity.verdict, identity.reason, identity.unit), data)
    record = extract(sheets, office.rulebook, identity.unit)
    return _Judged(file(Verdict.ACCEPTED, identity.reason, identity.unit), data, record)


def _settled(entry: _Judged, newest: Mapping[str, _Judged], office: Office, deciding: Sequence[_Judged]) -> ReceivedFile:
    """The file with its final verdict: superseded ones say by which, and what changed."""
    if entry.decision is not None and entry is not deciding[-1]:
        if entry.file.sha256 == deciding[-1].file.sha256:
            return replace(entry.file, verdict=Verdict.DUPLICATE, reason=f"与“{deciding[-1].file.name}”内容完全相同，按一份计")
        return replace(entry.file, verdict=Verdict.SUPERSEDED, reason=f"之后又收到“{deciding[-1].file.name}”，以新的审定表为准")
    if entry.record is None or entry.file.unit is None:
        return entry.file
    chosen = newest[entry.file.unit]
    if chosen is entry or chosen.record is None:
        return entry.file
    if chosen.file.sha256 == entry.file.sha256:
        return replace(entry.file, verdict=Verdict.DUPLICATE, reason=f"与“{chosen.file.name}”内容完全相同，按一份计")
    differing = changes(entry.record, chosen.record, office.rulebook)
    content = f"有{len(differing)}处不同" if differing else "相同"
    reason = f"之后又收到“{chosen.file.name}”，以新的为准；填报内容{content}"
    return replace(entry.file, verdict=Verdict.SUPERSEDED, reason=reason, changes=differing)
