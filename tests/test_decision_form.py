"""The decision form as it is written: structure, what it lets through, how it prints, what it tells, and what its fingerprint rests on."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

import pipeline
from kaohe.config.loader import Office, load_office
from kaohe.config.model import Period
from kaohe.forms.decision import ADJUSTMENT_ROWS, AWARD_ROWS, KEEP, build_decision, decision_name
from kaohe.intake.record import Verdict
from kaohe.publish.decision import decision_task
from kaohe.scoring.basis import Basis, basis
from kaohe.survey import survey
from tests.support.concluded import gates, reviewed
from tests.support.decisions import decision_intake, figures, form_in, form_of, letters_of, lines_of, page_with
from tests.support.forms import NOON, drop, filled, office_folder, opened, passed_gate, saved, sound_fields
from tests.support.inspections import FOUND, fill_inspection, year
from tests.support.seals import KEY

YEAR = figures()
NOW = YEAR.assessment()
FORM = form_of(NOW)
UNITS = [unit.short for unit in NOW.config.cohort]
ITEMS = list(NOW.rulebook.items)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAME = "各单位得分和位次不变"


@pytest.fixture(scope="module")
def book() -> Workbook:
    return opened(FORM)


def validation_at(page: Worksheet, cell: str) -> DataValidation | None:
    found = [validation for validation in page.data_validations.dataValidation if cell in validation.sqref]
    assert len(found) < 2
    return found[0] if found else None


def inputs(page: Worksheet) -> Iterator[str]:
    """The cells that the meeting fills, by the hidden ids."""
    letters = letters_of(page)
    columns = [column for column in ("value", "unit", "item", "points", "reason", "award") if column in letters]
    if "value" in columns:
        columns = ["value"]
    for _, row in lines_of(page):
        yield from (f"{letters[column]}{row}" for column in columns)


# Structure


def test_sheets(book: Workbook) -> None:
    assert [(page.title, page.sheet_state) for page in book.worksheets] == [
        ("审定", "visible"),
        ("口径", "visible"),
        ("调整", "visible"),
        ("奖项", "visible"),
        ("_basis", "veryHidden"),
        ("_kaohe", "veryHidden"),
    ]
    assert decision_name(2014) == "2014年度考核审定表.xlsx"


def test_hidden_ids_name_every_column_and_line(book: Workbook) -> None:
    columns = {
        "审定": ["id", "label", "value", "note"],
        "口径": ["id", "clause", "question", "taken", "others", "value"],
        "调整": ["id", "unit", "item", "points", "reason"],
        "奖项": ["id", "unit", "award"],
    }
    lines = {
        "审定": ["meeting:date", "meeting:number", "meeting:award_number", "meeting:approve"],
        "口径": [f"reading:{reading.id}" for reading in NOW.rulebook.readings],
        "调整": ["adjustment"] * ADJUSTMENT_ROWS,
        "奖项": ["award"] * AWARD_ROWS,
    }
    for name, ids in columns.items():
        page = book[name]
        assert [cell.value for cell in page[1]] == ids
        assert page.row_dimensions[1].hidden
        assert [letter for letter in letters_of(page).values() if page.column_dimensions[letter].hidden] == ["A"]
        assert [line for line, _ in lines_of(page)] == lines[name]
        assert [row for _, row in lines_of(page)] == list(range(5, 5 + len(lines[name])))
    assert len(lines["口径"]) == 12


def test_what_the_meeting_reads_first(book: Workbook) -> None:
    page = book["审定"]
    assert page["B2"].value == "2014年度工作目标考核审定表"
    assert page["B3"].value == (
        "供主席办公会议审定。共12个单位：有效11个，不计分1个。目前居前的是二七区工商联107分、惠济区工商联107分、管城区工商联97分。"
    )
    assert [page[f"B{row}"].value for row in range(5, 9)] == ["主席办公会议日期", "通报文号", "表彰决定文号", "是否审定通过"]
    assert {page[f"C{row}"].value for row in range(5, 9)} == {None}
    assert [(name, book[name]["B2"].value) for name in ("口径", "调整", "奖项")] == [("口径", "口径审定"), ("调整", "得分调整"), ("奖项", "奖项")]


def test_before_anything_has_arrived_there_is_no_first_place() -> None:
    nothing = year(absent=tuple(NOW.config.units_by_code)).assessment()
    assert decision_task(nothing).summary == "共12个单位：未报送12个。"
    assert {line.others.partition("：")[2] for line in decision_task(nothing).readings} == {SAME}


def test_the_machine_sheet_says_what_the_form_is(book: Workbook) -> None:
    machine = {row[0]: row[1] for row in book["_kaohe"].iter_rows(max_col=2, values_only=True)}
    rulebook = NOW.rulebook
    expected = {
        "kaohe-form": None,
        "kind": "decision",
        "year": "2014",
        "version": rulebook.version,
        "form_hash": rulebook.form_hash,
        "rules_hash": rulebook.rules_hash,
        "fingerprint": basis(NOW).fingerprint,
    }
    assert {key: machine[key] for key in expected} == expected
    assert re.fullmatch(r"[0-9a-f]{32}", str(machine["fingerprint"]))
    assert {value for key, value in machine.items() if key not in (*expected, "issue", "seal")} <= {None, ""}
    assert re.fullmatch(r"[0-9a-f]{16}", str(machine["issue"]))
    assert re.fullmatch(r"[0-9a-f]{64}", str(machine["seal"]))


def test_the_basis_sheet_says_what_the_figures_rest_on(book: Workbook) -> None:
    rows = list(book["_basis"].iter_rows(values_only=True))
    assert {row[0]: row[1] for row in rows if row[0]} == dict(basis(NOW).parts)
    assert [row[3] for row in rows if row[3]] == UNITS
    assert [row[4] for row in rows if row[4]] == ITEMS
    assert {name: entry.attr_text for name, entry in book.defined_names.items()} == {
        "ds_units": "'_basis'!$D$1:$D$12",
        "ds_items": f"'_basis'!$E$1:$E${len(ITEMS)}",
    }


# What the form lets through


def test_only_answers_can_be_edited(book: Workbook) -> None:
    counts = {"审定": 4, "口径": 12, "调整": 4 * ADJUSTMENT_ROWS, "奖项": 2 * AWARD_ROWS, "_basis": 0, "_kaohe": 0}
    for page in book.worksheets:
        assert page.protection.sheet, page.title
        unlocked = [cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked]
        assert sorted(unlocked) == sorted(inputs(page)), page.title
        assert len(unlocked) == counts[page.title]
        assert {page[cell].value for cell in unlocked} <= {None}


@pytest.mark.parametrize(
    ("name", "cell", "kind", "first", "second"),
    [
        ("审定", "C8", "list", '"是,否"', None),
        ("口径", "F5", "list", f'"{KEEP},各占4分，做到一件计4分"', None),
        ("口径", "F11", "list", f'"{KEEP},最多计10篇"', None),
        ("调整", "B5", "list", "ds_units", None),
        ("调整", f"B{4 + ADJUSTMENT_ROWS}", "list", "ds_units", None),
        ("调整", "C5", "list", "ds_items", None),
        ("调整", "D5", "decimal", "0", "999"),
        ("调整", "E5", "textLength", "200", None),
        ("奖项", "B5", "list", "ds_units", None),
        ("奖项", f"C{4 + AWARD_ROWS}", "textLength", "40", None),
    ],
)
def test_answers_have_bounds(book: Workbook, name: str, cell: str, kind: str, first: str, second: str | None) -> None:
    found = validation_at(book[name], cell)
    assert found is not None
    assert (found.type, found.formula1, found.formula2) == (kind, first, second)


def test_every_reading_offers_its_other_choices(book: Workbook) -> None:
    page = book["口径"]
    for reading, (line, row) in zip(NOW.rulebook.readings, lines_of(page), strict=True):
        assert line == f"reading:{reading.id}"
        found = validation_at(page, f"F{row}")
        others = [choice.text.replace(",", "，") for choice in reading.choices if choice.id != reading.taken]
        assert found is not None
        assert found.formula1 == f'"{",".join([KEEP, *others])}"'
        assert len(str(found.formula1)) <= 257
        assert [page[f"{letter}{row}"].value for letter in "BCD"] == [
            "、".join(reading.clauses),
            reading.question,
            reading.choice(reading.taken).text,
        ]


def test_every_prompt_is_chinese_and_blank_is_allowed(book: Workbook) -> None:
    counted = 0
    for page in book.worksheets:
        for validation in page.data_validations.dataValidation:
            counted += 1
            assert validation.allowBlank
            assert validation.showErrorMessage
            for words in (validation.errorTitle, validation.error):
                assert CHINESE.search(str(words)), (page.title, validation.sqref, words)
            for words in (validation.promptTitle, validation.prompt):
                assert words is None or CHINESE.search(words)
    assert counted == 1 + 12 + 4 + 2


def test_the_points_of_the_meeting_are_not_asked_for_as_in_an_inspection(book: Workbook) -> None:
    """Nothing here is a county's figure to be confirmed by leaving a blank."""
    found = validation_at(book["调整"], "D5")
    assert found is not None
    assert not re.search("单位填报|同意的空着", f"{found.prompt}{found.error}")


