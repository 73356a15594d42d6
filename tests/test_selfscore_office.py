"""A real office program recalculates filled forms: the form's 自评分 equals the points that Python computes."""

import shutil
import subprocess
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from python_calamine import CalamineWorkbook

from kaohe import PROGRAM_ROOT
from kaohe.cells import split_ref
from kaohe.config.loader import Office, load_office
from kaohe.forms.layout import MAIN_SHEET, FormLayout
from kaohe.forms.main_sheet import BY_RANK
from kaohe.forms.master import build_master
from kaohe.forms.schema import form_schema
from kaohe.forms.stamp import Master, stamp_values
from kaohe.rulebook.readings import apply_readings
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


needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


@pytest.mark.slow
@pytest.mark.office
@needs_office
@pytest.mark.parametrize(("readings", "forms"), tuple(zip(READINGS, (FORMS, 12), strict=True)), ids=["default readings", "other readings"])
def test_the_forms_own_scores_are_the_points_of_python(readings: Mapping[str, str], forms: int, tmp_path: Path) -> None:
    every = random_facts()[-forms:]
    assert len(every) == forms
    filled = [(f.fields, {i: [{c: half_width(v) for c, v in row.items()} for row in entries] for i, entries in f.rows.items()}) for f in every]
    assert compared(office(readings), filled, tmp_path) == forms * 56


LECTURE = {"title": "合同法", "date": date(2016, 3, 5), "form": "现场", "people": 40, "praised": "否"}
FULL = {"visits": 20, "hotline": "是", "firms_start": 100, "firms_end": 104, "online": 32}
OTHER_FORMS: tuple[tuple[Mapping[str, object], list[Mapping[str, object]]], ...] = (
    (FULL, [LECTURE | {"title": title} for title in ("一", "二", "三", "四")]),
    (FULL | {"visits": 19, "firms_end": 1000, "online": 299}, [LECTURE | {"praised": "是"}, LECTURE]),
    (FULL | {"online": 105}, [LECTURE | {"form": "线下"}]),
    (FULL | {"firms_start": 0, "firms_end": 0, "online": 0, "hotline": "否"}, []),
    (FULL | {"firms_end": 10, "online": 3}, [LECTURE | {"date": date(2015, 11, 30)}, LECTURE | {"date": date(2015, 12, 1)}]),
    ({}, []),
)


@pytest.mark.slow
@pytest.mark.office
@needs_office
@pytest.mark.parametrize("readings", [{}, {"lectures-online": "no"}], ids=["default readings", "other readings"])
def test_the_form_of_another_notice_scores_itself_the_same(readings: Mapping[str, str], tmp_path: Path) -> None:
    loaded = load_office(PROGRAM_ROOT / "tests" / "other_notice" / "config.toml")
    where = Office(loaded.config, apply_readings(loaded.rulebook, readings))
    assert compared(where, [(fields, {"lectures": rows}) for fields, rows in OTHER_FORMS], tmp_path) == len(OTHER_FORMS) * 6


def compared(where: Office, filled: Sequence[tuple[Mapping[str, Any], Mapping[str, Sequence[Mapping[str, object]]]]], folder: Path) -> int:
    """How many scores of these forms were compared, all found equal."""
    layout, schema = FormLayout(where.rulebook), form_schema(where)
    form = QuickForm(Master(build_master(where.rulebook)).stamp(stamp_values(where.config, where.config.cohort[0])), schema)
    names = [f"{n:03d}.xlsx" for n in range(len(filled))]
    for name, (fields, rows) in zip(names, filled, strict=True):
        (folder / name).write_bytes(form.filled(fields, rows))
    recalculate(folder, names)
    count = 0
    for name, (fields, _) in zip(names, filled, strict=True):
        shown = CalamineWorkbook.from_path(str(folder / "out" / name)).get_sheet_by_name(MAIN_SHEET).to_python(skip_empty_area=False)
        card = check_files(where, [folder / name]).card(where.config.cohort[0].code)
        for score in card.items:
            cell = value_at(shown, layout.score_cell(score.item.id))
            if isinstance(score.item.rule, RankBands):
                assert cell == BY_RANK
                continue
            assert (cell or 0) == score.points, (name, score.item.id, cell, score.why)
            count += 1
        assert str(value_at(shown, "F3")).startswith(f"已填 {len(fields)}/{len(where.rulebook.fields)}")
    return count


def recalculate(folder: Path, names: list[str]) -> None:
    """One conversion of all forms; the office program computes every formula, as nothing is cached in them."""
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out")]
    subprocess.run([*command, *(str(folder / name) for name in names)], check=True, capture_output=True)


def value_at(rows: list[list[Any]], ref: str) -> Any:
    row, column = split_ref(ref)
    return rows[row - 1][column]
