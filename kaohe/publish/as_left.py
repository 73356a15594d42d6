"""The outbox and the templates as a run left them: whether they are so still. Loads nothing of what makes an output."""

import hashlib
import stat
from collections.abc import Mapping
from pathlib import Path

from kaohe import PROGRAM_ROOT
from kaohe.config.model import Config
from kaohe.ledger.cache import Place

DRAFTS_FOLDER, REMINDER_DRAFTS = "mail", "催报"
FINAL_FOLDER = "final"


def final_place(config: Config) -> Path:
    """Where the final set of the configured year stands once it is issued."""
    return config.folder("outbox") / FINAL_FOLDER / str(config.year)


def is_as_left(outbox: Path, places: Mapping[str, Place]) -> bool:
    """Whether everything that the last run made lies in the outbox as that run left it, and no draft there speaks of another day."""
    if any((outbox / DRAFTS_FOLDER).glob(f"{REMINDER_DRAFTS}-*.eml")):
        return False
    return bool(places) and all(place_of(outbox / name, place.key) == place for name, place in places.items())


def place_of(path: Path, key: str) -> Place | None:
    """A file as it lies there; None where there is none, or something else."""
    try:
        state = path.lstat()
    except OSError:
        return None
    return Place(state.st_size, state.st_mtime_ns, key) if stat.S_ISREG(state.st_mode) else None


def key_of(*parts: object) -> str:
    """A digest of what an output is made from; parts must show all that matters when they are printed."""
    return hashlib.sha256("\n".join(map(repr, parts)).encode(errors="surrogatepass")).hexdigest()


def templates_key(config: Config) -> str:
    """A digest of the office's templates and of those that come with the program, by name, size and date."""
    found = []
    for top in (config.folder("templates"), PROGRAM_ROOT / "templates"):
        for path in sorted(top.rglob("*")):
            state = path.stat()
            found.append((str(path), state.st_size, state.st_mtime_ns))
    return key_of(found)
