"""Mails and archives: the files inside them, taken out within bounds and under names that lead nowhere."""

from dataclasses import dataclass

from kaohe.config.model import Intake
from kaohe.intake.sniff import Kind


class ContainerFault(Exception):
    """Nothing can be taken out; the message says in Chinese why and what to do. ``refused``: out of caution, not because it is damaged."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Member:
    """One file out of a container: a relative path with ``/`` that is unique in it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """What a container holds, and in Chinese what was left in it and why."""

    members: tuple[Member, ...]
    left: tuple[str, ...] = ()


def open_container(kind: Kind, data: bytes, limits: Intake) -> Opened:
    """The files of a mail or an archive, in its own order. Raises ContainerFault."""
    raise ContainerFault("不能打开这种文件，请把里面的填报表单独存出来报送")
