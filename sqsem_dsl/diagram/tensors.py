"""Tensors of a cost analysis: the shape, and the facts that decide which layers the reduced network keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from math import prod
from typing import Any, TypeVar

from sqsem_dsl.diagram.decision_diagram import FREE, Cost, added
from sqsem_dsl.diagram.domains import Application, Maker
from sqsem_dsl.network.kept import Kept, kept
from sqsem_dsl.network.latency import LayerKind, layer_kind
from sqsem_dsl.operators import TABLE, apply, attributes_key, complete, count, largest
from sqsem_dsl.operators import depth as weighted_depth
from sqsem_dsl.operators.layer_times import LayerKey, LayerTimes
from sqsem_dsl.operators.row import Shape

M = TypeVar("M", bound="Made")


class Use(Enum):
    """Whether a tensor that is kept for several readers is needed, as far as known."""

    READ = "its values are read on the way to an output"
    AWAITED = "assumed to be read later"
    UNREAD = "assumed never to be read"


class Tensor:
    """A tensor. Equal ones are one object, made by `Costs`, so that states are compared quickly.

    `zero`: all its values are zero. `fed`: an input reaches it. `depth`: convolutions and dense layers on the longest
    path to it, if requested.
    """

    __slots__ = ("depth", "fed", "shape", "use", "zero")

    def __init__(self, shape: Shape, zero: bool, fed: bool, depth: int, use: Use) -> None:
        self.shape, self.zero, self.fed, self.depth, self.use = shape, zero, fed, depth, use

    @property
    def size(self) -> int:
        """Elements for one sample."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Made:
    """A newly made tensor, with the costs of the layers on the path to it if the network keeps them.

    `shared` has the parameters, all and trainable, of sets of weights that other layers may use too, each with its
    name.
    """

    tensor: Tensor
    cost: Cost = FREE
    size: int = 0
    shared: tuple[tuple[str, int, int], ...] = ()


class Costs(Maker["Tensor | Made"]):
    """Makes tensors by the rules of the reduced network (`reduce`), as far as they decide which layers are kept."""

    def __init__(self, shared: frozenset[str], depth: bool, times: LayerTimes | None = None) -> None:
        """`shared` names the sets of weights that several layers use. With `depth`, tensors know their depth. With
        `times`, layers have a latency."""
        self._shared, self._depth, self._times = shared, depth, times
        self.kinds: dict[LayerKey, LayerKind] = {}
        """The kinds of layers of which a time was asked."""
        self._known: dict[tuple[Shape, bool, bool, int, Use], Tensor] = {}
        self._results: dict[object, Any] = {}
        """What each operator made of tensors. A repeat applies equal operators to equal tensors."""

    def tensor(self, shape: Shape, zero: bool, fed: bool, depth: int, use: Use = Use.READ) -> Tensor:
        key = (shape, zero, fed, depth, use)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Tensor(*key)
        return known

    def used(self, tensor: Tensor, use: Use) -> Tensor:
        """The same tensor with another use."""
        if tensor.use is use:
            return tensor
        return self.tensor(tensor.shape, tensor.zero, tensor.fed, tensor.depth, use)

    def shape(self, tensor: Tensor | Made) -> Shape:
        return tensor.tensor.shape if isinstance(tensor, Made) else tensor.shape

    def input(self, name: str, shape: Shape) -> Tensor:
        return self.tensor(shape, False, True, 0)

    def apply(self, what: Application, inputs: Sequence[Tensor | Made]) -> Made:
        """Applies an operator; adds the costs of inputs that were made in the same step."""
        tensors = [each.tensor if isinstance(each, Made) else each for each in inputs]
        made = self._once(what, tensors, self._applied)
        before = [each for each in inputs if isinstance(each, Made)]
        if not before or made.tensor.zero:
            return made
        cost = reduce(added, (m.cost for m in before), made.cost)
        shared = tuple(s for m in (*before, made) for s in m.shared)
        return Made(made.tensor, cost, max(made.size, *(m.size for m in before)), shared)

    def _once(self, what: Application, tensors: list[Tensor], apply: Callable[[Application, list[Tensor]], M]) -> M:
        """The result for an operator of the table, found once for all operators that differ only in their place."""
        if TABLE.get(what.row.name) is not what.row:
            return apply(what, tensors)
        weights = what.weights if what.weights in self._shared else None
        key = what.row.name, attributes_key(what.attributes), weights, *tensors
        found: M | None = self._results.get(key)
        if found is None:
            found = self._results[key] = apply(what, tensors)
        return found

    def _applied(self, what: Application, tensors: list[Tensor]) -> Made:
        shapes = tuple(tensor.shape for tensor in tensors)
        shape = apply(what.row, shapes, what.attributes)
        filled = complete(what.row, shapes, what.attributes)
        found = kept(what.row.name, filled, shapes, [tensor.zero for tensor in tensors])
        if found is None:
            return Made(self.tensor(shape, True, False, 0))
        if isinstance(found, int):
            return Made(tensors[found])
        attributes, tensors = found.attributes, [tensors[at] for at in found.reads]
        latency = self._time(found, shapes, shape)
        weights, macs = count(what.row, shapes, what.attributes)
        params = sum(w.size for w in weights)
        trainable = sum(w.size for w in weights if w.trainable)
        depth = 0
        if self._depth:
            depth = weighted_depth(what.row, shapes, attributes) + max((tensor.depth for tensor in tensors), default=0)
        tensor = self.tensor(shape, False, any(tensor.fed for tensor in tensors), depth)
        size = max(largest(what.row, shapes, attributes, shape), *(each.size for each in tensors if each.zero), 0)
        if what.weights in self._shared and what.weights is not None and params:
            return Made(tensor, (0, 0, macs, latency), size, ((what.weights, params, trainable),))
        return Made(tensor, (params, trainable, macs, latency), size)

    def _time(self, layer: Kept, shapes: tuple[Shape, ...], output: Shape) -> int:
        """The measured time of a layer in nanoseconds; 0 without a table, or if the table lacks it."""
        if self._times is None or (kind := layer_kind(layer, shapes, output)) is None:
            return 0
        self.kinds.setdefault(kind.key, kind)
        return self._times.of(kind.key)
