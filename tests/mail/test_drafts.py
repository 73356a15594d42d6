"""What is written to whom, with which files, and what is not written and why."""

import json
from datetime import date
from pathlib import Path

import pytest

from kaohe.config.loader import Office, load_office
from kaohe.mail.chasing import chase
from kaohe.mail.drafts import Batch, corrections_batch, forms_batch, is_real, letters_batch, reminders_batch, write_drafts
from kaohe.mail.kinds import Kind
from kaohe.publish.frozen import Manifest, set_files
from tests.support import sample
from tests.support.forms import drop, tree
from tests.support.mail_office import mail_office, with_forms

TODAY = date(2014, 12, 22)
LETTER = "结果通知/结果通知-金水区工商联.docx"


def units(office: Office, *codes: str) -> list[object]:
    return [office.config.units_by_code[code] for code in codes]


def omitted(batch: Batch) -> list[tuple[str, str]]:
    return [(one.unit.code, one.why) for one in batch.omitted]


def issued(office: Office, *names: str) -> Path:
    """A final set that holds these files and a manifest."""
    place = office.config.folder("outbox") / "final" / "2014"
    for name in names:
        drop(place, name, name.encode())
    manifest = Manifest(program="1", year=2014, issued="", rules_hash="", readings={}, decision="", files=set_files(place), inputs=())
    drop(place, "manifest.json", manifest.sealed())
    return place


@pytest.mark.parametrize(
    ("address", "real"),
    [("a@gsl.test", True), ("a@b.example", False), ("a@EXAMPLE", False), ("a@b.Example.", False), ("a@example.com", True), ("a@notexample", True)],
)
def test_addresses_that_stand_in_for_real_ones(address: str, real: bool) -> None:
    assert is_real(address) is real


def test_forms(tmp_path: Path) -> None:
    office = mail_office(tmp_path)
    batch = with_forms(office, ("jinshui",))
    (draft,) = batch.drafts
    assert (draft.file_name, draft.message.recipient.address) == ("填报表-金水区工商联.eml", "jinshui@gsl.test")
    assert draft.message.subject == "请填报2014年度工作目标考核填报表（金水区工商联）"
    assert draft.message.text.splitlines()[:3] == [
        "郑州市金水区工商业联合会：",
        "",
        "按照《关于做好郑州市工商联系统2014年度工作目标考核办法的通知》（郑联发〔2014〕32号），现将你单位的2014年度考核填报表"
        "“2014年度考核填报表-金水区工商联.xlsx”发给你们，请用这一份填报，不要另建表格，也不要用别的单位的表。",
    ]
    assert "请于2014年12月31日前把填好的表发到 office@zzsgsl.test" in draft.message.text
    missing = forms_batch(office, [office.config.units_by_code["huiji"]], TODAY)
    assert (missing.drafts, omitted(missing)) == ([], [("huiji", "还没有制作填报表，请先执行 pipeline.py forms")])


def test_corrections_are_what_the_night_put_there(tmp_path: Path) -> None:
    office = mail_office(tmp_path)
    assert corrections_batch(office, office.config.cohort, TODAY).refusal == "outbox 里还没有更正通知，请先执行 pipeline.py run"
    outbox = office.config.folder("outbox")
    drop(outbox, "run-report.html", b"")
    assert corrections_batch(office, office.config.cohort, TODAY).refusal == "现在没有要更正的单位，不用发"
    for name in ("更正通知-金水区工商联.xlsx", "更正通知-金水区工商联.txt", "更正通知-惠济区工商联.txt"):
        drop(outbox / "更正通知", name, name.encode())
    batch = corrections_batch(office, units(office, "jinshui", "huiji", "erqi"), TODAY)  # type: ignore[arg-type]
    assert [[file.name for file in draft.message.attachments] for draft in batch.drafts] == [
        ["更正通知-金水区工商联.xlsx", "更正通知-金水区工商联.txt"],
        ["更正通知-惠济区工商联.txt"],
    ]
    assert omitted(batch) == [("erqi", "没有要更正的")]
    assert [draft.message.subject for draft in batch.drafts] == [
        "请更正2014年度考核填报表（金水区工商联）",
        "请重新报送2014年度考核填报表（惠济区工商联）",
    ]
    matters = [draft.about.matter for draft in batch.drafts]
    drop(outbox / "更正通知", "更正通知-惠济区工商联.txt", "又改了".encode())
    again = [draft.about.matter for draft in corrections_batch(office, units(office, "jinshui", "huiji"), TODAY).drafts]  # type: ignore[arg-type]
    assert (again[0] == matters[0], again[1] == matters[1]) == (True, False), "other corrections are another matter"


