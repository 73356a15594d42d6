"""The mails of each kind: to whom, with which words, with which files. Nothing is sent here."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from kaohe.called import how_to
from kaohe.config.loader import Office
from kaohe.config.model import Config, Group, Unit
from kaohe.files import is_partial, told, write_whole
from kaohe.forms.inspection import inspection_name
from kaohe.forms.issue import form_name
from kaohe.mail.chasing import Chase, Days, Pursuit, days_left
from kaohe.mail.kinds import Kind
from kaohe.mail.message import Attachment, Message, Person
from kaohe.mail.sent import About
from kaohe.publish.as_left import DRAFTS_FOLDER, final_place
from kaohe.publish.corrections import NAME as CORRECTION
from kaohe.publish.documents import TemplateFault, letter_name
from kaohe.publish.frozen import read_manifest, set_file
from kaohe.publish.jobs import CORRECTIONS_FOLDER, LETTERS_FOLDER, REPORT_FILE
from kaohe.publish.text_template import render_text
from kaohe.scoring.scorecard import UnitState
from kaohe.text import date_text, own_name, shorten

SENT_FOLDER = "已发"
"""Below the drafts: mails as they were sent."""
_SUBJECT = ("主题：", "主题:")
Party: TypeAlias = Unit | Group
"""Whom a mail concerns: a unit, or a group that inspects some."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One mail to one recipient; ``about`` is what the ledger remembers of it."""

    unit: Party
    message: Message
    about: About

    @property
    def file_name(self) -> str:
        """Name of the draft's file."""
        return f"{self.about.name}.eml"


@dataclass(frozen=True, slots=True)
class Omitted:
    """A unit or group that nothing is written to, and why in Chinese."""

    unit: Party
    why: str


@dataclass
class Batch:
    """The mails of one kind. ``refusal`` says in Chinese why there can be none at all, "" otherwise."""

    kind: Kind
    drafts: list[Draft] = field(default_factory=list)
    omitted: list[Omitted] = field(default_factory=list)
    refusal: str = ""


def forms_batch(office: Office, units: Sequence[Unit], today: date) -> Batch:
    """Each unit's form from ``outbox/forms``."""
    batch, folder = Batch(Kind.FORMS), office.config.folder("outbox") / "forms"
    for unit in units:
        files = _attached(folder, [form_name(office.config.year, unit)])
        if files:
            _add(batch, _Writing(office, Kind.FORMS, unit, today), files, matter=str(office.config.year))
        else:
            batch.omitted.append(Omitted(unit, f"还没有制作填报表，请先{how_to(office.config.home, 'forms')}"))
    return batch


def corrections_batch(office: Office, units: Sequence[Unit], today: date) -> Batch:
    """What the last night put into ``outbox/更正通知``. The same corrections are one matter.

    A letter without a workbook says that what the unit sent was refused: its form goes with it once more.
    """
    batch = Batch(Kind.CORRECTIONS)
    if not (office.config.folder("outbox") / CORRECTIONS_FOLDER).is_dir():
        ran = (office.config.folder("outbox") / REPORT_FILE).is_file()
        return replace(batch, refusal="现在没有要更正的单位，不用发" if ran else f"outbox 里还没有更正通知，请先{how_to(office.config.home, 'run')}")
    for unit in units:
        files = corrections_of(office.config, unit)
        if files:
            refused = len(files) == 1
            form = _attached(office.config.folder("outbox") / "forms", [form_name(office.config.year, unit)]) if refused else ()
            digest = hashlib.sha256(b"".join(hashlib.sha256(file.data).digest() for file in files)).hexdigest()
            _add(
                batch,
                _Writing(office, Kind.CORRECTIONS, unit, today, further={"refused": refused}),
                (*files, *form),
                matter=f"{office.config.year} {digest}",
            )
        else:
            batch.omitted.append(Omitted(unit, "没有要更正的"))
    return batch


def inspections_batch(office: Office, groups: Sequence[Group], today: date) -> Batch:
    """Each group's inspection form from ``outbox/forms``, to its leader."""
    batch, config = Batch(Kind.INSPECTIONS), office.config
    for group in groups:
        files = _attached(config.folder("outbox") / "forms", [inspection_name(config.year, group.name)])
        if not files:
            batch.omitted.append(Omitted(group, f"还没有制作核查表，请先{how_to(config.home, 'forms --inspection')}"))
        elif group.email is None:
            batch.omitted.append(Omitted(group, "没有写组长的邮箱，请在 config.toml 里给这个考核组加上 email"))
        else:
            inspected = [config.units_by_code[code].short for code in group.units]
            recipient = Person(f"{group.name}组长{group.leader}", group.email)
            further = {"group": group, "inspected": inspected}
            _add(batch, _Writing(office, Kind.INSPECTIONS, group, today, recipient, further), files, matter=str(config.year))
    return batch


