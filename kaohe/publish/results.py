"""Results for other programs: ``results.json`` and ``scores.csv``."""

import csv
import json
from fractions import Fraction
from io import StringIO
from typing import Any

from kaohe.scoring.scorecard import Assessment, ItemScore, Scorecard
from kaohe.text import points_json


def results_data(assessment: Assessment) -> dict[str, Any]:
    """The whole assessment as plain data. Points are integers, or ``"p/q"`` strings where not whole."""
    return {
        "year": assessment.config.year,
        "status": assessment.status.value,
        "rulebook": {
            "version": assessment.rulebook.version,
            "hash": assessment.rulebook.rules_hash,
            "readings": {reading.id: reading.taken for reading in assessment.rulebook.readings},
        },
        "units": [_unit(card) for card in assessment.cards],
        "findings": [
            {
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
            for f in assessment.findings
        ],
        "files": [
            {
                "name": f.name,
                "sha256": f.sha256,
                "unit": f.unit,
                "verdict": f.verdict.value,
                "reason": f.reason,
                "changes": [{"sheet": c.sheet, "cell": c.cell, "label": c.label, "before": c.before, "after": c.after} for c in f.changes],
                "notes": list(f.notes),
                "inside": f.inside,
            }
            for f in assessment.files
        ],
    }


def results_json(assessment: Assessment) -> bytes:
    """``results.json``, UTF-8."""
    return (json.dumps(results_data(assessment), ensure_ascii=False, indent=1) + "\n").encode()


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


def _unit(card: Scorecard) -> dict[str, Any]:
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
        "items": [_item(score) for score in card.items],
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