def test_it_prints_on_a4(book: Workbook) -> None:
    for name, last in (("审定", "D$8"), ("口径", "F$16"), ("调整", "E$64"), ("奖项", "C$124")):
        page = book[name]
        assert page.print_area == f"'{name}'!$B$1:${last}"
        assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "landscape")
        assert page.sheet_properties.pageSetUpPr is not None
        assert (page.sheet_properties.pageSetUpPr.fitToPage, page.page_setup.fitToHeight) == (True, 0)
        assert page.print_title_rows == "$4:$4"
        assert page.freeze_panes == "A5"
        assert page.oddFooter is not None
        assert (page.oddFooter.left.text, page.oddFooter.center.text) == ("&A", "第 &P 页 共 &N 页")


def test_the_same_task_gives_the_same_bytes() -> None:
    task = decision_task(NOW)
    assert build_decision(NOW.rulebook, task, KEY) == build_decision(NOW.rulebook, task, KEY) == FORM


# What each other choice would change


def others(assessment: Any) -> dict[str, str]:
    page = page_with(opened(form_of(assessment)), "reading:")
    return {line.removeprefix("reading:"): str(page[f"E{row}"].value) for line, row in lines_of(page)}


def test_the_readings_sheet_tells_what_each_other_choice_would_change() -> None:
    assert others(NOW) == {
        "all-conditions": f"各占4分，做到一件计4分：{SAME}",
        "instructions-once": f"每次都计：{SAME}",
        "honours-once": f"每次都计：{SAME}",
        "growth-needs-six": f"要求达到6%：{SAME}",
        "middle-4.2": "不计分（照字面）：登封市工商联96→95分",
        "middle-6.1": f"不计分（照字面）：{SAME}",
        "articles-cap": "最多计10篇：惠济区工商联107→105分，第1→2位",
        "briefings-cap": f"最多计6条（每2个月1条）：{SAME}",
        "proposals-cap": f"最多计6条：{SAME}",
        "adoption-stacks": "只计最高的一档（批示、采用、报送依次）：二七区工商联107→102分，第1→2位",
        "gate-in-cohort": "仍占位（本单位不计分）：高新区工商联93→92分",
        "bonus-in-total": "只单列，不计入总分：二七区工商联107→97分，第1→2位；管城区工商联得分不变，第3→2位；中牟县工商联得分不变，第3→2位",
    }


