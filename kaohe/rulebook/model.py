"""The rulebook: a notice as data. Ids are a contract; texts are the notice's own."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, PrivateAttr, StringConstraints
from pydantic import Field as Constraint

from kaohe.rulebook import pairs
from kaohe.rulebook.facts import Names
from kaohe.rulebook.rules import AnyRule
from kaohe.rulebook.rules.base import Frozen, parse_exact
from kaohe.text import count_text

Text: TypeAlias = Annotated[str, StringConstraints(min_length=1)]
Identifier: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
FieldType: TypeAlias = Literal["integer", "yes_no"]
ColumnType: TypeAlias = Literal["text", "date", "integer", "choice", "yes_no"]


class Field(Frozen):
    """One figure or answer asked of a unit. ``unit`` is the counting unit shown beside it."""

    id: Identifier
    label: Text
    type: FieldType
    unit: str = ""
    hint: str = ""


class Item(Frozen):
    """One scored item of a clause."""

    id: Text
    title: Text
    rule: AnyRule
    bonus: bool = False
    _written: AnyRule | None = PrivateAttr(None)

    @property
    def written(self) -> AnyRule:
        """The rule as the rulebook has it, whatever reading is in force."""
        return self._written or self.rule

    def under(self, rule: AnyRule) -> "Item":
        """The item with another rule in force, the written one remembered."""
        item = self.model_copy(update={"rule": rule})
        item._written = self.written
        return item


class Clause(Frozen):
    """A numbered clause: its text as it stands in the notice, and what computes it."""

    id: Text
    number: Text
    text: Text
    fields: tuple[Field, ...] = ()
    items: Annotated[tuple[Item, ...], Constraint(min_length=1)]


def _whole_or_exact(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return parse_exact(value)
        except ValueError:
            pass
    elif isinstance(value, (int, Fraction)):
        return value
    raise ValueError(f'“maximum”应当是整数，有小数的写成带引号的 "5.5"，现在是 {value!r}')


class Section(Frozen):
    """A section of the notice; ``maximum`` is the most its capped items may earn."""

    id: Text
    number: Text
    title: Text
    text: Text
    maximum: Annotated[int | Fraction, BeforeValidator(_whole_or_exact)]
    clauses: Annotated[tuple[Clause, ...], Constraint(min_length=1)]


class Column(Frozen):
    """One column of an evidence list."""

    id: Identifier
    label: Text
    type: ColumnType
    choices: tuple[Text, ...] = ()
    required: bool = True


class ListDef(Frozen):
    """An evidence list: one sheet of the form. ``key`` columns tell whether two rows are the same.

    ``own_work``: what it lists is one unit's alone, so the same row in two forms is asked about.
    """

    id: Identifier
    label: Text
    about: Text
    key: Annotated[tuple[str, ...], Constraint(min_length=1)]
    columns: Annotated[tuple[Column, ...], Constraint(min_length=1)]
    rows: int = 100
    own_work: Annotated[bool, Constraint(exclude=True)] = False

    def column(self, column_id: str) -> Column:
        """The column of that id; KeyError if there is none."""
        for column in self.columns:
            if column.id == column_id:
                return column
        raise KeyError(column_id)


class GateCondition(Frozen):
    """One of the preconditions checked on the spot."""

    id: Identifier
    label: Text


class Gate(Frozen):
    """The preconditions: any one missing means no score and no place."""

    title: Text
    text: Text
    conditions: Annotated[tuple[GateCondition, ...], Constraint(min_length=1)]

    @property
    def counted(self) -> str:
        """``三项前提条件``; ``前提条件`` where there is one alone."""
        return f"{self.number}前提条件" if len(self.conditions) > 1 else "前提条件"

    @property
    def each(self) -> str:
        """``三项`` before 都; nothing where there is one alone."""
        return self.number if len(self.conditions) > 1 else ""

    @property
    def number(self) -> str:
        """``三项``."""
        return f"{count_text(len(self.conditions))}项"


class NotScored(Frozen):
    """A sentence of the notice that is declared to carry no score, and why."""

    text: Text
    why: Text


class Agreement(Frozen):
    """Figures of one form that must agree: the sum of ``parts`` cannot be larger than ``whole``, for the reason ``why``."""

    parts: Annotated[tuple[Identifier, ...], Constraint(min_length=1)]
    whole: Identifier
    why: Text


class Change(Frozen):
    """What a reading changes in one item's rule: keys set anew."""

    item: Text
    set: dict[str, Any]


class Settings(Frozen):
    """What readings may switch besides single items."""

    gated_keep_place: bool = False
    bonus_in_total: bool = True


class Choice(Frozen):
    """One way to read an unclear clause."""

    id: Text
    text: Text
    changes: tuple[Change, ...] = ()
    settings: dict[str, bool] = {}


