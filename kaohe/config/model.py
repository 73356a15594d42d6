"""The configuration as immutable data, and the folders it names as absolute paths."""

from collections.abc import Mapping
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr, StringConstraints, model_validator

from kaohe import PROGRAM_ROOT
from kaohe.rulebook.rules.base import Frozen

Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]


def _choice_id(value: Any) -> str:
    """A reading's choice as written by hand: ``true``/``false`` and numbers are taken as their names."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


ChoiceId: TypeAlias = Annotated[str, BeforeValidator(_choice_id)]


Email: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$")]
"""An address that can stand in a mail's header as it is."""


class Period(Frozen):
    """First and last day that count."""

    start: date
    end: date


class Issuer(Frozen):
    """The office that assesses."""

    name: Text
    short: Text
    contact: Text
    phone: Text
    email: Text


class Folders(Frozen):
    """Where things lie; relative paths count from the configuration file."""

    inbox: Text = "inbox"
    outbox: Text = "outbox"
    templates: Text = "templates"
    state: Text = "state"
    rules: str = ""


class Limits(Frozen):
    """Bounds that make a figure worth a question, in percent."""

    growth_high_percent: Annotated[int, Field(ge=0, strict=True)] = 100
    growth_low_percent: Annotated[int, Field(ge=-100, le=0, strict=True)] = -30


Count: TypeAlias = Annotated[int, Field(ge=1, strict=True)]


class Intake(Frozen):
    """Bounds for one file of the inbox, which no honest form meets, and the passwords to try on locked ones."""

    passwords: tuple[str, ...] = ()
    seconds: Count = 60
    received_seconds: Count = 300
    """For everything in one received file together."""
    free_mb: Annotated[int, Field(ge=0, strict=True)] = 500
    """What must stay free on the disk when a mail or an archive is opened."""
    memory_mb: Annotated[int, Field(ge=256, strict=True)] = 768
    file_mb: Count = 200
    unpacked_mb: Count = 200
    members: Count = 5000
    cells: Count = 2_000_000
    rows: Count = 20_000
    """In all lists of one form together."""
    nested: Annotated[int, Field(ge=1, le=5, strict=True)] = 3
    settle_seconds: Annotated[int, Field(ge=0, strict=True)] = 120
    """A file that cannot be read and was changed so lately may still be on its way."""
    trust_unsealed_forms: Annotated[bool, Field(strict=True)] = False
    """Use inspection and decision forms that cannot be shown to be this office's own."""

    @property
    def largest(self) -> int:
        """Bytes of the largest file that is read."""
        return self.file_mb * 1024 * 1024


def _hour(value: Any) -> Any:
    """An hour as written by hand, ``"22:30"``."""
    if isinstance(value, time):
        return value
    try:
        hour, minute = str(value).split(":")
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError(f'“at”应当是几点几分，写成 "22:30" 的样子，现在是 {value!r}') from None


class Schedule(Frozen):
    """When the nightly run begins, and how long (seconds) the watched inbox must have been quiet before a run."""

    at: Annotated[time, BeforeValidator(_hour)] = time(22, 30)
    quiet_seconds: Annotated[int, Field(ge=0, strict=True)] = 10


class Run(Frozen):
    """Where files are looked into: on this machine, or on a Dask cluster whose scheduler has this address."""

    executor: Literal["local", "dask"] = "local"
    scheduler: str = ""


Seconds: TypeAlias = Annotated[int, Field(ge=0, strict=True)]
Security: TypeAlias = Literal["tls", "starttls", "none"]
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Server(Frozen):
    """A mail server and the account there. The password is never in the configuration."""

    host: Text
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] | None = None
    security: Security = "tls"
    user: str = ""
    keyring: Text = "kaohe"
    """Name under which the system's own safe keeps the password."""
    ca: str = ""
    """File with the certificate of an authority of the office's own; relative paths count from the configuration file."""
    seconds: Annotated[int, Field(ge=1, strict=True)] = 60


class Mail(Server):
    """The server that takes mails, and how fast it may be asked to."""

    sender: Annotated[Email | None, Field(alias="from")] = None
    per_minute: Annotated[int, Field(ge=1, le=600, strict=True)] = 20
    retries: Annotated[int, Field(ge=0, le=10, strict=True)] = 3
    """How often a mail that the server does not take for the time being is tried again in one run."""
    retry_seconds: Seconds = 300


