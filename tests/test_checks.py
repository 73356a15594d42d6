"""Every check: one case that fires, word for word, and one that must not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from kaohe import PROGRAM_ROOT
from kaohe.checks.catalogue import all_checks, reference_page
from kaohe.checks.finding import Finding, Severity
from kaohe.checks.registry import COHORT_CHECKS, UNIT_CHECKS, CohortCase, UnitCase, run_checks
from kaohe.config.loader import Office
from kaohe.forms.layout import MAIN_SHEET
from kaohe.intake.normalise import meaning
from kaohe.intake.record import About, Cell, ListRow, Problem, Record, Remark
from kaohe.rulebook.model import Agreement
from kaohe.scoring.accept import accepted_facts
from tests import test_decision_checks, test_inspection_checks
from tests.support.forms import layout, program_office
from tests.support.sample import full_fields

OFFICE = program_office()
PLACES = layout()
FILE, OTHER_FILE = "金水.xlsx", "惠济.xlsx"
FILES = {"jinshui": FILE, "huiji": OTHER_FILE, "xinmi": "新密.xlsx"}
ELSEWHERE = (test_inspection_checks, test_decision_checks)
"""Modules that hold the cases of further checks, as functions named ``test_v_<code>_fires`` and ``test_v_<code>_keeps_quiet``."""

ERROR, DOUBT, HINT = Severity.ERROR, Severity.DOUBT, Severity.HINT

ARTICLE: dict[str, Any] = {"title": "民营经济综述", "outlet": "郑州日报", "date": "2014-5-6", "link": "A03版"}
HONOUR: dict[str, Any] = {"area": "招商引资", "kind": "表彰", "name": "先进单位", "level": "市级", "date": "2014-6-9", "document": "郑发〔2014〕5号"}
TRADE: dict[str, Any] = {"kind": "招商引资", "name": "郑交会", "date": "2014-5-18", "place": "郑州", "enterprises": 12}
BRIEFING: dict[str, Any] = {"title": "用工情况", "date": "2014-3-1", "adopted": "是", "instruction": "否"}


@dataclass(frozen=True)
class Form:
    """What one unit typed, over a form in which everything is filled and nothing is wrong."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)

    def record(self, unit: str = "jinshui") -> Record:
        """The record that intake makes of it."""
        typed = {f: {True: "是", False: "否"}[v] if isinstance(v, bool) else v for f, v in full_fields(OFFICE).items()} | dict(self.fields)
        proofs = dict.fromkeys(typed, "佐证1") | dict(self.evidence)
        cells = {f.id: _cell(MAIN_SHEET, PLACES.value_cell(f.id), typed[f.id], f.type) for f in OFFICE.rulebook.fields.values()}
        evidence = {f: _cell(MAIN_SHEET, PLACES.evidence_cell(f), proofs[f], "text") for f in cells}
        return Record(unit, cells, evidence, {entry.id: self._rows(entry.id) for entry in OFFICE.rulebook.lists})

    def _rows(self, list_id: str) -> tuple[ListRow, ...]:
        place = PLACES.lists[list_id]
        found = []
        for number, typed in enumerate(self.rows.get(list_id, ()), start=place.first_row):
            cells = {c.id: _cell(place.sheet, f"{place.columns[c.id]}{number}", typed.get(c.id), c.type, c.choices) for c in place.entry.columns}
            if any(not cell.blank for cell in cells.values()):
                found.append(ListRow(list_id, place.sheet, number, cells))
        return tuple(found)


def _cell(sheet: str, ref: str, value: Any, kind: str, choices: Sequence[str] = ()) -> Cell:
    found = meaning(value, kind, choices)
    return Cell(sheet, ref, found.raw, found.value, found.problem, found.note)


def at_field(code: str, severity: Severity, title: str, field_id: str, found: str, expected: str, action: str, **more: Any) -> Finding:
    """The finding at a field's own cell; its place, label, clause and items are stated by the case."""
    values: dict[str, Any] = {"unit": "jinshui", "file": FILE, "sheet": "填报表"} | more
    return Finding(code=code, severity=severity, title=title, field=field_id, found=found, expected=expected, action=action, **values)


TOWNSHIPS: dict[str, Any] = {"cell": "D63", "label": "已建商会的乡镇、街道数", "clause": "（六）2", "items": ("6.2",)}
WEBSITE: dict[str, Any] = {"cell": "D14", "label": "在工商联网站发布信息条数", "clause": "（一）3", "items": ("1.3",)}
TASKS: dict[str, Any] = {"cell": "D12", "label": "是否积极配合完成临时性工作", "clause": "（一）2", "items": ("1.2",)}
MEMBERS_END: dict[str, Any] = {"cell": "D36", "label": "年末会员总数", "clause": "（四）1", "items": ("4.1a", "4.1b", "4.2")}
MEMBERS_START: dict[str, Any] = {"cell": "D35", "label": "年初会员总数", "clause": "（四）1", "items": ("4.1a", "4.1b")}
ARTICLES: dict[str, Any] = {"sheet": "宣传报道", "clause": "（三）2", "items": ("3.2",)}
HONOURS: dict[str, Any] = {
    "sheet": "批示与表彰",
    "clause": "（二）3、（九）3、（十四）2",
    "items": ("2.3a", "2.3b", "9.3a", "9.3b", "14.2"),
}
TRADES: dict[str, Any] = {"sheet": "招商经贸活动", "clause": "（九）1、（九）2", "items": ("9.1a", "9.1b", "9.2")}
BRIEFINGS: dict[str, Any] = {"sheet": "民企社情", "clause": "（十五）4", "items": ("15.4a", "15.4b", "15.4c")}

BLANK = ("必填项未填", "空白", "每个填报值都要填，没有的填 0，是否类选“是”或“否”", "请在这一格补填")
NOT_NUMBER = ("一个整数，不带文字", "请只填数字，例如填 12")
UNCERTAIN = ("一个确定的整数", "请填确切的数，不写“约”“余”“以上”或百分比；没有的填 0。确定以前这一项暂不计分")
NO_FORMULA = ("直接填写的数字或文字", "请删掉公式，直接填写结果")
NO_PICTURE = ("文字或数字", "请把图片里的内容打成文字；图片作为佐证材料另附")
AS_RULED = ("按规定的写法填写", "如与原意不符，请改正；相符则不用处理")
TWO_NUMBERS = "请核对这两个数，改正填错的一个"
FILL_OR_CLEAR = ("带 * 的列都要填", "请补填；这一行不需要的，请整行清空")
OUT = ("2014年1月1日至2014年12月31日", "日期填错的请改正；确实不在考核期内的不计分，请整行清空")
ONCE = ("同一件事只填一行", "请清空重复的一行；确实不是同一件事的，请把名称写得能够区分")
PROVE = ("随表报送的证明材料的编号，例如“佐证12”", "请补写佐证材料编号，以便核对")


