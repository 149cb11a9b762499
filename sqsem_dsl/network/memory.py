"""The most values of tensors that are alive at once while a network runs, for one sample.

A network runs layer by layer, in the order of its layers. A tensor is alive from the step that makes it to the last
step that reads it, so that a step needs its inputs and its output at once. Inputs are there from the first step on, and
outputs stay to the last one. This is the peak that limits a network on a microcontroller (J. Lin et al., "MCUNet: Tiny
Deep Learning on IoT Devices", 2020, arXiv:2007.10319; E. Liberis et al., "muNAS: Constrained Neural Architecture Search
for Microcontrollers", 2021, arXiv:2010.14246).

Some layers are no step of their own. `VIEWS` pass their tensor on as it is. As in LiteRT, a batch normalization that
alone reads a convolution or a dense layer is part of its kernel, and a ReLU that alone reads one of `WITH_RELU` is
computed as the values are made. Nothing else is computed in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod

from sqsem_dsl.network.layers import Layer
from sqsem_dsl.network.normalize import is_plain_relu
from sqsem_dsl.operators import TABLE
from sqsem_dsl.operators.backbone_layers import FOLDED

BYTES = 4
"""Bytes of a value: those of a 32-bit float."""
VIEWS = frozenset(["identity", "dropout", "spatial_dropout", "drop_path", "noise", "flatten", "reshape"])
"""Operators whose output is their input when a network is used, perhaps in another shape."""
WITH_RELU = FOLDED | {"batchnorm", "add", "multiply", "maxpool", "avgpool"}
"""Operators that LiteRT computes together with a ReLU after them."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The most values alive at once, and the position of the layer in whose step that is so first; None for a network
    that only returns its inputs."""

    values: int
    layer: int | None


@dataclass(slots=True)
class _Tensor:
    """A tensor with the steps that make it and read it last."""

    values: int
    made: int
    last: int


class _Run:
    """The steps of a network so far, and its tensors."""

    def __init__(self) -> None:
        self.tensors: list[_Tensor] = []
        self.steps: list[int] = []
        """For each step, the position of its layer."""

    def step(self, layer: int, values: int, reads: Sequence[int]) -> int:
        """Adds a step that makes a tensor of so many values from others; the number of the tensor."""
        now = len(self.steps)
        self.steps.append(layer)
        for tensor in reads:
            self.tensors[tensor].last = now
        return self.given(values, now)

    def given(self, values: int, made: int = 0) -> int:
        """Adds a tensor without a step."""
        self.tensors.append(_Tensor(values, made, made))
        return len(self.tensors) - 1

    def peak(self) -> Peak:
        changes = [0] * (len(self.steps) + 2)
        for tensor in self.tensors:
            changes[tensor.made] += tensor.values
            changes[tensor.last + 1] -= tensor.values
        alive = list(accumulate(changes))
        most = max(alive)
        return Peak(most, self.steps[alive.index(most)] if self.steps else None)


def peak(layers: Sequence[Layer], outputs: Mapping[str, int]) -> Peak:
    """The peak of a network, whose layers come after those that they read; `outputs` are names with positions."""
    run = _Run()
    readers = _readers(layers, outputs)
    tensors: list[int] = []
    """The tensor that each layer gives."""
    for position, layer in enumerate(layers):
        reads = [tensors[at] for at in layer.inputs]
        row = TABLE.get(layer.operator)
        if layer.operator == "input":
            tensors.append(run.given(prod(layer.shape)))
        elif layer.operator in VIEWS or _computed_before(layer, layers, readers):
            tensors.append(reads[0])
        elif row is None or row.parts is None:
            tensors.append(run.step(position, prod(layer.shape), reads))
        else:
            shapes = tuple(layers[at].shape for at in layer.inputs)
            made: list[int] = []
            for part in row.parts(shapes, layer.attributes, layer.shape):
                made.append(run.step(position, part.values, [made[i] if i >= 0 else reads[-1 - i] for i in part.reads]))
            tensors.append(made[-1])
    for at in outputs.values():
        run.tensors[tensors[at]].last = max(0, len(run.steps) - 1)
    return run.peak()


def _readers(layers: Sequence[Layer], outputs: Mapping[str, int]) -> list[int]:
    """The number of layers and outputs that read each layer."""
    readers = [0] * len(layers)
    for layer in layers:
        for at in set(layer.inputs):
            readers[at] += 1
    for at in outputs.values():
        readers[at] += 1
    return readers


def _computed_before(layer: Layer, layers: Sequence[Layer], readers: Sequence[int]) -> bool:
    """Whether a layer is part of the step before it."""
    if len(layer.inputs) != 1 or readers[layer.inputs[0]] != 1:
        return False
    before = layers[layer.inputs[0]]
    if layer.operator == "batchnorm":
        return before.operator in FOLDED
    relu = layer.operator == "relu6" or is_plain_relu(layer.operator, layer.attributes)
    return relu and before.operator in WITH_RELU
