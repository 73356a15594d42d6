"""One command that measures everything and writes the table of docs/performance.md.

    uv run benchmarks/run.py                                 12, 300 and 3,000 units, three times each
    uv run benchmarks/run.py --sizes 30000 --repeat 1        the largest, beside the results that are there
    uv run benchmarks/run.py --quick                         a look: 12 units, once
    uv run benchmarks/run.py --report                        the table again, from benchmarks/results

Results are kept in benchmarks/results, one file a size; a size that is measured again replaces its own.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import Cost, compile_all, run
from benchmarks.report import machine, page, write_table
from benchmarks.results import Result, kept, save

SIZES = (12, 300, 3000)
NAIVE_UP_TO = 300
"""Larger sizes would keep the naive tool busy for hours; its time grows in proportion."""
DRAFTS_UP_TO = 3000
"""Up to this size an office in which every unit sent its form twice tells the cost of a file from the cost of a unit."""


def measure_size(units: int, repeat: int, seed: int, home: Path, *, naive_up_to: int = NAIVE_UP_TO) -> Result:
    """Build an office with so many units and measure everything about it, alternating, ``repeat`` times."""
    office, said = home / f"office-{units}", home / "output.txt"
    _say(f"{units} units: building")
    built = run(["-m", "benchmarks.office", office, "--units", str(units), "--seed", str(seed)], said)
    _say(f"{units} units: built in {built.wall:.0f} s")
    costs: dict[str, list[Cost]] = {}
    for turn in range(1, repeat + 1):
        for name, cost in _one_turn(office, units, seed, turn, said, naive=units <= naive_up_to):
            costs.setdefault(name, []).append(cost)
            _say(f"{units} units, {turn}/{repeat}: {name} {cost.wall:.2f} s, processor {cost.cpu:.2f} s, peak {cost.peak_mb:.0f} MB")
    run(["-m", "benchmarks.forms", office / "config.toml"], said)
    forms = json.loads(said.read_text(encoding="utf-8").splitlines()[-1])
    files = [path.stat().st_size for path in (office / "inbox").rglob("*.xlsx")]
    if units <= DRAFTS_UP_TO:
        twice = home / f"office-{units}-twice"
        run(["-m", "benchmarks.office", twice, "--units", str(units), "--sent", "2", "--seed", str(seed)], said)
        costs["twice"] = [run(["pipeline.py", "-c", twice / "config.toml", "run"], said)]
        _say(f"{units} units, each form sent twice: {costs['twice'][0].wall:.2f} s")
        shutil.rmtree(twice)
    shutil.rmtree(office)
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    return Result(units, len(files), sum(files), repeat, seed, now, machine(), forms, costs)


def _one_turn(office: Path, units: int, seed: int, turn: int, said: Path, *, naive: bool) -> Iterator[tuple[str, Cost]]:
    kaohe: list[str | Path] = ["pipeline.py", "-c", office / "config.toml", "run"]
    yield "bare", run(["-m", "benchmarks.bare", office / "inbox"], said)
    if naive:
        yield "naive", run(["-m", "benchmarks.naive", office / "inbox", office / "naive.xlsx"], said)
    for folder in ("outbox", "state"):
        shutil.rmtree(office / folder, ignore_errors=True)
    yield "first", run(kaohe, said)
    yield "unchanged", run(kaohe, said)
    run(["-m", "benchmarks.change", office, str(units // 2), str(turn), str(seed)], said)
    yield "changed", run(kaohe, said)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, keep the results, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of units")
    parser.add_argument("--repeat", type=int, default=3, help="how often each is measured; medians are told")
    parser.add_argument("--seed", type=int, default=2014)
    parser.add_argument("--naive-up-to", type=int, default=NAIVE_UP_TO, help="largest size for the naive tool")
    parser.add_argument("--quick", action="store_true", help="12 units, once, nothing kept")
    parser.add_argument("--report", action="store_true", help="only write the table again")
    parser.add_argument("--folder", type=Path, help="where the offices are built; else a temporary folder")
    told = parser.parse_args(arguments)
    if told.report:
        write_table(kept())
        return 0
    sizes, repeat = ([12], 1) if told.quick else (told.sizes, told.repeat)
    with tempfile.TemporaryDirectory(dir=told.folder, prefix="kaohe-benchmark-") as folder:
        compile_all()
        results = []
        for units in sizes:
            results.append(measure_size(units, repeat, told.seed, Path(folder), naive_up_to=told.naive_up_to))
            if not told.quick:
                save(results[-1])
    if not told.quick:
        write_table(kept())
    print(page(results if told.quick else kept()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
