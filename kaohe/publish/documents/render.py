"""Rendering: a template of the office and the data, to the bytes of a Word file."""

import re
import zipfile
from dataclasses import fields
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from traceback import walk_tb
from typing import Any

import jinja2
from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docxtpl import DocxTemplate
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree
from markupsafe import Markup, escape

from kaohe.publish.documents.context import Common
from kaohe.publish.documents.package import Properties, repacked, set_properties
from kaohe.publish.documents.typeset import typeset
from kaohe.text import clean, shorten

_TAG = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)
_KIND = re.compile(r"(?<=\{%)(?:p|tr|tc|r)\b")
_SPACE = re.compile(r"\s+")
_MARKUP = re.compile(r"<[^>]+>")
_QUOTED = re.compile(r"'([^']+)'")
_UNREADABLE = (OSError, PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError, etree.LxmlError)
_FAILS = (jinja2.TemplateError, etree.LxmlError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError)


class TemplateFault(Exception):
    """A Word template that cannot be used. The message is Chinese and says which file, which tag and where."""


class _Template(DocxTemplate):  # type: ignore[misc]  # docxtpl has no types
    """A template that remembers what it was rendering and does not mend damaged XML in silence."""

    seen = ""

    def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
        """Render one part; ``seen`` has its source by the lines that jinja counts."""
        self.seen = re.sub(r"<w:p([ >])", r"\n<w:p\1", src_xml)
        return str(super().render_xml_part(src_xml, part, context, jinja_env))

    def patch_xml(self, src_xml: str) -> str:
        """As docxtpl does, once for each source: the letters of all units share theirs."""
        return _patched(src_xml)

    def fix_tables(self, xml: str) -> Any:
        """As docxtpl does, after a strict look."""
        etree.fromstring(xml)
        return super().fix_tables(xml)


class _Environment(ImmutableSandboxedEnvironment):
    """Compiles each source once: most of the time of a letter would go into compiling the same template again."""

    def from_string(self, source: str | Any, globals: Any = None, template_class: Any = None) -> jinja2.Template:
        """The compiled template of this source."""
        known = _compiled.get(source)
        if known is None:
            known = _compiled[source] = super().from_string(source, globals, template_class)
            if len(_compiled) > _KEPT:
                del _compiled[next(iter(_compiled))]
        return known


_KEPT = 200
_compiled: dict[Any, jinja2.Template] = {}


@lru_cache(_KEPT)
def _patched(source: str) -> str:
    return str(DocxTemplate(None).patch_xml(source))


@cache
def _environment() -> _Environment:
    return _Environment(autoescape=True, undefined=jinja2.StrictUndefined, finalize=_as_text)


def render(template: Path, context: Common, properties: Properties) -> bytes:
    """The finished file. Values stay plain text whatever they contain; the same input gives the same bytes."""
    document = _opened(template)
    names = {field.name: getattr(context, field.name) for field in fields(context)}
    try:
        document.render(names, _environment(), autoescape=True)
        typeset(document.docx)
    except _FAILS as error:
        raise TemplateFault(_explanation(template, document.seen, error)) from error
    set_properties(document.docx, properties)
    stream = BytesIO()
    document.docx.save(stream)
    return repacked(stream.getvalue())


def _opened(template: Path) -> _Template:
    try:
        document = _Template(BytesIO(template.read_bytes()))
        document.init_docx()
    except _UNREADABLE as error:
        raise TemplateFault(f"模板 {template.name} 打不开，或者不是 Word 文件（.docx）：{template}") from error
    return document


def _as_text(value: object) -> object:
    """A value as one line of plain text. The underscore is written as a reference because docxtpl reads ``{_{`` as a tag."""
    if isinstance(value, jinja2.Undefined):
        return value
    escaped = str(escape(" ".join(clean(str(value)).split())))
    return Markup(escaped.replace("_", "&#95;"))  # noqa: S704  # escaped on the line above


def _explanation(template: Path, seen: str, error: Exception) -> str:
    line = _line(error)
    lines = seen.splitlines()
    text = _MARKUP.sub("", lines[line - 1]) if 0 < line <= len(lines) else ""
    tag = _tag(text, str(error))
    number = _paragraph_number(template, tag or text)
    place = f"第{number}段" if number else ""
    named = f"的标记“{tag}”" if tag else (f"（{shorten(text, 120)}）" if text.strip() else "")
    return f"模板 {template.name} {place}{named}不能使用：{_chinese(error)}。请改正模板后重新运行。"


def _chinese(error: Exception) -> str:
    match error:
        case jinja2.UndefinedError():
            return "没有这项数据，可能是名称写错了"
        case jinja2.TemplateSyntaxError():
            return "标记写法有错，可能是 if、for 没有配对的 endif、endfor，或者括号、引号没有写全"
        case etree.LxmlError():
            return "标记放错了位置，生成的文件不完整"
        case _:
            return "标记里的计算不能进行"


def _line(error: Exception) -> int:
    """The line of the rendered source that the error comes from; 0 where unknown."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return int(error.lineno)
    frames = [entry for entry in walk_tb(error.__traceback__) if entry[0].f_code.co_filename == "<template>"]
    return int(frames[-1][1]) if frames else 0


def _tag(text: str, message: str) -> str:
    """The tag of a line that the message speaks of, else the line's only one."""
    tags = _TAG.findall(text)
    names = [name.rpartition(" ")[2] for name in _QUOTED.findall(message)]
    speaking = [tag for tag in tags if any(re.search(rf"\b{re.escape(name)}\b", tag) for name in names)]
    found: list[str] = speaking or (tags if len(tags) == 1 else [])
    return found[0] if found else ""


def _paragraph_number(template: Path, wanted: str) -> int:
    """The first paragraph of the body that holds this text or begins it, counted from 1 with those in tables; 0 where there is none."""
    wanted = _SPACE.sub("", wanted)
    paragraphs = Document(BytesIO(template.read_bytes())).element.body.iter(qn("w:p"))
    for number, paragraph in enumerate(paragraphs, 1):
        text = _SPACE.sub("", _KIND.sub("", "".join(part.text or "" for part in paragraph.iter(qn("w:t")))))
        if wanted and text and (wanted in text or wanted.startswith(text)):
            return number
    return 0
