"""config.toml: what a good one gives, and every fault of a bad one with its line and what to write instead."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office, load_office, rules_folder
from kaohe.config.model import Award, Folders, GateResult, Limits
from kaohe.rulebook.loader import load_rulebook
from kaohe.rulebook.readings import apply_readings
from kaohe.toml_source import FaultyFile
from tests.support.oracle import TAKEN

TEXT = (PROGRAM_ROOT / "config.toml").read_text(encoding="utf-8")
RULES = PROGRAM_ROOT / "rules" / "2014"


def broken(*changes: tuple[str, str]) -> str:
    """The real configuration with each of these texts, which it has exactly once, replaced."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} × {old}"
        text = text.replace(old, new)
    return text


def load(folder: Path, text: str) -> Office:
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return load_office(folder / "config.toml")


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(FaultyFile) as caught:
        load(folder, text)
    return [str(fault) for fault in caught.value.faults]


def at(text: str, marker: str, message: str, above: int = 0) -> str:
    """A fault on the line of the marker (or some lines above), which the text has exactly once."""
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if marker in line]
    assert len(lines) == 1, f"{len(lines)} × {marker}"
    return f"config.toml:{lines[0] - above}：{message}"


# A good one


def test_the_configuration_of_2014(tmp_path: Path) -> None:
    config = load(tmp_path, TEXT).config
    assert (config.year, config.deadline) == (2014, date(2014, 12, 31))
    assert (config.period.start, config.period.end) == (date(2014, 1, 1), date(2014, 12, 31))
    assert (config.issuer.name, config.issuer.short) == ("郑州市工商业联合会", "郑州市工商联")
    assert config.limits == Limits(growth_high_percent=100, growth_low_percent=-30)
    assert config.folders == Folders()
    assert config.readings == TAKEN
    assert (config.gate, config.awards) == ({}, ())
    assert len(config.units) == 12


def test_the_cohort_is_the_twelve_units_under_the_groups_of_the_notice(tmp_path: Path) -> None:
    config = load(tmp_path, TEXT).config
    assert [(group.name, group.leader, group.deputy, " ".join(group.members)) for group in config.groups] == [
        ("第一组", "白宇宙", "肖前诗", "王科 顿雪梅"),
        ("第二组", "郭留章", "赵奇", "任东凯 张宇飞"),
        ("第三组", "李清四", "", "茹东晓 贾付群 吕云 张方"),
        ("第四组", "王清祥", "", "李翔 丁卯"),
    ]
    assert [(config.group_of[unit.code].name, unit.short) for unit in config.cohort] == [
        ("第一组", "新郑市工商联"),
        ("第一组", "金水区工商联"),
        ("第一组", "中原区工商联"),
        ("第二组", "荥阳市工商联"),
        ("第二组", "上街区工商联"),
        ("第二组", "高新区工商联"),
        ("第三组", "登封市工商联"),
        ("第三组", "新密市工商联"),
        ("第三组", "管城区工商联"),
        ("第四组", "中牟县工商联"),
        ("第四组", "二七区工商联"),
        ("第四组", "惠济区工商联"),
    ]


def test_the_cohort_follows_the_groups_not_the_list_of_units(tmp_path: Path) -> None:
    text = broken(('units = ["xinzheng", "jinshui", "zhongyuan"]', 'units = ["zhongyuan", "xinzheng", "jinshui"]'))
    config = load(tmp_path, text).config
    assert [unit.code for unit in config.cohort][:3] == ["zhongyuan", "xinzheng", "jinshui"]
    assert list(config.units_by_code)[:3] == ["xinzheng", "jinshui", "zhongyuan"]


def test_the_rulebook_comes_under_the_readings_of_the_office(tmp_path: Path) -> None:
    office = load(tmp_path, broken(('articles-cap = "none"', 'articles-cap = "10"')))
    assert office.rulebook == apply_readings(load_rulebook(RULES), {"articles-cap": "10"})
    assert office.rulebook.items["3.2"].rule.maximum() == 10


