"""What a worker might do with a hostile file, told by the file's name."""

import os
import signal
import time

from kaohe.intake.arrival import Arrival
from kaohe.intake.look import Look
from kaohe.intake.record import Verdict


class Panic(BaseException):
    """What a parser in another language raises: no Exception, and not picklable."""

    def __reduce__(self) -> str:
        raise TypeError("cannot be pickled")


def work(entry: Arrival) -> Look:
    """Hang, die, eat memory, raise, or answer with the size of the content."""
    match entry.name:
        case "挂起":
            time.sleep(3600)
        case "退出":
            os._exit(7)
        case "被杀":
            os.kill(os.getpid(), signal.SIGKILL)
        case "吃内存":
            return Look(Verdict.ACCEPTED, str(len(bytearray(8 << 30))))
        case "占着不放":
            held = bytearray(b"x" * (256 << 20))
            time.sleep(3600)
            return Look(Verdict.ACCEPTED, str(len(held)))
        case "出错":
            raise ZeroDivisionError
        case "喊叫":
            for stream in (1, 2):
                os.write(stream, b"thread panicked at src/lib.rs")
        case "恐慌":
            raise Panic
    return Look(Verdict.ACCEPTED, f"{entry.size}字节")
