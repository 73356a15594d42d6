"""The inbox: every file gets one verdict, and each unit's newest usable form becomes its record."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kaohe.config.loader import Office
from kaohe.forms.machine_sheet import MachineData
from kaohe.forms.seal import SealCheck, office_seals
from kaohe.intake.arrival import Arrival, left_behind
from kaohe.intake.company import placed, roots
from kaohe.intake.compare import changes
from kaohe.intake.decision import DecisionForm
from kaohe.intake.inspection import UnitInspection
from kaohe.intake.look import Look
from kaohe.intake.order import Age, age
from kaohe.intake.record import ReceivedFile, Record, Verdict
from kaohe.intake.sealed import held_against_seal
from kaohe.intake.unpack import unpacked
from kaohe.intake.workers import Looker, here

_MIXED = "核查表（审定表）和单位的填报表在同一封邮件或同一个压缩包里，不能确定是考核组（主席办公会议）交来的，没有采用；核实以后请把它单独放进收件箱"
_STILL_COMING_CUT = "不完整，但刚刚改动过，可能还没有传完，下次运行再读"
_STILL_COMING = "打不开，但刚刚改动过，可能还没有传完，下次运行再读"


@dataclass(frozen=True, slots=True)
class Material:
    """A file that goes with a unit's form: the unit's code, the file's name and the SHA-256 of its content."""

    unit: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Intake:
    """What the inbox holds: a verdict for every file, and the records of those that count with the SHA-256 of their contents, by unit.

    ``checked`` is what the looker found out about a record by itself.
    ``inspections`` has every sheet of every inspection form, oldest form first, each with its file's name;
    ``decision`` is the newest decision form with its file's name; one of another year only where there is none of this year;
    ``materials`` are the other files that came along.
    """

    files: tuple[ReceivedFile, ...]
    records: Mapping[str, Record]
    originals: Mapping[str, str]
    inspections: tuple[tuple[str, UnitInspection], ...] = ()
    decision: tuple[str, DecisionForm] | None = None
    materials: tuple[Material, ...] = ()
    checked: Mapping[str, object] = field(default_factory=dict)


