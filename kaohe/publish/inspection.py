"""What each group takes on the road: the units' figures, rows and self-scores as they stand now."""

from collections.abc import Iterator

from kaohe.config.model import Unit
from kaohe.forms.inspection import InspectedLine, InspectedUnit, InspectionTask
from kaohe.intake.inspection import FIELD, GATE, ITEM, ROW, VISIT, row_id, shown
from kaohe.intake.record import Record
from kaohe.rulebook.rules.growth import RankBands
from kaohe.scoring.scorecard import Assessment, ItemScore
from kaohe.text import own_name, points_text, shorten, value_text


def inspection_tasks(assessment: Assessment) -> Iterator[InspectionTask]:
    """One task a group, in the configuration's order."""
    for group in assessment.config.groups:
        units = tuple(_unit(assessment, assessment.config.units_by_code[code]) for code in group.units)
        yield InspectionTask(group.name, group.leader, group.deputy, group.members, units)


def _unit(assessment: Assessment, unit: Unit) -> InspectedUnit:
    record = assessment.records.get(unit.code)
    gate = _gate(assessment)
    if record is None:
        note = f"没有收到这个单位可以采用的填报表，先核查{assessment.rulebook.gate.counted}。"
        return InspectedUnit(unit.code, unit.name, unit.short, note, gate)
    note = f"根据单位报来的“{own_name(assessment.card(unit.code).file or '')}”制作。核对无误的空着；有出入的填核定并写理由。"
    return InspectedUnit(
        unit.code, unit.name, unit.short, note, gate, _figures(assessment, record), _rows(assessment, record), _items(assessment, unit)
    )


def _gate(assessment: Assessment) -> tuple[InspectedLine, ...]:
    lines = [InspectedLine(f"{GATE}:{c.id}", "gate", str(n), c.label) for n, c in enumerate(assessment.rulebook.gate.conditions, start=1)]
    visit = (("date", "考核日期"), ("met", "接待人"))
    return (*lines, *(InspectedLine(f"{VISIT}:{key}", "visit", "", label) for key, label in visit))


def _figures(assessment: Assessment, record: Record) -> tuple[InspectedLine, ...]:
    rulebook = assessment.rulebook
    return tuple(
        InspectedLine(
            f"{FIELD}:{f.id}",
            f.type,
            rulebook.clause_of_field[f.id].number,
            f.label + (f"（{f.unit}）" if f.unit else ""),
            shown(record.fields[f.id]),
        )
        for f in rulebook.fields.values()
    )


def _rows(assessment: Assessment, record: Record) -> tuple[InspectedLine, ...]:
    """Every row that counts, each id once; rows with a fault earn nothing anyway."""
    lines: list[InspectedLine] = []
    for entry in assessment.rulebook.lists:
        counted = {row.place for row in assessment.facts[record.unit].list_rows(entry.id)}
        refused = assessment.verifications[record.unit].refused if record.unit in assessment.verifications else frozenset()
        for row in record.lists[entry.id]:
            name = row_id(entry, row)
            line = f"{ROW}:{name}"
            if (row.place in counted or name in refused) and all(line != other.id for other in lines):
                said = [f"{c.label}：{value_text(row.cells[c.id].value) or row.cells[c.id].raw}" for c in entry.columns if row.cells[c.id].raw]
                lines.append(InspectedLine(line, "row", entry.label, shorten("，".join(said), 200), f"第{row.number}行"))
    return tuple(lines)


def _items(assessment: Assessment, unit: Unit) -> tuple[InspectedLine, ...]:
    return tuple(
        InspectedLine(
            f"{ITEM}:{score.item.id}",
            "points",
            score.item.id,
            score.item.title + ("（不封顶）" if score.maximum is None else f"（满分{points_text(score.maximum)}分）"),
            _self_score(score),
            None if score.maximum is None else points_text(score.maximum),
        )
        for score in assessment.card(unit.code).items
    )


def _self_score(score: ItemScore) -> str:
    """The self-score as a number: what an awarded score is compared with. A place is only known once all have reported."""
    return "按位次" if isinstance(score.item.rule, RankBands) else points_text(score.self_points)
