"""A new office's folder: the settings with the office's own answers, templates, and empty folders. It works at once."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import tomlkit

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office, load_office
from kaohe.desk.launchers import write_launchers
from kaohe.files import remove_tree, write_whole
from kaohe.forms.issue import master_fits, master_path
from kaohe.intake.normalise import day as understood_day
from kaohe.rulebook.loader import NOTICE_FILE, RULEBOOK_FILE, load_rulebook
from kaohe.rulebook.model import Rulebook

CONFIG_FILE, GUIDE_FILE = "config.toml", "先看这里.txt"
_NOT_IN_FOLDERS = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_OTHER_FOLDERS = ("templates", "state", "rules")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_READINGS, _GATE = "# 通知没有写明的地方，", "# 考核组实地查看的结果"
"""How the settings' parts about readings and about preconditions begin."""
_YEAR = re.compile(r"[0-9]{4}")
_PHONE = re.compile(r"(?:\d\D?){5}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class FolderTaken(Exception):
    """The folder holds something already, or is a file; nothing was touched."""


class WrongAnswer(Exception):
    """An answer cannot be used; says in Chinese why."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask. ``take`` makes of the answer, and of those before, what is set at ``place``; it raises WrongAnswer."""

    key: str
    text: str
    place: tuple[str, ...]
    take: Callable[[str, Mapping[str, str]], object]


def questions(rules: Rulebook | None = None) -> tuple[Question, ...]:
    """What is asked, in order; ``rules`` are those that the office brings along, if it does."""
    return (
        Question("year", "考核年度", ("year",), lambda text, _: _year(text, [rules.year] if rules else years())),
        Question("name", "本单位全称（印在填报表和函件上）", ("issuer", "name"), _filled),
        Question("short", "本单位简称", ("issuer", "short"), _filled),
        Question("contact", "联系人或联系科室", ("issuer", "contact"), _filled),
        Question("phone", "联系电话", ("issuer", "phone"), _phone),
        Question("email", "电子邮箱", ("issuer", "email"), _email),
        Question("deadline", "填报表报送截止日期", ("deadline",), _day),
        Question("inbox", "收件箱文件夹（各单位发回的表放这里）", ("folders", "inbox"), _folder),
        Question("outbox", "结果文件夹", ("folders", "outbox"), _outbox),
    )


def defaults(rules: Rulebook | None = None) -> dict[str, str]:
    """What each question is answered with by who only presses Enter: what the program's own settings say, for the year of ``rules``."""
    settings = tomlkit.parse(_template_text()).unwrap()
    found = {}
    for question in questions():
        value: object = settings
        for key in question.place:
            value = value[key]  # type: ignore[index]  # the template has every place
        found[question.key] = value.isoformat() if isinstance(value, date) else str(value)
    if rules is not None:
        found["deadline"] = default_for(_deadline(), {"year": str(rules.year)}, found)
        found["year"] = str(rules.year)
    return found


def _deadline() -> Question:
    return next(question for question in questions() if question.key == "deadline")


def default_for(question: Question, answers: Mapping[str, str], given: Mapping[str, str]) -> str:
    """The default, in view of the answers before: another year moves the deadline, another name the short one."""
    default = given[question.key]
    if question.key == "deadline" and "year" in answers:
        return default.replace(given["year"], answers["year"])
    if question.key == "short" and answers.get("name", given["name"]) != given["name"]:
        return answers["name"].replace("工商业联合会", "工商联")
    return default


def make_office(folder: Path, answers: Mapping[str, str], rules: Path | None = None) -> Office:
    """The folder with everything in it. ``answers`` may leave questions out; ``rules`` is a folder with a year's rules that the office brings along.

    Raises FolderTaken, WrongAnswer, FaultyFile, OSError; then nothing is left of it.
    """
    make_sure_it_is_free(folder)
    brought = load_rulebook(rules) if rules is not None else None
    given = defaults(brought)
    text = _settings({question.key: default_for(question, answers, given) for question in questions(brought)} | dict(answers), brought)
    before = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / CONFIG_FILE, text.encode())
        if rules is not None and brought is not None:
            for name in (RULEBOOK_FILE, NOTICE_FILE):
                write_whole(folder / "rules" / str(brought.year) / name, (rules / name).read_bytes())
        office = load_office(folder / CONFIG_FILE)
        shutil.copytree(PROGRAM_ROOT / "templates", office.config.folder("templates"))
        if not master_fits(office):
            master_path(office).unlink()  # another year's: the first forms make it anew
        for name in ("inbox", "outbox", "state"):
            office.config.folder(name).mkdir(parents=True, exist_ok=True)
        write_whole(folder / GUIDE_FILE, _guide(office).encode("utf-8-sig"))
    except BaseException:
        for path in list(folder.iterdir()) if before and folder.is_dir() else [folder]:
            remove_tree(path) if path.is_dir() else path.unlink(missing_ok=True)
        raise
    return office


def give_launchers(office: Office, python: Path) -> list[Path]:
    """The files to double-click."""
    return write_launchers(office.config.home, python, PROGRAM_ROOT / "pipeline.py")


def years() -> list[int]:
    """The years for which the program has rules."""
    return sorted(int(path.parent.name) for path in (PROGRAM_ROOT / "rules").glob("*/rulebook.toml") if path.parent.name.isdigit())


