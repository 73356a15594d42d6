"""Worker processes: a file that hangs, dies or eats memory costs itself alone, and the answers keep their order."""

import multiprocessing
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kaohe import PROGRAM_ROOT
from kaohe.intake import pool
from kaohe.intake.arrival import Arrival, arrival
from kaohe.intake.look import Look
from kaohe.intake.pool import Lost, Pool
from kaohe.intake.record import Verdict
from kaohe.intake.workers import here, workers
from kaohe.store import FolderStore, MemoryStore
from tests.support.forms import NOON, program_office, stamped
from tests.support.misbehaving import work

OFFICE = program_office()
TOO_LONG = "读了3秒还没有读完，为安全起见没有再读，请用发给单位的原表重新填报"
TOO_MUCH = "读取时要用的内存太多，或者使读取的程序中途停止，为安全起见没有再读，请用发给单位的原表重新填报"


def fault(name: str) -> str:
    return f"程序读取这个文件时出了错（{name}），不是填报单位的问题，请把文件交给维护人员；其他文件不受影响"


def outcomes(*names: str, seconds: int = 60) -> list[tuple[Verdict, str]]:
    bounds = OFFICE.config.intake.model_copy(update={"seconds": seconds})
    office = type(OFFICE)(OFFICE.config.model_copy(update={"intake": bounds}), OFFICE.rulebook)
    with workers(office, MemoryStore(), 20, work=work) as look:
        return [(found.verdict, found.reason) for found in look(Arrival.of(name, name.encode(), NOON) for name in names)]


def test_answers_come_in_the_order_of_the_files() -> None:
    names = [f"{'x' * n}" for n in range(40)]
    assert outcomes(*names) == [(Verdict.ACCEPTED, f"{n}字节") for n in range(40)]


def test_a_hanging_reader_is_ended_and_the_others_go_on() -> None:
    assert outcomes("a", "挂起", "b", seconds=3) == [(Verdict.ACCEPTED, "1字节"), (Verdict.REFUSED, TOO_LONG), (Verdict.ACCEPTED, "1字节")]


@pytest.mark.parametrize("name", ["退出", "被杀", "吃内存"])
def test_a_dying_reader_costs_its_own_file_alone(name: str) -> None:
    assert outcomes("a", name, "b", name, "c") == [
        (Verdict.ACCEPTED, "1字节"),
        (Verdict.REFUSED, TOO_MUCH),
        (Verdict.ACCEPTED, "1字节"),
        (Verdict.REFUSED, TOO_MUCH),
        (Verdict.ACCEPTED, "1字节"),
    ]


def test_where_the_system_bounds_nothing_the_one_who_waits_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows: a worker that holds more than it may is ended while it is busy, long before its time is up."""
    monkeypatch.setattr(pool, "_context", lambda: multiprocessing.get_context("spawn"))
    with Pool(2, time.sleep, (0,), work, 120, memory=192 << 20) as found:
        answers = list(found.each((Arrival.of(name, b"x", NOON),) for name in ("a", "占着不放", "b")))
    assert answers == [Look(Verdict.ACCEPTED, "1字节"), Lost.DIED, Look(Verdict.ACCEPTED, "1字节")]


def test_what_a_lost_worker_had_not_come_to_is_read_and_kept_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "被杀").write_bytes(b"PK hostile")
    store = FolderStore(tmp_path / "archive")
    with workers(OFFICE, store, 1, work=work) as look:
        (found,) = look([arrival(tmp_path / "被杀", "被杀")])
    assert (found.verdict, found.reason) == (Verdict.REFUSED, TOO_MUCH)
    assert found.arrival is not None
    assert store.read(found.arrival.sha256) == b"PK hostile"


def test_a_fault_of_the_program_is_not_told_as_the_unit_s() -> None:
    found = outcomes("出错", "b")
    assert found == [(Verdict.FAULT, fault("ZeroDivisionError")), (Verdict.ACCEPTED, "1字节")]


def test_what_is_raised_need_be_no_exception() -> None:
    (first, second) = outcomes("恐慌", "b")
    assert first == (Verdict.FAULT, fault("Panic"))
    assert second == (Verdict.ACCEPTED, "1字节")


HELD = """
from kaohe.intake.workers import bound_memory
held = bytearray(700 << 20)
bound_memory(768 << 20)
print(len(bytearray(400 << 20)) >> 20)
try:
    print(len(bytearray(900 << 20)))
except MemoryError:
    print("bounded")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows 上工作进程不是复制出来的，没有继承的内存")
def test_what_was_held_before_is_not_counted_against_a_worker() -> None:
    """A worker begun late is a copy of a process that knows thousands of forms by then."""
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, cwd=PROGRAM_ROOT, check=True)
    assert done.stdout.split() == ["400", "bounded"]


def test_what_a_reader_prints_is_not_seen_at_the_desk(capfd: pytest.CaptureFixture[str]) -> None:
    assert outcomes("喊叫", "b") == [(Verdict.ACCEPTED, "6字节"), (Verdict.ACCEPTED, "1字节")]
    assert capfd.readouterr() == ("", "")


def test_a_fault_while_looking_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    class Panic(BaseException):
        pass

    def raising(name: str, *_: object) -> Look:
        raise {"内存": MemoryError, "恐慌": Panic, "出错": KeyError}[name]

    monkeypatch.setattr("kaohe.intake.workers.look_into", raising)
    found = list(here(OFFICE)(Arrival.of(name, b"x", NOON) for name in ("内存", "恐慌", "出错")))
    assert [(f.verdict, f.reason) for f in found] == [
        (Verdict.REFUSED, TOO_MUCH),
        (Verdict.FAULT, fault("Panic")),
        (Verdict.FAULT, fault("KeyError")),
    ]


def test_an_interruption_is_no_fault_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> Look:
        raise KeyboardInterrupt

    monkeypatch.setattr("kaohe.intake.workers.look_into", stopped)
    with pytest.raises(KeyboardInterrupt):
        list(here(OFFICE)([Arrival.of("a", b"x", NOON)]))


def test_workers_find_what_this_process_finds() -> None:
    files = [Arrival.of("表.xlsx", stamped("jinshui"), NOON), Arrival.of("空.xlsx", b"", NOON), Arrival.of("图.jpg", b"\xff\xd8\xff", NOON)]
    with workers(OFFICE, MemoryStore(), len(files)) as look:
        assert list(look(files)) == list(here(OFFICE)(files))
