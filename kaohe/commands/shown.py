"""What a run says on the screen, as it is kept to be said again: loads nothing of the run itself."""

import json
from dataclasses import asdict, dataclass

from kaohe.commands.common import screen

RANKING_HEADINGS = ("位次", "单位", "考核组", "总分", "封顶", "不封顶", "其中加分", "状态")


@dataclass(frozen=True)
class Shown:
    """What is said of a run: a table of the ranking, problems, and lines."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    refused: tuple[str, ...]
    problems: tuple[str, ...]
    lines: tuple[str, ...]

    def packed(self) -> bytes:
        """As bytes, to be kept."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @staticmethod
    def unpacked(packed: bytes) -> "Shown":
        """The same from its bytes. ValueError, KeyError or TypeError where they are none."""
        kept = json.loads(packed)
        rows = tuple(tuple(map(str, row)) for row in kept["rows"])
        return Shown(str(kept["title"]), rows, tuple(kept["refused"]), tuple(kept["problems"]), tuple(kept["lines"]))


def show(shown: Shown) -> None:
    """Ranking, refused files, problems, the final set or what holds it back, and a summary."""
    screen.table(shown.title, RANKING_HEADINGS, shown.rows, numbers=(0, 3, 4, 5, 6))
    for line in shown.refused:
        screen.say(line)
    screen.complain(*shown.problems)
    for line in shown.lines:
        screen.say(line)
