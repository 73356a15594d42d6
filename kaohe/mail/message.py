"""A mail as bytes: Chinese names and attachments written so that every mail program shows them rightly."""

import hashlib
from base64 import encodebytes
from dataclasses import dataclass
from email import policy
from email.charset import BASE64, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import PurePosixPath
from urllib.parse import quote

from kaohe.text import shorten

_CHARSET = Charset("utf-8")
_CHARSET.header_encoding = BASE64  # some mail programs of the country show the other encoding as it stands
_LINE = 75
_LONGEST_SUBJECT, _LONGEST_NAME = 200, 100
_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".txt": "text/plain; charset=utf-8",
}
# As written here, each line on its own; the standard library would cut lines where Foxmail and QQ Mail do not join them again.
_AS_WRITTEN = policy.compat32.clone(linesep="\r\n", max_line_length=None)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along, under the name that the recipient sees."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is written to whom."""

    sender: Person
    recipient: Person
    subject: str
    text: str
    attachments: tuple[Attachment, ...] = ()

    def draft(self) -> bytes:
        """As a file that Outlook and Foxmail open ready to send. The same message gives the same bytes."""
        return self._written(("X-Unsent", "1"))

    def outgoing(self, date: str, message_id: str) -> bytes:
        """As it is handed to a server; ``date`` in the form of a mail's header."""
        return self._written(("Date", date), ("Message-ID", message_id))

    @property
    def digest(self) -> str:
        """SHA-256 of the draft."""
        return hashlib.sha256(self.draft()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of the attachments."""
        return sum(len(attachment.data) for attachment in self.attachments)

    def _written(self, *further: tuple[str, str]) -> bytes:
        mail = MIMEMultipart("mixed", boundary=self._boundary())
        del mail["MIME-Version"]
        mail["From"], mail["To"] = _address(self.sender), _address(self.recipient)
        mail["Subject"] = _words(shorten(self.subject, _LONGEST_SUBJECT), len("Subject: "))
        for name, value in further:
            mail[name] = value
        mail["MIME-Version"] = "1.0"
        lines = self.text.strip("\r\n").splitlines()
        mail.attach(_without_version(MIMEText("\r\n".join(lines) + "\r\n", "plain", "utf-8")))
        for attachment in self.attachments:
            mail.attach(_part(attachment))
        return mail.as_bytes(policy=_AS_WRITTEN)

    def _boundary(self) -> str:
        """Of the content, so that it is the same for the same message; its underscore stands in no base64."""
        content = hashlib.sha256(self.text.encode())
        for attachment in self.attachments:
            content.update(attachment.name.encode() + b"\0" + attachment.data)
        return f"=_kaohe_{content.hexdigest()[:24]}"


def _part(attachment: Attachment) -> MIMEBase:
    """The name twice: RFC 2231 for those who know it, RFC 2047 in the type for QQ Mail and 163, which do not."""
    part = MIMEBase("application", "octet-stream")
    kind = _TYPES.get(PurePosixPath(attachment.name).suffix.lower(), "application/octet-stream")
    del part["Content-Type"], part["MIME-Version"]
    part["Content-Type"] = f'{kind};\n name="{_words(_quotable(attachment.name), len(" name=") + 1)}"'
    part["Content-Disposition"] = f"attachment;\n filename*=utf-8''{quote(attachment.name, safe='')}"
    part["Content-Transfer-Encoding"] = "base64"
    part.set_payload(encodebytes(attachment.data).decode("ascii"))
    return part


def _without_version(part: MIMEText) -> MIMEText:
    del part["MIME-Version"]
    return part


def _quotable(name: str) -> str:
    return name.replace("\\", "_").replace('"', "_")


def _address(person: Person) -> str:
    plain = shorten(person.name, _LONGEST_NAME).replace('"', "").replace("\\", "")
    name = f'"{plain}"' if plain.isascii() else _words(plain, len("From: "))
    return f"{name}\n <{person.address}>" if plain else person.address


def _words(text: str, before: int) -> str:
    """Text as RFC 2047 words, no line too long; plain ASCII as it is."""
    if text.isascii():
        return text
    return Header(text, _CHARSET, maxlinelen=_LINE, header_name="x" * max(before - 2, 1)).encode()
