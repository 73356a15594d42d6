"""The command line of Kaohe: ``pipeline.py --help``."""

import contextlib
import json
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kaohe import PROGRAM_ROOT, __version__
from kaohe.chinese_typer import ChineseCommand, ChineseGroup, UsageError, complaint, speak_chinese
from kaohe.config.loader import Office, load_office
from kaohe.config.model import Unit
from kaohe.console import RANKING_HEADINGS, STATUS_HEADINGS, Screen, explain_lines, ranking_rows, standing_mark, status_rows
from kaohe.files import FolderFault, write_whole
from kaohe.forms.issue import issue_forms, master_path, prepare_master
from kaohe.forms.schema import form_schema
from kaohe.forms.stamp import MasterFault
from kaohe.intake.record import Verdict
from kaohe.lock import AlreadyRunning
from kaohe.progress import OnConsole
from kaohe.scoring.scorecard import Assessment
from kaohe.survey import check_files, check_group_forms, survey
from kaohe.text import match_key, os_problem, points_text
from kaohe.toml_source import FaultyFile

if TYPE_CHECKING:
    from kaohe.run import Outcome

DONE, INTERNAL_ERROR, WRONG_CONFIGURATION, LOCKED = 0, 1, 2, 3
INTERRUPTED = 130
"""What typer returns after Ctrl-C."""

COMMANDS = ("demo", "forms", "run", "check", "status", "explain", "history", "verify", "rules", "schema")

speak_chinese()
screen = Screen()
app = typer.Typer(
    cls=ChineseGroup, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="考核：发表、收表、核对、计分、排名、出通报。"
)


@app.callback()
def choose_office(
    context: typer.Context,
    config: Annotated[Path, typer.Option("-c", "--config", metavar="文件", help="用哪一份设置；各文件夹都相对于它所在的文件夹。")] = PROGRAM_ROOT
    / "config.toml",
) -> None:
    """考核：把考核通知变成填报表，收回来核对、计分、排名，并写成汇总工作簿和通报。"""
    context.obj = config


def _office(context: typer.Context) -> Office:
    return load_office(Path(context.obj))


@app.command(cls=ChineseCommand, help="演示：新建一个文件夹，发表、填表、收表、计分，全部走一遍。")
def demo(
    folder: Annotated[Path, typer.Argument(metavar="文件夹", help="演示放在哪里（只会覆盖上次演示的文件夹）。")] = Path("demo"),
    year: Annotated[bool, typer.Option("--whole-year", metavar="", help="把一年走完：更正、核查、审定、正式结果。")] = False,
) -> None:
    """Build the demonstration folder and run the batch on it; or go through a whole year."""
    from kaohe.demo.build import DemoFolderTaken, build_demo
    from kaohe.run import run

    reporter = OnConsole(screen.out, screen.say)
    try:
        office = build_demo(folder, reporter, gate=not year)
    except DemoFolderTaken:
        screen.complain(f"“{folder}”里有别的东西，没有动它。请换一个文件夹：pipeline.py demo 新文件夹")
        raise typer.Exit(WRONG_CONFIGURATION) from None
    if year:
        from kaohe.demo.whole_year import whole_year

        whole_year(office, lambda now: _show_outcome(run(office, now, reporter)), screen.say)
    else:
        _show_outcome(run(office, datetime.now(), reporter))
    home = office.config.home
    screen.say("")
    screen.say("演示做好了，请打开这些文件看看：")
    for name, what in (
        ("outbox/forms", "发给各单位的填报表"),
        ("inbox", "各单位报来的文件"),
        (f"outbox/{office.config.year}年度考核汇总.xlsx", "汇总排名工作簿"),
        (f"outbox/{office.config.year}年度考核结果通报(送审稿).docx", "通报（送审稿）"),
        ("outbox/结果通知", "给各统战部的函"),
        ("outbox/更正通知", "退给单位的更正通知"),
        ("outbox/run-report.html", "当晚运行报告（用浏览器打开）"),
        *(((f"outbox/final/{office.config.year}", "正式结果：通报、函、表彰决定、证书、清单"),) if year else ()),
    ):
        screen.say(f"  {home / name}　{what}")
    screen.say(f"再试试：pipeline.py -c {home / 'config.toml'} explain 金水区工商联 4.1b")


