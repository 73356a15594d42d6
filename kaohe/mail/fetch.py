"""Taking new mails that carry files out of a mailbox into the inbox, each once, whole, without touching the mailbox."""

import contextlib
import hashlib
import imaplib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from imap_tools import AND, BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

from kaohe.config.model import Config, Fetch
from kaohe.files import told, write_whole
from kaohe.intake.company import DOUBTFUL_FOLDER
from kaohe.ledger import Event, Ledger, store
from kaohe.mail.account import AccountFault, trust, unreachable
from kaohe.mail.senders import Envelope, carries_files, envelope
from kaohe.progress import Reporter
from kaohe.text import shorten

FOLDER = "邮件"
FETCHED = "取信"
"""Kind of the events in the year's log that a mail was fetched."""

_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_SIZES_AT_ONCE = 500
_SIZE, _UID = re.compile(rb"RFC822\.SIZE (\d+)"), re.compile(rb"UID (\d+)")
_MEGABYTE = 1024 * 1024
_FAILURES = (imaplib.IMAP4.error, ImapToolsError, OSError)


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail that is in the inbox now; ``path`` relative to the inbox. ``known`` says that the same content lay there already."""

    envelope: Envelope
    path: str
    known: bool = False


@dataclass
class Fetching:
    """What came of fetching, in Chinese where it is text."""

    taken: list[Taken] = field(default_factory=list)
    without_files: list[Envelope] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    stopped: str = ""
    waiting: int = 0
    """Mails that are left for the next time because there were too many."""

    @property
    def doubtful(self) -> list[Taken]:
        """Those whose sender is no unit's."""
        return [taken for taken in self.taken if taken.envelope.unit is None]


@dataclass(frozen=True, slots=True)
class _Mail:
    """One mail as it lies in the mailbox."""

    uid: int
    size: int


def fetch(config: Config, server: Fetch, password: str, ledger: Ledger, now: datetime, reporter: Reporter) -> Fetching:
    """Take what is new. What has been taken stays taken, whatever happens after it.

    Raises AccountFault when the mailbox cannot be opened, FolderFault when the inbox or the ledger cannot be written.
    """
    found = Fetching()
    with _opened(config, server, password) as mailbox:
        _Fetcher(config, server, mailbox, ledger, now, found).run(reporter)
    return found


@contextlib.contextmanager
def _opened(config: Config, server: Fetch, password: str) -> Iterator[BaseMailBox]:
    """The mailbox with its folder selected; for reading only unless mails are to be marked."""
    mailbox = _connected(config, server)
    try:
        _login(mailbox, server, password)
        try:
            mailbox.folder.set(server.folder, readonly=not server.mark_seen)
        except _FAILURES:
            names = "、".join(_folders(mailbox))
            raise AccountFault(f"邮箱里没有文件夹“{server.folder}”" + (f"，可以写：{names}" if names else "")) from None
        yield mailbox
    finally:
        with contextlib.suppress(*_FAILURES):
            mailbox.logout()


def _connected(config: Config, server: Fetch) -> BaseMailBox:
    port, context = server.port or _PORTS[server.security], trust(config, server)
    try:
        if server.security == "tls":
            return MailBox(server.host, port, timeout=server.seconds, ssl_context=context)
        if server.security == "starttls":
            return MailBoxStartTls(server.host, port, timeout=server.seconds, ssl_context=context)
        return MailBoxUnencrypted(server.host, port, timeout=server.seconds)
    except OSError as error:
        raise unreachable(server, error) from error
    except (imaplib.IMAP4.error, ImapToolsError, ValueError) as error:
        raise AccountFault(f"邮件服务器 {server.host} 不接受连接（{shorten(str(error), 100)}），请核对 port 和 security") from error


def _login(mailbox: BaseMailBox, server: Fetch, password: str) -> None:
    if not server.user:
        return
    try:
        if (server.user + password).isascii():
            mailbox.login(server.user, password, initial_folder=None)
        else:
            mailbox.login_utf8(server.user, password, initial_folder=None)
        _say_who_we_are(mailbox)
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        raise AccountFault(
            f"邮箱 {server.user} 登录不上，服务器说：{shorten(str(error), 100)}。请核对用户名和密码；QQ邮箱、163邮箱要用“授权码”，并在网页上开启 IMAP"
        ) from error
    except OSError as error:
        raise unreachable(server, error) from error


def _say_who_we_are(mailbox: BaseMailBox) -> None:
    """163 and 126 let nobody open a folder who has not given a name (RFC 2971)."""
    if "ID" in mailbox.client.capabilities:
        imaplib.Commands.setdefault("ID", ("AUTH", "SELECTED"))
        with contextlib.suppress(imaplib.IMAP4.error):
            mailbox.client._simple_command("ID", '("name" "kaohe" "version" "1")')


def _folders(mailbox: BaseMailBox) -> list[str]:
    with contextlib.suppress(*_FAILURES):
        return [folder.name for folder in mailbox.folder.list()][:20]
    return []


