"""The ranked workbook's printed pages beside reviewed pictures of them.

A page that changed on purpose is looked at, then renewed: ``uv run scripts/renew_pictures.py`` and its ``--renew``.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from tests.support.pictures import PAGES, REVIEWED, Shown, difference, pictures, printed, save

MOST_BYTES = 150_000


def reviewed(shown: Shown) -> Image.Image:
    return Image.open(REVIEWED / f"{shown.name}.png").convert("RGB")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("printed")


@pytest.fixture(scope="module")
def documents(folder: Path) -> Mapping[str, Any]:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    pytest.importorskip("pymupdf")
    return printed(folder)


@pytest.fixture(scope="module")
def pages(documents: Mapping[str, Any]) -> Mapping[str, Image.Image]:
    return {shown.name: picture for shown, picture in pictures(documents)}


@pytest.mark.office
@pytest.mark.slow
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_page_looks_as_reviewed(pages: Mapping[str, Image.Image], shown: Shown, tmp_path: Path) -> None:
    now = pages[shown.name]
    save(now, tmp_path / "now.png")
    found = difference(reviewed(shown), now)
    assert not found, f"{found}: look at {tmp_path / 'now.png'} beside {REVIEWED / shown.name}.png"


@pytest.mark.office
@pytest.mark.slow
@pytest.mark.parametrize("book", ["12", "inspected"])
def test_every_text_is_printed_whole(documents: Mapping[str, Any], folder: Path, book: str) -> None:
    """But the title and the explanation of 得分明细, which are for the screen; and no figure is too wide for its cell."""
    paper = "".join("".join(page.get_text().split()) for page in documents[book])
    sheets = openpyxl.load_workbook(folder / f"{book}.xlsx", data_only=True).worksheets
    texts = {(s.title, c.coordinate): "".join(c.value.split()) for s in sheets for row in s.iter_rows() for c in row if isinstance(c.value, str)}
    assert len(texts) > 4000
    assert [place for place, text in texts.items() if text not in paper] == [("得分明细", "A1"), ("得分明细", "A2")]
    assert "###" not in paper


def test_every_picture_belongs_to_a_page_and_is_small() -> None:
    assert {path.stem for path in REVIEWED.iterdir()} == {shown.name for shown in PAGES}
    assert all(path.stat().st_size < MOST_BYTES for path in REVIEWED.iterdir())


# ── what the comparison sees ──

STATE, TOP, FOOT = 533, 137, 540
"""Of the table on the first page of 排名, in pixels: where the column 状态 begins, the top and the foot."""

RANKING, CHARTS = (reviewed(Shown("12", sheet, 0)) for sheet in ("排名", "图表"))


def test_fonts_drawn_a_little_differently_are_the_same_page() -> None:
    for picture in (RANKING, CHARTS):
        moved = Image.new("RGB", picture.size, "white")
        moved.paste(picture, (1, 1))
        assert difference(picture, moved) == ""
        assert difference(picture, picture.filter(ImageFilter.GaussianBlur(0.6))) == ""
        assert difference(picture, ImageEnhance.Contrast(picture).enhance(1.03)) == ""


@pytest.mark.parametrize("pixels", [4, 7, 10])
def test_a_shifted_column_is_seen(pixels: int) -> None:
    """From 状态 on, to the right."""
    shifted = RANKING.copy()
    shifted.paste(RANKING.crop((STATE, TOP, RANKING.width, FOOT)), (STATE + pixels, TOP))
    assert "lines between columns" in difference(RANKING, shifted) or "dark pixels" in difference(RANKING, shifted)


def test_a_lost_row_is_seen() -> None:
    without = RANKING.copy()
    without.paste(RANKING.crop((0, 230, RANKING.width, FOOT)), (0, 210))
    assert difference(RANKING, without)


def test_a_lost_chart_is_seen() -> None:
    without = CHARTS.copy()
    without.paste("white", (CHARTS.width // 2, 90, CHARTS.width, CHARTS.height - 90))
    assert "missing" in difference(CHARTS, without)
    assert "new" in difference(without, CHARTS)


def test_a_lost_colour_is_seen() -> None:
    grey = RANKING.convert("L").convert("RGB")
    assert "another colour" in difference(RANKING, grey)


def test_another_paper_is_seen() -> None:
    assert difference(RANKING, RANKING.rotate(90, expand=True)).startswith("size")