@dataclass(frozen=True)
class Trial:
    """A form and what one check says of it."""

    code: str
    name: str
    form: Form
    expected: tuple[Finding, ...] = ()
    change: Callable[[Record], Record] = lambda record: record
    office: Office = OFFICE

    def findings(self) -> tuple[Finding, ...]:
        (check,) = [check for check in UNIT_CHECKS if check.code == self.code]
        case = UnitCase(self.office.config, self.office.rulebook, self.change(self.form.record()))
        return tuple(check.findings(case, "jinshui", FILES))


def lost(*field_ids: str) -> Callable[[Record], Record]:
    """The rows of these fields were deleted."""
    gone = {f: Cell(MAIN_SHEET, "") for f in field_ids}
    return lambda record: replace(record, fields={**record.fields, **gone}, evidence={**record.evidence, **gone})


def repeated(field_id: str, raw: str, value: Any, problem: Any = None) -> Callable[[Record], Record]:
    """A copied sheet says the field once more."""
    return lambda record: replace(record, repeats={field_id: (Cell("填报表 (2)", "D36", raw, value, problem),)})


def other_version(*field_ids: str) -> Callable[[Record], Record]:
    """A form of another version, which has no such fields."""
    return lambda record: replace(lost(*field_ids)(record), version="2014.0")


def troubled(field_id: str, problem: Problem, note: str) -> Callable[[Record], Record]:
    """Something hides what a field says."""
    return lambda record: replace(
        record, fields={**record.fields, field_id: replace(record.fields[field_id], value=None, problem=problem, note=note)}
    )


def remarked(about: About, field_id: str, label: str, text: str, cell: Cell) -> Callable[[Record], Record]:
    """The reader noticed something about the form."""
    return lambda record: replace(record, remarks=(Remark(about, cell, field_id, label, text),))


ABOUT_FORM = ("V-103", "V-104", "V-213", "V-214", "V-404", "V-502", "V-503", "V-504", "V-505")
"""Findings about what people did to the form; see also test_changed_forms."""
AS_SENT = "用发给单位的原表填报"

AGREEING = Office(
    OFFICE.config,
    OFFICE.rulebook.model_copy(
        update={"agreements": (Agreement(parts=("chambers_start", "clusters_total"), whole="members_end", why="商会和集聚区都在会员之内"),)}
    ),
)

