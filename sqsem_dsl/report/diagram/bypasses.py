"""A bypass: an arc around the body, with a label on the arc."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.diagram.layout import ROW, Sketch, draw_line, faint, line_width
from sqsem_dsl.report.diagram.marks import PLAIN, Line
from sqsem_dsl.report.diagram.svg import Pen, width

ROOM = 12.0
"""The distance above and below the body, where the arc leaves and returns."""


def bypass(path: Path | None, body: Sketch, lines: Sequence[Line]) -> Sketch:
    """`lines` are the labels of the modes; all of them are absent if the bypass is not used."""
    absent = all(line.mark.absent for line in lines)
    strongest = max((line.mark for line in lines), key=lambda mark: mark.strength, default=PLAIN)
    if strongest is PLAIN or not strongest.strength:
        strongest = next((line.mark for line in lines if line.mark.tone != "plain"), PLAIN)
    name = "" if path is None else path.leaf
    labeled = [line for line in lines if line.text or line.mark.text]
    labels = max([width(name), *map(line_width, labeled)])
    tall = (13 if name else 0) + ROW * len(labeled)
    height = max(body.height, tall) + 2 * ROOM
    before = (height - body.height) / 2
    inside = body.right + 10 + labels / 2
    style = "arc" if strongest.tone in ("plain", "absent") else f"arc {strongest.tone}"

    def arc(pen: Pen, x: float, y: float) -> None:
        at, middle = x + inside, y + height / 2
        with pen.group(strongest.title, path, strongest.option, strongest.tone):
            pen.line([(x, y + 4), (at, y + 4), (at, middle - tall / 2 - 1)], style, 9)
            pen.line(
                [(at, middle + tall / 2 + 1), (at, y + height - 5), (x if absent else x + 5, y + height - 5)], style, 9
            )
            if name:
                pen.text(at, middle - tall / 2 + 9, name, "note")
        top = middle - tall / 2 + (13 if name else 0)
        for index, line in enumerate(labeled):
            draw_line(pen, at - line_width(line) / 2, top + 8 + ROW * index, line)

    def draw(pen: Pen, x: float, y: float) -> None:
        faint(Sketch(0, 0, 0, arc), absent and strongest.tone != "gone").draw(pen, x, y)
        with pen.fixed():
            pen.line([(x, y), (x, y + before)])
            pen.line([(x, y + before + body.height), (x, y + height)])
        if not absent:
            pen.circle(x, y + 4, 2, "dot")
            pen.circle(x, y + height - 5, 4.5, "box")
            pen.line([(x - 2.5, y + height - 5), (x + 2.5, y + height - 5)], "plus")
            pen.line([(x, y + height - 7.5), (x, y + height - 2.5)], "plus")
        body.draw(pen, x, y + before)

    return Sketch(body.left, inside + labels / 2 + 2, height, draw)
