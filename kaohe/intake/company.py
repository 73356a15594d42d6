"""Whose a file is when it does not say so itself: told by the mail, archive or folder it came in."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from kaohe.config.model import Config
from kaohe.intake.record import ReceivedFile, Verdict
from kaohe.text import match_key

DOUBTFUL_FOLDER = "发件人待核对"
"""Where mails of unknown senders lie. What these call themselves and their files does not make them a unit's; a unit's form among them does."""

_LEFT_OUT = (Verdict.ACCEPTED, Verdict.OPENED, Verdict.ARRIVING, Verdict.STALLED)
_LONG_ENOUGH = 3
"""Characters that a unit's name must have to be told inside a longer name: 中原 also stands in names of banks, 中原区 does not."""


def placed(files: Sequence[ReceivedFile], config: Config) -> Iterator[ReceivedFile]:
    """The files in the same order: those without a unit get that of their company, and what is no form becomes its evidence."""
    companies = _Companies(files, config)
    for file in files:
        unit = companies.owner(file) if file.unit is None and file.verdict not in _LEFT_OUT else None
        if unit is None:
            yield file
        elif file.verdict is Verdict.NOT_A_FORM:
            reason = f"{config.units_by_code[unit].short}的佐证材料（与该单位的报送放在一起）"
            yield replace(file, verdict=Verdict.EVIDENCE, unit=unit, reason=reason)
        else:
            yield replace(file, unit=unit)


def roots(files: Sequence[ReceivedFile]) -> Mapping[str, str]:
    """For every file that came out of a mail or an archive, the outermost of those."""
    inside = {file.name: file.inside for file in files}

    def root(name: str) -> str:
        return root(inside[name]) if inside.get(name) else name

    return {name: root(container) for name, container in inside.items() if container}


class _Companies:
    """What mails, archives and folders say about whose the files in them are."""

    def __init__(self, files: Sequence[ReceivedFile], config: Config) -> None:
        self._containers = {file.inside for file in files if file.inside}
        self._forms: dict[str, set[str]] = defaultdict(set)
        for file in files:
            if file.unit is not None:
                for folder in _folders(file.name):
                    self._forms[folder].add(file.unit)
        self._names = {match_key(name): unit.code for unit in config.cohort for name in (unit.code, unit.short, unit.name, *unit.aliases)}

    def owner(self, file: ReceivedFile) -> str | None:
        """The unit of the nearest company that belongs to one; None where its own name, the company's and the forms in it do not agree.

        Forms speak for the folder that they lie in and for the whole mail or archive, not for the folders around those. Names say nothing
        in mails of unknown senders.
        """
        doubtful = DOUBTFUL_FOLDER in file.name.split("/")
        said = self._named(file.name.rpartition("/")[2])
        packed, left = bool(file.inside), False
        outermost = next((folder for folder in reversed(list(_folders(file.name))) if folder in self._containers), None)
        for depth, folder in enumerate(_folders(file.name)):
            named = None if doubtful else self._named(folder.rpartition("/")[2])
            speaking = not left and (depth == 0 or packed)
            found = {*(self._forms.get(folder, ()) if speaking else ()), *([named] if named else ())}
            if found:
                return next(iter(found)) if len(found) == 1 and said in (None, *found) else None
            left = left or folder == outermost
        return None

    def _named(self, name: str) -> str | None:
        """The one unit whose name this is, or holds."""
        stem = match_key(PurePosixPath(name).stem if "." in name else name)
        if stem in self._names:
            return self._names[stem]
        held = {code for known, code in self._names.items() if len(known) >= _LONG_ENOUGH and known in stem and not known.isascii()}
        return next(iter(held)) if len(held) == 1 else None


def _folders(name: str) -> Iterator[str]:
    """The folders, mails and archives that lead to a file, the nearest first; the inbox itself is no company."""
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name
