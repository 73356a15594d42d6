"""The styles of a plain package, and those that marks and the list add to them."""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from kaohe import look
from kaohe.publish.plain_package import NS, NotPlain


@dataclass(frozen=True, slots=True)
class Ink:
    """How a text of the list is written; ``colour`` is "" for the program's own."""

    font: str
    size: float
    colour: str = ""
    bold: bool = False
    underlined: bool = False


class StyleSheet:
    """The styles part, to which styles are added as they are asked for; equal ones once."""

    def __init__(self, part: bytes) -> None:
        """Raises NotPlain where the part is not as it should be."""
        self._root = etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True))
        self._known: dict[object, int] = {}

    def filled(self, style: int, colour: str) -> int:
        """A cell's style with another fill."""

        def make() -> etree._Element:
            made = self._format(style)
            made.set("fillId", str(self._fill(colour)))
            made.set("applyFill", "1")
            return made

        return self._id("cellXfs", ("filled", style, colour), make)

    def quoted(self, style: int) -> int:
        """A cell's style with which text that begins like a formula stays text when it is edited."""

        def make() -> etree._Element:
            made = self._format(style)
            made.set("quotePrefix", "1")
            return made

        return self._id("cellXfs", ("quoted", style), make)

    def specimen(self, ink: Ink, style: int) -> int:
        """A style of the list with the fill that a cell has, so that the mark can be taken off again."""

        def make() -> etree._Element:
            made = self._new(ink, boxed=False, centred=False, wrapped=True, quoted=False)
            made.set("fillId", self._format(style).get("fillId", "0"))
            made.set("applyFill", "1")
            return made

        return self._id("cellXfs", ("specimen", ink, self._format(style).get("fillId", "0")), make)

    def listed(self, ink: Ink, *, fill: str = "", boxed: bool = False, centred: bool = False, wrapped: bool = True, quoted: bool = False) -> int:
        """A style of the list. ``quoted``: text that begins like a formula stays text when it is edited."""

        def make() -> etree._Element:
            made = self._new(ink, boxed=boxed, centred=centred, wrapped=wrapped, quoted=quoted)
            if fill:
                made.set("fillId", str(self._fill(fill)))
                made.set("applyFill", "1")
            return made

        return self._id("cellXfs", ("listed", ink, fill, boxed, centred, wrapped, quoted), make)

    def written(self) -> bytes:
        """The part."""
        return bytes(etree.tostring(self._root, xml_declaration=True, encoding="UTF-8", standalone=True))

    def _new(self, ink: Ink, *, boxed: bool, centred: bool, wrapped: bool, quoted: bool) -> etree._Element:
        made = etree.Element(f"{NS}xf", numFmtId="0", fontId=str(self._font(ink)), fillId="0", borderId=str(self._border() if boxed else 0), xfId="0")
        for name in ("applyFont", "applyBorder", "applyAlignment", *(("quotePrefix",) if quoted else ())):
            made.set(name, "1")
        alignment = etree.SubElement(made, f"{NS}alignment", horizontal="center" if centred else "left", vertical="center")
        if wrapped:
            alignment.set("wrapText", "1")
        return made

    def _format(self, style: int) -> etree._Element:
        """A copy of one of the cells' styles."""
        try:
            return etree.fromstring(etree.tostring(self._group("cellXfs")[style]))
        except IndexError:
            raise NotPlain from None

    def _fill(self, colour: str) -> int:
        def make() -> etree._Element:
            made = etree.Element(f"{NS}fill")
            pattern = etree.SubElement(made, f"{NS}patternFill", patternType="solid")
            etree.SubElement(pattern, f"{NS}fgColor", rgb=_argb(colour))
            etree.SubElement(pattern, f"{NS}bgColor", indexed="64")
            return made

        return self._id("fills", ("fill", colour), make)

    def _font(self, ink: Ink) -> int:
        def make() -> etree._Element:
            made = etree.Element(f"{NS}font")
            if ink.bold:
                etree.SubElement(made, f"{NS}b")
            if ink.underlined:
                etree.SubElement(made, f"{NS}u", val="single")
            etree.SubElement(made, f"{NS}sz", val=f"{ink.size:g}")
            if ink.colour:
                etree.SubElement(made, f"{NS}color", rgb=_argb(ink.colour))
            etree.SubElement(made, f"{NS}name", val=ink.font)
            return made

        return self._id("fonts", ("font", ink), make)

    def _border(self) -> int:
        def make() -> etree._Element:
            made = etree.Element(f"{NS}border")
            for side in ("left", "right", "top", "bottom"):
                etree.SubElement(etree.SubElement(made, f"{NS}{side}", style="thin"), f"{NS}color", rgb=_argb(look.RULE))
            etree.SubElement(made, f"{NS}diagonal")
            return made

        return self._id("borders", "border", make)

    def _id(self, group: str, key: object, make: Callable[[], etree._Element]) -> int:
        """Place of an entry of a group, added where it is not there yet."""
        if key not in self._known:
            parent, made = self._group(group), make()
            parent.append(made)
            parent.set("count", str(len(parent)))
            self._known[key] = len(parent) - 1
        return self._known[key]

    def _group(self, name: str) -> etree._Element:
        found = self._root.find(f"{NS}{name}")
        if found is None:
            raise NotPlain
        return found


def _argb(colour: str) -> str:
    return f"FF{colour.removeprefix('#')}"
