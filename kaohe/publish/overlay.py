"""Marks put on a plain package: the list in front, colours and comments at the cells, everything else as it was compressed.

What comes out is what ``marking`` would make of the same workbook; the tests hold the two together.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from kaohe import look
from kaohe.cells import cell_name, column_letter, split_ref
from kaohe.checks.finding import Finding, Severity
from kaohe.publish import correction_list as wording
from kaohe.publish.correction_list import COLUMNS, FIRST_ROW, LIST_SHEET, Notice
from kaohe.publish.formula_text import ESCAPE, LEADS
from kaohe.publish.overlay_styles import Ink, StyleSheet
from kaohe.publish.plain_package import LINKS, MAIN, NS, OFFICE, STYLES, TYPES, WORKBOOK, NotPlain, Plain
from kaohe.raw_zip import member, packed
from kaohe.text import clean

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_LEVEL = 3
"""A sheet is a tenth larger than by zlib's usual level, and is packed four times as fast."""
_CELL = re.compile(rb"<c\s[^<>]*>")
_SHARED = re.compile(rb'(<c\s[^<>]*\bt="s"[^<>]*>)<v>(\d{1,7})</v>')
_MERGED = re.compile(rb'<mergeCell\s[^<>]*?ref="([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})"')
_SELECTED = re.compile(rb'(<sheetView\b[^<>]*?)\s+tabSelected="[^"]*"')
_MOMENT = re.compile(rb"(<dcterms:(?:created|modified)\b[^<>]*>)[^<]*(?=</)")
_LISTED_PARTS = re.compile(rb"<(?:\w+:)?(HeadingPairs|TitlesOfParts)>.*?</(?:\w+:)?\1>", re.DOTALL)
_SHAPE = (
    '<v:shape id="_x0000_s{id:04d}" type="#_x0000_t202" style="position:absolute; margin-left:59.25pt;margin-top:1.5pt;width:{width}px;height:{height}px;'
    'z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/>'
    '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>'
    "</x:ClientData></v:shape>"
)
_SHAPES = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">'
    '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A cell that is marked: its sheet, its address, and the style it had."""

    sheet: str
    ref: str
    style: int


def overlaid(package: Plain, notice: Notice, last_rows: Mapping[str, int]) -> bytes:
    """The marked workbook. ``last_rows`` gives by sheet the last row that is to print. Raises NotPlain where a cell is not to be found."""
    fresh = {part: package.contents[part] for part in package.sheets.values()}
    merged = {part: _merged(package.contents[part]) for part in {package.sheets.get(finding.sheet, "") for finding in notice.findings} - {""}}
    spots = [_spot(package, finding, merged) for finding in notice.findings]
    styles = StyleSheet(package.contents[STYLES])
    marks: dict[_Spot, list[Finding]] = {}
    for finding, spot in zip(notice.findings, spots, strict=True):
        if spot is not None:
            marks.setdefault(spot, []).append(finding)
    if package.leading:
        fresh = {part: _quoted(content, package.leading, styles) for part, content in fresh.items()}
    added: dict[str, bytes] = {}
    sheet_number = 1 + max(int(re.sub(r"\D", "", part)) for part in package.sheets.values())
    for number, sheet in enumerate((title for title in package.sheets if any(spot.sheet == title for spot in marks)), 1):
        part = package.sheets[sheet]
        here = {spot: found for spot, found in marks.items() if spot.sheet == sheet}
        fresh[part] = _marked(fresh[part], here, styles)
        added |= _comments(here, number, part)
    for part, content in fresh.items():
        fresh[part] = _SELECTED.sub(rb"\1", content) if b"tabSelected" in content else content
    list_part = f"xl/worksheets/sheet{sheet_number}.xml"
    added[list_part] = _list_sheet(notice, spots, styles).encode()
    fresh[STYLES] = styles.written()
    fresh[WORKBOOK] = _workbook(package, sheet_number, len(notice.findings), last_rows)
    fresh[LINKS] = _linked(package.contents[LINKS], sheet_number)
    fresh[TYPES] = _typed(package.contents[TYPES], list_part, added)
    moment = rb"\g<1>" + notice.stamp.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    if core := package.contents.get("docProps/core.xml"):
        fresh["docProps/core.xml"] = _MOMENT.sub(moment, core)
    if about := package.contents.get("docProps/app.xml"):
        fresh["docProps/app.xml"] = _LISTED_PARTS.sub(b"", about)
    kept = [
        entry if fresh.get(name, package.contents[name]) == package.contents[name] else member(name, fresh[name], _LEVEL)
        for name, entry in package.members.items()
    ]
    return packed([*kept, *(member(name, content, _LEVEL) for name, content in added.items())])


