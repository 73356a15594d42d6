"""What the templates are given: an assessment in the words and counts of ``context.py``."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from fractions import Fraction
from itertools import groupby
from typing import Any

from kaohe.config.model import Award, Unit
from kaohe.publish.documents import standard as gb
from kaohe.publish.documents.context import (
    AwardText,
    Basis,
    Common,
    Edition,
    GateText,
    GroupText,
    ItemText,
    Letter,
    Notice,
    Progress,
    RankText,
    Scope,
    SectionText,
    UnitText,
)
from kaohe.rulebook.model import Item
from kaohe.scoring.decision import Decision
from kaohe.scoring.exact import exact_sum
from kaohe.scoring.score import gate_missing, gate_unseen
from kaohe.scoring.scorecard import Assessment, ItemScore, Scorecard, Status, UnitState
from kaohe.scoring.verify import gate_result
from kaohe.text import date_text, points_text, shorten

NONE = "—"
WHY_LIMIT = 300
"""A reason longer than this would make a table row taller than a page."""

RECIPIENTS_LIMIT = 8 * gb.CHARS_PER_LINE
"""Names longer than this would push the body off the first page, which the standard forbids."""

_POINTS_AGAIN = re.compile(r"，计[0-9./]+分。$")
"""What a reason says at its end and the column beside it says too."""


def draft(status: Status) -> Edition:
    """The edition for review: 送审稿 on every page, and 预排名 while results are open."""
    return Edition("送审稿（预排名）" if status is Status.PRELIMINARY else "送审稿")


def final(decision: Decision, number: str) -> Edition:
    """The edition that the meeting decided, dated on its day; ``number`` is "" where none was given."""
    day = date_text(decision.met_on)
    return Edition("", number, day, meeting=day)


def notice_context(assessment: Assessment, edition: Edition) -> Notice:
    """Everything that the notification's template may use."""
    config, cards = assessment.config, assessment.cards
    recipients = "、".join(dict.fromkeys(unit.department for unit in config.cohort))
    return Notice(
        **common(assessment, edition),
        recipients=recipients,
        collective=len(recipients) > RECIPIENTS_LIMIT,
        groups=tuple(GroupText(g.name, g.leader, g.deputy, _short_names(assessment, g.units)) for g in config.groups),
        progress=_progress(assessment),
        units=tuple(unit_text(card) for card in cards),
        ranks=_ranks(cards),
        gated=tuple(unit_text(card) for card in cards if card.state is UnitState.GATED),
        undecided=tuple(unit_text(card) for card in cards if card.state not in (UnitState.VALID, UnitState.GATED)),
        awards=tuple(AwardText(award.name, "、".join(unit.short for unit in units)) for award, units in winners(assessment)),
    )


def letter_context(assessment: Assessment, card: Scorecard, shared: Mapping[str, Any]) -> Letter:
    """Everything that the letter's template may use; ``shared`` is what all letters have, from ``common``."""
    scored = card.total is not None
    sections = _sections(assessment, card) if scored else ()
    return Letter(
        **shared,
        department=card.unit.department,
        unit=unit_text(card),
        scored=scored,
        settled=card.state in (UnitState.VALID, UnitState.GATED),
        gated=card.state is UnitState.GATED,
        tied=assessment.sharing(card.place) > 1,
        sections=sections,
        full=tuple(section.title for section in sections if section.full),
        short_of=tuple(section for section in sections if not section.full),
        sum=points_text(exact_sum(score.points for score in card.items)),
    )


def letter_told(assessment: Assessment, card: Scorecard) -> str:
    """What ``letter_context`` is made from, apart from what all letters have and what the rules say: found much faster."""
    totals = [None if points is None else points.as_integer_ratio() for points in (card.total, card.capped, card.uncapped, card.bonus)]
    points = [(score.item.id, score.points.numerator, score.points.denominator) for score in card.items]
    unit = card.unit
    return repr(
        (
            unit.name,
            unit.short,
            unit.department,
            card.group,
            card.state,
            card.reason,
            card.place,
            assessment.sharing(card.place) > 1,
            totals,
            points,
            [s.why for s in card.items],
        )
    )


def unit_text(card: Scorecard) -> UnitText:
    """One unit's result in texts."""
    return UnitText(
        name=card.unit.short,
        full=card.unit.name,
        group=card.group,
        state=card.state.chinese.partition("（")[0],
        reason=card.reason.rstrip("。"),
        place=NONE if card.place is None else str(card.place),
        total=_points(card.total),
        capped=_points(card.capped),
        uncapped=_points(card.uncapped),
        bonus=_points(card.bonus),
    )


