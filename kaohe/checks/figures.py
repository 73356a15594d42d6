"""Checks of figures against each other, and of claims against their evidence."""

from collections.abc import Iterator
from fractions import Fraction

from kaohe.checks.finding import Severity
from kaohe.checks.registry import Hit, UnitCase, field_hit, unit_check
from kaohe.intake.record import Cell
from kaohe.text import percent_text, shorten


def _number(case: UnitCase, field_id: str) -> int | None:
    value = case.record.fields[field_id].value
    return value if isinstance(value, int) and not isinstance(value, bool) else None


PART_ABOVE_WHOLE = "V-301"
"""The one finding about two figures at once: correcting either settles it."""


@unit_check(
    PART_ABOVE_WHOLE,
    Severity.ERROR,
    "实际数大于总数",
    found="填了 {part}，而“{whole_label}”（{whole_cell}）填了 {whole}",
    expected="不大于 {whole}",
    action="请核对这两个数，改正填错的一个",
)
def part_above_whole(case: UnitCase) -> Iterator[Hit]:
    """More done than was due, or a part larger than its whole. Only the part is blocked: the whole may still serve other items."""
    for part_id, whole_id in case.rulebook.never_above:
        part, whole = _number(case, part_id), _number(case, whole_id)
        if part is not None and whole is not None and part > whole:
            values = {
                "part": str(part),
                "whole": str(whole),
                "whole_label": case.rulebook.fields[whole_id].label,
                "whole_cell": case.record.fields[whole_id].ref,
            }
            yield field_hit(case, part_id, case.record.fields[part_id], values)


@unit_check(
    "V-302",
    Severity.DOUBT,
    "增长率异常",
    found="年初 {start}，年末 {end}，增长率{growth}",
    expected="增长率在 {low}% 到 {high}% 之间",
    action="请核对两个数。属实的，请随佐证材料说明原因",
)
def implausible_growth(case: UnitCase) -> Iterator[Hit]:
    """Growth outside the configured bounds."""
    limits = case.config.limits
    for start_id, end_id in case.rulebook.growth_pairs:
        start, end = _number(case, start_id), _number(case, end_id)
        if not start or end is None:
            continue
        growth = Fraction(end - start, start)
        if not limits.growth_low_percent <= growth * 100 <= limits.growth_high_percent:
            values = {
                "start": str(start),
                "end": str(end),
                "growth": percent_text(growth),
                "low": str(limits.growth_low_percent),
                "high": str(limits.growth_high_percent),
            }
            yield field_hit(case, end_id, case.record.fields[end_id], values)


@unit_check(
    "V-303",
    Severity.DOUBT,
    "年初数为 0，无法计算增长率",
    found="年初填了 0",
    expected="年初的实有数",
    action="请核对年初数。确为 0 的不参加增长率位次",
)
def growth_from_nothing(case: UnitCase) -> Iterator[Hit]:
    """Growth cannot be computed from a start of 0."""
    for start_id, _ in case.rulebook.growth_pairs:
        if _number(case, start_id) == 0:
            yield field_hit(case, start_id, case.record.fields[start_id])


@unit_check(
    "V-304",
    Severity.ERROR,
    "同一项填了两个不同的数",
    found="这里填了“{first}”，{sheet} {cell} 又填了“{second}”",
    expected="同一项只填一个数",
    action="请删掉多出来的行或工作表，只保留正确的一个",
)
def given_twice(case: UnitCase) -> Iterator[Hit]:
    """The form gives one figure twice (a copied row or sheet), and the two disagree."""
    for field_id, others in case.record.repeats.items():
        first = case.record.fields[field_id]
        for other in others:
            if _differs(first, other):
                values = {"first": shorten(first.raw, 30), "second": shorten(other.raw, 30), "sheet": other.sheet, "cell": other.ref}
                yield field_hit(case, field_id, first, values)


def _differs(first: Cell, other: Cell) -> bool:
    if first.value is not None and other.value is not None:
        return first.value != other.value
    return first.raw != other.raw


@unit_check(
    "V-305",
    Severity.DOUBT,
    "前后的数对不上",
    found="填了 {whole}，而{parts}合计 {total}",
    expected="不小于 {total}（{why}）",
    action="请核对这几个数，改正填错的；属实的请说明原因",
)
def figures_disagree(case: UnitCase) -> Iterator[Hit]:
    """Figures of the same things, given in several places, that cannot all be true."""
    for agreement in case.rulebook.agreements:
        whole = _number(case, agreement.whole)
        parts = [_number(case, p) for p in agreement.parts]
        known = [p for p in parts if p is not None]
        if whole is None or len(known) < len(parts) or sum(known) <= whole:
            continue
        labels = "、".join(f"“{case.rulebook.fields[p].label}”{n}" for p, n in zip(agreement.parts, known, strict=True))
        values = {"whole": str(whole), "parts": labels, "total": str(sum(known)), "why": agreement.why}
        yield field_hit(case, agreement.whole, case.record.fields[agreement.whole], values)


@unit_check(
    "V-501",
    Severity.HINT,
    "没有写佐证材料编号",
    found="填了“{value}”，佐证材料编号空白",
    expected="随表报送的证明材料的编号，例如“佐证12”",
    action="请补写佐证材料编号，以便核对",
)
def claim_without_evidence(case: UnitCase) -> Iterator[Hit]:
    """Something is claimed (是, or a count above 0) without the number of its evidence. Points at the evidence cell."""
    for field_id, cell in case.record.fields.items():
        evidence = case.record.evidence[field_id]
        if cell.value and evidence.blank and evidence.ref:
            yield field_hit(case, field_id, evidence, {"value": shorten(cell.raw, 20)})