FIRES = [
    Trial(
        "V-103",
        "a field that another version lacks",
        Form(),
        (
            at_field(
                "V-103",
                ERROR,
                "旧版表里没有这一项",
                "website_items",
                "这份表是另一个版本（2014.0），没有这一项",
                "现在用的表里的每一项都要填",
                "请在新发的表里补填这一项",
                **WEBSITE | {"cell": ""},
            ),
        ),
        other_version("website_items"),
    ),
    Trial(
        "V-104",
        "no main sheet",
        Form(),
        (
            at_field(
                "V-104",
                ERROR,
                "整张填报表不见了",
                "meetings_due",
                "找不到填报表，或者表里的“填报值”一列不见了",
                "发给单位的表里的每张工作表、每一列都要保留",
                "请在退回的表或发给单位的原表里重新填报",
                cell="",
                label="整张填报表",
                clause="",
            ),
        ),
        lost(*OFFICE.rulebook.fields),
    ),
    Trial(
        "V-213",
        "a covered input",
        Form(),
        (
            at_field(
                "V-213",
                ERROR,
                "单元格被合并",
                "website_items",
                "与 D13 合并成了一格，看不出这一格填的是什么",
                "每一项、每一行各填各的单元格，不合并",
                "请取消合并单元格，在每一格分别填写",
                **WEBSITE,
            ),
        ),
        troubled("website_items", Problem.MERGED, "与 D13 合并成了一格，看不出这一格填的是什么"),
    ),
    Trial(
        "V-214",
        "number against label",
        Form(),
        (
            at_field(
                "V-214",
                ERROR,
                "分不清填的是哪一项",
                "website_items",
                "序号写的是6，内容却是第5项",
                "序号、填报内容与发给单位的表一致",
                "请用发给单位的原表填报这一项，不改动序号和填报内容",
                **WEBSITE,
            ),
        ),
        troubled("website_items", Problem.UNCERTAIN_ROW, "序号写的是6，内容却是第5项"),
    ),
    Trial(
        "V-404",
        "a deleted list",
        Form(),
        (
            at_field(
                "V-404",
                DOUBT,
                "清单或清单的列不见了",
                "articles",
                "找不到《宣传报道》，按没有填计",
                "发给单位的表里的清单和列都要保留",
                "没有这方面的工作的，不用处理；有的，请在退回的表或发给单位的原表里补填",
                cell="",
                label="《宣传报道》",
                **ARTICLES,
            ),
        ),
        remarked(About.LOST, "articles", "《宣传报道》", "找不到《宣传报道》", Cell("宣传报道", "")),
    ),
    Trial(
        "V-502",
        "read by labels",
        Form(),
        (
            at_field(
                "V-502",
                HINT,
                "按看得见的文字读取",
                "meetings_due",
                "整张填报表的系统标记缺失或错位，按看得见的序号和文字读取",
                AS_SENT,
                "请核对读出的数与所填的是否一致；以后请直接在发给单位的表里填写，不另外制表",
                cell="C4",
                label="系统标记",
                clause="",
            ),
        ),
        remarked(About.LABELS, "meetings_due", "系统标记", "整张填报表", Cell(MAIN_SHEET, "C4")),
    ),
    Trial(
        "V-503",
        "another unit's name",
        Form(),
        (
            at_field(
                "V-503",
                DOUBT,
                "填报单位与系统标记不一致",
                "meetings_due",
                "填报单位写的是“甲”，系统标记却是“乙”",
                "各单位用发给本单位的表",
                "请核对是不是用了别的单位的表；是的，请用发给本单位的表重新填报",
                cell="B3",
                label="填报单位",
                clause="",
            ),
        ),
        remarked(About.OTHER_NAME, "meetings_due", "填报单位", "填报单位写的是“甲”，系统标记却是“乙”", Cell(MAIN_SHEET, "B3")),
    ),
    Trial(
        "V-504",
        "hidden rows",
        Form(),
        (
            at_field(
                "V-504",
                HINT,
                "隐藏的行里有内容",
                "articles",
                "第5、6行被隐藏或筛选掉了，里面的内容照常计入",
                "没有隐藏的行，没有筛选",
                "请取消隐藏和筛选，核对这些行；不要的请清空",
                cell="C5",
                label="宣传报道：隐藏的行",
                **ARTICLES,
            ),
        ),
        remarked(About.HIDDEN, "articles", "宣传报道：隐藏的行", "第5、6行", Cell("宣传报道", "C5")),
    ),
    Trial(
        "V-505",
        "a value of another version",
        Form(),
        (
            at_field(
                "V-505",
                HINT,
                "现在的表里没有这一项",
                "meetings_due",
                "填了“90”，现在用的表里没有这一项，没有取用",
                "用现在发的表填报",
                "请核对现在发的表里有没有相应的项目，有的请在那里填写；没有的不用处理",
                cell="D14",
                label="旧项目",
                clause="",
            ),
        ),
        remarked(About.NOT_TAKEN, "meetings_due", "旧项目", "“90”", Cell(MAIN_SHEET, "D14")),
    ),
    Trial(
        "V-101",
        "two blanks",
        Form({"tasks_done": None, "website_items": "　"}),
        (
            at_field("V-101", ERROR, BLANK[0], "tasks_done", *BLANK[1:], **TASKS),
            at_field("V-101", ERROR, BLANK[0], "website_items", *BLANK[1:], **WEBSITE),
        ),
    ),
    Trial(
        "V-102",
        "a deleted row",
        Form(),
        (
            at_field(
                "V-102",
                ERROR,
                "填报项的行不见了",
                "website_items",
                "表里找不到这一行，可能被删除了",
                "发给单位的表里的每一行都要保留",
                "请在退回的表或发给单位的原表里补填这一项",
                **WEBSITE | {"cell": ""},
            ),
        ),
        lost("website_items"),
    ),
    Trial(
        "V-201",
        "text in a field and in a list",
        Form({"website_items": "不详"}, {"trade_activities": [TRADE, TRADE | {"enterprises": "若干"}]}),
        (
            at_field("V-201", ERROR, "不是数字", "website_items", "填了“不详”", *NOT_NUMBER, **WEBSITE),
            at_field(
                "V-201",
                ERROR,
                "不是数字",
                "trade_activities.enterprises",
                "填了“若干”",
                *NOT_NUMBER,
                cell="G6",
                label="招商经贸活动：参加企业数",
                row=6,
                **TRADES,
            ),
        ),
    ),
    Trial(
        "V-202",
        "a fraction",
        Form({"website_items": 12.5}),
        (at_field("V-202", ERROR, "不是整数", "website_items", "填了“12.5”", "整数", "请填整数，不要小数", **WEBSITE),),
    ),
    Trial(
        "V-203",
        "a negative count",
        Form({"website_items": "-3条"}),
        (at_field("V-203", ERROR, "负数", "website_items", "填了“-3条”", "0 或正整数", "请填 0 或正整数", **WEBSITE),),
    ),
    Trial(
        "V-204",
        "nine digits",
        Form({"website_items": 100000000}),
        (
            at_field(
                "V-204",
                ERROR,
                "数字过大",
                "website_items",
                "填了“100000000”",
                "不超过 99999999 的整数",
                "请核对是否多打了数字，或计量单位不对",
                **WEBSITE,
            ),
        ),
    ),
    Trial(
        "V-205",
        "about 30",
        Form({"website_items": "约30"}, {"trade_activities": [TRADE | {"enterprises": "30余家"}]}),
        (
            at_field("V-205", DOUBT, "数字不确定", "website_items", "填了“约30”", *UNCERTAIN, withheld=True, **WEBSITE),
            at_field(
                "V-205",
                DOUBT,
                "数字不确定",
                "trade_activities.enterprises",
                "填了“30余家”",
                *UNCERTAIN,
                cell="G5",
                label="招商经贸活动：参加企业数",
                row=5,
                withheld=True,
                **TRADES,
            ),
        ),
    ),
    Trial(
        "V-206",
        "in part",
        Form({"tasks_done": "部分完成"}, {"briefings": [BRIEFING | {"adopted": "待定"}]}),
        (
            at_field("V-206", ERROR, "不是“是”或“否”", "tasks_done", "填了“部分完成”", "“是”或“否”", "请从下拉框里选“是”或“否”", **TASKS),
            at_field(
                "V-206",
                ERROR,
                "不是“是”或“否”",
                "briefings.adopted",
                "填了“待定”",
                "“是”或“否”",
                "请从下拉框里选“是”或“否”",
                cell="E5",
                label="民企社情：市工商联采用",
                row=5,
                **BRIEFINGS,
            ),
        ),
    ),
    Trial(
        "V-207",
        "an unknown level",
        Form(rows={"honours": [HONOUR | {"level": "乡级"}]}),
        (
            at_field(
                "V-207",
                ERROR,
                "不在可选范围",
                "honours.level",
                "填了“乡级”",
                "“县级”、“市级”、“省级”、“国家级”之一",
                "请从下拉框里选",
                cell="F5",
                label="批示与表彰：级别",
                row=5,
                **HONOURS,
            ),
        ),
    ),
    Trial(
        "V-208",
        "an impossible day",
        Form(rows={"articles": [ARTICLE | {"date": "2014-2-30"}]}),
        (
            at_field(
                "V-208",
                ERROR,
                "不是日期",
                "articles.date",
                "填了“2014-2-30”",
                "一个日期，例如 2014-3-5",
                "请写成 2014-3-5 的样子",
                cell="E5",
                label="宣传报道：日期",
                row=5,
                **ARTICLES,
            ),
        ),
    ),
    Trial(
        "V-209",
        "a month",
        Form(rows={"articles": [ARTICLE, ARTICLE | {"title": "另一篇", "date": "2014年6月"}]}),
        (
            at_field(
                "V-209",
                DOUBT,
                "日期不完整",
                "articles.date",
                "填了“2014年6月”",
                "写全年、月、日，例如 2014-3-5",
                "请把年、月、日写全。写全以前这一行暂不计分",
                cell="E6",
                label="宣传报道：日期",
                row=6,
                withheld=True,
                **ARTICLES,
            ),
        ),
    ),
    Trial(
        "V-210",
        "a broken reference",
        Form({"website_items": "#REF!", "tasks_done": "#N/A"}),
        (
            at_field("V-210", ERROR, "单元格是错误值", "tasks_done", "显示“#N/A”", *NO_FORMULA, **TASKS),
            at_field("V-210", ERROR, "单元格是错误值", "website_items", "显示“#REF!”", *NO_FORMULA, **WEBSITE),
        ),
    ),
    Trial(
        "V-211",
        "a picture",
        Form({"website_items": '=DISPIMG("ID_1",1)'}, {"articles": [ARTICLE | {"title": '=DISPIMG("ID_2",1)'}]}),
        (
            at_field("V-211", ERROR, "单元格里是图片", "website_items", "单元格里嵌入了图片", *NO_PICTURE, **WEBSITE),
            at_field(
                "V-211",
                ERROR,
                "单元格里是图片",
                "articles.title",
                "单元格里嵌入了图片",
                *NO_PICTURE,
                cell="C5",
                label="宣传报道：题目",
                row=5,
                **ARTICLES,
            ),
        ),
    ),
    Trial(
        "V-212",
        "other writings",
        Form({"website_items": "１２６条"}, {"articles": [ARTICLE | {"date": "20140506"}]}),
        (
            at_field("V-212", HINT, "写法已规范", "website_items", "“１２６条”按126计", *AS_RULED, **WEBSITE),
            at_field(
                "V-212",
                HINT,
                "写法已规范",
                "articles.date",
                "“20140506”按2014-05-06计",
                *AS_RULED,
                cell="E5",
                label="宣传报道：日期",
                row=5,
                **ARTICLES,
            ),
        ),
    ),
    Trial(
        "V-301",
        "more than there are",
        Form({"townships_total": 12, "townships_with_chamber": 15}),
        (
            at_field(
                "V-301",
                ERROR,
                "实际数大于总数",
                "townships_with_chamber",
                "填了 15，而“乡镇、街道总数”（D62）填了 12",
                "不大于 12",
                TWO_NUMBERS,
                **TOWNSHIPS,
            ),
        ),
    ),
    Trial(
        "V-301",
        "every pair",
        Form(
            {
                "meetings_due": 1,
                "meetings_attended": 2,
                "enterprise_members": 2000,
                "clusters_total": 0,
                "clusters_with_chamber": 1,
                "committee_due": 0,
                "committee_attended": 1,
            }
        ),
        (
            at_field(
                "V-301",
                ERROR,
                "实际数大于总数",
                "meetings_attended",
                "填了 2，而“应参加的执委会、常委会和专题座谈会次数”（D8）填了 1",
                "不大于 1",
                TWO_NUMBERS,
                cell="D9",
                label="实际参加会议次数",
                clause="（一）1",
                items=("1.1",),
            ),
            at_field(
                "V-301",
                ERROR,
                "实际数大于总数",
                "enterprise_members",
                "填了 2000，而“年末会员总数”（D36）填了 1010",
                "不大于 1010",
                TWO_NUMBERS,
                cell="D39",
                label="年末企业会员数",
                clause="（四）2",
                items=("4.2",),
            ),
            at_field(
                "V-301",
                ERROR,
                "实际数大于总数",
                "clusters_with_chamber",
                "填了 1，而“产业集聚区总数”（D65）填了 0",
                "不大于 0",
                TWO_NUMBERS,
                cell="D66",
                label="已建商会的产业集聚区数",
                clause="（六）3",
                items=("6.3",),
            ),
            at_field(
                "V-301",
                ERROR,
                "实际数大于总数",
                "committee_attended",
                "填了 1，而“本地委员应出席省、市常执委会议人次”（D74）填了 0",
                "不大于 0",
                TWO_NUMBERS,
                cell="D75",
                label="本地委员实际出席人次",
                clause="（八）",
                items=("8.1",),
            ),
        ),
    ),
    Trial(
        "V-302",
        "three times as many",
        Form({"members_start": 1000, "members_end": 3000, "enterprise_members": 500}),
        (
            at_field(
                "V-302",
                DOUBT,
                "增长率异常",
                "members_end",
                "年初 1000，年末 3000，增长率200%",
                "增长率在 -30% 到 100% 之间",
                "请核对两个数。属实的，请随佐证材料说明原因",
                **MEMBERS_END,
            ),
        ),
    ),
    Trial(
        "V-302",
        "a third fewer",
        Form({"chambers_start": 30, "chambers_end": 20}),
        (
            at_field(
                "V-302",
                DOUBT,
                "增长率异常",
                "chambers_end",
                "年初 30，年末 20，增长率约-33.33%",
                "增长率在 -30% 到 100% 之间",
                "请核对两个数。属实的，请随佐证材料说明原因",
                cell="D60",
                label="年末商会总数",
                clause="（六）1",
                items=("6.1",),
            ),
        ),
    ),
    Trial(
        "V-303",
        "none at first",
        Form({"members_start": 0}),
        (
            at_field(
                "V-303",
                DOUBT,
                "年初数为 0，无法计算增长率",
                "members_start",
                "年初填了 0",
                "年初的实有数",
                "请核对年初数。确为 0 的不参加增长率位次",
                **MEMBERS_START,
            ),
        ),
    ),
    Trial(
        "V-304",
        "a copied sheet says something else",
        Form(),
        (
            at_field(
                "V-304",
                ERROR,
                "同一项填了两个不同的数",
                "members_end",
                "这里填了“1010”，填报表 (2) D36 又填了“999”",
                "同一项只填一个数",
                "请删掉多出来的行或工作表，只保留正确的一个",
                **MEMBERS_END,
            ),
        ),
        repeated("members_end", "999", 999),
    ),
    Trial(
        "V-305",
        "parts above their whole",
        Form({"chambers_start": 1000, "chambers_end": 1000, "clusters_total": 11}),
        (
            at_field(
                "V-305",
                DOUBT,
                "前后的数对不上",
                "members_end",
                "填了 1010，而“年初商会总数”1000、“产业集聚区总数”11合计 1011",
                "不小于 1011（商会和集聚区都在会员之内）",
                "请核对这几个数，改正填错的；属实的请说明原因",
                **MEMBERS_END,
            ),
        ),
        office=AGREEING,
    ),
    Trial(
        "V-401",
        "two columns missing",
        Form(rows={"articles": [ARTICLE, {"title": "没有写媒体的报道", "link": "A1"}]}),
        (
            at_field(
                "V-401",
                ERROR,
                "清单行未填全",
                "articles.outlet",
                "第6行的“媒体”空白",
                *FILL_OR_CLEAR,
                cell="D6",
                label="宣传报道：媒体",
                row=6,
                **ARTICLES,
            ),
            at_field(
                "V-401",
                ERROR,
                "清单行未填全",
                "articles.date",
                "第6行的“日期”空白",
                *FILL_OR_CLEAR,
                cell="E6",
                label="宣传报道：日期",
                row=6,
                **ARTICLES,
            ),
        ),
    ),
    Trial(
        "V-402",
        "the year before and the year after",
        Form(rows={"articles": [ARTICLE | {"date": "2013-12-31"}, ARTICLE | {"title": "另一篇", "date": "2015-1-1"}]}),
        (
            at_field(
                "V-402",
                ERROR,
                "日期不在考核期内",
                "articles.date",
                "第5行的日期是2013年12月31日",
                *OUT,
                cell="E5",
                label="宣传报道：日期",
                row=5,
                **ARTICLES,
            ),
            at_field(
                "V-402",
                ERROR,
                "日期不在考核期内",
                "articles.date",
                "第6行的日期是2015年1月1日",
                *OUT,
                cell="E6",
                label="宣传报道：日期",
                row=6,
                **ARTICLES,
            ),
        ),
    ),
    Trial(
        "V-403",
        "the same article three times, written differently",
        Form(
            rows={"articles": [ARTICLE, ARTICLE | {"title": "民营 经济综述", "date": "2014-7-1"}, ARTICLE | {"outlet": "郑州日报　", "link": None}]}
        ),
        (
            at_field(
                "V-403",
                ERROR,
                "清单行重复",
                "articles.outlet",
                "第6行与第5行的题目、媒体相同",
                *ONCE,
                cell="D6",
                label="宣传报道：媒体",
                row=6,
                **ARTICLES,
            ),
            at_field(
                "V-403",
                ERROR,
                "清单行重复",
                "articles.outlet",
                "第7行与第5行的题目、媒体相同",
                *ONCE,
                cell="D7",
                label="宣传报道：媒体",
                row=7,
                **ARTICLES,
            ),
        ),
    ),
    Trial(
        "V-403",
        "a key with a date",
        Form(rows={"trade_activities": [TRADE, TRADE | {"date": "2014年5月18日", "place": "新郑"}]}),
        (
            at_field(
                "V-403",
                ERROR,
                "清单行重复",
                "trade_activities.date",
                "第6行与第5行的类型、名称、日期相同",
                *ONCE,
                cell="E6",
                label="招商经贸活动：日期",
                row=6,
                **TRADES,
            ),
        ),
    ),
    Trial(
        "V-501",
        "no evidence number",
        Form({"website_items": "１２６条"}, evidence={"website_items": "", "tasks_done": "无"}),
        (
            at_field("V-501", HINT, "没有写佐证材料编号", "tasks_done", "填了“是”，佐证材料编号空白", *PROVE, **TASKS | {"cell": "F12"}),
            at_field("V-501", HINT, "没有写佐证材料编号", "website_items", "填了“１２６条”，佐证材料编号空白", *PROVE, **WEBSITE | {"cell": "F14"}),
        ),
    ),
]

