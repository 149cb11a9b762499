"""Tensor domains of an evaluation: a shape alone, or a layer of the network under construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators import apply, complete, count, lower_bounds
from sqsem_dsl.operators.row import Attributes, Operator, Shape, Value, Weight

T = TypeVar("T")
SharedWeights = Mapping[str, tuple[Weight, ...]]


@dataclass(frozen=True, slots=True)
class Application:
    """An operator before it is applied."""

    row: Operator
    attributes: Attributes
    name: str
    weights: str | None
    span: Span


class Maker(Protocol[T]):
    """Makes tensors. Both methods may raise `Misfit`."""

    def input(self, name: str, shape: Shape) -> T: ...
    def apply(self, what: Application, inputs: Sequence[T]) -> T: ...
    def shape(self, tensor: T) -> Shape: ...


class Shapes(Maker[Shape]):
    """Tensors as shapes: sufficient for the proof over a whole space."""

    def input(self, name: str, shape: Shape) -> Shape:
        return shape

    def apply(self, what: Application, inputs: Sequence[Shape]) -> Shape:
        return apply(what.row, tuple(inputs), what.attributes)

    def shape(self, tensor: Shape) -> Shape:
        return tensor


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A layer of the network under construction; one object for each position."""

    position: int
    extent: Shape


class Network(Maker[Made], Generic[T]):
    """Tensors as layers, collected in order."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self._inputs: dict[str, Made] = {}
        self._owners: dict[str, int] = {}

    def input(self, name: str, shape: Shape) -> Made:
        if name not in self._inputs:
            self._inputs[name] = self._add(Layer(name, "input", {}, (), shape))
        return self._inputs[name]

    def apply(self, what: Application, inputs: Sequence[Made]) -> Made:
        shapes = tuple(tensor.extent for tensor in inputs)
        shape = apply(what.row, shapes, what.attributes)
        weights, macs = count(what.row, shapes, what.attributes)
        shares = None
        if what.weights is not None and weights:
            shares = self._owners.setdefault(what.weights, len(self.layers))
            shares = None if shares == len(self.layers) else shares
        filled: dict[str, Value] = dict(complete(what.row, shapes, what.attributes))
        positions = tuple(tensor.position for tensor in inputs)
        bounds = tuple(lower_bounds(what.row, shapes, what.attributes))
        name = what.row.name
        return self._add(Layer(what.name, name, filled, positions, shape, weights, macs, shares, bounds, what.span))

    def shape(self, tensor: Made) -> Shape:
        return tensor.extent

    def _add(self, layer: Layer) -> Made:
        self.layers.append(layer)
        return Made(len(self.layers) - 1, layer.shape)
