"""From forms to scores through the command line: issued, filled, received, inspected; and an inspection form in a real office program."""

import hashlib
import json
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import pipeline
from kaohe.demo.fill import fill_form
from kaohe.intake.arrival import Arrival
from kaohe.intake.inbox import take_in
from kaohe.intake.inspection import Answer, UnitInspection
from kaohe.intake.record import Cell
from tests.support import sample
from tests.support.forms import NOON, drop, layout, office_folder, opened, program_office, saved, sound_fields, tree
from tests.support.inspections import FOUND, fill_inspection, row_line, unit_sheets, year
from tests.support.seals import seals

pytestmark = pytest.mark.slow

SOFFICE = shutil.which("soffice")
ERRORS = ("#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NUM!", "#NULL!", "Err:")
ARTICLE: dict[str, Any] = {"title": "民营经济综述", "outlet": "郑州日报", "date": date(2014, 5, 6), "link": None}
ROWS: sample.Rows = {"articles": [ARTICLE, ARTICLE | {"title": "商会巡礼"}]}
SHORT = {"huiji": "惠济区工商联", "erqi": "二七区工商联", "xinzheng": "新郑市工商联"}


class Home:
    """An office that is used from the command line only."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.config = folder, office_folder(folder)

    def call(self, *arguments: str) -> None:
        assert pipeline.main(["-c", str(self.config), *arguments]) == 0

    def issued(self, name: str) -> bytes:
        return (self.folder / "outbox" / "forms" / name).read_bytes()

    def receive(self, name: str, data: bytes, later: int = 0) -> None:
        drop(self.folder / "inbox", name, data, NOON + later)

    def report(self, code: str, later: int = 0, **changed: Any) -> None:
        """A unit fills the form that it was sent."""
        fields = sound_fields(**changed)
        form = self.issued(f"2014年度考核填报表-{SHORT[code]}.xlsx")
        data = fill_form(form, layout(), fields, ROWS if code == "huiji" else {}, evidence=dict.fromkeys(fields, "佐证1"))
        self.receive(f"{code}-{later}.xlsx", data, later)

    def run(self) -> dict[str, Any]:
        self.call("run")
        results: dict[str, Any] = json.loads((self.folder / "outbox" / "results.json").read_bytes())
        return results


def unit_of(results: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(unit for unit in results["units"] if unit["code"] == code)
    return found


def item_of(results: dict[str, Any], code: str, item: str) -> tuple[Any, ...]:
    found = next(entry for entry in unit_of(results, code)["items"] if entry["id"] == item)
    return found["points"], found["self_points"], found["verified_points"], found["reason"]


def states(results: dict[str, Any]) -> dict[str, str]:
    return {code: unit_of(results, code)["state"] for code in SHORT}


def test_a_year_as_far_as_the_inspection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = Home(tmp_path)
    home.call("forms")
    home.report("huiji", townships_total=12, townships_with_chamber=15, website_items=130)
    home.report("erqi", website_items=120)
    before = home.run()
    assert states(before) == {"huiji": "incomplete", "erqi": "provisional", "xinzheng": "missing"}
    assert item_of(before, "huiji", "6.2") == (0, 0, None, "")

    home.call("forms", "--inspection")
    fourth, first = home.issued("2014年度核查表-第四组.xlsx"), home.issued("2014年度核查表-第一组.xlsx")
    row = row_line(fourth, "huiji", "商会巡礼")
    answers: dict[str, Any] = {
        "huiji": FOUND
        | {
            "field:townships_with_chamber": (12, "实地清点12个"),
            "field:website_items": (99, "重复发布的不计"),
            row: ("不认可", "没有见报"),
            "item:1.1": (6.5, "一次早退"),
            "item:3.1": 1,
        },
        "erqi": FOUND | {"gate:gate_funding": ("不具备", "未列入预算")},
    }
    home.receive("第四组发回.xlsx", fill_inspection(fourth, answers), 10)
    home.receive("第一组发回.xlsx", fill_inspection(first, {"xinzheng": FOUND}), 20)
    after = home.run()
    assert states(after) == {"huiji": "valid", "erqi": "gated", "xinzheng": "missing"}
    assert unit_of(after, "erqi")["reason"] == "实地考核不具备“办公经费有保证”的条件（未列入预算），按考核办法不再计分"
    assert (unit_of(after, "erqi")["total"], unit_of(after, "erqi")["place"]) == (None, None)
    assert {i: item_of(after, "huiji", i) for i in ("1.1", "1.3", "3.1", "3.2", "6.2")} == {
        "1.1": ("13/2", 8, "13/2", "一次早退"),
        "1.3": (0, 5, None, "重复发布的不计"),
        "3.1": (2, 2, None, ""),
        "3.2": (1, 2, None, "没有见报"),
        "6.2": (2, 0, None, "实地清点12个"),
    }
    assert unit_of(after, "huiji")["place"] == 1
    assert [(f["code"], f["unit"], f["file"], f["field"]) for f in after["findings"] if f["code"] > "V-7"] == [
        ("V-706", "huiji", "第四组发回.xlsx", "item:3.1")
    ]
    verdicts = {f["name"]: (f["verdict"], f["unit"], f["reason"]) for f in after["files"]}
    assert verdicts["第四组发回.xlsx"] == ("accepted", None, "采用（第四组核查表）")

    home.receive("第四组补发.xlsx", fill_inspection(fourth, answers | {"huiji": answers["huiji"] | {"item:3.1": (1, "只有一次有记录")}}), 30)
    home.report("huiji", 40, townships_total=12, townships_with_chamber=12, website_items=160)
    last = home.run()
    assert item_of(last, "huiji", "3.1") == (1, 2, 1, "只有一次有记录")
    assert item_of(last, "huiji", "1.3") == (0, 5, None, "重复发布的不计")
    found = [(f["code"], f["unit"], f["file"], f["field"]) for f in last["findings"] if f["code"] > "V-7"]
    assert sorted(set(found)) == [
        ("V-703", "erqi", "第四组发回.xlsx", ""),
        ("V-703", "huiji", "第四组发回.xlsx", ""),
        ("V-703", "zhongmu", "第四组发回.xlsx", ""),
        ("V-707", "huiji", "第四组补发.xlsx", "field:website_items"),
    ]
    capsys.readouterr()


def test_a_sheet_of_an_unknown_unit_costs_no_other_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every part of the outbox can show a finding about a unit that the configuration does not know."""
    home = Home(tmp_path)
    home.call("forms", "--inspection")
    plain = home.run()
    book = opened(fill_inspection(home.issued("2014年度核查表-第四组.xlsx"), {"huiji": FOUND, "erqi": FOUND}))
    unit_sheets(book)["huiji"]["G1"] = "unit:nowhere"
    home.receive("第四组.xlsx", saved(book))
    results = home.run()
    assert [(f["code"], f["unit"], f["sheet"]) for f in results["findings"]] == [("V-701", "nowhere", "惠济区工商联")]
    assert [unit["state"] for unit in results["units"]] == [unit["state"] for unit in plain["units"]]
    said = capsys.readouterr()
    assert said.err == ""
    names = set(tree(tmp_path / "outbox"))
    assert {"results.json", "scores.csv", "run-report.html", "2014年度考核汇总.xlsx", "2014年度考核结果通报(送审稿).docx"} <= names
    assert [name for name in names if name.startswith("更正通知/")] == []
    report = (tmp_path / "outbox" / "run-report.html").read_text(encoding="utf-8")
    assert "核查表里的单位不在考核单位之列" in report
    home.call("status")
    home.call("check", str(tmp_path / "inbox" / "第四组.xlsx"))


