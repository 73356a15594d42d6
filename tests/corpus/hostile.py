"""What somebody would send to break, fool or use the office's machine."""

import re
import stat
import warnings
import zipfile
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from kaohe.forms.layout import MAIN_SHEET
from kaohe.intake.record import Verdict
from tests.corpus.case import UNIT, Corpus, Files, evidence, lost, ok, opened
from tests.corpus.formats import locked
from tests.corpus.make import SCAN, Parts, edited, form, replaced, sheet_part
from tests.support.changed import page, sound
from tests.support.containers import mail_of, overlapping_zip, rar5_of, seven_zip_of, zip_of
from tests.support.decisions import figures, form_of
from tests.support.inspections import fill_inspection, year
from tests.support.packages import MAIN, ods, packed
from tests.support.seals import marked

CORPUS = Corpus()
case = CORPUS.case
FORM = "表.xlsx"
ARTICLES = "宣传报道"
WORKSHEET = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
ORIGINAL = "为安全起见没有读取，请用发给单位的原表重新填报"
TOO_BIG = f"文件解开后大得不合常理，{ORIGINAL}"
DEFINED = "文件里夹带了普通电子表格不会有的定义（DOCTYPE），为安全起见没有读取，请用 Excel 或 WPS 打开后另存为 .xlsx 重新报送"
OVERLAPPING = "压缩包里的文件互相重叠，不是正常的压缩包，为安全起见没有打开，请重新压缩后报送"
TOO_MUCH = "里面的文件解开后超过200MB，为安全起见没有打开，请把填报表单独报送，佐证材料分几次报送"
TOO_DEEP = "压缩包或邮件一层套一层，套得太深，没有再打开，请把里面的填报表取出来直接报送"
REFUSED = lost(FORM, Verdict.REFUSED)
MEGABYTE = 1 << 20
UNSEALED = "里没有本办公室制作时加的防伪标记，不能确定是本办公室发出的表。这份表没有采用；"
OR_TRUST = "办公室确认这份表可靠的，也可以在 config.toml 的 [intake] 里写 trust_unsealed_forms = true"


def on_main(old: str, new: str) -> Files:
    """The sound form with text of its main sheet's part changed."""
    return {FORM: edited(replaced(sheet_part(MAIN_SHEET), old, new))}


# Cells of one sheet in place of another's


