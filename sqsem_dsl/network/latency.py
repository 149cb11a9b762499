"""The latency of a network: the sum of the measured times of its layers.

The layers are those that the choices select and an output needs, without operators that compute nothing and without
zeros, each as often as it is applied. Some take no time: dropout and the like do nothing when a network is used, a
reshaping moves no value, and a ReLU is computed together with the layer before it. A deployment may compute other
layers as one, too: the sum is an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqsem_dsl.diagnostics.source import NOWHERE, Span
from sqsem_dsl.ir.choices import show
from sqsem_dsl.network.kept import Kept, kept
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.network.memory import VIEWS
from sqsem_dsl.network.normalize import is_plain_relu, spelled
from sqsem_dsl.operators import TABLE, complete
from sqsem_dsl.operators.layer_times import LayerKey, LayerTimes
from sqsem_dsl.operators.row import REQUIRED, Attributes, Misfit, Shape
from sqsem_dsl.utils.shapes import facts

UNTIMED = VIEWS | {"input", "zero", "relu6"}
"""Operators that take no time, besides a plain ReLU."""
_TRAINING = frozenset(["init", "bias_init", "momentum", "epsilon", "dropout", "trainable", "weights"])
"""Arguments that change what a layer computes, but not for how long."""


@dataclass(frozen=True)
class LayerKind:
    """Layers that take the same time: the operator in normal form with its complete arguments, and all shapes."""

    operator: str
    attributes: Attributes = field(hash=False)
    inputs: tuple[Shape, ...]
    output: Shape

    @cached_property
    def key(self) -> LayerKey:
        """The layer as a table names it. Arguments that have their defaults are left out."""
        written = ", ".join(f"{name} = {show(value)}" for name, value in self._telling().items())
        shapes = " and ".join(map(_shown, self.inputs))
        return f"{self.operator}({written})" if written else self.operator, shapes, _shown(self.output)

    def _telling(self) -> Attributes:
        row = TABLE.get(self.operator)
        if row is None:
            return self.attributes
        required = {each.name: self.attributes[each.name] for each in row.attributes if each.default is REQUIRED}
        try:
            defaults = spelled(self.operator, complete(row, self.inputs, required), self.inputs)[1]
        except (Misfit, KeyError):  # a default that these shapes do not allow
            defaults = {}
        return {
            name: value
            for name, value in self.attributes.items()
            if name not in _TRAINING and (name in required or name not in defaults or value != defaults[name])
        }


@dataclass(frozen=True)
class Latency:
    """The sum of the times of a network's layers, and the layers that the table lacks."""

    nanoseconds: int
    missing: tuple[LayerKind, ...] = ()
    table: str = ""
    """The file of the table, as the spec names it."""
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    """Where the spec names it."""


def layer_kind(found: Kept, shapes: Sequence[Shape], output: Shape) -> LayerKind | None:
    """The kind of a layer, given the shapes of the operator's tensors; None for one that takes no time."""
    if found.operator in UNTIMED or is_plain_relu(found.operator, found.attributes):
        return None
    return LayerKind(found.operator, found.attributes, tuple(shapes[at] for at in found.reads), output)


def latency_of(layers: Sequence[Layer], outputs: Mapping[str, int], times: LayerTimes) -> Latency:
    """The latency of a network as written: its layers in topological order with complete attributes, before it is
    reduced."""
    kinds = timed_layers(layers, outputs)
    missing = {kind.key: kind for kind in kinds if kind.key not in times.nanoseconds}
    total = sum(times.of(kind.key) for kind in kinds)
    return Latency(total, tuple(missing.values()), times.path, times.span)


def timed_layers(layers: Sequence[Layer], outputs: Mapping[str, int]) -> list[LayerKind]:
    """The kind of each layer that takes time, in order."""
    places: list[int] = []
    """For each layer, the layer whose values it returns."""
    zero: list[bool] = []
    found: list[Kept | None] = []
    for position, layer in enumerate(layers):
        here = [places[at] for at in layer.inputs]
        shapes = [layers[at].shape for at in here]
        if layer.operator == "input":
            result: Kept | int | None = Kept("input", {}, ())
        else:
            result = kept(layer.operator, layer.attributes, shapes, [zero[at] for at in here])
        places.append(here[result] if isinstance(result, int) else position)
        zero.append(zero[places[-1]] if isinstance(result, int) else result is None)
        found.append(result if isinstance(result, Kept) else None)
    needed = {places[at] for at in outputs.values()}
    for position in range(len(layers) - 1, -1, -1):
        one = found[position]
        if position in needed and one is not None:
            needed.update(places[layers[position].inputs[at]] for at in one.reads)
    kinds = []
    for position in sorted(needed):
        one, layer = found[position], layers[position]
        if one is not None:
            kind = layer_kind(one, [layers[places[at]].shape for at in layer.inputs], layer.shape)
            kinds += [] if kind is None else [kind]
    return kinds


def _shown(shape: Shape) -> str:
    """A shape as in a message."""
    return f"[{', '.join(map(str, shape))}]{facts(shape)}"
