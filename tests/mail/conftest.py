"""Certificates once for all, and an office whose units have real addresses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mail_servers import Certificates, Mailbox, certificates, dovecot, no_dovecot


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def mailbox(certificate: Certificates) -> Iterator[Mailbox]:
    if why := no_dovecot():
        pytest.skip(why)
    with dovecot(certificate) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_password_of_this_computer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KAOHE_MAIL_PASSWORD", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