def _merged(content: bytes) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """First and last cell of every merged range."""
    return [(split_ref(first.decode()), split_ref(last.decode())) for first, last in _MERGED.findall(content)]


def _spot(package: Plain, finding: Finding, merged: Mapping[str, Iterable[tuple[tuple[int, int], tuple[int, int]]]]) -> _Spot | None:
    """The cell that a finding is marked at; of a merged range the one that shows; None where the workbook has no such cell."""
    part = package.sheets.get(finding.sheet)
    if part is None:
        return None
    try:
        row, column = split_ref(finding.cell)
    except ValueError:
        return None
    if row > wording.LAST_ROW or column >= wording.LAST_COLUMN:
        return None
    content, ref = package.contents[part], finding.cell
    for (top, left), (bottom, right) in merged[part]:
        if top <= row <= bottom and left <= column <= right:
            ref = cell_name(top, left)
    found = _cell(content, ref)
    if found is None:
        raise NotPlain
    return _Spot(finding.sheet, ref, _style(found.group()))


def _style(tag: bytes) -> int:
    style = re.search(rb'\ss="(\d{1,6})"', tag)
    return int(style.group(1)) if style else 0


def _styled(tag: bytes, style: int) -> bytes:
    return re.sub(rb'\ss="\d+"', b"", tag).replace(b"<c", f'<c s="{style}"'.encode(), 1)


def _quoted(content: bytes, leading: Container[int], styles: StyleSheet) -> bytes:
    """The sheet with cells marked as text whose text begins like a formula."""

    def quoted(cell: re.Match[bytes]) -> bytes:
        if int(cell.group(2)) not in leading:
            return cell.group()
        return _styled(cell.group(1), styles.quoted(_style(cell.group(1)))) + cell.group()[len(cell.group(1)) :]

    return _SHARED.sub(quoted, content)


def _cell(content: bytes, ref: str) -> re.Match[bytes] | None:
    """The first cell of that address: its address is looked for, as a search for a tag would begin at every cell."""
    wanted, at = f'r="{ref}"'.encode(), -1
    while (at := content.find(wanted, at + 1)) >= 0:
        match = _CELL.match(content, content.rfind(b"<", 0, at))
        if match is not None and at < match.end() and content[at - 1 : at].isspace():
            return match
    return None


def _marked(content: bytes, marks: Mapping[_Spot, Sequence[Finding]], styles: StyleSheet) -> bytes:
    """The sheet with its marked cells in colour and a link to its comments."""
    for spot, found in marks.items():
        gravest = min(found, key=lambda finding: finding.gravity)
        match = _cell(content, spot.ref)
        assert match is not None
        tag = _styled(match.group(), styles.filled(_style(match.group()), wording.FILLS[gravest.severity]))
        content = content[: match.start()] + tag + content[match.end() :]
    link = f'<legacyDrawing xmlns:r="{OFFICE}" r:id="anysvml"/></worksheet>'.encode()
    head, end, _ = content.rpartition(b"</worksheet>")
    if not end:
        raise NotPlain
    return head + link


