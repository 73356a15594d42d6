"""Rules about evidence lists: each row, any row, and how much the rows add up to."""

from fractions import Fraction
from typing import Literal

from kaohe.rulebook.facts import VALID_ROW, Case, CellValue, FactRow, Facts, FormulaNames, Names
from kaohe.rulebook.rules.base import Exact, Rule, earned
from kaohe.text import join_rows, points_text, value_text

FILLED = "*"
BLANK = ""


class _Last:
    """What was asked about last: points, words and sources of an item ask one after the other."""

    __slots__ = ("counted", "given", "rule")

    def __init__(self) -> None:
        self.rule: RowRule | None = None
        self.given: tuple[FactRow, ...] = ()
        self.counted: tuple[FactRow, ...] = ()


_last = _Last()


class RowRule(Rule):
    """Base of the rules that look at valid rows of one list.

    ``where`` narrows the rows: column id → accepted values; ``"*"`` means filled, ``""`` means blank.
    """

    list: str
    where: dict[str, tuple[str, ...]] = {}

    def inputs(self) -> tuple[str, ...]:
        return ()

    def lists(self) -> tuple[str, ...]:
        return (self.list,)

    def counted_rows(self, facts: Facts) -> tuple[FactRow, ...]:
        """The valid rows that ``where`` lets through."""
        given = rows = facts.list_rows(self.list)
        if not given:
            return given
        if _last.rule is self and _last.given is given:
            return _last.counted
        for column, accepted in self.where.items():
            rows = tuple([row for row in rows if _passes(row.values.get(column), accepted)])
        _last.rule, _last.given, _last.counted = self, given, rows
        return rows

    def mask(self, names: FormulaNames) -> str:
        """Array expression: 1 for each row that counts."""
        parts = [f'({names.row_state(self.list)}="{VALID_ROW}")']
        for column, accepted in self.where.items():
            cells = names.column(self.list, column)
            tests = [f"(LEN(TRIM({cells}))>0)" if a == FILLED else f"(LEN(TRIM({cells}))=0)" if a == BLANK else f'({cells}="{a}")' for a in accepted]
            parts.append(tests[0] if len(tests) == 1 else "(" + "+".join(tests) + ")")
        return "*".join(parts)

    def count_formula(self, names: FormulaNames) -> str:
        return f"SUMPRODUCT({self.mask(names)}*1)"

    def described(self, names: Names) -> str:
        """``《批示与表彰》中事项为“招商引资”、形式为“领导批示”的有效行``."""
        limits = []
        for column, accepted in self.where.items():
            title = names.columns[self.list, column]
            if accepted == (FILLED,):
                limits.append(f"填写了{title}")
            elif accepted == (BLANK,):
                limits.append(f"未填{title}")
            else:
                limits.append(f"{title}为" + "或".join(f"“{a}”" for a in accepted))
        return f"《{names.lists[self.list]}》中" + "、".join(limits) + "的有效行"

    def found(self, case: Case) -> str:
        """The rows found, in words."""
        rows = self.counted_rows(case.facts)
        what = self.described(case.names)
        return f"{what}{len(rows)}行（{join_rows(r.number for r in rows)}）" if rows else f"没有{what}"


def _passes(value: CellValue | None, accepted: tuple[str, ...]) -> bool:
    text = (value if isinstance(value, str) else value_text(value)).strip()
    return text in accepted or (text != BLANK and FILLED in accepted)


class PerRow(RowRule):
    """Each valid row earns the points; ``most_rows`` caps how many count."""

    kind: Literal["per_row"]
    earns: Exact
    most_rows: int | None = None

    def maximum(self) -> Fraction | None:
        return None if self.most_rows is None else self.earns * self.most_rows

    def _counted(self, case: Case) -> int:
        rows = len(self.counted_rows(case.facts))
        return rows if self.most_rows is None else min(rows, self.most_rows)

    def points(self, case: Case) -> Fraction:
        return self.earns * self._counted(case)

    def words(self, case: Case) -> str:
        counted = self._counted(case)
        if not counted:
            return f"{self.found(case)}，不计分。"
        cap = f"，按最多{self.most_rows}行计" if counted < len(self.counted_rows(case.facts)) else ""
        return f"{self.found(case)}{cap}，每行计{points_text(self.earns)}分，{earned(self.points(case))}。"

    def plain(self, names: Names) -> str:
        cap = "不封顶" if self.most_rows is None else f"最多计{self.most_rows}行"
        return f"{self.described(names)}，每行计{points_text(self.earns)}分，{cap}"

    def formula(self, names: FormulaNames) -> str | None:
        count = self.count_formula(names)
        counted = count if self.most_rows is None else f"MIN({self.most_rows},{count})"
        return f"{points_text(self.earns)}*{counted}"


class AnyRow(RowRule):
    """At least one valid row earns the points, once only."""

    kind: Literal["any_row"]
    earns: Exact

    def maximum(self) -> Fraction | None:
        return self.earns

    def points(self, case: Case) -> Fraction:
        return self.earns if self.counted_rows(case.facts) else Fraction(0)

    def words(self, case: Case) -> str:
        points = self.points(case)
        once = "（不论几行只计一次）" if len(self.counted_rows(case.facts)) > 1 else ""
        return f"{self.found(case)}，{earned(points)}{once}。"

    def plain(self, names: Names) -> str:
        return f"{self.described(names)}有1行以上，计{points_text(self.earns)}分，只计一次"

    def formula(self, names: FormulaNames) -> str | None:
        return f"IF({self.count_formula(names)}>=1,{points_text(self.earns)},0)"


class RowsReach(RowRule):
    """The rows, or the sum of one of their columns, reach a number."""

    kind: Literal["rows_reach"]
    sum: str | None = None
    at_least: int
    earns: Exact

    def maximum(self) -> Fraction | None:
        return self.earns

    def _reached(self, case: Case) -> int:
        rows = self.counted_rows(case.facts)
        if self.sum is None:
            return len(rows)
        values = [row.values.get(self.sum) for row in rows]
        return sum(v for v in values if isinstance(v, int))

    def points(self, case: Case) -> Fraction:
        return self.earns if self._reached(case) >= self.at_least else Fraction(0)

    def words(self, case: Case) -> str:
        reached = self._reached(case)
        verdict = "达到" if reached >= self.at_least else "未达到"
        total = f"，{case.names.columns[self.list, self.sum]}合计{reached}" if self.sum and self.counted_rows(case.facts) else ""
        return f"{self.found(case)}{total}，{verdict}{self.at_least}，{earned(self.points(case))}。"

    def plain(self, names: Names) -> str:
        what = f"{names.columns[self.list, self.sum]}合计" if self.sum else "行数"
        return f"{self.described(names)}，{what}达到{self.at_least}，计{points_text(self.earns)}分"

    def formula(self, names: FormulaNames) -> str | None:
        if self.sum is None:
            reached = self.count_formula(names)
        else:
            reached = f"SUMPRODUCT({self.mask(names)}*1,{names.column(self.list, self.sum)})"
        return f"IF({reached}>={self.at_least},{points_text(self.earns)},0)"
