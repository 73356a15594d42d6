"""Values written for people, text made safe, keys for matching, and cell addresses."""

import ast
from datetime import date, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaohe import PROGRAM_ROOT
from kaohe.cells import cell_name, column_index, column_letter, split_ref
from kaohe.text import (
    clean,
    date_text,
    join_rows,
    lines_needed,
    match_key,
    moment_text,
    percent_text,
    points_json,
    points_text,
    shorten,
    value_text,
    width,
)


@pytest.mark.parametrize(
    ("points", "written"),
    [
        (Fraction(8), "8"),
        (Fraction(0), "0"),
        (100, "100"),
        (Fraction(5, 2), "2.5"),
        (Fraction(1, 4), "0.25"),
        (Fraction(1, 10), "0.1"),
        (Fraction(7, 3), "7/3"),
        (Fraction(1, 1000), "1/1000"),
        (Fraction(-3, 2), "-1.5"),
    ],
)
def test_points(points: Fraction | int, written: str) -> None:
    assert points_text(points) == written


@given(st.fractions(max_denominator=400))
@settings(deadline=None, derandomize=True)
def test_points_as_written_are_the_points(points: Fraction) -> None:
    assert Fraction(points_text(points)) == points


@pytest.mark.parametrize(("points", "written"), [(Fraction(8), 8), (Fraction(0), 0), (Fraction(5, 2), "5/2"), (Fraction(-1, 3), "-1/3")])
def test_points_for_programs(points: Fraction, written: int | str) -> None:
    assert points_json(points) == written


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (Fraction(6, 100), "6%"),
        (Fraction(0), "0%"),
        (Fraction(1), "100%"),
        (Fraction(1, 8), "12.5%"),
        (Fraction(1, 400), "0.25%"),
        (Fraction(-3, 10), "-30%"),
        (Fraction(1, 3), "约33.33%"),
        (Fraction(12345, 100000), "约12.35%"),
        (Fraction(-12345, 100000), "约-12.35%"),
        (Fraction(59999, 1000000), "5.9999%"),
        (Fraction(60001, 1000000), "6.0001%"),
        (Fraction(100, 1667), "约5.999%"),
        (Fraction(-1, 99999999), "约-0.000001%"),
        (Fraction(199999999, 99999999), "约200.000001%"),
    ],
)
def test_percentages(share: Fraction, written: str) -> None:
    assert percent_text(share) == written


def test_dates_have_no_leading_zeros() -> None:
    assert date_text(date(2014, 3, 5)) == "2014年3月5日"
    assert date_text(date(2014, 12, 31)) == "2014年12月31日"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (True, "是"),
        (False, "否"),
        (0, "0"),
        (1, "1"),
        (date(2014, 3, 5), "2014年3月5日"),
        (datetime(2014, 3, 5, 9, 30), "2014年3月5日"),
        ("郑州日报", "郑州日报"),
        ("", ""),
    ],
)
def test_values(value: object, written: str) -> None:
    assert value_text(value) == written


@pytest.mark.parametrize(
    ("rows", "written"),
    [
        ((5,), "第5行"),
        ((5, 6), "第5、6行"),
        ((5, 6, 7), "第5—7行"),
        ((5, 6, 7, 8, 9, 12), "第5—9、12行"),
        ((5, 7, 8, 10, 11, 12), "第5、7、8、10—12行"),
    ],
)
def test_row_numbers(rows: tuple[int, ...], written: str) -> None:
    assert join_rows(rows) == written


@pytest.mark.parametrize(
    ("dirty", "safe"),
    [
        ("郑州\x00日报\x0b", "郑州日报"),
        ("一行\n二行\t三\r", "一行\n二行\t三\r"),
        ("\u202e表xslx.exe\u2066\u200f\u061c", "表xslx.exe"),
        ("\x7f\ufffe\uffff", ""),
        ("半个\ud83d表情", "半个\ufffd表情"),
        ("😀①“”", "😀①“”"),
    ],
)
def test_text_is_made_safe(dirty: str, safe: str) -> None:
    assert clean(dirty) == safe


@given(st.text())
@settings(deadline=None, derandomize=True)
def test_safe_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    safe = clean(text)
    assert safe.encode("utf-8").decode("utf-8") == safe
    assert clean(safe) == safe


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("短句", 60, "短句"),
        ("一\n  二\t三", 60, "一 二 三"),
        ("一二三四五", 5, "一二三四五"),
        ("一二三四五六", 5, "一二三四…"),
        ("坏\x00字", 2, "坏字"),
        ("", 5, ""),
    ],
)
def test_long_text_is_cut(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


def test_text_is_cut_at_sixty_characters() -> None:
    assert shorten("字" * 60) == "字" * 60
    assert shorten("字" * 61) == "字" * 59 + "…"


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("abc", 3), ("郑州", 4), ("A郑", 3), ("（）", 4), ("“”", 4)])
def test_a_chinese_character_counts_two(text: str, columns: float) -> None:
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("", 10, 1),
        ("郑州市工商", 11, 1),
        ("郑州市工商联", 11, 2),
        ("郑州市工商郑州市工商", 11, 2),
        ("郑州\n\n日报", 11, 3),
        ("郑州", 0, 2),
    ],
)
def test_lines_a_wrapped_text_takes(text: str, columns: float, lines: int) -> None:
    assert lines_needed(text, columns) == lines


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("郑州 日报", "郑州日报"),
        ("郑州　日报\n", "郑州日报"),
        ("ＡＢＣ１２", "abc12"),
        ("①", "1"),
        ("６％", "6%"),
        ("（一）", "(一)"),
    ],
)
def test_texts_that_count_as_the_same(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


@pytest.mark.parametrize(("one", "other"), [("郑州日报", "郑州晚报"), ("之1", "之2"), ("", "0")])
def test_texts_that_differ(one: str, other: str) -> None:
    assert match_key(one) != match_key(other)


# Cell addresses


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")])
def test_columns(index: int, letters: str) -> None:
    assert column_letter(index) == letters
    assert column_index(letters) == index


def test_cell_names() -> None:
    assert cell_name(12, 3) == "D12"
    assert split_ref("D12") == (12, 3)


@given(st.integers(1, 1048576), st.integers(0, 16383))
@settings(deadline=None, derandomize=True)
def test_a_cell_name_is_read_back(row: int, column: int) -> None:
    assert split_ref(cell_name(row, column)) == (row, column)


@pytest.mark.parametrize("ref", ["", "D", "12", "d12", "D0", "D012", "$D$12", "D12:E13", "AAAA1", "D１２", " D12", "D12\n"])
def test_what_is_not_one_cell_is_refused(ref: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is the address itself)
        split_ref(ref)
    assert caught.value.args == (ref,)


def test_moments_are_written_without_the_c_library() -> None:
    """``strftime`` of Windows refuses Chinese letters in its format where the system speaks another language."""
    assert moment_text(datetime(2015, 1, 6, 8, 5, 59)) == "2015年1月6日 08:05"
    formats = [
        (path.name, text)
        for path in (PROGRAM_ROOT / "kaohe").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for text in _date_formats(node)
    ]
    assert len(formats) > 10
    assert [found for found in formats if not found[1].isascii()] == []


def _date_formats(node: ast.AST) -> list[str]:
    """The formats of a call of ``strftime`` and of a formatted value."""
    parts: list[ast.expr] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "strftime":
        parts = node.args
    elif isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
        parts = node.format_spec.values
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str) and "%" in part.value]