def test_choices_may_be_written_as_numbers_and_as_true_or_false(tmp_path: Path) -> None:
    text = broken(
        ('articles-cap = "none"', "articles-cap = 10"),
        ('growth-needs-six = "no"', "growth-needs-six = true"),
        ('"middle-4.2" = "1"', '"middle-4.2" = 0'),
    )
    expected = {**TAKEN, "articles-cap": "10", "growth-needs-six": "yes", "middle-4.2": "0"}
    assert load(tmp_path, text).config.readings == expected


def test_readings_left_out_keep_their_default(tmp_path: Path) -> None:
    office = load(tmp_path, broken(('articles-cap = "none"\n', "")))
    assert office.rulebook == load_rulebook(RULES)


def test_what_the_inspection_found_and_who_is_to_be_awarded(tmp_path: Path) -> None:
    more = """
[gate.xinzheng]
gate_institution = true
gate_funding = false
remark = "经费未列入预算"

[[awards]]
name = "先进单位"
units = ["jinshui", "huiji"]
"""
    config = load(tmp_path, TEXT + more).config
    found = GateResult(gate_institution=True, gate_staff=None, gate_funding=False, remark="经费未列入预算")
    assert config.gate == {"xinzheng": found}
    assert config.awards == (Award(name="先进单位", units=("jinshui", "huiji")),)


def test_saved_by_notepad_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(TEXT.replace("\n", "\r\n").encode("utf-8-sig"))
    assert load_office(tmp_path / "config.toml").config.units == load_office(PROGRAM_ROOT / "config.toml").config.units


# Folders


def test_folders_count_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "考核 2014"
    (tmp_path / "elsewhere").mkdir()
    home.mkdir()
    (home / "config.toml").write_text(
        broken(('outbox = "outbox"', 'outbox = "../结果"'), ('state = "state"', f'state = "{tmp_path / "台账"}"')), encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    config = load_office(Path("考核 2014") / "config.toml").config
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert {name: config.folder(name) for name in ("inbox", "outbox", "templates", "state")} == {
        "inbox": home / "inbox",
        "outbox": tmp_path / "结果",
        "templates": home / "templates",
        "state": tmp_path / "台账",
    }


def test_folders_left_out_have_their_usual_names(tmp_path: Path) -> None:
    start, end = TEXT.index("[folders]"), TEXT.index("[limits]")
    config = load(tmp_path, TEXT[:start] + TEXT[end:]).config
    assert config.folder("inbox") == tmp_path / "inbox"
    assert config.folders == Folders(inbox="inbox", outbox="outbox", templates="templates", state="state", rules="")


def test_a_template_of_the_office_comes_before_the_programs(tmp_path: Path) -> None:
    config = load(tmp_path, TEXT).config
    assert config.template("notice.docx") == PROGRAM_ROOT / "templates" / "notice.docx"
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "notice.docx").write_bytes(b"")
    assert config.template("notice.docx") == tmp_path / "templates" / "notice.docx"
    assert config.template("letter.docx") == PROGRAM_ROOT / "templates" / "letter.docx"


def test_a_folder_named_like_a_template_is_not_one(tmp_path: Path) -> None:
    config = load(tmp_path, TEXT).config
    (tmp_path / "templates" / "notice.docx").mkdir(parents=True)
    assert config.template("notice.docx") == PROGRAM_ROOT / "templates" / "notice.docx"


def test_rules_of_the_program_unless_the_office_has_its_own(tmp_path: Path) -> None:
    config = load(tmp_path, TEXT).config
    assert rules_folder(config) == RULES
    shutil.copytree(RULES, tmp_path / "rules" / "2014")
    assert rules_folder(config) == tmp_path / "rules" / "2014"


def test_rules_from_the_folder_that_the_configuration_names(tmp_path: Path) -> None:
    shutil.copytree(RULES, tmp_path / "规则")
    config = load(tmp_path, broken(('inbox = "inbox"', 'rules = "规则"\ninbox = "inbox"'))).config
    assert rules_folder(config) == tmp_path / "规则"


