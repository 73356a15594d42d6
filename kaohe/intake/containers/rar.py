"""RAR archives. What is only stored is read here; what is compressed goes, file by file, through a reader that the office installed."""

import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import rarfile

from kaohe.config.model import Intake
from kaohe.intake.containers import dates, names, wording
from kaohe.intake.containers.parts import SERIOUS, Basket, ContainerFault, Opened

_NO_READER = "是压缩过的，本机没有能解开 .rar 的程序（如 7-Zip、WinRAR），没有取出，请改用 zip 格式压缩后报送"
_ALL_NO_READER = "本机没有能解开 .rar 的程序（如 7-Zip、WinRAR），请改用 zip 格式压缩后报送，或把填报表单独报送"
_STUCK = "解压程序没有按时解完，没有取出，请改用 zip 格式压缩后报送"
_NOT_UNPACKED = "没能解开，可能已损坏，没有取出，请改用 zip 格式压缩后报送"
_UNICODE_NAME = 0x200
_CHECK_SECONDS = 20
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Windows alone has it: a nightly run without a window opens none for a moment either."""


def _no_comment(*_args: object, **_kwargs: object) -> bytes:
    """Archive comments are of no use here, and the library would run a reader without any time limit to unpack them."""
    return b""


rarfile.rar3_decompress = _no_comment


def open_rar(data: bytes, limits: Intake) -> Opened:
    """The files of a RAR archive. Raises ContainerFault."""
    basket = Basket(limits)
    archive, whole = _listed(data, limits.passwords)
    with archive:
        entries = [info for info in archive.infolist() if not info.isdir()]
        basket.expect(len(entries), sum(info.file_size or 0 for info in entries))
        reader = _Reader(patience(limits))
        for info in entries:
            _take(archive, info, basket, reader)
    split = "next volume" in (archive.strerror() or "")
    if not basket.members:
        _refuse_empty(entries, reader, split)
    if split:
        basket.note(wording.SPLIT_ARCHIVE)
    elif not whole:
        basket.cut = True
        basket.note(f"压缩包不完整，可能没有传完，只取出了前面的{len(basket.members)}个文件，请核对，缺少的请重新报送")
    return basket.opened(wording.NO_FILES)


def patience(limits: Intake) -> float:
    """Seconds that all calls of a reader may take together: less than the file's own limit, so that the message is ours."""
    return limits.seconds / 2


def find_reader() -> bool:
    """Tell the library which reader is installed, by its full path; whether there is one that reads RAR."""
    for variable, programs, setup in _READERS:
        path = next((place for program in programs if (place := shutil.which(program, path=_search_path()))), None)
        if path is None:
            continue
        setattr(rarfile, variable, str(Path(path).resolve()))
        if setup.check():
            rarfile.CURRENT_SETUP = setup
            return True
    return False


def _asked(command: list[str]) -> bytes:
    """What a reader says of itself."""
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL, "timeout": _CHECK_SECONDS, "creationflags": _NO_WINDOW}
    ran: subprocess.CompletedProcess[bytes] = subprocess.run(command, capture_output=True, check=True, **given)  # noqa: S603 -- a program that was found on this computer
    return ran.stdout


class _SevenZip(rarfile.ToolSetup):  # type: ignore[misc]
    """7-Zip, which some systems ship without its RAR part."""

    def check(self) -> bool:
        command = self.get_cmdline("check_cmd", None)
        try:
            formats = _asked(command)
        except (OSError, subprocess.SubprocessError):
            return False
        return b" Rar5 " in formats


class _Bsdtar(rarfile.ToolSetup):  # type: ignore[misc]
    """The archiver of libarchive. The library would give it ``--`` for the archive's name."""

    def open_cmdline(self, pwd: str | None, rarfn: str, filefn: str | None = None) -> list[str]:
        if pwd is not None:
            raise rarfile.RarCannotExec("no passwords")
        return [rarfile.BSDTAR_TOOL, "-x", "--to-stdout", "-f", rarfn, *(("--", filefn) if filefn else ())]


_READERS = (
    ("UNRAR_TOOL", ("unrar", "UnRAR"), rarfile.ToolSetup(rarfile.UNRAR_CONFIG)),
    ("SEVENZIP_TOOL", ("7z",), _SevenZip(rarfile.SEVENZIP_CONFIG)),
    ("SEVENZIP2_TOOL", ("7zz",), _SevenZip(rarfile.SEVENZIP2_CONFIG)),
    ("UNAR_TOOL", ("unar",), rarfile.ToolSetup(rarfile.UNAR_CONFIG)),
    ("BSDTAR_TOOL", ("bsdtar",), _Bsdtar(rarfile.BSDTAR_CONFIG)),
)


