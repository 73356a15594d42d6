"""``verify``, ``rules``, ``schema``: whether results and rules are what they say, and the form for other programs."""

import io
import json
import sys
from typing import Annotated

import typer

from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import INTERNAL_ERROR, app, office_of, screen
from kaohe.text import points_text


@app.command(cls=ChineseCommand, help="核对正式结果：文件、存档、规则是否原样，分数能否重新算出。")
def verify(context: typer.Context) -> None:
    """Check the frozen final set against its manifest, and compute its scores again from the archive."""
    from kaohe.ledger import Ledger
    from kaohe.verify import verify as differences
    from kaohe.year_log import issued_seal

    office = office_of(context)
    found = differences(office, office.config.year)
    if found:
        screen.complain(f"{office.config.year}年度正式结果核对不符：", *(f"  {line}" for line in found))
        raise typer.Exit(INTERNAL_ERROR)
    screen.say(f"{office.config.year}年度正式结果核对无误：每个文件、每份存档、规则都与清单一致，分数重新计算相同。")
    if issued_seal(Ledger(office.config.folder("state")), office.config.year) is None:
        screen.say("台账里没有这套正式结果的记录（台账可能重建过），清单没有与台账比对。")


@app.command(cls=ChineseCommand, help="检查规则是否完整、与通知原文是否一致，并列出来。")
def rules(context: typer.Context) -> None:
    """Check the rulebook against the notice and print it."""
    from kaohe.rulebook.loader import rules_source
    from kaohe.rulebook.proofread import proofread

    office = office_of(context)
    rulebook = office.rulebook
    rows = []
    for section, clause in rulebook.clauses():
        for item in clause.items:
            most = item.rule.maximum()
            cap = "不封顶" if most is None else points_text(most)
            rows.append([clause.number, section.title, item.id, item.title, cap, item.rule.plain(rulebook.names)])
    screen.table(f"{rulebook.notice_title}（{rulebook.notice_number}）", ("条", "部分", "编号", "计分项", "满分", "规则"), rows, numbers=(4,))
    uncapped = sum(i.rule.maximum() is None for i in rulebook.items.values())
    maxima = [rulebook.maximum(section) for section in rulebook.sections]
    clauses = sum(1 for _ in rulebook.clauses())
    screen.say(f"各部分封顶项满分：{'、'.join(points_text(m) for m in maxima)}，共{points_text(sum(maxima))}分；另有{uncapped}项不封顶。")
    screen.say(f"前提条件：{'、'.join(c.label for c in rulebook.gate.conditions)}。声明不计分的{len(rulebook.not_scored)}句：")
    for entry in rulebook.not_scored:
        screen.say(f"  “{entry.text}”——{entry.why}")
    screen.say("口径：")
    for reading in rulebook.readings:
        screen.say(f"  {reading.id} = {reading.taken}　{reading.question}——{reading.choice(reading.taken).text}")
    if doubts := proofread(rulebook, rules_source(office.rules), office.config.period.start, office.config.period.end):
        screen.say("请再看一遍（规则能用，下面这些可能是改漏了的）：")
        for doubt in doubts:
            screen.say(f"  {doubt}")
    screen.say(
        f"规则完好：{len(rulebook.sections)}个部分、{clauses}条、{len(rulebook.items)}个计分项都有出处，引文与通知逐字一致（规则版本 {rulebook.version}）。"
        + (f"上面{len(doubts)}处请再看一遍。" if doubts else "")
    )


@app.command(cls=ChineseCommand, help="填报表有哪些填报项、在哪一格；--json 供别的程序读取。")
def schema(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", metavar="", help="输出 JSON，供程序读取；不写则列成表。")] = False
) -> None:
    """Print the machine description of the form."""
    from kaohe.forms.schema import form_schema

    if not as_json:
        described = form_schema(office_of(context))
        kinds = {"integer": "整数", "yes_no": "是/否", "text": "文字", "date": "日期", "choice": "选项"}
        rows = [[f["id"], f["label"], kinds[f["type"]], f["sheet"], f["cell"], "、".join(f["items"])] for f in described["fields"]]
        rows += [
            [
                f"{entry['id']}.{c['id']}",
                f"{entry['label']}：{c['label']}",
                kinds[c["type"]],
                entry["sheet"],
                f"{c['column']}{entry['first_row']} 起",
                "",
            ]
            for entry in described["lists"]
            for c in entry["columns"]
        ]
        screen.table("填报表的填报项", ("编号", "名称", "类型", "工作表", "单元格", "计分项"), rows)
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # what JSON is written in, whatever the code page of this computer
    sys.stdout.write(json.dumps(form_schema(office_of(context)), ensure_ascii=False, indent=1) + "\n")
