"""Forms that this office did not issue are not used, and forms that it issued are: by the seal in their hidden sheet alone."""

import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import pipeline
from kaohe.config.loader import Office, load_office
from kaohe.files import FolderFault
from kaohe.forms.seal import KEY_FILE, issuing_key, known_key
from kaohe.intake.arrival import Arrival
from kaohe.intake.inbox import Intake, take_in
from kaohe.intake.record import Verdict
from kaohe.publish.jobs import RESULTS_FILE
from kaohe.verify import verify
from tests.support.concluded import DECISION_FILE, assessed, concluded, decision, issued, reviewed, stand_ins
from tests.support.decisions import approved, figures, form_of
from tests.support.forms import NOON, drop, office_folder, tree
from tests.support.inspections import FOUND, fill_inspection, year
from tests.support.seals import KEY, give_key, marked, resealed

YEAR = year()
GROUP = fill_inspection(YEAR.form_for("huiji"), {"huiji": FOUND})
MEETING = approved(form_of(figures().assessment()))
OTHER_KEY = bytes(32)

AGAIN = {
    "核查表": "这份表没有采用；请用 forms --inspection 重新制作，请考核组填在新表上；"
    "办公室确认这份表可靠的，也可以在 config.toml 的 [intake] 里写 trust_unsealed_forms = true",
    "审定表": "这份表没有采用；请用 forms --decision 重新制作，填在新表上；"
    "办公室确认这份表可靠的，也可以在 config.toml 的 [intake] 里写 trust_unsealed_forms = true",
}
NONE = "里没有本办公室制作时加的防伪标记，不能确定是本办公室发出的表"
WRONG = "里的防伪标记与本机的密钥对不上，不是本办公室发出的，或者是更换 state 文件夹以前制作的"
NO_KEY = "里的防伪标记无法核实：state 文件夹里没有密钥 seal.key（可能换过文件夹），有备份的请放回去再运行"


def received(office: Office, **forms: bytes) -> Intake:
    """What intake makes of these forms in an office with its own folder, oldest first."""
    found = [Arrival.of(f"{name}.xlsx", data, NOON + n) for n, (name, data) in enumerate(forms.items())]
    return take_in(office, found, lambda _: NOON)


def said(intake: Intake) -> list[tuple[str, Verdict, str]]:
    return [(file.name, file.verdict, file.reason) for file in intake.files]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with the key of the tests' forms."""
    give_key(tmp_path)
    return load_office(office_folder(tmp_path))


def trusting(office: Office) -> Office:
    intake = office.config.intake.model_copy(update={"trust_unsealed_forms": True})
    return replace(office, config=office.config.model_copy(update={"intake": intake}).at(office.config.home))


# The key


def test_the_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    config = load_office(office_folder(tmp_path)).config
    assert known_key(config) is None
    assert not (tmp_path / "state").exists()
    key = issuing_key(config)
    assert len(key) == 32
    assert issuing_key(config) == known_key(config) == key
    assert tree(tmp_path / "state") == {KEY_FILE: key}
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "state" / KEY_FILE).stat().st_mode) == 0o600


def test_a_damaged_key_is_told_and_left(tmp_path: Path) -> None:
    config = load_office(office_folder(tmp_path)).config
    give_key(tmp_path)
    path = tmp_path / "state" / KEY_FILE
    path.write_bytes(KEY[:31])
    with pytest.raises(FolderFault) as fault:
        issuing_key(config)
    assert str(fault.value) == (
        f"表格的防伪密钥坏了：“{path}”。请从备份里恢复；没有备份的，删去它再制作一次，以前发出、还没有收回的核查表、审定表要重新制作"
    )
    assert path.read_bytes() == KEY[:31]
    assert known_key(config) is None


# The forms


def test_what_the_office_issued_is_used(office: Office) -> None:
    intake = received(office, 核查=GROUP, 审定=MEETING)
    assert said(intake) == [("核查.xlsx", Verdict.ACCEPTED, "采用（第四组核查表）"), ("审定.xlsx", Verdict.ACCEPTED, "采用（审定表）")]
    assert [(file, visit.unit) for file, visit in intake.inspections] == [("核查.xlsx", "huiji")]
    assert intake.decision is not None


