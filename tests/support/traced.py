"""A job stopped at its n-th system call that changes the disk, in a forked process: killed there, or told that the call failed (Linux on x86-64).

The kernel itself reports the calls (seccomp and ptrace), so those of SQLite and of other libraries count as well as Python's own.
"""

import ctypes
import os
import platform
import signal
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SUPPORTED = sys.platform == "linux" and platform.machine() == "x86_64"

_CALLS = {
    "write": 1, "open": 2, "pwrite64": 18, "writev": 20, "sendfile": 40, "fsync": 74, "fdatasync": 75, "truncate": 76, "ftruncate": 77,
    "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86, "unlink": 87, "symlink": 88, "chmod": 90, "fchmod": 91, "utime": 132,
    "openat": 257, "mkdirat": 258, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266, "fchmodat": 268, "utimensat": 280,
    "fallocate": 285, "renameat2": 316, "copy_file_range": 326,
}  # fmt: skip
_NAMES = {number: name for name, number in _CALLS.items()}
_TO_FILE = {"write", "pwrite64", "writev", "sendfile", "fsync", "fdatasync", "ftruncate", "fchmod"}
_FLUSHES = {"fsync", "fdatasync"}
_TAKES_ROOM = {"write", "pwrite64", "writev", "sendfile", "fsync", "fdatasync", "ftruncate", "fallocate", "copy_file_range"} | {
    *("mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat", "creat", "open", "openat")
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_TRACEME, _CONT, _GETREGS, _SETREGS, _SETOPTIONS = 0, 7, 12, 13, 0x4200
_TRACE_SECCOMP, _EXIT_KILL = 0x80, 0x100000
_SECCOMP_STOP = signal.SIGTRAP | (7 << 8)
_REGISTERS, _RAX, _RDX, _RSI, _RDI, _ORIG_RAX = 27, 10, 12, 13, 14, 15
_NO_NEW_PRIVS, _SET_SECCOMP, _SECCOMP_FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN, _TO_TRACER, _ALLOW = 0x20, 0x15, 0x06, 0x7FF00000, 0x7FFF0000


@dataclass(frozen=True)
class Ended:
    """How the job came to its end: ``status`` is None where it was killed; ``calls`` are those it got as far as, by name; what it printed."""

    status: int | None
    calls: tuple[str, ...]
    said: str


def traced(job: Callable[[], int], said: Path, *, kill_at: int = 0, fail_at: int = 0, error: int = 0, lasting: bool = False) -> Ended:
    """Do the job, which gives an exit status, in a process of its own, writing what it prints to ``said``.

    Counted from 1, the call ``kill_at`` is not made any more, the call ``fail_at`` fails with ``error``; where that is ``lasting``, so does
    every later one that would take room on the disk. Flushes count only where something is to fail: they leave nothing to be killed in.
    """
    child = os.fork()
    if child == 0:
        _be_traced(job, said)
    os.waitpid(child, 0)
    _ptrace(_SETOPTIONS, child, _TRACE_SECCOMP | _EXIT_KILL)
    calls: list[str] = []
    deliver = 0
    while True:
        _ptrace(_CONT, child, deliver)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
            return Ended(code, tuple(calls), said.read_text(encoding="utf-8"))
        deliver = 0
        if status >> 8 != _SECCOMP_STOP:
            deliver = os.WSTOPSIG(status)
            continue
        registers = (ctypes.c_ulonglong * _REGISTERS)()
        _ptrace(_GETREGS, child, registers)
        name = _NAMES[registers[_ORIG_RAX]]
        if not _counts(name, registers, flushes=fail_at > 0):
            continue
        calls.append(name)
        if len(calls) == kill_at:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return Ended(None, tuple(calls), said.read_text(encoding="utf-8"))
        if len(calls) == fail_at or (lasting and len(calls) > fail_at and name in _TAKES_ROOM):
            registers[_ORIG_RAX], registers[_RAX] = 2**64 - 1, 2**64 - error
            _ptrace(_SETREGS, child, registers)


def _counts(name: str, registers: "ctypes.Array[ctypes.c_ulonglong]", *, flushes: bool) -> bool:
    if name in ("open", "openat"):
        return bool(registers[_RSI if name == "open" else _RDX] & _WRITING)
    if name in _FLUSHES and not flushes:
        return False
    return name not in _TO_FILE or registers[_RDI] > 2  # what it prints is no step


def _be_traced(job: Callable[[], int], said: Path) -> None:
    """The child's life. It never returns."""
    try:
        sys.dont_write_bytecode = True
        handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
        _ptrace(_TRACEME, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        _watch_calls()
        status = job()
    except BaseException:
        traceback.print_exc()
        status = 99
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _watch_calls() -> None:
    """From now on the kernel stops this process at every call that may change the disk."""
    code = [struct.pack("HBBI", _LOAD, 0, 0, 0)]
    count = len(_CALLS)
    for n, number in enumerate(_CALLS.values()):
        code.append(struct.pack("HBBI", _EQUAL, count - n, 0, number))
    code += [struct.pack("HBBI", _RETURN, 0, 0, _ALLOW), struct.pack("HBBI", _RETURN, 0, 0, _TO_TRACER)]
    program = ctypes.create_string_buffer(b"".join(code))
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(_SET_SECCOMP, _SECCOMP_FILTER, filter_, 0, 0) == 0, ctypes.get_errno()


def _ptrace(request: int, process: int, data: "int | ctypes.Array[ctypes.c_ulonglong]") -> None:
    call = ctypes.CDLL(None, use_errno=True).ptrace
    call.restype, call.argtypes = ctypes.c_long, [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    pointer = ctypes.c_void_p(data) if isinstance(data, int) else ctypes.cast(data, ctypes.c_void_p)
    if call(request, process, None, pointer) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace {request}: {os.strerror(number)}")