def test_more_than_eight_units_are_counted() -> None:
    """Every unit did one thing of two: each would earn 4 more, and no place would move."""
    half = {code: {"activities_organised": 0} for code in NOW.config.units_by_code}
    told = others(year(changed=half).with_gate(YEAR.gate).assessment())["all-conditions"]
    assert told.endswith("分等11个单位")
    assert told.count("分；") == 7
    assert told.count("→") == 8
    eight = others(year(changed=dict(list(half.items())[:9])).with_gate(YEAR.gate).assessment())["all-conditions"]
    assert (eight.count("分；"), "等" in eight) == (7, False)


# The fingerprint


def parts_of(office: Office) -> Basis:
    return basis(survey(office))


def changed(before: Office, after: Office) -> tuple[str, ...]:
    """What differs between two offices' figures; their fingerprints differ with it."""
    earlier, later = parts_of(before), parts_of(after)
    names = later.changed_since(earlier.parts)
    assert (earlier.fingerprint != later.fingerprint) == bool(names)
    return names


def test_equal_inputs_give_an_equal_fingerprint(tmp_path: Path) -> None:
    first, second = reviewed(tmp_path / "a"), reviewed(tmp_path / "b")
    assert changed(first, second) == ()
    assert parts_of(first).fingerprint == parts_of(second).fingerprint


