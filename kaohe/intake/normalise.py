"""From what stands in a cell to what it means. What is certain is normalised and noted; what is not is a problem, never a guess."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

from kaohe.intake.record import Problem
from kaohe.intake.sheet import PICTURE
from kaohe.rulebook.facts import CellValue
from kaohe.text import clean, match_key, shorten

LARGEST = 99_999_999
"""The largest count that can be meant."""

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\xad]")
_NOTHING = {"无", "没有", "暂无", "-", "--", "—", "——", "–", "/", "／", "\\", "不适用", "n/a", "na", "none"}
_ZERO = {"无", "没有", "暂无", "零", "〇"}
_YES = {"是", "√", "✓", "✔", "☑", "对", "有", "已", "y", "yes", "true", "1"}
_NO = {"否", "×", "✗", "✘", "x", "无", "没有", "没", "未", "不是", "n", "no", "false", "0"}
_ERRORS = {
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#N/A",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
    "#FIELD!",
    "#BLOCKED!",
    "#UNKNOWN!",
    "#BUSY!",
    "#CONNECT!",
}
_OFFICE_ERROR = re.compile(r"(?:#?ERR:?)\d{3}!?")
"""How LibreOffice shows errors that Excel does not have, such as Err:502."""
_UNITS = "人次|家次|次数|篇次|次|条|家|个|期|人|项|篇|名|户|所|件|份|场|位|期次|只"
_APPROXIMATE = re.compile(r"约|余|多|几|左右|上下|以上|以下|以内|近|大概|大约|至少|不足|超|逾|[+~～≥≤><?？]|\d\s*[-—–至到]\s*\d")
_NUMBER = re.compile(r"^[+]?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?$")
_CHINESE_NUMBER = re.compile(r"^[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億]+$")
_NOT_PLAIN = re.compile(r"[\u00b2\u00b3\u00b9\u2070-\u209f\u2460-\u24ff\u2776-\u2793\u3220-\u33ff]|\d\s+\d")
"""Superscripts and enclosed numbers, which NFKC would turn into digits, and two numbers in one cell."""
_ESTIMATE = re.compile(r"^[一二两三四五六七八九]{2}$|[一二两三四五六七八九]{2}[十百千万亿]|[十百千万亿][一二两三四五六七八九]{2}")
"""Two neighbouring digits: 两三, 七八十, 十七八 are estimates."""
_FULL_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:\s*[T ]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_PART_DATE = re.compile(
    r"^(\d{2,4}\s*[-/.年]\s*\d{1,2}\s*月?|\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?|\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?|\d{4}\s*年?)$"
)
_CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_SHORT = 200
"""Characters up to which it is remembered what a text means."""
_SERIAL_FIRST, _SERIAL_LAST = 36526, 73050


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a cell means: ``raw`` as typed ("" for blank), then a value, or a problem, and a note where it was normalised."""

    raw: str
    value: CellValue | None = None
    problem: Problem | None = None
    note: str = ""


BLANK = Meaning("")


def raw_text(value: Any) -> str:
    """A cell's content as the person sees it; "" for a blank or blank-looking one."""
    if isinstance(value, str):
        # What is printable has no character in it that would be taken out.
        return value.strip() if value.isprintable() else _INVISIBLE.sub("", clean(value)).strip()
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ", "seconds")
        case date():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return _INVISIBLE.sub("", clean(str(value))).strip()


def _trouble(raw: str) -> Meaning | None:
    if "DISPIMG(" in raw.upper() or raw == PICTURE:
        return Meaning(raw, problem=Problem.PICTURE)
    if raw.upper() in _ERRORS or _OFFICE_ERROR.fullmatch(raw.upper()):
        return Meaning(raw, problem=Problem.ERROR_VALUE)
    return None


def _noted(raw: str, value: CellValue, shown: str) -> Meaning:
    return Meaning(raw, value, note="" if raw == shown else f"“{shorten(raw, 30)}”按{shown}计")


def whole_number(value: Any) -> Meaning:
    """A count: an integer from 0 to LARGEST."""
    raw = raw_text(value)
    if not raw:
        return BLANK
    if trouble := _trouble(raw):
        return trouble
    if isinstance(value, bool | date | timedelta):
        return Meaning(raw, problem=Problem.NOT_NUMBER)
    if isinstance(value, int | float):
        return _bounded(raw, float(value))
    if _NOT_PLAIN.search(raw):
        return Meaning(raw, problem=Problem.UNCERTAIN_NUMBER)
    text = unicodedata.normalize("NFKC", raw).replace(" ", "").rstrip("。.;,、")
    if match_key(text) in _ZERO:
        return _noted(raw, 0, "0")
    negative = re.match(r"^[-−–负](\d.*)$", text)
    text = re.sub(rf"(?:{_UNITS})$", "", text)
    if negative and _NUMBER.match(re.sub(rf"(?:{_UNITS})$", "", negative.group(1))):
        return Meaning(raw, problem=Problem.NEGATIVE)
    if _NUMBER.match(text):
        return _bounded(raw, float(text.replace(",", "")))
    if _CHINESE_NUMBER.match(text):
        return _chinese_number(raw, text)
    if match_key(text) in _NOTHING or text.endswith("%") or text.startswith("百分之") or _APPROXIMATE.search(text):
        return Meaning(raw, problem=Problem.UNCERTAIN_NUMBER)
    return Meaning(raw, problem=Problem.NOT_NUMBER)


