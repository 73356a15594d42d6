"""How values are written for people: points, percentages, dates, counted widths."""

import errno
import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction

_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_OS_PROBLEMS = {
    errno.ENOENT: "找不到",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许",
    errno.EISDIR: "是文件夹",
    errno.ENOTDIR: "路径里有一段不是文件夹",
    errno.EEXIST: "已经有同名的文件",
    errno.ENOTEMPTY: "文件夹不是空的",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘只读",
    errno.EBUSY: "正被占用",
    errno.ENAMETOOLONG: "名称太长",
}
_WINDOWS_PROBLEMS = {
    21: "所在的磁盘没有准备好",
    32: "正被别的程序打开",
    33: "正被别的程序打开",
    39: "磁盘已满",
    53: "找不到所在的网络位置",
    64: "所在的网络位置断开了",
    67: "找不到所在的网络位置",
    121: "所在的网络位置没有答复",
    206: "路径太长",
    1117: "所在的磁盘读写出错",
    1920: "系统不让打开",
}
"""What Windows itself says more exactly than its translation into the numbers of POSIX, most of them into “no permission” or “not found”."""
_DIGITS = "零一二三四五六七八九"
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\t\r\n]')
_RESERVED_NAME = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)")
_LONGEST_NAME = 80
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def points_text(points: Fraction | int) -> str:
    """Points as people read them: ``8``, ``2.5``, and a fraction ``7/3`` where no short decimal is exact."""
    value = points if isinstance(points, Fraction) else Fraction(points)
    if value.denominator == 1:
        return str(value.numerator)
    hundredths = value * 100
    if hundredths.denominator == 1:
        return f"{float(value):.2f}".rstrip("0")
    return f"{value.numerator}/{value.denominator}"


def points_json(points: Fraction) -> int | str:
    """Points for a program: an integer, or ``"p/q"`` where not whole."""
    return points.numerator if points.denominator == 1 else f"{points.numerator}/{points.denominator}"


def percent_text(value: Fraction) -> str:
    """A ratio as a percentage of two decimals at most; ``约`` marks one that they do not give exactly.

    What only comes near a whole percentage gets as many decimals as tell it from that: 5.999% does not reach 6%.
    """
    hundredths = value * 10000
    if hundredths.denominator == 1:
        return f"{float(value * 100):.2f}".rstrip("0").rstrip(".") + "%"
    places = 2
    while (shown := _rounded(value * 100, places)).denominator == 1:
        places += 1
    return ("" if shown == value * 100 else "约") + f"{float(shown):.{places}f}%"


def _rounded(value: Fraction, places: int) -> Fraction:
    """To so many decimals, halves away from zero."""
    scale = 10**places
    nearest = math.floor(abs(value) * scale + Fraction(1, 2))
    return Fraction(nearest if value > 0 else -nearest, scale)


def chinese_numeral(number: int) -> str:
    """1 to 99 as headings count: 一, 十, 十一, 二十一."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def count_text(number: int) -> str:
    """1 to 99 before a counter: 一项, 两项, 十二项."""
    return "两" if number == 2 else chinese_numeral(number)


def date_text(value: date) -> str:
    """``2014年3月5日``, without leading zeros, as official documents write it."""
    return f"{value.year}年{value.month}月{value.day}日"


def moment_text(value: datetime) -> str:
    """``2014年3月5日 09:30``. Written out by hand: the C library of Windows takes no Chinese in a format where it speaks another language."""
    return f"{date_text(value)} {value:%H:%M}"


def value_text(value: object) -> str:
    """A normalised cell value as people write it; blank for nothing."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case datetime():
            return date_text(value.date())
        case date():
            return date_text(value)
        case _:
            return str(value)


def join_rows(numbers: Iterable[int]) -> str:
    """Sheet row numbers as one phrase, runs of three and more as a range: ``第5—9、12行``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [f"{run[0]}—{run[-1]}" if len(run) > 2 else "、".join(map(str, run)) for run in runs]
    return f"第{'、'.join(parts)}行"


def clean(text: str) -> str:
    """Text of unknown origin made safe to store in XML and to show: no control, bidi-override or lone surrogate characters."""
    if text.isprintable():  # then none of them is in it: found out faster than by two searches
        return text
    return _LONE_SURROGATE.sub("\ufffd", _UNSAFE.sub("", text))


def os_problem(error: OSError) -> str:
    """Why the operating system refused, in Chinese whatever language it speaks."""
    if exact := _WINDOWS_PROBLEMS.get(getattr(error, "winerror", None) or 0):
        return exact
    return _OS_PROBLEMS.get(error.errno or 0, f"系统错误 {error.errno}" if error.errno else "原因不明")


def inner(text: str) -> str:
    """Text that is going to stand in quotation marks itself."""
    return text.replace("“", "‘").replace("”", "’")


def shorten(text: str, limit: int = 60) -> str:
    """At most ``limit`` characters on one line, with an ellipsis where cut."""
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def width(text: str) -> float:
    """Display width in half-width columns: a Chinese character counts two."""
    return sum(map(_WIDTHS.__getitem__, text), 0.0)


class _Widths(dict[str, float]):
    """The width of every character that was ever asked for."""

    def __missing__(self, character: str) -> float:
        found = self[character] = 2.0 if unicodedata.east_asian_width(character) in "WFA" else 1.0
        return found


_WIDTHS = _Widths()


def lines_needed(text: str, columns: float) -> int:
    """Lines the text takes when wrapped in a cell ``columns`` wide (spreadsheet width units)."""
    room = max(columns - 1.0, 2.0)
    return sum(max(1, int(-(-width(part) // room))) for part in (text.split("\n") or [""]))


def match_key(text: str) -> str:
    """Key under which two texts count as the same: NFKC, case folded, without white space. For matching only, never for display."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def own_name(path: str) -> str:
    """A file of the inbox as its sender knows it: without the folders, mails and archives that it lies in here."""
    return path.rpartition("/")[2]


def file_name(text: str) -> str:
    """A name that every system takes for a file: no separators, no reserved names, not too long, never empty."""
    name = _NOT_IN_NAMES.sub("_", clean(text)).strip(" .") or "未命名"
    if _RESERVED_NAME.match(name):
        name = f"_{name}"
    if len(name) <= _LONGEST_NAME:
        return name
    stem, dot, suffix = name.rpartition(".")
    suffix = dot + suffix if stem and len(suffix) <= 8 else ""
    return name[: _LONGEST_NAME - len(suffix)].rstrip(" .") + suffix
