"""Short cuts in rendering change nothing: rows that are set aside, templates kept between letters, parts kept as they were compressed."""

import importlib
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree

from kaohe.publish.documents import letter_jobs, write_letters
from tests.support.sample import assessment

RENDER: Any = importlib.import_module("kaohe.publish.documents.render")


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
        seen.append(len(self.aside))
        return bytes(whole(self, data))

    monkeypatch.setattr(RENDER._Template, "_whole", watched)
    assert rendered(tmp_path) == quick
    assert max(seen) > 10_000  # something is set aside at all
    monkeypatch.setattr(RENDER, "_ROWS_SEEN", 10_000)
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