def winners(assessment: Assessment) -> list[tuple[Award, tuple[Unit, ...]]]:
    """Every award with its winners, each once. A unit without the preconditions wins nothing; an award without winners is left out."""
    gated = {card.unit.code for card in assessment.cards if card.state is UnitState.GATED}
    by_code = assessment.config.units_by_code
    listed = ((award, tuple(by_code[code] for code in dict.fromkeys(award.units) if code not in gated)) for award in assessment.config.awards)
    return [(award, units) for award, units in listed if units]


def common(assessment: Assessment, edition: Edition) -> dict[str, Any]:
    """The fields that every kind of document has."""
    config, rulebook = assessment.config, assessment.rulebook
    shared = Common(
        edition=edition,
        provisional=assessment.status is Status.PRELIMINARY,
        year=config.year,
        assessment=rulebook.title,
        called=rulebook.called,
        basis=Basis(rulebook.notice_title, rulebook.notice_number),
        issuer=config.issuer,
        scope=_scope(assessment),
        gate=GateText("、".join(c.label for c in rulebook.gate.conditions), rulebook.gate.text),
        ranked=sum(card.place is not None for card in assessment.cards),
        bonus_in_total=rulebook.settings.bonus_in_total,
    )
    return {field.name: getattr(shared, field.name) for field in fields(shared)}


def _scope(assessment: Assessment) -> Scope:
    rulebook = assessment.rulebook
    caps = [item.rule.maximum() for item in rulebook.items.values()]
    capped = [cap for cap in caps if cap is not None]
    return Scope(
        units=len(assessment.cards),
        sections=len(rulebook.sections),
        clauses=sum(1 for _ in rulebook.clauses()),
        items=len(caps),
        capped=len(capped),
        uncapped=len(caps) - len(capped),
        maximum=points_text(sum(capped, Fraction(0))),
    )


def _progress(assessment: Assessment) -> Progress:
    codes = [card.unit.code for card in assessment.cards]
    gates = [gate_result(assessment.config, assessment.verifications, code) for code in codes]
    failed = sum(bool(gate_missing(assessment.rulebook, gate)) for gate in gates)
    unseen = sum(bool(gate_unseen(assessment.rulebook, gate)) and not gate_missing(assessment.rulebook, gate) for gate in gates)
    accepted = sum(code in assessment.records for code in codes)
    refused = sum(card.state is UnitState.REJECTED for card in assessment.cards)
    return Progress(accepted, refused, len(codes) - accepted - refused, len(codes) - failed - unseen, failed, unseen)


def _ranks(cards: Iterable[Scorecard]) -> tuple[RankText, ...]:
    ranks = []
    for place, sharing in groupby((card for card in cards if card.place is not None), key=lambda card: card.place or 0):
        group = list(sharing)
        ranks.append(RankText(place, "、".join(card.unit.short for card in group), _points(group[0].total), len(group) > 1))
    return tuple(ranks)


def _sections(assessment: Assessment, card: Scorecard) -> tuple[SectionText, ...]:
    rulebook, texts = assessment.rulebook, []
    by_section: dict[str, list[ItemScore]] = {section.id: [] for section in rulebook.sections}
    for score in card.items:
        by_section[rulebook.section_of_item[score.item.id].id].append(score)
    for section in rulebook.sections:
        scores = by_section[section.id]
        capped = exact_sum(score.points for score in scores if score.maximum is not None)
        whole, maximum = card.sections[section.id], rulebook.maximum(section)
        texts.append(
            SectionText(
                number=section.number,
                title=section.title,
                maximum=points_text(maximum),
                capped=points_text(capped),
                uncapped=points_text(whole - capped) if any(score.maximum is None for score in scores) else NONE,
                points=points_text(whole),
                items=tuple([_item_text(score.item, score.points.numerator, score.points.denominator, score.why) for score in scores]),
                full=capped == maximum,
            )
        )
    return tuple(texts)


def _item_text(item: Item, numerator: int, denominator: int, why: str) -> ItemText:
    """One item in texts; units of which the same is to be said share them."""
    key = id(item), numerator, denominator, why
    known = _item_texts.get(key)
    if known is None:
        maximum = item.rule.maximum()
        said = _POINTS_AGAIN.sub("。", shorten(why, WHY_LIMIT))
        text = ItemText(
            item.id, item.title, "不封顶" if maximum is None else points_text(maximum), points_text(Fraction(numerator, denominator)), said
        )
        if len(_item_texts) >= _MOST_ITEM_TEXTS:
            _item_texts.clear()
        known = _item_texts[key] = item, text
    return known[1]


_MOST_ITEM_TEXTS = 5000
_item_texts: dict[tuple[int, int, int, str], tuple[Item, ItemText]] = {}
"""By the item, which is kept with it so that its number stays its own, and what is said of it."""


def _points(points: Fraction | None) -> str:
    return NONE if points is None else points_text(points)


def _short_names(assessment: Assessment, codes: Iterable[str]) -> str:
    return "、".join(assessment.config.units_by_code[code].short for code in codes)
