"""Zip files whose bytes depend on their content alone."""

import io
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_DATE = (1980, 1, 1, 0, 0, 0)
_PERMISSIONS = 0o600 << 16
_UNIX = 3


def repack(data: bytes) -> bytes:
    """The same members in the same order, with one fixed date and the same compression everywhere."""
    packed = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as source, ZipFile(packed, "w", ZIP_DEFLATED) as target:
        for member in source.infolist():
            fixed = ZipInfo(member.filename, _DATE)
            fixed.compress_type = ZIP_DEFLATED
            fixed.external_attr = _PERMISSIONS
            fixed.create_system = _UNIX
            target.writestr(fixed, source.read(member), compresslevel=6)
    return packed.getvalue()
