"""Writes SVG: shapes and text in a few styles, all as attributes, since a style sheet in a diagram would apply to the
whole page that contains it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from xml.etree import ElementTree

from sqsem_dsl.ir.path import Path

INK = "var(--ink, #1f2328)"
PAPER = "var(--paper, #fff)"
BETTER = "var(--better, var(--accent, #0067a8))"
WORSE = "var(--worse, var(--other, #bf4f00))"
UNSURE = "var(--unsure, var(--muted, #6b7280))"
NEW = "var(--new, var(--accent, #0067a8))"
"""A page defines them, for light and dark mode; a standalone diagram is dark on light."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif"
SMALL, NAME = 10.5, 12.5
"""Font sizes."""

_LINE = {"fill": "none", "stroke": INK}
STYLES: Mapping[str, Mapping[str, str]] = {
    "": {},
    "name": {"font-size": str(NAME), "font-weight": "600"},
    "note": {"fill-opacity": ".68"},
    "number": {"font-weight": "700"},
    "line": {**_LINE, "stroke-opacity": ".5", "stroke-width": "1.4"},
    "arc": {**_LINE, "stroke-opacity": ".5", "stroke-width": "1.6"},
    "rule": {**_LINE, "stroke-opacity": ".5", "stroke-dasharray": "1.5 2.5"},
    "plus": {**_LINE, "stroke-opacity": ".8"},
    "box": {"fill": PAPER, "stroke": INK, "stroke-opacity": ".5"},
    "paper": {"fill": PAPER},
    "group": {"fill": INK, "fill-opacity": ".04", "stroke": INK, "stroke-opacity": ".2"},
    "either": {"fill": PAPER, "stroke": INK, "stroke-opacity": ".3"},
    "dot": {"fill": INK, "fill-opacity": ".75"},
    "hatch": {"stroke": UNSURE, "stroke-opacity": ".33", "stroke-width": "1.3"},
    "better": {"fill": BETTER, "stroke": BETTER, "stroke-width": "1.6"},
    "worse": {"fill": WORSE, "stroke": WORSE, "stroke-width": "1.6"},
    "new": {"fill": NEW, "stroke": NEW, "stroke-width": "1.6"},
    "gone": {"fill": "none", "stroke": NEW, "stroke-width": "1.6", "stroke-dasharray": "3 3"},
    "same": {"fill": "url(#{id}-hatch)", "stroke": UNSURE, "stroke-width": "1.2"},
    "known": {"fill": "none", "stroke": UNSURE, "stroke-opacity": ".75"},
    "unsure": {"fill": "none", "stroke": UNSURE, "stroke-width": "1.2", "stroke-dasharray": "3 2.5"},
    "arc better": {"fill": "none", "stroke": BETTER, "stroke-width": "2.4"},
    "arc worse": {"fill": "none", "stroke": WORSE, "stroke-width": "2.4"},
    "arc new": {"fill": "none", "stroke": NEW, "stroke-width": "2.4"},
    "arc gone": {"fill": "none", "stroke": NEW, "stroke-width": "1.6", "stroke-dasharray": "3 3"},
    "arc same": {"fill": "none", "stroke": UNSURE, "stroke-width": "1.6"},
    "arc unsure": {"fill": "none", "stroke": UNSURE, "stroke-width": "1.6", "stroke-dasharray": "3 2.5"},
}
_FAINT = {"fill": "none", "stroke-dasharray": "2.5 2.5", "stroke-opacity": ".32"}
_NARROW, _WIDE = frozenset("ijl.,:;|!'[]()/·r- tf"), frozenset("mwMW@%…×=+−")


def width(text: str, size: float = SMALL, bold: bool = False) -> float:
    """The approximate width of a text in any sans serif font, assuming a wide one."""
    units = sum(0.38 if c in _NARROW else 0.9 if c in _WIDE else 0.71 if c.isupper() else 0.625 for c in text)
    return units * size * (1.1 if bold else 1.0)


def number(value: float) -> str:
    """A coordinate rounded to a tenth of a unit."""
    return f"{round(value, 1) + 0.0:g}"


