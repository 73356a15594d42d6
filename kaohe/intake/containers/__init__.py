"""Mails and archives: the files inside them, taken out within bounds and under names that lead nowhere."""

from collections.abc import Callable

from kaohe.config.model import Intake
from kaohe.intake.containers.parts import ContainerFault, Member, Opened
from kaohe.intake.sniff import Kind

__all__ = ["ContainerFault", "Member", "Opened", "open_container"]


def open_container(kind: Kind, data: bytes, limits: Intake) -> Opened:
    """The files of a mail or an archive, in its own order. Raises ContainerFault."""
    try:
        return _opener(kind)(data, limits)
    except ContainerFault:
        raise
    except (MemoryError, RecursionError):
        raise ContainerFault("打开它需要的内存大得不合常理，为安全起见没有打开，请把里面的填报表单独报送", refused=True) from None
    except Exception:  # parsers meet hostile bytes in ways nobody can list; a fault of ours must not stop the other files
        raise ContainerFault("打不开，可能已损坏或没有传完，请重新报送，或把里面的填报表单独报送") from None


def _opener(kind: Kind) -> Callable[[bytes, Intake], Opened]:
    """The module for a kind, imported only where such a file arrived."""
    match kind:
        case Kind.ZIP:
            from kaohe.intake.containers.zipped import open_zip as opener
        case Kind.SEVEN_ZIP:
            from kaohe.intake.containers.seven_zip import open_seven_zip as opener
        case Kind.RAR:
            from kaohe.intake.containers.rar import open_rar as opener
        case Kind.EML:
            from kaohe.intake.containers.mail import open_mail as opener
        case Kind.MSG:
            from kaohe.intake.containers.outlook import open_outlook as opener
        case _:
            raise ContainerFault("这种文件里没有可以取出的文件，请把填报表单独报送")
    return opener
