"""Whose mail it is: by the addresses in the configuration, and by nothing that a stranger can choose."""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.utils import getaddresses

from kaohe.config.model import Config, Group, Unit
from kaohe.intake.containers import headers
from kaohe.text import file_name, shorten

_HEADER_BYTES = 1 << 16
_LONGEST_FROM = 2000
_LONGEST_SUBJECT, _LONGEST_SENDER = 40, 40
_PART_HEADER = re.compile(rb"(?im)^content-(?:type|disposition):([^\r\n]*(?:\r?\n[ \t][^\r\n]*){0,20})")
_NAMED = re.compile(rb"(?i)name[*0-9]{0,6}[ \t]?=")
_PLAIN = re.compile(rb"(?i)\s*(?:text/(?:plain|html)|multipart/(?:mixed|alternative|related|report)|inline)\s*(?:;|$)")
_UUENCODED = re.compile(rb"(?m)^begin [0-7]{3} \S")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a mail's header says. ``unit`` is the unit or group that the sender's address belongs to.

    It is None where the address belongs to none, or to several; ``doubt`` says so.
    """

    address: str
    subject: str
    unit: Unit | Group | None
    doubt: str

    @property
    def shown(self) -> str:
        """Sender and subject for people."""
        who = f"{self.unit.short} {self.address}" if self.unit else self.address or "没有写发件人"
        return f"{who}《{self.subject or '无主题'}》"

    def file_name(self, day: str) -> str:
        """How the mail is called in the inbox. A stranger's own name for himself stands in it nowhere, his subject does."""
        who = self.unit.short if self.unit else shorten(self.address, _LONGEST_SENDER) or "发件人不明"
        return f"{file_name(f'{day}-{who}-{shorten(self.subject, _LONGEST_SUBJECT)}'.rstrip('-'))}.eml"


def envelope(header: bytes, config: Config) -> Envelope:
    """Sender, subject and unit of a mail. Never raises, whatever the header holds."""
    mail = message_from_bytes(header[:_HEADER_BYTES], policy=policy.compat32)
    raw = {key.lower(): str(value) for key, value in reversed(list(mail.raw_items()))}
    subject = " ".join(headers.words(raw.get("subject", "")).split())
    senders = _addresses(raw.get("from", ""))
    if len(senders) != 1:
        return Envelope(", ".join(senders), subject, None, "写了几个发件人" if senders else "没有写发件人")
    units: list[Unit | Group] = [unit for unit in config.cohort if senders[0] in {known.lower() for known in (unit.email, *unit.emails)}]
    units += [group for group in config.groups if group.email is not None and senders[0] == group.email.lower()]
    if len(units) == 1:
        return Envelope(senders[0], subject, units[0], "")
    doubt = f"这个邮箱同时写在{'、'.join(unit.short for unit in units)}" if units else "发件人不在设置的单位、考核组邮箱里"
    return Envelope(senders[0], subject, None, doubt)


def carries_files(mail: bytes) -> bool:
    """Whether anything in the mail may be more than its text. In doubt it is: intake says what it turns out to be."""
    parts = (match[1] for match in _PART_HEADER.finditer(mail))
    return any(not _PLAIN.match(part) or _NAMED.search(part) for part in parts) or _UUENCODED.search(mail) is not None


def _addresses(text: str) -> list[str]:
    """The addresses of a raw header in lower case, each once."""
    try:
        found = getaddresses([" ".join(text.split())[:_LONGEST_FROM]])
    except (ValueError, IndexError, TypeError, RecursionError):  # what the parser makes of some hostile headers
        return []
    return list(dict.fromkeys(address.strip().lower() for _, address in found if "@" in address))
