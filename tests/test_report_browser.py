"""The nightly report in Chromium: works from disk, by keyboard, narrow and wide, light and dark, on paper; runs nothing that was sent in."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pymupdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, expect, sync_playwright
from playwright.sync_api import Page as Tab

from kaohe.intake.record import Change
from kaohe.publish.report import write_report
from kaohe.scoring.scorecard import Assessment
from tests.support.report import HOSTILE_SHOWN, LONG, NIGHT, cohort, hostile
from tests.support.sample import assessment

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Scheme: TypeAlias = Literal["light", "dark"]
Opened: TypeAlias = Callable[..., Tab]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM.exists(), reason="没有 /usr/bin/chromium，浏览器测试略过")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=str(CHROMIUM), args=list(OPTIONS))
        yield chromium
        chromium.close()


def mailed() -> Assessment:
    """The sample, its earlier return deep in a mail, which differs in much and in words that do not break."""
    ready = assessment()
    change = Change("民企社情", "C10", "民企社情：题目", '=HYPERLINK("http://example.invalid/report","企业反映")', "（空白）")
    inside = "邮件/20141210-金水区工商联-报送考核表 金水区工商联.eml/金水区工商联报送材料.zip/填报表（盖章版）.xlsx"
    files = tuple(replace(file, name=inside, changes=(change,) * 20) if file.changes else file for file in ready.files)
    return replace(ready, files=files)


MAKERS: Mapping[str, Callable[[], Assessment]] = {
    "sample": assessment,
    "hostile": hostile,
    "mailed": mailed,
    "many": lambda: cohort(160),
    "long": lambda: cohort(160, name=LONG),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A report's file by name, written when it is first asked for."""
    folder = tmp_path_factory.mktemp("reports")

    @cache
    def written(name: str) -> Path:
        write_report(MAKERS[name](), folder / f"{name}.html", NIGHT)
        return folder / f"{name}.html"

    return written


@pytest.fixture
def opened(browser: Browser, report: Callable[[str], Path]) -> Iterator[Opened]:
    """Opens a report; afterwards no console message, no error and no request beyond the file may have been seen."""
    seen: list[str] = []
    tabs: list[Tab] = []

    def opens(name: str, address: str = "", width: int = 1280, scheme: Scheme = "light", script: bool = True) -> Tab:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script)
        tab = context.new_page()
        tabs.append(tab)
        file = report(name).as_uri()
        tab.on("console", lambda message: seen.append(message.text))
        tab.on("pageerror", lambda error: seen.append(str(error)))
        tab.on("dialog", lambda dialog: seen.append(dialog.message))
        tab.on("request", lambda request: None if request.url.partition("#")[0] == file else seen.append(request.url))
        tab.goto(f"{file}{address}")
        return tab

    yield opens
    for tab in tabs:
        tab.context.close()
    assert seen == []


def texts(found: Locator) -> list[str]:
    return [" ".join(text.split()) for text in found.all_inner_texts()]


def rows(tab: Tab, section: str) -> list[str]:
    """Texts of the rows shown in a section's table."""
    return texts(tab.locator(f"#{section} > table > tbody > tr, #{section} > div > table > tbody > tr"))


def focused(tab: Tab) -> str:
    return str(tab.evaluate("document.activeElement.innerText.trim()"))


STICKING_OUT = """[...document.querySelectorAll("main *")]
    .filter((each) => each.getClientRects().length && !each.closest(".heard") && each.getBoundingClientRect().right > innerWidth + 1)
    .map((each) => each.outerHTML.slice(0, 80))"""


def sideways(tab: Tab) -> int:
    """How far the page can be scrolled sideways."""
    return int(tab.evaluate("document.documentElement.scrollWidth - innerWidth"))


# ---- filters, sorting, pages


