"""An SVG file made a part of a page: names of its own, colours of the page, the page's letters, and words for those who
do not see it."""

from __future__ import annotations

import re
from itertools import count
from xml.etree import ElementTree

from sqsem_dsl.report.html.elements import Html
from sqsem_dsl.report.html.palette import VARIABLES
from sqsem_dsl.utils.visible import visible

NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
REFERENCE = re.compile(r"(?<=url\(#)[^)]+(?=\))")
DROPPED = ("metadata", "style", "title", "desc", "script")
"""A style in a picture would hold on the whole page, and the words are given here."""
GEOMETRY = ("d", "x", "y", "points", "transform", "width", "height", "cx", "cy", "r", "x1", "x2", "y1", "y2")


def inline_svg(text: str, name: str, title: str, description: str = "") -> Html:
    """The picture as an element that fits the width it is given. `name` begins every id in it, and is on the page once.

    Of the ids those are kept that the picture refers to; what a colour of the palette was drawn in takes its variable.
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
    return Html(ElementTree.tostring(root, encoding="unicode"))


def _plain_names(root: ElementTree.Element) -> None:
    """Without name spaces: a page knows them."""
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
        each.attrib = {key.rpartition("}")[2]: value for key, value in each.attrib.items() if not key.startswith("on")}


def _own_ids(root: ElementTree.Element, name: str) -> None:
    """Only what is referred to keeps an id, and one that begins with the picture's name."""
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
    """Colours of the palette as variables, letters of the page, and coordinates to a hundredth of a unit."""
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