def test_a_file_by_another_name_gives_an_equal_fingerprint(tmp_path: Path) -> None:
    first, second = reviewed(tmp_path / "a"), reviewed(tmp_path / "b")
    inbox = tmp_path / "b" / "inbox"
    (inbox / "新郑.xlsx").rename(inbox / "重发" / "新郑（改名）.xlsx")
    (inbox / "会议通知.doc").rename(inbox / "通知.doc")
    assert changed(first, second) == ()
    (inbox / "通知.doc").unlink()
    assert changed(first, second) == ()


def test_a_new_return_changes_the_fingerprint(tmp_path: Path) -> None:
    first, second = reviewed(tmp_path / "a"), reviewed(tmp_path / "b")
    drop(tmp_path / "b" / "inbox", "金水（再改）.xlsx", filled("jinshui", sound_fields(website_items=131)), NOON + 500)
    assert changed(first, second) == ("金水区工商联的填报表",)
    drop(tmp_path / "b" / "inbox", "惠济.xlsx", filled("huiji", sound_fields()), NOON + 500)
    assert changed(first, second) == ("金水区工商联的填报表", "惠济区工商联的填报表")


def test_a_reading_in_the_configuration_changes_the_fingerprint(tmp_path: Path) -> None:
    first, second = reviewed(tmp_path / "a"), reviewed(tmp_path / "b")
    text = second.file.read_text(encoding="utf-8")
    assert text.count('articles-cap = "none"') == 1
    second.file.write_text(text.replace('articles-cap = "none"', 'articles-cap = "10"'), encoding="utf-8")
    assert changed(first, load_office(second.file)) == ("规则和口径",)


def test_a_gate_result_in_the_configuration_changes_the_fingerprint(tmp_path: Path) -> None:
    first, second = reviewed(tmp_path / "a"), reviewed(tmp_path / "b")
    office_folder(tmp_path / "b", gates("xinzheng"))
    assert changed(first, load_office(second.file)) == ("金水区工商联的实地考核结果",)
    office_folder(tmp_path / "b", passed_gate("xinzheng", "jinshui"))
    gone = tuple(f"{short}的实地考核结果" for short in UNITS[2:])
    assert changed(first, load_office(second.file)) == gone


def test_a_period_in_the_configuration_changes_the_fingerprint() -> None:
    """Rows outside the period do not count: another period gives other figures."""
    period = Period(start=NOW.config.period.start, end=NOW.config.period.end.replace(month=6, day=30))
    other = replace(NOW, config=NOW.config.model_copy(update={"period": period}))
    assert basis(other).fingerprint != basis(NOW).fingerprint


