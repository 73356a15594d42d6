"""The nightly report: what it says, and that it is one safe file."""

import base64
import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest

from kaohe.checks.finding import Severity
from kaohe.config.model import GateResult
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.memory import office_key
from kaohe.publish import report
from kaohe.publish.documents import TemplateFault
from kaohe.publish.report.overview import ranking, tasks
from kaohe.publish.report.strings import Strings
from kaohe.scoring.score import assess
from kaohe.text import points_text
from tests.support.report import HOSTILE, HOSTILE_SHOWN, Data, Page, cohort, hostile, html_of
from tests.support.sample import Rows, assessment, finding, full_fields, office, record
from tests.support.workbooks import repeated


def rows_of(page: Page) -> Iterator[str]:
    yield from page.all("tr")


def test_the_clerks_tasks_come_first(tmp_path: Path) -> None:
    page = Page(html_of(assessment(), tmp_path))
    assert page.all("h1") == ["2014年度考核运行报告 预排名"]
    assert [text for text in page.all("h2") if text] == ["先办这些", "报送进度", "目前排名", "问题清单", "计分口径", "收到的文件"]
    assert page.all("h3")[:6] == [
        "未报送（1个单位）",
        "不能采用的文件（2份）",
        "待更正（1个单位）",
        "疑问待单位确认（1个单位）",
        "待核（1个单位）",
        "前提条件不具备，单列（1个单位）",
    ]
    assert "正式结果" not in page.all("h3")
    items = page.all("li")
    assert "中原区工商联 第一组 没有收到填报表（截止2014年12月31日） zhongyuan@gsl.example" in items
    assert "年度不符 2014年度考核填报表-荥阳市工商联.xlsx 荥阳市工商联：这是2013年度的填报表，本次考核2014年度" in items
    assert "不是本系统的填报表 通知扫描件.xlsx 单位不明：不是本系统发出的填报表，请用发给单位的表填报" in items
    assert "登封市工商联 有1处待更正，得分为暂计" in items
    assert "新密市工商联 有1处疑问" in items
    assert "高新区工商联 第二组 三项前提条件尚未实地考核" in items
    assert "上街区工商联 实地考核不具备“办公经费有保证”的条件（办公经费未列入预算），按考核办法不再计分" in items


def test_what_the_final_set_lacks_once_nothing_is_open_with_the_units(tmp_path: Path) -> None:
    page = Page(html_of(repeated(3), tmp_path))
    assert "正式结果" in page.all("h3")
    items = page.all("li")
    at = items.index("没有审定：收件箱里没有与现在的结果相符的审定表。请制作审定表，主席办公会议审定后放进收件箱")
    assert items[at + 1] == "以前已经签发过正式结果的，那一套不受影响。"


def test_the_numbers_at_a_glance(tmp_path: Path) -> None:
    items = Page(html_of(assessment(), tmp_path)).all("li")
    first = items.index("10/12已采用填报表")
    assert items[first + 1 : first + 7] == ["1未报送", "1待更正（退回）", "1待更正", "1待核", "7有效", "1不计分"]
    assert [text for text in items if text.endswith("（处）")] == ["1错误（处）", "2疑问（处）", "0提示（处）"]


def test_items_to_be_decided_are_listed(tmp_path: Path) -> None:
    where = office()
    fields = {**full_fields(where), "clusters_total": 0, "clusters_with_chamber": 0}
    ready = assess(where, {"xinmi": record(where, "xinmi", fields)}, (), ())
    page = Page(html_of(ready, tmp_path))
    why = ready.card("xinmi").item("6.3").why
    assert "待审定（1项）" in page.all("h3")
    assert f"6.3 产业集聚区商会（1个单位）：{why} 新密市工商联" in page.all("li")


def test_units_with_the_same_question_stand_together(tmp_path: Path) -> None:
    where = office()
    fields = {**full_fields(where), "clusters_total": 0, "clusters_with_chamber": 0}
    ready = assess(where, {code: record(where, code, fields) for code in ("xinmi", "dengfeng")}, (), ())
    (told,) = [text for text in Page(html_of(ready, tmp_path)).all("li") if text.startswith("6.3 ")]
    assert told.startswith("6.3 产业集聚区商会（2个单位）：")
    assert told.endswith("登封市工商联 新密市工商联")


