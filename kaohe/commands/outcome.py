"""What the screen shows of a finished run."""

from collections import Counter
from collections.abc import Iterator

from kaohe.called import how_to
from kaohe.commands.common import refused_lines
from kaohe.commands.shown import Shown, show
from kaohe.console import ranking_rows, standing_mark
from kaohe.publish.standing import blockers, standing_note
from kaohe.run import Outcome
from kaohe.scoring.scorecard import Assessment

_MOST_ROWS = 60
"""Units that a screen lists; the ranked workbook has them all."""


def shown_of(outcome: Outcome) -> Shown:
    """What is to be said of a run."""
    assessment = outcome.assessment
    standing = standing_note(assessment.config)
    issued = outcome.final is not None or standing is not None
    rows = ranking_rows(assessment)
    lines = [] if len(rows) <= _MOST_ROWS else [f"这里只列出前{_MOST_ROWS}个，共{len(rows)}个单位，全部排名见考核汇总工作簿。"]
    return Shown(
        f"{assessment.config.year}年度考核排名（{standing_mark(assessment.status, issued=issued)}）",
        tuple(tuple(row) for row in rows[:_MOST_ROWS]),
        tuple(refused_lines(assessment)),
        outcome.problems,
        (*lines, *_final_lines(outcome, standing), _summary(assessment)),
    )


def _final_lines(outcome: Outcome, standing: str | None) -> Iterator[str]:
    assessment = outcome.assessment
    if outcome.final is not None:
        yield f"正式结果已生成：{outcome.final}。以后再收到材料也不会改动它；{how_to(assessment.config.home, 'verify')}，可以核对。"
        yield f"正式文件只在那个文件夹里；{assessment.config.folder('outbox')} 里的汇总工作簿、通报、函每晚照常更新，一直是送审稿，不要印发。"
    elif standing is not None:
        yield standing
    elif (waiting := blockers(assessment)) and (assessment.decision is not None or any(f.code.startswith("V-8") for f in assessment.findings)):
        yield "审定表已经收到，正式结果还不能生成："
        yield from (f"  {line}" for line in waiting)


def _summary(assessment: Assessment) -> str:
    counts = Counter(f.severity.value for f in assessment.findings)
    states = Counter(card.state.chinese for card in assessment.cards)
    summary = "，".join(f"{state}{n}个" for state, n in states.items())
    found = "、".join(f"{severity}{n}处" for severity, n in counts.items()) or "没有问题"
    received = sum(1 for file in assessment.files if not file.inside)
    return f"收到文件{received}份；{summary}；{found}。结果在：{assessment.config.folder('outbox')}"


def show_outcome(outcome: Outcome) -> Shown:
    """Say what there is to say of a run, and return it."""
    shown = shown_of(outcome)
    show(shown)
    return shown
