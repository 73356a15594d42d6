"""The benchmark: what it builds is taken in as meant, and what it measures is told as it was measured."""

import sys
from fractions import Fraction
from pathlib import Path

import pytest

from benchmarks import report, run
from benchmarks.measure import Cost, Failed, median
from benchmarks.measure import run as measured
from benchmarks.names import unit_names
from benchmarks.office import build_office
from benchmarks.report import goals, model, page, write_table
from benchmarks.results import Result, kept, save
from kaohe.config.loader import load_office
from kaohe.intake.record import Verdict
from kaohe.survey import survey

MACHINE = {"processor": "P", "cores": "2", "memory": "4 GB memory", "system": "S", "python": "3.11.7", "libraries": "openpyxl 3.1.5"}


def _result(units: int, first: float, twice: float | None = None) -> Result:
    costs = {"bare": [Cost(10, 10, 20)], "first": [Cost(first, 12, 140)], "unchanged": [Cost(first / 50, 0.2, 90)]}
    if twice is not None:
        costs["twice"] = [Cost(twice, 12, 140)]
    return Result(units, units, 1024 * 1024, 1, 2014, "2026-01-02", MACHINE, {"stamped_ms": 0.5, "written_ms": 1.5}, costs)


def test_names_are_many_and_different() -> None:
    names = list(unit_names(30_000))
    said = [text for name in names for text in (name.code, name.name, name.short, *name.aliases)]
    assert len(set(said)) == len(said)
    assert names[:3] == list(unit_names(3))


def test_medians_are_taken_figure_by_figure_and_the_peak_is_the_highest() -> None:
    assert median([Cost(3, 1, 10), Cost(1, 2, 30), Cost(2, 9, 20)]) == Cost(2, 2, 30)


def test_a_process_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"ended with 3:\nno such office"):
        measured(["-c", "import sys; print('no such office'); sys.exit(3)"], tmp_path / "said.txt")


@pytest.mark.skipif(sys.platform == "win32", reason="wait4 是 POSIX 才有的")
def test_the_time_of_children_counts(tmp_path: Path) -> None:
    work = "sum(i * i for i in range(3_000_000))"
    alone = measured(["-c", work], tmp_path / "said.txt")
    child = measured(["-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"], tmp_path / "said.txt")
    assert child.cpu > alone.cpu / 2
    assert child.peak_mb > 0


def test_goals_are_judged_by_what_was_measured() -> None:
    judged = {goal.what: (goal.measured, goal.met) for goal in goals([_result(3000, 9.5), _result(30_000, 120)])}
    assert judged["first run over 3,000, wall, against bare calamine"] == ("0.95", True)
    assert judged["30,000 against 3,000"] == ("12.6", False)
    assert judged["nothing changed, 3,000, against the first run"] == ("2.0%", True)
    assert judged["12 units, whole process"] == ("—", None)


def test_the_cost_model_finds_what_a_run_is_made_of() -> None:
    def cost(files: int, units: int) -> float:
        return 0.5 + 0.004 * files + 0.001 * units

    found = model([_result(n, cost(n, n), cost(2 * n, n)) for n in (12, 300, 3000)])
    assert found is not None
    assert (round(found.start, 6), round(found.file, 6), round(found.unit, 6), round(found.error, 6)) == (0.5, 0.004, 0.001, 0)
    assert model([_result(12, 1)]) is None


def test_results_are_kept_by_size_and_written_between_the_marks(tmp_path: Path) -> None:
    for result in (_result(3000, 20, 30), _result(12, 1), _result(3000, 9, 14)):
        save(result, tmp_path / "results")
    results = kept(tmp_path / "results")
    assert results == [_result(12, 1), _result(3000, 9, 14)]
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", encoding="utf-8")
    write_table(results, document)
    once = document.read_text(encoding="utf-8")
    write_table(results, document)
    assert document.read_text(encoding="utf-8") == once == f"before\n{report.BEGIN}\n\n{page(results)}\n{report.END}\nafter\n"
    assert "| first run over 3,000, wall, against bare calamine | ≤ 1.0 | 0.90 | met |" in once
    document.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="lost the marks"):
        write_table(results, document)


@pytest.mark.slow
def test_an_office_of_the_benchmark_is_taken_in_whole(tmp_path: Path) -> None:
    build_office(tmp_path / "office", 40, sent=2)
    office = load_office(tmp_path / "office" / "config.toml")
    assessment = survey(office)
    accepted = [file for file in assessment.files if file.verdict is Verdict.ACCEPTED]
    assert len(accepted) == len({file.sha256 for file in accepted}) == 40
    assert sum(file.verdict is Verdict.SUPERSEDED for file in assessment.files) == 40
    with_findings = {finding.unit for finding in assessment.findings}
    assert 3 <= len(with_findings) <= 20
    assert all(isinstance(card.total, Fraction) for card in assessment.cards)
    assert len({card.total for card in assessment.cards}) > 15


@pytest.mark.slow
def test_everything_is_measured_in_one_run(tmp_path: Path) -> None:
    result = run.measure_size(3, 1, 2014, tmp_path)
    assert (result.units, result.files, result.repeat) == (3, 3, 1)
    assert {name: len(costs) for name, costs in result.costs.items()} == dict.fromkeys(["bare", "naive", "first", "unchanged", "changed", "twice"], 1)
    assert all(cost.wall > 0 and cost.cpu > 0 and cost.peak_mb > 0 for costs in result.costs.values() for cost in costs)
    assert page([result]).startswith("Measured on ")
