"""Everything about every unit, packed small: the page's script builds a unit's page from it when it is opened.

Positions in the lists are a contract with ``page.js``; each builder below says what it packs. Texts are numbers of the string table.
"""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from kaohe.checks.finding import Severity
from kaohe.intake.record import ReceivedFile, Record, Verdict
from kaohe.publish.report.marks import UNBOUNDED, mark, maximum, size
from kaohe.publish.report.strings import Strings
from kaohe.rulebook.facts import Facts
from kaohe.rulebook.model import Rulebook
from kaohe.scoring.scorecard import Assessment, ItemState, Scorecard, UnitState
from kaohe.scoring.sensitivity import Effect
from kaohe.text import points_text, value_text

Packed: TypeAlias = list[Any]
"""A list for JSON; what stands where is told by the function that makes it."""

INVALID_ROW = -1
NO_UNIT = -1


def details(assessment: Assessment, found: Sequence[Effect]) -> str:
    """The embedded data as JSON: tables that all units share, then ``units`` in ranking order and ``files`` as received.

    Every unit is written out at once, so that a large cohort costs little memory.
    """
    strings, rulebook = Strings(), assessment.rulebook
    packer = _Packer(assessment, strings, found)
    units = [_json(packer.unit(card)) for card in assessment.cards]
    files = [_json(packer.file(file)) for file in assessment.files]
    shared = {
        "severities": [[s.value, mark(s)] for s in Severity],
        "unitStates": [[s.chinese, mark(s)] for s in UnitState],
        "itemStates": [[s.chinese, mark(s)] for s in ItemState],
        "verdicts": [[v.chinese, mark(v)] for v in Verdict],
        "groups": [group.name for group in assessment.config.groups],
        "sections": [_section(rulebook, n) for n in range(len(rulebook.sections))],
        "fields": [[field.label, field.unit] for field in rulebook.fields.values()],
        "lists": [[entry.label, [column.label for column in entry.columns]] for entry in rulebook.lists],
        "effects": [[effect.reading.question, effect.choice.text] for effect in found],
        "layouts": packer.layouts,
    }
    pieces = ["{", _json(shared)[1:-1]]
    for name, entries in (("units", units), ("files", files), ("strings", strings.entries)):
        pieces += [",", _json(name), ":["]
        for entry in entries:  # one by one: joined parts would be held twice
            pieces += [entry, ","]
        if entries:
            pieces.pop()
        pieces.append("]")
    return "".join([*pieces, "}"])


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _section(rulebook: Rulebook, index: int) -> dict[str, Any]:
    """A section with its clauses; an item is id, title, whether a bonus, the most it earns, its fields, its lists."""
    section = rulebook.sections[index]
    fields = {f: n for n, f in enumerate(rulebook.fields)}
    lists = {entry.id: n for n, entry in enumerate(rulebook.lists)}
    capped = rulebook.maximum(section)
    unbounded = any(item.rule.maximum() is None for clause in section.clauses for item in clause.items)
    return {
        "number": section.number,
        "title": section.title,
        "maximum": f"{points_text(capped)}＋{UNBOUNDED}" if capped and unbounded else UNBOUNDED if unbounded else points_text(capped),
        "full": 0 if unbounded else float(capped),
        "clauses": [
            [
                clause.number,
                clause.text,
                [
                    [
                        item.id,
                        item.title,
                        int(item.bonus),
                        maximum(item.rule.maximum()),
                        [fields[f] for f in item.rule.inputs()],
                        [lists[i] for i in item.rule.lists()],
                    ]
                    for item in clause.items
                ],
            ]
            for clause in section.clauses
        ],
    }


