"""Verifying a final set: a sound one passes, and whatever was changed is named."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pipeline
from kaohe.config.loader import Office, load_office
from kaohe.intake.arrival import Arrival
from kaohe.ledger import Ledger
from kaohe.publish.frozen import Manifest, read_manifest, set_file
from kaohe.verify import verify
from kaohe.year_log import issued_event, issued_seal
from tests.support.concluded import DECISION_FILE, ISSUED_AT, assessed, concluded, issued, stand_ins
from tests.support.forms import NOON, drop, filled, sound_fields, tree

SET_FILES = [
    "2014年度考核汇总.xlsx",
    "2014年度考核结果通报.docx",
    "结果通知/甲.docx",
    "荣誉证书/证书.docx",
    "表彰决定.docx",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an office that issued its final set, with its own copy of the rules. Tests work on copies."""
    folder = tmp_path_factory.mktemp("签发")
    with pytest.MonkeyPatch.context() as patch:
        stand_ins(patch)
        office = concluded(folder)
        shutil.copytree(office.rules, folder / "rules" / "2014")
        office = load_office(office.file)
        assert issued(office, assessed(office)) is not None
    return folder


@pytest.fixture
def office(home: Path, tmp_path: Path) -> Office:
    """A copy of that office to be tampered with."""
    shutil.copytree(home, tmp_path / "office")
    return load_office(tmp_path / "office" / "config.toml")


def final(office: Office) -> Path:
    return office.config.folder("outbox") / "final" / "2014"


def flip(path: Path, at: int = -2) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def swap(path: Path, old: str, new: str) -> None:
    """Change one place of a text."""
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())


def archived(office: Office, name: str) -> tuple[Path, str]:
    """Where the archive keeps a file of the inbox, and its hash."""
    sha = hashlib.sha256((office.config.folder("inbox") / name).read_bytes()).hexdigest()
    return Ledger(office.config.folder("state")).archived(sha), sha


