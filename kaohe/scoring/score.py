"""Scoring: every item of every unit, then totals and places. Exact throughout."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from sys import intern
from typing import TypeAlias

from kaohe.checks.finding import Finding
from kaohe.config.loader import Office
from kaohe.config.model import GateResult, Unit
from kaohe.intake.inspection import FIELD, ITEM, ROW, UnitInspection, row_id, shown
from kaohe.intake.record import ReceivedFile, Record, Verdict
from kaohe.rulebook.facts import Case, Facts
from kaohe.rulebook.model import Item, Rulebook
from kaohe.rulebook.rules.base import Condition, label
from kaohe.rulebook.rules.conditions import AllOf
from kaohe.rulebook.rules.growth import RankBands
from kaohe.rulebook.rules.rows import RowRule
from kaohe.scoring.accept import accepted_facts
from kaohe.scoring.decision import Adjustment
from kaohe.scoring.exact import ZERO, exact_sum, kept_once
from kaohe.scoring.inputs import NO_FACTS, Inputs, blocking, keeping_place, metric_places
from kaohe.scoring.places import standings
from kaohe.scoring.scorecard import Assessment, ItemScore, ItemState, Scorecard, Source, Status, UnitState
from kaohe.scoring.verify import Verification, gate_result, verifications, verified_facts, without_settled
from kaohe.text import inner, points_text, shorten, value_text

SETTLED = "考核组已经核定，单位不用再更正"


_Outcome: TypeAlias = tuple[Fraction, ItemState, str]
"""Points, state and reason of an item by its rule alone."""


@dataclass(frozen=True)
class _Judged:
    """A unit's state before scoring, with the reason in Chinese."""

    state: UnitState
    reason: str


def assess(
    office: Office,
    records: Mapping[str, Record],
    findings: Sequence[Finding],
    files: Sequence[ReceivedFile],
    visits: Sequence[tuple[str, UnitInspection]] = (),
    adjustments: Sequence[Adjustment] = (),
) -> Assessment:
    """Score and rank all units of the cohort.

    ``records`` are the accepted forms by unit code; ``findings`` are those of all units and inspection forms; ``files`` every
    file received; ``visits`` every sheet of every inspection form, oldest form first, with its file's name;
    ``adjustments`` what the chairmen's meeting set.
    """
    rulebook = office.rulebook
    by_unit: dict[str, list[Finding]] = {}
    for finding in findings:
        by_unit.setdefault(finding.unit, []).append(finding)
    taken = _taken(office, records, by_unit, verifications(office.config, rulebook, visits, findings))
    states = _states(office, records, taken, files)
    accepted = {f.unit: f.name for f in files if f.verdict is Verdict.ACCEPTED}
    kept = keeping_place(rulebook, {code: judged.state for code, judged in states.items()})
    before = Inputs(rulebook, taken.own, metric_places(rulebook.items.values(), taken.own, kept))
    after = _Scorer(
        office,
        records,
        Inputs(rulebook, taken.final, metric_places(rulebook.items.values(), taken.final, kept)) if taken.changes else before,
        states,
        accepted,
        before,
        by_unit,
        taken.left,
        taken.changes,
        {(a.unit, a.item): a for a in adjustments},
    )
    cards = [after.card(unit) for unit in office.config.cohort]
    return Assessment(
        config=office.config,
        rulebook=rulebook,
        status=_status(cards),
        cards=_placed(cards),
        findings=tuple(_marked(findings, taken.left, taken.changes)),
        files=tuple(files),
        records=dict(records),
        facts=taken.final,
        verifications=taken.changes,
        visits=tuple(visits),
    )


@dataclass(frozen=True)
class _Taken:
    """What counts of the forms, by unit: the unit's own facts, the facts after inspection, and the findings that inspection left open."""

    own: Mapping[str, Facts]
    final: Mapping[str, Facts]
    left: Mapping[str, Sequence[Finding]]
    changes: Mapping[str, Verification]


def _taken(office: Office, records: Mapping[str, Record], by_unit: Mapping[str, Sequence[Finding]], changes: Mapping[str, Verification]) -> _Taken:
    own = {code: accepted_facts(record, by_unit.get(code, ())) for code, record in records.items()}
    left = {
        code: without_settled(office.rulebook, found, records[code], changes[code]) if code in changes and code in records else found
        for code, found in by_unit.items()
    }
    final = {
        code: verified_facts(office.rulebook, accepted_facts(record, left.get(code, ())), record, changes[code]) if code in changes else own[code]
        for code, record in records.items()
    }
    return _Taken(own, final, left, changes)


