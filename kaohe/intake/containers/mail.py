"""E-mails saved as .eml: attachments with the names their senders gave them, whatever the mail program did to the headers."""

import binascii
import quopri
import re
import string
from collections.abc import Callable, Iterator
from io import BytesIO

from kaohe.config.model import Intake
from kaohe.intake.containers import dates, headers, mime
from kaohe.intake.containers.parts import Basket, ContainerFault, Opened
from kaohe.intake.sniff import Kind, sniff

_BOUNDARY_LINES = 3
_FROM_LINE = re.compile(rb"(?:\A|\r?\n\r?\n)(?=From \S+[^\r\n]* \d{4}\r?\n)")
_TYPE_HEADER = re.compile(rb"(?im)^content-type:[^\n]*(?:\n[ \t][^\n]*)*")
_LONGEST_HEADER = 1 << 16
"""The standard parser's time grows with the square of this header's length."""
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]")
_PADDING = re.compile(rb"=+")
_FOREIGN = bytes(set(range(256)) - {*(string.ascii_letters + string.digits + "+/=").encode()})
_BLOCK = 1 << 20
_CLOUD = re.compile("超大附件|ftnExs_download|large-attachment-download|云附件|中转站")
_PASTED = 10 * 1024
"""Bytes from which a picture in the body is taken for something that the sender pasted as evidence."""
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
    basket.expect(data.count(b"\n--") // _BOUNDARY_LINES, 0)
    if any(match.end() - match.start() > _LONGEST_HEADER for match in _TYPE_HEADER.finditer(data)):
        raise ContainerFault("邮件的头部大得不合常理，为安全起见没有打开，请把附件单独报送", refused=True)
    reader = _Reader(basket)
    for begin, end in _mails(data):
        reader.read(data, begin, end)
    return basket.opened(_NO_ATTACHMENT)


def is_decoration(size: int) -> bool:
    """Whether a picture in a mail's body is too small (in bytes) to be more than a signature's, a face or a counter."""
    return size < _PASTED


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

    def read(self, data: bytes, begin: int, end: int) -> None:
        """Take the attachments of the mail at this place. Raises ContainerFault."""
        self._sent = dates.of_header(mime.head(data, begin, end)[0].get("date", ""))
        try:
            for found in mime.parts(data, begin, end):
                self._parts += 1
                self._basket.expect(self._parts // _BOUNDARY_LINES, 0)
                if found.broken_off:
                    self._basket.note(_TRUNCATED)
                    self._basket.cut = True
                self._take(_Part(found, data))
        except mime.TooDeep:
            raise ContainerFault("邮件里套了太多层，不是正常的邮件，为安全起见没有打开，请把填报表单独报送", refused=True) from None

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
        else:
            self._attach(part)

    def _attach(self, part: "_Part") -> None:
        data, damaged = part.content(self._basket.check_room)
        name = part.name
        if (not name and not data) or (part.is_shown and is_decoration(len(data))):
            return
        if part.is_mail:
            name = _mail_name(name or _subject(data))
        elif not name:
            self._unnamed += 1
            name = named_by_content(self._unnamed, part.content_type, data)
        if damaged:
            self._basket.leave(name, _DAMAGED)
        self._basket.put(name, data, sent=self._sent)


class _Part:
    """One part of a mail, seen through its raw headers: the parsed ones raise on some that people really send."""

    def __init__(self, part: mime.Part, data: bytes) -> None:
        self._part, self._data = part, data
        self.content_type = part.token("content-type") or "text/plain"
        self._disposition = part.token("content-disposition")
        self.name = self._found_name()

    @property
    def holds_parts(self) -> bool:
        """A node of the tree, not an attachment."""
        return self._part.holds_parts

    @property
    def is_mail(self) -> bool:
        """A mail forwarded whole."""
        return self.content_type in ("message/rfc822", "message/global")

    @property
    def is_body(self) -> bool:
        """What the sender wrote."""
        return self.content_type.startswith("text/") and not self.name and self._disposition != "attachment"

    @property
    def is_shown(self) -> bool:
        """A picture that the body shows, of the signature or pasted as evidence, or one without any name."""
        if not self.content_type.startswith("image/") or self._disposition == "attachment":
            return False
        return "content-id" in self._part.headers or not self.name

    def text(self) -> str:
        """The beginning of a body."""
        charset = headers.parameters(self._part.headers.get("content-type", "")).get("charset", "")
        raw = self._data[self._part.begin : min(self._part.end, self._part.begin + 2 * _LOOKED_AT)]
        return headers.charset_text(_decoded(raw, 0, len(raw), self._encoding, lambda _: None)[0][:_LOOKED_AT], charset)

    def content(self, check_room: Callable[[int], None]) -> tuple[bytes, bool]:
        """The bytes, and whether their encoding was damaged. ``check_room`` is asked about their number as they come."""
        return _decoded(self._data, self._part.begin, self._part.end, self._encoding, check_room)

    @property
    def _encoding(self) -> str:
        return self._part.token("content-transfer-encoding")

    def _found_name(self) -> str:
        found = self._part.headers
        candidates = [
            headers.parameters(found.get("content-disposition", "")).get("filename", ""),
            headers.parameters(found.get("content-type", "")).get("name", ""),
        ]
        readable = [name for name in candidates if name and "\ufffd" not in name and not name.startswith("??")]
        return next(iter(readable or [name for name in candidates if name]), "")


def _mails(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the mail stands, or where the file begins with a mailbox's separator each mail of it; after a byte order mark and blanks."""
    begin = len(data) - len(data[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()) - max(len(data) - _LOOKED_AT, 0)
    if not data.startswith(b"From ", begin):
        yield begin, len(data)
        return
    starts = [match.end() for match in _FROM_LINE.finditer(data, begin)] or [begin]
    yield from zip(starts, [*starts[1:], len(data)], strict=True)


def _subject(mail: bytes) -> str:
    """The subject of a mail that is attached."""
    return headers.words(mime.head(mail, 0, len(mail))[0].get("subject", ""))


def _mail_name(name: str) -> str:
    """Ending in .eml, so that people can open it."""
    bare = name or "转发的邮件"
    return bare if bare.lower().endswith((".eml", ".msg")) else f"{bare.replace('/', '_')}.eml"


def _decoded(data: bytes, begin: int, end: int, encoding: str, check_room: Callable[[int], None]) -> tuple[bytes, bool]:
    match encoding:
        case "base64":
            return _from_base64(data, begin, end, check_room)
        case "quoted-printable":
            return quopri.decodestring(data[begin:end]), False
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _from_uu(data[begin:end])
        case _:
            check_room(end - begin)
            return data[begin:end], False


def _from_base64(data: bytes, begin: int, end: int, check_room: Callable[[int], None]) -> tuple[bytes, bool]:
    """Everything that can be decoded; damage shows as foreign characters, as padding in the middle, or as a piece cut off.

    Block by block: of a large attachment nothing but the result itself takes room.
    """
    out, damaged, rest = BytesIO(), False, b""
    for at in range(begin, end, _BLOCK):
        block = data[at : min(at + _BLOCK, end)]
        damaged = damaged or _NOT_BASE64.search(block) is not None
        *ended, rest = _PADDING.split(rest + block.translate(None, _FOREIGN))
        for piece in ended:
            damaged = _last(piece, out) or damaged
        whole = len(rest) // 4 * 4
        out.write(binascii.a2b_base64(rest[:whole]))
        rest = rest[whole:]
        check_room(out.tell())
    damaged = _last(rest, out) or damaged
    return out.getvalue(), damaged


def _last(piece: bytes, out: BytesIO) -> bool:
    """Decode what stands before padding or the end; whether a character was left over."""
    odd = len(piece) % 4 == 1
    kept = piece[:-1] if odd else piece
    out.write(binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)))
    return odd


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
