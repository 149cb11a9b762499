"""Repeated parts of a diagram: rendered once, with a multiplicity, or separately under their name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqsem_dsl.ir.path import Path, Segment
from sqsem_dsl.report.diagram.scene import (
    Alternatives,
    Box,
    Bypass,
    Element,
    Join,
    Ladder,
    Lane,
    Reference,
    Repeat,
    Scene,
    Shared,
    Slot,
    Times,
    boxes,
    items,
    lanes,
    structures,
    with_lanes,
)

MIN_BOXES = 3
"""The minimum number of boxes of a structure that is rendered separately."""


# ---- in a row


def gathered(lane: Lane, always: bool) -> Lane:
    """Merges equal consecutive elements if they hold the same choices, or `always`."""
    elements = [
        each if isinstance(each, Ladder) else with_lanes(each, [gathered(inner, always) for inner in lanes(each)])
        for each in lane.elements
    ]
    found: list[Element] = []
    index = 0
    while index < len(elements):
        period, count = _repeated(elements[index:], always)
        if count > 1:
            found.append(Times(count, Lane(tuple(elements[index : index + period]))))
        else:
            found.append(elements[index])
        index += period * count
    return replace(lane, elements=tuple(found))


def _repeated(elements: list[Element], always: bool) -> tuple[int, int]:
    """The number of repeated elements at the beginning, and the number of repetitions."""
    for period in (1, 2, 3, 4):
        first = [_signature(each) for each in elements[:period]]
        if len(first) < period or not (always or any(_searched(each) for each in elements[:period])):
            continue
        count = 1
        while [_signature(e) for e in elements[count * period : (count + 1) * period]] == first:
            count += 1
        if count > 1:
            return period, count
    return 1, 1


def _searched(element: Element) -> bool:
    match element:
        case Slot() | Alternatives() | Repeat():
            return True
        case Box(searched=searched):
            return searched
        case Ladder(steps=steps):
            return any(_searched(step.element) for step in steps)
        case _:
            return any(_searched(each) for lane in lanes(element) for each in lane.elements)


def _signature(element: Element) -> object:
    """A key of everything visible in an element: equal for elements that look alike and have the same choices."""
    inner = tuple(tuple(_signature(each) for each in lane.elements) for lane in lanes(element))
    match element:
        case Box(kind=kind, label=label, note=note):
            return kind, label, note
        case Slot(path=path) | Alternatives(path=path) | Bypass(path=path) | Repeat(path=path):
            return type(element).__name__, path, inner
        case Join(parts=parts, box=box, how=how):
            return (
                "join",
                tuple((p.path, str(p.option), p.label) for p in parts),
                box and (box.label, box.note),
                how,
                inner,
            )
        case Ladder(steps=steps):
            return "ladder", tuple(step.reads for step in steps), inner
        case Reference(label=label):
            return "reference", label
        case Times(count=count):
            return "times", count, inner


# ---- in several places


def apart(lane: Lane) -> Scene:
    """The scene in which a structure that several places share, with all its choices, is separate, and each place has a
    box with its name."""
    found: dict[object, list[Element]] = {}
    for element in _all(lane):
        if _searched(element) and boxes(Lane((element,))) >= MIN_BOXES and not isinstance(element, Times | Box):
            found.setdefault(_signature(element), []).append(element)
    several = {key: elements for key, elements in found.items() if len(elements) > 1}
    labels = {key: _label(elements[0]) for key, elements in several.items()}
    used: dict[object, list[Lane]] = {}

    def replaced(lane: Lane) -> Lane:
        elements: list[Element] = []
        for element in lane.elements:
            key = _signature(element)
            if key in several and labels[key]:
                used.setdefault(key, []).append(Lane((element,)))
                elements.append(Box("shared", labels[key], "shown below", items(element), searched=True))
            else:
                elements.append(with_lanes(element, [replaced(inner) for inner in lanes(element)]))
        return replace(lane, elements=tuple(elements))

    main = replaced(lane)
    return Scene(main, tuple(Shared(labels[key], tuple(instances)) for key, instances in used.items()))


def _all(lane: Lane) -> Iterator[Element]:
    for element in lane.elements:
        yield element
        for inner in lanes(element):
            yield from _all(inner)


def _label(element: Element) -> str:
    """The name of the block whose choices are in an element: the first part of their paths."""
    own: Path | None = getattr(element, "path", None)
    below = [path for inner in lanes(element) for path in structures(inner)]
    several = [*below, *((own,) if own and own.parts[0] in {path.parts[0] for path in below} else ())]
    common: list[Segment] = []
    for parts in zip(*(path.parts for path in several), strict=False):
        if len(set(parts)) > 1 or parts[0].indices:
            break
        common.append(parts[0])
    return str(Path(tuple(common)))
