"""The command line: what it says, what it writes, and how it ends."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import pipeline
from kaohe import PROGRAM_ROOT
from kaohe.commands import common
from kaohe.forms.schema import form_schema
from tests.support.concluded import decision, reviewed
from tests.support.forms import NOON, drop, filled, office_folder, passed_gate, program_office, sound_fields, stamped, tree
from tests.support.inspections import FOUND, fill_inspection

DONE, INTERNAL_ERROR, WRONG, LOCKED = 0, 1, 2, 3
ENGLISH = ("Ctrl+C", "show", "install", "remove", "windows", "systemd", "cron", "Python")
"""What has no other name."""
EVERYWHERE = [["forms"], ["run"], ["check", "."], ["status"], ["explain", "jinshui"], ["rules"], ["schema"]]


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


def call(*arguments: str | Path) -> Said:
    """One command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = pipeline.main([str(argument) for argument in arguments])
    return Said(status, out.getvalue(), err.getvalue())


def spawn(*arguments: str | Path, root: Path = PROGRAM_ROOT, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """One command in a process of its own."""
    env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    env.pop("PYTHONPATH", None)
    command = [sys.executable, str(root / "pipeline.py"), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd or root, env=env, capture_output=True, check=False)


@dataclass(frozen=True)
class Demo:
    """The demonstration, made once."""

    home: Path
    said: Said
    results: dict[str, Any]

    @property
    def units(self) -> dict[str, dict[str, Any]]:
        return {unit["code"]: unit for unit in self.results["units"]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("demo") / "演示"
    said = call("demo", home)
    return Demo(home, said, json.loads((home / "outbox" / "results.json").read_bytes()))


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office's folder with a sound and a faulty form in its inbox; no command here may change it."""
    home = tmp_path_factory.mktemp("office")
    office_folder(home, passed_gate("jinshui", "huiji"))
    drop(home / "inbox", "好.xlsx", filled("jinshui", sound_fields(website_items=130)))
    drop(home / "inbox", "错.xlsx", filled("huiji", sound_fields(townships_total=12, townships_with_chamber=15, website_items="约30")))
    drop(home / "inbox", "别的.xlsx", b"PK\x03\x04")
    return home


# Help


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "240")


def english(text: str) -> list[str]:
    """Words that a reader of Chinese would have to look up: ids, options and file names aside."""
    files = ("pipeline.py", str(PROGRAM_ROOT / "config.toml"), "outbox/forms", "templates", "outbox", "JSON", "4.1b")
    jobs = ("corrections", "reminders", "inspections", "letters", "password")
    for allowed in (*files, *jobs, *ENGLISH, *pipeline.COMMANDS):
        text = text.replace(allowed, "")
    return re.findall(r"[A-Za-z][A-Za-z]+", re.sub(r"(?<!\w)--?[a-z]+(?:-[a-z]+)*", "", text))


@pytest.mark.usefixtures("wide")
def test_help_is_chinese() -> None:
    said = call("--help")
    assert (said.status, said.err) == (DONE, "")
    assert english(said.out) == []
    assert "用法：pipeline.py ［选项］ 命令 ［参数］…" in said.out
    for command in pipeline.COMMANDS:
        assert re.search(rf"│ {command} +[一-鿿]", said.out), command


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("command", pipeline.COMMANDS)
def test_help_of_every_command_is_chinese(command: str) -> None:
    said = call(command, "--help")
    assert (said.status, said.err) == (DONE, "")
    assert english(said.out) == []
    assert f"用法：pipeline.py {command} " in said.out
    assert "显示这段帮助。" in said.out


def test_every_command_is_listed_and_documented() -> None:
    assert pipeline.COMMANDS[:5] == ("demo", "init", "doctor", "forms", "run")
    readme = (PROGRAM_ROOT / "README.md").read_text(encoding="utf-8")
    assert [command for command in pipeline.COMMANDS if not re.search(rf"pipeline\.py (-c \S+ |--config \S+ )?{command}\b", readme)] == []


@pytest.mark.usefixtures("wide")
def test_without_a_command_it_shows_the_help_and_complains_of_nothing() -> None:
    said = call()
    assert said.status == WRONG
    assert "用法：pipeline.py" in said.out
    assert "写法不对" not in said.err


# Wrong calls


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["frobnicate"], f"没有“frobnicate”这个命令，可以用：{'、'.join(pipeline.COMMANDS)}"),
        (["run", "--force"], "没有“--force”这个选项"),
        (["status", "金水区"], "后面多写了东西"),
        (["check"], "还缺少“文件…”"),
        (["explain"], "还缺少“单位”"),
    ],
)
def test_a_wrong_call_is_explained_in_chinese(arguments: list[str], complaint: str) -> None:
    assert call(*arguments) == Said(WRONG, "", f"命令写错了：{complaint}。命令后面加 --help 看用法。\n")


