"""The machine description of a form, for other programs."""

from typing import Any

from kaohe.config.loader import Office
from kaohe.forms.layout import MAIN_SHEET, FormLayout
from kaohe.text import points_json


def form_schema(office: Office) -> dict[str, Any]:
    """Fields, lists, items, gate, units and readings as plain data, with the cells where the form has them."""
    rulebook, layout = office.rulebook, FormLayout(office.rulebook)
    fields = [
        {
            "id": field.id,
            "label": field.label,
            "type": field.type,
            "required": True,
            "items": list(rulebook.items_of_field[field.id]),
            "sheet": MAIN_SHEET,
            "cell": layout.value_cell(field.id),
        }
        for field in rulebook.fields.values()
    ]
    lists = [
        {
            "id": place.entry.id,
            "label": place.entry.label,
            "sheet": place.sheet,
            "first_row": place.first_row,
            "rows": place.entry.rows,
            "columns": [
                {
                    "id": column.id,
                    "label": column.label,
                    "type": column.type,
                    "choices": list(column.choices),
                    "required": column.required,
                    "column": place.columns[column.id],
                }
                for column in place.entry.columns
            ],
        }
        for place in layout.lists.values()
    ]
    return {
        "year": rulebook.year,
        "version": rulebook.version,
        "fields": fields,
        "lists": lists,
        "items": [_item(office, item_id) for item_id in rulebook.items],
        "gate": [{"id": c.id, "label": c.label} for c in rulebook.gate.conditions],
        "units": [{"code": u.code, "name": u.name, "short": u.short} for u in office.config.cohort],
        "readings": [{"id": r.id, "taken": r.taken, "choices": [c.id for c in r.choices]} for r in rulebook.readings],
    }


def _item(office: Office, item_id: str) -> dict[str, Any]:
    rulebook = office.rulebook
    item = rulebook.items[item_id]
    maximum = item.rule.maximum()
    return {
        "id": item.id,
        "clause": rulebook.clause_of_item[item.id].number,
        "title": item.title,
        "max": None if maximum is None else points_json(maximum),
        "kind": item.rule.kind,
        "inputs": [*item.rule.inputs(), *item.rule.lists()],
        "bonus": item.bonus,
    }
