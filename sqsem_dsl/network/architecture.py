"""One concrete architecture: the reduced network of one assignment of the choices, with its counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from sqsem_dsl.ir.choices import show
from sqsem_dsl.network.identity import identity
from sqsem_dsl.network.layers import Layer, Network
from sqsem_dsl.network.memory import BYTES, Peak, peak
from sqsem_dsl.operators import TABLE, largest
from sqsem_dsl.operators import depth as weighted_depth
from sqsem_dsl.operators.row import Shape, Value
from sqsem_dsl.settings.train import TrainSettings


class Architecture:
    """The result of one assignment. `choices` maps the path of every active choice to its value, in draw order.

    The network is computed on first use, so thousands of assignments are cheap.
    """

    def __init__(self, space: str, choices: Mapping[str, Value], network: Network | Callable[[], Network]) -> None:
        self.space, self.choices = space, choices
        self._given = network

    def __reduce__(self) -> tuple[Any, ...]:
        """The state sent to another process: the computed network, without the space."""
        return type(self), (self.space, dict(self.choices), self.network)

    def __repr__(self) -> str:
        return f"<Architecture of {self.space}: {', '.join(f'{path}={show(v)}' for path, v in self.choices.items())}>"

    def __eq__(self, other: object) -> bool:
        """The same assignment of the same space. Use `id` to test whether two assignments give the same network."""
        if not isinstance(other, Architecture):
            return NotImplemented
        return (self.space, dict(self.choices), self.network) == (other.space, dict(other.choices), other.network)

    def __hash__(self) -> int:
        return hash((self.space, tuple(sorted(self.choices))))

    @cached_property
    def network(self) -> Network:
        return self._given if isinstance(self._given, Network) else self._given()

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self.network.layers

    @property
    def outputs(self) -> Mapping[str, int]:
        """Output names to positions in `layers`."""
        return self.network.outputs

    @property
    def train(self) -> TrainSettings:
        return self.network.train

    @cached_property
    def id(self) -> str:
        """Equal for two assignments with the same network, in every spec and on every machine: the version of the rules
        of the reduced network, a colon, and a hash."""
        return identity(self.layers, self.outputs).id

    @cached_property
    def inputs(self) -> Mapping[str, Shape]:
        """The inputs that this architecture uses, by name, in the order of the spec."""
        return {layer.name: layer.shape for layer in self.layers if layer.operator == "input"}

    @cached_property
    def params(self) -> int:
        """All parameters, as counted by `keras.Model.count_params()`."""
        return sum(layer.params for layer in self.layers)

    @cached_property
    def trainable_params(self) -> int:
        return sum(layer.trainable_params for layer in self.layers)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions, dense and recurrent layers and attention for one sample."""
        return sum(layer.macs for layer in self.layers)

    @cached_property
    def activations(self) -> int:
        """Elements of the largest tensor."""
        sizes = []
        for layer in self.layers:
            row = TABLE.get(layer.operator)
            if row is not None and row.inside is not None:
                sizes.append(largest(row, self._shapes(layer), layer.attributes, layer.shape))
                continue
            size = 1
            for extent in layer.shape:
                size *= extent
            sizes.append(size)
        return max(sizes, default=0)

    @cached_property
    def weighted_layers(self) -> int:
        """Convolutions and dense layers on the longest path from an input to an output."""
        depth: list[int] = []
        for layer in self.layers:
            row = TABLE.get(layer.operator)
            own = 0 if row is None else weighted_depth(row, self._shapes(layer), layer.attributes)
            depth.append(own + max((depth[i] for i in layer.inputs), default=0))
        return max((depth[i] for i in self.outputs.values()), default=0)

    @property
    def memory(self) -> int:
        """The most bytes of tensors alive at once for one sample, with 4 bytes a value (`network.memory`)."""
        return BYTES * self.peak.values

    @cached_property
    def peak(self) -> Peak:
        """The most values of tensors alive at once, and the layer in whose step that is so."""
        return peak(self.layers, self.outputs)

    @property
    def flash(self) -> int:
        """The bytes of all parameters, with 4 bytes each."""
        return BYTES * self.params

    @property
    def latency(self) -> int | None:
        """The sum of the measured times of its layers, in nanoseconds (`network.latency`); None if the spec names no
        table, or one that lacks a layer of it."""
        latency = self.network.latency
        return None if latency is None or latency.missing else latency.nanoseconds

    def _shapes(self, layer: Layer) -> tuple[Shape, ...]:
        """The shapes that a layer receives."""
        return tuple(self.layers[at].shape for at in layer.inputs)

    @cached_property
    def lower_bounds(self) -> frozenset[str]:
        """The quantities that are lower bounds: a custom layer may have more than can be counted."""
        return frozenset(quantity for layer in self.layers for quantity in layer.lower_bounds)
