"""What the present outbox holds besides the outputs of this run, taken over into the new set without copying where the disk can link."""

import errno
import filecmp
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kaohe.files import is_partial

_NO_LINKS = {errno.EPERM, errno.EACCES, errno.EXDEV, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
_JUNCTION = 0xA0000003
_ASIDE = "-原有"

Signature = tuple[int, int, int]


@dataclass
class Carried:
    """What was found: ``changed`` when the new set differs from the present one; ``moved`` are folders and files that had to make room."""

    changed: bool = False
    moved: list[str] = field(default_factory=list)
    seen: dict[str, Signature] = field(default_factory=dict)
    """Every file of the present outbox as it was when it was looked at, by its relative name."""


def carry_over(present: Path, new: Path, stale: Callable[[str], bool]) -> Carried:
    """Complete the new set: every file of the present outbox that this run did not make, unless ``stale`` says that it no longer holds.

    Outputs with the same bytes as before become the file that was there, so that its date stays. Links are taken over as links.
    """
    found = Carried()
    made = {path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file()}
    found.changed = any(not (present / name).is_file() or (present / name).is_symlink() for name in made)
    if present.is_dir():
        _carry(present, new, "", "", made, stale, found)
    return found


def _carry(present: Path, new: Path, source: str, target: str, made: set[str], stale: Callable[[str], bool], found: Carried) -> None:
    """One folder: ``source`` is its relative name in the present outbox, ``target`` the one in the new set; "" or ending in ``/``."""
    for entry in _entries(present / source):
        old, name = f"{source}{entry.name}", f"{target}{entry.name}"
        if is_link(entry):
            _carry_link(present / old, new / name)
        elif entry.is_dir(follow_symlinks=False):
            if entry.name.startswith(".~"):
                continue  # left half made by a killed run
            if name in made:
                name = _made_room(name, made, found)
            (new / name).mkdir(exist_ok=True)
            _carry(present, new, f"{old}/", f"{name}/", made, stale, found)
            shutil.copymode(present / old, new / name)
        elif entry.is_file(follow_symlinks=False):
            found.seen[old] = _signature(entry.stat(follow_symlinks=False))
            if name in made:
                found.changed |= not _keep_date(present / old, new / name)
            elif stale(old) or is_partial(entry.name):
                found.changed = True
            else:
                if (new / name).is_dir():
                    name = _made_room(name, made, found)
                link_or_copy(present / old, new / name)


def late(former: Path, place: Path, carried: Carried, made: set[str]) -> None:
    """Bring over what came into the former outbox after it had been looked at, and what could not be linked."""
    _late(former, place, "", carried, made)


def _late(former: Path, place: Path, folder: str, carried: Carried, made: set[str]) -> None:
    for entry in _entries(former / folder):
        name = f"{folder}{entry.name}"
        target = place / name
        if is_link(entry):
            if not os.path.lexists(target):
                Path(entry.path).rename(target)
        elif entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".~") and name not in made:
                target.mkdir(exist_ok=True)
                _late(former, place, f"{name}/", carried, made)
        elif name not in made and carried.seen.get(name) != _signature(entry.stat(follow_symlinks=False)):
            Path(entry.path).replace(target)


def link_or_copy(source: Path, target: Path) -> None:
    """The same file under a second name; a copy with its date where the disk knows no such thing."""
    try:
        os.link(source, target, follow_symlinks=False)
    except (FileExistsError, FileNotFoundError):
        return  # the same name in another case: what this run made stands; or deleted just now
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LINKS:
            raise
        shutil.copy2(source, target, follow_symlinks=False)


def is_link(entry: os.DirEntry[str]) -> bool:
    """Whether it leads elsewhere: a symbolic link, or a junction of Windows."""
    return entry.is_symlink() or getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) == _JUNCTION


def _keep_date(old: Path, new: Path) -> bool:
    """Whether both have the same bytes; then the old file takes the new one's place in the set."""
    if old.samefile(new):
        return True
    if not filecmp.cmp(old, new, shallow=False):
        return False
    new.unlink()
    link_or_copy(old, new)
    return True


def _carry_link(old: Path, new: Path) -> None:
    """The link itself, not what it leads to. What cannot be made anew is brought over after the swap."""
    if os.path.lexists(new):
        return
    try:
        new.symlink_to(old.readlink(), target_is_directory=old.is_dir())
    except (OSError, NotImplementedError):
        return


def _made_room(name: str, made: set[str], found: Carried) -> str:
    """A name for something that stands where an output belongs."""
    other = f"{name}{_ASIDE}"
    while other in made:
        other += _ASIDE
    found.moved.append(name)
    found.changed = True
    return other


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from sorted(entries, key=lambda entry: entry.name)


def _signature(state: os.stat_result) -> Signature:
    return state.st_ino, state.st_size, state.st_mtime_ns
