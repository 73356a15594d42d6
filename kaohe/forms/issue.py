"""Issuing the forms: the master in the templates folder, one stamped copy for each unit in the outbox."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kaohe.config.loader import Office
from kaohe.config.model import Unit
from kaohe.files import write_whole
from kaohe.forms.layout import MAIN_COLUMNS
from kaohe.forms.master import MASTER_FILE, build_master
from kaohe.forms.stamp import Master, MasterFault, stamp_values
from kaohe.rulebook.model import Rulebook


@dataclass(frozen=True)
class Issued:
    """One form written for one unit."""

    unit: Unit
    path: Path


def master_path(office: Office) -> Path:
    """Where the office keeps its master."""
    return office.config.folder("templates") / MASTER_FILE


def master_fits(office: Office) -> bool:
    """Whether the master asks what the rulebook asks."""
    return Master(master_path(office).read_bytes()).machine.get("form_hash") == office.rulebook.form_hash


def prepare_master(office: Office, *, rebuild: bool = False) -> tuple[Master, str]:
    """The master to stamp, made anew when absent or asked for; with a warning in Chinese, "" when all is well.

    Raises MasterFault when it asks for other inputs than the rulebook does.
    """
    path = master_path(office)
    if rebuild or not path.is_file():
        write_whole(path, build_master(office.rulebook))
    master = Master(path.read_bytes())
    if master.machine.get("form_hash") != office.rulebook.form_hash:
        raise MasterFault(f"填报表母版（{path.name}）与{office.rulebook.year}年度规则要填的内容不一致，请用 forms --rebuild 重做母版")
    if lost := _lost_inputs(master, office.rulebook):
        names = "、".join(f"“{name}”" for name in lost)
        raise MasterFault(f"填报表母版（{path.name}）里少了{names}，可能是行、列或工作表被删掉了，请换回没有改坏的一份，或用 forms --rebuild 重做")
    if master.machine.get("rules_hash") != office.rulebook.rules_hash:
        return master, "规则或口径在母版做好以后有改动：表里的计分规则和自评分还是旧的。要更新请用 forms --rebuild（会覆盖对母版的手工修改）"
    return master, ""


def _lost_inputs(master: Master, rulebook: Rulebook) -> list[str]:
    """Labels of the fields and lists whose hidden ids the master has lost."""
    sheets = master.sheet_texts()
    main = next((texts for texts in sheets if set(MAIN_COLUMNS) <= texts), frozenset())
    lost = [field.label for field_id, field in rulebook.fields.items() if field_id not in main]
    return lost + [entry.label for entry in rulebook.lists if not any({entry.id, *(c.id for c in entry.columns)} <= texts for texts in sheets)]


def form_name(year: int, unit: Unit) -> str:
    """File name of a unit's form."""
    return f"{year}年度考核填报表-{unit.short}.xlsx"


def issue_forms(office: Office, master: Master) -> Iterator[Issued]:
    """Write one form for each unit of the cohort into ``outbox/forms``, yielding each as it is done."""
    folder = office.config.folder("outbox") / "forms"
    for unit in office.config.cohort:
        path = folder / form_name(office.config.year, unit)
        write_whole(path, master.stamp(stamp_values(office.config, unit)))
        yield Issued(unit, path)