@app.command(cls=ChineseCommand, help="制作填报表：母版放在 templates，各单位的放在 outbox/forms。")
def forms(
    context: typer.Context,
    rebuild: Annotated[bool, typer.Option("--rebuild", metavar="", help="按规则重做母版（会覆盖对母版的手工修改）。")] = False,
    inspection: Annotated[bool, typer.Option("--inspection", metavar="", help="制作各考核组的核查表（按收件箱现在的情况）。")] = False,
    decision: Annotated[bool, typer.Option("--decision", metavar="", help="制作主席办公会议的审定表（按收件箱现在的情况）。")] = False,
) -> None:
    """Write the master where it is missing, and one stamped form for each unit; the inspection form of each group; or the decision form."""
    from kaohe.publish.outbox import writing_outbox

    office = _office(context)
    with writing_outbox(office.config, datetime.now()):
        if decision:
            _issue_decision(office)
        elif inspection:
            _issue_inspection(office)
        else:
            _issue_forms(office, rebuild=rebuild)


def _issue_forms(office: Office, *, rebuild: bool) -> None:
    try:
        master, warning = prepare_master(office, rebuild=rebuild)
    except MasterFault as fault:
        screen.complain(str(fault))
        raise typer.Exit(WRONG_CONFIGURATION) from None
    if warning:
        screen.complain(f"注意：{warning}")
    reporter = OnConsole(screen.out, screen.say)
    issued = list(reporter.track("制作填报表", issue_forms(office, master), len(office.config.cohort)))
    screen.say(f"母版：{master_path(office)}")
    screen.say(f"{len(issued)}个单位的填报表在：{office.config.folder('outbox') / 'forms'}")


@app.command("run", cls=ChineseCommand, help="每晚运行：读收件箱，核对、计分、排名，更新 outbox。")
def run_batch(context: typer.Context) -> None:
    """The nightly batch."""
    from kaohe.run import run

    _show_outcome(run(_office(context), datetime.now(), OnConsole(screen.out, screen.say)))


@app.command(cls=ChineseCommand, help="只检查指定的文件（或文件夹），不改动任何东西。")
def check(context: typer.Context, files: Annotated[list[Path], typer.Argument(metavar="文件…", help="要检查的填报表、核查表、审定表。")]) -> None:
    """Verdict and findings of single files: a unit's form by itself, a group's or the meeting's against the inbox."""
    office = _office(context)
    if missing := [path for path in files if not path.exists()]:
        screen.complain(*(f"找不到文件：{path}" for path in missing))
        raise typer.Exit(WRONG_CONFIGURATION)
    assessment = check_files(office, files)
    forms_of_others = check_group_forms(office, files)
    for file in assessment.files:
        if file.name in forms_of_others:
            screen.group_form(office.config, file, forms_of_others[file.name])
            continue
        screen.say(f"{file.name}：{file.verdict.chinese}" + ("" if file.verdict is Verdict.ACCEPTED else f"。{file.reason}"))
        if file.verdict is not Verdict.ACCEPTED or file.unit is None:
            continue
        unit, found = office.config.units_by_code[file.unit], assessment.findings_of(file.unit)
        card = assessment.card(unit.code) if unit.code in office.config.group_of else None
        total = sum((s.points for s in card.items if s.standing is None), start=0) if card else 0
        screen.say(f"  {unit.short}，不含位次核定项得{points_text(total)}分，问题{len(found)}条")
        screen.findings(found)


@app.command(cls=ChineseCommand, help="各单位报送到了哪一步。")
def status(context: typer.Context) -> None:
    """State of every unit, as the inbox stands now."""
    from kaohe.publish.final import standing_note

    assessment = survey(_office(context))
    screen.table(
        f"{assessment.config.year}年度考核报送情况（{standing_mark(assessment.status, issued=standing_note(assessment.config) is not None)}）",
        STATUS_HEADINGS,
        status_rows(assessment),
        numbers=(3, 4, 5),
    )
    _show_refused(assessment)


@app.command(cls=ChineseCommand, help="逐项说明一个单位的得分是怎么来的。")
def explain(
    context: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="单位", help="单位的代码、简称或名称。")],
    item: Annotated[str, typer.Argument(metavar="计分项", help="计分项编号，例如 4.1b；不写则列出全部。")] = "",
) -> None:
    """Every item of one unit, or one item with its clause, rule and cells."""
    office = _office(context)
    found = _find_unit(office, unit)
    assessment = survey(office)
    card = assessment.card(found.code)
    if item:
        if item not in office.rulebook.items:
            screen.complain(f"没有“{item}”这个计分项，可以写：{'、'.join(office.rulebook.items)}")
            raise typer.Exit(WRONG_CONFIGURATION)
        for line in explain_lines(card, card.item(item), office.rulebook):
            screen.say(line)
        return
    place = f"第{card.place}名" if card.place else "没有位次"
    total = f"总分{points_text(card.total)}分，" if card.total is not None else ""
    screen.say(f"{found.short}：{total}{place}，{card.state.chinese}（{card.reason}）")
    rows = [
        [s.item.id, s.item.title, points_text(s.points), "—" if s.maximum is None else points_text(s.maximum), s.state.chinese, s.why]
        for s in card.items
    ]
    screen.table("", ("编号", "计分项", "得分", "满分", "状态", "理由"), rows, numbers=(2, 3))


