"""The nightly run on an office's folder: the same in gives the same out, and nothing that goes wrong stops it."""

import csv
import errno
import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from kaohe.config.loader import Office, load_office
from kaohe.files import FolderFault
from kaohe.intake.arrival import Arrival
from kaohe.intake.look import Inner, Look
from kaohe.intake.record import Verdict
from kaohe.intake.workers import Examiner, here
from kaohe.ledger import Ledger
from kaohe.progress import Silent
from kaohe.run import AlreadyRunning, Outcome, run
from kaohe.store import Store
from kaohe.survey import check_files, survey
from tests.support.forms import NOON, drop, filled, office_folder, passed_gate, sound_fields, tree
from tests.test_unpack import mail

FIRST_NIGHT, SECOND_NIGHT = datetime(2014, 12, 8, 3, 0, 5), datetime(2014, 12, 9, 3, 0, 7)
DOCUMENT_NAMES = ("2014年度考核汇总.xlsx", "2014年度考核结果通报(送审稿).docx", "results.json", "run-report.html", "scores.csv")
SHORTS = ["新郑市", "金水区", "中原区", "荥阳市", "上街区", "高新区", "登封市", "新密市", "管城区", "中牟县", "二七区", "惠济区"]
ARTICLE = {"title": "民营经济综述", "outlet": "郑州日报", "date": date(2014, 5, 6)}


@dataclass
class Nights:
    """One office's folder through four runs: two alike, the third after the ledger was lost, the fourth distrusting all that is known."""

    office: Office
    home: Path
    outcomes: list[Outcome]
    outboxes: list[dict[str, bytes]]
    states: list[dict[str, bytes]]
    inbox: dict[str, bytes]


def fill_inbox(inbox: Path) -> None:
    """Two sound forms, one with an error, one sent twice, one of another year, one foreign file."""
    drop(inbox, "新郑.xlsx", filled("xinzheng", sound_fields(website_items=120), {"articles": [ARTICLE]}), NOON)
    drop(inbox, "二七/表.xlsx", filled("erqi", sound_fields(tasks_done=False)), NOON + 1)
    drop(inbox, "惠济.xlsx", filled("huiji", sound_fields(townships_total=12, townships_with_chamber=15)), NOON + 2)
    drop(inbox, "金水（第一次）.xlsx", filled("jinshui", sound_fields(website_items=61)), NOON + 3)
    drop(inbox, "金水.xlsx", filled("jinshui", sound_fields(website_items=130)), NOON + 4)
    drop(inbox, "荥阳.xlsx", filled("xingyang", sound_fields(), machine={"year": "2013"}), NOON + 5)
    drop(inbox, "会议通知.doc", "请按时参加".encode(), NOON + 6)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    home = tmp_path_factory.mktemp("夜里")
    config = office_folder(home, passed_gate("xinzheng", "erqi", "huiji", "jinshui"))
    fill_inbox(home / "inbox")
    inbox = tree(home / "inbox")
    found = Nights(load_office(config), home, [], [], [], inbox)
    for n, night in enumerate((FIRST_NIGHT, SECOND_NIGHT, FIRST_NIGHT, SECOND_NIGHT)):
        if n == 2:
            (home / "state" / "ledger.sqlite3").unlink()
        found.outcomes.append(run(load_office(config), night, Silent(), rehash=n == 3))
        found.outboxes.append(tree(home / "outbox"))
        found.states.append(tree(home / "state"))
    return found


@pytest.fixture
def small(tmp_path: Path) -> Office:
    """An office with one form in its inbox."""
    config = office_folder(tmp_path)
    drop(tmp_path / "inbox", "惠济.xlsx", filled("huiji", sound_fields(townships_total=12, townships_with_chamber=15)))
    return load_office(config)


# The same again


def test_what_a_run_makes(nights: Nights) -> None:
    letters = {f"结果通知/结果通知-{short}工商联.docx" for short in SHORTS}
    made = set(nights.outboxes[0])
    assert made - letters - {name for name in made if name.startswith("更正通知/")} == set(DOCUMENT_NAMES)
    assert letters < made
    assert {name for name in made if "惠济" in name} == {
        "更正通知/更正通知-惠济区工商联.txt",
        "更正通知/更正通知-惠济区工商联.xlsx",
        "结果通知/结果通知-惠济区工商联.docx",
    }
    assert set(nights.outcomes[0].published.files) == made
    assert nights.outcomes[0].published.problems == ()


