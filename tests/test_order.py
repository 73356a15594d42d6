"""Which of two versions is the newer, from simple values; and what archives and mails say of their dates."""

import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest

from kaohe.intake.containers import dates
from kaohe.intake.order import Came, age, arrivals_of, believed, came_with, number

NIGHT = 1_420_400_000
DAY = 86_400
V1, V2 = "1" * 64, "2" * 64


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("填报表.xlsx", 0),
        ("填报表v2.xlsx", 2),
        ("填报表V10.xlsx", 10),
        ("填报表 version 3.xlsx", 3),
        ("填报表（２）.xlsx", 2),
        ("填报表 (12).xlsx", 12),
        ("金水第二次报送.xlsx", 2),
        ("金水第十二次.xlsx", 12),
        ("金水第二十次.xlsx", 20),
        ("第3稿.xlsx", 3),
        ("修改2.xlsx", 2),
        ("第2次报送(1).xlsx", 2),
        ("第2次报送第3稿.xlsx", 3),
        ("2014年度考核填报表-金水区.xlsx", 0),
        ("20150105.xlsx", 0),
        ("dev1.xlsx", 0),
        ("填报表(20150105).xlsx", 0),
    ],
)
def test_the_number_in_a_name(name: str, version: int) -> None:
    assert number(name) == version


def test_what_came_later_is_newer_then_the_dates_then_the_number_then_the_name() -> None:
    oldest_first = [
        age(1, 9, 9, "v9.xlsx"),
        age(2, 1, 9, "v9.xlsx"),
        age(2, 2, 1, "v9.xlsx"),
        age(2, 2, 2, "表.xlsx"),
        age(2, 2, 2, "v2/v1.xlsx"),
        age(2, 2, 2, "表v2.xlsx"),
        age(2, 2, 2, "v1/表v10.xlsx"),
        age(2, 2, 2, "v2/表v10.xlsx"),
    ]
    newest_first = oldest_first[::-1]
    assert sorted(newest_first) == oldest_first


def test_a_mail_is_not_sent_after_it_was_saved() -> None:
    assert [believed(sent, NIGHT) for sent in (0, NIGHT - 9, NIGHT + DAY, NIGHT + DAY + 1)] == [0, NIGHT - 9, NIGHT + DAY, 0]


# When files came


def came(
    *files: tuple[str, str, int], before: tuple[Came, ...] = (), contents: dict[str, int] | None = None, now: int = NIGHT + 3 * DAY
) -> list[int]:
    times = arrivals_of(files, before, contents or {}, now)
    return [times[name] for name, _, _ in files]


FIRST, SECOND = Came("一.xlsx", V1, NIGHT - 100, NIGHT), Came("二.xlsx", V2, NIGHT + 50, NIGHT + DAY)
KNOWN = {V1: NIGHT, V2: NIGHT + DAY}
OLD, NEW = ("一.xlsx", V1, NIGHT - 100), ("二.xlsx", V2, NIGHT + 50)
NOW = NIGHT + 3 * DAY


def test_everything_is_new_at_first() -> None:
    assert came(OLD, NEW) == [NOW, NOW]


def test_a_version_sent_again_comes_anew() -> None:
    again = ("三.xlsx", V1, NIGHT + 2 * DAY)
    assert came(OLD, NEW, again, before=(FIRST, SECOND), contents=KNOWN) == [NIGHT, NIGHT + DAY, NOW]
    remembered = Came("三.xlsx", V1, NIGHT + 2 * DAY, NOW)
    assert came(OLD, NEW, again, before=(FIRST, SECOND, remembered), contents=KNOWN, now=NOW + DAY) == [NIGHT, NIGHT + DAY, NOW]


def test_with_its_old_date_it_still_comes_anew_where_the_old_file_is_there() -> None:
    assert came(OLD, NEW, ("三.xlsx", V1, NIGHT - 100), before=(FIRST, SECOND), contents=KNOWN)[2] == NOW


def test_with_another_date_it_comes_anew_where_the_old_file_is_gone() -> None:
    assert came(NEW, ("三.xlsx", V1, NIGHT + 2 * DAY), before=(FIRST, SECOND), contents=KNOWN) == [NIGHT + DAY, NOW]


def test_a_file_that_was_moved_or_renamed_does_not_come_anew() -> None:
    assert came(NEW, ("金水/一.xlsx", V1, NIGHT - 100), before=(FIRST, SECOND), contents=KNOWN) == [NIGHT + DAY, NIGHT]


def test_a_file_that_came_under_its_own_name_came_then_whatever_copies_of_it_are_gone() -> None:
    """The copy in the folder came earlier; what lies there now has been known by its own name since."""
    copied = Came("金水/一.xlsx", V1, NIGHT - 100, NIGHT - DAY)
    assert came(OLD, before=(copied, FIRST), contents={V1: NIGHT - DAY}) == [NIGHT]


