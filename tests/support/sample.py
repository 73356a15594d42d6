"""A ready assessment of 12 units for tests of what is published: made from figures, without any workbook."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from kaohe import PROGRAM_ROOT
from kaohe.checks.finding import Finding, Severity
from kaohe.config.loader import Office, load_office
from kaohe.config.model import GateResult
from kaohe.forms.layout import MAIN_SHEET, FormLayout
from kaohe.intake.record import Cell, Change, ListRow, ReceivedFile, Record, Verdict
from kaohe.rulebook.facts import CellValue
from kaohe.rulebook.readings import apply_readings
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment
from kaohe.text import value_text

Rows = Mapping[str, Sequence[Mapping[str, CellValue | None]]]


def office(readings: Mapping[str, str] | None = None, gate: Mapping[str, GateResult] | None = None) -> Office:
    """The repository's own configuration, under other readings or gate results where given."""
    loaded = load_office(PROGRAM_ROOT / "config.toml")
    config = loaded.config.model_copy(update={"gate": dict(gate or {})})
    return Office(config, apply_readings(loaded.rulebook, readings or {}))


def record(where: Office, code: str, fields: Mapping[str, CellValue], rows: Rows | None = None) -> Record:
    """A record as intake would hand it on, at the places the form has."""
    layout = FormLayout(where.rulebook)
    cells = {f: Cell(MAIN_SHEET, layout.value_cell(f), value_text(fields[f]) if f in fields else "", fields.get(f)) for f in where.rulebook.fields}
    evidence = {f: Cell(MAIN_SHEET, layout.evidence_cell(f), "佐证1" if f in fields else "") for f in where.rulebook.fields}
    lists = {}
    for list_id, place in layout.lists.items():
        entries = []
        for n, values in enumerate((rows or {}).get(list_id, ())):
            number = place.first_row + n
            entries.append(
                ListRow(
                    list_id,
                    place.sheet,
                    number,
                    {c: Cell(place.sheet, f"{letter}{number}", value_text(values.get(c)), values.get(c)) for c, letter in place.columns.items()},
                )
            )
        lists[list_id] = tuple(entries)
    return Record(code, cells, evidence, lists)