def test_what_a_group_must_correct_is_listed_once(tmp_path: Path) -> None:
    of_group = replace(finding(office(), "xinmi", "members_end", Severity.ERROR), of_group=True, file="核查表-第三组.xlsx")
    page = Page(html_of(replace(assessment(), findings=(of_group,)), tmp_path))
    assert "核查表、审定表有问题（1处）" in page.all("h3")
    assert sum(text.startswith("错误 核查表-第三组.xlsx 填报表 D36 年末会员总数：完成数大于应完成数。") for text in page.all("li")) == 1
    assert not [text for text in page.all("h3") if text.startswith("疑问待单位确认")]


def test_a_refused_file_is_seen_to_once_its_unit_sent_a_form_that_was_accepted(tmp_path: Path) -> None:
    ready = assessment()
    refused = next(file for file in ready.files if file.verdict is Verdict.NOT_A_FORM)
    earlier, later = replace(refused, name="早.xlsx", unit="jinshui"), replace(refused, name="晚.xlsx", unit="jinshui", first_seen=1418000101)
    page = Page(html_of(replace(ready, files=(*ready.files, earlier, later)), tmp_path))
    assert "不能采用的文件（3份）" in page.all("h3")
    assert "晚.xlsx" in page.all("bdi")
    assert "早.xlsx" not in page.all("bdi")


def test_a_blank_decision_form_is_not_said_to_be_of_an_unknown_unit(tmp_path: Path) -> None:
    ready = assessment()
    blank = ReceivedFile("空白审定表.xlsx", "d" * 64, 900, 1417000000, 1417000100, Verdict.BLANK, "表里什么都没有填，仍以“审定表.xlsx”为准", None)
    items = Page(html_of(replace(ready, files=(*ready.files, blank)), tmp_path)).all("li")
    assert "空白表 空白审定表.xlsx 表里什么都没有填，仍以“审定表.xlsx”为准" in items


def test_progress_by_group(tmp_path: Path) -> None:
    page = Page(html_of(assessment(), tmp_path))
    assert [text for text in page.all("h3") if text.startswith("第")] == ["第一组 2/3", "第二组 2/3", "第三组 3/3", "第四组 3/3"]
    assert "中原区工商联未报送" in page.all("li")


def test_progress_of_many_units_names_those_that_are_waited_for(tmp_path: Path) -> None:
    page = Page(html_of(cohort(70), tmp_path))
    assert [text for text in page.all("h3") if text.startswith("第")] == ["第1组 19/20", "第2组 19/20", "第3组 19/20", "第4组 10/10"]
    assert [text for text in page.all("li") if text.endswith("工商联未报送")] == ["第5县工商联未报送", "第28县工商联未报送", "第51县工商联未报送"]
    assert "未报送 1 待更正 3 待核 1 有效 15" in page.all("p")


def test_ranking_with_places_and_bars(tmp_path: Path) -> None:
    html = html_of(assessment(), tmp_path)
    rows = [row for row in rows_of(Page(html)) if re.match(r"(\d+|—) \S+工商联 第.组", row)]
    assert rows[0] == "1 惠济区工商联 第四组 167 111 56 10 有效"
    assert [row.split()[0] for row in rows] == ["1", "2", "3", "4", "5", "5", "7", "8", "9", "—", "—", "—"]
    assert rows[9] == "— 中原区工商联 第一组 — 没有收到填报表（截止2014年12月31日） — — — 未报送"
    bars = re.findall(r'<i style="width:([0-9.]+)%"></i><i style="width:([0-9.]+)%"></i>', html)
    assert len(bars) == 9
    assert bars[0] == ("66.5", "33.5")  # 111 and 56 of 167
    assert sum(map(float, bars[1])) == pytest.approx(94.0)  # 157 of 167


def test_points_that_are_not_whole_stay_exact(tmp_path: Path) -> None:
    ready = assessment()
    first = replace(ready.cards[0], total=Fraction(500, 3))
    page = Page(html_of(replace(ready, cards=(first, *ready.cards[1:])), tmp_path))
    assert any(row.startswith("1 惠济区工商联 第四组 500/3 ") for row in rows_of(page))


