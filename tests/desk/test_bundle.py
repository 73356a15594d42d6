"""The bundle for offices without a network: what is in it, and that it installs and works with the network off."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from kaohe import PROGRAM_ROOT, __version__
from scripts.bundle import TARGETS, Target, Unreachable, build, members, requirements, write_zip

TOP = f"kaohe-{__version__}"
WINDOWS, LINUX = TARGETS
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def bundled(target: Target, folder: Path, wheels: Sequence[str] = ()) -> zipfile.ZipFile:
    """A bundle without real wheels."""
    room = folder / "wheels"
    room.mkdir(parents=True)
    for name in wheels:
        (room / name).write_bytes(b"a wheel")
    return zipfile.ZipFile(write_zip(folder / "bundle.zip", TOP, members(target, room)))


def text(archive: zipfile.ZipFile, name: str) -> str:
    return archive.read(f"{TOP}/{name}").decode()


def test_the_program_is_in_it_and_nothing_else_of_the_folder(tmp_path: Path) -> None:
    archive = bundled(WINDOWS, tmp_path, ["numpy-2.4.0-cp311-cp311-win_amd64.whl"])
    names = {name.removeprefix(f"{TOP}/") for name in archive.namelist()}
    mine = {
        path.relative_to(PROGRAM_ROOT).as_posix()
        for room in ("kaohe", "rules", "templates")
        for path in (PROGRAM_ROOT / room).rglob("*")
        if path.is_file()
    }
    assert {name for name in mine if "__pycache__" not in name} <= names
    assert names >= {
        "pipeline.py",
        "config.toml",
        "docs/clerk.md",
        "安装.cmd",
        "运行.cmd",
        "新建办公文件夹.cmd",
        "install.py",
        "no-python.txt",
        "先看这里.txt",
    }
    assert [name for name in names if name.startswith(("tests", "scripts", ".", "uv.lock", "inbox", "outbox")) or "__pycache__" in name] == []
    assert text(archive, "requirements.txt") == requirements()
    assert "wheels/numpy-2.4.0-cp311-cp311-win_amd64.whl" in names


def test_files_for_windows_are_as_windows_wants_them(tmp_path: Path) -> None:
    """Start files: ASCII but for what is shown, the code page set before that, Windows line ends, no byte order mark."""
    archive = bundled(WINDOWS, tmp_path)
    for name in ("安装.cmd", "运行.cmd", "新建办公文件夹.cmd"):
        lines = text(archive, name).split("\r\n")
        assert lines[:2] == ["@echo off", "chcp 65001 >nul"]
        assert [line for line in lines if "\n" in line] == []
        assert [line for line in lines if not line.isascii() and not line.startswith("echo ")] == []
        labels = {line[1:] for line in lines if line.startswith(":")}
        assert {line.split("goto ")[1] for line in lines if "goto " in line} <= labels
    assert text(archive, "先看这里.txt").startswith("\ufeff考核：先看这里\r\n")
    assert "怎样办：\r\n" in text(archive, "no-python.txt")


def test_files_for_linux_can_be_run(tmp_path: Path) -> None:
    archive = bundled(LINUX, tmp_path)
    for name in ("安装.sh", "运行.sh", "新建办公文件夹.sh"):
        assert archive.getinfo(f"{TOP}/{name}").external_attr >> 16 == 0o100755
        assert text(archive, name).startswith("#!/bin/sh\n")
        subprocess.run(["sh", "-n"], input=archive.read(f"{TOP}/{name}"), check=True)


def test_the_same_wheels_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        bundled(LINUX, tmp_path / name, ["b-1-py3-none-any.whl", "a-1-py3-none-any.whl"])
    assert (tmp_path / "one" / "bundle.zip").read_bytes() == (tmp_path / "other" / "bundle.zip").read_bytes()


def test_a_new_version_of_a_file_has_another_date_and_an_unchanged_one_the_same(tmp_path: Path) -> None:
    dates = []
    for data in (b"x = 1", b"x = 2"):
        with zipfile.ZipFile(write_zip(tmp_path / "new.zip", TOP, iter([("a.py", data), ("b.py", b"y = 1")]))) as archive:
            dates.append([info.date_time for info in archive.infolist()])
    (a, b), (new_a, new_b) = dates
    assert a != new_a
    assert b == new_b == (2014, 1, 21, 9, 59, 40)


def unpacked(archive: Path, folder: Path) -> Path:
    """As a person unpacks it, with the modes."""
    with zipfile.ZipFile(archive) as bundle:
        for info in bundle.infolist():
            path = Path(bundle.extract(info, folder))
            path.chmod(info.external_attr >> 16 & 0o777)
    return folder / TOP


def test_without_a_fitting_python_it_says_what_to_do(tmp_path: Path) -> None:
    bundled(LINUX, tmp_path)
    program = unpacked(tmp_path / "bundle.zip", tmp_path)
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "cat", "dirname"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    said = subprocess.run([program / "安装.sh"], capture_output=True, text=True, env={"PATH": str(tmp_path / "bin")}, check=False)
    assert (said.returncode, said.stdout.splitlines()[0]) == (2, "这台电脑上没有可以用的 Python（要 64 位的 3.11、3.12 或 3.13）。")
    said = subprocess.run([program / "运行.sh", "demo"], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (2, "还没有安装：请先执行 ./安装.sh\n")
    (program / "wheels").mkdir()
    (program / "wheels" / "numpy-2.4.0-cp399-cp399-win_amd64.whl").write_bytes(b"")
    said = subprocess.run([sys.executable, program / "install.py"], capture_output=True, text=True, env=os.environ | {"PYTHONUTF8": "1"}, check=False)
    assert (said.returncode, said.stdout) == (2, f"这个安装包适用 Python 3.99，现在这个是 {HERE}。请换一个 Python，或换一个安装包。\n")


def cut_off() -> list[str]:
    """What to put before a command so that it has no network at all; nothing where this user may not do that."""
    unshare = ["unshare", "--net", "--map-root-user"]
    allowed = shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0
    return unshare if allowed else []


@pytest.mark.slow
def test_it_installs_and_works_without_a_network(tmp_path: Path) -> None:
    try:
        archive = build(LINUX, [HERE], tmp_path)
    except Unreachable as fault:
        pytest.skip(f"the package registry cannot be reached: {fault}")
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    env = (
        {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "VIRTUAL_ENV", "PYTHON"))}
        | nowhere
        | {"PYTHONUTF8": "1"}
    )
    env["PATH"] = os.pathsep.join(part for part in env["PATH"].split(os.pathsep) if not Path(part).is_relative_to(PROGRAM_ROOT))
    program = unpacked(archive, tmp_path / "解压 到这里")
    before = cut_off()

    def done(*command: str | Path) -> str:
        ran = subprocess.run([*before, *command], capture_output=True, text=True, env=env, cwd=tmp_path, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    assert done(program / "安装.sh").splitlines()[-1] == "装好了。接下来：执行 ./新建办公文件夹.sh。"
    assert "演示做好了" in done(program / "运行.sh", "demo", tmp_path / "演示")
    assert (tmp_path / "演示" / "outbox" / "2014年度考核汇总.xlsx").is_file()
    assert "办公文件夹建好了" in done(program / "新建办公文件夹.sh", tmp_path / "考核", "--yes")
    assert "收到文件0份；未报送12个" in done(tmp_path / "考核" / "2-运行.sh")


@pytest.mark.slow
def test_everything_has_wheels_for_windows(tmp_path: Path) -> None:
    try:
        archive = build(WINDOWS, ["3.13"], tmp_path)
    except Unreachable as fault:
        pytest.skip(f"the package registry cannot be reached: {fault}")
    wheels = {Path(name).name.partition("-")[0] for name in zipfile.ZipFile(archive).namelist() if name.endswith(".whl")}
    assert wheels >= {"numpy", "pandas", "lxml", "psutil", "watchfiles", "colorama", "tzdata", "pip"}