def forge(office: Office, change: Callable[[dict[str, Any]], object], **manifest: Any) -> None:
    """Change results.json, and make the manifest and its seal agree with it."""
    results = final(office) / "results.json"
    data = json.loads(results.read_bytes())
    change(data)
    results.write_bytes((json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())
    reseal(office, **manifest)


def reseal(office: Office, **changes: Any) -> None:
    """A manifest with a good seal that agrees with the files as they now are."""
    path = final(office) / "manifest.json"
    manifest = Manifest.model_validate_json(path.read_bytes())
    files = tuple(set_file(file.name, (final(office) / file.name).read_bytes()) for file in manifest.files)
    path.write_bytes(manifest.model_copy(update={"files": files} | changes).sealed())


# Sound


def test_a_sound_set_has_no_differences_and_is_not_touched(office: Office) -> None:
    before = tree(office.config.home)
    assert verify(office, 2014) == ()
    assert tree(office.config.home) == before


def test_what_happens_after_the_issue_changes_nothing(office: Office) -> None:
    drop(office.config.folder("inbox"), "新郑（再报）.xlsx", filled("xinzheng", sound_fields(website_items=50)), NOON + 5000)
    assessed(office, NOON + 9000)
    shutil.rmtree(office.config.folder("inbox"))
    (office.config.folder("state") / "ledger.sqlite3").unlink()
    swap(office.file, 'all-conditions = "both"', 'all-conditions = "split"')
    assert verify(load_office(office.file), 2014) == ()


def test_a_file_that_could_not_be_opened_is_no_difference(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_ins(monkeypatch)
    shutil.rmtree(final(office))
    locked = Arrival("总结.xlsx", None, "", 0, "读不出来（另一个程序正在使用此文件），可能正被别的程序打开，请关闭后再运行")
    assert issued(office, assessed(office, unreadable=locked)) is not None
    manifest = Manifest.model_validate_json((final(office) / "manifest.json").read_bytes())
    assert (manifest.inputs[-1].name, manifest.inputs[-1].sha256, manifest.inputs[-1].reason) == ("总结.xlsx", "", locked.reason)
    assert verify(office, 2014) == ()


# The set


def test_no_set(office: Office) -> None:
    shutil.rmtree(final(office))
    assert verify(office, 2014) == (f"没有2014年度的正式结果：找不到文件夹 {final(office)}",)


@pytest.mark.parametrize("name", SET_FILES)
def test_one_byte_of_a_document(office: Office, name: str) -> None:
    flip(final(office) / name)
    assert verify(office, 2014) == (f"正式结果的文件改动过：{name}",)


def test_one_byte_of_the_results(office: Office) -> None:
    swap(final(office) / "results.json", '"place": 1,', '"place": 9,')
    assert verify(office, 2014) == ("正式结果的文件改动过：results.json", "results.json 与重算不同：新郑市工商联的位次（正式结果9，重算1）")


def test_results_that_are_no_longer_json(office: Office) -> None:
    flip(final(office) / "results.json", 0)
    assert verify(office, 2014) == ("正式结果的文件改动过：results.json", "results.json 与重算不同，而且已经不完整，无法逐项比较")


def test_one_byte_of_the_scores(office: Office) -> None:
    flip(final(office) / "scores.csv", -3)
    assert verify(office, 2014) == ("正式结果的文件改动过：scores.csv", "scores.csv 与重算不同")


def test_one_byte_of_the_kept_configuration(office: Office) -> None:
    swap(final(office) / "依据" / "config.toml", "# 考核流水线", "# 考核流水縿")
    assert verify(office, 2014) == ("正式结果的文件改动过：依据/config.toml",)


def test_a_kept_configuration_that_gives_other_scores(office: Office) -> None:
    swap(final(office) / "依据" / "config.toml", "start = 2014-01-01", "start = 2014-06-01")
    lines = verify(office, 2014)
    assert lines[0] == "正式结果的文件改动过：依据/config.toml"
    assert any(line.startswith("results.json 与重算不同：新郑市工商联的") and "3.2（正式结果1分，重算0分）" in line for line in lines)


def test_a_kept_configuration_that_cannot_be_used(office: Office) -> None:
    swap(final(office) / "依据" / "config.toml", "year = 2014 ", "year = 甲 ")
    assert verify(office, 2014) == (
        "正式结果的文件改动过：依据/config.toml",
        "正式结果的依据不能用，没有重算：config.toml:4：这一行不合 TOML 写法，请检查引号、方括号、等号是否成对、是否用了中文标点",
    )


def test_kept_readings_that_do_not_exist(office: Office) -> None:
    swap(final(office) / "依据" / "config.toml", 'all-conditions = "both"', 'all-conditions = "neither"')
    assert verify(office, 2014) == (
        "正式结果的文件改动过：依据/config.toml",
        "正式结果的依据不能用，没有重算：config.toml:1：设置的内容有误，或者与规则不配套",
    )


def test_one_byte_of_the_kept_rules(office: Office) -> None:
    flip(final(office) / "依据" / "rules" / "2014" / "rulebook.toml", 0)
    lines = verify(office, 2014)
    assert lines[0] == "正式结果的文件改动过：依据/rules/2014/rulebook.toml"


def test_one_byte_of_the_kept_notice(office: Office) -> None:
    path = final(office) / "依据" / "rules" / "2014" / "notice.txt"
    path.write_bytes(path.read_bytes() + b"\n")
    assert verify(office, 2014) == ("正式结果的文件改动过：依据/rules/2014/notice.txt",)


def test_one_byte_of_the_manifest(office: Office) -> None:
    swap(final(office) / "manifest.json", "2015-01-20T03:00:05", "2015-01-21T03:00:05")
    assert verify(office, 2014) == ("正式结果的文件改动过：manifest.json",)


def test_every_byte_of_the_manifest_matters(office: Office) -> None:
    path = final(office) / "manifest.json"
    data = path.read_bytes()
    for at in range(0, len(data), 97):
        changed = bytearray(data)
        changed[at] ^= 1
        try:
            sound = Manifest.model_validate_json(bytes(changed)).sealed() == bytes(changed)
        except ValueError:
            continue
        assert not sound, at


@pytest.mark.parametrize("text", ["", "{}", '{"format": 2}', "[]"])
def test_a_manifest_that_cannot_be_read(office: Office, text: str) -> None:
    (final(office) / "manifest.json").write_text(text)
    assert verify(office, 2014) == ("正式结果的 manifest.json 改动过，已经读不懂，无法核对",)


def test_no_manifest(office: Office) -> None:
    (final(office) / "manifest.json").unlink()
    assert verify(office, 2014) == ("正式结果的 manifest.json 读不出来（找不到），无法核对",)


def test_files_added_and_removed(office: Office) -> None:
    (final(office) / "结果通知" / "乙.docx").unlink()
    drop(final(office), "结果通知/丙.docx", b"new")
    drop(final(office), "~$2014年度考核汇总.xlsx", b"open")
    (final(office) / "空").mkdir()
    assert verify(office, 2014) == (
        "正式结果多出文件：~$2014年度考核汇总.xlsx（有人正打开着正式结果，关闭后会自动消失）",
        "正式结果多出文件夹：空",
        "正式结果多出文件：结果通知/丙.docx",
        "正式结果缺少文件：结果通知/乙.docx",
    )


@pytest.mark.skipif(os.name != "posix", reason="Windows makes links only with special rights")
def test_a_link_in_place_of_a_file(office: Office, tmp_path: Path) -> None:
    (final(office) / "表彰决定.docx").rename(tmp_path / "表彰决定.docx")
    (final(office) / "表彰决定.docx").symlink_to(tmp_path / "表彰决定.docx")
    assert verify(office, 2014) == ("正式结果的文件改动过：表彰决定.docx",)


def test_a_set_in_the_folder_of_another_year(office: Office) -> None:
    final(office).rename(final(office).with_name("2015"))
    lines = verify(office, 2015)
    assert lines[:2] == ("正式结果是2014年度的，却放在2015年度的文件夹里", "现在找不到2015年度的规则，无法与正式结果的依据比较")
    assert lines[2].startswith("正式结果的依据不能用，没有重算：")


# The archive and the rules


@pytest.mark.parametrize("name", ["新郑.xlsx", "金水（第一次）.xlsx", "会议通知.doc", DECISION_FILE])
def test_one_byte_of_an_archived_file(office: Office, name: str) -> None:
    path, sha = archived(office, name)
    flip(path)
    assert verify(office, 2014) == (f"存档里收到的文件“{name}”改动过（{sha}），没有重算",)


def test_an_archived_file_that_is_gone(office: Office) -> None:
    path, sha = archived(office, "金水.xlsx")
    path.unlink()
    assert verify(office, 2014) == (
        f"存档里没有收到的文件“重发/金水.xlsx”（{sha}），没有重算",
        f"存档里没有收到的文件“金水.xlsx”（{sha}），没有重算",
    )


@pytest.mark.parametrize("name", ["rulebook.toml", "notice.txt"])
def test_one_byte_of_the_rules(office: Office, name: str) -> None:
    path = office.rules / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert verify(office, 2014) == (f"现在的规则文件与正式结果的依据不同：{path}",)


def test_rules_that_are_gone(office: Office) -> None:
    (office.rules / "notice.txt").unlink()
    assert verify(office, 2014) == (f"现在的规则文件读不出来：{office.rules / 'notice.txt'}",)


def test_last_year_is_verified_from_this_years_office(office: Office) -> None:
    later = Office(office.config.model_copy(update={"year": 2015}), office.rulebook, office.file, office.rules)
    assert verify(later, 2014) == ()
    flip(office.rules / "notice.txt")
    assert verify(later, 2014) == (f"现在的规则文件与正式结果的依据不同：{office.rules / 'notice.txt'}",)


# What the ledger remembers


def remember(office: Office) -> str:
    """The ledger notes the issue as a run does; returns the seal."""
    seal = read_manifest(final(office)).seal
    Ledger(office.config.folder("state")).log([issued_event(NOON, final(office), seal)])
    return seal


def test_the_ledger_knows_the_seal(office: Office) -> None:
    assert issued_seal(Ledger(office.config.folder("state")), 2014) is None
    seal = remember(office)
    assert issued_seal(Ledger(office.config.folder("state")), 2014) == seal
    assert issued_seal(Ledger(office.config.folder("state")), 2013) is None
    assert verify(office, 2014) == ()


def test_a_whole_set_forged_consistently_is_caught_by_the_ledger(office: Office) -> None:
    """The notification is exchanged, and the manifest agrees with it in every respect."""
    remember(office)
    path = final(office) / "2014年度考核结果通报.docx"
    path.write_bytes("另一份通报".encode())
    reseal(office)
    assert verify(office, 2014) == ("manifest.json 不是生成时的那一份：与台账记下的校验码不同",)


def test_the_last_issue_counts(office: Office) -> None:
    ledger = Ledger(office.config.folder("state"))
    ledger.log([issued_event(NOON - 9, final(office), "0" * 64)])
    assert verify(office, 2014) == ("manifest.json 不是生成时的那一份：与台账记下的校验码不同",)
    remember(office)
    assert verify(office, 2014) == ()


def test_the_command_says_when_the_ledger_knows_nothing_of_the_issue(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    note = "台账里没有这套正式结果的记录（台账可能重建过），清单没有与台账比对。"
    assert pipeline.main(["-c", str(office.file), "verify"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [note]
    remember(office)
    assert pipeline.main(["-c", str(office.file), "verify"]) == 0
    assert note not in capsys.readouterr().out


# Forged


def test_forged_points_are_caught_by_scoring_again(office: Office) -> None:
    def change(data: dict[str, Any]) -> None:
        unit = next(unit for unit in data["units"] if unit["code"] == "xinzheng")
        item = next(item for item in unit["items"] if item["id"] == "3.2")
        unit["place"], item["points"] = 9, 5

    forge(office, change)
    place = next(c.place for c in assessed(office).cards if c.unit.code == "xinzheng")
    assert verify(office, 2014) == (f"results.json 与重算不同：新郑市工商联的位次（正式结果9，重算{place}）、3.2（正式结果5分，重算1分）",)


def test_a_forged_reason_is_caught(office: Office) -> None:
    forge(office, lambda data: data["units"][0]["items"][0].update(why="改了"))
    (line,) = verify(office, 2014)
    assert line.endswith("的1.1（得分相同，依据不同）")


def test_forged_lists_of_units_are_caught(office: Office) -> None:
    def change(data: dict[str, Any]) -> None:
        data["units"].reverse()

    forge(office, change)
    assert verify(office, 2014) == ("results.json 与重算不同：单位的次序",)


def test_a_unit_exchanged_for_another_is_caught(office: Office) -> None:
    forge(office, lambda data: data["units"][-1].update(code="nowhere"))
    last = assessed(office).cards[-1].unit.short
    assert verify(office, 2014) == (f"results.json 缺少单位：{last}", "results.json 多出单位：nowhere")


def test_a_forged_status_is_caught(office: Office) -> None:
    forge(office, lambda data: data.update(status="review"))
    assert verify(office, 2014) == ("results.json 与重算不同：状态",)


def test_the_same_results_written_otherwise_are_caught(office: Office) -> None:
    path = final(office) / "results.json"
    path.write_bytes(path.read_bytes() + b"\n")
    reseal(office)
    assert verify(office, 2014) == ("results.json 与重算的写法不同，得分和位次一样",)


def test_a_forged_manifest_is_caught(office: Office) -> None:
    manifest = Manifest.model_validate_json((final(office) / "manifest.json").read_bytes())
    inputs = tuple(i.model_copy(update={"verdict": "accepted"}) if i.name == "会议通知.doc" else i for i in manifest.inputs)
    readings = manifest.readings | {"all-conditions": "split"}
    reseal(office, inputs=inputs, readings=readings, decision="别的.xlsx", rules_hash="0" * 16)
    assert verify(office, 2014) == (
        "manifest.json 与重算不同：规则",
        "manifest.json 与重算不同：口径",
        "manifest.json 与重算不同：审定表",
        "manifest.json 与重算不同：收到的文件“会议通知.doc”",
    )


def test_differences_under_another_version_of_the_program_say_so(office: Office) -> None:
    forge(office, lambda data: data.update(status="review"), program="0.0.9")
    first, second = verify(office, 2014)
    assert first == "results.json 与重算不同：状态"
    assert second.startswith("正式结果是程序 0.0.9 版做的，现在是 ")


def test_the_time_of_issue_is_the_one_given(office: Office) -> None:
    manifest = Manifest.model_validate_json((final(office) / "manifest.json").read_bytes())
    assert manifest.issued == ISSUED_AT.isoformat()


def test_what_was_never_looked_into_is_verified_as_it_was_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link, a download that broke off and one under way, a program among the evidence: their verdicts depend on the day, or on no content."""
    stand_ins(monkeypatch)
    office, inbox, now = concluded(tmp_path), tmp_path / "inbox", int(ISSUED_AT.timestamp())
    try:
        (inbox / "链接.xlsx").symlink_to(inbox / "金水.xlsx")
    except OSError:
        pytest.skip("这个系统不让建链接")
    drop(inbox, "断了.xlsx.part", b"1", now - 100_000)
    drop(inbox, "正在下载.xlsx.part", b"1", now - 60)
    drop(inbox, "没传完.xlsx", b"PK\x03\x04", now - 60)
    drop(inbox, "重发/安装.exe", b"MZ\x00" + bytes(100), NOON)
    found = assessed(office, present=now)
    assert {file.name: file.verdict.value for file in found.files if file.verdict.value not in ("accepted", "superseded", "duplicate")} == {
        "会议通知.doc": "not_a_form",
        "断了.xlsx.part": "stalled",
        "正在下载.xlsx.part": "arriving",
        "没传完.xlsx": "arriving",
        "链接.xlsx": "refused",
        "重发/安装.exe": "suspect",
    }
    assert issued(office, found) is not None
    assert verify(office, 2014) == ()
