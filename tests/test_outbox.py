"""The outbox is swapped whole: what is carried over, what happens where it cannot be, and what a killed run leaves."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kaohe.config.loader import Office
from kaohe.files import FolderFault
from kaohe.progress import Silent
from kaohe.publish import carry, swap
from kaohe.publish.beside import MARKER
from kaohe.publish.documents import TemplateFault
from kaohe.run import Outcome, run
from tests.support.concluded import reviewed
from tests.support.forms import drop, tree
from tests.support.night import FIRST, SECOND, job, quick

MADE = {
    "2014年度考核汇总.xlsx",
    "2014年度考核结果通报(送审稿).docx",
    "results.json",
    "run-report.html",
    "scores.csv",
    "结果通知/结果通知-新郑市工商联.docx",
    "结果通知/结果通知-金水区工商联.docx",
}
THIRD = datetime(2015, 1, 22, 3, 0, 5)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office with one form from each of two units; the documents are stood in for."""
    quick(monkeypatch)
    return reviewed(tmp_path / "考核")


def at(office: Office, now: datetime) -> Outcome:
    return run(office, now, Silent())


def outbox_of(office: Office) -> Path:
    return office.config.folder("outbox")


def beside(office: Office) -> list[str]:
    """What stands in the office's folder besides its own."""
    return sorted(path.name for path in office.config.home.iterdir() if path.name not in ("config.toml", "inbox", "outbox", "state"))


# What is carried over


def test_everything_of_others_is_carried_over_by_link(office: Office) -> None:
    at(office, FIRST)
    outbox = outbox_of(office)
    names = (
        "办公室的笔记.txt",
        "forms/填报表.xlsx",
        "final/2013/manifest.json",
        "结果通知/~$结果通知-新郑市工商联.docx",
        ".gitkeep",
        "更正通知/说明.txt",
    )
    for name in names:
        drop(outbox, name, name.encode())
    (outbox / "空文件夹").mkdir()
    (outbox / "forms").chmod(0o700)
    before = {name: (outbox / name).stat() for name in names}
    assert at(office, SECOND).published.problems == ()
    assert {name: (outbox / name).read_bytes() for name in names} == {name: name.encode() for name in names}
    assert [(s.st_ino, s.st_mtime_ns) for s in before.values()] == [((outbox / n).stat().st_ino, (outbox / n).stat().st_mtime_ns) for n in names]
    assert (outbox / "空文件夹").is_dir()
    assert ((outbox / "forms").stat().st_mode & 0o777, outbox.stat().st_mode & 0o777) == (0o700, 0o755)
    assert beside(office) == []


def test_outputs_that_did_not_change_keep_their_file(office: Office) -> None:
    at(office, FIRST)
    before = {name: (outbox_of(office) / name).stat() for name in MADE}
    at(office, SECOND)
    after = {name: (outbox_of(office) / name).stat() for name in MADE}
    assert {name for name in MADE if (before[name].st_ino, before[name].st_mtime_ns) != (after[name].st_ino, after[name].st_mtime_ns)} == {
        "run-report.html"
    }


def test_a_night_that_changes_nothing_swaps_nothing(office: Office) -> None:
    at(office, FIRST)
    before = outbox_of(office).stat()
    assert set(at(office, FIRST).published.files) == MADE
    after = outbox_of(office).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert beside(office) == []


def test_links_are_carried_over_and_not_followed(office: Office, tmp_path: Path) -> None:
    at(office, FIRST)
    elsewhere = drop(tmp_path, "别处/秘密.txt", b"elsewhere")
    outbox = outbox_of(office)
    (outbox / "文件链接.txt").symlink_to(elsewhere)
    (outbox / "文件夹链接").symlink_to(elsewhere.parent, target_is_directory=True)
    (outbox / "断了的链接").symlink_to("没有")
    at(office, SECOND)
    assert {path.name: str(path.readlink()) for path in outbox.iterdir() if path.is_symlink()} == {
        "文件链接.txt": str(elsewhere),
        "文件夹链接": str(elsewhere.parent),
        "断了的链接": "没有",
    }
    assert tree(elsewhere.parent) == {"秘密.txt": b"elsewhere"}