QUIET = [
    *(Trial(code, "a form as it was sent", Form()) for code in ABOUT_FORM),
    Trial("V-102", "a field that another version lacks", Form(), change=other_version("website_items")),
    Trial("V-103", "a deleted row", Form(), change=lost("website_items")),
    Trial("V-102", "no main sheet at all", Form(), change=lost(*OFFICE.rulebook.fields)),
    Trial("V-104", "all rows but one deleted", Form(), change=lost(*list(OFFICE.rulebook.fields)[1:])),
    Trial("V-101", "a covered input is no blank", Form({"website_items": None}), change=troubled("website_items", Problem.MERGED, "与 D13 合并")),
    Trial("V-212", "the note of a problem is no other writing", Form(), change=troubled("website_items", Problem.MERGED, "与 D13 合并")),
    Trial("V-101", "everything filled, 0 and 否 among it", Form({"website_items": 0, "tasks_done": "否"})),
    Trial("V-101", "a deleted row is no blank one", Form(), change=lost("website_items")),
    Trial("V-101", "无 is 0, and what cannot be read is not blank", Form({"website_items": "无", "study_sessions": "?"})),
    Trial("V-102", "every row is there", Form({"website_items": None})),
    Trial("V-201", "figures, uncertain ones and blanks", Form({"website_items": "约30", "study_sessions": None, "culture_events": "12家"})),
    Trial("V-202", "a whole number with a point", Form({"website_items": "12.0"})),
    Trial("V-203", "none", Form({"website_items": 0})),
    Trial("V-204", "eight digits", Form({"website_items": 99999999})),
    Trial("V-205", "certain figures", Form({"website_items": "12家", "study_sessions": "无", "culture_events": "三十"})),
    Trial("V-206", "other words for yes and no", Form({"tasks_done": "√", "training_done": "×", "ideals_plan": None}, {"briefings": [BRIEFING]})),
    Trial("V-207", "a choice with a space, a blank", Form(rows={"honours": [HONOUR | {"level": "市 级"}, HONOUR | {"level": None}]})),
    Trial("V-208", "dates, part of one, a blank", Form(rows={"articles": [ARTICLE, ARTICLE | {"date": "2014年6月"}, ARTICLE | {"date": None}]})),
    Trial("V-209", "whole dates", Form(rows={"articles": [ARTICLE, ARTICLE | {"date": date(2014, 6, 1)}, ARTICLE | {"date": "2014-2-30"}]})),
    Trial("V-210", "text that begins with a number sign", Form(rows={"articles": [ARTICLE | {"title": "#1 项目"}]})),
    Trial("V-211", "a formula that is no picture", Form(rows={"articles": [ARTICLE | {"title": "=1+1"}]})),
    Trial("V-212", "plain writing", Form({"website_items": 126, "tasks_done": " 是 "}, {"articles": [ARTICLE]})),
    Trial("V-301", "all of them", Form({"townships_total": 12, "townships_with_chamber": 12})),
    Trial("V-301", "the whole is blank", Form({"townships_total": None, "townships_with_chamber": 15})),
    Trial("V-301", "the whole is uncertain", Form({"townships_total": "约12", "townships_with_chamber": 15})),
    Trial("V-302", "on the bounds", Form({"members_start": 1000, "members_end": 2000, "chambers_start": 10, "chambers_end": 7})),
    Trial("V-302", "no growth to speak of", Form({"members_start": 0, "members_end": 5000, "chambers_start": None, "chambers_end": 500})),
    Trial("V-303", "one at first, and a blank", Form({"members_start": 1, "chambers_start": None})),
    Trial("V-304", "a copied sheet says the same", Form(), change=repeated("members_end", "1,010家", 1010)),
    Trial("V-304", "the same again, where it is not sure what it is", Form(), change=repeated("members_end", "1010", None, Problem.UNCERTAIN_ROW)),
    Trial("V-304", "nothing is repeated", Form()),
    Trial("V-305", "parts that make the whole", Form({"chambers_start": 1000, "clusters_total": 10}), office=AGREEING),
    Trial("V-305", "a part is blank", Form({"chambers_start": 5000, "clusters_total": None}), office=AGREEING),
    Trial("V-401", "optional columns may be blank", Form(rows={"articles": [ARTICLE | {"link": None}], "honours": [HONOUR | {"document": "/"}]})),
    Trial("V-401", "nothing but a picture, which is asked about by itself", Form(rows={"articles": [{"title": '=DISPIMG("ID_1",1)'}]})),
    Trial("V-401", "what cannot be read is not blank", Form(rows={"articles": [ARTICLE | {"date": "年底"}]})),
    Trial("V-402", "first and last day", Form(rows={"articles": [ARTICLE | {"date": "2014-1-1"}, ARTICLE | {"date": "2014-12-31 23:59"}]})),
    Trial("V-402", "no date", Form(rows={"articles": [ARTICLE | {"date": None}, ARTICLE | {"date": "去年"}]})),
    Trial(
        "V-403",
        "another outlet, another date, incomplete rows",
        Form(
            rows={
                "articles": [ARTICLE, ARTICLE | {"outlet": "河南日报"}, {"title": "半行"}, {"title": "半行"}],
                "trade_activities": [TRADE, TRADE | {"date": "2014-5-19"}],
                "questionnaires": [{"title": "民营经济综述", "date": "2014-5-6"}],
            }
        ),
    ),
    Trial(
        "V-403",
        "the same title in several lists",
        Form(rows={name: [{"title": "民营经济综述", "date": "2014-5-6"}] for name in ("questionnaires", "topics", "briefings", "proposals")}),
    ),
    Trial(
        "V-501",
        "nothing is claimed",
        Form({"website_items": 0, "tasks_done": "否", "training_done": None}, evidence={"website_items": "", "tasks_done": "", "training_done": ""}),
    ),
    Trial("V-501", "what is uncertain claims nothing yet", Form({"website_items": "约30"}, evidence={"website_items": ""})),
]


