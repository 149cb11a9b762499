"""Boxes below each other with arbitrary connections: lines between neighbors, and arcs beside the others."""

from __future__ import annotations

from collections.abc import Sequence

from sqsem_dsl.report.diagram.layout import Sketch, draw_line, line_width
from sqsem_dsl.report.diagram.marks import Line
from sqsem_dsl.report.diagram.svg import Pen

GAP = 16.0
LANE = 9.0


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
