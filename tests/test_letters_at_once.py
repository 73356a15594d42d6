"""Short cuts in rendering change nothing: rows that are set aside, templates kept between letters, parts kept as they were compressed."""

import importlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document
from lxml import etree

from kaohe.publish.documents import letter_jobs, write_letters
from tests.support.sample import assessment

RENDER: Any = importlib.import_module("kaohe.publish.documents.render")
ROWS: Any = importlib.import_module("kaohe.publish.documents.rows")


def rendered(folder: Path) -> list[dict[str, bytes]]:
    """Every part of every letter in canonical form."""
    letters = []
    for job in letter_jobs(assessment(), folder):
        with ZipFile(BytesIO(RENDER.render(job.template, job.context, job.properties))) as archive:
            letters.append({name: etree.tostring(etree.fromstring(archive.read(name)), method="c14n") for name in archive.namelist()})
    return letters


def test_rows_that_are_set_aside_come_back_as_they_would_have_been(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    RENDER._templates.clear()
    quick = rendered(tmp_path)
    seen: list[int] = []
    whole = RENDER._Template._whole

    def watched(self: Any, data: bytes) -> bytes:
        seen.append(sum(map(len, self.aside)))
        return bytes(whole(self, data))

    monkeypatch.setattr(RENDER._Template, "_whole", watched)
    assert rendered(tmp_path) == quick
    assert max(seen) > 10_000  # something is set aside at all
    monkeypatch.setattr(ROWS, "_ROWS_SEEN", 10_000)
    RENDER._templates.clear()
    assert rendered(tmp_path) == quick


def test_what_was_rendered_before_leaves_no_trace(tmp_path: Path) -> None:
    jobs = list(letter_jobs(assessment(), tmp_path))
    RENDER._templates.clear()
    forwards = [RENDER.render(job.template, job.context, job.properties) for job in jobs]
    RENDER._templates.clear()
    backwards = [RENDER.render(job.template, job.context, job.properties) for job in reversed(jobs)]
    assert forwards == backwards[::-1]


def test_a_letter_of_which_the_same_is_told_is_the_same(tmp_path: Path) -> None:
    first, again = (list(letter_jobs(assessment(), tmp_path)) for _ in range(2))
    assert [job.told for job in first] == [job.told for job in again]
    assert len({job.told for job in first}) == len(first)
    assert [path.name for path in write_letters(assessment(), tmp_path)] == [job.path.name for job in first]


def test_a_header_that_names_the_unit_is_made_anew_for_each_and_the_others_are_kept(tmp_path: Path) -> None:
    jobs = list(letter_jobs(assessment(), tmp_path))
    book = Document(str(jobs[0].template))
    book.sections[0].first_page_header.paragraphs[0].add_run("致{{ unit.name }}，{_{ 不是标记 }_}")
    template = tmp_path / "letter.docx"
    book.save(str(template))

    def header(data: bytes) -> str:
        return str("".join(p.text for p in Document(BytesIO(data)).sections[0].first_page_header.paragraphs))

    RENDER._templates.clear()
    quick = [RENDER.render(template, job.context, job.properties) for job in jobs]
    assert all(f"致{job.context.unit.name}，{{{{ 不是标记 }}}}" in header(data) for job, data in zip(jobs, quick, strict=True))
    for job, data in zip(jobs, quick, strict=True):
        RENDER._templates.clear()
        assert RENDER.render(template, job.context, job.properties) == data


def test_a_title_of_any_signs_is_the_letters_title(tmp_path: Path) -> None:
    job = next(letter_jobs(assessment(), tmp_path))
    RENDER._templates.clear()
    for title in ("甲", "甲&<乙>\"丙'", " 两边有空格 ", "", "第\u2028行", "长" * 255):
        data = RENDER.render(job.template, job.context, replace(job.properties, title=title))
        assert Document(BytesIO(data)).core_properties.title == title


def test_rows_with_a_table_in_them_are_not_set_aside() -> None:
    row, plain = "<w:tr><w:tc/></w:tr>", "<w:tr><w:tc><w:p/></w:tc></w:tr>"
    nested = f"<w:tbl>{row}<w:tr><w:tc><w:tbl>{row * 9}</w:tbl></w:tc></w:tr>{row * 9}</w:tbl>"
    assert ROWS.set_aside(nested, ()) == (nested, ())
    shown, aside = ROWS.set_aside(f"<w:tbl>{row * 3}{plain * 2}{row * 3}</w:tbl>", ())
    assert (shown, aside) == (f"<w:tbl>{row * 3}{ROWS._ASIDE}{row * 3}</w:tbl>", ((plain * 2).encode(),))
    assert ROWS.set_aside(f"<w:tbl>{row * 6}</w:tbl>", ()) == (f"<w:tbl>{row * 6}</w:tbl>", ())
    special = f"<w:tbl>{row * 3}<w:tr><wp:docPr/></w:tr>{row * 3}</w:tbl>"
    assert ROWS.set_aside(special, ("<wp:docPr",)) == (special, ())


@pytest.mark.parametrize(
    ("source", "is_certain"),
    [
        ("<w:tbl><w:tr>{% for item in items %}{{ item }}{% endfor %}</w:tr></w:tbl>", True),
        ("<w:tbl><w:tr><wp:docPr/></w:tr></w:tbl>", False),
        ('<w:tbl><w:tr><w:pStyle w:val="{{ style }}"/></w:tr></w:tbl>', False),
        ("<w:tbl>{% if a %}</w:tbl><w:p/><w:tbl>{% endif %}</w:tbl>", False),
        ("<w:tbl><w:tr><w:tbl></w:tbl></w:tr></w:tbl>", False),
        ("<wp:docPr/><w:tbl><w:tr/></w:tbl>", True),
    ],
)
def test_what_no_table_can_come_to_hold_is_told_from_the_template(source: str, is_certain: bool) -> None:
    assert ROWS.tables_without(source, ("<wp:docPr",), RENDER._environment()) is is_certain


def test_rows_of_every_table_are_set_aside_but_not_of_one_whose_heights_an_imprint_settles() -> None:
    row, inner = "<w:tr><w:tc/></w:tr>", "<w:tr><w:tc><w:p/></w:tc></w:tr>"
    table, shown = f"<w:tbl>{row * 3}{inner}{row * 3}</w:tbl>", f"<w:tbl>{row * 3}{ROWS._ASIDE}{row * 3}</w:tbl>"
    note = "<w:p>注&#95;</w:p>"
    apart, noted = f"{table}{note}{note}{table}{note}", f"{table}{note}{table}{note}"
    assert ROWS.set_aside(apart, ()) == (f"{shown}{note}{note}{shown}{note}", (inner.encode(),) * 2)
    assert ROWS.set_aside(noted, ()) == (f"{table}{note}{shown}{note}", (inner.encode(),))
    boxed = f"{table}<w:p><w:txbxContent><w:p></w:p></w:txbxContent></w:p>{table}"
    assert ROWS.set_aside(boxed, ())[0].startswith(table)
    first, second = table.replace(inner, inner.replace("<w:p/>", "<w:p>甲&#95;</w:p>")), table
    cut, aside = ROWS.set_aside(f"{first}{note}{note}{second}", ())
    assert ROWS.brought_back(cut.encode(), aside).decode() == f"{first.replace('甲&#95;', '甲_')}{note}{note}{second}"


@pytest.mark.parametrize("text", ["两边没有空格", " 两边有空格 ", "中间\t有制表符"])
def test_a_run_says_a_text_as_the_library_would_have_it(text: str) -> None:
    typeset: Any = importlib.import_module("kaohe.publish.documents.typeset")
    quick, usual = (Document().add_paragraph().add_run("原来的\n文字", style=None) for _ in range(2))
    for run in (quick, usual):
        run.bold = True
    typeset._say(quick, text)
    usual.text = text
    assert etree.tostring(quick._r) == etree.tostring(usual._r)
