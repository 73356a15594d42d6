"""The ornamental frame of a certificate, drawn as lines: sharp at any size, and no picture file."""

from collections.abc import Sequence
from math import cos, pi, sin
from typing import Any

from docx.oxml import parse_xml

Point = tuple[float, float]
GOLD, RED = "B8893B", "C00000"
OUTER_MM, BAND_MM, INNER_MM = 10.0, 15.5, 21.0
"""Insets from the page's edge: the heavy line, the middle of the braid, and the inner lines."""
WAVE_MM = 2.6
PERIOD_MM = 9.0
CORNER_MM = 5.2
TAPER_MM = 5.0
"""Over this length the strands of the braid come together at its ends."""
_SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
_EMU = 36000
_UNITS = 100
"""Path units in a millimetre."""


def add_frame(paragraph: Any, width: float, height: float) -> None:
    """Put the frame behind the text of a page of this size, anchored in ``paragraph``; lengths in millimetres."""
    layers = (
        (GOLD, 4.5, [_box(OUTER_MM, width, height)]),
        (GOLD, 0.75, [_box(OUTER_MM + 1.6, width, height), _box(INNER_MM - 1.2, width, height), *_braid(width, height)]),
        (GOLD, 1.75, [_box(INNER_MM, width, height)]),
        (RED, 0.5, [curve for corner in _corners(width, height) for curve in _rosette(corner)]),
    )
    for number, (colour, weight, paths) in enumerate(layers, 1):
        paragraph._p.append(parse_xml(_layer(number, colour, weight, paths, width, height)))


def _box(inset: float, width: float, height: float) -> str:
    return _lines([(inset, inset), (width - inset, inset), (width - inset, height - inset), (inset, height - inset)])


def _braid(width: float, height: float) -> list[str]:
    """Three waves crossing along each side, between the corners."""
    start, curves = BAND_MM + CORNER_MM, []
    for side in (width, height):
        length = side - 2 * start
        waves = 3 * round(length / PERIOD_MM / 3)
        steps = waves * 6
        taper = [min(1.0, t * length / steps / TAPER_MM, (steps - t) * length / steps / TAPER_MM) for t in range(steps + 1)]
        for third in range(3):
            along = [(start + length * t / steps, taper[t] * WAVE_MM * sin(2 * pi * (t / 6 + third / 3))) for t in range(steps + 1)]
            for middle in (BAND_MM, (height if side == width else width) - BAND_MM):
                points = [(x, middle + d) if side == width else (middle + d, x) for x, d in along]
                curves.append(_smooth(points))
    return curves


def _corners(width: float, height: float) -> list[Point]:
    return [(x, y) for x in (BAND_MM, width - BAND_MM) for y in (BAND_MM, height - BAND_MM)]


def _rosette(centre: Point) -> list[str]:
    """A flower of crossing loops within a ring."""
    curves = []
    for inner, outer, petals in ((0.9, 3.7, 8), (2.5, 3.7, 12)):
        for turn in (0.0, pi / petals):
            steps = petals * 12
            radii = [(inner + outer) / 2 + (outer - inner) / 2 * cos(petals * 2 * pi * t / steps + petals * turn) for t in range(steps + 1)]
            curves.append(_smooth([(centre[0] + r * cos(2 * pi * t / steps), centre[1] + r * sin(2 * pi * t / steps)) for t, r in enumerate(radii)]))
    ring = [(centre[0] + 4.0 * cos(pi * t / 24), centre[1] + 4.0 * sin(pi * t / 24)) for t in range(49)]
    return [*curves, _smooth(ring)]


def _lines(points: Sequence[Point]) -> str:
    first, *others = points
    return f"<a:moveTo>{_point(first)}</a:moveTo>{''.join(f'<a:lnTo>{_point(p)}</a:lnTo>' for p in others)}<a:close/>"


def _smooth(points: Sequence[Point]) -> str:
    """A curve through all points (Catmull-Rom, as cubic Bézier pieces)."""
    ends = [points[0], *points, points[-1]]
    pieces = [f"<a:moveTo>{_point(points[0])}</a:moveTo>"]
    for before, start, stop, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        controls = tuple(a + (c - b) / 6 for a, b, c in zip(start, before, stop, strict=True))
        leaving = tuple(a - (c - b) / 6 for a, b, c in zip(stop, start, after, strict=True))
        pieces.append(f"<a:cubicBezTo>{_point((controls[0], controls[1]))}{_point((leaving[0], leaving[1]))}{_point(stop)}</a:cubicBezTo>")
    return "".join(pieces)


def _point(point: Point) -> str:
    return f'<a:pt x="{round(point[0] * _UNITS)}" y="{round(point[1] * _UNITS)}"/>'


def _layer(number: int, colour: str, weight: float, paths: Sequence[str], width: float, height: float) -> str:
    """One drawing as large as the page. Programs that know no such drawings show a plain frame for the heavy line."""
    size = f'w="{round(width * _UNITS)}" h="{round(height * _UNITS)}"'
    drawn = "".join(f'<a:path {size} fill="none">{path}</a:path>' for path in paths)
    extent = f'cx="{round(width * _EMU)}" cy="{round(height * _EMU)}"'
    plain = (
        f'<w:pict><v:rect style="position:absolute;left:{OUTER_MM}mm;top:{OUTER_MM}mm;width:{width - 2 * OUTER_MM}mm;'
        f"height:{height - 2 * OUTER_MM}mm;z-index:-1;mso-position-horizontal-relative:page;mso-position-vertical-relative:page"
        f'" filled="f" strokecolor="#{colour}" strokeweight="{weight}pt"/></w:pict>'
    )
    return (
        f'<w:r {_SPACES}><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>'
        f'<wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="{number}" behindDoc="1" locked="1" '
        'layoutInCell="0" allowOverlap="1"><wp:simplePos x="0" y="0"/>'
        '<wp:positionH relativeFrom="page"><wp:posOffset>0</wp:posOffset></wp:positionH>'
        '<wp:positionV relativeFrom="page"><wp:posOffset>0</wp:posOffset></wp:positionV>'
        f'<wp:extent {extent}/><wp:effectExtent l="0" t="0" r="0" b="0"/><wp:wrapNone/><wp:docPr id="{number}" name="边框{number}"/>'
        '<wp:cNvGraphicFramePr/><a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp>'
        f'<wps:cNvSpPr/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/></a:xfrm>'
        '<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/><a:rect l="0" t="0" r="r" b="b"/>'
        f'<a:pathLst>{drawn}</a:pathLst></a:custGeom><a:noFill/><a:ln w="{round(weight * 12700)}"><a:solidFill>'
        f'<a:srgbClr val="{colour}"/></a:solidFill><a:miter lim="800000"/></a:ln></wps:spPr><wps:bodyPr/></wps:wsp>'
        f"</a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice><mc:Fallback>{plain if number == 1 else ''}</mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
