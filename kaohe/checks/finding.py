"""A finding: what is wrong or doubtful, in which cell, and what to write instead."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """错误 blocks the item (or the row), 疑问 keeps the score and asks, 提示 informs."""

    ERROR = "错误"
    DOUBT = "疑问"
    HINT = "提示"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about one unit's form.

    ``field`` is the field id, or ``list_id.column_id``; ``row`` is the sheet row for list findings, None otherwise.
    ``of_group`` marks a finding about a group's inspection form: nothing that the unit must correct.
    ``settled`` marks a finding about a figure that the group has verified since: the unit need not correct it any more.
    ``withheld`` marks a doubt about what was meant: no value is used until the unit says.
    ``items`` are the ids of the items concerned. All other texts are Chinese.
    """

    code: str
    severity: Severity
    title: str
    unit: str
    file: str
    sheet: str
    cell: str
    label: str
    field: str
    found: str
    expected: str
    action: str
    clause: str
    items: tuple[str, ...] = ()
    row: int | None = None
    withheld: bool = False
    of_group: bool = False
    settled: bool = False

    @property
    def blocks(self) -> bool:
        """Whether what it concerns does not count until it is corrected or confirmed."""
        return (self.severity is Severity.ERROR or self.withheld) and not self.of_group

    @property
    def gravity(self) -> tuple[int, bool]:
        """Sorts the gravest first: by severity, and of two doubts first the one whose value is withheld."""
        return _SEVERITIES.index(self.severity), not self.withheld


_SEVERITIES = tuple(Severity)
