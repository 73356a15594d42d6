"""The inspection form: what it holds, what it lets through, and that an untouched one changes nothing."""

import re
import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

import pipeline
from kaohe.forms.inspection import InspectedLine, InspectedUnit, InspectionTask, build_inspection, inspection_name
from kaohe.forms.layout import MACHINE_SHEET
from kaohe.intake.inspection import UnitInspection
from kaohe.intake.record import Cell, Record, Verdict
from kaohe.scoring.scorecard import ItemState, UnitState
from tests.support import sample
from tests.support.forms import office_folder, opened
from tests.support.inspections import CODES, GROUPS, Year, column_letters, line_rows, scores, unit_sheets, year
from tests.support.seals import KEY

ROWS = {"xinzheng": sample.full_rows(1), "huiji": sample.full_rows(2)}
YEAR = year(rows=ROWS, absent=("zhongyuan",))
CHINESE = re.compile(r"[一-鿿]")
FIELDS = list(YEAR.office.rulebook.fields)
ITEMS = list(YEAR.office.rulebook.items)
GATE = ["gate:gate_institution", "gate:gate_staff", "gate:gate_funding", "visit:date", "visit:met"]


@pytest.fixture(scope="module")
def book() -> Workbook:
    return opened(YEAR.forms["第一组"])


def shown(page: Worksheet, line: str, column: str) -> Any:
    return page[f"{column_letters(page)[column]}{line_rows(page)[line]}"].value


def validation_at(page: Worksheet, coordinate: str) -> DataValidation | None:
    found = [v for v in page.data_validations.dataValidation if coordinate in v.sqref]
    assert len(found) <= 1
    return found[0] if found else None


# What the form holds


def test_a_cover_a_sheet_a_unit_and_the_machine_sheet(book: Workbook) -> None:
    assert book.sheetnames == ["封面", "新郑市工商联", "金水区工商联", "中原区工商联", MACHINE_SHEET]
    assert [page.sheet_state for page in book.worksheets] == ["visible"] * 4 + ["veryHidden"]
    assert book.active is not None
    assert book.active.title == "封面"
    assert book.properties.title == "2014年度核查表（第一组）"


@pytest.mark.parametrize(
    ("group", "people"),
    [
        ("第一组", [("组长", "白宇宙"), ("副组长", "肖前诗"), ("成员", "王科、顿雪梅")]),
        ("第三组", [("组长", "李清四"), ("成员", "茹东晓、贾付群、吕云、张方")]),
    ],
)
def test_the_cover_names_the_people_and_the_units(group: str, people: list[tuple[str, str]]) -> None:
    cover = opened(YEAR.forms[group])["封面"]
    units = {
        "第一组": "新郑市工商业联合会、郑州市金水区工商业联合会、郑州市中原区工商业联合会",
        "第三组": "登封市工商业联合会、新密市工商业联合会、郑州市管城回族区工商业联合会",
    }
    facts = [("考核组", group), *people, ("考核单位", units[group])]
    rows = [(row[0], row[1]) for row in cover.iter_rows(min_row=3, max_row=2 + len(facts), max_col=2, values_only=True)]
    assert rows == facts
    assert cover["A1"].value == "2014年度工作目标考核核查表"
    text = "".join(str(cell.value) for row in cover.iter_rows() for cell in row if cell.value is not None)
    assert "“实地查看工商联机构是否健全、工作人员是否配备到位、办公经费是否有保证，三项缺少任一项，不再计分。”" in text


def test_every_group_gets_its_own_units_in_the_configuration_s_order() -> None:
    found = [(group, list(unit_sheets(opened(form)))) for group, form in YEAR.forms.items()]
    assert found == [(group, list(CODES[3 * n : 3 * n + 3])) for n, group in enumerate(GROUPS)]


