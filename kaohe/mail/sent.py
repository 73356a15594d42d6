"""What was mailed to whom, as the ledger remembers it: nobody is mailed twice, and a stopped run goes on where it stopped."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from kaohe.ledger import Ledger, store
from kaohe.mail.kinds import Kind

MAILED = "发信"
"""Kind of the events in the year's log that a mail was sent."""


class State(StrEnum):
    """How far a mail has come. Values stand in the ledger.

    ``SENDING`` is written before the server can have taken the mail: where it is found later, nobody knows whether it was.
    """

    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail that was sent or begun. ``matter`` is what it was about: the same matter is not written of to the same address twice."""

    number: int
    kind: str
    unit: str
    matter: str
    recipient: str
    digest: str
    state: str
    at: int
    said: str

    @property
    def day(self) -> date:
        """The day on which it was sent."""
        return self._local.date()

    @property
    def moment(self) -> str:
        """Day and time for people."""
        return f"{self._local:%Y-%m-%d %H:%M}"

    @property
    def _local(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC).astimezone()


@dataclass(frozen=True, slots=True)
class About:
    """What identifies a mail to the ledger; ``name`` is how the year's log calls it."""

    kind: Kind
    unit: str
    matter: str
    recipient: str
    digest: str
    name: str


class SentBook:
    """The ledger's pages about mails that went out."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def entries(self) -> tuple[Entry, ...]:
        """Everything remembered, in order. Reads only; nothing where there is no ledger or one from before mails were sent."""
        try:
            with store.reading(self._ledger.path) as connection:
                return tuple(Entry(*row) for row in connection.execute(f"{store.SELECT_SENT} ORDER BY number"))
        except (OSError, sqlite3.Error):
            return ()

    def begin(self, about: About, at: int) -> int:
        """Remember that the server may have taken the mail from now on. Raises FolderFault; then it must not be sent."""
        with self._ledger.transaction() as connection:
            return self._insert(connection, about, State.SENDING, at, "")

    def settle(self, number: int, about: About, state: State, at: int, said: str) -> None:
        """What became of a mail that was begun."""
        with self._ledger.transaction() as connection:
            connection.execute("UPDATE sent SET state = ?, at = ?, said = ? WHERE number = ?", (state.value, at, said, number))
            self._log(connection, about, state, at, said)

    def note(self, about: About, state: State, at: int, said: str) -> None:
        """A mail that the server surely did not take."""
        with self._ledger.transaction() as connection:
            self._insert(connection, about, state, at, said)
            self._log(connection, about, state, at, said)

    def doubt(self, about: About, at: int) -> None:
        """The year's log tells that nobody knows whether the server took a mail that was begun."""
        with self._ledger.transaction() as connection:
            self._tell(connection, about, at, f"不确定是否已发到 {about.recipient}：交给服务器以后连接断了")

    @staticmethod
    def _insert(connection: sqlite3.Connection, about: About, state: State, at: int, said: str) -> int:
        (number,) = connection.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM sent").fetchone()
        store.insert_sent(connection, [(number, about.kind.value, about.unit, about.matter, about.recipient, about.digest, state.value, at, said)])
        return int(number)

    @staticmethod
    def _log(connection: sqlite3.Connection, about: About, state: State, at: int, said: str) -> None:
        if state is State.DEFERRED:
            return
        what = f"已发到 {about.recipient}" if state is State.SENT else f"{about.recipient} 拒收：{said}"
        SentBook._tell(connection, about, at, what)

    @staticmethod
    def _tell(connection: sqlite3.Connection, about: About, at: int, what: str) -> None:
        store.insert_events(connection, [(at, MAILED, about.unit, f"{about.name}（{about.digest[:8]}）", what)])
