"""A night in a small office that can be run again and again from the same beginning, with everything slow stood in for."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

import pipeline
from kaohe.config.loader import Office, load_office
from kaohe.files import write_whole
from kaohe.intake.arrival import Arrival
from kaohe.intake.inbox import Intake
from kaohe.intake.look import Look
from kaohe.intake.workers import Examiner, Looker
from kaohe.publish.jobs import CORRECTIONS_FOLDER, LETTERS_FOLDER, Job
from kaohe.scoring.scorecard import Assessment
from kaohe.store import Store
from kaohe.survey import alone, assess_intake
from tests.support.concluded import stand_ins
from tests.support.forms import tree

FIRST, SECOND = datetime(2015, 1, 20, 3, 0, 5), datetime(2015, 1, 21, 3, 0, 5)


@dataclass(frozen=True)
class Kept:
    """What a night leaves: the office's files (without the ledger, the lock and copies of what was received), the archive, the ledger."""

    files: dict[str, bytes]
    archive: dict[str, bytes]
    received: list[tuple[str, int, str, int]]
    events: list[tuple[str, str, str, str]]


def kept(home: Path) -> Kept:
    """What stands in an office's folder."""
    found = tree(home)
    archive = {name: data for name, data in found.items() if name.startswith("state/archive/")}
    files = {name: data for name, data in found.items() if not name.startswith("state/")}
    state = sorted(name for name in found if name.startswith("state/") and name not in archive)
    files |= dict.fromkeys(state, b"")
    with closing(sqlite3.connect(home / "state" / "ledger.sqlite3")) as connection:
        received = connection.execute("SELECT sha256, first_seen, name, size FROM received ORDER BY sha256").fetchall()
        events = connection.execute("SELECT kind, unit, subject, said FROM event ORDER BY kind, unit, subject, said").fetchall()
    return Kept(files, archive, received, events)


class Night:
    """One office in one folder, whose state before the night is put back as often as wanted."""

    def __init__(self, room: Path, prepare: Callable[[Path], Office], patch: pytest.MonkeyPatch) -> None:
        """``prepare`` makes the office's folder as it is before the night, with ``night`` for the nights before."""
        self.home, self._before, self.said = room / "office", room / "before", room / "said.txt"
        self._patch = patch
        quick(patch)
        prepare(self.home)
        shutil.copytree(self.home, self._before, symlinks=True)
        self.config = self.home / "config.toml"

    def restore(self) -> None:
        """The state before the night, with all dates."""
        shutil.rmtree(self.home)
        shutil.copytree(self._before, self.home, symlinks=True)

    def run(self, now: datetime = SECOND) -> int:
        """The nightly command at this time; gives its exit status."""
        return night(self.config, now, self._patch)


def night(config: Path, now: datetime, patch: pytest.MonkeyPatch) -> int:
    """The command ``run`` on an office at a given time."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Clock":
            return cls(*now.timetuple()[:6])

    patch.setattr("kaohe.commands.run.datetime", Clock)
    return pipeline.main(["-c", str(config), "run"])


def job(title: str, write: Callable[[Assessment, Path], None], found: Assessment) -> Job:
    """Stands for all letters, or all corrections."""
    return Job(title, lambda folder: write(found, folder / title), "")


def quick(patch: pytest.MonkeyPatch) -> None:
    """Small files in place of the documents; configuration, looks and scores remembered across runs of the same night."""
    stand_ins(patch)

    def corrections(assessment: Assessment, folder: Path) -> None:
        for card in assessment.cards:
            if card.file is not None and "第一次" in card.file:
                write_whole(folder / f"更正通知-{card.unit.short}.txt", card.file.encode())

    patch.setattr("kaohe.publish.workbook.write_workbook", lambda found, path: write_whole(path, repr([c.total for c in found.cards]).encode()))
    patch.setattr("kaohe.publish.documents.write_notice", lambda found, path: write_whole(path, "通报".encode()))
    patch.setattr("kaohe.publish.jobs.letters", lambda found, _: [job(LETTERS_FOLDER, _letters, found)])
    patch.setattr("kaohe.publish.jobs.correction_jobs", lambda found, *_: [job(CORRECTIONS_FOLDER, corrections, found)])
    patch.setattr("kaohe.publish.report.write_report", lambda found, path, now: write_whole(path, now.isoformat().encode()))
    patch.setattr("kaohe.commands.outcome.ranking_rows", lambda found: [])
    patch.setattr("kaohe.publish.final.results_json", lambda found: repr([(c.unit.code, c.total, c.file) for c in found.cards]).encode())
    patch.setattr("kaohe.publish.jobs.results_chunks", lambda found: iter([repr([(c.unit.code, c.total, c.file) for c in found.cards]).encode()]))
    offices: dict[Path, Office] = {}
    patch.setattr("kaohe.commands.run.load_office", lambda path, _: offices.get(path) or offices.setdefault(path, load_office(path)))
    patch.setattr("kaohe.publish.final.frozen_office", lambda *_: next(iter(offices.values())))
    patch.setattr("kaohe.memory.Memory.former", lambda _: {})  # every night makes everything
    patch.setattr("kaohe.publish.side_by_side.processes", lambda: 1)
    looks: dict[str, Look] = {}

    @contextmanager
    def lookers(office: Office, store: Store, files: int) -> Iterator[Looker]:
        examine = Examiner(office, store, alone)

        def look(found: Iterable[Arrival]) -> Iterator[Look]:
            for entry in found:
                kept = examine.received(entry)
                if kept.sha256 not in looks:
                    looks[kept.sha256] = examine(kept)
                yield replace(looks[kept.sha256], arrival=kept)

        yield look

    patch.setattr("kaohe.run.lookers", lookers)
    scored: dict[str, Assessment] = {}

    def assess(office: Office, intake: Intake) -> Assessment:
        key = repr(intake.files)
        return scored.get(key) or scored.setdefault(key, assess_intake(office, intake))

    patch.setattr("kaohe.run.assess_intake", assess)


def _letters(assessment: Assessment, folder: Path) -> None:
    for card in assessment.cards[:2]:
        write_whole(folder / f"结果通知-{card.unit.short}.docx", f"{card.unit.short}：{card.total}".encode())
