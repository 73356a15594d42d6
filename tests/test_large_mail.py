"""Mails as large as is promised, within the memory that a worker has by default."""

import base64
import os
import random
import re
from pathlib import Path

import pytest

from kaohe.intake.arrival import arrivals
from kaohe.intake.containers import mail
from kaohe.intake.record import Verdict
from kaohe.intake.workers import workers
from kaohe.store import FolderStore
from tests.support.containers import mail_of
from tests.support.forms import program_office

MEGABYTE = 1 << 20
HEAD = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename={}"


@pytest.mark.slow
@pytest.mark.parametrize("size", [150, 198])
def test_a_mail_with_one_large_attachment_is_opened_within_the_default_memory(tmp_path: Path, size: int) -> None:
    office = program_office()
    assert office.config.intake.memory_mb == 768
    content = os.urandom(MEGABYTE) * (size * 57 // 78)
    received = tmp_path / "inbox" / "大.eml"
    received.parent.mkdir()
    received.write_bytes(mail_of((HEAD.format("big.bin"), base64.encodebytes(content).replace(b"\n", b"\r\n"))))
    assert 0 <= size * MEGABYTE - received.stat().st_size < 2 * MEGABYTE
    store = FolderStore(tmp_path / "存", scratch=True)
    with workers(office, store, 1) as look:
        (seen,) = look(arrivals(received.parent, office.config.intake.largest))
    assert (seen.verdict, seen.reason) == (Verdict.OPENED, "取出1个文件")
    ((name, sha, length),) = [(inner.name, inner.sha256, inner.size) for inner in seen.members]
    assert (name, length) == ("big.bin", len(content))
    assert store.read(sha) == content


def _whole(raw: bytes) -> tuple[bytes, bool]:
    """Decoded in one piece: what stands between padding, each by itself."""
    pieces = re.split(rb"=+", re.sub(rb"[^A-Za-z0-9+/=]", b"", raw))
    kept = [piece[:-1] if len(piece) % 4 == 1 else piece for piece in pieces]
    damaged = re.search(rb"[^A-Za-z0-9+/=\s]", raw) is not None or any(len(piece) % 4 == 1 for piece in pieces)
    return b"".join(base64.b64decode(piece + b"=" * (-len(piece) % 4)) for piece in kept), damaged


@pytest.mark.parametrize("block", [1, 2, 3, 5, 7, 64])
def test_decoding_by_blocks_gives_what_decoding_at_once_gives(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(mail, "_BLOCK", block)
    chance = random.Random(block)
    for _ in range(300):
        raw = base64.b64encode(chance.randbytes(chance.randrange(12)))
        raw += chance.choice([b"", b"\r\n", b"=", b"==", b"\r\n=\r\n", b"!", b"A"]) + base64.b64encode(chance.randbytes(chance.randrange(9)))
        assert mail._from_base64(b"##" + raw + b"##", 2, 2 + len(raw), lambda _: None) == _whole(raw), raw
