"""A run killed at any moment while it writes the final set leaves no final set or a whole one, and the next run completes it."""

import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from kaohe.config.loader import Office
from kaohe.files import write_whole
from kaohe.publish.results import results_json
from kaohe.scoring.scorecard import Assessment
from kaohe.verify import verify
from tests.support.concluded import assessed, concluded, issued, stand_ins
from tests.support.forms import drop, tree
from tests.support.killed import finishes

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills a forked process, which only POSIX has")


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Office, Assessment]:
    """An office about to issue its final set. What takes long (documents, rules, scoring again) is stood in for or done once."""
    stand_ins(monkeypatch)
    office = concluded(tmp_path)
    assessment = assessed(office)
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a killed process loses nothing that it wrote; test_final looks at the flushing
    results = results_json(assessment)
    for module in ("kaohe.publish.final", "kaohe.verify"):
        monkeypatch.setattr(f"{module}.frozen_office", lambda *_: office)
        monkeypatch.setattr(f"{module}.results_json", lambda _: results)
    monkeypatch.setattr("kaohe.verify.assess_intake", lambda *_: assessment)
    return office, assessment


def leave_half_a_set(final: Path) -> None:
    """What an earlier killed run may have left."""
    drop(final, ".~2014-earlier/results.json", b"half")
    drop(final, ".~2014-earlier/结果通知/甲.docx", b"half")


@pytest.mark.slow
def test_killed_before_every_step(ready: tuple[Office, Assessment]) -> None:
    office, assessment = ready
    outbox = office.config.folder("outbox")
    final, place = outbox / "final", outbox / "final" / "2014"
    whole, seen, step = dict[str, bytes](), {True: 0, False: 0}, 0
    finished = False
    while not finished:
        step += 1
        shutil.rmtree(outbox, ignore_errors=True)
        leave_half_a_set(final)
        finished = finishes(lambda: issued(office, assessment), office.config.home, step)
        stands = place.exists()
        seen[stands] += 1
        if stands:
            assert verify(office, 2014) == (), step
        assert (issued(office, assessment) is None) == stands, step
        assert verify(office, 2014) == (), step
        assert [path.name for path in final.iterdir()] == ["2014"], step
        whole = whole or tree(place)
        assert tree(place) == whole, step
    assert step > 60
    assert seen == {True: 2, False: step - 2}  # the run that ended, and the kill between the rename and the last flush


@pytest.mark.slow
def test_killed_where_no_outbox_is_yet(ready: tuple[Office, Assessment]) -> None:
    office, assessment = ready
    outbox = office.config.folder("outbox")
    for step in range(1, 6):
        shutil.rmtree(outbox, ignore_errors=True)
        assert not finishes(lambda: issued(office, assessment), office.config.home, step)
        assert not (outbox / "final" / "2014").exists()
        assert issued(office, assessment) == outbox / "final" / "2014"
        assert verify(office, 2014) == ()
        assert [path.name for path in (outbox / "final").iterdir()] == ["2014"]


def test_a_kill_at_every_step_can_be_seen(tmp_path: Path) -> None:
    """The means of the tests above: each kind of step is counted, and nothing after the kill happens."""
    left: list[tuple[bool, dict[str, bytes]]] = []
    for step in range(1, 20):
        folder = tmp_path / str(step)
        folder.mkdir()
        ended = finishes(partial(write_whole, folder / "a" / "b.txt", b"1234"), tmp_path, step)
        found = {path.name if path.name == "b.txt" else "temporary": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        left.append(((folder / "a").is_dir(), found))
        if ended:
            break
    half, full = {"temporary": b"12"}, {"temporary": b"1234"}
    assert left == [(False, {}), (True, {}), (True, half), (True, full), (True, full), (True, full), (True, {"b.txt": b"1234"})]