def take_in(
    office: Office,
    found: Iterable[Arrival],
    first_seen: Callable[[Arrival], int],
    look: Looker | None = None,
    now: int | None = None,
    seals: SealCheck | None = None,
    noted: Callable[[Sequence[Arrival]], None] = lambda _: None,
) -> Intake:
    """Judge every arrival, and what is inside mails and archives, and choose each unit's newest usable form.

    ``first_seen`` gives the epoch second when a file came, and is asked once all were looked into and ``noted`` was told them all;
    ``look`` looks into files (in this process, when not given); ``now`` is the present epoch second where a file may still be on its way;
    ``seals`` judges the seals of forms that this office issues (by the office's key, when not given). One file's fault never costs another
    its verdict.
    """
    looked = list(unpacked(found, look or here(office), office.config.intake))
    noted([arrival for arrival, _ in looked])
    judged = [_judged(arrival, seen, first_seen, now, office) for arrival, seen in _whole(looked, now, office)]
    judged = [replace(entry, file=file) for entry, file in zip(judged, placed([e.file for e in judged], office.config), strict=True)]
    seals = seals or office_seals(office.config)
    judged = list(_trusted([_held(entry, seals, office) for entry in judged]))
    newest: dict[str, _Judged] = {}
    latest = _latest_mails(judged)
    for entry in sorted((j for j in judged if j.record is not None), key=_worth):
        assert entry.file.unit is not None
        if not 0 < entry.mailed < latest.get(entry.file.unit, 0):
            newest[entry.file.unit] = entry
    decisions = sorted((j for j in judged if j.decision is not None), key=_worth)
    deciding = [j for j in decisions if j.file.verdict is Verdict.ACCEPTED]
    decided = (deciding or decisions)[-1:]
    files = tuple(_settled(entry, newest, office, deciding) for entry in judged)
    return Intake(
        files=files,
        records={code: e.record for code, e in newest.items() if e.record is not None},
        originals={code: e.file.sha256 for code, e in newest.items()},
        checked={code: e.checked for code, e in newest.items()},
        inspections=tuple((entry.file.name, visit) for entry in sorted(judged, key=_age) for visit in entry.inspections),
        decision=next(((j.file.name, j.decision) for j in decided if j.decision is not None), None),
        materials=tuple(_materials(judged, files)),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    file: ReceivedFile
    record: Record | None = None
    inspections: tuple[UnitInspection, ...] = ()
    decision: DecisionForm | None = None
    checked: object = None
    sent: int = 0
    mailed: int = 0
    issued: MachineData | None = None


def _held(entry: _Judged, seals: SealCheck, office: Office) -> _Judged:
    """A form that this office issues, held against its seal: without a valid one it says nothing (nor is it any unit's, whatever it lies beside)."""
    if entry.issued is None:
        return entry
    file, usable = held_against_seal(entry.file, entry.issued, seals, trusting=office.config.intake.trust_unsealed_forms)
    return replace(entry, file=file) if usable else replace(entry, file=file, inspections=(), decision=None)


def _trusted(judged: Sequence[_Judged]) -> Iterator[_Judged]:
    """Forms of the groups and of the meeting do not come in one mail or archive with a unit's own: those are not used."""
    root = roots([entry.file for entry in judged])
    of_units = {root.get(entry.file.name) for entry in judged if entry.record is not None} - {None}
    for entry in judged:
        if (entry.inspections or entry.decision is not None) and root.get(entry.file.name) in of_units:
            yield replace(entry, file=replace(entry.file, verdict=Verdict.REFUSED, reason=_MIXED), inspections=(), decision=None)
        else:
            yield entry


def _age(entry: _Judged) -> Age:
    return age(entry.file.first_seen, entry.sent or entry.file.modified, entry.file.modified, entry.file.name)


def _worth(entry: _Judged) -> tuple[bool, Age]:
    """By age, but a form without a word in it never displaces one that was filled in."""
    form = entry.record or entry.decision
    return form is not None and not form.blank, _age(entry)


def _latest_mails(judged: Iterable[_Judged]) -> Mapping[str, int]:
    """By unit, when its last mail with a form with anything in it was sent: an earlier one that is put into the inbox afterwards is no newer for that."""
    latest: dict[str, int] = {}
    for entry in judged:
        if entry.record is not None and entry.file.unit is not None and not entry.record.blank:
            latest[entry.file.unit] = max(entry.mailed, latest.get(entry.file.unit, 0))
    return latest


def _whole(looked: Iterable[tuple[Arrival, Look]], now: int | None, office: Office) -> Iterator[tuple[Arrival, Look]]:
    """The same without what came out of mails and archives that are still being copied: all of it is taken out the next time."""
    waiting: set[str] = set()
    for arrival, seen in looked:
        if arrival.inside in waiting:
            waiting.add(arrival.name)
        elif seen.cut and not arrival.inside and _is_young(arrival, now, office):
            waiting.add(arrival.name)
            yield arrival, Look(Verdict.ARRIVING, _STILL_COMING_CUT)
        else:
            yield arrival, seen


def _is_young(arrival: Arrival, now: int | None, office: Office) -> bool:
    return now is not None and 0 <= now - arrival.modified < office.config.intake.settle_seconds


def _judged(arrival: Arrival, seen: Look, first_seen: Callable[[Arrival], int], now: int | None, office: Office) -> _Judged:
    verdict, reason = seen.verdict, seen.reason
    if verdict is Verdict.UNREADABLE and _is_young(arrival, now, office) and not arrival.inside and arrival.sha256:
        verdict, reason = Verdict.ARRIVING, _STILL_COMING
    if now is not None and verdict is Verdict.ARRIVING and (left := left_behind(arrival, now)):
        verdict, reason = Verdict.STALLED, left
    file = ReceivedFile(
        name=arrival.name,
        sha256=arrival.sha256,
        size=arrival.size,
        modified=arrival.modified,
        first_seen=first_seen(arrival) if arrival.sha256 else 0,
        verdict=verdict,
        reason=reason,
        unit=seen.unit,
        notes=seen.notes,
        inside=arrival.inside,
    )
    return _Judged(file, seen.record, seen.inspections, seen.decision, seen.checked, arrival.sent, arrival.mailed, seen.issued)


def _settled(entry: _Judged, newest: Mapping[str, _Judged], office: Office, deciding: Sequence[_Judged]) -> ReceivedFile:
    """The file with its final verdict: superseded ones say by which, and what changed."""
    if entry.decision is not None and entry.file.verdict is Verdict.ACCEPTED and entry is not deciding[-1]:
        if entry.file.sha256 == deciding[-1].file.sha256:
            return replace(entry.file, verdict=Verdict.DUPLICATE, reason=f"与“{deciding[-1].file.name}”内容完全相同，按一份计")
        if entry.decision.blank and _age(entry) > _age(deciding[-1]):
            return replace(entry.file, verdict=Verdict.BLANK, reason=f"表里什么都没有填，仍以“{deciding[-1].file.name}”为准")
        return replace(entry.file, verdict=Verdict.SUPERSEDED, reason=f"之后又收到“{deciding[-1].file.name}”，以新的审定表为准")
    if entry.record is None or entry.file.unit is None:
        return entry.file
    chosen = newest[entry.file.unit]
    if chosen is entry or chosen.record is None:
        return entry.file
    if chosen.file.sha256 == entry.file.sha256:
        return replace(entry.file, verdict=Verdict.DUPLICATE, reason=f"与“{chosen.file.name}”内容完全相同，按一份计")
    if entry.record.blank and _age(entry) > _age(chosen):
        return replace(entry.file, verdict=Verdict.BLANK, reason=f"表里什么都没有填，仍以“{chosen.file.name}”为准")
    differing = changes(entry.record, chosen.record, office.rulebook)
    content = f"有{len(differing)}处不同" if differing else "相同"
    if _age(entry) > _age(chosen):
        reason = f"放进收件箱晚，但所在的邮件发出得早，仍以“{chosen.file.name}”为准；填报内容{content}"
    else:
        reason = f"之后又收到“{chosen.file.name}”，以新的为准；填报内容{content}"
    return replace(entry.file, verdict=Verdict.SUPERSEDED, reason=reason, changes=differing)


def _materials(judged: Sequence[_Judged], files: Sequence[ReceivedFile]) -> Iterator[Material]:
    """What came along with a unit's form, each content once."""
    seen: set[tuple[str, str]] = set()
    for entry, file in zip(judged, files, strict=True):
        if file.verdict is Verdict.EVIDENCE and file.unit is not None and (file.unit, file.sha256) not in seen:
            seen.add((file.unit, file.sha256))
            yield Material(file.unit, file.name.rpartition("/")[2], entry.file.sha256)
