"""Looking past faulty values: harmless ones stand in for them, so that all other faults can be told at the same time."""

import copy
from datetime import date
from typing import Any

from pydantic import ValidationError

from kaohe.config.model import Config

_TELLING = {"code", "units", "groups", "year"}
"""Keys that other parts depend on: a stand-in for one of these would make faults that are not there."""


def mend(data: dict[str, Any], error: ValidationError) -> Config | None:
    """The configuration with every faulty value replaced, or None where that would mislead."""
    mended = copy.deepcopy(data)
    for number, detail in enumerate(error.errors()):
        place, key = _parent(mended, detail["loc"]), detail["loc"][-1]
        if place is None or key in _TELLING:
            return None
        if detail["type"] in ("extra_forbidden", "literal_error"):  # an unknown key, or a choice that has a default
            place.pop(key, None)
        else:
            place[key] = _stand_in(str(key), detail["type"], number)
    try:
        return Config.model_validate(mended)
    except ValidationError:
        return None


def _parent(data: Any, location: tuple[int | str, ...]) -> dict[int | str, Any] | None:
    """The table that holds the faulty key."""
    for key in location[:-1]:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data if isinstance(data, dict) else None


def _stand_in(key: str, kind: str, number: int) -> Any:
    if kind.startswith("date") or key in ("start", "end", "deadline"):
        return date.max if key in ("end", "deadline") else date.min
    if key == "at":
        return "22:30"
    if kind.startswith(("int", "greater", "less")):
        return 0
    if kind.startswith("bool"):
        return False
    return f"{number}@daigai"  # an address, too
