"""The nightly report: what it says, that it is one safe file, and how a browser takes it."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kaohe.checks.finding import Severity
from kaohe.config.model import GateResult
from kaohe.intake.record import Change, ReceivedFile, Verdict
from kaohe.publish.report import cells_text, write_report
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment, Source
from tests.support.sample import assessment, finding, full_fields, full_rows, office, record

NIGHT = datetime(2014, 12, 8, 3, 0, 5)
CHROMIUM = Path("/usr/bin/chromium")
HOSTILE = "<script>document.title='pwned'</script><img src=x onerror=alert(1)>\"' {{ 7*7 }} {% raw %} \u202egpj.exe\x00"
HOSTILE_SHOWN = "<script>document.title='pwned'</script><img src=x onerror=alert(1)>\"' {{ 7*7 }} {% raw %} gpj.exe"
VOID = {"meta", "br", "input", "img", "link"}

needs_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason="没有 /usr/bin/chromium，浏览器测试略过")


class Page(HTMLParser):
    """Elements of a page with their attributes and full text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text: list[str] = []
        self.elements.append((tag, dict(attrs), text))
        if tag in ("td", "th"):
            self.handle_data(" ")
        if tag not in VOID:
            self._open.append((tag, text))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag

    def handle_data(self, data: str) -> None:
        for _, text in self._open:
            text.append(data)

    def all(self, tag: str, **attributes: str) -> list[str]:
        """Texts of all such elements, white space collapsed."""
        return [" ".join("".join(text).split()) for name, attrs, text in self.elements if name == tag and attributes.items() <= attrs.items()]

    def attributes(self, name: str) -> list[str]:
        """Values of one attribute, all through the page."""
        return [value or "" for _, attrs, _ in self.elements for key, value in attrs.items() if key == name]


def html_of(ready: Assessment, folder: Path, generated: datetime = NIGHT) -> str:
    path = folder / "run-report.html"
    write_report(ready, path, generated)
    return path.read_text(encoding="utf-8")


def hostile() -> Assessment:
    """The sample with wild text wherever units or files can put it."""
    ready, where = assessment(), office()
    texts: dict[str, Any] = dict.fromkeys(("title", "sheet", "cell", "label", "found", "expected", "action", "clause", "code", "file"), HOSTILE)
    wild = replace(finding(where, "xinmi", "members_start", Severity.ERROR), **texts)
    changes = (Change(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),)
    files = (
        ReceivedFile(HOSTILE, "a" * 64, 1, 1, 1, Verdict.UNREADABLE, HOSTILE, HOSTILE),
        ReceivedFile(HOSTILE, "b" * 64, 1, 1, 1, Verdict.SUPERSEDED, HOSTILE, "xinmi", changes),
    )
    records = dict(ready.records)
    records["xinmi"] = record(where, "xinmi", full_fields(where), {**full_rows(), "articles": [{"title": HOSTILE, "outlet": HOSTILE}]})
    return assess(where, records, (*ready.findings, wild), (*ready.files, *files))


def rows_of(page: Page) -> Iterator[str]:
    yield from page.all("tr")


def test_the_clerks_tasks_come_first(tmp_path: Path) -> None:
    page = Page(html_of(assessment(), tmp_path))
    assert page.all("h1") == ["2014年度考核运行报告 预排名"]
    assert page.all("h2") == ["先办这些", "报送进度", "目前排名", "问题清单", "各单位明细", "计分口径", "收到的文件"]
    assert page.all("h3")[:6] == [
        "未报送（1个单位）",
        "不能采用的文件（2份）",
        "待更正（1个单位）",
        "疑问待单位确认（1个单位）",
        "待核（1个单位）",
        "前提条件不具备，单列（1个单位）",
    ]
    items = page.all("li")
    assert "中原区工商联 第一组 没有收到填报表（截止2014年12月31日） zhongyuan@gsl.example" in items
    assert "2014年度考核填报表-荥阳市工商联.xlsx 年度不符 荥阳市工商联：这是2013年度的填报表，本次考核2014年度" in items
    assert "通知扫描件.xlsx 不是本系统的填报表 单位不明：不是本系统发出的填报表，请用发给单位的表填报" in items
    assert "登封市工商联 有1处待更正，得分为暂计" in items
    assert "新密市工商联 有1处疑问" in items
    assert "高新区工商联 第二组 尚未实地考核：机构健全、工作人员配备到位、办公经费有保证" in items
    assert "上街区工商联 实地考核不具备：办公经费有保证（办公经费未列入预算），按考核办法不再计分" in items


def test_the_numbers_at_a_glance(tmp_path: Path) -> None:
    tiles = Page(html_of(assessment(), tmp_path)).all("li")[7:18]
    assert tiles == [
        "10/12已采用填报表",
        "1未报送",
        "1待更正（退回）",
        "1待更正",
        "1待核",
        "7有效",
        "1不计分",
        "1错误（处）",
        "2疑问（处）",
        "0提示（处）",
        "0待审定（项）",
    ]


