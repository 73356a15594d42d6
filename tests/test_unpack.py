"""Mails and archives level by level, whose the files in them are, and bounds that hold for all levels together."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from email.message import EmailMessage

import pytest

from kaohe.config.loader import Office
from kaohe.intake.arrival import Arrival, left_behind
from kaohe.intake.inbox import Intake, Material, take_in
from kaohe.intake.look import Look, look_into
from kaohe.intake.record import Verdict
from kaohe.intake.workers import here
from kaohe.store import MemoryStore, Store
from tests.support.decisions import approved, figures, form_of
from tests.support.forms import NOON, filled, program_office, sound_fields, stamped
from tests.support.inspections import year
from tests.support.seals import seals

OFFICE = program_office()
SCAN = b"\xff\xd8\xff\xe0 scan"
TOO_DEEP = "压缩包或邮件一层套一层，套得太深，没有再打开，请把里面的填报表取出来直接报送"
TOO_MUCH = "压缩包或邮件里的文件太多或太大，没有取出来，请只把填报表和佐证材料单独报送"


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def mail(files: Mapping[str, bytes]) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "报送考核表"
    message.set_content("见附件。")
    for name, data in files.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def office(**bounds: int) -> Office:
    return replace(OFFICE, config=OFFICE.config.model_copy(update={"intake": OFFICE.config.intake.model_copy(update=bounds)}))


def taken(files: Mapping[str, bytes], under: Office = OFFICE, now: int | None = None) -> Intake:
    return take_in(under, [Arrival.of(name, data, NOON) for name, data in files.items()], lambda _: 7, now=now, seals=seals)


def outcomes(intake: Intake) -> list[tuple[str, Verdict, str | None, str]]:
    return [(f.name, f.verdict, f.unit, f.inside) for f in intake.files]


@pytest.fixture(scope="module")
def form() -> bytes:
    return filled("jinshui", sound_fields())


def test_a_form_in_a_mail_counts_and_what_came_with_it_is_its_evidence(form: bytes) -> None:
    intake = taken({"来信.eml": mail({"填报表.xlsx": form, "扫描件.jpg": SCAN})})
    assert outcomes(intake) == [
        ("来信.eml", Verdict.OPENED, None, ""),
        ("来信.eml/填报表.xlsx", Verdict.ACCEPTED, "jinshui", "来信.eml"),
        ("来信.eml/扫描件.jpg", Verdict.EVIDENCE, "jinshui", "来信.eml"),
    ]
    assert [f.reason for f in intake.files] == ["取出2个文件", "采用", "金水区工商联的佐证材料（与该单位的报送放在一起）"]
    assert [f.first_seen for f in intake.files] == [7, 7, 7]
    assert intake.originals == {"jinshui": hashlib.sha256(form).hexdigest()}
    assert intake.materials == (Material("jinshui", "扫描件.jpg", hashlib.sha256(SCAN).hexdigest()),)


def test_an_unknown_sender_s_words_make_nothing_a_unit_s(form: bytes) -> None:
    """Anybody can write a unit's name into a subject or a file's name; a unit's form is known by its own marks."""
    scan, with_form = "邮件/发件人待核对/20141212-x@y.test-惠济区工商联材料.eml", "邮件/发件人待核对/20141213-x@y.test-惠济区工商联.eml"
    intake = taken({scan: mail({"惠济区工商联照片.jpg": SCAN}), with_form: mail({"填报表.xlsx": form, "扫描件.jpg": SCAN})})
    assert outcomes(intake)[1:] == [
        (f"{scan}/惠济区工商联照片.jpg", Verdict.NOT_A_FORM, None, scan),
        (with_form, Verdict.OPENED, None, ""),
        (f"{with_form}/填报表.xlsx", Verdict.ACCEPTED, "jinshui", with_form),
        (f"{with_form}/扫描件.jpg", Verdict.EVIDENCE, "jinshui", with_form),
    ]
    assert [material.unit for material in intake.materials] == ["jinshui"]