def test_a_second_run_changes_nothing(nights: Nights) -> None:
    assert nights.outboxes[1] == nights.outboxes[0]


def test_everything_made_again_differs_in_the_time_of_the_report_alone(nights: Nights) -> None:
    first, second = dict(nights.outboxes[0]), dict(nights.outboxes[3])
    report, again = first.pop("run-report.html").decode(), second.pop("run-report.html").decode()
    assert list(first) == list(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert report != again
    assert report.replace("2014年12月8日 03:00:05", "2014年12月9日 03:00:07") == again
    assert report.count("2014年12月8日 03:00:05") == 1


def test_without_the_ledger_the_results_are_the_same(nights: Nights) -> None:
    assert nights.outboxes[2] == nights.outboxes[0]
    assert nights.outboxes[2]["results.json"] == nights.outboxes[0]["results.json"]


def test_the_inbox_is_left_as_it_was(nights: Nights) -> None:
    assert tree(nights.home / "inbox") == nights.inbox
    assert [int(path.stat().st_mtime) - NOON for path in sorted((nights.home / "inbox").glob("*.xlsx"))] == [2, 0, 5, 4, 3]


def test_nothing_is_left_beside_the_outputs(nights: Nights) -> None:
    assert sorted(path.name for path in nights.home.iterdir()) == ["config.toml", "inbox", "outbox", "state"]
    assert sorted(path.name for path in (nights.home / "outbox").iterdir() if path.name.startswith(".")) == []


def test_the_archive_holds_every_file_by_its_content(nights: Nights) -> None:
    hashes = {hashlib.sha256(data).hexdigest(): data for data in nights.inbox.values()}
    for state in nights.states:
        assert {name: data for name, data in state.items() if name.startswith("archive/")} == {
            f"archive/{sha[:2]}/{sha}": data for sha, data in hashes.items()
        }


def test_the_ledger_remembers_when_each_content_was_first_seen(nights: Nights, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(nights.states[1]["ledger.sqlite3"])
    rows = sqlite3.connect(tmp_path / "ledger.sqlite3").execute("SELECT name, sha256, first_seen, size FROM received ORDER BY name").fetchall()
    first = int(FIRST_NIGHT.timestamp())
    assert rows == sorted((name, hashlib.sha256(data).hexdigest(), first, len(data)) for name, data in nights.inbox.items())


# Results for other programs


def test_results_have_the_structure_that_programs_rely_on(nights: Nights) -> None:
    results = json.loads(nights.outboxes[0]["results.json"])
    assert list(results) == ["year", "status", "rulebook", "units", "findings", "files"]
    assert list(results["rulebook"]) == ["version", "hash", "readings"]
    unit = ["code", "name", "short", "group", "state", "reason", "file", "total", "place", "capped", "uncapped", "bonus", "items"]
    assert {tuple(entry) for entry in results["units"]} == {tuple(unit)}
    assert {tuple(item) for entry in results["units"] for item in entry["items"]} == {
        ("id", "points", "max", "self_points", "verified_points", "reason", "state", "why", "inputs")
    }
    assert {tuple(source) for e in results["units"] for i in e["items"] for source in i["inputs"]} == {("id", "sheet", "cell", "raw", "value")}
    finding = "code severity title unit file sheet cell field label found expected action clause items settled"
    assert {tuple(entry) for entry in results["findings"]} == {tuple(finding.split())}
    assert {tuple(entry) for entry in results["files"]} == {("name", "sha256", "unit", "verdict", "reason", "changes", "notes", "inside")}
    assert {tuple(change) for entry in results["files"] for change in entry["changes"]} == {("sheet", "cell", "label", "before", "after")}
    assert [len(entry["items"]) for entry in results["units"]] == [59] * 12
    assert (results["year"], results["status"]) == (2014, "preliminary")


def by_code(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["code"]: entry for entry in results["units"]}


def test_results_of_this_night(nights: Nights) -> None:
    results = json.loads(nights.outboxes[0]["results.json"])
    units = by_code(results)
    states = {code: unit["state"] for code, unit in units.items()}
    expected = dict.fromkeys(states, "missing")
    assert states == expected | {"xinzheng": "valid", "erqi": "valid", "huiji": "incomplete", "jinshui": "valid", "xingyang": "rejected"}
    assert [(unit["place"], unit["total"]) for unit in results["units"][4:]] == [(None, None)] * 8
    items = {item["id"]: item for item in units["huiji"]["items"]}
    assert items["6.2"] == {
        "id": "6.2",
        "points": 0,
        "max": 2,
        "self_points": 0,
        "verified_points": None,
        "reason": "",
        "state": "blocked",
        "why": "“已建商会的乡镇、街道数”待更正，更正前计0分。",
        "inputs": [
            {"id": "townships_total", "sheet": "填报表", "cell": "D62", "raw": "12", "value": "12"},
            {"id": "townships_with_chamber", "sheet": "填报表", "cell": "D63", "raw": "15", "value": ""},
        ],
    }
    blocking = [entry for entry in results["findings"] if entry["severity"] == "错误"]
    assert blocking == [
        {
            "code": "V-301",
            "severity": "错误",
            "title": "实际数大于总数",
            "unit": "huiji",
            "file": "惠济.xlsx",
            "sheet": "填报表",
            "cell": "D63",
            "field": "townships_with_chamber",
            "label": "已建商会的乡镇、街道数",
            "found": "填了 15，而“乡镇、街道总数”（D62）填了 12",
            "expected": "不大于 12",
            "action": "请核对这两个数，改正填错的一个",
            "clause": "（六）2",
            "items": ["6.2"],
            "settled": False,
        }
    ]


def test_every_file_has_its_verdict_in_the_results(nights: Nights) -> None:
    files = {entry["name"]: entry for entry in json.loads(nights.outboxes[0]["results.json"])["files"]}
    assert {name: (entry["verdict"], entry["unit"]) for name, entry in files.items()} == {
        "二七/表.xlsx": ("accepted", "erqi"),
        "会议通知.doc": ("not_a_form", None),
        "惠济.xlsx": ("accepted", "huiji"),
        "新郑.xlsx": ("accepted", "xinzheng"),
        "荥阳.xlsx": ("wrong_year", "xingyang"),
        "金水.xlsx": ("accepted", "jinshui"),
        "金水（第一次）.xlsx": ("superseded", "jinshui"),
    }
    assert files["金水（第一次）.xlsx"] == {
        "name": "金水（第一次）.xlsx",
        "sha256": hashlib.sha256(nights.inbox["金水（第一次）.xlsx"]).hexdigest(),
        "unit": "jinshui",
        "verdict": "superseded",
        "reason": "之后又收到“金水.xlsx”，以新的为准；填报内容有1处不同",
        "changes": [{"sheet": "填报表", "cell": "D14", "label": "在工商联网站发布信息条数", "before": "61", "after": "130"}],
        "notes": [],
        "inside": "",
    }


def test_scores_for_a_spreadsheet(nights: Nights) -> None:
    data = nights.outboxes[0]["scores.csv"]
    assert data.startswith(b"\xef\xbb\xbf\xe4")
    assert data.count(b"\r\n") == 13
    lines = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline="")))
    results = json.loads(nights.outboxes[0]["results.json"])
    assert lines[0][:12] == [
        "位次",
        "代码",
        "单位",
        "考核组",
        "状态",
        "总分",
        "封顶项得分",
        "不封顶项得分",
        "其中加分",
        "1.1 会议出勤和活动",
        "1.2 临时性工作",
        "1.3 网站信息",
    ]
    assert {len(line) for line in lines} == {9 + 59}

    def cell(value: Any) -> str:
        return "" if value is None else str(value)

    for line, unit in zip(lines[1:], results["units"], strict=True):
        assert line[1:4] == [unit["code"], unit["short"], unit["group"]]
        assert [line[0], *line[5:9]] == [cell(unit[key]) for key in ("place", "total", "capped", "uncapped", "bonus")]
        scored = unit["state"] in ("valid", "provisional", "incomplete")
        assert line[9:] == [cell(item["points"]) if scored else "" for item in unit["items"]]


