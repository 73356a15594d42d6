"""Another year's notice: other sections, items, lists, headings, preconditions, period and units. Nothing in the program may be of 2014 alone."""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office, load_office
from kaohe.config.model import GateResult
from kaohe.demo.whole_year import begin
from kaohe.forms.master import build_master
from kaohe.forms.schema import form_schema
from kaohe.rulebook.loader import load_rulebook, read_notice, rules_source
from kaohe.rulebook.proofread import proofread
from kaohe.scoring.score import assess, gate_missing, gate_unseen
from kaohe.scoring.scorecard import UnitState
from kaohe.toml_source import FaultyFile
from kaohe.verify import verify
from tests.support.sample import record
from tests.test_cli import DONE, call

OTHER = PROGRAM_ROOT / "tests" / "other_notice"
RULES = OTHER / "rules" / "2016"
TEXT = (RULES / "rulebook.toml").read_text(encoding="utf-8")
NOTICE = (RULES / "notice.txt").read_text(encoding="utf-8")
PERIOD = (date(2015, 12, 1), date(2016, 11, 30))


def office() -> Office:
    return load_office(OTHER / "config.toml")


# Reading it


def test_the_rules_lie_beside_the_configuration() -> None:
    where = office()
    assert (where.rules, where.rulebook.year) == (RULES, 2016)
    assert list(where.rulebook.items) == ["1.1", "1.2", "1.3a", "1.3b", "2.1", "2.2", "3.1"]
    assert where.rulebook.never_above == (("online", "firms_end"),)


def test_the_notice_is_read_between_its_own_headings_and_to_its_last_sentence() -> None:
    rulebook, notice = office().rulebook, read_notice(RULES)
    assert notice.clauses(rulebook) == [clause.text for _, clause in rulebook.clauses()]
    assert [sentence.text for sentence in notice.method(rulebook)] == [
        "市工商联于12月分2组到各单位进行考核。",
        "制度是否健全、人员是否到位，两项缺少任一项，不再计分。",
        "考核结果提交市工商联主席办公会议审核确定，通报当地统战部门。",
        "填报表于2016年12月5日前报市工商联办公室。",
    ]


def test_the_form_asks_what_this_notice_asks() -> None:
    schema = form_schema(office())
    assert [field["id"] for field in schema["fields"]] == ["visits", "hotline", "firms_start", "firms_end", "online"]
    assert [entry["id"] for entry in schema["lists"]] == ["lectures"]
    assert schema["gate"] == [{"id": "gate_system", "label": "制度健全"}, {"id": "gate_people", "label": "人员到位"}]


# Preconditions


def test_as_many_preconditions_as_the_notice_has() -> None:
    where = office()
    found = {
        "xinzheng": GateResult(gate_system=True, gate_people=True),
        "jinshui": GateResult(gate_system=True, gate_people=False),
        "xingyang": GateResult(gate_system=True),
    }
    config = where.config.model_copy(update={"gate": found})
    fields = {"visits": 20, "hotline": True, "firms_start": 100, "firms_end": 104, "online": 30}
    records = {code: record(where, code, fields) for code in found}
    assessment = assess(Office(config, where.rulebook), records, (), ())
    states = {code: assessment.card(code).state for code in found}
    assert states == {"xinzheng": UnitState.VALID, "jinshui": UnitState.GATED, "xingyang": UnitState.PROVISIONAL}
    assert assessment.card("xinzheng").reason == "材料齐全，两项前提条件具备"
    assert gate_missing(where.rulebook, found["jinshui"]) == ["人员到位"]
    assert gate_unseen(where.rulebook, found["xingyang"]) == ["人员到位"]


def test_a_precondition_of_last_year_in_the_configuration(tmp_path: Path) -> None:
    text = 'rules_here\n[gate.xinzheng]\ngate_system = true\ngate_staff = true\nremark = "查过"\n'
    config = (OTHER / "config.toml").read_text(encoding="utf-8") + text.replace("rules_here", "")
    config = config.replace("[readings]", f"[folders]\nrules = {str(RULES)!r}\n\n[readings]")
    (tmp_path / "config.toml").write_text(config, encoding="utf-8")
    with pytest.raises(FaultyFile) as caught:
        load_office(tmp_path / "config.toml")
    line = config.splitlines().index("gate_staff = true") + 1
    said = "不认识“gate_staff”一项（是不是想写“gate_system”？）；2016年度的前提条件有：gate_system（制度健全）、gate_people（人员到位）"
    assert str(caught.value) == f"config.toml:{line}：{said}"


# What is easily forgotten


