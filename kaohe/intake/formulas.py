"""Formulas of a worksheet part: those with a value go, those without become the text of their cell."""

import re

import numpy as np

from kaohe.intake.signs import ENDS_NAME, Signs

_LONGEST = 100_000
"""Bytes within which a cell's formula is looked for."""
_UNCACHED = re.compile(rb"""<((?:\w+:)?)c\b([^<>]*[^<>/])?><\1f\b([^<>]*)(?:/>|>([^<]*)</\1f>)\s*(?:(?:<\1v\s*/>|<\1v\s*></\1v>)\s*)?</\1c>""")
_EMPTY_FORMULA = re.compile(rb"<f [^<>]*/>\s*(?:(?:<v></v>|<v ?/>)\s*)?</c>")
_FORMULA_END = re.compile(rb"</f>\s*(?:(?:<v></v>|<v ?/>)\s*)?</c>")
_VALUELESS = re.compile(rb"(<v></v>|<v ?/>)?</c>")
_TYPE = re.compile(rb"""\st\s*=\s*(?:"[^"]*"|'[^']*')""")


def without_formulas(signs: Signs) -> bytes:
    """The part without formulas that have a value (the library would pass over them), and with ``=`` and its text as the value of every other.

    What is written in the usual ways is dealt with here, tag by tag; ``_UNCACHED`` says what is meant, and does the rest.
    """
    part = signs.part
    if signs.prefixed:
        return _UNCACHED.sub(_formula_as_text, part)
    at = np.flatnonzero((signs.first == ord("f")) & ENDS_NAME[signs.second])
    at = at[(at > 0) & (at + 2 < len(signs.opening))]
    if len(at) == 0:
        return part
    opening, first, second, every = signs.opening, signs.first, signs.second, signs.bytes
    starts, after = opening[at], opening[at + 1]
    closed = (first[at + 1] == ord("/")) & (second[at + 1] == ord("f")) & (every[after + 3] == ord(">"))
    plain = second[at] == ord(">")
    value = np.where(closed, at + 2, at + 1)
    ends = np.where(closed, after + 4, after)
    valued = (opening[value] == ends) & (first[value] == ord("v")) & (second[value] == ord(">")) & (every[ends + 3] != ord("<"))
    pieces: list[bytes] = []
    done, unusual = 0, False
    facts = zip(starts.tolist(), ends.tolist(), opening[at - 1].tolist(), closed.tolist(), plain.tolist(), valued.tolist(), strict=True)
    for start, end, cell, has_end, bare, has_value in facts:
        if bare and has_end:
            whole = True
        else:
            tag_end = part.find(b">", start, end)
            whole = part[tag_end - 1 : tag_end] != b"/" if has_end else part[end - 2 : end] == b"/>" and tag_end == end - 1
        if has_value and whole:
            pieces.append(part[done:start])
            done = end
            continue
        head, tail = part[cell:start], _VALUELESS.match(part, end)
        if tail is None or not whole or not head.startswith(b"<c ") or not head.endswith(b">") or head.endswith(b"/>"):
            unusual = True
        elif b"t" not in head:
            text = part[part.find(b">", start) + 1 : end - 4] if has_end else b""
            pieces += (part[done : start - 1], b' t="str"><v>=', text, b"</v></c>")
            done = tail.end()
        elif head.endswith(b' t="str">') and tail[1]:  # a text that happens to be empty, not a value that is missing
            pieces.append(part[done:start])
            done = end
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
        cell = _UNCACHED.fullmatch(part, start, end.end()) if start >= 0 and b't="str"' not in part[start : start + 60] else None
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
