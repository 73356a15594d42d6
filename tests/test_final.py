"""The final set: exactly what is in it, what stands in its way, and that it is whole or not there."""

import errno
import hashlib
import json
import os
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from kaohe import __version__
from kaohe.config.loader import Office, load_office
from kaohe.progress import Silent
from kaohe.publish.documents import TemplateFault
from kaohe.publish.final import FinalFault, issue_final
from kaohe.publish.results import results_json, scores_csv
from kaohe.publish.standing import blockers, standing_note
from kaohe.scoring.scorecard import Assessment, Status
from tests.support.concluded import DECISION_FILE, ISSUED_AT, assessed, concluded, decision, issued, reviewed, stand_ins
from tests.support.forms import NOON, drop, filled, program_office, sound_fields, tree
from tests.support.sample import assessment as sample_assessment

SHORTS = [unit.short for unit in program_office().config.cohort]
BASIS = {"依据/config.toml", "依据/rules/2014/rulebook.toml", "依据/rules/2014/notice.txt"}
DATA = {"results.json", "scores.csv", "manifest.json"}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, Assessment, dict[str, bytes]]:
    """An office, its assessment and its final set, made by the real writers."""
    office = concluded(tmp_path_factory.mktemp("定稿"))
    assessment = assessed(office)
    folder = issued(office, assessment)
    assert folder == office.config.folder("outbox") / "final" / "2014"
    return office, assessment, tree(folder)


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Office, Assessment]:
    """An office about to issue its final set, with small files in place of workbook and documents."""
    stand_ins(monkeypatch)
    office = concluded(tmp_path)
    return office, assessed(office)


# What is in it


def test_the_files_of_a_set(real: tuple[Office, Assessment, dict[str, bytes]]) -> None:
    letters = {f"结果通知/结果通知-{short}.docx" for short in SHORTS}
    awards = {"表彰决定.docx", "荣誉证书/荣誉证书-先进单位-金水区工商联.docx"}
    assert set(real[2]) == {"2014年度考核汇总.xlsx", "2014年度考核结果通报.docx"} | letters | awards | DATA | BASIS


def test_data_and_basis_of_a_set(real: tuple[Office, Assessment, dict[str, bytes]]) -> None:
    office, assessment, made = real
    assert json.loads(made["results.json"])["status"] == "final"
    assert (made["results.json"], made["scores.csv"]) == (results_json(assessment), scores_csv(assessment))
    assert made["依据/config.toml"] == office.file.read_bytes()
    for name in ("rulebook.toml", "notice.txt"):
        assert made[f"依据/rules/2014/{name}"] == (office.rules / name).read_bytes()


def test_nothing_of_a_set_calls_itself_a_draft(real: tuple[Office, Assessment, dict[str, bytes]]) -> None:
    office_files = {name: data for name, data in real[2].items() if name.endswith((".xlsx", ".docx"))}
    assert len(office_files) == 2 + 12 + 2
    for name, data in office_files.items():
        with zipfile.ZipFile(BytesIO(data)) as package:
            parts = [package.read(part).decode(errors="replace") for part in package.namelist()]
        assert [word for word in ("送审稿", "预排名") if any(word in part for part in parts)] == [], name


