"""The nightly report for tests: written from the sample, its data unpacked the way the page's script does it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from kaohe.checks.finding import Severity
from kaohe.config.loader import Office
from kaohe.config.model import GateResult, Group, Unit
from kaohe.intake.record import Change, ReceivedFile, Verdict
from kaohe.publish.report import write_report
from kaohe.publish.report.strings import HOLE
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment
from tests.support.sample import assessment, finding, full_fields, full_rows, office, record

NIGHT = datetime(2014, 12, 8, 3, 0, 5)
HOSTILE = "</script><script>document.title='pwned'</script><!--<img src=x onerror=alert(1)>\"' {{ 7*7 }} {% raw %} \u2028\u2029 \u202egpj.exe\x00"
HOSTILE_SHOWN = "</script><script>document.title='pwned'</script><!--<img src=x onerror=alert(1)>\"' {{ 7*7 }} {% raw %} \u2028\u2029 gpj.exe"
VOID = {"meta", "br", "input", "img", "link"}
LONG = "超长名称的国家级经济技术开发区与航空港综合实验区联合工商业联合会总商会筹备委员会VeryLongWordWithoutAnyBreakInIt0123456789"


class Page(HTMLParser):
    """Elements of a page with their attributes and full text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text: list[str] = []
        self.elements.append((tag, dict(attrs), text))
        if tag in ("td", "th"):
            self.handle_data(" ")
        if tag not in VOID:
            self._open.append((tag, text))

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag

    def handle_data(self, data: str) -> None:
        for _, text in self._open:
            text.append(data)

    def all(self, tag: str, **attributes: str) -> list[str]:
        """Texts of all such elements, white space collapsed."""
        return [" ".join("".join(text).split()) for name, attrs, text in self.elements if name == tag and attributes.items() <= attrs.items()]

    def attributes(self, name: str) -> list[str]:
        """Values of one attribute, all through the page."""
        return [value or "" for _, attrs, _ in self.elements for key, value in attrs.items() if key == name]


class Data:
    """The embedded data, read by name."""

    def __init__(self, html: str) -> None:
        self.json = html.partition('<script type="application/json" id="data">')[2].partition("</script>")[0]
        self.raw: Mapping[str, Any] = json.loads(self.json)
        self.items = [item for section in self.raw["sections"] for clause in section["clauses"] for item in clause[2]]
        self.units = {unit[0]: unit for unit in self.raw["units"]}

    def text(self, number: int) -> str:
        """A text of the string table."""
        entry = self.raw["strings"][number]
        if isinstance(entry, str):
            return entry
        words = self.raw["strings"][entry[0]].split(HOLE)
        return "".join(str(part) for pair in zip(words, [*entry[1:], ""], strict=True) for part in pair)

    def item(self, code: str, item_id: str) -> tuple[object, str, str | None]:
        """Points, words and state of one item of one unit."""
        points, words, states, _ = self.units[code][11]
        n = [item[0] for item in self.items].index(item_id)
        told = dict(zip(states[::2], states[1::2], strict=True))
        return points[n], self.text(words[n]), self.raw["itemStates"][told[n]][0] if n in told else None

    def cells(self, code: str, item_id: str) -> list[tuple[str, str, str]]:
        """Of an item's fields: label, what was typed, where."""
        layout, typed, _, _ = self.units[code][12]
        fields = next(item[4] for item in self.items if item[0] == item_id)
        places = self.raw["layouts"][layout]
        return [(self.raw["fields"][n][0], self.text(typed[n]), f"{self.text(places[2 * n])} {self.text(places[2 * n + 1])}") for n in fields]

    def rows(self, code: str, label: str) -> list[tuple[int, list[str] | None, list[str]]]:
        """Rows of a list: number, the items that count it (None where it is not valid), its cells."""
        for n, rows in self.units[code][13]:
            if self.raw["lists"][n][0] == label:
                return [
                    (number, None if counted == -1 else [self.items[i][0] for i in counted], [self.text(cell) for cell in cells])
                    for _, number, counted, *cells in rows
                ]
        return []


def html_of(ready: Assessment, folder: Path, generated: datetime = NIGHT) -> str:
    """The report written into a folder, and its text."""
    path = folder / "run-report.html"
    write_report(ready, path, generated)
    return path.read_text(encoding="utf-8")


def hostile() -> Assessment:
    """The sample with wild text wherever units or files can put it."""
    ready, where = assessment(), office()
    texts: dict[str, Any] = dict.fromkeys(("title", "sheet", "cell", "label", "found", "expected", "action", "clause", "code", "file"), HOSTILE)
    wild = replace(finding(where, "xinmi", "members_start", Severity.ERROR), **texts)
    of_group = replace(wild, of_group=True)
    changes = (Change(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),)
    files = (
        ReceivedFile(HOSTILE, "a" * 64, 1, 1, 1, Verdict.UNREADABLE, HOSTILE, HOSTILE),
        ReceivedFile(HOSTILE, "b" * 64, 1, 1, 1, Verdict.SUPERSEDED, HOSTILE, "xinmi", changes),
    )
    records = dict(ready.records)
    wild_record = record(where, "xinmi", full_fields(where), {**full_rows(), "articles": [{"title": HOSTILE, "outlet": HOSTILE}]})
    wild_cells = {f: replace(cell, raw=HOSTILE) for f, cell in wild_record.evidence.items()}
    records["xinmi"] = replace(wild_record, evidence=wild_cells, fields={f: replace(c, raw=HOSTILE) for f, c in wild_record.fields.items()})
    return assess(where, records, (*ready.findings, wild, of_group), (*ready.files, *files))


def cohort(count: int, *, name: str = "县工商联", per_group: int = 20) -> Assessment:
    """An assessment of ``count`` invented units, every fifth with an error, every second with a doubt, some missing, some not inspected."""
    base = office()
    units = tuple(
        Unit(code=f"u{n}", name=f"第{n}{name}", short=f"第{n}{name}", department="县委统战部", email=f"u{n}@gsl.example") for n in range(count)
    )
    starts: Sequence[int] = range(0, count, per_group)
    groups = tuple(
        Group(name=f"第{g}组", leader=f"组长{g}", units=tuple(u.code for u in units[start : start + per_group])) for g, start in enumerate(starts, 1)
    )
    passed = GateResult(gate_institution=True, gate_staff=True, gate_funding=True)
    gate = {unit.code: passed for n, unit in enumerate(units) if n % 17}
    fresh = {key: getattr(base.config, key) for key in type(base.config).model_fields} | {"units": units, "groups": groups, "gate": gate}
    where = Office(type(base.config).model_construct(**fresh), base.rulebook)
    records, files, findings = {}, [], []
    for n, unit in enumerate(units):
        if n % 23 == 5:
            continue
        fields = full_fields(where, n % 37) | {"members_start": 800 + n % 311, "members_end": 850 + 7 * n % 401}
        rows = {
            list_id: [{key: f"{value}（{unit.short}）" if key in ("title", "name") else value for key, value in row.items()} for row in entries]
            for list_id, entries in full_rows(n % 37).items()
        }
        records[unit.code] = record(where, unit.code, fields, rows)
        file = f"2014年度考核填报表-{unit.short}.xlsx"
        files.append(ReceivedFile(file, f"{n:064d}", 30000 + n, 1418000000 + n, 1418000100, Verdict.ACCEPTED, "采用", unit.code))
        if n % 5 == 0:
            findings.append(finding(where, unit.code, "townships_with_chamber", Severity.ERROR))
        if n % 2 == 0:
            findings.append(finding(where, unit.code, "members_start", Severity.DOUBT, 1))
    return assess(where, records, findings, files)
