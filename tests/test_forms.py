"""The submission form as a filler's program sees it, and the master as the office may edit it."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kaohe import PROGRAM_ROOT
from kaohe.config.loader import Office, load_office
from kaohe.config.model import Unit
from kaohe.forms.issue import issue_forms, master_path, prepare_master
from kaohe.forms.layout import GUIDE_SHEET, MACHINE_SHEET, MAIN_SHEET
from kaohe.forms.schema import form_schema
from kaohe.forms.stamp import STAMPS, Master, MasterFault, stamp_values
from tests.support.forms import layout, master_bytes, office_folder, opened, program_office, saved, stamped

OFFICE = program_office()
SCHEMA = form_schema(OFFICE)
LISTS = {entry["id"]: entry for entry in SCHEMA["lists"]}
LIST_SHEETS = ["宣传报道", "批示与表彰", "招商经贸活动", "调研问卷", "自拟课题", "民企社情", "提案线索"]
INPUT_SHEETS = [MAIN_SHEET, *LIST_SHEETS]
CHINESE = re.compile(r"[一-鿿]")


@pytest.fixture(scope="module")
def form() -> Workbook:
    return opened(stamped("jinshui"))


@pytest.fixture(scope="module")
def shown() -> Workbook:
    """The form with the values that a program shows before it calculates anything."""
    return load_workbook(BytesIO(stamped("jinshui")), data_only=True)


def sheet(book: Workbook, name: str) -> Worksheet:
    found = book[name]
    assert isinstance(found, Worksheet)
    return found


def names(book: Workbook) -> dict[str, str]:
    return {name: str(entry.attr_text).replace("'", "") for name, entry in book.defined_names.items()}


def field_inputs() -> dict[str, set[str]]:
    """Cells of 填报值 and 佐证材料编号, from the machine description: the evidence stands two columns to the right."""
    values = {field["cell"] for field in SCHEMA["fields"]}
    return {"value": values, "evidence": {f"F{cell[1:]}" for cell in values}}


def inputs(name: str) -> set[str]:
    if name == MAIN_SHEET:
        found = field_inputs()
        return found["value"] | found["evidence"]
    for entry in SCHEMA["lists"]:
        if entry["sheet"] == name:
            first, rows = entry["first_row"], entry["rows"]
            return {f"{column['column']}{row}" for column in entry["columns"] for row in range(first, first + rows)}
    return set()


def validations(page: Worksheet) -> Iterator[tuple[str, DataValidation]]:
    for validation in page.data_validations.dataValidation:
        for span in validation.sqref.ranges:
            for row, column in span.cells:
                yield page.cell(row, column).coordinate, validation


def marginal(whole: Any, third: str) -> str | None:
    """Text of one third of a header or footer."""
    text = getattr(whole, third).text
    return None if text is None else str(text)


def set_marginal(whole: Any, third: str, text: str) -> None:
    getattr(whole, third).text = text


# What the form holds


def test_sheets(form: Workbook) -> None:
    assert form.sheetnames == [GUIDE_SHEET, MAIN_SHEET, *LIST_SHEETS, MACHINE_SHEET]
    assert form.active is not None
    assert form.active.title == GUIDE_SHEET


def test_every_field_has_a_name_that_points_at_the_cell_of_the_schema(form: Workbook) -> None:
    found = {name: target for name, target in names(form).items() if name.startswith("in_")}
    assert found == {f"in_{field['id']}": f"{field['sheet']}!$D${field['cell'].removeprefix('D')}" for field in SCHEMA["fields"]}
    assert len(found) == 50


def test_every_list_column_has_a_name_over_its_hundred_rows(form: Workbook) -> None:
    found = {name: target for name, target in names(form).items() if name.startswith("li_")}
    states = {
        "articles": "G",
        "honours": "I",
        "trade_activities": "H",
        "questionnaires": "E",
        "topics": "H",
        "briefings": "G",
        "proposals": "F",
    }
    expected = {
        f"li_{entry['id']}_{c['id']}": f"{entry['sheet']}!${c['column']}$5:${c['column']}$104" for entry in SCHEMA["lists"] for c in entry["columns"]
    }
    expected |= {f"li_{list_id}_state": f"{LISTS[list_id]['sheet']}!${letter}$5:${letter}$104" for list_id, letter in states.items()}
    assert found == expected


def test_every_row_of_a_field_carries_its_id(form: Workbook) -> None:
    page = sheet(form, MAIN_SHEET)
    assert {str(page[f"A{field['cell'][1:]}"].value) for field in SCHEMA["fields"]} == {field["id"] for field in SCHEMA["fields"]}
    for field in SCHEMA["fields"]:
        assert page[f"A{field['cell'][1:]}"].value == field["id"]
        assert page[f"C{field['cell'][1:]}"].value == field["label"]
    assert [cell.value for cell in page[1]] == ["id", "number", "label", "value", "unit", "evidence", "rule", "score"]


@pytest.mark.parametrize("list_id", list(LISTS))
def test_list_sheets_carry_column_ids_and_row_ids(form: Workbook, list_id: str) -> None:
    entry = LISTS[list_id]
    page = sheet(form, entry["sheet"])
    assert [cell.value for cell in page[1]] == [list_id, None, *(c["id"] for c in entry["columns"]), "state"]
    assert [page.cell(row, 1).value for row in range(5, 105)] == [list_id] * 100
    assert [page.cell(row, 2).value for row in range(5, 105)] == list(range(1, 101))
    assert [cell.value for cell in page[4]][1:] == ["序号", *(c["label"] + (" *" if c["required"] else "") for c in entry["columns"]), "本行状态"]
    assert page.max_row == 104


@pytest.mark.parametrize("name", INPUT_SHEETS)
def test_ids_are_hidden(form: Workbook, name: str) -> None:
    page = sheet(form, name)
    assert page.row_dimensions[1].hidden
    assert page.column_dimensions["A"].hidden
    assert [letter for letter, column in page.column_dimensions.items() if column.hidden] == ["A"]
    assert [row for row, height in page.row_dimensions.items() if height.hidden] == [1]


def test_machine_data(form: Workbook) -> None:
    page = sheet(form, MACHINE_SHEET)
    assert page.sheet_state == "veryHidden"
    assert [[cell.value for cell in row] for row in page.iter_rows()] == [
        ["kaohe-form", None],
        ["kind", "submission"],
        ["year", "2014"],
        ["version", "2014.1"],
        ["form_hash", OFFICE.rulebook.form_hash],
        ["rules_hash", OFFICE.rulebook.rules_hash],
        ["unit_code", "jinshui"],
        ["unit_name", "郑州市金水区工商业联合会"],
        ["period_start", 41640],
        ["period_end", 42004],
        ["group", ""],
        ["fingerprint", ""],
    ]
    assert [page_.sheet_state for page_ in form.worksheets[:-1]] == ["visible"] * 9


def test_stamped_texts(form: Workbook) -> None:
    assert form[MAIN_SHEET]["B3"].value == "填报单位：郑州市金水区工商业联合会"
    assert [form[GUIDE_SHEET][f"B{row}"].value for row in (3, 4, 5)] == [
        "填报单位：郑州市金水区工商业联合会",
        "报送截止：2014年12月31日",
        "联系电话：市工商联办公室　0371-00000000　office@zzsgsl.example",
    ]


# Locked and guarded


@pytest.mark.parametrize("name", [GUIDE_SHEET, *INPUT_SHEETS, MACHINE_SHEET])
def test_only_inputs_are_unlocked(form: Workbook, name: str) -> None:
    page = sheet(form, name)
    unlocked = {cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked}
    assert unlocked == inputs(name)
    assert page.protection.sheet
    assert page.protection.password is None


def test_widths_and_heights_may_be_changed_in_a_locked_sheet(form: Workbook) -> None:
    for name in (GUIDE_SHEET, *INPUT_SHEETS):
        assert not sheet(form, name).protection.formatColumns, name
        assert not sheet(form, name).protection.formatRows, name


@pytest.mark.parametrize("name", INPUT_SHEETS)
def test_every_input_is_validated_once_and_refuses_in_chinese(form: Workbook, name: str) -> None:
    found = list(validations(sheet(form, name)))
    assert sorted(cell for cell, _ in found) == sorted(inputs(name))
    for cell, validation in found:
        assert validation.showErrorMessage, cell
        assert CHINESE.search(validation.errorTitle or ""), cell
        assert CHINESE.search(validation.error or ""), cell
        assert len(validation.errorTitle or "") <= 32, cell
        assert len(validation.error or "") <= 255, cell


@pytest.mark.parametrize("name", INPUT_SHEETS)
def test_every_input_prompts_in_chinese(form: Workbook, name: str) -> None:
    silent = sorted(
        cell
        for cell, validation in validations(sheet(form, name))
        if not (validation.showInputMessage and CHINESE.search(validation.promptTitle or "") and CHINESE.search(validation.prompt or ""))
    )
    assert silent == []


def validated(form: Workbook, name: str, cell: str) -> dict[str, Any]:
    (found,) = [validation for at, validation in validations(sheet(form, name)) if at == cell]
    keys = ("type", "operator", "formula1", "formula2", "promptTitle", "prompt", "errorTitle", "error", "errorStyle")
    return {key: value for key in keys if (value := getattr(found, key)) is not None}


def test_a_count_takes_whole_numbers_from_0(form: Workbook) -> None:
    assert validated(form, MAIN_SHEET, "D9") == {
        "type": "whole",
        "formula1": "0",
        "formula2": "99999999",
        "promptTitle": "实际参加会议次数",
        "prompt": "只填整数，不写单位，没有的填 0。不得大于应参加次数",
        "errorTitle": "请填整数",
        "error": "这里只能填 0 或正整数，不要写单位、文字或小数。例如填 12，不填“12家”。",
    }


def test_an_answer_takes_yes_or_no(form: Workbook) -> None:
    assert validated(form, MAIN_SHEET, "D12") == {
        "type": "list",
        "formula1": '"是,否"',
        "promptTitle": "是否积极配合完成临时性工作",
        "prompt": "请从下拉框里选：“是”、“否”。",
        "errorTitle": "请从下拉框里选",
        "error": "这里只能选“是”、“否”。",
    }


def test_a_choice_takes_what_the_list_offers(form: Workbook) -> None:
    assert validated(form, "批示与表彰", "F104") == {
        "type": "list",
        "formula1": '"县级,市级,省级,国家级"',
        "promptTitle": "级别",
        "prompt": "请从下拉框里选：“县级”、“市级”、“省级”、“国家级”。",
        "errorTitle": "请从下拉框里选",
        "error": "这里只能选“县级”、“市级”、“省级”、“国家级”。",
    }


def test_a_date_lies_in_the_period(form: Workbook) -> None:
    assert validated(form, "宣传报道", "E5") == {
        "type": "date",
        "formula1": "st_period_start",
        "formula2": "st_period_end",
        "promptTitle": "日期",
        "prompt": "请填考核期内的日期，写成 2014-3-5 的样子。",
        "errorTitle": "日期不对",
        "error": "请填考核期内的日期，写成 2014-3-5 的样子；不在考核期内的不计分。",
    }


def test_a_text_is_not_endless(form: Workbook) -> None:
    found = validated(form, "宣传报道", "C5")
    assert {key: found[key] for key in ("type", "operator", "formula1", "errorTitle", "error")} == {
        "type": "textLength",
        "operator": "lessThanOrEqual",
        "formula1": "120",
        "errorTitle": "文字太长",
        "error": "“题目”最多120个字，请写简短些。",
    }


def marks(page: Worksheet) -> dict[str, list[str]]:
    return {str(span.sqref): [formula for rule in span.rules for formula in rule.formula] for span in page.conditional_formatting}


def test_blanks_and_contradictions_stand_out(form: Workbook) -> None:
    found = marks(sheet(form, MAIN_SHEET))
    assert sorted(found) == sorted(field_inputs()["value"])
    wrong = "AND(ISNUMBER(in_townships_with_chamber),ISNUMBER(in_townships_total),in_townships_with_chamber>in_townships_total)"
    assert found["D62"] == [wrong, "LEN(TRIM(D62))=0"]
    assert found["D63"] == [wrong, "LEN(TRIM(D63))=0"]
    assert found["D12"] == ["LEN(TRIM(D12))=0"]
    contradicted = {cell for cell, formulas in found.items() if len(formulas) > 1}
    pairs = ("meetings", "committee")
    expected = {f"in_{pair}_{part}" for pair in pairs for part in ("due", "attended")}
    expected |= {f"in_{pair}_{part}" for pair in ("townships", "clusters") for part in ("total", "with_chamber")}
    expected |= {"in_enterprise_members", "in_members_end"}
    assert contradicted == {f["cell"] for f in SCHEMA["fields"] if f"in_{f['id']}" in expected}


def test_rows_of_a_list_are_marked(form: Workbook) -> None:
    states = ["未填全", "选项不符", "数字不符", "日期不符", "超出考核期", "重复"]
    assert marks(sheet(form, "宣传报道")) == {"B5:G104": [f'$G5="{state}"' for state in states], "G5:G104": ['$G5="有效"']}


# On paper and on screen


@pytest.mark.parametrize(
    ("name", "freeze", "titles", "area", "orientation", "left"),
    [
        (MAIN_SHEET, "A6", "$5:$5", "$B$1:$H$132", "landscape", "&A"),
        ("宣传报道", "C5", "$4:$4", "$B$1:$G$104", "landscape", "&A"),
        ("批示与表彰", "C5", "$4:$4", "$B$1:$I$104", "landscape", "&A"),
        ("招商经贸活动", "C5", "$4:$4", "$B$1:$H$104", "landscape", "&A"),
        ("调研问卷", "C5", "$4:$4", "$B$1:$E$104", "landscape", "&A"),
        ("自拟课题", "C5", "$4:$4", "$B$1:$H$104", "landscape", "&A"),
        ("民企社情", "C5", "$4:$4", "$B$1:$G$104", "landscape", "&A"),
        ("提案线索", "C5", "$4:$4", "$B$1:$F$104", "landscape", "&A"),
        (GUIDE_SHEET, None, None, "$A$1:$B$24", "portrait", None),
    ],
)
def test_page_set_up(form: Workbook, name: str, freeze: str | None, titles: str | None, area: str, orientation: str, left: str | None) -> None:
    page = sheet(form, name)
    assert page.page_setup.paperSize == 9
    assert page.page_setup.orientation == orientation
    assert page.sheet_properties.pageSetUpPr is not None
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.page_setup.fitToHeight == 0
    assert marginal(page.oddFooter, "center") == "第 &P 页 共 &N 页"
    assert marginal(page.oddFooter, "left") == left
    assert page.freeze_panes == freeze
    assert page.print_title_rows == titles
    assert str(page.print_area).rpartition("!")[2] == area


# Formulas


def test_no_input_holds_anything(form: Workbook) -> None:
    for name in INPUT_SHEETS:
        page = sheet(form, name)
        assert {cell: page[cell].value for cell in inputs(name) if page[cell].value is not None} == {}


def test_no_cell_of_an_unfilled_form_shows_an_error(form: Workbook, shown: Workbook) -> None:
    formulas = [(page.title, cell.coordinate) for page in form.worksheets for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    assert len(formulas) == 1 + 15 + 56 + 17 + 700
    values = {place: shown[place[0]][place[1]].value for place in formulas}
    assert {place: value for place, value in values.items() if str(value).startswith("#")} == {}
    assert {value for (name, _), value in values.items() if name != MAIN_SHEET} <= {None, ""}


def test_self_scores_of_an_unfilled_form(shown: Workbook) -> None:
    page = sheet(shown, MAIN_SHEET)
    ranked = {"4.1b", "4.2", "6.1"}
    for item in SCHEMA["items"]:
        value = page[layout().score_cell(item["id"])].value
        if item["id"] in ranked:
            assert value == "按全市位次核定"
        elif item["inputs"][0] in LISTS:
            assert value == 0, item["id"]
        else:
            assert value in (None, ""), item["id"]
    assert page["F3"].value == "已填 0/50　自评分合计 0 分"
    assert [page[f"H{row}"].value for row in (6, 15, 23, 33, 51, 57, 69, 72, 76, 85, 94, 101, 104, 111, 118)] == [0] * 15


def test_no_formula_reads_anything_outside_the_workbook(form: Workbook) -> None:
    texts = [str(cell.value) for page in form.worksheets for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    assert [text for text in texts if "[" in text or "://" in text or "INDIRECT" in text or "NOW(" in text or "TODAY(" in text] == []


# The machine description


def test_schema_has_the_structure_that_programs_rely_on() -> None:
    assert list(SCHEMA) == ["year", "version", "fields", "lists", "items", "gate", "units", "readings"]
    assert {tuple(field) for field in SCHEMA["fields"]} == {("id", "label", "type", "required", "items", "sheet", "cell")}
    assert {tuple(entry) for entry in SCHEMA["lists"]} == {("id", "label", "sheet", "first_row", "rows", "columns")}
    assert {tuple(c) for entry in SCHEMA["lists"] for c in entry["columns"]} == {("id", "label", "type", "choices", "required", "column")}
    assert {tuple(item) for item in SCHEMA["items"]} == {("id", "clause", "title", "max", "kind", "inputs", "bonus")}
    assert {tuple(unit) for unit in SCHEMA["units"]} == {("code", "name", "short")}
    assert [len(SCHEMA[key]) for key in ("fields", "lists", "items", "gate", "units", "readings")] == [50, 7, 59, 3, 12, 12]
    assert json.loads(json.dumps(SCHEMA, ensure_ascii=False)) == SCHEMA


def test_schema_entries() -> None:
    assert (SCHEMA["year"], SCHEMA["version"]) == (2014, "2014.1")
    fields = {field["id"]: field for field in SCHEMA["fields"]}
    assert fields["members_end"] == {
        "id": "members_end",
        "label": "年末会员总数",
        "type": "integer",
        "required": True,
        "items": ["4.1a", "4.1b", "4.2"],
        "sheet": "填报表",
        "cell": "D36",
    }
    assert fields["tasks_done"] == {
        "id": "tasks_done",
        "label": "是否积极配合完成临时性工作",
        "type": "yes_no",
        "required": True,
        "items": ["1.2"],
        "sheet": "填报表",
        "cell": "D12",
    }
    assert LISTS["briefings"] == {
        "id": "briefings",
        "label": "民企社情",
        "sheet": "民企社情",
        "first_row": 5,
        "rows": 100,
        "columns": [
            {"id": "title", "label": "题目", "type": "text", "choices": [], "required": True, "column": "C"},
            {"id": "date", "label": "报送日期", "type": "date", "choices": [], "required": True, "column": "D"},
            {"id": "adopted", "label": "市工商联采用", "type": "yes_no", "choices": [], "required": True, "column": "E"},
            {"id": "instruction", "label": "上级领导批示", "type": "yes_no", "choices": [], "required": True, "column": "F"},
        ],
    }
    items = {item["id"]: item for item in SCHEMA["items"]}
    assert items["4.2"] == {
        "id": "4.2",
        "clause": "（四）2",
        "title": "企业会员比例位次",
        "max": 2,
        "kind": "rank",
        "inputs": ["enterprise_members", "members_end"],
        "bonus": False,
    }
    assert items["15.2b"] == {
        "id": "15.2b",
        "clause": "（十五）2",
        "title": "课题采纳（加分）",
        "max": None,
        "kind": "per_row",
        "inputs": ["topics"],
        "bonus": True,
    }
    assert SCHEMA["gate"] == [
        {"id": "gate_institution", "label": "机构健全"},
        {"id": "gate_staff", "label": "工作人员配备到位"},
        {"id": "gate_funding", "label": "办公经费有保证"},
    ]
    assert SCHEMA["units"][8] == {"code": "guancheng", "name": "郑州市管城回族区工商业联合会", "short": "管城区工商联"}
    assert SCHEMA["readings"][4] == {"id": "middle-4.2", "taken": "1", "choices": ["1", "0"]}


# The master


@pytest.mark.slow
def test_the_same_rulebook_gives_the_same_bytes_in_another_process() -> None:
    code = "import hashlib; from tests.support.forms import master_bytes; print(hashlib.sha256(master_bytes()).hexdigest())"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=PROGRAM_ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "Asia/Shanghai"), ("2", "America/New_York"))
    }
    assert len(hashes) == 1


def test_the_committed_master_still_fits_the_rulebook() -> None:
    machine = Master((PROGRAM_ROOT / "templates" / "submission.xlsx").read_bytes()).machine
    assert machine["form_hash"] == OFFICE.rulebook.form_hash, "填的内容变了：pipeline.py forms --rebuild"
    assert machine["rules_hash"] == OFFICE.rulebook.rules_hash, "规则变了：pipeline.py forms --rebuild"
    assert prepare_master(OFFICE)[1] == ""


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_committed_master_is_the_one_that_the_program_builds() -> None:
    """Wording and formulas come from the program too: hashes alone would not tell that they changed."""
    committed, built = parts((PROGRAM_ROOT / "templates" / "submission.xlsx").read_bytes()), parts(master_bytes())
    assert [name for name in built if committed.get(name) != built[name]] == [], "pipeline.py forms --rebuild"
    assert committed.keys() == built.keys()


def test_stamping_touches_nothing_but_the_stamped_cells() -> None:
    before, after = parts(master_bytes()), parts(stamped("jinshui"))
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/worksheets/sheet10.xml"}
    old, new = opened(master_bytes()), opened(stamped("jinshui"))
    differing = {
        (page.title, cell.coordinate)
        for page in old.worksheets
        for row in page.iter_rows()
        for cell in row
        if cell.value != sheet(new, page.title)[cell.coordinate].value
    }
    assert differing == {
        (target.partition("!")[0], target.partition("!")[2].replace("$", "")) for name, target in names(old).items() if name in STAMPS
    }
    assert len(differing) == 8


def test_what_the_office_edits_in_the_master_is_in_every_copy() -> None:
    book = opened(master_bytes())
    guide, main = sheet(book, GUIDE_SHEET), sheet(book, MAIN_SHEET)
    guide["B8"] = "本办公室改写过的说明"
    main["C8"] = "应参加的会议次数（办公室改过）"
    main.column_dimensions["C"].width = 61
    set_marginal(main.oddHeader, "center", "郑州市工商联")
    set_marginal(main.oddFooter, "center", "&P / &N")
    main.page_setup.orientation = "portrait"
    main.page_setup.paperSize = 8
    main.page_margins.left = 1.25
    copy = opened(Master(saved(book)).stamp(stamp_values(OFFICE.config, OFFICE.config.units_by_code["gaoxin"])))
    guide, main = sheet(copy, GUIDE_SHEET), sheet(copy, MAIN_SHEET)
    assert (guide["B8"].value, main["C8"].value) == ("本办公室改写过的说明", "应参加的会议次数（办公室改过）")
    assert main.column_dimensions["C"].width == 61
    assert (marginal(main.oddHeader, "center"), marginal(main.oddFooter, "center")) == ("郑州市工商联", "&P / &N")
    assert (main.page_setup.orientation, main.page_setup.paperSize, main.page_margins.left) == ("portrait", 8, 1.25)
    assert main["B3"].value == "填报单位：郑州高新区工商业联合会"
    assert copy[MACHINE_SHEET]["B7"].value == "gaoxin"
    assert copy[MACHINE_SHEET]["B9"].value == 41640


def test_a_stamped_cell_that_the_office_moved_is_found_by_its_name() -> None:
    book = opened(master_bytes())
    book[MAIN_SHEET]["J4"] = "单位"
    book.defined_names["st_main_unit"].attr_text = f"'{MAIN_SHEET}'!$J$4"
    copy = opened(Master(saved(book)).stamp(stamp_values(OFFICE.config, OFFICE.config.units_by_code["gaoxin"])))
    assert copy[MAIN_SHEET]["J4"].value == "填报单位：郑州高新区工商业联合会"
    assert copy[MAIN_SHEET]["B3"].value == "填报单位：（发送时自动填入）"


@pytest.mark.parametrize("name", ["A&B<县>工商联", "\"引号\"'单引号'", "=1+1", "]]>", "甲\x00乙\ud800丙", "  前后空格  ", "一\n二"])
def test_unit_names_cannot_break_the_workbook(name: str) -> None:
    unit = OFFICE.config.units_by_code["jinshui"].model_copy(update={"name": name})
    copy = opened(Master(master_bytes()).stamp(stamp_values(OFFICE.config, unit)))
    shown = {"甲\x00乙\ud800丙": "甲乙\N{REPLACEMENT CHARACTER}丙"}.get(name, name)
    assert copy[MACHINE_SHEET]["B8"].value == shown
    assert copy[MAIN_SHEET]["B3"].value == f"填报单位：{shown}"
    assert copy[MACHINE_SHEET]["B8"].data_type == "s"


def test_every_stamp_needs_a_value() -> None:
    values = stamp_values(OFFICE.config, OFFICE.config.cohort[0])
    assert set(values) == set(STAMPS)
    del values["st_period_end"]
    with pytest.raises(KeyError, match="st_period_end"):
        Master(master_bytes()).stamp(values)


# Masters that cannot be used


def without(name: str) -> bytes:
    return with_part(name, lambda _: None)


def with_part(name: str, change: Callable[[bytes], bytes | None]) -> bytes:
    """The master with one part of its zip changed, or left out."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(master_bytes())) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            content = change(source.read(member)) if member == name else source.read(member)
            if content is not None:
                target.writestr(member, content)
    return buffer.getvalue()


