"""Fills the report's template: the words are the template's, style and script come with the program, the data from the assessment."""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from kaohe import look
from kaohe.checks.finding import Severity
from kaohe.files import write_whole
from kaohe.publish.report.details import details
from kaohe.publish.report.marks import mark
from kaohe.publish.report.overview import SMALL_COHORT, final_lines, in_cohort, other_readings, progress, ranking, tasks
from kaohe.publish.text_template import render_pieces
from kaohe.scoring.scorecard import Assessment, UnitState
from kaohe.scoring.sensitivity import effects
from kaohe.text import date_text, points_text

TEMPLATE = "run-report.html"

_HERE = Path(__file__).parent
_UNSAFE_IN_SCRIPT = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def write_report(assessment: Assessment, path: Path, generated: datetime) -> None:
    """Write the report of ``assessment`` to ``path``; ``generated`` appears in it once and is all that depends on the clock.

    Raises TemplateFault when the office's template cannot be filled in.
    """
    filters: dict[str, Callable[..., Any]] = {"points": points_text, "date": date_text, "mark": mark}
    pieces = render_pieces(assessment.config.template(TEMPLATE), _context(assessment, generated), html=True, filters=filters)
    write_whole(path, (piece.encode() for piece in pieces))


def embedded(text: str) -> Markup:
    """JSON that nothing can end before its time: no ``</script>`` or comment, no line separator that a script would stumble over."""
    for character, escaped in _UNSAFE_IN_SCRIPT:
        text = text.replace(character, escaped)
    return Markup(text)  # noqa: S704 - every character with a meaning in HTML was replaced


def _context(assessment: Assessment, generated: datetime) -> Mapping[str, Any]:
    states = Counter(card.state for card in assessment.cards)
    severities = Counter(finding.severity for finding in assessment.findings)
    found = list(effects(assessment))
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    return {
        "style": Markup((_HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - the program's own
        "script": Markup(script),  # noqa: S704 - the program's own
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "data": embedded(details(assessment, found)),
        "look": look,
        "generated": f"{date_text(generated)} {generated:%H:%M:%S}",
        "config": assessment.config,
        "rulebook": assessment.rulebook,
        "mark_of_status": assessment.status.mark,
        "states": [(state, states[state]) for state in UnitState if states[state]],
        "severities": [(severity, severities[severity]) for severity in Severity],
        "accepted": sum(card.file is not None for card in assessment.cards),
        "total": len(assessment.cards),
        "small": len(assessment.cards) <= SMALL_COHORT,
        "tasks": tasks(assessment),
        "final_lines": final_lines(assessment),
        "gated": [card for card in in_cohort(assessment) if card.state is UnitState.GATED],
        "groups": progress(assessment),
        "ranking": ranking(assessment.cards),
        "findings": sorted(assessment.findings, key=lambda finding: finding.gravity),
        "other_readings": other_readings(found),
        "short_names": {unit.code: unit.short for unit in assessment.config.units},
        "in_cohort": {card.unit.code for card in assessment.cards},
    }