def _comments(marks: Mapping[_Spot, Sequence[Finding]], number: int, part: str) -> dict[str, bytes]:
    """The parts with a sheet's comments, their shapes, and the links to both."""
    comments, shapes = [], []
    for n, (spot, found) in enumerate(marks.items()):
        text = wording.comment_of(found)
        row, column = split_ref(spot.ref)
        comments.append(f'<comment ref="{spot.ref}" authorId="0"><text><t xml:space="preserve">{_escaped(text)}</t></text></comment>')
        height = wording.comment_height(text)
        shapes.append(_SHAPE.format(id=1026 + n, width=wording.COMMENT_WIDTH, height=height, row=row - 1, column=column))
    author = f"<authors><author>{wording.AUTHOR}</author></authors>"
    home, _, name = part.rpartition("/")
    links = "".join(
        f'<Relationship Id="{link}" Type="{OFFICE}/{kind}" Target="/{target}"/>'
        for link, kind, target in (
            ("comments", "comments", f"xl/comments/comment{number}.xml"),
            ("anysvml", "vmlDrawing", f"xl/drawings/commentsDrawing{number}.vml"),
        )
    )
    return {
        f"xl/comments/comment{number}.xml": f'{_HEAD}<comments xmlns="{MAIN}">{author}<commentList>{"".join(comments)}</commentList></comments>'.encode(),
        f"xl/drawings/commentsDrawing{number}.vml": f"{_SHAPES}{''.join(shapes)}</xml>".encode(),
        f"{home}/_rels/{name}.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'.encode(),
    }


def _list_sheet(notice: Notice, spots: Sequence[_Spot | None], styles: StyleSheet) -> str:
    """The list that comes first, as ``marking`` writes it."""
    last, mark = len(COLUMNS), wording.MACHINE_COLUMN - 1
    title_height, about_height = wording.head_heights(notice)
    about = "\n".join(notice.about)
    plain = Ink(look.BODY_FONT, 10.5, look.INK)
    title, machine = styles.listed(Ink(look.HEAD_FONT, 16, look.BRAND, bold=True)), styles.listed(Ink(look.BODY_FONT, 10.5))
    heading = styles.listed(Ink(look.HEAD_FONT, 10.5, look.INK, bold=True), fill=look.HEADER_FILL, boxed=True, centred=True, wrapped=False)
    rows = [
        _row(wording.TITLE_ROW, title_height, [_text(1, 0, notice.title, title), _text(1, mark, wording.LIST_MARK, machine)]),
        _row(wording.ABOUT_ROW, about_height, [_text(2, 0, about, styles.listed(plain))]),
        _row(wording.HEADER_ROW, 24, [_text(3, n, text, heading) for n, text in enumerate(COLUMNS)]),
    ]
    links = []
    for n, (finding, origin, spot) in enumerate(zip(notice.findings, notice.origins, spots, strict=True)):
        row, texts = FIRST_ROW + n, wording.row_texts(finding, origin)
        cells = [_text(row, column, text, _list_style(column, text, finding.severity, spot, styles)) for column, text in enumerate(texts)]
        if spot is not None:
            cells.append(_text(row, mark, wording.CELL_MARK, styles.specimen(plain, spot.style)))
            place = f"'{spot.sheet.replace(chr(39), chr(39) * 2)}'!{spot.ref}"
            links.append(f'<hyperlink ref="C{row}" location={quoteattr(place)}/>')
        rows.append(_row(row, wording.row_height(texts), cells))
    widths = "".join(f'<col min="{n}" max="{n}" width="{width:g}" customWidth="1"/>' for n, width in enumerate(COLUMNS.values(), 1))
    edge = column_letter(last - 1)
    shown_links = f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else ""
    return (
        f'{_HEAD}<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:{column_letter(mark)}{len(rows)}"/>'
        '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
        f'<pane ySplit="{FIRST_ROW - 1}" topLeftCell="A{FIRST_ROW}" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft" activeCell="A1" sqref="A1"/></sheetView></sheetViews><sheetFormatPr baseColWidth="8" defaultRowHeight="15"/>'
        f'<cols>{widths}<col min="{last + 1}" max="{last + 1}" width="13" hidden="1" customWidth="1"/></cols><sheetData>{"".join(rows)}</sheetData>'
        f'<mergeCells count="2"><mergeCell ref="A1:{edge}1"/><mergeCell ref="A2:{edge}2"/></mergeCells>'
        f"{shown_links}"
        '<printOptions horizontalCentered="1"/><pageMargins left="0.45" right="0.45" top="0.6" bottom="0.75" header="0.35" footer="0.35"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;C第 &amp;P 页，共 &amp;N 页</oddFooter></headerFooter></worksheet>"
    )