@app.command(cls=ChineseCommand, help="全年记录：收到什么、怎样处理、核查、审定、定稿，按时间排列。")
def history(context: typer.Context, unit: Annotated[str, typer.Argument(metavar="单位", help="只看一个单位；不写则列出全部。")] = "") -> None:
    """The year's log, from the ledger."""
    from kaohe.ledger import Ledger

    office = _office(context)
    code = _find_unit(office, unit).code if unit else None
    short = {u.code: u.short for u in office.config.units}
    events = Ledger(office.config.folder("state")).events(code)
    rows = [
        [datetime.fromtimestamp(e.at, UTC).astimezone().strftime("%Y-%m-%d %H:%M"), e.kind, short.get(e.unit, ""), e.subject, e.said] for e in events
    ]
    if not rows:
        screen.say("还没有记录。运行过一次 pipeline.py run 以后才有。")
        return
    screen.table(f"{office.config.year}年度考核全年记录", ("时间", "事项", "单位", "文件", "情况"), rows)


@app.command(cls=ChineseCommand, help="核对正式结果：文件、存档、规则是否原样，分数能否重新算出。")
def verify(context: typer.Context) -> None:
    """Check the frozen final set against its manifest, and compute its scores again from the archive."""
    from kaohe.ledger import Ledger
    from kaohe.verify import verify as differences
    from kaohe.year_log import issued_seal

    office = _office(context)
    found = differences(office, office.config.year)
    if found:
        screen.complain(f"{office.config.year}年度正式结果核对不符：", *(f"  {line}" for line in found))
        raise typer.Exit(INTERNAL_ERROR)
    screen.say(f"{office.config.year}年度正式结果核对无误：每个文件、每份存档、规则都与清单一致，分数重新计算相同。")
    if issued_seal(Ledger(office.config.folder("state")), office.config.year) is None:
        screen.say("台账里没有这次定稿的记录（台账可能重建过），清单没有与台账比对。")


@app.command(cls=ChineseCommand, help="检查规则是否完整、与通知原文是否一致，并列出来。")
def rules(context: typer.Context) -> None:
    """Check the rulebook against the notice and print it."""
    office = _office(context)
    rulebook = office.rulebook
    rows = []
    for section, clause in rulebook.clauses():
        for item in clause.items:
            most = item.rule.maximum()
            cap = "不封顶" if most is None else points_text(most)
            rows.append([clause.number, section.title, item.id, item.title, cap, item.rule.plain(rulebook.names)])
    screen.table(f"{rulebook.notice_title}（{rulebook.notice_number}）", ("条", "节", "编号", "计分项", "满分", "规则"), rows, numbers=(4,))
    uncapped = sum(i.rule.maximum() is None for i in rulebook.items.values())
    maxima = [rulebook.maximum(section) for section in rulebook.sections]
    clauses = sum(1 for _ in rulebook.clauses())
    screen.say(f"各节封顶项满分：{'、'.join(points_text(m) for m in maxima)}，共{points_text(sum(maxima))}分；另有{uncapped}项不封顶。")
    screen.say(f"前提条件：{'、'.join(c.label for c in rulebook.gate.conditions)}。声明不计分的{len(rulebook.not_scored)}句：")
    for entry in rulebook.not_scored:
        screen.say(f"  “{entry.text}”——{entry.why}")
    screen.say("口径：")
    for reading in rulebook.readings:
        screen.say(f"  {reading.id} = {reading.taken}　{reading.question}——{reading.choice(reading.taken).text}")
    screen.say(
        f"规则完好：{len(rulebook.sections)}节、{clauses}条、{len(rulebook.items)}个计分项都有出处，引文与通知逐字一致（规则版本 {rulebook.version}）。"
    )


@app.command(cls=ChineseCommand, help="填报表有哪些填报项、在哪一格；--json 供别的程序读取。")
def schema(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", metavar="", help="输出 JSON，供程序读取；不写则列成表。")] = False
) -> None:
    """Print the machine description of the form."""
    if not as_json:
        described = form_schema(_office(context))
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
    sys.stdout.write(json.dumps(form_schema(_office(context)), ensure_ascii=False, indent=1) + "\n")


def _issue_inspection(office: Office) -> None:
    from kaohe.forms.inspection import build_inspection, inspection_name
    from kaohe.publish.inspection import inspection_tasks

    folder = office.config.folder("outbox") / "forms"
    for task in OnConsole(screen.out, screen.say).track("制作核查表", inspection_tasks(survey(office)), len(office.config.groups)):
        write_whole(folder / inspection_name(office.config.year, task.group), build_inspection(office.rulebook, task))
    screen.say(f"{len(office.config.groups)}个考核组的核查表在：{folder}")


