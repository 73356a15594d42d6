"""The table of promises names tests and cases that exist, and every case of the corpus stands behind some promise."""

import ast
import re

import pytest

from kaohe import PROGRAM_ROOT
from kaohe.config.model import Intake
from tests.corpus import CASES

PAGE = (PROGRAM_ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
NAMED = re.compile(r"`([^`]+)`")
TEST = re.compile(r"(tests/(?:\w+/)?test_\w+\.py)::(test_\w+)")
CASE = re.compile(r"corpus\[([\w-]+)\]")


def functions(file: str) -> set[str]:
    """The tests of a file."""
    tree = ast.parse((PROGRAM_ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_there_is_a_table() -> None:
    assert len(ROWS) > 40
    assert {len(row) for row in ROWS} == {2}


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0].strip()[:40]) for row in ROWS])
def test_every_promise_names_tests_that_exist(row: list[str]) -> None:
    named = NAMED.findall(row[1])
    assert named
    keys = {case.key for case in CASES}
    for name in named:
        if case := CASE.fullmatch(name):
            assert case[1] in keys
        else:
            test = TEST.fullmatch(name)
            assert test is not None, name
            assert test[2] in functions(test[1]), name


def test_every_case_of_the_corpus_stands_behind_a_promise() -> None:
    assert {case.key for case in CASES} - set(CASE.findall(PAGE)) == set()


def test_tests_named_in_the_text_exist() -> None:
    assert [(file, name) for file, name in TEST.findall(PAGE) if name not in functions(file)] == []


def test_the_security_page_lists_every_limit_with_its_default() -> None:
    page = (PROGRAM_ROOT / "SECURITY.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", page, re.MULTILINE))
    shown = {"()": "none", "False": "false"}
    assert listed == {name: shown.get(str(field.default), str(field.default)) for name, field in Intake.model_fields.items()}