def edited(change: Callable[[Workbook], None]) -> bytes:
    book = opened(master_bytes())
    change(book)
    return saved(book)


def lose_machine_sheet(book: Workbook) -> None:
    del book[MACHINE_SHEET]


def overwrite_magic(book: Workbook) -> None:
    book[MACHINE_SHEET]["A1"] = "别的"


def lose_name(book: Workbook) -> None:
    del book.defined_names["st_main_unit"]


def break_name(book: Workbook) -> None:
    book.defined_names["st_unit_code"].attr_text = "#REF!"


def lose_guide(book: Workbook) -> None:
    del book[GUIDE_SHEET]


def point_nowhere(book: Workbook) -> None:
    book.defined_names["st_main_unit"].attr_text = f"'{MAIN_SHEET}'!$Z$199"


def damaged(bytes_: bytes) -> bytes:
    """Bytes overwritten in the middle of a compressed part: the directory of the zip stays whole."""
    data = bytearray(master_bytes())
    with zipfile.ZipFile(BytesIO(master_bytes())) as archive:
        start = archive.getinfo("xl/worksheets/sheet2.xml").header_offset + 200
    data[start : start + 64] = bytes_ * 64
    return bytes(data)


CANNOT_OPEN = "填报表母版打不开，请用 forms --rebuild 重做，或换回没有损坏的一份"
NOT_A_WORKBOOK = "填报表母版不是 .xlsx 工作簿，请另存为 .xlsx，或用 forms --rebuild 重做"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda: b"", CANNOT_OPEN),
        ("不是表".encode, CANNOT_OPEN),
        (lambda: master_bytes()[:20000], CANNOT_OPEN),
        (lambda: damaged(b"\xff"), CANNOT_OPEN),
        (lambda: damaged(b"\x00"), CANNOT_OPEN),
        (lambda: without("xl/workbook.xml"), NOT_A_WORKBOOK),
        (lambda: without("xl/_rels/workbook.xml.rels"), NOT_A_WORKBOOK),
        (lambda: with_part("xl/workbook.xml", lambda content: content[:900]), NOT_A_WORKBOOK),
        (lambda: edited(lose_machine_sheet), "填报表母版缺少隐藏的系统工作表，请用 forms --rebuild 重做母版"),
        (lambda: edited(overwrite_magic), "填报表母版的系统工作表被改动过，请用 forms --rebuild 重做母版"),
        (lambda: edited(lose_name), "填报表母版里找不到名称“st_main_unit”，可能被删掉了，请用 forms --rebuild 重做母版"),
        (lambda: edited(break_name), "填报表母版里找不到名称“st_unit_code”，可能被删掉了，请用 forms --rebuild 重做母版"),
        (lambda: edited(lose_guide), "填报表母版里找不到名称“st_guide_unit”，可能被删掉了，请用 forms --rebuild 重做母版"),
        (lambda: edited(point_nowhere), "填报表母版的单元格 Z199 不见了（名称“st_main_unit”），请用 forms --rebuild 重做母版"),
    ],
    ids=[
        "empty",
        "text",
        "truncated",
        "wrong checksum",
        "cannot be unpacked",
        "no workbook part",
        "no relations",
        "broken workbook part",
        "no machine sheet",
        "magic changed",
        "name lost",
        "name broken",
        "guide lost",
        "cell lost",
    ],
)
def test_a_master_that_cannot_be_used_says_why(data: Callable[[], bytes], message: str) -> None:
    with pytest.raises(MasterFault) as caught:
        Master(data())
    assert str(caught.value) == message