def _list_style(column: int, text: str, severity: Severity, spot: _Spot | None, styles: StyleSheet) -> int:
    centred = column + 1 in wording.CENTRED
    if column == 0:
        ink = Ink(look.HEAD_FONT, 10.5, wording.INKS[severity], bold=True)
        return styles.listed(ink, fill=wording.FILLS[severity], boxed=True, centred=True)
    linked = column == 2 and spot is not None
    ink = Ink(look.BODY_FONT, 10.5, look.HINT_INK, underlined=True) if linked else Ink(look.BODY_FONT, 10.5, look.INK)
    return styles.listed(ink, boxed=True, centred=centred, quoted=clean(text).startswith(LEADS))


def _row(number: int, height: float, cells: Iterable[str]) -> str:
    return f'<row r="{number}" ht="{height:g}" customHeight="1">{"".join(cells)}</row>'


def _text(row: int, column: int, text: str, style: int) -> str:
    """A cell with text that stays text, whatever it begins with."""
    inside = f'<is><t xml:space="preserve">{_escaped(ESCAPE.sub("_x005F_", clean(text)))}</t></is>'
    return f'<c r="{cell_name(row, column)}" s="{style}" t="inlineStr">{inside}</c>'


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _workbook(package: Plain, number: int, findings: int, last_rows: Mapping[str, int]) -> bytes:
    """The list as the first sheet and the one shown; names of sheets behind it count one further, and lists print as far as they are filled."""
    root, titles = package.workbook, list(package.sheets)
    sheets = root.find(f"{NS}sheets")
    assert sheets is not None
    first = etree.Element(f"{NS}sheet", name=LIST_SHEET, sheetId=str(1 + max(int(str(s.get("sheetId"))) for s in sheets)))
    first.set(f"{{{OFFICE}}}id", f"rIdList{number}")
    sheets.insert(0, first)
    for view in root.iterfind(f"{NS}bookViews/{NS}workbookView"):
        view.set("activeTab", "0")
        view.set("firstSheet", "0")
    names = root.find(f"{NS}definedNames")
    if names is None:
        names = etree.Element(f"{NS}definedNames")
        sheets.addnext(names)
    for defined in names:
        place = defined.get("localSheetId")
        if place is None:
            continue
        title = titles[int(place)]
        if defined.get("name") == "_xlnm.Print_Area" and title in last_rows:
            defined.text = re.sub(r"\d+$", str(last_rows[title]), defined.text or "")
        defined.set("localSheetId", str(int(place) + 1))
    edge = column_letter(len(COLUMNS) - 1)
    for name, area in (("Print_Titles", f"${wording.HEADER_ROW}:${wording.HEADER_ROW}"), ("Print_Area", f"$A$1:${edge}${FIRST_ROW - 1 + findings}")):
        defined = etree.Element(f"{NS}definedName", name=f"_xlnm.{name}", localSheetId="0")
        defined.text = f"'{LIST_SHEET}'!{area}"
        names.insert(0, defined)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _linked(links: bytes, number: int) -> bytes:
    link = f'<Relationship xmlns="{_PACKAGE}/relationships" Id="rIdList{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
    return _appended(links, [link])


def _typed(types: bytes, list_part: str, added: Iterable[str]) -> bytes:
    kinds = [f'<Override xmlns="{_PACKAGE}/content-types" PartName="/{list_part}" ContentType="{_SHEET_TYPE}"/>']
    comments = [name for name in added if name.startswith("xl/comments/")]
    kinds += [f'<Override xmlns="{_PACKAGE}/content-types" PartName="/{name}" ContentType="{_COMMENTS_TYPE}"/>' for name in comments]
    vml = f'<Default xmlns="{_PACKAGE}/content-types" Extension="vml" ContentType="{_VML_TYPE}"/>' if comments and b'"vml"' not in types else ""
    root = etree.fromstring(types)
    if vml:
        root.insert(0, etree.fromstring(vml))
    for kind in kinds:
        root.append(etree.fromstring(kind))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _appended(part: bytes, elements: Iterable[str]) -> bytes:
    root = etree.fromstring(part)
    for element in elements:
        root.append(etree.fromstring(element))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
