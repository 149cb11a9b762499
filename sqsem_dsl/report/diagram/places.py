"""The places of value choices: in the box that contains all their readers, or otherwise in the lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqsem_dsl.ir.children import children
from sqsem_dsl.ir.graph import ChoiceId, Draw, Input, ItemId, Loop, Merge, Op, Residual, Switch
from sqsem_dsl.ir.path import Path
from sqsem_dsl.report.diagram.grouping import Network
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
    Slot,
    Times,
    lanes,
    structures,
    with_lanes,
)
from sqsem_dsl.space.space import Space


def placed(space: Space, scene: Scene, network: Network) -> Scene:
    """The scene with each value choice in its place."""
    present = _structures(scene)
    wanted = frozenset(c.at for c in space.choices if c.section == "architecture" and c.at not in present)
    placer = _Placer(network, wanted)
    main = placer.lane(scene.main, wanted)
    left = wanted - set(_values(main))
    shared = tuple(
        replace(each, places=tuple(placer.lane(lane, left) for lane in each.places)) for each in scene.shared
    )
    return Scene(main, shared)


def unplaced(space: Space, scene: Scene) -> tuple[str, ...]:
    """The choices of the network without a place in the diagram."""
    there = _structures(scene).union(*map(_values, _lanes(scene)))
    return tuple(c.path for c in space.choices if c.section == "architecture" and c.at not in there)


def _lanes(scene: Scene) -> list[Lane]:
    return [scene.main, *(lane for each in scene.shared for lane in each.places)]


def _structures(scene: Scene) -> set[Path]:
    return {path for lane in _lanes(scene) for path in structures(lane)}


class _Placer:
    def __init__(self, network: Network, wanted: frozenset[Path]) -> None:
        self.network, self.graph, self.wanted = network, network.graph, wanted
        self.drawn = frozenset(network.drawn)
        self._known: dict[int, tuple[object, Mapping[Path, int]]] = {}

    # ---- readers

    def reads(self, element: Element | Lane) -> Mapping[Path, int]:
        """The number of times that each choice is read in an element."""
        known = self._known.get(id(element))
        if known is None:
            found: dict[Path, int] = {}
            inner = element.elements if isinstance(element, Lane) else lanes(element)
            for part in inner:
                for path, times in self.reads(part).items():
                    found[path] = found.get(path, 0) + times
            for path in self.own(element):
                found[path] = found.get(path, 0) + 1
            known = self._known[id(element)] = (element, found)
        return known[1]

    def own(self, element: Element | Lane) -> tuple[Path, ...]:
        """The choices that an element reads itself, without its lanes, in declared order."""
        found: tuple[ItemId, ...] = ()
        match element:
            case Box(items=items, searched=False):
                found = tuple(value for item in items for value in self._scalars(item))
            case Join(parts=parts, box=box) if box is not None:
                found = tuple(value for item in box.items for value in self._scalars(item))
                found += tuple(part.test for part in parts if part.test is not None)
            case Alternatives(test=test):
                found = (test,)
            case Repeat(count=count):
                found = (count,)
            case _:
                pass
        declared = [self.graph.choices[choice].at for choice in sorted(set().union(*map(self._choices, found)))]
        return tuple(path for path in declared if path in self.wanted)

    def _scalars(self, item: ItemId) -> tuple[ItemId, ...]:
        match self.graph.items[item]:
            case Input(extents=extents):
                return extents
            case Op(attributes=attributes):
                return tuple(value for _, value in attributes)
            case Residual(mode=mode):
                return (mode,)
            case Switch(test=test):
                return (test,)
            case Loop(count=count):
                return (count,)
            case Merge(how=how, axis=axis):
                return (how,) if axis is None else (how, axis)
            case _:
                return ()

    def _choices(self, item: ItemId) -> set[ChoiceId]:
        """The choices that a scalar depends on, also through the extent of a tensor that has no place of its own."""
        found: set[ChoiceId] = set()
        pending, seen = [item], {item}
        while pending:
            match node := self.graph.items[pending.pop()]:
                case Draw(choice=choice):
                    found.add(choice)
                case _:
                    below = [
                        each
                        for each in children(node)
                        if each not in seen and self.network.behind(each) not in self.drawn
                    ]
                    pending.extend(below)
                    seen.update(below)
        return found

    # ---- placement

    def lane(self, lane: Lane, available: frozenset[Path]) -> Lane:
        """Puts each available choice that is read in a lane into the single element that reads it, or otherwise at the
        lane."""
        inside = self.reads(lane)
        here = [path for path in inside if path in available]
        own: list[Path] = []
        below: dict[int, set[Path]] = {}
        for path in here:
            readers = [index for index, element in enumerate(lane.elements) if path in self.reads(element)]
            if len(readers) == 1:
                below.setdefault(readers[0], set()).add(path)
            else:
                own.append(path)
        elements = tuple(
            self.element(element, frozenset(below.get(index, ()))) for index, element in enumerate(lane.elements)
        )
        return Lane(elements, tuple(own))

    def element(self, element: Element, available: frozenset[Path]) -> Element:
        inner = lanes(element)
        itself = self.own(element)
        below: dict[int, set[Path]] = {}
        own: list[Path] = []
        for path in (p for p in self.reads(element) if p in available):
            readers = [index for index, lane in enumerate(inner) if path in self.reads(lane)]
            if len(readers) == 1 and path not in itself:
                below.setdefault(readers[0], set()).add(path)
            else:
                own.append(path)
        made = [self.lane(lane, frozenset(below.get(index, ()))) for index, lane in enumerate(inner)]
        values = tuple(own)
        match element:
            case Reference():
                return element
            case Slot() | Bypass() | Times():
                return with_lanes(element, [replace(made[0], values=(*values, *made[0].values))])
            case Box() | Alternatives() | Repeat() | Join() | Ladder():
                return with_lanes(replace(element, values=values), made)


def _values(lane: Lane) -> set[Path]:
    found = set(lane.values)
    for element in lane.elements:
        found.update(getattr(element, "values", ()))
        for inner in lanes(element):
            found |= _values(inner)
    return found
