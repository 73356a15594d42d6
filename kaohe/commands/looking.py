"""``check``, ``status``, ``explain``, ``history``: looking without changing anything."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kaohe.called import how_to
from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import WRONG_CONFIGURATION, app, find_unit, office_of, screen, show_refused
from kaohe.console import STATUS_HEADINGS, explain_lines, standing_mark, status_rows
from kaohe.text import points_text


@app.command(cls=ChineseCommand, help="只检查指定的文件（或文件夹），不改动任何东西。")
def check(context: typer.Context, files: Annotated[list[Path], typer.Argument(metavar="文件…", help="要检查的填报表、核查表、审定表。")]) -> None:
    """Verdict and findings of single files: a unit's form by itself, a group's or the meeting's against the inbox."""
    from kaohe.intake.record import Verdict
    from kaohe.survey import check_files, check_group_forms

    office = office_of(context)
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
        screen.say(f"  {unit.short}，不含位次核定项得{points_text(total)}分，问题{len(found)}处")
        screen.findings(found)


@app.command(cls=ChineseCommand, help="各单位报送到了哪一步。")
def status(context: typer.Context) -> None:
    """State of every unit, as the inbox stands now."""
    from kaohe.publish.standing import standing_note
    from kaohe.survey import survey

    assessment = survey(office_of(context), now=int(datetime.now(UTC).timestamp()))
    screen.table(
        f"{assessment.config.year}年度考核报送情况（{standing_mark(assessment.status, issued=standing_note(assessment.config) is not None)}）",
        STATUS_HEADINGS,
        status_rows(assessment),
        numbers=(3, 4, 5),
    )
    show_refused(assessment)


@app.command(cls=ChineseCommand, help="逐项说明一个单位的得分是怎么来的。")
def explain(
    context: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="单位", help="单位的代码、简称或名称。")],
    item: Annotated[str, typer.Argument(metavar="计分项", help="计分项编号，例如 4.1b；不写则列出全部。")] = "",
) -> None:
    """Every item of one unit, or one item with its clause, rule and cells."""
    from kaohe.survey import survey

    office = office_of(context)
    found = find_unit(office, unit)
    assessment = survey(office)
    card = assessment.card(found.code)
    if item:
        if item not in office.rulebook.items:
            screen.complain(f"没有“{item}”这个计分项，可以写：{'、'.join(office.rulebook.items)}")
            raise typer.Exit(WRONG_CONFIGURATION)
        for line in explain_lines(card, card.item(item), office.rulebook):
            screen.say(line)
        return
    place = f"第{card.place}位" if card.place else "没有位次"
    total = f"总分{points_text(card.total)}分，" if card.total is not None else ""
    screen.say(f"{found.short}：{total}{place}，{card.state.chinese}（{card.reason}）")
    rows = [
        [s.item.id, s.item.title, points_text(s.points), "不封顶" if s.maximum is None else points_text(s.maximum), s.state.chinese, s.why]
        for s in card.items
    ]
    screen.table("", ("编号", "计分项", "得分", "满分", "状态", "理由"), rows, numbers=(2, 3))


@app.command(cls=ChineseCommand, help="全年记录：收到什么、怎样处理、核查、审定、定稿，按时间排列。")
def history(context: typer.Context, unit: Annotated[str, typer.Argument(metavar="单位", help="只看一个单位；不写则列出全部。")] = "") -> None:
    """The year's log, from the ledger."""
    from kaohe.ledger import Ledger

    office = office_of(context)
    code = find_unit(office, unit).code if unit else None
    short = {u.code: u.short for u in office.config.units}
    events = Ledger(office.config.folder("state")).events(code)
    rows = [
        [datetime.fromtimestamp(e.at, UTC).astimezone().strftime("%Y-%m-%d %H:%M"), e.kind, short.get(e.unit, ""), e.subject, e.said] for e in events
    ]
    if not rows:
        screen.say(f"还没有记录。{how_to(office.config.home, 'run')}以后才有。")
        return
    screen.table(f"{office.config.year}年度考核全年记录", ("时间", "事项", "单位", "文件", "情况"), rows)