def written(folder: Path, *changes: tuple[str, str], notice: str = NOTICE) -> Path:
    """This rulebook with each of these texts, which it has exactly once, replaced."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} × {old}"
        text = text.replace(old, new)
    (folder / "rulebook.toml").write_text(text, encoding="utf-8")
    (folder / "notice.txt").write_text(notice, encoding="utf-8")
    return folder


def doubts(folder: Path) -> list[str]:
    return [fault.message for fault in proofread(load_rulebook(folder), rules_source(folder), *PERIOD)]


def test_nothing_is_doubted_of_either_notice() -> None:
    assert proofread(load_rulebook(RULES), rules_source(RULES), *PERIOD) == []
    rules = PROGRAM_ROOT / "rules" / "2014"
    assert proofread(load_rulebook(rules), rules_source(rules), date(2014, 1, 1), date(2014, 12, 31)) == []


VISITS = "1、走访会员企业20家以上，计4分。"
GROWTH = "3、会员企业增长率达到4%以上的，计3分，增长率居全市前2位的，计2分。"
LECTURES = "举办法律讲座，每场计2分，最多计6分。"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "at_least = 20, earns = 4",
            "at_least = 15, earns = 4",
            [f"（一）1原文里的“20”没有一个计分项用到：“{VISITS}”", f"计分项 1.1 用的“15”在原文里找不到：“{VISITS}”"],
        ),
        (
            '"4%", earns = 3',
            '"6%", earns = 3',
            [f"（一）3原文里的“4%”没有一个计分项用到：“{GROWTH}”", f"计分项 1.3a 用的“6%”在原文里找不到：“{GROWTH}”"],
        ),
        (
            "top = 2, top_earns",
            "top = 5, top_earns",
            [f"（一）3原文里的“2”没有一个计分项用到：“{GROWTH}”", f"计分项 1.3b 用的“5”在原文里找不到：“{GROWTH}”"],
        ),
        ("2015年12月1日", "2014年1月1日", ["“2014年1月1日的会员企业数”里的日期不在考核期（2015-12-01至2016-11-30）内，是不是去年的"]),
        (
            'label = "是否开通服务热线"',
            'label = "是否开通“12345”热线"',
            ["“是否开通“12345”热线”里的“12345”在原文里找不到：“2、开通服务热线，计3分。”"],
        ),
        ('version = "2016.1"', 'version = "2014年1版"', ["“2014年1版”里的日期不在考核期（2015-12-01至2016-11-30）内，是不是去年的"]),
        (
            'number = "（一）2"',
            'number = "（一）3"',
            ["（一）3的编号（id）是“1.2”，表和函里会对不上，应当是“1.3”", "原文是第2条，编号（number）却是“（一）3”"],
        ),
        ('title = "服务企业"', 'title = "办公室工作"', ["部分的编号、名称“（一）办公室工作”与原文“（一）服务企业”不一致"]),
        (
            'id = "3"\n',
            'id = "4"\n',
            ["通知里是第（三）部分，编号（id）却是“4”，表和函里会对不上，应当是“3”", "（三）的编号（id）是“3.1”，表和函里会对不上，应当是“4.1”"],
        ),
        ('id = "2.2"\ntitle', 'id = "5.2"\ntitle', ["计分项“5.2”在 2.2 条里，编号（id）应当是“2.2”或后面加 a、b、c"]),
        ('clauses = ["2.1"]', 'clauses = ["1.1"]', ["口径 lectures-online 写的是 1.1 条，改动的计分项在 2.1 条"]),
    ],
)
def test_what_last_year_left_behind_is_doubted(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert doubts(written(tmp_path, (old, new))) == said


@pytest.mark.parametrize(("said", "doubted"), [("二十家以上", False), ("20家以上", False), ("十二家以上", True), ("二百二十家以上", True)])
def test_numbers_in_words(tmp_path: Path, said: str, doubted: bool) -> None:
    change = ("走访会员企业20家以上", f"走访会员企业{said}")
    assert bool(doubts(written(tmp_path, change, notice=NOTICE.replace(*change)))) == doubted


def test_points_that_the_text_does_not_give(tmp_path: Path) -> None:
    folder = written(tmp_path, ("at_least = 20, earns = 4", "at_least = 20, earns = 5"), ("maximum = 12", "maximum = 13"))
    assert doubts(folder) == ["（一）1原文写的分值是4分，计分项写的是5分"]


def test_a_cap_that_no_item_has(tmp_path: Path) -> None:
    folder = written(tmp_path, ("most_rows = 3", "most_rows = 5"), ("maximum = 11", "maximum = 15"))
    assert doubts(folder) == ["（二）原文写了最多6分，没有一个计分项最多得6分", f"计分项 2.1 用的“5”在原文里找不到：“{LECTURES}”"]


def test_a_reading_with_last_year_s_figure(tmp_path: Path) -> None:
    reading = """
[[readings]]
id = "place-needs-growth"
clauses = ["1.3"]
question = "位次得分是否也要求达到增长率"
taken = "no"

[[readings.choices]]
id = "no"
text = "不要求"

