"""One unit sends its form again under the same name, with other figures.

python -m benchmarks.change FOLDER POSITION EDITION SEED
"""

import os
import sys
from pathlib import Path

from benchmarks.names import unit_names
from benchmarks.office import sent_name, stencil_file
from benchmarks.returns import sent_form, stencils
from kaohe.config.loader import load_office


def main(folder: Path, position: int, edition: int, seed: int) -> int:
    """Write the new form over the old one, an hour later."""
    office = load_office(folder / "config.toml")
    name = list(unit_names(position + 1, seed))[position]
    path = office.config.folder("inbox") / sent_name(name, position)
    later = path.stat().st_mtime + 3600
    path.write_bytes(sent_form(stencils(office, seed, stencil_file(folder, seed)), name, position, edition, seed))
    os.utime(path, (later, later))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(int, sys.argv[2:5])))