def test_findings_with_what_the_filters_need(tmp_path: Path) -> None:
    page = Page(html_of(assessment(), tmp_path))
    rows = [(attrs["data-u"], attrs["data-s"], " ".join("".join(text).split())) for _, attrs, text in page.elements if "data-u" in attrs]
    assert [row[:2] for row in rows] == [("dengfeng", "错误"), ("dengfeng", "疑问"), ("xinmi", "疑问")]
    assert rows[0][2] == (
        "错误 登封市工商联 填报表 D63 已建商会的乡镇、街道数：完成数大于应完成数 填了 15 应当：不大于“乡镇、街道总数”12 请核对两个数，改正填错的一个 （六）2 V-200"
    )
    options = page.all("option")
    first = options.index("错误（1）")
    assert options[first - 1 : first + 3] == ["全部", "错误（1）", "疑问（2）", "提示（0）"]


def test_each_unit_has_every_item_with_words_and_cells(tmp_path: Path) -> None:
    ready = assessment()
    data = Data(html_of(ready, tmp_path))
    assert list(data.units) == [card.unit.code for card in ready.cards]
    assert len(data.items) == 59
    for card in ready.cards:
        for score in card.items:
            points, why, _ = data.item(card.unit.code, score.item.id)
            assert (str(points), why) == (points_text(score.points), score.why)
    assert data.item("dengfeng", "6.2")[2] == "待更正"
    assert data.cells("dengfeng", "6.2") == [("乡镇、街道总数", "12", "填报表 D62"), ("已建商会的乡镇、街道数", "12", "填报表 D63")]
    assert data.item("dengfeng", "3.2") == (7, "《宣传报道》中的有效行7行（第5—11行），每行计1分，计7分。", None)
    assert data.rows("dengfeng", "宣传报道")[0] == (5, ["3.2"], ["民营经济高质量发展综述之0", "郑州日报", "2014年1月5日", ""])
    assert data.item("shangjie", "1.2")[1:] == ("实地考核不具备“办公经费有保证”的条件（办公经费未列入预算），按考核办法不再计分。", "不计分")
    third = data.raw["sections"][2]
    assert (third["number"], third["title"], third["maximum"]) == ("（三）", "宣传教育工作", "8＋不封顶")
    assert data.units["dengfeng"][10][2] == 15
    assert third["clauses"][1][1] == ready.rulebook.clause_of_item["3.2"].text


def test_rows_that_count_nowhere_and_rows_that_are_not_valid(tmp_path: Path) -> None:
    where = office()
    rows: Rows = {"articles": [{"title": "没有媒体", "outlet": None}, {"title": "有媒体", "outlet": "郑州日报"}]}
    sent = record(where, "xinmi", full_fields(where), rows)
    wrong = replace(finding(where, "xinmi", "members_end", Severity.ERROR), field="articles.outlet", sheet="宣传报道", cell="D5", row=5)
    counted = Data(html_of(assess(where, {"xinmi": sent}, (wrong,), ()), tmp_path)).rows("xinmi", "宣传报道")
    assert [(number, items, cells[0]) for number, items, cells in counted] == [(5, None, "没有媒体"), (6, ["3.2"], "有媒体")]


def test_a_value_that_counts_other_than_it_was_typed_is_told(tmp_path: Path) -> None:
    where = office()
    sent = record(where, "xinmi", full_fields(where))
    typed = replace(sent, fields={**sent.fields, "members_end": replace(sent.fields["members_end"], raw="１０１０人")})
    data = Data(html_of(assess(where, {"xinmi": typed}, (), ()), tmp_path))
    _, told, _, counts = data.units["xinmi"][12]
    n = list(where.rulebook.fields).index("members_end")
    assert (data.text(told[n]), data.text(dict(zip(counts[::2], counts[1::2], strict=True))[n])) == ("１０１０人", "1010")


def test_equal_texts_stand_once_and_texts_that_differ_in_figures_share_their_words() -> None:
    strings = Strings()
    numbers = [strings[text] for text in ("", "填了95条，达到90条", "填了08条，达到7条", "填了95条，达到90条", "95", "有\x01空洞")]
    assert numbers[1] == numbers[3]
    assert strings.entries == ['""', '"填了\\u0001条，达到\\u0001条"', "[1,95,90]", '[1,"08",7]', '"95"', '"有空洞"']
    assert numbers[0] == 0


