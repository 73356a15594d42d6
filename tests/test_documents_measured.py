"""The final notification, letters, commendation and certificates as an office program prints them, measured against GB/T 9704-2012.

Every figure holds to within 1 mm, for 1 to 40 units in the annex and for names of 3 to 20 characters.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from filelock import FileLock

from kaohe import PROGRAM_ROOT
from kaohe.config.model import Award
from kaohe.publish.documents import standard as gb
from kaohe.publish.documents import write_award_decision, write_certificates, write_letters, write_notice
from tests.support.documents import with_template
from tests.support.final import NUMBER, decided, invented, named, results_of
from tests.test_documents_rendered import Line, Pdf

pytestmark = [pytest.mark.office, pytest.mark.slow]
FONTS = PROGRAM_ROOT / "tests" / "support" / "fonts.conf"
UNITS, LENGTHS = (1, 2, 12, 13, 40), (3, 10, 20)
SIZES = [(units, length) for units in UNITS for length in LENGTHS]
LETTERS = [(kind, length) for kind in ("scored", "gated") for length in LENGTHS]
LINE_MM, BODY_MM, SMALL_MM = (points / gb.POINTS_PER_MM for points in (gb.LINE_PT, gb.BODY_PT, gb.SMALL_PT))
RIGHT, BOTTOM, MIDDLE = gb.LEFT_MM + gb.TYPE_WIDTH_MM, gb.TOP_MM + gb.TYPE_HEIGHT_MM, gb.LEFT_MM + gb.TYPE_WIDTH_MM / 2
FULL = "国" * gb.CHARS_PER_LINE * 60
ISSUER, DATE = "郑州市工商业联合会", "2015年1月20日"


def near(value: object) -> object:
    """The standard's figure, to within 1 mm."""
    return pytest.approx(value, abs=1)


def write_all(folder: Path) -> None:
    """Every kind of document for every number of units and length of names."""
    for units, length in SIZES:
        results = decided(results_of(invented(units, length)), Award(name="先进单位", units=tuple(f"u{n}" for n in range(units))))
        write_notice(results, folder / f"notice-{units}-{length}.docx")
        if units in (1, 40):
            write_award_decision(results, folder / f"award-{units}-{length}.docx")
        if units == 2:
            for kind, path in zip(("scored", "gated"), write_letters(results, folder / "letters"), strict=True):
                shutil.copy(path, folder / f"{kind}-{length}.docx")
            long = decided(results, Award(name=named(0, length), units=("u0",)))
            shutil.copy(write_certificates(long, folder / "certificates")[0], folder / f"certificate-{length}.docx")
    for name, said in (("notice", "现将考核结果通报如下。"), ("letter", "的考核结果函告如下。")):
        own = folder / f"own-{name}"
        own.mkdir()
        filled = with_template(results, own, f"{name}.docx", said, FULL)
        if name == "notice":
            write_notice(filled, folder / "full-notice.docx")
        else:
            shutil.copy(write_letters(filled, own)[0], folder / "full-letter.docx")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Pdf]:
    """All documents by name, converted in one call, which parallel test processes share."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice (soffice) is not installed: nothing can be measured")
    pymupdf = pytest.importorskip("pymupdf", reason="pymupdf is not installed: nothing can be measured")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "measured"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            write_all(folder)
            convert(soffice, folder)
            (folder / "done").touch()
    return {path.stem: Pdf(list(pymupdf.open(path))) for path in sorted(folder.glob("*.pdf"))}


def convert(soffice: str, folder: Path) -> None:
    """Print every Word file of a folder."""
    subprocess.run(
        [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to", "pdf"]
        + [path.name for path in sorted(folder.glob("*.docx"))],
        cwd=folder,
        env={**os.environ, "FONTCONFIG_FILE": str(FONTS)},
        check=True,
        capture_output=True,
        timeout=600,
    )


def body(pdf: Pdf, page: int) -> list[Line]:
    """The lines of a page within the type area."""
    return [line for line in pdf.lines(page) if gb.TOP_MM < line.baseline < BOTTOM]


def first(lines: list[Line], test: Callable[[Line], object]) -> Line:
    return next(line for line in lines if test(line))


def top(line: Line, pitch: float = LINE_MM) -> float:
    """The top of the line's band: programs set the baseline four fifths down."""
    return line.baseline - 0.8 * pitch


# ── page, lines, characters ──


@pytest.mark.parametrize("name", ["full-notice", "full-letter"])
def test_type_area_lines_and_characters(printed: Mapping[str, Pdf], name: str) -> None:
    pdf = printed[name]
    size = pdf.pages[1].rect
    assert (size.width / gb.POINTS_PER_MM, size.height / gb.POINTS_PER_MM) == near((gb.PAGE_WIDTH_MM, gb.PAGE_HEIGHT_MM))
    lines = body(pdf, 1)
    assert [line.text for line in lines] == ["国" * 28] * 22
    assert [below.baseline - above.baseline for above, below in pairwise(lines)] == pytest.approx([LINE_MM] * 21, abs=0.15)
    assert (min(line.left for line in lines), max(line.right for line in lines)) == near((gb.LEFT_MM, RIGHT))
    assert (top(lines[0]), lines[-1].baseline + 0.2 * LINE_MM) == near((gb.TOP_MM, BOTTOM))


