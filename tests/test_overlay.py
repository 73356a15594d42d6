"""A plain return marked without opening it is what comes out when it is opened, marked and saved; whatever is not plain is opened."""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.forms.layout import MAIN_SHEET
from kaohe.publish.annotate import Annotator, How, Told
from kaohe.publish.corrections import Correction, _wording
from kaohe.publish.harmless import formulas_of
from kaohe.publish.plain_package import NotPlain, own_of, plain_package
from kaohe.raw_zip import member, members, packed
from kaohe.scoring.scorecard import UnitState
from tests.support.annotated import UNIT, corrected, findings_of, read, received
from tests.support.forms import filled, layout, opened, program_office, saved, sound_fields, stamped

OFFICE = program_office()
LAYOUT = layout()
ATTENDED, WEBSITE = LAYOUT.value_cell("meetings_attended"), LAYOUT.value_cell("website_items")
ARTICLES = LAYOUT.lists["articles"]
WRONG: dict[str, Any] = {"meetings_attended": 9, "members_end": "约1200", "website_items": "１，２３４条", "training_done": None}
ROWS: dict[str, list[dict[str, Any]]] = {
    "articles": [
        {"title": "综述_x003D_", "outlet": None, "date": "2013-05-06", "link": "A03版 <&>"},
        {"title": "会员风采", "outlet": "郑州晚报", "date": "5月6日", "link": None},
    ]
}


@cache
def sent(**changed: Any) -> bytes:
    return filled(UNIT, sound_fields(**(WRONG | changed)), ROWS)