def test_the_manifest(real: tuple[Office, Assessment, dict[str, bytes]]) -> None:
    office, assessment, made = real
    manifest = json.loads(made["manifest.json"])
    seal = manifest.pop("seal")
    inbox = tree(office.config.folder("inbox"))
    received = {
        DECISION_FILE: (120, "accepted", "采用（审定表）", None),
        "会议通知.doc": (0, "not_a_form", "不是电子表格，没有当作填报表读取", None),
        "新郑.xlsx": (90, "accepted", "采用", "xinzheng"),
        "重发/金水.xlsx": (30, "duplicate", "与“金水.xlsx”内容完全相同，按一份计", "jinshui"),
        "金水.xlsx": (60, "accepted", "采用", "jinshui"),
        "金水（第一次）.xlsx": (0, "superseded", "之后又收到“金水.xlsx”，以新的为准；填报内容有1处不同", "jinshui"),
    }
    assert manifest == {
        "format": 1,
        "program": __version__,
        "year": 2014,
        "issued": "2015-01-20T03:00:05",
        "rules_hash": assessment.rulebook.rules_hash,
        "readings": {reading.id: reading.taken for reading in office.rulebook.readings},
        "decision": DECISION_FILE,
        "files": [
            {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in sorted(made.items())
            if name != "manifest.json"
        ],
        "inputs": [
            {
                "name": name,
                "sha256": hashlib.sha256(inbox[name]).hexdigest(),
                "size": len(inbox[name]),
                "modified": NOON + later,
                "first_seen": NOON + 1000,
                "verdict": verdict,
                "reason": reason,
                "unit": unit,
                "inside": "",
            }
            for name, (later, verdict, reason, unit) in received.items()
        ],
    }
    unsealed = made["manifest.json"].replace(seal.encode(), b"")
    assert hashlib.sha256(unsealed).hexdigest() == seal


def test_without_awards_there_are_no_award_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_ins(monkeypatch)
    office = reviewed(tmp_path)
    drop(tmp_path / "inbox", DECISION_FILE, decision(office, awards=()))
    folder = issued(office, assessed(office))
    assert folder is not None
    pair = {"结果通知/甲.docx", "结果通知/乙.docx"}
    assert set(tree(folder)) == {"2014年度考核汇总.xlsx", "2014年度考核结果通报.docx"} | pair | DATA | BASIS


def test_a_set_can_be_read_by_others(quick: tuple[Office, Assessment]) -> None:
    folder = issued(*quick)
    assert folder is not None
    if os.name == "posix":
        assert folder.stat().st_mode & 0o777 == 0o755


# What stands in its way


def test_every_state_that_stands_in_the_way() -> None:
    assert blockers(sample_assessment()) == (
        "中原区工商联未报送：没有收到填报表（截止2014年12月31日）。请催报",
        "荥阳市工商联待更正（退回）：报送的文件不能采用：这是2013年度的填报表，本次考核2014年度。请该单位改用正确的表重报",
        "高新区工商联待核：三项前提条件尚未实地考核。请考核组实地核查后交回核查表",
        "登封市工商联待更正：有1处待更正，得分为暂计。请该单位更正后重报，或由考核组核定",
        "没有审定：收件箱里没有与现在的结果相符的审定表。请制作审定表，主席办公会议审定后放进收件箱",
    )


def test_no_decision_stands_in_the_way(tmp_path: Path) -> None:
    office = reviewed(tmp_path)
    found = assessed(office)
    assert blockers(found) == ("没有审定：收件箱里没有与现在的结果相符的审定表。请制作审定表，主席办公会议审定后放进收件箱",)
    assert issued(office, found) is None
    assert not (tmp_path / "outbox" / "final").exists()


def test_a_decision_that_does_not_approve_stands_in_the_way(tmp_path: Path) -> None:
    office = reviewed(tmp_path)
    drop(tmp_path / "inbox", DECISION_FILE, decision(office, approve="否"))
    found = assessed(office)
    assert blockers(found) == (f"审定没有通过：审定表“{DECISION_FILE}”里“是否审定通过”没有选“是”。请主席办公会议审定通过后重新交回",)
    assert issued(office, found) is None


def test_a_decision_with_an_error_stands_in_the_way(tmp_path: Path) -> None:
    office = reviewed(tmp_path)
    drop(tmp_path / "inbox", DECISION_FILE, decision(office, date=None))
    found = assessed(office)
    assert blockers(found) == (f"审定没有生效：审定表“{DECISION_FILE}”有1处错误：审定通过但没有会议日期（会议日期空白）。请改正后重新交回",)
    assert issued(office, found) is None


def test_a_decision_on_earlier_figures_stands_in_the_way(tmp_path: Path) -> None:
    office = concluded(tmp_path)
    drop(tmp_path / "inbox", "新郑（再报）.xlsx", filled("xinzheng", sound_fields(website_items=50)), NOON + 999)
    (line,) = blockers(assessed(office))
    found = "审定的不是现在的结果（审定表做出以后有变化：新郑市工商联的填报表）"
    assert line == f"审定没有生效：审定表“{DECISION_FILE}”有1处错误：{found}。请改正后重新交回"


def test_an_approval_that_has_not_taken_effect_stands_in_the_way(quick: tuple[Office, Assessment]) -> None:
    office, assessment = quick
    found = replace(assessment, status=Status.REVIEW)
    assert blockers(found) == ("审定没有生效：结果仍是送审稿。请核对审定表后再运行一次",)
    assert issued(office, found) is None


def test_nothing_stands_in_the_way_of_a_concluded_year(quick: tuple[Office, Assessment]) -> None:
    assert blockers(quick[1]) == ()


# Once issued


def test_an_issued_set_is_never_touched_again(quick: tuple[Office, Assessment]) -> None:
    office, assessment = quick
    assert standing_note(office.config) is None
    folder = issued(office, assessment)
    assert folder is not None
    before = tree(folder)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    drop(office.config.folder("inbox"), "二七.xlsx", filled("erqi", sound_fields()), NOON + 300)
    later = assessed(office)
    assert later.status is Status.REVIEW
    assert issued(office, later) is None
    assert issued(office, assessment) is None
    assert tree(folder) == before
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == times
    note = f"2014年度的正式结果已经生成，原样保存在 {folder}；以后收到的文件只改变 {office.config.folder('outbox')} 里的送审稿，不改变正式结果"
    assert standing_note(office.config) == note


def test_even_a_damaged_set_is_left_as_it_is(quick: tuple[Office, Assessment]) -> None:
    office, assessment = quick
    drop(office.config.folder("outbox"), "final/2014/只剩这个.txt", b"x")
    assert issued(office, assessment) is None
    assert tree(office.config.folder("outbox") / "final") == {"2014/只剩这个.txt": b"x"}


@pytest.mark.parametrize("blocked", [False, True])
def test_what_an_interrupted_run_left_is_removed(quick: tuple[Office, Assessment], *, blocked: bool) -> None:
    office, assessment = quick
    final = office.config.folder("outbox") / "final"
    drop(final, ".~2014-abc/结果通知/甲.docx", b"half")
    drop(final, "2013/manifest.json", b"another year")
    folder = issued(office, replace(assessment, decision=None) if blocked else assessment)
    assert (folder is None) == blocked
    assert sorted(path.name for path in final.iterdir()) == (["2013"] if blocked else ["2013", "2014"])


# What goes wrong


class Full:
    """A writer on a disk without room."""

    def __call__(self, *_: Any) -> None:
        raise OSError(errno.ENOSPC, "磁盘空间不足")


class Torn:
    """A writer whose template cannot be used."""

    def __call__(self, *_: Any) -> None:
        raise TemplateFault("模板 x.docx 打不开")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("writer", "title"),
    [
        ("write_workbook", "考核汇总工作簿"),
        ("write_notice", "考核结果通报"),
        ("write_letters", "结果通知"),
        ("write_award_decision", "表彰决定"),
        ("write_certificates", "荣誉证书"),
        ("set_files", "manifest.json"),
        ("results_json", "results.json、scores.csv"),
        ("_flush", "整套文件"),
    ],
)
def test_a_fault_anywhere_leaves_nothing(quick: tuple[Office, Assessment], monkeypatch: pytest.MonkeyPatch, writer: str, title: str) -> None:
    office, assessment = quick
    with monkeypatch.context() as patch:
        patch.setattr(f"kaohe.publish.final.{writer}", Full())
        with pytest.raises(FinalFault) as told:
            issued(office, assessment)
    assert str(told.value) == f"没有生成正式结果：{title}没有写成（磁盘已满）。请排除后再运行一次"
    assert list((office.config.folder("outbox") / "final").iterdir()) == []
    assert issued(office, assessment) is not None


