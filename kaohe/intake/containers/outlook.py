"""E-mails saved by Outlook as .msg: a compound file with a storage for each attachment."""

import struct

import olefile

from kaohe.config.model import Intake
from kaohe.intake.compound import BrokenCompound, open_compound
from kaohe.intake.containers import dates, names, wording
from kaohe.intake.containers.headers import charset_text
from kaohe.intake.containers.mail import is_decoration, named_by_content
from kaohe.intake.containers.parts import SERIOUS, Basket, ContainerFault, Opened

_ATTACHMENT = "__attach_version1.0_#"
_PROPERTIES = "__properties_version1.0"
_EMBEDDED = "__substg1.0_3701000D"
_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME, _SUBJECT = "3707", "3704", "3001", "0037"
_DATA, _MIME, _CONTENT_ID = "__substg1.0_37010102", "370E", "3712"
_SUBMITTED, _DELIVERED = 0x00390040, 0x0E060040
_METHOD, _FLAGS, _HIDDEN, _CODEPAGE, _INTERNET_CODEPAGE = 0x37050003, 0x37140003, 0x7FFE000B, 0x3FFD0003, 0x3FDE0003
_BY_VALUE, _MAIL, _OLE_OBJECT = 1, 5, 6
_IN_BODY = 4
_TOP_HEADER, _MAIL_HEADER, _ATTACHMENT_HEADER = 32, 24, 8
_COUNT_AT = 20
_NAME_BYTES = 8192
_MAX_PROPERTIES = 1 << 16
_CODEPAGES = {936: "gb18030", 54936: "gb18030", 950: "big5", 65001: "utf-8", 1252: "", 20936: "gb18030", 1200: "utf-16-le"}
_BROKEN = "邮件打不开，可能已损坏或没有传完，请重新报送，或把附件单独报送"
_NO_ATTACHMENT = "邮件里没有附件"
_TNEF = "是 Outlook 的专用格式（winmail.dat），附件包在里面取不出来，请把填报表单独报送"
_LINKED = "只是一个链接，文件不在邮件里，请把文件本身作为附件重新发送"
_OBJECT = "是插在正文里的对象，不是附件，没有取出，请作为附件重新发送"
_SEALED = "是加密邮件的内容，打不开，请不要加密，重新发送"
_TOO_DEEP = "里面套的邮件太多层，没有再打开，请把里面的填报表单独报送"
_Path = tuple[str, ...]


def open_outlook(data: bytes, limits: Intake) -> Opened:
    """The attachments of an Outlook mail; those of a mail attached to it stand in a folder of its name. Raises ContainerFault."""
    basket = Basket(limits)
    try:
        ole = open_compound(data)
    except BrokenCompound:
        raise ContainerFault(_BROKEN) from None
    with ole:
        try:
            reader = _Reader(ole, basket)
        except RecursionError:  # a directory that runs in circles
            raise ContainerFault(_BROKEN) from None
        reader.read((), "", _TOP_HEADER)
    return basket.opened(_NO_ATTACHMENT)


