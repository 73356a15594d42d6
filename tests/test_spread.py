"""Looks on other machines: the same results as here, whatever becomes of a machine in the middle."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kaohe.config.loader import Office, load_office
from kaohe.files import FolderFault
from kaohe.intake.arrival import arrivals
from kaohe.intake.look import Look
from kaohe.intake.spread import spread_over
from kaohe.intake.workers import here, workers
from kaohe.store import FolderStore
from kaohe.survey import alone, lookers, survey
from tests.support.forms import NOON, drop, filled, office_folder, sound_fields
from tests.test_unpack import zipped

CODES = ("huiji", "erqi", "jinshui", "xinzheng", "xingyang", "dengfeng", "xinmi", "zhongmu")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    home = tmp_path_factory.mktemp("集群")
    config = office_folder(home)
    for n, code in enumerate(CODES):
        drop(home / "inbox", f"{code}.xlsx", filled(code, sound_fields(website_items=60 + 10 * n)), NOON + n)
    drop(home / "inbox", "包.zip", zipped({"金水.xlsx": filled("jinshui", sound_fields())}), NOON)
    drop(home / "inbox", "坏.xlsx", b"PK\3\4 junk", NOON)
    return load_office(config)


def expected(office: Office, folder: Path) -> list[Look]:
    return list(here(office, FolderStore(folder, scratch=True), alone)(arrivals(office.config.folder("inbox"))))


def test_in_a_pool_of_processes_the_looks_are_those_of_one_process(office: Office, tmp_path: Path) -> None:
    with workers(office, FolderStore(tmp_path / "甲", scratch=True), 10, alone) as look:
        assert list(look(arrivals(office.config.folder("inbox")))) == expected(office, tmp_path / "乙")


class Losing(ThreadPoolExecutor):
    """An executor that loses every second handful."""

    def submit(self, *given: Any, **named: Any) -> Any:
        self.given = getattr(self, "given", 0) + 1
        if self.given % 2:
            return super().submit(*given, **named)
        return super().submit(lambda: 1 / 0)


def test_what_an_executor_loses_is_looked_into_here(office: Office, tmp_path: Path) -> None:
    with Losing(2) as executor, spread_over(executor, office, FolderStore(tmp_path / "甲", scratch=True), alone, handful=2) as look:
        assert list(look(arrivals(office.config.folder("inbox")))) == expected(office, tmp_path / "乙")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A real scheduler with two workers on this machine."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1") as running:
        yield running


@pytest.mark.slow
def test_a_cluster_gives_the_same_even_where_a_worker_is_killed(office: Office, tmp_path: Path, cluster: Any) -> None:
    from distributed import Client

    with Client(cluster) as client:  # type: ignore[no-untyped-call]
        executor: Executor = client.get_executor()
        with spread_over(executor, office, FolderStore(tmp_path / "甲", scratch=True), alone, handful=1) as look:
            found = look(arrivals(office.config.folder("inbox")))
            looks = [next(found)]
            victim = next(iter(client.run(os.getpid).values()))
            os.kill(victim, signal.SIGKILL)
            looks += found
    assert looks == expected(office, tmp_path / "乙")


@pytest.mark.slow
def test_the_configuration_names_the_cluster(office: Office, tmp_path: Path, cluster: Any) -> None:
    run = office.config.run.model_copy(update={"executor": "dask", "scheduler": cluster.scheduler_address})
    there = Office(office.config.model_copy(update={"run": run}).at(office.config.home), office.rulebook, office.file, office.rules)
    with lookers(there, FolderStore(tmp_path / "甲", scratch=True), 10) as look:
        assert list(look(arrivals(office.config.folder("inbox")))) == expected(office, tmp_path / "乙")


def test_what_only_looks_asks_no_cluster(office: Office) -> None:
    run = office.config.run.model_copy(update={"executor": "dask", "scheduler": "tcp://127.0.0.1:9"})
    there = Office(office.config.model_copy(update={"run": run}).at(office.config.home), office.rulebook, office.file, office.rules)
    assert survey(there).files == survey(office).files


@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_told(office: Office, tmp_path: Path) -> None:
    run = office.config.run.model_copy(update={"executor": "dask", "scheduler": "tcp://127.0.0.1:9"})
    there = Office(office.config.model_copy(update={"run": run}).at(office.config.home), office.rulebook, office.file, office.rules)
    with pytest.raises(FolderFault) as fault, lookers(there, FolderStore(tmp_path, scratch=True), 10):
        pass
    assert (
        str(fault.value)
        == '连不上集群“tcp://127.0.0.1:9”（OSError）。请检查调度程序是否在运行，或者把 config.toml 里 [run] 的 executor 改成 "local"。'
    )
