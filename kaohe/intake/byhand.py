"""What a form shows to people, for when its hidden ids are gone: headings, numbers, labels, the unit's name, the year."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from kaohe.cells import cell_name
from kaohe.config.model import Config, Unit
from kaohe.forms.layout import MAIN_HEADINGS
from kaohe.intake.normalise import raw_text
from kaohe.intake.once import once
from kaohe.intake.record import Cell
from kaohe.intake.sheet import Sheet
from kaohe.rulebook.model import ListDef, Rulebook
from kaohe.text import match_key

HEAD_ROWS = 12
"""Headings, titles and the unit's name are looked for among this many first rows."""

_LONGEST_LABEL = 200
_OTHER_HEADINGS = {"number": ("编号",), "value": ("填报数",)}
_UNIT = re.compile(r"^填报单位(?:[:：](.*))?$", re.DOTALL)
_UNIT_SIGN = "填"
"""Stands in every cell that names the unit."""
_BESIDE_UNIT = re.compile(r"(?:填报|填表|报送|制表|日期|时间|负责人|联系).*$", re.DOTALL)
_YEAR = re.compile(r"(20\d\d)年度?[^至年]{0,12}考核")
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_SERIAL = re.compile(r"^第?(\d{1,4})[项号、.)]?$")
_SHORT = 200
"""Characters up to which a key is remembered: the same headings and labels stand in form after form."""
_NO_LETTER = re.compile(r"[\W_]")
_COPY = re.compile(r"\s*\(\d+\)$")
_BRACKETS = re.compile(r"[(（][^)）]*[)）]")


def label_key(text: str) -> str:
    """Key under which two labels count as the same: letters and digits alone, as people retype quotation marks and brackets."""
    return _short_key(text) if len(text) <= _SHORT else _label_key(text)


def _label_key(text: str) -> str:
    return _NO_LETTER.sub("", match_key(text))


_short_key = lru_cache(maxsize=8192)(_label_key)


@dataclass(frozen=True, slots=True)
class Told:
    """Which field a row is: ``field`` where number and label leave no doubt, else the fields it may be, with what is unclear."""

    field: str | None = None
    perhaps: tuple[str, ...] = ()
    doubt: str = ""
    numbered: bool = False


