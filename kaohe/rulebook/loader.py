"""Reading a rulebook folder: ``rulebook.toml`` beside the ``notice.txt`` it must cover."""

from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from kaohe.rulebook.audit import audit
from kaohe.rulebook.model import Rulebook
from kaohe.rulebook.notice import Notice
from kaohe.rulebook.readings import apply_readings
from kaohe.toml_source import Fault, FaultyFile, TomlSource, read_toml, validation_faults

RULEBOOK_FILE = "rulebook.toml"
NOTICE_FILE = "notice.txt"


def load_rulebook(folder: Path) -> Rulebook:
    """The rulebook in ``folder``, sound and under its default readings.

    Raises FaultyFile with every fault, each with its line.
    """
    source = rules_source(folder)
    try:
        rulebook = Rulebook.model_validate(source.data)
    except ValidationError as error:
        raise FaultyFile(validation_faults(source, error, Rulebook)) from None
    if faults := audit(rulebook, source, read_notice(folder)):
        raise FaultyFile(faults)
    return apply_readings(rulebook, {})


def rules_source(folder: Path) -> TomlSource:
    """``rulebook.toml`` and its lines. Raises FaultyFile when it cannot be read."""
    source = read_toml(folder / RULEBOOK_FILE)
    return replace(source, name=_shown(folder, source.name))


def read_notice(folder: Path) -> Notice:
    """The notice. Raises FaultyFile when it is absent or not UTF-8."""
    path = folder / NOTICE_FILE
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise FaultyFile([Fault(str(path), 1, "读不到通知原文（应为 UTF-8 文本），请把通知放在规则文件旁边")]) from None
    return Notice(text, _shown(folder, path.name))


def _shown(folder: Path, name: str) -> str:
    """With its year, where the rules of several years stand side by side."""
    return f"{folder.resolve().parent.name}/{folder.name}/{name}" if folder.name.isdigit() else name
