"""What came along with the forms, filed by unit so that an inspection group finds it."""

from collections.abc import Iterable
from pathlib import Path

from kaohe.config.model import Config
from kaohe.files import write_whole
from kaohe.intake.inbox import Material
from kaohe.store import Reader
from kaohe.text import file_name


def file_evidence(config: Config, materials: Iterable[Material], read: Reader, folder: Path) -> None:
    """One folder a unit, the files under the names they came with; of two with the same name the second gets a number.

    ``read`` gives a content by its SHA-256.
    """
    taken: set[str] = set()
    for material in materials:
        home = file_name(config.units_by_code[material.unit].short)
        name = file_name(material.name)
        stem, dot, suffix = name.rpartition(".")
        number = 1
        while f"{home}/{name}".casefold() in taken:
            number += 1
            name = f"{stem} ({number}).{suffix}" if dot and stem else f"{name} ({number})"
        taken.add(f"{home}/{name}".casefold())
        write_whole(folder / home / name, read(material.sha256))
