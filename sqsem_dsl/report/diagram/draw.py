"""Lanes and structures as sketches, with the labels of a reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.diagram.arcs import bypass, ladder
from sqsem_dsl.report.diagram.joins import Leg, begins, joined
from sqsem_dsl.report.diagram.layout import (
    GAP,
    ROW,
    Sketch,
    bare,
    card,
    card_width,
    columns,
    deep,
    draw_line,
    faint,
    frame,
    grid,
    line_width,
    stack,
    tint,
)
from sqsem_dsl.report.diagram.marks import Line, Mark, Reading
from sqsem_dsl.report.diagram.scene import (
    Alternatives,
    Box,
    Bypass,
    Element,
    Join,
    Ladder,
    Lane,
    Part,
    Reference,
    Repeat,
    Shared,
    Slot,
    Times,
)
from sqsem_dsl.report.diagram.svg import Pen

STOP = 24.0
MAX_CELLS = 3
WIDEST = 140.0
"""Boxes of a lane have the width of the widest, up to this limit."""


class Drawer:
    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.last_shape = ""
        """The last shape written above the current element."""

    def shared(self, shared: Shared) -> Sketch:
        """The separately rendered structures, as they are in the first place that is present."""
        there = [lane for lane in shared.places if any(map(self.reading.reached, lane.elements))]
        lane = (there or shared.places)[0]
        heads = [Line(shared.label), *self.lines(lane.values)]
        self.last_shape = ""
        return faint(frame(heads, self.lane(Lane(lane.elements)), style="either", through=False), not there)

    def lane(self, lane: Lane, least: float = 72) -> Sketch:
        """The values of a lane, and its elements below each other, with shapes where these change."""
        least = max(least, self._card_width(lane))
        sketches: list[Sketch] = []
        shapes: list[str] = []
        for at, element in enumerate(lane.elements):
            sketches.append(self.element(element, least))
            shape = self.reading.shape(element)
            last = at == len(lane.elements) - 1
            shapes.append("" if last or shape == self.last_shape or _is_input(element) else shape)
            self.last_shape = shapes[-1] or (shape if _is_input(element) else self.last_shape)
        if lane.values:
            sketches, shapes = [noted(self.lines(lane.values)), *sketches], ["", *shapes]
        return stack(sketches, shapes)

    def side_by_side(self, several: Sequence[Lane], least: float = 72) -> list[Sketch]:
        """Lanes with a common input tensor, or none, without the values at their heads."""
        made, before = [], self.last_shape
        for lane in several:
            self.last_shape = before
            made.append(self.lane(Lane(lane.elements), least if len(lane.elements) > 1 else 60))
        return made

    def _card_width(self, lane: Lane) -> float:
        found = [0.0]
        for element in lane.elements:
            match element:
                case Box(kind="input" | "output" | "layer" | "block" | "shared", label=label, note=note):
                    notes = (note, self.reading.note(element))
                    found.append(card_width(label, notes, self.lines(element.values)))
                case Slot(path=path, body=Lane(elements=(Box() as box,), values=())):
                    mark = self.reading.case(element, True)
                    found.append(card_width(path.leaf, (), self.lines(box.values), mark))
                case Bypass(body=body):
                    found.append(self._card_width(body))
                case _:
                    pass
        return max([each for each in found if each <= WIDEST], default=0.0)

    def lines(self, paths: Sequence[Path]) -> tuple[Line, ...]:
        """The labels of value choices; names with the same ending are extended at the front."""
        names = [path.leaf for path in paths]
        if len(set(names)) < len(names):
            names = [str(path.last(2)) for path in paths]
        return tuple(line for path, name in zip(paths, names, strict=True) for line in self.reading.values(path, name))

    def element(self, element: Element, least: float) -> Sketch:
        match element:
            case Box(kind=kind, label=label, note=note, values=values):
                notes = (note, self.reading.note(element))
                return card(label, notes, self.lines(values), round_ends=kind in ("input", "output"), least=least)
            case Slot():
                return self.slot(element, least)
            case Alternatives():
                return self.alternatives(element)
            case Bypass(path=path, body=body):
                return bypass(path, self.lane(body, least), self.reading.modes(element))
            case Repeat():
                return self.repeat(element)
            case Join():
                return self.join(element, least)
            case Ladder(steps=steps, values=values):
                return ladder([(self.element(s.element, least), s.reads) for s in steps], self.lines(values))
            case Reference(label=label):
                return card(f"↑ {label}", round_ends=True, least=40)
            case Times(count=count, body=body):
                return frame([Line(f"{count} times")], self.lane(body))
            case _:
                assert_never(element)

    def slot(self, slot: Slot, least: float) -> Sketch:
        mark = self.reading.case(slot, True)
        name = slot.path.leaf
        match slot.body:
            case Lane(elements=(Box(kind="block" | "layer") as box,), values=()):
                own = () if box.label == name else (box.label,)
                notes = () if mark.absent else (*own, box.note, self.reading.note(box))
                sketch = card(name, notes, () if mark.absent else self.lines(box.values), mark, slot.path, least=least)
            case _:
                heads = [Line(name, mark, slot.path), *self.lines(slot.body.values)]
                sketch = frame(heads, self.lane(Lane(slot.body.elements)), mark, slot.path)
        return faint(sketch, mark.absent)

    # ---- alternatives

    def alternatives(self, element: Alternatives) -> Sketch:
        """Side by side in a frame; plain layers as cells, or as rows if there are many."""
        heads = [Line(element.label, path=element.path), *self.lines(element.values)]
        marks = [self.reading.case(element, case.option) for case in element.cases]
        path = element.path
        simple = all(_is_simple(case.body) for case in element.cases)
        if simple and (len(element.cases) > MAX_CELLS or not any(case.body.elements for case in element.cases)):
            return frame(heads, self.rows(element, marks), style="either", through=False)
        if not simple:
            made = []
            bodies = self.side_by_side([case.body for case in element.cases])
            for case, body, mark in zip(element.cases, bodies, marks, strict=True):
                own = [Line(case.label, mark, path), *self.lines(case.body.values)]
                made.append(faint(frame(own, body, mark, path, through=False), mark.absent))
            return frame(heads, grid(made, 8), style="either", through=False)
        labels = [[each.label for each in case.body.elements if isinstance(each, Box)] for case in element.cases]
        parts = list(zip(element.cases, labels, marks, strict=True))
        wide = max(card_width(case.label, notes, (), mark) for case, notes, mark in parts)
        tall = 40.0 + (15 if any(mark.text for mark in marks) else 0)
        cells = [
            faint(card(case.label, notes or ["nothing"], (), mark, path, least=max(wide, 60), tall=tall), mark.absent)
            for case, notes, mark in parts
        ]
        return frame(heads, columns(cells, 6)[0], style="either", through=False)

    def rows(self, element: Alternatives, marks: Sequence[Mark]) -> Sketch:
        lines = [Line(case.label, mark, element.path) for case, mark in zip(element.cases, marks, strict=True)]
        w = max(66.0, max(map(line_width, lines)))

        def row(line: Line) -> Sketch:
            def draw(pen: Pen, x: float, y: float) -> None:
                if not line.mark.text:
                    tint(pen, x - w / 2 - 5, y + 1.5, w + 10, 15, 5, line.mark)
                draw_line(pen, x - w / 2, y + 9, line)

            return Sketch(w / 2, w / 2, ROW, draw)

        def draw(pen: Pen, x: float, y: float) -> None:
            for index, line in enumerate(lines):
                faint(row(line), line.mark.absent).draw(pen, x, y + ROW * index)

        return Sketch(w / 2, w / 2, ROW * len(lines), draw)

    # ---- repeats

    def repeat(self, element: Repeat) -> Sketch:
        """Steps below each other, and between them the places where a network may skip the rest."""
        pieces = [self.stop(element, 0)] if 0 in element.counts else []
        wide = max((self._card_width(step) for step in element.steps), default=72)
        bodies = [self.lane(Lane(step.elements), wide) for step in element.steps]
        left = max((body.left for body in bodies), default=0)
        for index, (step, body) in enumerate(zip(element.steps, bodies, strict=True)):
            mark = self.reading.step(element, index)
            heads = [Line(f"{element.label}[{index}]", mark), *self.lines(step.values)]
            sketch = headed(heads, body, left, mark)
            pieces.append(faint(sketch) if mark.absent else deep(sketch) if mark.tone == "deep" else sketch)
            pieces.append(self.stop(element, index + 1))
        span = f"{element.counts[0]} … {element.counts[-1]}" if len(element.counts) > 1 else ""
        heads = [Line(f"{element.label}  {span}".strip(), path=element.path)]
        heads += [*self.reading.pooled(element), *self.lines(element.values)]
        return frame(heads, stack(pieces, gap=0), foot=2)

    def stop(self, element: Repeat, count: int) -> Sketch:
        mark = self.reading.stop(element, count) if count in element.counts else None
        if mark is None:
            return bare(GAP)
        line = Line(f"{element.label} = {count}", mark, element.path)

        def draw(pen: Pen, x: float, y: float) -> None:
            y += STOP / 2
            pen.line([(x, y - STOP / 2), (x, y + STOP / 2)])
            pen.line([(x + 4, y), (x + 12, y)], "rule")
            pen.circle(x, y, 2.6, "dot")
            draw_line(pen, x + 15, y, line)

        return Sketch(4, line_width(line) + 16, STOP, draw)

    # ---- joins

    def join(self, element: Join, least: float) -> Sketch:
        box, foot = element.box, None
        picks = dict.fromkeys(part.path for part in element.parts if part.path and part.option is not True)
        how = (element.how,) if element.how else ()
        lines = self.lines((*picks, *how, *element.values, *(box.values if box else ())))
        if box is not None:
            joins = box.kind == "join"
            notes = (box.note, self.reading.note(box))
            foot = card(box.label, notes, lines, round_ends=joins, least=50 if joins else least)
            foot = faint(foot, not self.reading.reached(element))
        bodies = self.side_by_side([part.body for part in element.parts], least)
        legs = [self.leg(part, body) for part, body in zip(element.parts, bodies, strict=True)]
        meeting = joined(legs, foot)
        return stack([noted(lines), meeting]) if lines and foot is None else meeting

    def leg(self, part: Part, body: Sketch) -> Leg:
        fed = not begins(part.body)
        heads = list(self.lines(part.body.values))
        if part.always:
            return Leg(frame(heads, body) if heads else body, True, fed, False)
        mark = self.reading.case(part, part.option)
        sketch = frame([Line(part.label, mark, part.path), *heads], body, mark, part.path)
        return Leg(faint(sketch, mark.absent), not mark.absent, fed, True)


def _is_input(element: Element) -> bool:
    """Whether an element shows its shape itself."""
    return isinstance(element, Box) and element.kind == "input"


def _is_simple(lane: Lane) -> bool:
    """Whether a word or two describe it completely."""
    return (
        not lane.values and all(isinstance(e, Box) and not e.values for e in lane.elements) and len(lane.elements) < 3
    )


def noted(lines: Sequence[Line]) -> Sketch:
    """Separate lines of text."""
    w = max(map(line_width, lines), default=0.0)

    def draw(pen: Pen, x: float, y: float) -> None:
        for index, line in enumerate(lines):
            draw_line(pen, x - line_width(line) / 2, y + ROW * (index + 0.5), line)

    return Sketch(w / 2, w / 2, ROW * len(lines), draw)


def headed(heads: Sequence[Line], body: Sketch, left: float, mark: Mark) -> Sketch:
    """A step of a repeat: its name to the left of its axis if there is room, and its values below."""
    top = ROW * len(heads)
    wanted = max(line_width(line) for line in heads)
    left = max(left, wanted - body.right)

    def draw(pen: Pen, x: float, y: float) -> None:
        if mark.tone in ("new", "gone"):
            tint(pen, x - left - 5, y - 3, left + body.right + 10, top + body.height + 6, 6, mark, large=True)
        for index, line in enumerate(heads):
            draw_line(pen, x - left, y + 8 + ROW * index, line)
        if wanted < left - 4:
            with pen.fixed():
                pen.line([(x, y), (x, y + top)])
        body.draw(pen, x, y + top)

    return Sketch(left, body.right, top + body.height, draw)