def test_findings_are_filtered_by_what_they_are_and_what_they_say(opened: Opened) -> None:
    tab = opened("sample")
    form = tab.locator("#finding-list form")
    assert len(rows(tab, "finding-list")) == 3
    form.get_by_label("单位").select_option("登封市工商联")
    assert [row[:2] for row in rows(tab, "finding-list")] == ["错误", "疑问"]
    form.get_by_label("查找").fill("Ｖ-200 街道")
    assert len(rows(tab, "finding-list")) == 1
    assert tab.locator("#finding-list .count").inner_text() == "符合条件的 1 处，共 3 处"
    form.get_by_role("button", name="全部显示").press("Enter")
    assert len(rows(tab, "finding-list")) == 3
    form.get_by_label("程度").select_option("疑问")
    assert [row[:2] for row in rows(tab, "finding-list")] == ["疑问", "疑问"]


def test_the_ranking_is_sorted_by_keyboard_and_says_how(opened: Opened) -> None:
    tab = opened("sample")
    head = tab.locator("#ranking-list th", has_text="其中加分")
    places = [row.split()[0] for row in rows(tab, "ranking-list")]
    assert places == ["1", "2", "3", "4", "5", "5", "7", "8", "9", "—", "—", "—"]
    head.get_by_role("button").focus()
    tab.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    bonus = [row.split()[-2] for row in rows(tab, "ranking-list")]
    assert bonus == sorted(bonus[:9], key=int) + ["—"] * 3
    tab.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "descending"
    assert [row.split()[-2] for row in rows(tab, "ranking-list")] == [*reversed(bonus[:9]), *["—"] * 3]
    tab.locator("#ranking-list th", has_text="位次").get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") is None
    assert [row.split()[0] for row in rows(tab, "ranking-list")] == places


@pytest.mark.slow
def test_a_large_cohort_comes_in_pages_and_filters_reach_all_of_it(opened: Opened) -> None:
    tab = opened("many")
    assert len(rows(tab, "ranking-list")) == 100
    assert tab.evaluate("document.querySelectorAll('*').length") < 6000
    pager = tab.locator("#ranking-list .pager")
    assert pager.get_by_role("button", name="上一页").is_disabled()
    pager.get_by_role("button", name="下一页").press("Enter")
    assert len(rows(tab, "ranking-list")) == 60
    assert "第 2 页，共 2 页" in pager.inner_text()
    form = tab.locator("#ranking-list form")
    form.get_by_label("组别").select_option("第8组")
    form.get_by_label("状态").select_option("未报送（7）")
    assert [row.split()[1] for row in rows(tab, "ranking-list")] == ["第143县工商联"]
    assert pager.is_hidden()
    form.get_by_role("button", name="全部显示").click()
    form.get_by_label("单位").fill("第15")
    assert len(rows(tab, "ranking-list")) == 11
    assert tab.locator("#ranking-list .count").inner_text() == "符合条件的 11 个单位，共 160 个"


@pytest.mark.slow
def test_long_lists_of_what_to_do_unfold(opened: Opened) -> None:
    tab = opened("many")
    task = tab.locator(".task", has_text="待更正（30个单位）")
    assert task.locator("li:visible").count() == 8
    task.get_by_role("button", name="再显示 22 个").press("Enter")
    assert task.locator("li:visible").count() == 30
    assert focused(tab) == task.locator("li a").nth(8).inner_text()


# ---- units and items


