"""One connection to the server that takes mails, and what it says of each mail."""

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable

from kaohe.config.model import Mail
from kaohe.mail.account import AccountFault, unreachable
from kaohe.text import shorten

_HELLO = "[127.0.0.1]"
"""What we call ourselves: the computer's own name may be Chinese, which the protocol does not allow."""
_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_GO_ON, _TOO_LARGE, _CLOSING = 354, 552, 421
_LOGIN_WANTED = (530, 534, 535, 538)
_LEADING_DOT = re.compile(rb"(?m)^\.")
_LONGEST = 120


class Refused(Exception):
    """The server does not take this mail, now or later; says in its words why."""


class NotNow(Exception):
    """The server does not take this mail for the time being; says in its words why."""


class Broken(Exception):
    """The connection broke before the server can have taken the mail."""


class Unsure(Exception):
    """The connection broke when the mail had been handed over whole and no answer had come."""


class Postbox:
    """Hands mails to the server one by one; connects when it has to, again after a break."""

    def __init__(self, server: Mail, sender: str, password: str, context: ssl.SSLContext) -> None:
        self._server, self._sender, self._password, self._context = server, sender, password, context
        self._smtp: smtplib.SMTP | None = None

    def send(self, recipient: str, data: bytes, about_to_end: Callable[[], None]) -> str:
        """Hand over one mail; returns the server's words. ``about_to_end`` is called at the last moment before the server can take it.

        Raises Refused, NotNow, Broken or Unsure; AccountFault when no mail can be sent at all.
        """
        smtp = self._connected()
        try:
            self._envelope(smtp, recipient, len(data))
            smtp.send(_lines(data))
        except (Refused, NotNow):
            self._begin_anew(smtp)
            raise
        except (smtplib.SMTPException, OSError):
            self.drop()
            raise Broken from None
        try:
            about_to_end()
        except BaseException:
            self.drop()  # without its end the server throws the mail away
            raise
        try:
            smtp.send(b".\r\n")
            code, said = smtp.getreply()
            self._must(code, said)
        except (smtplib.SMTPException, OSError):
            self.drop()
            raise Unsure from None
        return _words(said)

    def close(self) -> None:
        """Take leave of the server."""
        if self._smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()
            self.drop()

    def drop(self) -> None:
        """Cut the connection."""
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def connect(self) -> None:
        """Connect and log in, unless that has been done. Raises AccountFault."""
        self._connected()

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = self._opened()
        return self._smtp

    def _opened(self) -> smtplib.SMTP:
        server, smtp = self._server, None
        try:
            smtp = self._called()
            smtp.ehlo()
            if server.security == "starttls":
                smtp.starttls(context=self._context)
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, self._password)
        except (OSError, UnicodeError) as error:  # what the library raises of its own is an OSError
            if smtp is not None:
                smtp.close()
            raise self._fault(error) from error
        return smtp

    def _called(self) -> smtplib.SMTP:
        server = self._server
        port = server.port or _PORTS[server.security]
        if server.security == "tls":
            return smtplib.SMTP_SSL(server.host, port, local_hostname=_HELLO, timeout=server.seconds, context=self._context)
        return smtplib.SMTP(server.host, port, local_hostname=_HELLO, timeout=server.seconds)

    def _fault(self, error: OSError | UnicodeError) -> AccountFault:
        server = self._server
        match error:
            case smtplib.SMTPAuthenticationError():
                said = _words(error.smtp_error)
                return AccountFault(
                    f"邮箱 {server.user} 登录不上，服务器说：{error.smtp_code} {said}。请核对用户名和密码；QQ邮箱、163邮箱要用“授权码”，不是登录网页的密码"
                )
            case smtplib.SMTPNotSupportedError():
                what = "不支持 STARTTLS 加密，没有登录，也没有发信" if server.security == "starttls" else "不支持登录"
                return AccountFault(f"邮件服务器 {server.host} {what}。请核对 port 和 security")
            case smtplib.SMTPResponseException():
                return AccountFault(
                    f"邮件服务器 {server.host} 不接受连接：{error.smtp_code} {_words(error.smtp_error)}", passing=error.smtp_code < 500
                )
            case UnicodeError():
                return AccountFault("邮箱的用户名或密码里有中文或全角符号，服务器不认，请核对")
            case smtplib.SMTPException():
                return AccountFault(f"邮件服务器 {server.host} 在连接时断开了，请核对 port 和 security", passing=True)
            case OSError():
                return unreachable(server, error)

    def _envelope(self, smtp: smtplib.SMTP, recipient: str, size: int) -> None:
        """Sender, recipient, and the server's leave to go on."""
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < size:
            raise Refused(f"邮件有{size // 1024}KB，超过服务器允许的{int(limit) // 1024}KB")
        code, said = smtp.mail(self._sender, [f"size={size}"] if "size" in smtp.esmtp_features else [])
        if code >= 500 and code != _TOO_LARGE:
            wanted = "，要求先登录，请在 [mail] 里写 user" if code in _LOGIN_WANTED else "，一般要与登录的邮箱相同，请核对 [mail] 的 from"
            self.drop()
            raise AccountFault(f"服务器不接受发件地址 {self._sender}：{code} {_words(said)}{wanted}")
        self._must(code, said)
        code, said = smtp.rcpt(recipient)
        self._must(code, said)
        code, said = smtp.docmd("DATA")
        if code != _GO_ON:
            self._must(code, said)
            raise smtplib.SMTPServerDisconnected

    def _must(self, code: int, said: bytes) -> None:
        """Nothing for consent. What is no answer at all is a broken connection."""
        if code == _CLOSING:
            self.drop()
        if 200 <= code < 300:
            return
        if 400 <= code < 500:
            raise NotNow(f"{code} {_words(said)}")
        if code >= 500:
            raise Refused(f"{code} {_words(said)}")
        raise smtplib.SMTPServerDisconnected

    def _begin_anew(self, smtp: smtplib.SMTP) -> None:
        """The server forgets the mail that it did not take."""
        if self._smtp is None:
            return
        try:
            smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.drop()


def _lines(data: bytes) -> bytes:
    """The mail as it goes over the line, without its end: it ends with a line break, and no line is a single dot."""
    whole = data if data.endswith(b"\r\n") else data + b"\r\n"
    return _LEADING_DOT.sub(b"..", whole)


def _words(said: bytes | str) -> str:
    """What a server says, on one line."""
    if isinstance(said, str):
        return shorten(said, _LONGEST)
    try:
        text = said.decode("utf-8")
    except UnicodeDecodeError:
        text = said.decode("gb18030", "replace")
    return shorten(text, _LONGEST)
