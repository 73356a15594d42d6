"""How states, sizes and points are shown; the words beside a colour always say the same."""

from collections.abc import Mapping
from fractions import Fraction

from kaohe.checks.finding import Severity
from kaohe.intake.record import Verdict
from kaohe.scoring.scorecard import ItemState, UnitState
from kaohe.text import points_text

UNBOUNDED = "不封顶"

_MARKS: Mapping[Severity | UnitState | ItemState, str] = {
    Severity.ERROR: "error",
    Severity.DOUBT: "doubt",
    Severity.HINT: "hint",
    UnitState.MISSING: "error",
    UnitState.REJECTED: "error",
    UnitState.INCOMPLETE: "error",
    UnitState.PROVISIONAL: "doubt",
    UnitState.VALID: "good",
    UnitState.GATED: "plain",
    ItemState.SCORED: "plain",
    ItemState.BLOCKED: "error",
    ItemState.PENDING: "doubt",
    ItemState.UNPLACED: "doubt",
    ItemState.VOID: "plain",
}


def mark(value: Severity | UnitState | ItemState | Verdict) -> str:
    """Name of the colour that a state is shown in."""
    if isinstance(value, Verdict):
        return "good" if value is Verdict.ACCEPTED else "error" if value.refused else "plain"
    return _MARKS[value]


def maximum(value: Fraction | None) -> str:
    """The most an item can earn, or that it has no cap."""
    return UNBOUNDED if value is None else points_text(value)


def size(count: int) -> str:
    """A file's size in bytes, as people read it."""
    return f"{count / 1024:.0f} KB" if count >= 1024 else f"{count} 字节"


def percent(part: Fraction | None, whole: Fraction) -> str:
    """Length of a bar, one decimal."""
    return f"{float(part / whole * 100):.1f}" if part and whole else "0"