def letters_batch(office: Office, units: Sequence[Unit], today: date) -> Batch:
    """The letters of the final set, to the departments. Only those that are what was issued."""
    config, batch, place = office.config, Batch(Kind.LETTERS), final_place(office.config)
    if not place.is_dir():
        return replace(batch, refusal=f"正式结果还没有生成（没有 {place}），结果通知不能发。主席办公会议审定、生成正式结果以后再发")
    try:
        issued = {file.name: file.sha256 for file in read_manifest(place).files}
    except (OSError, ValueError):
        return replace(batch, refusal=f"正式结果的清单读不出来，不能确认函件是不是原样，没有发。请{how_to(config.home, 'verify')}，核对 {place}")
    for unit in units:
        name = letter_name(unit)
        files = _attached(place / LETTERS_FOLDER, [name])
        if unit.department_email is None:
            batch.omitted.append(Omitted(unit, f"没有写{unit.department}的邮箱，请在 config.toml 里给这个单位加上 department_email"))
        elif not files:
            batch.omitted.append(Omitted(unit, f"正式结果里没有给{unit.department}的函“{name}”"))
        elif issued.get(f"{LETTERS_FOLDER}/{name}") != set_file(name, files[0].data).sha256:
            batch.omitted.append(Omitted(unit, f"函“{name}”与正式结果的清单不符，可能改动过，没有发。请{how_to(config.home, 'verify')}，核对一下"))
        else:
            recipient = Person(unit.department, unit.department_email)
            _add(batch, _Writing(office, Kind.LETTERS, unit, today, recipient), files, matter=str(config.year))
    return batch


def reminders_batch(office: Office, chase: Chase, units: Sequence[Unit], *, everybody: bool) -> Batch:
    """A reminder to each unit that is due for one today; to every unit of whom something is asked with ``everybody``."""
    batch, config = Batch(Kind.REMINDERS), office.config
    wanted = {unit.code for unit in units}
    for pursuit in chase.pursuits:
        unit = pursuit.unit
        if unit.code not in wanted:
            continue
        if not pursuit.need:
            batch.omitted.append(Omitted(unit, f"{pursuit.state.chinese}，不用催"))
        elif not pursuit.due and not everybody:
            upcoming = f"，下次{date_text(pursuit.following)}" if pursuit.following else ""
            batch.omitted.append(Omitted(unit, f"{pursuit.need}，今天不到提醒的日子{upcoming}；现在就要催的加 --all"))
        else:
            corrections = corrections_of(config, unit) if pursuit.state is not UnitState.MISSING else ()
            form = () if pursuit.state is UnitState.INCOMPLETE else _attached(config.folder("outbox") / "forms", [form_name(config.year, unit)])
            files = (*corrections, *form)
            writing = _Writing(office, Kind.REMINDERS, unit, chase.days.today, further=_reminding(pursuit, explained=bool(corrections)))
            _add(batch, writing, files, matter=pursuit.matter)
    return batch


def corrections_of(config: Config, unit: Unit) -> tuple[Attachment, ...]:
    """The corrections that lie ready for a unit: its workbook, if there is one, and the letter."""
    stem = f"{CORRECTION}-{unit.short}"
    return _attached(config.folder("outbox") / CORRECTIONS_FOLDER, [f"{stem}.xlsx", f"{stem}.txt"])


def write_drafts(config: Config, kind: Kind, drafts: Sequence[Draft], *, only_some: bool) -> Path:
    """Write the drafts into ``outbox/mail``; earlier ones of the kind go, unless only some units were asked for. Returns the folder.

    Raises FolderFault.
    """
    folder = config.folder("outbox") / DRAFTS_FOLDER
    with told("写邮件草稿", folder):
        written = {draft.file_name: draft.message.draft() for draft in drafts}
        for name, data in written.items():
            path = folder / name
            if not (path.is_file() and path.read_bytes() == data):
                write_whole(path, data)
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            earlier = not only_some and path.match(f"{kind.chinese}-*.eml") and path.name not in written
            if path.is_file() and (earlier or is_partial(path.name)):
                path.unlink()
    return folder


