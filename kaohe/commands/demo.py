"""``demo``: the demonstration."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from kaohe.called import typed_in_program
from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import WRONG_CONFIGURATION, app, screen
from kaohe.rulebook.model import Rulebook
from kaohe.rulebook.rules.growth import RankBands


@app.command(cls=ChineseCommand, help="演示：新建一个文件夹，发表、填表、收表、计分，全部走一遍。")
def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="文件夹", help="演示放在哪里（只会覆盖上次演示的文件夹）。")] = Path("demo"),
    year: Annotated[bool, typer.Option("--whole-year", metavar="", help="把一年走完：更正、核查、审定、正式结果。")] = False,
) -> None:
    """Build the demonstration folder and run the batch on it; or go through a whole year."""
    from kaohe.commands.outcome import show_outcome
    from kaohe.demo.build import DemoFolderTaken, build_demo
    from kaohe.progress import OnConsole
    from kaohe.run import run

    reporter = OnConsole(screen.out, screen.say)
    try:
        office = build_demo(folder, reporter, gate=not year, settings=Path(context.obj))
    except DemoFolderTaken:
        screen.complain(f"“{folder}”里有别的东西，没有动它。请换一个文件夹：{typed_in_program('demo 新文件夹')}")
        raise typer.Exit(WRONG_CONFIGURATION) from None
    if year:
        from kaohe.demo.whole_year import whole_year

        whole_year(office, lambda now: show_outcome(run(office, now, reporter)), screen.say)
    else:
        show_outcome(run(office, datetime.now(), reporter))
    home = office.config.home
    file = home / "config.toml"
    screen.say("")
    screen.say("演示做好了，请打开这些文件看看：")
    for name, what in (
        ("outbox/forms", "发给各单位的填报表"),
        ("inbox", "各单位报来的文件"),
        (f"outbox/{office.config.year}年度考核汇总.xlsx", "考核汇总工作簿"),
        (f"outbox/{office.config.year}年度考核结果通报(送审稿).docx", "通报（送审稿）"),
        ("outbox/结果通知", "给各统战部的函"),
        ("outbox/更正通知", "退给单位的更正通知"),
        ("outbox/run-report.html", "运行报告（用浏览器打开）"),
        *(((f"outbox/final/{office.config.year}", "正式结果：通报、函、表彰决定、证书、清单"),) if year else ()),
    ):
        place = home / name
        if place.is_file() or (place.is_dir() and any(place.iterdir())):  # once all is corrected there are no corrections
            screen.say(f"  {place}　{what}")
    unit = office.config.cohort[min(1, len(office.config.cohort) - 1)]
    screen.say(f"再试试：{typed_in_program(f'-c {file} explain {unit.short} {_shown_item(office.rulebook)}')}")


def _shown_item(rulebook: Rulebook) -> str:
    """An item worth explaining: one that goes by place, else the first."""
    return next((item.id for item in rulebook.items.values() if isinstance(item.rule, RankBands)), next(iter(rulebook.items)))
