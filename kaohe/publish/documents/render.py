"""Rendering: a template of the office and the data, to the bytes of a Word file."""

import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, lru_cache
from io import BytesIO
from operator import is_
from pathlib import Path
from traceback import walk_tb
from typing import Any
from xml.sax.saxutils import escape as escaped_text
from zlib import crc32

import jinja2
from docx import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docxtpl import DocxTemplate
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree
from markupsafe import Markup, escape

from kaohe.publish.documents import context as context_data
from kaohe.publish.documents.context import Common
from kaohe.publish.documents.package import Properties, set_properties
from kaohe.publish.documents.rows import brought_back, set_aside, tables_without
from kaohe.publish.documents.typeset import typeset, typeset_styles
from kaohe.publish.template_fault import TemplateFault
from kaohe.raw_zip import Member, member, members, packed
from kaohe.text import clean, shorten

_TAG = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)
_KIND = re.compile(r"(?<=\{%)(?:p|tr|tc|r)\b")
_SPACE = re.compile(r"\s+")
_MARKUP = re.compile(r"<[^>]+>")
_QUOTED = re.compile(r"'([^']+)'")
_UNREADABLE = (OSError, PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError, etree.LxmlError)
_FAILS = (jinja2.TemplateError, etree.LxmlError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError)


class _Template(DocxTemplate):  # type: ignore[misc]  # docxtpl has no types
    """A template read once and filled any number of times. It remembers what it was rendering and does not mend damaged XML in silence."""

    def __init__(self, data: bytes) -> None:
        super().__init__(BytesIO(data))
        self.init_docx()
        self.seen = ""
        # The body is rendered inside its document: moving a rendered body there costs more than all the rest.
        whole = etree.tostring(self.docx._element, encoding="unicode")
        start, end = whole.index("<w:body"), whole.rindex("</w:body>") + len("</w:body>")
        self.around = whole[:start], whole[end:]
        self.source = _BODY.sub("<w:body>", self.patch_xml(self.get_xml()), count=1)
        self.rows_fit = _rows_fit(self.source.join(self.around))
        self.edges = [_Edge(key, self.patch_xml(self.get_part_xml(part))) for uri in _EDGES for key, part in self.get_headers_footers(uri)]
        core = self.docx.core_properties
        self.tagged = any("{" in str(getattr(core, name)) for name in _TAGGED) or any("footnotes" in part.content_type for part in self._parts())
        self.kept: dict[str, Member] = {}
        self.core: tuple[object, bytes, bytes] | None = None
        special = ("<w:docPr", "<wp:docPr", *(f'w:pStyle w:val="{style_id}"' for style_id in typeset_styles(self.docx)))
        self.special = () if tables_without(self.source, special, _environment()) else special
        self.aside: tuple[bytes, ...] = ()

    def fill(self, names: dict[str, Any], properties: Properties) -> bytes:
        """The file with these values; what is the same in all of them is taken over as it was compressed before."""
        self.render_init()
        environment = _environment()
        xml = self.render_xml_part(self.source, self.docx._part, names, environment)
        xml, self.aside = set_aside(xml, self.special) if self.rows_fit else (xml, ())
        whole, is_large = xml.join(self.around), len(xml) > _LARGE
        del xml  # of thousands of units a document takes megabytes, and its tree ten times as many
        root = parse_xml(whole)
        del whole
        if not self.rows_fit:
            self.docx._element = root
            self.map_tree(self.fix_tables(self.get_xml()))
        for number, picture in enumerate(root.iter(qn("wp:docPr")), 1001):
            picture.set("id", str(number))
        self.docx._element = self.docx.part._element = root
        self.docx._Document__body = None
        fresh = [edge for edge in self.edges if self._edge_filled(edge, names, environment)]
        if self.tagged:
            self.render_properties(names, environment)
            self.render_footnotes(names, environment)
        typeset(self.docx, edges=bool(fresh))
        written = packed(self._members(fresh, properties))
        if is_large:
            self.docx._element = self.docx.part._element = parse_xml("<w:body/>".join(self.around))
        return written

    def _edge_filled(self, edge: "_Edge", names: dict[str, Any], environment: "_Environment") -> bool:
        """Fill in a header or footer; whether it says anything else than before."""
        part = self.docx._part.rels[edge.key].target_part
        if edge.uses is None:
            edge.uses = _uses(edge.source, environment, names)
        given = tuple(names[name] for name in edge.uses) if edge.uses is not _UNKNOWN else None
        if given is not None and edge.given is not None and all(map(is_, given, edge.given)):
            return False
        shown = self.render_xml_part(edge.source, part, names, environment)
        edge.given = given
        if edge.shown == shown:
            return False
        self.map_headers_footers_xml(edge.key, shown.encode())
        edge.shown = shown
        return True

    def _parts(self) -> list[Any]:
        return list(self.docx.part.package.iter_parts())

    def _members(self, fresh: Iterable["_Edge"], properties: Properties) -> list[Member]:
        """Every part; only those that differ from the file before are compressed again. ``fresh`` are the headers and footers that do."""
        if not self.kept or self.tagged:
            set_properties(self.docx, properties)
            stream = BytesIO()
            self.docx.save(stream)
            found = {entry.name: entry for entry in members(stream.getvalue())}
            main = str(self.docx.part.partname).removeprefix("/")
            found[main] = member(main, self._whole(found[main].content()), _LEVEL)
            self.kept = {name: found[name] for name in sorted(found, key=lambda name: (name != "[Content_Types].xml", name))}
            return list(self.kept.values())
        parts = [self.docx.part, *(self.docx._part.rels[edge.key].target_part for edge in fresh)]
        blobs = [(part, self._whole(part.blob) if part is self.docx.part else part.blob) for part in parts]
        blobs.append((self.docx.part.package._core_properties_part, self._core(properties)))
        for part, blob in blobs:
            name = str(part.partname).removeprefix("/")
            if self.kept[name].crc != crc32(blob) or self.kept[name].size != len(blob):
                self.kept[name] = member(name, blob, _LEVEL) if part is self.docx.part else member(name, blob)
        return list(self.kept.values())

    def _core(self, properties: Properties) -> bytes:
        """The part that holds the properties. Letters differ in their titles only: that is put in without looking for the rest again."""
        shared, title = replace(properties, title=_TITLE), properties.title
        if not (title.isprintable() and title.strip() and len(title) < _LONGEST_PROPERTY):
            set_properties(self.docx, properties)
            self.core = None
            return bytes(self.docx.part.package._core_properties_part.blob)
        if self.core is None or self.core[0] != shared:
            set_properties(self.docx, shared)
            before, _, after = self.docx.part.package._core_properties_part.blob.partition(_TITLE.encode())
            self.core = shared, before, after
        return self.core[1] + escaped_text(title).encode() + self.core[2]

    def _whole(self, document: bytes) -> bytes:
        """The document with the rows that were set aside."""
        return brought_back(document, self.aside) if self.aside else document

    def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
        """As docxtpl does, with every source compiled once. Where it fails, ``seen`` has the source by the lines that the error speaks of."""
        self.current_rendering_part = part
        try:
            xml = jinja_env.from_string(src_xml).render(context)
        except _FAILS:
            self.seen = _by_paragraphs(src_xml)
            xml = jinja_env.from_string(self.seen).render(context)  # fails the same way
        if "_" in xml:  # values have none, see ``_as_text``
            for was, now in _UNDONE:
                xml = xml.replace(was, now)
        return self.resolve_listing(xml)

    def resolve_listing(self, xml: str) -> str:
        """As docxtpl does, where there is anything to resolve: values are single lines."""
        return str(super().resolve_listing(xml)) if any(sign in xml for sign in "\t\n\a\f") else xml

    def fix_tables(self, xml: str) -> Any:
        """As docxtpl does, after a strict look."""
        etree.fromstring(xml)
        return super().fix_tables(xml)


