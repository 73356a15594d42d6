"""Working days in China, holidays and the weekends worked in their stead included, for the years whose calendar is known."""

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar

_SATURDAY = 5


def is_known(year: int) -> bool:
    """Whether the year's holidays are known. Those of a year are announced at the end of the year before."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def is_workday(day: date) -> bool:
    """Whether people work on this day; Monday to Friday where the year's holidays are not known."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < _SATURDAY


def workdays_until(day: date, end: date) -> int:
    """Working days after ``day`` up to and including ``end``; negative for those that have gone by since ``end``, ``day`` included."""
    if end < day:
        return -workdays_until(end, day)
    return sum(is_workday(d) for d in _days(day, end))


def unknown_years(*days: date) -> tuple[int, ...]:
    """The years from the earliest to the latest of these days whose holidays are not known."""
    return tuple(year for year in range(min(days).year, max(days).year + 1) if not is_known(year))


def _days(day: date, end: date) -> Iterator[date]:
    for n in range(1, (end - day).days + 1):
        yield day + timedelta(days=n)
