"""Every kind of rule: the exact points, the exact words, the rule in plain Chinese and its formula."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from kaohe.rulebook.facts import Case, CellValue, FactRow, Facts, FieldValue, FormulaNames, Names, Standing
from kaohe.rulebook.pairs import never_above
from kaohe.rulebook.rules import AnyRule
from kaohe.rulebook.rules.base import parse_exact
from kaohe.rulebook.rules.growth import RankBands
from kaohe.scoring.places import standings

NAMES = Names(
    fields={
        "plan": "是否有方案",
        "quoted": "是否实现“五个确保”",
        "news": "信息条数",
        "due": "应参加次数",
        "done": "实际参加次数",
        "start": "年初会员",
        "end": "年末会员",
        "part": "企业会员",
    },
    lists={"papers": "宣传报道", "trade": "招商活动", "topics": "自拟课题"},
    columns={
        ("papers", "title"): "题目",
        ("papers", "sent"): "采用",
        ("trade", "kind"): "类型",
        ("trade", "firms"): "参加企业数",
        ("topics", "leader"): "批示领导",
        ("topics", "office"): "采纳部门",
    },
)
RULES: TypeAdapter[AnyRule] = TypeAdapter(AnyRule)


def rule(**keys: Any) -> AnyRule:
    return RULES.validate_python(keys)


def case(
    fields: Mapping[str, FieldValue] | None = None,
    rows: Mapping[str, Sequence[Mapping[str, CellValue | None]]] | None = None,
    standing: Standing | None = None,
) -> Case:
    """Rows stand on the sheet from row 5 on."""
    numbered = {list_id: tuple(FactRow(n, row) for n, row in enumerate(entries, start=5)) for list_id, entries in (rows or {}).items()}
    return Case(Facts(fields or {}, numbered), NAMES, standing)


def result(which: AnyRule, at: Case) -> tuple[Fraction, str, str | None]:
    """Points, words, and why it is pending."""
    return which.points(at), which.words(at), which.pending(at)


def scored(points: int, words: str, pending: str | None = None) -> tuple[Fraction, str, str | None]:
    return Fraction(points), words, pending


# 是/否


YES = rule(kind="yes", field="plan", earns=5)


def test_yes_earns() -> None:
    assert result(YES, case({"plan": True})) == scored(5, "“是否有方案”填“是”，计5分。")


def test_no_earns_nothing() -> None:
    assert result(YES, case({"plan": False})) == scored(0, "“是否有方案”填“否”，不计分。")


def test_yes_without_an_answer() -> None:
    assert result(YES, case()) == scored(0, "“是否有方案”未填或待更正，不计分。")


def test_yes_in_plain_words_and_as_a_formula() -> None:
    assert YES.plain(NAMES) == "填“是”，计5分"
    assert YES.formula(FormulaNames()) == 'IF(in_plan="是",5,0)'
    assert (YES.maximum(), YES.inputs(), YES.lists()) == (Fraction(5), ("plan",), ())


def test_quotation_marks_inside_a_label_become_single() -> None:
    assert result(rule(kind="yes", field="quoted", earns=2), case({"quoted": True})) == scored(2, "“是否实现‘五个确保’”填“是”，计2分。")


# A number reached


AT_LEAST = rule(kind="at_least", field="news", at_least=100, earns=5)


@pytest.mark.parametrize(
    ("news", "points", "words"),
    [
        (100, 5, "“信息条数”填100，达到100，计5分。"),
        (101, 5, "“信息条数”填101，达到100，计5分。"),
        (99, 0, "“信息条数”填99，未达到100，不计分。"),
        (0, 0, "“信息条数”填0，未达到100，不计分。"),
    ],
)
def test_at_least_includes_the_number_itself(news: int, points: int, words: str) -> None:
    assert result(AT_LEAST, case({"news": news})) == scored(points, words)


def test_at_least_without_a_number() -> None:
    assert result(AT_LEAST, case()) == scored(0, "“信息条数”未填或待更正，不计分。")


def test_at_least_in_plain_words_and_as_a_formula() -> None:
    assert AT_LEAST.plain(NAMES) == "达到100，计5分"
    assert AT_LEAST.formula(FormulaNames()) == "IF(N(in_news)>=100,5,0)"
    assert (AT_LEAST.maximum(), AT_LEAST.inputs()) == (Fraction(5), ("news",))


# All that was due done


ALL_DONE = rule(kind="all_done", done="done", due="due", earns=2)


@pytest.mark.parametrize(
    ("due", "done", "points", "words"),
    [
        (6, 6, 2, "“应参加次数”6、“实际参加次数”6，全部达到，计2分。"),
        (1, 1, 2, "“应参加次数”1、“实际参加次数”1，全部达到，计2分。"),
        (6, 5, 0, "“应参加次数”6、“实际参加次数”5，未全部达到，不计分。"),
        (6, 7, 0, "“应参加次数”6、“实际参加次数”7，未全部达到，不计分。"),
        (6, 0, 0, "“应参加次数”6、“实际参加次数”0，未全部达到，不计分。"),
    ],
)
def test_all_done(due: int, done: int, points: int, words: str) -> None:
    assert result(ALL_DONE, case({"due": due, "done": done})) == scored(points, words)


def test_nothing_due_is_for_the_meeting_to_decide() -> None:
    assert result(ALL_DONE, case({"due": 0, "done": 0})) == scored(0, "“应参加次数”为0，本项不适用，不计分。", "是否计分由主席办公会议审定")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"due": 6}, "“实际参加次数”未填或待更正，不计分。"),
        ({"done": 6}, "“应参加次数”未填或待更正，不计分。"),
        ({}, "“应参加次数”、“实际参加次数”未填或待更正，不计分。"),
    ],
)
def test_all_done_without_one_of_its_numbers(fields: dict[str, int], words: str) -> None:
    assert result(ALL_DONE, case(fields)) == scored(0, words)


def test_all_done_in_plain_words_and_as_a_formula() -> None:
    assert ALL_DONE.plain(NAMES) == "等于“应参加次数”且大于0，计2分"
    assert ALL_DONE.formula(FormulaNames()) == "IF(AND(N(in_due)>0,N(in_done)=N(in_due)),2,0)"
    assert (ALL_DONE.maximum(), ALL_DONE.inputs()) == (Fraction(2), ("due", "done"))


# Several conditions


CONDITIONS = [{"kind": "all_done", "done": "done", "due": "due"}, {"kind": "at_least", "field": "news", "at_least": 1}]
BOTH = rule(kind="all_of", earns=8, conditions=CONDITIONS)
SPLIT = rule(kind="all_of", earns=8, conditions=CONDITIONS, partial=True)

ATTENDED = "“应参加次数”6、“实际参加次数”6，全部达到"
ABSENT = "“应参加次数”6、“实际参加次数”5，未全部达到"
ACTIVE = "“信息条数”填1，达到1"
IDLE = "“信息条数”填0，未达到1"


@pytest.mark.parametrize(
    ("done", "news", "both", "split", "figures"),
    [
        (6, 1, "计8分", "计8分", f"{ATTENDED}；{ACTIVE}"),
        (6, 0, "不计分", "计4分", f"{ATTENDED}；{IDLE}"),
        (5, 1, "不计分", "计4分", f"{ABSENT}；{ACTIVE}"),
        (5, 0, "不计分", "不计分", f"{ABSENT}；{IDLE}"),
    ],
)
def test_all_of_wholly_or_in_equal_parts(done: int, news: int, both: str, split: str, figures: str) -> None:
    at = case({"due": 6, "done": done, "news": news})
    worth = {"计8分": 8, "计4分": 4, "不计分": 0}
    assert result(BOTH, at) == scored(worth[both], f"{figures}，{both}。")
    assert result(SPLIT, at) == scored(worth[split], f"{figures}，{split}。")


def test_all_of_with_nothing_due_is_pending() -> None:
    at = case({"due": 0, "done": 0, "news": 1})
    pending = "是否计分由主席办公会议审定"
    assert result(BOTH, at) == scored(0, "“应参加次数”为0，本项不适用；“信息条数”填1，达到1，不计分。", pending)
    assert result(SPLIT, at) == scored(4, "“应参加次数”为0，本项不适用；“信息条数”填1，达到1，计4分。", pending)


def test_all_of_with_more_done_than_was_due_earns_not_even_a_part() -> None:
    at = case({"due": 6, "done": 7, "news": 1})
    words = f"“应参加次数”6、“实际参加次数”7，未全部达到；{ACTIVE}，不计分。"
    assert (result(BOTH, at), result(SPLIT, at)) == (scored(0, words), scored(0, words))


def test_all_of_without_one_of_its_numbers() -> None:
    at = case({"due": 6, "news": 1})
    assert result(BOTH, at) == scored(0, "“实际参加次数”未填或待更正，不计分。")
    assert result(SPLIT, at) == scored(4, f"“实际参加次数”未填或待更正；{ACTIVE}，计4分。")


def test_all_of_in_plain_words_and_as_a_formula() -> None:
    demands = "“实际参加次数”等于“应参加次数”且大于0", "“信息条数”达到1"
    assert BOTH.plain(NAMES) == f"{demands[0]}，{demands[1]}，全部具备计8分"
    assert SPLIT.plain(NAMES) == f"{demands[0]}；{demands[1]}，每具备一项计4分"
    tests = "AND(N(in_due)>0,N(in_done)=N(in_due))", "N(in_news)>=1"
    assert BOTH.formula(FormulaNames()) == f"IF(AND({tests[0]},{tests[1]}),8,0)"
    assert SPLIT.formula(FormulaNames()) == f"IF(OR(N(in_done)>N(in_due)),0,IF({tests[0]},4,0)+IF({tests[1]},4,0))"
    assert (BOTH.maximum(), SPLIT.maximum(), BOTH.inputs()) == (Fraction(8), Fraction(8), ("due", "done", "news"))


def test_parts_that_are_not_whole_stay_exact() -> None:
    thirds = rule(kind="all_of", earns=2, partial=True, conditions=[{"kind": "yes", "field": f} for f in ("plan", "quoted")] + CONDITIONS[1:])
    at = case({"plan": True, "quoted": False, "news": 1})
    assert thirds.points(at) == Fraction(4, 3)
    assert thirds.words(at) == "“是否有方案”填“是”；“是否实现‘五个确保’”填“否”；“信息条数”填1，达到1，计4/3分。"
    assert thirds.formula(FormulaNames()) == 'IF(in_plan="是",2/3,0)+IF(in_quoted="是",2/3,0)+IF(N(in_news)>=1,2/3,0)'


# Rows of a list


PER_ROW = rule(kind="per_row", list="papers", earns=1)
PER_ROW_SENT = rule(kind="per_row", list="papers", where={"sent": ["是"]}, earns=3, most_rows=2)


def papers(*sent: bool) -> dict[str, list[dict[str, CellValue | None]]]:
    return {"papers": [{"title": f"题目{n}", "sent": yes, "date": date(2014, 5, 1)} for n, yes in enumerate(sent)]}


def test_each_row_earns() -> None:
    assert result(PER_ROW, case(rows=papers(True, False, True))) == scored(3, "《宣传报道》中的有效行3行（第5—7行），每行计1分，计3分。")


def test_no_rows_earn_nothing() -> None:
    assert result(PER_ROW, case()) == scored(0, "没有《宣传报道》中的有效行，不计分。")


def test_only_rows_that_pass_count_and_no_more_than_the_cap() -> None:
    what = "《宣传报道》中采用为“是”的有效行"
    assert result(PER_ROW_SENT, case(rows=papers(False, True))) == scored(3, f"{what}1行（第6行），每行计3分，计3分。")
    assert result(PER_ROW_SENT, case(rows=papers(True, False, True))) == scored(6, f"{what}2行（第5、7行），每行计3分，计6分。")
    assert result(PER_ROW_SENT, case(rows=papers(True, True, True))) == scored(6, f"{what}3行（第5—7行），按最多2行计，每行计3分，计6分。")
    assert result(PER_ROW_SENT, case(rows=papers(False))) == scored(0, f"没有{what}，不计分。")


def test_per_row_in_plain_words_and_as_a_formula() -> None:
    assert PER_ROW.plain(NAMES) == "《宣传报道》中的有效行，每行计1分，不封顶"
    assert PER_ROW_SENT.plain(NAMES) == "《宣传报道》中采用为“是”的有效行，每行计3分，最多计2行"
    assert PER_ROW.formula(FormulaNames()) == '1*SUMPRODUCT((li_papers_state="有效")*1)'
    assert PER_ROW_SENT.formula(FormulaNames()) == '3*MIN(2,SUMPRODUCT((li_papers_state="有效")*(li_papers_sent="是")*1))'
    assert (PER_ROW.maximum(), PER_ROW_SENT.maximum(), PER_ROW.inputs(), PER_ROW.lists()) == (None, Fraction(6), (), ("papers",))


ANY_ROW = rule(kind="any_row", list="topics", where={"leader": ["*"]}, earns=5)


def topics(*leaders: str | None) -> dict[str, list[dict[str, CellValue | None]]]:
    return {"topics": [{"leader": leader, "office": "发改委"} for leader in leaders]}


@pytest.mark.parametrize(
    ("leaders", "points", "words"),
    [
        (("李书记",), 5, "《自拟课题》中填写了批示领导的有效行1行（第5行），计5分。"),
        ((None, "李书记", "王市长"), 5, "《自拟课题》中填写了批示领导的有效行2行（第6、7行），计5分（不论几行只计一次）。"),
        ((None, "", "  "), 0, "没有《自拟课题》中填写了批示领导的有效行，不计分。"),
        ((), 0, "没有《自拟课题》中填写了批示领导的有效行，不计分。"),
    ],
)
def test_any_row_earns_once(leaders: tuple[str | None, ...], points: int, words: str) -> None:
    assert result(ANY_ROW, case(rows=topics(*leaders))) == scored(points, words)


def test_any_row_in_plain_words_and_as_a_formula() -> None:
    assert ANY_ROW.plain(NAMES) == "《自拟课题》中填写了批示领导的有效行有1行以上，计5分，只计一次"
    assert ANY_ROW.formula(FormulaNames()) == 'IF(SUMPRODUCT((li_topics_state="有效")*(LEN(TRIM(li_topics_leader))>0)*1)>=1,5,0)'
    assert (ANY_ROW.maximum(), ANY_ROW.lists()) == (Fraction(5), ("topics",))


def test_rows_left_blank_in_one_column_and_filled_in_another() -> None:
    adopted_only = rule(kind="per_row", list="topics", where={"office": ["*"], "leader": [""]}, earns=5)
    what = "《自拟课题》中填写了采纳部门、未填批示领导的有效行"
    assert result(adopted_only, case(rows=topics("李书记", None, " "))) == scored(10, f"{what}2行（第6、7行），每行计5分，计10分。")
    assert (
        adopted_only.formula(FormulaNames())
        == '5*SUMPRODUCT((li_topics_state="有效")*(LEN(TRIM(li_topics_office))>0)*(LEN(TRIM(li_topics_leader))=0)*1)'
    )


def trade(*rows: tuple[str, int]) -> dict[str, list[dict[str, CellValue | None]]]:
    return {"trade": [{"kind": kind, "firms": firms} for kind, firms in rows]}


SUM = rule(kind="rows_reach", list="trade", where={"kind": ["招商引资"]}, sum="firms", at_least=30, earns=2)
COUNT = rule(kind="rows_reach", list="trade", where={"kind": ["招商引资", "走出去"]}, at_least=2, earns=2)
INVITED = "《招商活动》中类型为“招商引资”的有效行"
EITHER = "《招商活动》中类型为“招商引资”或“走出去”的有效行"


@pytest.mark.parametrize(
    ("rows", "points", "words"),
    [
        ((("招商引资", 30),), 2, f"{INVITED}1行（第5行），参加企业数合计30，达到30，计2分。"),
        ((("招商引资", 29), ("走出去", 40)), 0, f"{INVITED}1行（第5行），参加企业数合计29，未达到30，不计分。"),
        ((("招商引资", 29), ("招商引资", 0), ("招商引资", 1)), 2, f"{INVITED}3行（第5—7行），参加企业数合计30，达到30，计2分。"),
        ((("走出去", 40),), 0, f"没有{INVITED}，未达到30，不计分。"),
    ],
)
def test_rows_add_up(rows: tuple[tuple[str, int], ...], points: int, words: str) -> None:
    assert result(SUM, case(rows=trade(*rows))) == scored(points, words)


def test_rows_are_enough() -> None:
    assert result(COUNT, case(rows=trade(("招商引资", 0), ("走出去", 0)))) == scored(2, f"{EITHER}2行（第5、6行），达到2，计2分。")
    assert result(COUNT, case(rows=trade(("走出去", 90)))) == scored(0, f"{EITHER}1行（第5行），未达到2，不计分。")
    assert result(COUNT, case()) == scored(0, f"没有{EITHER}，未达到2，不计分。")


def test_rows_reach_in_plain_words_and_as_a_formula() -> None:
    assert SUM.plain(NAMES) == f"{INVITED}，参加企业数合计达到30，计2分"
    assert COUNT.plain(NAMES) == f"{EITHER}，行数达到2，计2分"
    assert SUM.formula(FormulaNames()) == 'IF(SUMPRODUCT((li_trade_state="有效")*(li_trade_kind="招商引资")*1,li_trade_firms)>=30,2,0)'
    either = '((li_trade_kind="招商引资")+(li_trade_kind="走出去"))'
    assert COUNT.formula(FormulaNames()) == f'IF(SUMPRODUCT((li_trade_state="有效")*{either}*1)>=2,2,0)'
    assert (SUM.maximum(), COUNT.maximum()) == (Fraction(2), Fraction(2))


# Growth


GROWTH = rule(kind="growth_at_least", start="start", end="end", at_least="6%", earns=2)


@pytest.mark.parametrize(
    ("start", "end", "points", "words"),
    [
        (50, 53, 2, "“年初会员”50、“年末会员”53，增长率6%，达到6%，计2分。"),
        (100, 107, 2, "“年初会员”100、“年末会员”107，增长率7%，达到6%，计2分。"),
        (100000, 105999, 0, "“年初会员”100000、“年末会员”105999，增长率5.999%，未达到6%，不计分。"),
        (3, 4, 2, "“年初会员”3、“年末会员”4，增长率约33.33%，达到6%，计2分。"),
        (100, 100, 0, "“年初会员”100、“年末会员”100，增长率0%，未达到6%，不计分。"),
        (100, 90, 0, "“年初会员”100、“年末会员”90，增长率-10%，未达到6%，不计分。"),
        (10, 0, 0, "“年初会员”10、“年末会员”0，增长率-100%，未达到6%，不计分。"),
        (0, 5, 0, "“年初会员”0、“年末会员”5，年初为0，增长率无法计算，不计分。"),
    ],
)
def test_growth_at_least(start: int, end: int, points: int, words: str) -> None:
    assert result(GROWTH, case({"start": start, "end": end})) == scored(points, words)


def test_growth_without_one_of_its_numbers() -> None:
    assert result(GROWTH, case({"end": 5})) == scored(0, "“年初会员”未填或待更正，不计分。")
    assert result(GROWTH, case()) == scored(0, "“年初会员”、“年末会员”未填或待更正，不计分。")


def test_growth_in_plain_words_and_as_a_formula_without_fractions() -> None:
    assert GROWTH.plain(NAMES) == "增长率（由“年初会员”与“年末会员”计算）达到6%，计2分"
    assert GROWTH.formula(FormulaNames()) == "IF(AND(N(in_start)>0,(N(in_end)-N(in_start))*50>=3*N(in_start)),2,0)"
    assert (GROWTH.maximum(), GROWTH.inputs()) == (Fraction(2), ("start", "end"))


ONLINE = rule(kind="ratio_at_least", part="part", whole="end", at_least="30%", earns=3)


@pytest.mark.parametrize(
    ("part", "whole", "points", "words"),
    [
        (3, 10, 3, "“企业会员”3、“年末会员”10，比例30%，达到30%，计3分。"),
        (1, 3, 3, "“企业会员”1、“年末会员”3，比例约33.33%，达到30%，计3分。"),
        (29999, 100000, 0, "“企业会员”29999、“年末会员”100000，比例29.999%，未达到30%，不计分。"),
        (0, 10, 0, "“企业会员”0、“年末会员”10，比例0%，未达到30%，不计分。"),
        (0, 0, 0, "“企业会员”0、“年末会员”0，比例无法计算，不计分。"),
        (11, 10, 0, "“企业会员”11、“年末会员”10，比例110%，前者不应大于后者，不计分。"),
    ],
)
def test_ratio_at_least(part: int, whole: int, points: int, words: str) -> None:
    assert result(ONLINE, case({"part": part, "end": whole})) == scored(points, words)


def test_ratio_without_one_of_its_numbers() -> None:
    assert result(ONLINE, case({"end": 5})) == scored(0, "“企业会员”未填或待更正，不计分。")


def test_ratio_in_plain_words_and_as_a_formula_without_fractions() -> None:
    assert ONLINE.plain(NAMES) == "“企业会员”占“年末会员”的比例达到30%，计3分"
    assert ONLINE.formula(FormulaNames()) == "IF(AND(N(in_end)>0,N(in_part)<=N(in_end),N(in_part)*10>=3*N(in_end)),3,0)"
    assert (ONLINE.maximum(), ONLINE.inputs()) == (Fraction(3), ("part", "end"))
    assert never_above([ONLINE]) == (("part", "end"),)


# Places


GROWTH_PLACE = rule(kind="rank", metric={"measure": "growth", "start": "start", "end": "end"}, top=5, top_earns=2, above=0)
RATIO_PLACE = rule(
    kind="rank",
    metric={"measure": "ratio", "part": "part", "whole": "end"},
    top=5,
    top_earns=2,
    bottom=5,
    bottom_earns=1,
    otherwise=0,
)


def earns(points: int, words: str) -> tuple[Fraction, str]:
    return Fraction(points), words


def placed(which: AnyRule, cohort: Mapping[str, Mapping[str, FieldValue]]) -> dict[str, tuple[Fraction, str]]:
    """Points and words of every unit of a cohort."""
    assert isinstance(which, RankBands)
    facts = {unit: Facts(fields) for unit, fields in cohort.items()}
    places = standings({unit: value for unit, known in facts.items() if (value := which.value(known)) is not None})
    cases = {unit: Case(known, NAMES, places.get(unit)) for unit, known in facts.items()}
    return {unit: (which.points(at), which.words(at)) for unit, at in cases.items()}


def points_by_ratio(*parts: int) -> list[int]:
    """Points by place in the ratio parts / 100."""
    return [int(points) for points, _ in placed(RATIO_PLACE, {str(n): {"part": part, "end": 100} for n, part in enumerate(parts)}).values()]


def test_twelve_units_without_ties() -> None:
    assert points_by_ratio(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1) == [2, 2, 2, 2, 2, 0, 0, 1, 1, 1, 1, 1]


def test_all_who_tie_at_the_upper_cutoff_are_in() -> None:
    assert points_by_ratio(12, 11, 10, 9, 8, 8, 8, 5, 4, 3, 2, 1) == [2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1]


def test_all_who_tie_at_the_lower_cutoff_are_in() -> None:
    assert points_by_ratio(12, 11, 10, 9, 8, 5, 5, 5, 4, 3, 2, 1) == [2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1]


def test_a_tie_that_fills_the_top_pushes_the_next_out() -> None:
    assert points_by_ratio(9, 9, 9, 9, 9, 9, 8, 7, 4, 3, 2, 1) == [2, 2, 2, 2, 2, 2, 0, 1, 1, 1, 1, 1]


def test_where_bands_overlap_the_higher_points_count() -> None:
    assert points_by_ratio(7, 6, 5, 4, 3, 2, 1) == [2, 2, 2, 2, 2, 1, 1]
    assert points_by_ratio(3, 2, 1) == [2, 2, 2]
    assert points_by_ratio(1) == [2]
    assert points_by_ratio(4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4) == [2] * 12


def test_higher_points_count_even_where_the_lower_band_has_them() -> None:
    odd = rule(kind="rank", metric={"measure": "ratio", "part": "part", "whole": "end"}, top=1, top_earns=1, bottom=1, bottom_earns=3)
    assert odd.points(case({"part": 1, "end": 2}, standing=Standing(1, 0, 1))) == 3
    assert odd.maximum() == 3


def test_words_of_the_bands() -> None:
    twelve = placed(RATIO_PLACE, {str(n): {"part": 12 - n, "end": 100} for n in range(12)})
    assert twelve["0"] == earns(2, "“企业会员”12、“年末会员”100，比例12%，在12个单位中居第1位，列前5位，计2分。")
    assert twelve["5"] == earns(0, "“企业会员”7、“年末会员”100，比例7%，在12个单位中居第6位，未列前5位或后5位，不计分。")
    assert twelve["11"] == earns(1, "“企业会员”1、“年末会员”100，比例1%，在12个单位中居第12位，列后5位，计1分。")


def test_units_without_a_value_have_no_place_and_are_not_counted() -> None:
    cohort: dict[str, dict[str, FieldValue]] = {
        "blank": {"part": 3},
        "none at all": {"part": 0, "end": 0},
        "low": {"part": 1, "end": 3},
        "high": {"part": 1, "end": 2},
        "same": {"part": 2, "end": 4},
    }
    assert placed(RATIO_PLACE, cohort) == {
        "blank": earns(0, "“年末会员”未填或待更正，不参加位次，不计分。"),
        "none at all": earns(0, "“企业会员”0、“年末会员”0，比例无法计算，不参加位次，不计分。"),
        "low": earns(2, "“企业会员”1、“年末会员”3，比例约33.33%，在3个单位中居第3位，列前5位，计2分。"),
        "high": earns(2, "“企业会员”1、“年末会员”2，比例50%，在3个单位中居第1位，列前5位，计2分。"),
        "same": earns(2, "“企业会员”2、“年末会员”4，比例50%，在3个单位中居第1位，列前5位，计2分。"),
    }


def test_a_unit_left_out_of_the_ranking_has_no_place() -> None:
    assert RATIO_PLACE.points(case({"part": 1, "end": 2})) == 0
    assert RATIO_PLACE.words(case({"part": 1, "end": 2})) == "“企业会员”1、“年末会员”2，比例50%，不参加位次，不计分。"


def test_growth_places_need_growth() -> None:
    cohort: dict[str, dict[str, FieldValue]] = {
        "up": {"start": 100, "end": 103},
        "still": {"start": 100, "end": 100},
        "down": {"start": 100, "end": 90},
        "new": {"start": 0, "end": 90},
    }
    assert placed(GROWTH_PLACE, cohort) == {
        "up": earns(2, "“年初会员”100、“年末会员”103，增长率3%，在3个单位中居第1位，列前5位，计2分。"),
        "still": earns(0, "“年初会员”100、“年末会员”100，增长率0%，在3个单位中居第2位，但未超过0%，不计分。"),
        "down": earns(0, "“年初会员”100、“年末会员”90，增长率-10%，在3个单位中居第3位，但未超过0%，不计分。"),
        "new": earns(0, "“年初会员”0、“年末会员”90，年初为0，增长率无法计算，不参加位次，不计分。"),
    }


def test_growth_places_that_also_need_six_per_cent() -> None:
    six = rule(**GROWTH_PLACE.model_dump(exclude_defaults=True) | {"at_least": "6%"})
    cohort: dict[str, dict[str, FieldValue]] = {"six": {"start": 50, "end": 53}, "less": {"start": 100, "end": 105}}
    assert placed(six, cohort) == {
        "six": earns(2, "“年初会员”50、“年末会员”53，增长率6%，在2个单位中居第1位，列前5位，计2分。"),
        "less": earns(0, "“年初会员”100、“年末会员”105，增长率5%，在2个单位中居第2位，但未达到6%，不计分。"),
    }


def test_growth_place_outside_the_top() -> None:
    cohort: dict[str, dict[str, FieldValue]] = {str(n): {"start": 100, "end": 120 - n} for n in range(6)}
    assert placed(GROWTH_PLACE, cohort)["5"] == earns(0, "“年初会员”100、“年末会员”115，增长率15%，在6个单位中居第6位，未列前5位，不计分。")


def test_places_in_plain_words_and_without_a_formula() -> None:
    assert GROWTH_PLACE.plain(NAMES) == ("增长率（由“年初会员”与“年末会员”计算）在全市的位次：前5位计2分，其余不计分，不超过0%的不计分")
    assert RATIO_PLACE.plain(NAMES) == "“企业会员”占“年末会员”的比例在全市的位次：前5位计2分，后5位计1分，其余不计分"
    assert (GROWTH_PLACE.formula(FormulaNames()), RATIO_PLACE.formula(FormulaNames())) == (None, None)
    assert (GROWTH_PLACE.maximum(), GROWTH_PLACE.inputs()) == (Fraction(2), ("start", "end"))
    assert (RATIO_PLACE.maximum(), RATIO_PLACE.inputs()) == (Fraction(2), ("part", "end"))


# Numbers in rules


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        (2, Fraction(2)),
        ("6%", Fraction(6, 100)),
        ("2.5%", Fraction(1, 40)),
        ("1/3", Fraction(1, 3)),
        ("0", Fraction(0)),
        (Fraction(1, 7), Fraction(1, 7)),
    ],
)
def test_exact_numbers(written: int | str | Fraction, exact: Fraction) -> None:
    assert parse_exact(written) == exact


@pytest.mark.parametrize("written", [0.06, True, "六", "6％", "1/0", "", None])
def test_what_is_not_an_exact_number_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="应当是整数") as caught:
        parse_exact(written)
    assert str(caught.value) == f'应当是整数、"6%" 或 "1/3" 这样的准确数，现在是 {written!r}'


def test_a_rule_refuses_keys_it_does_not_know() -> None:
    with pytest.raises(ValidationError) as caught:
        rule(kind="yes", field="plan", earns=2, at_least=3)
    assert [(error["type"], error["loc"]) for error in caught.value.errors()] == [("extra_forbidden", ("yes", "at_least"))]


def test_rows_that_count_are_those_of_the_rule_and_the_unit_that_are_asked_about() -> None:
    plain, narrow = rule(kind="per_row", list="praise", earns=1), rule(kind="per_row", list="praise", where={"scope": ["省级"]}, earns=1)
    one, other = ({"praise": [{"scope": scope} for scope in scopes]} for scopes in (("省级", "市级"), ("市级", "省级", "省级")))
    first, second = case(rows=one), case(rows=other)
    for _ in range(2):
        assert [[row.number for row in which.counted_rows(at.facts)] for at in (first, second) for which in (plain, narrow)] == [
            [5, 6],
            [5],
            [5, 6, 7],
            [6, 7],
        ]
        assert narrow.counted_rows(case().facts) == ()
