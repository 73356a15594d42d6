"""Mails, archives and folders, and what comes along in them."""

from base64 import b64encode
from gzip import compress
from urllib.parse import quote_from_bytes

from kaohe.intake.record import Verdict
from tests.corpus.case import UNIT, Corpus, Files, evidence, lost, ok, opened
from tests.corpus.make import SCAN
from tests.support.changed import ROWS, retyped, sound
from tests.support.containers import attachment, mail_of, outlook_of, rar5_of, seven_zip_of, unicode_path, zip_of
from tests.support.forms import saved, sound_fields
from tests.support.packages import packed

CORPUS = Corpus()
case = CORPUS.case
FORM = "填报表.xlsx"
GBK, UTF8 = FORM.encode("gbk"), FORM.encode()
ALL_LOCKED = "压缩包设了密码，打不开，请去掉密码重新压缩后报送"
NO_HOLDER = "看名字是压缩包或邮件，内容却认不出来，可能没有传完，或者是分卷压缩的一卷；请重新压缩成一个文件（不要分卷）报送，或把填报表单独报送"
BROKEN = "“填报表.xlsx”没有传完整，没有取出，请重新报送这个文件"


def mailed(disposition: str, content_type: str = "application/octet-stream") -> bytes:
    """A mail with the sound form under this name."""
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; {disposition}"
    return mail_of((head, b64encode(sound())))


@case("压缩包", opened("金水.zip"), ok("金水.zip/填报表.xlsx"), evidence("金水.zip/扫描件.jpg"), says={"金水.zip": "取出2个文件"})
def zipped() -> Files:
    return {"金水.zip": packed({FORM: sound(), "扫描件.jpg": SCAN})}


@case("两层压缩包", opened("外.zip"), opened("外.zip/里.zip"), ok("外.zip/里.zip/填报表.xlsx"))
def nested() -> Files:
    return {"外.zip": packed({"里.zip": packed({FORM: sound()})})}


@case("GBK文件名的压缩包", opened("a.zip"), ok("a.zip/填报表.xlsx"))
def gbk_names() -> Files:
    return {"a.zip": zip_of((GBK, sound()))}


@case("另记了统一码文件名", opened("a.zip"), ok("a.zip/填报表.xlsx"))
def unicode_names() -> Files:
    return {"a.zip": zip_of((b"??.xlsx", sound()), extra={b"??.xlsx": unicode_path(b"??.xlsx", FORM)})}


@case("7z压缩包", opened("金水.7z"), ok("金水.7z/填报表.xlsx"))
def seven_zip() -> Files:
    return {"金水.7z": seven_zip_of((FORM, sound()))}


@case("没有压缩的rar", opened("金水.rar"), ok("金水.rar/填报表.xlsx"))
def stored_rar() -> Files:
    return {"金水.rar": rar5_of((FORM, sound()))}


@case(
    "压缩过的rar",
    opened("金水.rar"),
    ok("金水.rar/填报表.xlsx"),
    findings=(("V-404", "批示与表彰", ""), ("V-502", "Sheet1", "C4")),
    needs="rar",
)
def packed_rar() -> Files:
    return {"金水.rar": rar5_of((FORM, saved(retyped(sound_fields(), ROWS))), packed=True)}


@case("GBK文件名的邮件", opened("来信.eml"), ok("来信.eml/填报表.xlsx"))
def mail_with_a_gbk_name() -> Files:
    return {"来信.eml": mailed(f'filename="{GBK.decode("latin-1")}"')}


@case("编码文件名的邮件", opened("来信.eml"), ok("来信.eml/填报表.xlsx"))
def mail_with_an_encoded_name() -> Files:
    return {"来信.eml": mailed(f'filename="=?gb18030?B?{b64encode(GBK).decode()}?="')}


@case("UTF-8文件名的邮件", opened("来信.eml"), ok("来信.eml/填报表.xlsx"))
def mail_with_a_utf8_name() -> Files:
    return {"来信.eml": mailed(f"filename*=UTF-8''{quote_from_bytes(UTF8)}")}


@case("邮件里的压缩包", opened("来信.eml"), opened("来信.eml/附件.zip"), ok("来信.eml/附件.zip/填报表.xlsx"))
def zip_in_a_mail() -> Files:
    body = b64encode(zip_of((GBK, sound())))
    head = f"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=UTF-8''{quote_from_bytes('附件.zip'.encode())}"
    return {"来信.eml": mail_of((head, body))}


@case("Outlook的邮件", opened("来信.msg"), ok("来信.msg/填报表.xlsx"))
def outlook() -> Files:
    return {"来信.msg": outlook_of(attachment(sound(), texts={"3707001F": FORM.encode("utf-16-le")}))}


@case(
    "一个单位一个文件夹",
    ok("金水区工商联/填报表.xlsx"),
    evidence("金水区工商联/佐证/会议照片.jpg"),
    evidence("金水区工商联/佐证/名册.pdf"),
    says={"金水区工商联/佐证/名册.pdf": "金水区工商联的佐证材料（与该单位的报送放在一起）"},
)
def folder() -> Files:
    return {"金水区工商联/佐证/会议照片.jpg": SCAN, "金水区工商联/佐证/名册.pdf": b"%PDF-1.4", "金水区工商联/填报表.xlsx": sound()}


