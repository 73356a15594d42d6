"""Text that is or might be a formula: how it begins, what it reaches, and what formulas have in common."""

import re

LEADS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet program takes for the beginning of a formula when a cell is edited."""


ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_REFERENCE = re.compile(r"\$?[A-Z]{1,3}\$?\d+")
OUTSIDE = re.compile(r"[\[|]|://|\\\\|\b(?:WEBSERVICE|FILTERXML|HYPERLINK|DDE|RTD|CALL|REGISTER|EXEC|IMAGE|INDIRECT|EVALUATE)\b", re.IGNORECASE)
LOCAL = re.compile(r"'?[^'\[\]!|:/\\]+'?!\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?")


def shape(formula: str) -> str:
    """What formulas have in common that differ only in the cells they name and in white space."""
    return _REFERENCE.sub("R", "".join(formula.split()).upper())
