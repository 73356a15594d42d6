"""File names in mail headers, in every way that mail programs write them, right or wrong."""

import binascii
import codecs
import quopri
import re
from urllib.parse import unquote_to_bytes

from kaohe.intake.containers import names

_PARAMETER = re.compile(r""";\s*([^\s=;"]+)\s*=\s*("(?:\\.|[^"\\])*"?|[^;]*)""", re.DOTALL)
_SECTION = re.compile(r"^(.+?)(?:\*(\d{1,3}))?(\*)?$")
_WORD = re.compile(r"=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=")
_WORDS = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=(?:\s*=\?[^?\s]+\?[bBqQ]\?[^?]*\?=)*")
_CHINESE = {"gb2312", "gbk", "gb18030", "cp936", "ms936", "x-gbk", "euc-cn", "euccn", "gb_2312-80", "chinese", "936"}
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_MAX = 100_000


def parameters(header: str) -> dict[str, str]:
    """The parameters of a raw Content-Type or Content-Disposition header, decoded; names in lower case.

    Knows RFC 2231 with its continuations, RFC 2047 words even inside quotes and cutting a character in two, and bytes in no declared
    character set (which the parser hands over as surrogate escapes). Of a name that is given twice the RFC 2231 one counts, as the RFC says.
    """
    plain: dict[str, list[tuple[int, str]]] = {}
    extended: dict[str, list[tuple[int, str, bool]]] = {}
    for name, value in _PARAMETER.findall(";" + header[:_MAX].partition(";")[2]):
        base, number, star = _sections(name.lower())
        if number is None and not star:
            plain.setdefault(base, []).append((0, _unquoted(value)))
        else:
            extended.setdefault(base, []).append((number or 0, _unquoted(value), star))
    found = {base: words(sections[0][1]) for base, sections in plain.items()}
    return found | {base: _continued(sorted(sections)) for base, sections in extended.items()}


def words(text: str) -> str:
    """Text with RFC 2047 words decoded; the words of one run that share a character set are joined as bytes first."""
    decoded = _WORDS.sub(lambda run: _run(run.group()), re.sub(r"\r?\n[ \t]*", " ", text[:_MAX]))
    if "=?" in text:
        return _raw(decoded).strip()
    plain = _raw(decoded).strip()
    if len(_PERCENT.findall(plain)) > 1:
        try:
            return unquote_to_bytes(plain.encode()).decode("utf-8")
        except UnicodeDecodeError:
            return plain
    return plain


def charset_text(raw: bytes, charset: str) -> str:
    """Bytes in a declared character set; where the declaration is wrong or unknown, what they look like."""
    label = charset.strip().strip("\"'").lower()
    if label in _CHINESE:
        label = "gb18030"
    try:
        return raw.decode(codecs.lookup(label).name)
    except (LookupError, ValueError, TypeError, AttributeError):
        return names.decode(raw)


def _sections(name: str) -> tuple[str, int | None, bool]:
    match = _SECTION.match(name)
    if match is None:
        return name, None, False
    return match[1], None if match[2] is None else int(match[2]), match[3] is not None


def _unquoted(value: str) -> str:
    """Without quotes. A backslash only escapes a quote or itself, for some programs write Windows paths."""
    text = value.strip()
    if text.startswith('"'):
        text = re.sub(r'\\(["\\])', r"\1", text[1:].removesuffix('"'))
    return text


def _continued(sections: list[tuple[int, str, bool]]) -> str:
    """RFC 2231: character set'language'percent-encoded, in one piece or several, of which some need not be encoded."""
    charset, raw = "", b""
    for number, text, star in sections:
        body = text
        if star and number == 0 and text.count("'") >= 2:
            charset, _, body = text.split("'", 2)
        raw += unquote_to_bytes(_bytes(body)) if star else _bytes(body)
    text = charset_text(raw, charset) if charset else names.decode(raw)
    return words(text) if "=?" in text else text


def _run(run: str) -> str:
    """Adjacent encoded words."""
    pieces: list[tuple[str, bytes]] = []
    for charset, encoding, body in _WORD.findall(run):
        label, raw = charset.partition("*")[0].lower(), _word_bytes(encoding.lower(), body)
        if pieces and pieces[-1][0] == label:
            pieces[-1] = (label, pieces[-1][1] + raw)
        else:
            pieces.append((label, raw))
    return "".join(charset_text(raw, label) for label, raw in pieces)


def _word_bytes(encoding: str, body: str) -> bytes:
    raw = _bytes(body)
    if encoding == "q":
        return quopri.decodestring(raw.replace(b"_", b" "), header=True)
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    kept = kept[:-1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _bytes(text: str) -> bytes:
    """The bytes that stood in the header."""
    return text.encode("utf-8", "surrogateescape")


def _raw(text: str) -> str:
    """Surrogate escapes, which stand for undeclared bytes, decoded by what they look like."""
    return names.decode(_bytes(text)) if any("\udc80" <= c <= "\udcff" for c in text) else text
