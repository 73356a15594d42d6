"""How returns travel: some by themselves, some inside a mail with a scan, some in an archive."""

import zipfile
from datetime import datetime
from email.message import EmailMessage
from io import BytesIO

from kaohe.config.model import Unit

_SCAN = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


def as_sent(name: str, form: bytes, unit: Unit, moment: datetime) -> bytes:
    """The form as the file ``name`` holds it: in a mail, in an archive, or as it is. ``moment`` is when it was packed."""
    if name.endswith(".eml"):
        return _mail(form, unit, moment.year)
    return _archive(form, moment) if name.endswith(".zip") else form


def _mail(form: bytes, unit: Unit, year: int) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = unit.email, "office@zzsgsl.example"
    message["Subject"] = f"报送{year}年度考核填报表"
    message.set_content("填报表和盖章扫描件见附件，请查收。")
    message.add_attachment(
        form,
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename=f"{unit.short.removesuffix('工商联')}填报表.xlsx",
    )
    message.add_attachment(_SCAN, maintype="image", subtype="jpeg", filename="盖章扫描件.jpg")
    message.set_boundary("=_kaohe-demo")
    return message.as_bytes()


def _archive(form: bytes, moment: datetime) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (("填报表.xlsx", form), ("佐证材料/表彰文件.pdf", b"%PDF-1.4\n%%EOF\n")):
            entry = zipfile.ZipInfo(name, (moment.year, moment.month, moment.day, moment.hour, moment.minute, 0))
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
