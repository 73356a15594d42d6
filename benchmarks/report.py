"""The tables of docs/performance.md, written from the results that are kept."""

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import ROOT, Cost, median
from benchmarks.results import Result

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: written by benchmarks/run.py -->", "<!-- end of measured -->"
_LIBRARIES = ("python-calamine", "openpyxl", "XlsxWriter", "pandas", "docxtpl")
_NAMES = {
    "bare": "bare calamine, every sheet, one process",
    "naive": "pandas + openpyxl loop, main sheet",
    "first": "Kaohe, first run",
    "unchanged": "Kaohe, nothing changed",
    "changed": "Kaohe, one file changed",
}


@dataclass(frozen=True, slots=True)
class Model:
    """Seconds of a first run = ``start`` + ``file`` · files + ``unit`` · units; ``error`` is the largest relative miss."""

    start: float
    file: float
    unit: float
    error: float


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, what was measured (None where a size is missing) and whether that meets it."""

    what: str
    wanted: str
    measured: str
    met: bool | None


def machine() -> dict[str, str]:
    """Where this is measured."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
    }


def page(results: Sequence[Result]) -> str:
    """The measured part of the document, as Markdown."""
    if not results:
        return "Nothing has been measured yet."
    lines = [*_where(results), "", *_goal_table(results), ""]
    for result in results:
        lines += [*_cost_table(result), ""]
    lines += _model_lines(results)
    return "\n".join(lines).strip() + "\n"


def write_table(results: Sequence[Result], document: Path = DOCUMENT) -> None:
    """Put the measured part between its marks in the document."""
    text = document.read_text(encoding="utf-8")
    head, mark, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"{document} has lost the marks {BEGIN} and {END}")
    document.write_text(f"{head}{BEGIN}\n\n{page(results)}\n{END}{tail}", encoding="utf-8")


def goals(results: Sequence[Result]) -> Iterator[Goal]:
    """Every goal beside what was measured."""
    by = {result.units: {name: median(costs) for name, costs in result.costs.items()} for result in results}
    forms = {result.units: result.forms for result in results}

    def ratio(units: int, name: str, other: str, figure: Callable[[Cost], float], over: int = 0) -> float | None:
        top, bottom = by.get(units, {}).get(name), by.get(over or units, {}).get(other)
        return figure(top) / figure(bottom) if top and bottom else None

    def goal(what: str, wanted: str, value: float | None, limit: float, shown: str, *, least: bool = False) -> Goal:
        met = None if value is None else (value >= limit if least else value <= limit)
        return Goal(what, wanted, "—" if value is None else shown.format(value), met)

    def wall(cost: Cost) -> float:
        return cost.wall

    def peak(units: int) -> float | None:
        ours = [by[units][name].peak_mb for name in ("first", "unchanged", "changed") if name in by.get(units, {})]
        return max(ours, default=None)

    first = by.get(12, {}).get("first")
    yield goal("first run over 3,000, wall, against bare calamine", "≤ 1.0", ratio(3000, "first", "bare", wall), 1.0, "{:.2f}")
    yield goal("the same, processor time", "≤ 1.6", ratio(3000, "first", "bare", lambda cost: cost.cpu), 1.6, "{:.2f}")
    yield goal("30,000 against 3,000", "≤ 11", ratio(30000, "first", "first", wall, 3000), 11, "{:.1f}")
    yield goal("nothing changed, 3,000, against the first run", "≤ 3 %", ratio(3000, "unchanged", "first", wall), 0.03, "{:.1%}")
    yield goal("one file changed, 3,000, against the first run", "≤ 15 %", ratio(3000, "changed", "first", wall), 0.15, "{:.1%}")
    yield goal("first run over 300, times faster than the naive tool", "≥ 15", ratio(300, "naive", "first", wall), 15, "{:.1f}", least=True)
    yield goal("12 units, whole process", "≤ 2 s", first.wall if first else None, 2, "{:.2f} s")
    yield goal("12 units against the naive tool", "≤ 0.5", ratio(12, "first", "naive", wall), 0.5, "{:.2f}")
    yield goal("a form of 3,000 after the master is read, written", "≤ 2 ms", forms.get(3000, {}).get("written_ms"), 2, "{:.2f} ms")
    yield goal("peak memory of the largest process at 3,000", "≤ 150 MB", peak(3000), 150, "{:.0f} MB")
    yield goal("the same at 30,000", "≤ 400 MB", peak(30000), 400, "{:.0f} MB")