def full_fields(where: Office, scale: int = 0) -> dict[str, CellValue]:
    """Plausible figures for every field; ``scale`` makes units differ."""
    figures: dict[str, CellValue] = {f.id: (True if f.type == "yes_no" else 2) for f in where.rulebook.fields.values()}
    figures |= {
        "meetings_due": 6,
        "meetings_attended": 6,
        "activities_organised": 3,
        "website_items": 90 + 5 * scale,
        "hiring_intentions": 60 + 12 * scale,
    }
    figures |= {"members_start": 1000, "members_end": 1010 + 15 * scale, "enterprise_members": 700 + 7 * scale}
    figures |= {"chambers_start": 20, "chambers_end": 22 + scale // 2, "townships_total": 12, "townships_with_chamber": 12 - scale % 3}
    figures |= {"clusters_total": 3, "clusters_with_chamber": 3, "committee_due": 10, "committee_attended": 10 - scale % 2}
    return figures


def full_rows(scale: int = 0) -> Rows:
    """Plausible list rows; ``scale`` makes units differ."""
    return {
        "articles": [
            {"title": f"民营经济高质量发展综述之{n}", "outlet": "郑州日报", "date": date(2014, 1 + n % 12, 5), "link": None} for n in range(1 + scale)
        ],
        "honours": [
            {
                "area": "招商引资",
                "kind": "领导批示",
                "name": "关于郑交会组织工作的批示",
                "level": "市级",
                "date": date(2014, 5, 8),
                "document": "郑工商〔2014〕5号",
            },
            {
                "area": "理想信念教育",
                "kind": "经验介绍",
                "name": "全市理想信念教育推进会发言",
                "level": "市级",
                "date": date(2014, 6, 9),
                "document": None,
            },
        ],
        "trade_activities": [
            {"kind": "招商引资", "name": "甲午年黄帝故里拜祖大典", "date": date(2014, 4, 2), "place": "新郑", "enterprises": 10 + 2 * scale},
            {"kind": "招商引资", "name": "郑交会", "date": date(2014, 5, 18), "place": "郑州", "enterprises": 12},
            {"kind": "走出去", "name": "赴长三角经贸考察", "date": date(2014, 9, 3), "place": "苏州", "enterprises": 6},
        ],
        "questionnaires": [{"title": f"民营企业营商环境问卷{n}", "date": date(2014, 3 + n, 1)} for n in range(scale % 4)],
        "topics": [
            {
                "title": "小微企业融资难问题研究",
                "date": date(2014, 8, 1),
                "instruction": "李书记" if scale % 2 else None,
                "adopted_by": "区政府办公室",
                "document": None,
            }
        ],
        "briefings": [
            {"title": f"民企用工情况反映{n}", "date": date(2014, 1 + 2 * n, 20), "adopted": n % 2 == 0, "instruction": n == 3}
            for n in range(1 + scale % 6)
        ],
        "proposals": [{"title": f"关于优化园区配套的建议{n}", "date": date(2014, 10, 1 + n), "adopted": n == 0} for n in range(scale % 3)],
    }


def finding(where: Office, code: str, field: str, severity: Severity, number: int = 0) -> Finding:
    """A finding at a field's place, worded as the checks word theirs."""
    layout, rulebook = FormLayout(where.rulebook), where.rulebook
    return Finding(
        code=f"V-20{number}",
        severity=severity,
        title="完成数大于应完成数" if severity is Severity.ERROR else "数字需要核实",
        unit=code,
        file=f"2014年度考核填报表-{where.config.units_by_code[code].short}.xlsx",
        sheet=MAIN_SHEET,
        cell=layout.value_cell(field),
        label=rulebook.fields[field].label,
        field=field,
        found="填了 15",
        expected="不大于“乡镇、街道总数”12",
        action="请核对两个数，改正填错的一个",
        clause=rulebook.clause_of_field[field].number,
        items=rulebook.items_of_field[field],
    )


def assessment(where: Office | None = None) -> Assessment:
    """Twelve units: one missing, one rejected, one gated, one with an error, one not inspected, the others valid; two share a place."""
    passed = GateResult(gate_institution=True, gate_staff=True, gate_funding=True)
    if where is None:
        codes = [u.code for u in office().config.cohort]
        gate = dict.fromkeys(codes, passed) | {
            codes[4]: GateResult(gate_institution=True, gate_staff=True, gate_funding=False, remark="办公经费未列入预算")
        }
        gate.pop(codes[5])
        where = office(gate=gate)
    units = where.config.cohort
    records, files, findings = {}, [], []
    for n, unit in enumerate(units):
        name = f"2014年度考核填报表-{unit.short}.xlsx"
        if n == 2:
            continue
        if n == 3:
            files.append(
                ReceivedFile(name, "0" * 64, 30000, 1418000000, 1418000100, Verdict.WRONG_YEAR, "这是2013年度的填报表，本次考核2014年度", unit.code)
            )
            continue
        scale = 7 if n == 8 else n
        records[unit.code] = record(where, unit.code, full_fields(where, scale), full_rows(scale))
        files.append(ReceivedFile(name, f"{n:064d}", 30000 + n, 1418000000 + n, 1418000100, Verdict.ACCEPTED, "采用", unit.code))
    findings.append(finding(where, units[6].code, "townships_with_chamber", Severity.ERROR))
    findings.append(finding(where, units[6].code, "members_end", Severity.DOUBT, 1))
    findings.append(finding(where, units[7].code, "members_end", Severity.DOUBT, 1))
    changes = (Change(MAIN_SHEET, "D10", "在工商联网站发布信息条数", "95", "105"),)
    files.append(
        ReceivedFile("金水区（第一次）.xlsx", "f" * 64, 29000, 1417000000, 1417000100, Verdict.SUPERSEDED, "之后又收到一份", units[1].code, changes)
    )
    files.append(
        ReceivedFile(
            "通知扫描件.xlsx", "e" * 64, 900, 1417000000, 1417000100, Verdict.NOT_A_FORM, "不是本系统发出的填报表，请用发给单位的表填报", None
        )
    )
    return assess(where, records, findings, files)


def write_config(folder: Path, text: str | None = None) -> Path:
    """A copy of the repository's configuration in another folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    path.write_text(text if text is not None else (PROGRAM_ROOT / "config.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return path