@case("没有扩展名的佐证材料", opened("金水.zip"), ok("金水.zip/填报表.xlsx"), evidence("金水.zip/照片"), evidence("金水.zip/说明"))
def evidence_without_extensions() -> Files:
    return {"金水.zip": packed({FORM: sound(), "照片": SCAN, "说明": "附会议照片一张".encode()})}


@case("只有佐证材料的文件夹", evidence("金水区/照片.jpg"), points=None)
def folder_of_evidence() -> Files:
    return {"金水区/照片.jpg": SCAN}


@case("压缩包没有传完", lost("金水.zip", Verdict.UNREADABLE), points=None, says={"金水.zip": BROKEN})
def truncated() -> Files:
    return {"金水.zip": zip_of((GBK, sound()))[:20_000]}


@case(
    "断了的压缩包里还有完整的表",
    opened("金水.zip"),
    ok("金水.zip/填报表.xlsx"),
)
def salvaged() -> Files:
    whole = zip_of((GBK, sound()), ("照片.jpg".encode("gbk"), SCAN * 100))
    return {"金水.zip": whole[: whole.index(b"PK\x01\x02") - 20]}


@case("加密的压缩包", lost("金水.zip", Verdict.UNREADABLE), points=None, says={"金水.zip": ALL_LOCKED})
def encrypted() -> Files:
    return {"金水.zip": zip_of((GBK, sound()), flags=1)}


@case(
    "打不开的压缩格式",
    ok("填报表.xlsx"),
    lost("佐证.tar.gz", Verdict.UNREADABLE, UNIT),
    says={"佐证.tar.gz": "是程序打不开的压缩包（.tar、.gz、.cab 一类），里面的文件没有读到，请改用 zip 压缩，或把填报表单独报送"},
)
def other_archive() -> Files:
    """Beside the unit's form too it is no evidence: nobody has seen what is in it."""
    return {"填报表.xlsx": sound(), "佐证.tar.gz": compress(b"x", mtime=1)}


@case(
    "只有名字是压缩包",
    *(lost(f"金水区/{name}", Verdict.UNREADABLE, UNIT) for name in ("表.zip", "表.z01", "表.7z.002", "来信.eml", "空的.rar")),
    evidence("金水区/说明.txt"),
    points=None,
    says={f"金水区/{name}": NO_HOLDER for name in ("表.zip", "来信.eml")},
)
def holders_by_name_alone() -> Files:
    """Parts of an archive that was split, what broke off, a page that says that there is no such file: nobody has seen the form in them."""
    whole = zip_of((GBK, sound()))
    parts = {"表.z01": b"\0" * 9 + whole[:20_000], "表.zip": whole[20_000:], "表.7z.002": whole[20_000:], "空的.rar": b""}
    return {f"金水区/{name}": data for name, data in (parts | {"来信.eml": b"<html>404</html>", "说明.txt": b"x"}).items()}


@case("空的压缩包", lost("金水.zip", Verdict.NOT_A_FORM), points=None)
def empty_archive() -> Files:
    return {"金水.zip": packed({})}


@case("没有附件的邮件", lost("来信.eml", Verdict.NOT_A_FORM), points=None)
def mail_without_attachments() -> Files:
    return {"来信.eml": mail_of(("Content-Type: text/plain; charset=utf-8", "表已寄出".encode()))}


# Evidence as people send it


PICTURE = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 48
INLINE = "Content-Transfer-Encoding: base64\r\nContent-ID: <{0}>\r\nContent-Disposition: inline; filename={0}\r\nContent-Type: image/jpeg"


@case("正文里贴的图片", opened("信.eml"), ok("信.eml/填报表.xlsx"), evidence("信.eml/image001.jpg"), says={"信.eml": "取出2个文件"})
def pasted_pictures() -> Files:
    """The signature's icon stays in the mail."""
    form = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=UTF-8''"
    pictures = [(INLINE.format(name), b64encode(data)) for name, data in (("image001.jpg", PICTURE), ("logo.jpg", PICTURE[:5000]))]
    return {"信.eml": mail_of((form + quote_from_bytes(UTF8), b64encode(sound())), *pictures)}


@case(
    "扩展名写错的佐证材料",
    ok(FORM),
    *(evidence(name) for name in ("扫描件.xlsx", "文件.xls", "说明.et")),
    says={
        "扫描件.xlsx": "金水区工商联的佐证材料（与该单位的报送放在一起）；文件名的扩展名写错了：写的是“.xlsx”，内容是图片",
        "文件.xls": "金水区工商联的佐证材料（与该单位的报送放在一起）；文件名的扩展名写错了：写的是“.xls”，内容是PDF",
        "说明.et": "金水区工商联的佐证材料（与该单位的报送放在一起）；文件名的扩展名写错了：写的是“.et”，内容是文档（Word、PPT 一类）",
    },
)
def evidence_under_a_wrong_extension() -> Files:
    return {
        FORM: sound(),
        "扫描件.xlsx": SCAN,
        "文件.xls": b"%PDF-1.4",
        "说明.et": packed({"word/document.xml": "<w/>", "[Content_Types].xml": "<T/>"}),
    }
