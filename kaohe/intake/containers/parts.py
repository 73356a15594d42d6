"""What every container gives, and the basket in which its files are gathered within bounds."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kaohe.config.model import Intake
from kaohe.intake.containers import names
from kaohe.text import shorten

_BLOCK = 1 << 18
_LINES = 50
MEGABYTE = 1024 * 1024


class ContainerFault(Exception):
    """Nothing can be taken out; the message says in Chinese why and what to do. ``refused``: out of caution, not because it is damaged."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


SERIOUS = (ContainerFault, MemoryError, RecursionError)
"""What one damaged member must not be blamed for: it ends the whole container."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file out of a container: a relative path with ``/`` that is unique in it, and its bytes."""

    name: str
    data: bytes
    modified: int = 0
    """When it was last changed (epoch seconds), as an archive says; 0 where it does not."""
    sent: int = 0
    """When the mail was sent that it is attached to; 0 elsewhere."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a container holds, and in Chinese what was left in it and why."""

    members: tuple[Member, ...]
    left: tuple[str, ...] = ()
    cut: bool = False
    """Whether its end is missing: it may still be on its way."""


@dataclass
class Basket:
    """Members gathered one by one: counted as they come, since what a container says of its size need not be true."""

    limits: Intake
    members: list[Member] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    used: int = 0
    cut: bool = False
    _taken: set[str] = field(default_factory=set)
    _omitted: int = 0

    @property
    def room(self) -> int:
        """Bytes that may still come."""
        return self.limits.unpacked_mb * MEGABYTE - self.used

    def expect(self, count: int, size: int) -> None:
        """Refuse beforehand what declares more files or bytes than are allowed."""
        if count > self.limits.members:
            raise self._too_many()
        self.check_room(size)

    def check_room(self, size: int) -> None:
        """Refuse a file that has come to ``size`` bytes where less room is left."""
        if size > self.room:
            raise self._too_big()

    def read(self, source: Callable[[int], bytes]) -> bytes:
        """Everything that ``source(size)`` gives, block by block. Refuses what goes beyond the room left."""
        blocks: list[bytes] = []
        size = 0
        while block := source(_BLOCK):
            size += len(block)
            self.check_room(size)
            blocks.append(block)
        return b"".join(blocks)

    def put(self, name: str, data: bytes, modified: int = 0, sent: int = 0) -> None:
        """Take a file under a safe name; a second file of the same name gets a number."""
        if len(self.members) >= self.limits.members:
            raise self._too_many()
        self.used += len(data)
        if self.room < 0:
            raise self._too_big()
        wanted = names.safe(name)
        path, number = wanted, 1
        while path.casefold() in self._taken:
            number += 1
            path = names.numbered(wanted, number)
        self._taken.add(path.casefold())
        self.members.append(Member(path, data, modified, sent))

    def leave(self, name: str, why: str) -> None:
        """Note a file that stays inside."""
        self.note(f"“{shorten(names.safe(name))}”{why}")

    def note(self, line: str) -> None:
        """Note what is special about the container as a whole; a flood of notes is only counted."""
        if line in self.left:
            return
        if len(self.left) < _LINES:
            self.left.append(line)
        else:
            self._omitted += 1

    def opened(self, nothing: str) -> Opened:
        """Everything gathered; ``nothing`` is the note on a container without any file."""
        left = (*self.left, f"另有{self._omitted}个文件没有取出") if self._omitted else tuple(self.left)
        return Opened(tuple(self.members), left if left or self.members else (nothing,), self.cut)

    def _too_many(self) -> ContainerFault:
        return ContainerFault(f"里面的文件超过{self.limits.members}个，为安全起见没有打开，请只把填报表和佐证材料重新打包报送", refused=True)

    def _too_big(self) -> ContainerFault:
        return ContainerFault(
            f"里面的文件解开后超过{self.limits.unpacked_mb}MB，为安全起见没有打开，请把填报表单独报送，佐证材料分几次报送", refused=True
        )