def test_the_machine_sheet_says_what_the_form_is(book: Workbook) -> None:
    machine = {row[0]: row[1] for row in book[MACHINE_SHEET].iter_rows(max_col=2, values_only=True)}
    rulebook = YEAR.office.rulebook
    expected = {
        "kaohe-form": None,
        "kind": "inspection",
        "year": "2014",
        "version": rulebook.version,
        "form_hash": rulebook.form_hash,
        "rules_hash": rulebook.rules_hash,
        "group": "第一组",
    }
    assert {key: machine[key] for key in expected} == expected
    assert {value for key, value in machine.items() if key not in (*expected, "issue", "seal")} <= {None, ""}
    assert re.fullmatch(r"[0-9a-f]{16}", str(machine["issue"]))
    assert re.fullmatch(r"[0-9a-f]{64}", str(machine["seal"]))
    assert list(book.defined_names) == []


def test_hidden_ids_name_the_unit_the_columns_and_every_line(book: Workbook) -> None:
    pages = unit_sheets(book)
    assert list(pages) == ["xinzheng", "jinshui", "zhongyuan"]
    for code, page in pages.items():
        assert [cell.value for cell in page[1]] == ["id", "number", "label", "own", "verified", "reason", f"unit:{code}"]
        assert page.row_dimensions[1].hidden
        assert [letter for letter in "ABCDEF" if page.column_dimensions[letter].hidden] == ["A"]
    lines = list(line_rows(pages["jinshui"]))
    assert lines == [*GATE, *(f"field:{f}" for f in FIELDS), *(f"item:{i}" for i in ITEMS)]
    assert (len(FIELDS), len(ITEMS)) == (50, 59)
    rows = [line for line in line_rows(pages["xinzheng"]) if line.startswith("row:")]
    assert [line.split(":")[1] for line in rows] == [
        *["articles"] * 2,
        *["honours"] * 2,
        *["trade_activities"] * 3,
        "questionnaires",
        "topics",
        *["briefings"] * 2,
        "proposals",
    ]
    assert len(set(rows)) == 12


def test_a_unit_without_a_submission_has_the_gate_alone(book: Workbook) -> None:
    page = unit_sheets(book)["zhongyuan"]
    assert list(line_rows(page)) == GATE
    assert str(page["B3"].value).splitlines()[1] == "没有收到这个单位可以采用的填报表，先核查三项前提条件。"
    text = [cell.value for row in page.iter_rows() for cell in row if cell.value is not None]
    assert "一、三项前提条件" in text
    assert not {"二、填报的数", "三、清单", "四、计分项"} & set(text)


def test_lines_show_the_unit_s_figures_rows_and_self_score(book: Workbook) -> None:
    page = unit_sheets(book)["xinzheng"]
    assert str(page["B3"].value).splitlines() == [
        "被考核单位：新郑市工商业联合会　　　第一组　组长：白宇宙",
        "根据单位报来的“xinzheng.xlsx”制作。核对无误的空着；有出入的填核定并写理由。",
    ]
    lines = {
        "gate:gate_institution": ("1", "机构健全", None),
        "field:website_items": ("（一）3", "在工商联网站发布信息条数（条）", "90"),
        "field:tasks_done": ("（一）2", "是否积极配合完成临时性工作", "是"),
        "item:1.1": ("1.1", "会议出勤和活动（满分8分）", "8"),
        "item:1.3": ("1.3", "网站信息（满分5分）", "0"),
        "item:3.2": ("3.2", "媒体报道（不封顶）", "2"),
        "item:4.1b": ("4.1b", "会员增长率位次（满分2分）", "按位次"),
        "item:4.2": ("4.2", "企业会员比例位次（满分2分）", "按位次"),
        "item:6.1": ("6.1", "商会增长率位次（满分2分）", "按位次"),
    }
    assert {line: tuple(shown(page, line, column) or None for column in ("number", "label", "own")) for line in lines} == lines
    (article,) = [line for line in line_rows(page) if line.startswith("row:articles") and shown(page, line, "own") == "第6行"]
    assert shown(page, article, "label") == "题目：民营经济高质量发展综述之1，媒体：郑州日报，日期：2014年2月5日"
    assert shown(page, article, "number") == "宣传报道"
    assert [line for line in line_rows(page) if shown(page, line, "verified") is not None or shown(page, line, "reason") is not None] == []