def test_totals_are_the_sums_of_their_items(nights: Nights) -> None:
    units = json.loads(nights.outboxes[0]["results.json"])["units"]
    totals = [sum(Fraction(item["points"]) for item in unit["items"]) for unit in units[:4]]
    assert [Fraction(unit["total"]) for unit in units[:4]] == totals
    assert [unit["place"] for unit in units[:4]] == [1 + sum(other > total for other in totals) for total in totals]
    assert totals == sorted(totals, reverse=True)


# Resent, corrected, in another order


def test_a_form_that_comes_later_replaces_the_first_whatever_its_date(small: Office) -> None:
    inbox = small.config.folder("inbox")
    run(small, FIRST_NIGHT, Silent())
    corrections = small.config.folder("outbox") / "更正通知"
    assert sorted(path.name for path in corrections.iterdir()) == ["更正通知-惠济区工商联.txt", "更正通知-惠济区工商联.xlsx"]
    drop(inbox, "改好.xlsx", filled("huiji", sound_fields(townships_total=12, townships_with_chamber=12)), NOON - 99999)
    outcome = run(small, SECOND_NIGHT, Silent())
    assert {file.name: file.verdict.value for file in outcome.assessment.files} == {"惠济.xlsx": "superseded", "改好.xlsx": "accepted"}
    assert outcome.assessment.findings == ()
    assert not corrections.exists() or list(corrections.iterdir()) == []
    assert survey(small) == outcome.assessment


