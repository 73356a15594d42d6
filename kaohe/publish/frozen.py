"""A final set as it lies frozen: the names in it, its manifest, and the configuration and rules it rests on."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import StringConstraints, ValidationError

from kaohe import __version__
from kaohe.config.loader import Office
from kaohe.config.model import Config
from kaohe.intake.record import ReceivedFile
from kaohe.rulebook.loader import NOTICE_FILE, RULEBOOK_FILE, load_rulebook
from kaohe.rulebook.model import Rulebook
from kaohe.rulebook.readings import apply_readings
from kaohe.rulebook.rules.base import Frozen
from kaohe.scoring.scorecard import Assessment
from kaohe.toml_source import FaultyFile, read_toml

MANIFEST_FILE = "manifest.json"
BASIS_FOLDER, CONFIG_FILE = "依据", "config.toml"
RULES_FILES = (RULEBOOK_FILE, NOTICE_FILE)

Sha256: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class SetFile(Frozen):
    """One file of the set; ``name`` is its path in the set with ``/``."""

    name: str
    size: int
    sha256: Sha256


class Input(Frozen):
    """One received file, as intake judged it. ``sha256`` is "" where it could not be read."""

    name: str
    sha256: Sha256 | Literal[""]
    size: int
    modified: int
    first_seen: int
    verdict: str
    reason: str
    unit: str | None
    inside: str = ""


class Manifest(Frozen):
    """What a final set consists of and what it came from.

    ``files`` are all but the manifest itself; ``seal`` is the SHA-256 of the manifest's own text with this left blank.
    """

    format: Literal[1] = 1
    program: str
    year: int
    issued: str
    rules_hash: str
    readings: dict[str, str]
    decision: str
    files: tuple[SetFile, ...]
    inputs: tuple[Input, ...]
    seal: str = ""

    def sealed(self) -> bytes:
        """The manifest as it is written: its last entry is a seal over all the others."""
        blank = self.model_copy(update={"seal": ""}).model_dump()
        return _text(blank | {"seal": hashlib.sha256(_text(blank)).hexdigest()})


def manifest_of(assessment: Assessment, files: Iterable[SetFile], issued: str) -> Manifest:
    """The manifest of a set with these files."""
    decision = assessment.decision
    return Manifest(
        program=__version__,
        year=assessment.config.year,
        issued=issued,
        rules_hash=assessment.rulebook.rules_hash,
        readings=taken(assessment.rulebook),
        decision=decision.file if decision is not None else "",
        files=tuple(files),
        inputs=tuple(_input(file) for file in assessment.files),
    )


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a set, sound or not. OSError or ValidationError where it cannot be read."""
    return Manifest.model_validate_json((folder / MANIFEST_FILE).read_bytes())


def set_files(folder: Path) -> tuple[SetFile, ...]:
    """Every file below a folder, by name."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return tuple(set_file(name, (folder / name).read_bytes()) for name in names)


def set_file(name: str, data: bytes) -> SetFile:
    """A file of the set with this content."""
    return SetFile(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def rules_name(year: int, name: str) -> str:
    """Where a set keeps one of the files of the rules."""
    return f"{BASIS_FOLDER}/rules/{year}/{name}"


def frozen_office(folder: Path, year: int) -> Office:
    """The configuration and rules kept in a set. Its folders lead nowhere. FaultyFile when they cannot be used."""
    basis = folder / BASIS_FOLDER
    source = read_toml(basis / CONFIG_FILE)
    rulebook = load_rulebook((folder / rules_name(year, RULEBOOK_FILE)).parent)
    try:
        config = Config.model_validate(source.data).at(basis)
        return Office(config, apply_readings(rulebook, config.readings))
    except (ValidationError, KeyError):
        raise FaultyFile([source.fault((), "设置的内容有误，或者与规则不配套")]) from None


def taken(rulebook: Rulebook) -> dict[str, str]:
    """The choice in force for every reading."""
    return {reading.id: reading.taken for reading in rulebook.readings}


def _input(file: ReceivedFile) -> Input:
    return Input(
        name=file.name,
        sha256=file.sha256,
        size=file.size,
        modified=file.modified,
        first_seen=file.first_seen,
        verdict=file.verdict.value,
        reason=file.reason,
        unit=file.unit,
        inside=file.inside,
    )


def _text(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()