def ids(trials: Sequence[Trial]) -> list[str]:
    return [f"{trial.code} {trial.name}" for trial in trials]


@pytest.mark.parametrize("trial", FIRES, ids=ids(FIRES))
def test_fires(trial: Trial) -> None:
    assert trial.expected
    assert trial.findings() == trial.expected


@pytest.mark.parametrize("trial", QUIET, ids=ids(QUIET))
def test_keeps_quiet(trial: Trial) -> None:
    assert trial.findings() == ()


def test_a_sound_form_has_no_finding_at_all() -> None:
    rows = {"articles": [ARTICLE], "honours": [HONOUR], "trade_activities": [TRADE], "briefings": [BRIEFING]}
    assert everything({"jinshui": Form(rows=rows).record()}) == ()


# Across units


def cohort(code: str, records: Mapping[str, Record]) -> tuple[Finding, ...]:
    (check,) = [check for check in COHORT_CHECKS if check.code == code]
    return tuple(check.findings(CohortCase(OFFICE.config, OFFICE.rulebook, records), "", FILES))


def same_claim(unit: str, others: str, **place: Any) -> Finding:
    values: dict[str, Any] = {"file": FILES[unit], "cell": "C5", "row": 5} | place
    return Finding(
        code="V-601",
        severity=DOUBT,
        title="与其他单位填了同一件材料",
        unit=unit,
        found=f"“{values.pop('written')}”与{others}填的相同",
        expected="同一件材料只归一个单位",
        action="请与有关单位核对归属，不属于本单位的请清空；共同完成的请附说明",
        **values,
    )


