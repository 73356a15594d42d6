"""Cells as people really fill them: what is certain becomes a value, what is not becomes a problem, never a guess."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from cn2an import an2cn
from hypothesis import given, settings
from hypothesis import strategies as st

from kaohe.intake.normalise import BLANK, LARGEST, Meaning, choice, day, meaning, raw_text, text, whole_number, yes_no
from kaohe.intake.record import Problem

KINDS = ("integer", "yes_no", "choice", "date", "text")
LEVELS = ("县级", "市级", "省级", "国家级")
BLANKS = [None, "", " ", "　", "\u00a0", "\t\r\n", "\u200b", "\ufeff", "\u2060\u00ad", "\u202e"]


def clear(raw: str, value: Any) -> Meaning:
    """Understood as it stands."""
    return Meaning(raw, value)


def noted(raw: str, value: Any, shown: str) -> Meaning:
    """Understood, with a note of how."""
    return Meaning(raw, value, note=f"“{raw}”按{shown}计")


def trouble(raw: str, problem: Problem) -> Meaning:
    return Meaning(raw, problem=problem)


def test_what_is_remembered_of_a_number_is_not_said_of_a_truth() -> None:
    """Python holds 1, 1.0 and True for equal; a cell with TRUE is no count."""
    for _ in range(2):
        assert [meaning(value, "integer") for value in (1, 1.0, True)] == [Meaning("1", 1), Meaning("1", 1), trouble("TRUE", Problem.NOT_NUMBER)]
        assert [meaning(value, "yes_no").raw for value in (0, False)] == ["0", "FALSE"]


@pytest.mark.parametrize("value", BLANKS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_looks_blank_is_blank(kind: str, value: Any) -> None:
    assert meaning(value, kind, LEVELS) == BLANK


@pytest.mark.parametrize("value", ["#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#N/A", "#n/a", "#NULL!", "#NUM!", "#SPILL!", " #REF! "])
@pytest.mark.parametrize("kind", KINDS)
def test_error_values(kind: str, value: str) -> None:
    assert meaning(value, kind, LEVELS) == trouble(value.strip(), Problem.ERROR_VALUE)


@pytest.mark.parametrize("value", ['=DISPIMG("ID_0F3A",1)', '=_xlfn.DISPIMG("ID_0F3A",1)', "=dispimg(1)"])
@pytest.mark.parametrize("kind", KINDS)
def test_pictures(kind: str, value: str) -> None:
    assert meaning(value, kind, LEVELS) == trouble(value, Problem.PICTURE)


# Counts


@pytest.mark.parametrize(
    ("value", "raw", "number"),
    [
        (0, "0", 0),
        (12, "12", 12),
        (12.0, "12", 12),
        (-0.0, "0", 0),
        (LARGEST, "99999999", LARGEST),
        ("12", "12", 12),
        (" 12 ", "12", 12),
        ("\u200b12\u200b", "12", 12),
        ("0", "0", 0),
        ("99999999", "99999999", LARGEST),
    ],
)
def test_plain_counts(value: Any, raw: str, number: int) -> None:
    assert whole_number(value) == clear(raw, number)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("１２", 12),
        ("１，２００", 1200),
        ("1,200", 1200),
        ("1，200", 1200),
        ("1,234,567", 1234567),
        ("12.0", 12),
        ("012", 12),
        ("+12", 12),
        ("12。", 12),
        ("12、", 12),
        ("12家", 12),
        ("12 家", 12),
        ("１２家", 12),
        ("1,200家", 1200),
        ("12个", 12),
        ("12次", 12),
        ("12人", 12),
        ("12人次", 12),
        ("12家次", 12),
        ("12条", 12),
        ("12期", 12),
        ("12篇", 12),
        ("12名", 12),
        ("12户", 12),
        ("12项", 12),
        ("十", 10),
        ("十二", 12),
        ("十二家", 12),
        ("二十", 20),
        ("一百二十", 120),
        ("一百零五", 105),
        ("两百", 200),
        ("两千零一十四", 2014),
        ("壹佰", 100),
        ("贰拾叁", 23),
        ("叁万", 30000),
        ("两", 2),
        ("两家", 2),
        ("零", 0),
        ("〇", 0),
        ("无", 0),
        ("没有", 0),
        ("暂无", 0),
        ("无。", 0),
    ],
)
def test_counts_written_another_way_are_understood_and_noted(raw: str, number: int) -> None:
    assert whole_number(raw) == noted(raw, number, str(number))


@pytest.mark.parametrize(
    "raw",
    [
        "约30",
        "大约30",
        "30余家",
        "30余",
        "三十余",
        "三十多家",
        "几十",
        "十几家",
        "近百家",
        "30左右",
        "30上下",
        "30以上",
        "30人以上",
        "不足30",
        "至少30",
        "超100",
        "30+",
        "~30",
        "≥30",
        ">30",
        "30?",
        "30？",
        "30-40",
        "30—40",
        "30至40",
        "30到40家",
        "6%",
        "6％",
        "６％",
        "100%",
        "百分之六",
        "百分之百",
        "—",
        "——",
        "-",
        "－",
        "/",
        "／",
        "\\",
        "不适用",
        "N/A",
    ],
)
def test_counts_that_may_mean_several_things_are_never_guessed(raw: str) -> None:
    assert whole_number(raw) == trouble(raw, Problem.UNCERTAIN_NUMBER)


@pytest.mark.parametrize("raw", ["两三家", "三五个", "七八", "一二十家", "十五六家", "一两家"])
def test_two_neighbouring_chinese_digits_are_an_estimate(raw: str) -> None:
    """两三家 is two or three, not twenty-three."""
    assert whole_number(raw) == trouble(raw, Problem.UNCERTAIN_NUMBER)


@pytest.mark.parametrize("raw", ["①", "10²", "3²", "㊀", "Ⅻ", "½", "12①"])
def test_signs_that_only_resemble_digits_are_no_number(raw: str) -> None:
    """Compatibility forms (① as 1, 10² as 102) serve for matching only, never for a value."""
    found = whole_number(raw)
    assert found.value is None
    assert found.problem in (Problem.NOT_NUMBER, Problem.UNCERTAIN_NUMBER)


@pytest.mark.parametrize("raw", ["12 34", "3 5", "12\n34"])
def test_two_numbers_in_one_cell_are_not_run_together(raw: str) -> None:
    found = whole_number(raw)
    assert found.value is None
    assert found.problem in (Problem.NOT_NUMBER, Problem.UNCERTAIN_NUMBER)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (-1, "-1"),
        (-3.0, "-3"),
        (-0.5, "-0.5"),
        (float("-inf"), "-inf"),
        ("-3", "-3"),
        ("－3", "－3"),
        ("−3", "−3"),
        ("负3", "负3"),
        ("-3家", "-3家"),
        ("-1,200", "-1,200"),
    ],
)
def test_negative_counts(value: Any, raw: str) -> None:
    assert whole_number(value) == trouble(raw, Problem.NEGATIVE)


@pytest.mark.parametrize(
    ("value", "raw"), [(0.06, "0.06"), (12.5, "12.5"), ("12.5", "12.5"), ("12.50家", "12.50家"), ("１２．５", "１２．５"), ("0.06", "0.06")]
)
def test_fractions(value: Any, raw: str) -> None:
    assert whole_number(value) == trouble(raw, Problem.NOT_WHOLE)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (LARGEST + 1, "100000000"),
        (float(LARGEST + 1), "100000000"),
        ("100000000", "100000000"),
        ("100,000,000", "100,000,000"),
        (float("inf"), "inf"),
        ("一亿", "一亿"),
        ("9" * 400, "9" * 400),
    ],
)
def test_counts_too_large(value: Any, raw: str) -> None:
    assert whole_number(value) == trouble(raw, Problem.TOO_LARGE)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ("十二三十", "十二三十"),
        ("甲", "甲"),
        ("是", "是"),
        ("=1+1", "=1+1"),
        ("1e3", "1e3"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12,34", "12,34"),
        ("12家企业", "12家企业"),
        ("家", "家"),
        ("共12家", "共12家"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2014, 3, 5), "2014-03-05"),
        (datetime(2014, 3, 5), "2014-03-05"),
        (datetime(2014, 3, 5, 8, 30), "2014-03-05 08:30:00"),
        (timedelta(hours=12), "12:00:00"),
        (time(12, 30), "12:30:00"),
        (float("nan"), "nan"),
        ("2014-3-5", "2014-3-5"),
    ],
)
def test_what_is_no_count_has_no_value(value: Any, raw: str) -> None:
    found = whole_number(value)
    assert (found.raw, found.value, found.note) == (raw, None, "")
    uncertain = ("十二三十", "2014-3-5", "=1+1")
    assert found.problem is (Problem.UNCERTAIN_NUMBER if raw in uncertain else Problem.NOT_NUMBER)


# Answers


@pytest.mark.parametrize(
    ("value", "raw", "answer"),
    [
        ("是", "是", True),
        ("否", "否", False),
        (" 是 ", "是", True),
    ],
)
def test_plain_answers(value: Any, raw: str, answer: bool) -> None:
    assert yes_no(value) == clear(raw, answer)


@pytest.mark.parametrize("raw", ["√", "✓", "✔", "☑", "对", "有", "已", "Y", "y", "Yes", "ＹＥＳ", "true", "1"])
def test_other_ways_to_say_yes(raw: str) -> None:
    assert yes_no(raw) == noted(raw, True, "是")


@pytest.mark.parametrize("raw", ["×", "✗", "✘", "x", "X", "无", "没有", "没", "未", "不是", "N", "No", "FALSE", "0"])
def test_other_ways_to_say_no(raw: str) -> None:
    assert yes_no(raw) == noted(raw, False, "否")


@pytest.mark.parametrize(
    ("value", "raw", "answer", "shown"), [(True, "TRUE", True, "是"), (False, "FALSE", False, "否"), (1.0, "1", True, "是"), (0, "0", False, "否")]
)
def test_answers_that_a_spreadsheet_turned_into_something_else(value: Any, raw: str, answer: bool, shown: str) -> None:
    assert yes_no(value) == noted(raw, answer, shown)


@pytest.mark.parametrize("value", ["部分上报", "是/否", "是否", "是的，已制定", "基本是", "2", "—", "/", "不适用", "¬", "√×", "12家", "=1+1"])
def test_answers_that_are_neither(value: str) -> None:
    assert yes_no(value) == trouble(value, Problem.NOT_YES_NO)


def test_a_date_is_no_answer() -> None:
    assert yes_no(datetime(2014, 3, 5)) == trouble("2014-03-05", Problem.NOT_YES_NO)


# Choices


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("市级", clear("市级", "市级")),
        ("  市级\n", clear("市级", "市级")),
        ("市 级", noted("市 级", "市级", "市级")),
        ("市　级", Meaning("市　级", "市级", note="“市 级”按市级计")),
        ("市", trouble("市", Problem.NOT_CHOICE)),
        ("地市级", trouble("地市级", Problem.NOT_CHOICE)),
        ("市级、省级", trouble("市级、省级", Problem.NOT_CHOICE)),
        ("无", trouble("无", Problem.NOT_CHOICE)),
        (3.0, trouble("3", Problem.NOT_CHOICE)),
        (True, trouble("TRUE", Problem.NOT_CHOICE)),
        ("=1+1", trouble("=1+1", Problem.NOT_CHOICE)),
    ],
)
def test_choices(value: Any, expected: Meaning) -> None:
    assert choice(value, LEVELS) == expected


# Days

FIFTH = date(2014, 3, 5)


@pytest.mark.parametrize("value", [FIFTH, datetime(2014, 3, 5), datetime(2014, 3, 5, 23, 59, 59)])
def test_days_that_a_spreadsheet_knows(value: Any) -> None:
    assert day(value) == Meaning(raw_text(value), FIFTH)


@pytest.mark.parametrize(
    "raw",
    [
        "2014-3-5",
        "2014-03-05",
        "2014/3/5",
        "2014.3.5",
        "2014.03.05",
        "2014年3月5日",
        "2014年03月05日",
        "2014年3月5号",
        "2014年3月5",
        "2014 年 3 月 5 日",
        "2014-3-5 8:30",
        "2014/3/5 08:30:00",
        "2014-03-05T08:30:00",
    ],
)
def test_days_in_usual_writing(raw: str) -> None:
    assert day(raw) == clear(raw, FIFTH)


@pytest.mark.parametrize(
    "raw",
    [
        "20140305",
        "２０１４年３月５日",
        "２０１４－３－５",
        "2014－3－5",
        "２０１４．３．５",
        "二〇一四年三月五日",
        "二○一四年三月五日",
        "二零一四年三月五日",
        "2014年三月五日",
    ],
)
def test_days_in_another_writing_are_noted(raw: str) -> None:
    assert day(raw) == noted(raw, FIFTH, "2014-03-05")


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("二〇一四年十月十日", date(2014, 10, 10)),
        ("二〇一四年十二月三十一日", date(2014, 12, 31)),
        ("二〇一四年十一月二十日", date(2014, 11, 20)),
        ("二〇一四年一月十九号", date(2014, 1, 19)),
    ],
)
def test_chinese_tens(raw: str, found: date) -> None:
    assert day(raw) == noted(raw, found, found.isoformat())


@pytest.mark.parametrize(
    ("value", "raw", "found", "shown"),
    [
        (41703, "41703", FIFTH, "日期2014-03-05"),
        (41703.0, "41703", FIFTH, "日期2014-03-05"),
        (36526, "36526", date(2000, 1, 1), "日期2000-01-01"),
        (73050, "73050", date(2099, 12, 31), "日期2099-12-31"),
        (20140305, "20140305", FIFTH, "2014-03-05"),
        (20140305.0, "20140305", FIFTH, "2014-03-05"),
    ],
)
def test_days_that_lost_their_format(value: float, raw: str, found: date, shown: str) -> None:
    assert day(value) == noted(raw, found, shown)


@pytest.mark.parametrize(
    "value",
    [
        "2014年3月",
        "2014年",
        "2014",
        "2014.3",
        "2014-3",
        "2014/3",
        "3月5日",
        "3.5",
        "3-5",
        "3/5",
        "14.3.5",
        "14年3月5日",
        "14-3-5",
        "二〇一四年三月",
        "三月五日",
        "201４年3月",
    ],
)
def test_days_without_their_year_or_day_are_never_guessed(value: str) -> None:
    assert day(value) == trouble(value, Problem.UNCERTAIN_DATE)


@pytest.mark.parametrize(("value", "raw"), [(2014.0, "2014"), (2014.3, "2014.3"), (3.5, "3.5")])
def test_numbers_that_may_be_part_of_a_day(value: float, raw: str) -> None:
    assert day(value) == trouble(raw, Problem.UNCERTAIN_DATE)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ("2014-2-30", "2014-2-30"),
        ("2014年13月5日", "2014年13月5日"),
        ("2014-0-5", "2014-0-5"),
        ("2014年2月29日", "2014年2月29日"),
        ("20140230", "20140230"),
        ("20141305", "20141305"),
        ("0000-1-1", "0000-1-1"),
        ("二〇一四年二月三十日", "二〇一四年二月三十日"),
        ("二〇一四年十十月五日", "二〇一四年十十月五日"),
        ("十十", "十十"),
        ("二十三十", "二十三十"),
        ("三十、三十一日", "三十、三十一日"),
        ("年底", "年底"),
        ("2014年上半年", "2014年上半年"),
        ("2014-3-5至2014-3-8", "2014-3-5至2014-3-8"),
        ("无", "无"),
        ("—", "—"),
        ("/", "/"),
        ("=1+1", "=1+1"),
        ("12家", "12家"),
        (0, "0"),
        (12.0, "12"),
        (36525, "36525"),
        (73051, "73051"),
        (41703.5, "41703.5"),
        (-41703, "-41703"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (True, "TRUE"),
        (timedelta(days=3), "3 days, 0:00:00"),
    ],
)
def test_what_is_no_day(value: Any, raw: str) -> None:
    assert day(value) == trouble(raw, Problem.NOT_DATE)


# Texts


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("民营经济高质量发展综述", "民营经济高质量发展综述"),
        ("  前后有空格  ", "前后有空格"),
        ("第一行\n第二行", "第一行\n第二行"),
        ("=1+1", "=1+1"),
        ('=HYPERLINK("http://example.invalid","点这里")', '=HYPERLINK("http://example.invalid","点这里")'),
        ("-5℃的会议", "-5℃的会议"),
        ("①全角与Ａ", "①全角与Ａ"),
        ("甲\u202e乙\x00丙\u200b", "甲乙丙"),
        (12.0, "12"),
        (0.06, "0.06"),
        (True, "TRUE"),
        (date(2014, 3, 5), "2014-03-05"),
        ("无锡考察", "无锡考察"),
        ("0", "0"),
    ],
)
def test_texts_stay_as_typed(value: Any, found: str) -> None:
    assert text(value) == clear(found, found)


@pytest.mark.parametrize("value", ["无", "没有", "暂无", "-", "--", "—", "——", "－", "/", "／", "\\", "不适用", "N/A", "n/a", " 无 ", "无 "])
def test_words_for_nothing_are_no_text(value: str) -> None:
    assert text(value) == BLANK


def test_long_texts_are_kept_whole_but_shown_short_in_a_note() -> None:
    assert text("长" * 5000).value == "长" * 5000
    raw = "0" * 50 + "7"
    assert whole_number(raw) == Meaning(raw, 7, note=f"“{'0' * 29}…”按7计")


# Everything

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=40),
    st.text(alphabet="0123456789０１２９一二两三十百千万亿零〇○壹佰拾年月日号.-/,，%％约余家次 +负①²", max_size=12),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@settings(max_examples=1000, deadline=None)
@given(ANYTHING, st.sampled_from(KINDS))
def test_no_cell_is_too_odd(value: Any, kind: str) -> None:
    found = meaning(value, kind, LEVELS)
    assert (found.raw == "") == (found == BLANK) or kind == "text"
    if found.raw:
        assert (found.value is None) != (found.problem is None)
    if found.value is None:
        assert found.note == ""


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="一二三四五六七八九十〇零○年月日 -", max_size=10))
def test_no_chinese_date_is_too_odd(value: str) -> None:
    assert day(value).value is None or isinstance(day(value).value, date)


def plain_writings(number: int) -> list[Any]:
    digits = str(number)
    full_width = digits.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    return [
        number,
        float(number),
        digits,
        f" {digits} ",
        f"{digits}家",
        f"{digits} 次",
        f"{digits}.0",
        f"{number:,}",
        f"{number:,}人".replace(",", "，"),
        full_width,
        f"{full_width}个",
        an2cn(number, "low"),
        f"{an2cn(number, 'low')}家",
        an2cn(number, "up"),
    ]


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.integers(0, LARGEST), st.integers(0, 2000)))
def test_every_plain_writing_of_a_count_is_understood(number: int) -> None:
    for written in plain_writings(number):
        found = whole_number(written)
        assert (found.value, found.problem) == (number, None), written


@settings(max_examples=200, deadline=None)
@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)))
def test_every_plain_writing_of_a_day_is_understood(when: date) -> None:
    digits = str(when.year).translate(str.maketrans("0123456789", "〇一二三四五六七八九"))
    chinese = f"{digits}年{an2cn(when.month).replace('一十', '十')}月{an2cn(when.day).replace('一十', '十')}日"
    for written in (
        when,
        datetime(when.year, when.month, when.day),
        when.isoformat(),
        f"{when.year}年{when.month}月{when.day}日",
        f"{when.year}.{when.month}.{when.day}",
        f"{when.year}/{when.month:02}/{when.day:02}",
        f"{when:%Y%m%d}",
        chinese,
    ):
        assert (day(written).value, day(written).problem) == (when, None), written
