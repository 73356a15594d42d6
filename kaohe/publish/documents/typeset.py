"""What a template cannot say by itself: where a title breaks into balanced lines."""

import re
from itertools import combinations, pairwise
from typing import Any

from docx.oxml import OxmlElement

from kaohe.publish.documents import standard as gb
from kaohe.text import width

TITLE_STYLES = ("公文标题", "附件标题")
_LIMIT = 2 * int(gb.TYPE_WIDTH_MM * gb.POINTS_PER_MM / gb.TITLE_PT)
_BREAK = re.compile(r"(?<!\d)(?=\d{4}年)|(?=工作|目标|考核|结果|各方面|计分|排名|（)|(?<=年度)")
_BEFORE_YEAR = re.compile(r"\d{4}年")
_YEAR_BONUS = 3.0


def break_title(text: str, limit: int = _LIMIT) -> list[str]:
    """Lines of a title, none wider than ``limit`` half-width columns, breaking between words and as even as may be.

    A break before the year is preferred. A title without a fitting break between words is cut evenly.
    """
    count = -(-int(width(text)) // limit)
    if count <= 1:
        return [text]
    places = sorted({match.start() for match in _BREAK.finditer(text)} - {0, len(text)})
    for number in (count, count + 1):
        tries = [_cut(text, cuts) for cuts in combinations(places, number - 1)]
        fitting = [lines for lines in tries if max(map(width, lines)) <= limit]
        if fitting:
            return min(fitting, key=_unevenness)
    size = -(-len(text) // count)
    return [text[start : start + size] for start in range(0, len(text), size)]


def balance_titles(document: Any) -> None:
    """Break every title of a rendered document that is longer than a line; one that the office broke itself stays."""
    for paragraph in document.paragraphs:
        if paragraph.style.name not in TITLE_STYLES or "\n" in paragraph.text or not paragraph.runs:
            continue
        lines = break_title(paragraph.text)
        if len(lines) > 1:
            first, *others = paragraph.runs
            for run in others:
                run._r.getparent().remove(run._r)
            first.text = lines[0]
            for line in lines[1:]:
                first._r.append(OxmlElement("w:br"))
                text = OxmlElement("w:t")
                text.text = line
                first._r.append(text)


def _cut(text: str, places: tuple[int, ...]) -> list[str]:
    edges = (0, *places, len(text))
    return [text[start:end] for start, end in pairwise(edges)]


def _unevenness(lines: list[str]) -> float:
    widths = [width(line) for line in lines]
    return max(widths) - min(widths) - 2 * _YEAR_BONUS * sum(bool(_BEFORE_YEAR.match(line)) for line in lines[1:])