def _states(office: Office, records: Mapping[str, Record], taken: _Taken, files: Iterable[ReceivedFile]) -> dict[str, _Judged]:
    refused = {f.unit: f for f in files if f.verdict.refused}
    gates = {unit.code: gate_result(office.config, taken.changes, unit.code) for unit in office.config.cohort}
    return {code: _unit_state(office, gate, code in records, taken.left.get(code, ()), refused.get(code)) for code, gate in gates.items()}


def _marked(findings: Iterable[Finding], left: Mapping[str, Sequence[Finding]], changes: Container[str]) -> Iterator[Finding]:
    """All findings; those that verified figures settle say so. They still tell why the unit's own points are what they are."""
    open_still = {code: set(found) for code, found in left.items() if code in changes}
    for finding in findings:
        is_settled = finding.unit in open_still and finding not in open_still[finding.unit]
        yield replace(finding, settled=True, action=SETTLED) if is_settled else finding


def reassess(assessment: Assessment, rulebook: Rulebook, adjustments: Sequence[Adjustment] = ()) -> Assessment:
    """The same inputs scored under another rulebook (other readings), and with the meeting's adjustments."""
    office = Office(assessment.config, rulebook)
    return assess(office, assessment.records, assessment.findings, assessment.files, assessment.visits, adjustments)


def gate_missing(rulebook: Rulebook, result: GateResult) -> list[str]:
    """Labels of the preconditions found missing on the spot."""
    return [c.label for c in rulebook.gate.conditions if result.holds(c.id) is False]


def gate_unseen(rulebook: Rulebook, result: GateResult) -> list[str]:
    """Labels of the preconditions not inspected yet."""
    return [c.label for c in rulebook.gate.conditions if result.holds(c.id) is None]


def _unit_state(office: Office, gate: GateResult, has_record: bool, findings: Iterable[Finding], refused: ReceivedFile | None) -> _Judged:
    if missing := gate_missing(office.rulebook, gate):
        remark = f"（{gate.remark}）" if gate.remark else ""
        return _Judged(UnitState.GATED, f"实地考核不具备{_quoted(missing)}的条件{remark}，按考核办法不再计分")
    if not has_record:
        if refused is not None:
            return _Judged(UnitState.REJECTED, f"报送的文件不能采用：{refused.reason}")
        return _Judged(UnitState.MISSING, f"没有收到填报表（截止{value_text(office.config.deadline)}）")
    findings = list(findings)
    if blocking := sum(f.blocks for f in findings):
        doubts = sum(f.blocks and f.withheld for f in findings)
        told = f"（其中{doubts}处是先不计分的疑问）" if doubts else ""
        return _Judged(UnitState.INCOMPLETE, f"有{blocking}处待更正{told}，得分为暂计")
    if unseen := gate_unseen(office.rulebook, gate):
        every = len(unseen) == len(office.rulebook.gate.conditions)
        what = office.rulebook.gate.counted if every else f"{_quoted(unseen)}的条件"
        return _Judged(UnitState.PROVISIONAL, f"{what}尚未实地考核")
    return _Judged(UnitState.VALID, f"材料齐全，{office.rulebook.gate.counted}具备")


def _quoted(names: Iterable[str]) -> str:
    return "".join(f"“{inner(name)}”" for name in names)


