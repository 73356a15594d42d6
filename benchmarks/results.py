"""What was measured, kept as one small file a size so that a long size can be measured another night."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measure import Cost

FOLDER = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured of one size. ``forms`` is milliseconds a form; ``costs`` has one entry a repetition.

    The names of costs: ``bare``, ``naive``, ``first``, ``unchanged``, ``changed``, and ``twice`` (every unit sent its form twice).
    """

    units: int
    files: int
    bytes: int
    repeat: int
    seed: int
    day: str
    machine: Mapping[str, str]
    forms: Mapping[str, float]
    costs: Mapping[str, Sequence[Cost]]


def save(result: Result, folder: Path = FOLDER) -> None:
    """Keep a result in place of an earlier one of the same size."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.units}.json"
    path.write_text(json.dumps(asdict(result), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def kept(folder: Path = FOLDER) -> list[Result]:
    """All results, the smallest size first."""
    found = []
    for path in folder.glob("*.json"):
        data = json.loads(path.read_text(encoding="utf-8"))
        data["costs"] = {name: [Cost(**cost) for cost in costs] for name, costs in data["costs"].items()}
        found.append(Result(**data))
    return sorted(found, key=lambda result: result.units)
