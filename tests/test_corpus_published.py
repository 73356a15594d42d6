"""A night with the worst of the corpus in the inbox: every output opens, holds text as text, and nothing is written anywhere else."""

import csv
import json
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from html.parser import HTMLParser
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import load_office
from kaohe.progress import Silent
from kaohe.publish import report
from kaohe.run import run
from kaohe.text import value_text
from tests.corpus import CASES, UNIT
from tests.corpus.hostile import FORMULAS, MARKUP
from tests.support.changed import ROWS
from tests.support.forms import NOON, drop, filled, office_folder, passed_gate, sound_fields, tree
from tests.support.report import Data

NIGHT = datetime(2015, 2, 2, 22, 0, 0)
NASTIEST = (
    "公式样的文字",
    "往外写的路径",
    "看不见的字符",
    "链接和设备",
    "重叠的压缩包",
    "一层套一层",
    "实体炸弹",
    "外部实体",
    "最后一格有字",
    "同名的文件",
    "同名的部件",
    "宏、控件和外部链接",
    "两份表拼在一起",
    "断了的压缩包里还有完整的表",
)
MARKUP_UNIT = "huiji"
TEXTS = (*FORMULAS, *MARKUP)


class Page(HTMLParser):
    """Tags with what could act, scripts, and the visible text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.scripts = "", list[str]()
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts.append(data.strip())
        else:
            self.text += data


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office's folder after a night; beside it nothing but a folder that was there before."""
    around = tmp_path_factory.mktemp("周围")
    (around / "别的").mkdir()
    folder = around / "办公室"
    config = office_folder(folder, passed_gate(UNIT, MARKUP_UNIT))
    by_name = {case.name: case for case in CASES}
    for name in NASTIEST:
        for n, (file, data) in enumerate(by_name[name].files().items()):
            drop(folder / "inbox", f"{name}/{file}", data, NOON - 9000 + n)
    drop(folder / "inbox", "新/表.xlsx", by_name["公式样的文字"].files()["表.xlsx"], NOON - 100)
    drop(folder / "inbox", "惠济/表.xlsx", _with_markup(), NOON - 100)
    run(load_office(config), NIGHT, Silent())
    return folder


def _with_markup() -> bytes:
    rows = {"articles": [ROWS["articles"][0] | {"title": text, "outlet": text} for text in MARKUP]}
    return filled(MARKUP_UNIT, sound_fields(website_items=MARKUP[0]), rows)


def outputs(home: Path, suffix: str) -> Mapping[str, bytes]:
    found = {name: data for name, data in tree(home / "outbox").items() if name.endswith(suffix)}
    assert found
    return found


def test_nothing_is_written_outside_the_office_s_folder(home: Path) -> None:
    assert sorted(path.name for path in home.parent.iterdir()) == ["别的", "办公室"]
    assert list((home.parent / "别的").iterdir()) == []
    assert sorted(path.name for path in home.iterdir()) == ["config.toml", "inbox", "outbox", "state"]
    assert [path for path in home.rglob("*") if path.is_symlink()] == []
    names = {path.relative_to(home / "outbox").as_posix() for path in (home / "outbox").rglob("*") if path.is_file()}
    assert [name for name in names if not name.isprintable() or ".." in name] == []
    archived = [path.name for path in (home / "state" / "archive").rglob("*") if path.is_file()]
    assert [name for name in archived if not re.fullmatch(r"[0-9a-f]{64}", name)] == []


def test_results_are_read_by_programs(home: Path) -> None:
    results = json.loads((home / "outbox" / "results.json").read_text(encoding="utf-8"))
    states = {unit["code"]: unit["state"] for unit in results["units"] if unit["state"] != "missing"}
    assert states == {UNIT: "incomplete", MARKUP_UNIT: "incomplete"}
    files = {entry["name"]: entry["verdict"] for entry in results["files"]}
    assert (files["新/表.xlsx"], files["惠济/表.xlsx"]) == ("accepted", "accepted")
    assert {files[f"{name}/表.xlsx"] for name in ("实体炸弹", "外部实体", "最后一格有字", "同名的部件")} == {"refused"}
    assert [name for name, verdict in files.items() if verdict == "fault"] == []