def test_rows_that_do_not_count_are_not_looked_at() -> None:
    """A row with a fault earns nothing, so there is nothing to confirm."""
    row: dict[str, Any] = {"title": "报道", "outlet": "郑州日报", "date": date(2014, 5, 6), "link": None}
    rows = {"articles": [row, row, row | {"title": "去年的", "date": date(2013, 5, 6)}, {"title": "半行"}]}
    page = unit_sheets(opened(year(rows={"xinzheng": rows}).form("xinzheng")))["xinzheng"]
    (line,) = [line for line in line_rows(page) if line.startswith("row:")]
    assert (shown(page, line, "own"), shown(page, line, "label")) == ("第5行", "题目：报道，媒体：郑州日报，日期：2014年5月6日")


# What the form lets through


def test_only_answers_and_reasons_can_be_edited(book: Workbook) -> None:
    for code, page in unit_sheets(book).items():
        letters = column_letters(page)
        answers = {f"{letters[column]}{row}" for row in line_rows(page).values() for column in ("verified", "reason")}
        assert page.protection.sheet, code
        unlocked = {cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked}
        assert unlocked == answers
    for name in ("封面", MACHINE_SHEET):
        assert book[name].protection.sheet
        assert [cell.coordinate for row in book[name].iter_rows() for cell in row if not cell.protection.locked] == []


@pytest.mark.parametrize(
    ("line", "kind", "bounds"),
    [
        ("gate:gate_staff", "list", ('"具备,不具备"', None)),
        ("field:tasks_done", "list", ('"是,否"', None)),
        ("field:website_items", "whole", ("0", "99999999")),
        ("item:1.1", "decimal", ("0", "8")),
        ("item:4.1b", "decimal", ("0", "2")),
        ("item:3.2", "decimal", ("0", "999")),
    ],
)
def test_answers_have_bounds(book: Workbook, line: str, kind: str, bounds: tuple[str, str | None]) -> None:
    page = unit_sheets(book)["xinzheng"]
    found = validation_at(page, f"{column_letters(page)['verified']}{line_rows(page)[line]}")
    assert found is not None
    limits = tuple(str(limit).removesuffix(".0") if limit is not None else None for limit in (found.formula1, found.formula2))
    assert (found.type, limits) == (kind, bounds)


def test_every_prompt_is_chinese_and_blank_is_allowed(book: Workbook) -> None:
    for page in unit_sheets(book).values():
        for line, row in line_rows(page).items():
            answer = validation_at(page, f"{column_letters(page)['verified']}{row}")
            reason = validation_at(page, f"{column_letters(page)['reason']}{row}")
            assert reason is not None
            assert (reason.type, reason.formula1, reason.prompt) == ("textLength", "200", "请填文字，最多200个字。")
            assert (answer is None) == line.startswith("visit:")
            if line.startswith("row:"):
                assert answer is not None
                assert answer.formula1 == '"认可,不认可"'
        for validation in page.data_validations.dataValidation:
            assert validation.allowBlank
            assert validation.showInputMessage
            assert validation.showErrorMessage
            for words in (validation.promptTitle, validation.prompt, validation.errorTitle, validation.error):
                assert CHINESE.search(str(words)), (page.title, validation.sqref, words)


def test_a_maximum_that_is_no_short_decimal_still_bounds_the_answer() -> None:
    """A reading may cap an item at a third of a point a row."""
    lines = (InspectedLine("item:3.2", "points", "3.2", "媒体报道", "1/3", "10/3"),)
    unit = InspectedUnit("xinzheng", "新郑市工商业联合会", "新郑市工商联", "说明", (), items=lines)
    page = unit_sheets(opened(build_inspection(YEAR.office.rulebook, InspectionTask("第一组", "白宇宙", "", (), (unit,)), KEY)))["xinzheng"]
    found = validation_at(page, f"E{line_rows(page)['item:3.2']}")
    assert found is not None
    assert float(str(found.formula2)) == pytest.approx(10 / 3)


