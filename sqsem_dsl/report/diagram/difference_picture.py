"""An architecture rendered in its space: the used parts, the unused ones, and the differences from the plain
network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cached_property

from sqsem_dsl.diagram.combine import show_shape
from sqsem_dsl.diagram.walk import walk
from sqsem_dsl.ir.choices import show
from sqsem_dsl.ir.context import Unknown, value_of
from sqsem_dsl.ir.graph import Input, ItemId, Merge, Op, Residual
from sqsem_dsl.ir.liveness import Liveness
from sqsem_dsl.ir.path import Path
from sqsem_dsl.ir.scalars import Undefined
from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.report.diagram.draw import Drawer
from sqsem_dsl.report.diagram.legend import difference_legend, whole
from sqsem_dsl.report.diagram.marks import PLAIN, Line, Mark
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
    Slot,
    Times,
    lanes,
    own_items,
)
from sqsem_dsl.report.diagram.scene_builder import compose
from sqsem_dsl.space.space import Space
from sqsem_dsl.utils.numbers import short

NEW = Mark("new", 0.35)
GONE = Mark("gone")
ABSENT = Mark("absent")
NOTHING: Mapping[str, Value] = {"slot": False, "optional": False, "bypass": "none"}
"""The value that stands for an inactive choice, if there is one."""


def difference_picture(
    space: Space, architecture: Architecture, plain: Architecture | None, *, prefix: str = "difference"
) -> str:
    """An SVG element for an HTML page: an architecture of a space from its inputs to its outputs, with shapes (channels
    last, without the batch axis) and parameters, and the rest of the space in light colors.

    If there is a plain network of the same space, the differences from it are marked. `prefix` is the diagram's id;
    ids in it begin with it.
    """
    reading = _ArchitectureReading(space, architecture, plain)
    title = f"An architecture of {space.name}" + (", and where it differs from the plain one" if plain else "")
    keys = difference_legend(plain is not None)
    return whole(space, compose(space), Drawer(reading), keys, prefix, title, reading.description())


class _ArchitectureReading:
    """Reads a space with an architecture in it."""

    def __init__(self, space: Space, architecture: Architecture, plain: Architecture | None) -> None:
        self.space, self.graph, self.architecture = space, space.graph, architecture
        self.choices = {choice.at: choice for choice in space.choices}
        self.values_by_path = self._by_path(architecture)
        self.plain = self._by_path(plain) if plain is not None else None
        self.params = {layer.name: layer.params for layer in architecture.layers}

    def _by_path(self, architecture: Architecture) -> Mapping[Path, Value]:
        values = architecture.choices
        return {path: values[str(path)] for path in self.choices if str(path) in values}

    def description(self) -> str:
        differing = [f"{path} = {show(value)}, not {show(old)}" for path, value, old in self.differences()]
        size = f"{self.architecture.params:,} parameters."
        if self.plain is None:
            return size
        return f"{size} Different from the plain network: {'; '.join(differing) if differing else 'nothing'}."

    def differences(self) -> Iterator[tuple[Path, Value, Value]]:
        """The choices of the network that differ from the plain network, with both values."""
        for path, choice in self.choices.items():
            value, old = self.value(path), self.old(path)
            if choice.section == "architecture" and None not in (value, old) and not _same(value, old):
                yield path, value, old

    @cached_property
    def layers(self) -> Mapping[str, Layer]:
        """The layers as written, before the network is reduced, so that each place has its shape."""
        numbers = {declared.at: number for number, declared in enumerate(self.graph.choices)}
        values = {numbers[path]: value for path, value in self.values_by_path.items()}
        liveness = Liveness(self.graph.items, tuple(item for _, item in self.graph.outputs), self.graph.rules)
        return {layer.name: layer for layer in walk(self.graph, liveness, lambda choice: values[choice]).layers}

    # ---- values of choices

    def value(self, path: Path) -> Value:
        return self.values_by_path.get(path, NOTHING.get(self.choices[path].kind) if path in self.choices else None)

    def old(self, path: Path) -> Value:
        """The value in the plain network; None if it has none."""
        if self.plain is None or path not in self.choices:
            return None
        return self.plain.get(path, NOTHING.get(self.choices[path].kind))

    def computed(self, scalar: ItemId, choices: Mapping[Path, Value] | None) -> Value:
        """The value of a scalar with choices; None if these do not determine it."""
        if choices is None:
            return None
        values = {number: choices[c.at] for number, c in enumerate(self.graph.choices) if c.at in choices}
        try:
            return value_of(self.graph.items, scalar, values)
        except (KeyError, Unknown, Undefined):
            return None

    # ---- marks

    def case(self, element: Slot | Alternatives | Part, option: Value) -> Mark:
        match element:
            case Alternatives(path=None, test=test) | Part(path=None, test=int(test)):
                value, old = self.computed(test, self.values_by_path), self.computed(test, self.plain)
                if value is None:
                    bodies = {case.option: case.body for case in getattr(element, "cases", ())}
                    body = element.body if isinstance(element, Part) else bodies[option]
                    return PLAIN if self._there(body) else ABSENT
            case _:
                assert element.path is not None
                value, old = self.value(element.path), self.old(element.path)
        is_so, was_so = _takes(value, option), _takes(old, option)
        if is_so:
            return PLAIN if was_so or old is None else self._change_mark(element.path, NEW, value, old)
        return self._change_mark(element.path, GONE, value, old) if was_so and value is not None else ABSENT

    def _change_mark(self, path: Path | None, mark: Mark, value: Value, old: Value) -> Mark:
        title = f"{path} = {show(value)}, plain {show(old)}" if path else ""
        return Mark(mark.tone, mark.strength, "", title, show(value))

    def modes(self, bypass: Bypass) -> tuple[Line, ...]:
        node = self.graph.items[bypass.item]
        added = isinstance(node, Residual) and node.name in self.layers
        if bypass.path is None:
            return (Line("", PLAIN if added else ABSENT),)
        value, old = self.value(bypass.path), self.old(bypass.path)
        if _same(value, "none"):
            gone = old not in (None, "none") and bypass.path in self.values_by_path
            return (Line("", self._change_mark(bypass.path, GONE, value, old) if gone else ABSENT, bypass.path),)
        changed = old is not None and not _same(old, value)
        mark = self._change_mark(bypass.path, NEW, value, old) if changed else PLAIN if added else ABSENT
        return (Line(show(value), mark, bypass.path),)

    def step(self, repeat: Repeat, index: int) -> Mark:
        count, old = self._counts(repeat)
        if index < count:
            return NEW if old is not None and index >= old else PLAIN
        return GONE if old is not None and index < old else ABSENT

    def stop(self, repeat: Repeat, count: int) -> Mark | None:
        current, old = self._counts(repeat)
        if count != current:
            return None
        if old is None or old == current:
            return PLAIN
        return Mark(
            "new", 0.35, f"plain {old}", f"{repeat.path or repeat.label} = {current}, plain {old}", str(current)
        )

    def _counts(self, repeat: Repeat) -> tuple[int, int | None]:
        """The number of steps here and in the plain network; None if they cannot be compared."""
        count, old = self.computed(repeat.count, self.values_by_path), self.computed(repeat.count, self.plain)
        there = sum(self._there(step) for step in repeat.steps)
        if there == 0 and count != 0:  # It is in an unselected alternative.
            return 0, None
        return count if isinstance(count, int) else there, old if isinstance(old, int) else None

    def pooled(self, repeat: Repeat) -> tuple[Line, ...]:
        return ()

    def values(self, path: Path, name: str) -> tuple[Line, ...]:
        if path not in self.values_by_path:
            return ()
        value, old = self.values_by_path[path], self.old(path)
        if old is None or _same(value, old):
            return (Line(f"{name} {_short(value)}", PLAIN, path),)
        title = f"{path} = {show(value)}, plain {show(old)}"
        return (Line(f"{name} {_short(value)}", Mark("new", 0.35, f"plain {_short(old)}", title, show(value)), path),)

    def note(self, box: Box) -> str:
        """The parameters of an element."""
        params = sum(self.params.get(self._name(item), 0) for item in box.items)
        return f"{short(params)} params" if params else ""

    def shape(self, element: Element) -> str:
        shape = self._shape(element)
        return "" if shape is None else show_shape(shape)

    def _shape(self, element: Element) -> Shape | None:
        """The output shape of an element; None if it is not part of the network, or returns its input."""
        match element:
            case Box(kind=kind, items=several):
                known = [self.layers[name].shape for item in several if (name := self._name(item)) in self.layers]
                return known[-1] if known and kind != "output" else None
            case Join(box=box) if box is not None and (shape := self._shape(box)) is not None:
                return shape
            case Slot() | Alternatives() | Repeat() | Join() | Bypass() | Times() | Ladder():
                there = [lane for lane in self._selected_lanes(element) if self._there(lane)]
                if isinstance(element, Join) and len(there) != 1:
                    return None
                return self._lane_shape(there[-1]) if there else None
            case Reference():
                return None

    def _lane_shape(self, lane: Lane) -> Shape | None:
        return next((shape for each in reversed(lane.elements) if (shape := self._shape(each)) is not None), None)

    def reached(self, element: Element) -> bool:
        match element:
            case Box(kind="output"):
                return True
            case _:
                return any(map(self._there, self._selected_lanes(element))) or any(
                    self._name(item) in self.layers for item in own_items(element)
                )

    def _selected_lanes(self, element: Element) -> tuple[Lane, ...]:
        """The lanes of an element that its choices select."""
        match element:
            case Slot(body=body):
                return (body,) if self.value(element.path) is True else ()
            case Alternatives(path=Path(), cases=cases):
                return tuple(case.body for case in cases if not self.case(element, case.option).absent)
            case Join(parts=parts):
                selected = (part for part in parts if part.always or not self.case(part, part.option).absent)
                return tuple(part.body for part in selected)
            case _:
                return lanes(element)

    def _there(self, lane: Lane) -> bool:
        return any(map(self.reached, lane.elements))

    def _name(self, item: ItemId) -> str:
        node = self.graph.items[item]
        return node.name if isinstance(node, Input | Op | Residual | Merge) else ""


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other


def _takes(value: Value, option: Value) -> bool:
    """Whether a value is an option, or a set that contains it."""
    return option in value if isinstance(value, tuple) and not isinstance(option, tuple) else _same(value, option)


def _short(value: Value) -> str:
    return f"{float(value):.3g}" if isinstance(value, Fraction) else show(value)