def test_items_to_be_decided_are_listed(tmp_path: Path) -> None:
    where = office()
    fields = {**full_fields(where), "clusters_total": 0, "clusters_with_chamber": 0}
    ready = assess(where, {"xinmi": record(where, "xinmi", fields)}, (), ())
    page = Page(html_of(ready, tmp_path))
    why = ready.card("xinmi").item("6.3").why
    assert "待审定（1项）" in page.all("h3")
    assert f"新密市工商联 6.3 产业集聚区商会：{why}" in page.all("li")


def test_progress_by_group(tmp_path: Path) -> None:
    page = Page(html_of(assessment(), tmp_path))
    assert [text for text in page.all("h3") if text.startswith("第")] == ["第一组2/3", "第二组2/3", "第三组3/3", "第四组3/3"]
    assert "中原区工商联未报送" in page.all("li")


def test_ranking_with_places_and_bars(tmp_path: Path) -> None:
    html = html_of(assessment(), tmp_path)
    rows = [row for row in rows_of(Page(html)) if re.match(r"(\d+|—) \S+工商联 第.组", row)]
    assert rows[0] == "1 惠济区工商联 第四组 167 111 56 10 有效"
    assert [row.split()[0] for row in rows] == ["1", "2", "3", "4", "5", "5", "7", "8", "9", "—", "—", "—"]
    assert rows[9] == "— 中原区工商联 第一组 — 没有收到填报表（截止2014年12月31日） 未报送"
    assert html.count("width:100.0%") == 1
    assert "width:94.0%" in html  # 157 of 167


def test_points_that_are_not_whole_stay_exact(tmp_path: Path) -> None:
    ready = assessment()
    first = replace(ready.cards[0], total=Fraction(500, 3))
    page = Page(html_of(replace(ready, cards=(first, *ready.cards[1:])), tmp_path))
    assert any(row.startswith("1 惠济区工商联 第四组 500/3 ") for row in rows_of(page))


def test_findings_with_what_the_filters_need(tmp_path: Path) -> None:
    page = Page(html_of(assessment(), tmp_path))
    rows = [(attrs["data-unit"], attrs["data-severity"], " ".join("".join(text).split())) for _, attrs, text in page.elements if "data-unit" in attrs]
    assert [row[:2] for row in rows] == [("dengfeng", "错误"), ("dengfeng", "疑问"), ("xinmi", "疑问")]
    assert "D63 已建商会的乡镇、街道数 完成数大于应完成数 填了 15 不大于“乡镇、街道总数”12 请核对两个数，改正填错的一个 （六）2 V-200" in rows[0][2]
    options = page.all("option")
    assert options[:2] == ["全部单位", "新郑市工商联"]
    assert options[-4:] == ["全部", "错误（1）", "疑问（2）", "提示（0）"]


def test_each_unit_has_every_item_with_words_and_cells(tmp_path: Path) -> None:
    ready = assessment()
    html = html_of(ready, tmp_path)
    page = Page(html)
    assert html.count('<details class="unit"') == 12
    assert sum(text.endswith("59个计分项") for text in page.all("caption")) == 12
    rows = list(rows_of(page))
    score = ready.card("dengfeng").item("6.2")
    assert f"6.2 乡镇街道商会全覆盖 0 2 待更正 {score.why} 填报表 D62、D63" in rows
    assert "3.2 媒体报道 7 不封顶 已计分 《宣传报道》中的有效行7行（第5—11行），每行计1分，计7分。 宣传报道 第5—11行" in rows
    assert "（三）宣传教育工作 15 8＋不封顶" in rows
    assert "1.2 临时性工作 — 5 不计分 实地考核不具备：办公经费有保证（办公经费未列入预算），按考核办法不再计分。 填报表 D12" in rows


def test_a_doubt_that_is_withheld_says_so(tmp_path: Path) -> None:
    withheld = replace(finding(office(), "xinmi", "members_start", Severity.DOUBT), withheld=True)
    page = Page(html_of(replace(assessment(), findings=(withheld,)), tmp_path))
    assert any(row.startswith("疑问 先不计分 新密市工商联 填报表 D35 ") for row in rows_of(page))


def test_readings_and_their_alternatives(tmp_path: Path) -> None:
    where = office({"articles-cap": "10"})
    page = Page(html_of(assess(where, {}, (), ()), tmp_path))
    chosen = where.rulebook.readings[[r.id for r in where.rulebook.readings].index("articles-cap")]
    assert len(page.all("dt")) == 12
    assert f"采用：{chosen.choice('10').text}" in page.all("dd")
    assert f"另一种读法：{chosen.choice('none').text}" in page.all("dd")


def test_files_with_verdict_and_changes(tmp_path: Path) -> None:
    rows = list(rows_of(Page(html_of(assessment(), tmp_path))))
    assert "通知扫描件.xlsx 不明 不是本系统的填报表 不是本系统发出的填报表，请用发给单位的表填报 900 字节 2014-11-26 19:06 2014-11-26 19:08" in rows
    assert "填报表 D10 在工商联网站发布信息条数 95 105" in rows
    assert any("与采用的文件相比，改动 1 处" in row for row in rows)


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


