"""What follows from an object that stays the same all night (a rulebook, a configuration) is worked out once."""

from collections.abc import Callable
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")
_KEPT = 4


def once(make: Callable[[S], T]) -> Callable[[S], T]:
    """``make``, with its results for the last few objects kept. Objects are told apart by identity: they must never change."""
    kept: list[tuple[S, T]] = []

    def made(subject: S) -> T:
        for known, result in kept:
            if known is subject:
                return result
        result = make(subject)
        kept.insert(0, (subject, result))
        del kept[_KEPT:]
        return result

    return made