class Fetch(Server):
    """The folder of a mailbox that returned forms are fetched from."""

    folder: Text = "INBOX"
    since: date | None = None
    mark_seen: bool = False
    mail_mb: Count = 100
    most: Count = 500
    """Mails that one run takes at most."""


class Reminders(Frozen):
    """When units are reminded, in working days: so many before the deadline, and after it every so many."""

    days_before: Annotated[tuple[Annotated[int, Field(ge=0, strict=True)], ...], Field(min_length=1)] = (14, 7, 3, 1)
    after_every: Count = 2


class GateResult(Frozen):
    """What an inspection group found at one unit, by the id of the rulebook's preconditions; one left out is not inspected yet."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, bool | None]
    remark: str = ""

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, data: Any) -> Any:
        """None is what leaving out says: results that say the same are the same."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data

    @property
    def answers(self) -> Mapping[str, bool | None]:
        """Whether each condition named holds."""
        return self.__pydantic_extra__

    def holds(self, condition: str) -> bool | None:
        """Whether this condition holds; None where it is not inspected yet."""
        return self.answers.get(condition)


class Group(Frozen):
    """An inspection group and the codes of the units it visits."""

    name: Text
    leader: Text
    deputy: str = ""
    members: tuple[Text, ...] = ()
    units: tuple[Code, ...]
    email: Email | None = None
    """Where its inspection form is sent, and where that comes back from."""

    @property
    def code(self) -> str:
        """What the ledger knows it by: its name, which no other group has."""
        return self.name

    @property
    def short(self) -> str:
        """What files and tables call it."""
        return self.name


class Unit(Frozen):
    """One assessed unit and the United Front department that is notified of its result."""

    code: Code
    name: Text
    short: Text
    aliases: tuple[Text, ...] = ()
    department: Text
    email: Email
    emails: tuple[Email, ...] = ()
    """Further addresses that its mails come from."""
    department_email: Email | None = None
    """Where the letter to its department is sent."""


class Award(Frozen):
    """An award and the codes of the units that win it."""

    name: Text
    units: tuple[Code, ...]


class Config(Frozen):
    """A whole configuration."""

    year: Annotated[int, Field(strict=True)]
    period: Period
    deadline: date
    issuer: Issuer
    folders: Folders = Folders()
    readings: dict[str, ChoiceId] = {}
    limits: Limits = Limits()
    intake: Intake = Intake()
    schedule: Schedule = Schedule()
    run: Run = Run()
    mail: Mail | None = None
    fetch: Fetch | None = None
    reminders: Reminders = Reminders()
    gate: dict[str, GateResult] = {}
    awards: tuple[Award, ...] = ()
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    units: Annotated[tuple[Unit, ...], Field(min_length=1)]
    _home: Path = PrivateAttr(Path())

    @property
    def home(self) -> Path:
        """The folder that relative paths count from."""
        return self._home

    def at(self, home: Path) -> "Config":
        """The same configuration, lying in the folder ``home``."""
        config = self.model_copy()
        config._home = home
        return config

    @cached_property
    def units_by_code(self) -> Mapping[str, Unit]:
        """Units by code, in the order of the file."""
        return {unit.code: unit for unit in self.units}

    @cached_property
    def group_of(self) -> Mapping[str, Group]:
        """The group that inspects each unit."""
        return {code: group for group in self.groups for code in group.units}

    @cached_property
    def cohort(self) -> tuple[Unit, ...]:
        """The units under the groups, in the groups' order: these are ranked together."""
        return tuple(self.units_by_code[code] for group in self.groups for code in group.units)

    def folder(self, name: str) -> Path:
        """Absolute path of one of the folders: ``inbox``, ``outbox``, ``templates``, ``state``."""
        return (self.home / str(getattr(self.folders, name))).resolve()

    def template(self, name: str) -> Path:
        """A template file: the office's own where it has one, else the one that comes with the program."""
        own = self.folder("templates") / name
        return own if own.is_file() else PROGRAM_ROOT / "templates" / name
