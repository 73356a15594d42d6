"""Sending drafts at a bounded rate, so that a stopped run can go on and nobody is mailed twice."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from kaohe.config.model import Mail
from kaohe.mail.account import AccountFault
from kaohe.mail.drafts import Draft, is_real
from kaohe.mail.sent import Entry, SentBook, State
from kaohe.mail.smtp import Broken, NotNow, Postbox, Refused, Unsure
from kaohe.progress import Reporter

_AT_ONCE = 3
"""How often one mail is tried at once when the connection breaks."""


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> datetime:
        """The present moment, with its zone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The computer's own."""

    def now(self) -> datetime:
        """The present moment, with its zone."""
        return datetime.now().astimezone()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Fate(StrEnum):
    """What becomes of a draft. Values are shown."""

    READY = "待发"
    SENT = "已发出"
    ALREADY = "以前已发出"
    NO_ADDRESS = "没有真实邮箱"
    REFUSED = "被拒收"
    DEFERRED = "暂时发不出"
    UNSURE = "不确定是否已发出"
    LEFT = "没有发"


@dataclass(frozen=True, slots=True)
class Result:
    """A draft and what became of it; ``said`` explains in Chinese."""

    draft: Draft
    fate: Fate
    said: str = ""


@dataclass
class Sending:
    """What came of sending: one result for every draft, and in Chinese why it ended early, "" where it did not."""

    results: list[Result] = field(default_factory=list)
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing is left for a later run or for a person."""
        return not self.stopped and all(result.fate in (Fate.SENT, Fate.ALREADY) for result in self.results)


def plan(drafts: Sequence[Draft], entries: Sequence[Entry], *, again: bool) -> list[Result]:
    """Which drafts are to be sent, and why the others are not."""
    return [_planned(draft, entries, again=again) for draft in drafts]


def _planned(draft: Draft, entries: Sequence[Entry], *, again: bool) -> Result:
    about = draft.about
    if not is_real(about.recipient):
        return Result(draft, Fate.NO_ADDRESS, f"{about.recipient} 不是真实地址，请在 config.toml 里改")
    key = (about.kind.value, about.unit, about.matter, about.recipient)
    same = [entry for entry in entries if (entry.kind, entry.unit, entry.matter, entry.recipient) == key]
    if again:
        return Result(draft, Fate.READY)
    if sent := [entry for entry in same if entry.state == State.SENT]:
        changed = "，内容后来有改动" if sent[-1].digest != about.digest and about.kind != "reminders" else ""
        return Result(draft, Fate.ALREADY, f"{sent[-1].moment}{changed}；要再发一次请加 --again")
    if begun := [entry for entry in same if entry.state == State.SENDING]:
        why = f"{begun[-1].moment} 发到一半时断了，服务器可能已经收下。请先问对方收到没有；没有收到的，加 --again 再发"
        return Result(draft, Fate.UNSURE, why)
    return Result(draft, Fate.READY)


class Sender:
    """Sends what is ready, remembering every step. ``keep`` is given the name and the bytes of each mail as soon as it is sent."""

    def __init__(
        self,
        server: Mail,
        postbox: Postbox,
        book: SentBook,
        clock: Clock,
        reporter: Reporter,
        keep: Callable[[str, bytes], None],
    ) -> None:
        self._server, self._postbox, self._book = server, postbox, book
        self._clock, self._reporter, self._keep = clock, reporter, keep
        self._next: float = 0.0
        self._attempts = len(book.entries())

    def send(self, planned: Sequence[Result]) -> Sending:
        """Send what is planned as ready; the results stand in the same order."""
        found = {result.draft.about.name: result for result in planned}
        waiting = [result.draft for result in planned if result.fate is Fate.READY]
        stopped = ""
        with closing(self._postbox):
            for attempt in range(1 + self._server.retries):
                if attempt:
                    self._reporter.step(f"还有{len(waiting)}封暂时发不出，{self._server.retry_seconds}秒后再试（第{attempt}次）")
                    self._clock.sleep(self._server.retry_seconds)
                stopped = self._round(waiting, found)
                waiting = [draft for draft in waiting if found[draft.about.name].fate in (Fate.DEFERRED, Fate.READY)]
                if stopped or not waiting:
                    break
        for draft in waiting:
            if found[draft.about.name].fate is Fate.READY:
                found[draft.about.name] = Result(draft, Fate.LEFT, "再运行一次会接着发")
        return Sending(list(found.values()), stopped)

    def _round(self, drafts: Sequence[Draft], found: dict[str, Result]) -> str:
        """Try every draft once; says in Chinese why no more can be sent, "" otherwise."""
        away = ""
        for draft in self._reporter.track("发送", drafts, len(drafts)):
            if away:  # asking a server that does not answer takes a minute each time
                found[draft.about.name] = Result(draft, Fate.DEFERRED, away)
                continue
            try:
                self._postbox.connect()
                self._keep_pace()
                found[draft.about.name] = self._one(draft)
            except AccountFault as fault:
                if not (fault.passing and any(result.fate in (Fate.SENT, Fate.DEFERRED) for result in found.values())):
                    return str(fault)
                away = str(fault)
                found[draft.about.name] = Result(draft, Fate.DEFERRED, away)
        return ""

    def _one(self, draft: Draft) -> Result:
        for _ in range(_AT_ONCE):
            try:
                return self._handed_over(draft)
            except Broken:
                continue
        said = "连接一再中断"
        self._book.note(draft.about, State.DEFERRED, self._at(), said)
        return Result(draft, Fate.DEFERRED, said)

    def _handed_over(self, draft: Draft) -> Result:
        """Raises Broken where the mail surely was not taken."""
        about, begun = draft.about, list[int]()
        self._attempts += 1
        now = self._clock.now()
        data = draft.message.outgoing(format_datetime(now), self._message_id(draft))

        def about_to_end() -> None:
            begun.append(self._book.begin(about, self._at()))

        def ended(state: State, said: str) -> None:
            if begun:
                self._book.settle(begun[0], about, state, self._at(), said)
            else:
                self._book.note(about, state, self._at(), said)

        try:
            said = self._postbox.send(about.recipient, data, about_to_end)
        except Refused as refusal:
            ended(State.REFUSED, str(refusal))
            return Result(draft, Fate.REFUSED, f"{about.recipient}：{refusal}。请核对邮箱地址")
        except NotNow as delay:
            ended(State.DEFERRED, str(delay))
            return Result(draft, Fate.DEFERRED, f"{about.recipient}：{delay}")
        except Unsure:
            self._book.doubt(about, self._at())
            return Result(
                draft, Fate.UNSURE, f"{about.recipient}：交给服务器以后连接断了，没有等到回答。请先问对方收到没有；没有收到的，加 --again 再发"
            )
        ended(State.SENT, said)
        self._keep(about.name, data)
        return Result(draft, Fate.SENT, about.recipient)

    def _message_id(self, draft: Draft) -> str:
        """One for each attempt that anybody may see: servers throw away what bears a known one."""
        about = draft.about
        text = f"{about.kind.value} {about.unit} {about.matter} {about.recipient} {about.digest} {self._attempts}"
        return f"<{sha256(text.encode()).hexdigest()[:32]}@{draft.message.sender.address.rpartition('@')[2]}>"

    def _keep_pace(self) -> None:
        """Wait until the next mail may go."""
        now = self._clock.now().timestamp()
        if now < self._next:
            self._clock.sleep(self._next - now)
            now = self._next
        self._next = now + 60 / self._server.per_minute

    def _at(self) -> int:
        return int(self._clock.now().timestamp())
