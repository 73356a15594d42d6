"""``mail``, ``fetch``, ``chase``: what goes out by mail, what comes in, and who has to be reminded."""

from datetime import datetime
from typing import Annotated

import typer

from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import WRONG_CONFIGURATION, app, find_group, find_unit, office_of, screen
from kaohe.mail.kinds import Kind

_PASSWORD = "password"  # noqa: S105 -- the name of what is to be done
_JOBS = (*(kind.value for kind in Kind), _PASSWORD)


@app.command(cls=ChineseCommand, help="写邮件：填报表、更正通知、催报、核查表、结果通知；草稿放在 outbox/mail，加 --send 直接发出。")
def mail(
    context: typer.Context,
    job: Annotated[
        str,
        typer.Argument(
            metavar="做什么",
            help="forms 发填报表，corrections 发更正通知，reminders 催报，inspections 发核查表，letters 发结果通知，password 存邮箱密码。",
        ),
    ],
    send: Annotated[bool, typer.Option("--send", metavar="", help="写好就发出去；不写则只放草稿，自己用邮件程序打开发。")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", metavar="", help="只列出要写给谁、附什么，什么也不做。")] = False,
    again: Annotated[bool, typer.Option("--again", metavar="", help="发过的也再发一次。")] = False,
    everybody: Annotated[bool, typer.Option("--all", metavar="", help="催报时，今天不到提醒日子的也写。")] = False,
    units: Annotated[list[str] | None, typer.Option("--unit", metavar="单位", help="只写给这个单位（发核查表的写考核组）；可以写几次。")] = None,
) -> None:
    """Write drafts of one kind, and send them if asked to; or keep a password."""
    from kaohe.commands.posting import Order, carry_out, keep_passwords

    office = office_of(context)
    if job not in _JOBS:
        screen.complain(f"不知道要做什么：“{job}”。可以写：{'、'.join(_JOBS)}")
        raise typer.Exit(WRONG_CONFIGURATION)
    if job == _PASSWORD:
        keep_passwords(office)
        return
    find = find_group if job == Kind.INSPECTIONS else find_unit
    chosen = tuple(find(office, name) for name in units or ())
    carry_out(office, Order(Kind(job), chosen, send=send, dry_run=dry_run, again=again, everybody=everybody), datetime.now())


@app.command(cls=ChineseCommand, help="收邮件：把邮箱里带附件的新邮件取到收件箱，每封只取一次，不动邮箱里的邮件。")
def fetch(context: typer.Context) -> None:
    """Take new mails that carry files into the inbox."""
    from kaohe.commands.posting import fetch_mails

    fetch_mails(office_of(context), datetime.now().astimezone())


@app.command("chase", cls=ChineseCommand, help="催报一览：谁还没有报、谁要更正、催过几次、下次什么时候催。")
def show_chase(context: typer.Context) -> None:
    """Who still has to send or correct something, by group."""
    from kaohe.commands.posting import show_pursuits

    show_pursuits(office_of(context), datetime.now().date())