def test_letters_that_no_longer_hold_are_removed_and_others_files_are_not(small: Office) -> None:
    outbox = small.config.folder("outbox")
    drop(outbox, "更正通知/更正通知-金水区工商联.xlsx", b"old")
    drop(outbox, "结果通知/结果通知-旧单位.docx", b"old")
    drop(outbox, "结果通知/~$结果通知-惠济区工商联.docx", b"open in Word")
    drop(outbox, "办公室的笔记.txt", b"keep")
    drop(outbox, "forms/2014年度考核填报表-惠济区工商联.xlsx", b"keep")
    drop(outbox, ".~中断的一次/results.json", b"half")
    run(small, FIRST_NIGHT, Silent())
    left = tree(outbox)
    assert "更正通知/更正通知-金水区工商联.xlsx" not in left
    assert "结果通知/结果通知-旧单位.docx" not in left
    assert left["结果通知/~$结果通知-惠济区工商联.docx"] == b"open in Word"
    assert (left["办公室的笔记.txt"], left["forms/2014年度考核填报表-惠济区工商联.xlsx"]) == (b"keep", b"keep")
    assert not (outbox / ".~中断的一次").exists()


# What goes wrong


def test_a_second_run_at_the_same_time_does_nothing(small: Office) -> None:
    state = small.config.folder("state")
    state.mkdir()
    before = tree(small.config.home)
    with FileLock(state / "run.lock"), pytest.raises(AlreadyRunning):
        run(small, FIRST_NIGHT, Silent())
    after = tree(small.config.home)
    after.pop("state/run.lock", None)
    assert after == before


def test_after_a_run_the_lock_is_free(small: Office) -> None:
    run(small, FIRST_NIGHT, Silent())
    with FileLock(small.config.folder("state") / "run.lock", timeout=0) as lock:
        assert lock.is_locked


def test_a_broken_template_costs_its_own_documents_only(small: Office) -> None:
    drop(small.config.home, "templates/letter.docx", b"no document")
    outcome = run(small, FIRST_NIGHT, Silent())
    (problem,) = outcome.published.problems
    assert re.match("结果通知没有做成，outbox 里的仍是上一次的：.*letter.docx", problem)
    made = tree(small.config.folder("outbox"))
    assert set(DOCUMENT_NAMES) <= set(made)
    assert [name for name in made if name.startswith("结果通知/")] == []
    assert "更正通知/更正通知-惠济区工商联.xlsx" in made


