"""A night on which nothing changed loads nothing of what a run needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from kaohe import PROGRAM_ROOT
from kaohe.publish.as_left import is_as_left, place_of
from tests.support.forms import drop, filled, office_folder, sound_fields

PROGRAM = """
import sys
import pipeline

status = pipeline.main(["-c", sys.argv[1], "run"])
print(status, *sorted(name for name in sys.argv[2:] if name in sys.modules))
"""
ONLY_FOR_A_RUN = (
    *("docx", "filelock", "jinja2", "lxml", "numpy"),
    *("kaohe.checks.registry", "kaohe.intake.look", "kaohe.publish.outbox", "kaohe.run", "kaohe.scoring.scorecard", "kaohe.survey"),
)


def night(config: Path) -> str:
    """The exit status of a run as a process of its own, and what of the above it had loaded."""
    command = [sys.executable, "-c", PROGRAM, str(config), *ONLY_FOR_A_RUN]
    done = subprocess.run(command, cwd=PROGRAM_ROOT, capture_output=True, text=True, check=True, encoding="utf-8")
    return done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_a_night_without_changes_loads_nothing_that_only_a_run_needs(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    drop(tmp_path / "inbox", "金水.xlsx", filled("jinshui", sound_fields()))
    assert night(config) == f"0 {' '.join(sorted(ONLY_FOR_A_RUN))}"
    assert night(config) == "0"


def test_where_nothing_is_remembered_nothing_is_as_it_was_left(tmp_path: Path) -> None:
    assert not is_as_left(tmp_path, {})


def test_an_output_that_somebody_changed_went_or_replaced_is_not_as_it_was_left(tmp_path: Path) -> None:
    made = drop(tmp_path, "scores.csv", b"one", 1000)
    place = place_of(made, "key")
    assert place is not None
    places = {"scores.csv": place}
    assert is_as_left(tmp_path, places)
    drop(tmp_path, "scores.csv", b"two", 1001)
    assert not is_as_left(tmp_path, places), "as long as before, at another time"
    drop(tmp_path, "scores.csv", b"three", 1000)
    assert not is_as_left(tmp_path, places), "another length at the same time"
    made.unlink()
    assert not is_as_left(tmp_path, places)
    made.mkdir()
    assert not is_as_left(tmp_path, places)