@case("两张工作表同名", ok(FORM), findings=(("V-208", ARTICLES, "E5"), ("V-403", ARTICLES, "D6")), points=87)
def two_sheets_of_one_name() -> Files:
    """Another 宣传报道 whose row nobody sent, listed after the true one under the same name."""

    def twice(parts: Parts) -> None:
        listed = parts["xl/workbook.xml"].decode()
        entry = next(text for text in listed.split("<") if f'name="{ARTICLES}"' in text)
        link = entry.partition('r:id="')[2].partition('"')[0]
        second = entry.replace(f'"{link}"', '"again"').replace('sheetId="', 'sheetId="9')
        parts["xl/workbook.xml"] = listed.replace(f"<{entry}", f"<{entry}<{second}").encode()
        relations = parts["xl/_rels/workbook.xml.rels"].decode()
        target = f'<Relationship Id="again" Type="{WORKSHEET}" Target="worksheets/again.xml"/></Relationships>'
        parts["xl/_rels/workbook.xml.rels"] = relations.replace("</Relationships>", target).encode()
        texts = ("press", "瞎编的报道", "瞎编报", "不是日期")
        cells = "".join(f'<c r="{column}5" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in zip("ACDE", texts, strict=True))
        row = f'<row r="5">{cells}</row>'.encode()
        parts["xl/worksheets/again.xml"] = re.sub(rb'<row r="5".*?</row>', row, parts[sheet_part(ARTICLES)], count=1, flags=re.DOTALL)

    return {FORM: edited(twice)}


# Bombs


@case("展开很大的工作簿", REFUSED, points=None, says={FORM: TOO_BIG})
def flat_bomb() -> Files:
    return {FORM: edited(lambda parts: parts.update({f"xl/media/{n}.bmp": bytes(21 * MEGABYTE) for n in range(10)}))}


@case("展开很大的压缩包", lost("包.zip", Verdict.REFUSED), points=None, says={"包.zip": TOO_MUCH})
def flat_bomb_in_an_archive() -> Files:
    return {"包.zip": packed({f"{n}.txt": bytes(21 * MEGABYTE) for n in range(10)})}


@case("谎报大小的压缩包", opened("包.zip"), ok("包.zip/表.xlsx"), says={"包.zip": "取出1个文件；“0.txt”已损坏，没有取出，请重新报送这个文件"})
def lying_size() -> Files:
    return {"包.zip": zip_of((b"0.txt", bytes(3 * MEGABYTE)), ("表.xlsx".encode(), sound()), declared={b"0.txt": 10})}


@case("重叠的压缩包", lost("包.zip", Verdict.REFUSED), points=None, says={"包.zip": OVERLAPPING})
def overlapping_bomb() -> Files:
    return {"包.zip": overlapping_zip(bytes(MEGABYTE), 200)}


@case("展开很大的7z", lost("包.7z", Verdict.REFUSED), points=None, slow=True)
def seven_zip_bomb() -> Files:
    return {"包.7z": seven_zip_of(*((f"{n}.txt", bytes(21 * MEGABYTE)) for n in range(10)))}


@case(
    "一层套一层",
    opened("1.zip"),
    opened("1.zip/2.zip"),
    opened("1.zip/2.zip/3.zip"),
    lost("1.zip/2.zip/3.zip/4.zip", Verdict.REFUSED),
    points=None,
    says={"1.zip/2.zip/3.zip/4.zip": TOO_DEEP},
)
def nested_too_deep() -> Files:
    data = sound()
    for name in (FORM, "4.zip", "3.zip", "2.zip"):
        data = packed({name: data})
    return {"1.zip": data}


@case(
    "层层展开的压缩包",
    opened("1.zip"),
    *(lost(f"1.zip/{n}.zip", Verdict.OPENED if n < 3 else Verdict.REFUSED) for n in range(6)),
    *(lost(f"1.zip/{n}.zip/0.txt", Verdict.NOT_A_FORM) for n in range(3)),
    points=None,
)
def nested_bomb() -> Files:
    inner = packed({"0.txt": bytes(60 * MEGABYTE)})
    return {"1.zip": packed({f"{n}.zip": inner for n in range(6)})}


@case("六千个文件", lost("包.zip", Verdict.REFUSED), points=None)
def many_members() -> Files:
    return {"包.zip": zip_of(*((f"{n}.txt".encode(), b"") for n in range(6000)))}


# XML


@case("实体炸弹", REFUSED, points=None, says={FORM: DEFINED})
def entity_bomb() -> Files:
    definitions = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<!DOCTYPE x [<!ENTITY a0 "哈">{definitions}]><sst xmlns="{MAIN}"><si><t>&a9;</t></si></sst>'
    return {FORM: edited(lambda parts: parts.update({"xl/sharedStrings.xml": text.encode()}))}


@case("外部实体", REFUSED, points=None, says={FORM: DEFINED})
def external_entity() -> Files:
    text = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    return {FORM: edited(lambda parts: parts.update({"docProps/app.xml": text.encode()}))}


@case("OpenDocument里的实体", lost("表.ods", Verdict.REFUSED), points=None)
def entity_in_opendocument() -> Files:
    return {"表.ods": ods("", manifest='<!DOCTYPE m [<!ENTITY a SYSTEM "http://example.com/">]><manifest>&a;</manifest>')}


# Sizes that are claimed


@case("写成一百万行的范围", ok(FORM))
def absurd_dimension() -> Files:
    def claim(parts: Parts) -> None:
        head, _, rest = parts[sheet_part(MAIN_SHEET)].decode().partition("<dimension ref=")
        parts[sheet_part(MAIN_SHEET)] = f'{head}<dimension ref="A1:XFD1048576"{rest[rest.index("/>") :]}'.encode()

    return {FORM: edited(claim)}


@case("最后一格有字", REFUSED, points=None, says={FORM: f"工作表“{MAIN_SHEET}”（1048576行16384列）大得不合常理，{ORIGINAL}"})
def last_corner() -> Files:
    return on_main("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')


@case("二十万种格式", REFUSED, points=None)
def masses_of_styles() -> Files:
    return {FORM: edited(replaced("xl/styles.xml", "</cellXfs>", f"{'<xf/>' * 200_001}</cellXfs>"))}


@case("一段长文字用四千次", REFUSED, points=None, says={FORM: TOO_BIG})
def masses_of_text() -> Files:
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 4001))

    def change(parts: Parts) -> None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}"><si><t>{"长" * 1_000_000}</t></si></sst>'.encode()
        parts[sheet_part(ARTICLES)] = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()

    return {FORM: edited(change)}