def test_v_601_fires_for_each_of_the_units() -> None:
    """The same article in three forms, once in another writing and on another row."""
    records = {
        "jinshui": Form(rows={"articles": [ARTICLE]}).record("jinshui"),
        "huiji": Form(rows={"articles": [ARTICLE | {"title": "别的"}, ARTICLE | {"title": " 民营 经济综述", "date": "2014-7-7"}]}).record("huiji"),
        "xinmi": Form(rows={"articles": [ARTICLE, ARTICLE]}).record("xinmi"),
    }
    place = ARTICLES | {"field": "articles.title", "label": "宣传报道：题目"}
    assert cohort("V-601", records) == (
        same_claim("jinshui", "惠济区工商联、新密市工商联", written="民营经济综述", **place),
        same_claim("huiji", "金水区工商联、新密市工商联", written="民营 经济综述", **place | {"cell": "C6", "row": 6}),
        same_claim("xinmi", "金水区工商联、惠济区工商联", written="民营经济综述", **place),
    )


@pytest.mark.parametrize(
    ("list_id", "row", "label", "clause", "items"),
    [
        ("topics", {"title": "融资难", "date": "2014-8-1"}, "自拟课题：题目", "（十五）2", ("15.2a", "15.2b")),
        ("briefings", BRIEFING | {"title": "融资难"}, "民企社情：题目", "（十五）4", ("15.4a", "15.4b", "15.4c")),
        ("proposals", {"title": "融资难", "date": "2014-8-1", "adopted": "否"}, "提案线索：题目", "（十五）5", ("15.5a", "15.5b")),
    ],
)
def test_v_601_fires_for_every_kind_of_own_work(list_id: str, row: Mapping[str, Any], label: str, clause: str, items: tuple[str, ...]) -> None:
    records = {unit: Form(rows={list_id: [row]}).record(unit) for unit in ("jinshui", "huiji")}
    place: dict[str, Any] = {
        "written": "融资难",
        "sheet": label.partition("：")[0],
        "field": f"{list_id}.title",
        "label": label,
        "clause": clause,
        "items": items,
    }
    assert cohort("V-601", records) == (same_claim("jinshui", "惠济区工商联", **place), same_claim("huiji", "金水区工商联", **place))