@dataclass(frozen=True)
class _Scorer:
    """Everything that a scorecard is computed from, once for all units; ``own`` is what the units themselves gave, ``given`` what was
    found in it, ``left`` what of that is still open."""

    office: Office
    records: Mapping[str, Record]
    inputs: Inputs
    states: Mapping[str, _Judged]
    accepted: Mapping[str | None, str]
    own: Inputs
    given: Mapping[str, Sequence[Finding]]
    left: Mapping[str, Sequence[Finding]]
    changes: Mapping[str, Verification] = field(default_factory=dict)
    adjustments: Mapping[tuple[str, str], Adjustment] = field(default_factory=dict)
    known: dict[tuple[object, ...], _Outcome] = field(default_factory=dict)
    alike: dict[tuple[object, ...], ItemScore] = field(default_factory=dict)
    rows: dict[tuple[int, str, str, int], Source] = field(default_factory=dict)
    """The rows of lists as sources: most of them count for more than one item."""

    @cached_property
    def _by_answers(self) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        """Fields and lists of the items whose score follows from answers where the lists are empty."""
        kinds = (Condition, AllOf, RowRule)
        return {item.id: (item.rule.inputs(), item.rule.lists()) for item in self.office.rulebook.items.values() if isinstance(item.rule, kinds)}

    @cached_property
    def _maxima(self) -> Mapping[str, Fraction | None]:
        return {item.id: item.rule.maximum() for item in self.office.rulebook.items.values()}

    def card(self, unit: Unit) -> Scorecard:
        """The scorecard of one unit, not yet placed."""
        judged, rulebook = self.states[unit.code], self.office.rulebook
        blocked, own_blocked = blocking(self.left.get(unit.code, ())), blocking(self.given.get(unit.code, ()))
        scores = tuple([self._item(unit, item, blocked, own_blocked) for item in rulebook.items.values()])
        by_section: dict[str, list[Fraction]] = {section.id: [] for section in rulebook.sections}
        for score in scores:
            by_section[rulebook.section_of_item[score.item.id].id].append(score.points)
        card = Scorecard(
            unit=unit,
            group=self.office.config.group_of[unit.code].name,
            state=judged.state,
            reason=judged.reason,
            file=self.accepted.get(unit.code),
            items=scores,
            sections={section: kept_once(exact_sum(points)) for section, points in by_section.items()},
            total=None,
            place=None,
            capped=None,
            uncapped=None,
            bonus=None,
        )
        return _totalled(card, rulebook) if judged.state.scored else card

    def _item(self, unit: Unit, item: Item, blocked: frozenset[str], own_blocked: frozenset[str]) -> ItemScore:
        """One item; units that answered the same in the same cells share it: most items ask for 是 or 否 or a small count."""
        answers = self._answers(unit.code, item, blocked)
        if answers is None:
            return self._judged(unit, item, blocked, own_blocked)
        score = self.alike.get(answers)
        if score is None:
            score = self.alike[answers] = self._judged(unit, item, blocked, own_blocked)
        return score

    def _answers(self, code: str, item: Item, blocked: frozenset[str]) -> tuple[object, ...] | None:
        """All that the score of an item follows from, where that is answers alone; None where it is more: places, rows, the group's or the meeting's word."""
        record, reads = self.records.get(code), self._by_answers.get(item.id)
        if reads is None or record is None or code in self.changes or not self.states[code].state.scored:
            return None
        inputs, lists = reads
        if (blocked and not blocked.isdisjoint(inputs)) or (code, item.id) in self.adjustments:
            return None
        for name in lists:
            if record.lists.get(name):
                return None
        values, cells = self.inputs.facts[code].fields, record.fields
        return item.id, *[(cell.sheet, cell.ref, cell.raw, values.get(f)) if (cell := cells.get(f)) is not None else None for f in inputs]

    def _judged(self, unit: Unit, item: Item, blocked: Container[str], own_blocked: Container[str]) -> ItemScore:
        """By the rule, then with what the group changed shown beside what the unit itself gave."""
        code, rulebook = unit.code, self.office.rulebook
        case, record = self.inputs.case(code, item), self.records.get(code)
        points, state, why = self._by_rule(code, item, case, blocked)
        if self.inputs is self.own and state is not ItemState.VOID:
            claimed = points
        else:
            claimed = self.own.points(code, item, own_blocked) if record else ZERO
        sources = _sources(rulebook, item, record, case.facts, self.rows) if record else ()
        score = ItemScore(item, kept_once(points), self._maxima[item.id], state, why, sources, case.standing, kept_once(claimed))
        if state is ItemState.VOID:
            return score
        if change := self.changes.get(code):
            counted = {row.place for row in item.rule.counted_rows(self.own.facts.get(code, NO_FACTS))}
            score = _verified(score, item, change, rulebook, record, counted)
        if adjustment := self.adjustments.get((code, item.id)):
            score = _adjusted(score, adjustment)
        return score

    def _by_rule(self, code: str, item: Item, case: Case, blocked: Container[str]) -> _Outcome:
        judged = self.states[code]
        if not judged.state.scored:
            return ZERO, ItemState.VOID, f"{judged.reason}。"
        inputs = item.rule.inputs()
        if waiting := [f for f in inputs if f in blocked]:
            return ZERO, ItemState.BLOCKED, f"{'、'.join(label(case.names, f) for f in waiting)}待更正，更正前计0分。"
        if not isinstance(item.rule, Condition | AllOf):
            return _outcome(item, case)
        # Most items ask for 是 or 否 or a small count: whoever answers the same is told the same.
        answers = (item.id, *[case.facts.fields.get(f) for f in inputs])
        known = self.known.get(answers)
        if known is None:
            known = self.known[answers] = _outcome(item, case)
        return known


def _outcome(item: Item, case: Case) -> _Outcome:
    rule = item.rule
    why, state = rule.words(case), ItemState.SCORED
    if pending := rule.pending(case):
        state, why = ItemState.PENDING, f"{why.rstrip('。')}；{pending}。"
    elif isinstance(rule, RankBands) and case.standing is None:
        state = ItemState.UNPLACED
    return rule.points(case), state, why


