"""What must hold of a rulebook before it may score anyone: ids, references, quotations, coverage, maxima."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from kaohe.rulebook.model import Item, Rulebook
from kaohe.rulebook.notice import Notice, Paragraph, difference
from kaohe.rulebook.readings import changed_rule, choice_fault
from kaohe.rulebook.rules import AnyRule
from kaohe.rulebook.rules.rows import BLANK, FILLED, RowRule, RowsReach
from kaohe.text import points_text, shorten
from kaohe.toml_source import Fault, KeyPath, TomlSource, nearest

_NOT_IN_SHEETS = re.compile(r"[\\/:*?\[\]]")
_LONGEST_SHEET = 31
_OTHER_SHEETS = ("填报说明", "填报表", "更正清单", "_kaohe")
"""Sheets that a form, or its return with corrections, has besides its lists."""
_HEADED = {"scored_heading": "考核内容和计分部分", "method_heading": "考核办法部分"}

Problems: TypeAlias = Iterator[tuple[KeyPath, str]]


def audit(rulebook: Rulebook, source: TomlSource, notice: Notice) -> list[Fault]:
    """Every fault of the rulebook, each with its line; empty when it is sound."""
    problems: list[Callable[[], Problems]] = [
        lambda: _unique_ids(rulebook),
        lambda: _references(rulebook),
        lambda: _list_keys(rulebook),
        lambda: _agreements(rulebook),
        lambda: _readings(rulebook),
        lambda: _headings(rulebook, notice),
        lambda: _maxima(rulebook),
    ]
    faults = [source.fault(path, message) for check in problems for path, message in check()]
    if not notice.scored(rulebook):
        return faults  # its headings are to be put right first: until then nothing of it is found
    told, quotations = _quotations(rulebook, notice)
    faults += [source.fault(path, message) for path, message in quotations]
    return faults + [Fault(notice.name, paragraph.line, message) for paragraph, message in uncovered(rulebook, notice) if paragraph not in told]


def uncovered(rulebook: Rulebook, notice: Notice) -> list[tuple[Paragraph, str]]:
    """Sections, clauses and sentences of the notice that nothing in the rulebook answers for, each as often as it is left alone."""
    declared = [entry.text for entry in rulebook.not_scored]
    clauses = Counter([clause.text for _, clause in rulebook.clauses()] + declared)
    sections = Counter(section.text for section in rulebook.sections) + clauses
    found = []
    for paragraph in notice.scored(rulebook):
        answers = sections if paragraph.is_section else clauses
        if answers[paragraph.text]:
            answers[paragraph.text] -= 1
        elif paragraph.is_section:
            found.append((paragraph, f"通知的这一部分没有写进规则：“{paragraph.text}”"))
        else:
            found.append((paragraph, f"通知的这一条没有对应的计分项，也没有声明不计分：“{paragraph.text}”"))
    answered = {rulebook.gate.text, *declared}
    found += [
        (s, f"考核办法的这一句没有着落，请在规则里写成前提条件（gate）或不计分（not_scored）：“{s.text}”")
        for s in notice.method(rulebook)
        if s.text not in answered
    ]
    return found


def _walk(rulebook: Rulebook) -> Iterator[tuple[KeyPath, Item]]:
    for s, section in enumerate(rulebook.sections):
        for c, clause in enumerate(section.clauses):
            for i, item in enumerate(clause.items):
                yield ("sections", s, "clauses", c, "items", i), item


def _unique_ids(rulebook: Rulebook) -> Problems:
    groups: dict[str, list[tuple[KeyPath, str]]] = {"部分": [], "条": [], "计分项": [], "填报项": [], "清单": [], "口径": []}
    for s, section in enumerate(rulebook.sections):
        groups["部分"].append((("sections", s, "id"), section.id))
        for c, clause in enumerate(section.clauses):
            here: KeyPath = ("sections", s, "clauses", c)
            groups["条"].append(((*here, "id"), clause.id))
            groups["填报项"] += [((*here, "fields", f, "id"), field.id) for f, field in enumerate(clause.fields)]
    groups["计分项"] = [((*path, "id"), item.id) for path, item in _walk(rulebook)]
    groups["清单"] = [(("lists", n, "id"), entry.id) for n, entry in enumerate(rulebook.lists)]
    groups["口径"] = [(("readings", n, "id"), entry.id) for n, entry in enumerate(rulebook.readings)]
    for kind, entries in groups.items():
        seen: set[str] = set()
        for path, entry_id in entries:
            if entry_id in seen:
                yield path, f"{kind}编号“{entry_id}”重复了，每个编号只能用一次"
            seen.add(entry_id)


def _references(rulebook: Rulebook) -> Problems:
    for path, item in _walk(rulebook):
        for message in _rule_problems(rulebook, item.id, item.rule):
            yield (*path, "rule"), message
    for s, section in enumerate(rulebook.sections):
        for c, clause in enumerate(section.clauses):
            for f, field in enumerate(clause.fields):
                if not rulebook.items_of_field[field.id]:
                    yield ("sections", s, "clauses", c, "fields", f), f"填报项“{field.id}”没有任何计分项用到"


def _rule_problems(rulebook: Rulebook, item_id: str, rule: AnyRule) -> Iterator[str]:
    """Fields, lists and columns that a rule names and that are not there."""
    for field_id in rule.inputs():
        if field_id not in rulebook.fields:
            yield f"计分项 {item_id} 用到的填报项“{field_id}”不存在{nearest(field_id, rulebook.fields)}"
    for list_id in rule.lists():
        if list_id not in rulebook.lists_by_id:
            yield f"计分项 {item_id} 用到的清单“{list_id}”不存在{nearest(list_id, rulebook.lists_by_id)}"
        elif isinstance(rule, RowRule):
            yield from _column_problems(rulebook, item_id, rule)


def _column_problems(rulebook: Rulebook, item_id: str, rule: RowRule) -> Iterable[str]:
    entry = rulebook.lists_by_id[rule.list]
    columns = {column.id: column for column in entry.columns}
    wanted = list(rule.where) + ([rule.sum] if isinstance(rule, RowsReach) and rule.sum else [])
    for column_id in wanted:
        if column_id not in columns:
            yield f"计分项 {item_id} 用到的列“{column_id}”在清单 {entry.id} 里不存在{nearest(column_id, columns)}"
    for column_id, accepted in rule.where.items():
        column = columns.get(column_id)
        if column is None:
            continue
        allowed = {"是", "否"} if column.type == "yes_no" else set(column.choices)
        for value in accepted:
            if allowed and value not in allowed:
                yield f"计分项 {item_id} 里“{column.label}”的值“{value}”不在可选范围（{'、'.join(sorted(allowed))}）{nearest(value, allowed)}"
            elif not allowed and value not in (FILLED, BLANK):
                yield f'计分项 {item_id} 里“{column.label}”是自由填写的列，只能写 "*"（已填）或 ""（未填）'


def _list_keys(rulebook: Rulebook) -> Problems:
    taken = set(_OTHER_SHEETS)
    for n, entry in enumerate(rulebook.lists):
        if _NOT_IN_SHEETS.search(entry.label) or len(entry.label) > _LONGEST_SHEET or entry.label.strip("'") != entry.label:
            yield ("lists", n, "label"), f"清单名称“{entry.label}”要用作工作表名称，不能超过{_LONGEST_SHEET}个字，不能含 \\ / : * ? [ ]"
        if entry.label in taken:
            yield ("lists", n, "label"), f"清单名称“{entry.label}”已经用作别的工作表，请换一个"
        taken.add(entry.label)
        columns = {column.id: column for column in entry.columns}
        for column_id in entry.key:
            if column_id not in columns:
                yield ("lists", n, "key"), f"清单 {entry.id} 的 key 里“{column_id}”不是它的列{nearest(column_id, columns)}"
        for c, column in enumerate(entry.columns):
            if (column.type == "choice") != bool(column.choices):
                yield ("lists", n, "columns", c), f"清单 {entry.id} 的列“{column.id}”：类型为 choice 时要写 choices，其他类型不写"


def _agreements(rulebook: Rulebook) -> Problems:
    for n, agreement in enumerate(rulebook.agreements):
        for field_id in (*agreement.parts, agreement.whole):
            if field_id not in rulebook.fields:
                yield ("agreements", n), f"互相核对的填报项“{field_id}”不存在{nearest(field_id, rulebook.fields)}"


def _readings(rulebook: Rulebook) -> Problems:
    known = {clause.id for _, clause in rulebook.clauses()} | {"考核办法"}
    for n, reading in enumerate(rulebook.readings):
        ids = [choice.id for choice in reading.choices]
        if reading.taken not in ids:
            yield (
                ("readings", n, "taken"),
                f"口径 {reading.id} 的 taken“{reading.taken}”不是它的选项，可以写：{'、'.join(ids)}{nearest(reading.taken, ids)}",
            )
        for clause_id in reading.clauses:
            if clause_id not in known:
                yield ("readings", n, "clauses"), f"口径 {reading.id} 涉及的条“{clause_id}”不存在{nearest(clause_id, known)}"
        for c, choice in enumerate(reading.choices):
            here: KeyPath = ("readings", n, "choices", c)
            if fault := choice_fault(rulebook, choice):
                yield here, fault
                continue
            for change in choice.changes:
                item = rulebook.items[change.item]
                known_before = set(_rule_problems(rulebook, item.id, item.rule))
                for message in _rule_problems(rulebook, item.id, changed_rule(item, change.set)):
                    if message not in known_before:
                        yield here, message


def _headings(rulebook: Rulebook, notice: Notice) -> Problems:
    """The headings between which clauses are looked for stand in the notice, in this order."""
    like = f"通知里像标题的有：{'、'.join(f'“{text}”' for text in notice.headings())}" if notice.headings() else "通知里没有像“一、……”这样的标题"
    for key, heading in (("scored_heading", rulebook.scored_heading), ("method_heading", rulebook.method_heading)):
        if not notice.has(heading):
            yield (key,), f"通知里没有“{heading}”这个标题（单独一段），请把 {key} 写成通知里{_HEADED[key]}的标题，一字不改。{like}"
    if notice.has(rulebook.scored_heading) and notice.has(rulebook.method_heading) and not notice.scored(rulebook):
        yield ("scored_heading",), f"通知里“{rulebook.scored_heading}”到“{rulebook.method_heading}”之间没有条款，请检查两个标题的先后和 notice.txt"


def _quotations(rulebook: Rulebook, notice: Notice) -> tuple[set[Paragraph], list[tuple[KeyPath, str]]]:
    """Texts that are no longer the notice's, and the paragraphs that took their place, which need not be told once more."""
    method: list[tuple[KeyPath, str]] = [(("gate", "text"), rulebook.gate.text)]
    method += [(("not_scored", n, "text"), entry.text) for n, entry in enumerate(rulebook.not_scored)]
    scored: list[tuple[KeyPath, str]] = []
    for s, section in enumerate(rulebook.sections):
        scored.append((("sections", s, "text"), section.text))
        scored += [(("sections", s, "clauses", c, "text"), clause.text) for c, clause in enumerate(section.clauses)]
    free = [paragraph for paragraph, _ in uncovered(rulebook, notice)]
    told: set[Paragraph] = set()
    problems = []
    for path, text in (*method, *scored):
        if text in notice.text:
            continue
        near = next(iter(difflib.get_close_matches(text, [p.text for p in free if p not in told], n=1, cutoff=0.5)), None)
        instead = "；通知里没有相近的一段，通知不再有的请连同它的计分项一起删去"
        if near is not None:
            paragraph = next(p for p in free if p.text == near and p not in told)
            told.add(paragraph)
            instead = f"{difference(text, near)}（{notice.name} 第{paragraph.line}行）"
        problems.append((path, f"这段文字与通知原文不一致，应当一字不改：“{shorten(text, 30)}”{instead}"))
    return told, problems


def _maxima(rulebook: Rulebook) -> Problems:
    for s, section in enumerate(rulebook.sections):
        computed = rulebook.maximum(section)
        if computed != section.maximum:
            yield (
                ("sections", s, "maximum"),
                f"第{section.number}部分封顶计分项合计{points_text(computed)}分，与写明的{points_text(section.maximum)}分不一致",
            )