def test_a_unit_s_page_opens_from_the_ranking_and_back_by_keyboard(opened: Opened) -> None:
    tab = opened("sample")
    link = tab.locator("#ranking-list").get_by_role("link", name="登封市工商联")
    link.focus()
    tab.keyboard.press("Enter")
    expect(tab).to_have_title("登封市工商联 - 2014年度考核运行报告（预排名）")
    assert focused(tab) == "登封市工商联 待更正"
    assert tab.locator("#overview").is_hidden()
    assert texts(tab.locator("#one .figures div")) == ["位次 7", "总分 127", "封顶项 106", "不封顶项 21", "其中加分 5"]
    row = texts(tab.locator("#one .items tr", has_text="6.2 "))
    assert row == [
        "6.2 乡镇街道商会全覆盖 0 2 待更正 “已建商会的乡镇、街道数”待更正，更正前计0分。 "
        "乡镇、街道总数 12个 填报表 D62 （佐证1） 已建商会的乡镇、街道数 12 没有采用 填报表 D63 （佐证1）"
    ]
    clause = tab.locator("#one .clause", has_text="乡镇、街道商会")
    assert clause.count() == 1
    assert texts(tab.locator("#one .evidence").first.locator("tbody tr"))[0] == "宣传报道 5 3.2 民营经济高质量发展综述之0 郑州日报 2014年1月5日"
    assert [text[:2] for text in texts(tab.locator("#one .findings tbody tr"))] == ["错误", "疑问"]
    tab.locator("#one").get_by_role("link", name="返回总览").press("Enter")
    expect(tab.locator("#overview")).to_be_visible()
    assert focused(tab) == "登封市工商联"
    assert tab.title() == "2014年度考核运行报告（预排名）"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("#unit-huiji", "惠济区工商联 有效"),
        ("#unit-zhongyuan", "中原区工商联 未报送"),
        ("#item-6.2", "6.2 乡镇街道商会全覆盖"),
        ("#unit-nobody", None),
        ("#%E4%zz", None),
        ("#unit-huiji/<img src=x>", "惠济区工商联 有效"),
    ],
)
def test_an_address_leads_to_its_page(opened: Opened, address: str, shown: str | None) -> None:
    tab = opened("sample", address)
    assert tab.locator("#one").is_visible() == (shown is not None)
    assert texts(tab.locator("#one h2")) == ([shown] if shown else [])


@pytest.mark.slow
def test_every_unit_s_page_can_be_made(opened: Opened) -> None:
    """Every unit of the sample and of the hostile one, by way of the links between them."""
    for name in ("sample", "hostile"):
        tab = opened(name)
        tab.locator("#ranking-list tbody tr").first.get_by_role("link").press("Enter")
        on = tab.locator("#one").get_by_role("link", name="下一个")
        for left in range(11, -1, -1):
            expect(tab.locator("#one .turn a")).to_have_count(1 if left in (0, 11) else 2)
            assert tab.locator("#one .items tbody tr > th[scope=row]").count() == 59
            if left:
                following = on.inner_text().partition("：")[2]
                on.press("Enter")
                expect(tab).to_have_title(re.compile(f"^{following} - "))
        assert on.count() == 0


def test_an_item_s_page_compares_all_units(opened: Opened) -> None:
    tab = opened("sample", "#unit-dengfeng/6.2")
    assert focused(tab) == "6.2 乡镇街道商会全覆盖"
    tab.keyboard.press("Enter")
    expect(tab.locator("#one blockquote")).to_have_text(assessment().rulebook.clause_of_item["6.2"].text)
    shown = texts(tab.locator("#one .per-item tbody tr"))
    assert len(shown) == 12
    assert "登封市工商联 第三组 0 待更正 “已建商会的乡镇、街道数”待更正，更正前计0分。" in shown
    tab.locator("#one th", has_text="得分").get_by_role("button").press("Enter")
    points = [re.split(r"第.组 ", row)[1].split()[0] for row in texts(tab.locator("#one .per-item tbody tr"))]
    assert points == sorted(points, key=lambda text: (text == "—", text))
    tab.locator("#one").get_by_role("link", name="登封市工商联").press("Enter")
    expect(tab.locator("#one h2")).to_have_text("登封市工商联 待更正")
    assert focused(tab) == "6.2 乡镇街道商会全覆盖"


@pytest.mark.slow
def test_the_way_back_returns_to_where_one_was(opened: Opened) -> None:
    tab = opened("many")
    link = tab.locator("#ranking-list tbody tr").nth(60).get_by_role("link")
    link.scroll_into_view_if_needed()
    before = tab.evaluate("scrollY")
    link.click()
    expect(tab.locator("#one")).to_be_visible()
    assert tab.evaluate("scrollY") == 0
    tab.go_back()
    expect(tab.locator("#overview")).to_be_visible()
    assert before > 1000
    assert tab.evaluate("scrollY") == before


# ---- search, light and dark


