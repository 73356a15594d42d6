"""An office folder for any number of units: configuration, and what the units sent, in its inbox.

python -m benchmarks.office FOLDER --units 300 [--sent 2] [--seed 2014]
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console

from benchmarks.names import Name, unit_names
from benchmarks.returns import Stencil, sent_form, stencils
from kaohe import PROGRAM_ROOT
from kaohe.config.loader import load_office
from kaohe.progress import OnConsole
from kaohe.text import chinese_numeral

_GROUPS = 96
"""No more inspection groups than that, and never fewer than three units in one."""
_NOT_INSPECTED = 10
"""One unit in so many has not been inspected yet."""
_STARTED = datetime(2014, 12, 30, 18, 0)
_PATTERNS = ("2014年度考核填报表-{s}.xlsx", "{a}工商联考核表.xlsx", "{a}/填报表（盖章版）.xlsx", "填报表-{s}-终稿.xlsx")
_BATCH = 100


def build_office(folder: Path, units: int, sent: int = 1, seed: int = 2014) -> None:
    """A fresh office folder with ``units`` units, each of which sent its form ``sent`` times."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    names = list(unit_names(units, seed))
    (folder / "config.toml").write_text(config_text(names), encoding="utf-8")
    office = load_office(folder / "config.toml")
    cuts = stencils(office, seed, stencil_file(folder, seed))
    inbox = office.config.folder("inbox")
    batches = [(inbox, cuts, names[start : start + _BATCH], start, sent, seed) for start in range(0, units, _BATCH)]
    reporter = OnConsole(Console(stderr=True), lambda text: print(text, file=sys.stderr, flush=True))
    if units <= _BATCH:
        done: Iterator[None] = map(_drop_batch, batches)
        list(done)
    else:
        with ProcessPoolExecutor() as pool:
            list(reporter.track(f"returns, {_BATCH} at a time", pool.map(_drop_batch, batches), len(batches)))
    shutil.rmtree(folder / "templates", ignore_errors=True)  # the master that was needed to fill the forms; the program's own is the same


def drop_return(inbox: Path, cuts: Sequence[Stencil], name: Name, position: int, edition: int, seed: int) -> None:
    """The form of one unit in the inbox; later editions have other figures under another name and a later date."""
    data = sent_form(cuts, name, position, edition, seed)
    path = inbox / sent_name(name, position)
    path = path if edition == 0 else path.with_stem(f"{path.stem}-{edition + 1}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    moment = (_STARTED - timedelta(seconds=60 * (position % 50_000)) + timedelta(hours=edition)).timestamp()
    os.utime(path, (moment, moment))


def stencil_file(folder: Path, seed: int) -> Path:
    """Where the stencils lie that all offices beside this one share."""
    return folder.parent / f"stencils-{seed}.pickle"


def sent_name(name: Name, position: int) -> str:
    """Where in the inbox the unit's form lies."""
    return _PATTERNS[position % len(_PATTERNS)].format(s=name.short, a=name.aliases[0])


def _drop_batch(batch: tuple[Path, Sequence[Stencil], Sequence[Name], int, int, int]) -> None:
    inbox, cuts, names, start, sent, seed = batch
    for n, name in enumerate(names, start):
        for edition in range(sent):
            drop_return(inbox, cuts, name, n, edition, seed)


def config_text(names: Sequence[Name]) -> str:
    """The repository's own configuration with these units in groups, nine of ten of them inspected."""
    head = (PROGRAM_ROOT / "config.toml").read_text(encoding="utf-8").partition("# ────────── 考核组")[0]
    conditions = load_office(PROGRAM_ROOT / "config.toml").rulebook.gate.conditions
    passed = ", ".join(f"{condition.id} = true" for condition in conditions)
    lines = ["", "[gate]"]
    for n, name in enumerate(names):
        if n % _NOT_INSPECTED != _NOT_INSPECTED - 1:
            lines.append(f"{name.code} = {{ {passed} }}")
    groups = max(1, min(len(names) // 3, _GROUPS))
    for group in range(groups):
        codes = ", ".join(f'"{name.code}"' for name in names[group::groups])
        lines += [
            "",
            "[[groups]]",
            f'name = "第{chinese_numeral(group + 1)}组"',
            'leader = "白宇宙"',
            'members = ["王科", "顿雪梅"]',
            f"units = [{codes}]",
        ]
    for name in names:
        aliases = ", ".join(f'"{alias}"' for alias in name.aliases)
        lines += ["", "[[units]]", f'code = "{name.code}"', f'name = "{name.name}"', f'short = "{name.short}"', f"aliases = [{aliases}]"]
        lines += [f'department = "{name.department}"', f'email = "{name.email}"']
    return head + "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build one office folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--units", type=int, required=True)
    parser.add_argument("--sent", type=int, default=1, help="how often each unit sent its form")
    parser.add_argument("--seed", type=int, default=2014)
    told = parser.parse_args(arguments)
    began = time.monotonic()
    build_office(told.folder, told.units, told.sent, told.seed)
    print(f"{told.units} units, {told.units * told.sent} returns in {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
