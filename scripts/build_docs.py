"""Generated documentation: ``docs/findings.md`` from the registry of checks, and with ``--pictures`` the pictures of the README.

The pictures are made by the project itself: the demonstration is run and its outputs are rendered by LibreOffice and Chromium.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kaohe.checks.catalogue import reference_page  # noqa: E402
from kaohe.demo.build import build_demo  # noqa: E402
from kaohe.progress import Silent  # noqa: E402

FINDINGS = ROOT / "docs" / "findings.md"
IMAGES = ROOT / "docs" / "images"
WIDTH = 1000


def main() -> None:
    """Write the reference page, and the pictures when asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", action="store_true", help="also render the pictures (needs LibreOffice, poppler and Chromium)")
    FINDINGS.write_text(reference_page(), encoding="utf-8")
    if parser.parse_args().pictures:
        _pictures()


def _pictures() -> None:
    import pipeline

    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        office = build_demo(Path(folder) / "demo", Silent())
        pipeline.main(["-c", str(office.config.home / "config.toml"), "run"])
        inbox, outbox = office.config.folder("inbox"), office.config.folder("outbox")
        _render(inbox / "登封" / "填报表（盖章版）.xlsx", 2, "form.png")
        _render(outbox / "2014年度考核汇总.xlsx", 1, "workbook.png")
        _render(outbox / "2014年度考核结果通报(送审稿).docx", 1, "notice.png", 700)
        _render(outbox / "更正通知" / "更正通知-登封市工商联.xlsx", 1, "correction.png")
        _screenshot(outbox / "run-report.html", "report.png")


def _render(source: Path, page: int, name: str, width: int = WIDTH) -> None:
    """One page of an office file as a picture, standard fonts substituted by free ones."""
    environment = os.environ | {"FONTCONFIG_FILE": str(ROOT / "tests" / "support" / "fonts.conf")}
    with tempfile.TemporaryDirectory() as folder:
        office = ["soffice", f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}", "--headless", "--convert-to", "pdf", "--outdir", folder]
        subprocess.run([*office, str(source)], check=True, capture_output=True, env=environment)
        picture = ["pdftoppm", "-f", str(page), "-l", str(page), "-png", "-singlefile", "-scale-to-x", str(width), "-scale-to-y", "-1"]
        subprocess.run([*picture, str(Path(folder) / f"{source.stem}.pdf"), str(IMAGES / Path(name).stem)], check=True)


def _screenshot(source: Path, name: str) -> None:
    with tempfile.TemporaryDirectory() as profile:
        chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", f"--user-data-dir={profile}"]
        target = f"--screenshot={IMAGES / name}"
        subprocess.run([*chromium, "--window-size=1200,900", "--hide-scrollbars", target, source.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