def test_scores_hold_no_text_of_a_unit(home: Path) -> None:
    lines = list(csv.reader(StringIO((home / "outbox" / "scores.csv").read_bytes().decode("utf-8-sig"), newline="")))
    assert [cell for line in lines for cell in line if cell.startswith(("=", "+", "@", "-"))] == []
    assert [text for text in TEXTS for line in lines if any(text in cell for cell in line)] == []


def test_texts_are_texts_in_every_workbook(home: Path) -> None:
    shown: set[str] = set()
    for name, data in outputs(home, ".xlsx").items():
        if name.startswith("佐证材料/"):
            continue
        book = load_workbook(BytesIO(data))
        for sheet in book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    told = value_text(cell.value) if isinstance(cell.value, str) else ""
                    shown |= {text for text in TEXTS if text in told}
                    if cell.data_type == "f":
                        formula = getattr(cell.value, "text", None) or str(cell.value)
                        assert not [text for text in TEXTS if text in formula], (name, sheet.title, cell.coordinate)
                        assert not re.search(r"cmd\||HYPERLINK\(\"http|DDE|WEBSERVICE", formula), (name, sheet.title, cell.coordinate)
                    link = cell.hyperlink
                    assert link is None or not link.target, (name, sheet.title, cell.coordinate)
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.namelist()
            assert [part for part in parts if re.search(r"vba|externalLink|activeX|embeddings", part)] == [], name
            targets = [target for part in parts if part.endswith(".rels") for target in re.findall(rb'TargetMode="External"', archive.read(part))]
            assert targets == [], name
    assert shown == set(TEXTS)


def test_the_report_shows_texts_and_runs_nothing(home: Path) -> None:
    html = (home / "outbox" / "run-report.html").read_text(encoding="utf-8")
    page = Page(html)
    template = Page((PROGRAM_ROOT / "templates" / "run-report.html").read_text(encoding="utf-8"))
    assert (template.scripts[0], template.scripts[-1]) == ("{{ script }}", "{{ data }}")
    script, data = page.scripts
    assert script == Path(report.__file__).with_name("page.js").read_text(encoding="utf-8").strip()
    assert not set("<>&") & set(data)
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in template.tags}
    assert {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed", "base"} == set()
    assert [name for _, attributes in page.tags for name in attributes if name.startswith("on")] == []
    assert [
        value for _, attributes in page.tags for name, value in attributes.items() if name in ("href", "src") and not (value or "").startswith("#")
    ] == []
    packed = Data(html)
    texts = {packed.text(n) for n in range(len(packed.raw["strings"]))}
    assert set(MARKUP) <= texts


def test_documents_and_letters_open(home: Path) -> None:
    for name, data in outputs(home, ".docx").items():
        text = "\n".join(paragraph.text for paragraph in Document(BytesIO(data)).paragraphs)
        assert "考核" in text, name
        with zipfile.ZipFile(BytesIO(data)) as archive:
            assert all(b'TargetMode="External"' not in archive.read(part) for part in archive.namelist() if part.endswith(".rels")), name
            assert all(b"alert(1)</script>" not in archive.read(part) for part in archive.namelist()), name
            assert not any(value == b"49" for value in re.findall(rb"<w:t[^>]*>([^<]*)</w:t>", archive.read("word/document.xml"))), name
    letters = outputs(home, ".txt")
    assert {name for name in letters if name.startswith("更正通知/")} == {"更正通知/更正通知-金水区工商联.txt", "更正通知/更正通知-惠济区工商联.txt"}
    letter = letters["更正通知/更正通知-惠济区工商联.txt"].decode("utf-8-sig")
    assert MARKUP[0] in letter


def test_evidence_lies_under_harmless_names(home: Path) -> None:
    found = sorted(path.relative_to(home / "outbox" / "佐证材料").as_posix() for path in (home / "outbox" / "佐证材料").rglob("*") if path.is_file())
    assert found == [f"金水区工商联/{name}" for name in ("_CON.txt", "win.ini", "x")]
