"""An office that mails: addresses on loopback, servers of the test, a clock that only moves when somebody waits."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office, load_office
from kaohe.ledger import Ledger
from kaohe.mail.account import trust
from kaohe.mail.drafts import Batch, forms_batch
from kaohe.mail.sending import Sender, Sending, plan
from kaohe.mail.sent import SentBook
from kaohe.mail.smtp import Postbox
from kaohe.progress import Silent
from tests.support.forms import drop
from tests.support.mail_servers import HOST, PASSWORD, USER, Certificates
from tests.support.sample import write_config

START = datetime(2014, 12, 8, 9, 0, tzinfo=UTC)
UNITS = ("xinzheng", "jinshui", "zhongyuan")


def mail_config(certificate: Certificates, port: int = 25, *, security: str = "tls", per_minute: int = 600, retries: int = 2) -> str:
    """The text of a ``[mail]`` section."""
    account = "" if security == "none" else f'user = "{USER}"\n'
    return (
        f'\n[mail]\nhost = "{HOST}"\nport = {port}\nsecurity = "{security}"\n{account}from = "{USER}"\nca = "{certificate.authority}"\n'
        f"per_minute = {per_minute}\nretries = {retries}\nretry_seconds = 300\nseconds = 10\n"
    )


def mail_office(home: Path, extra: str = "") -> Office:
    """An office in a folder of its own whose units have addresses under ``gsl.test``; ``extra`` is added to its configuration."""
    text = (PROGRAM_ROOT / "config.toml").read_text(encoding="utf-8").replace("@gsl.example", "@gsl.test").replace("@zzsgsl.example", "@zzsgsl.test")
    lines = []
    for line in text.splitlines():
        lines.append(line)
        if line.startswith("department = "):
            lines.append('department_email = "tzb@dept.test"')
    return load_office(write_config(home, "\n".join(lines) + "\n" + extra))


def with_forms(office: Office, codes: tuple[str, ...] = UNITS) -> Batch:
    """The mails with forms for some units, whose forms are there."""
    units = [office.config.units_by_code[code] for code in codes]
    for unit in units:
        drop(office.config.folder("outbox"), f"forms/2014年度考核填报表-{unit.short}.xlsx", f"form of {unit.code}".encode())
    return forms_batch(office, units, START.date())


class Hands:
    """A clock whose hands are moved by waiting alone."""

    def __init__(self, start: datetime = START) -> None:
        self.moment, self.waits = start, list[float]()

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.moment += timedelta(seconds=seconds)


class Desk:
    """Where mails are sent from: one office, one ledger, one account."""

    def __init__(self, office: Office, batch: Batch, hands: Hands | None = None) -> None:
        self.office, self.batch, self.hands = office, batch, hands or Hands()
        self.ledger = Ledger(office.config.folder("state"))
        self.book = SentBook(self.ledger)
        self.copies: dict[str, bytes] = {}

    def send(self, *, again: bool = False, password: str = PASSWORD) -> Sending:
        """One run of the program."""
        config = self.office.config
        assert config.mail is not None
        postbox = Postbox(config.mail, USER, password if config.mail.user else "", trust(config, config.mail))
        planned = plan(self.batch.drafts, self.book.entries(), again=again)
        return Sender(config.mail, postbox, self.book, self.hands, Silent(), self.copies.__setitem__).send(planned)

    def fates(self, sending: Sending) -> list[str]:
        """What became of each draft, in order."""
        return [result.fate.value for result in sending.results]

    def remembered(self) -> list[tuple[str, str]]:
        """Unit and state of every mail in the ledger."""
        return [(entry.unit, entry.state) for entry in self.book.entries()]
