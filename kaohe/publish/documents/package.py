"""Word files as bytes that depend on nothing but their content."""

import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from docx import Document

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Properties:
    """What the file says of itself. ``day`` stands for both dates: no clock is read."""

    title: str
    author: str
    day: date


def packed(data: bytes, properties: Properties) -> bytes:
    """The file with these properties, its zip entries in fixed order and without times."""
    document = Document(BytesIO(data))
    set_properties(document, properties)
    stream = BytesIO()
    document.save(stream)
    return repacked(stream.getvalue())


def set_properties(document: Any, properties: Properties) -> None:
    """Replace every core property that could tell a machine, a person or a time."""
    core = document.core_properties
    moment = datetime(properties.day.year, properties.day.month, properties.day.day)
    core.title, core.author, core.last_modified_by = properties.title, properties.author, properties.author
    core.subject = core.keywords = core.comments = core.category = core.content_status = core.identifier = core.version = ""
    core.language, core.revision = "zh-CN", 1
    core.created = core.modified = moment


def repacked(data: bytes) -> bytes:
    """The same zip members, sorted (the content types first, as readers expect) and undated."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 0
            target.writestr(entry, source.read(name))
    return stream.getvalue()
