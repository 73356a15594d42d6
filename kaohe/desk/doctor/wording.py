"""The office's own templates: whether what was edited can still be used."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from kaohe import PROGRAM_ROOT
from kaohe.config.model import Config
from kaohe.desk.doctor.result import Premises, Result, act, good
from kaohe.mail.drafts import has_subject
from kaohe.mail.kinds import Kind
from kaohe.publish.template_fault import TemplateFault
from kaohe.publish.text_template import template_text

_TEXTS = (".txt", ".html")
_TODO = "请改好；改不好的，把办公文件夹里的这一个删掉，程序就用自带的"


def templates(premises: Premises) -> Iterator[Result]:
    """Every template that the program knows, the office's own where it has one."""
    if premises.office is None:
        return
    faults = list(_faults(premises.office.config))
    for fault in faults:
        yield act("模板", fault, _TODO)
    if not faults:
        yield good("模板", "都打得开，写法没有错")


def _faults(config: Config) -> Iterator[str]:
    shipped = PROGRAM_ROOT / "templates"
    for path in sorted(shipped.rglob("*")):
        if path.is_file():
            name = path.relative_to(shipped).as_posix()
            if problem := _problem(config.template(name), name):
                yield problem


def _problem(template: Path, name: str) -> str:
    """What is wrong with a template, in Chinese; "" where nothing is."""
    if template.suffix not in _TEXTS and not zipfile.is_zipfile(template):
        return f"模板 {template.name} 打不开，不是 Word、Excel 文件（{template}）"
    try:
        if template.suffix == ".docx":
            from kaohe.publish.documents.render import check

            check(template)
        if template.suffix not in _TEXTS:
            return ""
        text = template_text(template)
    except TemplateFault as fault:
        return str(fault)
    if name in {kind.template for kind in Kind} and not has_subject(text):
        return f"模板 {template.name} 里没有“主题：……”一行（{template}）"
    return ""