def test_a_doubt_that_is_withheld_says_so(tmp_path: Path) -> None:
    withheld = replace(finding(office(), "xinmi", "members_start", Severity.DOUBT), withheld=True)
    page = Page(html_of(replace(assessment(), findings=(withheld,)), tmp_path))
    assert any(row.startswith("疑问 先不计分 新密市工商联 填报表 D35 ") for row in rows_of(page))


def test_readings_and_their_alternatives(tmp_path: Path) -> None:
    where = office({"articles-cap": "10"})
    page = Page(html_of(assess(where, {}, (), ()), tmp_path))
    chosen = where.rulebook.readings[[r.id for r in where.rulebook.readings].index("articles-cap")]
    assert f"采用：{chosen.choice('10').text}" in page.all("p")
    assert f"另一种读法：{chosen.choice('none').text}" in page.all("p")
    assert page.all("p").count("换用后：各单位得分和位次不变。") == 12


def test_what_another_reading_would_change(tmp_path: Path) -> None:
    html = html_of(assessment(), tmp_path)
    section = next(text for text in Page(html).all("section", **{"class": "reading"}) if "媒体报道每篇1分" in text)
    assert section == (
        "3.2 媒体报道每篇1分，是否封顶 采用：不封顶（通知没有写上限） 另一种读法：最多计10篇 "
        "换用后：2个单位总分有变化，0个单位位次有变化： 惠济区工商联 167→165分 二七区工商联 157→156分"
    )
    data = Data(html)
    told = [(data.raw["effects"][n][1], total, place) for n, total, place in data.units["huiji"][15]]
    assert ("最多计10篇", 165, 1) in told


def test_files_with_verdict_and_changes(tmp_path: Path) -> None:
    data = Data(html_of(assessment(), tmp_path))
    files = {data.text(file[0]): file for file in data.raw["files"]}
    scan = files["通知扫描件.xlsx"]
    assert (data.raw["verdicts"][scan[1]], data.text(scan[2]), data.text(scan[3])) == (
        ["不是本系统的填报表", "error"],
        "不是本系统发出的填报表，请用发给单位的表填报",
        "900 字节",
    )
    assert scan[4:8] == [1417000000, 1417000100, -1, 0]
    first = files["金水区（第一次）.xlsx"]
    assert data.raw["units"][first[6]][0] == "jinshui"
    assert [[data.text(n) for n in change] for change in first[8]] == [["填报表", "D10", "在工商联网站发布信息条数", "95", "105"]]
    assert [data.text(data.raw["files"][n][0]) for n in data.units["jinshui"][14]] == [
        "2014年度考核填报表-金水区工商联.xlsx",
        "金水区（第一次）.xlsx",
    ]


def test_the_time_is_all_that_changes_and_stands_once(tmp_path: Path) -> None:
    first, later = html_of(assessment(), tmp_path), html_of(assessment(), tmp_path, datetime(2015, 1, 2, 23, 59, 58))
    assert first.count("2014年12月8日 03:00:05") == 1
    assert first.replace("2014年12月8日 03:00:05", "2015年1月2日 23:59:58") == later


def test_nothing_is_loaded_from_anywhere(tmp_path: Path) -> None:
    html = html_of(hostile(), tmp_path)
    page = Page(html)
    assert not page.attributes("src")
    assert all(link.startswith("#") for link in page.attributes("href"))
    assert "url(" not in html
    assert "http:" not in html
    assert "https:" not in html
    assert "default-src 'none'" in html


def test_only_the_programs_own_script_may_run(tmp_path: Path) -> None:
    html = html_of(hostile(), tmp_path)
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert len(scripts) == 1
    allowed = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}'" in html


def test_wild_text_stays_text(tmp_path: Path) -> None:
    html = html_of(hostile(), tmp_path)
    page, data = Page(html), Data(html)
    assert len(page.all("script")) == 2
    assert not page.all("img")
    assert not any(name.startswith("on") for _, attrs, _ in page.elements for name in attrs)
    shown = " ".join(HOSTILE_SHOWN.split())
    assert shown in page.all("bdi")
    assert f"{shown}：{shown}" in page.all("th", scope="row")
    assert "\u202e" not in html
    assert "\x00" not in html
    assert "{{ 7*7 }}" in html
    assert HOSTILE not in html
    assert not set("<>&\u2028\u2029") & set(data.json)
    _, typed, evidence, _ = data.units["xinmi"][12]
    assert {data.text(n) for n in (*typed, *evidence)} == {HOSTILE_SHOWN}
    assert data.rows("xinmi", "宣传报道") == [(5, ["3.2"], [HOSTILE_SHOWN, HOSTILE_SHOWN, "", ""])]


