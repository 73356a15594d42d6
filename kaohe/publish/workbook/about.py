"""Sheet 说明: what this workbook is, how far it has come, what its words and colours mean."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from kaohe.checks.finding import Severity
from kaohe.publish.workbook.page import Page, Rows, height
from kaohe.publish.workbook.plan import (
    CHARTS,
    COMPARISON,
    DETAIL,
    DIFFERENCES,
    EVIDENCE,
    FILES,
    FINDINGS,
    HEAD_ROW,
    NOTES,
    RANKING,
    READINGS,
    VERSIONS,
    Plan,
)
from kaohe.publish.workbook.styles import ITEM_STYLE, SEVERITY_STYLE, UNIT_STYLE
from kaohe.publish.workbook.values import Link, Plain, Spot, Styled, shown
from kaohe.rulebook.model import Gate
from kaohe.scoring.scorecard import ItemState, Status, UnitState
from kaohe.text import date_text

_Entry: TypeAlias = tuple[Plain, str, str]

_WIDTHS = (20.0, 26.0, 84.0)

_STATUS = {
    Status.PRELIMINARY: "预排名：还有单位未报送、待更正或待核，位次会变，不能对外使用。",
    Status.REVIEW: "送审稿：各单位材料和实地考核已齐，等待主席办公会议审定。",
    Status.FINAL: "已经主席办公会议审定。",
}
_UNITS = {
    UnitState.VALID: "填报表采用，{gate}具备。",
    UnitState.PROVISIONAL: "填报表采用，实地考核还没有完成，得分和位次为暂定。",
    UnitState.INCOMPLETE: "填报表采用，但有错误待更正，有关计分项暂计0分。",
    UnitState.REJECTED: "收到过文件，但都不能采用，没有得分和位次。",
    UnitState.MISSING: "没有收到填报表，没有得分和位次。",
    UnitState.GATED: "实地考核发现前提条件不具备，按考核办法没有得分和位次。",
}
_ITEMS = {
    ItemState.SCORED: "按填报的数据计分。",
    ItemState.BLOCKED: "所依据的数据有错误，更正前计0分。",
    ItemState.PENDING: "通知没有说明这种情形怎样计分，待审定。",
    ItemState.UNPLACED: "按全市位次计分的项目，本单位没有可比的数据，没有位次。",
    ItemState.VOID: "单位没有得分，本项不计。",
}
_SEVERITIES = {
    Severity.ERROR: "数据不成立，有关计分项或清单行更正前不计分。",
    Severity.DOUBT: "数据可能不对，先照计分，请单位核实。",
    Severity.HINT: "供参考，不影响计分。",
}
_SHEETS = {
    RANKING: "位次、总分、状态，签字的地方。",
    CHARTS: "总分按位次的横条，各部分的平均分、最高分、最低分。",
    DETAIL: "每个单位每个计分项的得分，各部分小计，满分和平均分。A4 横向打印，几个部分一页。",
    NOTES: "每个单位每个计分项为什么得这些分。",
    COMPARISON: "单位自评与考核组核定相比：各组、各单位差多少。",
    DIFFERENCES: "自评与核定不一样的每个计分项：差多少，为什么。",
    EVIDENCE: "各单位清单里的每一行，是否有效，计入哪些计分项。",
    FINDINGS: "数据里的错误、疑问和提示，在哪个单元格，怎样改。",
    FILES: "收到的每份文件怎样处理，哪些单位没有报送。",
    VERSIONS: "报送过几份的单位，前后几份有哪些不同。",
    READINGS: "通知没有写明的地方按什么口径计分。",
}


def open_sheet(page: Page) -> Rows:
    """Set the sheet up; its rows: what is to be known, the legends, and the list of sheets, each on a page of its own."""
    page.widths(_WIDTHS)
    facts, legend = list(_facts(page.book.plan)), _legend(page.book.plan.assessment.rulebook.gate)
    first = HEAD_ROW + 1 + len(facts)
    page.rows = first + sum(map(len, legend.values()))
    page.sheet.freeze_panes(HEAD_ROW + 1, 0)
    page.sheet.set_h_pagebreaks([first, page.rows - len(_SHEETS)])
    page.print_setup((HEAD_ROW, HEAD_ROW))
    return _rows(page, facts, legend)


def _rows(page: Page, facts: Sequence[tuple[str, str]], legend: Mapping[str, Sequence[_Entry]]) -> Rows:
    yield from page.top("本表说明这本工作簿是什么、分数和位次怎样算出、各种文字和颜色的意思。", _WIDTHS)
    yield page.line(HEAD_ROW, [*page.across(HEAD_ROW, 0, 1, "事项", "head"), Styled("说明", "head")], 24)
    for row, (label, text) in enumerate(facts, HEAD_ROW + 1):
        yield page.line(row, [*page.across(row, 0, 1, label, "label"), Styled(text, "topic")], height([text], [_WIDTHS[2]]) + 4)
    row = HEAD_ROW + 1 + len(facts)
    for topic, entries in legend.items():
        page.down(row, row + len(entries) - 1, 0)
        for n, (name, style, text) in enumerate(entries):
            cells = [Styled(topic if n == 0 else None, "label"), Styled(name, style), Styled(text, "plain")]
            yield page.line(row + n, cells, height([shown(name), text], _WIDTHS[1:]))
        row += len(entries)


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    a = plan.assessment
    rulebook, config = a.rulebook, a.config
    yield "这是什么", f"{rulebook.title}的汇总：{len(a.cards)}个单位的得分、位次和每一分的来由。由程序按考核通知和各单位填报表算出。"
    yield "目前的状态", _STATUS[a.status]
    yield "依据", f"《{rulebook.notice_title}》（{rulebook.notice_number}，{date_text(rulebook.notice_date)}）"
    yield "考核期", f"{date_text(config.period.start)}至{date_text(config.period.end)}（清单里日期不在此期间的行不计分）"
    yield "报送截止", date_text(config.deadline)
    yield "考核规则", f"版本 {rulebook.version}，校验码 {rulebook.rules_hash}（口径不同，校验码也不同）"
    yield "总分怎样算", _total_words(plan)
    yield (
        "位次怎样算",
        "有得分的单位按总分从高到低排；总分相同的并列，后面的位次空出（1、2、2、4），表里用 RANK 函数。没有得分的单位不排位次，列在下面。",
    )
    yield (
        "封顶和不封顶",
        "通知规定了最高分的项目归“封顶项得分”；按篇、按条、按次计而没有规定最高分的归“不封顶项得分”。“得分明细”里“计分”一行标明每一项属于哪一类。",
    )
    yield "公式", "总分、位次、小计、平均分都是公式，已存有算好的数，打开即见；改动“得分明细”里的数，小计、总分、位次随之改变。"
    yield "审定以前", "位次和得分以主席办公会议审定的结果为准。" if a.status.mark else "本结果已经审定。"


def _total_words(plan: Plan) -> str:
    tail = "加分已在其中，另列一栏。" if plan.assessment.rulebook.settings.bonus_in_total else "再减去加分：加分只单列，不计入总分。"
    rounding = "" if plan.whole else "有分数（如三分之一分）时，公式取到小数点后九位，免得相等的总分因存储误差分出先后。"
    return f"{len(plan.assessment.rulebook.items)}个计分项得分之和，即封顶项得分加不封顶项得分。{tail}{rounding}"


def _legend(gate: Gate) -> dict[str, list[_Entry]]:
    """Topic → name in its colours, style, meaning."""
    return {
        "单位状态": [(state.chinese, UNIT_STYLE[state], text.format(gate=gate.counted)) for state, text in _UNITS.items()],
        "计分项状态": [(state.chinese, ITEM_STYLE[state], text) for state, text in _ITEMS.items()],
        "问题程度": [(severity.value, SEVERITY_STYLE[severity], text) for severity, text in _SEVERITIES.items()],
        "得分明细颜色": [("不得分", "heat low", "浅色：得分低。"), ("满分", "heat high", "深色：得满分；不封顶项目，本项得分最高的单位颜色最深。")],
        "各工作表": [(Link(sheet, Spot(sheet, 0)), "link", text) for sheet, text in _SHEETS.items()],
    }
