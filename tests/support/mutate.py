"""Damage to real files, repeatable by number: bytes flipped, cut and spliced, and XML changed inside the package."""

import random
import re
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO

_TAG = re.compile(rb"<[^<>]+>")
_VALUE = re.compile(rb'="[^"]*"')
_TEXT = re.compile(rb">([^<>]+)<")
_ODD = (
    b"-1", b"0", b"99999999999", b"2147483648", b"1e308", b"NaN", b"", b"A1048577", b"XFD1048576", b"A0", b"&#0;", b"&lt;", b"\xff\xfe",
    "约30".encode(), b"=1+1", b"#REF!", b"{{ 7*7 }}", b"<!DOCTYPE x [<!ENTITY e 'e'>]>", b"../../x", b"\x00", b"s", b"e", b"d",
)  # fmt: skip


def mutated(forms: Sequence[bytes], number: int) -> bytes:
    """Case ``number``: one of ``forms``, damaged in one of many ways."""
    luck = random.Random(f"damage-{number}")
    data = luck.choice(forms)
    for _ in range(luck.choice((1, 1, 1, 2, 3))):
        data = luck.choice(_WAYS)(data, luck, forms)
    return data


def _flip(data: bytes, luck: random.Random, forms: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(luck.choice((1, 2, 8, 64))):
        if changed:
            changed[luck.randrange(len(changed))] ^= 1 << luck.randrange(8)
    return bytes(changed)


def _cut(data: bytes, luck: random.Random, forms: Sequence[bytes]) -> bytes:
    start = luck.randrange(len(data) + 1)
    return luck.choice((data[:start], data[start:], data[:start] + data[start + luck.randrange(1, 5000) :]))


def _splice(data: bytes, luck: random.Random, forms: Sequence[bytes]) -> bytes:
    other = luck.choice(forms)
    start, length = luck.randrange(len(data) + 1), luck.randrange(1, 4000)
    place = luck.randrange(len(other))
    return data[:start] + other[place : place + length] + data[start + luck.choice((0, length)) :]


def _blank(data: bytes, luck: random.Random, forms: Sequence[bytes]) -> bytes:
    start, length = luck.randrange(len(data) + 1), luck.randrange(1, 3000)
    return data[:start] + luck.choice((b"\x00", b"\xff")) * len(data[start : start + length]) + data[start + length :]


def _inside(data: bytes, luck: random.Random, forms: Sequence[bytes]) -> bytes:
    """The package rebuilt with one part changed; not a package: bytes flipped."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except Exception:  # already too damaged to be taken apart
        return _flip(data, luck, forms)
    if not parts:
        return data
    chosen = luck.randrange(len(parts))
    name, content = parts[chosen]
    way = luck.randrange(8)
    if way == 0:
        del parts[chosen]
    elif way == 1:
        parts.insert(luck.randrange(len(parts) + 1), (name, luck.choice(parts)[1]))
    elif way == 2:
        parts[chosen] = (luck.choice(_NAMES), content)
    else:
        parts[chosen] = (name, luck.choice(_XML)(content, luck))
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name or "x"), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


_NAMES = ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml", "../x", "/etc/x", "xl\\styles.xml", "")


def _pick(pattern: re.Pattern[bytes], content: bytes, luck: random.Random) -> re.Match[bytes] | None:
    found = list(pattern.finditer(content))
    return luck.choice(found) if found else None


def _drop_tag(content: bytes, luck: random.Random) -> bytes:
    found = _pick(_TAG, content, luck)
    return content[: found.start()] + content[found.end() :] if found else content


def _double_tag(content: bytes, luck: random.Random) -> bytes:
    found = _pick(_TAG, content, luck)
    return content[: found.end()] + found[0] * luck.choice((1, 2, 500)) + content[found.end() :] if found else content


def _odd_value(content: bytes, luck: random.Random) -> bytes:
    found = _pick(_VALUE, content, luck)
    return content[: found.start()] + b'="' + luck.choice(_ODD) + b'"' + content[found.end() :] if found else content


def _odd_text(content: bytes, luck: random.Random) -> bytes:
    found = _pick(_TEXT, content, luck)
    return content[: found.start(1)] + luck.choice(_ODD) + content[found.end(1) :] if found else content


def _move(content: bytes, luck: random.Random) -> bytes:
    if len(content) < 40:
        return content
    a, b, c = sorted(luck.sample(range(len(content)), 3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


_XML = (_drop_tag, _double_tag, _odd_value, _odd_value, _odd_text, _odd_text, _move)
_WAYS: tuple[Callable[[bytes, random.Random, Sequence[bytes]], bytes], ...] = (_flip, _cut, _splice, _blank, _inside, _inside, _inside, _inside)