def _verified(
    score: ItemScore, item: Item, change: Verification, rulebook: Rulebook, record: Record | None, counted: set[tuple[str, int]]
) -> ItemScore:
    """The score with the group's corrections told, and its own points in place where it awarded them.

    ``counted`` are the places of the rows that counted before the group refused some.
    """
    told, reasons = [], []
    for field_id in item.rule.inputs():
        if field_id in change.fields and record is not None:
            reason = change.reasons[f"{FIELD}:{field_id}"]
            was, now = shorten(shown(record.fields[field_id]), 20) or "空白", value_text(change.fields[field_id])
            if was == now:
                continue
            told.append(f"{label(rulebook.names, field_id)}单位填报{was}，{change.group}核定为{now}（{reason}）")
            reasons.append(reason)
    for list_id in item.rule.lists():
        rows = record.lists[list_id] if record is not None else ()
        names = [row_id(rulebook.lists_by_id[list_id], row) for row in rows if row.place in counted]
        if refused := [name for name in names if name in change.refused]:
            told.append(f"《{rulebook.names.lists[list_id]}》有{len(refused)}行{change.group}不认可")
            reasons += [change.reasons[f"{ROW}:{r}"] for r in refused]
    why = "；".join([*told, score.why]) if told else score.why
    points, awarded = score.points, change.points.get(item.id)
    if awarded is not None and awarded == points:
        awarded = None  # written out in agreement
    if awarded is not None:
        reason = change.reasons[f"{ITEM}:{item.id}"]
        why = f"{change.group}核定{points_text(awarded)}分（{reason}）；按规则：{why}"
        points = awarded
        reasons.append(reason)
    state = ItemState.SCORED if awarded is not None else score.state
    return replace(score, points=points, verified_points=awarded, reason="；".join(dict.fromkeys(reasons)), why=why, state=state)


def _adjusted(score: ItemScore, adjustment: Adjustment) -> ItemScore:
    """The score that the chairmen's meeting set, with what it was before."""
    why = f"主席办公会议审定{points_text(adjustment.points)}分（{adjustment.reason}）；审定前计{points_text(score.points)}分：{score.why}"
    return replace(score, points=adjustment.points, state=ItemState.SCORED, why=why, reason=adjustment.reason)


def _totalled(card: Scorecard, rulebook: Rulebook) -> Scorecard:
    capped = exact_sum(s.points for s in card.items if s.maximum is not None)
    uncapped = exact_sum(s.points for s in card.items if s.maximum is None)
    bonus = exact_sum(s.points for s in card.items if s.item.bonus)
    total = capped + uncapped - (ZERO if rulebook.settings.bonus_in_total else bonus)
    return replace(card, total=total, capped=capped, uncapped=uncapped, bonus=bonus)


def _placed(cards: Iterable[Scorecard]) -> tuple[Scorecard, ...]:
    """Cards with their places, in ranking order; those without a total follow in the cohort's order."""
    cards = list(cards)
    places = standings({card.unit.code: card.total for card in cards if card.total is not None})
    placed = [replace(card, place=places[card.unit.code].place) if card.unit.code in places else card for card in cards]
    return tuple(sorted(placed, key=lambda c: (c.place is None, c.place or 0)))


def _status(cards: Iterable[Scorecard]) -> Status:
    decided = all(card.state in (UnitState.VALID, UnitState.GATED) for card in cards)
    return Status.REVIEW if decided else Status.PRELIMINARY


def _sources(rulebook: Rulebook, item: Item, record: Record, facts: Facts, rows: dict[tuple[int, str, str, int], Source]) -> tuple[Source, ...]:
    """The cells behind an item: its fields, then every column its rule looks at of every row that counts."""
    found = []
    for field_id in item.rule.inputs():
        cell = record.fields.get(field_id)
        if cell is not None:
            value = _once(cell.raw, value_text(facts.fields.get(field_id)))
            found.append(Source(field_id, rulebook.fields[field_id].label, cell.sheet, cell.ref, cell.raw, value))
    for list_id in item.rule.lists():
        title = rulebook.lists_by_id[list_id]
        counted = {row.place for row in item.rule.counted_rows(facts)}
        if not counted:
            continue
        for row in record.lists.get(list_id, ()):
            if row.place in counted:
                known = id(record), list_id, row.sheet, row.number
                if known not in rows:
                    key = row.cells[title.key[-1]]
                    place, value = intern(f"{row.number}:{row.number}"), _once(key.raw, value_text(key.value))
                    rows[known] = Source(list_id, title.label, row.sheet, place, key.raw, value)
                found.append(rows[known])
    return tuple(found)


def _once(raw: str, value: str) -> str:
    """The value as text; what the unit wrote itself where that is the same, so that it is kept once."""
    return raw if raw == value else value
