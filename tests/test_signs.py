"""What is compared many bytes at once says what a look at each place by itself says."""

import random
import re

import numpy as np
import pytest

from kaohe.intake.signs import Signs

TEXTS = (b' t="str">', b"<v></v></c>", b"<v/></c>")


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_found_where_it_stands_and_nowhere_else(text: bytes) -> None:
    chance = random.Random(7)
    near = [text, text[:-1], text[1:], text[:-1] + b"?", b"?" + text[1:], b"<", b">", b'"']
    part = b"".join(chance.choices(near, k=300)) + text
    places = np.arange(-20, len(part) + 40)
    said = Signs(part).say(places, text)
    assert said.tolist() == [place >= 0 and part.startswith(text, place) for place in places.tolist()]
    assert said.any()


ADDRESSES = ("A1", "Z9999", "a12", "A", "AA1", "A12345", "1", "A1 ", "", "A12x4")
USUAL = re.compile(r'[A-Za-z][0-9][^"]{0,3}"')
"""A letter, a digit, and the quotation mark within four more signs."""


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("start", ['<c r="', "<c  r='", '<c s="'])
def test_cells_are_near_where_each_begins_with_a_short_address(address: str, start: str) -> None:
    rows = f'<row r="1"><c r="B7"/>{start}{address}"/></row>'
    signs = Signs(f"<sheetData>{rows}</sheetData>".encode())
    cells = signs.opening[(signs.first == ord("c"))]
    expected = start == '<c r="' and USUAL.match(f'{address}"') is not None
    assert signs._addressed(cells, "c", 1) is expected