# Faults


def test_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(FaultyFile) as caught:
        load_office(tmp_path / "config.toml")
    assert str(caught.value) == f"{tmp_path / 'config.toml'}:1：找不到这个文件，请检查路径"


def test_a_configuration_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(TEXT.encode("gb18030"))
    with pytest.raises(FaultyFile) as caught:
        load_office(tmp_path / "config.toml")
    assert str(caught.value) == "config.toml:1：文件不是 UTF-8 编码，请用记事本另存为 UTF-8 后重试"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('contact = "市工商联办公室"', "contact = “市工商联办公室”"),
        ('contact = "市工商联办公室"', 'contact = "市工商联办公室'),
        ('contact = "市工商联办公室"', 'contact ＝ "市工商联办公室"'),
        ('contact = "市工商联办公室"', "contact = 市工商联办公室"),
        ("growth_low_percent = -30", "growth_low_percent = －30"),
    ],
)
def test_what_is_not_toml(tmp_path: Path, old: str, new: str) -> None:
    text = broken((old, new))
    assert faults(tmp_path, text) == [at(text, new, "这一行不合 TOML 写法，请检查引号、方括号、等号是否成对、是否用了中文标点")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("deadline = 2014-12-31 ", 'deadline = "年底" ', "“deadline”应当是日期，写成 2014-12-31 的样子（不加引号），现在是 '年底'"),
        ("end = 2014-12-31", "end = 20141231", "“end”应当是日期，写成 2014-12-31 的样子（不加引号），现在是 20141231"),
        ("year = 2014 ", 'year = "二〇一四" ', "“year”应当是整数，现在是 '二〇一四'"),
        ('contact = "市工商联办公室"', 'contact = ""', "“contact”不能为空"),
        ('contact = "市工商联办公室"', "contact = 110", "“contact”应当是带引号的文字，现在是 110"),
        ("growth_high_percent = 100", "growth_high_percent = -1", "“growth_high_percent”不能小于 0，现在是 -1"),
        ("growth_low_percent = -30", "growth_low_percent = 30", "“growth_low_percent”不能大于 0，现在是 30"),
        ("growth_low_percent = -30", "growth_low_percent = -200", "“growth_low_percent”不能小于 -100，现在是 -200"),
        ('email = "huiji@gsl.example"', 'email = "huiji"', "“email”的写法不对：'huiji'"),
        ('code = "huiji"', 'code = "惠济"', "“code”的写法不对：'惠济'"),
        ('short = "惠济区工商联"', 'short = "  "', "“short”不能为空"),
        ('aliases = ["惠济", "惠济区"]', 'aliases = "惠济"', "“aliases”应当是方括号里的一列，现在是 '惠济'"),
        ('outbox = "outbox"', 'outbox = ""', "“outbox”不能为空"),
    ],
)
def test_a_value_that_cannot_be(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = broken((old, new))
    assert faults(tmp_path, text) == [at(text, new, message)]


def test_a_misspelt_key(tmp_path: Path) -> None:
    text = broken(("deadline =", "deadlin ="))
    assert faults(tmp_path, text) == ["config.toml:1：缺少“deadline”一项", at(text, "deadlin =", "不认识“deadlin”一项（是不是想写“deadline”？）")]


def test_a_misspelt_table(tmp_path: Path) -> None:
    text = broken(("[limits]", "[limit]"))
    assert faults(tmp_path, text) == [at(text, "[limit]", "不认识“limit”一项（是不是想写“limits”？）")]


def test_a_key_that_only_the_program_may_set(tmp_path: Path) -> None:
    text = broken(("deadline = 2014-12-31 ", 'home = "/elsewhere"\ndeadline = 2014-12-31 '))
    (fault,) = faults(tmp_path, text)
    assert fault.startswith(at(text, 'home = "/elsewhere"', "不认识“home”一项"))


def test_a_unit_without_a_department(tmp_path: Path) -> None:
    text = broken(('department = "中共郑州市惠济区委统战部"\n', ""))
    assert faults(tmp_path, text) == [at(text, 'code = "huiji"', "缺少“department”一项", above=1)]


KNOWN = "；2014年度的前提条件有：gate_institution（机构健全）、gate_staff（工作人员配备到位）、gate_funding（办公经费有保证）"


def test_an_unknown_condition_of_the_gate(tmp_path: Path) -> None:
    text = TEXT + "\n[gate.huiji]\ngate_stuff = true\n"
    assert faults(tmp_path, text) == [at(text, "gate_stuff", "不认识“gate_stuff”一项（是不是想写“gate_staff”？）" + KNOWN)]


def test_a_condition_of_the_gate_in_words(tmp_path: Path) -> None:
    text = TEXT + '\n[gate.huiji]\ngate_staff = "不具备"\n'
    assert faults(tmp_path, text) == [at(text, 'gate_staff = "不具备"', "“gate_staff”应当是 true 或 false，现在是 '不具备'")]


@pytest.mark.parametrize(
    ("old", "new", "marker", "message"),
    [
        ("end = 2014-12-31", "end = 2013-12-31", "end = 2013-12-31", "考核期的结束日期早于开始日期"),
        ("deadline = 2014-12-31 ", "deadline = 2013-12-31 ", "deadline = 2013-12-31", "报送截止日期早于考核期开始日期"),
        (
            'articles-cap = "none"',
            'article-cap = "none"',
            "article-cap",
            "[readings] 里没有“article-cap”这个口径（是不是想写“articles-cap”？）",
        ),
        (
            'adoption-stacks = "yes"',
            'adoption-stacks = "highst"',
            '"highst"',
            "口径“adoption-stacks”写成了“highst”，可以写：yes、highest（是不是想写“highest”？）",
        ),
        ('"middle-4.2" = "1"', '"middle-4.2" = 2', '"middle-4.2" = 2', "口径“middle-4.2”写成了“2”，可以写：1、0"),
        (
            'short = "惠济区工商联"',
            'short = "惠济/工商联"',
            'short = "惠济/工商联"',
            '简称“惠济/工商联”要用作文件名，不能含 \\ / : * ? " < > | 等符号',
        ),
        ('short = "惠济区工商联"', 'short = "惠济."', 'short = "惠济."', '简称“惠济.”要用作文件名，不能含 \\ / : * ? " < > | 等符号'),
        (
            'aliases = ["惠济", "惠济区"]',
            'aliases = ["惠济", "金水"]',
            'aliases = ["惠济", "金水"]',
            "“金水”已经用在单位 jinshui 上，每个代码、名称、别名只能属于一个单位",
        ),
        (
            'name = "郑州市惠济区工商业联合会"',
            'name = "郑州市金水区工商业联合会"',
            'name = "郑州市金水区工商业联合会"',
            "“郑州市金水区工商业联合会”已经用在单位 jinshui 上，每个代码、名称、别名只能属于一个单位",
        ),
    ],
)
def test_what_does_not_hold_together(tmp_path: Path, old: str, new: str, marker: str, message: str) -> None:
    text = broken((old, new))
    last = max(number for number, line in enumerate(text.splitlines(), start=1) if marker in line)
    assert faults(tmp_path, text) == [f"config.toml:{last}：{message}"]


def test_a_reading_whose_name_lost_its_quotation_marks(tmp_path: Path) -> None:
    text = broken(('"middle-4.2" = "1"', 'middle-4.2 = "1"'))
    (fault,) = faults(tmp_path, text)
    assert fault.endswith("：[readings] 里没有“middle-4”这个口径（是不是想写“middle-4.2”？）")


def test_a_group_that_visits_a_unit_nobody_knows(tmp_path: Path) -> None:
    text = broken(('units = ["zhongmu", "erqi", "huiji"]', 'units = ["zhongmu", "erqi", "huijii"]'))
    assert faults(tmp_path, text) == [
        at(text, '"huijii"', "第四组的单位代码“huijii”不存在（是不是想写“huiji”？）"),
        at(text, 'code = "huiji"', "单位“惠济区工商联”没有分到任何考核组"),
    ]


def test_a_unit_in_two_groups(tmp_path: Path) -> None:
    text = broken(('units = ["zhongmu", "erqi", "huiji"]', 'units = ["zhongmu", "erqi", "huiji", "xinmi"]'))
    assert faults(tmp_path, text) == [at(text, '"huiji", "xinmi"', "单位“xinmi”同时分在第三组和第四组，只能属于一个组")]


def test_two_units_of_one_code(tmp_path: Path) -> None:
    text = broken(('code = "huiji"', 'code = "erqi"'))
    (last,) = [number for number, line in enumerate(text.splitlines(), start=1) if 'name = "郑州市惠济区工商业联合会"' in line]
    found = faults(tmp_path, text)
    assert f"config.toml:{last - 1}：“erqi”已经用在单位 erqi 上，每个代码、名称、别名只能属于一个单位" in found
    assert [fault for fault in found if "第四组的单位代码“huiji”不存在" in fault]


def test_a_gate_result_of_a_unit_nobody_knows(tmp_path: Path) -> None:
    text = TEXT + "\n[gate.huijii]\ngate_staff = true\n"
    assert faults(tmp_path, text) == [at(text, "[gate.huijii]", "[gate] 里的单位代码“huijii”不存在（是不是想写“huiji”？）")]


def test_an_award_for_a_unit_nobody_knows(tmp_path: Path) -> None:
    text = TEXT + '\n[[awards]]\nname = "先进单位"\nunits = ["huiji", "erqii"]\n'
    assert faults(tmp_path, text) == [at(text, '"erqii"', "奖项“先进单位”里的单位代码“erqii”不存在（是不是想写“erqi”？）")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('outbox = "outbox" ', 'outbox = "inbox" '),
        ('inbox = "inbox" ', 'inbox = "outbox/更正通知" '),
        ('state = "state" ', 'state = "inbox/state" '),
        ('outbox = "outbox" ', 'outbox = "." '),
        ('outbox = "outbox" ', 'outbox = ".." '),
    ],
)
def test_folders_in_one_another(tmp_path: Path, old: str, new: str) -> None:
    (fault,) = faults(tmp_path, broken((old, new)))
    assert "请分开" in fault or "请单独用一个文件夹" in fault