def test_wild_text_stays_text(tmp_path: Path) -> None:
    html = html_of(hostile(), tmp_path)
    page = Page(html)
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert not any(name.startswith("on") for _, attrs, _ in page.elements for name in attrs)
    assert HOSTILE_SHOWN in page.all("bdi")
    assert HOSTILE_SHOWN in page.all("th", scope="row")
    assert "\u202e" not in html
    assert "\x00" not in html
    assert "{{ 7*7 }}" in html


def test_tables_can_be_heard_and_links_lead_somewhere(tmp_path: Path) -> None:
    html = html_of(assessment(), tmp_path)
    page = Page(html)
    assert html.count("<table") == html.count("<caption>")
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for tag, attrs, _ in page.elements if tag == "th")
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.attributes("href")} <= set(ids)
    regions = [attrs for _, attrs, _ in page.elements if attrs.get("class") == "scroll"]
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in regions)


def test_an_empty_night(tmp_path: Path) -> None:
    page = Page(html_of(assess(office(), {}, (), ()), tmp_path))
    assert "未报送（12个单位）" in page.all("h3")
    assert "没有发现问题。" in page.all("p")
    assert "还没有收到文件。" in page.all("p")


def test_a_night_with_nothing_to_do(tmp_path: Path) -> None:
    where = office()
    codes = [unit.code for unit in where.config.cohort]
    where = office(gate=dict.fromkeys(codes, GateResult(gate_institution=True, gate_staff=True, gate_funding=True)))
    records = {code: record(where, code, full_fields(where)) for code in codes}
    page = Page(html_of(assess(where, records, (), ()), tmp_path))
    assert "没有需要马上处理的事。" in page.all("p")
    assert page.all("h1") == ["2014年度考核运行报告 送审稿"]


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ([], ""),
        ([("填报表", "D8"), ("填报表", "D9"), ("填报表", "D8")], "填报表 D8、D9"),
        ([("宣传报道", "7:7"), ("宣传报道", "5:5"), ("宣传报道", "6:6"), ("填报表", "D8")], "宣传报道 第5—7行；填报表 D8"),
    ],
)
def test_cells_in_words(cells: list[tuple[str, str]], text: str) -> None:
    assert cells_text(Source("id", "名称", sheet, cell, "", "") for sheet, cell in cells) == text


def browse(folder: Path, name: str, *options: str) -> str:
    """What Chromium makes of a page: its document after the scripts ran."""
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            f"--user-data-dir={folder / 'profile'}",
            *options,
            "--dump-dom",
            (folder / name).as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@pytest.mark.browser
@needs_browser
def test_a_browser_runs_nothing_that_was_sent_in(tmp_path: Path) -> None:
    html_of(hostile(), tmp_path)
    document = browse(tmp_path, "run-report.html")
    page = Page(document)
    assert page.all("title") == ["2014年度考核运行报告（预排名）"]
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert HOSTILE_SHOWN in page.all("bdi")
    shown = {attrs.get("id"): attrs for _, attrs, _ in page.elements}
    assert "hidden" not in shown["filter"]
    assert "hidden" not in shown["unit-tools"]


PROBE = """<script nonce="kaohe">
document.querySelectorAll("details").forEach((each) => { each.open = true; });
const unit = document.getElementById("filter-unit"), text = document.getElementById("filter-text"), form = document.getElementById("filter");
const shown = () => [...document.querySelectorAll("#finding-table tbody tr")].filter((row) => !row.hidden).length;
const told = () => document.getElementById("filter-count").textContent;
const told_of = {};
told_of.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
told_of.width = innerWidth;
unit.value = "dengfeng"; unit.dispatchEvent(new Event("input", { bubbles: true })); told_of.unit = shown();
text.value = "Ｖ-200 街道"; text.dispatchEvent(new Event("input", { bubbles: true })); told_of.both = shown(); told_of.words = told();
document.body.dataset.probe = Object.entries(told_of).map((pair) => pair.join("=")).join(";");
</script></body>"""

FRAME = """<!DOCTYPE html><meta charset="utf-8"><body>
<iframe style="width:{width}px;height:900px;border:0" srcdoc="{html}"></iframe>
<script>onload = () => {{ document.body.dataset.probe = document.querySelector("iframe").contentDocument.body.dataset.probe; }};</script>"""
"""A browser window has a least width; a frame in it can be as narrow as a telephone."""


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("wild", [False, True])
def test_filters_work_and_nothing_sticks_out_sideways(tmp_path: Path, width: int, wild: bool) -> None:
    html = html_of(hostile() if wild else assessment(), tmp_path).replace("</body>", PROBE)
    (tmp_path / "frame.html").write_text(FRAME.format(width=width, html=escape(html)), encoding="utf-8")
    document = browse(tmp_path, "frame.html", "--window-size=1400,1000")
    told = re.search(r'data-probe="([^"]*)"', document)
    assert told is not None
    found: Mapping[str, str] = dict(pair.split("=", 1) for pair in told.group(1).split(";"))
    assert found["overflow"] == "0"
    assert found["width"] == str(width)
    total = 4 if wild else 3
    assert (found["unit"], found["both"], found["words"]) == ("2", "1", f"符合条件的 1 处，共 {total} 处")