@dataclass(frozen=True)
class Labels:
    """The numbers and labels that the form shows for its fields."""

    rulebook: Rulebook

    @cached_property
    def _by_label(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for field in self.rulebook.fields.values():
            key = label_key(field.label)
            found[key] = (*found.get(key, ()), field.id)
        return found

    @cached_property
    def _serial(self) -> Mapping[str, str]:
        return {field: str(n) for n, field in enumerate(self.rulebook.fields, start=1)}

    @cached_property
    def _remembered(self) -> Callable[[str, str], Told]:
        return lru_cache(maxsize=4096)(self._tell)

    def tell(self, number: str, label: str) -> Told:
        """The field of a row that shows this number and label. A number that says nothing is passed over, one that differs is not."""
        return self._remembered(number, label) if len(number) + len(label) <= _SHORT else self._tell(number, label)

    def _tell(self, number: str, label: str) -> Told:
        candidates = self._by_label.get(label_key(label), ())
        if not candidates:
            return Told()
        serial = _SERIAL.match(unicodedata.normalize("NFKC", number).replace(" ", ""))
        if serial is not None:
            fitting = [field for field in candidates if self._serial[field] == str(int(serial[1]))]
            if len(fitting) == 1:
                return Told(fitting[0], numbered=True)
            numbers = "、".join(self._serial[field] for field in candidates)
            return Told(None, candidates, f"序号写的是{int(serial[1])}，内容却是第{numbers}项")
        if len(candidates) == 1:
            return Told(candidates[0])
        return Told(None, candidates, "内容相同的不止一项，又没有写序号")


labels_of = once(Labels)
"""The labels of a rulebook's form."""

_HEADINGS = {label_key(text): name for name, text in MAIN_HEADINGS.items()}
_HEADINGS |= {label_key(text): name for name, texts in _OTHER_HEADINGS.items() for text in texts}


def _head_keys(sheet: Sheet, _: None) -> list[list[str]]:
    """The keys of what stands in the first rows; "" for what is too long to be a heading."""
    return [[_head_key(value) if value != "" else "" for value in row] for row in sheet.rows[:HEAD_ROWS]]


def _head_key(value: Any) -> str:
    if isinstance(value, str):
        return _text_key(value) if len(value) <= _LONGEST_LABEL else ""
    return "" if value is None else label_key(raw_text(value))


@lru_cache(maxsize=8192)
def _text_key(text: str) -> str:
    return label_key(raw_text(text))


def heading_columns(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Index of the main sheet's heading row and the columns it names; None where label and value do not each stand in it once."""
    for index, keys in enumerate(sheet.told(_head_keys, None)):
        named = [(_HEADINGS.get(key), column) for column, key in enumerate(keys)]
        names = [name for name, _ in named if name]
        if names.count("value") == 1 and names.count("label") == 1:
            return index, {name: column for name, column in named if name and names.count(name) == 1}
    return None


def list_headings(sheet: Sheet, entry: ListDef) -> tuple[int, dict[str, int]] | None:
    """Index of a list's heading row, with the columns it names; None where fewer than half of them stand anywhere in one row."""
    wanted = {label_key(column.label): column.id for column in entry.columns}
    best: tuple[int, dict[str, int]] | None = None
    for index, keys in enumerate(sheet.told(_head_keys, None)):
        found: dict[str, int] = {}
        for column, key in enumerate(keys):
            name = wanted.get(key)
            if name is not None:
                found.setdefault(name, column)
        if 2 * len(found) >= len(entry.columns) and (best is None or len(found) > len(best[1])):
            best = index, found
    return best


def list_titled(sheet: Sheet, rulebook: Rulebook) -> ListDef | None:
    """The one list that a sheet's title names: the title in its first rows, else the sheet's own name."""
    labels = {label_key(entry.label): entry for entry in rulebook.lists}
    shown = {key for keys in sheet.told(_head_keys, None) for key in keys}
    titles = [entry for key, entry in labels.items() if key in shown]
    if titles:
        return titles[0] if len(titles) == 1 else None
    return labels.get(label_key(_COPY.sub("", unicodedata.normalize("NFKC", sheet.name))))


def shown_units(sheets: Iterable[Sheet]) -> Iterator[Cell]:
    """Every cell that names the reporting unit, ``raw`` being the name alone; blank ones are left out."""
    for sheet in sheets:
        yield from sheet.told(_units_on, None)


def _units_on(sheet: Sheet, _: None) -> tuple[Cell, ...]:
    found = []
    for index, row in enumerate(sheet.rows[:HEAD_ROWS]):
        if not any(isinstance(value, str) and _UNIT_SIGN in value for value in row):
            continue
        for column, value in enumerate(row):
            match = _UNIT.match("".join(raw_text(value).split())) if isinstance(value, str) and _UNIT_SIGN in value else None
            if match is None:
                continue
            beside = next((text for other in row[column + 1 :] if (text := raw_text(other)) and not text.startswith("=")), "") if not match[1] else ""
            name = _BESIDE_UNIT.sub("", match[1] or "".join(beside.split()))
            if _BRACKETS.sub("", name):
                found.append(Cell(sheet.name, cell_name(index + 1, column), name))
    return tuple(found)


def shown_years(sheets: Iterable[Sheet]) -> frozenset[int]:
    """The years that titles name."""
    texts = ("".join(raw_text(value).translate(_DIGITS).split()) for sheet in sheets for row in sheet.rows[:HEAD_ROWS] for value in row if value)
    return frozenset(int(match[1]) for text in texts if len(text) < 60 and (match := _YEAR.search(text)))


def unit_called(config: Config, name: str) -> Unit | None:
    """The unit of exactly that name, short name or alias; what stands in brackets (盖章) is passed over."""
    return _by_name(config).get(match_key(_BRACKETS.sub("", name)))


@once
def _by_name(config: Config) -> Mapping[str, Unit]:
    """The units by the keys of all their names; the first that bears a name has it."""
    found: dict[str, Unit] = {}
    for unit in config.cohort:
        for name in (unit.name, unit.short, *unit.aliases):
            found.setdefault(match_key(name), unit)
    return found


def mentions(unit: Unit, name: str) -> bool:
    """Whether the text has one of the unit's names in it."""
    return any(match_key(n) in match_key(name) for n in (unit.name, unit.short, *unit.aliases))


def shows_items(sheets: Iterable[Sheet], rulebook: Rulebook) -> bool:
    """Whether at least half of the fields' labels stand somewhere in the workbook, whatever the headings."""
    wanted = {label_key(field.label) for field in rulebook.fields.values()}
    shown = {label_key(value) for sheet in sheets for row in sheet.rows for value in row if isinstance(value, str) and len(value) < _LONGEST_LABEL}
    return 2 * len(wanted & shown) >= len(wanted)