def test_a_year_without_rules(tmp_path: Path) -> None:
    text = broken(("year = 2014 ", "year = 2019 "), ("\nend = 2014-12-31", "\nend = 2019-12-31"))
    message = "没有2019年度的规则：找不到 rules/2019/rulebook.toml，请先准备好当年的规则"
    assert faults(tmp_path, text) == [at(text, "year = 2019", message)]


def test_rules_of_another_year(tmp_path: Path) -> None:
    shutil.copytree(RULES, tmp_path / "rules" / "2015")
    text = broken(("year = 2014 ", "year = 2015 "), ("\nend = 2014-12-31", "\nend = 2015-12-31"))
    assert faults(tmp_path, text) == [at(text, "year = 2015", "年度写的是2015，规则却是2014年度的")]


def test_a_period_that_does_not_touch_the_year(tmp_path: Path) -> None:
    text = broken(("start = 2014-01-01", "start = 2013-01-01"), ("\nend = 2014-12-31", "\nend = 2013-12-31"))
    assert faults(tmp_path, text) == [at(text, "start = 2013-01-01", "考核期（2013-01-01至2013-12-31）里没有2014年，请与年度一起改")]


def test_two_groups_of_one_name(tmp_path: Path) -> None:
    text = broken(('name = "第二组"', 'name = "第一组"'))
    line = text.split('name = "第一组"')[1].count("\n") + text.split('name = "第一组"')[0].count("\n") + 1
    assert faults(tmp_path, text) == [f"config.toml:{line}：考核组名称“第一组”用了两次"]