def _issue_decision(office: Office) -> None:
    from kaohe.forms.decision import build_decision, decision_name
    from kaohe.publish.decision import decision_task

    path = office.config.folder("outbox") / "forms" / decision_name(office.config.year)
    write_whole(path, build_decision(office.rulebook, decision_task(survey(office, undecided=True))))
    screen.say(f"审定表：{path}")
    screen.say("填好后放进收件箱。在那以前收件箱、规则或口径有变化的，要重新制作。")


def _find_unit(office: Office, text: str) -> Unit:
    for unit in office.config.cohort:
        if match_key(text) in {match_key(name) for name in (unit.code, unit.name, unit.short, *unit.aliases)}:
            return unit
    screen.complain(f"没有“{text}”这个单位，可以写：{'、'.join(u.short for u in office.config.cohort)}")
    raise typer.Exit(WRONG_CONFIGURATION)


def _show_refused(assessment: Assessment) -> None:
    for file in assessment.files:
        if file.verdict not in (Verdict.ACCEPTED, Verdict.OPENED, Verdict.EVIDENCE):
            screen.say(f"{file.name}：{file.verdict.chinese}。{file.reason}")


def _show_outcome(outcome: "Outcome") -> None:
    from kaohe.publish.final import blockers, standing_note

    assessment = outcome.assessment
    standing = standing_note(assessment.config)
    screen.table(
        f"{assessment.config.year}年度考核排名（{standing_mark(assessment.status, issued=outcome.final is not None or standing is not None)}）",
        RANKING_HEADINGS,
        ranking_rows(assessment),
        numbers=(0, 3, 4, 5, 6),
    )
    _show_refused(assessment)
    for problem in outcome.problems:
        screen.complain(problem)
    if outcome.final is not None:
        screen.say(f"正式结果已生成：{outcome.final}。以后再收到材料也不会改动它；用 pipeline.py verify 核对。")
        screen.say(f"正式文件只在那个文件夹里；{assessment.config.folder('outbox')} 里的汇总工作簿、通报、函每晚照常更新，一直是送审稿，不要印发。")
    elif standing is not None:
        screen.say(standing)
    elif (waiting := blockers(assessment)) and (assessment.decision is not None or any(f.code.startswith("V-8") for f in assessment.findings)):
        screen.say("审定表已经收到，正式结果还不能生成：")
        for line in waiting:
            screen.say(f"  {line}")
    counts = Counter(f.severity.value for f in assessment.findings)
    states = Counter(card.state.chinese for card in assessment.cards)
    summary = "，".join(f"{state}{n}个" for state, n in states.items())
    found = "、".join(f"{severity}{n}条" for severity, n in counts.items()) or "没有问题"
    screen.say(
        f"收到文件{sum(1 for file in assessment.files if not file.inside)}份；{summary}；{found}。结果在：{assessment.config.folder('outbox')}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        result = app(args=None if arguments is None else list(arguments), prog_name="pipeline.py", standalone_mode=False)
    except FaultyFile as faulty:
        screen.complain("设置或规则有错，什么也没有做。请改正下面各处后再运行：", *(f"  {fault}" for fault in faulty.faults))
        return WRONG_CONFIGURATION
    except UsageError as error:
        if wrong := complaint(error, COMMANDS):
            screen.complain(f"命令写错了：{wrong}。用 pipeline.py --help 看用法。")
        return WRONG_CONFIGURATION
    except (KeyboardInterrupt, typer.Abort):
        result = INTERRUPTED
    except AlreadyRunning as running:
        screen.complain(str(running))
        return LOCKED
    except FolderFault as fault:
        screen.complain(str(fault))
        return INTERNAL_ERROR
    except OSError as error:
        where = f"“{error.filename}”" if error.filename else ""
        screen.complain(f"文件或文件夹用不了：{where}{os_problem(error)}。请检查权限、磁盘空间，以及文件是否正被打开。")
        return INTERNAL_ERROR
    except Exception as error:  # the last resort: the office sees a sentence, the maintainer finds the trace in the log
        log = Path(tempfile.gettempdir()) / "kaohe-error.log"
        with contextlib.suppress(OSError):
            log.write_text(f"kaohe {__version__}\n{traceback.format_exc()}", encoding="utf-8")
        screen.complain(f"程序内部错误（{type(error).__name__}），收到的文件没有受影响。详情已写入 {log}，请把它发给维护人员。")
        return INTERNAL_ERROR
    if result == INTERRUPTED:
        screen.complain("已中止。再运行一次即可，不会留下半份结果。")
        return INTERNAL_ERROR
    return result if isinstance(result, int) else DONE


if __name__ == "__main__":
    sys.exit(main())
