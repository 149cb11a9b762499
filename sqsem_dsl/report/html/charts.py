"""Charts by matplotlib as images of a page. matplotlib is an extra and is imported only when a chart is rendered.

Each color of a chart is rendered as a placeholder that becomes a CSS variable, so that one image works in light and
dark mode. The hues are those of Okabe and Ito, which are distinguishable with any kind of color vision.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from io import StringIO
from itertools import count
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from sqsem_dsl.report.html.parts import Svg
from sqsem_dsl.utils.visible import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#0a0b01"
"""Text, and the line at 0."""
MUTED = "#0a0b02"
"""Text beside the chart, and trials without a name."""
LINE = "#0a0b03"
"""Axes and grids."""
PAPER = "#0a0b04"
ACCENT = "#0a0b05"
"""The best trials, and improvements."""
OTHER = "#0a0b06"
"""Baselines, deteriorations, and failures."""

VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    PAPER: "var(--paper)",
    ACCENT: "var(--accent)",
    OTHER: "var(--other)",
}

WIDTH = 440
"""Units of a chart, one pixel each at its natural size: on a phone the whole chart fits with readable letters."""
LETTERS = 12.0
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "sqsem",  # the same study gives the same bytes
    "text.parse_math": False,  # a name with a dollar sign is not math
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": LETTERS,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 1.0,
    "axes.unicode_minus": True,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": LETTERS - 1,
    "ytick.labelsize": LETTERS - 1,
    "xtick.minor.bottom": False,
    "ytick.minor.left": False,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "lines.solid_capstyle": "round",
    "path.simplify": True,
}

NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
REFERENCE = re.compile(r"(?<=url\(#)[^)]+(?=\))")
DROPPED = ("metadata", "style", "title", "desc", "script")
"""A style in an image would apply to the whole page, and the title and description are set here."""
GEOMETRY = ("d", "x", "y", "points", "transform", "width", "height", "cx", "cy", "r", "x1", "x2", "y1", "y2")


def rendered(
    draw: Callable[[Figure], None], name: str, title: str, description: str = "", *, height: float, width: float = WIDTH
) -> Svg:
    """The output of a function on an empty figure of `width` times `height` units, as an image of the page."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    file = StringIO()
    with rc_context(SETTINGS), warnings.catch_warnings():
        # A name in letters that no font here has is still written as text, and the reader's font has them.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(width / 72, height / 72))
        figure.patch.set_visible(False)
        draw(figure)
        figure.savefig(file, format="svg", metadata={"Date": None})
    return inline_svg(file.getvalue(), name, title, description)


def axes_of(figure: Figure, left: float, right: float, top: float, bottom: float) -> Axes:
    """Axes with margins in units."""
    width, height = figure.get_size_inches() * 72
    box = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    axes = figure.add_axes(box)
    axes.patch.set_visible(False)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, pad=5)
    return axes


# ---- converting matplotlib's output


def inline_svg(text: str, name: str, title: str, description: str = "") -> Svg:
    """The image as an element that fits the available width. `name` is the unique prefix of every id in it.

    Only ids that the image refers to are kept; the colors of the palette are replaced by their variables.
    """
    root = ElementTree.fromstring(visible(text, "\n\t"))  # XML allows no control character
    _plain_names(root)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in DROPPED:
                parent.remove(child)
    _own_ids(root, name)
    for each in root.iter():
        _styled(each)
        each.tail = None
        if each.tag != "text" and each.tag != "tspan":
            each.text = None
    width, height = root.get("viewBox", "0 0 440 300").split()[2:]
    root.attrib = {
        "viewBox": f"0 0 {float(width):g} {float(height):g}",
        "role": "img",
        "aria-labelledby": f"{name}-title" + (f" {name}-desc" if description else ""),
        "style": f"--width: {float(width):g}px; stroke-linejoin: round",
    }
    for at, (tag, words) in enumerate((("title", title), ("desc", description))):
        if words:
            child = ElementTree.Element(tag, {"id": f"{name}-{tag}"})
            child.text = visible(words)
            root.insert(at, child)
    return Svg(ElementTree.tostring(root, encoding="unicode"))


def _plain_names(root: ElementTree.Element) -> None:
    """Without name spaces, which HTML does not need."""
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
        each.attrib = {key.rpartition("}")[2]: value for key, value in each.attrib.items() if not key.startswith("on")}


def _own_ids(root: ElementTree.Element, name: str) -> None:
    """Keeps an id only if it is referred to, with the image's name as prefix."""
    used: dict[str, str] = {}
    for each in root.iter():
        for key, value in each.attrib.items():
            used.update(dict.fromkeys([value[1:]] if key == "href" else REFERENCE.findall(value), ""))
    number = count(1)
    for each in root.iter():
        old = each.attrib.pop("id", "")
        if old in used:
            used[old] = f"{name}-{next(number)}"
            each.set("id", used[old])
    for each in root.iter():
        for key, value in each.attrib.items():
            each.set(key, f"#{used[value[1:]]}" if key == "href" else REFERENCE.sub(lambda m: used[m[0]], value))


def _styled(each: ElementTree.Element) -> None:
    """Colors of the palette as variables, fonts of the page, and coordinates rounded to a hundredth of a unit."""
    for key in GEOMETRY:
        if value := each.get(key):
            each.set(key, NUMBER.sub(lambda m: f"{round(float(m[0]), 2):g}", " ".join(value.split())))
    if each.get("transform", "").startswith(("rotate(-0 ", "rotate(0 ")):
        del each.attrib["transform"]
    for key in ("fill", "stroke"):
        if (color := each.get(key)) in VARIABLES:
            each.set(key, VARIABLES[color])
    if style := each.get("style"):
        parts = [part.strip() for part in style.split(";")]
        kept = [part for part in parts if part and not part.startswith("font-family")]
        text = "; ".join(re.sub(r"^(font:.*?px) .*$", r"\1 inherit", part) for part in kept)
        each.set("style", re.sub("|".join(VARIABLES), lambda m: VARIABLES[m[0]], text))
