"""What a form costs after the master has been read: stamped in memory, and stamped and written.

    python -m benchmarks.forms CONFIG

Prints milliseconds a form as JSON.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from kaohe.config.loader import load_office
from kaohe.files import write_whole
from kaohe.forms.issue import form_name, prepare_master
from kaohe.forms.stamp import stamp_values


def main(config: Path) -> int:
    """Stamp the form of every unit."""
    office = load_office(config)
    units = office.config.cohort
    with tempfile.TemporaryDirectory(dir=config.parent) as folder:
        master, _ = prepare_master(office)
        began = time.perf_counter()
        for unit in units:
            master.stamp(stamp_values(office.config, unit))
        stamped = time.perf_counter() - began
        began = time.perf_counter()
        for unit in units:
            write_whole(Path(folder) / form_name(office.config.year, unit), master.stamp(stamp_values(office.config, unit)))
        written = time.perf_counter() - began
    print(json.dumps({"stamped_ms": 1000 * stamped / len(units), "written_ms": 1000 * written / len(units)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
