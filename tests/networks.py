"""Small handwritten networks for tests: layers like the compiler's, and the architecture around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer, Network
from sqsem_dsl.network.reduce import Reduced, reduce
from sqsem_dsl.operators import TABLE, WholeShape, apply, complete, count
from sqsem_dsl.settings.train import TrainSettings


class Net:
    """Collects layers; each call returns the position of the layer that it adds.

    >>> net = Net()
    >>> image = net.input("image", 8, 8, 3)
    >>> net.relu(net.conv(image, filters=4, kernel=3))
    2
    """

    def __init__(self) -> None:
        self.layers: list[Layer] = []

    def input(self, name: str, *shape: int, below: int | None = None) -> int:
        return self._append(Layer(name, "input", {}, (), shape if below is None else WholeShape(shape, below)))

    def add_layer(
        self, operator: str, *inputs: int, called: str | None = None, shares: int | None = None, **attributes: Any
    ) -> int:
        row = TABLE[operator]
        shapes = tuple(self.layers[i].shape for i in inputs)
        weights, macs = count(row, shapes, attributes)
        name = called or f"{operator}_{len(self.layers)}"
        filled = complete(row, shapes, attributes)
        return self._append(
            Layer(name, operator, filled, inputs, apply(row, shapes, attributes), weights, macs, shares)
        )

    def __getattr__(self, operator: str) -> Any:
        if operator not in TABLE:
            raise AttributeError(operator)
        return lambda *inputs, **arguments: self.add_layer(operator, *inputs, **arguments)

    def _append(self, layer: Layer) -> int:
        self.layers.append(layer)
        return len(self.layers) - 1

    def reduced(self, **outputs: int) -> Reduced:
        return reduce(self.layers, outputs)

    def architecture(self, **outputs: int) -> Architecture:
        """The network as written, not reduced."""
        return architecture(tuple(self.layers), outputs)


def architecture(layers: tuple[Layer, ...], outputs: Mapping[str, int]) -> Architecture:
    return Architecture("test", {}, Network(layers, dict(outputs), TrainSettings()))