def test_an_inspection_form_changes_the_fingerprint() -> None:
    waiting = year()
    before, form = waiting.assessment(), waiting.forms["第四组"]
    codes = ("zhongmu", "erqi", "huiji")
    visited = waiting.assessment(fill_inspection(form, dict.fromkeys(codes, FOUND)))
    names = tuple(f"{before.config.units_by_code[code].short}的核查表" for code in codes)
    assert basis(visited).changed_since(basis(before).parts) == names
    again = waiting.assessment(fill_inspection(form, dict.fromkeys(codes, FOUND) | {"huiji": FOUND | {"item:1.1": (4, "缺席")}}))
    assert basis(again).changed_since(basis(visited).parts) == names
    assert len({basis(found).fingerprint for found in (before, visited, again)}) == 3


def test_a_gate_result_in_the_configuration_counts_beside_an_inspection_form_that_leaves_it_open() -> None:
    """The group looked at figures only: the preconditions still come from the configuration."""
    looked = YEAR.with_gate(YEAR.gate)
    form = fill_inspection(looked.forms["第四组"], {"huiji": {"item:1.1": (4, "缺席")}})
    failed = looked.with_gate({**YEAR.gate, "huiji": YEAR.gate["shangjie"]})
    before, after = looked.assessment(form), failed.assessment(form)
    assert (before.card("huiji").place, after.card("huiji").place) == (2, None)
    assert basis(after).changed_since(basis(before).parts) == ("惠济区工商联的实地考核结果",)


# The way back


def test_an_untouched_form_comes_back_as_no_answer_at_all() -> None:
    intake = decision_intake(YEAR.office, FORM)
    assert [(f.verdict, f.reason, f.unit) for f in intake.files] == [(Verdict.ACCEPTED, "采用（审定表）", None)]
    form = form_in(YEAR.office, FORM)
    assert (form.fingerprint, dict(form.parts)) == (basis(NOW).fingerprint, dict(basis(NOW).parts))
    assert {key: cell.raw for key, cell in form.meeting.items()} == {"date": "", "number": "", "award_number": "", "approve": ""}
    assert (form.readings, form.adjustments, form.awards) == ({}, (), ())


def test_sheets_in_another_order_and_by_other_names_are_read_the_same() -> None:
    book = opened(FORM)
    book["审定"]["C6"] = "郑工商〔2015〕3号"
    book["奖项"]["B7"], book["奖项"]["C7"] = "金水区工商联", "先进单位"
    book["审定"].title, book["奖项"].title = "审定结果", "表彰"
    book.move_sheet("审定结果", 3)
    form = form_in(YEAR.office, saved(book))
    assert (form.meeting["number"].raw, form.meeting["number"].sheet, form.meeting["number"].ref) == ("郑工商〔2015〕3号", "审定结果", "C6")
    assert [{key: (cell.sheet, cell.ref, cell.raw) for key, cell in row.items()} for row in form.awards] == [
        {"unit": ("表彰", "B7", "金水区工商联"), "award": ("表彰", "C7", "先进单位")}
    ]


# The command


def test_forms_decision_writes_the_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = office_folder(tmp_path)
    path = tmp_path / "outbox" / "forms" / "2014年度考核审定表.xlsx"
    assert pipeline.main(["-c", str(config), "forms", "--decision"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"审定表：{path}", "填好后放进收件箱。在那以前收件箱、规则或口径有变化的，要重新制作。"]
    first = path.read_bytes()
    assert [page.title for page in opened(first).worksheets][:4] == ["审定", "口径", "调整", "奖项"]
    assert pipeline.main(["-c", str(config), "forms", "--decision"]) == 0
    assert path.read_bytes() == first
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert list((tmp_path / "inbox").glob("*")) == []
