"""The nightly run of Windows has no screen at all (pythonw): it works, and the log has everything."""

import subprocess
import sys
from pathlib import Path

import pytest

from kaohe import PROGRAM_ROOT
from tests.desk.test_nightly_log import logged
from tests.support.forms import drop, filled, office_folder

WITHOUT_SCREEN = """
import sys
sys.stdin = sys.stdout = sys.stderr = sys.__stdin__ = sys.__stdout__ = sys.__stderr__ = None
sys.path.insert(0, sys.argv[1])
import pipeline
sys.exit(pipeline.main(["-c", sys.argv[2], "run"]))
"""


@pytest.mark.slow
def test_a_run_without_a_screen(tmp_path: Path) -> None:
    config = office_folder(tmp_path)
    for name in ("金水", "惠济"):
        drop(tmp_path / "inbox", f"{name}.xlsx", filled({"金水": "jinshui", "惠济": "huiji"}[name], {}))
    script = tmp_path / "night.py"
    script.write_text(WITHOUT_SCREEN, encoding="utf-8")
    ended = subprocess.run([sys.executable, script, PROGRAM_ROOT, config], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert logged(tmp_path)[-1].startswith("运行结束，结束代码 0（运行完毕），用时0秒。收到文件2份；")
    assert (tmp_path / "outbox" / "run-report.html").is_file()
