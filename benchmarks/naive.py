"""The tool one would otherwise write in an afternoon: pandas over the main sheet, a sum, a ranking, one workbook.

    python -m benchmarks.naive FOLDER RESULT.xlsx

No lists, no checks, no correction and no document: it is here to be compared with, not to be used.
"""

import sys
from pathlib import Path

import pandas as pd

MAIN_SHEET, VALUE_COLUMN, LABEL_COLUMN, FIRST_ROW = "填报表", 3, 2, 5


def main(folder: Path, result: Path) -> int:
    """Read the main sheet of every form, rank by the sum of its figures, write the table."""
    rows = {}
    for path in sorted(folder.rglob("*.xlsx")):
        sheet = pd.read_excel(path, sheet_name=MAIN_SHEET, header=None, engine="openpyxl")
        body = sheet.iloc[FIRST_ROW:]
        values = body[VALUE_COLUMN].map(lambda value: {"是": 1, "否": 0}.get(value, value))
        rows[str(path.relative_to(folder))] = dict(zip(body[LABEL_COLUMN], pd.to_numeric(values, errors="coerce"), strict=True))
    table = pd.DataFrame.from_dict(rows, orient="index")
    table["总分"] = table.sum(axis=1)
    table["位次"] = table["总分"].rank(ascending=False, method="min")
    table.sort_values("位次").to_excel(result)
    print(f"{len(table)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