@case("四十亿种格式", ok(FORM))
def claimed_counts() -> Files:
    return {FORM: edited(replaced("xl/styles.xml", '<cellXfs count="', '<cellXfs count="40000000'))}


@case("合并整张表", REFUSED, points=None)
def everything_merged() -> Files:
    return on_main("</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>')


@case("重复十亿格", lost("表.ods", Verdict.REFUSED), points=None)
def repeated_cells() -> Files:
    value = '<table:table-cell table:number-columns-repeated="999999999" office:value-type="string"><text:p>x</text:p></table:table-cell>'
    return {"表.ods": ods(f"<table:table-row>{value}</table:table-row>")}


@case(
    "清单有两万多行",
    lost(FORM, Verdict.REFUSED, UNIT),
    points=None,
    says={FORM: "表里的清单（连同重复的行）有20004行，多得不合常理（最多20000行），为安全起见没有取用，请删去多余的行，用发给单位的原表重新填报"},
)
def endless_list() -> Files:
    """Each row would be a line of the report, of the workbook and of every check."""
    rows = "".join(f'<row r="{n}"><c r="C{n}" t="inlineStr"><is><t>x</t></is></c></row>' for n in range(1001, 21_002))
    return {FORM: edited(replaced(sheet_part(ARTICLES), "</sheetData>", f"{rows}</sheetData>"))}


@case("要算几天的密码", lost(FORM, Verdict.LOCKED), points=None)
def endless_lock() -> Files:
    mark = b'spinCount="100000" saltSize="16"'
    data = locked("别的密码")
    assert data.count(mark) == 1
    return {FORM: data.replace(mark, b'spinCount="9999999"'.ljust(len(mark)))}


# Paths, links, names


@case(
    "往外写的路径",
    opened("包.zip"),
    ok("包.zip/逃.xlsx"),
    evidence("包.zip/Windows/win.ini"),
    evidence("包.zip/etc/cron.d/x"),
    evidence("包.zip/_CON.txt"),
)
def paths_that_lead_out() -> Files:
    names = {"../../../逃.xlsx": sound(), "C:\\Windows\\win.ini": SCAN, "/etc/cron.d/x": SCAN + b"2", "CON.txt": SCAN + b"3"}
    return {"包.zip": zip_of(*((name.encode(), data) for name, data in names.items()), flags=0x800)}


@case(
    "链接和设备",
    opened("包.zip"),
    ok("包.zip/表.xlsx"),
    says={"包.zip": "取出1个文件；“link.xlsx”是链接或设备，不是文件，没有取出；“tty”是链接或设备，不是文件，没有取出"},
)
def links_and_devices() -> Files:
    modes = {b"link.xlsx": (stat.S_IFLNK | 0o777) << 16, b"tty": (stat.S_IFCHR | 0o666) << 16}
    members = ((b"link.xlsx", b"/etc/passwd"), (b"tty", b""), ("表.xlsx".encode(), sound()))
    return {"包.zip": zip_of(*members, attributes=modes, system=3)}


@case("只有链接的rar", lost("包.rar", Verdict.NOT_A_FORM), points=None)
def link_in_rar() -> Files:
    return {"包.rar": rar5_of(("link.xlsx", b""), link_to="/etc/passwd")}


@case("看不见的字符", opened("包.zip"), ok("包.zip/表xslx.exe"), evidence("包.zip/a_b.jpg"))
def control_and_direction() -> Files:
    names = {"表\u202exslx\u200b.exe": sound(), "a\x00\x1b\n<b.jpg": SCAN}
    return {"包.zip": zip_of(*((name.encode(), data) for name, data in names.items()), flags=0x800)}


@case("收件箱里看不见的字符", ok("表fdp.xlsx"))
def direction_in_the_inbox() -> Files:
    return {"表\u202efdp.xlsx": sound()}


@case("同名的文件", opened("包.zip"), lost("包.zip/表.xlsx", Verdict.SUPERSEDED, "jinshui"), ok("包.zip/表 (2).xlsx"))
def duplicate_members() -> Files:
    from tests.support.forms import stamped

    return {"包.zip": zip_of(("表.xlsx".encode(), stamped("jinshui")), ("表.xlsx".encode(), sound()))}


@case("同名的部件", REFUSED, points=None)
def duplicate_parts() -> Files:
    buffer = BytesIO(sound())
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(sheet_part(MAIN_SHEET), b"<worksheet/>")
    return {FORM: buffer.getvalue()}


@case("很长的文件名", opened("来信.eml"), ok(f"来信.eml/{'长' * 65}.xlsx"))
def endless_name() -> Files:
    from base64 import b64encode
    from urllib.parse import quote

    name = quote("长" * 5000 + ".xlsx")
    head = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=UTF-8''"
    return {"来信.eml": mail_of((head + name, b64encode(sound())))}


@case("图片后面藏着压缩包", lost("照片.jpg", Verdict.NOT_A_FORM), points=None)
def polyglot() -> Files:
    return {"照片.jpg": SCAN + packed({"表.xlsx": sound()})}


# What acts or reaches outside


@case(
    "宏、控件和外部链接",
    ok("表.xlsm"),
    says={"表.xlsm": "采用；文件里有宏，没有运行；文件里有指向其他文件的链接，没有理会；文件里有控件或嵌入的对象，没有理会"},
)
def macros_and_links() -> Files:
    link = f'<externalLink xmlns="{MAIN}"><ddeLink ddeService="cmd" ddeTopic="/C calc"/></externalLink>'
    more = {"xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": link.encode(), "xl/activeX/activeX1.bin": b"x"}
    return {"表.xlsm": edited(lambda parts: parts.update(more))}


FORMULAS = ("=cmd|' /C calc'!A0", "+SUM(1+1)*cmd|' /C calc'!A0", "@SUM(1+9)", "-2+3+cmd|' /C calc'!A0", '=HYPERLINK("http://example.com/","点我")')
MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{{ config }}",
    "{% for x in range(9) %}x{% endfor %}",
    "<w:br/>&amp;${1}",
)


