"""What the chairmen's meeting decided: readings, adjustments, awards, number and date, and whether it approved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from kaohe.config.model import Award


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Points that the meeting set for one item of one unit, and why."""

    unit: str
    item: str
    points: Fraction
    reason: str


@dataclass(frozen=True)
class Decision:
    """A decision form that belongs to this run and has no error.

    ``number`` is the notification's 文号, ``award_number`` that of the 表彰决定 ("" where the meeting gave none);
    ``readings`` are the choices that differ from those in force, by reading id.
    """

    file: str
    met_on: date
    number: str
    award_number: str
    approved: bool
    readings: Mapping[str, str] = field(default_factory=dict)
    adjustments: tuple[Adjustment, ...] = ()
    awards: tuple[Award, ...] = ()
