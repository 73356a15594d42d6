"""Carrying out what ``mail``, ``fetch`` and ``chase`` ask for, and showing what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import typer

from kaohe.called import how_to
from kaohe.commands.common import INTERNAL_ERROR, WRONG_CONFIGURATION, screen
from kaohe.config.loader import Office
from kaohe.config.model import Group, Mail, Server, Unit
from kaohe.ledger import Ledger
from kaohe.lock import alone
from kaohe.mail.account import AccountFault, keep_password, password_of, trust
from kaohe.mail.chasing import Chase, Days, Pursuit, chase
from kaohe.mail.drafts import (
    SENT_FOLDER,
    Batch,
    Party,
    corrections_batch,
    file_copy,
    forms_batch,
    inspections_batch,
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
from kaohe.publish.jobs import REPORT_FILE
from kaohe.publish.outbox import writing_outbox
from kaohe.survey import survey
from kaohe.text import date_text

_DONE = (Fate.SENT, Fate.ALREADY)
_OF_THE_LAST_RUN = (Kind.CORRECTIONS, Kind.REMINDERS)
"""Mails that carry what the last run put into the outbox."""

_TO_BE_WRITTEN = (Fate.READY, Fate.NO_ADDRESS, Fate.UNSURE)
_NOT_SET_UP = "还没有设置{what}的邮箱：请在 config.toml 里写好 [{section}]（那里有说明），再{keep}，把密码存好"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be written, to which units or groups (all when none is named), and what is to be done with it."""

    kind: Kind
    units: tuple[Party, ...] = ()
    send: bool = False
    dry_run: bool = False
    again: bool = False
    everybody: bool = False


def carry_out(office: Office, order: Order, now: datetime) -> None:
    """List, write or send the mails of one kind."""
    if order.dry_run:
        _show_plan(_planned(office, order, now.date()), to_be_sent=order.send)
        return
    if order.kind in _OF_THE_LAST_RUN and _changed_since(office):
        screen.complain(
            f"config.toml 在上次运行以后改过，更正通知里还是以前的截止日期和联系方式。请先{how_to(office.config.home, 'run')}，再写、再发"
        )
    server = _sending_server(office) if order.send else None
    with writing_outbox(office.config, now):
        if server is not None and (mended := Ledger(office.config.folder("state")).mend(int(now.timestamp()))):
            screen.complain(mended)
        batch, planned = _planned(office, order, now.date())
        if server is not None:
            _send(office, server, batch, planned, only_some=bool(order.units))
            return
        ready = [result.draft for result in planned if result.fate in _TO_BE_WRITTEN]
        folder = write_drafts(office.config, order.kind, ready, only_some=bool(order.units))
    _show_plan((batch, planned), to_be_sent=False)
    screen.say(f"{len(ready)}封草稿在：{folder}" + ("（双击用 Outlook、Foxmail 打开就可以发；或加 --send 由程序发出）" if ready else ""))
    if _faults(batch):
        raise typer.Exit(INTERNAL_ERROR)


def fetch_mails(office: Office, now: datetime) -> None:
    """Take new mails into the inbox and tell of them."""
    from kaohe.mail.fetch import fetch

    server = office.config.fetch
    if server is None:
        screen.complain(_not_set_up(office, "收信", "fetch"))
        raise typer.Exit(WRONG_CONFIGURATION)
    password, state = _password(office, server), office.config.folder("state")
    with alone(state, now):
        ledger = Ledger(state)
        if mended := ledger.mend(int(now.timestamp())):
            screen.complain(mended)
        try:
            found = fetch(office.config, server, password, ledger, now, OnConsole(screen.out, screen.say))
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
        screen.say(
            f"请核对是谁发的：{taken.envelope.shown}，{taken.envelope.doubt}。确是某单位的，把邮箱加到它的 emails 里；"
            "里面的佐证材料要算它的，把这封邮件移到收件箱里以该单位命名的文件夹；是考核组的，写成考核组的 email"
        )
    for envelope in found.without_files:
        screen.say(f"没有附件，没有取：{envelope.shown}（正文里可能写了说明或网盘链接，请在邮箱里看）")
    for problem in found.problems:
        screen.complain(problem)
    if found.waiting:
        screen.say(f"还有{found.waiting}封没有取，再运行一次会接着取")
    then = f"。接下来：{how_to(office.config.home, 'run')}"
    screen.say(f"取到{len(rows)}封邮件，在：{office.config.folder('inbox')}{then}" if rows else "没有新的带附件的邮件")
    if found.stopped:
        screen.complain(found.stopped)
        raise typer.Exit(INTERNAL_ERROR)


