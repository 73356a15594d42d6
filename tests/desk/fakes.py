"""Stand-ins for the system's schedulers: programs on the PATH that write down what they are called with and keep what they are given."""

from pathlib import Path

import pytest

_CRONTAB = """
case "$1" in
-l) if [ -e {room}/crontab.txt ]; then cat {room}/crontab.txt; else echo "no crontab for clerk" >&2; exit 1; fi ;;
-) cat > {room}/crontab.txt ;;
esac
"""
_SYSTEMCTL = """
case "$2" in
enable) touch {room}/enabled ;;
disable) rm -f {room}/enabled ;;
is-enabled) [ -e {room}/enabled ] ;;
esac
"""
_LOGINCTL = """
[ ! -e {room}/linger ] || echo Linger=yes
"""
_SCHTASKS = """
case "$1" in
/Create) cp "$5" {room}/task.xml ;;
/Query) [ -e {room}/task.xml ] ;;
/Delete) rm {room}/task.xml ;;
esac
"""
_SCRIPTS = {
    "crontab": _CRONTAB,
    "systemctl": _SYSTEMCTL,
    "loginctl": _LOGINCTL,
    "schtasks": _SCHTASKS,
    "fc-list": "echo FZXiaoBiaoSong,FangSong,KaiTi,SimHei,SimSun\n",
}


class Fakes:
    """The PATH with some of them, and what they were called with."""

    def __init__(self, room: Path, patch: pytest.MonkeyPatch, *names: str) -> None:
        """Only these programs can be found, beside ``sh``'s own."""
        self.room, programs = room, room / "programs"
        programs.mkdir(parents=True)
        for name in names:
            self.put(name, _SCRIPTS[name].format(room=room))
        for tool in ("sh", "cat", "cp", "rm", "touch"):
            (programs / tool).symlink_to(Path("/bin") / tool)
        patch.setenv("PATH", str(programs))
        patch.setenv("XDG_CONFIG_HOME", str(room / "设置"))

    def put(self, name: str, script: str) -> None:
        """A program that does this."""
        path = self.room / "programs" / name
        path.write_text(
            f'#!/bin/sh\nprintf "%s" "{name}" >> {self.room}/calls.txt\nprintf "|%s" "$@" >> {self.room}/calls.txt\necho >> {self.room}/calls.txt\n{script}'
        )
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """Every call so far, arguments after ``|``."""
        path = self.room / "calls.txt"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def crontab(self) -> bytes:
        """What crontab keeps."""
        return (self.room / "crontab.txt").read_bytes()
