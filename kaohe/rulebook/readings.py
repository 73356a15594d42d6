"""Readings of unclear clauses: applying the choices taken, and checking that every choice works."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from kaohe.rulebook.model import Choice, Item, Rulebook, Settings
from kaohe.rulebook.rules import AnyRule

_RULES: TypeAdapter[AnyRule] = TypeAdapter(AnyRule)


def apply_readings(rulebook: Rulebook, taken: Mapping[str, str]) -> Rulebook:
    """The rulebook under these choices (reading id → choice id); readings not named keep their default.

    Raises KeyError for an unknown reading or choice.
    """
    known = {reading.id: reading for reading in rulebook.readings}
    for reading_id in taken:
        known[reading_id]
    changes: dict[str, dict[str, Any]] = {}
    settings: dict[str, bool] = {}
    readings = []
    for reading in rulebook.readings:
        choice = reading.choice(taken.get(reading.id, reading.taken))
        readings.append(reading.model_copy(update={"taken": choice.id}))
        settings |= choice.settings
        for change in choice.changes:
            changes.setdefault(change.item, {}).update(change.set)
    sections = tuple(
        section.model_copy(
            update={
                "clauses": tuple(
                    clause.model_copy(update={"items": tuple(_changed(item, changes.get(item.id, {})) for item in clause.items)})
                    for clause in section.clauses
                )
            }
        )
        for section in rulebook.sections
    )
    fresh = {name: getattr(rulebook, name) for name in type(rulebook).model_fields}
    return Rulebook.model_construct(**fresh | {"sections": sections, "readings": tuple(readings), "settings": Settings(**settings)})


def choice_fault(rulebook: Rulebook, choice: Choice) -> str | None:
    """What is wrong with a choice (unknown item, a rule that does not hold together), in Chinese, or None."""
    for change in choice.changes:
        if change.item not in rulebook.items:
            return f"口径选项“{choice.id}”改的计分项“{change.item}”不存在"
        try:
            changed_rule(rulebook.items[change.item], change.set)
        except ValidationError as error:
            wrong = "、".join(str(part) for part in error.errors()[0]["loc"])
            return f"口径选项“{choice.id}”对计分项 {change.item} 的改动不成立（{wrong}）"
    unknown = set(choice.settings) - set(Settings.model_fields)
    if unknown:
        return f"口径选项“{choice.id}”的 settings 里不认识“{'、'.join(sorted(unknown))}”，可以写：{'、'.join(Settings.model_fields)}"
    return None


def changed_rule(item: Item, change: Mapping[str, Any]) -> AnyRule:
    """The item's rule as written in the rulebook, with these keys set anew. ValidationError when that is no rule."""
    return _RULES.validate_python(item.written.model_dump(exclude_defaults=True) | dict(change))


def _changed(item: Item, change: Mapping[str, Any]) -> Item:
    return item.under(changed_rule(item, change))