def _bounded(raw: str, number: float) -> Meaning:
    if math.isnan(number):
        return Meaning(raw, problem=Problem.NOT_NUMBER)
    if number < 0:
        return Meaning(raw, problem=Problem.NEGATIVE)
    if number > LARGEST:
        return Meaning(raw, problem=Problem.TOO_LARGE)
    if not number.is_integer():
        return Meaning(raw, problem=Problem.NOT_WHOLE)
    return _noted(raw, int(number), str(int(number)))


def _chinese_number(raw: str, text: str) -> Meaning:
    if _ESTIMATE.search(text):
        return Meaning(raw, problem=Problem.UNCERTAIN_NUMBER)
    try:
        from cn2an import cn2an

        return _bounded(raw, float(cn2an(text, "smart")))
    except ValueError:
        return Meaning(raw, problem=Problem.UNCERTAIN_NUMBER)


def points(value: Any) -> Meaning:
    """Points awarded: an exact number from 0 up, decimals allowed."""
    raw = raw_text(value)
    if not raw:
        return BLANK
    if trouble := _trouble(raw):
        return trouble
    if isinstance(value, bool | date | timedelta):
        return Meaning(raw, problem=Problem.NOT_NUMBER)
    text = unicodedata.normalize("NFKC", raw).replace(" ", "").removesuffix("分")
    if re.fullmatch(r"[-−–]\d+(\.\d+)?", text):
        return Meaning(raw, problem=Problem.NEGATIVE)
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text):
        return Meaning(raw, problem=Problem.NOT_NUMBER)
    return Meaning(raw, Fraction(text))


def yes_no(value: Any) -> Meaning:
    """An answer: True for 是, False for 否."""
    raw = raw_text(value)
    if not raw:
        return BLANK
    key = match_key(raw)
    if key in _YES:
        return _noted(raw, True, "是")
    if key in _NO:
        return _noted(raw, False, "否")
    return _trouble(raw) or Meaning(raw, problem=Problem.NOT_YES_NO)


def choice(value: Any, choices: Sequence[str]) -> Meaning:
    """One of the choices, in the rulebook's own spelling."""
    raw = raw_text(value)
    if not raw:
        return BLANK
    for option in choices:
        if match_key(option) == match_key(raw):
            return _noted(raw, option, option)
    return _trouble(raw) or Meaning(raw, problem=Problem.NOT_CHOICE)


def day(value: Any) -> Meaning:
    """A day. Numbers are taken as dates only where they can be nothing else."""
    raw = raw_text(value)
    if not raw:
        return BLANK
    if trouble := _trouble(raw):
        return trouble
    if isinstance(value, datetime):
        return Meaning(raw, value.date())
    if isinstance(value, date):
        return Meaning(raw, value)
    if isinstance(value, bool | timedelta):
        return Meaning(raw, problem=Problem.NOT_DATE)
    if isinstance(value, int | float) and float(value).is_integer() and _SERIAL_FIRST <= value <= _SERIAL_LAST:
        # A bare number of this size in a date column is a date that lost its format.
        found = date(1899, 12, 30) + timedelta(days=int(value))
        return Meaning(raw, found, note=f"“{raw}”按日期{found.isoformat()}计")
    text = unicodedata.normalize("NFKC", raw).strip()
    if re.search(r"[〇零○一二三四五六七八九十]", text):
        text = _chinese_date(text)
    for pattern in (_FULL_DATE, _COMPACT_DATE):
        if match := pattern.match(text):
            try:
                found = date(*(int(part) for part in match.groups()[:3]))
            except ValueError:
                return Meaning(raw, problem=Problem.NOT_DATE)
            plain = pattern is _FULL_DATE and raw == text
            return Meaning(raw, found) if plain else _noted(raw, found, found.isoformat())
    return Meaning(raw, problem=Problem.UNCERTAIN_DATE if _PART_DATE.match(text) else Problem.NOT_DATE)


def _chinese_date(text: str) -> str:
    """``二〇一四年三月十五日`` with Arabic numerals."""

    def digits(match: re.Match[str]) -> str:
        word = match.group(0)
        if "十" in word:
            tens, _, ones = word.partition("十")
            return str(int(tens.translate(_CHINESE_DIGITS) or "1") * 10 + int(ones.translate(_CHINESE_DIGITS) or "0"))
        return word.translate(_CHINESE_DIGITS)

    try:
        return re.sub(r"[〇零○一二三四五六七八九十]+", digits, text)
    except ValueError:
        return text


def text(value: Any) -> Meaning:
    """Free text, as typed; words that say there is nothing (无, /, —) count as blank."""
    raw = raw_text(value)
    if not raw or match_key(raw) in _NOTHING:
        return BLANK
    return _trouble(raw) or Meaning(raw, raw)


def meaning(value: Any, kind: str, choices: Sequence[str] = ()) -> Meaning:
    """What a cell of a field or column type means."""
    if value is None or value == "":
        return BLANK
    if isinstance(value, str) and len(value) > _SHORT:
        return _meaning(value, kind, choices)
    return _remembered(value, kind, tuple(choices))


def _meaning(value: Any, kind: str, choices: Sequence[str]) -> Meaning:
    match kind:
        case "integer":
            return whole_number(value)
        case "yes_no":
            return yes_no(value)
        case "choice":
            return choice(value, choices)
        case "date":
            return day(value)
        case _:
            return text(value)


_remembered = lru_cache(maxsize=8192, typed=True)(_meaning)
"""The same few answers stand in form after form."""
