"""Results for other programs: ``results.json`` and ``scores.csv``."""

import csv
from collections.abc import Callable, Iterator
from fractions import Fraction
from io import StringIO
from json.encoder import encode_basestring as _quoted
from typing import Any

from kaohe.checks.finding import Finding
from kaohe.intake.record import ReceivedFile
from kaohe.scoring.scorecard import Assessment, ItemScore, Scorecard
from kaohe.text import points_json


def results_data(assessment: Assessment) -> dict[str, Any]:
    """The whole assessment as plain data. Points are integers, or ``"p/q"`` strings where not whole."""
    return {key: list(value) if isinstance(value, Iterator) else value for key, value in _parts(assessment, _item)}


def _parts(assessment: Assessment, item: Callable[[ItemScore], Any]) -> Iterator[tuple[str, Any]]:
    """The data part by part; what there is one of for every unit, finding or file comes one by one. ``item`` gives an item's score."""
    rulebook = assessment.rulebook
    yield "year", assessment.config.year
    yield "status", assessment.status.value
    readings = {reading.id: reading.taken for reading in rulebook.readings}
    yield "rulebook", {"version": rulebook.version, "hash": rulebook.rules_hash, "readings": readings}
    yield "units", (_unit(card, item) for card in assessment.cards)
    yield "findings", map(_finding, assessment.findings)
    yield "files", map(_file, assessment.files)


def results_json(assessment: Assessment) -> bytes:
    """``results.json``, UTF-8."""
    return b"".join(results_chunks(assessment))


def results_chunks(assessment: Assessment) -> Iterator[bytes]:
    """``results.json`` piece by piece, a unit at a time: of many units the whole would take memory by the hundred megabytes."""
    begun, items = False, _ItemTexts()
    for key, value in _parts(assessment, items.text):
        yield f"{',' if begun else '{'}\n {_quoted(key)}: ".encode()
        begun = True
        if not isinstance(value, Iterator):
            yield _indented(value, " ").encode()
            continue
        some = False
        for entry in value:
            yield f"{',' if some else '['}\n  {_indented(entry, '  ')}".encode()
            some = True
        yield b"\n ]" if some else b"[]"
    yield b"\n}\n"


class _Text(str):
    """What is written as it stands."""

    __slots__ = ()


class _ItemTexts:
    """Scores of items as they are written. Units that answered alike share a score: it is put into words once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[ItemScore, _Text]] = {}

    def text(self, score: ItemScore) -> _Text:
        """The score as it stands in a unit's list; it is kept with its text, so that its place in memory stays its own."""
        known = self._known.get(id(score))
        if known is None:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            known = self._known[id(score)] = score, _Text(_indented(_item(score), _ITEM_PAD))
        return known[1]


_MOST_KEPT = 10_000
_ITEM_PAD = 4 * " "


def _indented(value: object, pad: str) -> str:
    """As ``json.dumps`` with an indent of one writes it, in a third of the time: its own encoder is quick only without an indent."""
    if isinstance(value, str):
        return value if type(value) is _Text else _quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    inside = pad + " "
    if isinstance(value, dict):
        lines = [f"{inside}{_quoted(key)}: {_indented(entry, inside)}" for key, entry in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{pad}}}" if lines else "{}"
    assert isinstance(value, list)
    lines = [f"{inside}{_indented(entry, inside)}" for entry in value]
    return "[\n" + ",\n".join(lines) + f"\n{pad}]" if lines else "[]"


def scores_csv(assessment: Assessment) -> bytes:
    """``scores.csv``: one line a unit, UTF-8 with BOM so that Excel shows Chinese. Only the office's own names stand in it."""
    buffer = StringIO(newline="")
    writer = csv.writer(buffer)
    items = list(assessment.rulebook.items.values())
    head = ["位次", "代码", "单位", "考核组", "状态", "总分", "封顶项得分", "不封顶项得分", "其中加分"]
    writer.writerow(head + [f"{item.id} {item.title}" for item in items])
    for card in assessment.cards:
        totals = [card.total, card.capped, card.uncapped, card.bonus]
        points = [s.points for s in card.items] if card.state.scored else [None] * len(items)
        row = [card.place if card.place is not None else "", card.unit.code, card.unit.short, card.group, card.state.chinese]
        writer.writerow(row + [_number(p) for p in [*totals, *points]])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _unit(card: Scorecard, item: Callable[[ItemScore], Any]) -> dict[str, Any]:
    return {
        "code": card.unit.code,
        "name": card.unit.name,
        "short": card.unit.short,
        "group": card.group,
        "state": card.state.value,
        "reason": card.reason,
        "file": card.file,
        "total": _number(card.total, None),
        "place": card.place,
        "capped": _number(card.capped, None),
        "uncapped": _number(card.uncapped, None),
        "bonus": _number(card.bonus, None),
        "items": [item(score) for score in card.items],
    }


def _finding(f: Finding) -> dict[str, Any]:
    return {
        "code": f.code,
        "severity": f.severity.value,
        "title": f.title,
        "unit": f.unit,
        "file": f.file,
        "sheet": f.sheet,
        "cell": f.cell,
        "field": f.field,
        "label": f.label,
        "found": f.found,
        "expected": f.expected,
        "action": f.action,
        "clause": f.clause,
        "items": list(f.items),
        "settled": f.settled,
    }


def _file(f: ReceivedFile) -> dict[str, Any]:
    return {
        "name": f.name,
        "sha256": f.sha256,
        "unit": f.unit,
        "verdict": f.verdict.value,
        "reason": f.reason,
        "changes": [{"sheet": c.sheet, "cell": c.cell, "label": c.label, "before": c.before, "after": c.after} for c in f.changes],
        "notes": list(f.notes),
        "inside": f.inside,
    }


def _item(score: ItemScore) -> dict[str, Any]:
    return {
        "id": score.item.id,
        "points": points_json(score.points),
        "max": _number(score.maximum, None),
        "self_points": points_json(score.self_points),
        "verified_points": _number(score.verified_points, None),
        "reason": score.reason,
        "state": score.state.value,
        "why": score.why,
        "inputs": [{"id": s.id, "sheet": s.sheet, "cell": s.cell, "raw": s.raw, "value": s.value} for s in score.sources],
    }


def _number(value: Fraction | None, blank: str | None = "") -> int | str | None:
    return blank if value is None else points_json(value)