def file_copy(config: Config, name: str, data: bytes, day: date) -> None:
    """Keep a mail as it was sent; its draft goes. Raises FolderFault."""
    folder = config.folder("outbox") / DRAFTS_FOLDER
    with told("存下发出的邮件", folder):
        path, number = folder / SENT_FOLDER / f"{day:%Y%m%d}-{name}.eml", 2
        while path.exists():
            path = path.with_name(f"{day:%Y%m%d}-{name} ({number}).eml")
            number += 1
        write_whole(path, data)
        (folder / f"{name}.eml").unlink(missing_ok=True)


def is_real(address: str) -> bool:
    """Whether mail may be sent to the address: names under ``.example`` stand in for ones that are not known yet."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return domain != "example" and not domain.endswith(".example")


def sender_of(config: Config) -> Person:
    """In whose name the office writes."""
    own = config.mail.sender if config.mail is not None else None
    return Person(config.issuer.name, own or config.issuer.email)


@dataclass(frozen=True, slots=True)
class _Writing:
    """What a template is filled in with: the same names for every kind, and further ones for reminders and groups.

    A unit is written to at its own address; of a group ``recipient`` has it.
    """

    office: Office
    kind: Kind
    unit: Party
    today: date
    recipient: Person | None = None
    further: Mapping[str, Any] = field(default_factory=dict)

    def context(self, files: Iterable[Attachment]) -> dict[str, Any]:
        config, rulebook = self.office.config, self.office.rulebook
        days: Days = days_left(config.deadline, self.today)
        return {
            "unit": self.unit,
            "issuer": config.issuer,
            "year": config.year,
            "title": rulebook.title,
            "called": rulebook.called,
            "notice": {"title": rulebook.notice_title, "number": rulebook.notice_number},
            "deadline": date_text(config.deadline),
            "today": date_text(self.today),
            "days_left": days.days,
            "workdays_left": days.workdays,
            "workdays_certain": not days.unknown,
            "attachments": [file.name for file in files],
            **self.further,
        }


def _reminding(pursuit: Pursuit, *, explained: bool) -> dict[str, Any]:
    """``explained`` says that what is attached names the faults."""
    return {
        "explained": explained,
        "level": pursuit.level,
        "state": pursuit.state.value,
        "count": pursuit.count,
        "errors": pursuit.errors,
        "doubts": pursuit.doubts,
        "file": shorten(own_name(pursuit.file), 80),
    }


def _add(batch: Batch, writing: _Writing, files: tuple[Attachment, ...], *, matter: str) -> None:
    """Write one mail; a template that cannot be used costs this one only."""
    unit, config, recipient = writing.unit, writing.office.config, writing.recipient
    if recipient is None:
        assert isinstance(unit, Unit)
        recipient = Person(unit.name, unit.email)
    try:
        subject, text = _worded(config.template(batch.kind.template), writing.context(files))
    except TemplateFault as fault:
        batch.omitted.append(Omitted(unit, f"没有写成。{fault}"))
        return
    message = Message(sender_of(config), recipient, subject, text, files)
    about = About(batch.kind, unit.code, matter, recipient.address, message.digest, f"{batch.kind.chinese}-{unit.short}")
    batch.drafts.append(Draft(unit, message, about))


def _worded(template: Path, context: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and text. The template's first line is the subject. Raises TemplateFault."""
    first, _, rest = render_text(template, context).lstrip("\ufeff\r\n ").partition("\n")
    for mark in _SUBJECT:
        if first.strip().startswith(mark) and (subject := first.strip().removeprefix(mark).strip()):
            return subject, "\n".join(line.rstrip() for line in rest.strip("\r\n").splitlines())
    raise TemplateFault(f"模板 {template.name} 的第一行应当是“主题：……”（{template}）")


def has_subject(template: str) -> bool:
    """Whether a template's text has a line for the subject."""
    return any(line.strip().startswith(_SUBJECT) for line in template.splitlines())


def _attached(folder: Path, names: Iterable[str]) -> tuple[Attachment, ...]:
    """Those of the files that are there. Raises FolderFault where one cannot be read."""
    with told("读取要寄的文件", folder):
        return tuple(Attachment(name, (folder / name).read_bytes()) for name in names if (folder / name).is_file())