def test_no_rules_in_the_folder_that_the_configuration_names(tmp_path: Path) -> None:
    text = broken(('inbox = "inbox"', 'rules = "规则"\ninbox = "inbox"'))
    (fault,) = faults(tmp_path, text)
    assert "规则/rulebook.toml" in fault.replace("\\", "/")


def test_several_faults_at_once(tmp_path: Path) -> None:
    text = broken(
        ("deadline = 2014-12-31 ", "deadline = 2013-12-31 "),
        ('articles-cap = "none"', 'articles-cap = "20"'),
        ('units = ["zhongmu", "erqi", "huiji"]', 'units = ["zhongmu", "erqi", "huijii"]'),
        ('aliases = ["惠济", "惠济区"]', 'aliases = ["惠济", "金水区"]'),
    )
    assert faults(tmp_path, text) == [
        at(text, "deadline = 2013-12-31", "报送截止日期早于考核期开始日期"),
        at(text, 'articles-cap = "20"', "口径“articles-cap”写成了“20”，可以写：none、10（是不是想写“10”？）"),
        at(text, '"huijii"', "第四组的单位代码“huijii”不存在（是不是想写“huiji”？）"),
        at(text, 'code = "huiji"', "单位“惠济区工商联”没有分到任何考核组"),
        at(text, 'aliases = ["惠济", "金水区"]', "“金水区”已经用在单位 jinshui 上，每个代码、名称、别名只能属于一个单位"),
    ]