@pytest.mark.parametrize(("units", "length"), SIZES)
def test_page_numbers_stand_outside_one_character_in(printed: Mapping[str, Pdf], units: int, length: int) -> None:
    check_page_numbers(printed[f"notice-{units}-{length}"], 0)


@pytest.mark.parametrize(("kind", "length"), LETTERS)
def test_page_numbers_of_a_letter_begin_on_its_second_page(printed: Mapping[str, Pdf], kind: str, length: int) -> None:
    pdf = printed[f"{kind}-{length}"]
    assert not any(line.baseline > BOTTOM for line in pdf.lines(0))
    check_page_numbers(pdf, 1)


def check_page_numbers(pdf: Pdf, start: int) -> None:
    for page in range(start, len(pdf.pages)):
        (number,) = [line for line in pdf.lines(page) if line.baseline > BOTTOM]
        assert number.text == f"—{page + 1}—"
        if page % 2:
            assert number.left == near(gb.LEFT_MM + SMALL_MM)
        else:
            assert number.right == near(RIGHT - SMALL_MM)
        assert number.baseline - 0.38 * SMALL_MM == near(BOTTOM + 7)


# ── the first page of the notification ──


@pytest.mark.parametrize(("units", "length"), SIZES)
def test_mark_number_rule_and_title(printed: Mapping[str, Pdf], units: int, length: int) -> None:
    check_red_head(printed[f"notice-{units}-{length}"], ["关于郑州市工商联系统", "2014年度工作目标考核结果的通报"], NUMBER)


@pytest.mark.parametrize("length", LENGTHS)
def test_the_commendation_has_the_same_head(printed: Mapping[str, Pdf], length: int) -> None:
    check_red_head(printed[f"award-40-{length}"], ["关于表彰郑州市工商联系统", "2014年度工作目标考核获奖单位的决定"], "郑工商〔2015〕4号")


def check_red_head(pdf: Pdf, title: list[str], number: str) -> None:
    mark, rule = pdf.red(0)
    assert mark[0] == near(gb.TOP_MM + gb.ISSUER_MARK_TOP_MM)
    assert (mark[2] + mark[3]) / 2 == near(MIDDLE)
    assert rule[2:] == near((gb.LEFT_MM, RIGHT))
    lines = pdf.lines(0)
    numbered = first(lines, lambda line: line.text == number)
    assert (numbered.left + numbered.right) / 2 == near(MIDDLE)
    assert rule[0] - (numbered.baseline + 0.12 * BODY_MM) == near(gb.RULE_GAP_MM)
    assert numbered.baseline - 0.88 * BODY_MM - mark[1] == near(2 * LINE_MM)
    found = [line for line in lines if line.text in title]
    assert [line.text for line in found] == title
    assert top(found[0]) - rule[1] == near(2 * LINE_MM)
    assert all((line.left + line.right) / 2 == near(MIDDLE) for line in found)
    addressed = first(lines, lambda line: line.baseline > found[-1].baseline + 1)
    assert addressed.left == near(gb.LEFT_MM)
    assert top(addressed) - top(found[-1]) == near(2 * LINE_MM)
    assert first(lines, lambda line: line.text.startswith("按照《")).left == near(gb.LEFT_MM + 2 * BODY_MM)


# ── annex, signature, imprint ──


@pytest.mark.parametrize(("units", "length"), SIZES)
def test_annex_holds_every_unit_within_the_type_area(printed: Mapping[str, Pdf], units: int, length: int) -> None:
    pdf = printed[f"notice-{units}-{length}"]
    start = next(page for page in range(len(pdf.pages)) if body(pdf, page)[0].text == "附件")
    pages = range(start, len(pdf.pages))
    whole = "".join(pdf.pages[page].get_text() for page in pages).replace("\n", "")
    assert all(whole.count(named(n, length)) == 1 for n in range(units))
    for page in pages:
        lines = body(pdf, page)
        assert min(line.left for line in lines) > gb.LEFT_MM - 1
        assert max(line.right for line in lines) < RIGHT + 1
        assert any("位次" in line.text and "备注" in line.text for line in lines), "the header row stands on every page"
        assert any(line.text.endswith(("有效", "不计分")) for line in lines), "no page without a row"
        edges = [drawing["rect"] for drawing in pdf.pages[page].get_drawings()]
        assert min(edge.x0 for edge in edges) / gb.POINTS_PER_MM == near(gb.LEFT_MM)
        assert max(edge.x1 for edge in edges) / gb.POINTS_PER_MM == near(RIGHT)
    assert "".join(line.text for page in pages for line in body(pdf, page)).count("注：封顶项目") == 1