def test_a_run_that_breaks_off_leaves_the_old_outputs_whole(small: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = small.config.folder("outbox")
    drop(outbox, "results.json", b"old")

    def break_off(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kaohe.publish.report.write_report", break_off)
    with pytest.raises(KeyboardInterrupt):
        run(small, FIRST_NIGHT, Silent())
    assert tree(outbox) == {"results.json": b"old"}


def test_an_empty_inbox_gives_a_whole_set(tmp_path: Path) -> None:
    office = load_office(office_folder(tmp_path))
    outcome = run(office, FIRST_NIGHT, Silent())
    assert outcome.assessment.files == ()
    assert {card.state.value for card in outcome.assessment.cards} == {"missing"}
    assert outcome.published.problems == ()
    assert set(DOCUMENT_NAMES) <= set(tree(tmp_path / "outbox"))
    assert (tmp_path / "inbox").is_dir()


# Looking without touching


@pytest.fixture
def untouched(nights: Nights) -> Iterator[Nights]:
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in nights.home.rglob("*")}
    content = tree(nights.home)
    yield nights
    assert tree(nights.home) == content
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in nights.home.rglob("*")} == before


def test_a_survey_says_what_the_run_says_and_writes_nothing(untouched: Nights) -> None:
    assert survey(untouched.office) == untouched.outcomes[2].assessment


def test_a_survey_before_any_run_writes_nothing(small: Office) -> None:
    before = tree(small.config.home)
    assert survey(small).card("huiji").state.value == "incomplete"
    assert tree(small.config.home) == before
    assert sorted(path.name for path in small.config.home.iterdir()) == ["config.toml", "inbox"]


def test_checking_single_files_writes_nothing(untouched: Nights) -> None:
    inbox = untouched.home / "inbox"
    assessment = check_files(untouched.office, [inbox / "惠济.xlsx", inbox / "二七"])
    assert [(file.name, file.verdict.value) for file in assessment.files] == [("惠济.xlsx", "accepted"), ("表.xlsx", "accepted")]
    assert {finding.code for finding in assessment.findings} == {"V-301"}


# Clocks, damage, the archive


def test_a_clock_set_back_by_years_changes_no_order(small: Office) -> None:
    inbox = small.config.folder("inbox")
    run(small, FIRST_NIGHT, Silent())
    drop(inbox, "改好.xlsx", filled("huiji", sound_fields(townships_total=12, townships_with_chamber=12)), NOON - 99999)
    outcome = run(small, datetime(1980, 1, 1, 0, 0, 7), Silent())
    assert {file.name: file.verdict.value for file in outcome.assessment.files} == {"惠济.xlsx": "superseded", "改好.xlsx": "accepted"}
    assert outcome.problems == (
        "电脑的日期和时间可能不对：台账里最近一次记录是2014年12月8日 03:00，比电脑现在的时间晚。收到的先后仍按实际收到的次序算，请校准时钟",
    )
    first = int(FIRST_NIGHT.timestamp())
    assert [file.first_seen - first for file in sorted(outcome.assessment.files, key=lambda file: file.name)] == [0, 1]
    assert survey(small) == outcome.assessment


@pytest.mark.slow
def test_a_survey_takes_what_has_just_come_for_the_newest(small: Office) -> None:
    run(small, SECOND_NIGHT, Silent())
    drop(small.config.folder("inbox"), "改好.xlsx", filled("huiji", sound_fields(townships_total=12, townships_with_chamber=12)), NOON - 99999)
    assert {file.name: file.verdict.value for file in survey(small).files} == {"惠济.xlsx": "superseded", "改好.xlsx": "accepted"}


@pytest.mark.slow
def test_a_ledger_lost_with_the_clock_astray_keeps_the_order(small: Office) -> None:
    inbox, state = small.config.folder("inbox"), small.config.folder("state")
    run(small, FIRST_NIGHT, Silent())
    drop(inbox, "改好.xlsx", filled("huiji", sound_fields(townships_total=12, townships_with_chamber=12)), NOON - 99999)
    before = run(small, SECOND_NIGHT, Silent())
    (state / "ledger.sqlite3").write_bytes(b"junk" * 999)
    after = run(small, datetime(1980, 1, 1), Silent())
    assert after.assessment == before.assessment
    assert after.problems[0].startswith("台账损坏，已改名为 ledger-损坏1.sqlite3，并重新建立：从旧台账读回0份收件和0条记录，按存档补上2份收件。")
    assert (state / "ledger-损坏1.sqlite3").read_bytes() == b"junk" * 999


