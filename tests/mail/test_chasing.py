"""Working days, the days on which reminders fall due, and who is reminded of what in which words."""

from datetime import date, datetime, timedelta

import pytest

from kaohe.config.model import Reminders
from kaohe.mail.chasing import Chase, chase, days_left, step_ahead, step_reached
from kaohe.mail.kinds import Kind
from kaohe.mail.sent import Entry, State
from kaohe.scoring.scorecard import Assessment
from kaohe.workdays import is_known, is_workday, unknown_years, workdays_until
from tests.support import sample

DEADLINE = date(2014, 12, 31)
MISSING, REJECTED, FAULTY = "zhongyuan", "xingyang", "dengfeng"


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    """One unit missing, one rejected, one with an error and a doubt, the others without anything to do."""
    return sample.assessment()


def entry(unit: str, matter: str, day: date, kind: Kind = Kind.REMINDERS, state: State = State.SENT) -> Entry:
    at = int(datetime(day.year, day.month, day.day, 10).timestamp())
    return Entry(1, kind.value, unit, matter, "a@b.test", "0" * 64, state.value, at, "")


def asked(found: Chase) -> dict[str, tuple[str, int, bool, str, date | None]]:
    return {p.unit.code: (p.need, p.count, p.due, p.level, p.following) for p in found.waiting}


# Working days


def test_the_chinese_calendar() -> None:
    """New Year 2015: 1 to 3 January off, Sunday 4 January worked in their stead."""
    worked = [day for day in range(1, 12) if is_workday(date(2015, 1, day))]
    assert worked == [4, 5, 6, 7, 8, 9]
    assert (is_workday(date(2014, 9, 28)), is_workday(date(2014, 10, 7)), is_workday(date(2014, 10, 11))) == (True, False, True)
    assert workdays_until(date(2014, 9, 26), date(2014, 10, 10)) == 6


def test_years_that_the_calendar_does_not_know_are_told() -> None:
    assert (is_known(2014), is_known(2099)) == (True, False)
    assert [is_workday(date(2099, 1, day)) for day in range(1, 6)] == [True, True, False, False, True], "Monday to Friday"
    assert unknown_years(date(2098, 12, 30), date(2099, 1, 4)) == (2098, 2099)
    days = days_left(date(2099, 1, 9), date(2099, 1, 1))
    assert (days.days, days.workdays, days.note) == (8, 6, "2099年的法定节假日安排程序还不知道，这部分工作日按周一至周五计算")
    assert days_left(DEADLINE, date(2014, 12, 1)).note == ""


def test_days_after_the_deadline_count_down() -> None:
    assert [workdays_until(date(2015, 1, day), DEADLINE) for day in range(1, 7)] == [0, 0, 0, -1, -2, -3]


# Steps


def test_the_days_on_which_reminders_fall_due() -> None:
    """Before the deadline 14, 7, 3 and 1 working days; after it every second one, beginning with the first."""
    days = [date(2014, 12, 1) + timedelta(days=n) for n in range(40)]
    reached = list(dict.fromkeys(step_reached(Reminders(), DEADLINE, day) for day in days))
    expected = [(12, 11), (12, 22), (12, 26), (12, 30), (1, 4), (1, 6), (1, 8)]
    assert reached == [None, *(date(2014 if month == 12 else 2015, month, day) for month, day in expected)]
    for day in days:
        step, ahead = step_reached(Reminders(), DEADLINE, day), step_ahead(Reminders(), DEADLINE, day)
        assert step is None or step <= day
        assert ahead > day
        assert step_reached(Reminders(), DEADLINE, ahead) == ahead, "what was foreseen falls due"
        assert step_reached(Reminders(), DEADLINE, ahead - timedelta(days=1)) == step, "and nothing in between"


def test_the_last_day_itself_may_be_a_step() -> None:
    assert step_reached(Reminders(days_before=(0,)), DEADLINE, DEADLINE) == DEADLINE
    assert step_reached(Reminders(days_before=(0,)), DEADLINE, DEADLINE - timedelta(days=1)) is None


