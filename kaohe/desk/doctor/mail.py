"""The mail accounts, where the office has set them up: whether the password is known and the server answers. Nothing is sent, nobody logs in."""

import socket
from collections.abc import Iterator

from kaohe.config.model import Config, Mail, Server
from kaohe.desk.doctor.result import Premises, Result, act, good, note
from kaohe.mail.account import AccountFault, password_of, trust, unreachable

_PORTS = {(True, "tls"): 465, (True, "starttls"): 587, (True, "none"): 25, (False, "tls"): 993, (False, "starttls"): 143, (False, "none"): 143}
"""Where servers listen when the configuration does not say: for sending or not, by security."""
_SECONDS = 10


def accounts(premises: Premises) -> Iterator[Result]:
    """The account that sends and the one that is fetched from; nothing where neither is set up."""
    if premises.office is None:
        return
    config = premises.office.config
    for what, server in (("发信", config.mail), ("收信", config.fetch)):
        if server is not None:
            yield from _account(config, what, server)


def _account(config: Config, what: str, server: Server) -> Iterator[Result]:
    try:
        password_of(config, server)
        yield good(f"{what}的密码", f"{server.user or '不需要'}")
    except AccountFault as fault:
        yield act(f"{what}的密码", "还没有存", str(fault))
    port = server.port or _PORTS[isinstance(server, Mail), server.security]
    where = f"{server.host}:{port}"
    try:
        with socket.create_connection((server.host, port), timeout=min(server.seconds, _SECONDS)) as line:
            if server.security == "tls":
                trust(config, server).wrap_socket(line, server_hostname=server.host).close()
        yield good(f"{what}的服务器", f"{where}，连得上")
    except AccountFault as fault:
        yield act(f"{what}的服务器", where, str(fault))
    except OSError as error:
        why = unreachable(server, error)
        # Without a network today it may be there tomorrow; a wrong certificate or port will not mend itself.
        yield (note if why.passing else act)(f"{what}的服务器", where, str(why))
