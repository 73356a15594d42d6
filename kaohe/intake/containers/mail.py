"""E-mails saved as .eml: attachments with the names their senders gave them, whatever the mail program did to the headers."""

import binascii
import email
import email.policy
import quopri
import re
from collections.abc import Iterator
from email.message import Message

from kaohe.config.model import Intake
from kaohe.intake.containers import dates, headers
from kaohe.intake.containers.parts import Basket, ContainerFault, Opened
from kaohe.intake.sniff import Kind, sniff

# Attached mails are written out with their headers as they came: what cannot be parsed must not be rewritten either.
_AS_IT_CAME = email.policy.default.clone(refold_source="none", max_line_length=None, utf8=True)
_BOUNDARY_LINES = 3
_FROM_LINE = re.compile(rb"(?:\A|\r?\n\r?\n)(?=From \S+[^\r\n]* \d{4}\r?\n)")
_TYPE_HEADER = re.compile(rb"(?im)^content-type:[^\n]*(?:\n[ \t][^\n]*)*")
_LONGEST_HEADER = 1 << 16
"""The standard parser's time grows with the square of this header's length."""
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]")
_CLOUD = re.compile("超大附件|ftnExs_download|large-attachment-download|云附件|中转站")
_LOOKED_AT = 1 << 20
_NO_ATTACHMENT = "邮件里没有附件"
_TNEF = "是 Outlook 的专用格式（winmail.dat），附件包在里面取不出来，请发件单位改用“HTML”或“纯文本”格式重新发送，或把填报表单独报送"
_SEALED = "是加密邮件的内容，打不开，请不要加密，重新发送"
_DAMAGED = "的编码有损坏，取出的内容可能不完整，请核对，打不开时请重新报送"
_TRUNCATED = "邮件不完整，可能没有传完，最后的附件可能缺少或打不开，请重新报送"
_ELSEWHERE = "邮件里有网盘或超大附件的链接，程序不会上网下载，请下载后单独放进收件箱"
_IN_PIECES = "这是被拆开发送的邮件的一段，附件不完整，请整封重新发送"
_NO_STRUCTURE = "邮件的结构有损坏，有附件取不出来，请重新发送"
_EXTENSIONS = {
    Kind.PICTURE: "jpg",
    Kind.DOCUMENT: "doc",
    Kind.MARKUP: "html",
    Kind.TEXT: "txt",
    Kind.LOCKED: "xlsx",
    Kind.OTHER: "dat",
    Kind.EMPTY: "dat",
}
_BY_TYPE = {"image/png": "png", "image/gif": "gif", "image/bmp": "bmp", "text/csv": "csv"}
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "message/delivery-status"}
_SEALED_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
_NOTES = {"message/external-body": _ELSEWHERE, "message/partial": _IN_PIECES}
_TNEF_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}