def test_several_faults_of_writing_at_once(tmp_path: Path) -> None:
    text = broken(("end = 2014-12-31", "end = 20141231"), ('email = "huiji@gsl.example"', 'email = "huiji"'), ("[limits]", "[limit]"))
    assert faults(tmp_path, text) == [
        at(text, "end = 20141231", "“end”应当是日期，写成 2014-12-31 的样子（不加引号），现在是 20141231"),
        at(text, "[limit]", "不认识“limit”一项（是不是想写“limits”？）"),
        at(text, 'email = "huiji"', "“email”的写法不对：'huiji'"),
    ]


def test_faults_of_the_configuration_and_of_the_rules_are_told_together(tmp_path: Path) -> None:
    shutil.copytree(RULES, tmp_path / "rules" / "2014")
    rulebook = tmp_path / "rules" / "2014" / "rulebook.toml"
    rulebook.write_text(rulebook.read_text(encoding="utf-8").replace("maximum = 20\n", "maximum = 21\n"), encoding="utf-8")
    found = faults(tmp_path, broken(("deadline = 2014-12-31 ", "deadline = 2013-12-31 ")))
    assert [fault.split("：", 1)[1] for fault in found] == [
        "报送截止日期早于考核期开始日期",
        "第（四）部分封顶计分项合计20分，与写明的21分不一致",
    ]


def test_faulty_values_do_not_hide_what_does_not_hold_together(tmp_path: Path) -> None:
    text = broken(
        ("deadline = 2014-12-31 ", 'deadline = "年底" '),
        ("\nphone = ", "\nphon = "),
        ('units = ["xinzheng", ', 'units = ["xinzhen", '),
        ('"both"\n', '"bothh"\n'),
    )
    assert faults(tmp_path, text) == [
        at(text, "deadline = ", "“deadline”应当是日期，写成 2014-12-31 的样子（不加引号），现在是 '年底'"),
        at(text, "[issuer]", "缺少“phone”一项"),
        at(text, "phon = ", "不认识“phon”一项（是不是想写“phone”？）"),
        at(text, '"bothh"', "口径“all-conditions”写成了“bothh”，可以写：both、split（是不是想写“both”？）"),
        at(text, 'units = ["xinzhen", ', "第一组的单位代码“xinzhen”不存在（是不是想写“xinzheng”？）"),
        at(text, 'code = "xinzheng"', "单位“新郑市工商联”没有分到任何考核组"),
    ]
