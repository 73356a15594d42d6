"""Zip archives: names in any of the ways Chinese programs write them, sizes counted rather than believed, damaged ones salvaged."""

import stat
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from kaohe.config.model import Intake
from kaohe.intake.containers import dates, names, salvage, wording
from kaohe.intake.containers.parts import SERIOUS, Basket, ContainerFault, Opened

_UTF8_FLAG, _ENCRYPTED, _STRONG = 0x800, 0x1, 0x40
_AES = 99
_REPARSE_POINT = 0x400
_LOCAL_HEADER = 30


def open_zip(data: bytes, limits: Intake) -> Opened:
    """The files of a zip archive. Raises ContainerFault."""
    basket = Basket(limits)
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except Exception:  # no directory, or one that cannot be read: the files before it may be whole
        return salvage.salvaged(data, basket)
    with archive:
        entries = [info for info in archive.infolist() if not _folder(info)]
        basket.expect(len(entries), sum(info.file_size for info in entries))
        _refuse_overlaps(entries)
        for info in entries:
            _take(data, archive, info, basket)
    if not basket.members and entries and all(info.flag_bits & _ENCRYPTED for info in entries):
        raise ContainerFault(wording.ALL_LOCKED)
    return basket.opened(wording.NO_FILES)


def _take(data: bytes, archive: zipfile.ZipFile, info: zipfile.ZipInfo, basket: Basket) -> None:
    """One member into the basket, or a note why not."""
    raw = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_FLAG else "cp437", "replace")
    name = names.in_zip(raw, info.extra)
    if names.junk(name):
        return
    if _special(info):
        basket.leave(name, wording.SPECIAL)
        return
    try:
        if info.flag_bits & _ENCRYPTED:
            content = _unlocked(data, archive, info, basket)
        else:
            content = _content(archive, info, None, basket)
    except SERIOUS:
        raise
    except NotImplementedError:
        basket.leave(name, wording.METHOD)
    except Exception:  # a damaged member fails in the decompressor, in the checksum or in the header
        basket.leave(name, wording.DAMAGED)
    else:
        if content is None:
            basket.leave(name, wording.LOCKED)
        else:
            basket.put(name, content, dates.of_zip(info.date_time, info.extra))


def _content(archive: Any, info: zipfile.ZipInfo, password: bytes | None, basket: Basket) -> bytes:
    """One member; ``archive`` is the standard library's or its sibling for AES."""
    with archive.open(info, pwd=password) as source:
        return basket.read(source.read)


def _unlocked(data: bytes, archive: zipfile.ZipFile, info: zipfile.ZipInfo, basket: Basket) -> bytes | None:
    """An encrypted member with the first password that fits, or None. A wrong one shows at once or by the checksum."""
    if info.flag_bits & _STRONG:
        return None
    if info.compress_type == _AES:
        return _unlocked_aes(data, info, basket)
    return _first_fitting(lambda password: _content(archive, info, password, basket), basket.limits.passwords)


def _unlocked_aes(data: bytes, info: zipfile.ZipInfo, basket: Basket) -> bytes | None:
    import pyzipper

    with pyzipper.AESZipFile(BytesIO(data)) as archive:
        by_place = {entry.header_offset: entry for entry in archive.infolist()}
        entry = by_place[info.header_offset]
        return _first_fitting(lambda password: _content(archive, entry, password, basket), basket.limits.passwords)


def _first_fitting(read: Callable[[bytes], bytes], passwords: Sequence[str]) -> bytes | None:
    for password in dict.fromkeys(text.encode(charset, "ignore") for text in passwords for charset in ("utf-8", "gb18030")):
        try:
            return read(password)
        except (*SERIOUS, NotImplementedError):
            raise
        except Exception:  # noqa: S112 - a wrong password makes the decompressor fail in many ways
            continue
    return None


def _folder(info: zipfile.ZipInfo) -> bool:
    """Some Windows programs end folders with a backslash."""
    return info.orig_filename.endswith(("/", "\\")) and info.file_size == 0


def _special(info: zipfile.ZipInfo) -> bool:
    """Links, devices and the like, on whatever system they say they were packed."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    linked = info.create_system in (0, 10, 14) and info.external_attr & _REPARSE_POINT
    return bool(linked) or kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)


def _refuse_overlaps(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Members that share bytes are how a small archive unpacks to an enormous one; no packer makes them."""
    end = 0
    for info in sorted(entries, key=lambda info: (info.header_offset, info.compress_size)):
        if info.header_offset < end:
            raise ContainerFault("压缩包里的文件互相重叠，不是正常的压缩包，为安全起见没有打开，请重新压缩后报送", refused=True)
        end = info.header_offset + _LOCAL_HEADER + info.compress_size