@pytest.mark.parametrize(
    "name", [f"notice-{units}-{length}" for units, length in SIZES] + [f"award-{n}-{length}" for n in (1, 40) for length in LENGTHS]
)
def test_imprint_stands_at_the_foot_of_the_last_page(printed: Mapping[str, Pdf], name: str) -> None:
    pdf = printed[name]
    lines = body(pdf, len(pdf.pages) - 1)
    copies, printing = lines[-2:]
    assert (copies.text[:3], printing.text[-2:]) == ("抄送：", "印发")
    assert (copies.left, printing.left, printing.right) == near((gb.LEFT_MM + SMALL_MM, gb.LEFT_MM + SMALL_MM, RIGHT - SMALL_MM))
    rules = [d["rect"] for d in pdf.pages[-1].get_drawings() if d["rect"].width / gb.POINTS_PER_MM > gb.TYPE_WIDTH_MM - 1]
    ruled = sorted(rule.y1 / gb.POINTS_PER_MM for rule in rules)[-3:]
    assert ruled[-1] == near(BOTTOM)
    assert lines[-3].baseline < ruled[0] - 1, "nothing runs into the imprint"
    assert all(len(body(pdf, page)) > 3 for page in range(len(pdf.pages))), "no page is left almost empty"


@pytest.mark.parametrize("name", ["notice-12-10", "award-40-20", "scored-20", "gated-3"])
def test_issuer_is_centred_over_the_date(printed: Mapping[str, Pdf], name: str) -> None:
    """The date ends four characters in; half of what the substitute font and LibreOffice's space beside digits add may be on each side."""
    pdf = printed[name]
    lines = [line for page in range(len(pdf.pages)) for line in body(pdf, page)]
    issuer, day = next((above, below) for above, below in pairwise(lines) if (above.text, below.text) == (ISSUER, DATE))
    assert day.baseline - issuer.baseline == near(LINE_MM)
    assert (issuer.left + issuer.right) / 2 == near((day.left + day.right) / 2)
    wider = day.right - day.left - (7 * BODY_MM / 2 + 3 * BODY_MM)
    assert day.right - wider / 2 == near(RIGHT - 4 * BODY_MM)


# ── letters ──


@pytest.mark.parametrize(("kind", "length"), LETTERS)
def test_double_rules_and_title_of_a_letter(printed: Mapping[str, Pdf], kind: str, length: int) -> None:
    pdf = printed[f"{kind}-{length}"]
    mark, thick, thin, foot_thin, foot_thick = pdf.red(0)
    edges = ((gb.PAGE_WIDTH_MM - gb.LETTER_RULE_MM) / 2, (gb.PAGE_WIDTH_MM + gb.LETTER_RULE_MM) / 2)
    assert mark[0] == near(gb.LETTER_MARK_TOP_MM)
    assert thick[0] - mark[1] == near(gb.RULE_GAP_MM)
    assert [band[2:] for band in (thick, thin, foot_thin, foot_thick)] == [near(edges)] * 4
    assert thick[1] - thick[0] > thin[1] - thin[0]
    assert foot_thick[1] - foot_thick[0] > foot_thin[1] - foot_thin[0]
    assert foot_thick[1] == near(gb.PAGE_HEIGHT_MM - gb.LETTER_RULE_BOTTOM_MM)
    assert len(pdf.red(1)) == 0
    lines = [line for line in pdf.lines(0) if line.baseline > thin[1]]
    assert lines[0].text.startswith("关于"), "the number's line is there, and empty"
    number_foot = thin[1] + (7 / 8 + 1) * BODY_MM
    assert top(lines[0]) - number_foot == near(2 * LINE_MM)
    title = lines[: next(n for n, line in enumerate(lines) if line.text.startswith("中共"))]
    assert "".join(line.text for line in title).endswith("2014年度工作目标考核结果的函")
    assert all((line.left + line.right) / 2 == near(MIDDLE) for line in title)
    assert all(len(line.text) > 3 for line in title)


# ── certificates ──


@pytest.mark.parametrize("length", LENGTHS)
def test_certificate_is_one_sheet_with_its_words_inside_the_frame(printed: Mapping[str, Pdf], length: int) -> None:
    pdf = printed[f"certificate-{length}"]
    (page,) = pdf.pages
    assert (page.rect.width / gb.POINTS_PER_MM, page.rect.height / gb.POINTS_PER_MM) == near((gb.PAGE_HEIGHT_MM, gb.PAGE_WIDTH_MM))
    lines = pdf.lines(0)
    assert [line.text for line in lines[:2]] == ["荣誉证书", f"{named(0, length)}："]
    assert [line.text for line in lines[3:]] == [named(0, length), "特发此证，以资鼓励。", ISSUER, DATE]
    for line in (lines[0], lines[3]):
        assert (line.left + line.right) / 2 == near(gb.PAGE_HEIGHT_MM / 2)
    assert all(30 < line.left < line.right < gb.PAGE_HEIGHT_MM - 30 for line in lines)
    assert lines[-1].baseline < gb.PAGE_WIDTH_MM - 30
    frame = [drawing["rect"] for drawing in page.get_drawings()]
    assert min(edge.x0 for edge in frame) / gb.POINTS_PER_MM == near(10)
    assert max(edge.y1 for edge in frame) / gb.POINTS_PER_MM == near(gb.PAGE_WIDTH_MM - 10)
