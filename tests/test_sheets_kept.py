"""What is kept of one file never changes what another says: the quick way and the plain way give the same, sheet by sheet and cell by cell."""

import gc
import pickle
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.forms.layout import FormLayout
from kaohe.forms.list_sheets import row_state_formula
from kaohe.forms.master import build_master
from kaohe.intake import formulas, guard, parts, sheet_xml, xlsx
from kaohe.intake.form import FormRead, read_form
from kaohe.intake.kept import Kept
from kaohe.intake.look import look_into
from kaohe.intake.parts import canonical
from kaohe.intake.record import Cell, Problem, Verdict
from kaohe.intake.sheet import Book, Sheet
from kaohe.intake.sheet_xml import Facts
from kaohe.intake.sniff import sniff
from kaohe.intake.workbook import UnreadableWorkbook, read_workbook
from kaohe.store import MemoryStore
from tests.corpus import CASES
from tests.support.forms import filled, program_office, sound_fields
from tests.support.mutate import mutated
from tests.support.packages import MAIN, book, fault, packed, read, relations, sheet
from tests.support.packages import OFFICE as LINKED
from tests.support.packages import parts as parts_of

OFFICE = program_office()
STORES: tuple[Kept[Any], ...] = (xlsx.SHEETS, xlsx._LOOKS, xlsx._REFERENCES, guard._SOUND, guard._SMALL_PARTS, parts._LISTINGS)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing is kept from other tests."""
    forget()
    yield
    forget()


def forget() -> None:
    for store in STORES:
        store.clear()


def told(data: bytes) -> Book | tuple[str, bool, bool]:
    """A workbook, or why it is not read."""
    try:
        return read_workbook(data, sniff(data), OFFICE.config.intake)
    except UnreadableWorkbook as error:
        return str(error), error.refused, error.locked


def both(data: bytes) -> tuple[object, FormRead | None]:
    """What a workbook says cell by cell, and as a form."""
    found = told(data)
    return found, read_form(found.sheets, OFFICE) if isinstance(found, Book) else None


def plain_look(part: bytes, most: int) -> tuple[bytes, Facts]:
    """A look by the letter: every part taken apart, every cell tried."""
    if b"sheetData" not in part:
        raise UnreadableWorkbook(guard.CANNOT_OPEN)
    whole = formulas._UNCACHED.sub(formulas._formula_as_text, sheet_xml._ERROR_TYPE.sub(rb"\1\2str\2", canonical(part) if b"<!" in part else part))
    facts = sheet_xml._Look().at(whole)
    facts.shared = whole.count(b't="s"') + whole.count(b"t='s'")
    facts.pictured = b"DISPIMG(" in whole
    return whole, facts


def plainly(read: Callable[[bytes], Any], data: bytes, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is read the plain way, with nothing kept."""
    forget()
    with monkeypatch.context() as patch:
        patch.setattr(xlsx, "look", plain_look)
        found = read(data)
    forget()
    return found


# ── every file of the corpus ──


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("theme", sorted({case.key.partition("-")[0] for case in CASES}))
def test_the_corpus_reads_the_same_the_first_time_and_ever_after(theme: str) -> None:
    files = {f"{c.key}/{name}": data for c in CASES if c.key.startswith(f"{theme}-") and not (c.slow or c.needs) for name, data in c.files().items()}
    first: dict[str, object] = {}
    for name, data in files.items():
        forget()
        first[name] = both(data) if sniff(data).holds_cells else None
    for _ in range(4):
        for name, data in files.items():
            if first[name] is not None:
                assert both(data) == first[name], name


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("part", range(4))
def test_damaged_forms_read_the_same_the_first_time_and_ever_after(part: int) -> None:
    forms = [filled("jinshui", sound_fields()), filled("huiji", sound_fields(website_items=3))]
    damaged = [mutated(forms, number) for number in range(part * 100, part * 100 + 100)]
    first = []
    for data in damaged:
        forget()
        first.append(repr(told(data)))  # a value may be no number, which equals nothing
    assert [[repr(told(data)) for data in damaged] for _ in range(3)] == [first] * 3


