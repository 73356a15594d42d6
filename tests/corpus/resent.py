"""Forms that are sent again, better or worse."""

from functools import cache
from typing import Any

from kaohe.forms.layout import MAIN_SHEET
from kaohe.intake.record import Verdict
from tests.corpus.case import UNIT, Corpus, Files, evidence, lost, ok, opened
from tests.corpus.make import SCAN, form
from tests.support.changed import page, sound
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
