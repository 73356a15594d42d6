"""Text and HTML from templates that the office may edit with Notepad."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from kaohe.publish.template_fault import TemplateFault
from kaohe.text import clean, os_problem

_ENCODINGS = ("utf-8-sig", "gb18030")
_SOURCE = "<template>"


def render_text(template: Path, context: Mapping[str, Any], *, html: bool = False, filters: Mapping[str, Callable[..., Any]] | None = None) -> str:
    """The template filled in; with ``html`` everything filled in is escaped.

    Raises TemplateFault, which says in Chinese which file, which line and what is wrong.
    """
    try:
        return _compiled(_source(template), html, tuple((filters or {}).items())).render(context)
    except TemplateError as error:
        raise _fault(template, error) from error


def template_text(template: Path) -> str:
    """What stands in a template, once it can be read as one. Raises TemplateFault."""
    source = _source(template)
    try:
        ImmutableSandboxedEnvironment().parse(source)
    except TemplateError as error:
        raise _fault(template, error) from error
    return source


def _fault(template: Path, error: TemplateError) -> TemplateFault:
    line = error.lineno if isinstance(error, TemplateSyntaxError) else _line_of(error.__traceback__)
    where = f"第{line}行" if line else ""
    return TemplateFault(f"模板 {template.name} {where}写得不对：{error.message}（{template}）")


@lru_cache(8)
def _compiled(source: str, html: bool, filters: tuple[tuple[str, Callable[..., Any]], ...]) -> Template:
    """The template ready to be filled in: the letters of all units share theirs."""
    environment = ImmutableSandboxedEnvironment(
        autoescape=select_autoescape(default_for_string=html),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_safe,
    )
    environment.filters |= dict(filters)
    return environment.from_string(source)


def _source(template: Path) -> str:
    """The template's text: UTF-8, or as Chinese Windows calls it ANSI."""
    try:
        data = template.read_bytes()
    except OSError as error:
        raise TemplateFault(f"模板 {template.name} 读不出来：{os_problem(error)}（{template}）") from error
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TemplateFault(f"模板 {template.name} 不是文本文件，请用记事本另存为 UTF-8：{template}")


def _line_of(trace: TracebackType | None) -> int | None:
    """The template's line that failed: jinja writes it into the traceback."""
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _SOURCE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _safe(value: Any) -> Any:
    """What everything filled in passes through before it is escaped; markup of the template's own macros stays as it is."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
