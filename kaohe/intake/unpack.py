"""Mails and archives in the inbox: opened level by level, within bounds that hold for all levels together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from kaohe.config.model import Intake
from kaohe.intake.arrival import Arrival, is_lock
from kaohe.intake.containers.names import numbered
from kaohe.intake.look import Inner, Look
from kaohe.intake.order import believed
from kaohe.intake.record import Verdict
from kaohe.intake.workers import Looker, unlooked

_MEGABYTE = 1024 * 1024
_AT_ONCE = 100
"""Files out of containers that are looked into before it is asked again whether their container has gone too far."""
_PATIENCE = 10
"""Containers in one received file that may go beyond its bounds before no more of it is looked into."""
_TOO_DEEP = "压缩包或邮件一层套一层，套得太深，没有再打开，请把里面的填报表取出来直接报送"
_TOO_MUCH = "压缩包或邮件里的文件太多或太大，没有取出来，请只把填报表和佐证材料单独报送"
_TOO_SLOW = "压缩包或邮件里的文件读得太久（超过{}秒），后面的没有再读，请把填报表单独报送"


@dataclass
class _Node:
    """One file, what it turned out to be, and what came out of it."""

    arrival: Arrival
    root: int
    look: Look = field(default_factory=lambda: Look(Verdict.ARRIVING, ""))
    inside: list["_Node"] = field(default_factory=list)

    def take(self, look: Look) -> None:
        """What a look found out, about the file itself too."""
        self.arrival = look.arrival or self.arrival
        self.look = replace(look, arrival=None)

    def all(self) -> Iterator[tuple[Arrival, Look]]:
        yield self.arrival, self.look
        for node in self.inside:
            yield from node.all()


def unpacked(found: Iterable[Arrival], look: Looker, limits: Intake) -> Iterator[tuple[Arrival, Look]]:
    """Every file with what it turned out to be; what came out of a container follows it."""
    top = [_Node(entry, n) for n, entry in enumerate(found)]
    taken = {node.arrival.name for node in top}
    level, spent, known = top, _Spent(limits), dict[tuple[str, str], Look]()
    for depth in range(limits.nested + 1):
        for node in _looked(level, look, spent, known, at_once=len(top) if level is top else _AT_ONCE):
            members, node.look = node.look.members, replace(node.look, members=())
            if members and depth == limits.nested:
                node.look = Look(Verdict.REFUSED, _TOO_DEEP)
            if not spent.allows(node.root, members):
                node.look = Look(Verdict.REFUSED, _TOO_MUCH)
            elif depth < limits.nested:
                node.inside = [
                    _Node(_member(node.arrival, inner, taken), node.root) for inner in members if not is_lock(inner.name.rpartition("/")[2])
                ]
        level = [inner for node in level for inner in node.inside]
        if not level:
            break
    for node in top:
        yield from node.all()


class _Spent:
    """What has come out of each received file so far, at all levels together, and how long it took."""

    def __init__(self, limits: Intake) -> None:
        self._limits = limits
        self._members, self._size, self._refused = (defaultdict[int, int](int) for _ in range(3))
        self._seconds = defaultdict[int, float](float)

    def allows(self, root: int, members: Sequence[Inner]) -> bool:
        """Count these in; whether they keep within the bounds."""
        self._members[root] += len(members)
        self._size[root] += sum(inner.size for inner in members)
        within = self._members[root] <= self._limits.members and self._size[root] <= self._limits.unpacked_mb * _MEGABYTE
        self._refused[root] += bool(members) and not within
        return not members or within

    def took(self, root: int, seconds: float) -> None:
        """Count the time of one look in."""
        self._seconds[root] += seconds

    def given_up(self, root: int) -> str:
        """In Chinese, why looking further into a received file is no use; "" while it is."""
        if self._refused[root] >= _PATIENCE:
            return _TOO_MUCH
        return _TOO_SLOW.format(self._limits.received_seconds) if self._seconds[root] > self._limits.received_seconds else ""


def _looked(level: Sequence[_Node], look: Looker, spent: _Spent, known: dict[tuple[str, str], Look], at_once: int) -> Iterator[_Node]:
    """Each file as soon as it was looked into, so that what came out of it need not wait for the others.

    Files out of containers that are the same to the byte are looked into once.
    """
    for start in range(0, len(level), at_once or 1):
        batch, ready = level[start : start + at_once], list[_Node]()
        for node in batch:
            if why := spent.given_up(node.root):
                node.take(Look(Verdict.REFUSED, why))
            elif not node.arrival.readable:
                node.take(unlooked(node.arrival))
            else:
                ready.append(node)
                continue
            yield node
        fresh: dict[tuple[str, str], _Node] = {}
        for node in ready:
            if _same(node) not in known:
                fresh.setdefault(_same(node), node)
        for (key, node), seen in zip(fresh.items(), look(node.arrival for node in fresh.values()), strict=True):
            spent.took(node.root, seen.seconds)
            node.take(seen)
            if node.arrival.inside:
                known[key] = seen
            yield node
        for node in ready:
            if fresh.get(_same(node)) is not node:
                node.take(known[_same(node)])
                yield node


def _same(node: _Node) -> tuple[str, str]:
    """What is equal for files of which one look tells all; files of the inbox itself are each looked into."""
    entry = node.arrival
    return (entry.sha256, PurePosixPath(entry.name).suffix.lower()) if entry.inside else ("", entry.name)


def _member(container: Arrival, inner: Inner, taken: set[str]) -> Arrival:
    """A file out of a container. A folder may be called like an archive that lies beside it: no two files get one name."""
    name, number = f"{container.name}/{inner.name}", 1
    while name in taken:
        number += 1
        name = numbered(f"{container.name}/{inner.name}", number)
    taken.add(name)
    mailed = believed(inner.sent, container.modified)
    sent = container.sent if container.inside else mailed or container.modified
    own = inner.modified or mailed or container.modified
    letter = container.mailed or mailed
    return Arrival(name, None, inner.sha256, own, inside=container.name, sent=sent, mailed=letter, size=inner.size)