def test_a_form_reads_as_it_does_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    data = filled("jinshui", sound_fields())
    assert told(data) == plainly(told, data, monkeypatch)


# ── sheets made at random ──

_FORMULAS = [
    "",
    "<f>A1&lt;&gt;1</f>",
    '<f aca="false">1+1</f>',
    '<f t="shared" ref="A1:A9" si="0">B1</f>',
    '<f t="shared" si="0"/>',
    "<f/>",
    "<f ></f >",
    "<f>\n</f>",
    "<f><![CDATA[1<2]]></f>",
]
_VALUES = ["", "<v>2</v>", "<v></v>", "<v/>", "<v />", "<v\n/>", "<v ></v>", " <v>5</v>", "<v>#REF!</v>", "<v> </v>", "\n"]
_TYPES = ["", ' t="n"', ' t="str"', ' t="e"', " t='e'", ' t = "str"', ' t="b"', ' t="str" cm="1"', ' cm="1" t="str"', ' s="1" t="str"', ' s="1"']
_cells = st.tuples(st.sampled_from(_TYPES), st.sampled_from(_FORMULAS), st.sampled_from(_VALUES))
_rows = st.lists(
    st.tuples(st.sampled_from(["", ' hidden="1"', ' hidden="true"', ' hidden="0"', ' ht="9" hidden="1"']), st.lists(_cells, max_size=5)), max_size=6
)


def made(rows: list[tuple[str, list[tuple[str, str, str]]]]) -> bytes:
    text = ""
    for r, (more, cells) in enumerate(rows, start=1):
        inside = "".join(f'<c r="{chr(65 + c)}{r}"{kind}>{formula}{value}</c>' for c, (kind, formula, value) in enumerate(cells))
        text += f'<row r="{r}"{more}>{inside}</row>'
    return book(text)


