"""The tree of a mail's parts, as places in its bytes: nothing is copied, so that a large attachment is in memory once."""

import email.parser
import email.policy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from kaohe.intake.containers import headers

_HEADER_LINE = re.compile(rb"(?:From |[!-9;-~]*:|[ \t])[^\r\n]*(?:\r\n|\r|\n|\Z)")
_BLANK = re.compile(rb"(?:\r\n|\r|\n)")
_DEEPEST = 60
_MOST_HEADERS = 1 << 20
"""Bytes of one part's headers; what comes after belongs to no mail that a program wrote."""


class TooDeep(Exception):
    """Parts lie in one another as no mail program puts them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its headers by lower-case name (the first of each counts), and where its content stands.

    ``holds_parts``: parts were found in it. ``broken_off``: a boundary that it announces is missing at its beginning or end.
    """

    headers: Mapping[str, str]
    begin: int
    end: int
    holds_parts: bool = False
    broken_off: bool = False

    def token(self, header: str) -> str:
        """A header's value without its parameters, in lower case."""
        return self.headers.get(header, "").partition(";")[0].strip().lower()


def parts(data: bytes, begin: int, end: int) -> Iterator[Part]:
    """Every part of the mail at this place in order, each before those in it; mails that are attached are not gone into. Raises TooDeep."""
    waiting = [(begin, end, 0)]
    while waiting:
        begin, end, depth = waiting.pop()
        if depth > _DEEPEST:
            raise TooDeep
        found, body = head(data, begin, end)
        content_type = found.get("content-type", "").partition(";")[0].strip().lower()
        if not content_type.startswith("multipart/"):
            yield Part(found, body, end)
            continue
        inner, whole = _segments(data, body, end, _boundary(found.get("content-type", "")))
        yield Part(found, body, end, holds_parts=bool(inner), broken_off=not whole)
        waiting.extend((start, stop, depth + 1) for start, stop in reversed(inner))


def head(data: bytes, begin: int, end: int) -> tuple[dict[str, str], int]:
    """The headers at this place, raw, and where the content after them begins."""
    at, most = begin, min(end, begin + _MOST_HEADERS)
    while at < most and (line := _HEADER_LINE.match(data, at, end)) is not None and line.end() > at:
        at = line.end()
    # Only split into headers by the library; they are read in this package.
    message = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(data[begin:at])
    found: dict[str, str] = {}
    for key, value in message.raw_items():
        found.setdefault(key.lower(), str(value))
    blank = _BLANK.match(data, at, end)
    return found, blank.end() if blank is not None else at


def _boundary(content_type: str) -> bytes:
    return headers.parameters(content_type).get("boundary", "").rstrip().encode("utf-8", "surrogateescape")


def _segments(data: bytes, begin: int, end: int, boundary: bytes) -> tuple[list[tuple[int, int]], bool]:
    """Where the parts between boundary lines stand, and whether the lines are all there."""
    if not boundary:
        return [], True
    starts: list[tuple[int, int]] = []
    closed = -1
    lines = re.compile(rb"(?m)^--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r\n|\r|\n|\Z)")
    for line in lines.finditer(data, begin, end):
        if line[1]:
            closed = line.start()
            break
        starts.append((line.start(), line.end()))
    if not starts:
        return [], False
    stops = [_before_newline(data, after, start) for (_, after), (start, _) in pairwise([*starts, (closed, closed)]) if start >= 0]
    if closed < 0:
        stops.append(end)  # what broke off has no boundary after it
    return [(after, stop) for (_, after), stop in zip(starts, stops, strict=True)], closed >= 0


def _before_newline(data: bytes, begin: int, end: int) -> int:
    """The line end before a boundary belongs to the boundary."""
    for newline in (b"\r\n", b"\n", b"\r"):
        if end - len(newline) >= begin and data.startswith(newline, end - len(newline)):
            return end - len(newline)
    return end