@pytest.mark.slow
def test_a_rotten_copy_in_the_archive_is_told_and_mended(small: Office) -> None:
    run(small, FIRST_NIGHT, Silent())
    (copy,) = (path for path in small.config.folder("state").glob("archive/*/*") if path.is_file())
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-1])
    assert run(small, SECOND_NIGHT, Silent()).problems == ("存档里“惠济.xlsx”的内容坏了，已经按收件箱里的这一份重新存好",)
    assert copy.read_bytes() == whole
    assert run(small, SECOND_NIGHT, Silent()).problems == ()


def test_what_came_inside_a_mail_was_received_with_it(small: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run was killed after it had kept the mail and before it looked inside: what one inbox held came at one moment, that of the run that got through."""
    inside = filled("huiji", sound_fields(townships_total=12, townships_with_chamber=12))
    mail = drop(small.config.folder("inbox"), "来信.eml", b"mail", NOON)

    @contextmanager
    def workers(office: Office, store: Store, *_: object) -> Iterator[Any]:
        def look(found: Iterable[Arrival]) -> Iterator[Look]:
            for entry in found:
                if broken and entry.inside:
                    raise KeyboardInterrupt
                if entry.name != "来信.eml":
                    yield from here(office, store)([entry])
                elif broken:
                    look = Look(Verdict.OPENED, "", members=(Inner("改好.xlsx", store.keep(inside), len(inside)),), passing=True)
                    yield replace(look, arrival=Examiner(office, store).received(entry))
                else:
                    yield Look(Verdict.OPENED, "", members=(Inner("改好.xlsx", store.keep(inside), len(inside)),))

        yield look

    monkeypatch.setattr("kaohe.run.lookers", workers)
    broken = True
    with pytest.raises(KeyboardInterrupt):
        run(small, FIRST_NIGHT, Silent())
    broken = False
    outcome = run(small, SECOND_NIGHT, Silent())
    then = int(SECOND_NIGHT.timestamp())
    assert {file.name: file.first_seen - then for file in outcome.assessment.files} == {"惠济.xlsx": 0, "来信.eml": 0, "来信.eml/改好.xlsx": 0}
    assert mail.read_bytes() == b"mail"


@pytest.mark.slow
def test_a_folder_of_the_inbox_that_cannot_be_listed_is_told(small: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(top: Path, onerror: Any) -> Iterator[Any]:
        yield str(top), ["二七"], ["惠济.xlsx"]
        onerror(PermissionError(errno.EACCES, "no", str(top / "二七")))

    monkeypatch.setattr("kaohe.run.os.walk", walk)
    assert run(small, FIRST_NIGHT, Silent()).problems == ("收件箱里的文件夹“二七”打不开（没有权限），里面的文件没有读到，请检查它的权限",)


def test_an_inbox_that_cannot_be_listed_stops_the_night(small: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(top: Path, onerror: Any) -> Iterator[Any]:
        onerror(PermissionError(errno.EACCES, "no", str(top)))
        yield from ()

    monkeypatch.setattr("kaohe.run.os.walk", walk)
    with pytest.raises(FolderFault) as fault:
        run(small, FIRST_NIGHT, Silent())
    assert str(fault.value).startswith(f"读取收件箱没有做成：“{small.config.folder('inbox')}”没有权限。")
    assert not small.config.folder("outbox").exists()


def test_the_archive_keeps_a_content_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    sha = hashlib.sha256(b"1").hexdigest()
    assert ledger.keep(b"1") == ledger.keep(b"1") == sha
    assert tree(tmp_path) == {f"archive/{sha[:2]}/{sha}": b"1"}


# Sent again


def verdicts(outcome: Outcome) -> dict[str, tuple[Verdict, str]]:
    return {file.name: (file.verdict, file.reason) for file in outcome.assessment.files}


def test_an_earlier_version_that_is_sent_again_counts(small: Office) -> None:
    """Also when the ledger is lost, after the files were moved, and for whoever only looks."""
    inbox = small.config.folder("inbox")
    first = (inbox / "惠济.xlsx").read_bytes()
    second = filled("huiji", sound_fields(townships_total=12, townships_with_chamber=12))
    moments = [datetime(2014, 12, day, 3, 0, 5) for day in (8, 9, 10, 11)]
    nights = [int(moment.timestamp()) for moment in moments]
    drop(inbox, "惠济.xlsx", first, nights[0] - 9000)
    run(small, moments[0], Silent())
    drop(inbox, "改好.xlsx", second, nights[1] - 9000)
    before = run(small, moments[1], Silent())
    drop(inbox, "还是第一次的.xlsx", first, nights[2] - 9000)
    after = run(small, moments[2], Silent())
    assert verdicts(before) == {
        "惠济.xlsx": (Verdict.SUPERSEDED, "之后又收到“改好.xlsx”，以新的为准；填报内容有1处不同"),
        "改好.xlsx": (Verdict.ACCEPTED, "采用"),
    }
    expected = {
        "惠济.xlsx": (Verdict.DUPLICATE, "与“还是第一次的.xlsx”内容完全相同，按一份计"),
        "改好.xlsx": (Verdict.SUPERSEDED, "之后又收到“还是第一次的.xlsx”，以新的为准；填报内容有1处不同"),
        "还是第一次的.xlsx": (Verdict.ACCEPTED, "采用"),
    }
    assert verdicts(after) == expected
    assert [file.first_seen for file in after.assessment.files] == [nights[0], nights[1], nights[2]]
    assert survey(small).files == after.assessment.files
    (inbox / "旧").mkdir()
    (inbox / "惠济.xlsx").rename(inbox / "旧" / "惠济.xlsx")
    (inbox / "改好.xlsx").rename(inbox / "旧" / "改好.xlsx")
    moved = run(small, moments[3], Silent())
    assert verdicts(moved)["还是第一次的.xlsx"] == (Verdict.ACCEPTED, "采用")
    (small.config.folder("state") / "ledger.sqlite3").unlink()
    rebuilt = run(small, moments[3], Silent())
    assert rebuilt.assessment.cards == moved.assessment.cards
    assert {name: verdict for name, (verdict, _) in verdicts(rebuilt).items()} == {name: verdict for name, (verdict, _) in verdicts(moved).items()}


def test_an_older_mail_that_is_put_into_the_inbox_afterwards_is_no_newer(small: Office) -> None:
    """A file that is no mail counts by when it came all the same."""
    inbox = small.config.folder("inbox")
    (inbox / "惠济.xlsx").unlink()
    versions = [filled("huiji", sound_fields(townships_total=12, townships_with_chamber=n)) for n in (10, 11, 12)]
    moments = [datetime(2014, 12, day, 3, 0, 5) for day in (8, 9, 10)]
    nights = [int(moment.timestamp()) for moment in moments]
    drop(inbox, "更正.eml", b"Date: Fri, 5 Dec 2014 09:00:00 +0800\n" + mail({"表.xlsx": versions[1]}), nights[0] - 9000)
    run(small, moments[0], Silent())
    drop(inbox, "补放.eml", b"Date: Mon, 1 Dec 2014 09:00:00 +0800\n" + mail({"表.xlsx": versions[0]}), nights[1] - 9000)
    found = verdicts(run(small, moments[1], Silent()))
    assert found["更正.eml/表.xlsx"] == (Verdict.ACCEPTED, "采用")
    told = "放进收件箱晚，但所在的邮件发出得早，仍以“更正.eml/表.xlsx”为准；填报内容有1处不同"
    assert found["补放.eml/表.xlsx"] == (Verdict.SUPERSEDED, told)
    drop(inbox, "另存.xlsx", versions[2], nights[0] - 900_000)
    last = verdicts(run(small, moments[2], Silent()))
    assert [last[name][0] for name in ("更正.eml/表.xlsx", "补放.eml/表.xlsx", "另存.xlsx")] == [
        Verdict.SUPERSEDED,
        Verdict.SUPERSEDED,
        Verdict.ACCEPTED,
    ]
