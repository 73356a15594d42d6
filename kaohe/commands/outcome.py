"""What the screen shows of a finished run."""

from collections import Counter

from kaohe.commands.common import screen, show_refused
from kaohe.console import RANKING_HEADINGS, ranking_rows, standing_mark
from kaohe.publish.final import blockers, standing_note
from kaohe.run import Outcome


def show_outcome(outcome: Outcome) -> None:
    """Ranking, refused files, problems, the final set or what holds it back, and a summary."""
    assessment = outcome.assessment
    standing = standing_note(assessment.config)
    screen.table(
        f"{assessment.config.year}年度考核排名（{standing_mark(assessment.status, issued=outcome.final is not None or standing is not None)}）",
        RANKING_HEADINGS,
        ranking_rows(assessment),
        numbers=(0, 3, 4, 5, 6),
    )
    show_refused(assessment)
    for problem in outcome.problems:
        screen.complain(problem)
    if outcome.final is not None:
        screen.say(f"正式结果已生成：{outcome.final}。以后再收到材料也不会改动它；用 pipeline.py verify 核对。")
        screen.say(f"正式文件只在那个文件夹里；{assessment.config.folder('outbox')} 里的汇总工作簿、通报、函每晚照常更新，一直是送审稿，不要印发。")
    elif standing is not None:
        screen.say(standing)
    elif (waiting := blockers(assessment)) and (assessment.decision is not None or any(f.code.startswith("V-8") for f in assessment.findings)):
        screen.say("审定表已经收到，正式结果还不能生成：")
        for line in waiting:
            screen.say(f"  {line}")
    counts = Counter(f.severity.value for f in assessment.findings)
    states = Counter(card.state.chinese for card in assessment.cards)
    summary = "，".join(f"{state}{n}个" for state, n in states.items())
    found = "、".join(f"{severity}{n}条" for severity, n in counts.items()) or "没有问题"
    screen.say(
        f"收到文件{sum(1 for file in assessment.files if not file.inside)}份；{summary}；{found}。结果在：{assessment.config.folder('outbox')}"
    )
