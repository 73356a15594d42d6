"""What figures rest on: the inputs that count, the rules and the readings, as one fingerprint and as a list to compare."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from kaohe.config.model import GateResult
from kaohe.scoring.scorecard import Assessment


@dataclass(frozen=True)
class Basis:
    """``parts`` say by Chinese name what each input's content is; equal parts give an equal fingerprint."""

    parts: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Hash of all parts."""
        return hashlib.sha256(json.dumps(dict(self.parts), ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]

    def changed_since(self, earlier: Mapping[str, str]) -> tuple[str, ...]:
        """Names of the parts that are new, gone or different."""
        names = dict.fromkeys([*earlier, *self.parts])
        return tuple(name for name in names if earlier.get(name) != self.parts.get(name))


def basis(assessment: Assessment) -> Basis:
    """What an assessment's figures rest on, before any decision."""
    content = {file.name: file.sha256 for file in assessment.files}
    period = assessment.config.period
    parts = {"规则和口径": assessment.rulebook.rules_hash, "考核期": f"{period.start.isoformat()}/{period.end.isoformat()}"}
    for unit in assessment.config.cohort:
        card = assessment.card(unit.code)
        if card.file is not None:
            parts[f"{unit.short}的填报表"] = content[card.file]
        if unit.code in assessment.verifications:
            parts[f"{unit.short}的核查表"] = content.get(assessment.verifications[unit.code].file, "")
        if unit.code in assessment.config.gate:
            parts[f"{unit.short}的实地考核结果"] = _gate(assessment, assessment.config.gate[unit.code])
    return Basis(parts)


def _gate(assessment: Assessment, found: GateResult) -> str:
    """Every precondition's answer in the rulebook's order, with the remark: the same however they are written."""
    answers = {condition.id: found.holds(condition.id) for condition in assessment.rulebook.gate.conditions}
    return json.dumps({**answers, "remark": found.remark}, ensure_ascii=False, separators=(",", ":"))
