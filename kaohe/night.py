"""Whether a run is due at all: all that the last one rested on, as one key. Loads nothing that only a run needs, as most nights need no run."""

from collections.abc import Iterable

from kaohe.config.loader import Office
from kaohe.forms.seal import known_key
from kaohe.intake.arrival import Arrival, arrivals
from kaohe.ledger import Ledger
from kaohe.memory import Memory
from kaohe.publish.as_left import final_place, is_as_left, key_of, templates_key


def unchanged(office: Office) -> bytes | None:
    """What was shown of the last run, where nothing that it rested on has changed since and the outbox is as it left it; None where a run is due."""
    state = office.config.folder("state")
    if not (state / "ledger.sqlite3").is_file():
        return None
    memory = Memory(office, Ledger(state))
    found = [memory.recall(entry) for entry in arrivals(office.config.folder("inbox"), office.config.intake.largest)]
    if not all(entry.sha256 for entry in found):
        return None
    shown = memory.shown(night_key(office, memory, found))
    return shown if shown is not None and is_as_left(office.config.folder("outbox"), memory.former()) else None


def night_key(office: Office, memory: Memory, found: Iterable[Arrival]) -> str:
    """All that a run rests on, as one key."""
    inbox = [(entry.name, entry.size, entry.modified_ns) for entry in found]
    return key_of(memory.key, templates_key(office.config), inbox, final_place(office.config).exists(), known_key(office.config))