def test_v_601_keeps_quiet() -> None:
    """The same fair, questionnaire and honour belong to many; a repetition within one unit and half a row are other checks' matter."""
    shared: dict[str, Any] = {"honours": [HONOUR], "trade_activities": [TRADE], "questionnaires": [{"title": "景气问卷", "date": "2014-3-1"}]}
    records = {
        "jinshui": Form(rows=shared | {"articles": [ARTICLE, ARTICLE], "proposals": [{"date": "2014-3-1"}]}).record("jinshui"),
        "huiji": Form(rows=shared | {"articles": [ARTICLE | {"outlet": "河南日报"}], "proposals": [{"date": "2014-3-1"}]}).record("huiji"),
    }
    assert cohort("V-601", records) == ()


def test_v_602_fires() -> None:
    form = Form(rows={"articles": [ARTICLE]})
    records = {"jinshui": form.record("jinshui"), "huiji": form.record("huiji"), "xinmi": Form().record("xinmi")}

    def finding(unit: str, other: str) -> Finding:
        return Finding(
            code="V-602",
            severity=DOUBT,
            title="与其他单位的整份表内容相同",
            unit=unit,
            file=FILES[unit],
            sheet="填报表",
            cell="D8",
            label="整份填报表",
            field="meetings_due",
            found=f"全部填报内容与{other}的完全一样",
            expected="各单位填报本单位的情况",
            action="请核对是否把别的单位的内容粘贴过来了",
            clause="",
        )

    assert cohort("V-602", records) == (finding("jinshui", "惠济区工商联"), finding("huiji", "金水区工商联"))


def test_v_602_keeps_quiet() -> None:
    blank = Form(dict.fromkeys(OFFICE.rulebook.fields))
    records = {"jinshui": Form().record("jinshui"), "huiji": Form({"website_items": 91}).record("huiji")}
    assert cohort("V-602", records) == ()
    assert cohort("V-602", {"jinshui": blank.record("jinshui"), "huiji": blank.record("huiji")}) == ()


# The registry


def test_every_check_has_a_case_that_fires_and_one_that_does_not() -> None:
    registered = [check.code for check in all_checks()]
    assert len(set(registered)) == len(registered)
    assert registered == sorted(registered)
    tests = [name for where in (globals(), *map(vars, ELSEWHERE)) for name in where if name.startswith("test_v_")]
    across = {which: {name[5:10].upper().replace("_", "-") for name in tests if which in name} for which in ("fires", "quiet")}
    fires = {trial.code for trial in FIRES} | across["fires"]
    quiet = {trial.code for trial in QUIET} | across["quiet"]
    assert sorted(fires) == registered
    assert sorted(quiet) == registered


def test_every_check_is_worded_in_chinese() -> None:
    for check in all_checks():
        for words in (check.title, check.found, check.expected, check.action):
            assert words, check.code
            assert not any(mark in words for mark in ",;:!?"), (check.code, words)
        assert (check.run.__doc__ or "").strip(), check.code


def everything(records: Mapping[str, Record]) -> tuple[Finding, ...]:
    return run_checks(OFFICE.config, OFFICE.rulebook, records, FILES)


WRONG = Form(
    {
        "townships_total": 12,
        "townships_with_chamber": 15,
        "website_items": "１２６条",
        "hiring_intentions": "约120",
        "tasks_done": "部分",
        "members_end": 5000,
        "training_done": None,
        "study_sessions": "#REF!",
        "culture_events": 1.5,
        "ideals_briefs": -1,
        "activities_organised": "若干",
        "committee_due": 100000000,
        "culture_guidance": '=DISPIMG("ID_1",1)',
        "chambers_start": 0,
    },
    {
        "articles": [ARTICLE, ARTICLE, {"title": "半行"}, ARTICLE | {"title": "去年", "date": "2013-1-1"}],
        "honours": [HONOUR | {"level": "乡级"}],
        "briefings": [BRIEFING | {"date": "2014年6月"}, BRIEFING | {"date": "年底", "title": "二"}],
    },
    {"meetings_due": ""},
)


def wrong_records() -> dict[str, Record]:
    first = repeated("members_end", "999", 999)(lost("sme_finance")(WRONG.record("jinshui")))
    return {"jinshui": first, "huiji": replace(first, unit="huiji")}


def test_every_check_says_the_same_the_second_time() -> None:
    """A check that exhausts something on its first run would fall silent on the second form."""
    first = everything(wrong_records())
    assert {finding.code for finding in first} == {check.code for check in all_checks() if check.code < "V-7"} - {"V-305", *ABOUT_FORM}
    assert everything(wrong_records()) == first
    half = [replace(f, unit="jinshui", file=FILE) for f in first if f.unit == "huiji" and f.code < "V-6"]
    assert half == [f for f in first if f.unit == "jinshui" and f.code < "V-6"]
    for trial in FIRES:
        assert trial.findings() == trial.findings() == trial.expected


