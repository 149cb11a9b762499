"""A network as plain data: its layers and its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqsem_dsl.diagnostics.source import NOWHERE, Span
from sqsem_dsl.operators.row import Attributes, Shape, Weight

if TYPE_CHECKING:
    from sqsem_dsl.network.latency import Latency
    from sqsem_dsl.settings.train import TrainSettings


@dataclass(frozen=True, slots=True)
class Layer:
    """An operator application: a node of the network.

    `inputs` are positions in the architecture's tuple of layers, always smaller than the layer's own. An input of the
    model is a layer of operator `input`, named like the input. `attributes` are complete (defaults filled in, one
    number per axis).
    """

    name: str
    operator: str
    attributes: Attributes
    inputs: tuple[int, ...]
    shape: Shape
    weights: tuple[Weight, ...] = ()
    macs: int = 0
    shares: int | None = None
    """The position of the layer whose weights this one uses (a `tied block`); its own `weights` then repeat that
    layer's."""
    lower_bounds: tuple[str, ...] = ()
    """The quantities of the layer that are lower bounds."""
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def params(self) -> int:
        """Parameters that this layer adds to the model: 0 where it shares another's weights."""
        return 0 if self.shares is not None else sum(w.size for w in self.weights)

    @property
    def trainable_params(self) -> int:
        return 0 if self.shares is not None else sum(w.size for w in self.weights if w.trainable)


@dataclass(frozen=True)
class Network:
    """The result of the choices: the reduced network and its training settings."""

    layers: tuple[Layer, ...]
    outputs: Mapping[str, int]
    """Output names to positions in `layers`."""
    train: TrainSettings
    folder: str | None = field(default=None, compare=False)
    """The folder of the spec, for files that layers read; None if the spec is not a file."""
    latency: Latency | None = field(default=None, compare=False)
    """The sum of measured times; None without a table of measured layers."""