def test_a_template_fault_leaves_nothing(quick: tuple[Office, Assessment], monkeypatch: pytest.MonkeyPatch) -> None:
    office, assessment = quick
    monkeypatch.setattr("kaohe.publish.final.write_letters", Torn())
    with pytest.raises(FinalFault) as told:
        issued(office, assessment)
    assert str(told.value) == "没有生成正式结果：结果通知没有做成。模板 x.docx 打不开"
    assert list((office.config.folder("outbox") / "final").iterdir()) == []


def test_a_workbook_that_cannot_be_opened_is_told(quick: tuple[Office, Assessment], monkeypatch: pytest.MonkeyPatch) -> None:
    from kaohe.publish.workbook import write_workbook

    office, assessment = quick
    monkeypatch.setattr("kaohe.publish.final.write_workbook", lambda found, path: write_workbook(found, path.parent / "没有" / path.name))
    with pytest.raises(FinalFault) as told:
        issued(office, assessment)
    assert str(told.value).startswith("没有生成正式结果：考核汇总工作簿没有写成（")
    assert list((office.config.folder("outbox") / "final").iterdir()) == []


def test_a_place_that_cannot_be_made_is_told(quick: tuple[Office, Assessment]) -> None:
    office, assessment = quick
    drop(office.config.folder("outbox"), "final", b"a file")
    with pytest.raises(FinalFault) as told:
        issued(office, assessment)
    assert str(told.value) == "没有生成正式结果：存放的文件夹没有写成（已经有同名的文件）。请排除后再运行一次"