def test_tables_can_be_heard_and_links_lead_somewhere(tmp_path: Path) -> None:
    html = html_of(assessment(), tmp_path)
    page = Page(html)
    assert html.count("<table") == html.count("<caption")
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for tag, attrs, _ in page.elements if tag == "th")
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.attributes("href") if link != "#"} <= set(ids)


def test_the_first_page_needs_no_script(tmp_path: Path) -> None:
    """A reader without scripts, and a printer, find every unit and every finding in it, none of them hidden."""
    ready = cohort(160)
    page = Page(html_of(ready, tmp_path))
    rows = list(rows_of(page))
    assert sum(bool(re.match(r"(\d+|—) 第\d+县工商联 第\d+组", row)) for row in rows) == 160
    assert sum("data-u" in attrs for _, attrs, _ in page.elements) == len(ready.findings) == 107
    assert {"未报送（7个单位）", "待更正（30个单位）"} <= set(page.all("h3"))
    assert "hidden" not in {name for tag, attrs, _ in page.elements if tag in ("tr", "li", "section") for name in attrs}


def test_an_empty_night(tmp_path: Path) -> None:
    page = Page(html_of(assess(office(), {}, (), ()), tmp_path))
    assert "未报送（12个单位）" in page.all("h3")
    assert "没有发现问题。" in page.all("p")
    assert page.attributes("data-none")[-1] == "还没有收到文件。"


def test_a_night_with_nothing_to_do(tmp_path: Path) -> None:
    where = office()
    codes = [unit.code for unit in where.config.cohort]
    where = office(gate=dict.fromkeys(codes, GateResult(gate_institution=True, gate_staff=True, gate_funding=True)))
    records = {code: record(where, code, full_fields(where)) for code in codes}
    page = Page(html_of(assess(where, records, (), ()), tmp_path))
    assert "没有需要马上处理的事。" in page.all("p")
    assert page.all("h1") == ["2014年度考核运行报告 送审稿"]


def test_a_template_that_is_wrong_is_named_with_its_line(tmp_path: Path) -> None:
    where = office()
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "run-report.html").write_text("<h1>\n{{ config.anno }}", encoding="utf-8")
    ready = assess(replace(where, config=where.config.at(tmp_path)), {}, (), ())
    with pytest.raises(TemplateFault, match=r"模板 run-report\.html 第2行写得不对"):
        html_of(ready, tmp_path)


@pytest.mark.parametrize("name", ["page.css", "page.js", "write.py"])
def test_another_style_or_script_is_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Else a report would be taken over that the program would no longer make."""
    shutil.copytree(Path(report.__file__).parent, tmp_path / "kaohe" / "publish" / "report")
    monkeypatch.setattr("kaohe.memory.PROGRAM_ROOT", tmp_path)
    before = office_key(office())
    with (tmp_path / "kaohe" / "publish" / "report" / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert office_key(office()) != before


def test_a_bar_is_as_long_as_the_total_where_a_bonus_is_listed_only() -> None:
    card = assessment().card("jinshui")
    listed = replace(card, capped=Fraction(20), uncapped=Fraction(5), bonus=Fraction(13), total=Fraction(12))
    usual = replace(card, capped=Fraction(4), uncapped=Fraction(2), bonus=Fraction(0), total=Fraction(6))
    assert [(line.capped, line.uncapped) for line in ranking([listed, usual])] == [("100.0", "0"), ("33.3", "16.7")]


def test_a_refused_file_is_a_task_unless_the_unit_s_accepted_one_is_as_new() -> None:
    found = assessment()
    good = next(file for file in found.files if file.unit == "jinshui" and file.verdict is Verdict.ACCEPTED)
    bad = replace(good, name="坏.xlsx", verdict=Verdict.UNREADABLE)
    later = replace(bad, modified=good.modified + 1)
    assert tasks(replace(found, files=(good, bad))).refused == ()
    assert tasks(replace(found, files=(good, later))).refused == (later,)