class Reading(Frozen):
    """A question the notice leaves open, the choice ``taken`` and the others."""

    id: Text
    clauses: tuple[str, ...]
    question: Text
    taken: Text
    choices: Annotated[tuple[Choice, ...], Constraint(min_length=2)]

    def choice(self, choice_id: str) -> Choice:
        """The choice of that id; KeyError if there is none."""
        for choice in self.choices:
            if choice.id == choice_id:
                return choice
        raise KeyError(choice_id)


class Rulebook(Frozen):
    """A whole notice. Immutable: other readings give another rulebook (see ``readings.apply_readings``)."""

    year: int
    version: Text
    title: Text
    notice_title: Text
    notice_number: Text
    notice_date: date
    scored_heading: Annotated[Text, Constraint(exclude=True)] = "一、考核内容及计分"
    method_heading: Annotated[Text, Constraint(exclude=True)] = "二、考核办法"
    """Headings of the notice between which its clauses stand, and after which its method; nothing is scored by them."""
    sections: tuple[Section, ...]
    gate: Gate
    not_scored: tuple[NotScored, ...] = ()
    lists: tuple[ListDef, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    readings: tuple[Reading, ...] = ()
    settings: Settings = Settings()

    @property
    def called(self) -> str:
        """What forms, letters and mails call the assessment: its title from the year on, ``2014年度工作目标考核``."""
        begin = self.title.find(f"{self.year}年")
        return self.title[begin:] if begin >= 0 else f"{self.year}年度考核"

    @property
    def example_day(self) -> str:
        """A day of the assessed year as it is to be written."""
        return f"{self.year}-3-5"

    @property
    def example_meeting(self) -> str:
        """A day on which the meeting may be."""
        return f"{self.year + 1}-1-20"

    def clauses(self) -> Iterator[tuple[Section, Clause]]:
        """Every clause with its section, in the notice's order."""
        for section in self.sections:
            for clause in section.clauses:
                yield section, clause

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Items by id, in the notice's order."""
        return {item.id: item for _, clause in self.clauses() for item in clause.items}

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Fields by id, in the notice's order."""
        return {field.id: field for _, clause in self.clauses() for field in clause.fields}

    @cached_property
    def lists_by_id(self) -> Mapping[str, ListDef]:
        """Lists by id."""
        return {entry.id: entry for entry in self.lists}

    @cached_property
    def clause_of_item(self) -> Mapping[str, Clause]:
        """The clause of each item."""
        return {item.id: clause for _, clause in self.clauses() for item in clause.items}

    @cached_property
    def section_of_item(self) -> Mapping[str, Section]:
        """The section of each item."""
        return {item.id: section for section, clause in self.clauses() for item in clause.items}

    @cached_property
    def clause_of_field(self) -> Mapping[str, Clause]:
        """The clause under which each field is asked."""
        return {field.id: clause for _, clause in self.clauses() for field in clause.fields}

    @cached_property
    def items_of_field(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the items that read each field."""
        return {f: tuple(i.id for i in self.items.values() if f in i.rule.inputs()) for f in self.fields}

    @cached_property
    def items_of_list(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the items that read each list."""
        return {entry.id: tuple(i.id for i in self.items.values() if entry.id in i.rule.lists()) for entry in self.lists}

    @cached_property
    def never_above(self) -> tuple[tuple[str, str], ...]:
        """(smaller, larger) field ids of which the first is never above the second; see ``pairs``."""
        return pairs.never_above(item.rule for item in self.items.values())

    @cached_property
    def growth_pairs(self) -> tuple[tuple[str, str], ...]:
        """(start, end) field ids of every growth that is scored or ranked."""
        return pairs.growth_pairs(item.rule for item in self.items.values())

    @cached_property
    def names(self) -> Names:
        """Labels for words."""
        return Names(
            fields={f.id: f.label for f in self.fields.values()},
            lists={entry.id: entry.label for entry in self.lists},
            columns={(entry.id, column.id): column.label for entry in self.lists for column in entry.columns},
        )

    def maximum(self, section: Section) -> Fraction:
        """The most that a section's capped items earn together."""
        return self._maxima[section.id]

    @cached_property
    def _maxima(self) -> Mapping[str, Fraction]:
        caps = {s.id: [item.rule.maximum() for clause in s.clauses for item in clause.items] for s in self.sections}
        return {section: sum((cap for cap in found if cap is not None), Fraction(0)) for section, found in caps.items()}

    @cached_property
    def form_hash(self) -> str:
        """Fingerprint of what a form asks (ids, types, choices): forms with the same one are interchangeable."""
        asked = {
            "year": self.year,
            "fields": [(f.id, f.type) for f in self.fields.values()],
            "lists": [(e.id, e.key, [(c.id, c.type, c.choices, c.required) for c in e.columns]) for e in self.lists],
        }
        return _digest(asked)

    @cached_property
    def rules_hash(self) -> str:
        """Fingerprint of the whole rulebook, readings applied: texts, rules and all."""
        return _digest(json.loads(self.model_dump_json()))


def _digest(data: object) -> str:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
