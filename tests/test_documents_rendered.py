"""The notification and the letters as an office program prints them, measured against GB/T 9704-2012."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from kaohe import PROGRAM_ROOT
from kaohe.publish.documents import standard as gb
from kaohe.publish.documents import write_letters, write_notice
from tests.support.documents import with_template
from tests.support.sample import assessment

FONTS = PROGRAM_ROOT / "tests" / "support" / "fonts.conf"


@dataclass(frozen=True)
class Line:
    """One rendered line, in millimetres from the page's top left."""

    text: str
    left: float
    right: float
    baseline: float


@dataclass(frozen=True)
class Pdf:
    """The rendered pages of one document."""

    pages: Sequence[Any]

    def lines(self, page: int) -> list[Line]:
        """Lines of a page (0 is the first) by baseline, their characters left to right."""
        rows: dict[float, list[Any]] = {}
        for block in self.pages[page].get_text("rawdict")["blocks"]:
            for line in block.get("lines", ()):
                for span in line["spans"]:
                    for char in span["chars"]:
                        rows.setdefault(round(char["origin"][1] / gb.POINTS_PER_MM, 1), []).append(char)
        found = []
        for baseline, chars in sorted(rows.items()):
            chars.sort(key=lambda char: char["origin"][0])
            drawn = [char for char in chars if char["c"].strip()]
            if drawn:
                left, right = drawn[0]["origin"][0], drawn[-1]["bbox"][2]
                found.append(Line("".join(c["c"] for c in drawn), left / gb.POINTS_PER_MM, right / gb.POINTS_PER_MM, baseline))
        return found

    def red(self, page: int) -> list[tuple[float, float, float, float]]:
        """Bands of red ink: top, bottom, left, right."""
        picture = self.pages[page].get_pixmap(dpi=254)
        data, stride = picture.samples, picture.stride
        bands: list[list[int]] = []
        for y in range(picture.height):
            row = data[y * stride : (y + 1) * stride]
            xs = [x for x in range(picture.width) if row[3 * x] > 180 and row[3 * x + 1] < 110]
            if xs and bands and bands[-1][1] == y:
                bands[-1] = [bands[-1][0], y + 1, min(bands[-1][2], xs[0]), max(bands[-1][3], xs[-1] + 1)]
            elif xs:
                bands.append([y, y + 1, xs[0], xs[-1] + 1])
        return [(a / 10, b / 10, c / 10, d / 10) for a, b, c, d in bands]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Pdf]:
    """The sample notice, the same with a body of several full pages, and two letters, as LibreOffice prints them."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    pymupdf = pytest.importorskip("pymupdf")
    folder = tmp_path_factory.mktemp("rendered")
    sample = assessment()
    letters = {path.stem.removeprefix("结果通知-"): path for path in write_letters(sample, folder / "letters")}
    write_notice(sample, folder / "notice.docx")
    write_notice(with_template(sample, folder, "notice.docx", "现将考核结果通报如下。", "国" * 28 * 60), folder / "long.docx")
    for short, name in (("惠济区工商联", "scored"), ("上街区工商联", "gated")):
        shutil.copy(letters[short], folder / f"{name}.docx")
    names = [path.name for path in sorted(folder.glob("*.docx"))]
    subprocess.run(
        [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf", *names],
        cwd=folder,
        env={**os.environ, "FONTCONFIG_FILE": str(FONTS)},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return {name.removesuffix(".docx"): Pdf(list(pymupdf.open(folder / name.replace(".docx", ".pdf")))) for name in names}


@pytest.mark.office
def test_a_full_page_has_22_lines_of_28_characters_within_the_type_area(rendered: Mapping[str, Pdf]) -> None:
    pdf = rendered["long"]
    size = pdf.pages[0].rect
    assert (size.width / gb.POINTS_PER_MM, size.height / gb.POINTS_PER_MM) == pytest.approx((gb.PAGE_WIDTH_MM, gb.PAGE_HEIGHT_MM), abs=0.5)
    body = [line for line in pdf.lines(1) if line.baseline > gb.TOP_MM and not line.text.startswith("—")]
    assert [line.text for line in body] == ["国" * 28] * 22
    line_mm = gb.LINE_PT / gb.POINTS_PER_MM
    assert [b.baseline - a.baseline for a, b in pairwise(body)] == pytest.approx([line_mm] * 21, abs=0.15)
    assert min(line.left for line in body) == pytest.approx(gb.LEFT_MM, abs=0.5)
    assert max(line.right for line in body) == pytest.approx(gb.LEFT_MM + gb.TYPE_WIDTH_MM, abs=1)
    assert body[0].baseline - 0.8 * line_mm == pytest.approx(gb.TOP_MM, abs=1)
    assert body[-1].baseline + 0.2 * line_mm == pytest.approx(gb.TOP_MM + gb.TYPE_HEIGHT_MM, abs=1)


@pytest.mark.office
def test_the_first_page_of_the_notification(rendered: Mapping[str, Pdf]) -> None:
    pdf = rendered["notice"]
    mark, rule = pdf.red(0)
    assert mark[0] == pytest.approx(gb.TOP_MM + gb.ISSUER_MARK_TOP_MM, abs=1)
    assert (mark[2] + mark[3]) / 2 == pytest.approx(gb.LEFT_MM + gb.TYPE_WIDTH_MM / 2, abs=1)
    assert rule[2:] == pytest.approx((gb.LEFT_MM, gb.LEFT_MM + gb.TYPE_WIDTH_MM), abs=1)
    lines = pdf.lines(0)
    number = next(line for line in lines if line.text.startswith("送审稿") and line.baseline > mark[1])
    assert rule[0] - (number.baseline + 0.12 * gb.BODY_PT / gb.POINTS_PER_MM) == pytest.approx(gb.RULE_GAP_MM, abs=1)
    title = [line for line in lines if line.text in ("关于郑州市工商联系统", "2014年度工作目标考核结果的通报")]
    assert len(title) == 2
    two_lines = 2 * gb.LINE_PT / gb.POINTS_PER_MM
    assert title[0].baseline - 0.8 * gb.LINE_PT / gb.POINTS_PER_MM - rule[1] == pytest.approx(two_lines, abs=1)
    assert all((line.left + line.right) / 2 == pytest.approx(gb.LEFT_MM + gb.TYPE_WIDTH_MM / 2, abs=1) for line in title)
    assert any(line.text.startswith("按照《") for line in lines), "the body begins on the first page"


@pytest.mark.office
def test_page_numbers_stand_outside_and_the_mark_on_every_page(rendered: Mapping[str, Pdf]) -> None:
    one, right = gb.SMALL_PT / gb.POINTS_PER_MM, gb.LEFT_MM + gb.TYPE_WIDTH_MM
    for name, pdf in rendered.items():
        for number in range(len(pdf.pages)):
            lines = pdf.lines(number)
            assert lines[0].text == "送审稿（预排名）"
            last = lines[-1]
            if name in ("scored", "gated") and number == 0:
                assert not last.text.startswith("—")
                continue
            assert last.text == f"—{number + 1}—"
            assert (last.left if number % 2 else last.right) == pytest.approx(gb.LEFT_MM + one if number % 2 else right - one, abs=1)
            dash = last.baseline - 0.38 * gb.SMALL_PT / gb.POINTS_PER_MM
            assert dash == pytest.approx(gb.TOP_MM + gb.TYPE_HEIGHT_MM + 7, abs=1)


@pytest.mark.office
@pytest.mark.parametrize("name", ["scored", "gated"])
def test_the_first_page_of_a_letter(rendered: Mapping[str, Pdf], name: str) -> None:
    mark, thick, thin, foot_thin, foot_thick = rendered[name].red(0)
    edges = ((gb.PAGE_WIDTH_MM - gb.LETTER_RULE_MM) / 2, (gb.PAGE_WIDTH_MM + gb.LETTER_RULE_MM) / 2)
    assert mark[0] == pytest.approx(gb.LETTER_MARK_TOP_MM, abs=1)
    assert thick[0] - mark[1] == pytest.approx(gb.RULE_GAP_MM, abs=1)
    assert all(band[2:] == pytest.approx(edges, abs=1) for band in (thick, thin, foot_thin, foot_thick))
    assert thick[1] - thick[0] > thin[1] - thin[0]
    assert foot_thick[1] - foot_thick[0] > foot_thin[1] - foot_thin[0]
    assert foot_thick[1] == pytest.approx(gb.PAGE_HEIGHT_MM - gb.LETTER_RULE_BOTTOM_MM, abs=1)
    assert len(rendered[name].red(1)) == 0


@pytest.mark.office
def test_the_imprint_stands_at_the_foot_of_the_last_page_and_no_page_is_empty(rendered: Mapping[str, Pdf]) -> None:
    for name, pdf in rendered.items():
        lines = [line for line in pdf.lines(len(pdf.pages) - 1) if not line.text.startswith("—")]
        assert lines[-1].text.endswith("印发") if name in ("notice", "long") else lines[-1].text.startswith("抄送：")
        assert gb.TOP_MM + gb.TYPE_HEIGHT_MM - 6 < lines[-1].baseline < gb.TOP_MM + gb.TYPE_HEIGHT_MM
        assert all(len(pdf.lines(number)) > 3 for number in range(len(pdf.pages)))
