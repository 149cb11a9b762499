"""Structures with arcs: a bypass around its body, with labels on the arc; and boxes below each other with arbitrary
connections, lines between neighbors and arcs beside the others."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.diagram.layout import ROW, Sketch, draw_line, faint, line_width
from sqsem_dsl.report.diagram.marks import PLAIN, Line
from sqsem_dsl.report.diagram.svg import Pen, width

ROOM = 12.0
"""The distance above and below the body, where the arc leaves and returns."""
GAP, LANE = 16.0, 9.0
"""The distance of boxes below each other, and of arcs beside them."""


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


def ladder(rungs: Sequence[tuple[Sketch, tuple[int, ...]]], heads: Sequence[Line] = ()) -> Sketch:
    """Each sketch with the positions of its inputs, -1 for the tensor from above."""
    tops, y = [], GAP + 17.0 * len(heads)
    for sketch, _ in rungs:
        tops.append(y)
        y += sketch.height + GAP
    height = y - GAP
    arcs = sorted(
        ((read, index) for index, (_, reads) in enumerate(rungs) for read in reads if index - read > 1),
        key=lambda arc: (arc[1] - arc[0], arc),
    )
    lanes = _lanes(arcs)
    left = max([s.left for s, _ in rungs] + [line_width(line) / 2 for line in heads])
    right = max(s.right for s, _ in rungs)
    wide = right + LANE * (1 + max(lanes.values(), default=-1)) + 6

    def draw(pen: Pen, x: float, top: float) -> None:
        for index, line in enumerate(heads):
            draw_line(pen, x - left, top + 8 + 17 * index, line)
        begin = top + 17.0 * len(heads)
        for (read, index), lane in lanes.items():
            start = begin if read < 0 else top + tops[read] + rungs[read][0].height
            at = x + right + LANE * (lane + 1)
            end = top + tops[index]
            pen.line([(x, start), (x, start + 5), (at, start + 5), (at, end - 6), (x, end - 6), (x, end)], "line", 6)
        for index, (sketch, reads) in enumerate(rungs):
            before = top + tops[index] - GAP
            if index - 1 in reads:
                pen.line([(x, before), (x, top + tops[index])])
            sketch.draw(pen, x, top + tops[index])

    return Sketch(left, wide, height, draw)


def _lanes(arcs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """For each arc, shorter ones first, the nearest lane in which it crosses no other."""
    found: dict[tuple[int, int], int] = {}
    for start, end in arcs:
        lane = 0
        while any(other == lane and start < b and a < end for (a, b), other in found.items()):
            lane += 1
        found[start, end] = lane
    return found