def test_a_form_three_levels_down_counts(form: bytes) -> None:
    intake = taken({"来信.eml": mail({"一.zip": zipped({"二.zip": zipped({"表.xlsx": form})})})})
    assert outcomes(intake) == [
        ("来信.eml", Verdict.OPENED, None, ""),
        ("来信.eml/一.zip", Verdict.OPENED, None, "来信.eml"),
        ("来信.eml/一.zip/二.zip", Verdict.OPENED, None, "来信.eml/一.zip"),
        ("来信.eml/一.zip/二.zip/表.xlsx", Verdict.ACCEPTED, "jinshui", "来信.eml/一.zip/二.zip"),
    ]


def test_deeper_than_allowed_is_not_opened(form: bytes) -> None:
    intake = taken({"一.zip": zipped({"二.zip": zipped({"三.zip": zipped({"表.xlsx": form})})})}, office(nested=2))
    assert [(f.name, f.verdict, f.reason) for f in intake.files][2:] == [("一.zip/二.zip/三.zip", Verdict.REFUSED, TOO_DEEP)]


def test_bounds_hold_for_all_levels_together(form: bytes) -> None:
    inner = zipped({f"{n}.txt": b"x" for n in range(40)})
    intake = taken({"包.zip": zipped({"a.zip": inner, "b.zip": inner}), "好.xlsx": form}, office(members=80))
    assert [(f.name, f.verdict) for f in intake.files] == [
        ("包.zip", Verdict.OPENED),
        ("包.zip/a.zip", Verdict.OPENED),
        *((f"包.zip/a.zip/{n}.txt", Verdict.NOT_A_FORM) for n in range(40)),
        ("包.zip/b.zip", Verdict.REFUSED),
        ("好.xlsx", Verdict.ACCEPTED),
    ]
    assert next(f.reason for f in intake.files if f.verdict is Verdict.REFUSED) == TOO_MUCH
    just_enough = taken({"包.zip": zipped({"a.zip": inner, "b.zip": inner})}, office(members=82))
    assert [f.verdict for f in just_enough.files].count(Verdict.NOT_A_FORM) == 80


def test_an_archive_that_goes_too_far_too_often_is_given_up() -> None:
    """Ten containers beyond the bounds are looked into, with the rest of their hundred; what comes after is not."""
    looked: list[str] = []

    def look(found: Iterable[Arrival]) -> Iterator[Look]:
        for entry in found:
            looked.append(entry.name)
            yield from look_here([entry])

    limited = office(unpacked_mb=1)
    look_here = here(limited)
    bombs = {f"{n:03d}.zip": zipped({"0.txt": bytes(700_000 + n)}) for n in range(150)}
    files = [Arrival.of("包.zip", zipped(bombs), NOON), Arrival.of("好.xlsx", stamped("jinshui"), NOON)]
    intake = take_in(limited, files, lambda _: 0, look)
    verdicts = {f.name: (f.verdict, f.reason) for f in intake.files}
    assert verdicts["包.zip/000.zip"] == (Verdict.OPENED, "取出1个文件")
    assert {verdicts[f"包.zip/{n:03d}.zip"] for n in range(1, 150)} == {(Verdict.REFUSED, TOO_MUCH)}
    assert verdicts["好.xlsx"] == (Verdict.ACCEPTED, "采用")
    assert verdicts["包.zip/000.zip/0.txt"] == (Verdict.REFUSED, TOO_MUCH)
    assert looked == ["包.zip", "好.xlsx", *(f"包.zip/{n:03d}.zip" for n in range(100))]