@pytest.mark.parametrize("data", [lambda: without("xl/worksheets/sheet2.xml"), lambda: with_part("xl/worksheets/sheet2.xml", lambda c: c[:900])])
def test_a_master_with_a_broken_sheet_is_a_fault_of_the_master(data: Callable[[], bytes]) -> None:
    with pytest.raises(MasterFault):
        Master(data())


# The master in an office's folder


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return load_office(office_folder(tmp_path))


def write_master(office: Office, machine: Mapping[str, str]) -> None:
    """A master in the office's folder whose machine data say something else."""
    book = opened(master_bytes())
    for row in sheet(book, MACHINE_SHEET).iter_rows():
        if row[0].value in machine:
            row[1].value = machine[str(row[0].value)]
    master_path(office).parent.mkdir(parents=True, exist_ok=True)
    master_path(office).write_bytes(saved(book))


def test_a_master_is_made_where_there_is_none(office: Office, tmp_path: Path) -> None:
    _, warning = prepare_master(office)
    assert warning == ""
    assert (tmp_path / "templates" / "submission.xlsx").read_bytes() == master_bytes()


def test_a_master_that_is_there_is_kept(office: Office) -> None:
    write_master(office, {})
    before = master_path(office).read_bytes()
    assert prepare_master(office)[1] == ""
    assert master_path(office).read_bytes() == before