FORGED: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("没有标记", lambda form: marked(form, seal=""), NONE),
    ("别的密钥", lambda form: resealed(form, OTHER_KEY), WRONG),
    ("改了编号", lambda form: marked(form, issue="0" * 16), WRONG),
    ("乱写的标记", lambda form: marked(form, seal="标记"), WRONG),
]


@pytest.mark.parametrize(("form", "data"), [("核查表", GROUP), ("审定表", MEETING)])
@pytest.mark.parametrize(("change", "why"), [entry[1:] for entry in FORGED], ids=[entry[0] for entry in FORGED])
def test_what_it_did_not_issue_is_not_used(office: Office, form: str, data: bytes, change: Callable[[bytes], bytes], why: str) -> None:
    intake = received(office, 表=change(data))
    assert said(intake) == [("表.xlsx", Verdict.REFUSED, f"{form}{why}。{AGAIN[form]}")]
    assert (intake.inspections, intake.decision) == ((), None)


@pytest.mark.parametrize("changed", [{"group": "第三组"}, {"rules_hash": "0"}, {"unit_code": "x"}])
def test_every_entry_is_under_the_seal_of_an_inspection(office: Office, changed: dict[str, str]) -> None:
    assert said(received(office, 表=marked(GROUP, **changed))) == [("表.xlsx", Verdict.REFUSED, f"核查表{WRONG}。{AGAIN['核查表']}")]


def test_the_fingerprint_is_under_the_seal_of_a_decision(office: Office) -> None:
    assert said(received(office, 表=marked(MEETING, fingerprint="0" * 32))) == [("表.xlsx", Verdict.REFUSED, f"审定表{WRONG}。{AGAIN['审定表']}")]


def test_a_decision_of_another_year_without_a_seal_says_nothing(office: Office) -> None:
    """It is told by its year, and stands in the way of nothing."""
    intake = received(office, 表=marked(MEETING, year="2013"))
    assert said(intake) == [("表.xlsx", Verdict.WRONG_YEAR, "这是2013年度的审定表，本次考核2014年度，请用本年度的审定表")]
    assert intake.decision is None


def test_a_forged_form_displaces_nothing(office: Office) -> None:
    forged = {"核查二": marked(GROUP, seal=""), "审定二": marked(MEETING, seal="")}
    intake = received(office, 核查=GROUP, 审定=MEETING, **forged)
    assert [(file.name, file.verdict) for file in intake.files] == [
        ("核查.xlsx", Verdict.ACCEPTED),
        ("审定.xlsx", Verdict.ACCEPTED),
        ("核查二.xlsx", Verdict.REFUSED),
        ("审定二.xlsx", Verdict.REFUSED),
    ]
    assert [file for file, _ in intake.inspections] == ["核查.xlsx"]
    assert intake.decision is not None
    assert intake.decision[0] == "审定.xlsx"


def test_cells_edited_after_issue_do_not_break_the_seal(office: Office) -> None:
    """The seal shows who issued a form, not who filled it in: this is said in SECURITY.md."""
    intake = received(office, 表=fill_inspection(GROUP, {"huiji": {"gate:gate_staff": "不具备"}}))
    assert [file.verdict for file in intake.files] == [Verdict.ACCEPTED]


def test_without_the_key_nothing_can_be_shown(tmp_path: Path) -> None:
    office = load_office(office_folder(tmp_path))
    assert said(received(office, 核查=GROUP, 审定=marked(MEETING, seal=""))) == [
        ("核查.xlsx", Verdict.REFUSED, f"核查表{NO_KEY}。{AGAIN['核查表']}"),
        ("审定.xlsx", Verdict.REFUSED, f"审定表{NONE}。{AGAIN['审定表']}"),
    ]


def test_an_office_may_trust_what_has_no_seal(tmp_path: Path) -> None:
    office = trusting(load_office(office_folder(tmp_path)))
    note = "这份表的防伪标记没有核实，按 config.toml 里的 trust_unsealed_forms 采用"
    intake = received(office, 核查=GROUP, 审定=marked(MEETING, seal=""))
    assert said(intake) == [
        ("核查.xlsx", Verdict.ACCEPTED, f"采用（第四组核查表）；{note}"),
        ("审定.xlsx", Verdict.ACCEPTED, f"采用（审定表）；{note}"),
    ]
    assert len(intake.inspections) == 1
    assert intake.decision is not None