def model(results: Sequence[Result]) -> Model | None:
    """Fitted to the first runs of all sizes, each weighing the same; None where they are too few."""
    seen = [(1.0, result.files, result.units, median(result.costs["first"]).wall) for result in results]
    seen += [(1.0, 2 * result.files, result.units, median(result.costs["twice"]).wall) for result in results if "twice" in result.costs]
    if len({row[1:3] for row in seen}) < 4:
        return None
    import numpy as np

    table = np.array(seen)
    scaled = table[:, :3] / table[:, 3:]
    found, *_ = np.linalg.lstsq(scaled, np.ones(len(seen)), rcond=None)
    return Model(float(found[0]), float(found[1]), float(found[2]), float(np.abs(scaled @ found - 1).max()))


def _where(results: Sequence[Result]) -> Iterator[str]:
    newest = max(results, key=lambda result: result.day)
    told: Mapping[str, str] = newest.machine
    yield f"Measured on {', '.join(sorted({result.day for result in results}))}: {told['processor']}, {told['cores']} cores, {told['memory']},"
    yield f"{told['system']}, Python {told['python']}; {told['libraries']}."
    others = [str(result.units) for result in results if result.machine != told]
    if others:
        yield f"The sizes {', '.join(others)} were measured on another machine or with other versions; ratios across sizes do not hold for them."


def _goal_table(results: Sequence[Result]) -> Iterator[str]:
    yield "| goal | wanted | measured | |"
    yield "|---|---|---|---|"
    for goal in goals(results):
        yield f"| {goal.what} | {goal.wanted} | {goal.measured} | {'' if goal.met is None else 'met' if goal.met else '**not met**'} |"


def _cost_table(result: Result) -> Iterator[str]:
    costs = {name: median(found) for name, found in result.costs.items()}
    size = result.bytes / 1024 / 1024
    yield f"**{result.units:,} units, {result.files:,} files, {size:,.0f} MB**; {_times(result.repeat)}"
    yield ""
    yield "| | wall | processor | largest process | wall against bare | processor against bare | against the first run |"
    yield "|---|---|---|---|---|---|---|"
    bare, first = costs["bare"], costs["first"]
    for name, words in _NAMES.items():
        if (cost := costs.get(name)) is not None:
            ratios = f"{cost.wall / bare.wall:.2f} | {cost.cpu / bare.cpu:.2f} | {cost.wall / first.wall:.3f}"
            yield f"| {words} | {cost.wall:.2f} s | {cost.cpu:.2f} s | {cost.peak_mb:.0f} MB | {ratios} |"
    yield ""
    yield f"A form: {result.forms['stamped_ms']:.2f} ms stamped, {result.forms['written_ms']:.2f} ms stamped and written to the disk."


def _times(repeat: int) -> str:
    return "measured once" if repeat == 1 else f"medians of {repeat}"


def _model_lines(results: Sequence[Result]) -> Iterator[str]:
    found = model(results)
    if found is None:
        yield "The cost model wants at least two sizes."
        return
    yield (
        f"**Cost model** (wall time of a first run, fitted to {', '.join(f'{result.units:,}' for result in results)} units, with each form sent once and "
        f"twice where measured; largest miss {found.error:.0%}): "
        f"time = {found.start:.2f} s + {1000 * found.file:.2f} ms · files + {1000 * found.unit:.2f} ms · units."
    )


def _processor() -> str:
    try:
        names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "processor unknown"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1024**3:.0f} GB memory"
    except (AttributeError, ValueError, OSError):
        return "memory unknown"