def open_mail(data: bytes, limits: Intake) -> Opened:
    """The attachments of a mail, or of every mail of a mailbox file. Raises ContainerFault."""
    basket = Basket(limits)
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    basket.expect(text.count(b"\n--") // _BOUNDARY_LINES, 0)
    if any(len(match.group()) > _LONGEST_HEADER for match in _TYPE_HEADER.finditer(text)):
        raise ContainerFault("邮件的头部大得不合常理，为安全起见没有打开，请把附件单独报送", refused=True)
    reader = _Reader(basket)
    for source in _mails(text):
        reader.read(source)
    return basket.opened(_NO_ATTACHMENT)


def named_by_content(number: int, content_type: str, data: bytes) -> str:
    """A name for an attachment that has none: its number, and the extension its bytes or its type call for."""
    kind = sniff(data)
    extension = _BY_TYPE.get(content_type) or _EXTENSIONS.get(kind, kind.value)
    if kind is Kind.DOCUMENT and data.startswith(b"PK"):
        extension = "docx"
    return f"附件{number}.{extension}"


class _Reader:
    """Goes through the parts of mails; unnamed attachments are numbered over all of them."""

    def __init__(self, basket: Basket) -> None:
        self._basket = basket
        self._unnamed = 0
        self._parts = 0
        self._sent = 0

    def read(self, source: bytes) -> None:
        """Take the attachments of one mail. Raises ContainerFault."""
        try:
            # Headers are read in this package: the newer policy's parser takes minutes over some hostile ones, and raises on others.
            message = email.message_from_bytes(source, policy=email.policy.compat32)
        except RecursionError:
            raise ContainerFault("邮件里套了太多层，不是正常的邮件，为安全起见没有打开，请把填报表单独报送", refused=True) from None
        self._sent = _sent(message)
        newline = "\r\n" if b"\r\n" in source[:_LOOKED_AT] else "\n"
        for part in _walk(message):
            self._parts += 1
            self._basket.expect(self._parts // _BOUNDARY_LINES, 0)
            if any(type(defect).__name__ in ("CloseBoundaryNotFoundDefect", "StartBoundaryNotFoundDefect") for defect in part.defects):
                self._basket.note(_TRUNCATED)
            self._take(_Part(part, newline))

    def _take(self, part: "_Part") -> None:
        if part.holds_parts or part.content_type in _SIGNATURES:
            return
        if part.content_type in _TNEF_TYPES or part.name.lower() == "winmail.dat":
            self._basket.leave(part.name or "winmail.dat", _TNEF)
        elif part.content_type in _SEALED_TYPES:
            self._basket.leave(part.name or "smime.p7m", _SEALED)
        elif part.content_type in _NOTES:
            self._basket.note(_NOTES[part.content_type])
        elif part.content_type.startswith("multipart/"):
            if _TRUNCATED not in self._basket.left:
                self._basket.note(_NO_STRUCTURE)
        elif part.is_body:
            if _CLOUD.search(part.text()):
                self._basket.note(_ELSEWHERE)
        elif not part.is_decoration:
            self._attach(part)

    def _attach(self, part: "_Part") -> None:
        data, damaged = part.content()
        name = part.name
        if not name and not data:
            return
        if part.is_mail:
            name = _mail_name(name or part.subject())
        elif not name:
            self._unnamed += 1
            name = named_by_content(self._unnamed, part.content_type, data)
        if damaged:
            self._basket.leave(name, _DAMAGED)
        self._basket.put(name, data, sent=self._sent)


class _Part:
    """One part of a mail, seen through its raw headers: the parsed ones raise on some that people really send."""

    def __init__(self, part: "Message[str, str]", newline: str) -> None:
        self._part = part
        self._policy = _AS_IT_CAME.clone(linesep=newline)
        self._raw: dict[str, str] = {}
        for key, value in part.raw_items():
            self._raw.setdefault(key.lower(), str(value))
        self.content_type = self._token("content-type") or "text/plain"
        self._disposition = self._token("content-disposition")
        self.name = self._found_name()

    @property
    def holds_parts(self) -> bool:
        """A node of the tree, not an attachment."""
        return self._part.is_multipart() and not self.content_type.startswith("message/")

    @property
    def is_mail(self) -> bool:
        """A mail forwarded whole."""
        return self.content_type in ("message/rfc822", "message/global")

    @property
    def is_body(self) -> bool:
        """What the sender wrote."""
        return self.content_type.startswith("text/") and not self.name and self._disposition != "attachment"

    @property
    def is_decoration(self) -> bool:
        """A picture of the signature or the letter paper, or one without any name."""
        if not self.content_type.startswith("image/") or self._disposition == "attachment":
            return False
        return "content-id" in self._raw or not self.name

    def text(self) -> str:
        """The beginning of a body."""
        charset = headers.parameters(self._raw.get("content-type", "")).get("charset", "")
        return headers.charset_text(self.content()[0][:_LOOKED_AT], charset)

    def subject(self) -> str:
        """The subject of a mail that is attached."""
        inner = self._inner()
        for key, value in inner.raw_items() if inner is not None else ():
            if key.lower() == "subject":
                return headers.words(str(value))
        return ""

    def content(self) -> tuple[bytes, bool]:
        """The bytes, and whether their encoding was damaged."""
        encoding = self._token("content-transfer-encoding")
        inner = self._inner()
        if inner is not None:
            whole = inner.as_bytes(policy=self._policy)
            return _decoded(whole, encoding) if encoding in ("base64", "quoted-printable") else (whole, False)
        del self._part["Content-Transfer-Encoding"]
        payload = self._part.get_payload(decode=True)
        return _decoded(payload if isinstance(payload, bytes) else b"", encoding)

    def _inner(self) -> "Message[str, str] | None":
        payload = self._part.get_payload() if self._part.is_multipart() else None
        first = payload[0] if isinstance(payload, list) and payload else None
        return first if isinstance(first, Message) else None

    def _token(self, header: str) -> str:
        return self._raw.get(header, "").partition(";")[0].strip().lower()

    def _found_name(self) -> str:
        candidates = [
            headers.parameters(self._raw.get("content-disposition", "")).get("filename", ""),
            headers.parameters(self._raw.get("content-type", "")).get("name", ""),
        ]
        readable = [name for name in candidates if name and "\ufffd" not in name and not name.startswith("??")]
        return next(iter(readable or [name for name in candidates if name]), "")


def _mails(data: bytes) -> Iterator[bytes]:
    """The mail, or where the file begins with a mailbox's separator each mail of it."""
    if not data.startswith(b"From "):
        yield data
        return
    starts = [match.end() for match in _FROM_LINE.finditer(data)] or [0]
    for begin, end in zip(starts, [*starts[1:], len(data)], strict=True):
        yield data[begin:end]


def _sent(message: "Message[str, str]") -> int:
    """When the mail was sent, as it says."""
    return next((dates.of_header(str(value)) for key, value in message.raw_items() if key.lower() == "date"), 0)


def _walk(message: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """Every part in order, without going into mails that are attached."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            payload = part.get_payload()
            waiting.extend(reversed([child for child in payload if isinstance(child, Message)]) if isinstance(payload, list) else ())


def _mail_name(name: str) -> str:
    """Ending in .eml, so that people can open it."""
    bare = name or "转发的邮件"
    return bare if bare.lower().endswith((".eml", ".msg")) else f"{bare.replace('/', '_')}.eml"


def _decoded(raw: bytes, encoding: str) -> tuple[bytes, bool]:
    match encoding:
        case "base64":
            return _from_base64(raw)
        case "quoted-printable":
            return quopri.decodestring(raw), False
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _from_uu(raw)
        case _:
            return raw, False


def _from_base64(raw: bytes) -> tuple[bytes, bool]:
    """Everything that can be decoded; damage shows as foreign characters, as padding in the middle, or as a piece cut off."""
    damaged = _NOT_BASE64.search(raw) is not None
    pieces = re.split(rb"=+", re.sub(rb"[^A-Za-z0-9+/=]", b"", raw))
    out = []
    for piece in pieces:
        odd = len(piece) % 4 == 1
        damaged = damaged or odd
        kept = piece[:-1] if odd else piece
        out.append(binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)))
    return b"".join(out), damaged


def _from_uu(raw: bytes) -> tuple[bytes, bool]:
    out, damaged, inside = [], False, False
    for line in raw.splitlines():
        if not inside:
            inside = line.startswith(b"begin ")
        elif line.strip() in (b"end", b"`", b""):
            continue
        else:
            try:
                out.append(binascii.a2b_uu(line))
            except binascii.Error:
                damaged = True
    return b"".join(out), damaged or not inside
