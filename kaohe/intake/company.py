"""Whose a file is when it does not say so itself: told by the mail, archive or folder it came in."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kaohe.config.model import Config
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.text import match_key

_LEFT_OUT = (Verdict.ACCEPTED, Verdict.OPENED, Verdict.ARRIVING)


def placed(files: Sequence[ReceivedFile], config: Config) -> Iterator[ReceivedFile]:
    """The files in the same order: those without a unit get that of their company, and what is no form becomes its evidence."""
    units: dict[str, set[str]] = defaultdict(set)
    for file in files:
        if file.unit is not None:
            for folder in _folders(file.name):
                units[folder].add(file.unit)
    names = {match_key(name): unit.code for unit in config.cohort for name in (unit.code, unit.short, unit.name, *unit.aliases)}
    for file in files:
        unit = _owner(file.name, units, names) if file.unit is None and file.verdict not in _LEFT_OUT else None
        if unit is None:
            yield file
        elif file.verdict is Verdict.NOT_A_FORM:
            reason = f"{config.units_by_code[unit].short}的佐证材料（与该单位的报送放在一起）"
            yield replace(file, verdict=Verdict.EVIDENCE, unit=unit, reason=reason)
        else:
            yield replace(file, unit=unit)


def _owner(name: str, units: dict[str, set[str]], names: dict[str, str]) -> str | None:
    """The one unit of the nearest company that belongs to a unit at all; None where several do."""
    for folder in _folders(name):
        if found := units.get(folder):
            return next(iter(found)) if len(found) == 1 else None
        if unit := names.get(match_key(folder.rpartition("/")[2])):
            return unit
    return None


def _folders(name: str) -> Iterator[str]:
    """The folders, mails and archives that lead to a file, the nearest first; the inbox itself is no company."""
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name
