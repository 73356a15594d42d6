"""Equal cells of different records are kept once, and nothing changes by it."""

import pickle

from kaohe.intake.record import Cell
from kaohe.intake.sharing import Sharing
from tests.support.sample import full_fields, full_rows, office, record


def test_equal_cells_are_one_and_records_stay_equal() -> None:
    where = office()
    codes = [unit.code for unit in where.config.cohort[:2]]
    first, second = (pickle.loads(pickle.dumps(record(where, code, full_fields(where), full_rows()))) for code in codes)
    sharing = Sharing()
    shared = [sharing.record(first), sharing.record(second)]
    assert shared == [first, second]
    assert all(shared[1].fields[name] is shared[0].fields[name] for name in first.fields)
    assert all(shared[1].evidence[name] is shared[0].evidence[name] for name in first.evidence)
    assert all(a.cells[c] is b.cells[c] for n in first.lists for a, b in zip(shared[0].lists[n], shared[1].lists[n], strict=True) for c in a.cells)


def test_a_cell_is_not_taken_for_one_of_another_kind() -> None:
    where = office()
    given = record(where, where.config.cohort[0].code, full_fields(where))
    name = next(iter(given.fields))
    sharing = Sharing()
    values = [sharing._one(Cell("填报表", "D8", "1", value)).value for value in (True, 1)]
    assert [type(value) for value in values] == [bool, int]
    assert sharing.record(given).fields[name] == given.fields[name]
