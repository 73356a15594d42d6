"""Rules about figures of the unit itself: 是/否, at least, all done, and several of these together."""

from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from kaohe.rulebook.facts import Case, Facts, FormulaNames, Names
from kaohe.rulebook.rules.base import Condition, Exact, Rule, earned, label, missing_words
from kaohe.text import points_text


class YesCondition(Condition):
    """The field is answered 是."""

    kind: Literal["yes"]
    field: str

    def condition_inputs(self) -> tuple[str, ...]:
        return (self.field,)

    def holds(self, facts: Facts) -> bool:
        return facts.yes(self.field)

    def figures(self, case: Case) -> str:
        return f"{label(case.names, self.field)}填“{'是' if self.holds(case.facts) else '否'}”"

    def demand(self, names: Names) -> str:
        return "填“是”"

    def test(self, names: FormulaNames) -> str:
        return f'{names.field(self.field)}="是"'


class AtLeastCondition(Condition):
    """An integer field reaches a number (以上 includes the number itself)."""

    kind: Literal["at_least"]
    field: str
    at_least: int

    def condition_inputs(self) -> tuple[str, ...]:
        return (self.field,)

    def holds(self, facts: Facts) -> bool:
        value = facts.number(self.field)
        return value is not None and value >= self.at_least

    def figures(self, case: Case) -> str:
        reached = "达到" if self.holds(case.facts) else "未达到"
        return f"{label(case.names, self.field)}填{case.facts.number(self.field)}，{reached}{self.at_least}"

    def demand(self, names: Names) -> str:
        return f"达到{self.at_least}"

    def test(self, names: FormulaNames) -> str:
        return f"N({names.field(self.field)})>={self.at_least}"


class AllDoneCondition(Condition):
    """Everything due was done. Nothing due (0) is 不适用 and goes to the meeting."""

    kind: Literal["all_done"]
    done: str
    due: str

    def condition_inputs(self) -> tuple[str, ...]:
        return (self.due, self.done)

    def holds(self, facts: Facts) -> bool:
        done, due = facts.number(self.done), facts.number(self.due)
        return done is not None and due is not None and done == due > 0

    def figures(self, case: Case) -> str:
        done, due = case.facts.number(self.done), case.facts.number(self.due)
        if due == 0:
            return f"{label(case.names, self.due)}为0，本项不适用"
        verdict = "全部达到" if self.holds(case.facts) else "未全部达到"
        return f"{label(case.names, self.due)}{due}、{label(case.names, self.done)}{done}，{verdict}"

    def demand(self, names: Names) -> str:
        return f"等于{label(names, self.due)}且大于0"

    def test(self, names: FormulaNames) -> str:
        due, done = names.field(self.due), names.field(self.done)
        return f"AND(N({due})>0,N({done})=N({due}))"

    def contradicted(self, facts: Facts) -> bool:
        done, due = facts.number(self.done), facts.number(self.due)
        return done is not None and due is not None and done > due

    def contradiction_test(self, names: FormulaNames) -> str | None:
        return f"N({names.field(self.done)})>N({names.field(self.due)})"

    def undecided(self, case: Case) -> str | None:
        if case.facts.number(self.due) == 0:
            return "是否计分由主席办公会议审定"
        return None


AnyCondition: TypeAlias = Annotated[YesCondition | AtLeastCondition | AllDoneCondition, Field(discriminator="kind")]


class _Single(Rule, Condition):
    """A rule that is one condition."""

    earns: Exact

    def inputs(self) -> tuple[str, ...]:
        return self.condition_inputs()

    def maximum(self) -> Fraction | None:
        return self.earns

    def points(self, case: Case) -> Fraction:
        return self.earns if self.holds(case.facts) else Fraction(0)

    def words(self, case: Case) -> str:
        if missing := missing_words(case, self.inputs()):
            return f"{missing}，不计分。"
        return f"{self.figures(case)}，{earned(self.points(case))}。"

    def plain(self, names: Names) -> str:
        return f"{self.demand(names)}，计{points_text(self.earns)}分"

    def formula(self, names: FormulaNames) -> str | None:
        return f"IF({self.test(names)},{points_text(self.earns)},0)"

    def pending(self, case: Case) -> str | None:
        return self.undecided(case)


class Yes(YesCondition, _Single):
    """是 earns the points."""


class AtLeast(AtLeastCondition, _Single):
    """A number reached earns the points."""


class AllDone(AllDoneCondition, _Single):
    """All that was due done earns the points."""


class AllOf(Rule):
    """Several conditions together. ``partial``: each met one earns its equal share."""

    kind: Literal["all_of"]
    conditions: Annotated[tuple[AnyCondition, ...], Field(min_length=1)]
    earns: Exact
    partial: bool = False

    def inputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f for c in self.conditions for f in c.condition_inputs()))

    def maximum(self) -> Fraction | None:
        return self.earns

    @property
    def _share(self) -> Fraction:
        return self.earns / len(self.conditions)

    def points(self, case: Case) -> Fraction:
        if any(c.contradicted(case.facts) for c in self.conditions):
            return Fraction(0)
        met = sum(c.holds(case.facts) for c in self.conditions)
        if self.partial:
            return self._share * met
        return self.earns if met == len(self.conditions) else Fraction(0)

    def words(self, case: Case) -> str:
        missing = missing_words(case, self.inputs())
        if missing and not self.partial:
            return f"{missing}，不计分。"
        known = [c.figures(case) for c in self.conditions if all(f in case.facts.fields for f in c.condition_inputs())]
        return "；".join(([missing] if missing else []) + known) + f"，{earned(self.points(case))}。"

    def plain(self, names: Names) -> str:
        demands = [c.named_demand(names) for c in self.conditions]
        if self.partial:
            return "；".join(demands) + f"，每具备一项计{points_text(self._share)}分"
        return "，".join(demands) + f"，全部具备计{points_text(self.earns)}分"

    def formula(self, names: FormulaNames) -> str | None:
        tests = [c.test(names) for c in self.conditions]
        if self.partial:
            shares = "+".join(f"IF({t},{points_text(self._share)},0)" for t in tests)
            wrong = [test for c in self.conditions if (test := c.contradiction_test(names))]
            return f"IF(OR({','.join(wrong)}),0,{shares})" if wrong else shares
        return f"IF(AND({','.join(tests)}),{points_text(self.earns)},0)"

    def pending(self, case: Case) -> str | None:
        return next((why for c in self.conditions if (why := c.undecided(case))), None)