def test_a_refused_unit_gets_its_form_once_more(tmp_path: Path) -> None:
    """Only the letter lies there for it; the form that it is to use goes with it and is no other matter."""
    office = mail_office(tmp_path)
    outbox, unit = office.config.folder("outbox"), office.config.units_by_code["huiji"]
    drop(outbox / "更正通知", "更正通知-惠济区工商联.txt", b"letter")
    (without,) = corrections_batch(office, [unit], TODAY).drafts
    drop(outbox / "forms", "2014年度考核填报表-惠济区工商联.xlsx", b"form")
    (draft,) = corrections_batch(office, [unit], TODAY).drafts
    assert [file.name for file in draft.message.attachments] == ["更正通知-惠济区工商联.txt", "2014年度考核填报表-惠济区工商联.xlsx"]
    assert draft.about.matter == without.about.matter
    assert draft.message.text.splitlines()[2:5] == [
        "你单位报送的2014年度考核填报表没有能够采用，需要重新报送，原因和怎样报见附件；发给你单位的表再附一次：",
        "   ● 更正通知-惠济区工商联.txt",
        "   ● 2014年度考核填报表-惠济区工商联.xlsx",
    ]
    assert "请于2014年12月31日前填好，发到 office@zzsgsl.test" in draft.message.text


def test_letters_only_from_the_final_set(tmp_path: Path) -> None:
    office = mail_office(tmp_path)
    place = tmp_path / "outbox" / "final" / "2014"
    refused = letters_batch(office, office.config.cohort, TODAY)
    assert refused.refusal == f"正式结果还没有生成（没有 {place}），结果通知不能发。主席办公会议审定、生成正式结果以后再发"
    issued(office, LETTER, "结果通知/结果通知-惠济区工商联.docx")
    (place / "结果通知" / "结果通知-惠济区工商联.docx").write_bytes(b"altered")
    batch = letters_batch(office, units(office, "jinshui", "huiji", "erqi"), TODAY)  # type: ignore[arg-type]
    (draft,) = batch.drafts
    assert (draft.message.recipient.name, draft.message.recipient.address) == ("中共郑州市金水区委统战部", "tzb@dept.test")
    assert draft.message.subject == "关于郑州市金水区工商业联合会2014年度工作目标考核结果的函"
    assert [file.data for file in draft.message.attachments] == [LETTER.encode()]
    assert omitted(batch) == [
        ("huiji", "函“结果通知-惠济区工商联.docx”与正式结果的清单不符，可能改动过，没有发。请执行 pipeline.py verify，核对一下"),
        ("erqi", "正式结果里没有给中共郑州市二七区委统战部的函“结果通知-二七区工商联.docx”"),
    ]
    (place / "manifest.json").write_bytes(json.dumps({}).encode())
    assert letters_batch(office, office.config.cohort, TODAY).refusal.startswith("正式结果的清单读不出来")


def test_a_department_without_an_address(tmp_path: Path) -> None:
    office = mail_office(tmp_path)
    office.file.write_text(office.file.read_text(encoding="utf-8").replace('department_email = "tzb@dept.test"\n', ""), encoding="utf-8")
    office = load_office(office.file)
    issued(office, LETTER)
    batch = letters_batch(office, units(office, "jinshui"), TODAY)  # type: ignore[arg-type]
    assert omitted(batch) == [("jinshui", "没有写中共郑州市金水区委统战部的邮箱，请在 config.toml 里给这个单位加上 department_email")]


