"""The reviewed pictures of the ranked workbook's printed pages, ``tests/pictures/workbook``, made anew with LibreOffice.

Look before renewing: a picture that has changed is opened and looked at, as the meeting will see the page, before it is committed.
A change that nobody meant is mended, not renewed.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.pictures import REVIEWED, difference, pictures, printed, save


def main() -> None:
    """Without ``--renew``, say which pages look otherwise than reviewed, and where to look at them; with it, replace those pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renew", action="store_true", help="replace the pictures that changed; look at each of them afterwards, before committing")
    renew = parser.parse_args().renew
    if shutil.which("soffice") is None:
        sys.exit("LibreOffice (soffice) is not installed")
    look_at = Path(tempfile.mkdtemp(prefix="pages-"))
    REVIEWED.mkdir(parents=True, exist_ok=True)
    changed = 0
    with tempfile.TemporaryDirectory() as folder:
        for shown, picture in pictures(printed(Path(folder))):
            path = REVIEWED / f"{shown.name}.png"
            found = difference(Image.open(path), picture) if path.exists() else "not reviewed yet"
            if found:
                changed += 1
                target = path if renew else look_at / path.name
                save(picture, target)
                sys.stdout.write(f"{shown.name}: {found}; look at {target}\n")
    sys.stdout.write(f"{changed} pages changed\n")


if __name__ == "__main__":
    main()
