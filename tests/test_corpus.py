"""The corpus through the real workers: each case by itself gives exactly what is expected, all together touch nobody else."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from kaohe.intake.arrival import Arrival, arrivals
from kaohe.intake.containers import rar
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.record import Verdict
from kaohe.intake.workers import Looker, workers
from kaohe.rulebook.rules.growth import RankBands
from kaohe.scoring.scorecard import Assessment
from kaohe.store import FolderStore
from kaohe.survey import assess_intake
from tests.corpus import CASES, PASSWORD, UNIT, Case
from tests.support.changed import ROWS, sound
from tests.support.forms import NOON, drop, filled, program_office, sound_fields

OFFICE = replace(
    program_office(),
    config=program_office().config.model_copy(update={"intake": program_office().config.intake.model_copy(update={"passwords": (PASSWORD,)})}),
)
"""The repository's own office and bounds, with one password agreed."""
OUTRIGHT = {item.id for item in OFFICE.rulebook.items.values() if not isinstance(item.rule, RankBands)}
OTHERS = ("huiji", "xinmi")
DISPLACED = {Verdict.ACCEPTED, Verdict.SUPERSEDED, Verdict.DUPLICATE, Verdict.BLANK}
"""What a form can become when another of its unit's is newer."""
NEEDS = {
    "": (),
    "office": (
        pytest.mark.office,
        pytest.mark.slow,
        pytest.mark.skipif(shutil.which("soffice") is None, reason="没有 soffice（LibreOffice），办公软件测试略过"),
    ),
    "rar": (pytest.mark.skipif(not rar.find_reader(), reason="没有能解开 .rar 的程序（bsdtar、unrar、7-Zip），略过"),),
}


def dropped(inbox: Path, case: Case) -> None:
    """The case's files in a folder of its name, the last one newest."""
    for n, (name, data) in enumerate(case.files().items()):
        drop(inbox, f"{case.name}/{name}", data, NOON - case.age + n)


@dataclass(frozen=True)
class Night:
    """What was found in an inbox."""

    intake: Intake
    assessment: Assessment

    def outright(self, unit: str) -> dict[str, Fraction]:
        """The unit's points of all items that do not depend on other units' figures."""
        return {score.item.id: score.points for score in self.assessment.card(unit).items if score.item.id in OUTRIGHT}

    def findings(self, unit: str) -> list[tuple[str, str, str]]:
        """Code and place of everything said of the unit's form."""
        return sorted((f.code, f.sheet, f.cell) for f in self.assessment.findings_of(unit))


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looker]:
    """Real worker processes, within the bounds of the configuration."""
    with workers(OFFICE, FolderStore(tmp_path_factory.mktemp("存"), scratch=True)) as looker:
        yield looker


def night(inbox: Path, look: Looker) -> Night:
    """The inbox as a run at noon would see it."""
    found = arrivals(inbox, OFFICE.config.intake.largest)
    intake = take_in(OFFICE, found, lambda _: 0, look, now=NOON)
    return Night(intake, assess_intake(OFFICE, intake))


@cache
def sound_points() -> dict[str, Fraction]:
    """What the sound form earns."""
    intake = take_in(OFFICE, [Arrival.of("表.xlsx", sound(), NOON)], lambda _: 0)
    return Night(intake, assess_intake(OFFICE, intake)).outright(UNIT)


def outcomes(intake: Intake, case: Case) -> list[tuple[str, Verdict, str | None]]:
    """What became of the case's files, without its folder."""
    start = f"{case.name}/"
    return sorted((f.name.removeprefix(start), f.verdict, f.unit) for f in intake.files if f.name.startswith(start))


def marked(cases: Iterable[Case]) -> list[object]:
    return [pytest.param(case, id=case.key, marks=[*NEEDS[case.needs], *([pytest.mark.slow] if case.slow else [])]) for case in cases]


def test_the_sound_form_earns_points_from_fields_and_lists() -> None:
    earned = sound_points()
    assert sum(earned.values()) == 89
    assert [earned[item] for item in ("1.1", "3.2", "15.1")] == [8, 2, 2]


def test_no_two_cases_have_one_name_and_none_is_a_unit_s() -> None:
    names = [case.name for case in CASES]
    assert len({case.key for case in CASES}) == len(CASES)
    assert len(set(names)) == len(names)
    assert not {alias for unit in OFFICE.config.units for alias in (unit.short, unit.name, *unit.aliases)} & set(names)
    assert all(case.accepted <= 1 for case in CASES)


@pytest.mark.parametrize("case", marked(CASES))
def test_a_case_by_itself(case: Case, tmp_path: Path, look: Looker) -> None:
    dropped(tmp_path, case)
    found = night(tmp_path, look)
    assert outcomes(found.intake, case) == sorted(case.expected)
    assert found.findings(UNIT) == sorted(case.findings)
    assert [f for f in found.assessment.findings if f.unit != UNIT] == []
    points = found.outright(UNIT)
    if case.points == "sound":
        assert points == sound_points()
    else:
        assert sum(points.values()) == (case.points or 0)
    assert set(found.intake.records) == (set() if case.points is None else {UNIT})
    said = {f.name.removeprefix(f"{case.name}/"): f.said for f in found.intake.files}
    assert {name: said[name] for name in case.says} == {name: text.format(folder=case.name) for name, text in case.says.items()}
    assert all(text and text.isprintable() for text in said.values())
    changes = [(c.sheet, c.cell, c.before, c.after) for f in found.intake.files for c in f.changes]
    assert not case.changes or changes == list(case.changes)


@cache
def other_form(code: str) -> bytes:
    """The sound form of another unit, with figures and materials of its own."""
    rows = {list_id: [row | {"title": f"{code}：{row['title']}"} for row in found] for list_id, found in ROWS.items()}
    return filled(code, sound_fields(website_items=91 + OTHERS.index(code)), rows)


def others(inbox: Path) -> None:
    for code in OTHERS:
        drop(inbox, f"{code}.xlsx", other_form(code), NOON - 5000)


@pytest.mark.slow
@pytest.mark.parametrize("needs", [pytest.param(needs, id=needs or "self-made", marks=marks) for needs, marks in NEEDS.items()])
def test_all_cases_at_once_touch_nobody_else(needs: str, tmp_path: Path, look: Looker) -> None:
    others(tmp_path / "别家")
    alone = night(tmp_path / "别家", look)
    cases = [case for case in CASES if case.needs == needs]
    others(tmp_path / "一起")
    for case in cases:
        dropped(tmp_path / "一起", case)
    together = night(tmp_path / "一起", look)
    for code in OTHERS:
        assert together.outright(code) == alone.outright(code)
        assert together.findings(code) == alone.findings(code) == []
        assert together.intake.records[code] == alone.intake.records[code]
    assert [f for f in together.intake.files if f.name in {f"{code}.xlsx" for code in OTHERS}] == list(alone.intake.files)
    for case in cases:
        for (name, verdict, unit), wanted in zip(outcomes(together.intake, case), sorted(case.expected), strict=True):
            assert (name, unit) == (wanted[0], wanted[2]), case.name
            assert verdict == wanted[1] or {verdict, wanted[1]} <= DISPLACED, case.name
    assert sum(f.verdict is Verdict.ACCEPTED and f.unit == UNIT for f in together.intake.files) == 1