def test_reminders_say_what_is_wanted_in_growing_firmness(tmp_path: Path) -> None:
    office = mail_office(tmp_path)
    drop(office.config.folder("outbox") / "更正通知", "更正通知-登封市工商联.xlsx", b"marked")
    drop(office.config.folder("outbox") / "更正通知", "更正通知-荥阳市工商联.txt", b"letter")
    for short in ("中原区", "荥阳市", "登封市"):
        drop(office.config.folder("outbox") / "forms", f"2014年度考核填报表-{short}工商联.xlsx", b"form")
    assessment = sample.assessment()
    batch = reminders_batch(office, chase(assessment, [], TODAY), office.config.cohort, everybody=False)
    written = {draft.unit.code: draft.message for draft in batch.drafts}
    assert {code: message.subject for code, message in written.items()} == {
        "zhongyuan": "【提醒】请按时报送2014年度考核填报表（中原区工商联）",
        "xingyang": "【提醒】请按时重新报送2014年度考核填报表（荥阳市工商联）",
        "dengfeng": "【提醒】请按时更正并重新报送2014年度考核填报表（登封市工商联）",
    }
    assert "报送截止日期是2014年12月31日，从今天（2014年12月22日）算起还有9天，其中工作日7天。" in written["zhongyuan"].text
    assert "有1处错误、1处疑问，还没有更正，详见附件。" in written["dengfeng"].text
    assert [file.name for message in written.values() for file in message.attachments] == [
        "2014年度考核填报表-中原区工商联.xlsx",
        "更正通知-荥阳市工商联.txt",
        "2014年度考核填报表-荥阳市工商联.xlsx",
        "更正通知-登封市工商联.xlsx",
    ]
    assert ("xinzheng", "有效，不用催") in omitted(batch)
    late = reminders_batch(office, chase(assessment, [], date(2015, 1, 6)), office.config.cohort, everybody=False)
    assert [draft.message.subject[:4] for draft in late.drafts] == ["【催办】"] * 3
    assert "报送截止日期2014年12月31日已经过去6天。" in late.drafts[0].message.text
    assert "{" not in "".join(draft.message.text for draft in (*batch.drafts, *late.drafts))


def test_reminders_wait_for_their_day_unless_all_are_asked_for(tmp_path: Path) -> None:
    office, early = mail_office(tmp_path), chase(sample.assessment(), [], date(2014, 12, 8))
    batch = reminders_batch(office, early, office.config.cohort, everybody=False)
    assert batch.drafts == []
    assert ("zhongyuan", "还没有报送，今天不到提醒的日子，下次2014年12月11日；现在就要催的加 --all") in omitted(batch)
    assert len(reminders_batch(office, early, office.config.cohort, everybody=True).drafts) == 3


def test_a_template_with_a_fault_costs_its_own_mails_only(tmp_path: Path) -> None:
    office = mail_office(tmp_path)
    template = drop(tmp_path / "templates", "mail/forms.txt", "主题：{% if unit.code == 'jinshui' %}{{ nonsense }}{% endif %}表\n正文".encode())
    batch = with_forms(office)
    assert [(draft.unit.code, draft.message.subject, draft.message.text) for draft in batch.drafts] == [
        ("xinzheng", "表", "正文"),
        ("zhongyuan", "表", "正文"),
    ]
    assert omitted(batch) == [("jinshui", f"没有写成。模板 forms.txt 第1行写得不对：'nonsense' is undefined（{template}）")]
    drop(tmp_path / "templates", "mail/forms.txt", "请填报\n正文".encode())
    assert {why for _, why in omitted(with_forms(office))} == {f"没有写成。模板 forms.txt 的第一行应当是“主题：……”（{template}）"}


def test_templates_are_a_sandbox(tmp_path: Path) -> None:
    office = mail_office(tmp_path)
    drop(tmp_path / "templates", "mail/forms.txt", "主题：{{ ''.__class__.__mro__ }}\n".encode())
    assert with_forms(office).drafts == []


def test_drafts_replace_earlier_ones_of_their_kind(tmp_path: Path) -> None:
    office = mail_office(tmp_path)
    batch = with_forms(office)
    drop(tmp_path / "outbox" / "mail", "填报表-早先的.eml", b"old")
    drop(tmp_path / "outbox" / "mail", "更正通知-金水区工商联.eml", b"other kind")
    drop(tmp_path / "outbox" / "mail", "我的.eml", b"mine")
    folder = write_drafts(office.config, Kind.FORMS, batch.drafts, only_some=False)
    assert sorted(tree(folder)) == [
        "填报表-中原区工商联.eml",
        "填报表-新郑市工商联.eml",
        "填报表-金水区工商联.eml",
        "我的.eml",
        "更正通知-金水区工商联.eml",
    ]
    write_drafts(office.config, Kind.FORMS, batch.drafts[:1], only_some=True)
    assert len(tree(folder)) == 5
