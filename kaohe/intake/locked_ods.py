"""OpenDocument workbooks with a password, as LibreOffice has locked them since 2011 (AES-256, PBKDF2): tried with the office's own passwords, never guessed."""

import hashlib
import zipfile
import zlib
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from kaohe.intake.guard import plain_xml
from kaohe.intake.locked import MOST_TURNS
from kaohe.raw_zip import Member, packed

if TYPE_CHECKING:  # most files are not locked: what opens a lock is loaded where one is met
    from lxml import etree

_MIMETYPE, _MANIFEST, _CONTENT = "mimetype", "META-INF/manifest.xml", "content.xml"
_MARK = b"encryption-data"
_MOST_MANIFEST = 1 << 20
_AES, _PBKDF2, _SHA256 = "http://www.w3.org/2001/04/xmlenc#aes256-cbc", "PBKDF2", "http://www.w3.org/2000/09/xmldsig#sha256"
_CHECKED = 1024
"""The manifest has the hash of so many bytes: whether a password fits is told by them."""


@dataclass(frozen=True, slots=True)
class _Lock:
    """What the manifest says of the locked cells; ``size`` is what they unpack to, in bytes."""

    salt: bytes
    turns: int
    vector: bytes
    checksum: bytes
    size: int


def is_locked(data: bytes) -> bool:
    """Whether an OpenDocument package is locked, whole or part by part, in whatever way. Never raises."""
    return _MARK in _manifest(data)


def unlock_ods(data: bytes, passwords: Sequence[str], most: int) -> bytes | None:
    """The workbook with its cells open and every other locked part empty; None where no password fits, or the lock is of another kind.

    ``most`` bounds the bytes that its cells unpack to. Never raises.
    """
    try:
        lock = _lock(_manifest(data))
        if lock is None or lock.size > most or lock.turns > MOST_TURNS:
            return None
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entry = archive.getinfo(_CONTENT)
            if entry.compress_type != zipfile.ZIP_STORED:
                return None
            found = _opened(archive.read(entry), lock, dict.fromkeys(p for p in passwords if p))
            return None if found is None else _package(found, archive.namelist())
    except Exception:  # a hostile package has many ways to fail, and each means that it does not open
        return None


def _manifest(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive, archive.open(_MANIFEST) as part:
            return part.read(_MOST_MANIFEST)
    except Exception:  # as above
        return b""


def _lock(manifest: bytes) -> _Lock | None:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(plain_xml(_MANIFEST.lower(), manifest), parser)
    said: dict[str, str] = {}
    for entry in root:
        if _attributes(entry).get("full-path") == _CONTENT:
            for element in entry.iter():
                said |= _attributes(element)
    wanted = {"algorithm-name": _AES, "key-derivation-name": _PBKDF2, "start-key-generation-name": _SHA256}
    if any(said.get(name) != value for name, value in wanted.items()) or not said.get("checksum-type", "").endswith("#sha256-1k"):
        return None
    salt, vector, checksum = (b64decode(said[name]) for name in ("salt", "initialisation-vector", "checksum"))
    return _Lock(salt, int(said["iteration-count"]), vector, checksum, int(said["size"]))


def _attributes(element: "etree._Element") -> dict[str, str]:
    return {str(name).rpartition("}")[2]: str(value) for name, value in element.attrib.items()}


def _opened(mixed: bytes, lock: _Lock, passwords: Iterable[str]) -> bytes | None:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    for password in passwords:
        key = hashlib.pbkdf2_hmac("sha1", hashlib.sha256(password.encode()).digest(), lock.salt, lock.turns, 32)
        reader = Cipher(algorithms.AES(key), modes.CBC(lock.vector)).decryptor()
        plain = reader.update(mixed) + reader.finalize()
        plain = plain[: -plain[-1]]  # the last byte says how many bytes fill the last block
        if hashlib.sha256(plain[:_CHECKED]).digest() == lock.checksum:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(plain, max(lock.size, 1))
    return None


def _package(content: bytes, names: Iterable[str]) -> bytes:
    """The open cells, and the other parts by their names alone."""
    whole = {_MIMETYPE: b"application/vnd.oasis.opendocument.spreadsheet", _CONTENT: content}
    others = (name for name in names if not name.endswith("/") and name not in (*whole, _MANIFEST))
    parts = [*whole.items(), *((name, b"") for name in others)]
    return packed(Member(name, part, zipfile.ZIP_STORED, zlib.crc32(part), len(part)) for name, part in parts)
