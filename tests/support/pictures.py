"""Printed pages of the ranked workbook as pictures, and whether two pictures show the same page.

The reviewed pictures stand in ``tests/pictures/workbook``; ``scripts/renew_pictures.py`` makes them anew.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from kaohe import PROGRAM_ROOT
from kaohe.publish.workbook import write_workbook
from kaohe.publish.workbook.plan import SHEETS
from kaohe.scoring.scorecard import Assessment
from tests.support import sample
from tests.support.workbooks import many
from tests.test_workbook_comparison import inspected

REVIEWED = PROGRAM_ROOT / "tests" / "pictures" / "workbook"
FONTS = PROGRAM_ROOT / "tests" / "support" / "fonts.conf"

BOOKS: Mapping[str, tuple[Callable[[], Assessment], str]] = {
    "12": (sample.assessment, "1-99"),
    "inspected": (inspected, "1-99"),
    "40": (lambda: many(40), "1-6"),
    "160": (lambda: many(160), "1-12"),
}
"""Workbooks by name: how their assessment is made, and the pages that are printed."""

_WORDS = ("ranking", "charts", "detail", "notes", "comparison", "differences", "evidence", "findings", "files", "versions", "readings", "about")
_NAMES = dict(zip(SHEETS, _WORDS, strict=True))
_DPI = 96
_COLOURS = 256
_REACH = 7
"""Pixels across within which a stroke may stand elsewhere: fonts are not drawn alike by every version."""
_INK, _MOST_INK = 64, 0.03
"""How much darker a pixel must be than all around its place in the other picture to count, and the share of the ink that may."""
_RULE, _FAINT_RULE, _RULE_LENGTH, _RULE_REACH = 18, 5, (48, 120), 2
"""How much darker a ruled line is than what is beside it, and at least in the other picture; how long it is upright
and level (underlined words are no lines), and how far off it may stand; in pixels."""
_BLOCK, _TINT, _MOST_TINT = 16, 8, 0.01
"""Side of the blocks whose tints are compared, by how much they may differ, and the share that may differ more."""


@dataclass(frozen=True)
class Shown:
    """One reviewed page: which workbook, which sheet, which of the sheet's printed pages."""

    book: str
    sheet: str
    page: int

    @property
    def name(self) -> str:
        """File name of its picture, without the suffix."""
        return f"{_NAMES[self.sheet]}-{self.book}-{self.page + 1}"


PAGES: Sequence[Shown] = (
    Shown("12", "排名", 0),
    *(Shown("12", "图表", n) for n in range(2)),
    *(Shown("12", "得分明细", n) for n in range(4)),
    Shown("12", "各单位计分说明", 0),
    Shown("12", "佐证台账", 0),
    Shown("12", "问题清单", 0),
    Shown("12", "报送情况", 0),
    Shown("12", "版本差异", 0),
    Shown("12", "计分口径", 0),
    *(Shown("12", "说明", n) for n in range(3)),
    *(Shown("inspected", "自评核定对比", n) for n in range(2)),
    Shown("inspected", "逐项出入", 0),
    *(Shown("40", "排名", n) for n in range(2)),
    Shown("40", "图表", 0),
    Shown("160", "图表", 0),
    Shown("160", "图表", 3),
)


def printed(folder: Path) -> dict[str, Any]:
    """The workbooks of ``BOOKS`` in a folder, and by name what LibreOffice prints of them, as pymupdf documents."""
    import pymupdf

    found: dict[str, Any] = {}
    for book, (made, pages) in BOOKS.items():
        path = folder / f"{book}.xlsx"
        write_workbook(made(), path)
        found[book] = pymupdf.open(_pdf(path, pages))  # type: ignore[no-untyped-call]
    return found


def pictures(documents: Mapping[str, Any]) -> Iterator[tuple[Shown, Image.Image]]:
    """The pages of ``PAGES``. LookupError where a sheet does not have the page."""
    return ((shown, _picture(documents[shown.book], shown)) for shown in PAGES)


def _pdf(path: Path, pages: str) -> Path:
    soffice = shutil.which("soffice")
    assert soffice is not None
    options = f'pdf:calc_pdf_Export:{{"PageRange":{{"type":"string","value":"{pages}"}}}}'
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    subprocess.run(
        [soffice, profile, "--headless", "--convert-to", options, "--outdir", str(path.parent), str(path)],
        env={**os.environ, "FONTCONFIG_FILE": str(FONTS)},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return path.with_suffix(".pdf")


def _picture(document: Any, shown: Shown) -> Image.Image:
    """A page by the sheet's name in its head."""
    heads = [page for page in document if page.get_text().split("\n")[0].strip().endswith(f" {shown.sheet}")]
    if shown.page >= len(heads):
        raise LookupError(f"{shown.sheet} prints on {len(heads)} pages")
    pixels = heads[shown.page].get_pixmap(dpi=_DPI)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def save(picture: Image.Image, path: Path) -> None:
    """Write a small file: 256 colours are enough for a sheet."""
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def difference(reviewed: Image.Image, now: Image.Image) -> str:
    """In what two pictures differ more than fonts are drawn differently; "" where they show the same."""
    if reviewed.size != now.size:
        return f"size {now.size} instead of {reviewed.size}"
    before, after = reviewed.convert("L"), now.convert("L")
    for what, one, other in (("missing", before, after), ("new", after, before)):
        darkest = other.filter(ImageFilter.MinFilter(_REACH))
        apart = int((np.asarray(ImageChops.subtract(darkest, one)) > _INK).sum())
        ink = int((np.asarray(one) < 255 - _INK).sum())
        if apart > _MOST_INK * ink:
            return f"{apart} of {ink} dark pixels are {what}"
    for direction, axis in (("columns", 0), ("rows", 1)):
        for what, one, other in (("missing", before, after), ("new", after, before)):
            faint = _rules(other, axis, _FAINT_RULE)
            apart_from = [place for place in _rules(one, axis, _RULE) if all(abs(place - near) > _RULE_REACH for near in faint)]
            if apart_from:
                return f"lines between {direction} are {what} at {apart_from}"
    tints = np.abs(_blocks(reviewed) - _blocks(now)).max(axis=2) > _TINT
    return f"{int(tints.sum())} of {tints.size} places have another colour" if tints.mean() > _MOST_TINT else ""


def _rules(picture: Image.Image, axis: int, darker: int) -> list[int]:
    """Where long lines stand: upright ones along axis 0, level ones along axis 1."""
    grey = np.asarray(picture, dtype=np.int16)
    grey = grey if axis == 0 else grey.T
    middle = grey[:, 2:-2]
    line = (middle < grey[:, :-4] - darker) & (middle < grey[:, 4:] - darker)
    sums = np.cumsum(np.pad(line, ((1, 0), (0, 0))), axis=0, dtype=np.int32)
    length = _RULE_LENGTH[axis]
    unbroken = (sums[length:] - sums[:-length]).max(axis=0) == length
    places = np.flatnonzero(unbroken) + 2
    return [int(place) for n, place in enumerate(places) if n == 0 or place > places[n - 1] + 1]


def _blocks(picture: Image.Image) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Mean tints of the blocks: their colour, however dark."""
    pixels = np.asarray(picture.convert("RGB"), dtype=np.float64)
    height, width = (side // _BLOCK * _BLOCK for side in pixels.shape[:2])
    means = pixels[:height, :width].reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK, 3).mean(axis=(1, 3))
    return np.asarray(means - means.mean(axis=2, keepdims=True), dtype=np.float64)
