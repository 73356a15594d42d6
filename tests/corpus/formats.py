"""Every format in which a form may come back, and every name it may come under."""

from io import BytesIO
from typing import Any

from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kaohe.forms.layout import MAIN_SHEET
from kaohe.intake.record import Verdict
from tests.corpus.case import PASSWORD, UNIT, Corpus, Files, Place, lost, ok
from tests.corpus.make import Parts, edited, form, locked_ods, office_saved, parts_of, renamed, replaced, sheet_part, typed_ods, typed_xls, typed_xlsb
from tests.support.changed import page, sound
from tests.support.packages import packed

CORPUS = Corpus()
case = CORPUS.case


def typed(sheet: str) -> tuple[Place, ...]:
    """What is said of a table that was typed over into a sheet of this name, without lists."""
    return ("V-404", "宣传报道", ""), ("V-502", sheet, "C4")


LOCKED = "文件设了打开密码，请把密码清空、保存后重新报送（WPS 在“文件—文档加密—密码加密”里，Excel 在“文件—信息—保护工作簿—用密码进行加密”里）"
MACROS = "文件里有宏，没有运行"
CONTENT_TYPES = "[Content_Types].xml"


@case("按原样报送", ok("填报表.xlsx"), says={"填报表.xlsx": "采用"})
def as_issued() -> Files:
    return {"填报表.xlsx": sound()}


@case("带宏", ok("填报表.xlsm"), says={"填报表.xlsm": f"采用；{MACROS}"})
def with_macros() -> Files:
    return {"填报表.xlsm": edited(_with_macros)}


def _with_macros(parts: Parts) -> None:
    replaced(CONTENT_TYPES, "officedocument.spreadsheetml.sheet.main+xml", "ms-excel.sheet.macroEnabled.main+xml")(parts)
    parts["xl/vbaProject.bin"] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 Auto_Open Shell"


@case("扩展名写错", ok("填报表.doc"))
def wrong_extension() -> Files:
    return {"填报表.doc": sound()}


@case("扩展名是旧格式", ok("填报表.xls"))
def old_extension() -> Files:
    return {"填报表.xls": sound()}


@case("WPS的扩展名", ok("填报表.et"))
def extension_of_wps() -> Files:
    return {"填报表.et": sound()}


@case("没有扩展名", ok("填报表"))
def no_extension() -> Files:
    return {"填报表": sound()}


@case("大写扩展名", ok("金水 (1) 副本.XLSX"))
def upper_case() -> Files:
    return {"金水 (1) 副本.XLSX": sound()}


@case("图片的扩展名", ok("填报表.jpg"))
def extension_of_a_picture() -> Files:
    return {"填报表.jpg": sound()}


@case("严格格式", ok("表.xlsx"))
def strict() -> Files:
    spread, document = "schemas.openxmlformats.org/spreadsheetml/2006/main", "schemas.openxmlformats.org/officeDocument/2006"
    pairs = ((spread, "purl.oclc.org/ooxml/spreadsheetml/main"), (document, "purl.oclc.org/ooxml/officeDocument"))

    def change(parts: Parts) -> None:
        for name, part in parts.items():
            for old, new in pairs:
                part = part.replace(old.encode(), new.encode())  # noqa: PLW2901
            parts[name] = part

    return {"表.xlsx": edited(change)}


@case("1904年起算的日期", ok("表.xlsx"))
def other_calendar() -> Files:
    return {"表.xlsx": form(lambda workbook: setattr(workbook, "epoch", CALENDAR_MAC_1904))}


@case("用约定的密码加密", ok("表.xlsx"), says={"表.xlsx": "采用；用设置里的密码打开"})
def locked_with_the_agreed_password() -> Files:
    return {"表.xlsx": locked(PASSWORD)}


@case("用别的密码加密", lost("表.xlsx", Verdict.LOCKED), points=None, says={"表.xlsx": LOCKED})
def locked_with_another_password() -> Files:
    return {"表.xlsx": locked("没有告诉别人")}


def locked(password: str) -> bytes:
    """The sound form, locked whole as Excel does."""
    buffer = BytesIO()
    OOXMLFile(BytesIO(sound())).encrypt(password, buffer)
    return buffer.getvalue()


@case(
    "用约定的密码加密的ods",
    ok("表.ods"),
    findings=typed("表"),
    points=85,
    says={
        "表.ods": "采用（没有系统标记，按“填报单位”认定为金水区工商联）；用设置里的密码打开；系统标记不见了，单位和年度按表里看得见的文字认定："
        "郑州市金水区工商业联合会，2014年度；整张填报表的系统标记缺失或错位，按看得见的序号和文字读取"
    },
)
def opendocument_locked_with_the_agreed_password() -> Files:
    return {"表.ods": locked_ods(PASSWORD)}


@case("用别的密码加密的ods", lost("表.ods", Verdict.LOCKED), points=None, says={"表.ods": LOCKED})
def opendocument_locked_with_another_password() -> Files:
    return {"表.ods": locked_ods("没有告诉别人")}


