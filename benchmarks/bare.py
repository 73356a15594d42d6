"""The floor: every sheet of every workbook read by python-calamine in one process, and nothing done with it.

python -m benchmarks.bare FOLDER
"""

import sys
from pathlib import Path

from python_calamine import CalamineWorkbook


def main(folder: Path) -> int:
    """Read every .xlsx below the folder; prints how many cells were seen."""
    files = cells = 0
    for path in sorted(folder.rglob("*.xlsx")):
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            cells += sum(map(len, book.get_sheet_by_name(name).to_python(skip_empty_area=False)))
        files += 1
    print(f"{files} files, {cells} cells")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