def test_a_link_in_the_place_of_an_output_is_replaced(office: Office, tmp_path: Path) -> None:
    at(office, FIRST)
    victim = drop(tmp_path, "别处.csv", b"mine")
    place = outbox_of(office) / "scores.csv"
    whole = place.read_bytes()
    place.unlink()
    place.symlink_to(victim)
    at(office, SECOND)
    assert not place.is_symlink()
    assert (place.read_bytes(), victim.read_bytes()) == (whole, b"mine")


def test_where_the_disk_knows_no_links_files_are_copied_with_their_dates(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    at(office, FIRST)
    note = drop(outbox_of(office), "笔记.txt", b"keep")

    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    before = note.stat()
    monkeypatch.setattr(os, "link", no_links)
    assert at(office, SECOND).published.problems == ()
    assert note.read_bytes() == b"keep"
    assert note.stat().st_ino != before.st_ino
    assert note.stat().st_mtime_ns == before.st_mtime_ns


def test_what_stands_where_an_output_belongs_makes_room(office: Office) -> None:
    drop(outbox_of(office), "scores.csv/里面.txt", b"x")
    drop(outbox_of(office), "结果通知", b"a file")
    problems = at(office, FIRST).published.problems
    assert problems == tuple(
        f"“{name}”的位置上要放这次的结果，原来放在那里的改名为“{name}-原有”，仍在 outbox 里" for name in ("scores.csv", "结果通知")
    )
    found = tree(outbox_of(office))
    assert set(found) > MADE
    assert (found["scores.csv-原有/里面.txt"], found["结果通知-原有"]) == (b"x", b"a file")
    assert at(office, SECOND).published.problems == ()


def test_evidence_that_is_filed_elsewhere_now_leaves_its_old_place(office: Office) -> None:
    inbox, outbox = office.config.folder("inbox"), outbox_of(office)
    drop(inbox, "金水/照片.jpg", b"\xff\xd8\xff 1")
    at(office, FIRST)
    assert [name for name in tree(outbox) if name.startswith("佐证材料/")] == ["佐证材料/金水区工商联/照片.jpg"]
    drop(outbox, "佐证材料/金水区工商联/说明.txt", "办公室写的".encode())
    (inbox / "金水").rename(inbox / "新郑")
    at(office, SECOND)
    assert [name for name in tree(outbox) if name.startswith("佐证材料/")] == ["佐证材料/新郑市工商联/照片.jpg", "佐证材料/金水区工商联/说明.txt"]


def test_half_written_files_of_killed_commands_are_left_behind(office: Office) -> None:
    drop(outbox_of(office), "forms/.~abc.tmp", b"half")
    drop(outbox_of(office), ".~中断/results.json", b"half")
    drop(outbox_of(office), "final/.~2014-abc/results.json", b"half")
    drop(outbox_of(office), ".~lock.笔记.odt#", b"open in LibreOffice")
    at(office, FIRST)
    assert {name for name in tree(outbox_of(office)) if ".~" in name} == {".~lock.笔记.odt#"}


def test_a_broken_template_keeps_all_its_documents_of_the_night_before(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    at(office, FIRST)
    letters = {name: (outbox_of(office) / name).read_bytes() for name in MADE if name.startswith("结果通知/")}

    def half(found: object, folder: Path) -> None:
        drop(folder, "结果通知-新郑市工商联.docx", b"new")
        raise TemplateFault("模板坏了")

    monkeypatch.setattr("kaohe.publish.jobs.letters", lambda found, _: [job("结果通知", half, found)])
    outcome = at(office, SECOND)
    assert outcome.published.problems == ("结果通知没有做成，outbox 里的仍是上一次的：模板坏了",)
    assert {name: (outbox_of(office) / name).read_bytes() for name in letters} == letters
    assert SECOND.isoformat() in (outbox_of(office) / "run-report.html").read_text()


def test_write_protected_folders_are_carried_over_and_the_former_ones_removed(office: Office) -> None:
    at(office, FIRST)
    drop(outbox_of(office), "定版/说明.txt", b"keep").parent.chmod(0o555)
    outbox_of(office).chmod(0o555)
    assert at(office, SECOND).published.problems == ()
    place = outbox_of(office) / "定版"
    assert (tree(place), place.stat().st_mode & 0o777) == ({"说明.txt": b"keep"}, 0o555)
    assert outbox_of(office).stat().st_mode & 0o777 == 0o755
    assert beside(office) == []


def test_what_comes_in_during_the_swap_is_brought_over(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    at(office, FIRST)
    outbox = outbox_of(office)
    drop(outbox, "笔记.txt", b"old")
    plain = swap.swap

    def busy(new: Path, place: Path) -> Path | None:
        drop(place, "刚放的/附件.txt", b"new")
        drop(place, "另存.txt", b"newer").replace(place / "笔记.txt")
        return plain(new, place)

    monkeypatch.setattr("kaohe.publish.outbox.swap", busy)
    at(office, SECOND)
    found = tree(outbox)
    assert (found["刚放的/附件.txt"], found["笔记.txt"]) == (b"new", b"newer")
    assert beside(office) == []


def test_what_cannot_be_brought_over_is_kept_and_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    at(office, FIRST)

    def fails(*_: object) -> None:
        raise OSError(errno.EACCES, "no")

    monkeypatch.setattr("kaohe.publish.outbox.late", fails)
    (problem,) = at(office, SECOND).published.problems
    assert problem.startswith("更新结果的同时有人往 outbox 里放了文件，没能带过去（没有权限）。")
    assert beside(office) == ["outbox-换下的-20150121-030005"]


# Where it cannot be swapped


@contextmanager
def in_use(number: int = errno.EACCES) -> Iterator[None]:
    """A file of the outbox is open in Excel: Windows renames no folder with an open file in it."""
    rename = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if path.name == "outbox":
            raise OSError(number, "in use", str(path))
        return rename(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(swap, "exchange", lambda one, other: False)
        patch.setattr(Path, "rename", refused)
        yield


def test_a_set_that_cannot_be_put_in_place_stands_beside(office: Office) -> None:
    at(office, FIRST)
    outbox, before = outbox_of(office), tree(outbox_of(office))
    drop(outbox, "笔记.txt", b"keep")
    with in_use():
        outcome = at(office, SECOND)
    place = outbox.with_name("outbox-新结果-20150121-030005")
    assert outcome.published.problems == (
        f"“{outbox}”没有更新（没有权限），里面仍是上一次的结果。这次的结果完整地放在“{place}”。请关闭“outbox”里正在 Excel、WPS 里打开的文件"
        "和打开着的文件夹窗口，下次运行会自动换好，并删掉那个新文件夹",
    )
    assert tree(outbox) == before | {"笔记.txt": b"keep"}
    assert set(tree(place)) == MADE | {"笔记.txt", MARKER}
    assert beside(office) == [place.name]
    assert at(office, THIRD).published.problems == ()
    assert beside(office) == []
    assert THIRD.isoformat() in (outbox / "run-report.html").read_text()


def test_only_the_newest_set_stands_beside(office: Office) -> None:
    at(office, FIRST)
    with in_use():
        at(office, SECOND)
        at(office, THIRD)
    assert beside(office) == ["outbox-新结果-20150122-030005"]


def test_a_set_beside_that_somebody_worked_in_and_folders_of_others_stay(office: Office) -> None:
    at(office, FIRST)
    with in_use():
        at(office, SECOND)
    drop(office.config.home, "outbox-新结果-20150121-030005/批注.txt", b"mine")
    drop(office.config.home, "outbox-新结果-我的/a.txt", b"mine")
    at(office, THIRD)
    assert beside(office) == ["outbox-新结果-20150121-030005", "outbox-新结果-我的"]


def test_an_outbox_that_is_a_disk_of_its_own_is_told(office: Office) -> None:
    at(office, FIRST)
    with in_use(errno.EBUSY):
        (problem,) = at(office, SECOND).published.problems
    assert problem.endswith("“outbox”是单独挂接的磁盘，不能整个替换，请在 config.toml 的 [folders] 里把 outbox 改成它下面的一个文件夹")


def test_a_file_in_the_place_of_the_outbox_is_told(office: Office) -> None:
    drop(office.config.home, "outbox", b"a file")
    with pytest.raises(FolderFault) as fault:
        at(office, FIRST)
    assert str(fault.value) == f"“{outbox_of(office)}”应当是放结果的文件夹，现在是一个文件。请把它改名或移走，再运行一次。"
    assert beside(office) == []


def test_a_full_disk_leaves_the_old_set_and_nothing_else(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    at(office, FIRST)
    before = tree(outbox_of(office))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr("kaohe.publish.report.write_report", full)
        with pytest.raises(FolderFault) as fault:
            at(office, SECOND)
    assert str(fault.value).startswith("制作“运行报告”没有做成：“")
    assert "”磁盘已满。收到的文件没有受影响；" in str(fault.value)
    assert (tree(outbox_of(office)), beside(office)) == (before, [])
    assert at(office, SECOND).published.problems == ()


# What killed runs leave


def test_a_set_aside_between_two_renames_is_put_back(tmp_path: Path) -> None:
    drop(tmp_path, ".~outbox.old/results.json", b"old")
    drop(tmp_path, ".~outbox.new-abc/results.json", b"new")
    swap.settle(tmp_path / "outbox")
    assert tree(tmp_path) == {"outbox/results.json": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["outbox"]


def test_what_was_made_meanwhile_is_not_lost_with_it(tmp_path: Path) -> None:
    """Another program made the outbox anew while the former one stood aside."""
    drop(tmp_path, ".~outbox.old/results.json", b"old")
    drop(tmp_path, ".~outbox.old/forms/甲.xlsx", b"old")
    drop(tmp_path, "outbox/forms/乙.xlsx", b"new")
    drop(tmp_path, "outbox/results.json", b"new")
    swap.settle(tmp_path / "outbox")
    assert tree(tmp_path) == {"outbox/results.json": b"new", "outbox/forms/甲.xlsx": b"old", "outbox/forms/乙.xlsx": b"new"}


def test_leftovers_of_another_outbox_are_not_touched(tmp_path: Path) -> None:
    for name in (".~outbox.gone-1/a", ".~outbox2.new-1/a", ".~outbox/a", ".~[x].new-1/a"):
        drop(tmp_path, name, b"")
    swap.settle(tmp_path / "outbox")
    assert sorted(tree(tmp_path)) == [".~[x].new-1/a", ".~outbox/a", ".~outbox2.new-1/a"]
    swap.settle(tmp_path / "[x]")
    assert sorted(tree(tmp_path)) == [".~outbox/a", ".~outbox2.new-1/a"]


def test_a_second_rename_that_fails_puts_the_first_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(tmp_path, "outbox/a", b"old")
    drop(tmp_path, "new/a", b"new")
    rename = Path.rename

    def refused(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise PermissionError(errno.EACCES, "in use")
        return rename(path, target)

    monkeypatch.setattr(swap, "exchange", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(PermissionError):
        swap.swap(tmp_path / "new", tmp_path / "outbox")
    assert tree(tmp_path) == {"outbox/a": b"old", "new/a": b"new"}


@pytest.mark.parametrize("one_step", [True, False])
def test_both_ways_of_swapping_end_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_step: bool) -> None:
    drop(tmp_path, "outbox/a", b"old")
    drop(tmp_path, ".~outbox.new-1/a", b"new")
    if not one_step:
        monkeypatch.setattr(swap, "exchange", lambda one, other: False)
    former = swap.swap(tmp_path / ".~outbox.new-1", tmp_path / "outbox")
    assert former is not None
    assert (tree(tmp_path / "outbox"), tree(former)) == ({"a": b"new"}, {"a": b"old"})
    swap.settle(tmp_path / "outbox")
    assert tree(tmp_path) == {"outbox/a": b"new"}


@pytest.mark.parametrize(("number", "outcome"), [(errno.ENOSYS, False), (errno.EINVAL, False), (errno.EACCES, None)])
def test_what_the_system_says_to_an_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, outcome: bool | None) -> None:
    def call(*_: Any) -> int:
        return -1

    monkeypatch.setattr(swap, "_renameat2", lambda: call)
    monkeypatch.setattr("ctypes.get_errno", lambda: number)
    if outcome is None:
        with pytest.raises(PermissionError):
            swap.exchange(tmp_path, tmp_path)
    else:
        assert swap.exchange(tmp_path, tmp_path) is outcome


def test_a_file_deleted_while_it_is_carried_over_is_no_fault(tmp_path: Path) -> None:
    carry.link_or_copy(tmp_path / "gone", tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_the_marker_names_what_was_put_there(office: Office) -> None:
    at(office, FIRST)
    with in_use():
        at(office, SECOND)
    (place,) = (path for path in office.config.home.glob("outbox-新结果-*"))
    listed = json.loads((place / MARKER).read_bytes())
    assert set(listed) == MADE
    assert listed["scores.csv"] == [(place / "scores.csv").stat().st_size, (place / "scores.csv").stat().st_mtime_ns]
