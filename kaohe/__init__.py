"""Kaohe (考核): from an assessment notice to forms, scores, a ranked workbook and a notification."""

import os
from pathlib import Path

__version__ = "0.2.0"

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # none is used, and looking for them takes a tenth of the start

PROGRAM_ROOT = Path(__file__).resolve().parent.parent
"""Folder of the program itself: bundled rules and templates are read from here, nothing is ever written here."""
