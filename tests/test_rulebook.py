"""The rulebook of 2014 is what the notice asks, and a faulty one is refused with every fault and its line."""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from kaohe import PROGRAM_ROOT
from kaohe.rulebook.audit import audit
from kaohe.rulebook.loader import load_rulebook, read_notice
from kaohe.rulebook.model import Rulebook
from kaohe.toml_source import FaultyFile, read_toml
from tests.support.oracle import CHOICES, ITEMS, capped_items

RULES = PROGRAM_ROOT / "rules" / "2014"
TEXT = (RULES / "rulebook.toml").read_text(encoding="utf-8")
NOTICE = (RULES / "notice.txt").read_text(encoding="utf-8")
SHARED = PROGRAM_ROOT.parent / "shared"

shared_clauses = pytest.mark.skipif(not (SHARED / "clauses.md").is_file(), reason="clauses.md is not beside the repository")
shared_notice = pytest.mark.skipif(not (SHARED / "notice-2014-32.txt").is_file(), reason="the notice as received is not beside the repository")


@cache
def rulebook() -> Rulebook:
    return load_rulebook(RULES)


# What it says


FIELDS = [
    *("meetings_due", "meetings_attended", "activities_organised", "tasks_done", "website_items"),
    *("ideals_plan", "ideals_briefs"),
    *("study_sessions", "training_done", "culture_guidance", "culture_events"),
    *("members_start", "members_end", "enterprise_members", "member_rules", "member_ledger", "development_plan", "statistics_reported"),
    *("db_organisation", "db_chambers", "db_members"),
    *("five_assurances", "five_good_plan", "five_good_targets"),
    *("chambers_start", "chambers_end", "townships_total", "townships_with_chamber", "clusters_total", "clusters_with_chamber", "chamber_ledgers"),
    "top_ten_highlight",
    *("committee_due", "committee_attended"),
    *("xinyang_trip", "guangcai_survey", "hiring_intentions", "large_enterprise_survey", "top100_recommended"),
    *("sme_finance", "legal_aid", "tripartite"),
    "third_party_evaluation",
    *("villages_statistics", "villages_agreements", "villages_cases"),
    *("hundred_plan", "hundred_statistics", "hundred_summary"),
    "sme_monitoring",
]
LISTS = {
    "articles": ("title outlet date link?", "title outlet"),
    "honours": ("area kind name level date document?", "area kind name"),
    "trade_activities": ("kind name date place enterprises", "kind name date"),
    "questionnaires": ("title date", "title"),
    "topics": ("title date instruction? adopted_by? document?", "title"),
    "briefings": ("title date adopted instruction", "title"),
    "proposals": ("title date adopted", "title"),
}
CLAUSES_BY_SECTION = {"1": 3, "2": 3, "3": 4, "4": 6, "5": 2, "6": 4, "7": 1, "8": 1, "9": 3, "10": 3, "11": 3, "12": 1, "13": 3, "14": 2, "15": 5}
MAXIMA = [18, 8, 8, 20, 6, 8, 2, 2, 11, 12, 6, 3, 6, 6, 7]


def test_it_asks_for_exactly_these_fields() -> None:
    assert list(rulebook().fields) == FIELDS


def test_it_asks_for_exactly_these_lists() -> None:
    asked = {
        entry.id: (" ".join(column.id + "?" * (not column.required) for column in entry.columns), " ".join(entry.key)) for entry in rulebook().lists
    }
    assert asked == LISTS


def test_it_scores_exactly_these_items() -> None:
    assert tuple(rulebook().items) == ITEMS
    assert len(ITEMS) == 59


def test_it_has_forty_four_clauses() -> None:
    assert {section.id: len(section.clauses) for section in rulebook().sections} == CLAUSES_BY_SECTION
    assert sum(CLAUSES_BY_SECTION.values()) == 44


def test_sections_are_bounded_as_the_notice_adds_up() -> None:
    assert [rulebook().maximum(section) for section in rulebook().sections] == MAXIMA
    assert [section.maximum for section in rulebook().sections] == MAXIMA
    assert sum(MAXIMA) == 123