def test_what_is_received_is_kept_before_it_is_looked_into(form: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    inner = zipped({"里.xlsx": form})
    names = {hashlib.sha256(data).hexdigest(): name for name, data in {"外.zip": inner, "里.xlsx": form}.items()}

    class Told(MemoryStore):
        def keep(self, data: bytes) -> str:
            sha = super().keep(data)
            steps.append(f"存 {names[sha]}")
            return sha

    def told(name: str, data: bytes, under: Office, store: Store) -> Look:
        steps.append(f"看 {name}")
        return look_into(name, data, under, store)

    monkeypatch.setattr("kaohe.intake.workers.look_into", told)
    take_in(OFFICE, [Arrival.of("外.zip", inner, NOON)], lambda _: 0, here(OFFICE, Told()))
    assert steps == ["存 外.zip", "看 外.zip", "存 里.xlsx", "看 外.zip/里.xlsx"]


def test_equal_files_out_of_containers_are_looked_into_once() -> None:
    looked: list[str] = []
    look_here = here(OFFICE)

    def look(found: Iterable[Arrival]) -> Iterator[Look]:
        for entry in found:
            looked.append(entry.name)
            yield from look_here([entry])

    inner = zipped({"一.txt": b"x", "二.txt": b"x", "三.jpg": b"x"})
    intake = take_in(OFFICE, [Arrival.of("甲.zip", inner, NOON), Arrival.of("乙.zip", inner, NOON)], lambda _: 0, look)
    assert looked == ["甲.zip", "乙.zip", "甲.zip/一.txt", "甲.zip/三.jpg"]
    assert [f.name for f in intake.files if f.verdict is Verdict.NOT_A_FORM] == [
        f"{folder}.zip/{name}" for folder in "甲乙" for name in ("一.txt", "二.txt", "三.jpg")
    ]


def test_a_received_file_has_a_bound_of_time_for_all_that_is_in_it() -> None:
    look_here = here(OFFICE)

    def look(found: Iterable[Arrival]) -> Iterator[Look]:
        for entry in found:
            (seen,) = look_here([entry])
            yield replace(seen, seconds=200.0 if entry.name.endswith(".zip") else 0.0)

    files = {"慢.zip": zipped({f"{n}.zip": zipped({f"{n}.txt": b"x"}) for n in range(2)}), "快.zip": zipped({"1.txt": b"y"})}
    intake = take_in(OFFICE, [Arrival.of(name, data, NOON) for name, data in files.items()], lambda _: 0, look)
    slow = (Verdict.REFUSED, "压缩包或邮件里的文件读得太久（超过300秒），后面的没有再读，请把填报表单独报送")
    verdicts = {f.name: (f.verdict, f.reason) for f in intake.files}
    assert verdicts["慢.zip/0.zip/0.txt"] == verdicts["慢.zip/1.zip/1.txt"] == slow
    assert verdicts["快.zip/1.txt"] == (Verdict.NOT_A_FORM, "不是电子表格，没有当作填报表读取")


def test_archives_are_not_opened_onto_a_full_disk(form: bytes) -> None:
    class Full(MemoryStore):
        def room(self) -> int:
            return 500 * 1024 * 1024 + len(form) - 1

    intake = take_in(OFFICE, [Arrival.of("包.zip", zipped({"表.xlsx": form}), NOON)], lambda _: 0, here(OFFICE, Full()))
    assert [(f.name, f.verdict, f.reason) for f in intake.files] == [
        ("包.zip", Verdict.REFUSED, "磁盘快满了，没有取出里面的文件，请腾出空间后再运行一次")
    ]


def test_evidence_goes_to_the_unit_of_its_folder(form: bytes) -> None:
    files = {
        "金水/表.xlsx": form,
        "金水/照片.jpg": SCAN,
        "金水/深处/名册.docx": zipped({"word/document.xml": b"<w/>"}),
        "惠济区/盖章.pdf": b"%PDF-1.4",
        "散件.pdf": b"%PDF-1.4",
        "别处/散件.pdf": b"%PDF-1.5",
    }
    assert [(f.name, f.verdict, f.unit) for f in taken(files).files] == [
        ("金水/表.xlsx", Verdict.ACCEPTED, "jinshui"),
        ("金水/照片.jpg", Verdict.EVIDENCE, "jinshui"),
        ("金水/深处/名册.docx", Verdict.EVIDENCE, "jinshui"),
        ("惠济区/盖章.pdf", Verdict.EVIDENCE, "huiji"),
        ("散件.pdf", Verdict.NOT_A_FORM, None),
        ("别处/散件.pdf", Verdict.NOT_A_FORM, None),
    ]


def test_evidence_among_the_forms_of_several_units_is_nobody_s(form: bytes) -> None:
    files = {"全部/a.xlsx": form, "全部/b.xlsx": stamped("huiji"), "全部/图.jpg": SCAN, "全部/金水/图2.jpg": SCAN + b"2"}
    assert [(f.name, f.verdict, f.unit) for f in taken(files).files][2:] == [
        ("全部/图.jpg", Verdict.NOT_A_FORM, None),
        ("全部/金水/图2.jpg", Verdict.EVIDENCE, "jinshui"),
    ]


def test_an_unreadable_form_in_a_unit_s_folder_is_that_unit_s() -> None:
    (file,) = taken({"金水/表.xlsx": b""}).files
    assert (file.verdict, file.unit) == (Verdict.UNREADABLE, "jinshui")


def test_the_same_material_twice_is_filed_once(form: bytes) -> None:
    intake = taken({"金水/表.xlsx": form, "金水/图.jpg": SCAN, "金水/图 副本.jpg": SCAN})
    assert intake.materials == (Material("jinshui", "图.jpg", hashlib.sha256(SCAN).hexdigest()),)


def test_an_unreadable_file_that_changed_just_now_may_still_be_coming(form: bytes) -> None:
    files = {"半份.xlsx": form[:9000]}
    assert [(f.verdict, f.reason) for f in taken(files, now=NOON + 119).files] == [
        (Verdict.ARRIVING, "打不开，但刚刚改动过，可能还没有传完，下次运行再读")
    ]
    assert [f.verdict for f in taken(files, now=NOON + 120).files] == [Verdict.UNREADABLE]
    assert [f.verdict for f in taken(files, now=NOON - 1).files] == [Verdict.UNREADABLE]
    assert [f.verdict for f in taken({"好.xlsx": form}, now=NOON).files] == [Verdict.ACCEPTED]


def test_what_has_been_on_its_way_for_a_day_may_still_come() -> None:
    coming = Arrival("表.xlsx.crdownload", None, "", NOON, "还在下载", arriving=True)
    assert left_behind(coming, NOON + 86_400) == ""
    assert left_behind(coming, NOON + 86_401) == "已经超过一天没有变化，不像还在下载或复制；请重新下载（复制）完整的文件，再删去这一个"
    assert left_behind(replace(coming, arriving=False), NOON + 86_401) == ""


def test_what_is_broken_inside_a_whole_mail_is_not_still_coming(form: bytes) -> None:
    broken = zipped({"一.xlsx": form, "二.xlsx": form})[:-200]
    intake = taken({"信.eml": mail({"半份.xlsx": form[:9000], "半个.zip": broken})}, now=NOON + 1)
    assert outcomes(intake) == [
        ("信.eml", Verdict.OPENED, None, ""),
        ("信.eml/半份.xlsx", Verdict.UNREADABLE, "jinshui", "信.eml"),
        ("信.eml/半个.zip", Verdict.OPENED, None, "信.eml"),
        ("信.eml/半个.zip/一.xlsx", Verdict.ACCEPTED, "jinshui", "信.eml/半个.zip"),
    ]


def test_a_blank_form_does_not_displace_one_that_was_filled_in(form: bytes) -> None:
    seen = {"旧.xlsx": 1, "新.xlsx": 2}
    found = [Arrival.of("旧.xlsx", form, NOON), Arrival.of("新.xlsx", stamped("jinshui"), NOON + 1)]
    times = {entry.sha256: seen[entry.name] for entry in found}
    intake = take_in(OFFICE, found, lambda entry: times[entry.sha256])
    assert [(f.name, f.verdict, f.reason) for f in intake.files] == [
        ("旧.xlsx", Verdict.ACCEPTED, "采用"),
        ("新.xlsx", Verdict.BLANK, "表里什么都没有填，仍以“旧.xlsx”为准"),
    ]
    assert intake.originals == {"jinshui": hashlib.sha256(form).hexdigest()}
    (alone,) = taken({"空.xlsx": stamped("jinshui")}).files
    assert alone.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("files", "unit"),
    [
        (["第二批/表.xlsx", "第二批/登封材料/登封市工商联表彰文件.pdf"], None),  # the form of another unit lies further out
        (["第二批/表.xlsx", "第二批/照片/1.pdf"], None),
        (["第二批/表.xlsx", "第二批/登封市工商联表彰文件.pdf"], None),  # beside the form, but named for another unit
        (["第二批/表.xlsx", "第二批/证书.pdf"], "jinshui"),
        (["登封/表.xlsx", "登封/证书.pdf"], None),  # the folder says one unit, the form in it another
        (["惠济区补充材料/扫描.pdf"], "huiji"),
        (["01二七区工商联/2.pdf"], "erqi"),
        (["中原银行/2.pdf"], None),
    ],
)
def test_what_folder_form_and_name_do_not_agree_on_is_nobody_s(form: bytes, files: list[str], unit: str | None) -> None:
    intake = taken({name: form if name.endswith(".xlsx") else SCAN for name in files})
    assert (intake.files[-1].verdict, intake.files[-1].unit) == (Verdict.EVIDENCE if unit else Verdict.NOT_A_FORM, unit)


