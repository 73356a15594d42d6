"""The computer: Python, the program's parts, fonts, and what reads special files."""

import importlib
import importlib.metadata
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator

from kaohe import PROGRAM_ROOT
from kaohe.desk.doctor.result import Premises, Result, act, good, note
from kaohe.desk.programs import ProgramFault

_OLDEST = (3, 11)
_COMPILED = ("numpy", "pandas", "lxml.etree", "PIL.Image", "pydantic", "python_calamine", "watchfiles", "Cryptodome.Cipher.AES")
"""Parts in machine code: these fail where they were installed for another computer."""
_WANTED = re.compile(r"^([A-Za-z0-9._-]+)~=([0-9.]+)")
_FONTS = {
    "方正小标宋简体": ("方正小标宋简体", "方正小标宋_GBK", "FZXiaoBiaoSong"),
    "仿宋": ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong"),
    "楷体": ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi"),
    "黑体": ("黑体", "SimHei"),
    "宋体": ("宋体", "SimSun"),
}
"""What the documents are set in, and the names under which systems list it."""


def python_version(_: Premises) -> Iterator[Result]:
    """New enough, and 64 bits wide."""
    found = (
        f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}，{'64' if sys.maxsize > 2**32 else '32'} 位，{sys.executable}"
    )
    if sys.version_info[:2] < _OLDEST:
        yield act("Python", found, "请装 3.11 以上的 64 位 Python，再重新安装本程序")
    elif sys.maxsize <= 2**32:
        yield act("Python", found, "有的组成部分没有 32 位的：请装 64 位的 Python，再重新安装本程序")
    else:
        yield good("Python", found)


def dependencies(_: Premises) -> Iterator[Result]:
    """Everything that ``pyproject.toml`` asks for is there, in a fitting version, and works."""
    project = tomllib.loads((PROGRAM_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wrong = [text for entry in project["dependencies"] if (text := _missing(entry))]
    for module in _COMPILED:
        try:
            importlib.import_module(module)
        except ImportError:
            wrong.append(f"{module} 载入不了")
    if wrong:
        yield act("程序的组成部分", "；".join(wrong), "请重新安装：双击“安装”，或在程序文件夹里执行 uv sync")
    else:
        yield good("程序的组成部分", f"{len(project['dependencies'])}个，齐全")


def _missing(entry: str) -> str:
    if "win32" in entry and os.name != "nt":
        return ""
    match = _WANTED.match(entry)
    assert match is not None, entry
    try:
        installed = importlib.metadata.version(match[1])
    except importlib.metadata.PackageNotFoundError:
        return f"缺少 {match[1]}"
    return "" if fits(installed, match[2]) else f"{match[1]} 是 {installed}，应当是 {match[2]} 一类的版本"


def fits(installed: str, wanted: str) -> bool:
    """Whether a version is what ``~=wanted`` asks for: the same but for the last number, which may be higher."""
    have, want = (tuple(int(part) for part in re.findall(r"\d+", text)[:4]) for text in (installed, wanted))
    return have >= want and have[: len(want) - 1] == want[:-1]


def fonts(premises: Premises) -> Iterator[Result]:
    """The fonts of official documents. A document carries their names; they need to be where it is printed."""
    try:
        installed = _installed_fonts(premises)
    except ProgramFault:
        yield note("字体", "这台电脑没有 fc-list，看不出装了哪些字体", "打印公文的电脑上要有公文字体；只在这台电脑上制作的不要紧")
        return
    missing = [font for font, names in _FONTS.items() if not any(name.lower() in installed for name in names)]
    if missing:
        todo = "文件里写着字体名称，制作不受影响；请在有这些字体的电脑上打开、打印，或向办公室要来装上"
        yield note("字体", f"没有找到：{'、'.join(missing)}", todo)
    else:
        yield good("字体", "、".join(_FONTS))


def _installed_fonts(premises: Premises) -> str:
    """The names of all installed fonts, in small letters."""
    if sys.platform == "win32":
        import winreg

        names: list[str] = []
        for root in (winreg.HKEY_LOCAL_MACHINE, winreg.HKEY_CURRENT_USER):
            try:
                with winreg.OpenKey(root, r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Fonts") as key:
                    values = [winreg.EnumValue(key, n) for n in range(winreg.QueryInfoKey(key)[1])]
            except OSError:
                continue  # fonts for one account only: there may be none
            names += [f"{name} {file}" for name, file, _ in values]
        return "\n".join(names).lower()
    return premises.run(["fc-list", ":", "family"], b"").out.decode("utf-8", errors="replace").lower()


def rar_reader(_: Premises) -> Iterator[Result]:
    """Whether .rar archives can be opened."""
    from kaohe.intake.containers.rar import find_reader

    if find_reader():
        yield good(".rar 压缩包", "可以打开")
    else:
        yield note(".rar 压缩包", "没有能打开它的程序", "有单位用 .rar 报送时，请装 7-Zip 或 WinRAR；.zip、.7z 不需要")


def office_program(_: Premises) -> Iterator[Result]:
    """Not needed; good to know."""
    found = "有" if shutil.which("soffice") or shutil.which("wps") or _registered() else "没有找到"
    yield good("WPS、Excel 一类办公软件", f"{found}（程序自己不需要，看结果、填表时用）")


def _registered() -> bool:
    """Whether Windows knows a spreadsheet program."""
    if sys.platform != "win32":
        return False
    import winreg

    for name in ("Excel.Application", "Ket.Application", "Et.Application"):
        try:
            winreg.CloseKey(winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, name))
            return True
        except OSError:
            continue
    return False