def test_it_prints_on_a4_a_unit_at_a_time(book: Workbook) -> None:
    for code, page in unit_sheets(book).items():
        assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "landscape")
        assert page.sheet_properties.pageSetUpPr is not None
        assert (page.sheet_properties.pageSetUpPr.fitToPage, page.page_setup.fitToHeight) == (True, 0)
        assert (page.freeze_panes, page.print_title_rows) == ("A5", "$3:$4")
        assert str(page["B3"].value).startswith(f"被考核单位：{YEAR.office.config.units_by_code[code].name}　　　第一组　组长：白宇宙\n")
        assert [page.cell(4, column).value for column in range(2, 7)] == ["编号", "内容", "单位填报、自评", "核查、核定", "理由、备注"]
        assert page.print_area == f"'{page.title}'!$B$1:$F${page.max_row}"
        assert page.oddFooter is not None
        assert (page.oddFooter.left.text, page.oddFooter.center.text) == ("&A", "第 &P 页 共 &N 页")
        assert str(page.cell(page.max_row, 2).value).startswith("考核组组长（签字）：")
    assert book["封面"].page_setup.paperSize == 9


def test_the_same_task_gives_the_same_bytes() -> None:
    first = {group: build_inspection(YEAR.office.rulebook, task, KEY) for group, task in YEAR.tasks().items()}
    assert first == {group: build_inspection(YEAR.office.rulebook, task, KEY) for group, task in YEAR.tasks().items()}
    assert len(set(first.values())) == 4


