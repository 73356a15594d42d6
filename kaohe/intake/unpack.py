"""Mails and archives in the inbox: opened level by level, within bounds that hold for all levels together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from kaohe.config.model import Intake
from kaohe.intake.arrival import Arrival
from kaohe.intake.look import Look
from kaohe.intake.record import Verdict
from kaohe.intake.workers import Looker

_MEGABYTE = 1024 * 1024
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
    level, members, size = top, defaultdict[int, int](int), defaultdict[int, int](int)
    for depth in range(limits.nested + 1):
        _look(level, look)
        for node in level:
            count, weight = len(node.look.members), sum(len(m.data) for m in node.look.members)
            members[node.root] += count
            size[node.root] += weight
            if count and depth == limits.nested:
                node.look = Look(Verdict.REFUSED, _TOO_DEEP)
            elif count and (members[node.root] > limits.members or size[node.root] > limits.unpacked_mb * _MEGABYTE):
                node.look = Look(Verdict.REFUSED, _TOO_MUCH)
            node.inside = [_Node(_member(node.arrival, m.name, m.data), node.root) for m in node.look.members]
            node.look = replace(node.look, members=())  # the contents live on in the nodes alone
        level = [inner for node in level for inner in node.inside]
        if not level:
            break
        keep([node.arrival for node in level])
    for node in top:
        yield from node.all()


def _look(level: Sequence[_Node], look: Looker) -> None:
    ready = [node for node in level if node.arrival.data is not None]
    for node, seen in zip(ready, look(node.arrival for node in ready), strict=True):
        node.look = seen
    for node in level:
        if node.arrival.data is None:
            verdict = Verdict.ARRIVING if node.arrival.arriving else Verdict.REFUSED if node.arrival.refused else Verdict.UNREADABLE
            node.look = Look(verdict, node.arrival.reason)


def _member(container: Arrival, name: str, data: bytes) -> Arrival:
    return Arrival.of(f"{container.name}/{name}", data, container.modified, container.name)
