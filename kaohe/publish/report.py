"""The nightly report: one HTML file that needs nothing else, for the clerk."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

from kaohe import look
from kaohe.checks.finding import Finding, Severity
from kaohe.config.model import Group
from kaohe.files import write_whole
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.publish.text_template import render_text
from kaohe.rulebook.model import Section
from kaohe.scoring.scorecard import Assessment, ItemScore, ItemState, Scorecard, Source, UnitState
from kaohe.text import date_text, join_rows, points_text

TEMPLATE = "run-report.html"
NO_POINTS = "—"
UNBOUNDED = "不封顶"

_BEIJING = timezone(timedelta(hours=8))
_SEVERITY_MARKS = {Severity.ERROR: "error", Severity.DOUBT: "doubt", Severity.HINT: "hint"}
_STATE_MARKS = {
    UnitState.MISSING: "error",
    UnitState.REJECTED: "error",
    UnitState.INCOMPLETE: "error",
    UnitState.PROVISIONAL: "doubt",
    UnitState.VALID: "good",
    UnitState.GATED: "plain",
}
_ITEM_MARKS = {
    ItemState.SCORED: "plain",
    ItemState.BLOCKED: "error",
    ItemState.PENDING: "doubt",
    ItemState.UNPLACED: "doubt",
    ItemState.VOID: "plain",
}


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """How far one inspection group's units have sent their returns."""

    group: Group
    cards: tuple[Scorecard, ...]
    accepted: int


@dataclass(frozen=True, slots=True)
class SectionDetail:
    """One section of a unit's detail."""

    section: Section
    points: str
    maximum: str
    scores: tuple[ItemScore, ...]


@dataclass(frozen=True, slots=True)
class UnitDetail:
    """Everything about one unit."""

    card: Scorecard
    sections: tuple[SectionDetail, ...]
    findings: tuple[Finding, ...]
    files: tuple[ReceivedFile, ...]


def write_report(assessment: Assessment, path: Path, generated: datetime) -> None:
    """Write the report of ``assessment`` to ``path``; ``generated`` appears in it once and is all that depends on the clock."""
    filters: dict[str, Callable[..., Any]] = {
        "points": points_text,
        "date": date_text,
        "moment": _moment,
        "size": _size,
        "mark": _mark,
        "cells": cells_text,
        "maximum": _maximum,
        "earned": earned,
    }
    text = render_text(assessment.config.template(TEMPLATE), _context(assessment, generated), html=True, filters=filters)
    write_whole(path, text.encode())


def _context(assessment: Assessment, generated: datetime) -> dict[str, Any]:
    cards = [assessment.card(unit.code) for unit in assessment.config.cohort]
    severities = Counter(finding.severity for finding in assessment.findings)
    return {
        "assessment": assessment,
        "config": assessment.config,
        "rulebook": assessment.rulebook,
        "look": look,
        "generated": f"{date_text(generated)} {generated:%H:%M:%S}",
        "cards": cards,
        "states": [(state, n) for state in UnitState if (n := sum(card.state is state for card in cards))],
        "by_state": {state.value: [card for card in cards if card.state is state] for state in UnitState},
        "severities": [(severity, severities[severity]) for severity in Severity],
        "refused": [file for file in assessment.files if file.verdict.refused],
        "doubtful": [
            (card, n)
            for card in cards
            if card.state is not UnitState.INCOMPLETE and (n := len(assessment.open_findings_of(card.unit.code, Severity.DOUBT)))
        ],
        "pending": [(card, score) for card in cards for score in card.items if score.state is ItemState.PENDING],
        "groups": [_progress(assessment, group) for group in assessment.config.groups],
        "ranking": _ranking(assessment.cards),
        "findings": sorted(assessment.findings, key=lambda finding: finding.gravity),
        "details": [_detail(assessment, card) for card in cards],
        "short_names": {unit.code: unit.short for unit in assessment.config.units},
        "accepted": sum(card.file is not None for card in cards),
    }


def _progress(assessment: Assessment, group: Group) -> GroupProgress:
    cards = tuple(assessment.card(code) for code in group.units)
    return GroupProgress(group, cards, sum(card.file is not None for card in cards))


def _ranking(cards: Sequence[Scorecard]) -> list[tuple[Scorecard, str]]:
    """Cards with the length of their bar, in percent of the longest."""
    longest = max((card.total for card in cards if card.total is not None), default=Fraction(0))
    return [(card, _percent(card.total, longest)) for card in cards]


def _percent(part: Fraction | None, whole: Fraction) -> str:
    return f"{float(part / whole * 100):.1f}" if part and whole else "0"


def _detail(assessment: Assessment, card: Scorecard) -> UnitDetail:
    rulebook = assessment.rulebook
    sections = []
    for section in rulebook.sections:
        scores = tuple(score for score in card.items if rulebook.section_of_item[score.item.id] is section)
        capped = rulebook.maximum(section)
        unbounded = any(score.maximum is None for score in scores)
        maximum = f"{points_text(capped)}＋{UNBOUNDED}" if capped and unbounded else UNBOUNDED if unbounded else points_text(capped)
        points = points_text(card.sections[section.id]) if card.state.scored else NO_POINTS
        sections.append(SectionDetail(section, points, maximum, scores))
    files = tuple(file for file in assessment.files if file.unit == card.unit.code)
    return UnitDetail(card, tuple(sections), assessment.findings_of(card.unit.code), files)


def cells_text(sources: Iterable[Source]) -> str:
    """The cells behind a score, by sheet: ``填报表 D8、D9；宣传报道 第5—9行``."""
    cells: dict[str, list[str]] = {}
    rows: dict[str, list[int]] = {}
    for source in sources:
        first, colon, _ = source.cell.partition(":")
        cells.setdefault(source.sheet, [])
        if colon and first.isdecimal():
            rows.setdefault(source.sheet, []).append(int(first))
        elif source.cell not in cells[source.sheet]:
            cells[source.sheet].append(source.cell)
    parts = []
    for sheet, names in cells.items():
        numbers = sorted(set(rows.get(sheet, ())))
        parts.append(f"{sheet} {'、'.join([*names, *([join_rows(numbers)] if numbers else [])])}")
    return "；".join(parts)


def earned(score: ItemScore) -> str:
    """Points as shown: a dash where the unit has no score at all."""
    return NO_POINTS if score.state is ItemState.VOID else points_text(score.points)


def _maximum(value: Fraction | None) -> str:
    return UNBOUNDED if value is None else points_text(value)


def _moment(seconds: int) -> str:
    """A file's time, always as the clock in Beijing shows it."""
    return "—" if not seconds else datetime.fromtimestamp(seconds, UTC).astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M")


def _size(size: int) -> str:
    return f"{size / 1024:.0f} KB" if size >= 1024 else f"{size} 字节"


def _mark(value: Severity | UnitState | ItemState | Verdict) -> str:
    """Name of the colour that a state is shown in; the words beside it say the same."""
    match value:
        case Severity():
            return _SEVERITY_MARKS[value]
        case UnitState():
            return _STATE_MARKS[value]
        case ItemState():
            return _ITEM_MARKS[value]
        case _:
            return "good" if value is Verdict.ACCEPTED else "error" if value.refused else "plain"
