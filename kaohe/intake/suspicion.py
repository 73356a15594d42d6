"""Programs, scripts and documents with macros among what comes along: told by content, then by name, and never passed on as evidence."""

import zipfile
from io import BytesIO
from pathlib import PurePosixPath

from kaohe.intake.compound import MAGIC, BrokenCompound, open_compound

_PROGRAMS = {
    *("exe", "com", "scr", "pif", "cpl", "dll", "sys", "ocx", "msi", "msp", "mst", "appx", "msix", "apk", "jar", "app", "deb", "rpm"),
    *("bat", "cmd", "ps1", "psm1", "js", "jse", "vbs", "vbe", "wsf", "wsh", "sct", "hta", "chm", "hlp", "reg", "inf", "scf", "sh", "py", "pl"),
    *("lnk", "url", "website", "desktop", "settingcontent-ms", "application", "xll", "wll", "ppam", "gadget"),
    *("iso", "img", "vhd", "vhdx", "udf", "dmg"),
}
_HEADS = (
    (b"MZ", "程序"),
    (b"\x7fELF", "程序"),
    (b"\xca\xfe\xba\xbe", "程序"),
    (b"\xcf\xfa\xed\xfe", "程序"),
    (b"\xce\xfa\xed\xfe", "程序"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "快捷方式"),
    (b"ITSF", "程序"),
    (b"#!", "脚本"),
)
_DISC_AT, _DISC = 0x8001, b"CD001"
_MACROS_IN_PACKAGE = ("vbaproject.bin",)
_MACROS_IN_COMPOUND = {"_vba_project_cur", "macros", "_vba_project", "vba"}
_INSTALLER = "\u4840"
"""With what the names of an installer's tables begin."""
_PACKED_PROGRAMS = {".jar", ".apk", ".appx", ".msix", ".xpi", ".crx"}

_ADVICE = "没有存到佐证材料里，只留在存档中；请不要打开；确实需要的，请发件单位改成 PDF 或图片重新报送"


def suspicion(name: str, data: bytes) -> str:
    """In Chinese, why a file that is no form must not be passed on, and what to do; "" where nothing speaks against it."""
    what = "程序" if data.startswith(b"PK") and is_packed_program(name, data) else _by_content(data)
    if what:
        return f"内容是{what}，不是佐证材料，{_ADVICE}"
    suffix = PurePosixPath(name.rstrip(". ")).suffix.lower().lstrip(".")
    if suffix in _PROGRAMS:
        return f"是程序、脚本、快捷方式或磁盘映像一类的文件（.{suffix}），不是佐证材料，{_ADVICE}"
    if _has_macros(data):
        return f"文件里有宏，{_ADVICE}"
    return ""


def is_packed_program(name: str, data: bytes) -> bool:
    """Whether a zip archive is a program, and nothing to be opened for files that people send. Never raises."""
    if PurePosixPath(name.rstrip(". ")).suffix.lower() in _PACKED_PROGRAMS:
        return True
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except Exception:  # what is left of it is opened as an archive
        return False
    return "META-INF/MANIFEST.MF" in names and any(entry.endswith(".class") for entry in names)


def _by_content(data: bytes) -> str:
    for head, what in _HEADS:
        if data.startswith(head) and (head != b"MZ" or b"\0" in data[:64]):  # a note may begin so
            return what
    return "磁盘映像" if data.startswith(_DISC, _DISC_AT) else ""


def _has_macros(data: bytes) -> bool:
    """Whether it is an office document with macros, or an installer, by its directory alone. Never raises."""
    if data.startswith(b"PK"):
        try:
            with zipfile.ZipFile(BytesIO(data)) as archive:
                return any(entry.lower().endswith(_MACROS_IN_PACKAGE) for entry in archive.namelist())
        except Exception:  # a broken directory: no office program opens it either
            return False
    if data.startswith(MAGIC):
        try:
            with open_compound(data) as ole:
                names = {part.lower() for entry in ole.listdir(streams=True, storages=True) for part in entry}
        except (BrokenCompound, RecursionError):
            return False
        return bool(names & _MACROS_IN_COMPOUND) or any(name.startswith(_INSTALLER) for name in names)
    return False
