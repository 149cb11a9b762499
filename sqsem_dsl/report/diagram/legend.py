"""A complete diagram: its contents, the choices without a place in it, and a legend of its shades."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqsem_dsl.report.diagram.draw import Drawer
from sqsem_dsl.report.diagram.layout import tint
from sqsem_dsl.report.diagram.marks import Mark
from sqsem_dsl.report.diagram.places import unplaced
from sqsem_dsl.report.diagram.scene import Scene
from sqsem_dsl.report.diagram.svg import Pen, width
from sqsem_dsl.space.space import Space

MARGIN = 12.0
MIN_WIDTH = 320.0
ROW = 20.0


@dataclass(frozen=True)
class Key:
    """An entry of a legend: a symbol of 20 by 12, and its meaning."""

    sign: Callable[[Pen, float, float], None]
    text: str


def whole(
    space: Space, scene: Scene, drawer: Drawer, keys: Sequence[Key], prefix: str, title: str, description: str
) -> str:
    """The diagram with its legend below, as SVG. Separately rendered structures are below the same line if there is
    room."""
    pen = Pen(prefix)
    sketches = [drawer.lane(scene.main), *map(drawer.shared, scene.shared)]
    room = max(MIN_WIDTH, *(sketch.width for sketch in sketches))
    axis, y = MARGIN + (room - sketches[0].width) / 2 + sketches[0].left, MARGIN
    with pen.group(", ".join(unplaced(space, scene))):
        for sketch in sketches:
            sketch.draw(pen, min(max(axis, MARGIN + sketch.left), MARGIN + room - sketch.right), y)
            y += sketch.height + 20
    at = MARGIN
    for key in keys:
        wide = 26 + width(key.text) + 14
        if at > MARGIN and at + wide - 14 > MARGIN + room:
            at, y = MARGIN, y + ROW
        key.sign(pen, at, y)
        pen.text(at + 26, y + 9.7, key.text, "note", middle=False)
        at += wide
    return pen.picture(room + 2 * MARGIN, y + 12 + MARGIN, title, description)


def swatch(*marks: Mark) -> Callable[[Pen, float, float], None]:
    """One shade, or several side by side."""

    def draw(pen: Pen, x: float, y: float) -> None:
        w = 20 / len(marks)
        for index, mark in enumerate(marks):
            pen.rect(x + index * w, y, w, 12, 3, "box")
            tint(pen, x + index * w, y, w, 12, 3, mark)

    return draw


def effects_legend() -> tuple[Key, ...]:
    return (
        Key(swatch(Mark("better", 0.2), Mark("better", 1.0)), "better, the stronger the shade"),
        Key(swatch(Mark("worse", 0.2), Mark("worse", 1.0)), "worse"),
        Key(swatch(Mark("same")), "no significant difference"),
        Key(swatch(Mark("unsure")), "not enough trials"),
        Key(_stop, "the repeat may end here"),
        Key(
            lambda pen, x, y: pen.line([(x, y + 1), (x + 16, y + 1), (x + 16, y + 11), (x, y + 11)], "arc", 5), "bypass"
        ),
    )


def difference_legend(compared: bool) -> tuple[Key, ...]:
    changes = (
        Key(swatch(Mark("new", 0.4)), "differs from the plain network"),
        Key(swatch(Mark("gone")), "in the plain network alone"),
    )
    return (*(changes if compared else ()), Key(_faint, "not used"))


def _stop(pen: Pen, x: float, y: float) -> None:
    pen.line([(x + 8, y), (x + 8, y + 12)])
    pen.circle(x + 8, y + 6, 2.6, "dot")
    pen.line([(x + 12, y + 6), (x + 19, y + 6)], "rule")


def _faint(pen: Pen, x: float, y: float) -> None:
    with pen.faint():
        pen.rect(x, y, 20, 12, 3, "box")
