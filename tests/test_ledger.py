"""The ledger and the archive: versions, looking without a trace, clocks, damage and loss."""

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kaohe.ledger import REBUILT, Event, Ledger, LedgerFault, store
from tests.support.forms import tree

NOW = 1_418_000_000
VERSION_1 = "CREATE TABLE received (sha256 TEXT PRIMARY KEY, first_seen INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID"
VERSION_2 = (
    "CREATE TABLE event (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, unit TEXT NOT NULL, subject TEXT NOT NULL,"
    " said TEXT NOT NULL, UNIQUE (kind, unit, subject, said))"
)
SHA = hashlib.sha256(b"form").hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()
ACCEPTED = Event(NOW + 5, "收件", "jinshui", "金水.xlsx", "采用")


def made_by_hand(folder: Path, version: int, *statements: str) -> Path:
    """A ledger as an earlier version of the program left it."""
    path = folder / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("INSERT INTO received VALUES (?, ?, ?, ?)", (SHA, NOW, "金水.xlsx", 4))
        connection.execute(f"PRAGMA user_version={version}")
        connection.commit()
    return path


def stored(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchall()


def used(folder: Path) -> Ledger:
    """A ledger with two contents and one event."""
    ledger = Ledger(folder)
    assert ledger.mend(NOW) == ""
    for data, seen, name in ((b"form", NOW, "金水.xlsx"), (b"other", NOW + 9, "新郑.xlsx")):
        ledger.record([(ledger.keep(data), seen, name, len(data))])
    ledger.log([ACCEPTED])
    return ledger


# Versions


@pytest.mark.parametrize(
    ("version", "statements"),
    [(1, (VERSION_1,)), (2, (VERSION_1, VERSION_2)), (0, (VERSION_1, VERSION_2))],
    ids=["first", "second", "made but not yet numbered"],
)
def test_an_earlier_ledger_is_brought_up_to_date(tmp_path: Path, version: int, statements: tuple[str, ...]) -> None:
    path = made_by_hand(tmp_path, version, *statements)
    ledger = Ledger(tmp_path)
    assert ledger.times() == {SHA: NOW}
    assert ledger.mend(NOW) == ""
    ledger.log([ACCEPTED])
    assert (ledger.times(), ledger.events()) == ({SHA: NOW}, (ACCEPTED,))
    assert stored(path, "PRAGMA user_version") == [(3,)]
    assert stored(path, "PRAGMA journal_mode") == [("wal",)]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["ledger.sqlite3"]


def test_a_step_that_fails_is_undone_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made_by_hand(tmp_path, 1, VERSION_1)
    steps = store.MIGRATIONS
    monkeypatch.setattr(store, "MIGRATIONS", (*steps, ("CREATE TABLE fourth (a)", "CREATE TABLE fourth (a)")))
    assert not store.is_sound(path)
    assert stored(path, "PRAGMA user_version") == [(3,)]
    assert stored(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") == [("arrival",), ("event",), ("received",)]
    monkeypatch.setattr(store, "MIGRATIONS", (*steps, ("CREATE TABLE fourth (a)",)))
    assert store.is_sound(path)
    assert stored(path, "PRAGMA user_version") == [(4,)]


def test_a_ledger_of_a_newer_program_is_told_and_not_touched(tmp_path: Path) -> None:
    path = made_by_hand(tmp_path, 9, VERSION_1, VERSION_2)
    before = tree(tmp_path)
    with pytest.raises(LedgerFault) as fault:
        Ledger(tmp_path).mend(NOW)
    assert str(fault.value) == f"台账“{path}”是新版程序建立的（第9版），这个程序只认到第3版，没有动它。请换用新版程序运行。"
    assert tree(tmp_path) == before


def test_every_row_is_flushed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    store.build(path, [], [], [])
    with store.writing(path) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["ledger.sqlite3"]


# Looking without a trace


def test_looking_where_nothing_is_makes_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "state")
    assert (ledger.times(), ledger.events(), ledger.latest(), ledger.moment(7)) == ({}, (), None, 7)
    assert list(tmp_path.iterdir()) == []


def test_looking_leaves_no_trace(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in tmp_path.rglob("*")}
    assert ledger.times() == ledger.first_seen([SHA, OTHER]) == {SHA: NOW, OTHER: NOW + 9}
    assert (ledger.events("jinshui"), ledger.events("xinzheng")) == ((ACCEPTED,), ())
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in tmp_path.rglob("*")} == before


