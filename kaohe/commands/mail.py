"""``mail``, ``fetch``, ``chase``: what goes out by mail, what comes in, and who has to be reminded."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import typer

from kaohe.chinese_typer import ChineseCommand
from kaohe.commands.common import INTERNAL_ERROR, WRONG_CONFIGURATION, app, find_unit, office_of, screen
from kaohe.config.loader import Office
from kaohe.config.model import Mail, Server, Unit
from kaohe.ledger import Ledger
from kaohe.lock import alone
from kaohe.mail.account import AccountFault, keep_password, password_of, trust
from kaohe.mail.chasing import Chase, Days, Pursuit, chase
from kaohe.mail.drafts import (
    SENT_FOLDER,
    Batch,
    corrections_batch,
    file_copies,
    forms_batch,
    is_real,
    letters_batch,
    reminders_batch,
    sender_of,
    write_drafts,
)
from kaohe.mail.kinds import Kind
from kaohe.mail.sending import Fate, Result, Sender, Sending, SystemClock, plan
from kaohe.mail.sent import SentBook
from kaohe.mail.smtp import Postbox
from kaohe.progress import OnConsole
from kaohe.survey import survey
from kaohe.text import date_text

_PASSWORD = "password"  # noqa: S105 -- the name of what is to be done
_JOBS = (*(kind.value for kind in Kind), _PASSWORD)
_DONE = (Fate.SENT, Fate.ALREADY)
_NO_MAIL = "还没有设置发信的邮箱：请在 config.toml 里写好 [mail]（那里有说明），再用 pipeline.py mail password 存密码"
_NO_FETCH = "还没有设置收信的邮箱：请在 config.toml 里写好 [fetch]（那里有说明），再用 pipeline.py mail password 存密码"


@app.command(cls=ChineseCommand, help="写邮件：填报表、更正通知、催报、结果通知；草稿放在 outbox/mail，加 --send 直接发出。")
def mail(
    context: typer.Context,
    job: Annotated[
        str,
        typer.Argument(metavar="做什么", help="forms 发填报表，corrections 发更正通知，reminders 催报，letters 发结果通知，password 存邮箱密码。"),
    ],
    send: Annotated[bool, typer.Option("--send", metavar="", help="写好就发出去；不写则只放草稿，自己用邮件程序打开发。")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", metavar="", help="只列出要写给谁、附什么，什么也不做。")] = False,
    again: Annotated[bool, typer.Option("--again", metavar="", help="发过的也再发一次。")] = False,
    everybody: Annotated[bool, typer.Option("--all", metavar="", help="催报时，今天不到提醒日子的也写。")] = False,
    units: Annotated[list[str] | None, typer.Option("--unit", metavar="单位", help="只写给这个单位；可以写几次。")] = None,
) -> None:
    """Write drafts of one kind, and send them if asked to; or keep a password."""
    office = office_of(context)
    if job not in _JOBS:
        screen.complain(f"不知道要做什么：“{job}”。可以写：{'、'.join(_JOBS)}")
        raise typer.Exit(WRONG_CONFIGURATION)
    if job == _PASSWORD:
        _keep_passwords(office)
        return
    kind, now = Kind(job), datetime.now()
    chosen = [find_unit(office, name) for name in units or ()]
    server = _sending_server(office) if send and not dry_run else None
    if dry_run:
        _show_plan(_planned(office, kind, chosen, now.date(), everybody=everybody, again=again), to_be_sent=send)
        return
    from kaohe.publish.outbox import writing_outbox

    with writing_outbox(office.config, now):
        if server is not None and (mended := Ledger(office.config.folder("state")).mend(int(now.timestamp()))):
            screen.complain(mended)
        batch, planned = _planned(office, kind, chosen, now.date(), everybody=everybody, again=again)
        if server is None:
            ready = [result.draft for result in planned if result.fate in (Fate.READY, Fate.NO_ADDRESS, Fate.UNSURE)]
            folder = write_drafts(office.config, kind, ready, only_some=bool(chosen))
            _show_plan((batch, planned), to_be_sent=False)
            screen.say(f"{len(ready)}封草稿在：{folder}" + ("（双击用 Outlook、Foxmail 打开就可以发；或加 --send 由程序发出）" if ready else ""))
            return
        _send(office, server, batch, planned, only_some=bool(chosen))


@app.command(cls=ChineseCommand, help="收邮件：把邮箱里带附件的新邮件取到收件箱，每封只取一次，不动邮箱里的邮件。")
def fetch(context: typer.Context) -> None:
    """Take new mails that carry files into the inbox."""
    from kaohe.mail.fetch import fetch as take

    office = office_of(context)
    server = office.config.fetch
    if server is None:
        screen.complain(_NO_FETCH)
        raise typer.Exit(WRONG_CONFIGURATION)
    now, state = datetime.now().astimezone(), office.config.folder("state")
    password = _password(server)
    with alone(state, now):
        ledger = Ledger(state)
        if mended := ledger.mend(int(now.timestamp())):
            screen.complain(mended)
        try:
            found = take(office.config, server, password, ledger, now, OnConsole(screen.out, screen.say))
        except AccountFault as fault:
            screen.complain(str(fault))
            raise typer.Exit(INTERNAL_ERROR) from None
    rows = [
        [t.envelope.unit.short if t.envelope.unit else "待核对", t.envelope.address, t.path, "收件箱里已经有" if t.known else "新取"]
        for t in found.taken
    ]
    if rows:
        screen.table("取到的邮件", ("单位", "发件人", "放在收件箱的", "情况"), rows)
    for taken in found.doubtful:
        screen.say(f"请核对是谁发的：{taken.envelope.shown}，{taken.envelope.doubt}。确是某单位的，把邮箱加到它的 emails 里")
    for envelope in found.without_files:
        screen.say(f"没有附件，没有取：{envelope.shown}（正文里可能写了说明或网盘链接，请在邮箱里看）")
    for problem in found.problems:
        screen.complain(problem)
    if found.waiting:
        screen.say(f"还有{found.waiting}封没有取，再运行一次会接着取")
    screen.say(f"取到{len(rows)}封邮件，在：{office.config.folder('inbox')}" if rows else "没有新的带附件的邮件")
    if found.stopped:
        screen.complain(found.stopped)
        raise typer.Exit(INTERNAL_ERROR)


@app.command("chase", cls=ChineseCommand, help="催报一览：谁还没有报、谁要更正、催过几次、下次什么时候催。")
def show_chase(context: typer.Context) -> None:
    """Who still has to send or correct something, by group."""
    office = office_of(context)
    found = _chase(office, datetime.now().date())
    rows = [
        [p.group, p.unit.short, p.state.chinese, p.need or "—", str(p.count) if p.need else "", _day(p.last), _upcoming(p)] for p in found.pursuits
    ]
    screen.table(
        f"{office.config.year}年度考核催报一览（{date_text(found.days.today)}）",
        ("考核组", "单位", "状态", "要办的", "已催次数", "上次", "下次"),
        rows,
        numbers=(4,),
    )
    screen.say(_deadline_text(found.days))
    if found.days.note:
        screen.say(f"注意：{found.days.note}")
    due = [p.unit.short for p in found.waiting if p.due]
    screen.say(f"今天该催{len(due)}个：{'、'.join(due)}。用 pipeline.py mail reminders 写催报邮件" if due else "今天没有要催的")


def _planned(office: Office, kind: Kind, chosen: Sequence[Unit], today: date, *, everybody: bool, again: bool) -> tuple[Batch, list[Result]]:
    """The mails of a kind and what is to become of each; ends the command where there can be none."""
    units = chosen or office.config.cohort
    match kind:
        case Kind.FORMS:
            batch = forms_batch(office, units, today)
        case Kind.CORRECTIONS:
            batch = corrections_batch(office, units, today)
        case Kind.LETTERS:
            batch = letters_batch(office, units, today)
        case Kind.REMINDERS:
            found = _chase(office, today)
            screen.say(_deadline_text(found.days))
            if found.days.note:
                screen.say(f"注意：{found.days.note}")
            batch = reminders_batch(office, found, units, everybody=everybody)
    if batch.refusal:
        screen.complain(batch.refusal)
        raise typer.Exit(INTERNAL_ERROR)
    return batch, plan(batch.drafts, SentBook(Ledger(office.config.folder("state"))).entries(), again=again)


def _chase(office: Office, today: date) -> Chase:
    return chase(survey(office), SentBook(Ledger(office.config.folder("state"))).entries(), today)


def _sending_server(office: Office) -> Mail:
    """The server to send with; ends the command where it is not set or the office has no address of its own."""
    if office.config.mail is None:
        screen.complain(_NO_MAIL)
        raise typer.Exit(WRONG_CONFIGURATION)
    if not is_real(sender_of(office.config).address):
        screen.complain(f"发件地址 {sender_of(office.config).address} 不是真实地址，请在 config.toml 里改 [issuer] 的 email，或写 [mail] 的 from")
        raise typer.Exit(WRONG_CONFIGURATION)
    return office.config.mail


def _password(server: Server) -> str:
    try:
        return password_of(server)
    except AccountFault as fault:
        screen.complain(str(fault))
        raise typer.Exit(WRONG_CONFIGURATION) from None


def _send(office: Office, server: Mail, batch: Batch, planned: Sequence[Result], *, only_some: bool) -> None:
    """Send, file copies of what went out, leave drafts of the rest, and tell."""
    clock = SystemClock()
    try:
        postbox = Postbox(server, sender_of(office.config).address, _password(server), trust(office.config, server))
    except AccountFault as fault:
        screen.complain(str(fault))
        raise typer.Exit(WRONG_CONFIGURATION) from None
    book = SentBook(Ledger(office.config.folder("state")))
    sending = Sender(server, postbox, book, clock, OnConsole(screen.out, screen.say)).send(planned)
    sent = {result.draft.about.name: result.copy for result in sending.results if result.fate is Fate.SENT}
    file_copies(office.config, sent, clock.now().date())
    left = [result.draft for result in sending.results if result.fate not in _DONE]
    folder = write_drafts(office.config, batch.kind, left, only_some=only_some)
    _show_results(batch, sending.results)
    screen.say(f"发出{len(sent)}封" + (f"，存底在：{folder / SENT_FOLDER}" if sent else ""))
    if left:
        screen.say(f"没有发的{len(left)}封草稿在：{folder}")
    _end(batch, sending)


def _end(batch: Batch, sending: Sending) -> None:
    if sending.stopped:
        screen.complain(f"{sending.stopped}。已经发出的不会再发，改好后再运行一次会接着发")
    if not sending.complete or _faults(batch):
        raise typer.Exit(INTERNAL_ERROR)


def _show_plan(found: tuple[Batch, Sequence[Result]], *, to_be_sent: bool) -> None:
    batch, planned = found
    ready = Fate.READY.value if to_be_sent else "草稿"
    rows = [_row(result, ready if result.fate is Fate.READY else result.fate.value) for result in planned]
    _show(batch, rows)


def _show_results(batch: Batch, results: Sequence[Result]) -> None:
    _show(batch, [_row(result, result.fate.value) for result in results])


def _show(batch: Batch, rows: Sequence[Sequence[str]]) -> None:
    if rows:
        screen.table(f"{batch.kind.chinese}邮件", ("单位", "收件人", "主题", "附件", "情况"), rows)
    why = dict.fromkeys(omitted.why for omitted in batch.omitted)
    for reason in why:
        names = "、".join(omitted.unit.short for omitted in batch.omitted if omitted.why == reason)
        (screen.complain if "没有写成" in reason else screen.say)(f"不写给{names}：{reason}")


def _row(result: Result, shown: str) -> list[str]:
    message = result.draft.message
    files = "、".join(f"{file.name}（{max(1, len(file.data) // 1024)}KB）" for file in message.attachments) or "—"
    return [
        result.draft.unit.short,
        message.recipient.address,
        message.subject,
        files,
        shown + (f"：{result.said}" if result.said and result.fate is not Fate.SENT else ""),
    ]


def _faults(batch: Batch) -> bool:
    """Whether a template stood in the way of some mail."""
    return any("没有写成" in omitted.why for omitted in batch.omitted)


def _keep_passwords(office: Office) -> None:
    """Ask for the password of each account and put it into the system's safe."""
    accounts = {(s.keyring, s.user): s for s in (office.config.mail, office.config.fetch) if s is not None and s.user}
    if not accounts:
        screen.complain("config.toml 的 [mail]、[fetch] 里还没有写邮箱的用户名（user），请先写好")
        raise typer.Exit(WRONG_CONFIGURATION)
    for server in accounts.values():
        password = typer.prompt(f"{server.user} 的密码（多数邮箱是“授权码”，输入时不显示）", hide_input=True)
        try:
            keep_password(server, password)
        except AccountFault as fault:
            screen.complain(str(fault))
            raise typer.Exit(INTERNAL_ERROR) from None
        screen.say(f"{server.user} 的密码已存进系统的密码库，不在任何文件里")


def _deadline_text(days: Days) -> str:
    end = date_text(days.deadline)
    if days.days > 0:
        return f"报送截止{end}，还有{days.days}天，其中工作日{days.workdays}天"
    if days.days == 0:
        return f"今天就是报送截止日期（{end}）"
    return f"报送截止{end}，已经过去{-days.days}天，其中工作日{-days.workdays}天"


def _day(day: date | None) -> str:
    return f"{day:%Y-%m-%d}" if day else "—"


def _upcoming(pursuit: Pursuit) -> str:
    if not pursuit.need:
        return "—"
    return f"今天（{pursuit.level}）" if pursuit.due else f"{_day(pursuit.following)}（{pursuit.level}）"
