"""What is not there whole yet, and what broke off on its way."""

from base64 import b64encode

from kaohe.intake.record import Verdict
from tests.corpus.case import Corpus, Files, lost, ok
from tests.corpus.make import SCAN
from tests.support.changed import sound
from tests.support.containers import mail_of
from tests.support.packages import packed

CORPUS = Corpus()
case = CORPUS.case
OPEN_ELSEWHERE = "Excel、WPS 打开文件时的临时文件，文件关闭后就没有了"
ON_ITS_WAY = "还在下载或复制，下次运行再读"
STILL_COMING = "打不开，但刚刚改动过，可能还没有传完，下次运行再读"
DAMAGED = "文件已损坏，可能没有传完，请重新报送"


@case("别处正开着", lost("~$填报表.xlsx", Verdict.ARRIVING), ok("填报表.xlsx"), says={"~$填报表.xlsx": OPEN_ELSEWHERE}, age=60)
def lock_file_of_excel() -> Files:
    return {"~$填报表.xlsx": b"\x03abc" + bytes(161), "填报表.xlsx": sound()}


@case("WPS正开着", lost(".~填报表.xlsx", Verdict.ARRIVING), ok("填报表.xlsx"), age=60)
def lock_file_of_wps() -> Files:
    return {".~填报表.xlsx": b"x", "填报表.xlsx": sound()}


@case("还在下载", lost("填报表.xlsx.part", Verdict.ARRIVING), points=None, says={"填报表.xlsx.part": ON_ITS_WAY}, age=86_000)
def download() -> Files:
    return {"填报表.xlsx.part": sound()[:9000]}


@case("浏览器还在下载", lost("填报表.xlsx.crdownload", Verdict.ARRIVING), points=None, age=60)
def download_of_a_browser() -> Files:
    return {"填报表.xlsx.crdownload": sound()}


@case(
    "下载早就断了",
    lost("填报表.xlsx.crdownload", Verdict.STALLED),
    points=None,
    says={"填报表.xlsx.crdownload": "已经超过一天没有变化，不像还在下载或复制；请重新下载（复制）完整的文件，再删去这一个"},
)
def download_that_broke_off() -> Files:
    return {"填报表.xlsx.crdownload": sound()[:9000]}


@case(
    "残留的临时文件",
    lost("~$填报表.xlsx", Verdict.STALLED),
    ok("填报表.xlsx"),
    says={"~$填报表.xlsx": "Excel、WPS 打开文件时的临时文件，已经超过一天没有变化，可能是残留的；请确认没有人正开着那个文件，再删去这一个"},
)
def lock_file_left_behind() -> Files:
    return {"~$填报表.xlsx": b"\x03abc" + bytes(161), "填报表.xlsx": sound()}


@case("刚复制了一半", lost("填报表.xlsx", Verdict.ARRIVING), points=None, says={"填报表.xlsx": STILL_COMING}, age=60)
def half_just_now() -> Files:
    return {"填报表.xlsx": sound()[:9000]}


@case(
    "刚复制了一半的邮件和压缩包",
    lost("来信.eml", Verdict.ARRIVING),
    lost("材料.zip", Verdict.ARRIVING),
    points=None,
    says=dict.fromkeys(("来信.eml", "材料.zip"), "不完整，但刚刚改动过，可能还没有传完，下次运行再读"),
    age=60,
)
def half_containers_just_now() -> Files:
    """What came through of them is not taken for all of it, and the half form in the mail is not told to the unit."""
    head = 'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="a.xlsx"'
    mail, archive = mail_of((head, b64encode(sound()))), packed({"填报表.xlsx": sound(), "照片.jpg": SCAN * 1000})
    return {"来信.eml": mail[: len(mail) // 2], "材料.zip": archive[: archive.index(b"PK\x01\x02") - 20]}


@case("刚复制完", ok("填报表.xlsx"), age=0)
def whole_just_now() -> Files:
    return {"填报表.xlsx": sound()}


@case("早就断了", lost("填报表.xlsx", Verdict.UNREADABLE), points=None, says={"填报表.xlsx": DAMAGED})
def half_long_ago() -> Files:
    return {"填报表.xlsx": sound()[:9000]}


@case("先有一份好的再复制一半", ok("一.xlsx"), lost("二.xlsx", Verdict.ARRIVING), age=60)
def half_after_a_good_one() -> Files:
    return {"一.xlsx": sound(), "二.xlsx": sound()[:9000]}
