"""A mail account: its password, which no file holds, and its certificate."""

import os
import ssl

from kaohe.called import how_to
from kaohe.config.model import Config, Server

VARIABLE = "KAOHE_MAIL_PASSWORD"
"""Environment variable that gives the password where there is no safe of the system, as on a server."""


class AccountFault(Exception):
    """An account cannot be used; says in Chinese why and what to do.

    ``passing`` says that it may do so later by itself.
    """

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


def password_of(config: Config, server: Server) -> str:
    """The account's password: from the environment, else from the system's safe. "" for an account without a user. Raises AccountFault."""
    if not server.user:
        return ""
    if given := os.environ.get(VARIABLE):
        return given
    import keyring

    try:
        kept = keyring.get_password(server.keyring, server.user)
    except Exception:  # that of Windows raises errors of its own, where a policy forbids it or nobody is logged in
        kept = None
    if not kept:
        raise AccountFault(
            f"没有找到邮箱 {server.user} 的密码。请{how_to(config.home, 'mail password')}，把密码（多数邮箱是“授权码”）存进系统的密码库；"
            f"没有密码库的电脑，运行前设置环境变量 {VARIABLE}"
        )
    return kept


def keep_password(server: Server, password: str) -> None:
    """Put the account's password into the system's safe. Raises AccountFault where there is none."""
    import keyring

    try:
        keyring.set_password(server.keyring, server.user, password)
    except Exception as error:  # as above
        raise AccountFault(f"这台电脑没有能用的密码库，密码没有存。请在运行前设置环境变量 {VARIABLE}") from error


def trust(config: Config, server: Server) -> ssl.SSLContext:
    """What certificates are believed: the system's authorities, and the office's own where it names one. Raises AccountFault."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.ca:
        path = config.home / server.ca
        try:
            context.load_verify_locations(path)
        except (OSError, ssl.SSLError):
            raise AccountFault(f"证书文件“{path}”读不出来，请核对 ca 写得对不对") from None
    return context


def unreachable(server: Server, error: OSError) -> AccountFault:
    """Why a server could not be reached, in Chinese."""
    port = f":{server.port}" if server.port else ""
    where = f"邮件服务器 {server.host}{port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return AccountFault(f"{where} 的证书不可信（{error.verify_message}），没有连接。请核对 host 写得对不对；单位自己的服务器请把根证书写在 ca 里")
    if isinstance(error, ssl.SSLError):
        return AccountFault(f"{where} 的加密方式对不上，请核对 port 和 security（一般 tls 用 465、993，starttls 用 587、143）")
    if isinstance(error, TimeoutError):
        return AccountFault(f"{where} 在{server.seconds}秒里没有回答，请检查网络", passing=True)
    return AccountFault(f"连不上{where}，请检查网络，核对 host 和 port", passing=True)
