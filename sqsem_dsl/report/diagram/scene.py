"""The contents of a diagram of a space as data: boxes in lanes, and structures around lanes.

A lane is read from top to bottom; its input comes from above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqsem_dsl.ir.graph import ItemId
from sqsem_dsl.ir.path import Path
from sqsem_dsl.operators.row import Value


@dataclass(frozen=True)
class Box:
    """Operators that are rendered as one box: a layer with its activation, or a block without searched structures."""

    kind: Literal["input", "output", "layer", "block", "shared", "join"]
    label: str
    note: str = ""
    items: tuple[ItemId, ...] = ()
    """The operators, in the order of the graph."""
    values: tuple[Path, ...] = ()
    """Paths of the value choices that are read only here."""
    searched: bool = False
    """Whether it contains searched structures that are not rendered here."""


@dataclass(frozen=True)
class Lane:
    """Elements one after another."""

    elements: tuple[Element, ...]
    values: tuple[Path, ...] = ()
    """Paths of the value choices that are read in several of its elements and nowhere else."""


@dataclass(frozen=True)
class Slot:
    path: Path
    body: Lane


@dataclass(frozen=True)
class Alternative:
    option: Value
    label: str
    body: Lane


@dataclass(frozen=True)
class Alternatives:
    """`choose`, or an `if` with a searched condition, which has no path."""

    path: Path | None
    test: ItemId
    label: str
    cases: tuple[Alternative, ...]
    values: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Bypass:
    """`path` is None if the mode is not a choice."""

    path: Path | None
    item: ItemId
    body: Lane


@dataclass(frozen=True)
class Repeat:
    """`counts` are the possible numbers of steps; `path` is None if they are not a choice by themselves."""

    path: Path | None
    count: ItemId
    label: str
    counts: tuple[int, ...]
    steps: tuple[Lane, ...]
    values: tuple[Path, ...] = ()
    """Paths of the value choices that several steps read."""


@dataclass(frozen=True)
class Part:
    """An input of a join: always present, present if an `optional` is used or a condition holds, or an alternative of a
    `pick`. `test` is the condition, if it is not a choice by itself."""

    body: Lane
    path: Path | None = None
    option: Value = True
    label: str = ""
    test: ItemId | None = None

    @property
    def always(self) -> bool:
        """Whether it is present in every network that has the join."""
        return self.path is None and self.test is None


@dataclass(frozen=True)
class Join:
    """Parts side by side that are joined in a box; without one they are the outputs. `how` is the path of the choice of
    how they are combined."""

    parts: tuple[Part, ...]
    box: Box | None
    how: Path | None = None
    values: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Step:
    """An element of a ladder, and the sources of its inputs: positions of others, -1 for the input tensor."""

    element: Element
    reads: tuple[int, ...]


@dataclass(frozen=True)
class Ladder:
    """Elements with arbitrary connections, the last one the result: they cannot be rendered as lanes within lanes."""

    steps: tuple[Step, ...]
    values: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Reference:
    """Refers to a tensor that is rendered elsewhere."""

    label: str


@dataclass(frozen=True)
class Times:
    """A lane that is repeated without changes."""

    count: int
    body: Lane


Element = Box | Slot | Alternatives | Bypass | Repeat | Join | Ladder | Reference | Times


@dataclass(frozen=True)
class Shared:
    """A structure that several places share, rendered once; it is the same in all of them except for its shapes."""

    label: str
    places: tuple[Lane, ...]


@dataclass(frozen=True)
class Scene:
    """The contents of a diagram."""

    main: Lane
    shared: tuple[Shared, ...] = ()


def lanes(element: Element) -> tuple[Lane, ...]:
    """The lanes in an element."""
    match element:
        case Slot(body=body) | Bypass(body=body) | Times(body=body):
            return (body,)
        case Alternatives(cases=cases):
            return tuple(case.body for case in cases)
        case Repeat(steps=steps):
            return steps
        case Join(parts=parts):
            return tuple(part.body for part in parts)
        case Ladder(steps=steps):
            return tuple(Lane((step.element,)) for step in steps)
        case Box() | Reference():
            return ()


def with_lanes(element: Element, made: Sequence[Lane]) -> Element:
    """The element with other lanes in place of its own."""
    match element:
        case Slot() | Bypass() | Times():
            return replace(element, body=made[0])
        case Alternatives(cases=cases):
            return replace(element, cases=tuple(replace(c, body=b) for c, b in zip(cases, made, strict=True)))
        case Repeat():
            return replace(element, steps=tuple(made))
        case Join(parts=parts):
            return replace(element, parts=tuple(replace(p, body=b) for p, b in zip(parts, made, strict=True)))
        case Ladder(steps=steps):
            rungs = tuple(replace(s, element=b.elements[0]) for s, b in zip(steps, made, strict=True))
            return replace(element, steps=rungs)
        case Box() | Reference():
            return element


def boxes(lane: Lane) -> int:
    """The number of boxes to render."""
    return sum(int(isinstance(each, Box | Join | Reference)) + sum(map(boxes, lanes(each))) for each in lane.elements)


def own_items(element: Element) -> tuple[ItemId, ...]:
    """The operators of an element itself, without its lanes."""
    match element:
        case Box(items=several):
            return several
        case Join(box=box) if box is not None:
            return box.items
        case Bypass(item=item):
            return (item,)
        case _:
            return ()


def items(element: Element) -> tuple[ItemId, ...]:
    """All operators of an element."""
    below = (item for lane in lanes(element) for each in lane.elements for item in items(each))
    return (*below, *own_items(element))


def structures(lane: Lane) -> list[Path]:
    """The paths of the choices that are structures of a lane, in order."""
    found: list[Path] = []
    for element in lane.elements:
        match element:
            case Slot(path=path) | Alternatives(path=path) | Bypass(path=path) | Repeat(path=path) if path:
                found.append(path)
            case Join(parts=parts, how=how):
                found.extend(part.path for part in parts if part.path)
                found.extend((how,) if how else ())
            case _:
                pass
        for inner in lanes(element):
            found.extend(structures(inner))
    return found


def size(scene: Scene) -> int:
    """The number of boxes of a diagram."""
    return boxes(scene.main) + sum(boxes(each.places[0]) for each in scene.shared)