def make_sure_it_is_free(folder: Path) -> None:
    """Raises FolderTaken where something is there already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken


def _template_text() -> str:
    return (PROGRAM_ROOT / CONFIG_FILE).read_text(encoding="utf-8")


def readings_text(rulebook: Rulebook) -> str:
    """``[readings]`` with every question and its choices, as it stands in the settings."""
    lines = ["# 通知没有写明的地方，按下面的口径计分。主席办公会议另有决定时改这里，不需要改程序。", "[readings]"]
    for reading in rulebook.readings:
        lines += ["", f"# {'、'.join(reading.clauses)}：{reading.question}"]
        lines += [f'#   "{choice.id}"：{choice.text}' for choice in reading.choices]
        name = reading.id if _BARE.fullmatch(reading.id) else f'"{reading.id}"'
        lines.append(f'{name} = "{reading.taken}"')
    return "\n".join(lines) + "\n"


def gate_text(rulebook: Rulebook) -> str:
    """The example of what a group found, as it stands in the settings."""
    lines = [f"# {condition.id} = true".ljust(33) + f"# {condition.label}" for condition in rulebook.gate.conditions]
    return "\n".join(lines) + "\n"


def _of_year(text: str, rulebook: Rulebook) -> str:
    """The program's settings with the readings and preconditions of another year's rulebook."""
    begin = text.index(_READINGS)
    end = text.index(_GATE, begin)
    example = text.index("# gate_", end)
    after = text.index("# remark", example)
    return text[:begin] + readings_text(rulebook) + "\n" + text[end:example] + gate_text(rulebook) + text[after:]


def _settings(answers: Mapping[str, str], brought: Rulebook | None = None) -> str:
    """The program's settings with the answers in their places; every comment stays."""
    text = _template_text()
    year = questions(brought)[0].take(answers["year"].strip(), answers)
    if brought is not None or year != tomlkit.parse(text)["year"]:
        text = _of_year(text, brought or load_rulebook(PROGRAM_ROOT / "rules" / str(year)))
    document = tomlkit.parse(text)
    for question in questions(brought):
        table: tomlkit.TOMLDocument | tomlkit.items.Item = document
        for key in question.place[:-1]:
            table = table[key]  # type: ignore[index]  # the template has every table
        taken = question.take(answers[question.key].strip(), answers)
        if table[question.place[-1]] != taken:  # type: ignore[index]
            table[question.place[-1]] = taken  # type: ignore[index]
    if document["year"] != document["period"]["start"].year:
        document["period"]["start"], document["period"]["end"] = date(int(answers["year"]), 1, 1), date(int(answers["year"]), 12, 31)
    return tomlkit.dumps(document)


def _year(text: str, known: list[int]) -> int:
    if not _YEAR.fullmatch(text):
        raise WrongAnswer(f"“{text}”不是年度，写四位数字，例如 {known[-1]}")
    if int(text) not in known:
        raise WrongAnswer(
            f"没有{text}年度的规则，现在有：{'、'.join(map(str, known))}。新一年的规则由维护人员按 docs/next-notice.md 准备；已经有了的，用 --rules 写它在哪个文件夹"
        )
    return int(text)


def _filled(text: str, _: Mapping[str, str]) -> str:
    if not text:
        raise WrongAnswer("不能为空")
    return text


def _phone(text: str, _: Mapping[str, str]) -> str:
    if not _PHONE.search(text):
        raise WrongAnswer(f"“{text}”不是电话号码，应当是 0371-12345678 的样子")
    return text


def _email(text: str, _: Mapping[str, str]) -> str:
    if not _EMAIL.fullmatch(text):
        raise WrongAnswer(f"“{text}”不是邮箱地址，应当是 name@example.com 的样子")
    return text


def _day(text: str, answers: Mapping[str, str]) -> date:
    day = understood_day(text).value
    if not isinstance(day, date):
        raise WrongAnswer(f"“{text}”不是日期，写成 {answers.get('year', '2014')}-12-31 的样子")
    if day < date(int(answers["year"]), 1, 1):
        raise WrongAnswer(f"截止日期{text}早于考核期开始的{answers['year']}年1月1日")
    return day


def _folder(text: str, _: Mapping[str, str]) -> str:
    if not text or _NOT_IN_FOLDERS.search(text) or text.strip(". ") != text:
        raise WrongAnswer(f'“{text}”不能用作文件夹名称：不能空着，不能含 \\ / : * ? " < > | 等符号')
    if text.lower() in _OTHER_FOLDERS:
        raise WrongAnswer(f"“{text}”已经用作别的文件夹，请换一个")
    return text


def _outbox(text: str, answers: Mapping[str, str]) -> str:
    if text.lower() == answers["inbox"].strip().lower():
        raise WrongAnswer(f"“{text}”已经用作别的文件夹，请换一个")
    return _folder(text, answers)


def _guide(office: Office) -> str:
    return "\r\n".join(_guide_lines(office)) + "\r\n"


def _guide_lines(office: Office) -> Iterator[str]:
    config = office.config
    yield f"{config.year}年度考核办公文件夹（{config.issuer.short}）"
    yield ""
    yield f"1. 用记事本打开 {CONFIG_FILE}，核对{len(config.units)}个单位的名称、邮箱和考核组。以 # 开头的是说明。"
    yield f"2. 双击“1-制作填报表”，把 {config.folders.outbox}\\forms 里的表分别发给各单位。"
    yield f"3. 单位发回来的文件放进 {config.folders.inbox}，文件名、子文件夹随意。程序不会改动里面的文件。"
    yield f"4. 双击“2-运行”，看 {config.folders.outbox}\\run-report.html，先办最上面列出的事。"
    yield "5. 双击“5-每晚自动运行”，以后每晚自己运行。"
    yield "6. 写邮件、催报、核查表、审定表，双击“6-命令”，在出来的窗口里写。"
    yield "7. 有什么不对，双击“4-体检”，照它说的办。"
    yield f"收到的每份文件在 {config.folders.state} 里都有存档，请不要手工改动，并随整个文件夹一起备份。"