def test_a_sealed_form_needs_no_trust(office: Office) -> None:
    assert said(received(trusting(office), 核查=GROUP)) == [("核查.xlsx", Verdict.ACCEPTED, "采用（第四组核查表）")]


# The final set


@pytest.mark.parametrize("trust", [False, True])
def test_a_final_set_is_verified_without_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trust: bool) -> None:
    """What the key said is in the manifest, like the times."""
    stand_ins(monkeypatch)
    office = concluded(tmp_path)
    if trust:
        text = office.file.read_text(encoding="utf-8").replace("trust_unsealed_forms = false", "trust_unsealed_forms = true", 1)
        office.file.write_text(text, encoding="utf-8")
        office = load_office(office.file)
        (tmp_path / "inbox" / DECISION_FILE).unlink()
        drop(tmp_path / "inbox", DECISION_FILE, marked(decision(office), seal=""), NOON + 120)
    else:
        drop(tmp_path / "inbox", "伪造.xlsx", marked(decision(office), seal=""), NOON + 200)
    assert issued(office, assessed(office)) is not None
    (tmp_path / "state" / KEY_FILE).unlink()
    assert verify(office, 2014) == ()


# The command line


def test_forms_are_sealed_and_checked_and_the_key_goes_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office = reviewed(tmp_path)
    (tmp_path / "state" / KEY_FILE).unlink()
    assert pipeline.main(["-c", str(office.file), "forms", "--decision"]) == 0
    key = known_key(office.config)
    assert key is not None
    form = tmp_path / "outbox" / "forms" / DECISION_FILE
    assert not any(key in data or key.hex().encode() in data for data in tree(tmp_path / "outbox").values())
    capsys.readouterr()
    assert pipeline.main(["-c", str(office.file), "check", str(form)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{DECISION_FILE}：采用（审定表）"
    forged = drop(tmp_path, DECISION_FILE, marked(form.read_bytes(), seal=""))
    assert pipeline.main(["-c", str(office.file), "check", str(forged)]) == 0
    assert "".join(capsys.readouterr().out.split()) == "".join(f"{DECISION_FILE}：为安全起见没有读取。审定表{NONE}。{AGAIN['审定表']}".split())


@pytest.mark.slow
def test_a_key_that_is_lost_and_comes_back_is_seen_though_no_file_changed(tmp_path: Path) -> None:
    """What a run found out is remembered, but never what the key said of it."""
    office, key = reviewed(tmp_path), tmp_path / "state" / KEY_FILE
    drop(tmp_path / "inbox", "核查.xlsx", fill_inspection(YEAR.form_for("jinshui"), {"jinshui": FOUND}))
    found = []
    for there in (True, True, False, False, True):
        if there:
            give_key(tmp_path)
        else:
            key.unlink(missing_ok=True)
        assert pipeline.main(["-c", str(office.file), "run"]) == 0
        files = json.loads((tmp_path / "outbox" / RESULTS_FILE).read_bytes())["files"]
        found.append(next(file["verdict"] for file in files if file["name"] == "核查.xlsx"))
    assert found == ["accepted", "accepted", "refused", "refused", "accepted"]


@pytest.mark.slow
def test_a_forged_inspection_changes_nothing_of_a_night(tmp_path: Path) -> None:
    """Sent alone, under any name, with every answer that would cost the unit its place."""
    office = reviewed(tmp_path)
    assert pipeline.main(["-c", str(office.file), "run"]) == 0
    before = _figures(tmp_path)
    drop(tmp_path / "inbox", "2014年度核查表-第一组.xlsx", marked(fill_inspection(YEAR.form_for("jinshui"), {"jinshui": _none_met()}), seal=""))
    assert pipeline.main(["-c", str(office.file), "run"]) == 0
    assert _figures(tmp_path) == before


def _none_met() -> dict[str, Any]:
    return FOUND | dict.fromkeys(("gate:gate_institution", "gate:gate_staff", "gate:gate_funding"), "不具备")


def _figures(home: Path) -> Any:
    found = json.loads((home / "outbox" / RESULTS_FILE).read_bytes())
    return found["units"], found["findings"]
