"""What is known is not read or looked into again, nothing that changed is taken for known, and results never depend on it."""

import errno
import os
import pickle
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kaohe.config.loader import Office, load_office
from kaohe.files import FolderFault
from kaohe.intake.arrival import Arrival
from kaohe.intake.look import Look
from kaohe.intake.record import Verdict
from kaohe.intake.workers import here
from kaohe.ledger import Ledger
from kaohe.memory import Memory, office_key
from kaohe.night import unchanged
from kaohe.progress import Silent
from kaohe.run import Outcome, remember, run
from kaohe.scoring.scorecard import Assessment
from kaohe.store import FolderStore
from kaohe.survey import alone, survey
from tests.support.forms import NOON, drop, filled, office_folder, sound_fields, tree
from tests.test_unpack import mail, zipped

NIGHT, NEXT = datetime(2014, 12, 8, 3), datetime(2014, 12, 9, 3)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Three units' forms: one by itself, one in a mail with a picture, one in an archive."""
    config = office_folder(tmp_path)
    inbox = tmp_path / "inbox"
    drop(inbox, "惠济.xlsx", filled("huiji", sound_fields(townships_total=12, townships_with_chamber=15)), NOON)
    drop(inbox, "来信.eml", mail({"表.xlsx": filled("jinshui", sound_fields(website_items=130)), "照片.jpg": b"\xff\xd8\xff\xe0 scan"}), NOON)
    drop(inbox, "包.zip", zipped({"二七.xlsx": filled("erqi", sound_fields(tasks_done=False))}), NOON)
    return load_office(config)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are really looked into."""
    names: list[str] = []

    def watching(under: Office, store: Any, *_: object) -> Any:
        class Watch:
            def __enter__(self) -> Any:
                inner = here(under, store, alone)

                def look(found: Iterable[Arrival]) -> Iterator[Look]:
                    for entry in found:
                        names.append(entry.name)
                        yield from inner([entry])

                return look

            def __exit__(self, *_: object) -> None:
                pass

        return Watch()

    monkeypatch.setattr("kaohe.run.lookers", watching)
    monkeypatch.setattr("kaohe.survey.workers", watching)
    return names


def night(office: Office, now: datetime = NIGHT, **how: bool) -> Outcome:
    return run(office, now, Silent(), **how)


ALL = ["包.zip", "惠济.xlsx", "来信.eml", "包.zip/二七.xlsx", "来信.eml/表.xlsx", "来信.eml/照片.jpg"]


def test_a_second_night_looks_into_nothing_and_finds_the_same(office: Office, looked: list[str]) -> None:
    first = night(office)
    assert sorted(looked) == sorted(ALL)
    looked.clear()
    again = night(office, NEXT)
    assert looked == []
    assert again.assessment == first.assessment
    assert again.published.files == first.published.files


def test_only_what_changed_is_looked_into(office: Office, looked: list[str]) -> None:
    night(office)
    looked.clear()
    drop(office.config.folder("inbox"), "惠济.xlsx", filled("huiji", sound_fields()), NOON + 5)
    outcome = night(office, NEXT)
    assert looked == ["惠济.xlsx"]
    assert outcome.assessment.findings_of("huiji") == ()


def test_a_file_with_another_content_but_size_and_date_as_before_is_found_by_distrust_alone(office: Office, looked: list[str]) -> None:
    night(office)
    path = office.config.folder("inbox") / "包.zip"
    state, data = path.stat(), bytearray(path.read_bytes())
    data[-1] ^= 1  # the length of the comment: the archive cannot be opened any more
    path.write_bytes(bytes(data))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    looked.clear()
    trusting = night(office, NEXT)
    assert looked == []
    distrusting = night(office, NEXT, rehash=True)
    assert "包.zip" in looked
    assert [f.sha256 for f in trusting.assessment.files if f.name == "包.zip"] != [
        f.sha256 for f in distrusting.assessment.files if f.name == "包.zip"
    ]


def test_files_dated_beyond_all_reason_are_read_every_night_and_stop_none(office: Office, looked: list[str]) -> None:
    """Dates of 1601 and of the year 10000 do not fit into the database."""
    inbox = office.config.folder("inbox")
    drop(inbox, "新密.xlsx", filled("xinmi", sound_fields()), 253_402_300_900)
    drop(inbox, "中原.xlsx", filled("zhongyuan", sound_fields()), -11_644_473_600)
    first = night(office)
    second = night(office, NEXT)
    assert {file.unit for file in first.assessment.files if file.name in ("新密.xlsx", "中原.xlsx")} == {"xinmi", "zhongyuan"}
    assert second.assessment.files == first.assessment.files


def test_another_configuration_looks_into_everything_again(office: Office, looked: list[str]) -> None:
    night(office)
    looked.clear()
    other = Office(
        office.config.model_copy(update={"limits": office.config.limits.model_copy(update={"growth_high_percent": 5})}).at(office.config.home),
        office.rulebook,
        office.file,
        office.rules,
    )
    assert office_key(other) != office_key(office)
    night(other, NEXT)
    assert sorted(looked) == sorted(ALL)


def results(outcome: Outcome) -> Assessment:
    return outcome.assessment


@pytest.mark.parametrize("harm", ["gone", "junk", "cut", "rotten look", "another version"])
def test_whatever_happens_to_the_cache_the_results_are_the_same(office: Office, looked: list[str], harm: str) -> None:
    before = night(office).assessment
    path = office.config.folder("state") / "cache.sqlite3"
    match harm:
        case "gone":
            path.unlink()
        case "junk":
            path.write_bytes(b"junk" * 5000)
        case "cut":
            path.write_bytes(path.read_bytes()[:5000])
        case "rotten look":
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("UPDATE look SET found = x'00'")
                connection.commit()
        case "another version":
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA user_version=99")
    looked.clear()
    assert night(office, NEXT).assessment == before
    assert len(looked) == len(ALL)
    looked.clear()
    assert night(office, NEXT).assessment == before
    assert looked == []


class Strange:
    """What makes a folder when it is unpacked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


