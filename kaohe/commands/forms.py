"""``forms``: the submission forms, the inspection forms of the groups, the decision form of the meeting."""

from datetime import datetime
from typing import Annotated

import typer

from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import WRONG_CONFIGURATION, app, office_of, screen
from kaohe.config.loader import Office


@app.command(cls=ChineseCommand, help="制作填报表：母版放在 templates，各单位的放在 outbox/forms。")
def forms(
    context: typer.Context,
    rebuild: Annotated[bool, typer.Option("--rebuild", metavar="", help="按规则重做母版（会覆盖对母版的手工修改）。")] = False,
    inspection: Annotated[bool, typer.Option("--inspection", metavar="", help="制作各考核组的核查表（按收件箱现在的情况）。")] = False,
    decision: Annotated[bool, typer.Option("--decision", metavar="", help="制作主席办公会议的审定表（按收件箱现在的情况）。")] = False,
) -> None:
    """Write the master where it is missing, and one stamped form for each unit; the inspection form of each group; or the decision form."""
    from kaohe.publish.outbox import writing_outbox

    office = office_of(context)
    with writing_outbox(office.config, datetime.now()):
        if decision:
            _issue_decision(office)
        elif inspection:
            _issue_inspection(office)
        else:
            _issue_forms(office, rebuild=rebuild)


def _issue_forms(office: Office, *, rebuild: bool) -> None:
    from kaohe.forms.issue import issue_forms, master_path, prepare_master
    from kaohe.forms.stamp import MasterFault
    from kaohe.progress import OnConsole

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


def _issue_inspection(office: Office) -> None:
    from kaohe.files import write_whole
    from kaohe.forms.inspection import build_inspection, inspection_name
    from kaohe.forms.seal import issuing_key
    from kaohe.progress import OnConsole
    from kaohe.publish.inspection import inspection_tasks
    from kaohe.survey import survey

    folder, key = office.config.folder("outbox") / "forms", issuing_key(office.config)
    for task in OnConsole(screen.out, screen.say).track("制作核查表", inspection_tasks(survey(office)), len(office.config.groups)):
        write_whole(folder / inspection_name(office.config.year, task.group), build_inspection(office.rulebook, task, key))
    screen.say(f"{len(office.config.groups)}个考核组的核查表在：{folder}")


def _issue_decision(office: Office) -> None:
    from kaohe.files import write_whole
    from kaohe.forms.decision import build_decision, decision_name
    from kaohe.forms.seal import issuing_key
    from kaohe.publish.decision import decision_task
    from kaohe.survey import survey

    path = office.config.folder("outbox") / "forms" / decision_name(office.config.year)
    task = decision_task(survey(office, undecided=True))
    write_whole(path, build_decision(office.rulebook, task, issuing_key(office.config)))
    screen.say(f"审定表：{path}")
    screen.say("填好后放进收件箱。在那以前收件箱、规则或口径有变化的，要重新制作。")
