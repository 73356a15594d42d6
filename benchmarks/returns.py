"""Returned forms by the thousand: a few dozen really saved by office programs, cut open at what differs from unit to unit.

Each stencil is a form filled through openpyxl, with shared strings and results of formulas as Excel and WPS leave them, or the same
saved again by LibreOffice. A unit's form is a stencil with its own names, figures, dates and mistakes; all other parts are copied as
they are compressed. So every return differs, and none is slower or faster to read than a real one.
"""

import html
import pickle
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TypeAlias
from xml.sax.saxutils import escape

from openpyxl.worksheet.worksheet import Worksheet

from benchmarks.names import Name
from kaohe.config.loader import Office
from kaohe.config.model import Unit
from kaohe.demo.fill import fill_form
from kaohe.demo.returns import figures, rows
from kaohe.forms.issue import prepare_master
from kaohe.forms.layout import MAIN_SHEET, FormLayout
from kaohe.forms.stamp import stamp_values
from kaohe.raw_zip import Member, member, members, packed
from kaohe.rulebook.model import Rulebook

Typed: TypeAlias = str | int | bool | None

_KINDS = 12
"""Different contents of the lists; each is there as an Excel-like save and, where LibreOffice is installed, as its save."""
_RESAVED = 8
"""One return in so many was saved by LibreOffice."""
_FAULTY, _MOST_FAULTS = 0.2, 5
"""Share of units with findings, and how many faulty cells they have at most."""
_UNIT = Unit(
    code="zzcode", name="〇地全称工商业联合会", short="〇地简称工商联", aliases=("〇地别名",), department="〇地统战部", email="zz@gsl.example"
)
_STRINGS, _CONTENT_TYPES, _RELATIONS = "xl/sharedStrings.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
_INLINE = re.compile(r'<c ([^<>]*?)\s?t="inlineStr"([^<>]*?)(?:/>|>(?:<is>(.*?)</is>)?</c>)', re.DOTALL)
_DATES = re.compile(r'<c r="[C-H]\d+"[^<>]*><v>(41[6-9]\d\d|420\d\d)</v></c>')
_FIRST_DAY, _LAST_DAY = (date(2014, 1, 1) - date(1899, 12, 30)).days, (date(2014, 12, 31) - date(1899, 12, 30)).days
_SST = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"


@dataclass(frozen=True)
class Stencil:
    """A saved form cut open. ``main`` alternates text with field ids, ``dated`` text with days (serial numbers) of the list of reports."""

    kept: tuple[Member, ...]
    main_part: str
    main: tuple[str, ...]
    styles: Mapping[str, str]
    dated_part: str
    dated: tuple[str, ...]
    strings: str
    known: Mapping[str, int]
    count: int
    rulebook: Rulebook
    resaved: bool


def sent_form(cuts: Sequence[Stencil], name: Name, position: int, edition: int, seed: int) -> bytes:
    """The form that the unit at this position sent; another ``edition`` has other figures."""
    luck = random.Random(f"{seed}-{position}-{edition}")
    plain, resaved = [c for c in cuts if not c.resaved], [c for c in cuts if c.resaved]
    pool = resaved if resaved and position % _RESAVED == _RESAVED - 1 else plain
    cut = pool[luck.randrange(len(pool))]
    values: dict[str, Typed] = figures(cut.rulebook, luck)
    stale = 0
    if luck.random() < _FAULTY:
        for _ in range(luck.randint(1, _MOST_FAULTS)):
            stale += _mistake(values, luck)
    return _filled(cut, name, values, stale, luck)


def _mistake(values: dict[str, Typed], luck: random.Random) -> int:
    """One more faulty cell, as they are really made; 1 where it is a report of another year."""
    numbers = [f for f, value in values.items() if isinstance(value, int) and not isinstance(value, bool)]
    chosen = luck.choice(numbers)
    match luck.randrange(8):
        case 0:
            values[chosen] = None
        case 1:
            values[chosen] = f"约{values[chosen]}"
        case 2:
            values[chosen] = f"{values[chosen]}条"
        case 3:
            values[chosen] = "-3"
        case 4:
            values[luck.choice([f for f in values if isinstance(values[f], bool)])] = "部分完成"
        case 5:
            values["townships_with_chamber"] = 99
        case 6:
            start = values["members_start"]
            values["members_end"] = start * 3 if isinstance(start, int) else None
        case _:
            return 1
    return 0


