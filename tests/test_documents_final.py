"""The final set: notification, letters, commendation and certificates with the number, date and awards that the meeting gave."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from kaohe import PROGRAM_ROOT
from kaohe.config.model import Award
from kaohe.publish.documents import TemplateFault, write_award_decision, write_certificates, write_letters, write_notice
from kaohe.publish.documents import standard as gb
from kaohe.publish.documents.annex import last_rows
from kaohe.publish.documents.contents import final
from kaohe.publish.documents.typeset import break_title
from kaohe.scoring.scorecard import Assessment, Status
from kaohe.text import chinese_numeral
from scripts.build_templates import main as build_templates
from tests.support.documents import table, texts, with_config, with_template
from tests.support.final import decided, invented, results_of, sample_results

BEST, PROGRESS = Award(name="先进单位", units=("huiji", "erqi")), Award(name="进步奖", units=("xinzheng",))
HOSTILE = '{{ 7*7 }}<w:p/>&amp;{%p if x %}{_{a}_}"]]>\x07\x0b'
SEEN = '{{ 7*7 }}<w:p/>&amp;{%p if x %}{_{a}_}"]]>'
DATE, ISSUER = "2015年1月20日", "郑州市工商业联合会"


@pytest.fixture(scope="module")
def open_results() -> Assessment:
    return sample_results()


@pytest.fixture(scope="module")
def results(open_results: Assessment) -> Assessment:
    return decided(open_results, BEST, PROGRESS)


@pytest.fixture(scope="module")
def notice(results: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("notice") / "通报.docx"
    write_notice(results, path)
    return path


@pytest.fixture(scope="module")
def letters(results: Assessment, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_letters(results, tmp_path_factory.mktemp("letters"))


@pytest.fixture(scope="module")
def commendation(results: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("award") / "决定.docx"
    write_award_decision(results, path)
    return path


@pytest.fixture(scope="module")
def certificates(results: Assessment, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_certificates(results, tmp_path_factory.mktemp("certificates"))


def every_text(path: Path) -> str:
    """All text of a file: body, headers, footers, properties."""
    with zipfile.ZipFile(path) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if re.match(r"word/(document|header\d|footer\d)\.xml|docProps/", name)]
    return re.sub(r"<[^>]+>", "", "".join(parts))


# ── the notification ──


def test_final_notice_has_the_decisions_number_and_date(notice: Path) -> None:
    lines = texts(notice)
    assert lines[:3] == ["郑州市工商业联合会文件", "郑工商〔2015〕3号", "关于郑州市工商联系统2014年度工作目标考核结果的通报"]
    assert lines[lines.index(ISSUER) + 1] == DATE
    assert "附件：2014年度考核结果排名表" in lines
    assert "2014年度考核结果排名表" in lines


def test_final_notice_names_meeting_and_winners(notice: Path) -> None:
    lines = texts(notice)
    assert lines[lines.index("三、结果运用") + 1] == (
        "按照考核办法，考核结果经2015年1月20日主席办公会议审核确定，现通报当地统战部门，并对获奖者进行表彰。"
        "获奖单位如下：先进单位，惠济区工商联、二七区工商联；进步奖，新郑市工商联。"
    )


def test_final_notice_ranks_without_reserve(notice: Path) -> None:
    lines = texts(notice)
    assert lines[lines.index("（一）得分和位次") + 1].startswith("参加排名的11个单位，按总分由高到低依次为：惠济区工商联167分，第1位；")
    assert not any("尚未" in line for line in lines)
    rows = table(notice)
    assert len(rows) == 13
    assert rows[1] == ["1", "惠济区工商联", "第四组", "111", "56", "10", "167", "有效"]
    assert rows[-1] == ["—", "上街区工商联", "第二组", "—", "—", "—", "—", "不计分"]


def test_final_notice_without_awards_says_so(open_results: Assessment, tmp_path: Path) -> None:
    write_notice(decided(open_results), tmp_path / "a.docx")
    lines = texts(tmp_path / "a.docx")
    assert lines[lines.index("三、结果运用") + 1] == (
        "按照考核办法，考核结果经2015年1月20日主席办公会议审核确定，现通报当地统战部门。本次考核没有评定奖项。"
    )


def test_the_printing_date_is_left_to_the_printer(notice: Path) -> None:
    assert texts(notice)[-2:] == ["郑州市工商业联合会办公室年月日印发", ""]
    assert every_text(notice).count(DATE) == 2, "of the meeting and of the document"


def test_departments_too_many_for_the_first_page_are_addressed_together(tmp_path: Path) -> None:
    write_notice(decided(results_of(invented(40, 3))), tmp_path / "many.docx")
    assert texts(tmp_path / "many.docx")[3] == "各县（市、区）统战部门："
    write_notice(decided(results_of(invented(2, 20))), tmp_path / "two.docx")
    assert texts(tmp_path / "two.docx")[3] == (
        "中共东河综合保税与经济技术开发区工商业联合会委统战部、中共西河综合保税与经济技术开发区工商业联合会委统战部："
    )


# ── the letters ──


def test_final_letters_have_a_date_and_no_number(letters: list[Path], results: Assessment) -> None:
    assert [path.name for path in letters] == [f"结果通知-{card.unit.short}.docx" for card in results.cards]
    for path in letters:
        lines = texts(path)
        assert lines[0] == ""
        assert lines[1].endswith("2014年度工作目标考核结果的函")
        assert lines[lines.index(ISSUER) + 1] == DATE
        assert set(re.findall(r"\S{3}〔\d+〕\d+号", every_text(path))) == {results.rulebook.notice_number}


def test_final_letter_gives_place_and_points(letters: list[Path]) -> None:
    assert (
        "惠济区工商联总分167分，在参加排名的11个单位中第1位。其中，封顶项目得111分（满分123分），不封顶项目得56分；加分项目得10分，已计入总分。"
        in texts(letters[0])
    )


def test_final_letter_of_a_gated_unit(letters: list[Path]) -> None:
    lines = texts(letters[-1])
    assert lines[lines.index("一、考核结果") + 1] == (
        "上街区工商联没有考核得分，不参加排名。原因：实地考核不具备“办公经费有保证”的条件，按考核办法不再计分。"
    )
    assert not any("补报" in line or "尚未" in line for line in lines)


# ── the commendation ──


def test_commendation_lists_winners_by_award(commendation: Path) -> None:
    assert texts(commendation) == [
        "郑州市工商业联合会文件",
        "郑工商〔2015〕4号",
        "关于表彰郑州市工商联系统2014年度工作目标考核获奖单位的决定",
        "各县（市、区）工商联：",
        "按照《关于做好郑州市工商联系统2014年度工作目标考核办法的通知》（郑联发〔2014〕32号）要求，"
        "郑州市工商联组织开展了郑州市工商联系统2014年度工作目标考核。根据考核结果，经2015年1月20日主席办公会议研究，决定对下列单位予以表彰。",
        "一、先进单位（2个）",
        "郑州市惠济区工商业联合会",
        "郑州市二七区工商业联合会",
        "二、进步奖（1个）",
        "新郑市工商业联合会",
        "希望受到表彰的单位珍惜荣誉，再接再厉，在今后的工作中取得新的成绩。各县（市、区）工商联要向受到表彰的单位学习，"
        "扎实做好各项工作，为促进非公有制经济健康发展和非公有制经济人士健康成长作出新的贡献。",
        ISSUER,
        DATE,
        "抄送：各县（市、区）统战部门。",
        "郑州市工商业联合会办公室年月日印发",
        "",
    ]


def test_commendation_without_a_number_has_an_empty_line_for_it(open_results: Assessment, tmp_path: Path) -> None:
    write_award_decision(decided(open_results, BEST, award_number=""), tmp_path / "a.docx")
    assert texts(tmp_path / "a.docx")[1] == ""


# ── certificates ──


def test_one_certificate_per_award_and_winner(certificates: list[Path]) -> None:
    assert [path.name for path in certificates] == [
        "荣誉证书-先进单位-惠济区工商联.docx",
        "荣誉证书-先进单位-二七区工商联.docx",
        "荣誉证书-进步奖-新郑市工商联.docx",
    ]
    assert texts(certificates[-1]) == [
        "荣誉证书",
        "新郑市工商业联合会：",
        "在郑州市工商联系统2014年度工作目标考核中成绩突出，荣获",
        "进步奖",
        "特发此证，以资鼓励。",
        ISSUER,
        DATE,
    ]


def test_certificate_is_one_landscape_sheet_with_a_frame(certificates: list[Path]) -> None:
    section = Document(str(certificates[0])).sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
    assert len(list(section.header._element.iter(qn("w:drawing")))) == 4


def test_certificate_says_the_year_where_the_assessments_name_does_not(results: Assessment, tmp_path: Path) -> None:
    rulebook = results.rulebook.model_copy(update={"title": "目标考核"})
    path = write_certificates(replace(results, rulebook=rulebook), tmp_path)[0]
    assert texts(path)[2] == "在2014年度目标考核中成绩突出，荣获"


def test_names_that_become_the_same_file_name_are_told_apart(open_results: Assessment, tmp_path: Path) -> None:
    awards = (Award(name="A/奖", units=("erqi",)), Award(name="a:奖", units=("erqi",)), Award(name="长" * 300, units=("erqi",)))
    paths = write_certificates(decided(open_results, *awards), tmp_path / "all")
    assert [path.name for path in paths[:2]] == ["荣誉证书-A_奖-二七区工商联.docx", "荣誉证书-a_奖-二七区工商联-2.docx"]
    assert len(paths[2].name.encode()) <= 255
    assert sorted((tmp_path / "all").iterdir()) == sorted(paths)


# ── what holds for all of them ──


def test_nothing_final_is_marked_as_a_draft(notice: Path, letters: list[Path], commendation: Path, certificates: list[Path]) -> None:
    for path in (notice, *letters, commendation, *certificates):
        assert not re.search("送审稿|预排名", every_text(path)), path.name


def test_gated_units_win_nothing(open_results: Assessment, tmp_path: Path) -> None:
    mixed = decided(open_results, Award(name="先进单位", units=("shangjie", "erqi", "erqi")), Award(name="鼓励奖", units=("shangjie",)))
    write_notice(mixed, tmp_path / "a.docx")
    assert any(line.endswith("获奖单位如下：先进单位，二七区工商联。") for line in texts(tmp_path / "a.docx"))
    write_award_decision(mixed, tmp_path / "b.docx")
    body = "\n".join(texts(tmp_path / "b.docx"))
    assert "一、先进单位（1个）\n郑州市二七区工商业联合会\n希望" in body
    assert [path.name for path in write_certificates(mixed, tmp_path / "c")] == ["荣誉证书-先进单位-二七区工商联.docx"]


@pytest.mark.parametrize("awards", [(), (Award(name="鼓励奖", units=("shangjie",)),)])
def test_without_winners_there_is_no_commendation(open_results: Assessment, tmp_path: Path, awards: tuple[Award, ...]) -> None:
    nobody = decided(open_results, *awards)
    with pytest.raises(ValueError, match="nobody wins"):
        write_award_decision(nobody, tmp_path / "a.docx")
    assert write_certificates(nobody, tmp_path / "c") == []
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_awarded_before_the_meeting(results: Assessment, tmp_path: Path) -> None:
    for early in (replace(results, status=Status.REVIEW), replace(results, decision=None)):
        with pytest.raises(ValueError, match="not decided"):
            write_award_decision(early, tmp_path / "a.docx")
        with pytest.raises(ValueError, match="not decided"):
            write_certificates(early, tmp_path / "c")
        write_notice(early, tmp_path / "n.docx")
        assert texts(tmp_path / "n.docx")[1] == "送审稿"
        assert DATE not in every_text(tmp_path / "n.docx")


def test_hostile_text_stays_text(results: Assessment, tmp_path: Path) -> None:
    units = [unit.model_dump() | {"name": f"{unit.name}{HOSTILE}", "short": f"{unit.short}{HOSTILE}"} for unit in results.config.units]
    hostile = with_config(results, units=units, awards=[{"name": f"奖{HOSTILE}", "units": ["erqi"]}])
    write_award_decision(hostile, tmp_path / "a.docx")
    lines = texts(tmp_path / "a.docx")
    assert lines[5:7] == [f"一、奖{SEEN}（1个）", f"郑州市二七区工商业联合会{SEEN}"]
    (path,) = write_certificates(hostile, tmp_path / "c")
    assert path.parent == tmp_path / "c"
    assert (texts(path)[1], texts(path)[3]) == (f"郑州市二七区工商业联合会{SEEN}：", f"奖{SEEN}")


def test_same_decision_gives_the_same_bytes(results: Assessment, notice: Path, commendation: Path, certificates: list[Path], tmp_path: Path) -> None:
    write_notice(results, tmp_path / "a.docx")
    write_award_decision(results, tmp_path / "b.docx")
    again = [tmp_path / "a.docx", tmp_path / "b.docx", *write_certificates(results, tmp_path / "c")]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in (notice, commendation, *certificates)]
    for path in again:
        core = Document(str(path)).core_properties
        assert core.modified is not None
        assert (core.modified.date(), core.author) == (date(2015, 1, 20), ISSUER)


@pytest.mark.parametrize(
    ("name", "text", "write"),
    [
        ("award.docx", "各县（市、区）工商联：", lambda results, folder: write_award_decision(results, folder / "out" / "a.docx")),
        ("certificate.docx", "特发此证，以资鼓励。", lambda results, folder: write_certificates(results, folder / "out")),
    ],
)
def test_a_broken_template_is_named_and_nothing_is_written(
    results: Assessment, tmp_path: Path, name: str, text: str, write: Callable[[Assessment, Path], object]
) -> None:
    broken = with_template(results, tmp_path, name, text, "{{ nothing }}")
    with pytest.raises(TemplateFault, match=rf"{name} 第\d+段的标记“{{{{ nothing }}}}”不能使用：没有这项数据"):
        write(broken, tmp_path)
    assert not (tmp_path / "out").exists()


def test_the_office_rewords_a_certificate(results: Assessment, tmp_path: Path) -> None:
    reworded = with_template(results, tmp_path, "certificate.docx", "特发此证，以资鼓励。", "授予{{ winner }}，以资鼓励。")
    assert texts(write_certificates(reworded, tmp_path / "c")[0])[4] == "授予郑州市惠济区工商业联合会，以资鼓励。"


@pytest.mark.parametrize("name", ["award.docx", "certificate.docx"])
def test_committed_templates_are_the_built_ones_in_form(name: str, tmp_path: Path) -> None:
    build_templates(tmp_path)
    with zipfile.ZipFile(tmp_path / name) as built, zipfile.ZipFile(PROGRAM_ROOT / "templates" / name) as committed:
        assert built.namelist() == committed.namelist()
        for part in ("word/styles.xml", "word/settings.xml"):
            assert built.read(part) == committed.read(part), part
        xml = "".join(committed.read(part).decode() for part in committed.namelist() if re.match(r"word/(document|styles|header\d)\.xml", part))
    fonts = set(re.findall(r'w:(?:ascii|hAnsi|eastAsia|cs)="([^"]*)"', xml)) - {"zh-CN"}
    assert fonts <= {gb.FANGSONG, gb.KAITI, gb.HEITI, gb.TITLE_SONG, gb.SONG}
    assert not any("　" in line or "  " in line for line in texts(PROGRAM_ROOT / "templates" / name))


# ── typesetting ──


def test_final_edition_has_no_mark_and_invents_no_printing_date(results: Assessment) -> None:
    assert results.decision is not None
    edition = final(results.decision, "")
    assert (edition.mark, edition.number, edition.date, edition.printed) == ("", "", DATE, "")


@pytest.mark.parametrize(("number", "numeral"), [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (20, "二十"), (35, "三十五")])
def test_headings_count_in_chinese(number: int, numeral: str) -> None:
    assert chinese_numeral(number) == numeral


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        (
            "关于东河综合保税与经济技术开发区工商业联合会2014年度工作目标考核结果的函",
            ["关于东河综合保税与经济技术开发区", "工商业联合会2014年度", "工作目标考核结果的函"],
        ),
        ("国" * 17 + "2014年" + "国" * 12, ["国" * 17, "2014年" + "国" * 12]),
    ],
)
def test_long_titles_keep_words_and_years_whole(title: str, lines: list[str]) -> None:
    assert break_title(title) == lines


def test_a_title_of_nothing_but_breaks_takes_no_time() -> None:
    lines = break_title("考核" * 200)
    assert "".join(lines) == "考核" * 200
    assert max(map(len, lines)) <= 19


def test_rows_before_the_tail() -> None:
    page = gb.TYPE_HEIGHT_MM * gb.POINTS_PER_MM
    assert last_rows([100.0] * 3, page - 100, 38, 90) == 3
    assert last_rows([100.0] * 4, page - 100, 38, 120) == 0, "the rows fill the page, the tail does not fit"
    assert last_rows([100.0] * 6, page - 100, 38, 90) == 2