def test_search_finds_units_items_findings_and_files_by_keyboard(opened: Opened) -> None:
    tab = opened("sample")
    tab.keyboard.press("/")
    tab.keyboard.type("登封")
    assert texts(tab.locator("#hits li")) == [
        "单位 登封市工商联 第三组 待更正",
        "问题 已建商会的乡镇、街道数：完成数大于应完成数 登封市工商联 填报表 D63",
        "问题 年末会员总数：数字需要核实 登封市工商联 填报表 D36",
        "文件 2014年度考核填报表-登封市工商联.xlsx 采用",
    ]
    assert tab.locator("#hit-count").inner_text() == "找到 4 处"
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Enter")
    expect(tab).to_have_title(re.compile("^登封市工商联 - "))
    assert tab.locator("#hits").is_hidden()
    tab.keyboard.press("/")
    tab.keyboard.press("Control+a")
    tab.keyboard.type("网站信息")
    tab.keyboard.press("Enter")
    expect(tab).to_have_title(re.compile("^1.3 网站信息 - "))
    tab.locator("#find").fill("没有这样的东西")
    assert texts(tab.locator("#hits li")) == ["没有找到"]
    tab.keyboard.press("Escape")
    assert tab.locator("#hits").is_hidden()


@pytest.mark.parametrize("width", [1280, 390])
def test_what_was_found_lies_above_the_page(opened: Opened, width: int) -> None:
    tab = opened("sample", width=width)
    tab.locator("#find").fill("工商联")
    covered = """[...document.querySelectorAll("#hits a")].filter((each) => {
        const box = each.getBoundingClientRect(), list = document.getElementById("hits").getBoundingClientRect();
        return box.bottom < list.bottom && box.bottom < innerHeight && !each.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2));
    }).length"""
    assert tab.locator("#hits a").count() > 8
    assert tab.evaluate(covered) == 0


def test_light_and_dark_follow_the_system_until_told(opened: Opened) -> None:
    tab = opened("sample", scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = tab.evaluate(background)
    button = tab.get_by_role("button", name="深色")
    assert button.get_attribute("aria-pressed") == "true"
    button.press("Enter")
    assert tab.evaluate(background) == "rgb(255, 255, 255)"
    assert button.get_attribute("aria-pressed") == "false"
    tab.reload()
    assert tab.evaluate(background) == "rgb(255, 255, 255)"
    tab.get_by_role("button", name="深色").press("Enter")
    assert tab.evaluate(background) == dark != "rgb(255, 255, 255)"


# ---- hostile text, narrow windows, no script


@pytest.mark.parametrize("address", ["", "#unit-xinmi", "#item-3.2"])
def test_what_was_sent_in_stays_text(opened: Opened, address: str) -> None:
    tab = opened("hostile", address)
    assert tab.title().endswith("2014年度考核运行报告（预排名）")
    assert tab.locator("img").count() == 0
    assert tab.locator("script").count() == 2
    assert HOSTILE_SHOWN in str(tab.evaluate("document.querySelector('main').textContent"))


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("sample", ""),
        ("hostile", ""),
        ("hostile", "#unit-xinmi"),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in (("many", ""), ("long", ""), ("long", "#unit-u0"), ("long", "#item-3.2"))),
    ],
)
def test_nothing_sticks_out_sideways(opened: Opened, name: str, address: str, width: int) -> None:
    tab = opened(name, address, width)
    assert sideways(tab) == 0
    assert tab.evaluate(STICKING_OUT) == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_no_number_of_a_tile_is_broken(opened: Opened, width: int) -> None:
    """A hundred and more findings in a narrow window: their number stands on one line, inside its tile."""
    tab = opened("many", "", width)
    numbers = tab.locator(".tiles strong")
    assert [text for text in numbers.all_inner_texts() if not re.fullmatch(r"\d+(/\d+)?", text)] == []
    lines = "e => [e.offsetHeight / parseFloat(getComputedStyle(e).lineHeight), e.scrollWidth - e.parentElement.clientWidth]"
    found = [number.evaluate(lines) for number in numbers.all()]
    assert [(round(high), wide <= 0) for high, wide in found] == [(1, True)] * len(found)


def test_without_script_the_first_page_is_there(opened: Opened) -> None:
    tab = opened("many", script=False)
    assert tab.locator("#ranking-list tbody tr:visible").count() == 160
    assert tab.locator("#finding-list tbody tr:visible").count() == 107
    assert tab.locator(".task li:visible").count() == 106
    assert "没有运行脚本" in tab.locator("noscript").inner_text()
    assert tab.locator("form:visible, button:visible").count() == 0