@pytest.mark.parametrize(
    ("name", "inside", "unit"),
    [
        ("惠济区工商联补充材料.eml", mail({"扫描.pdf": SCAN}), "huiji"),
        ("金水.zip", zipped({"照片/1.jpg": SCAN}), "jinshui"),
        ("补充.eml", mail({"扫描.pdf": SCAN}), None),
        ("12月5日/补充.eml", mail({"扫描.pdf": SCAN}), None),  # a form beside the mail says nothing of what is in it
    ],
)
def test_a_mail_or_an_archive_speaks_for_what_is_in_it(form: bytes, name: str, inside: bytes, unit: str | None) -> None:
    intake = taken({"12月5日/表.xlsx": form, name: inside})
    assert (intake.files[-1].verdict, intake.files[-1].unit) == (Verdict.EVIDENCE if unit else Verdict.NOT_A_FORM, unit)


def test_forms_in_an_archive_speak_for_its_folders(form: bytes) -> None:
    intake = taken({"报送.zip": zipped({"表.xlsx": form, "佐证/一/1.jpg": SCAN})})
    assert [(f.verdict, f.unit) for f in intake.files][1:] == [(Verdict.ACCEPTED, "jinshui"), (Verdict.EVIDENCE, "jinshui")]


def test_a_group_s_form_in_a_unit_s_own_mail_is_not_used(form: bytes) -> None:
    """A county has a form of the group's making at hand, and could answer it in its own favour."""
    visit = year().form("xinzheng")
    together = taken({"来信.eml": mail({"表.xlsx": form, "附件.xlsx": visit})})
    assert together.inspections == ()
    assert [(f.verdict, f.reason) for f in together.files][2:] == [
        (
            Verdict.REFUSED,
            "核查表（审定表）和单位的填报表在同一封邮件或同一个压缩包里，不能确定是考核组（主席办公会议）交来的，没有采用；核实以后请把它单独放进收件箱",
        )
    ]
    for apart in ({"来信.eml": mail({"表.xlsx": form}), "核查.xlsx": visit}, {"夹/表.xlsx": form, "夹/核查.eml": mail({"核查.xlsx": visit})}):
        assert len(taken(apart).inspections) == 3


