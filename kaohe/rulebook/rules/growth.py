"""Rules about growth and about a unit's place among all units."""

from abc import abstractmethod
from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from kaohe.rulebook.facts import Case, Facts, FormulaNames, Names
from kaohe.rulebook.rules.base import Exact, Frozen, Rule, earned, label, missing_words
from kaohe.text import percent_text, points_text


class Growth(Frozen):
    """(end − start) / start; none where a value is missing or start is 0."""

    measure: Literal["growth"]
    start: str
    end: str

    def inputs(self) -> tuple[str, ...]:
        return (self.start, self.end)

    def value(self, facts: Facts) -> Fraction | None:
        start, end = facts.number(self.start), facts.number(self.end)
        return None if start is None or end is None or start <= 0 else Fraction(end - start, start)

    def figures(self, case: Case) -> str:
        start, end = case.facts.number(self.start), case.facts.number(self.end)
        value = self.value(case.facts)
        base = f"{label(case.names, self.start)}{start}、{label(case.names, self.end)}{end}"
        return f"{base}，增长率{percent_text(value)}" if value is not None else f"{base}，年初为0，增长率无法计算"

    def described(self, names: Names) -> str:
        return f"增长率（由{label(names, self.start)}与{label(names, self.end)}计算）"


class Ratio(Frozen):
    """part / whole; none where a value is missing or the whole is 0."""

    measure: Literal["ratio"]
    part: str
    whole: str

    def inputs(self) -> tuple[str, ...]:
        return (self.part, self.whole)

    def value(self, facts: Facts) -> Fraction | None:
        part, whole = facts.number(self.part), facts.number(self.whole)
        return None if part is None or whole is None or whole <= 0 else Fraction(part, whole)

    def figures(self, case: Case) -> str:
        part, whole = case.facts.number(self.part), case.facts.number(self.whole)
        value = self.value(case.facts)
        base = f"{label(case.names, self.part)}{part}、{label(case.names, self.whole)}{whole}"
        return f"{base}，比例{percent_text(value)}" if value is not None else f"{base}，比例无法计算"

    def described(self, names: Names) -> str:
        return f"{label(names, self.part)}占{label(names, self.whole)}的比例"


Metric: TypeAlias = Annotated[Growth | Ratio, Field(discriminator="measure")]


class _MetricAtLeast(Rule):
    """A metric of the unit itself reaches a share (以上 includes it)."""

    at_least: Exact
    earns: Exact

    @property
    @abstractmethod
    def metric(self) -> Growth | Ratio:
        """What must reach it."""

    def inputs(self) -> tuple[str, ...]:
        return self.metric.inputs()

    def maximum(self) -> Fraction | None:
        return self.earns

    def points(self, case: Case) -> Fraction:
        value = self.metric.value(case.facts)
        return self.earns if value is not None and value >= self.at_least else Fraction(0)

    def words(self, case: Case) -> str:
        if missing := missing_words(case, self.inputs()):
            return f"{missing}，不计分。"
        figures = self.metric.figures(case)
        if self.metric.value(case.facts) is None:
            return f"{figures}，不计分。"
        points = self.points(case)
        return f"{figures}，{'达到' if points else '未达到'}{percent_text(self.at_least)}，{earned(points)}。"

    def plain(self, names: Names) -> str:
        return f"{self.metric.described(names)}达到{percent_text(self.at_least)}，计{points_text(self.earns)}分"


class GrowthAtLeast(_MetricAtLeast):
    """Growth reaches a share."""

    kind: Literal["growth_at_least"]
    start: str
    end: str

    @property
    def metric(self) -> Growth:
        return Growth(measure="growth", start=self.start, end=self.end)

    def formula(self, names: FormulaNames) -> str | None:
        start, end = f"N({names.field(self.start)})", f"N({names.field(self.end)})"
        needed = self.at_least
        reached = f"({end}-{start})*{needed.denominator}>={needed.numerator}*{start}"
        return f"IF(AND({start}>0,{reached}),{points_text(self.earns)},0)"


