"""Who still has to send or correct something, when the next reminder is due, and how firm it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kaohe.checks.finding import Severity
from kaohe.config.model import Reminders, Unit
from kaohe.mail.kinds import Kind
from kaohe.mail.sent import Entry, State
from kaohe.scoring.scorecard import Assessment, Scorecard, UnitState
from kaohe.workdays import is_workday, unknown_years, workdays_until

LEVELS = ("第一次提醒", "再次提醒", "催办")
_ASKED = (UnitState.MISSING, UnitState.REJECTED, UnitState.INCOMPLETE)
_DAY = timedelta(days=1)
_EARLY = "提前"
"""In place of the day for a reminder that was sent before any was due."""


@dataclass(frozen=True, slots=True)
class Days:
    """How far off the deadline is: calendar days and working days, negative once it has passed.

    ``unknown`` are the years in between whose holidays are not known; there Monday to Friday are counted.
    """

    today: date
    deadline: date
    days: int
    workdays: int
    unknown: tuple[int, ...]

    @property
    def note(self) -> str:
        """In Chinese, that the working days are not certain; "" where they are."""
        years = "、".join(f"{year}年" for year in self.unknown)
        return f"{years}的法定节假日安排程序还不知道，这部分工作日按周一至周五计算" if self.unknown else ""


@dataclass(frozen=True, slots=True)
class Pursuit:
    """One unit: what is asked of it ("" where nothing), how often it was reminded of that, when last, and when next.

    ``due`` says that it is to be reminded today; ``following`` is None where no further reminder is foreseen.
    """

    unit: Unit
    group: str
    state: UnitState
    need: str
    count: int
    last: date | None
    following: date | None
    due: bool
    level: str
    matter: str
    errors: int = 0
    doubts: int = 0
    file: str = ""


@dataclass(frozen=True)
class Chase:
    """All units in the groups' order, and how far off the deadline is."""

    days: Days
    pursuits: tuple[Pursuit, ...]

    @property
    def waiting(self) -> tuple[Pursuit, ...]:
        """Those of whom something is asked."""
        return tuple(pursuit for pursuit in self.pursuits if pursuit.need)


def days_left(deadline: date, today: date) -> Days:
    """How far off the deadline is."""
    return Days(today, deadline, (deadline - today).days, workdays_until(today, deadline), unknown_years(today, deadline))


def chase(assessment: Assessment, entries: Sequence[Entry], today: date) -> Chase:
    """Who has to be reminded, as things stand today. ``entries`` are the ledger's mails in order."""
    days = days_left(assessment.config.deadline, today)
    cards = [assessment.card(unit.code) for unit in assessment.config.cohort]
    return Chase(days, tuple(_pursuit(assessment, card, [e for e in entries if e.unit == card.unit.code], days) for card in cards))


def step_reached(reminders: Reminders, deadline: date, today: date) -> date | None:
    """The day on which the reminder that is now in force fell due, today at the latest; None before the first."""
    if today > deadline and (gone := workdays_until(deadline, today)):
        reached = gone - (gone - 1) % reminders.after_every
        day = today
        while gone - is_workday(day) >= reached:
            gone -= is_workday(day)
            day -= _DAY
        return day
    day = min(today, deadline)
    left = workdays_until(day, deadline)
    reached = min((n for n in reminders.days_before if n >= left), default=-1)
    if reached < 0:
        return None
    while left + is_workday(day) <= reached:
        left += is_workday(day)
        day -= _DAY
    return day


def step_ahead(reminders: Reminders, deadline: date, today: date) -> date:
    """The first day after today on which a reminder falls due."""
    day = today + _DAY
    while not (is_workday(day) and _is_step(reminders, deadline, day)):
        day += _DAY
    return day


def _is_step(reminders: Reminders, deadline: date, day: date) -> bool:
    if day <= deadline:
        return workdays_until(day, deadline) in reminders.days_before
    return (workdays_until(deadline, day) - 1) % reminders.after_every == 0


def _pursuit(assessment: Assessment, card: Scorecard, entries: Sequence[Entry], days: Days) -> Pursuit:
    config, unit = assessment.config, card.unit
    errors = len(assessment.open_findings_of(unit.code, Severity.ERROR))
    doubts = len(assessment.open_findings_of(unit.code, Severity.DOUBT))
    if card.state not in _ASKED:
        return Pursuit(unit, card.group, card.state, "", 0, None, None, False, "", "")
    about = f"{config.year} {card.state.value} "
    sent = [entry for entry in entries if entry.state == State.SENT]
    reminded = [entry.day for entry in sent if entry.kind == Kind.REMINDERS and entry.matter.startswith(about)]
    other = Kind.FORMS if card.state is UnitState.MISSING else Kind.CORRECTIONS
    heard = max([*reminded, *(entry.day for entry in sent if entry.kind == other)], default=None)
    reached = step_reached(config.reminders, config.deadline, days.today)
    due = reached is not None and (heard is None or heard < reached)
    return Pursuit(
        unit=unit,
        group=card.group,
        state=card.state,
        need=_need(card, errors, doubts),
        count=len(reminded),
        last=max(reminded, default=None),
        following=days.today if due else step_ahead(config.reminders, config.deadline, days.today),
        due=due,
        level=LEVELS[2] if days.days < 0 else LEVELS[min(len(reminded), 2)],
        matter=f"{about}{reached or _EARLY}",
        errors=errors,
        doubts=doubts,
        file=card.file or "",
    )


def _need(card: Scorecard, errors: int, doubts: int) -> str:
    if card.state is UnitState.MISSING:
        return "还没有报送"
    if card.state is UnitState.REJECTED:
        return "报来的不能采用，要重新报送"
    counts = [f"{n}处{what}" for n, what in ((errors, "错误"), (doubts, "疑问")) if n]
    return f"有{'、'.join(counts)}待更正" if counts else "有问题待更正"