def test_eight_items_have_no_cap() -> None:
    uncapped = [item.id for item in rulebook().items.values() if item.rule.maximum() is None]
    assert uncapped == ["3.2", "15.1", "15.2b", "15.4a", "15.4b", "15.4c", "15.5a", "15.5b"]
    assert set(ITEMS) - set(uncapped) == capped_items({})


def test_eight_of_the_bounded_points_are_a_bonus() -> None:
    bonus = {item.id: item.rule.maximum() for item in rulebook().items.values() if item.bonus}
    assert bonus == {"14.2": Fraction(3), "15.2a": Fraction(5), "15.2b": None}


def test_the_open_questions_and_the_readings_taken() -> None:
    assert {reading.id: (reading.taken, tuple(choice.id for choice in reading.choices)) for reading in rulebook().readings} == {
        reading: (choices[0], choices) for reading, choices in CHOICES.items()
    }


def test_the_gate() -> None:
    assert [(condition.id, condition.label) for condition in rulebook().gate.conditions] == [
        ("gate_institution", "机构健全"),
        ("gate_staff", "工作人员配备到位"),
        ("gate_funding", "办公经费有保证"),
    ]


def test_pairs_of_which_one_is_never_larger() -> None:
    assert rulebook().never_above == (
        ("meetings_attended", "meetings_due"),
        ("enterprise_members", "members_end"),
        ("townships_with_chamber", "townships_total"),
        ("clusters_with_chamber", "clusters_total"),
        ("committee_attended", "committee_due"),
    )


def test_pairs_of_which_the_growth_counts() -> None:
    assert rulebook().growth_pairs == (("members_start", "members_end"), ("chambers_start", "chambers_end"))


def test_which_items_read_a_field_or_a_list() -> None:
    assert rulebook().items_of_field["members_end"] == ("4.1a", "4.1b", "4.2")
    assert rulebook().items_of_list["topics"] == ("15.2a", "15.2b")
    assert rulebook().clause_of_field["enterprise_members"].number == "（四）2"


def test_it_is_sound() -> None:
    assert audit(rulebook(), read_toml(RULES / "rulebook.toml"), read_notice(RULES)) == []


def test_the_notice_is_read_clause_by_clause() -> None:
    notice = read_notice(RULES)
    assert len(notice.clauses(rulebook())) == 44
    assert notice.clauses(rulebook())[0].startswith("1、按时参加市工商联组织召开的")
    assert len(notice.method(rulebook())) == 4


@shared_notice
def test_the_notice_kept_with_the_rules_is_the_one_received() -> None:
    assert (RULES / "notice.txt").read_bytes() == (SHARED / "notice-2014-32.txt").read_bytes()


# The table of clauses


