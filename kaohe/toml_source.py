"""TOML files whose faults can be told with their line: text, data, and the line of every key."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from kaohe.text import os_problem

KeyPath: TypeAlias = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*([A-Za-z0-9_\-.一-鿿]+|"[^"]+"|'[^']+')\s*=""")
_DECODE_PLACE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a TOML file, in Chinese, with its place."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}：{self.message}"


class FaultyFile(Exception):
    """A file that cannot be used; carries every fault found in it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda f: (f.file, f.line)))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True)
class TomlSource:
    """A parsed TOML file and the line on which each table and key stands."""

    name: str
    text: str
    data: dict[str, Any]

    @cached_property
    def lines(self) -> dict[KeyPath, int]:
        """The line of each table and key; looked for only where a fault is to be told."""
        return _index_lines(self.text)

    def line(self, path: Iterable[str | int]) -> int:
        """Line of the longest known prefix of ``path`` (1 where nothing matches)."""
        keys = tuple(path)
        while keys:
            if keys in self.lines:
                return self.lines[keys]
            keys = keys[:-1]
        return 1

    def fault(self, path: Iterable[str | int], message: str) -> Fault:
        return Fault(self.name, self.line(path), message)


def read_toml(path: Path) -> TomlSource:
    """Read and parse one TOML file.

    Raises FaultyFile (one fault, with its line) when the file is absent, not UTF-8 or not TOML.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise FaultyFile([Fault(str(path), 1, "找不到这个文件，请检查路径")]) from None
    except UnicodeDecodeError:
        raise FaultyFile([Fault(path.name, 1, "文件不是 UTF-8 编码，请用记事本另存为 UTF-8 后重试")]) from None
    except OSError as error:
        raise FaultyFile([Fault(str(path), 1, f"文件读不出来（{os_problem(error)}），请检查权限")]) from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _DECODE_PLACE.search(str(error))
        line = int(place.group(1)) if place else text.count("\n") + 1
        raise FaultyFile([Fault(path.name, line, "这一行不合 TOML 写法，请检查引号、方括号、等号是否成对、是否用了中文标点")]) from None
    return TomlSource(path.name, text, data)


def _index_lines(text: str) -> dict[KeyPath, int]:
    """Map each table and each key to its line; arrays of tables are counted as TOML counts them."""
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _table_path(_split_key(header.group(2)), counts, is_array=header.group(1) == "[[")
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(table + _split_key(key.group(1)), number)
    return lines


def _split_key(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in re.findall(r"\"[^\"]+\"|'[^']+'|[^.]+", text))


def _table_path(names: tuple[str, ...], counts: dict[KeyPath, int], *, is_array: bool) -> KeyPath:
    path: KeyPath = ()
    for depth, name in enumerate(names, start=1):
        path = (*path, name)
        if depth == len(names) and is_array:
            counts[path] = counts.get(path, -1) + 1
            for inner in [known for known in counts if known != path and known[: len(path) + 1] == (*path, counts[path])]:
                del counts[inner]
        if path in counts:
            path = (*path, counts[path])
    return path


def nearest(word: str, allowed: Iterable[str]) -> str:
    """``（是不是想写“…”？）`` with the nearest allowed name, or nothing."""
    import difflib  # only where something is misspelt

    close = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.5)
    return f"（是不是想写“{close[0]}”？）" if close else ""


def validation_faults(source: TomlSource, error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Every fault that pydantic found, in Chinese, each with its line."""
    faults = []
    details = error.errors()
    deeper = {detail["loc"][:length] for detail in details for length in range(len(detail["loc"]))}
    for detail in details:
        if detail["type"] == "too_short" and detail["loc"] in deeper:
            continue  # its only entry is faulty and reported itself
        location = tuple(part for part in detail["loc"] if not (isinstance(part, str) and part.startswith("kind=")))
        faults.append(source.fault(location, _explain(dict(detail), location, model)))
    return faults


class _Shown:
    """A faulty value as the office wrote it, not as Python would."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        match self._value:
            case bool():
                return str(self._value).lower()
            case dict():
                return "一张表"
            case list() | tuple():
                return "一列"
            case date() | time():
                return self._value.isoformat()
            case _:
                return repr(self._value)

    def __str__(self) -> str:
        return self._value if isinstance(self._value, str) else repr(self)


def _explain(detail: dict[str, Any], location: KeyPath, model: type[BaseModel]) -> str:
    name = next((str(part) for part in reversed(location) if isinstance(part, str)), "")
    given, context = _Shown(detail["input"]), detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return f"缺少“{name}”一项"
        case "union_tag_not_found":
            return f"缺少“{str(context.get('discriminator', 'kind')).strip(chr(39))}”一项"
        case "extra_forbidden":
            return f"不认识“{name}”一项{nearest(name, _known_names(model))}"
        case "union_tag_invalid":
            allowed = str(context.get("expected_tags", "")).replace("'", "")
            return f"kind 写成了“{context.get('tag')}”，可以写：{allowed}{nearest(str(context.get('tag')), allowed.split(', '))}"
        case "literal_error" | "enum":
            allowed = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
            return f"“{name}”写成了“{given}”，可以写：{allowed}{nearest(str(given), allowed.split(', '))}"
        case "value_error":
            return str(context["error"])
        case "string_type":
            return f"“{name}”应当是带引号的文字，现在是 {given!r}"
        case "int_type" | "int_parsing" | "int_from_float":
            return f"“{name}”应当是整数，现在是 {given!r}"
        case "bool_type" | "bool_parsing":
            return f"“{name}”应当是 true 或 false，现在是 {given!r}"
        case "date_type" | "date_parsing" | "date_from_datetime_parsing" | "date_from_datetime_inexact":
            return f"“{name}”应当是日期，写成 2014-12-31 的样子（不加引号），现在是 {given!r}"
        case "greater_than_equal":
            return f"“{name}”不能小于 {context.get('ge')}，现在是 {given!r}"
        case "less_than_equal":
            return f"“{name}”不能大于 {context.get('le')}，现在是 {given!r}"
        case "string_pattern_mismatch":
            return f"“{name}”的写法不对：{given!r}"
        case "string_too_short" | "too_short":
            return f"“{name}”不能为空"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"“{name}”应当是一张表（[{name}] 下面逐行写），现在是 {given!r}"
        case "list_type" | "tuple_type":
            return f"“{name}”应当是方括号里的一列，现在是 {given!r}"
        case _:
            return f"“{name}”的值 {given!r} 不能用"


def _known_names(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> set[str]:
    """Every key that may appear anywhere below ``model``."""
    seen = seen if seen is not None else set()
    if model in seen:
        return set()
    seen.add(model)
    names = {field.alias or name for name, field in model.model_fields.items()}
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            names |= _known_names(inner, seen)
    return names


def _models_in(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    found: set[type[BaseModel]] = set()
    for argument in getattr(annotation, "__args__", ()):
        found |= _models_in(argument)
    return found
