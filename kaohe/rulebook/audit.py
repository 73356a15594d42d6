"""What must hold of a rulebook before it may score anyone: ids, references, quotations, coverage, maxima."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from kaohe.rulebook.model import Item, Rulebook
from kaohe.rulebook.readings import changed_rule, choice_fault
from kaohe.rulebook.rules import AnyRule
from kaohe.rulebook.rules.rows import BLANK, FILLED, RowRule, RowsReach
from kaohe.toml_source import Fault, KeyPath, TomlSource, nearest

_SECTION = re.compile(r"^[（(][一二三四五六七八九十]+[）)]")
_SCORED_PART = "一、考核内容及计分"
_METHOD_PART = "二、考核办法"

Problems: TypeAlias = Iterator[tuple[KeyPath, str]]


def audit(rulebook: Rulebook, source: TomlSource, notice: str) -> list[Fault]:
    """Every fault of the rulebook, each with its line; empty when it is sound."""
    problems: list[Callable[[], Problems]] = [
        lambda: _unique_ids(rulebook),
        lambda: _references(rulebook),
        lambda: _list_keys(rulebook),
        lambda: _agreements(rulebook),
        lambda: _readings(rulebook),
        lambda: _quotations(rulebook, notice),
        lambda: _maxima(rulebook),
    ]
    faults = [source.fault(path, message) for check in problems for path, message in check()]
    faults += [source.fault((), message) for message in uncovered(rulebook, notice)]
    return faults


def notice_clauses(notice: str) -> list[str]:
    """The clauses of the notice's scored part, one paragraph each, stripped."""
    paragraphs = [line.strip() for line in notice.splitlines() if line.strip()]
    body = _between(paragraphs, _SCORED_PART, _METHOD_PART)
    return [p for p in body if not _SECTION.match(p)]


def notice_method(notice: str) -> list[str]:
    """The sentences of 考核办法, without the list of groups that follows."""
    paragraphs = [line.strip() for line in notice.splitlines() if line.strip()]
    if _METHOD_PART not in paragraphs:
        return []
    following = paragraphs[paragraphs.index(_METHOD_PART) + 1 :]
    return [sentence + "。" for sentence in following[0].split("。") if sentence] if following else []


def uncovered(rulebook: Rulebook, notice: str) -> list[str]:
    """Clauses and sentences of the notice that nothing in the rulebook answers for."""
    quoted = {clause.text for _, clause in rulebook.clauses()}
    declared = [entry.text for entry in rulebook.not_scored]
    answered = [rulebook.gate.text, *declared]
    found = [
        f"通知的这一条没有对应的计分项，也没有声明不计分：“{text}”" for text in notice_clauses(notice) if text not in quoted and text not in declared
    ]
    found += [f"考核办法的这一句没有着落：“{text}”" for text in notice_method(notice) if text not in answered]
    if not notice_clauses(notice):
        found.append(f"通知原文里找不到“{_SCORED_PART}”到“{_METHOD_PART}”之间的条款，请检查 notice.txt")
    return found


def _between(paragraphs: list[str], first: str, last: str) -> list[str]:
    if first not in paragraphs or last not in paragraphs:
        return []
    return paragraphs[paragraphs.index(first) + 1 : paragraphs.index(last)]


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
    for n, entry in enumerate(rulebook.lists):
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


def _quotations(rulebook: Rulebook, notice: str) -> Problems:
    quoted: list[tuple[KeyPath, str]] = [(("gate", "text"), rulebook.gate.text)]
    quoted += [(("not_scored", n, "text"), entry.text) for n, entry in enumerate(rulebook.not_scored)]
    for s, section in enumerate(rulebook.sections):
        quoted.append((("sections", s, "text"), section.text))
        quoted += [(("sections", s, "clauses", c, "text"), clause.text) for c, clause in enumerate(section.clauses)]
    for path, text in quoted:
        if text not in notice:
            yield path, f"这段文字与通知原文不一致，应当一字不改：“{text[:30]}…”{nearest(text, notice_clauses(notice))}"


def _maxima(rulebook: Rulebook) -> Problems:
    for s, section in enumerate(rulebook.sections):
        computed = rulebook.maximum(section)
        if computed != section.maximum:
            yield ("sections", s, "maximum"), f"第{section.number}部分封顶计分项合计{computed}分，与写明的{section.maximum}分不一致"