class _Packer:
    """Packs units and files against one string table."""

    def __init__(self, assessment: Assessment, strings: Strings, found: Sequence[Effect]) -> None:
        self.assessment, self.number = assessment, strings.__getitem__
        self.layouts: list[list[int]] = []
        self._layout_numbers: dict[tuple[tuple[str, str], ...], int] = {}
        rulebook = assessment.rulebook
        self.fields = list(rulebook.fields)
        self.lists = [(n, entry.id, [column.id for column in entry.columns]) for n, entry in enumerate(rulebook.lists)]
        self.list_items = [(n, list_id) for n, item in enumerate(rulebook.items.values()) for list_id in item.rule.lists()]
        self.groups = {group.name: n for n, group in enumerate(assessment.config.groups)}
        self.unit_states = {state: n for n, state in enumerate(UnitState)}
        self.item_states = {state: n for n, state in enumerate(ItemState)}
        self.verdicts = {verdict: n for n, verdict in enumerate(Verdict)}
        self.place = {card.unit.code: n for n, card in enumerate(assessment.cards)}
        self.files_of: dict[str, list[int]] = {}
        for n, file in enumerate(assessment.files):
            if file.unit is not None:
                self.files_of.setdefault(file.unit, []).append(n)
        self.moves: dict[str, Packed] = {}
        for n, effect in enumerate(found):
            for move in effect.moves:
                self.moves.setdefault(move.unit, []).append([n, _points(move.other_total), move.other_place])

    def unit(self, card: Scorecard) -> Packed:
        """Code, name, short name, department, e-mail, group, state, reason, accepted file; totals; sections; items; fields; lists; files; moves."""
        unit, number = card.unit, self.number
        record = self.assessment.records.get(unit.code)
        return [
            unit.code,
            number(unit.name),
            number(unit.short),
            number(unit.department),
            number(unit.email),
            self.groups[card.group],
            self.unit_states[card.state],
            number(card.reason),
            number(card.file or ""),
            self._totals(card),
            [_points(points) for points in card.sections.values()] if card.total is not None else 0,
            self._items(card),
            self._fields(record, self.assessment.facts.get(unit.code, Facts())) if record is not None else 0,
            self._lists(card, record) if record is not None else [],
            self.files_of.get(unit.code, []),
            self.moves.get(unit.code, []),
        ]

    def file(self, file: ReceivedFile) -> Packed:
        """Name, verdict, what is said of it, size, two times, the unit's index, what else is known of the unit, changes (sheet, cell, label, before, after)."""
        number = self.number
        return [
            number(file.name),
            self.verdicts[file.verdict],
            number(file.said),
            number(size(file.size)),
            file.modified,
            file.first_seen,
            self.place.get(file.unit or "", NO_UNIT),
            0 if file.unit in self.place else number(file.unit or ("—" if file.verdict.settled else "")),
            [[number(c.sheet), number(c.cell), number(c.label), number(c.before), number(c.after)] for c in file.changes],
        ]

    def _totals(self, card: Scorecard) -> Packed | int:
        """Place, total, capped, uncapped, bonus; 0 for a unit without a score."""
        if card.total is None or card.capped is None or card.uncapped is None or card.bonus is None:
            return 0
        return [card.place, _points(card.total), _points(card.capped), _points(card.uncapped), _points(card.bonus)]

    def _items(self, card: Scorecard) -> Packed:
        """Points of every item; words of every item; then where they are not plain: item, state; item, the unit's own points."""
        number, states, own = self.number, [], []
        scored, void = ItemState.SCORED, ItemState.VOID
        points, words = [], []
        for n, score in enumerate(card.items):
            points.append(_points(score.points))
            words.append(number(score.why))
            if score.state is not scored:
                states += [n, self.item_states[score.state]]
            if score.self_points is not score.points and score.self_points != score.points and score.state is not void:
                own += [n, _points(score.self_points)]
        return [points, words, states, own]

    def _fields(self, record: Record, facts: Facts) -> Packed:
        """Layout; what was typed into every field; the evidence named beside it; then where another value counts: field, value."""
        number, accepted, counts = self.number, facts.fields, []
        typed, evidence = [], []
        places = []
        for n, field_id in enumerate(self.fields):
            cell, beside = record.fields.get(field_id), record.evidence.get(field_id)
            raw = cell.raw if cell is not None else ""
            places.append((cell.sheet, cell.ref) if cell is not None else ("", ""))
            typed.append(number(raw))
            evidence.append(number(beside.raw) if beside is not None else 0)
            value = value_text(accepted.get(field_id))
            if value != raw:
                counts += [n, number(value)]
        return [self._layout(tuple(places)), typed, evidence, counts]

    def _layout(self, places: tuple[tuple[str, str], ...]) -> int:
        found = self._layout_numbers.get(places)
        if found is None:
            found = self._layout_numbers[places] = len(self.layouts)
            self.layouts.append([self.number(text) for place in places for text in place])
        return found

    def _lists(self, card: Scorecard, record: Record) -> Packed:
        """Lists with rows: list, rows; a row is sheet, row number, the items it counts for (or that it is not valid), then its columns."""
        counted = self._counted(card)
        facts, number = self.assessment.facts.get(card.unit.code, Facts()), self.number
        packed = []
        for n, list_id, columns in self.lists:
            rows = record.lists.get(list_id, ())
            if not rows:
                continue
            valid = {row.place for row in facts.list_rows(list_id)}
            lines: list[Packed] = []
            for row in rows:
                items: list[int] | int = counted.get((list_id, row.sheet, f"{row.number}:{row.number}"), []) if row.place in valid else INVALID_ROW
                cells = row.cells
                lines.append([number(row.sheet), row.number, items, *[number(cells[c].raw) if c in cells else 0 for c in columns]])
            packed.append([n, lines])
        return packed

    def _counted(self, card: Scorecard) -> Mapping[tuple[str, str, str], list[int]]:
        """Indexes of the items that count a row, by list, sheet and rows as sources name them; none without a score."""
        counted: dict[tuple[str, str, str], list[int]] = {}
        if card.state.scored:
            for n, list_id in self.list_items:
                for source in card.items[n].sources:
                    if source.id == list_id:
                        counted.setdefault((list_id, source.sheet, source.cell), []).append(n)
        return counted


def _points(points: Fraction) -> int | str:
    """Points for the page: a whole number, or as people read them."""
    return points.numerator if points.denominator == 1 else points_text(points)
