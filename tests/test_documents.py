"""The notification and the letters: what they say, that they invent nothing, and that they have the form of GB/T 9704-2012."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office
from kaohe.config.model import Award, GateResult, Unit
from kaohe.publish.documents import TemplateFault, write_letters, write_notice
from kaohe.publish.documents import standard as gb
from kaohe.publish.documents.contents import common, draft, letter_context, notice_context
from kaohe.publish.documents.context import Edition
from kaohe.publish.documents.package import Properties
from kaohe.publish.documents.render import render
from kaohe.publish.documents.typeset import break_title
from kaohe.scoring.score import assess
from kaohe.scoring.scorecard import Assessment, Status, UnitState
from scripts.build_templates import main as build_templates
from tests.support.documents import table, texts, with_config, with_template
from tests.support.sample import assessment, full_fields, full_rows, office, record

HOSTILE = '{{ 7*7 }}<w:p/>&amp;{%p if x %}{_{a}_}"]]>\x07\x0b'
SEEN = '{{ 7*7 }}<w:p/>&amp;{%p if x %}{_{a}_}"]]>'
PASSED = GateResult(gate_institution=True, gate_staff=True, gate_funding=True)
FONTS = PROGRAM_ROOT / "tests" / "support" / "fonts.conf"


def decided(**settings: bool) -> Assessment:
    """An assessment in which every unit is decided: eleven valid, one gated."""
    where = office()
    codes = [unit.code for unit in where.config.cohort]
    gate = dict.fromkeys(codes, PASSED) | {codes[4]: GateResult(gate_institution=True, gate_staff=True, gate_funding=False)}
    where = office(gate=gate)
    if settings:
        where = Office(where.config, where.rulebook.model_copy(update={"settings": where.rulebook.settings.model_copy(update=settings)}))
    return assess(where, {code: record(where, code, full_fields(where, n), full_rows(n)) for n, code in enumerate(codes)}, (), ())


@pytest.fixture(scope="module")
def sample() -> Assessment:
    return assessment()


@pytest.fixture(scope="module")
def notice(sample: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("notice") / "通报.docx"
    write_notice(sample, path)
    return path


@pytest.fixture(scope="module")
def letters(sample: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    paths = write_letters(sample, tmp_path_factory.mktemp("letters"))
    return {path.stem.removeprefix("结果通知-"): path for path in paths}


# ── what the notification says ──


def test_notice_is_addressed_to_every_department_and_names_its_basis(notice: Path) -> None:
    lines = texts(notice)
    assert lines[:4] == [
        "郑州市工商业联合会文件",
        "送审稿（预排名）",
        "关于郑州市工商联系统2014年度工作目标考核结果的通报",
        "中共新郑市委统战部、中共郑州市金水区委统战部、中共郑州市中原区委统战部、中共荥阳市委统战部、中共郑州市上街区委统战部、"
        "中共郑州高新技术产业开发区工委统战部、中共登封市委统战部、中共新密市委统战部、中共郑州市管城回族区委统战部、"
        "中共中牟县委统战部、中共郑州市二七区委统战部、中共郑州市惠济区委统战部：",
    ]
    assert lines[4] == (
        "按照《关于做好郑州市工商联系统2014年度工作目标考核办法的通知》（郑联发〔2014〕32号）要求，"
        "郑州市工商联组织开展了郑州市工商联系统2014年度工作目标考核。现将考核结果通报如下。"
    )


def test_notice_says_that_results_are_provisional_and_which_units_are_open(notice: Path, sample: Assessment) -> None:
    lines = texts(notice)
    assert "考核尚未全部结束，还有4个单位的结果没有确定。本稿所列得分和位次均为预排名，未经主席办公会议审核确定，不作为正式结果。" in lines
    at = lines.index("（三）结果尚未确定的单位")
    reasons = {card.unit.short: card.reason for card in sample.cards}
    assert lines[at + 1 : at + 5] == [
        f"1. 高新区工商联（待核）：{reasons['高新区工商联']}。",
        f"2. 登封市工商联（待更正）：{reasons['登封市工商联']}。",
        f"3. 中原区工商联（未报送）：{reasons['中原区工商联']}。",
        f"4. 荥阳市工商联（待更正）：{reasons['荥阳市工商联']}。",
    ]
    assert lines[lines.index("（二）不计分的单位") + 1] == f"上街区工商联：{reasons['上街区工商联']}。"


def test_notice_counts_scope_groups_and_progress(notice: Path) -> None:
    lines = texts(notice)
    assert lines[lines.index("（一）考核内容") + 1] == (
        "考核共15个方面、44条、59个计分项目。其中封顶项目51个，满分123分；不封顶项目8个，按实际完成情况计分。"
    )
    assert lines[lines.index("（二）考核分组") + 1].startswith(
        "考核对象为12个县（市、区）工商联，分4个组进行。第一组组长白宇宙，副组长肖前诗，考核新郑市工商联、金水区工商联、中原区工商联；"
    )
    assert lines[lines.index("（三）材料报送和实地查看") + 1] == (
        "12个单位中，填报表已采用的10个，报送的文件不能采用的1个，未报送的1个。机构健全、工作人员配备到位、办公经费有保证等前提条件，"
        "经实地查看具备的10个，不具备的1个，尚未查看或者没有查看完毕的1个。"
    )


def test_notice_lists_places_and_ties(notice: Path, sample: Assessment) -> None:
    line = texts(notice)[texts(notice).index("（一）得分和位次") + 1]
    assert line.startswith("参加预排名的9个单位，按总分由高到低依次为：惠济区工商联167分，第1位；二七区工商联157分，第2位；")
    assert "新密市工商联、管城区工商联142分，并列第5位；登封市工商联127分，第7位；" in line
    assert line.endswith("新郑市工商联108分，第9位。总分包括加分项目得分，各单位得分情况见附件。")
    assert sum(card.place is not None for card in sample.cards) == 9


def test_annex_is_the_ranking_on_its_own_page(notice: Path) -> None:
    rows = table(notice)
    assert rows[0] == ["位次", "单位", "考核组", "封顶项目\n得分", "不封顶\n项目得分", "其中\n加分", "总分", "备注"]
    assert rows[1] == ["1", "惠济区工商联", "第四组", "111", "56", "10", "167", "有效"]
    assert rows[7] == ["7", "登封市工商联", "第三组", "106", "21", "5", "127", "待更正"]
    assert rows[10:] == [
        ["—", "中原区工商联", "第一组", "—", "—", "—", "—", "未报送"],
        ["—", "荥阳市工商联", "第二组", "—", "—", "—", "—", "待更正"],
        ["—", "上街区工商联", "第二组", "—", "—", "—", "—", "不计分"],
    ]
    document = Document(str(notice))
    annex = next(p for p in document.paragraphs if p.text == "附件")
    assert annex.paragraph_format.page_break_before
    assert "2014年度考核结果排名表（预排名）" in texts(notice)
    for row in document.tables[0].rows:
        assert row._tr.get_or_add_trPr().find(qn("w:cantSplit")) is not None
    assert document.tables[0].rows[0]._tr.get_or_add_trPr().find(qn("w:tblHeader")) is not None


def test_draft_has_its_mark_on_every_kind_of_page_and_no_number_or_date(notice: Path, letters: Mapping[str, Path], sample: Assessment) -> None:
    for path in (notice, *letters.values()):
        section = Document(str(path)).sections[0]
        headers = [section.header, section.even_page_header]
        if section.different_first_page_header_footer:
            headers.append(section.first_page_header)
        assert all("送审稿（预排名）" in [p.text for p in header.paragraphs] for header in headers)
        body = "\n".join(texts(path))
        assert set(re.findall(r"\S{3}〔\d+〕\d+号", body)) == {sample.rulebook.notice_number}
        reasons = "".join(card.reason for card in sample.cards)
        assert all(found in reasons for found in re.findall(r"\d+年\d+月\d+日", body))
        assert "年月日" in texts(path)


def test_reviewed_notice_is_no_longer_provisional(tmp_path: Path) -> None:
    results = decided()
    assert results.status is Status.REVIEW
    write_notice(results, tmp_path / "a.docx")
    body = "\n".join(texts(tmp_path / "a.docx"))
    assert "预排名" not in body
    assert "尚未" not in body
    assert "送审稿" in body
    assert "经实地查看具备的11个，不具备的1个。" in body
    assert "奖项和获奖单位待主席办公会议审定。" in body


def test_awards_come_from_the_configuration(tmp_path: Path) -> None:
    results = with_config(decided(), awards=(Award(name="先进单位", units=("xinzheng", "jinshui")), Award(name="进步奖", units=("erqi",))))
    write_notice(results, tmp_path / "a.docx")
    assert any(line.endswith("获奖单位如下：先进单位，新郑市工商联、金水区工商联；进步奖，二七区工商联。") for line in texts(tmp_path / "a.docx"))


def test_listed_bonus_is_said_not_to_count(tmp_path: Path) -> None:
    results = decided(bonus_in_total=False)
    write_notice(results, tmp_path / "a.docx")
    path = write_letters(results, tmp_path)[0]
    card = results.cards[0]
    assert card.total is not None
    assert card.bonus is not None
    assert any("总分不包括加分项目得分" in line for line in texts(tmp_path / "a.docx"))
    assert any(f"加分项目得{card.bonus}分，不计入总分。" in line for line in texts(path))
    assert table(path)[-1][-1] == str(card.total + card.bonus)


def test_notice_without_any_ranked_unit(tmp_path: Path) -> None:
    results = assess(office(), {}, (), ())
    write_notice(results, tmp_path / "a.docx")
    lines = texts(tmp_path / "a.docx")
    assert "目前没有可以排名的单位。" in lines
    assert "没有因前提条件不具备而不计分的单位。" in lines


# ── what the letters say ──


def test_one_letter_per_unit_in_ranking_order(sample: Assessment, tmp_path: Path) -> None:
    paths = write_letters(sample, tmp_path / "结果通知")
    assert [path.name for path in paths] == [f"结果通知-{card.unit.short}.docx" for card in sample.cards]
    assert sorted(tmp_path.rglob("*.docx")) == sorted(paths)


def test_letter_of_a_ranked_unit(letters: Mapping[str, Path], sample: Assessment) -> None:
    lines = texts(letters["新密市工商联"])
    assert lines[1:3] == ["关于新密市工商业联合会2014年度工作目标考核结果的函", "中共新密市委统战部："]
    assert (
        "新密市工商联总分142分，在参加预排名的9个单位中并列第5位。其中，封顶项目得111分（满分123分），不封顶项目得31分；加分项目得10分，已计入总分。"
        in lines
    )
    assert "考核尚未全部结束，上述得分和位次为预排名，未经主席办公会议审核确定，不作为正式结果。" in lines
    assert "附件：1. 新密市工商联2014年度考核各方面得分表" in lines
    assert "抄送：新密市工商业联合会。" in lines
    rows = table(letters["新密市工商联"])
    card = next(card for card in sample.cards if card.unit.short == "新密市工商联")
    assert rows[1] == ["（一）办公室工作", "18", "18", "—", "18"]
    assert [row[-1] for row in rows[1:-1]] == [str(card.sections[s.id]) for s in sample.rulebook.sections]
    assert rows[-1] == ["总计", "123", "111", "31", "142"]


def test_letter_details_every_item_with_its_reason(letters: Mapping[str, Path], sample: Assessment) -> None:
    card = next(card for card in sample.cards if card.unit.short == "登封市工商联")
    rows = [row for row in table(letters["登封市工商联"], 1)[1:] if len(set(row)) > 1]
    assert [(row[0], row[1], row[3], row[4]) for row in rows] == [
        (s.item.id, s.item.title, str(s.points), re.sub(r"，计\d+分。$", "。", s.why)) for s in card.items
    ]
    assert ("1.3", "网站信息", "5", "“在工商联网站发布信息条数”填120，达到100。") in [(row[0], row[1], row[3], row[4]) for row in rows]
    assert {row[2] for row in rows} == {"8", "5", "2", "3", "不封顶"}
    assert any(line == f"登封市工商联的结果尚未确定（待更正）：{card.reason}。" for line in texts(letters["登封市工商联"]))


@pytest.mark.parametrize(
    ("name", "state", "also"),
    [
        ("上街区工商联", UnitState.GATED, "考核办法规定：“实地查看工商联机构是否健全、"),
        ("中原区工商联", UnitState.MISSING, "请督促中原区工商联按要求重新报送或者补报填报表。"),
        ("荥阳市工商联", UnitState.REJECTED, "请督促荥阳市工商联按要求重新报送或者补报填报表。"),
    ],
)
def test_letter_of_a_unit_without_score_gives_the_reason(
    letters: Mapping[str, Path], sample: Assessment, name: str, state: UnitState, also: str
) -> None:
    card = next(card for card in sample.cards if card.unit.short == name)
    lines = texts(letters[name])
    assert card.state is state
    assert f"{name}没有考核得分，不参加排名。原因：{card.reason}。" in lines
    assert any(line.startswith(also) for line in lines)
    assert not any("附件" in line or "总分" in line for line in lines)
    assert not Document(str(letters[name])).tables


# ── nothing hostile, nothing random ──


def hostile(results: Assessment) -> Assessment:
    """The same results, with hostile text wherever text comes from people."""
    units = [unit.model_copy(update={"short": f"{unit.short}{HOSTILE}", "name": f"{unit.name}{HOSTILE}"}) for unit in results.config.units]
    results = with_config(results, units=[unit.model_dump() for unit in units])
    by_code: Mapping[str, Unit] = results.config.units_by_code
    cards = tuple(
        replace(
            card,
            unit=by_code[card.unit.code],
            reason=f"{card.reason}{HOSTILE}",
            items=tuple(replace(score, why=f"{score.why}{HOSTILE}\n换行" + "长" * 400) for score in card.items),
        )
        for card in results.cards
    )
    return replace(results, cards=cards)


def test_hostile_text_stays_text(sample: Assessment, tmp_path: Path) -> None:
    results = hostile(sample)
    write_notice(results, tmp_path / "a.docx")
    assert f"3. 中原区工商联{SEEN}（未报送）：没有收到填报表（截止2014年12月31日）{SEEN}。" in texts(tmp_path / "a.docx")
    assert len(table(tmp_path / "a.docx")) == 13
    paths = write_letters(results, tmp_path / "letters")
    assert len(set(paths)) == 12
    assert all(path.parent == tmp_path / "letters" for path in paths)
    assert any(SEEN in line for line in texts(paths[0]))
    reason = table(paths[0], 1)[2][4]
    assert f"{SEEN} 换行长" in reason
    assert reason.endswith("长…")
    assert "49" not in "".join(texts(paths[-1]))


def test_same_assessment_gives_the_same_bytes(sample: Assessment, notice: Path, letters: Mapping[str, Path], tmp_path: Path) -> None:
    write_notice(assessment(), tmp_path / "a.docx")
    assert (tmp_path / "a.docx").read_bytes() == notice.read_bytes()
    again = write_letters(sample, tmp_path / "letters")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in letters.values()]
    with zipfile.ZipFile(notice) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    core = Document(str(notice)).core_properties
    assert core.modified is not None
    assert (core.modified.date(), core.author, core.last_modified_by) == (date(2014, 11, 14), "郑州市工商业联合会", "郑州市工商业联合会")


def test_final_edition_needs_data_only(tmp_path: Path) -> None:
    results = decided()
    edition = Edition(mark="", number="郑联发〔2015〕1号", date="2015年1月5日", printed="2015年1月6日")
    data = render(results.config.template("notice.docx"), notice_context(results, edition), Properties("通报", "", date(2014, 11, 14)))
    (tmp_path / "a.docx").write_bytes(data)
    lines = texts(tmp_path / "a.docx")
    assert lines[1] == "郑联发〔2015〕1号"
    assert lines[lines.index("郑州市工商业联合会") + 1] == "2015年1月5日"
    assert "郑州市工商业联合会办公室2015年1月6日印发" in lines
    assert not any("送审稿" in p.text for p in Document(BytesIO(data)).sections[0].header.paragraphs)
    assert letter_context(results, results.cards[0], common(results, draft(results.status))).edition == Edition("送审稿")


# ── the templates ──


def test_committed_templates_are_the_built_ones_in_form(tmp_path: Path) -> None:
    """Wording is the office's to change; the styles, the page and the settings are the standard's."""
    build_templates(tmp_path)
    for name in ("notice.docx", "letter.docx"):
        with zipfile.ZipFile(tmp_path / name) as built, zipfile.ZipFile(PROGRAM_ROOT / "templates" / name) as committed:
            assert built.namelist() == committed.namelist()
            for part in ("word/styles.xml", "word/settings.xml"):
                assert built.read(part) == committed.read(part), (name, part)


@pytest.mark.parametrize("name", ["notice.docx", "letter.docx"])
def test_templates_use_no_typed_blanks_and_only_the_standards_fonts(name: str) -> None:
    path = PROGRAM_ROOT / "templates" / name
    assert not any("　" in line or "  " in line for line in texts(path))
    with zipfile.ZipFile(path) as archive:
        xml = "".join(archive.read(n).decode() for n in archive.namelist() if re.match(r"word/(document|styles|header\d|footer\d)\.xml", n))
    fonts = set(re.findall(r'w:(?:ascii|hAnsi|eastAsia|cs)="([^"]*)"', xml)) - {"zh-CN"}
    assert fonts == {gb.FANGSONG, gb.KAITI, gb.HEITI, gb.TITLE_SONG, gb.SONG}
    assert "<w:r><w:t" not in xml, "every run hints at Chinese"
    assert b"evenAndOddHeaders" in zipfile.ZipFile(path).read("word/settings.xml")


def test_the_office_rewords_its_own_template(sample: Assessment, tmp_path: Path) -> None:
    results = with_template(sample, tmp_path, "notice.docx", "现将考核结果通报如下。", "现将{{ scope.units }}个单位的结果通报如下。")
    write_notice(results, tmp_path / "a.docx")
    assert texts(tmp_path / "a.docx")[4].endswith("现将12个单位的结果通报如下。")


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("{{ nothing }}", ["第5段", "{{ nothing }}", "没有这项数据"]),
        ("{{ scope.nothing }}", ["第5段", "{{ scope.nothing }}", "没有这项数据"]),
        ("{% if scope %}", ["标记写法有错"]),
        ("{% nonsense %}", ["第5段", "{% nonsense %}", "标记写法有错"]),
        ("{{ 1 / 0 }}", ["第5段", "{{ 1 / 0 }}", "不能进行"]),
        ("{{ ''.__class__.mro() }}", ["第5段"]),
    ],
)
def test_a_broken_template_is_named_with_tag_and_place(sample: Assessment, tmp_path: Path, by: str, words: Sequence[str]) -> None:
    results = with_template(sample, tmp_path, "notice.docx", "现将考核结果通报如下。", by)
    with pytest.raises(TemplateFault) as caught:
        write_notice(results, tmp_path / "a.docx")
    message = str(caught.value)
    assert "notice.docx" in message
    assert all(word in message for word in words), message
    assert not (tmp_path / "a.docx").exists()


def test_a_template_that_is_no_word_file(sample: Assessment, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "letter.docx").write_bytes(b"not a zip")
    with pytest.raises(TemplateFault, match=r"letter\.docx 打不开，或者不是 Word 文件"):
        write_letters(with_config(sample, home=tmp_path), tmp_path / "letters")
    assert not (tmp_path / "letters").exists()


# ── titles ──


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于郑州市工商联系统2014年度工作目标考核结果的通报", ["关于郑州市工商联系统", "2014年度工作目标考核结果的通报"]),
        ("2014年度考核结果排名表（预排名）", ["2014年度考核结果排名表（预排名）"]),
        ("关于郑州市管城回族区工商业联合会2014年度工作目标考核结果的函", ["关于郑州市管城回族区工商业联合会", "2014年度工作目标考核结果的函"]),
        ("一" * 30, ["一" * 15, "一" * 15]),
    ],
)
def test_titles_break_between_words_and_evenly(title: str, lines: list[str]) -> None:
    assert break_title(title) == lines


def test_a_broken_title_is_one_paragraph_with_line_breaks(notice: Path) -> None:
    title = next(p for p in Document(str(notice)).paragraphs if p.style is not None and p.style.name == "公文标题")
    assert title.text.split("\n") == ["关于郑州市工商联系统", "2014年度工作目标考核结果的通报"]
