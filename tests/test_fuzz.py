"""Damaged returns by the thousand: each gets one clear verdict, and no other unit loses or gains a point by them."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from kaohe.intake.arrival import Arrival
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.record import Verdict
from kaohe.intake.workers import workers
from kaohe.rulebook.rules.growth import RankBands
from kaohe.store import MemoryStore
from kaohe.survey import assess_intake
from tests.support.forms import NOON, filled, program_office, sound_fields
from tests.support.mutate import mutated

pytestmark = pytest.mark.filterwarnings("ignore:Duplicate name")
OFFICE = program_office()
SOFFICE = shutil.which("soffice")
VICTIM, OTHERS = "jinshui", ("huiji", "xinmi")
ROWS = {"articles": [{"title": f"第{n}篇", "outlet": "郑州日报", "link": f"A0{n}版"} for n in range(1, 5)]}
OUTRIGHT = {i.id for i in OFFICE.rulebook.items.values() if not isinstance(i.rule, RankBands)}


def returned() -> list[bytes]:
    return [filled(VICTIM, sound_fields(), ROWS), filled(VICTIM, sound_fields(website_items=3))]


def sound() -> list[Arrival]:
    return [Arrival.of(f"{code}.xlsx", filled(code, sound_fields(), ROWS), NOON) for code in OTHERS]


def points(intake: Intake) -> dict[tuple[str, str], Fraction]:
    """Points of the other units that do not depend on anybody else's figures."""
    assessment = assess_intake(OFFICE, intake)
    return {(code, s.item.id): s.points for code in OTHERS for s in assessment.card(code).items if s.item.id in OUTRIGHT}


def hold(forms: Sequence[bytes], numbers: range) -> None:
    """The promise, for these cases at once: they lie in one inbox with the sound forms of two other units."""
    alone = points(take_in(OFFICE, sound(), lambda _: 0))
    damaged = [Arrival.of(f"坏{n}.xlsx", mutated(forms, n), NOON) for n in numbers]
    with workers(OFFICE, MemoryStore()) as look:
        seen = list(look(damaged))
    assert [(entry.name, found.reason) for entry, found in zip(damaged, seen, strict=True) if found.verdict is Verdict.FAULT] == []
    assert [(entry.name, found.reason) for entry, found in zip(damaged, seen, strict=True) if found.reason.startswith("读了")] == []
    assert all(found.reason and found.reason.isprintable() for found in seen)
    others = take_in(OFFICE, sound(), lambda _: 0)
    accepted = {f.name: f for f in others.files}
    read = 0
    for found in seen:
        if found.record is None:
            continue
        read += 1
        assert found.unit == found.record.unit
        if found.unit in OTHERS:
            continue  # the damage made it the other unit's own form: that is then what it sent
        mixed = replace(others, records={**others.records, found.record.unit: found.record})
        assert points(mixed) == alone
    assert len(accepted) == len(OTHERS)
    assert read > len(numbers) // 10, "the damage should leave some forms readable, or nothing is tested behind the reader"
    assert read < len(numbers), "the damage should make some forms unreadable"


def test_damaged_returns_get_a_verdict_and_touch_nobody_else() -> None:
    hold(returned(), range(60))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_two_thousand_damaged_returns(part: int) -> None:
    hold(returned(), range(1000 + part * 500, 1500 + part * 500))


@pytest.mark.slow
@pytest.mark.office
@pytest.mark.skipif(SOFFICE is None, reason="没有 soffice（LibreOffice），办公软件测试略过")
@pytest.mark.parametrize(("suffix", "kind"), [("xls", "xls:MS Excel 97"), ("ods", "ods:calc8")])
def test_damaged_returns_of_other_formats(suffix: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "表.xlsx").write_bytes(returned()[0])
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", kind, "--outdir", str(tmp_path), str(tmp_path / "表.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    hold([(tmp_path / f"表.{suffix}").read_bytes()], range(5000, 5250))