def _typed(texts: tuple[str, ...]) -> Any:
    """Each text as the title of an article, another as its outlet, and in a figure's cell."""

    def write(workbook: Workbook) -> None:
        sheet = page(workbook, ARTICLES)
        for n, text in enumerate(texts):
            for column in (3, 4, 6):
                cell = sheet.cell(5 + n, column)
                cell.value, cell.data_type = text, "s"
            sheet.cell(5 + n, 5).value = sheet.cell(5, 5).value
        cell = page(workbook)["D14"]
        cell.value, cell.data_type = texts[0], "s"

    return write


@case("公式样的文字", ok(FORM), findings=(("V-201", MAIN_SHEET, "D14"),), points=92)
def formula_injection() -> Files:
    return {FORM: form(_typed(FORMULAS))}


@case("网页和模板样的文字", ok(FORM), findings=(("V-205", MAIN_SHEET, "D14"),), points=92)
def markup_injection() -> Files:
    return {FORM: form(_typed(MARKUP))}


@case("真的公式", ok(FORM), findings=(("V-201", MAIN_SHEET, "D14"), ("V-210", MAIN_SHEET, "D36")))
def formulas() -> Files:
    """A DDE formula without a value, and an error."""

    def change(workbook: Any) -> None:
        page(workbook)["D14"] = "=cmd|'/C calc'!A0"
        workbook[MAIN_SHEET]["D36"] = "#REF!"
        workbook[MAIN_SHEET]["D36"].data_type = "e"

    return {FORM: form(change)}


