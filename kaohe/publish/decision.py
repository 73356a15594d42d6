"""What the chairmen's meeting is asked: the figures of one run, and what each other reading would change."""

from collections import Counter

from kaohe.forms.decision import DecisionTask, ReadingLine
from kaohe.scoring.basis import basis
from kaohe.scoring.scorecard import Assessment
from kaohe.scoring.sensitivity import Effect, effects
from kaohe.text import points_text

_MOST_MOVES = 8


def decision_task(assessment: Assessment) -> DecisionTask:
    """The decision form's content, from one assessment."""
    rests_on = basis(assessment)
    by_reading: dict[str, list[Effect]] = {}
    for effect in effects(assessment):
        by_reading.setdefault(effect.reading.id, []).append(effect)
    lines = []
    for reading in assessment.rulebook.readings:
        others = by_reading.get(reading.id, [])
        lines.append(
            ReadingLine(
                id=f"reading:{reading.id}",
                clause="、".join(reading.clauses),
                question=reading.question,
                taken=reading.choice(reading.taken).text,
                others="\n".join(f"{effect.choice.text}：{_told(assessment, effect)}" for effect in others),
                options=tuple(effect.choice.text.replace(",", "，") for effect in others),
            )
        )
    return DecisionTask(rests_on.fingerprint, rests_on.parts, _summary(assessment), tuple(lines), tuple(u.short for u in assessment.config.cohort))


def _told(assessment: Assessment, effect: Effect) -> str:
    if not effect.moves:
        return "各单位得分和位次不变"
    told = []
    for move in effect.moves[:_MOST_MOVES]:
        unit = assessment.config.units_by_code[move.unit].short
        points = f"{points_text(move.total)}→{points_text(move.other_total)}分" if move.total != move.other_total else "得分不变"
        place = f"，第{move.place}→{move.other_place}位" if move.place != move.other_place else ""
        told.append(f"{unit}{points}{place}")
    rest = f"等{len(effect.moves)}个单位" if len(effect.moves) > _MOST_MOVES else ""
    return "；".join(told) + rest


def _summary(assessment: Assessment) -> str:
    ranked = [card for card in assessment.cards if card.place is not None and card.total is not None]
    first = "、".join(f"{card.unit.short}{points_text(card.total)}分" for card in ranked[:3] if card.total is not None)
    states = "，".join(f"{state}{n}个" for state, n in Counter(card.state.chinese for card in assessment.cards).items())
    return f"共{len(assessment.cards)}个单位：{states}。" + (f"目前居前的是{first}。" if first else "")
