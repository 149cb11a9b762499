"""Lanes side by side that end in one box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqsem_dsl.report.diagram.layout import Sketch, columns, faint
from sqsem_dsl.report.diagram.scene import Alternatives, Box, Join, Lane, Reference
from sqsem_dsl.report.diagram.svg import Pen

BAR = 9.0
"""The distance above and below the lanes, where their lines split and join."""


@dataclass(frozen=True)
class Leg:
    """A joined lane: whether it is present, whether the tensor from above flows into it, and whether it is optional."""

    sketch: Sketch
    there: bool
    fed: bool
    optional: bool


def joined(legs: Sequence[Leg], foot: Sketch | None) -> Sketch:
    """`foot` is the box that joins them; without one they end."""
    sketches = [leg.sketch for leg in legs]
    from_above = any(leg.fed for leg in legs)
    main = [at for at, leg in enumerate(legs) if leg.fed] or [at for at, leg in enumerate(legs) if not leg.optional]
    side, axes = columns(sketches, main=main[0] if len(main) == 1 else None)
    above = 2 * BAR if from_above else 0.0
    below = 2 * BAR if foot is not None else 4.0
    height = above + side.height + below + (foot.height if foot else 0)

    def draw(pen: Pen, x: float, y: float) -> None:
        bottom = y + above + side.height + BAR
        for leg, axis in zip(legs, axes, strict=True):

            def lines(pen: Pen, x: float, y: float, leg: Leg = leg, axis: float = axis) -> None:
                if leg.fed:
                    pen.line([(x, y), (x, y + BAR), (x + axis, y + BAR), (x + axis, y + above)])
                if foot is not None:
                    end = y + above + leg.sketch.height
                    pen.line([(x + axis, end), (x + axis, bottom), (x, bottom), (x, bottom + BAR)])

            with pen.fixed():
                faint(Sketch(0, 0, 0, lines), not leg.there).draw(pen, x, y)
        side.draw(pen, x, y + above)
        if foot is not None:
            foot.draw(pen, x, y + above + side.height + below)

    left = max(side.left, foot.left if foot else 0)
    return Sketch(left, max(side.right, foot.right if foot else 0), height, draw)


def begins(lane: Lane) -> bool:
    """Whether a lane begins with an input: no tensor from above flows into it."""
    match lane.elements:
        case (Box(kind="input"), *_) | (Reference(), *_):
            return True
        case (Join(parts=parts), *_):
            return all(begins(part.body) for part in parts)
        case (Alternatives(cases=cases), *_):
            return all(begins(case.body) for case in cases)
        case _:
            return False