def test_a_decision_in_a_unit_s_own_mail_is_not_used(form: bytes) -> None:
    decision = approved(form_of(figures().assessment()))
    together = taken({"来信.eml": mail({"表.xlsx": form, "附件.xlsx": decision})})
    assert (together.decision, together.files[-1].verdict) == (None, Verdict.REFUSED)
    apart = taken({"来信.eml": mail({"表.xlsx": form}), "附件.xlsx": decision})
    assert apart.decision is not None
    assert (apart.decision[0], apart.files[-1].verdict) == ("附件.xlsx", Verdict.ACCEPTED)


def test_a_folder_called_like_the_archive_beside_it(form: bytes) -> None:
    """No two files get one name: of each it is told which of them counts."""
    other = filled("jinshui", sound_fields(website_items=7))
    found = taken({"包.zip": zipped({"内.zip": zipped({"表.xlsx": form}), "内.zip/表.xlsx": other})})
    said = {file.name: (file.verdict, file.unit) for file in found.files}
    assert said == {
        "包.zip": (Verdict.OPENED, None),
        "包.zip/内.zip": (Verdict.OPENED, None),
        "包.zip/内.zip/表.xlsx": (Verdict.SUPERSEDED, "jinshui"),
        "包.zip/内.zip/表 (2).xlsx": (Verdict.ACCEPTED, "jinshui"),
    }


def test_lock_files_inside_archives_are_left_out(form: bytes) -> None:
    intake = taken({"报送.zip": zipped({"表.xlsx": form, "~$表.xlsx": b"x" * 165, "夹/.~lock.表.xlsx#": b"x"})})
    assert [f.name for f in intake.files] == ["报送.zip", "报送.zip/表.xlsx"]