def show_pursuits(office: Office, today: date) -> None:
    """Who still has to send or correct something, by group."""
    found = _chase(office, today)
    rows = [
        [p.group, p.unit.short, p.state.chinese, p.need or "—", str(p.count) if p.need else "", _day(p.last), _upcoming(p)] for p in found.pursuits
    ]
    screen.table(
        f"{office.config.year}年度考核催报一览（{date_text(found.days.today)}）",
        ("考核组", "单位", "状态", "要办的", "已催次数", "上次", "下次"),
        rows,
        numbers=(4,),
    )
    _show_days(found.days)
    due = [p.unit.short for p in found.waiting if p.due]
    screen.say(f"今天该催{len(due)}个单位：{'、'.join(due)}。{how_to(office.config.home, 'mail reminders')}，写催报邮件" if due else "今天没有要催的")


def keep_passwords(office: Office) -> None:
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


def _planned(office: Office, order: Order, today: date) -> tuple[Batch, list[Result]]:
    """The mails of a kind and what is to become of each; ends the command where there can be none."""
    units = [unit for unit in order.units if isinstance(unit, Unit)] or office.config.cohort
    match order.kind:
        case Kind.FORMS:
            batch = forms_batch(office, units, today)
        case Kind.CORRECTIONS:
            batch = corrections_batch(office, units, today)
        case Kind.INSPECTIONS:
            groups = [group for group in order.units if isinstance(group, Group)] or office.config.groups
            batch = inspections_batch(office, groups, today)
        case Kind.LETTERS:
            batch = letters_batch(office, units, today)
        case Kind.REMINDERS:
            found = _chase(office, today)
            _show_days(found.days)
            batch = reminders_batch(office, found, units, everybody=order.everybody)
    if batch.refusal:
        screen.complain(batch.refusal)
        raise typer.Exit(INTERNAL_ERROR)
    return batch, plan(batch.drafts, SentBook(Ledger(office.config.folder("state"))).entries(), again=order.again)


def _chase(office: Office, today: date) -> Chase:
    return chase(survey(office), SentBook(Ledger(office.config.folder("state"))).entries(), today)


def _sending_server(office: Office) -> Mail:
    """The server to send with; ends the command where it is not set or the office has no address of its own."""
    if office.config.mail is None:
        screen.complain(_not_set_up(office, "发信", "mail"))
        raise typer.Exit(WRONG_CONFIGURATION)
    if not is_real(sender_of(office.config).address):
        screen.complain(f"发件地址 {sender_of(office.config).address} 不是真实地址，请在 config.toml 里改 [issuer] 的 email，或写 [mail] 的 from")
        raise typer.Exit(WRONG_CONFIGURATION)
    return office.config.mail


def _not_set_up(office: Office, what: str, section: str) -> str:
    return _NOT_SET_UP.format(what=what, section=section, keep=how_to(office.config.home, "mail password"))


def _password(office: Office, server: Server) -> str:
    try:
        return password_of(office.config, server)
    except AccountFault as fault:
        screen.complain(str(fault))
        raise typer.Exit(WRONG_CONFIGURATION) from None


def _send(office: Office, server: Mail, batch: Batch, planned: Sequence[Result], *, only_some: bool) -> None:
    """Send, file copies of what went out, leave drafts of the rest, and tell."""
    clock = SystemClock()
    try:
        postbox = Postbox(server, sender_of(office.config).address, _password(office, server), trust(office.config, server))
    except AccountFault as fault:
        screen.complain(str(fault))
        raise typer.Exit(WRONG_CONFIGURATION) from None
    book = SentBook(Ledger(office.config.folder("state")))

    def keep(name: str, data: bytes) -> None:
        file_copy(office.config, name, data, clock.now().date())

    sending = Sender(server, postbox, book, clock, OnConsole(screen.out, screen.say), keep).send(planned)
    sent = [result for result in sending.results if result.fate is Fate.SENT]
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
        screen.table(f"{batch.kind.chinese}邮件", ("考核组" if batch.kind is Kind.INSPECTIONS else "单位", "收件人", "主题", "附件", "情况"), rows)
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


def _changed_since(office: Office) -> bool:
    """Whether the configuration was saved after the last run made its report, and something changed by that."""
    from kaohe.night import unchanged

    report = office.config.folder("outbox") / REPORT_FILE
    return report.is_file() and office.file.stat().st_mtime > report.stat().st_mtime and unchanged(office) is None


def _faults(batch: Batch) -> bool:
    """Whether a template stood in the way of some mail."""
    return any("没有写成" in omitted.why for omitted in batch.omitted)


def _show_days(days: Days) -> None:
    screen.say(_deadline_text(days))
    if days.note:
        screen.say(f"注意：{days.note}")


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