def test_an_interrupt_leaves_nothing(quick: tuple[Office, Assessment], monkeypatch: pytest.MonkeyPatch) -> None:
    office, assessment = quick

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kaohe.publish.final.write_notice", interrupted)
    with pytest.raises(KeyboardInterrupt):
        issued(office, assessment)
    assert list((office.config.folder("outbox") / "final").iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("growth_high_percent = 100 ", "growth_high_percent = 50 "),
        ('all-conditions = "both"', 'all-conditions = "neither"'),
        ("year = 2014", "year = ["),
    ],
    ids=["another limit", "an unknown choice", "no TOML"],
)
def test_a_configuration_changed_meanwhile_is_told(quick: tuple[Office, Assessment], old: str, new: str) -> None:
    office, assessment = quick
    text = office.file.read_text(encoding="utf-8")
    assert old in text
    office.file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FinalFault) as told:
        issued(office, assessment)
    assert str(told.value) == "没有生成正式结果：设置或规则在这次运行期间改动过，请再运行一次"
    assert list((office.config.folder("outbox") / "final").iterdir()) == []


def test_rules_changed_meanwhile_are_told(quick: tuple[Office, Assessment], tmp_path: Path) -> None:
    office, assessment = quick
    rules = tmp_path / "别的规则"
    for name in ("rulebook.toml", "notice.txt"):
        text = (office.rules / name).read_text(encoding="utf-8")
        drop(rules, name, text.replace("earns = 8", "earns = 7").replace('version = "', 'version = "x').encode())
    with pytest.raises(FinalFault) as told:
        issue_final(assessment, config_file=office.file, rules_folder=rules, now=ISSUED_AT, reporter=Silent())
    assert str(told.value) == "没有生成正式结果：设置或规则在这次运行期间改动过，请再运行一次"
    assert load_office(office.file).rulebook.rules_hash == assessment.rulebook.rules_hash


# On the disk


@pytest.mark.skipif(os.name != "posix", reason="folders are flushed on POSIX only")
def test_everything_is_on_the_disk_before_the_set_takes_its_place(quick: tuple[Office, Assessment], monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: set[int] = set()
    waiting: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def note(handle: int) -> None:
        flushed.add(os.fstat(handle).st_ino)
        fsync(handle)

    def put(path: Path, target: Path) -> Path:
        waiting.extend(p.name for p in (path, path.parent, *path.rglob("*")) if p.stat().st_ino not in flushed)
        flushed.clear()
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(Path, "rename", put)
    folder = issued(*quick)
    assert folder is not None
    assert waiting == []
    assert flushed == {folder.parent.stat().st_ino}
