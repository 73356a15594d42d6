"""Equal cells of different records are kept once, and nothing changes by it."""

import pickle
import zlib
from fractions import Fraction
from typing import Any

import pytest

from kaohe.intake.look import Look
from kaohe.intake.packing import Parcel, Unpacker, pack, parcel
from kaohe.intake.record import Cell, Problem, Record, Verdict
from kaohe.intake.sharing import Sharing
from kaohe.intake.workers import opened
from tests.support.sample import full_fields, full_rows, office, record


def _looks() -> list[Look]:
    where = office()
    codes = [unit.code for unit in where.config.cohort[:2]]
    return [Look(Verdict.ACCEPTED, "", code, record(where, code, full_fields(where), full_rows())) for code in codes]


def _record(look: Look) -> Record:
    assert look.record is not None
    return look.record


def test_equal_cells_are_one_and_records_stay_equal() -> None:
    given, unpacker = _looks(), Unpacker()
    came = [unpacker.opened(parcel(look)) for look in given]
    assert came == given
    first, second = map(_record, came)
    pairs = [(cells[0][name], cells[1][name]) for cells in ((first.fields, second.fields), (first.evidence, second.evidence)) for name in cells[0]]
    rows = [pair for n in first.lists for pair in zip(first.lists[n], second.lists[n], strict=True)]
    pairs += [(a.cells[c], b.cells[c]) for a, b in rows for c in a.cells]
    assert {(a is b, len(a.raw) <= 12) for a, b in pairs} == {(True, True), (False, False)}
    names = [
        [*r.fields, *r.evidence, *r.lists, *(c for rows in r.lists.values() for row in rows for c in (row.list_id, *row.cells))]
        for r in (first, second)
    ]
    assert all(a is b for a, b in zip(*names, strict=True))


def test_what_travels_is_what_is_kept() -> None:
    look = _looks()[0]
    assert parcel(look).packed == pack(look) == Unpacker().opened(parcel(look)).packed
    assert parcel(Unpacker().opened(parcel(look))) == parcel(look)


def test_a_cell_is_not_taken_for_one_of_another_kind() -> None:
    sharing = Sharing()
    values = (True, 1, Fraction(1), "1")
    cells = [sharing.cell("填报表", "D8", "1", value) for value in values]
    assert [(type(cell.value), cell.value) for cell in cells] == [(type(value), value) for value in values]
    assert sharing.cell("填报表", "D8", "1", True) is cells[0]


def test_a_cell_is_made_of_its_parts() -> None:
    sharing = Sharing()
    for cell in (
        Cell("表", "A1"),
        Cell("表", "A1", "5", 5),
        Cell("表", "A1", "约5", None, Problem.UNCERTAIN_NUMBER, "约数"),
        Cell("表", "A1", "5 ", 5, None, "去掉空格"),
    ):
        made, parts = cell.__reduce__()
        assert made is Cell
        assert sharing.cell(*parts) == cell


def test_what_cannot_be_made_out_is_a_fault_of_the_program() -> None:
    whole = parcel(_looks()[0])
    for sent in (b"", whole.packed[:-9], zlib.compress(pickle.dumps("no look")), zlib.compress(pickle.dumps(Parcel))):
        look = opened(Unpacker(), Parcel(sent, None, 1.0))
        assert (look.verdict, look.record, look.passing) == (Verdict.FAULT, None, True)
    assert opened(Unpacker(), whole).verdict is Verdict.ACCEPTED


class _ByName:
    """Packed as Python before 3.11.4 packs a member of an enumeration: as an attribute."""

    def __init__(self, of: object, name: str) -> None:
        self._parts = of, name

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, self._parts


def _packed(verdict: object) -> bytes:
    """A look that bears this verdict."""
    look = Look(Verdict.ACCEPTED, "采用")
    object.__setattr__(look, "verdict", verdict)
    return zlib.compress(pickle.dumps(look, protocol=5))


def test_members_of_enumerations_come_through_from_every_version_of_python() -> None:
    assert Unpacker().look(_packed(_ByName(Verdict, "REFUSED"))) == Look(Verdict.REFUSED, "采用")


@pytest.mark.parametrize(("of", "name"), [(Verdict, "__init__"), (Verdict, "mro"), (Cell, "__reduce__"), (Verdict.ACCEPTED, "value"), ("", "format")])
def test_nothing_else_is_reached_by_a_name(of: object, name: str) -> None:
    with pytest.raises(pickle.UnpicklingError):
        Unpacker().look(_packed(_ByName(of, name)))
