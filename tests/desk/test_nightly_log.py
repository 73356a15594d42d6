"""The log of the nightly run: everything said, a last line with the exit status, a bounded size, and never a run lost to it."""

import re
from pathlib import Path

import pytest
from filelock import FileLock

from kaohe.desk.nightly_log import NightlyLog, last_end, log_folder
from tests.support.forms import drop, office_folder
from tests.test_cli import DONE, LOCKED, WRONG, call

MOMENT = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", re.MULTILINE)


def logged(folder: Path) -> list[str]:
    """The log's lines without their times, seconds as 0."""
    text = (folder / "state" / "logs" / "kaohe.log").read_text(encoding="utf-8")
    assert len(MOMENT.findall(text)) == len(text.splitlines())
    return re.sub(r"用时\d+秒", "用时0秒", MOMENT.sub("", text)).splitlines()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office that has run once, with nothing in its inbox."""
    folder = tmp_path_factory.mktemp("office")
    call("-c", office_folder(folder), "run")
    return folder


def test_the_log_says_what_the_screen_says(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    said = call("-c", config, "run")
    assert said.status == DONE
    lines = logged(tmp_path)
    assert lines[0] == f"开始运行：考核 0.2.0，设置 {config}"
    assert [line.rstrip() for line in lines[1:-1]] == [line.rstrip() for line in said.out.splitlines()]
    summary = said.out.splitlines()[-1]
    assert summary.startswith("收到文件0份；未报送12个；没有问题。")
    assert lines[-1] == f"运行结束，结束代码 0（运行完毕），用时0秒。{summary}"


def test_a_night_without_changes_ends_with_the_counts_too(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    first = call("-c", config, "run")
    again = call("-c", config, "run")
    assert again.out.splitlines()[0] == "收件箱、设置和模板与上次运行时一样，outbox 里的结果没有改动："
    summary = first.out.splitlines()[-1]
    assert summary.startswith("收到文件0份；未报送12个；没有问题。")
    assert logged(tmp_path)[-1] == f"运行结束，结束代码 0（运行完毕），用时0秒。{summary}"


def test_a_faulty_configuration_is_found_in_the_log(office: Path) -> None:
    config = office / "faulty.toml"
    config.write_text((office / "config.toml").read_text(encoding="utf-8").replace("year = 2014 ", "year = 2015 "), encoding="utf-8")
    said = call("-c", config, "run")
    assert said.status == WRONG
    lines = logged(office)
    assert lines[-2] == said.err.splitlines()[-1]
    assert lines[-1] == f"运行结束，结束代码 2（设置、规则或命令有错，什么也没有做），用时0秒。{said.err.splitlines()[-1].strip()}"
    assert MOMENT.sub("", last_end(office / "state" / "logs")).startswith("运行结束，结束代码 2（")


def test_a_run_that_finds_another_is_logged_too(office: Path) -> None:
    drop(office / "inbox", "新来的.txt", b"1")  # a night without changes does nothing, and needs no lock
    with FileLock(office / "state" / "run.lock"):
        assert call("-c", office / "config.toml", "run").status == LOCKED
    assert logged(office)[-1].startswith("运行结束，结束代码 3（另一次运行还没有结束，什么也没有做），用时0秒。另一次运行还没有结束")


def test_only_the_nightly_run_is_logged(office: Path) -> None:
    before = logged(office)
    assert call("-c", office / "config.toml", "rules").status == DONE
    assert logged(office) == before


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ('[folders]\nstate = "账"', "账/logs"),
        ("[folders]\nstate = 3", "3/logs"),
        ("folders = 1", "state/logs"),
        ("[folders", "state/logs"),
        ("", "state/logs"),
    ],
)
def test_where_the_log_lies_whatever_the_configuration_says(text: str, folder: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    assert log_folder(tmp_path / "config.toml") == tmp_path / folder


def test_the_log_is_bounded(tmp_path: Path) -> None:
    for night in range(10):
        log = NightlyLog(tmp_path, Path("config.toml"), largest=100, kept=2)
        log.write(f"第{night}夜\n")
        log.end(0)
    files = {path.name: re.findall("^.{20}(第.夜)$", path.read_text(encoding="utf-8"), re.MULTILINE) for path in tmp_path.iterdir()}
    assert files == {"kaohe.log": ["第9夜"], "kaohe.log.1": ["第8夜"], "kaohe.log.2": ["第7夜"]}


def test_lines_are_whole_however_they_come(tmp_path: Path) -> None:
    log = NightlyLog(tmp_path / "state" / "logs", Path("config.toml"))
    for part in ("一", "二\n三\n", "\u202e四\x07", "五"):
        log.write(part)
    log.end(1)
    assert logged(tmp_path)[1:] == ["一二", "三", "四五", "运行结束，结束代码 1（没有做完），用时0秒。四五"]


def test_a_full_disk_costs_lines_not_the_run(tmp_path: Path) -> None:
    log = NightlyLog(tmp_path, Path("config.toml"))
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        log._handler.close()
        log._handler.stream = full
        assert log.write("没有地方写\n") == len("没有地方写\n")
        log.end(0)


def test_a_log_that_cannot_be_opened_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "logs").write_bytes(b"")
    said = call("-c", config, "run")
    assert said.status == DONE
    assert said.err == f"注意：日志写不了，“{tmp_path / 'state' / 'logs'}”已经有同名的文件；其他照常。\n"
