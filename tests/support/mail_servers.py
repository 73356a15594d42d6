"""Real mail servers on loopback with certificates made for the test: one that takes mails as it is told to, and Dovecot."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "office@gsl.test", "授权码-no-need".encode().hex()
HOST = "localhost"
_STARTED_WITHIN = 20


@dataclass(frozen=True)
class Certificates:
    """An authority's certificate in a file, and what a server needs to prove that it is ``localhost``."""

    authority: Path
    server: ssl.SSLContext
    chain: Path
    key: Path


def certificates(folder: Path) -> Certificates:
    """A new authority and a certificate for this computer."""
    authority = trustme.CA()
    issued = authority.issue_cert(HOST, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    paths = folder / "ca.pem", folder / "chain.pem", folder / "key.pem"
    authority.cert_pem.write_to_path(paths[0])
    issued.cert_chain_pems[0].write_to_path(paths[1])
    issued.private_key_pem.write_to_path(paths[2])
    return Certificates(paths[0], context, paths[1], paths[2])


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Taken:
    """What the server took, in order, and how it behaves.

    ``answers`` are given to the recipients of that address, one a time: an answer to RCPT, ``cut`` for a broken connection before
    the mail, ``cut after`` for one after the mail was taken and before the answer, ``late …`` for an answer to the whole mail.
    """

    mails: list[tuple[str, bytes]] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    senders: dict[str, str] = field(default_factory=dict)
    """Answers to MAIL FROM by address."""

    def behave(self, recipient: str, *answers: str) -> None:
        """How the next mails to an address are answered; afterwards they are taken."""
        self.answers[recipient] = list(answers)

    @property
    def recipients(self) -> list[str]:
        """To whom mails were taken, in order."""
        return [recipient for recipient, _ in self.mails]


class _Handler:
    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._late: dict[str, str] = {}

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if answer := self._taken.senders.get(address):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        self._taken.asked.append(address)
        answers = self._taken.answers.get(address, [])
        answer = answers.pop(0) if answers else ""
        if answer == "cut":
            _cut(server)
            return "421 cut"
        if answer.startswith(("late ", "cut after")):
            self._late[address] = answer.removeprefix("late ")
        elif answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        late = self._late.pop(recipient, "")
        if late and late != "cut after":
            return late
        content = envelope.content
        self._taken.mails.append((recipient, content if isinstance(content, bytes) else str(content).encode()))
        if late:
            _cut(server)
        return "250 taken"


def _cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good, message=None if good else "535 authentication failed")


class _Starting(Controller):
    """Offers STARTTLS."""

    def __init__(self, handler: Any, context: ssl.SSLContext, **rest: Any) -> None:
        self._context = context
        super().__init__(handler, **rest)

    def factory(self) -> SMTP:
        return SMTP(self.handler, tls_context=self._context, require_starttls=True, authenticator=_login, auth_required=True, hostname=HOST)


@contextlib.contextmanager
def smtp_server(certificate: Certificates, taken: Taken, *, security: str = "tls", limit: int = 33_554_432) -> Iterator[int]:
    """A server that takes mails from those who log in; gives its port."""
    port, handler = free_port(), _Handler(taken)
    controller: Controller
    if security == "starttls":
        controller = _Starting(handler, certificate.server, hostname="127.0.0.1", port=port)
    elif security == "tls":
        controller = Controller(
            handler,
            hostname="127.0.0.1",
            port=port,
            ssl_context=certificate.server,
            authenticator=_login,
            auth_required=True,
            auth_require_tls=False,
            data_size_limit=limit,
            server_hostname=HOST,
        )
    else:
        controller = Controller(handler, hostname="127.0.0.1", port=port, data_size_limit=limit)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


DOVECOT = shutil.which("dovecot", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
_KNOWN_VERSION = "2.3."
"""The configuration below is written for this one; the next has another syntax."""


def no_dovecot() -> str:
    """Why there can be no mailbox on this computer, "" where there can."""
    if DOVECOT is None:
        return "needs Dovecot (Debian: dovecot-imapd)"
    version = subprocess.run([DOVECOT, "--version"], capture_output=True, text=True, check=True).stdout
    return "" if version.startswith(_KNOWN_VERSION) else f"needs Dovecot {_KNOWN_VERSION}x, this is {version.strip()}"


_CONFIGURATION = """
base_dir = {base}/run
state_dir = {base}/run
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{chain}
ssl_key = <{key}
mail_location = maildir:{base}/mail/%u
first_valid_uid = 0
auth_failure_delay = 0
{users}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Mailbox:
    """A running Dovecot; whoever knows the password has an empty mailbox there."""

    port: int
    starttls_port: int
    log: Path


@contextlib.contextmanager
def dovecot(certificate: Certificates) -> Iterator[Mailbox]:
    """A private Dovecot in a folder of its own, whose path is short enough for its sockets."""
    assert DOVECOT is not None
    base = Path(tempfile.mkdtemp(prefix="kaohe-dv-", dir="/tmp"))
    base.chmod(0o755)
    (base / "mail").mkdir()
    root = os.geteuid() == 0
    uid, gid = (65534, 65534) if root else (os.geteuid(), os.getegid())
    if root:
        os.chown(base / "mail", uid, gid)
    me = "" if root else "\n".join(f"{key} = {pwd.getpwuid(uid).pw_name}" for key in ("default_internal_user", "default_login_user"))
    port, plain = free_port(), free_port()
    text = _CONFIGURATION.format(
        base=base, chain=certificate.chain, key=certificate.key, users=me, password=PASSWORD, uid=uid, gid=gid, port=port, plain=plain
    )
    (base / "dovecot.conf").write_text(text, encoding="utf-8")
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(base / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _answering(port, process, base / "log")
        yield Mailbox(port, plain, base / "log")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=_STARTED_WITHIN)
        shutil.rmtree(base, ignore_errors=True)


def _answering(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server answers; it says in its log why it does not."""
    for _ in range(_STARTED_WITHIN * 20):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8") if log.exists() else "dovecot did not start")
