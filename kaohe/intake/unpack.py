"""Mails and archives in the inbox: opened level by level, within bounds that hold for all levels together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from kaohe.config.model import Intake
from kaohe.intake.arrival import Arrival, is_lock
from kaohe.intake.containers import Member
from kaohe.intake.look import Look
from kaohe.intake.order import believed
from kaohe.intake.record import Verdict
from kaohe.intake.workers import Looker

_MEGABYTE = 1024 * 1024
_AT_ONCE = 100
"""Files out of containers that are looked into before it is asked again whether their container has gone too far."""
_PATIENCE = 10
"""Containers in one received file that may go beyond its bounds before no more of it is looked into."""
_TOO_DEEP = "压缩包或邮件一层套一层，套得太深，没有再打开，请把里面的填报表取出来直接报送"
_TOO_MUCH = "压缩包或邮件里的文件太多或太大，没有取出来，请只把填报表和佐证材料单独报送"


@dataclass
class _Node:
    """One file, what it turned out to be, and what came out of it."""

    arrival: Arrival
    root: int
    look: Look = field(default_factory=lambda: Look(Verdict.ARRIVING, ""))
    inside: list["_Node"] = field(default_factory=list)

    def all(self) -> Iterator[tuple[Arrival, Look]]:
        yield self.arrival, self.look
        for node in self.inside:
            yield from node.all()


def unpacked(found: Iterable[Arrival], look: Looker, keep: Callable[[Sequence[Arrival]], None], limits: Intake) -> Iterator[tuple[Arrival, Look]]:
    """Every file with what it turned out to be; what came out of a container follows it.

    ``keep`` gets the files of one level before they are looked into.
    """
    top = [_Node(entry, n) for n, entry in enumerate(found)]
    level, spent = top, _Spent(limits)
    for depth in range(limits.nested + 1):
        for node in _looked(level, look, spent, at_once=len(top) if level is top else _AT_ONCE):
            members, node.look = node.look.members, replace(node.look, members=())  # the contents live on in the nodes alone
            if members and depth == limits.nested:
                node.look = Look(Verdict.REFUSED, _TOO_DEEP)
            if not spent.allows(node.root, members):
                node.look = Look(Verdict.REFUSED, _TOO_MUCH)
            elif depth < limits.nested:
                node.inside = [_Node(_member(node.arrival, m), node.root) for m in members if not is_lock(m.name.rpartition("/")[2])]
        level = [inner for node in level for inner in node.inside]
        if not level:
            break
        keep([node.arrival for node in level])
    for node in top:
        yield from node.all()


class _Spent:
    """What has come out of each received file so far, at all levels together."""

    def __init__(self, limits: Intake) -> None:
        self._limits = limits
        self._members, self._size, self._refused = (defaultdict[int, int](int) for _ in range(3))

    def allows(self, root: int, members: Sequence[Member]) -> bool:
        """Count these in; whether they keep within the bounds."""
        self._members[root] += len(members)
        self._size[root] += sum(len(member.data) for member in members)
        within = self._members[root] <= self._limits.members and self._size[root] <= self._limits.unpacked_mb * _MEGABYTE
        self._refused[root] += bool(members) and not within
        return not members or within

    def given_up(self, root: int) -> bool:
        """Whether so much of it went beyond the bounds that looking further is no use."""
        return self._refused[root] >= _PATIENCE


def _looked(level: Sequence[_Node], look: Looker, spent: _Spent, at_once: int) -> Iterator[_Node]:
    """Each file as soon as it was looked into, so that what came out of it need not wait for the others."""
    for start in range(0, len(level), at_once or 1):
        batch = level[start : start + at_once]
        for node in batch:
            if spent.given_up(node.root):
                node.look = Look(Verdict.REFUSED, _TOO_MUCH)
            elif node.arrival.data is None:
                verdict = Verdict.ARRIVING if node.arrival.arriving else Verdict.REFUSED if node.arrival.refused else Verdict.UNREADABLE
                node.look = Look(verdict, node.arrival.reason)
            else:
                continue
            yield node
        ready = [node for node in batch if node.arrival.data is not None and not spent.given_up(node.root)]
        for node, seen in zip(ready, look(node.arrival for node in ready), strict=True):
            node.look = seen
            yield node


def _member(container: Arrival, member: Member) -> Arrival:
    mailed = believed(member.sent, container.modified)
    sent = container.sent if container.inside else mailed or container.modified
    return Arrival.of(f"{container.name}/{member.name}", member.data, member.modified or mailed or container.modified, container.name, sent)