def test_a_deadline_on_a_day_off() -> None:
    """The deadline of 5 October 2014 lies in the holidays; one working day before it is 29 September, none 30 September."""
    end = date(2014, 10, 5)
    assert step_reached(Reminders(days_before=(1,)), end, date(2014, 9, 28)) is None
    assert step_reached(Reminders(days_before=(1,)), end, date(2014, 10, 3)) == date(2014, 9, 29)
    assert step_ahead(Reminders(days_before=(1,)), end, date(2014, 10, 3)) == date(2014, 10, 8)


# Who is reminded


def test_nobody_is_reminded_before_the_first_step(assessment: Assessment) -> None:
    first = date(2014, 12, 11)
    assert asked(chase(assessment, [], date(2014, 12, 8))) == {
        MISSING: ("还没有报送", 0, False, "第一次提醒", first),
        REJECTED: ("报来的不能采用，要重新报送", 0, False, "第一次提醒", first),
        FAULTY: ("有1处错误、1处疑问待更正", 0, False, "第一次提醒", first),
    }


def test_reminders_grow_firmer(assessment: Assessment) -> None:
    entries: list[Entry] = []
    seen = []
    for month, day in ((12, 11), (12, 12), (12, 22), (12, 29), (12, 31), (1, 5)):
        today = date(2014 if month == 12 else 2015, month, day)
        (found,) = [p for p in chase(assessment, entries, today).pursuits if p.unit.code == MISSING]
        seen.append((day, found.due, found.count, found.level))
        if found.due:
            entries.append(entry(MISSING, found.matter, today))
    assert seen == [
        (11, True, 0, "第一次提醒"),
        (12, False, 1, "再次提醒"),
        (22, True, 1, "再次提醒"),
        (29, True, 2, "催办"),
        (31, True, 3, "催办"),
        (5, True, 4, "催办"),
    ]


def test_an_office_that_begins_late_sends_one_reminder_not_three(assessment: Assessment) -> None:
    today = date(2014, 12, 29)
    (found,) = [p for p in chase(assessment, [], today).pursuits if p.unit.code == MISSING]
    assert (found.due, found.level, found.matter) == (True, "第一次提醒", "2014 missing 2014-12-26")
    (later,) = [p for p in chase(assessment, [entry(MISSING, found.matter, today)], today).pursuits if p.unit.code == MISSING]
    assert (later.due, later.following) == (False, date(2014, 12, 30))


def test_what_was_just_mailed_is_not_followed_by_a_reminder(assessment: Assessment) -> None:
    today = date(2014, 12, 22)
    entries = [
        entry(MISSING, "2014", today, Kind.FORMS),
        entry(FAULTY, "2014 x", today, Kind.CORRECTIONS),
        entry(REJECTED, "2014 x", date(2014, 12, 19), Kind.CORRECTIONS),
    ]
    assert {code: row[2] for code, row in asked(chase(assessment, entries, today)).items()} == {MISSING: False, FAULTY: False, REJECTED: True}


def test_a_reminder_that_was_not_surely_sent_does_not_count(assessment: Assessment) -> None:
    today = date(2014, 12, 22)
    entries = [entry(MISSING, "2014 missing 2014-12-22", today, state=state) for state in (State.SENDING, State.REFUSED, State.DEFERRED)]
    assert asked(chase(assessment, entries, today))[MISSING][1:3] == (0, True)


def test_a_new_matter_begins_gently(assessment: Assessment) -> None:
    """Reminded three times that its form was missing, the unit is now asked to correct it for the first time."""
    entries = [entry(FAULTY, f"2014 missing 2014-12-{day}", date(2014, 12, day)) for day in (11, 22, 26)]
    assert asked(chase(assessment, entries, date(2014, 12, 30)))[FAULTY][1:4] == (0, True, "第一次提醒")
