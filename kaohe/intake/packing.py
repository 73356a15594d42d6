"""A look as bytes, packed once, where it is made: so it travels to the process that asked for it, and so it lies in the cache."""

import io
import pickle
import zlib
from dataclasses import dataclass, replace
from enum import Enum, EnumMeta
from typing import Any, cast

from kaohe.intake.arrival import Arrival
from kaohe.intake.look import Look
from kaohe.intake.record import Cell, ListRow
from kaohe.intake.sharing import Sharing

_QUICKLY = 1
"""The level of compression: what comes out is half as long, and higher levels take off a tenth more in three times the time."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A look on its way: what will be known of the content under whatever name, and what belongs to this one file and this one time."""

    packed: bytes
    arrival: Arrival | None
    seconds: float


def parcel(look: Look) -> Parcel:
    """A look made ready to travel."""
    return Parcel(look.packed or pack(look), look.arrival, look.seconds)


def pack(look: Look) -> bytes:
    """What the look says of the content, as bytes."""
    return zlib.compress(pickle.dumps(replace(look, arrival=None, seconds=0.0, packed=b""), protocol=5), _QUICKLY)


class Unpacker:
    """Makes looks of bytes again. Cells that are the same in many of them are kept once."""

    def __init__(self) -> None:
        self._sharing = Sharing()

    def opened(self, sent: Parcel) -> Look:
        """The look that was sent, with the bytes it came as. Raises what stands in the way."""
        return replace(self.look(sent.packed), arrival=sent.arrival, seconds=sent.seconds, packed=sent.packed)

    def look(self, packed: bytes) -> Look:
        """The look that was packed. Raises whatever zlib and pickle find wrong, UnpicklingError for what is no look."""
        look = _Careful(zlib.decompress(packed), self._sharing).load()
        if not isinstance(look, Look):
            raise pickle.UnpicklingError(type(look).__name__)
        return look if look.record is None else replace(look, record=self._sharing.record(look.record))


class _Careful(pickle.Unpickler):
    """Makes nothing but what a look consists of; cells and rows as they are shared."""

    _PLAIN = {("fractions", "Fraction"), ("datetime", "date"), ("datetime", "datetime"), ("builtins", "frozenset")}

    def __init__(self, data: bytes, sharing: Sharing) -> None:
        super().__init__(io.BytesIO(data))
        self._made = {
            (Cell.__module__, Cell.__name__): sharing.cell,
            (ListRow.__module__, ListRow.__name__): sharing.row,
            ("builtins", "getattr"): _member,
        }

    def find_class(self, module: str, name: str) -> Any:
        """A class by its name; UnpicklingError for one that has no place in a look, and for whatever else a module holds."""
        made = self._made.get((module, name))
        if made is not None:
            return made
        if module.startswith(("kaohe.intake.", "kaohe.checks.", "kaohe.rulebook.", "kaohe.forms.machine_sheet")) or (module, name) in self._PLAIN:
            found = super().find_class(module, name)
            if isinstance(found, type) and (found.__module__, found.__qualname__) == (module, name):
                return found
        raise pickle.UnpicklingError(f"{module}.{name}")


def _member(kind: object, name: object) -> Enum:
    """The member of an enumeration: Python before 3.11.4 packs it as an attribute, by ``getattr``, which must reach nothing else."""
    if isinstance(kind, EnumMeta) and isinstance(name, str) and name in kind.__members__:
        return cast(Enum, kind.__members__[name])
    raise pickle.UnpicklingError(f"{kind!r}, {name!r}")