def test_a_date_that_changes_means_nothing() -> None:
    """Whoever copies the inbox to another disk may lose all dates."""
    touched = [(name, sha, NIGHT + 2 * DAY) for name, sha, _ in (OLD, NEW)]
    assert came(*touched, before=(FIRST, SECOND), contents=KNOWN) == [NIGHT, NIGHT + DAY]


def test_what_first_came_in_a_mail_comes_anew_as_a_file() -> None:
    mailed = Came("信.eml/一.xlsx", V1, NIGHT - 100, NIGHT)
    mail = ("信.eml", "3" * 64, NIGHT - 100)
    assert came(mail, OLD, before=(mailed, Came(*mail, NIGHT)), contents=KNOWN | {"3" * 64: NIGHT}) == [NIGHT, NOW]
    assert came(OLD, before=(mailed, Came(*mail, NIGHT)), contents=KNOWN) == [NIGHT], "taken out of the mail, which is gone"


def test_without_a_ledger_the_dates_of_the_files_tell_what_was_sent_again() -> None:
    again, copy = ("三.xlsx", V1, NIGHT + 2 * DAY), ("四.xlsx", V1, NIGHT - 100)
    assert came(OLD, NEW, again, copy, contents=KNOWN) == [NIGHT, NIGHT + DAY, NIGHT + 2 * DAY, NIGHT]
    assert came(("一.xlsx", V1, NOW), NEW, contents=KNOWN) == [NIGHT, NIGHT + DAY], "one file alone came when its content was first seen"
    assert came(OLD, ("三.xlsx", V1, NOW + 1), contents=KNOWN) == [NIGHT, NIGHT], "no file comes in the future"
    copied = [("三.xlsx", V1, NIGHT + 3600), ("四.xlsx", V1, NIGHT + 3601)]
    assert came(OLD, *copied, contents=KNOWN) == [NIGHT, NIGHT, NIGHT + 3601], (
        "what was copied about the time of the first sight is no version sent again"
    )


def test_unreadable_files_have_no_time() -> None:
    assert arrivals_of([("坏.xlsx", "", 0)], (), {}, NOW) == {}


def test_what_lies_in_a_file_came_with_it() -> None:
    times = {"包.zip": 5, "夹/包.zip": 6}
    names = ("包.zip/里.zip/表.xlsx", "夹/包.zip/表.xlsx", "夹/别的.xlsx", "包.zip")
    assert [came_with(name, times, 9) for name in names] == [5, 6, 9, 5]


# What archives and mails say

BEIJING = timezone(timedelta(hours=8))
MOMENT = int(datetime(2015, 1, 5, 8, 0, 0, tzinfo=BEIJING).timestamp())


def test_dates_in_zip_archives() -> None:
    local = (2015, 1, 5, 8, 0, 0)
    unix = struct.pack("<HHBi", 0x5455, 5, 1, MOMENT + 1)
    ticks = struct.pack("<HHIHHQQQ", 0x000A, 32, 0, 1, 24, (MOMENT + 2 + 11_644_473_600) * 10_000_000, 0, 0)
    assert dates.of_zip(local, b"") == MOMENT
    assert dates.of_zip(local, struct.pack("<HH", 0x7075, 3) + b"abc" + unix) == MOMENT + 1
    assert dates.of_zip(local, ticks) == MOMENT + 2
    assert dates.of_zip((1980, 1, 1, 0, 0, 0), b"") == 0
    assert dates.of_zip((2015, 13, 45, 99, 0, 0), b"\x55\x54\xff\xff") == 0
    assert dates.of_dos((35 << 9) | (1 << 5) | 5, 8 << 11) == MOMENT
    assert dates.of_dos(0, 0) == 0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Mon, 5 Jan 2015 08:00:00 +0800", MOMENT),
        ("Mon, 5 Jan 2015 00:00:00 GMT", MOMENT),
        ("5 Jan 2015 00:00:00", MOMENT),
        ("Mon, 5 Jan 2015 00:00:00 -0000", MOMENT),
        ("Mon, 45 Jan 2015 08:00:00 +0800", 0),
        ("Mon, 5 Jan 2015 08:00:00 +9999", 0),
        ("Mon, 5 Jan 9999 08:00:00 +0800", 0),
        ("yesterday", 0),
        ("", 0),
        ("1" * 100_000, 0),
    ],
)
def test_dates_in_mail_headers(header: str, seconds: int) -> None:
    assert dates.of_header(header) == seconds


def test_dates_as_libraries_give_them() -> None:
    assert dates.of_archive(datetime(2015, 1, 5, 0, 0, tzinfo=UTC)) == MOMENT
    assert dates.of_archive(datetime(2015, 1, 5, 8, 0)) == dates.of_archive((2015, 1, 5, 8, 0, 0)) == MOMENT
    assert dates.of_archive(None) == dates.of_archive((2015, 0, 0, 0, 0, 0)) == dates.of_archive(datetime(1960, 1, 1)) == 0
    assert dates.of_filetime((MOMENT + 11_644_473_600) * 10_000_000) == MOMENT
    assert dates.of_filetime(0) == dates.of_filetime(2**64 - 1) == 0
