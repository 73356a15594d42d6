"""Cell addresses: column letters and numbers."""

import re
from functools import lru_cache

_REF = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")


@lru_cache(maxsize=1024)
def column_letter(index: int) -> str:
    """Letters of a column counted from 0: 0 → ``A``, 26 → ``AA``."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Column counted from 0 of its letters."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def cell_name(row: int, column: int) -> str:
    """Address of a cell: ``row`` from 1 as people see it, ``column`` from 0."""
    return f"{column_letter(column)}{row}"


def split_ref(ref: str) -> tuple[int, int]:
    """Row (from 1) and column (from 0) of an address such as ``D12``.

    Raises ValueError for anything else.
    """
    match = _REF.fullmatch(ref)
    if not match:
        raise ValueError(ref)
    return int(match.group(2)), column_index(match.group(1))
