"""Inner rows of tables, which are most of a letter: nothing is typeset in them, so they are kept away from it as text."""

import re
from collections.abc import Iterable

import jinja2

_ASIDE = "<?rows-set-aside?>"
_ROW_BEGINS, _ROW_END = re.compile("<w:tr[ >]"), "</w:tr>"
_ROWS_SEEN = 3
"""Rows at either end of a table that typesetting gets to see."""
_TABLE = re.compile("<w:tbl>.*?</w:tbl>", re.DOTALL)
_TAG_INSIDE_MARKUP = re.compile(r"<[^<>]*\{[{%][^<>]*>")


def tables_without(source: str, marks: Iterable[str], environment: jinja2.Environment) -> bool:
    """Whether none of these pieces of markup can come to stand in a table, whatever is filled in: values bring none, and each table is filled by itself."""
    tables = _TABLE.findall(source)
    if _ASIDE in source or len(tables) != source.count("<w:tbl>") or any(mark in table for table in tables for mark in marks):
        return False
    try:
        for table in tables:
            environment.parse(table)
    except jinja2.TemplateError:
        return False  # it begins in one and ends in another
    return not any(_TAG_INSIDE_MARKUP.search(table) for table in tables)


def set_aside(xml: str, special: Iterable[str]) -> tuple[str, tuple[bytes, ...]]:
    """The body without the inner rows of its tables, and those rows table by table: nothing is typeset in them, and they are most of a letter.

    They stay where something in them is ``special``, where there is a table in a table, and where heights of rows may have to be settled.
    """
    if special and _ASIDE in xml:
        return xml, ()
    shown: list[str] = []
    aside: list[bytes] = []
    while (start := xml.rfind("<w:tbl>")) >= 0 and xml.count("</w:tbl>", start) == 1:
        inner = None
        if not shown or _stand_apart(xml[xml.rfind("</w:tbl>") :]):
            table, inner = _parted(xml[start:], special)
        shown.append(xml[start:] if inner is None else table)
        if inner is not None:
            aside.append(inner.replace("&#95;", "_").encode())
        xml = xml[:start]
    return "".join([xml, *reversed(shown)]), tuple(reversed(aside))


def _stand_apart(between: str) -> bool:
    """Whether what stands between two tables is more than a note, after which the second might be an imprint."""
    return between.count("</w:p>") > 1 and "<w:txbxContent" not in between


def _parted(xml: str, special: Iterable[str]) -> tuple[str, str | None]:
    """What begins with a table, the last one, without its inner rows, and those; None where they stay."""
    end = xml.index("</w:tbl>")
    first, last = 0, end
    for _ in range(_ROWS_SEEN):
        first = xml.find(_ROW_END, first, end) + len(_ROW_END)
        last = xml.rfind(_ROW_END, 0, last)
        if first < len(_ROW_END) or last < 0:
            return xml, None
    last = xml.rfind(_ROW_END, 0, last) + len(_ROW_END)
    begins = _ROW_BEGINS.search(xml, first, end)
    if begins is None or begins.start() >= last:
        return xml, None
    inner = xml[begins.start() : last]
    if any(mark in inner for mark in special):
        return xml, None
    return f"{xml[: begins.start()]}{_ASIDE}{xml[last:]}", inner


def brought_back(document: bytes, aside: Iterable[bytes]) -> bytes:
    """The document with the rows that were set aside."""
    mark = _ASIDE.encode()
    for rows in aside:
        document = document.replace(mark, rows, 1)
    return document