def _filled(cut: Stencil, name: Name, values: Mapping[str, Typed], stale: int, luck: random.Random) -> bytes:
    added: dict[str, int] = {}

    def shared(text: str) -> int:
        return cut.known[text] if text in cut.known else added.setdefault(text, cut.count + len(added))

    pieces = list(cut.main)
    for n in range(1, len(pieces), 2):
        pieces[n] = _body(cut.styles[pieces[n]], values[pieces[n]], shared)
    dated = list(cut.dated)
    for n in range(1, len(dated), 2):
        day = min(max(int(dated[n]) + luck.randint(-3, 3), _FIRST_DAY), _LAST_DAY)
        dated[n] = str(day - 365 if n < 2 * stale else day)
    strings = cut.strings
    for placeholder, text in ((_UNIT.code, name.code), (_UNIT.name, name.name), (_UNIT.short, name.short), (_UNIT.aliases[0], name.aliases[0])):
        strings = strings.replace(placeholder, text)
    strings += "".join(f"<si><t>{escape(text)}</t></si>" for text in added) + "</sst>"
    fresh = {cut.main_part: "".join(pieces), cut.dated_part: "".join(dated), _STRINGS: strings}
    return packed([*cut.kept, *(member(part, text.encode()) for part, text in fresh.items())])


def _body(start: str, value: Typed, shared: Callable[[str], int]) -> str:
    if value is None:
        return f"{start}/>"
    if isinstance(value, bool):
        return f'{start} t="s"><v>{shared("是" if value else "否")}</v></c>'
    if isinstance(value, int):
        return f"{start}><v>{value}</v></c>"
    return f'{start} t="s"><v>{shared(value)}</v></c>'


def stencils(office: Office, seed: int, kept: Path) -> tuple[Stencil, ...]:
    """Forms with different lists, saved in the ways that there are on this machine; made once and kept in a file of our own."""
    if kept.is_file():
        found: tuple[Stencil, ...] = pickle.loads(kept.read_bytes())  # noqa: S301  # written below, in this benchmark's own folder
        return found
    made = _stencils(office, seed)
    kept.write_bytes(pickle.dumps(made))
    return made


def _stencils(office: Office, seed: int) -> tuple[Stencil, ...]:
    master, _ = prepare_master(office)
    layout = FormLayout(office.rulebook)
    form = master.stamp(stamp_values(office.config, _UNIT))
    evidence = {f: f"佐证{n}" for n, f in enumerate(office.rulebook.fields, start=1)}
    filled = []
    for kind in range(_KINDS):
        luck = random.Random(f"{seed}-{kind}")
        fields = figures(office.rulebook, luck)
        filled.append(fill_form(form, layout, fields, rows(_UNIT, luck, office.rulebook.year), evidence=evidence))
    resaved = list(_resaved(filled))
    made = [_cut(office, layout, _as_excel(data), resaved=False) for data in (_calculated(filled, resaved) if resaved else filled)]
    return (*made, *(_cut(office, layout, data, resaved=True) for data in resaved))