class _Fetcher:
    """Goes through the folder once."""

    def __init__(self, config: Config, server: Fetch, mailbox: BaseMailBox, ledger: Ledger, now: datetime, found: Fetching) -> None:
        self._config, self._server, self._mailbox = config, server, mailbox
        self._ledger, self._now, self._found = ledger, now, found
        self._inbox = config.folder("inbox")
        self._name = f"{server.user}@{server.host}/{server.folder}"

    def run(self, reporter: Reporter) -> None:
        """Take every new mail; a broken one costs itself only, a broken connection what comes after."""
        try:
            validity = int(self._mailbox.folder.status(self._server.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
            new = self._new(validity)
            self._found.waiting = max(0, len(new) - self._server.most)
            new = new[: self._server.most]
            for mail in reporter.track("取信", self._sized(new), len(new)):
                self._take(mail, validity)
        except (TimeoutError, *_FAILURES):
            self._found.stopped = "与邮箱的连接断了，已经取下的都在收件箱里，再运行一次会接着取"

    def _new(self, validity: int) -> list[int]:
        """The numbers of the mails that the ledger does not know, in the order in which they came."""
        criteria = AND(date_gte=self._server.since) if self._server.since else "ALL"
        known = {row[2] for row in fetched_rows(self._ledger) if row[0] == self._name and row[1] == validity}
        return sorted(uid for uid in map(int, self._mailbox.uids(criteria, charset=None)) if uid not in known)

    def _sized(self, uids: Sequence[int]) -> Iterator[_Mail]:
        for start in range(0, len(uids), _SIZES_AT_ONCE):
            some = uids[start : start + _SIZES_AT_ONCE]
            sizes = {}
            for line in self._ask(",".join(map(str, some)), "(UID RFC822.SIZE)"):
                text = line[0] if isinstance(line, tuple) else line
                number, size = _UID.search(text or b""), _SIZE.search(text or b"")
                if number and size:
                    sizes[int(number[1])] = int(size[1])
            for uid in some:
                if uid in sizes:  # others were deleted meanwhile
                    yield _Mail(uid, sizes[uid])

    def _take(self, mail: _Mail, validity: int) -> None:
        """One mail. Only what goes wrong with the connection, the inbox or the ledger is raised."""
        header = self._part(mail.uid, "BODY.PEEK[HEADER]")[0]
        about = envelope(header, self._config)
        if mail.size > self._server.mail_mb * _MEGABYTE:
            size = mail.size // _MEGABYTE
            self._found.problems.append(f"{about.shown}有{size}MB，超过 [fetch] 的 mail_mb，没有取，仍在邮箱里；请在邮箱里把附件另存到收件箱")
            return
        data, arrived = self._part(mail.uid, "BODY.PEEK[]")
        if not data:
            self._found.problems.append(f"{about.shown}的内容服务器没有给出来，没有取，仍在邮箱里；请在邮箱里打开看看")
            return
        if not carries_files(data):
            self._found.without_files.append(about)
            self._remember(mail, validity, "", "没有附件", about)
            return
        path = self._stored(about, data, arrived)
        self._remember(mail, validity, hashlib.sha256(data).hexdigest(), path, about)
        if self._server.mark_seen:
            # Not by the library's own method, which also expunges what other programs have marked as deleted.
            self._mailbox.client.uid("STORE", str(mail.uid), "+FLAGS.SILENT", r"(\Seen)")

    def _stored(self, about: Envelope, data: bytes, arrived: datetime) -> str:
        """Save the mail, dated as it came into the mailbox: of two returns taken in one go the later one counts."""
        day = f"{arrived.astimezone():%Y%m%d}"
        folder = self._inbox / FOLDER if about.unit else self._inbox / FOLDER / DOUBTFUL_FOLDER
        with told("保存邮件", folder):
            present = self._present(data)
            path = present or _unused(folder / about.file_name(day))
            if present is None:
                write_whole(path, data, modified=int(arrived.timestamp()))
        shown = path.relative_to(self._inbox).as_posix()
        self._found.taken.append(Taken(about, shown, known=present is not None))
        return shown

    def _present(self, data: bytes) -> Path | None:
        """Where the inbox already has this very mail: a killed run may have saved it, or the mailbox been renumbered."""
        for path in sorted((self._inbox / FOLDER).rglob("*.eml")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size == len(data) and path.read_bytes() == data:
                return path
        return None

    def _remember(self, mail: _Mail, validity: int, sha: str, said: str, about: Envelope) -> None:
        at = int(self._now.timestamp())
        with self._ledger.transaction() as connection:
            store.insert_fetched(connection, [(self._name, validity, mail.uid, sha, at, said)])
            if sha:
                event = Event(at, FETCHED, about.unit.code if about.unit else "", f"{said}（{sha[:8]}）", f"发件人 {about.address or '不明'}")
                store.insert_events(connection, [(event.at, event.kind, event.unit, event.subject, event.said)])

    def _part(self, uid: int, part: str) -> tuple[bytes, datetime]:
        """A part of a mail and when the mail came into the mailbox."""
        data, arrived = b"", self._now
        for line in self._ask(str(uid), f"(UID INTERNALDATE {part})"):
            answer, content = line if isinstance(line, tuple) else (line, b"")
            data = bytes(content) or data
            moment = imaplib.Internaldate2tuple(answer or b"")
            if moment is not None:
                arrived = datetime(*moment[:6]).astimezone(UTC)
        return data, arrived

    def _ask(self, uids: str, what: str) -> list[tuple[bytes, bytes] | bytes]:
        status, lines = self._mailbox.client.uid("FETCH", uids, what)
        if status != "OK":
            raise imaplib.IMAP4.error(status)
        return lines


def fetched_rows(ledger: Ledger) -> list[store.Row]:
    """What was fetched before; nothing where there is no ledger. Reads only."""
    try:
        with store.reading(ledger.path) as connection:
            return connection.execute(store.SELECT_FETCHED).fetchall()
    except (OSError, sqlite3.Error):
        return []


def _unused(path: Path) -> Path:
    number, free = 2, path
    while free.exists():
        free = path.with_stem(f"{path.stem} ({number})")
        number += 1
    return free