def test_an_option_without_its_value() -> None:
    said = call("-c")
    assert (said.status, said.out) == (WRONG, "")
    assert said.err.startswith("命令写错了：")
    assert english(said.err) == []


# Wrong configuration


@pytest.mark.parametrize("arguments", EVERYWHERE, ids=lambda a: a[0])
def test_a_wrong_configuration_prints_every_fault_and_writes_nothing(arguments: list[str], tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    text = config.read_text(encoding="utf-8")
    text = text.replace('articles-cap = "none"', 'articles-cap = "20"').replace("deadline = 2014-12-31 ", "deadline = 2013-12-31 ")
    config.write_text(text, encoding="utf-8")
    line = text.splitlines().index('articles-cap = "20"') + 1
    before = tree(tmp_path)
    said = call("-c", config, *arguments)
    assert said == Said(
        WRONG,
        "",
        "设置或规则有错，什么也没有做。请改正下面各处后再运行：\n"
        "  config.toml:5：报送截止日期早于考核期开始日期\n"
        f"  config.toml:{line}：口径“articles-cap”写成了“20”，可以写：none、10（是不是想写“10”？）\n",
    )
    assert tree(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    said = call("-c", tmp_path / "没有.toml", "run")
    assert said.status == WRONG
    assert f"{tmp_path / '没有.toml'}:1：找不到这个文件，请检查路径" in said.err.replace("\n", "")
    assert list(tmp_path.iterdir()) == []


def test_wrong_rules_are_told_with_their_line(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    shutil.copytree(PROGRAM_ROOT / "rules", tmp_path / "rules")
    rulebook = tmp_path / "rules" / "2014" / "rulebook.toml"
    text = rulebook.read_text(encoding="utf-8").replace('field = "tasks_done"', 'field = "task_done"')
    rulebook.write_text(text, encoding="utf-8")
    line = next(n for n, written in enumerate(text.splitlines(), start=1) if 'field = "task_done"' in written)
    said = call("-c", config, "rules")
    assert (said.status, said.out) == (WRONG, "")
    assert re.search(rf"  rules/2014/rulebook\.toml:{line}：.*task_done.*是不是想写“tasks_done”", said.err)


# forms


def test_forms_are_written_into_the_office_s_folder(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    said = call("-c", config, "forms")
    assert (said.status, said.err) == (DONE, "")
    assert said.out == (
        f"制作填报表：12/12\n母版：{tmp_path / 'templates' / 'submission.xlsx'}\n12个单位的填报表在：{tmp_path / 'outbox' / 'forms'}\n"
    )
    forms = sorted(path.name for path in (tmp_path / "outbox" / "forms").iterdir())
    assert forms == sorted(f"2014年度考核填报表-{unit.short}.xlsx" for unit in program_office().config.cohort)
    before = tree(tmp_path)
    assert call("-c", config, "forms").status == DONE
    assert tree(tmp_path) == before


def test_forms_of_a_master_that_cannot_be_used(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    drop(tmp_path, "templates/submission.xlsx", b"broken")
    before = tree(tmp_path)
    assert call("-c", config, "forms") == Said(WRONG, "", "填报表母版打不开，请用 forms --rebuild 重做，或换回没有损坏的一份\n")
    assert tree(tmp_path) == before | {"state/run.lock": b""}
    assert call("-c", config, "forms", "--rebuild").status == DONE
    assert len(tree(tmp_path)) == 1 + 1 + 12 + 1


def test_forms_warn_when_the_readings_changed_after_the_master(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    assert call("-c", config, "forms").err == ""
    config.write_text(config.read_text(encoding="utf-8").replace('articles-cap = "none"', 'articles-cap = "10"'), encoding="utf-8")
    said = call("-c", config, "forms")
    assert said.status == DONE
    assert said.err == "注意：规则或口径在母版做好以后有改动：表里的计分规则和自评分还是旧的。要更新请用 forms --rebuild（会覆盖对母版的手工修改）\n"
    assert call("-c", config, "forms", "--rebuild").err == ""


# check


def test_check_of_good_and_bad_files(shelf: Path) -> None:
    before = tree(shelf)
    inbox = shelf / "inbox"
    drop(shelf, "../说明.txt", "不是表".encode())
    said = call("-c", shelf / "config.toml", "check", inbox / "好.xlsx", inbox / "错.xlsx", inbox / "别的.xlsx", shelf.parent / "说明.txt")
    assert (said.status, said.err) == (DONE, "")
    assert said.out.splitlines() == [
        "好.xlsx：采用",
        "  金水区工商联，不含位次核定项得90分，问题0处",
        "错.xlsx：采用",
        "  惠济区工商联，不含位次核定项得83分，问题2处",
        "错误 V-301 填报表 D63 “已建商会的乡镇、街道数”：实际数大于总数，填了 15，而“乡镇、街道总数”（D62）填了 12。请核对这两个数，改正填错的一个。",
        "疑问 V-205 填报表 D14 “在工商联网站发布信息条数”：数字不确定，填了“约30”。"
        "请填确切的数，不写“约”“余”“以上”或百分比；没有的填 0。确定以前这一项暂不计分。",
        "别的.xlsx：打不开。文件已损坏，可能没有传完，请重新报送",
        "说明.txt：不是本系统的填报表。不是电子表格，没有当作填报表读取",
    ]
    assert tree(shelf) == before


def test_check_of_a_folder(shelf: Path) -> None:
    said = call("-c", shelf / "config.toml", "check", shelf / "inbox")
    assert [line for line in said.out.splitlines() if not line.startswith((" ", "错误", "疑问"))] == [
        "别的.xlsx：打不开。文件已损坏，可能没有传完，请重新报送",
        "好.xlsx：采用",
        "错.xlsx：采用",
    ]


def test_check_of_an_issued_form_that_nobody_filled(tmp_path: Path) -> None:
    blank = drop(tmp_path, "空白.xlsx", stamped("jinshui"))
    said = call("check", blank)
    assert said.status == DONE
    assert said.out.splitlines()[1] == "  金水区工商联，不含位次核定项得0分，问题50处"
    assert said.out.count("错误 V-101 ") == 50


def test_check_of_files_that_are_not_there(shelf: Path) -> None:
    said = call("-c", shelf / "config.toml", "check", "没有.xlsx", shelf / "inbox" / "好.xlsx", "也没有.xlsx")
    assert said == Said(WRONG, "", "找不到文件：没有.xlsx\n找不到文件：也没有.xlsx\n")


@pytest.mark.slow
def test_check_of_a_decision_form(tmp_path: Path) -> None:
    """Against the inbox: what is right there is right; with an empty inbox, what could not be looked at is said."""
    office = reviewed(tmp_path / "office")
    good, bad = drop(tmp_path, "审.xlsx", decision(office)), drop(tmp_path, "错.xlsx", decision(office, number="郑工商〔2013〕3号"))
    before = tree(tmp_path)
    assert call("-c", office.file, "check", good).out.splitlines() == ["审.xlsx：采用（审定表）", "  审定表，问题0处"]
    wrong = [
        "错.xlsx：采用（审定表）",
        "  审定表，问题1处",
        "错误 V-811 审定 C6 “通报文号”：文号的年份与会议日期对不上，文号是“郑工商〔2013〕3号”，主席办公会议在2015年1月19日。"
        "请核对文号和会议日期，改正填错的一个。",
    ]
    assert call("-c", office.file, "check", bad).out.splitlines() == wrong
    assert tree(tmp_path) == before
    drop(office.config.folder("inbox"), "金水（再改）.xlsx", filled("jinshui", sound_fields(website_items=20)), NOON + 500)
    stale = "错误 V-801 “整份审定表”：审定的不是现在的结果，审定表做出以后有变化：金水区工商联的填报表。"
    assert call("-c", office.file, "check", good).out.splitlines()[2].startswith(stale)
    shutil.rmtree(office.config.folder("inbox"))
    nothing = "  收件箱里没有可以采用的填报表，审定的是不是现在的结果、单位有没有得分（V-801、V-809）要等运行时才能查"
    assert call("-c", office.file, "check", bad).out.splitlines() == [*wrong, nothing]


def test_check_of_an_inspection_form(tmp_path: Path) -> None:
    home = tmp_path / "office"
    config = office_folder(home)
    drop(home / "inbox", "惠济.xlsx", filled("huiji", sound_fields(meetings_due=6, meetings_attended=6)))
    assert call("-c", config, "forms", "--inspection").status == DONE
    form = (home / "outbox" / "forms" / "2014年度核查表-第四组.xlsx").read_bytes()
    answers: dict[str, dict[str, Any]] = {
        "huiji": FOUND | {"field:meetings_attended": (7, "签到表"), "visit:met": None},
        "erqi": FOUND | {"gate:gate_staff": "大体"},
    }
    sent = drop(tmp_path, "2014年度核查表-第四组.xlsx", fill_inspection(form, answers))
    missing = "  收件箱里没有这个单位可以采用的填报表，与填报表的核对（V-707、V-708、V-709）要等报来以后运行时才做"
    expected = [
        "2014年度核查表-第四组.xlsx：采用（第四组核查表）",
        "  中牟县工商联，问题0处",
        missing,
        "  二七区工商联，问题1处",
        "错误 V-704 二七区工商联 E8 “工作人员配备到位”：核定一栏看不懂，填了“大体”。请改正；改正以前这项前提条件视为尚未核查。",
        missing,
        "  惠济区工商联，问题2处",
        "疑问 V-711 惠济区工商联 E11 “接待人”：没有写清考核日期或接待人，接待人空白。请补填或改正，以便存查；不影响得分。",
        "错误 V-709 惠济区工商联 E15 “实际参加会议次数”：核定值与另一个数矛盾，"
        "“实际参加会议次数”核定7，大于“应参加的执委会、常委会和专题座谈会次数”单位填报6。请核对这两个数，改正填错的核定值；改正以前不采用这个核定值。",
    ]
    before = tree(tmp_path)
    said = call("-c", config, "check", sent)
    assert (said.status, said.err, said.out.splitlines()) == (DONE, "", expected)
    assert tree(tmp_path) == before
    drop(home / "inbox", "第四组（旧）.xlsx", fill_inspection(form, {"huiji": FOUND}))
    drop(home / "inbox", sent.name, sent.read_bytes())
    assert call("-c", config, "check", sent).out.splitlines() == expected
    assert call("-c", config, "check", home / "inbox" / sent.name).out.splitlines() == expected


# status, explain, rules, schema


def test_status_says_where_every_unit_stands_and_writes_nothing(demo: Demo) -> None:
    before = tree(demo.home)
    said = call("-c", demo.home / "config.toml", "status")
    assert (said.status, said.err) == (DONE, "")
    assert said.out.startswith("2014年度考核报送情况（预排名）")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.out.splitlines() if line.startswith("│")]
    found = {row[1]: row[2:7] for row in rows if row[1]}
    assert found == {
        "新郑市工商联": ["有效", "", "", "", "2014年度考核填报表-新郑市工商联.xlsx"],
        "金水区工商联": ["有效", "", "", "", "金水工商联考核表.xlsx"],
        "中原区工商联": ["未报送", "", "", "", "—"],
        "荥阳市工商联": ["待更正（退回）", "", "", "", "—"],
        "上街区工商联": ["不计分", "", "", "", "2014年度考核填报表-上街区工商联.xlsx"],
        "高新区工商联": ["有效", "", "", "", "高新工商联考核表.xlsx"],
        "登封市工商联": ["待更正", "6", "3", "2", "登封/填报表（盖章版）.xlsx"],
        "新密市工商联": ["待核", "", "", "", "填报表-新密市工商联-终稿.xlsx"],
        "管城区工商联": ["有效", "", "", "", "管城区工商联报送材料.zip/填报表.xlsx"],
        "中牟县工商联": ["有效", "", "", "", "中牟工商联考核表.xlsx"],
        "二七区工商联": ["有效", "", "", "", "二七/填报表（盖章版）.xlsx"],
        "惠济区工商联": ["有效", "", "", "", "惠济区工商联来信.eml/惠济区填报表.xlsx"],
    }
    assert "填报表-荥阳市工商联-终稿.xlsx：年度不符。这是2013年度的填报表，本次考核2014年度，请用2014年度的表填报\n" in said.out
    assert tree(demo.home) == before


@pytest.mark.parametrize("unit", ["huiji", "惠济区工商联", "郑州市惠济区工商业联合会", "惠济", "惠济区", " 惠 济 "])
def test_explain_one_item_by_any_name_of_the_unit(shelf: Path, unit: str) -> None:
    said = call("-c", shelf / "config.toml", "explain", unit, "6.2")
    assert said == Said(
        DONE,
        "惠济区工商联　6.2 乡镇街道商会全覆盖（满分2分）\n"
        "  得分：0分（待更正）\n"
        "  理由：“已建商会的乡镇、街道数”待更正，更正前计0分。\n"
        "  规则：等于“乡镇、街道总数”且大于0，计2分\n"
        "  通知：（六）2　2、乡镇、街道商会实现全覆盖，计2分。\n"
        "  依据：填报表 D62　乡镇、街道总数　填“12”\n"
        "  依据：填报表 D63　已建商会的乡镇、街道数　填“15”\n",
        "",
    )


def test_explain_a_whole_unit(shelf: Path) -> None:
    before = tree(shelf)
    said = call("-c", shelf / "config.toml", "explain", "jinshui")
    assert (said.status, said.err) == (DONE, "")
    assert said.out.splitlines()[0] == "金水区工商联：总分96分，第1位，有效（材料齐全，三项前提条件具备）"
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.out.splitlines() if line.startswith("│")]
    assert [row[0] for row in rows if row[0]] == list(program_office().rulebook.items)
    assert next(row for row in rows if row[0] == "1.3") == [
        "1.3",
        "网站信息",
        "5",
        "5",
        "已计分",
        "“在工商联网站发布信息条数”填130，达到100，计5分。",
    ]
    assert tree(shelf) == before


def test_explain_a_unit_that_sent_nothing(shelf: Path) -> None:
    said = call("-c", shelf / "config.toml", "explain", "zhongyuan")
    assert said.out.splitlines()[0] == "中原区工商联：没有位次，未报送（没有收到填报表（截止2014年12月31日））"


def test_explain_of_what_is_not_there(shelf: Path) -> None:
    said = call("-c", shelf / "config.toml", "explain", "巩义")
    assert (said.status, said.out) == (WRONG, "")
    assert said.err.startswith("没有“巩义”这个单位，可以写：新郑市工商联、金水区工商联、")
    said = call("-c", shelf / "config.toml", "explain", "jinshui", "4.1")
    assert (said.status, said.out) == (WRONG, "")
    assert said.err.startswith("没有“4.1”这个计分项，可以写：1.1、1.2、1.3、")


def test_rules_lists_every_item_under_its_clause() -> None:
    said = call("rules")
    assert (said.status, said.err) == (DONE, "")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.out.splitlines() if line.startswith("│")]
    items = program_office().rulebook.items
    assert [row[2] for row in rows if row[2]] == list(items)
    assert ["（一）1", "办公室工作", "1.1", "会议出勤和活动", "8"] in [row[:5] for row in rows]
    assert [row[2] for row in rows if row[4] == "不封顶"] == ["3.2", "15.1", "15.2b", "15.4a", "15.4b", "15.4c", "15.5a", "15.5b"]
    assert "各部分封顶项满分：18、8、8、20、6、8、2、2、11、12、6、3、6、6、7，共123分；另有8项不封顶。\n" in said.out
    assert said.out.endswith("规则完好：15个部分、44条、59个计分项都有出处，引文与通知逐字一致（规则版本 2014.1）。\n")


def test_schema_for_programs() -> None:
    done = spawn("schema", "--json")
    assert (done.returncode, done.stderr) == (DONE, b"")
    assert json.loads(done.stdout) == form_schema(program_office())


def test_schema_for_people() -> None:
    said = call("schema")
    assert said.status == DONE
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.out.splitlines() if line.startswith("│")]
    assert ["members_end", "年末会员总数", "整数", "填报表", "D36", "4.1a、4.1b、4.2"] in rows
    assert ["articles.date", "宣传报道：日期", "日期", "宣传报道", "E5 起", ""] in rows


# run


def test_a_run_says_what_it_found(tmp_path: Path, shelf: Path) -> None:
    shutil.copytree(shelf, tmp_path / "office")
    said = call("-c", tmp_path / "office" / "config.toml", "run")
    assert (said.status, said.err) == (DONE, "")
    assert "2014年度考核排名（预排名）" in said.out
    assert "别的.xlsx：打不开。文件已损坏，可能没有传完，请重新报送\n" in said.out
    assert said.out.endswith(f"收到文件3份；有效1个，待更正1个，未报送10个；错误1处、疑问1处。结果在：{tmp_path / 'office' / 'outbox'}\n")


def test_a_run_while_another_is_under_way(shelf: Path) -> None:
    (shelf / "state").mkdir(exist_ok=True)
    apart = ("state/run.lock", "state/logs/kaohe.log")
    before = {name: data for name, data in tree(shelf).items() if name not in apart}
    with FileLock(shelf / "state" / "run.lock"):
        said = call("-c", shelf / "config.toml", "run")
    assert said == Said(LOCKED, "", "另一次运行还没有结束，这次没有做任何事。请等它结束再试。\n")
    assert {name: data for name, data in tree(shelf).items() if name not in apart} == before


def test_forms_while_a_run_is_under_way(tmp_path: Path) -> None:
    """A form written into the outbox while it is being replaced would be lost."""
    config = office_folder(tmp_path)
    (tmp_path / "state").mkdir()
    with FileLock(tmp_path / "state" / "run.lock"):
        for option in ([], ["--inspection"], ["--decision"]):
            assert call("-c", config, "forms", *option) == Said(LOCKED, "", "另一次运行还没有结束，这次没有做任何事。请等它结束再试。\n")
    assert not (tmp_path / "outbox").exists()


def test_forms_put_back_an_outbox_that_a_killed_run_left_aside(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    drop(tmp_path, ".~outbox.old/results.json", b"old")
    assert call("-c", config, "forms").status == DONE
    assert (tmp_path / "outbox" / "results.json").read_bytes() == b"old"
    assert len(tree(tmp_path / "outbox" / "forms")) == 12


def test_what_stands_in_the_way_is_told_and_the_run_counts_as_done(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    drop(tmp_path, "outbox/scores.csv/里面.txt", b"x")
    said = call("-c", config, "run")
    assert said.status == DONE
    assert said.err == "“scores.csv”的位置上要放这次的结果，原来放在那里的改名为“scores.csv-原有”，仍在 outbox 里\n"


def raising(error: BaseException) -> Any:
    def fail(*_: Any) -> None:
        raise error

    return fail


def test_an_internal_error_is_a_sentence_and_a_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(common, "load_office", raising(RuntimeError("坏了")))
    said = call("status")
    log = tmp_path / "kaohe-error.log"
    assert said == Said(INTERNAL_ERROR, "", f"程序内部错误（RuntimeError），收到的文件没有受影响。详情已写入 {log}，请把它发给维护人员。\n")
    assert log.read_text(encoding="utf-8").endswith("RuntimeError: 坏了\n")


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    drop(tmp_path, "state", b"a file where a folder belongs")
    said = call("-c", config, "run")
    assert (said.status, said.out) == (INTERNAL_ERROR, "")
    assert said.err == f"准备运行没有做成：“{tmp_path / 'state'}”应当是文件夹，现在是文件。收到的文件没有受影响；请把它改名或移走，然后再运行一次。\n"


@pytest.mark.parametrize(
    ("name", "lying", "doing"),
    [
        ("state/ledger.sqlite3", "folder", "写台账没有做成"),
        ("state/ledger.sqlite3-wal", "folder", "写台账没有做成"),
        ("state/ledger.sqlite3-journal", "folder", "台账用不了"),
        ("state/archive", "file", "收件存档没有做成"),
        ("state/archive/9f", "file", "收件存档没有做成"),
        ("inbox", "file", "读取收件箱没有做成"),
    ],
)
def test_what_lies_in_the_way_is_named_with_what_to_do(tmp_path: Path, name: str, lying: str, doing: str) -> None:
    config = office_folder(tmp_path)
    if name != "inbox":
        drop(tmp_path, "inbox/说明.txt", b"x\n" * 128)
        assert sha256(b"x\n" * 128).hexdigest().startswith("9f")
    if doing == "台账用不了":
        drop(tmp_path, "state/ledger.sqlite3", b"")
    drop(tmp_path, f"{name}/x" if lying == "folder" else name, b"")
    before = tree(tmp_path / "inbox")
    said = call("-c", config, "run")
    kinds = "文件，现在是文件夹" if lying == "folder" else "文件夹，现在是文件"
    assert said.status == INTERNAL_ERROR
    assert said.err == f"{doing}：“{tmp_path / name}”应当是{kinds}。收到的文件没有受影响；请把它改名或移走，然后再运行一次。\n"
    assert tree(tmp_path / "inbox") == before


def test_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "load_office", raising(KeyboardInterrupt()))
    said = call("status")
    assert (said.out, said.err) == ("", "已中止。再运行一次即可，不会留下半份结果。\n")
    assert said.status in (INTERNAL_ERROR, 128 + 2)


@pytest.mark.slow
def test_another_office_s_folder_and_nothing_beside_the_code(tmp_path: Path) -> None:
    """The program in a folder of its own, called from elsewhere with a relative path."""
    program, home = tmp_path / "program", tmp_path / "甲市 办公室"
    program.mkdir()
    for name in ("kaohe", "templates", "rules"):
        shutil.copytree(PROGRAM_ROOT / name, program / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pipeline.py", "config.toml"):
        shutil.copy(PROGRAM_ROOT / name, program / name)
    config = office_folder(home)
    drop(home / "inbox", "惠济.xlsx", filled("huiji", sound_fields()))
    before = tree(program)
    forms = spawn("-c", Path("甲市 办公室") / "config.toml", "forms", root=program, cwd=tmp_path)
    batch = spawn("--config", config, "run", root=program, cwd=tmp_path)
    assert (forms.returncode, forms.stderr) == (DONE, b"")
    assert (batch.returncode, batch.stderr) == (DONE, b"")
    assert tree(program) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["program", "甲市 办公室"]
    assert sorted(path.name for path in home.iterdir()) == ["config.toml", "inbox", "outbox", "state", "templates"]
    assert str(program) not in batch.stdout.decode()


def test_exit_status_of_a_process(tmp_path: Path) -> None:
    wrong = drop(tmp_path, "config.toml", b"year = 2014\n")
    done = spawn("-c", wrong, "run")
    assert done.returncode == WRONG
    assert done.stdout == b""
    assert "config.toml:1：缺少“units”一项" in done.stderr.decode()


# demo


def test_demo_says_where_to_look(demo: Demo) -> None:
    assert (demo.said.status, demo.said.err) == (DONE, "")
    pointed = [line.strip().partition("　")[0] for line in demo.said.out.splitlines() if line.startswith(f"  {demo.home}")]
    assert len(pointed) == 7
    assert [path for path in pointed if not Path(path).exists()] == []
    assert f"pipeline.py -c {demo.home / 'config.toml'} explain 金水区工商联 4.1b\n" in demo.said.out


def test_demo_gives_every_state(demo: Demo) -> None:
    assert {code: unit["state"] for code, unit in demo.units.items()} == {
        "xinzheng": "valid",
        "jinshui": "valid",
        "zhongyuan": "missing",
        "xingyang": "rejected",
        "shangjie": "gated",
        "gaoxin": "valid",
        "dengfeng": "incomplete",
        "xinmi": "provisional",
        "guancheng": "valid",
        "zhongmu": "valid",
        "erqi": "valid",
        "huiji": "valid",
    }
    assert len(tree(demo.home / "outbox" / "forms")) == 12
    assert demo.units["shangjie"]["reason"] == "实地考核不具备“办公经费有保证”的条件（办公经费未列入本级财政预算），按考核办法不再计分"


def test_demo_has_one_wrong_year_one_sent_again_and_strangers(demo: Demo) -> None:
    verdicts = {file["name"]: file["verdict"] for file in demo.results["files"] if file["verdict"] != "accepted"}
    assert verdicts == {
        "会议通知.doc": "not_a_form",
        "没传完的附件.xlsx": "unreadable",
        "初稿/金水工商联考核表.xlsx": "superseded",
        "填报表-荥阳市工商联-终稿.xlsx": "wrong_year",
        "惠济区工商联来信.eml": "opened",
        "惠济区工商联来信.eml/盖章扫描件.jpg": "evidence",
        "管城区工商联报送材料.zip": "opened",
        "管城区工商联报送材料.zip/佐证材料/表彰文件.pdf": "evidence",
    }
    filed = [name for name in tree(demo.home / "outbox") if name.startswith("佐证材料/")]
    assert filed == ["佐证材料/惠济区工商联/盖章扫描件.jpg", "佐证材料/管城区工商联/表彰文件.pdf"]
    (draft,) = [file for file in demo.results["files"] if file["verdict"] == "superseded"]
    assert [(change["cell"], change["before"]) for change in draft["changes"]] == [("D14", "61"), ("D32", "")]


def test_demo_has_mistakes_of_each_severity(demo: Demo) -> None:
    found = [(finding["severity"], finding["code"], finding["field"]) for finding in demo.results["findings"]]
    assert {finding["unit"] for finding in demo.results["findings"]} == {"dengfeng"}
    assert found[:3] == [
        ("错误", "V-101", "training_done"),
        ("错误", "V-206", "statistics_reported"),
        ("错误", "V-301", "townships_with_chamber"),
    ]
    assert sorted(code for severity, code, _ in found if severity == "错误") == ["V-101", "V-206", "V-301", "V-401", "V-402", "V-403"]
    assert sorted(code for severity, code, _ in found if severity == "疑问") == ["V-205", "V-209", "V-302"]
    assert sorted(code for severity, code, _ in found if severity == "提示") == ["V-212", "V-501"]


def test_demo_has_a_tie(demo: Demo) -> None:
    placed = [unit for unit in demo.results["units"] if unit["place"] is not None]
    assert [unit["place"] for unit in placed] == [1, 2, 3, 4, 5, 6, 7, 7, 9]
    assert {unit["code"]: unit["total"] for unit in placed if unit["place"] == 7} == {"guancheng": 107, "zhongmu": 107}


def test_demo_makes_its_folder_anew_but_touches_no_other(tmp_path: Path) -> None:
    drop(tmp_path, "重要.txt", b"1")
    said = call("demo", tmp_path)
    assert said == Said(WRONG, "", f"“{tmp_path}”里有别的东西，没有动它。请换一个文件夹：pipeline.py demo 新文件夹\n")
    assert tree(tmp_path) == {"重要.txt": b"1"}


def test_demo_does_not_take_a_file_for_a_folder(tmp_path: Path) -> None:
    path = drop(tmp_path, "demo", b"1")
    said = call("demo", path)
    assert said.status in (WRONG, INTERNAL_ERROR)
    assert "程序内部错误" not in said.err
    assert path.read_bytes() == b"1"
