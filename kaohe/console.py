"""What the command line shows: tables and sentences, in Chinese."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kaohe.checks.finding import Finding, Severity
from kaohe.text import clean, inner, points_text

if TYPE_CHECKING:  # whoever has one to show has loaded it; to say a sentence none of it is needed
    from kaohe.config.model import Config
    from kaohe.intake.record import ReceivedFile
    from kaohe.rulebook.model import Rulebook
    from kaohe.scoring.scorecard import Assessment, ItemScore, Scorecard, Status
    from kaohe.survey import CheckedForm

_LOG_WIDTH = 160
_COLOURS = {Severity.ERROR: "red", Severity.DOUBT: "yellow", Severity.HINT: "cyan"}


class Record(Protocol):
    """Where everything said is written down too, until the command ends."""

    def write(self, text: str) -> int:
        """Text as it comes, not line by line."""
        ...

    def flush(self) -> None:
        """What has come so far is to be kept."""
        ...

    def end(self, status: int) -> None:
        """The command ended with this exit status."""
        ...


class Screen:
    """Standard output and standard error; a log gets lines wide enough that no table is cut."""

    def __init__(self) -> None:
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # a task of Windows runs without any window, and libraries write as if there were one
                setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 -- for as long as the program runs
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                # An old Windows console may lack a character: better a question mark than a crash.
                stream.reconfigure(errors="replace")
        self.out = Console(highlight=False, emoji=False, soft_wrap=False)
        if not self.out.is_terminal:
            self.out = Console(highlight=False, emoji=False, width=_LOG_WIDTH)
        self.err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
        self._record: Record | None = None
        self._recorded: Console | None = None

    def record(self, record: Record) -> None:
        """From now on whatever is said here is written down there too."""
        file: Any = record  # no more is needed of a file
        self._record, self._recorded = record, Console(file=file, highlight=False, emoji=False, width=_LOG_WIDTH, no_color=True, force_terminal=False)

    def finish(self, status: int) -> None:
        """The command has ended with this exit status: the record, where there is one, is closed."""
        record, self._record, self._recorded = self._record, None, None
        if record is not None:
            record.end(status)

    def _print(self, console: Console, what: Any, *, soft_wrap: bool | None = None) -> None:
        console.print(what, soft_wrap=soft_wrap)
        if self._recorded is not None:
            self._recorded.print(what, soft_wrap=soft_wrap)

    def say(self, text: str) -> None:
        """One line of plain text."""
        self._print(self.out, escape(clean(text)), soft_wrap=True)

    def complain(self, *lines: str) -> None:
        """Lines on standard error."""
        for line in lines:
            self._print(self.err, escape(clean(line)), soft_wrap=True)

    def table(self, title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()) -> None:
        """A table; ``numbers`` are the columns set flush right. Cells are plain text."""
        table = Table(title=title or None, title_justify="left", header_style="bold")
        for n, heading in enumerate(headings):
            table.add_column(heading, justify="right" if n in numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*(escape(clean(cell)) for cell in row))
        self._print(self.out, table)

    def result(self, colour: str, grade: str, what: str, found: str, todo: str) -> None:
        """One result of a check-up, with what to do on a line of its own."""
        self._print(self.out, f"[{colour}]{grade:　<3}[/] {escape(clean(f'{what}：{found}'))}", soft_wrap=True)
        if todo:
            self._print(self.out, f"　　　 怎样办：{escape(clean(todo))}", soft_wrap=True)

    def findings(self, findings: Sequence[Finding], *, limit: int | None = None) -> None:
        """Findings one a line: severity, code, place, what and what to do."""
        shown = findings if limit is None else findings[:limit]
        for f in shown:
            where = " ".join(part for part in (f.code, f.sheet, f.cell) if part)
            text = f"{where} “{inner(f.label)}”：{f.title}，{f.found}。{f.action}。"
            self._print(self.out, f"[{_COLOURS[f.severity]}]{f.severity.value}[/] {escape(clean(text))}", soft_wrap=True)
        if len(shown) < len(findings):
            self.say(f"……还有{len(findings) - len(shown)}处，见更正通知")

    def group_form(self, config: "Config", file: "ReceivedFile", sheets: Iterable["CheckedForm"]) -> None:
        """What is said of an inspection form, sheet by sheet, or of a decision form."""
        from kaohe.intake.record import Verdict

        self.say(f"{file.name}：{file.reason if file.verdict is Verdict.ACCEPTED else f'{file.verdict.chinese}。{file.reason}'}")
        for sheet in sheets:
            unit = config.units_by_code.get(sheet.unit)
            self.say(f"  {unit.short if unit else sheet.unit or '审定表'}，问题{len(sheet.findings)}处")
            self.findings(sheet.findings)
            if sheet.unchecked:
                self.say(f"  {sheet.unchecked}")


def standing_mark(status: "Status", *, issued: bool) -> str:
    """What a table on the screen is: 已审定 only where nothing holds back the final set that says so."""
    from kaohe.scoring.scorecard import Status

    return status.mark or ("已审定" if issued else Status.REVIEW.mark)


def ranking_rows(assessment: "Assessment") -> list[list[str]]:
    """Place, unit, group, total, subtotals, bonus and state of every unit."""

    def points(card: "Scorecard") -> list[str]:
        return ["" if p is None else points_text(p) for p in (card.total, card.capped, card.uncapped, card.bonus)]

    return [[str(c.place or "—"), c.unit.short, c.group, *points(c), c.state.chinese] for c in assessment.cards]


def status_rows(assessment: "Assessment") -> list[list[str]]:
    """State, file and number of findings of every unit, in the groups' order."""
    rows = []
    for unit in assessment.config.cohort:
        card = assessment.card(unit.code)
        counts = [str(len(assessment.open_findings_of(unit.code, s)) or "") for s in Severity]
        rows.append([card.group, unit.short, card.state.chinese, *counts, card.file or "—", card.reason])
    return rows


STATUS_HEADINGS = ("考核组", "单位", "状态", "错误", "疑问", "提示", "采用的文件", "说明")


def explain_lines(card: "Scorecard", score: "ItemScore", rulebook: "Rulebook") -> list[str]:
    """One item of one unit: the clause, the rule, the points, why, and the cells."""
    clause = rulebook.clause_of_item[score.item.id]
    most = "不封顶" if score.maximum is None else f"满分{points_text(score.maximum)}分"
    lines = [
        f"{card.unit.short}　{score.item.id} {score.item.title}（{most}）",
        f"  得分：{points_text(score.points)}分（{score.state.chinese}）",
        f"  理由：{score.why}",
        f"  规则：{score.item.rule.plain(rulebook.names)}",
        f"  通知：{clause.number}　{clause.text}",
    ]
    lines += [f"  依据：{s.sheet} {s.cell}　{s.label}　填“{s.raw}”" for s in score.sources]
    return lines
