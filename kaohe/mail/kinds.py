"""What the office writes to units, departments and groups."""

from enum import StrEnum


class Kind(StrEnum):
    """A kind of mail. Values name the templates and stand in the ledger."""

    FORMS = "forms"
    CORRECTIONS = "corrections"
    REMINDERS = "reminders"
    INSPECTIONS = "inspections"
    LETTERS = "letters"

    @property
    def chinese(self) -> str:
        """The kind in Chinese; the drafts' names begin with it."""
        return _CHINESE[self]

    @property
    def template(self) -> str:
        """The template's name below the templates folder."""
        return f"mail/{self.value}.txt"


_CHINESE = {Kind.FORMS: "填报表", Kind.CORRECTIONS: "更正通知", Kind.REMINDERS: "催报", Kind.INSPECTIONS: "核查表", Kind.LETTERS: "结果通知"}