def test_findings_come_by_unit_then_severity_then_place() -> None:
    found = everything(wrong_records())
    assert [f.unit for f in found] == ["jinshui"] * (len(found) // 2) + ["huiji"] * (len(found) // 2)
    mine = [(f.severity.value, f.code, f.cell) for f in found if f.unit == "jinshui"]
    assert mine == [
        ("错误", "V-201", "D10"),
        ("错误", "V-206", "D12"),
        ("错误", "V-203", "D19"),
        ("错误", "V-210", "D25"),
        ("错误", "V-101", "D29"),
        ("错误", "V-211", "D31"),
        ("错误", "V-202", "D32"),
        ("错误", "V-304", "D36"),
        ("错误", "V-301", "D63"),
        ("错误", "V-204", "D74"),
        ("错误", "V-102", ""),
        ("错误", "V-403", "D6"),
        ("错误", "V-401", "D7"),
        ("错误", "V-401", "E7"),
        ("错误", "V-402", "E8"),
        ("错误", "V-207", "F5"),
        ("错误", "V-208", "D6"),
        ("疑问", "V-602", "D8"),
        ("疑问", "V-302", "D36"),
        ("疑问", "V-303", "D59"),
        ("疑问", "V-205", "D90"),
        ("疑问", "V-601", "C5"),
        ("疑问", "V-601", "C8"),
        ("疑问", "V-209", "D5"),
        ("疑问", "V-601", "C5"),
        ("疑问", "V-601", "C6"),
        ("提示", "V-501", "F8"),
        ("提示", "V-212", "D14"),
    ]


# One cause, one finding


def codes(form: Form) -> list[tuple[str, str]]:
    return [(f.code, f.field) for f in everything({"jinshui": form.record()})]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Form({"townships_total": None, "townships_with_chamber": 15}), [("V-101", "townships_total")]),
        (Form({"members_start": None}), [("V-101", "members_start")]),
        (Form({"members_end": None}), [("V-101", "members_end")]),
        (Form({"website_items": None}, evidence={"website_items": ""}), [("V-101", "website_items")]),
        (Form({"website_items": "约30"}, evidence={"website_items": ""}), [("V-205", "website_items")]),
        (Form({"members_end": "#REF!"}), [("V-210", "members_end")]),
        (Form(rows={"articles": [{"title": "甲", "outlet": "乙"}]}), [("V-401", "articles.date")]),
        (Form(rows={"articles": [ARTICLE | {"date": "2014年6月"}]}), [("V-209", "articles.date")]),
        (Form(rows={"articles": [ARTICLE | {"title": None}, ARTICLE | {"title": None}]}), [("V-401", "articles.title")] * 2),
        (Form(rows={"articles": [{}]}), []),
    ],
)
def test_a_blank_or_doubtful_cell_is_asked_about_once_and_nothing_follows_from_it(form: Form, expected: list[tuple[str, str]]) -> None:
    assert codes(form) == expected


# What a finding does to the score


def facts_of(form: Form) -> tuple[dict[str, Any], dict[str, list[int]]]:
    record = form.record()
    facts = accepted_facts(record, everything({"jinshui": record}))
    return dict(facts.fields), {list_id: [row.number for row in rows] for list_id, rows in facts.rows.items() if rows}


def test_an_error_blocks_its_field_and_no_other() -> None:
    fields, _ = facts_of(Form({"townships_total": 12, "townships_with_chamber": 15, "tasks_done": "部分", "website_items": None}))
    missing = set(OFFICE.rulebook.fields) - set(fields)
    assert missing == {"townships_with_chamber", "tasks_done", "website_items"}
    assert fields["townships_total"] == 12


def test_a_doubt_about_what_was_meant_gives_no_value() -> None:
    fields, rows = facts_of(Form({"website_items": "约130"}, {"articles": [ARTICLE, ARTICLE | {"title": "二", "date": "2014年6月"}]}))
    assert "website_items" not in fields
    assert rows == {"articles": [5]}


def test_a_doubt_and_a_hint_keep_the_value() -> None:
    fields, rows = facts_of(
        Form({"members_end": 5000, "website_items": "１２６条"}, {"articles": [ARTICLE | {"date": "20140506"}]}, {"tasks_done": ""})
    )
    assert (fields["members_end"], fields["website_items"], fields["tasks_done"]) == (5000, 126, True)
    assert rows == {"articles": [5]}


def test_an_error_blocks_its_row_and_no_other() -> None:
    _, rows = facts_of(
        Form(
            rows={
                "articles": [ARTICLE, ARTICLE, {"title": "半行"}, ARTICLE | {"title": "去年", "date": "2013-1-1"}, ARTICLE | {"title": "好的"}],
                "honours": [HONOUR | {"level": "乡级"}, HONOUR | {"name": "另一项"}],
            }
        )
    )
    assert rows == {"articles": [5, 9], "honours": [6]}


def test_rows_of_a_copied_list_sheet_do_not_count_twice() -> None:
    """A copy of a list sheet repeats every row under the same row numbers."""
    record = Form(rows={"articles": [ARTICLE, ARTICLE | {"title": "二"}]}).record()
    copies = tuple(
        replace(row, sheet="宣传报道 (2)", cells={c: replace(cell, sheet="宣传报道 (2)") for c, cell in row.cells.items()})
        for row in record.lists["articles"]
    )
    doubled = replace(record, lists={**record.lists, "articles": record.lists["articles"] + copies})
    findings = everything({"jinshui": doubled})
    assert [(f.code, f.sheet, f.cell) for f in findings] == [("V-403", "宣传报道 (2)", "D5"), ("V-403", "宣传报道 (2)", "D6")]
    assert [row.values["title"] for row in accepted_facts(doubled, findings).list_rows("articles")] == ["民营经济综述", "二"]


# The reference page


def test_the_reference_page_has_every_code() -> None:
    page = reference_page()
    for check in all_checks():
        assert page.count(f"\n## {check.code}\n") == 1
        assert f"| [{check.code}](#{check.code.lower()}) | {check.severity.value} | {check.title} |" in page
        assert f"- 怎么办：{check.action}\n" in page
    assert page.count("\n## V-") == len(list(all_checks())) == 63


def test_the_reference_page_in_the_repository_is_the_registry_s() -> None:
    assert (PROGRAM_ROOT / "docs" / "findings.md").read_text(encoding="utf-8") == reference_page()