@dataclass
class _Edge:
    """A header or footer, what it last said, and from which of the values; ``uses`` are those that it speaks of, ``_UNKNOWN`` where it may be more."""

    key: str
    source: str
    uses: tuple[str, ...] | None = None
    given: tuple[Any, ...] | None = None
    shown: str = ""


_UNKNOWN: tuple[str, ...] = ("",)
_UNDONE = (("{_{", "{{"), ("}_}", "}}"), ("{_%", "{%"), ("%_}", "%}"))
"""What docxtpl puts right after rendering: tags that the office wants to be shown as they are."""
_LARGE = 1_000_000
"""Characters of a document that is not kept in memory until the next is made."""
_LEVEL = 3
"""A document is a tenth larger than by zlib's usual level, and is packed four times as fast."""
_TITLE = "title-comes-here"
_LONGEST_PROPERTY = 255


def _uses(source: str, environment: "_Environment", names: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the values that a source can look at."""
    try:
        found = sorted(find_undeclared_variables(environment.parse(source)))
    except jinja2.TemplateError:
        return _UNKNOWN
    return tuple(found) if all(name in names for name in found) else _UNKNOWN


@lru_cache(200)
def _by_paragraphs(source: str) -> str:
    return re.sub(r"<w:p([ >])", r"\n<w:p\1", source)


_BODY = re.compile("<w:body[^<>]*>")
_EDGES = (DocxTemplate.HEADER_URI, DocxTemplate.FOOTER_URI)
_TAGGED = ("author", "comments", "identifier", "language", "subject", "title")
"""The properties that docxtpl renders; all are set anew afterwards, but a wrong tag in one of them is told."""


def _rows_fit(document: str) -> bool:
    """Whether every row of every table has as many cells as its table has columns, whatever is filled in: then there is nothing to mend."""
    try:
        root = etree.fromstring(document)
    except etree.XMLSyntaxError:
        return False  # tags with signs that XML reads its own way
    for table in root.iter(qn("w:tbl")):
        columns = len(table.findall(f"{qn('w:tblGrid')}/{qn('w:gridCol')}"))
        for row in table.iter(qn("w:tr")):
            spans = [mark.get(qn("w:val"), "") for mark in row.iterfind(f"{qn('w:tc')}/{qn('w:tcPr')}/{qn('w:gridSpan')}")]
            between = [row.text, *(child.tail for child in row), *spans]
            if any("{" in (text or "") for text in between):
                return False
            if columns != len(row.findall(qn("w:tc"))) - len(spans) + sum(map(int, spans)):
                return False
    return True


class _Environment(ImmutableSandboxedEnvironment):
    """Compiles each source once: most of the time of a letter would go into compiling the same template again."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As the sandbox does; what is frozen data of ours needs no second look."""
        if type(obj) in _OURS and not attribute.startswith("_"):
            try:
                return getattr(obj, attribute)
            except AttributeError:
                return super().getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def from_string(self, source: str | Any, globals: Any = None, template_class: Any = None) -> jinja2.Template:
        """The compiled template of this source."""
        known = _compiled.get(source)
        if known is None:
            known = _compiled[source] = super().from_string(source, globals, template_class)
            _without_escaping_twice(known)
            if len(_compiled) > _KEPT:
                del _compiled[next(iter(_compiled))]
        return known


def _without_escaping_twice(template: jinja2.Template) -> None:
    """Have a compiled template leave alone what ``_as_text`` has made: jinja would ask each of the 500 values of a letter whether it is escaped."""
    known = template.root_render_func.__globals__
    if known.get("escape") is escape:
        known["escape"] = _escaped


def _escaped(value: Any) -> Any:
    return value if type(value) is Markup else escape(value)


_OURS = frozenset(kind for kind in vars(context_data).values() if isinstance(kind, type) and is_dataclass(kind))
_KEPT = 200
_compiled: dict[Any, jinja2.Template] = {}


@cache
def _environment() -> _Environment:
    return _Environment(autoescape=True, undefined=jinja2.StrictUndefined, finalize=_as_text)


def render(template: Path, context: Common, properties: Properties) -> bytes:
    """The finished file. Values stay plain text whatever they contain; the same input gives the same bytes."""
    data = _read(template)
    document = _opened(template, data)
    names = {field.name: getattr(context, field.name) for field in fields(context)}
    try:
        return document.fill(names, properties)
    except _FAILS as error:
        del _templates[data]  # half filled
        raise TemplateFault(_explanation(template, document.seen, error)) from error


def check(template: Path) -> None:
    """Read a template and all its marks without filling it in. Raises TemplateFault; names that do not exist show only when it is filled in."""
    document = _opened(template, _read(template))
    for source in (document.source, *(edge.source for edge in document.edges)):
        document.seen = _by_paragraphs(source)
        try:
            _environment().from_string(document.seen)
        except jinja2.TemplateError as error:
            raise TemplateFault(_explanation(template, document.seen, error)) from error


_MOST_TEMPLATES = 8
_templates: dict[bytes, _Template] = {}
"""By their content: the letters of all units share theirs."""


def _read(template: Path) -> bytes:
    try:
        return template.read_bytes()
    except OSError as error:
        raise _not_opened(template) from error


def _opened(template: Path, data: bytes) -> _Template:
    if data not in _templates:
        if len(_templates) >= _MOST_TEMPLATES:
            _templates.clear()
        try:
            _templates[data] = _Template(data)
        except _UNREADABLE as error:
            raise _not_opened(template) from error
    return _templates[data]


def _not_opened(template: Path) -> TemplateFault:
    return TemplateFault(f"模板 {template.name} 打不开，或者不是 Word 文件（.docx）：{template}")


def _as_text(value: object) -> object:
    """A value as one line of plain text. The underscore is written as a reference because docxtpl reads ``{_{`` as a tag."""
    if type(value) is str:
        return _text(value)
    if isinstance(value, jinja2.Undefined):
        return value
    return _text(str(value))


@lru_cache(20_000)
def _text(value: str) -> Markup:
    escaped = str(escape(" ".join(clean(value).split())))
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
