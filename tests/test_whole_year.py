"""The demonstration of a whole year: four nights, the final set, and what the year's log says of them."""

import json
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import pipeline
from kaohe.config.loader import load_office
from kaohe.ledger import Event, Ledger
from kaohe.progress import Silent
from kaohe.run import run
from kaohe.scoring.scorecard import Status
from tests.support.forms import tree
from tests.support.office_rules import complaints

pytestmark = pytest.mark.slow

SHORTS = ("新郑市", "金水区", "中原区", "荥阳市", "上街区", "高新区", "登封市", "新密市", "管城区", "中牟县", "二七区", "惠济区")
RECEIVED, INSPECTED, DECIDED, ISSUED = "收件", "核查", "审定", "定稿"
ADJUSTED = "会后补交了证明材料，酌情计分"


@dataclass(frozen=True)
class WholeYear:
    """The demonstration, made once: how it ended, what it said, and its folder."""

    home: Path
    status: int
    out: str
    err: str

    @property
    def config(self) -> str:
        """The configuration file."""
        return str(self.home / "config.toml")

    @property
    def final(self) -> Path:
        """The folder of the final set."""
        return self.home / "outbox" / "final" / "2014"


def call(*arguments: str) -> tuple[int, str, str]:
    """One command in this process: its status and what it said."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = pipeline.main(list(arguments))
    return status, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def whole_year(tmp_path_factory: pytest.TempPathFactory) -> WholeYear:
    home = tmp_path_factory.mktemp("year") / "demo"
    return WholeYear(home, *call("demo", "--whole-year", str(home)))


def loaded(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


# The four steps


def nights(said: str) -> list[str]:
    """What was said in each of the four steps."""
    return re.split(r"^第.步：.*$", said, flags=re.M)[1:]


def test_the_demonstration_goes_through_and_complains_of_nothing(whole_year: WholeYear) -> None:
    assert (whole_year.status, whole_year.err) == (0, "")
    assert [line for line in whole_year.out.splitlines() if re.match("第.步：", line)] == [
        "第一步：各单位报送后的第一晚",
        "第二步：有问题的单位改正后重新报送，没报的补报",
        "第三步：四个考核组带着核查表实地考核，把核查表发回来",
        "第四步：主席办公会议审定，填好审定表放回收件箱",
    ]


def test_what_each_night_found(whole_year: WholeYear) -> None:
    outbox = whole_year.home / "outbox"
    assert [line for line in whole_year.out.splitlines() if line.startswith("收到文件")] == [
        f"收到文件14份；待核9个，待更正1个，未报送1个，待更正（退回）1个；错误6处、疑问3处、提示2处。结果在：{outbox}",
        f"收到文件17份；待核12个；没有问题。结果在：{outbox}",
        f"收到文件21份；有效11个，不计分1个；没有问题。结果在：{outbox}",
        f"收到文件22份；有效11个，不计分1个；没有问题。结果在：{outbox}",
    ]
    steps = nights(whole_year.out)
    titles = [[line.strip() for line in step.splitlines() if line.startswith("2014年度考核排名")] for step in steps]
    assert titles == [[f"2014年度考核排名（{mark}）"] for mark in ("预排名", "预排名", "送审稿", "已审定")]
    issued = f"正式结果已生成：{whole_year.final}。以后再收到材料也不会改动它；执行 pipeline.py verify，可以核对。"
    assert [issued in step for step in steps] == [False, False, False, True]
    refused = [sorted(line.partition("：")[0] for line in step.splitlines() if "已被新版本代替" in line) for step in steps]
    assert refused == [["初稿/金水工商联考核表.xlsx"], *[["初稿/金水工商联考核表.xlsx", "登封/填报表（盖章版）.xlsx"]] * 3]


def test_word_and_excel_have_nothing_to_repair(whole_year: WholeYear) -> None:
    made = [path for path in (whole_year.home / "outbox").rglob("*") if path.suffix in (".docx", ".xlsx")]
    assert len(made) == 49
    assert [(path.name, complaint) for path in made for complaint in complaints(path)] == []


def test_what_the_demonstration_points_to_is_there(whole_year: WholeYear) -> None:
    shown = [line.strip().partition("　")[0] for line in whole_year.out.splitlines() if line.startswith(f"  {whole_year.home}")]
    assert [Path(path).is_file() or any(Path(path).iterdir()) for path in shown] == [True] * 7
    assert shown[-1] == str(whole_year.final)
    assert not [path for path in shown if "更正通知" in path], "nothing is left to correct"


def test_everything_that_people_told_the_system_came_through_the_inbox(whole_year: WholeYear) -> None:
    inbox = set(tree(whole_year.home / "inbox"))
    assert {name for name in inbox if "核查表" in name or "审定表" in name or name.startswith("更正后/")} == {
        *(f"2014年度核查表-第{n}组.xlsx" for n in "一二三四"),
        "2014年度考核审定表.xlsx",
        *(f"更正后/{short}工商联（更正）.xlsx" for short in ("中原区", "荥阳市", "登封市")),
    }
    assert len(inbox) == 22
    assert "[gate." not in re.sub(r"^#.*$", "", (whole_year.home / "config.toml").read_text(encoding="utf-8"), flags=re.M)


# The final set


def test_the_files_of_the_final_set(whole_year: WholeYear) -> None:
    assert set(tree(whole_year.final)) == {
        "2014年度考核汇总.xlsx",
        "2014年度考核结果通报.docx",
        "manifest.json",
        "results.json",
        "scores.csv",
        "表彰决定.docx",
        "依据/config.toml",
        "依据/rules/2014/notice.txt",
        "依据/rules/2014/rulebook.toml",
        *(f"结果通知/结果通知-{short}工商联.docx" for short in SHORTS),
        "荣誉证书/荣誉证书-标兵单位-金水区工商联.docx",
        "荣誉证书/荣誉证书-先进单位-新密市工商联.docx",
        "荣誉证书/荣誉证书-先进单位-惠济区工商联.docx",
    }
    assert [path.name for path in whole_year.final.parent.iterdir()] == ["2014"]


def test_the_results_are_final_and_the_draft_beside_them_is_not(whole_year: WholeYear) -> None:
    final, draft = loaded(whole_year.final / "results.json"), loaded(whole_year.home / "outbox" / "results.json")
    assert (final["status"], draft["status"]) == ("final", "review")
    assert final | {"status": ""} == draft | {"status": ""}
    assert (whole_year.home / "outbox" / "2014年度考核结果通报(送审稿).docx").is_file()
    report = (whole_year.home / "outbox" / "run-report.html").read_text(encoding="utf-8")
    assert "没有未定的事，正式结果在 outbox/final/2014 里。" in report
    assert final["findings"] == []
    assert [(unit["short"].removesuffix("工商联"), unit["total"], unit["place"]) for unit in final["units"]] == [
        ("金水区", 146, 1),
        ("新密市", 136, 2),
        ("惠济区", 135, 3),
        ("中原区", 133, 4),
        ("登封市", 122, 5),
        ("新郑市", 120, 6),
        ("二七区", 113, 7),
        ("中牟县", 106, 8),
        ("管城区", 105, 9),
        ("荥阳市", 101, 10),
        ("高新区", "193/2", 11),
        ("上街区", None, None),
    ]
    gated = final["units"][-1]
    assert (gated["state"], gated["reason"]) == ("gated", "实地考核不具备“办公经费有保证”的条件（办公经费未列入本级财政预算），按考核办法不再计分")


def test_the_groups_and_the_meeting_s_changes_stand_in_the_results(whole_year: WholeYear) -> None:
    units = {unit["code"]: {item["id"]: item for item in unit["items"]} for unit in loaded(whole_year.final / "results.json")["units"]}
    items = {(code, item): units[code][item] for code, item in (("xinzheng", "1.3"), ("gaoxin", "12.1"), ("guancheng", "3.2"), ("gaoxin", "1.2"))}
    found = {key: (item["points"], item["self_points"], item["verified_points"], item["reason"]) for key, item in items.items()}
    assert found == {
        ("xinzheng", "1.3"): (0, 5, None, "其中部分信息系转载，不计入"),
        ("gaoxin", "12.1"): ("3/2", 3, "3/2", "推荐了企业，但未作会上发言"),
        ("guancheng", "3.2"): (found["guancheng", "3.2"][1] - 1, found["guancheng", "3.2"][1], None, "不是市级以上主要媒体"),
        ("gaoxin", "1.2"): (1, 0, None, ADJUSTED),
    }
    adjusted = [(code, i) for code, scores in units.items() for i, item in scores.items() if item["why"].startswith("主席办公会议审定")]
    assert adjusted == [("gaoxin", "1.2")]


def test_the_manifest_names_the_decision_and_the_last_night(whole_year: WholeYear) -> None:
    manifest = loaded(whole_year.final / "manifest.json")
    assert (manifest["decision"], manifest["issued"], manifest["year"]) == ("2014年度考核审定表.xlsx", "2015-01-20T09:00:00", 2014)
    assert {entry["name"] for entry in manifest["files"]} == set(tree(whole_year.final)) - {"manifest.json"}
    assert {entry["name"] for entry in manifest["inputs"] if not entry["inside"]} == set(tree(whole_year.home / "inbox"))
    assert {entry["name"]: entry["inside"] for entry in manifest["inputs"] if entry["inside"]} == {
        "惠济区工商联来信.eml/惠济区填报表.xlsx": "惠济区工商联来信.eml",
        "惠济区工商联来信.eml/盖章扫描件.jpg": "惠济区工商联来信.eml",
        "管城区工商联报送材料.zip/填报表.xlsx": "管城区工商联报送材料.zip",
        "管城区工商联报送材料.zip/佐证材料/表彰文件.pdf": "管城区工商联报送材料.zip",
    }


def test_verify_finds_it_sound(whole_year: WholeYear) -> None:
    said = "2014年度正式结果核对无误：每个文件、每份存档、规则都与清单一致，分数重新计算相同。\n"
    assert call("-c", whole_year.config, "verify") == (0, said, "")


def test_explain_shows_the_adjustment(whole_year: WholeYear) -> None:
    status, out, err = call("-c", whole_year.config, "explain", "高新区工商联", "1.2")
    assert (status, err) == (0, "")
    assert out.splitlines()[:4] == [
        "高新区工商联　1.2 临时性工作（满分5分）",
        "  得分：1分（已计分）",
        f"  理由：主席办公会议审定1分（{ADJUSTED}）；审定前计0分：“是否积极配合完成临时性工作”填“否”，不计分。",
        "  规则：填“是”，计5分",
    ]
    assert out.splitlines()[-1] == "  依据：填报表 D12　是否积极配合完成临时性工作　填“否”"


# The year's log

STARTED = datetime(2015, 1, 5, 9)
FIRST, SECOND, THIRD, FOURTH = (STARTED + timedelta(days=days) for days in (0, 3, 10, 15))


def received(when: datetime, unit: str, name: str, said: str = "采用") -> tuple[datetime, str, str, str, str]:
    return when, RECEIVED, unit, name, said


def inspected(unit: str, group: str, said: str = "前提条件具备，填报的数和清单都没有改动") -> tuple[datetime, str, str, str, str]:
    return THIRD, INSPECTED, unit, f"2014年度核查表-{group}.xlsx", f"{group}：{said}"


REPLACED = "已被新版本代替：之后又收到“{}”，以新的为准；填报内容有{}处不同"


def expected_events(final: Path) -> list[tuple[datetime, str, str, str, str]]:
    seal = loaded(final / "manifest.json")["seal"]
    return [
        received(FIRST, "shangjie", "2014年度考核填报表-上街区工商联.xlsx"),
        received(FIRST, "xinzheng", "2014年度考核填报表-新郑市工商联.xlsx"),
        received(FIRST, "zhongmu", "中牟工商联考核表.xlsx"),
        received(FIRST, "erqi", "二七/填报表（盖章版）.xlsx"),
        received(FIRST, "", "会议通知.doc", "不是本系统的填报表：不是电子表格，没有当作填报表读取"),
        received(FIRST, "jinshui", "初稿/金水工商联考核表.xlsx", REPLACED.format("金水工商联考核表.xlsx", 2)),
        received(FIRST, "xinmi", "填报表-新密市工商联-终稿.xlsx"),
        received(FIRST, "xingyang", "填报表-荥阳市工商联-终稿.xlsx", "年度不符：这是2013年度的填报表，本次考核2014年度，请用2014年度的表填报"),
        received(FIRST, "", "惠济区工商联来信.eml", "已取出里面的文件：取出2个文件"),
        received(FIRST, "huiji", "惠济区工商联来信.eml/惠济区填报表.xlsx"),
        received(FIRST, "huiji", "惠济区工商联来信.eml/盖章扫描件.jpg", "佐证材料：惠济区工商联的佐证材料（与该单位的报送放在一起）"),
        received(FIRST, "", "没传完的附件.xlsx", "打不开：文件已损坏，可能没有传完，请重新报送"),
        received(FIRST, "dengfeng", "登封/填报表（盖章版）.xlsx"),
        received(FIRST, "", "管城区工商联报送材料.zip", "已取出里面的文件：取出2个文件"),
        received(FIRST, "guancheng", "管城区工商联报送材料.zip/填报表.xlsx"),
        received(FIRST, "guancheng", "管城区工商联报送材料.zip/佐证材料/表彰文件.pdf", "佐证材料：管城区工商联的佐证材料（与该单位的报送放在一起）"),
        received(FIRST, "jinshui", "金水工商联考核表.xlsx"),
        received(FIRST, "gaoxin", "高新工商联考核表.xlsx"),
        received(SECOND, "zhongyuan", "更正后/中原区工商联（更正）.xlsx"),
        received(SECOND, "dengfeng", "更正后/登封市工商联（更正）.xlsx"),
        received(SECOND, "xingyang", "更正后/荥阳市工商联（更正）.xlsx"),
        received(SECOND, "dengfeng", "登封/填报表（盖章版）.xlsx", REPLACED.format("更正后/登封市工商联（更正）.xlsx", 20)),
        *(received(THIRD, "", f"2014年度核查表-第{n}组.xlsx") for n in "一三二四"),
        inspected("xinzheng", "第一组", "前提条件具备，核定1个数"),
        inspected("jinshui", "第一组"),
        inspected("zhongyuan", "第一组"),
        inspected("dengfeng", "第三组"),
        inspected("xinmi", "第三组"),
        inspected("guancheng", "第三组", "前提条件具备，不认可1行"),
        inspected("xingyang", "第二组"),
        inspected("shangjie", "第二组", "前提条件不具备，填报的数和清单都没有改动"),
        inspected("gaoxin", "第二组", "前提条件具备，核定1项得分"),
        inspected("zhongmu", "第四组"),
        inspected("erqi", "第四组"),
        inspected("huiji", "第四组"),
        received(FOURTH, "", "2014年度考核审定表.xlsx"),
        (FOURTH, DECIDED, "", "2014年度考核审定表.xlsx", "郑工商〔2015〕3号，审定通过"),
        (FOURTH, ISSUED, "", "2014年度", "开始生成正式结果"),
        (FOURTH, ISSUED, "", "2014", f"正式结果已生成：{final}，清单校验码 {seal}"),
    ]


def shown(event: Event) -> tuple[datetime, str, str, str, str]:
    """An event without the check number of its file."""
    return (
        datetime.fromtimestamp(event.at, UTC).astimezone().replace(tzinfo=None),
        event.kind,
        event.unit,
        re.sub(r"（[0-9a-f]{8}）$", "", event.subject),
        event.said,
    )


def events(whole_year: WholeYear, unit: str | None = None) -> list[tuple[datetime, str, str, str, str]]:
    return [shown(event) for event in Ledger(whole_year.home / "state").events(unit)]


def test_the_log_tells_what_happened_in_order(whole_year: WholeYear) -> None:
    assert [event[1:] for event in events(whole_year)] == [event[1:] for event in expected_events(whole_year.final)]


def test_the_log_tells_when_it_happened(whole_year: WholeYear) -> None:
    """Also that a form was replaced, on the night that its successor came."""
    found = [event[0] for event in events(whole_year)]
    assert found == [event[0] for event in expected_events(whole_year.final)]
    assert found == sorted(found)


def lines(table: str) -> Iterator[list[str]]:
    """The cells of every line of a printed table that begins an event."""
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("│ ").split("│")]
        if re.match(r"\d{4}-\d\d-\d\d", cells[0]):
            yield cells


def test_history_prints_the_log(whole_year: WholeYear) -> None:
    status, out, err = call("-c", whole_year.config, "history")
    assert (status, err, out.splitlines()[0].strip()) == (0, "", "2014年度考核全年记录")
    assert [cells[1] for cells in lines(out)] == [event[1] for event in expected_events(whole_year.final)]
    first, *_, last = lines(out)
    assert first[:3] == ["2015-01-05 09:00", "收件", "上街区工商联"]
    assert last[:4] == ["2015-01-20 09:00", "定稿", "", "2014"]


def test_history_of_one_unit(whole_year: WholeYear) -> None:
    status, out, err = call("-c", whole_year.config, "history", "登封")
    assert (status, err) == (0, "")
    assert [cells[1:3] for cells in lines(out)] == [*[["收件", "登封市工商联"]] * 3, ["核查", "登封市工商联"]]
    mine = [event for event in expected_events(whole_year.final) if event[2] == "dengfeng"]
    assert [event[1:] for event in events(whole_year, "dengfeng")] == [event[1:] for event in mine]


def test_running_again_changes_nothing_of_the_final_set(whole_year: WholeYear) -> None:
    before, log = tree(whole_year.final.parent), events(whole_year)
    times = {path: path.stat().st_mtime_ns for path in whole_year.final.rglob("*") if path.is_file()}
    outcome = run(load_office(whole_year.home / "config.toml"), datetime(2015, 2, 1, 3, 0), Silent())
    assert (outcome.assessment.status, outcome.final, outcome.problems) == (Status.FINAL, None, ())
    assert tree(whole_year.final.parent) == before
    assert {path: path.stat().st_mtime_ns for path in whole_year.final.rglob("*") if path.is_file()} == times
    assert events(whole_year) == log
