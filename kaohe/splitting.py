"""Whether this process can be copied as it runs, which is the quickest way to another one that knows the same."""

import sys


def is_splittable() -> bool:
    """Whether the system copies processes well, and no other thread could hold a lock just then."""
    return sys.platform == "linux" and len(sys._current_frames()) == 1