def through_a_module(folder: Path) -> bytes:
    """The same by way of a module that a look's classes come from."""
    texts = [b"\x8c" + bytes([len(text)]) + text for text in (b"kaohe.intake.pool", b"os.mkdir", os.fsencode(folder))]
    return b"\x80\x04" + texts[0] + texts[1] + b"\x93" + texts[2] + b"\x85R."


@pytest.mark.parametrize("way", ["by name", "through a module"])
def test_a_look_that_makes_something_strange_is_not_unpacked(office: Office, looked: list[str], way: str) -> None:
    before, made = night(office).assessment, office.config.home / "strange"
    found = zlib.compress(pickle.dumps(Strange(made)) if way == "by name" else through_a_module(made))
    with closing(sqlite3.connect(office.config.folder("state") / "cache.sqlite3")) as connection:
        connection.execute("UPDATE look SET found = ?, sum = ?", (found, zlib.crc32(found)))
        connection.commit()
    looked.clear()
    told = night(office, NEXT).assessment
    assert {f.reason for f in told.files} == {"上次读取的结果不能用了，已经清除，请再运行一次"}
    assert not made.exists()
    assert night(office, NEXT).assessment == before


def test_a_damaged_copy_in_the_archive_is_looked_for_again(office: Office, looked: list[str]) -> None:
    before = night(office).assessment
    inner = next(f for f in before.files if f.name == "包.zip/二七.xlsx")
    Ledger(office.config.folder("state")).archived(inner.sha256).unlink()
    looked.clear()
    assert night(office, NEXT).assessment == before
    assert looked == ["包.zip"]
    assert Ledger(office.config.folder("state")).archived(inner.sha256).is_file()