def swapped(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The package with the first such bytes of one part replaced."""
    entries = {entry.name: entry for entry in members(data)}
    content = entries[part].content()
    assert old in content
    entries[part] = member(part, content.replace(old, new, 1))
    return packed(entries.values())


def main_part(data: bytes) -> str:
    return plain_package(data, own_of(stamped(UNIT))).sheets[MAIN_SHEET]


def both(data: bytes, patch: pytest.MonkeyPatch) -> tuple[bytes, bytes, Told, Told]:
    """The corrected workbook without opening the return, and by opening it."""
    record = read(data)
    findings = findings_of(record)
    unit = OFFICE.config.units_by_code[UNIT]
    word = _wording(OFFICE.config, Correction(unit, UnitState.INCOMPLETE, "报送.xlsx", record, findings, ()))
    quick, told = Annotator(OFFICE.config, OFFICE.rulebook).annotate(unit, record, findings, data, word)

    def refuse(*_: object) -> None:
        raise NotPlain

    with patch.context() as patched:
        patched.setattr("kaohe.publish.annotate.plain_package", refuse)
        slow, told_slow = Annotator(OFFICE.config, OFFICE.rulebook).annotate(unit, record, findings, data, word)
    return quick, slow, told, told_slow


def described(sheet: Worksheet) -> dict[str, Any]:
    """Everything of a sheet that a person sees, cell by cell."""
    cells = {}
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        if not isinstance(cell, Cell):
            continue
        font, comment = cell.font, cell.comment
        cells[cell.coordinate] = (
            cell.value,
            cell.data_type if cell.value is not None else "",
            (font.name, font.sz, bool(font.b), font.u, font.color.rgb if font.color else None),
            (cell.fill.fill_type, cell.fill.fgColor.rgb),
            (cell.border.left.style, cell.border.top.style),
            (cell.alignment.horizontal, cell.alignment.vertical, bool(cell.alignment.wrap_text)),
            (cell.number_format, cell.quotePrefix, cell.protection.locked),
            (comment.text, comment.author) if comment else None,
            cell.hyperlink.location if cell.hyperlink else None,
        )
    return {
        "cells": cells,
        "heights": {n: row.height for n, row in sheet.row_dimensions.items() if row.height},
        "widths": {name: (column.width, column.hidden) for name, column in sheet.column_dimensions.items()},
        "merged": sorted(map(str, sheet.merged_cells.ranges)),
        "page": (
            sheet.print_area,
            sheet.print_title_rows,
            sheet.page_setup.orientation,
            sheet.page_setup.fitToHeight,
            str(sheet.page_setup.paperSize),
        ),
        "frozen": sheet.freeze_panes,
        "selected": bool(sheet.sheet_view.tabSelected),
        "state": sheet.sheet_state,
        "footer": sheet.oddFooter.center.text if sheet.oddFooter else "",
        "rules": sorted((str(rule.sqref), str(rule.formula1)) for rule in sheet.data_validations.dataValidation),
        "colours": sorted((str(area.sqref), str(rule.formula)) for area in sheet.conditional_formatting for rule in area.rules),
    }


def whole(book: Workbook) -> Mapping[str, Any]:
    names = {name: defined.attr_text for name, defined in book.defined_names.items()}
    return {"names": names, "active": book.active.title if book.active else "", **{sheet.title: described(sheet) for sheet in book.worksheets}}


@pytest.mark.slow
@pytest.mark.parametrize("negative", [False, True])
def test_both_ways_give_the_same_workbook(monkeypatch: pytest.MonkeyPatch, negative: bool) -> None:
    data = sent(culture_events="-3") if negative else sent()
    if negative:  # as office programs store it: a text that begins like a formula, in the table of shared strings
        data = shared_texts(data)
    quick, slow, told, told_slow = both(data, monkeypatch)
    assert told == told_slow
    assert told.how is How.MARKED
    mine, theirs = whole(load_workbook(BytesIO(quick))), whole(load_workbook(BytesIO(slow)))
    assert mine.keys() == theirs.keys()
    for name in mine:
        assert mine[name] == theirs[name], name
    assert next_night(quick, monkeypatch) == next_night(slow, monkeypatch)
    values, expected = load_workbook(BytesIO(quick), data_only=True), load_workbook(BytesIO(slow), data_only=True)
    assert [[c.value for c in row] for s in values for row in s] == [[c.value for c in row] for s in expected for row in s]


def next_night(data: bytes, patch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """What comes back when one of the faults has been put right: the marks of the first night are taken off."""
    again = both(corrected(data, {(MAIN_SHEET, ATTENDED): 5}), patch)[0]
    return whole(load_workbook(BytesIO(again)))


def shared_texts(data: bytes) -> bytes:
    """The package with the texts of its cells in one table, as Excel and WPS save it."""
    from benchmarks.returns import _as_excel

    return _as_excel(data)


def test_it_comes_round(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = sent()
    unit, record = OFFICE.config.units_by_code[UNIT], read(data)
    word = _wording(OFFICE.config, Correction(unit, UnitState.INCOMPLETE, "报送.xlsx", record, findings_of(record), ()))
    monkeypatch.setattr("kaohe.publish.annotate.obstacle", None)  # the return is not opened
    first, _ = Annotator(OFFICE.config, OFFICE.rulebook).annotate(unit, record, findings_of(record), data, word)
    again, _ = Annotator(OFFICE.config, OFFICE.rulebook).annotate(unit, record, findings_of(record), data, word)
    assert first == again
    assert received(first).content_key() == record.content_key()
    right = received(corrected(first, {(MAIN_SHEET, ATTENDED): 5, (MAIN_SHEET, WEBSITE): 1234}))
    assert {f.field for f in findings_of(record)} - {f.field for f in findings_of(right)} == {"meetings_attended", "website_items"}


def test_what_the_forms_formulas_and_names_are_is_the_same_either_way() -> None:
    own, book = own_of(stamped(UNIT)), opened(stamped(UNIT))
    assert (own.formulas, own.names) == (formulas_of(book), frozenset(book.defined_names))


def commented(data: bytes) -> bytes:
    book = opened(data)
    book[MAIN_SHEET]["D8"].comment = Comment("数字来自年报", "张三")
    return saved(book)


def with_formula(text: str) -> bytes:
    book = opened(sent())
    book[MAIN_SHEET][WEBSITE] = text
    return saved(book)


def linked(location: str) -> bytes:
    data = sent()
    return swapped(data, main_part(data), b' location="', f' location="{location}" x="'.encode())


def _declared(data: bytes) -> bytes:
    return swapped(data, "xl/styles.xml", b"<styleSheet", b'<!DOCTYPE a [<!ENTITY b "c">]><styleSheet')


def _in_main(old: bytes, new: bytes) -> bytes:
    data = sent()
    return swapped(data, main_part(data), old, new)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("no package", b"PK\x03\x04 broken"),
        ("comments of its own", commented(sent())),
        ("a formula of its own", with_formula("=5+10")),
        ("a call", with_formula('=WEBSERVICE("http://x")')),
        ("a link outside", linked("http://x")),
        ("a declared entity", _declared(sent())),
        ("a comment in the markup", _in_main(b"<sheetData>", b"<!-- --><sheetData>")),
        ("a section in the markup", _in_main(b"<sheetData>", b"<sheetData><![CDATA[]]>")),
        ("another element", _in_main(b"<sheetData>", b"<oleObjects/><sheetData>")),
        ("a prefix", _in_main(b"<sheetData>", b"<x:a/><sheetData>")),
        ("a relation", _in_main(b"<sheetData>", b'<sheetData r:id="rId1">')),
        ("another encoding", _in_main(b"<worksheet", b'<?xml version="1.0" encoding="GBK"?><worksheet')),
        ("a rule that reaches out", _in_main(b"<formula1>", b"<formula1>[1]!")),
        ("a name that is not the form's", swapped(sent(), "xl/workbook.xml", b'name="st_unit_code"', b'name="st_other"')),
        ("a name that reaches out", swapped(sent(), "xl/workbook.xml", b"$B$3</definedName>", b"$B$3+cmd|x!A0</definedName>")),
        ("a part of another kind", packed([*members(sent()), member("xl/vbaProject.bin", b"x")])),
        ("a list of an earlier night", swapped(sent(), "xl/workbook.xml", 'name="填报说明"'.encode(), 'name="更正清单"'.encode())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_plain_is_opened(name: str, data: bytes) -> None:
    with pytest.raises(NotPlain):
        plain_package(data, own_of(stamped(UNIT)))


def test_a_part_that_holds_more_than_it_says_is_not_plain() -> None:
    entries = members(sent())
    small = [member(entry.name, entry.content()) for entry in entries]
    lying = [type(entry)(entry.name, entry.packed, entry.method, entry.crc, entry.size - 1) if n == 3 else entry for n, entry in enumerate(small)]
    with pytest.raises(NotPlain):
        plain_package(packed(lying), own_of(stamped(UNIT)))