def test_what_a_killed_run_had_just_written_is_seen_without_writing(tmp_path: Path) -> None:
    living, killed = tmp_path / "living", tmp_path / "killed"
    used(living)
    with closing(sqlite3.connect(living / "ledger.sqlite3")) as connection:
        connection.execute("INSERT INTO received VALUES ('just now', 5, '', 1)")
        connection.commit()
        shutil.copytree(living, killed)
    (killed / "ledger.sqlite3-shm").unlink()
    before = tree(killed)
    assert (killed / "ledger.sqlite3-wal").stat().st_size > 0
    assert Ledger(killed).times() == {SHA: NOW, OTHER: NOW + 9, "just now": 5}
    assert tree(killed) == before


def test_a_read_only_folder_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite is asked for what works without any file beside: opening as unchanging. With a folder that root may write, this shows it."""
    ledger = used(tmp_path)
    asked: list[str] = []
    connect = sqlite3.connect

    def watched(database: str, *, uri: bool = False) -> sqlite3.Connection:
        asked.append(database)
        return connect(database, uri=uri)

    monkeypatch.setattr(sqlite3, "connect", watched)
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}
    assert asked == [f"{(tmp_path / 'ledger.sqlite3').as_uri()}?mode=ro&immutable=1"]


# Clocks


def test_what_comes_later_is_later_whatever_the_clock_says(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    assert ledger.latest() == NOW + 9
    assert ledger.moment(NOW + 10) == ledger.moment(0) == ledger.moment(NOW + 9) == NOW + 10
    ledger.log([Event(NOW + 99, "审定", "", "", "x")])
    assert (ledger.moment(NOW + 99), ledger.moment(NOW + 500)) == (NOW + 100, NOW + 500)


def test_the_first_sight_stays_and_the_archive_bears_its_date(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    ledger.record([(SHA, NOW + 1000, "再发.xlsx", 4)])
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}
    assert [int(ledger.archived(sha).stat().st_mtime) for sha in (SHA, OTHER)] == [NOW, NOW + 9]
    assert stored(tmp_path / "ledger.sqlite3", "SELECT name FROM received ORDER BY name") == [("新郑.xlsx",), ("金水.xlsx",)]


# Damage and loss

REBUILT_SAID = "，并重新建立：从旧台账读回{}份收件和{}条记录，按存档补上{}份收件{}。收到的先后和得分不受影响，读不回来的只有全年记录"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def junk(path: Path) -> None:
    path.write_bytes(b"junk" * 1000)


def emptied(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE received")


@pytest.mark.parametrize(("harm", "events"), [(cut, 0), (junk, 0), (emptied, 1)])
def test_a_damaged_ledger_is_rebuilt_from_the_archive(tmp_path: Path, harm: object, events: int) -> None:
    ledger = used(tmp_path)
    path = tmp_path / "ledger.sqlite3"
    harm(path)  # type: ignore[operator]
    damaged = path.read_bytes()
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}  # a look says what the next run will find
    said = "台账损坏，已改名为 ledger-损坏1.sqlite3" + REBUILT_SAID.format(0, events, 2, "")
    assert ledger.mend(NOW + 50) == said
    assert (tmp_path / "ledger-损坏1.sqlite3").read_bytes() == damaged
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}
    assert ledger.events()[events:] == (Event(NOW + 50, REBUILT, "", "ledger.sqlite3", said),)
    assert stored(path, "SELECT DISTINCT name FROM received") == [("",)]
    ledger.record([(SHA, NOW + 60, "金水.xlsx", 4)])
    assert stored(path, "SELECT name, first_seen FROM received ORDER BY name") == [("", NOW + 9), ("金水.xlsx", NOW)]
    assert ledger.mend(NOW + 70) == ""


def test_rows_that_can_still_be_read_are_saved(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    path = tmp_path / "ledger.sqlite3"
    many = [(hashlib.sha256(str(n).encode()).hexdigest(), NOW + n, f"{n}.xlsx", n) for n in range(2000)]
    ledger.record(many)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    said = ledger.mend(NOW)
    assert said.startswith("台账损坏，已改名为 ledger-损坏1.sqlite3，并重新建立：从旧台账读回")
    times = ledger.times()
    assert 1500 < len(times) < 2002
    assert {sha: NOW + n for n, (sha, *_) in enumerate(many) if sha in times}.items() <= times.items()
    assert ledger.events()[0] == ACCEPTED


def test_a_second_damage_gets_the_next_number(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    for number in (1, 2):
        junk(tmp_path / "ledger.sqlite3")
        assert f"ledger-损坏{number}.sqlite3" in ledger.mend(NOW)
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}


def test_a_lost_ledger_is_rebuilt_from_the_archive(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    (tmp_path / "ledger.sqlite3").unlink()
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}
    assert ledger.mend(NOW) == "台账不见了" + REBUILT_SAID.format(0, 0, 2, "")
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}
    assert ledger.moment(0) == NOW + 11  # later than the note of the rebuilding itself


def test_a_run_killed_while_rebuilding_is_made_good(tmp_path: Path) -> None:
    """The damaged ledger was renamed, the new one not yet in place; what was written last lies in the side file."""
    ledger = used(tmp_path)
    path = tmp_path / "ledger.sqlite3"
    for name in ("ledger-损坏1.sqlite3", ".~ledger.sqlite3", ".~ledger.sqlite3-wal"):
        (tmp_path / name).write_bytes(path.read_bytes())
    path.unlink()
    (tmp_path / "ledger.sqlite3-wal").write_bytes(b"what belonged to the damaged one")
    assert ledger.mend(NOW) == "台账不见了" + REBUILT_SAID.format(2, 1, 0, "")
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}
    assert ledger.events()[0] == ACCEPTED
    names = sorted(entry.name for entry in tmp_path.iterdir() if entry.is_file())
    assert names == ["ledger-损坏1.sqlite3", "ledger-损坏1.sqlite3-wal", "ledger.sqlite3"]


def test_the_side_file_of_a_ledger_that_is_gone_is_not_taken_for_the_new_one_s(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3-wal").write_bytes(b"old")
    assert Ledger(tmp_path).mend(NOW) == ""
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["ledger.sqlite3"]


def test_rotten_copies_are_left_out_and_counted(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    ledger.archived(OTHER).write_bytes(b"rot")
    junk(tmp_path / "ledger.sqlite3")
    assert ledger.mend(NOW) == "台账损坏，已改名为 ledger-损坏1.sqlite3" + REBUILT_SAID.format(0, 0, 1, "，存档里另有1份内容已经坏了，没有计入")
    assert ledger.times() == {SHA: NOW}


@pytest.mark.parametrize("rot", [b"fo", b"f0rm", b""], ids=["half written", "one bit", "empty"])
def test_a_rotten_copy_is_written_anew_with_its_date(tmp_path: Path, rot: bytes) -> None:
    ledger = used(tmp_path)
    ledger.archived(SHA).write_bytes(rot)
    assert (ledger.keep(b"form"), ledger.keep(b"other")) == (SHA, OTHER)
    assert ledger.archive.rewritten == {SHA}
    assert ledger.archived(SHA).read_bytes() == b"form"
    assert int(ledger.archived(SHA).stat().st_mtime) == NOW


def test_what_a_killed_run_had_begun_is_cleared_away(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    half = [tmp_path / ".~abc.tmp", ledger.archived(SHA).with_name(".~def.tmp")]
    for path in half:
        path.write_bytes(b"half")
    ledger.mend(NOW)
    assert [path for path in half if path.exists()] == []


# Refusals


def test_a_ledger_that_another_program_holds_is_told_and_not_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = used(tmp_path)
    monkeypatch.setattr(store, "_BUSY_SECONDS", 0)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerFault) as fault:
            ledger.mend(NOW)
    assert str(fault.value).startswith(f"台账用不了：“{tmp_path / 'ledger.sqlite3'}”正被别的程序打开。收到的文件没有受影响；")
    assert not (tmp_path / "ledger-损坏1.sqlite3").exists()
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}


def test_a_full_disk_is_not_damage() -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert not store.is_damage(error)
    with pytest.raises(LedgerFault) as fault, store.ledger_told(Path("x")):
        raise error
    assert str(fault.value).startswith("台账用不了：“x”磁盘已满。")


def test_nothing_is_remembered_of_a_transaction_that_breaks_off(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    with pytest.raises(LedgerFault):
        ledger.record([("a" * 64, NOW, "甲", 1), ("b" * 64, NOW, None, 1)])  # type: ignore[list-item]
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}


def test_the_archive_keeps_links_out(tmp_path: Path) -> None:
    """Only what bears the name of its content in the folder of its first two letters counts."""
    ledger = used(tmp_path)
    for name in ("zz/" + SHA, SHA[:2] + "/x", SHA[:2] + "/" + "A" * 64):
        path = tmp_path / "archive" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"form")
    os.unlink(tmp_path / "ledger.sqlite3")  # noqa: PTH108
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}


@pytest.mark.parametrize("emptied", [True, False])
def test_what_an_emptied_or_older_ledger_lacks_comes_from_the_archive(tmp_path: Path, emptied: bool) -> None:
    """A file of no bytes is a sound database without a row; an old copy is one with some."""
    ledger = used(tmp_path)
    if emptied:
        (tmp_path / "ledger.sqlite3").write_bytes(b"")
    else:
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as connection, connection:
            connection.execute("DELETE FROM received WHERE sha256 = ?", (OTHER,))
    count = 2 if emptied else 1
    said = f"台账里缺了{count}份收件的记录（可能被清空，或换回了旧的台账），已按存档补上。收到的先后和得分不受影响，读不回来的只有全年记录"
    assert ledger.mend(NOW + 99) == said
    assert ledger.times() == {SHA: NOW, OTHER: NOW + 9}
    assert ledger.mend(NOW + 99) == ""


def test_a_copy_without_a_date_is_not_taken_for_known_and_gets_its_date_later(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.mend(NOW)
    sha = ledger.keep(b"kept by a run that was killed")
    assert ledger.archived(sha).stat().st_mtime == 0
    assert (ledger.mend(NOW + 1), ledger.times()) == ("", {})
    ledger.record([(sha, NOW + 2, "a.xlsx", 29)])
    assert ledger.archived(sha).stat().st_mtime == NOW + 2
    os.utime(ledger.archived(sha), (0, 0))
    assert ledger.mend(NOW + 3) == ""
    assert ledger.archived(sha).stat().st_mtime == NOW + 2


# Arrivals


def test_files_that_came_are_remembered_with_the_date_they_bear_and_survive_damage(tmp_path: Path) -> None:
    ledger = used(tmp_path)
    ledger.record([], [("金水.xlsx", SHA, NOW - 5, NOW), ("再发.xlsx", SHA, NOW + 20, NOW + 30)])
    ledger.record([], [("金水.xlsx", SHA, NOW - 1, NOW + 99)])  # dated anew: it came when it came
    rows = [("再发.xlsx", SHA, NOW + 20, NOW + 30), ("金水.xlsx", SHA, NOW - 1, NOW)]
    assert ledger.arrivals() == rows
    assert ledger.latest() == NOW + 30
    path = tmp_path / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE event")
        connection.commit()
    assert "从旧台账读回2份收件和0条记录" in ledger.mend(NOW + 40)
    assert ledger.arrivals() == rows


def test_without_a_ledger_no_file_is_known_to_have_come(tmp_path: Path) -> None:
    assert Ledger(tmp_path).arrivals() == []