# In a real office program

YEAR = year(rows={"huiji": ROWS, "erqi": {"articles": [ARTICLE | {"title": '=HYPERLINK("http://a.example")'}]}}, absent=("zhongmu",))


def answered() -> bytes:
    """A form with an answer of every kind."""
    form = YEAR.form("huiji")
    answers = {
        "field:website_items": (99, "重复发布的不计"),
        "field:tasks_done": ("否", "两次未完成"),
        row_line(form, "huiji", "商会巡礼"): ("不认可", "没有见报"),
        "item:1.1": (6.5, "一次早退"),
        "item:3.2": (1.25, "酌情"),
        "visit:date": "2014-12-05",
        "visit:met": "张主席",
    }
    return fill_inspection(form, {"huiji": FOUND | answers, "erqi": FOUND | {"gate:gate_staff": ("不具备", "只有一人")}})


def said(data: bytes) -> list[tuple[Any, ...]]:
    """What intake understands, without the notes on how."""

    def plain(cell: Cell) -> tuple[Any, ...]:
        return cell.sheet, cell.ref, cell.raw, cell.value, cell.problem

    def answers(found: UnitInspection) -> list[tuple[Any, ...]]:
        every: list[tuple[str, Answer]] = [
            (f"{kind}:{k}", a) for kind in ("gate", "fields", "rows", "items") for k, a in getattr(found, kind).items()
        ]
        return [(name, answer.own, plain(answer.verified), plain(answer.reason)) for name, answer in every]

    intake = take_in(program_office(), [Arrival("核查.xlsx", data, hashlib.sha256(data).hexdigest(), NOON)], lambda _: 0, seals=seals)
    assert [file.reason for file in intake.files] == ["采用（第四组核查表）"]
    return [(visit.unit, visit.group, dict(visit.visit), answers(visit)) for _, visit in intake.inspections]


@pytest.mark.office
@pytest.mark.skipif(SOFFICE is None, reason="没有 soffice（LibreOffice），办公软件测试略过")
def test_an_office_program_opens_the_form_without_errors_and_saves_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "空白.xlsx").write_bytes(YEAR.form("huiji"))
    (tmp_path / "填好.xlsx").write_bytes(answered())
    for kind, suffix in (("xlsx:Calc MS Excel 2007 XML", "xlsx"), ("xls:MS Excel 97", "xls")):
        command = [str(SOFFICE), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", kind]
        command += ["--outdir", str(tmp_path / suffix), str(tmp_path / "空白.xlsx"), str(tmp_path / "填好.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    book = load_workbook(tmp_path / "xlsx" / "空白.xlsx", data_only=True)
    cells = {(page.title, cell.coordinate): cell.value for page in book.worksheets for row in page.iter_rows() for cell in row}
    assert {place: value for place, value in cells.items() if str(value).startswith(ERRORS)} == {}
    assert cells["惠济区工商联", "B3"] == (
        "被考核单位：郑州市惠济区工商业联合会　　　第四组　组长：王清祥\n根据单位报来的“huiji.xlsx”制作。核对无误的空着；有出入的填核定并写理由。"
    )
    blank, full = said(YEAR.form("huiji")), said(answered())
    assert [entry[3] for entry in blank] == [[], [], []]
    assert {unit: len(answers) for unit, _, _, answers in full} == {"zhongmu": 0, "erqi": 3, "huiji": 8}
    for suffix in ("xlsx", "xls"):
        assert said((tmp_path / suffix / f"空白.{suffix}").read_bytes()) == blank
        assert said((tmp_path / suffix / f"填好.{suffix}").read_bytes()) == full
