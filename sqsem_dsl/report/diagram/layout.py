"""Sketches of known size that are combined. Each is placed on an axis: the line that enters at the top and leaves at
the bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.diagram.marks import PLAIN, Line, Mark
from sqsem_dsl.report.diagram.svg import NAME, Pen, width

GAP = 12.0
SHAPE_GAP = 22.0
PAD = 9.0
WIDEST_ROW = 400.0
"""The width beyond which sketches side by side continue in the next row."""
ROW = 17.0
"""A line of small text."""


@dataclass(frozen=True)
class Sketch:
    """`left` and `right` are the extents beside its axis; `draw` gets the axis and the top."""

    left: float
    right: float
    height: float
    draw: Callable[[Pen, float, float], None]

    @property
    def width(self) -> float:
        return self.left + self.right


def bare(height: float) -> Sketch:
    """The line without anything on it."""

    def draw(pen: Pen, x: float, y: float) -> None:
        with pen.fixed():
            pen.line([(x, y), (x, y + height)])

    return Sketch(1, 1, height, draw)


def stack(sketches: Sequence[Sketch], shapes: Sequence[str] = (), gap: float = GAP) -> Sketch:
    """Sketches below each other on one axis, with the shapes of the tensors between them."""
    if not sketches:
        return bare(GAP)
    labels = [*shapes, *[""] * len(sketches)][: len(sketches) - 1]
    gaps = [SHAPE_GAP if shape else gap for shape in labels]
    right = max([s.right for s in sketches] + [8 + width(shape) for shape in labels if shape])

    def draw(pen: Pen, x: float, y: float) -> None:
        for index, sketch in enumerate(sketches):
            sketch.draw(pen, x, y)
            y += sketch.height
            if index < len(gaps) and gaps[index]:
                with pen.fixed():
                    pen.line([(x, y), (x, y + gaps[index])])
                    if labels[index] and not pen.is_faint:
                        pen.text(x + 6, y + gaps[index] / 2 + 3.5, labels[index], "note", middle=False)
                y += gaps[index]

    return Sketch(max(s.left for s in sketches), right, sum(s.height for s in sketches) + sum(gaps), draw)


def columns(sketches: Sequence[Sketch], gap: float = 10, main: int | None = None) -> tuple[Sketch, tuple[float, ...]]:
    """Sketches side by side with aligned tops, and the position of each axis relative to the common one, which is that
    of the main sketch, or the middle."""
    starts, at = [], 0.0
    for sketch in sketches:
        starts.append(at + sketch.left)
        at += sketch.width + gap
    total = at - gap
    middle = (starts[0] + starts[-1]) / 2 if main is None else starts[main]
    axes = tuple(start - middle for start in starts)

    def draw(pen: Pen, x: float, y: float) -> None:
        for sketch, axis in zip(sketches, axes, strict=True):
            sketch.draw(pen, x + axis, y)

    return Sketch(middle, total - middle, max(s.height for s in sketches), draw), axes


def grid(sketches: Sequence[Sketch], gap: float) -> Sketch:
    """Sketches side by side in as many rows as needed, centered on the axis."""
    rows: list[list[Sketch]] = [[]]
    for sketch in sketches:
        if rows[-1] and sum(s.width + gap for s in rows[-1]) + sketch.width > WIDEST_ROW:
            rows.append([])
        rows[-1].append(sketch)
    wide = max(sum(s.width + gap for s in row) - gap for row in rows)

    def draw(pen: Pen, x: float, y: float) -> None:
        for row in rows:
            at = x - (sum(s.width + gap for s in row) - gap) / 2
            for sketch in row:
                sketch.draw(pen, at + sketch.left, y)
                at += sketch.width + gap
            y += max(s.height for s in row) + gap

    return Sketch(wide / 2, wide / 2, sum(max(s.height for s in row) + gap for row in rows) - gap, draw)


def faint(sketch: Sketch, really: bool = True) -> Sketch:
    """A part that is absent."""

    def draw(pen: Pen, x: float, y: float) -> None:
        with pen.faint():
            sketch.draw(pen, x, y)

    return Sketch(sketch.left, sketch.right, sketch.height, draw) if really else sketch


def deep(sketch: Sketch) -> Sketch:
    """A part that is only in deeper networks."""

    def draw(pen: Pen, x: float, y: float) -> None:
        with pen.deep():
            sketch.draw(pen, x, y)

    return Sketch(sketch.left, sketch.right, sketch.height, draw)


# ---- marks


def tint(pen: Pen, x: float, y: float, w: float, h: float, r: float, mark: Mark, large: bool = False) -> None:
    """Shades a rectangle that is already rendered; large ones more lightly."""
    match mark.tone:
        case "better" | "worse" | "new":
            pen.rect(x, y, w, h, r, mark.tone, 0.05 + 0.15 * mark.strength if large else 0.1 + 0.34 * mark.strength)
        case "same" if large:
            pen.rect(x, y, w, h, r, "known")
        case "same" | "unsure" | "gone":
            pen.rect(x, y, w, h, r, mark.tone)
        case "plain" | "absent" | "deep":
            pass


def pill_width(mark: Mark) -> float:
    return width(mark.text, bold=True) + 12 if mark.text else 0.0


def pill(pen: Pen, x: float, y: float, mark: Mark) -> None:
    """A number on its shading, from `x` on, vertically centered at `y`."""
    if mark.text:
        w = pill_width(mark)
        pen.rect(x, y - 7, w, 14, 7, "paper")
        tint(pen, x, y - 7, w, 14, 7, mark)
        if mark.tone == "same":  # Nothing may cross a number.
            pen.rect(x + 4, y - 5, w - 8, 10, 4, "paper")
        pen.text(x + w / 2, y + 3.7, mark.text, "number")


def line_width(line: Line) -> float:
    return (width(line.text) if line.text else 0) + (4 if line.text and line.mark.text else 0) + pill_width(line.mark)


def draw_line(pen: Pen, x: float, y: float, line: Line) -> None:
    """A text and its mark, from `x` on, vertically centered at `y`."""
    with pen.group(line.mark.title, line.path, line.mark.option, line.mark.tone):
        if line.text:
            pen.text(x, y + 3.7, line.text, "note", middle=False)
            x += width(line.text) + 4
        pill(pen, x, y, line.mark)


# ---- cards and frames


def card_width(name: str, notes: Sequence[str] = (), lines: Sequence[Line] = (), mark: Mark = PLAIN) -> float:
    number = width(mark.text, bold=True)
    return 18 + max([width(name, NAME, True), number, *map(width, notes), *map(line_width, lines)])


def card(
    name: str,
    notes: Sequence[str] = (),
    lines: Sequence[Line] = (),
    mark: Mark = PLAIN,
    path: Path | None = None,
    round_ends: bool = False,
    least: float = 72,
    tall: float = 0,
) -> Sketch:
    """A box with a name, small text below it, and the choices placed in it."""
    notes = [note for note in notes if note]
    w = max(least, card_width(name, notes, lines, mark))
    h = max(tall, 27 + 13 * len(notes) + (15 if mark.text else 0) + ROW * len(lines))
    r = min(13.0, h / 2) if round_ends else 5.0

    def draw(pen: Pen, x: float, y: float) -> None:
        with pen.group(mark.title, path, mark.option, mark.tone):
            if path is not None:
                ink(pen, x, y)
            else:
                with pen.fixed():
                    ink(pen, x, y)
            top = y + 25 + 13 * len(notes)
            if mark.text:
                pen.text(x, top + 8, mark.text, "number")
                top += 15
        for index, line in enumerate(lines):
            draw_line(pen, x - line_width(line) / 2, top + 7 + ROW * index, line)

    def ink(pen: Pen, x: float, y: float) -> None:
        pen.rect(x - w / 2, y, w, h, r, "box")
        tint(pen, x - w / 2, y, w, h, r, mark)
        pen.text(x, y + 18, name, "name")
        for index, note in enumerate(notes):
            pen.text(x, y + 31 + 13 * index, note, "note")

    return Sketch(w / 2, w / 2, h, draw)


def frame(
    heads: Sequence[Line],
    body: Sketch,
    mark: Mark = PLAIN,
    path: Path | None = None,
    style: Literal["group", "either"] = "group",
    through: bool = True,
    foot: float = 9,
) -> Sketch:
    """A frame around its contents, with lines at its head; `through` if the contents connect to the outside below."""
    top = 5 + ROW * len(heads) + 2 if heads else 9.0
    left, right = body.left + PAD, body.right + PAD
    lacking = max([line_width(line) + 2 * PAD for line in heads], default=0) - left - right
    if lacking > 0:
        left, right = left + lacking / 2, right + lacking / 2
    height = top + body.height + foot

    def draw(pen: Pen, x: float, y: float) -> None:
        with pen.group(mark.title, path, mark.option, mark.tone):
            pen.rect(x - left, y, left + right, height, 8, style)
            tint(pen, x - left, y, left + right, height, 8, mark, large=True)
            with pen.fixed():
                if through and not heads:
                    pen.line([(x, y), (x, y + top)])
                if through:
                    pen.line([(x, y + top + body.height), (x, y + height)])
            for index, line in enumerate(heads):
                draw_line(pen, x - left + PAD, y + 13 + ROW * index, line)
        body.draw(pen, x, y + top)

    return Sketch(left, right, height, draw)
