"""How often Python looks for objects that only refer to each other: a run makes millions that stay, and would look through all of them again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW, _YOUNG, _ALL = 20_000, 50, 100
"""New objects before the new ones are looked through, and how often that is done before those are that were left, and all."""


@contextmanager
def seldom() -> Iterator[None]:
    """Look seldom meanwhile, in processes that are split off too."""
    before = gc.get_threshold()
    gc.set_threshold(_NEW, _YOUNG, _ALL)
    try:
        yield
    finally:
        gc.set_threshold(*before)