class Pen:
    """Renders one diagram. `prefix` is its id, which is unique on the page."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._at = [
            ElementTree.Element(
                "g", {"font-family": FONT, "font-size": str(SMALL), "fill": INK, "stroke-linejoin": "round"}
            )
        ]
        self.is_faint = self._deep = False

    # ---- groups

    @contextmanager
    def group(self, title: str = "", path: Path | None = None, option: str = "", tone: str = "") -> Iterator[None]:
        """A context that groups its contents under a choice and its option, if given; `title` is shown as a tooltip."""
        given = {"data-path": str(path), "data-option": option, "data-tone": tone} if path is not None else {}
        with self._inside({key: value for key, value in given.items() if value}):
            if title:
                ElementTree.SubElement(self._at[-1], "title").text = title
            yield

    @contextmanager
    def faint(self) -> Iterator[None]:
        """A context for absent parts: dashed and very light."""
        before, self.is_faint = self.is_faint, True
        yield
        self.is_faint = before

    @contextmanager
    def deep(self) -> Iterator[None]:
        """A context for parts that are only in deeper networks: fixed parts are lighter."""
        before, self._deep = self._deep, True
        yield
        self._deep = before

    @contextmanager
    def fixed(self) -> Iterator[None]:
        """A context for parts that are not a choice."""
        with self._inside({"opacity": ".55"} if self._deep and not self.is_faint else {}):
            yield

    @contextmanager
    def _inside(self, attributes: Mapping[str, str]) -> Iterator[None]:
        self._at.append(ElementTree.SubElement(self._at[-1], "g", dict(attributes)))
        yield
        self._at.pop()

    # ---- shapes

    def rect(self, x: float, y: float, w: float, h: float, r: float, style: str, opacity: float | None = None) -> None:
        attributes = {"x": number(x), "y": number(y), "width": number(w), "height": number(h)}
        self._add("rect", {**attributes, "rx": number(r)} if r else attributes, style)
        if opacity is not None:
            self._at[-1][-1].set("fill-opacity", f"{opacity:.2f}")

    def circle(self, x: float, y: float, r: float, style: str) -> None:
        self._add("circle", {"cx": number(x), "cy": number(y), "r": number(r)}, style)

    def line(self, points: Sequence[tuple[float, float]], style: str = "line", radius: float = 7) -> None:
        """A path along points, with rounded corners."""
        parts = [f"M{number(points[0][0])} {number(points[0][1])}"]
        for (ax, ay), (bx, by), (cx, cy) in zip(points, points[1:], points[2:], strict=False):
            r = min(radius, (abs(bx - ax) + abs(by - ay)) / 2, (abs(cx - bx) + abs(cy - by)) / 2)
            sx, sy = bx - _sign(bx - ax) * r, by - _sign(by - ay) * r
            ex, ey = bx + _sign(cx - bx) * r, by + _sign(cy - by) * r
            parts.append(f"L{number(sx)} {number(sy)}Q{number(bx)} {number(by)} {number(ex)} {number(ey)}")
        parts.append(f"L{number(points[-1][0])} {number(points[-1][1])}")
        self._add("path", {"d": "".join(parts)}, style)

    def text(self, x: float, y: float, text: str, style: str = "", middle: bool = True) -> None:
        attributes = {"x": number(x), "y": number(y)}
        self._add("text", {**attributes, "text-anchor": "middle"} if middle else attributes, style)
        self._at[-1][-1].text = text

    def _add(self, name: str, attributes: Mapping[str, str], style: str) -> None:
        look = {key: value.replace("{id}", self.prefix) for key, value in STYLES[style].items()}
        if self.is_faint and name == "text":
            look["fill-opacity"] = ".4"
        elif self.is_faint and "gone" not in style and style != "paper":
            look.update(_FAINT)
        ElementTree.SubElement(self._at[-1], name, {**attributes, **look})

    def picture(self, w: float, h: float, title: str, description: str) -> str:
        """The whole diagram as text, without a declaration, so that it can be embedded in HTML."""
        name = self.prefix
        root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "id": name,
                "viewBox": f"0 0 {number(w)} {number(h)}",
                "role": "img",
                "aria-labelledby": f"{name}-title {name}-desc",
                "style": f"width:100%;max-width:{number(w * 1.15)}px;height:auto",
            },
        )
        ElementTree.SubElement(root, "title", {"id": f"{name}-title"}).text = title
        ElementTree.SubElement(root, "desc", {"id": f"{name}-desc"}).text = description
        size = {"width": "5", "height": "5", "patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"}
        pattern = ElementTree.SubElement(
            ElementTree.SubElement(root, "defs"), "pattern", {"id": f"{name}-hatch", **size}
        )
        ElementTree.SubElement(pattern, "path", {"d": "M0 0V5", **STYLES["hatch"]})
        root.append(self._at[0])
        return ElementTree.tostring(root, encoding="unicode")


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
