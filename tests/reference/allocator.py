"""The peak memory of a network, by playing it: a tensor is allocated when an operation makes it, and freed when all
operations that read it have run.

It shares nothing with `network.memory` but the definition in the manual.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from sqsem_dsl.network.layers import Layer

PASSED_ON = {"identity", "dropout", "spatial_dropout", "drop_path", "noise", "flatten", "reshape"}
KERNELS = {"conv", "depthwise", "separable", "conv_transpose", "dense"}
BEFORE_RELU = KERNELS | {"batchnorm", "add", "multiply", "maxpool", "avgpool"}
Tensor = Hashable


@dataclass
class Program:
    """The operations of a network."""

    layers: Sequence[Layer]
    outputs: Mapping[str, int]

    def most_bytes(self) -> int:
        """The bytes in memory at the worst time."""
        held: dict[Tensor, int] = {i: self.size(i) for i, each in enumerate(self.layers) if each.operator == "input"}
        most = sum(held.values())
        kept = {self.made_by(at) for at in self.outputs.values()}
        waiting = [operation for i in range(len(self.layers)) for operation in self.operations(i)]
        while waiting:
            (tensor, values, _), *waiting = waiting
            held[tensor] = values
            most = max(most, sum(held.values()))
            wanted = kept.union(*(reads for *_, reads in waiting))
            held = {tensor: values for tensor, values in held.items() if tensor in wanted}
        return 4 * most

    def operations(self, i: int) -> list[tuple[Tensor, int, set[Tensor]]]:
        """What runs for a layer: the tensors that it makes, their values, and what it reads."""
        layer = self.layers[i]
        if layer.operator == "input" or self.made_by(i) != i:
            return []
        reads: set[Tensor] = {self.made_by(read) for read in layer.inputs}
        if layer.operator != "separable":
            return [(i, self.size(i), reads)]
        wide = self.layers[layer.inputs[0]].shape[-1] * layer.attributes["multiplier"]  # type: ignore[operator]
        return [(f"inside {i}", prod(layer.shape[:-1]) * wide, reads), (i, self.size(i), {f"inside {i}"})]

    def size(self, i: int) -> int:
        return prod(self.layers[i].shape)

    def made_by(self, i: int) -> int:
        """The layer that makes the tensor that a layer gives."""
        layer = self.layers[i]
        if layer.operator in PASSED_ON:
            return self.made_by(layer.inputs[0])
        if layer.operator in ("batchnorm", "relu", "relu6") and self.reads_alone(i):
            before = self.layers[layer.inputs[0]].operator
            whole = layer.operator != "relu" or layer.attributes["max"] == "none"
            if whole and before in (KERNELS if layer.operator == "batchnorm" else BEFORE_RELU):
                return self.made_by(layer.inputs[0])
        return i

    def reads_alone(self, i: int) -> bool:
        """Whether nothing else reads what a layer reads."""
        (read,) = self.layers[i].inputs
        others = [k for k, layer in enumerate(self.layers) if k != i and read in layer.inputs]
        return not others and read not in self.outputs.values()
