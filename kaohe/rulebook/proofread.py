"""What is easily forgotten when last year's rulebook becomes this year's: figures, numbers and dates that no longer fit the text. Doubts, not faults."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import TypeAlias

from kaohe.rulebook.model import Clause, Rulebook
from kaohe.rulebook.readings import changed_rule
from kaohe.rulebook.rules import AnyRule
from kaohe.rulebook.rules.conditions import AllOf
from kaohe.rulebook.rules.rows import PerRow
from kaohe.text import percent_text, points_text
from kaohe.toml_source import Fault, KeyPath, TomlSource

Doubts: TypeAlias = Iterator[tuple[KeyPath, str]]

_CAP = re.compile(r"(?:最多|最高|不超过|封顶)[^，。；]*?\d+\s*分")
_POINTS = re.compile(r"(\d+(?:\.\d+)?)\s*分(?!之)")
_AMOUNT = re.compile(r"(?<![每\d.])(\d+%?)\s*(?:(?<=%)|期|条|次|家|人|篇|项|位|件|场|户|名)(?!分)")
_NUMBERED = re.compile(r"^(?P<section>[（(][一二三四五六七八九十]+[）)])(?P<clause>\d*)$")
_LEADING = re.compile(r"^(\d+)\s*[、．.]")
_DATE = re.compile(r"(\d{4})\s*[年-](?:\s*(\d{1,2})\s*[月-]\s*(\d{1,2})\s*日?)?")
_QUOTED = re.compile(r"“([^”]+)”")
_DIGITS = "零一二三四五六七八九十"
_AMOUNTS, _POINT_KEYS = ("at_least", "top", "bottom"), ("earns", "top_earns", "bottom_earns")


def proofread(rulebook: Rulebook, source: TomlSource, begin: date, end: date) -> list[Fault]:
    """What should be looked at once more, each with its line, for an assessed period from ``begin`` to ``end``."""
    found = [*_numbering(rulebook), *_figures(rulebook), *_quoted(rulebook), *_readings(rulebook), *_dates(rulebook, begin, end)]
    return sorted((source.fault(path, message) for path, message in found), key=lambda fault: fault.line)


def _numbering(rulebook: Rulebook) -> Doubts:
    """Ids are what people see beside the notice's own numbers."""
    for s, section in enumerate(rulebook.sections):
        here: KeyPath = ("sections", s)
        said = _half(section.text)
        if _half(section.number) not in said or section.title not in section.text:
            yield (*here, "title"), f"部分的编号、名称“{section.number}{section.title}”与原文“{section.text}”不一致"
        if (number := _chinese(section.number)) is not None and section.id != str(number):
            yield (*here, "id"), f"通知里是第{section.number}部分，编号（id）却是“{section.id}”，表和函里会对不上，应当是“{number}”"
        for c, clause in enumerate(section.clauses):
            yield from _clause_numbering(clause, section.id, section.number, (*here, "clauses", c))


def _clause_numbering(clause: Clause, section_id: str, section_number: str, here: KeyPath) -> Doubts:
    numbered, leading = _NUMBERED.match(clause.number), _LEADING.match(clause.text)
    tail = numbered["clause"] if numbered else ""
    if numbered and numbered["section"] != section_number:
        yield (*here, "number"), f"第{section_number}部分里的条写成了“{clause.number}”"
    if leading and tail != leading[1]:
        yield (*here, "number"), f"原文是第{leading[1]}条，编号（number）却是“{clause.number}”"
    wanted = f"{section_id}.{tail or 1}"
    if numbered and clause.id != wanted:
        yield (*here, "id"), f"{clause.number}的编号（id）是“{clause.id}”，表和函里会对不上，应当是“{wanted}”"
    for i, item in enumerate(clause.items):
        if not re.fullmatch(re.escape(clause.id) + "[a-z]?", item.id):
            yield (*here, "items", i, "id"), f"计分项“{item.id}”在 {clause.id} 条里，编号（id）应当是“{clause.id}”或后面加 a、b、c"


def _figures(rulebook: Rulebook) -> Doubts:
    """Points and amounts of each rule stand in the clause's text, and those of the text in a rule."""
    for s, section in enumerate(rulebook.sections):
        for c, clause in enumerate(section.clauses):
            here: KeyPath = ("sections", s, "clauses", c)
            yield from (((*here, "text"), message) for message in _clause_figures(clause))
            for i, item in enumerate(clause.items):
                for number in _absent(item.written, clause.text):
                    yield (*here, "items", i, "rule"), f"计分项 {item.id} 用的“{number}”在原文里找不到：“{clause.text}”"
    for n, reading in enumerate(rulebook.readings):
        for k, choice in enumerate(reading.choices):
            for change in choice.changes:
                clause = rulebook.clause_of_item[change.item]
                rule = changed_rule(rulebook.items[change.item], change.set)
                for number in _unsaid(_reached(rule, [key for key in _AMOUNTS if key in change.set]), clause.text):
                    yield ("readings", n, "choices", k), f"口径 {reading.id} 用的“{number}”在原文里找不到：“{clause.text}”"