def test_what_a_unit_typed_stays_text() -> None:
    """Nothing that a unit typed becomes a formula, a link or a control character in the group's program."""
    titles = ['=HYPERLINK("http://a.example","点")', "+1", "-1", "@SUM(A1)", "http://a.example", "甲\x07乙\u202e丙", "{=1+1}"]
    rows = {"articles": [{"title": title, "outlet": "郑州日报", "date": date(2014, 5, 6), "link": None} for title in titles]}
    hostile = year(rows={"xinzheng": rows})
    record = hostile.records["xinzheng"]
    raws = {"website_items": "=1+1", "members_end": "http://a.example", "study_sessions": "约30\n（含线上）", "committee_due": "#REF!"}
    fields = {**record.fields, **{f: Cell(record.fields[f].sheet, record.fields[f].ref, raw) for f, raw in raws.items()}}
    hostile = Year({**hostile.records, "xinzheng": replace(record, fields=fields)})
    data = hostile.form("xinzheng")
    page = unit_sheets(opened(data))["xinzheng"]
    assert {f: shown(page, f"field:{f}", "own") for f in raws} == raws
    labels = {shown(page, line, "label") for line in line_rows(page) if line.startswith("row:")}
    assert labels == {f"题目：{title}，媒体：郑州日报，日期：2014年5月6日" for title in [*titles[:5], "甲乙丙", *titles[6:]]}
    assert {cell.data_type for row in page.iter_rows() for cell in row if cell.value is not None} == {"s"}
    with zipfile.ZipFile(BytesIO(data)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/")]
    assert [mark for text in sheets for mark in ("<f>", "<hyperlink") if mark in text] == []


# An untouched form


def untouched(records: Year) -> tuple[bytes, ...]:
    return tuple(records.forms.values())


def test_an_untouched_form_comes_back_as_no_answer_at_all() -> None:
    intake = YEAR.intake(*untouched(YEAR))
    assert [(f.verdict, f.reason, f.unit) for f in intake.files] == [(Verdict.ACCEPTED, f"采用（{group}核查表）", None) for group in GROUPS]
    expected = [(f"核查{n // 3 + 1}.xlsx", code, GROUPS[n // 3]) for n, code in enumerate(CODES)]
    assert [(name, visit.unit, visit.group) for name, visit in intake.inspections] == expected
    for _, visit in intake.inspections:
        assert (visit.gate, visit.fields, visit.rows, visit.items) == ({}, {}, {}, {})
        assert {key: cell.raw for key, cell in visit.visit.items()} == {"date": "", "met": ""}
        assert (visit.unanswered, visit.contradicted, visit.unknown) == ({}, {}, ())


def test_untouched_forms_change_nothing_and_units_wait_for_their_inspection() -> None:
    without, returned = YEAR.assessment(), YEAR.assessment(*untouched(YEAR))
    assert scores(returned) == scores(without)
    assert returned.findings == without.findings
    assert returned.facts == without.facts
    states = {card.unit.code: card.state for card in returned.cards}
    assert states == dict.fromkeys(CODES, UnitState.PROVISIONAL) | {"zhongyuan": UnitState.MISSING}
    assert {s.points == s.self_points for card in returned.cards for s in card.items} == {True}
    assert {(s.verified_points, s.reason) for card in returned.cards for s in card.items} == {(None, "")}
    assert {s.state for s in returned.card("zhongyuan").items} == {ItemState.VOID}
    assert [dict(v.gate.answers) for v in returned.verifications.values()] == [{}] * len(returned.verifications)
    assert all((v.fields, v.refused, v.points, v.reasons) == ({}, frozenset(), {}, {}) for v in returned.verifications.values())


def test_an_untouched_form_leaves_a_withheld_and_a_wrong_figure_as_they_are() -> None:
    """What a unit typed wrongly is shown as typed; returning it untouched is no answer."""
    base = year(changed={"huiji": {"townships_with_chamber": 15}})
    record: Record = base.records["huiji"]
    fields = {**record.fields, "website_items": Cell("填报表", "D14", "约30", None, None)}
    wrong = Year({**base.records, "huiji": replace(record, fields=fields)})
    page = unit_sheets(opened(wrong.form("huiji")))["huiji"]
    assert (shown(page, "field:website_items", "own"), shown(page, "field:townships_with_chamber", "own")) == ("约30", "15")
    returned = wrong.assessment(*untouched(wrong))
    assert scores(returned) == scores(wrong.assessment())
    assert returned.card("huiji").state is UnitState.INCOMPLETE


# The command


def test_forms_inspection_writes_one_form_a_group_before_anything_has_arrived(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = office_folder(tmp_path)
    assert pipeline.main(["-c", str(config), "forms", "--inspection"]) == 0
    folder = tmp_path / "outbox" / "forms"
    assert f"4个考核组的核查表在：{folder}" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == sorted(inspection_name(2014, group) for group in GROUPS)
    assert inspection_name(2014, "第一组") == "2014年度核查表-第一组.xlsx"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name, data in first.items():
        pages = unit_sheets(load_workbook(BytesIO(data)))
        assert len(pages) == 3, name
        assert all(list(line_rows(page)) == GATE for page in pages.values())
    assert pipeline.main(["-c", str(config), "forms", "--inspection"]) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert list((tmp_path / "inbox").glob("*")) == []


def test_an_unknown_id_in_a_form_is_no_answer() -> None:
    """A line that the rulebook does not know, as in a form of another version, changes nothing."""
    book = opened(YEAR.forms["第四组"])
    page = unit_sheets(book)["huiji"]
    rows = line_rows(page)
    for line, other, value in (
        ("field:website_items", "field:nothing", 5),
        ("item:1.1", "item:99", 1),
        ("gate:gate_staff", "gate:other", "不具备"),
        ("visit:date", "moon:1", "满"),
    ):
        page[f"A{rows[line]}"] = other
        page[f"E{rows[line]}"] = value
        page[f"F{rows[line]}"] = "理由"
    buffer = BytesIO()
    book.save(buffer)
    (visit,) = [visit for _, visit in YEAR.intake(buffer.getvalue()).inspections if visit.unit == "huiji"]
    assert isinstance(visit, UnitInspection)
    returned = YEAR.assessment(buffer.getvalue())
    assert scores(returned) == scores(YEAR.assessment())
    assert [f.code for f in returned.findings if f.of_group] == ["V-713"] * 4
    assert tuple(f for f in returned.findings if not f.of_group) == YEAR.assessment().findings