def test_a_run_that_broke_off_changes_no_order_and_loses_no_work(office: Office, looked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two versions came together; only the newer was archived when the disk refused. It stays the newer, and is not looked into twice."""
    inbox, keep = office.config.folder("inbox"), FolderStore.keep
    drop(inbox, "a新.xlsx", filled("dengfeng", sound_fields(website_items=131)), NOON + 60)
    drop(inbox, "b旧.xlsx", filled("dengfeng", sound_fields(website_items=130)), NOON)

    def refusing(store: FolderStore, data: bytes) -> str:
        if data == (inbox / "b旧.xlsx").read_bytes():
            raise PermissionError(errno.EACCES, "no", str(store.place))
        return keep(store, data)

    monkeypatch.setattr(FolderStore, "keep", refusing)
    with pytest.raises(FolderFault, match="收件存档没有做成"):
        night(office)
    assert looked[0] == "a新.xlsx"
    assert Ledger(office.config.folder("state")).times() == {}
    monkeypatch.setattr(FolderStore, "keep", keep)
    looked.clear()
    verdicts = {file.name: file.verdict for file in night(office, NEXT).assessment.files}
    assert (verdicts["a新.xlsx"], verdicts["b旧.xlsx"]) == (Verdict.ACCEPTED, Verdict.SUPERSEDED)
    assert "a新.xlsx" not in looked


def test_a_survey_uses_what_is_known_and_leaves_no_trace(office: Office, looked: list[str]) -> None:
    before = night(office).assessment
    kept = tree(office.config.home)
    looked.clear()
    assert survey(office) == before
    assert looked == []
    assert tree(office.config.home) == kept


# An unchanged night


def settled(office: Office) -> None:
    outcome = night(office)
    assert outcome.is_lasting
    remember(office, outcome, b"shown")


def test_where_nothing_changed_the_last_result_is_said_again(office: Office, looked: list[str]) -> None:
    assert unchanged(office) is None
    settled(office)
    assert unchanged(load_office(office.file)) == b"shown"


def changed_inbox(office: Office) -> None:
    drop(office.config.folder("inbox"), "新.xlsx", b"x", NOON)


def touched(office: Office) -> None:
    os.utime(office.config.folder("inbox") / "惠济.xlsx", (NOON + 1, NOON + 1))


def removed(office: Office) -> None:
    (office.config.folder("inbox") / "惠济.xlsx").unlink()


def output_gone(office: Office) -> None:
    (office.config.folder("outbox") / "scores.csv").unlink()


def output_edited(office: Office) -> None:
    (office.config.folder("outbox") / "结果通知" / "结果通知-金水区工商联.docx").write_bytes(b"edited")


def own_template(office: Office) -> None:
    drop(office.config.folder("templates"), "correction.txt", "请更正".encode())


def configuration(office: Office) -> None:
    office.file.write_text(office.file.read_text(encoding="utf-8").replace("0371-00000000", "0371-66666666"), encoding="utf-8")


def ledger_gone(office: Office) -> None:
    (office.config.folder("state") / "ledger.sqlite3").unlink()


def cache_gone(office: Office) -> None:
    (office.config.folder("state") / "cache.sqlite3").unlink()


def final_issued(office: Office) -> None:
    (office.config.folder("outbox") / "final" / "2014").mkdir(parents=True)


@pytest.mark.parametrize(
    "change",
    [changed_inbox, touched, removed, output_gone, output_edited, own_template, configuration, ledger_gone, cache_gone, final_issued],
)
def test_whatever_changed_calls_for_a_run(office: Office, looked: list[str], change: Any) -> None:
    settled(office)
    change(office)
    assert unchanged(load_office(office.file)) is None


def test_a_damaged_archive_calls_for_a_run(office: Office, looked: list[str]) -> None:
    settled(office)
    sha = next(f.sha256 for f in night(office).assessment.files if f.name == "惠济.xlsx")
    Ledger(office.config.folder("state")).archived(sha).write_bytes(b"rot")
    assert unchanged(office) is None


def test_a_night_on_which_something_is_still_coming_is_not_the_last_word(office: Office, looked: list[str]) -> None:
    drop(office.config.folder("inbox"), "新.xlsx.part", b"x", NOON)
    assert not night(office).is_lasting


def test_a_recalled_file_keeps_its_name_and_date(office: Office, looked: list[str]) -> None:
    night(office)
    memory = Memory(office, Ledger(office.config.folder("state")))
    path = office.config.folder("inbox") / "惠济.xlsx"
    state = path.stat()
    entry = Arrival("惠济.xlsx", path, "", int(state.st_mtime), size=state.st_size, modified_ns=state.st_mtime_ns)
    known = memory.recall(entry)
    assert (known.content, known.name, known.modified, known.size) == (None, entry.name, entry.modified, entry.size)
    assert len(known.sha256) == 64
    assert memory.recall(Arrival("惠济.xlsx", path, "", 0, size=state.st_size, modified_ns=1)).sha256 == ""


# What is taken over


def test_outputs_made_from_the_same_are_not_made_again(office: Office, looked: list[str]) -> None:
    night(office)
    outbox = office.config.folder("outbox")
    before = {path.name: path.stat().st_mtime_ns for path in outbox.iterdir() if path.is_file()}
    inode = (outbox / "run-report.html").stat().st_ino
    night(office, NEXT)
    assert {path.name: path.stat().st_mtime_ns for path in outbox.iterdir() if path.is_file()} == before
    assert (outbox / "run-report.html").stat().st_ino == inode


def test_a_missing_output_is_made_again_and_the_others_stay(office: Office, looked: list[str]) -> None:
    night(office)
    outbox = office.config.folder("outbox")
    whole, inode = tree(outbox), (outbox / "run-report.html").stat().st_ino
    (outbox / "scores.csv").unlink()
    night(office)
    assert tree(outbox) == whole
    assert (outbox / "run-report.html").stat().st_ino == inode