def _clause_figures(clause: Clause) -> Iterator[str]:
    """Numbers of the text that no rule uses, or other ones in their place."""
    rules = [item.written for item in clause.items]
    said = {Fraction(text) for text in _POINTS.findall(_CAP.sub("", clause.text))}
    used = {Fraction(value) for rule in rules for key in _POINT_KEYS if (value := getattr(rule, key, None))}
    if said != used:
        yield f"{clause.number}原文写的分值是{_listed(said)}，计分项写的是{_listed(used)}"
    for cap in {Fraction(text) for found in _CAP.findall(clause.text) for text in _POINTS.findall(found)}:
        if cap not in {rule.maximum() for rule in rules}:
            yield f"{clause.number}原文写了最多{points_text(cap)}分，没有一个计分项最多得{points_text(cap)}分"
    amounts = {text for rule in rules for text in _amounts(rule)}
    for number in dict.fromkeys(_AMOUNT.findall(_CAP.sub("", clause.text))):
        if number not in {"1", "100%"} and number not in amounts:
            yield f"{clause.number}原文里的“{number}”没有一个计分项用到：“{clause.text}”"


def _amounts(rule: AnyRule) -> Iterator[str]:
    """What must be reached, places, and how many rows count, as the notice writes them."""
    for part in rule.conditions if isinstance(rule, AllOf) else (rule,):
        yield from _reached(part, _AMOUNTS)
    if isinstance(rule, PerRow) and rule.most_rows is not None:
        yield str(rule.most_rows)


def _reached(rule: object, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        value = getattr(rule, key, None)
        if isinstance(value, Fraction):
            yield percent_text(value)
        elif value:
            yield str(value)


def _absent(rule: AnyRule, text: str) -> Iterator[str]:
    """Amounts of a rule that its clause does not say."""
    in_points = isinstance(rule, PerRow) and rule.most_rows is not None and _says(text, points_text(rule.most_rows * rule.earns))
    yield from () if in_points else _unsaid(_amounts(rule), text)


def _unsaid(numbers: Iterable[str], text: str) -> Iterator[str]:
    """Those of the numbers that stand nowhere but as points; 1 is often left unsaid."""
    without = _POINTS.sub("", text)
    yield from (number for number in dict.fromkeys(numbers) if number != "1" and not _says(without, number))


def _says(text: str, number: str) -> bool:
    words = {number}
    if number.isdigit() and int(number) <= 10:
        words |= {_DIGITS[int(number)], *("两",) * (number == "2")}
    return any(re.search(rf"(?<![\d.]){re.escape(word)}(?![\d.])", text) for word in words)


def _quoted(rulebook: Rulebook) -> Doubts:
    """What labels and titles put in quotation marks is a name that the notice gives."""
    for s, section in enumerate(rulebook.sections):
        for c, clause in enumerate(section.clauses):
            here: KeyPath = ("sections", s, "clauses", c)
            own = [((*here, "fields", f, "label"), field.label) for f, field in enumerate(clause.fields)]
            own += [((*here, "items", i, "title"), item.title) for i, item in enumerate(clause.items)]
            for path, text in own:
                for name in _QUOTED.findall(text):
                    if name not in clause.text:
                        yield path, f"“{text}”里的“{name}”在原文里找不到：“{clause.text}”"


def _readings(rulebook: Rulebook) -> Doubts:
    """The clauses that a reading names are those it changes: after renumbering they may be others."""
    for n, reading in enumerate(rulebook.readings):
        changed = {rulebook.clause_of_item[change.item].id for choice in reading.choices for change in choice.changes}
        if any("bonus_in_total" in choice.settings for choice in reading.choices):
            changed |= {rulebook.clause_of_item[item.id].id for item in rulebook.items.values() if item.bonus}
        if changed and changed != set(reading.clauses):
            yield (
                ("readings", n, "clauses"),
                f"口径 {reading.id} 写的是 {'、'.join(reading.clauses)} 条，改动的计分项在 {'、'.join(sorted(changed))} 条",
            )


def _dates(rulebook: Rulebook, begin: date, end: date) -> Doubts:
    """Years and days that the rulebook itself writes, outside the assessed period."""
    notice = "".join(clause.text for _, clause in rulebook.clauses())
    for path, text in _own_words(rulebook):
        for found in _DATE.finditer(text):
            year, month, day = found.groups()
            if found.group() in notice:
                continue
            if month:
                try:
                    outside = not begin - timedelta(days=1) <= date(int(year), int(month), int(day)) <= end + timedelta(days=1)
                except ValueError:
                    outside = True
            else:
                outside = not begin.year <= int(year) <= max(end.year, rulebook.year)
            if outside:
                yield path, f"“{text}”里的日期不在考核期（{begin}至{end}）内，是不是去年的"


def _own_words(rulebook: Rulebook) -> Iterator[tuple[KeyPath, str]]:
    """Texts that are not quoted from the notice."""
    yield ("title",), rulebook.title
    yield ("version",), rulebook.version
    for s, section in enumerate(rulebook.sections):
        for c, clause in enumerate(section.clauses):
            here: KeyPath = ("sections", s, "clauses", c)
            for f, field in enumerate(clause.fields):
                yield (*here, "fields", f, "label"), field.label
                yield (*here, "fields", f, "hint"), field.hint
            for i, item in enumerate(clause.items):
                yield (*here, "items", i, "title"), item.title
    for n, entry in enumerate(rulebook.lists):
        yield ("lists", n, "about"), entry.about
        for c, column in enumerate(entry.columns):
            yield ("lists", n, "columns", c, "label"), column.label


def _listed(values: set[Fraction]) -> str:
    return "、".join(f"{points_text(value)}分" for value in sorted(values)) or "（没有）"


def _half(text: str) -> str:
    return text.replace("（", "(").replace("）", ")")


def _chinese(number: str) -> int | None:
    """The number in （十二）, or None where it is not written so."""
    text = _half(number).strip("()")
    if not text or any(character not in _DIGITS[1:] for character in text):
        return None
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.index(tens) if tens else 1) * 10 * bool(ten) + (_DIGITS.index(ones) if ones else 0)