def test_a_master_from_before_the_rules_changed_is_used_with_a_warning(office: Office) -> None:
    write_master(office, {"rules_hash": "0" * 16})
    master, warning = prepare_master(office)
    assert warning == "规则或口径在母版做好以后有改动：表里的计分规则和自评分还是旧的。要更新请用 forms --rebuild（会覆盖对母版的手工修改）"
    assert master.machine["rules_hash"] == "0" * 16


def test_a_master_that_asks_for_other_things_is_refused(office: Office) -> None:
    write_master(office, {"form_hash": "0" * 16})
    before = master_path(office).read_bytes()
    with pytest.raises(MasterFault) as caught:
        prepare_master(office)
    assert str(caught.value) == "填报表母版（submission.xlsx）与2014年度规则要填的内容不一致，请用 forms --rebuild 重做母版"
    assert master_path(office).read_bytes() == before
    assert prepare_master(office, rebuild=True)[1] == ""
    assert master_path(office).read_bytes() == master_bytes()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda book: sheet(book, MAIN_SHEET).delete_rows(layout().field_rows["ideals_briefs"]), "报送信息简报期数"),
        (lambda book: sheet(book, "提案线索").delete_rows(1), "提案线索"),
        (lambda book: book.remove(sheet(book, "民企社情")), "民企社情"),
    ],
    ids=["row of a field", "ids of a list", "sheet of a list"],
)
def test_a_master_that_lost_an_input_is_not_issued(office: Office, change: Callable[[Workbook], None], name: str) -> None:
    master_path(office).parent.mkdir(parents=True, exist_ok=True)
    master_path(office).write_bytes(edited(change))
    with pytest.raises(MasterFault) as caught:
        prepare_master(office)
    assert f"里少了“{name}”" in str(caught.value)


