"""One zip for offices without a network: the program, all wheels, and files to double-click.

``uv run scripts/bundle.py`` makes ``dist/kaohe-VERSION-windows.zip`` and ``dist/kaohe-VERSION-linux.zip``. The same wheels give the same bytes.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kaohe import __version__  # noqa: E402

BUNDLED = ROOT / "scripts" / "bundled"
PYTHONS = ("3.11", "3.12", "3.13")
PROGRAM = ("pipeline.py", "config.toml", "pyproject.toml", "README.md", "CHANGELOG.md", "SECURITY.md", "kaohe", "rules", "templates", "docs")
SUFFIXES = {".py", ".toml", ".md", ".txt", ".xlsx", ".docx", ".html", ".png", ".svg", ".js", ".css", ".json"}
_FIRST_DATE = datetime(2014, 1, 1)
_DATES = 5 * 365 * 24 * 1800
"""So many steps of two seconds, the finest that a zip can tell: five years."""


@dataclass(frozen=True)
class Target:
    """A system to bundle for: its name for uv, its wheel tags for pip, and what to put in under which name."""

    name: str
    platform: str
    tags: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


TARGETS = (
    Target(
        "windows",
        "x86_64-pc-windows-msvc",
        ("win_amd64",),
        (("install.cmd", "安装.cmd"), ("run.cmd", "运行.cmd"), ("new_office.cmd", "新建办公文件夹.cmd")),
    ),
    Target(
        "linux",
        "x86_64-manylinux_2_28",
        (
            "manylinux_2_28_x86_64",
            "manylinux_2_27_x86_64",
            "manylinux_2_26_x86_64",
            "manylinux_2_24_x86_64",
            "manylinux_2_17_x86_64",
            "manylinux2014_x86_64",
            "manylinux2010_x86_64",
            "manylinux1_x86_64",
        ),
        (("install.sh", "安装.sh"), ("run.sh", "运行.sh"), ("new_office.sh", "新建办公文件夹.sh")),
    ),
)
_BOTH = (("install.py", "install.py"), ("no-python.txt", "no-python.txt"), ("read-me-first.txt", "先看这里.txt"))


_OFFLINE = ("error sending request", "failed to fetch", "dns error", "connection", "timed out")


class NoWheels(Exception):
    """A package has no wheels for the system: what was asked for, and what the tool said."""


class Unreachable(NoWheels):
    """The package registry could not be reached at all."""


def main() -> None:
    """Build the bundles asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--for", dest="targets", action="append", choices=[target.name for target in TARGETS], help="only this system")
    parser.add_argument("--python", dest="pythons", action="append", choices=PYTHONS, help="only this Python")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for the zips")
    given = parser.parse_args()
    for target in TARGETS:
        if target.name in (given.targets or [target.name]):
            path = build(target, given.pythons or PYTHONS, given.out)
            print(f"{path}  {path.stat().st_size // 1_000_000} MB")


def build(target: Target, pythons: Sequence[str], out: Path) -> Path:
    """One bundle. Raises NoWheels when a package has no wheel for the system, Unreachable when the registry does not answer."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder)
        for python in pythons:
            fetch(target, python, wheels)
        return write_zip(out / f"kaohe-{__version__}-{target.name}.zip", f"kaohe-{__version__}", members(target, wheels))


def requirements() -> str:
    """The program's dependencies, one a line."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return "".join(f"{entry}\n" for entry in project["dependencies"])


def fetch(target: Target, python: str, wheels: Path) -> None:
    """The wheels of everything for one system and one Python.

    uv works out the versions, since pip would answer "for Windows only" for the system that it runs on itself; pip fetches them.
    """
    wanted = wheels.parent / f"{wheels.name}-{target.name}-{python}.txt"
    compiling = ["uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:", "--python-platform", target.platform]
    pinned = _call([*compiling, "--python-version", python, "-"], requirements() + "pip\n")
    wanted.write_text(pinned, encoding="utf-8")
    tags = [part for tag in target.tags for part in ("--platform", tag)]
    fetching = ["uv", "run", "--no-project", "--with", "pip", "python", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    try:
        _call([*fetching, *tags, "--python-version", python, "--implementation", "cp", "--dest", str(wheels), "--requirement", str(wanted)])
    finally:
        wanted.unlink()


def members(target: Target, wheels: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the bundle by its name."""
    yield "requirements.txt", requirements().encode()
    for name, shown in (*_BOTH, *target.files):
        data = (BUNDLED / name).read_bytes()
        # Notepad and the command line of Windows want its own line ends, and Notepad the mark of UTF-8; the command line must not have it.
        if target.name == "windows" and not name.endswith(".py"):
            data = data.replace(b"\n", b"\r\n")
        yield shown, b"\xef\xbb\xbf" + data if shown == "先看这里.txt" else data
    for name in PROGRAM:
        path = ROOT / name
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and file.suffix in SUFFIXES and "__pycache__" not in file.parts:
                yield file.relative_to(ROOT).as_posix(), file.read_bytes()
    for wheel in sorted(wheels.glob("*.whl")):
        yield f"wheels/{wheel.name}", wheel.read_bytes()


def write_zip(path: Path, top: str, entries: Iterator[tuple[str, bytes]]) -> Path:
    """A zip in the order of the names, everything below the folder ``top``; wheels are packed already and only stored."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in sorted(entries):
            info = zipfile.ZipInfo(f"{top}/{name}", _date(data))
            info.create_system = 3  # so that the mode below counts
            info.external_attr = (0o100755 if name.endswith(".sh") else 0o100644) << 16
            archive.writestr(info, data, zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED)
    return path


def _date(data: bytes) -> tuple[int, int, int, int, int, int]:
    """A date that follows from the content: the same gives the same bytes, and who unpacks a new version over an old one gets new dates,

    by which Python knows that what it compiled is out of date, and the program that what it remembers came from another version of it.
    """
    date = _FIRST_DATE + timedelta(seconds=2 * (zlib.crc32(data) % _DATES))
    return date.year, date.month, date.day, date.hour, date.minute, date.second


def _call(command: list[str], given: str = "") -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode != 0:
        offline = any(sign in done.stderr.lower() for sign in _OFFLINE)
        raise (Unreachable if offline else NoWheels)(f"{' '.join(command[:3])}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    main()
