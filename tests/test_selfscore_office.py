"""A real office program recalculates filled forms: the form's 自评分 equals the points that Python computes."""

import shutil
import subprocess
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from python_calamine import CalamineWorkbook

from kaohe.cells import split_ref
from kaohe.forms.layout import MAIN_SHEET, FormLayout
from kaohe.forms.main_sheet import BY_RANK
from kaohe.forms.master import build_master
from kaohe.forms.schema import form_schema
from kaohe.forms.stamp import Master, stamp_values
from kaohe.rulebook.rules.growth import RankBands
from kaohe.survey import check_files
from tests.support.oracle import UnitFacts
from tests.support.quickfill import QuickForm
from tests.support.sample import office
from tests.support.strategies import untidy_units

FORMS = 50
READINGS: tuple[Mapping[str, str], ...] = (
    {},
    {
        "all-conditions": "split",
        "instructions-once": "each",
        "honours-once": "each",
        "articles-cap": "10",
        "briefings-cap": "6",
        "proposals-cap": "6",
        "adoption-stacks": "highest",
    },
)


def random_facts() -> list[UnitFacts]:
    """Facts of fifty units, faulty rows among them."""
    found: list[UnitFacts] = []

    @settings(max_examples=FORMS, derandomize=True, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(facts=untidy_units())
    def gather(facts: UnitFacts) -> None:
        found.append(facts)

    gather()
    return found


def half_width(value: object) -> object:
    """The form compares titles as typed, Python after NFKC: full-width digits would differ on purpose."""
    return unicodedata.normalize("NFKC", value) if isinstance(value, str) else value


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize(("readings", "forms"), tuple(zip(READINGS, (FORMS, 12), strict=True)), ids=["default readings", "other readings"])
def test_the_forms_own_scores_are_the_points_of_python(readings: Mapping[str, str], forms: int, tmp_path: Path) -> None:
    where = office(readings)
    layout, schema = FormLayout(where.rulebook), form_schema(where)
    form = QuickForm(Master(build_master(where.rulebook)).stamp(stamp_values(where.config, where.config.cohort[0])), schema)
    every = random_facts()[-forms:]
    assert len(every) == forms
    names = [f"{n:03d}.xlsx" for n in range(len(every))]
    for name, facts in zip(names, every, strict=True):
        rows = {i: [{c: half_width(v) for c, v in row.items()} for row in entries] for i, entries in facts.rows.items()}
        (tmp_path / name).write_bytes(form.filled(facts.fields, rows))
    recalculate(tmp_path, names)
    compared = 0
    for name in names:
        shown = CalamineWorkbook.from_path(str(tmp_path / "out" / name)).get_sheet_by_name(MAIN_SHEET).to_python(skip_empty_area=False)
        card = check_files(where, [tmp_path / name]).card(where.config.cohort[0].code)
        for score in card.items:
            cell = value_at(shown, layout.score_cell(score.item.id))
            if isinstance(score.item.rule, RankBands):
                assert cell == BY_RANK
                continue
            assert (cell or 0) == score.points, (name, score.item.id, cell, score.why)
            compared += 1
        assert str(value_at(shown, "F3")).startswith(f"已填 {len(every[names.index(name)].fields)}/50")
    assert compared == len(names) * 56


def recalculate(folder: Path, names: list[str]) -> None:
    """One conversion of all forms; the office program computes every formula, as nothing is cached in them."""
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out")]
    subprocess.run([*command, *(str(folder / name) for name in names)], check=True, capture_output=True)


def value_at(rows: list[list[Any]], ref: str) -> Any:
    row, column = split_ref(ref)
    return rows[row - 1][column]