# Forms of others


@case(
    "伪造的核查表",
    ok(FORM),
    lost("核查.xlsx", Verdict.REFUSED),
    lost("审定.xlsx", Verdict.REFUSED),
    says={
        "核查.xlsx": f"核查表{UNSEALED}请用 forms --inspection 重新制作，请考核组填在新表上；{OR_TRUST}",
        "审定.xlsx": f"审定表{UNSEALED}请用 forms --decision 重新制作，填在新表上；{OR_TRUST}",
    },
)
def forged_inspection() -> Files:
    """And a decision form: what the office makes, but without its seal. The unit's figures are as they were."""
    visit = fill_inspection(year().form_for(UNIT), {UNIT: dict.fromkeys(("gate:gate_institution", "gate:gate_staff", "gate:gate_funding"), "不具备")})
    return {FORM: sound(), "核查.xlsx": marked(visit, seal=""), "审定.xlsx": marked(form_of(figures().assessment()), seal="")}


# Programs among evidence


KEPT = "没有存到佐证材料里，只留在存档中；请不要打开；确实需要的，请发件单位改成 PDF 或图片重新报送"
NAMED = "是程序、脚本、快捷方式或磁盘映像一类的文件（{}），不是佐证材料，" + KEPT
MACROS = f"文件里有宏，{KEPT}"
PROGRAM = f"内容是程序，不是佐证材料，{KEPT}"
SUSPECTS: dict[str, tuple[bytes, str]] = {
    "安装.exe": (b"MZ\x90" + bytes(100), PROGRAM),
    "照片.jpg": (b"\x7fELF" + bytes(100), PROGRAM),
    "填报.xlsx": (b"MZ\x90" + bytes(100), PROGRAM),
    "证明.pdf.js": (b"WScript.Echo(1)", NAMED.format(".js")),
    "打开我.bat": (b"@echo off", NAMED.format(".bat")),
    "说明.docm": (packed({"word/document.xml": "<w/>", "word/vbaProject.bin": "x", "[Content_Types].xml": "<T/>"}), MACROS),
    "说明.docx": (packed({"word/document.xml": "<w/>", "word/vbaProject.bin": "x", "[Content_Types].xml": "<T/>"}), MACROS),
    "工具.jar": (packed({"META-INF/MANIFEST.MF": "x", "A.class": "x"}), PROGRAM),
    "快捷.dat": (b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(100), f"内容是快捷方式，不是佐证材料，{KEPT}"),
    "光盘.iso": (b"x", NAMED.format(".iso")),
}


@case(
    "程序混在佐证材料里",
    ok(FORM),
    evidence("扫描件.jpg"),
    evidence("MZ的说明.txt"),
    *(lost(name, Verdict.SUSPECT, UNIT) for name in SUSPECTS),
    says={name: why for name, (_, why) in SUSPECTS.items()},
)
def programs_among_evidence() -> Files:
    return {FORM: sound(), "扫描件.jpg": SCAN, "MZ的说明.txt": b"MZ is a name " * 9} | {name: data for name, (data, _) in SUSPECTS.items()}