class RatioAtLeast(_MetricAtLeast):
    """A part is at least this share of its whole. A part above its whole is an error of the form, and earns nothing in it either."""

    kind: Literal["ratio_at_least"]
    part: str
    whole: str

    @property
    def metric(self) -> Ratio:
        return Ratio(measure="ratio", part=self.part, whole=self.whole)

    def points(self, case: Case) -> Fraction:
        return Fraction(0) if self._impossible(case) else super().points(case)

    def words(self, case: Case) -> str:
        if self._impossible(case):
            return f"{self.metric.figures(case)}，前者不应大于后者，不计分。"
        return super().words(case)

    def _impossible(self, case: Case) -> bool:
        value = self.metric.value(case.facts)
        return value is not None and value > 1

    def formula(self, names: FormulaNames) -> str | None:
        part, whole = f"N({names.field(self.part)})", f"N({names.field(self.whole)})"
        needed = self.at_least
        reached = f"{part}*{needed.denominator}>={needed.numerator}*{whole}"
        return f"IF(AND({whole}>0,{part}<={whole},{reached}),{points_text(self.earns)},0)"


class RankBands(Rule):
    """Points by place in a metric: ``top`` places, ``bottom`` places, else ``otherwise``; the higher counts where bands overlap.

    ``above``: the metric must be greater than this to score at all; ``at_least``: it must reach this.
    """

    kind: Literal["rank"]
    metric: Metric
    top: int
    top_earns: Exact
    bottom: int = 0
    bottom_earns: Exact = Fraction(0)
    otherwise: Exact = Fraction(0)
    above: Exact | None = None
    at_least: Exact | None = None

    def inputs(self) -> tuple[str, ...]:
        return self.metric.inputs()

    def maximum(self) -> Fraction | None:
        return max(self.top_earns, self.bottom_earns, self.otherwise)

    def value(self, facts: Facts) -> Fraction | None:
        """The metric's value, by which units are placed; None has no place."""
        return self.metric.value(facts)

    def _barred(self, value: Fraction) -> str | None:
        if self.above is not None and value <= self.above:
            return f"未超过{percent_text(self.above)}"
        if self.at_least is not None and value < self.at_least:
            return f"未达到{percent_text(self.at_least)}"
        return None

    def points(self, case: Case) -> Fraction:
        value, standing = self.value(case.facts), case.standing
        if value is None or standing is None or self._barred(value):
            return Fraction(0)
        bands = [self.top_earns] * (standing.place <= self.top) + [self.bottom_earns] * (standing.below < self.bottom)
        return max(bands, default=self.otherwise)

    def words(self, case: Case) -> str:
        if missing := missing_words(case, self.inputs()):
            return f"{missing}，不参加位次，不计分。"
        figures, value, standing = self.metric.figures(case), self.value(case.facts), case.standing
        if value is None or standing is None:
            return f"{figures}，不参加位次，不计分。"
        place = f"在{standing.size}个单位中居第{standing.place}位"
        if barred := self._barred(value):
            return f"{figures}，{place}，但{barred}，不计分。"
        return f"{figures}，{place}，{self._band(case)}{earned(self.points(case))}。"

    def _band(self, case: Case) -> str:
        standing = case.standing
        assert standing is not None
        if standing.place <= self.top:
            return f"列前{self.top}位，"
        if standing.below < self.bottom:
            return f"列后{self.bottom}位，"
        return f"未列前{self.top}位" + (f"或后{self.bottom}位，" if self.bottom else "，")

    def plain(self, names: Names) -> str:
        bands = [f"前{self.top}位计{points_text(self.top_earns)}分"]
        if self.bottom:
            bands.append(f"后{self.bottom}位计{points_text(self.bottom_earns)}分")
        bands.append(f"其余{earned(self.otherwise)}")
        if self.above is not None:
            bands.append(f"不超过{percent_text(self.above)}的不计分")
        if self.at_least is not None:
            bands.append(f"达不到{percent_text(self.at_least)}的不计分")
        return f"{self.metric.described(names)}在全市的位次：" + "，".join(bands)

    def formula(self, names: FormulaNames) -> str | None:
        return None
