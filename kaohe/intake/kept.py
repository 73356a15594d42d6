"""What was worked out from some bytes, kept for the next file that has the same bytes; never more than a bound allows."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
_OFFERED = 4096
"""Keys that are remembered as having come once."""


class Kept(Generic[T]):
    """Values by key, those used longest ago given up first when their weights exceed ``bound``.

    A key must hold everything that the value follows from (digests of all its bytes, and the bounds they were read within): then what is
    found here is what would be worked out again, whoever sent the bytes. Values must never be changed. One process, one thread.
    """

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self._values: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._weight = 0
        self._offered: OrderedDict[Hashable, None] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """The value of this key, if it is still here."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: T, weight: int) -> None:
        """Keep the value: ``weight`` is about how many bytes it takes. What would fill a quarter of the room is not kept."""
        if weight * 4 > self.bound:
            return
        _, before = self._values.pop(key, (None, 0))
        self._values[key] = value, weight
        self._weight += weight - before
        while self._weight > self.bound:
            _, (_, least) = self._values.popitem(last=False)
            self._weight -= least

    def again(self, key: Hashable) -> bool:
        """Whether this key was asked about before: most contents come once, and are not worth keeping."""
        if key in self._offered:
            return True
        self._offered[key] = None
        if len(self._offered) > _OFFERED:
            self._offered.popitem(last=False)
        return False

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self._offered.clear()
        self._weight = 0
