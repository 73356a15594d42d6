"""What a unit's own workbook must not carry back out of the office: formulas of others, links, names, macros' leftovers."""

from collections.abc import Iterator

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.formatting.rule import Rule
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.publish.formula_text import ESCAPE, LEADS, LOCAL, OUTSIDE, shape
from kaohe.text import clean

_COPIED = ("png", "jpeg", "gif")


def formulas_of(book: Workbook) -> frozenset[str]:
    """The formulas of a workbook, alike where they differ only in the cells they name and in white space."""
    return frozenset(shape(text) for sheet in book.worksheets for cell in _formula_cells(sheet) if (text := _formula(cell)))


def disarm(book: Workbook, values: Workbook, own: frozenset[str], names: frozenset[str]) -> int:
    """Leave in ``book`` nothing that acts or reaches outside; how many formulas gave way to their last results.

    ``values`` is the same workbook opened with ``data_only``; ``own`` are the form's formulas and ``names`` its defined names.
    """
    replaced = 0
    for sheet in book.worksheets:
        for cell in _formula_cells(sheet):
            text = _formula(cell)
            if text is None or shape(text) not in own:
                put(cell, values[sheet.title][cell.coordinate].value, stored=True)
                replaced += 1
        for one in list(sheet._cells.values()):
            if isinstance(one, Cell):
                _without_link(one)
                if one.data_type == "s" and str(one.value).startswith(LEADS):
                    one.quotePrefix = True
        _without_attachments(sheet)
    for name, defined in list(book.defined_names.items()):
        if name not in names or not LOCAL.fullmatch(defined.attr_text or ""):
            del book.defined_names[name]
    return replaced


def put(cell: Cell, value: object, *, stored: bool = False) -> None:
    """Set a cell's content so that text stays text, whatever it begins with or holds.

    ``stored`` text is as openpyxl read it from a file, where an underscore may stand for itself or begin an escape.
    """
    text = clean(value) if isinstance(value, str) else None
    if text is not None and not stored:
        text = ESCAPE.sub("_x005F_", text)
    cell.value = value if text is None else text  # type: ignore[assignment]
    if text is not None:
        cell.data_type = "s"
        if text.startswith(LEADS):
            cell.quotePrefix = True


def _formula_cells(sheet: Worksheet) -> Iterator[Cell]:
    return (cell for cell in list(sheet._cells.values()) if isinstance(cell, Cell) and cell.data_type == "f")


def _formula(cell: Cell) -> str | None:
    value = cell.value.text if isinstance(cell.value, ArrayFormula) else cell.value
    return value if isinstance(value, str) else None


def _without_link(cell: Cell) -> None:
    link = cell.hyperlink
    if link is not None and (link.target or not LOCAL.fullmatch(link.location or "")):
        cell.hyperlink = None


def _without_attachments(sheet: Worksheet) -> None:
    """Without charts, tables, pivots and names of the sheet's own (the form has none), and without rules that reach outside.

    Pictures stay where they can be copied; others would have to be decoded, which costs memory without bound.
    """
    sheet._images = [picture for picture in sheet._images if picture.format in _COPIED]  # type: ignore[attr-defined]
    sheet._charts, sheet._pivots = [], []  # type: ignore[attr-defined]
    sheet.tables.clear()
    sheet.defined_names.clear()
    rules = sheet.data_validations
    rules.dataValidation = [rule for rule in rules.dataValidation if not OUTSIDE.search(f"{rule.formula1} {rule.formula2}")]
    kept = [(str(area.sqref), rule) for area in sheet.conditional_formatting for rule in area.rules if not _reaches_out(rule)]
    sheet.conditional_formatting = ConditionalFormattingList()
    for area_text, rule in kept:
        sheet.conditional_formatting.add(area_text, rule)


def _reaches_out(rule: Rule) -> bool:
    return any(OUTSIDE.search(str(formula)) for formula in rule.formula or ())