# ---- accessibility


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "address", "width"),
    [
        ("sample", "", 1280),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (("sample", "#unit-dengfeng", 1280), ("many", "#item-3.2", 1280), ("sample", "", 390), ("sample", "#unit-dengfeng", 390))
        ),
    ],
)
def test_axe_finds_no_violation(opened: Opened, name: str, address: str, width: int, scheme: Scheme) -> None:
    tab = opened(name, address, width, scheme)
    if not address:
        tab.locator("#find").fill("登封")
    found: dict[str, Any] = Axe().run(tab).response
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]][:3]) for rule in found["violations"]] == []


# ---- paper


def paper(tab: Tab) -> pymupdf.Document:
    return pymupdf.open(stream=tab.pdf(prefer_css_page_size=True), filetype="pdf")  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("name", "address", "scheme"),
    [
        ("sample", "", "dark"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (("sample", "", "light"), ("sample", "#unit-dengfeng", "dark"), ("long", "", "light"), ("mailed", "", "light"))
        ),
    ],
)
def test_printed_pages_are_whole(opened: Opened, name: str, address: str, scheme: Scheme) -> None:
    """On A4 no word reaches into the margin: what is wider than the paper would be cut, or the page made smaller."""
    tab = opened(name, address, scheme=scheme)
    with paper(tab) as printed:
        for page in printed:
            assert (round(page.rect.width), round(page.rect.height)) == (595, 842)
            left, right = min(word[0] for word in page.get_text("words")), max(word[2] for word in page.get_text("words"))
            assert left >= 36
            assert right <= 595 - 36
        sizes = {
            round(span["size"], 1) for block in printed[0].get_text("dict")["blocks"] for line in block.get("lines", ()) for span in line["spans"]
        }
        assert max(sizes) >= 17.9  # the heading's 18: a page with anything too wide on it is made smaller
        filled = [max(word[3] for word in page.get_text("words") if word[3] < 800) for page in printed]  # the page number lies below
        assert min(filled[:-1]) > 420


def test_on_a_telephone_the_names_of_items_have_the_whole_line(opened: Opened) -> None:
    tab = opened("sample", "#unit-dengfeng", 390)
    widths: list[float] = tab.evaluate("[...document.querySelectorAll('.items th[scope=row]')].map((cell) => cell.getBoundingClientRect().width)")
    assert len(widths) == 59
    assert min(widths) > 300


PARTED = """() => {
  const added = document.createElement("div");
  added.innerHTML = `<article class="reading"><h3>a</h3><p>b</p></article><article class="reading"><p>c</p><ul class="moves"><li>d</li></ul></article>
    <table class="files"><tbody><tr><td><table class="changed"><thead><tr><th>e</th></tr></thead><tbody><tr><td>f</td></tr></tbody></table></td></tr></tbody></table>`;
  document.querySelector("main").append(added);
  const style = (where, what) => getComputedStyle(added.querySelector(where))[what];
  return [style(".reading:first-child p", "breakAfter"), style(".reading:nth-child(2) p", "breakAfter"), style(".files tr", "breakInside"),
    style(".changed thead", "display"), style(".changed tbody tr", "display"), style(".changed td", "display")];
}"""


def test_on_paper_one_reading_does_not_hold_the_next_and_differences_are_lines(opened: Opened) -> None:
    """Paragraphs that keep with the next would chain all readings together and leave a page half empty; so would a row that holds a long list."""
    tab = opened("sample")
    tab.emulate_media(media="print")
    assert tab.evaluate(PARTED) == ["auto", "avoid", "auto", "none", "block", "inline"]


@pytest.mark.slow
def test_printing_shows_every_row_and_unfolds_everything(opened: Opened) -> None:
    tab = opened("many")
    with paper(tab) as printed:
        text = " ".join("".join(page.get_text() for page in printed).split())
    assert {f"第{n}县工商联" for n in range(160)} <= set(re.findall(r"第\d+县工商联", text))
    assert text.count("V-200") + text.count("V-201") == 107
    assert "再显示" not in text
    assert "下一页" not in text
    assert len(rows(tab, "ranking-list")) == 100