[[readings.choices]]
id = "yes"
text = "要求"
changes = [
  { item = "1.3b", set = { at_least = "6%" } },
]
"""
    folder = written(tmp_path, ('[[readings]]\nid = "lectures-online"', f'{reading}\n[[readings]]\nid = "lectures-online"'))
    assert doubts(folder) == [f"口径 place-needs-growth 用的“6%”在原文里找不到：“{GROWTH}”"]


# Other shapes


def cut(text: str, begin: str, end: str) -> str:
    return text[: text.index(begin)] + text[text.index(end) :]


def test_a_notice_without_lists_and_with_one_precondition(tmp_path: Path) -> None:
    text = cut(TEXT, '[[sections]]\nid = "2"', '[[sections]]\nid = "3"').split("[[lists]]")[0]
    text = text.replace("（三）", "（二）").replace('id = "3', 'id = "2').replace("两项缺少任一项", "缺少的")
    text = cut(text, '[[gate.conditions]]\nid = "gate_people"', "[[not_scored]]")
    notice = NOTICE.replace("（三）", "（二）").replace("两项缺少任一项", "缺少的")
    notice = cut(notice, "（二）法律服务", "（二）“互联网")
    (tmp_path / "rulebook.toml").write_text(text, encoding="utf-8")
    (tmp_path / "notice.txt").write_text(notice, encoding="utf-8")
    rulebook = load_rulebook(tmp_path)
    assert (rulebook.lists, rulebook.gate.counted) == ((), "前提条件")
    assert proofread(rulebook, rules_source(tmp_path), *PERIOD) == []
    guide = load_workbook(BytesIO(build_master(rulebook)))["填报说明"]
    said = [str(row[0].value) for row in guide.iter_rows(min_col=2, max_col=2) if row[0].value]
    assert "二、前提条件" in said
    assert not [text for text in said if "清单" in text]


def test_points_with_decimals_are_exact(tmp_path: Path) -> None:
    notice = NOTICE.replace("走访会员企业20家以上，计4分", "走访会员企业20家以上，计0.5分")
    changes = (("走访会员企业20家以上，计4分", "走访会员企业20家以上，计0.5分"), ("at_least = 20, earns = 4", 'at_least = 20, earns = "0.5"'))
    folder = written(tmp_path, *changes, ("maximum = 12", 'maximum = "8.5"'), notice=notice)
    rulebook = load_rulebook(folder)
    assert rulebook.maximum(rulebook.sections[0]) == rulebook.sections[0].maximum == Fraction(17, 2)
    assert doubts(folder) == []


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("讲座/培训", "清单名称“讲座/培训”要用作工作表名称，不能超过31个字，不能含 \\ / : * ? [ ]"),
        ("填报表", "清单名称“填报表”已经用作别的工作表，请换一个"),
    ],
)
def test_a_list_whose_name_can_be_no_sheet(tmp_path: Path, label: str, said: str) -> None:
    with pytest.raises(FaultyFile) as caught:
        load_rulebook(written(tmp_path, ('label = "法律讲座"', f'label = "{label}"')))
    assert [fault.message for fault in caught.value.faults] == [said]


# End to end


def words(path: Path) -> Iterator[str]:
    """Every text of a published file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".xml"):
                    yield re.sub(r"<[^>]*>", "|", archive.read(name).decode())
    else:
        yield path.read_bytes().decode(errors="replace")


OF_2014 = re.compile(r"2014|工作目标考核|三项|四项|四个考核组|59个|44条|15个方面|12个|工作人员配备|办公经费|百千万|信阳")


@pytest.mark.slow
def test_a_whole_year_under_another_notice(tmp_path: Path) -> None:
    said = call("-c", OTHER / "config.toml", "demo", tmp_path / "demo", "--whole-year")
    assert (said.status, said.err) == (DONE, "")
    assert said.out.splitlines()[-1].endswith("explain 金水区工商联 1.3b")
    where = load_office(tmp_path / "demo" / "config.toml")
    assert where.rules == tmp_path / "demo" / "rules" / "2016"
    assert begin(where) == datetime(2016, 12, 5, 9)
    assert verify(where, 2016) == ()
    outbox = tmp_path / "demo" / "outbox"
    final = {path.relative_to(outbox / "final" / "2016").as_posix() for path in (outbox / "final" / "2016").rglob("*") if path.is_file()}
    assert {
        "2016年度考核结果通报.docx",
        "2016年度考核汇总.xlsx",
        "表彰决定.docx",
        "结果通知/结果通知-中牟县工商联.docx",
        "依据/rules/2016/notice.txt",
    } <= final
    told = {path.name: found for path in outbox.rglob("*") if path.is_file() for text in words(path) if (found := OF_2014.findall(text))}
    assert told == {}
    notification = "".join(words(outbox / "final" / "2016" / "2016年度考核结果通报.docx"))
    assert re.sub(r"\|+", "", notification).count("考核共3个方面、6条、7个计分项目。其中封顶项目7个，满分27分。") == 1