class _Reader:
    """Goes through a mail and the mails attached to it."""

    def __init__(self, ole: olefile.OleFileIO, basket: Basket) -> None:
        self._ole = ole
        self._basket = basket
        self._entries = sorted(tuple(entry) for entry in ole.listdir(streams=True, storages=True))
        self._unnamed = 0

    def read(self, mail: _Path, folder: str, header: int) -> None:
        """Take the attachments of the mail in this storage."""
        numbers = self._numbers(mail, header)
        sent = self._sent(mail, header)
        charset = next((_CODEPAGES[page] for key in (_CODEPAGE, _INTERNET_CODEPAGE) if (page := numbers.get(key, 0)) in _CODEPAGES), "")
        storages = [entry for entry in self._entries if entry[:-1] == mail and entry[-1].startswith(_ATTACHMENT)]
        promised = self._promised(mail)
        if promised > len(storages):
            self._basket.note(f"邮件有损坏，应有{promised}个附件，只找到{len(storages)}个，请重新报送")
        for storage in storages:
            try:
                self._take(storage, folder, charset, sent)
            except SERIOUS:
                raise
            except Exception:  # a damaged chain of sectors, or an attachment without what it needs
                self._basket.leave(folder + (self._safe_name(storage, charset) or "附件"), wording.DAMAGED)

    def _sent(self, mail: _Path, header: int) -> int:
        """When the mail was sent, else when it was delivered."""
        path = [*mail, _PROPERTIES]
        try:
            raw = self._ole.openstream(path).read(_MAX_PROPERTIES)[header:] if self._ole.exists(path) else b""
        except OSError:
            return 0
        times = {tag: ticks for tag, _, ticks in struct.iter_unpack("<IIQ", raw[: len(raw) // 16 * 16])}
        return dates.of_filetime(times.get(_SUBMITTED, 0)) or dates.of_filetime(times.get(_DELIVERED, 0))

    def _promised(self, mail: _Path) -> int:
        """The number of attachments that the mail says it has."""
        path = [*mail, _PROPERTIES]
        raw = self._ole.openstream(path).read(_COUNT_AT + 4) if self._ole.exists(path) else b""
        return int(struct.unpack_from("<I", raw, _COUNT_AT)[0]) if len(raw) == _COUNT_AT + 4 else 0

    def _take(self, storage: _Path, folder: str, charset: str, sent: int) -> None:
        numbers = self._numbers(storage, _ATTACHMENT_HEADER)
        method = numbers.get(_METHOD, _BY_VALUE)
        name = self._safe_name(storage, charset)
        if method == _MAIL:
            self._nested(storage, folder, name, charset)
        elif method == _OLE_OBJECT:
            self._basket.leave(folder + (name or "附件"), _OBJECT)
        elif method != _BY_VALUE:
            self._basket.leave(folder + (name or "附件"), _LINKED)
        elif name.lower() == "winmail.dat":
            self._basket.leave(folder + name, _TNEF)
        elif name.lower() == "smime.p7m":
            self._basket.leave(folder + name, _SEALED)
        elif not (self._shown(storage, name, numbers, charset) and is_decoration(self._size(storage))):
            self._attach(storage, folder, name, charset, sent)

    def _attach(self, storage: _Path, folder: str, name: str, charset: str, sent: int) -> None:
        path = [*storage, _DATA]
        self._basket.check_room(self._ole.get_size(path))
        data = self._ole.openstream(path).read()
        if not name:
            if not data:
                return
            self._unnamed += 1
            name = named_by_content(self._unnamed, self._text(storage, _MIME, charset), data)
        self._basket.put(folder + name, data, sent=sent)

    def _nested(self, storage: _Path, folder: str, name: str, charset: str) -> None:
        inner = (*storage, _EMBEDDED)
        title = names.safe(name or self._text(inner, _SUBJECT, charset) or "转发的邮件").replace("/", "_").removesuffix(".msg")
        if len(inner) // 2 > self._basket.limits.nested:
            self._basket.leave(f"{folder}{title}.msg", _TOO_DEEP)
            return
        self.read(inner, f"{folder}{title}.msg/", _MAIL_HEADER)

    def _size(self, storage: _Path) -> int:
        path = [*storage, _DATA]
        return int(self._ole.get_size(path)) if self._ole.exists(path) else 0

    def _shown(self, storage: _Path, name: str, numbers: dict[int, int], charset: str) -> bool:
        """A picture that the body shows: the signature's, or one that was pasted."""
        shown = bool(numbers.get(_FLAGS, 0) & _IN_BODY or numbers.get(_HIDDEN, 0) & 1)
        picture = self._text(storage, _MIME, charset).startswith("image/") or name.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".bmp"))
        return shown and picture and bool(self._text(storage, _CONTENT_ID, charset))

    def _safe_name(self, storage: _Path, charset: str) -> str:
        found = (self._text(storage, key, charset) for key in (_LONG_NAME, _SHORT_NAME, _DISPLAY_NAME))
        return next((name for name in found if name), "")

    def _text(self, storage: _Path, key: str, charset: str) -> str:
        """A text property, stored as Unicode or in the mail's code page; "" where it is missing or damaged."""
        for suffix, encoding in (("001F", "utf-16-le"), ("001E", charset)):
            path = [*storage, f"__substg1.0_{key}{suffix}"]
            try:
                raw = self._ole.openstream(path).read(_NAME_BYTES) if self._ole.exists(path) else b""
            except OSError:
                raw = b""
            if raw:
                text = raw.decode(encoding, "replace") if encoding == "utf-16-le" else charset_text(raw, encoding)
                return text.partition("\0")[0].strip()
        return ""

    def _numbers(self, storage: _Path, header: int) -> dict[int, int]:
        """The short properties of a storage, by tag."""
        path = [*storage, _PROPERTIES]
        try:
            raw = self._ole.openstream(path).read(_MAX_PROPERTIES)[header:] if self._ole.exists(path) else b""
        except OSError:
            return {}
        return {tag: value for tag, _, value, _ in struct.iter_unpack("<4I", raw[: len(raw) // 16 * 16])}
