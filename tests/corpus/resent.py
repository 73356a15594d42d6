"""Forms that are sent again, better or worse."""

from base64 import b64encode
from functools import cache
from typing import Any

from kaohe.forms.layout import MAIN_SHEET
from kaohe.intake.record import Verdict
from tests.corpus.case import UNIT, Corpus, Files, evidence, lost, ok, opened
from tests.corpus.make import SCAN, form
from tests.support.changed import page, sound
from tests.support.containers import mail_of, zip_of
from tests.support.forms import filled, stamped
from tests.support.packages import packed

CORPUS = Corpus()
case = CORPUS.case
OLD, NEW = "一.xlsx", "二.xlsx"


@cache
def first() -> bytes:
    """The sound form before two of its figures were put right."""

    def worse(workbook: Any) -> None:
        page(workbook)["D14"], page(workbook)["D36"] = 61, 1005

    return form(worse)


@case(
    "新的代替旧的",
    lost(OLD, Verdict.SUPERSEDED, UNIT),
    ok(NEW),
    says={OLD: f"之后又收到“{{folder}}/{NEW}”，以新的为准；填报内容有2处不同"},
    changes=((MAIN_SHEET, "D14", "61", "90"), (MAIN_SHEET, "D36", "1005", "1010")),
)
def newer_wins() -> Files:
    return {OLD: first(), NEW: sound()}


@case("名字带最终版的旧表", ok("填报表.xlsx"), lost("填报表（最终版）.xlsx", Verdict.SUPERSEDED, UNIT))
def name_means_nothing() -> Files:
    return {"填报表（最终版）.xlsx": first(), "填报表.xlsx": sound()}


@case("同一份报了两次", ok(NEW), lost(OLD, Verdict.DUPLICATE, UNIT), says={OLD: f"与“{{folder}}/{NEW}”内容完全相同，按一份计"})
def duplicate() -> Files:
    return {OLD: sound(), NEW: sound()}


@case("新的是空白表", ok(OLD), lost(NEW, Verdict.BLANK, UNIT), says={NEW: f"表里什么都没有填，仍以“{{folder}}/{OLD}”为准"})
def newer_is_blank() -> Files:
    return {OLD: sound(), NEW: stamped(UNIT)}


@case("新的打不开", ok(OLD), lost(NEW, Verdict.UNREADABLE, UNIT))
def newer_is_unreadable() -> Files:
    return {OLD: sound(), NEW: sound()[:20_000]}


@case("新的是去年的表", ok(OLD), lost(NEW, Verdict.WRONG_YEAR, UNIT))
def newer_is_of_another_year() -> Files:
    return {OLD: sound(), NEW: filled(UNIT, machine={"year": "2013"})}


@case("新的是别的文件", ok(OLD), evidence("二.pdf"))
def newer_is_no_form() -> Files:
    return {OLD: sound(), "二.pdf": b"%PDF-1.4"}


@case("新的在压缩包里", lost(OLD, Verdict.SUPERSEDED, UNIT), opened("二.zip"), ok("二.zip/表.xlsx"), evidence("二.zip/照片.jpg"))
def newer_in_an_archive() -> Files:
    return {OLD: first(), "二.zip": packed({"表.xlsx": sound(), "照片.jpg": SCAN})}


@case("新的被拦下", ok(OLD), lost(NEW, Verdict.REFUSED, UNIT))
def newer_is_hostile() -> Files:
    return {OLD: sound(), NEW: packed({"xl/workbook.xml": "<!DOCTYPE x [<!ENTITY a 'b'>]><workbook>&a;</workbook>"})}


# Two versions in one archive or in two mails: their own dates decide, then the number in the name


EARLIER, LATER = (2015, 1, 4, 9, 0, 0), (2015, 1, 4, 9, 0, 2)


@case(
    "压缩包里有两个版本",
    opened("包.zip"),
    ok("包.zip/甲.xlsx"),
    lost("包.zip/乙.xlsx", Verdict.SUPERSEDED, UNIT),
    says={"包.zip/乙.xlsx": "之后又收到“{folder}/包.zip/甲.xlsx”，以新的为准；填报内容有2处不同"},
    changes=((MAIN_SHEET, "D14", "61", "90"), (MAIN_SHEET, "D36", "1005", "1010")),
)
def dates_in_an_archive() -> Files:
    """The newer one comes first by name and by place."""
    return {"包.zip": packed({"甲.xlsx": sound(), "乙.xlsx": first()}, {"甲.xlsx": LATER, "乙.xlsx": EARLIER})}


@case("压缩包里的版本没有先后", opened("包.zip"), ok("包.zip/填报表(10).xlsx"), lost("包.zip/填报表(9).xlsx", Verdict.SUPERSEDED, UNIT))
def numbers_in_an_archive() -> Files:
    return {"包.zip": packed({"填报表(10).xlsx": sound(), "填报表(9).xlsx": first()})}


@case("压缩包没有记时间", opened("包.zip"), lost("包.zip/第一次.xlsx", Verdict.SUPERSEDED, UNIT), ok("包.zip/第二次.xlsx"))
def no_dates_in_an_archive() -> Files:
    return {"包.zip": zip_of(("第一次.xlsx".encode(), first()), ("第二次.xlsx".encode(), sound()))}


@case("两封邮件", opened("甲.eml"), ok("甲.eml/表.xlsx"), opened("乙.eml"), lost("乙.eml/表.xlsx", Verdict.SUPERSEDED, UNIT))
def dates_of_mails() -> Files:
    """Saved in the wrong order: the one that was sent later counts."""
    return {
        "甲.eml": _mail(sound(), "Mon, 5 Jan 2015 10:00:00 +0800"),
        "乙.eml": _mail(first(), "Mon, 5 Jan 2015 01:00:00 +0000"),
    }


@case("日期不可信的邮件", opened("甲.eml"), lost("甲.eml/表.xlsx", Verdict.SUPERSEDED, UNIT), opened("乙.eml"), ok("乙.eml/表.xlsx"))
def impossible_date_of_a_mail() -> Files:
    """A mail cannot have been sent years after it was saved: then the date of the saved file counts."""
    return {"甲.eml": _mail(first(), "Fri, 1 Jan 2038 00:00:00 +0800"), "乙.eml": _mail(sound(), "")}


def _mail(form: bytes, date: str) -> bytes:
    head = 'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="=?UTF-8?B?6KGoLnhsc3g=?="'
    return mail_of((head, b64encode(form)), date=date)