class _Reader:
    """The installed reader, looked for when first needed, and the time that all its calls share."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._found: bool | None = None
        self.stuck = False

    @property
    def missing(self) -> bool:
        """It was needed and there is none."""
        return self._found is False

    def ready(self) -> bool:
        """Whether there is one."""
        if self._found is None:
            self._found = find_reader()
        return self._found

    def content(self, archive: Any, info: Any, password: str | None, basket: Basket) -> bytes:
        """One file; the program behind it is ended when the time is over."""
        # Not through the archive's own open(): it looks members up by name, and of equal names finds only the last.
        with archive._file_parser.open(info, password) as stream:
            timer = threading.Timer(max(self._until - time.monotonic(), 0.0), self._end, (stream,))
            timer.daemon = True
            timer.start()
            try:
                return basket.read(stream.read)
            finally:
                timer.cancel()
                self._kill(stream)

    def _end(self, stream: object) -> None:
        self.stuck = True
        self._kill(stream)

    @staticmethod
    def _kill(stream: object) -> None:
        """A reader that was not read to its end would wait for ever."""
        process = getattr(stream, "_proc", None)
        if process is not None and process.poll() is None:
            process.kill()


def _listed(data: bytes, passwords: Sequence[str]) -> tuple[Any, bool]:
    """The archive with its list of files, and whether its end is there. Encrypted lists are tried with the passwords."""
    for password in (None, *dict.fromkeys(passwords)):
        blocks: list[int] = []
        try:
            archive = rarfile.RarFile(BytesIO(data), info_callback=lambda block, seen=blocks: seen.append(block.type))
            if password is not None:
                archive.setpassword(password)
        except SERIOUS:
            raise
        except rarfile.NeedFirstVolume:
            raise ContainerFault(wording.SPLIT_ARCHIVE) from None
        except Exception:  # the parser of a damaged archive may fail anywhere, and a wrong password turns the list into noise
            if password is None:
                raise ContainerFault(wording.BROKEN_ARCHIVE) from None
            continue
        if archive.infolist() or not archive.needs_password():
            return archive, rarfile.RAR_BLOCK_ENDARC in blocks
    raise ContainerFault(wording.ALL_LOCKED)


def _take(archive: Any, info: Any, basket: Basket, reader: _Reader) -> None:
    """One member into the basket, or a note why not."""
    name = _name(info)
    if names.junk(name):
        return
    if info.file_redir is not None or _special(info):
        basket.leave(name, wording.SPECIAL)
        return
    locked = bool(info.needs_password())
    if locked and not basket.limits.passwords:
        basket.leave(name, wording.LOCKED)
        return
    stored = info.compress_type == rarfile.RAR_M0 and not locked
    if not stored and not reader.ready():
        basket.leave(name, _NO_READER)
        return
    content = _content(archive, info, basket, reader, tuple(dict.fromkeys(basket.limits.passwords)) if locked else (None,))
    if content is not None:
        basket.put(name, content, dates.of_archive(info.mtime or info.date_time))
    elif reader.stuck:
        basket.leave(name, _STUCK)
    else:
        basket.leave(name, wording.LOCKED if locked else wording.DAMAGED if stored else _NOT_UNPACKED)


def _content(archive: Any, info: Any, basket: Basket, reader: _Reader, passwords: Sequence[str | None]) -> bytes | None:
    for password in passwords:
        if reader.stuck:
            return None
        try:
            return reader.content(archive, info, password, basket)
        except SERIOUS:
            raise
        except Exception:  # noqa: S112 - damage, a wrong password and a reader's own failure look alike
            continue
    return None


def _name(info: Any) -> str:
    """Old archives without Unicode names have them in the packer's own character set."""
    raw = info.orig_filename
    if isinstance(raw, bytes) and not info.flags & _UNICODE_NAME:
        return names.decode(raw)
    return str(info.filename)


def _special(info: Any) -> bool:
    """Links, devices and the like."""
    if info.host_os == rarfile.RAR_OS_UNIX and info.mode is not None:
        return stat.S_IFMT(info.mode) not in (0, stat.S_IFREG)
    return bool(info.is_symlink())


def _refuse_empty(entries: Sequence[Any], reader: _Reader, split: bool) -> None:
    """The one message that fits an archive of which nothing came out; none where there was nothing in it."""
    if split:
        raise ContainerFault(wording.SPLIT_ARCHIVE)
    if reader.missing:
        raise ContainerFault(_ALL_NO_READER)
    if reader.stuck:
        raise ContainerFault(f"压缩包里的文件{_STUCK}", refused=True)
    if entries and all(info.needs_password() for info in entries):
        raise ContainerFault(wording.ALL_LOCKED)


def _search_path() -> str:
    """Where programs lie, on Windows with the folders in which the usual ones install themselves."""
    folders = [os.environ.get("PATH", os.defpath)]
    if sys.platform == "win32":
        roots = [os.environ[name] for name in ("ProgramFiles", "ProgramFiles(x86)", "ProgramW6432") if name in os.environ]
        folders += [str(Path(root) / program) for root in roots for program in ("WinRAR", "7-Zip")]
    return os.pathsep.join(folders)
