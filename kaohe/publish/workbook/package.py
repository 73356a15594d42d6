"""The finished file: what xlsxwriter made of everything but the rows, with the rows streamed into their sheets.

See docs/decisions/022-rows-are-streamed.md.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from kaohe.publish.workbook.cells import LETTERS, Texts
from kaohe.publish.workbook.page import Page, Rows

LEVEL = 3
"""Of compression: rows come fast, and 6 takes twice as long for a file a tenth smaller."""

_TEXTS = "xl/sharedStrings.xml"
_SHEET = re.compile(
    r"(?P<head>.*?)<dimension [^>]*/>(?P<view>.*?)<sheetData(?:/>|>.*</sheetData>)(?P<filter><autoFilter [^>]*/>)?(?P<heat>.*?)(?P<foot><printOptions.*)",
    re.DOTALL,
)
_PIECE = 1 << 17
_LARGE = 400_000
"""Rows from which on a sheet may come to more than a plain zip member holds."""


def pack(frame: bytes, sheets: Mapping[str, tuple[Page, Rows]], texts: Texts, path: Path) -> None:
    """Write the file. ``frame`` is the workbook without its rows; ``sheets`` are by the name of their part in it.

    Rows are taken one by one and kept nowhere. The same frame and rows give the same bytes.
    """
    with ZipFile(BytesIO(frame)) as source, ZipFile(path, "w", ZIP_DEFLATED, compresslevel=LEVEL) as target:
        for name in source.namelist():
            if name in sheets:
                page, rows = sheets[name]
                with target.open(name, "w", force_zip64=page.rows > _LARGE) as part:
                    _write(part, _sheet(source.read(name).decode(), page, rows))
            elif name != _TEXTS:
                with target.open(name, "w") as part:
                    part.write(source.read(name))
        with target.open(_TEXTS, "w") as part:
            _write(part, texts.xml())


def _sheet(frame: str, page: Page, rows: Rows) -> Iterator[str]:
    found = _SHEET.fullmatch(frame)
    assert found is not None, "xlsxwriter writes its parts of a sheet otherwise than it used to"
    yield f'{found["head"]}<dimension ref="A1:{LETTERS[page.columns - 1]}{page.rows}"/>{found["view"]}<sheetData>'
    yield from rows
    yield f"</sheetData>{found['filter'] or ''}"
    if page.merges:
        yield f'<mergeCells count="{len(page.merges)}">{"".join(page.merges)}</mergeCells>'
    yield found["heat"]
    if page.links:
        yield "<hyperlinks>"
        yield from (link.decode() for link in page.links)
        yield "</hyperlinks>"
    page.links.clear()
    yield found["foot"]


def _write(part: IO[bytes], pieces: Iterable[str]) -> None:
    """Write text in pieces of a size that suits compression."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size > _PIECE:
            part.write("".join(waiting).encode())
            waiting.clear()
            size = 0
    part.write("".join(waiting).encode())