def drop_empty_machine_cells(content: bytes) -> bytes:
    """The machine sheet as office programs save it: a cell without a text is not written."""
    return re.sub(rb'<c r="B(?:7|8|9|10)"[^>]*(?:/>|>.*?</c>)', b"", content)


def test_a_master_saved_by_an_office_program_is_stamped_as_before() -> None:
    part = Master(master_bytes())._sheets[MACHINE_SHEET]
    data = with_part(part, drop_empty_machine_cells)
    assert b'r="B7"' not in zipfile.ZipFile(BytesIO(data)).read(part)
    office = program_office()
    unit = office.config.units_by_code["jinshui"]
    book = opened(Master(data).stamp(stamp_values(office.config, unit)))
    machine = {row[0].value: row[1].value for row in sheet(book, MACHINE_SHEET).iter_rows(max_col=2)}
    assert (machine["unit_code"], machine["unit_name"]) == (unit.code, unit.name)


def test_one_form_for_each_unit(office: Office, tmp_path: Path) -> None:
    issued = list(issue_forms(office, Master(master_bytes())))
    shorts = ["新郑市", "金水区", "中原区", "荥阳市", "上街区", "高新区", "登封市", "新密市", "管城区", "中牟县", "二七区", "惠济区"]
    assert [entry.unit.short for entry in issued] == [f"{short}工商联" for short in shorts]
    assert [entry.path for entry in issued] == [tmp_path / "outbox" / "forms" / f"2014年度考核填报表-{short}工商联.xlsx" for short in shorts]
    machine = [Master(entry.path.read_bytes()).machine for entry in issued]
    assert [(data["unit_code"], data["unit_name"]) for data in machine] == [(entry.unit.code, entry.unit.name) for entry in issued]


def test_forms_issued_again_are_the_same(office: Office) -> None:
    def issue() -> dict[str, bytes]:
        return {entry.path.name: entry.path.read_bytes() for entry in issue_forms(office, Master(master_bytes()))}

    first = issue()
    assert len(first) == 12
    assert issue() == first


def test_the_period_and_the_deadline_come_from_the_configuration(tmp_path: Path) -> None:
    path = office_folder(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("start = 2014-01-01", "start = 2013-12-01").replace("deadline = 2014-12-31 ", "deadline = 2015-01-15 "), encoding="utf-8"
    )
    config = load_office(path).config
    unit: Unit = config.cohort[0]
    values = stamp_values(config, unit)
    assert (values["st_period_start"], values["st_period_end"], values["st_guide_deadline"]) == (41609, 42004, "报送截止：2015年1月15日")
