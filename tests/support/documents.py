"""Reading Word files in tests, and assessments under other configurations and templates."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from kaohe import PROGRAM_ROOT
from kaohe.config.model import Config
from kaohe.scoring.scorecard import Assessment


def texts(path: Path) -> list[str]:
    """Every paragraph of the body in order, cells included."""
    return ["".join(t.text or "" for t in p.iter(qn("w:t"))) for p in Document(str(path)).element.body.iter(qn("w:p"))]


def table(path: Path, number: int = 0) -> list[list[str]]:
    """The texts of one table."""
    return [[cell.text for cell in row.cells] for row in Document(str(path)).tables[number].rows]


def with_config(results: Assessment, home: Path | None = None, **changes: Any) -> Assessment:
    """The same results under a changed configuration, perhaps in another folder."""
    config = Config.model_validate({**results.config.model_dump(), **changes})
    return replace(results, config=config.at(home or results.config.home))


def with_template(results: Assessment, folder: Path, name: str, replaced: str, by: str) -> Assessment:
    """The assessment of an office whose own template differs in one text."""
    document = Document(str(PROGRAM_ROOT / "templates" / name))
    for paragraph in document.paragraphs:
        for run in paragraph.runs:
            run.text = run.text.replace(replaced, by) if replaced in run.text else run.text
    (folder / "templates").mkdir()
    document.save(str(folder / "templates" / name))
    return with_config(results, home=folder)
