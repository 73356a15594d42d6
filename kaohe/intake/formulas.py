"""Formulas of a worksheet part: those with a value go, those without become the text of their cell."""

import re

import numpy as np

from kaohe.intake.signs import ENDS_NAME, Places, Signs

_LONGEST = 100_000
"""Bytes within which a cell's formula is looked for."""
_UNCACHED = re.compile(rb"""<((?:\w+:)?)c\b([^<>]*[^<>/])?><\1f\b([^<>]*)(?:/>|>([^<]*)</\1f>)\s*(?:(?:<\1v\s*/>|<\1v\s*></\1v>)\s*)?</\1c>""")
_EMPTY_FORMULA = re.compile(rb"<f(?:\s[^<>]*)?/>\s*(?:(?:<v\s*></v>|<v\s*/>)\s*)?</c>")
_FORMULA_END = re.compile(rb"</f>\s*(?:(?:<v\s*></v>|<v\s*/>)\s*)?</c>")
_TEXT = b' t="str">'
"""Ends the tag of a cell whose value is a text."""
_VALUELESS = re.compile(rb"(<v></v>|<v ?/>)?</c>")
_TYPE = re.compile(rb"""\st\s*=\s*(?:"[^"]*"|'[^']*')""")


def without_values(signs: Signs) -> bytes:
    """The part without the formulas of cells that have a value: the library would only pass over them.

    An empty text is a value. What is not written in the usual ways stays.
    """
    part, at = signs.part, _formulas(signs)
    if len(at) == 0:
        return part
    opening, first, second, every = signs.opening, signs.first, signs.second, signs.bytes
    starts, after = opening[at], opening[at + 1]
    closed = (first[at + 1] == ord("/")) & (second[at + 1] == ord("f")) & (every[after + 3] == ord(">"))
    ends = np.where(closed, after + 4, after)
    tag_ends = starts + 2 if (second[at] == ord(">")).all() else signs.ends_after(starts)
    slashed = every[tag_ends - 1] == ord("/")
    whole = np.where(closed, ~slashed & (tag_ends < after), slashed & (tag_ends == after - 1))
    value = np.where(closed, at + 2, at + 1)
    valued = (opening[value] == ends) & (first[value] == ord("v")) & (second[value] == ord(">")) & (every[ends + 3] != ord("<"))
    empty_text = signs.say(starts - len(_TEXT), _TEXT) & (signs.say(ends, b"<v></v></c>") | signs.say(ends, b"<v/></c>"))
    gone = whole & (valued | empty_text)
    gaps = zip([0, *ends[gone].tolist()], [*starts[gone].tolist(), len(part)], strict=True)
    return b"".join([part[start:end] for start, end in gaps])


def _formulas(signs: Signs) -> Places:
    """Which of the tags begin a formula."""
    at = np.flatnonzero((signs.first == ord("f")) & ENDS_NAME[signs.second])
    return at[(at > 0) & (at + 2 < len(signs.opening))]


def as_texts(signs: Signs) -> bytes:
    """The part with ``=`` and its text as the value of every cell whose formula has none.

    What is written in the usual ways is dealt with here, tag by tag; ``_UNCACHED`` says what is meant, and does the rest.
    """
    part = signs.part
    if signs.prefixed:
        return _UNCACHED.sub(_formula_as_text, part)
    at = _formulas(signs)
    pieces: list[bytes] = []
    done, unusual = 0, False
    for cell, start, after in zip(signs.opening[at - 1].tolist(), signs.opening[at].tolist(), signs.opening[at + 1].tolist(), strict=True):
        head, tag_end = part[cell:start], part.find(b">", start)
        alone = part[tag_end - 1 : tag_end] == b"/"
        end = after if alone else after + 4
        tail = _VALUELESS.match(part, end)
        usual = head.startswith(b"<c ") and head.endswith(b">") and b"t" not in head and not head.endswith(b"/>")
        if tail and usual and (after == tag_end + 1 if alone else part.startswith(b"</f>", after)):
            text = b"" if alone else part[tag_end + 1 : after]
            pieces += (part[done : start - 1], b' t="str"><v>=', text, b"</v></c>")
            done = tail.end()
        else:
            unusual = True
    part = b"".join([*pieces, part[done:]])
    if not unusual:
        return part
    return _UNCACHED.sub(_formula_as_text, part) if _EMPTY_FORMULA.search(part) else _with_formulas(part)


def _with_formulas(part: bytes) -> bytes:
    """The part as ``_UNCACHED`` would leave it, quickly: only what ends like a formula without a value is looked at."""
    pieces: list[bytes] = []
    done = 0
    for end in _FORMULA_END.finditer(part):
        start = part.rfind(b"<c ", max(done, end.start() - _LONGEST), end.start())
        cell = _UNCACHED.fullmatch(part, start, end.end()) if start >= 0 else None
        if cell:
            pieces += [part[done:start], _formula_as_text(cell)]
            done = end.end()
    return b"".join([*pieces, part[done:]]) if pieces else part


def _formula_as_text(cell: re.Match[bytes]) -> bytes:
    prefix, attributes, formula = cell.group(1), cell.group(2) or b"", cell.group(4) or b""
    if b"<%bv" % prefix in cell.group() and b't="str"' in attributes:
        return cell.group()  # a text that happens to be empty, not a value that is missing
    kept = _TYPE.sub(b"", attributes)
    return b'<%bc%b t="str"><%bv>=%b</%bv></%bc>' % (prefix, kept, prefix, formula, prefix, prefix)
