"""Installs the program into ``.venv`` beside this file from the wheels that came along, without any network. Standard library only.

Run by the start files for Windows and Linux once they have found a Python.
"""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHEELS, VENV = HERE / "wheels", HERE / ".venv"
DONE, FAILED, WRONG_PYTHON = 0, 1, 2


def main() -> int:
    """Make the environment, install, try the program once; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    fitting = fitting_versions()
    if sys.version_info[:2] not in fitting:
        shown = "、".join(f"{major}.{minor}" for major, minor in sorted(fitting))
        print(f"这个安装包适用 Python {shown}，现在这个是 {sys.version_info.major}.{sys.version_info.minor}。请换一个 Python，或换一个安装包。")
        return WRONG_PYTHON
    try:
        return install()
    except OSError as error:
        print(f"没有装好：{error.filename or HERE} 用不了（{error.strerror}）。请检查这个文件夹能不能写、磁盘有没有空间，再安装一次。")
        return FAILED


def fitting_versions() -> set[tuple[int, int]]:
    """The Pythons for which there are wheels."""
    return {(3, int(match[1])) for path in WHEELS.glob("numpy-*.whl") if (match := re.search(r"-cp3(\d+)-cp3\d+-", path.name))}


def install() -> int:
    """Everything into a fresh ``.venv``."""
    print(f"正在安装到：{HERE}")
    venv.EnvBuilder(with_pip=False, clear=True).create(VENV)
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = next(WHEELS.glob("pip-*.whl")) / "pip"
    command = [
        python,
        pip,
        "install",
        "--no-index",
        "--find-links",
        WHEELS,
        "--no-compile",
        "--disable-pip-version-check",
        "-r",
        HERE / "requirements.txt",
    ]
    # Whatever this computer has configured for pip does not matter here.
    env = os.environ | {"PIP_CONFIG_FILE": os.devnull, "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
    if said := follow([str(part) for part in command], env):
        print("没有装好：", *said[-5:], sep="\n  ")
        print("请把上面几行发给维护人员。")
        return FAILED
    tried = subprocess.run([python, HERE / "pipeline.py", "--help"], capture_output=True, check=False, env=env)
    if tried.returncode != 0:
        print("装好了，但是运行不起来：", tried.stderr.decode(errors="replace").strip(), sep="\n  ")
        print("Windows 请装“Microsoft Visual C++ 可再发行组件包”（x64），再试一次；还不行的，把上面几行发给维护人员。")
        return FAILED
    print(f"装好了。接下来：{'双击“新建办公文件夹”' if os.name == 'nt' else '执行 ./新建办公文件夹.sh'}。")
    return DONE


def follow(command: list[str], env: dict[str, str]) -> list[str]:
    """Call pip and count along on one line; what it said where it failed, else nothing."""
    said: list[str] = []
    count, total = 0, wanted()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, text=True, encoding="utf-8", errors="replace") as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            said.append(line.rstrip())
            if line.startswith("Processing "):
                count += 1
                print(f"\r  组成部分 {min(count, total)}/{total}", end="", flush=True)
            elif line.startswith("Installing "):
                print("\r  正在写入，请稍等……      ", end="", flush=True)
    print()
    return said if pip.returncode != 0 else []


def wanted() -> int:
    """How many different packages there are wheels of, pip itself aside."""
    return len({path.name.partition("-")[0] for path in WHEELS.glob("*.whl")}) - 1


if __name__ == "__main__":
    sys.exit(main())