@case("用别的办法加密的ods", lost("表.ods", Verdict.LOCKED), points=None, says={"表.ods": LOCKED})
def opendocument_locked_in_another_way() -> Files:
    return {"表.ods": locked_ods(PASSWORD, "urn:org:documentfoundation:names:experimental:office:manifest:argon2id")}


@case("Excel97的表照着抄", ok("表.xls"), findings=typed("S"), points=85)
def excel_97() -> Files:
    return {"表.xls": typed_xls()}


@case("旧版WPS的表照着抄", ok("表.et"), findings=typed("S"), points=85)
def old_wps() -> Files:
    return {"表.et": typed_xls()}


@case("旧格式却叫xlsx", ok("表.xlsx"), findings=typed("S"), points=85)
def old_format_under_a_new_name() -> Files:
    return {"表.xlsx": typed_xls()}


@case("OpenDocument的表照着抄", ok("表.ods"), findings=typed("表"), points=85)
def opendocument() -> Files:
    return {"表.ods": typed_ods()}


@case("二进制格式的表照着抄", ok("表.xlsb"), findings=typed("Sheet1"), points=85)
def binary() -> Files:
    return {"表.xlsb": typed_xlsb()}


@case("另存为xls", ok("表.xls"), needs="office")
def saved_as_xls() -> Files:
    return {"表.xls": office_saved("xls:MS Excel 97")}


@case("另存为xls再改名et", ok("表.et"), needs="office")
def saved_as_et() -> Files:
    return {"表.et": office_saved("xls:MS Excel 97")}


@case("另存为ods", ok("表.ods"), needs="office")
def saved_as_ods() -> Files:
    return {"表.ods": office_saved("ods:calc8")}


@case("另存为xlsx", ok("表.xlsx"), needs="office")
def saved_again() -> Files:
    return {"表.xlsx": office_saved("xlsx:Calc MS Excel 2007 XML")}


@case("部件名用反斜杠", ok("表.xlsx"))
def backslashes() -> Files:
    return {"表.xlsx": renamed(parts_of(sound()), lambda name: name.replace("/", "\\"))}


@case("部件名大小写不一", ok("表.xlsx"))
def other_case() -> Files:
    return {"表.xlsx": renamed(parts_of(sound()), lambda name: name if name == CONTENT_TYPES else name.replace("sheet", "Sheet"))}


@case("空的填充格式", ok("表.xlsx"))
def empty_fill() -> Files:
    """As third-party writers leave it; openpyxl fails on it."""
    return {"表.xlsx": edited(replaced("xl/styles.xml", "<fill><patternFill/></fill>", "<fill/>"))}


@case("写错的范围", ok("表.xlsx"))
def wrong_dimension() -> Files:
    def change(parts: Parts) -> None:
        name = sheet_part(MAIN_SHEET)
        text = parts[name].decode()
        begin = text.index("<dimension ref=")
        end = text.index("/>", begin)
        parts[name] = f'{text[:begin]}<dimension ref="A1:A1"{text[end:]}'.encode()

    return {"表.xlsx": edited(change)}


@case("UTF-16的部件", ok("表.xlsx"))
def other_alphabet() -> Files:
    def change(parts: Parts) -> None:
        name = sheet_part(MAIN_SHEET)
        parts[name] = f'<?xml version="1.0" encoding="UTF-16"?>{parts[name].decode()}'.encode("utf-16")

    return {"表.xlsx": edited(change)}


@case("WPS单元格里的图片", ok("表.xlsx"), findings=(("V-211", MAIN_SHEET, "D14"),))
def picture_of_wps() -> Files:
    def insert(workbook: Any) -> None:
        page(workbook)["D14"] = '=_xlfn.DISPIMG("ID_7B1C",1)'

    return {"表.xlsx": form(insert)}


@case("网页存成xls", lost("表.xls", Verdict.UNREADABLE), points=None)
def web_page() -> Files:
    return {"表.xls": "<html><table><tr><td>填报表</td></tr></table></html>".encode("gbk")}


@case(
    "存成纯XML的工作簿",
    lost("金水区/填报表.xml", Verdict.UNREADABLE, UNIT),
    lost("金水区/填报表.fods", Verdict.UNREADABLE, UNIT),
    points=None,
    says={"金水区/填报表.xml": "这是XML 电子表格 2003，程序不读这种格式，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"},
)
def plain_workbooks() -> Files:
    """The unit believes that it has sent its form: they are no evidence."""
    plain = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
    flat = '<?xml version="1.0"?><o:document xmlns:o="o" o:mimetype="application/vnd.oasis.opendocument.spreadsheet"/>'
    return {"金水区/填报表.xml": plain.encode(), "金水区/填报表.fods": flat.encode()}


@case("空文件", lost("表.xlsx", Verdict.UNREADABLE), points=None, says={"表.xlsx": "文件是空的（0 字节），可能没有传完，请重新报送"})
def empty() -> Files:
    return {"表.xlsx": b""}


@case("别的工作簿", lost("名册.xlsx", Verdict.NOT_A_FORM), points=None)
def another_workbook() -> Files:
    return {"名册.xlsx": packed(_stranger())}


def _stranger() -> dict[str, Any]:
    from tests.support.packages import parts

    return parts('<row r="1"><c r="A1"><v>1</v></c></row>')