def tables() -> Iterator[list[str]]:
    """Cells of every table row of clauses.md."""
    for line in (SHARED / "clauses.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("|-"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


@shared_clauses
def test_every_item_reads_what_the_table_of_clauses_says() -> None:
    read: dict[str, set[str]] = {}
    inputs: list[str] = []
    for cells in tables():
        if len(cells) == 5 and re.match(r"\d", cells[0]):
            names = re.sub(r"\([^)]*\)", "", cells[3])
            inputs = inputs if names == "same" else re.findall(r"[a-z][a-z0-9_]+", names)
            ids = cells[0].split()
            for n, item_id in enumerate(ids):
                read[item_id] = {inputs[n]} if len(ids) > 1 else set(inputs)
    assert len(read) == 59
    assert {item.id: {*item.rule.inputs(), *item.rule.lists()} for item in rulebook().items.values()} == read


@shared_clauses
def test_every_item_has_the_title_and_number_of_the_table_of_clauses() -> None:
    said = {cells[0]: (cells[1], cells[2]) for cells in tables() if len(cells) == 5 and re.fullmatch(r"[\d.]+[a-c]?", cells[0])}
    assert len(said) == 59 - 9
    items = rulebook().items
    assert {item_id: (half_width(rulebook().clause_of_item[item_id].number), half_width(items[item_id].title)) for item_id in said} == {
        item_id: (half_width(number), half_width(title)) for item_id, (number, title) in said.items()
    }


def half_width(text: str) -> str:
    return text.translate(str.maketrans("“”（）", '""()'))


@shared_clauses
def test_every_list_is_the_one_in_the_table_of_clauses() -> None:
    said = {}
    for cells in tables():
        if len(cells) == 4 and cells[0] in LISTS:
            columns = []
            for column in cells[2].split("; "):
                matched = re.fullmatch(r"(\w+) (\S+) (text|date|yes/no|integer|choice)(?: ≥ 0)?(?:\((.*)\))?(, optional)?", column)
                assert matched, column
                name, label, kind, choices, optional = matched.groups()
                columns.append((name, label, kind.replace("/", "_"), tuple(choices.split(", ")) if choices else (), optional is None))
            said[cells[0]] = (cells[1], columns, cells[3].split("+"))
    assert set(said) == set(LISTS)
    assert {
        entry.id: (entry.label, [(c.id, c.label, c.type, c.choices, c.required) for c in entry.columns], list(entry.key))
        for entry in rulebook().lists
    } == said


@shared_clauses
def test_every_open_question_is_in_the_table_of_clauses() -> None:
    said = [cells[0] for cells in tables() if len(cells) == 5 and cells[0] in CHOICES]
    assert [reading.id for reading in rulebook().readings] == said


# Faults


def load(folder: Path, text: str, notice: str = NOTICE) -> list[str]:
    """The faults with which a rulebook of this text is refused."""
    (folder / "rulebook.toml").write_text(text, encoding="utf-8")
    (folder / "notice.txt").write_text(notice, encoding="utf-8")
    with pytest.raises(FaultyFile) as caught:
        load_rulebook(folder)
    assert str(caught.value) == "\n".join(map(str, caught.value.faults))
    return [str(fault) for fault in caught.value.faults]


def broken(*changes: tuple[str, str]) -> str:
    """The real rulebook with each of these texts, which it has exactly once, replaced."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} × {old}"
        text = text.replace(old, new)
    return text


def at(text: str, marker: str, message: str, above: int = 0) -> str:
    """A fault on the line of the marker (or some lines above), which the text has exactly once."""
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if marker in line]
    assert len(lines) == 1, f"{len(lines)} × {marker}"
    return f"rulebook.toml:{lines[0] - above}：{message}"


IDS = [
    ("部分", 'id = "13"\nnumber = "（十三）"', 'id = "12"\nnumber = "（十三）"', 'number = "（十三）"', "12"),
    ("条", 'id = "2.2"\nnumber', 'id = "2.1"\nnumber', 'number = "（二）2"', "2.1"),
    ("计分项", 'id = "2.2"\ntitle', 'id = "2.1"\ntitle', 'title = "信息简报"', "2.1"),
    ("清单", 'id = "proposals"\nlabel', 'id = "briefings"\nlabel', 'label = "提案线索"', "briefings"),
    ("口径", 'id = "middle-6.1"\nclauses', 'id = "middle-4.2"\nclauses', 'clauses = ["6.1"]', "middle-4.2"),
]


@pytest.mark.parametrize(("kind", "old", "new", "below", "twice"), IDS)
def test_an_id_used_twice(tmp_path: Path, kind: str, old: str, new: str, below: str, twice: str) -> None:
    text = broken((old, new))
    assert at(text, below, f"{kind}编号“{twice}”重复了，每个编号只能用一次", above=1) in load(tmp_path, text)


def test_a_field_asked_twice(tmp_path: Path) -> None:
    text = broken(('id = "db_chambers"', 'id = "db_members"'), ('field = "db_chambers"', 'field = "db_members"'))
    label = 'label = "是否按时填报、更新会员数据库"'
    assert load(tmp_path, text) == [at(text, label, "填报项编号“db_members”重复了，每个编号只能用一次", above=1)]


def test_an_item_that_reads_an_unknown_field(tmp_path: Path) -> None:
    text = broken(('field = "tasks_done"', 'field = "task_done"'))
    assert load(tmp_path, text) == [
        at(text, 'id = "tasks_done"', "填报项“tasks_done”没有任何计分项用到", above=1),
        at(text, 'field = "task_done"', "计分项 1.2 用到的填报项“task_done”不存在（是不是想写“tasks_done”？）"),
    ]


def test_an_unknown_field_inside_a_condition(tmp_path: Path) -> None:
    text = broken(('field = "hundred_plan"', 'field = "hundred_plans"'))
    assert load(tmp_path, text) == [
        at(text, 'id = "hundred_plan"', "填报项“hundred_plan”没有任何计分项用到", above=1),
        at(text, 'rule = { kind = "all_of", earns = 3', "计分项 14.1 用到的填报项“hundred_plans”不存在（是不是想写“hundred_plan”？）"),
    ]


def test_an_item_that_reads_an_unknown_list(tmp_path: Path) -> None:
    text = broken(('list = "questionnaires"', 'list = "questionaires"'))
    message = "计分项 15.1 用到的清单“questionaires”不存在（是不是想写“questionnaires”？）"
    assert load(tmp_path, text) == [at(text, 'list = "questionaires"', message)]


def test_a_name_like_no_other_gets_no_suggestion(tmp_path: Path) -> None:
    text = broken(('list = "questionnaires"', 'list = "zzz"'))
    assert load(tmp_path, text) == [at(text, 'list = "zzz"', "计分项 15.1 用到的清单“zzz”不存在")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'area = ["百千万工程"], kind',
            'aera = ["百千万工程"], kind',
            "计分项 14.2 用到的列“aera”在清单 honours 里不存在（是不是想写“area”？）",
        ),
        (
            'sum = "enterprises"',
            'sum = "enterprise"',
            "计分项 9.1a 用到的列“enterprise”在清单 trade_activities 里不存在（是不是想写“enterprises”？）",
        ),
        (
            'area = ["百千万工程"], kind',
            'area = ["百千万工作"], kind',
            "计分项 14.2 里“事项”的值“百千万工作”不在可选范围（招商引资、理想信念教育、百千万工程）（是不是想写“百千万工程”？）",
        ),
        (
            'where = { instruction = ["是"] }',
            'where = { instruction = ["yes"] }',
            "计分项 15.4c 里“上级领导批示”的值“yes”不在可选范围（否、是）",
        ),
        (
            'where = { instruction = ["*"] }',
            'where = { instruction = ["李书记"] }',
            '计分项 15.2a 里“批示领导”是自由填写的列，只能写 "*"（已填）或 ""（未填）',
        ),
    ],
)
def test_an_item_that_looks_for_what_its_list_cannot_have(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = broken((old, new))
    assert load(tmp_path, text) == [at(text, new, message)]


def test_a_list_whose_key_is_not_a_column(tmp_path: Path) -> None:
    text = broken(('key = ["title", "outlet"]', 'key = ["title", "outlets"]'))
    assert load(tmp_path, text) == [at(text, '"outlets"', "清单 articles 的 key 里“outlets”不是它的列（是不是想写“outlet”？）")]


def test_a_column_of_choices_without_any(tmp_path: Path) -> None:
    text = broken(('choices = ["县级", "市级", "省级", "国家级"]', "choices = []"))
    message = "清单 honours 的列“level”：类型为 choice 时要写 choices，其他类型不写"
    assert at(text, 'id = "level"', message, above=1) in load(tmp_path, text)


def test_choices_on_a_column_that_is_not_of_choices(tmp_path: Path) -> None:
    text = broken(('label = "地点"\ntype = "text"', 'label = "地点"\ntype = "text"\nchoices = ["郑州"]'))
    message = "清单 trade_activities 的列“place”：类型为 choice 时要写 choices，其他类型不写"
    assert load(tmp_path, text) == [at(text, 'label = "地点"', message, above=2)]


def test_figures_that_are_to_agree_but_are_not_there(tmp_path: Path) -> None:
    text = TEXT + '\n[[agreements]]\nparts = ["townships_with_chamber", "cluster_with_chamber"]\nwhole = "chamber_end"\nwhy = "都是所属商会"\n'
    assert load(tmp_path, text) == [
        at(text, '"cluster_with_chamber"', "互相核对的填报项“cluster_with_chamber”不存在（是不是想写“clusters_with_chamber”？）", above=1),
        at(text, '"cluster_with_chamber"', "互相核对的填报项“chamber_end”不存在（是不是想写“chambers_end”？）", above=1),
    ]


# Faults of readings


def test_a_reading_that_takes_a_choice_it_does_not_have(tmp_path: Path) -> None:
    text = broken(('taken = "both"', 'taken = "bath"'))
    assert load(tmp_path, text) == [
        at(text, 'taken = "bath"', "口径 all-conditions 的 taken“bath”不是它的选项，可以写：both、split（是不是想写“both”？）")
    ]


def test_a_reading_of_a_clause_that_is_not_there(tmp_path: Path) -> None:
    text = broken(('clauses = ["6.1"]', 'clauses = ["6.9"]'))
    (fault,) = load(tmp_path, text)
    assert fault.startswith(at(text, 'clauses = ["6.9"]', "口径 middle-6.1 涉及的条“6.9”不存在"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('item = "4.2", set', 'item = "4.22", set', "口径选项“0”改的计分项“4.22”不存在"),
        ("set = { partial = true }", "set = { partail = true }", "口径选项“split”对计分项 1.1 的改动不成立（all_of、partail）"),
        ("set = { partial = true }", 'set = { kind = "half" }', "口径选项“split”对计分项 1.1 的改动不成立（）"),
        ("set = { most_rows = 10 }", 'set = { most_rows = "ten" }', "口径选项“10”对计分项 3.2 的改动不成立（per_row、most_rows）"),
    ],
)
def test_a_choice_that_changes_what_cannot_be_changed(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = broken((old, new))
    (fault,) = load(tmp_path, text)
    assert fault == at(text, new, message, above=4)


def test_a_choice_with_an_unknown_setting(tmp_path: Path) -> None:
    text = broken(("settings = { bonus_in_total = false }", "settings = { bonus_total = false }"))
    message = "口径选项“listed”的 settings 里不认识“bonus_total”，可以写：gated_keep_place、bonus_in_total"
    assert load(tmp_path, text) == [at(text, "settings = { bonus_total = false }", message, above=3)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('set = { where = { adopted_by = ["*"], instruction = [""] } }', 'set = { where = { adopted_bye = ["*"], instruction = [""] } }'),
        ('set = { where = { adopted = ["否"] } }', 'set = { where = { adopted = ["不"] } }'),
        ('set = { at_least = "6%" }', 'set = { metric = { measure = "growth", start = "member_start", end = "members_end" } }'),
    ],
)
def test_a_choice_that_refers_to_what_is_not_there_is_refused_before_anyone_takes_it(tmp_path: Path, old: str, new: str) -> None:
    text = broken((old, new))
    choice = text[: text.index(new)].rindex("[[readings.choices]]")
    line = text[:choice].count("\n") + 1
    assert [fault.split("：")[0] for fault in load(tmp_path, text)] == [f"rulebook.toml:{line}"]


# Faults against the notice


def test_a_text_that_is_not_the_notices_own(tmp_path: Path) -> None:
    right, wrong = "2、积极配合完成临时性工作，计5分。", "2、积极配合完成临时工作，计5分。"
    text = broken((right, wrong))
    instead = "；通知里写的是“2、积极配合完成临时性工作，计5分。”，这里写的是“2、积极配合完成临时工作，计5分。”（notice.txt 第16行）"
    assert load(tmp_path, text) == [at(text, wrong, f"这段文字与通知原文不一致，应当一字不改：“{wrong}”{instead}")]


def test_a_section_heading_that_is_not_the_notices_own(tmp_path: Path) -> None:
    text = broken(('text = "(十五)参政调研工作"', 'text = "（十五）参政调研工作"'))
    (fault,) = load(tmp_path, text)
    assert fault.startswith(
        at(text, 'text = "（十五）参政调研工作"', "这段文字与通知原文不一致，应当一字不改：“（十五）参政调研工作”；通知里写的是“(十五)参政调研工作”")
    )


def test_a_clause_that_is_missing(tmp_path: Path) -> None:
    start = TEXT.index('[[sections.clauses]]\nid = "1.2"')
    end = TEXT.index('[[sections.clauses]]\nid = "1.3"')
    text = TEXT[:start] + TEXT[end:]
    assert load(tmp_path, text) == [
        "notice.txt:16：通知的这一条没有对应的计分项，也没有声明不计分：“2、积极配合完成临时性工作，计5分。”",
        at(text, "maximum = 18", "第（一）部分封顶计分项合计13分，与写明的18分不一致"),
    ]


def test_a_clause_that_the_notice_gained(tmp_path: Path) -> None:
    new = "4、新增一条，计9分。"
    notice = NOTICE.replace("3、及时在工商联网站发布信息", f"{new}\n3、及时在工商联网站发布信息")
    assert load(tmp_path, TEXT, notice) == [f"notice.txt:17：通知的这一条没有对应的计分项，也没有声明不计分：“{new}”"]


def test_a_sentence_of_the_method_that_nothing_answers(tmp_path: Path) -> None:
    start = TEXT.index('[[not_scored]]\ntext = "考核结果将通报')
    end = TEXT.index("# ────────────────────────────── 清单")
    text = TEXT[:start] + TEXT[end:]
    assert load(tmp_path, text) == [
        "notice.txt:85：考核办法的这一句没有着落，请在规则里写成前提条件（gate）或不计分（not_scored）：“考核结果将通报当地统战部门，并对获奖者进行表彰。”"
    ]


def test_a_notice_without_its_scored_part(tmp_path: Path) -> None:
    notice = NOTICE.replace("一、考核内容及计分", "一、内容")
    assert load(tmp_path, TEXT, notice) == [
        at(
            TEXT,
            "scored_heading =",
            "通知里没有“一、考核内容及计分”这个标题（单独一段），请把 scored_heading 写成通知里考核内容和计分部分的标题，一字不改。"
            "通知里像标题的有：“一、内容”、“二、考核办法”",
        )
    ]


def test_a_notice_whose_headings_stand_in_another_order(tmp_path: Path) -> None:
    text = broken(('scored_heading = "一、考核内容及计分"', 'scored_heading = "二、考核办法"'))
    message = "通知里“二、考核办法”到“二、考核办法”之间没有条款，请检查两个标题的先后和 notice.txt"
    assert load(tmp_path, text) == [at(text, "scored_heading =", message)]


def test_a_section_of_which_only_the_clause_is_there(tmp_path: Path) -> None:
    notice = NOTICE.replace("（十三）千企帮千村工作", "（十三）千企帮千村工作\n（十三之一）新的一节\n（十四）又是一节，计3分。")
    assert load(tmp_path, TEXT, notice) == [
        "notice.txt:68：通知的这一条没有对应的计分项，也没有声明不计分：“（十三之一）新的一节”",
        "notice.txt:69：通知的这一部分没有写进规则：“（十四）又是一节，计3分。”",
    ]


def test_a_clause_that_stands_twice_is_answered_twice(tmp_path: Path) -> None:
    twice = "2、积极为企业会员提供法律咨询和援助，计2分。"
    notice = NOTICE.replace("1、按时上报千企帮千村", f"{twice}\n1、按时上报千企帮千村")
    (fault,) = load(tmp_path, TEXT, notice)
    assert fault.endswith(f"：通知的这一条没有对应的计分项，也没有声明不计分：“{twice}”")


def test_a_sentence_in_a_later_paragraph_of_the_method(tmp_path: Path) -> None:
    notice = NOTICE.replace("2014年11月14日\n", "三、工作要求\n各单位要高度重视。\n2014年11月14日\n")
    (fault,) = load(tmp_path, TEXT, notice)
    assert fault.endswith("：考核办法的这一句没有着落，请在规则里写成前提条件（gate）或不计分（not_scored）：“各单位要高度重视。”")


def test_two_years_side_by_side_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "2014").mkdir()
    text = broken(("maximum = 20", "maximum = 21"))
    (fault,) = load(tmp_path / "2014", text)
    assert fault == f"{tmp_path.name}/2014/" + at(text, "maximum = 21", "第（四）部分封顶计分项合计20分，与写明的21分不一致")


def test_a_notice_cut_off_after_its_clauses(tmp_path: Path) -> None:
    notice = NOTICE[: NOTICE.index("二、考核办法") + len("二、考核办法")]
    faults = load(tmp_path, TEXT, notice)
    assert (
        at(
            TEXT,
            f'text = "{rulebook().gate.text}"',
            f"这段文字与通知原文不一致，应当一字不改：“{rulebook().gate.text[:29]}…”；通知里没有相近的一段，通知不再有的请连同它的计分项一起删去",
        )
        in faults
    )


def test_a_maximum_that_does_not_add_up(tmp_path: Path) -> None:
    text = broken(("maximum = 20", "maximum = 21"))
    assert load(tmp_path, text) == [at(text, "maximum = 21", "第（四）部分封顶计分项合计20分，与写明的21分不一致")]


# Faults of writing


KINDS = "yes, at_least, all_done, all_of, per_row, any_row, rows_reach, growth_at_least, ratio_at_least, rank"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"yes", field = "tasks_done"', '"yess", field = "tasks_done"', f"kind 写成了“yess”，可以写：{KINDS}（是不是想写“yes”？）"),
        ('id = "tasks_done"', 'id = "Tasks-Done"', "“id”的写法不对：'Tasks-Done'"),
        (
            'type = "date"\n\n[[lists.columns]]\nid = "place"',
            'type = "txt"\n\n[[lists.columns]]\nid = "place"',
            "“type”写成了“txt”，可以写：text, date, integer, choice, yes_no（是不是想写“text”？）",
        ),
        ("maximum = 20", 'maximum = "twenty"', "“maximum”应当是整数，有小数的写成带引号的 \"5.5\"，现在是 'twenty'"),
        ("maximum = 20", "maximum = 20.5", '“maximum”应当是整数，有小数的写成带引号的 "5.5"，现在是 20.5'),
        ("notice_date = 2014-11-14", 'notice_date = "去年"', "“notice_date”应当是日期，写成 2014-12-31 的样子（不加引号），现在是 '去年'"),
        ('title = "临时性工作"', 'title = ""', "“title”不能为空"),
        ('title = "临时性工作"', "title = 5", "“title”应当是带引号的文字，现在是 5"),
        ('bonus = true\nrule = { kind = "per_row"', 'bonus = "也许"\nrule = { kind = "per_row"', "“bonus”应当是 true 或 false，现在是 '也许'"),
        ('field = "tasks_done", earns = 5', 'field = "tasks_done", earns = 2.5', '应当是整数、"6%" 或 "1/3" 这样的准确数，现在是 2.5'),
        ('key = ["title", "outlet"]', "key = 5", "“key”应当是方括号里的一列，现在是 5"),
        ('key = ["title", "outlet"]', "key = []", "“key”不能为空"),
        ('where = { instruction = ["*"] }', 'where = "*"', "“where”应当是一张表（[where] 下面逐行写），现在是 '*'"),
    ],
)
def test_a_value_that_cannot_be(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = broken((old, new))
    assert load(tmp_path, text) == [at(text, new.splitlines()[0], message)]


@pytest.mark.parametrize(
    ("old", "new", "missing", "unknown", "above"),
    [
        ('field = "tasks_done", earns = 5', 'field = "tasks_done", earn = 5', "earns", "earn", 0),
        ('id = "db_members"\nlabel =', 'id = "db_members"\nlabl =', "label", "labl", 2),
        ('title = "临时性工作"', 'titel = "临时性工作"', "title", "titel", 2),
    ],
)
def test_a_misspelt_key(tmp_path: Path, old: str, new: str, missing: str, unknown: str, above: int) -> None:
    text, marker = broken((old, new)), f"{unknown} ="
    assert load(tmp_path, text) == [
        at(text, marker, f"缺少“{missing}”一项", above),
        at(text, marker, f"不认识“{unknown}”一项（是不是想写“{missing}”？）"),
    ]


def test_a_missing_key_is_told_at_its_table(tmp_path: Path) -> None:
    text = broken(('title = "临时性工作"\n', ""))
    assert load(tmp_path, text) == [at(text, 'rule = { kind = "yes", field = "tasks_done"', "缺少“title”一项", above=2)]


def test_a_rule_without_a_kind_says_so(tmp_path: Path) -> None:
    text = broken(('kind = "yes", field = "tasks_done"', 'field = "tasks_done"'))
    assert load(tmp_path, text) == [at(text, 'rule = { field = "tasks_done"', "缺少“kind”一项")]


def test_several_faults_at_once(tmp_path: Path) -> None:
    text = broken(
        ("maximum = 20", "maximum = 21"),
        ('list = "questionnaires"', 'list = "questionaires"'),
        ('key = ["title", "outlet"]', 'key = ["title", "outlets"]'),
        ('taken = "both"', 'taken = "bath"'),
    )
    assert load(tmp_path, text) == [
        at(text, "maximum = 21", "第（四）部分封顶计分项合计20分，与写明的21分不一致"),
        at(text, 'list = "questionaires"', "计分项 15.1 用到的清单“questionaires”不存在（是不是想写“questionnaires”？）"),
        at(text, '"outlets"', "清单 articles 的 key 里“outlets”不是它的列（是不是想写“outlet”？）"),
        at(text, 'taken = "bath"', "口径 all-conditions 的 taken“bath”不是它的选项，可以写：both、split（是不是想写“both”？）"),
    ]


def test_several_faults_of_writing_at_once(tmp_path: Path) -> None:
    text = broken(("maximum = 20", 'maximum = "twenty"'), ('title = "临时性工作"', 'title = ""'))
    assert load(tmp_path, text) == [
        at(text, 'title = ""', "“title”不能为空"),
        at(text, '"twenty"', "“maximum”应当是整数，有小数的写成带引号的 \"5.5\"，现在是 'twenty'"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "other_form"),
    [
        ("year = 2014", "year = 2015", True),
        ('id = "website_items"\nlabel = "在工商联网站发布信息条数"\ntype = "integer"', 'id = "website_items"\nlabel = "信息"\ntype = "yes_no"', True),
        ('key = ["title", "outlet"]', 'key = ["title"]', True),
        ('id = "link"\nlabel = "版面或链接"\ntype = "text"\nrequired = false', 'id = "link"\nlabel = "版面或链接"\ntype = "text"', True),
        ('label = "参加企业数"', 'label = "参加的企业数"', False),
        ('hint = "全年累计"', 'hint = "全年"', False),
    ],
)
def test_what_makes_it_another_form(tmp_path: Path, old: str, new: str, other_form: bool) -> None:
    """A form returned is held against the fingerprint of what it asks; wording is none of that. The rules are others in any case."""
    (tmp_path / "rulebook.toml").write_text(broken((old, new)), encoding="utf-8")
    changed = Rulebook.model_validate(read_toml(tmp_path / "rulebook.toml").data)
    assert (changed.form_hash != rulebook().form_hash) is other_form
    assert changed.rules_hash != rulebook().rules_hash


# Files


def test_no_rulebook(tmp_path: Path) -> None:
    with pytest.raises(FaultyFile) as caught:
        load_rulebook(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'rulebook.toml'}:1：找不到这个文件，请检查路径"


def test_no_notice(tmp_path: Path) -> None:
    (tmp_path / "rulebook.toml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(FaultyFile) as caught:
        load_rulebook(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'notice.txt'}:1：读不到通知原文（应为 UTF-8 文本），请把通知放在规则文件旁边"


def test_a_notice_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "rulebook.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "notice.txt").write_bytes(NOTICE.encode("gb18030"))
    with pytest.raises(FaultyFile) as caught:
        load_rulebook(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'notice.txt'}:1：读不到通知原文（应为 UTF-8 文本），请把通知放在规则文件旁边"


def test_a_rulebook_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "rulebook.toml").write_bytes(TEXT.encode("gb18030"))
    with pytest.raises(FaultyFile) as caught:
        load_rulebook(tmp_path)
    assert str(caught.value) == "rulebook.toml:1：文件不是 UTF-8 编码，请用记事本另存为 UTF-8 后重试"


def test_a_rulebook_saved_by_notepad_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "rulebook.toml").write_bytes(TEXT.replace("\n", "\r\n").encode("utf-8-sig"))
    (tmp_path / "notice.txt").write_bytes(NOTICE.encode("utf-8-sig"))
    assert load_rulebook(tmp_path).rules_hash == rulebook().rules_hash


def test_chinese_quotation_marks_in_place_of_the_right_ones(tmp_path: Path) -> None:
    text = broken(('title = "临时性工作"', "title = “临时性工作”"))
    assert load(tmp_path, text) == [at(text, "title = “临时性工作”", "这一行不合 TOML 写法，请检查引号、方括号、等号是否成对、是否用了中文标点")]