def _resaved(forms: Sequence[bytes]) -> Iterator[bytes]:
    """The same forms opened and saved by LibreOffice, in one go; nothing where it is not installed."""
    program = shutil.which("soffice")
    if program is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for n, data in enumerate(forms):
            (home / f"{n}.xlsx").write_bytes(data)
        command = [program, f"-env:UserInstallation={(home / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
        command += ["--outdir", str(home / "saved"), *(str(home / f"{n}.xlsx") for n in range(len(forms)))]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # a fixed program with paths of our own making
        for n in range(len(forms)):
            yield (home / "saved" / f"{n}.xlsx").read_bytes()


def _calculated(forms: Sequence[bytes], resaved: Sequence[bytes]) -> Iterator[bytes]:
    """The forms with the results that LibreOffice computed, as Excel stores its own."""
    from openpyxl import load_workbook

    from kaohe.publish.cached import formula_results, put_back

    for data, saved in zip(forms, resaved, strict=True):
        book, values = load_workbook(BytesIO(data)), load_workbook(BytesIO(saved), data_only=True)
        results = formula_results(book, values)
        yield put_back(data, book.sheetnames, {sheet.title: _empty_texts(sheet) | dict(results[sheet.title]) for sheet in book.worksheets})


def _empty_texts(sheet: Worksheet) -> dict[str, object]:
    """An empty text for every formula: openpyxl tells nothing of one whose result is that, and office programs store it as a text (``t="str"``)."""
    return {cell.coordinate: "" for cell in sheet._cells.values() if cell.data_type == "f"}


def _as_excel(data: bytes) -> bytes:
    """The package with its texts in one table of shared strings."""
    texts: dict[str, int] = {}

    def move(cell: re.Match[str]) -> str:
        attributes = f"{cell[1]} {cell[2]}".strip()
        if cell[3] is None:
            return f"<c {attributes}/>"
        return f'<c {attributes} t="s"><v>{texts.setdefault(html.unescape(cell[3]), len(texts))}</v></c>'

    parts = {entry.name: entry.content() for entry in members(data)}
    for name, content in parts.items():
        if name.startswith("xl/worksheets/sheet"):
            parts[name] = _INLINE.sub(move, content.decode()).encode()
    assert _STRINGS not in parts, "openpyxl has begun to share strings by itself"
    head = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{_SST} uniqueCount="{len(texts)}">'
    parts[_STRINGS] = (head + "".join(f"<si>{_escaped(text)}</si>" for text in texts) + "</sst>").encode()
    types = f'<Override PartName="/{_STRINGS}" ContentType="{_TYPE}"/></Types>'
    parts[_CONTENT_TYPES] = parts[_CONTENT_TYPES].replace(b"</Types>", types.encode())
    link = f'<Relationship Id="rIdStrings" Type="{_LINK}" Target="sharedStrings.xml"/></Relationships>'
    parts[_RELATIONS] = parts[_RELATIONS].replace(b"</Relationships>", link.encode())
    return packed(member(name, content) for name, content in parts.items())


def _escaped(inside: str) -> str:
    """What stood inside an ``<is>``, its texts escaped again after references to characters were resolved."""
    return re.sub(r"(<t(?: [^<>]*)?>)(.*?)(</t>)", lambda t: f"{t[1]}{escape(t[2])}{t[3]}", inside, flags=re.DOTALL)


def _cut(office: Office, layout: FormLayout, data: bytes, *, resaved: bool) -> Stencil:
    parts = {entry.name: entry for entry in members(data)}
    sheets = _sheet_parts(parts)
    main_part, dated_part = sheets[MAIN_SHEET], sheets[layout.lists["articles"].sheet]
    refs = {layout.value_cell(field_id): field_id for field_id in office.rulebook.fields}
    cell = re.compile(rf'(<c r="({"|".join(refs)})"(?: s="\d+")?)[^<>]*?(?:/>|>.*?</c>)', re.DOTALL)
    pieces = cell.split(parts[main_part].content().decode())
    main = [piece if n % 3 == 0 else refs[piece] for n, piece in enumerate(pieces) if n % 3 != 1]
    styles = {refs[pieces[n + 1]]: pieces[n] for n in range(1, len(pieces), 3)}
    assert len(styles) == len(refs), "an input of the form was not found in the saved file"
    strings = parts[_STRINGS].content().decode().removesuffix("</sst>").rstrip()
    entries = re.findall(r"<si>(.*?)</si>", strings, re.DOTALL)
    known = {match[1]: n for n, entry in enumerate(entries) if (match := re.fullmatch(r"<t(?: [^<>]*)?>([^<>]*)</t>", entry))}
    return Stencil(
        kept=tuple(entry for name, entry in parts.items() if name not in (main_part, dated_part, _STRINGS)),
        main_part=main_part,
        main=tuple(main),
        styles=styles,
        dated_part=dated_part,
        dated=tuple(_around_dates(parts[dated_part].content().decode())),
        strings=strings,
        known=known,
        count=len(entries),
        rulebook=office.rulebook,
        resaved=resaved,
    )


def _around_dates(text: str) -> Iterator[str]:
    start = 0
    for match in _DATES.finditer(text):
        yield from (text[start : match.start(1)], match[1])
        start = match.end(1)
    yield text[start:]


def _sheet_parts(parts: Mapping[str, Member]) -> dict[str, str]:
    book, links = parts["xl/workbook.xml"].content().decode(), parts[_RELATIONS].content().decode()
    targets = {}
    for link in re.findall(r"<Relationship\s[^<>]*>", links):
        target = re.search(r'Target="/?(?:xl/)?([^"]*)"', link)
        targets[re.search(r'Id="([^"]*)"', link)[1]] = f"xl/{target[1]}"  # type: ignore[index]
    found = {}
    for sheet in re.findall(r"<sheet\s[^<>]*>", book):
        title, link = re.search(r'name="([^"]*)"', sheet), re.search(r':id="([^"]*)"', sheet)
        found[html.unescape(title[1])] = targets[link[1]]  # type: ignore[index]
    return found