@settings(max_examples=80, deadline=None)
@given(rows=_rows)
def test_any_sheet_reads_as_it_does_the_plain_way(rows: list[tuple[str, list[tuple[str, str, str]]]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert told(made(rows)) == plainly(told, made(rows), patch)


@pytest.mark.slow
@settings(max_examples=4000, deadline=None)
@given(rows=_rows)
def test_thousands_of_sheets_read_as_they_do_the_plain_way(rows: list[tuple[str, list[tuple[str, str, str]]]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert told(made(rows)) == plainly(told, made(rows), patch)


# ── the same sheet in another file ──


def shared(*texts: str) -> str:
    return f'<sst xmlns="{MAIN}">{"".join(f"<si><t>{text}</t></si>" for text in texts)}</sst>'


ROW = '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" s="1"><v>41704</v></c></row>'


def first_row(data: bytes) -> list[Any]:
    return read(data).sheets[0].rows[0]


def warmed(data: bytes) -> list[Any]:
    """What it says after it came often enough to be kept."""
    for _ in range(5):
        found = first_row(data)
    return found


def test_a_sheet_is_kept_when_it_comes_again_and_then_not_read() -> None:
    data = book(ROW, strings=shared("甲", "乙"))
    books = [read(data) for _ in range(5)]
    assert [found.sheets[0].rows for found in books] == [[["乙", date(2014, 3, 6)]]] * 5
    assert [found.sheets[0] is books[-1].sheets[0] for found in books] == [False, False, True, True, True]


def test_other_texts_under_the_same_numbers_are_other_texts() -> None:
    assert warmed(book(ROW, strings=shared("甲", "乙")))[0] == "乙"
    assert first_row(book(ROW, strings=shared("甲", "丙")))[0] == "丙"
    assert first_row(book(ROW, strings=shared("另外", "乙", "还有")))[0] == "乙"
    assert fault(book(ROW, strings=shared("甲"))) == (guard.CANNOT_OPEN, False)
    assert fault(book(ROW, strings=None)) == (guard.CANNOT_OPEN, False)


@pytest.mark.parametrize(
    "odd", ["<si/>", "<si></si>", "<si><t/></si>", "<si><r></r></si>", '<si><rPh sb="0" eb="1"><t>x</t></rPh></si>', "<si ><t>x</t></si>"]
)
def test_texts_count_however_they_are_written(odd: str) -> None:
    strings = shared("甲", "乙").replace("<si>", f"{odd}<si>", 1)
    rows = '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>2</v></c></row>'
    assert warmed(book(rows, strings=shared("子", "丑", "寅"))) == ["丑", "寅"]
    assert warmed(book(rows, strings=strings)) == ["甲", "乙"]


def test_other_styles_another_calendar_another_name() -> None:
    data = book(ROW, strings=shared("甲", "乙"))
    assert warmed(data) == ["乙", date(2014, 3, 6)]
    plain = f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="0"/></cellXfs></styleSheet>'
    assert first_row(book(ROW, strings=shared("甲", "乙"), styles=plain)) == ["乙", 41704.0]
    workbook = str(parts_of(ROW)["xl/workbook.xml"])
    later = workbook.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    assert first_row(book(ROW, strings=shared("甲", "乙"), workbook=later)) == ["乙", date(2018, 3, 7)]
    renamed = read(book(ROW, strings=shared("甲", "乙"), workbook=workbook.replace('name="表"', 'name="另一张"')))
    assert renamed.sheets[0].name == "另一张"


@pytest.mark.parametrize("hidden", ["", ' state="hidden"'])
def test_two_sheets_of_one_name_are_not_taken_for_one_another(hidden: str) -> None:
    """Excel makes no such file; who does could otherwise put rows of his own into other units' untouched lists."""
    honest = book(ROW, strings=shared("甲", "乙"))
    both_sheets = parts_of(
        ROW,
        strings=shared("甲", "乙"),
        workbook=f'<workbook xmlns="{MAIN}" xmlns:r="{LINKED}"><sheets><sheet name="表" sheetId="1" r:id="s"/>'
        f'<sheet name="表" sheetId="2" r:id="z"{hidden}/></sheets></workbook>',
        links=relations(
            ("s", "worksheet", "worksheets/sheet1.xml"),
            ("z", "worksheet", "worksheets/sheet2.xml"),
            ("t", "sharedStrings", "sharedStrings.xml"),
            ("y", "styles", "styles.xml"),
        ),
    )
    twice = packed(both_sheets | {"xl/worksheets/sheet2.xml": sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>瞎编</t></is></c></row>')})
    for _ in range(5):
        assert [page.rows for page in read(twice).sheets] == [[["乙", date(2014, 3, 6)]], [["瞎编"]]]
        assert first_row(honest) == ["乙", date(2014, 3, 6)]


def test_narrower_bounds_hold_for_what_is_kept() -> None:
    data = book(f'{ROW}<row r="300"><c r="A300"><v>1</v></c></row>', strings=shared("甲", "乙"))
    assert warmed(data)[0] == "乙"
    text, refused = fault(data, cells=500)
    assert refused
    assert text.startswith("工作表“表”（300行2列）大得不合常理")


def test_a_member_known_to_be_sound_must_still_be_the_same_member() -> None:
    data = book(ROW, strings=shared("甲", "乙"))
    warmed(data)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        crc = archive.getinfo("xl/worksheets/sheet1.xml").CRC.to_bytes(4, "little")
    assert fault(data.replace(crc, bytes(4))) == (guard.DAMAGED, False)


def test_a_sheet_with_pictures_is_read_anew() -> None:
    links = {
        "xl/worksheets/_rels/sheet1.xml.rels": '<Relationships><Relationship Id="d" Type="x/drawing" Target="../drawings/d.xml"/></Relationships>',
        "xl/drawings/d.xml": "<d><oneCellAnchor><from><col>3</col><row>2</row></from><pic/></oneCellAnchor></d>",
    }
    data = book(ROW, strings=shared("甲", "乙"))
    assert warmed(data)[0] == "乙"
    pictured = packed(parts_of(ROW, strings=shared("甲", "乙")) | links)
    for _ in range(4):
        assert read(pictured).sheets[0].pictures == {(2, 3)}
    assert read(data).sheets[0].pictures == frozenset()


# ── what is kept is bounded ──


def test_what_was_used_longest_ago_is_given_up() -> None:
    kept: Kept[str] = Kept(100)
    for key in "abcde":
        kept.put(key, key.upper(), 20)
    assert kept.get("a") == "A"
    kept.put("f", "F", 20)
    assert [kept.get(key) for key in "abcdef"] == ["A", None, "C", "D", "E", "F"]
    kept.put("f", "other", 25)
    assert [kept.get(key) for key in "acdef"] == [None, "C", "D", "E", "other"]


def test_what_would_fill_a_quarter_of_the_room_is_not_kept() -> None:
    kept: Kept[str] = Kept(100)
    kept.put("big", "B", 26)
    assert kept.get("big") is None


def test_only_so_many_keys_are_remembered() -> None:
    kept: Kept[str] = Kept(100)
    assert not kept.again("first")
    assert kept.again("first")
    for number in range(5000):
        kept.again(number)
    assert not kept.again("first")


# ── handing on, and the form itself ──


@pytest.mark.parametrize(
    "cell",
    [
        Cell("填报表", "D7"),
        Cell("填报表", "D7", "12", 12),
        Cell("填报表", "D7", "是", True),
        Cell("填报表", "D7", "12家", 12, note="“12家”按12计"),
        Cell("填报表", "D7", "约30", None, Problem.UNCERTAIN_NUMBER),
        Cell("填报表", "D7", "", None, Problem.MERGED, "与 D6 合并"),
        Cell("表", "A1", "", date(2014, 3, 5)),
    ],
)
def test_a_cell_is_handed_on_whole(cell: Cell) -> None:
    assert pickle.loads(pickle.dumps(cell)) == cell
    assert replace(pickle.loads(pickle.dumps(cell)), ref="D8") == replace(cell, ref="D8")


def test_the_states_of_a_list_are_one_formula_and_read_as_a_hundred() -> None:
    master = build_master(OFFICE.rulebook)
    found = openpyxl.load_workbook(BytesIO(master))
    for place in FormLayout(OFFICE.rulebook).lists.values():
        page = found[place.sheet]
        assert isinstance(page, Worksheet)
        rows = range(place.first_row, place.last_row + 1)
        assert [page[f"{place.state_column}{row}"].value for row in rows] == [f"={row_state_formula(place, row)}" for row in rows]
    with zipfile.ZipFile(BytesIO(master)) as archive:
        shared_by = [archive.read(name).count(b'<f t="shared"') for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sorted(shared_by) == sorted([0] * 3 + [entry.rows for entry in OFFICE.rulebook.lists])


def test_a_workbook_that_nobody_keeps_is_gone_after_the_look() -> None:
    form = filled("jinshui", sound_fields())
    gc.collect()
    gc.disable()
    try:
        assert look_into("表.xlsx", form, OFFICE, MemoryStore()).verdict is Verdict.ACCEPTED
        assert [sheet.name for sheet in gc.get_objects() if isinstance(sheet, Sheet)] == []
        assert look_into("表.xlsx", form, OFFICE, MemoryStore()) == look_into("表.xlsx", form, OFFICE, MemoryStore())
        kept = [known.sheet for known, _ in xlsx.SHEETS._values.values()]
        assert len(kept) > 0
        assert {id(sheet) for sheet in gc.get_objects() if isinstance(sheet, Sheet)} == {id(sheet) for sheet in kept}
    finally:
        gc.enable()
