"""The seal on inspection and decision forms: it shows that this office issued the form, not who filled it in."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TypeAlias

from kaohe.config.model import Config
from kaohe.files import FolderFault, told, write_whole
from kaohe.forms.machine_sheet import DECISION, MachineData

KEY_FILE = "seal.key"
UNSEALED = "的防伪标记"
"""In the reason of every form without a valid seal, whether it was refused or trusted all the same."""

SealCheck: TypeAlias = Callable[[str, MachineData], str]
"""Given a form's SHA-256 and what its hidden sheet says: "" where it may be used, else in Chinese why not and what to do."""

_KEY_BYTES = 32
_PURPOSE = b"kaohe form\n"


def issuing_key(config: Config) -> bytes:
    """The office's key, made when there is none yet. FolderFault where it is damaged or cannot be written."""
    state = config.folder("state")
    path = state / KEY_FILE
    with told("准备表格的防伪密钥", state):
        if not path.exists():
            write_whole(path, secrets.token_bytes(_KEY_BYTES), mode=0o600)
        key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise FolderFault(
            f"表格的防伪密钥坏了：“{path}”。请从备份里恢复；没有备份的，删去它再制作一次，以前发出、还没有收回的核查表、审定表要重新制作"
        )
    return key


def known_key(config: Config) -> bytes | None:
    """The office's key; None where there is none that can be used. Writes nothing."""
    try:
        key = (config.folder("state") / KEY_FILE).read_bytes()
    except OSError:
        return None
    return key if len(key) == _KEY_BYTES else None


def sealed(data: MachineData, key: bytes) -> MachineData:
    """The same data with its seal."""
    return replace(data, seal=_seal(data, key))


def issue_id(task: object) -> str:
    """What tells one issue of a form from another: equal for equal content, so that the same task gives the same bytes."""
    return hashlib.sha256(repr(task).encode()).hexdigest()[:16]


def office_seals(config: Config) -> SealCheck:
    """The check of an office that has its own key, or of one that does not ask for a seal."""
    key = known_key(config)
    return lambda _, data: problem(data, key)


def problem(data: MachineData, key: bytes | None) -> str:
    """Why a form is not shown to be this office's, and what to do; "" where it is."""
    form, command, who = ("审定表", "forms --decision", "") if data.kind == DECISION else ("核查表", "forms --inspection", "请考核组")
    if not data.seal:
        why = f"{form}里没有本办公室制作时加{UNSEALED}，不能确定是本办公室发出的表"
    elif key is None:
        why = f"{form}里{UNSEALED}无法核实：state 文件夹里没有密钥 {KEY_FILE}（可能换过文件夹），有备份的请放回去再运行"
    elif not hmac.compare_digest(data.seal.encode(), _seal(data, key).encode()):
        why = f"{form}里{UNSEALED}与本机的密钥对不上，不是本办公室发出的，或者是更换 state 文件夹以前制作的"
    else:
        return ""
    return f"{why}。这份表没有采用；请用 {command} 重新制作，{who}填在新表上；办公室确认这份表可靠的，也可以在 config.toml 的 [intake] 里写 trust_unsealed_forms = true"


def _seal(data: MachineData, key: bytes) -> str:
    said = {name: value for name, value in asdict(data).items() if name != "seal"}
    return hmac.new(key, _PURPOSE + json.dumps(said, ensure_ascii=False, sort_keys=True).encode(), hashlib.sha256).hexdigest()
