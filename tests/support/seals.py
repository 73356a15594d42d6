"""The key with which the tests' forms are sealed."""

from pathlib import Path

from openpyxl import Workbook

from kaohe.forms.layout import MACHINE_SHEET
from kaohe.forms.machine_sheet import KEYS, MachineData
from kaohe.forms.seal import KEY_FILE, problem, sealed
from tests.support.forms import opened, saved

KEY = bytes(range(32))


def seals(_: str, data: MachineData) -> str:
    """The check of an office that has this key."""
    return problem(data, KEY)


def give_key(home: Path) -> None:
    """Let the office of this folder be the one that sealed the tests' forms."""
    path = home / "state" / KEY_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(KEY)


def marked(form: bytes, **changed: str) -> bytes:
    """The form with other entries in its hidden sheet, its seal left as it was."""
    book = opened(form)
    cells = _cells(book)
    for key, text in changed.items():
        book[MACHINE_SHEET][cells[key]] = text or None
    return saved(book)


def resealed(form: bytes, key: bytes = KEY, **changed: str) -> bytes:
    """The form as if the office of this key had issued it with these entries."""
    book = opened(marked(form, **changed))
    page, cells = book[MACHINE_SHEET], _cells(book)
    data = MachineData.read({name: str(page[cell].value or "") for name, cell in cells.items()})
    return marked(form, **changed, seal=sealed(data, key).seal)


def _cells(book: Workbook) -> dict[str, str]:
    """Where the hidden sheet's values stand, by key."""
    page = book[MACHINE_SHEET]
    return {str(row[0].value): f"B{row[0].row}" for row in page.iter_rows(max_col=1) if row[0].value in KEYS}
