"""``init`` and ``doctor``: the first hour, and whenever something seems wrong."""

import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from kaohe import PROGRAM_ROOT
from kaohe.called import how_to, typed_in_program
from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import INTERNAL_ERROR, WRONG_CONFIGURATION, app, screen
from kaohe.config.loader import load_office
from kaohe.rulebook.loader import load_rulebook
from kaohe.rulebook.model import Rulebook

_FOLDER = "考核"
_TO_QUOTE = re.compile(r"[^\w\\/:.~-]")
"""What makes a command line take a path for several words, or for more than a path."""


@app.command("init", cls=ChineseCommand, help="新建办公文件夹：回答几个问题，设置、模板、收件箱都备好，马上能用。")
def new_office(
    folder: Annotated[Path | None, typer.Argument(metavar="文件夹", help="放在哪里（要新建的，或空的文件夹）。")] = None,
    yes: Annotated[bool, typer.Option("--yes", metavar="", help="不提问，都用默认的答案。")] = False,
    rules: Annotated[Path | None, typer.Option("--rules", metavar="文件夹", help="新一年的规则在哪个文件夹；程序里还没有这一年的规则才用。")] = None,
    refresh: Annotated[bool, typer.Option("--refresh", metavar="", help="换了程序以后：让原来的办公文件夹里双击用的文件指向这个程序。")] = False,
) -> None:
    """Ask a few questions and make an office's folder that works at once; or give an old one its files to double-click anew."""
    from kaohe.desk.new_office import CONFIG_FILE, FolderTaken, WrongAnswer, give_launchers, make_office, make_sure_it_is_free

    if refresh:
        launchers = give_launchers(load_office((folder or Path()).expanduser() / CONFIG_FILE), Path(sys.executable))
        screen.say(
            f"{launchers[0].parent} 里双击用的{len(launchers)}个文件，现在用的是这个程序。装过每晚自动运行的，请再{how_to(launchers[0].parent, 'schedule install')}一次。"
        )
        return
    asking = not yes and sys.stdin is not None and sys.stdin.isatty()
    if not asking and not yes:
        screen.say("没有可以回答问题的键盘，都用默认的答案。")
    if folder is None:
        folder = Path(_unquoted(typer.prompt("办公文件夹放在哪里", default=str(_usual_place()))) if asking else _usual_place())
    folder = folder.expanduser()
    try:
        make_sure_it_is_free(folder)
        office = make_office(folder, _ask(load_rulebook(rules) if rules else None) if asking else {}, rules)
    except FolderTaken:
        screen.complain(f"“{folder}”里有别的东西，没有动它。请换一个文件夹：{typed_in_program('init 新文件夹')}")
        if (folder / CONFIG_FILE).is_file():
            screen.complain(f"如果它是原来的办公文件夹，换了程序：{typed_in_program(f'init {folder} --refresh')}")
        raise typer.Exit(WRONG_CONFIGURATION) from None
    except WrongAnswer as wrong:
        screen.complain(f"没有新建：{wrong}")
        raise typer.Exit(WRONG_CONFIGURATION) from None
    launchers = give_launchers(office, Path(sys.executable))
    config = office.config
    screen.say(f"办公文件夹建好了：{config.home}")
    screen.say(f"  config.toml　设置：请用记事本打开，核对{len(config.units)}个单位的名称、邮箱和考核组")
    screen.say(f"  {config.folders.inbox}　收件箱：各单位发回来的文件放这里")
    screen.say(f"  {config.folders.outbox}　结果")
    screen.say(f"  {config.folders.templates}　表和公文的模板，可以改措辞")
    file = f'"{office.file}"' if _TO_QUOTE.search(str(office.file)) else office.file
    screen.say(f"接下来：双击里面的“{launchers[0].stem}”，或执行 {typed_in_program(f'-c {file} forms')}")


def _usual_place() -> Path:
    """Beside the program where that is the folder one stands in, so that a newer program can take its place; else here.

    Who double-clicks in a folder of the network stands in Windows' own.
    """
    here = Path.cwd()
    return PROGRAM_ROOT.parent / _FOLDER if here in (PROGRAM_ROOT, Path(os.environ.get("SYSTEMROOT", PROGRAM_ROOT))) else Path(_FOLDER)


def _unquoted(path: str) -> str:
    """A path without the quotes that Windows copies with it."""
    return path.strip().strip('"“”').strip()


def _ask(rules: Rulebook | None) -> dict[str, str]:
    """Every question, again where the answer cannot be used."""
    from kaohe.desk.new_office import WrongAnswer, default_for, defaults, questions

    given, answers = defaults(rules), dict[str, str]()
    screen.say("直接按回车就是用方括号里的答案，以后都可以在 config.toml 里改。")
    for question in questions(rules):
        while True:
            answers[question.key] = str(typer.prompt(question.text, default=default_for(question, answers, given))).strip()
            try:
                question.take(answers[question.key], answers)
                break
            except WrongAnswer as wrong:
                screen.complain(f"  {wrong}。请再写一次。")
    return answers


@app.command(cls=ChineseCommand, help="体检：程序、字体、文件夹、设置、台账、邮箱、计划任务有没有问题，怎样办。")
def doctor(context: typer.Context) -> None:
    """Check everything that a run depends on, and say what to do."""
    from kaohe.desk.doctor import Grade, examine

    counts = dict.fromkeys(Grade, 0)
    for result in examine(Path(context.obj)):
        counts[result.grade] += 1
        screen.result(result.grade.colour, result.grade.value, result.what, result.found, result.todo)
    screen.say(f"体检完毕：{'，'.join(f'{grade.value}{count}项' for grade, count in counts.items())}。")
    if counts[Grade.ACT]:
        raise typer.Exit(INTERNAL_ERROR)
