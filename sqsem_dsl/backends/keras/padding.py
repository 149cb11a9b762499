"""Padded sequences in a Keras model: places of padding are found in the data, and their values reach no other place.

In the data, the places after the end of a sequence are NaN, or -1 for whole numbers. The model finds them itself, with
Keras's own layers and operations, so that a saved model needs no second input and no code of this package. Keras's own
masks are not enough: convolutions and pools lose them.
"""

from __future__ import annotations

from typing import Any

from keras import layers as kl
from keras import ops

from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.row import PaddedShape, Shape, WholeShape

Mark = tuple[str, int]
"""The input whose sequences a tensor has, and the distance of the places that are left."""
FILL = 0
"""The number in the places of padding of an input, on which no result depends."""


class Padding:
    """The places of padding in the tensors of a model under construction."""

    def __init__(self) -> None:
        self._real: dict[Mark, Any] = {}
        """1 for each place of a sequence, 0 for padding: `[length, 1]`."""
        self._tests: dict[Mark, Any] = {}

    def filled(self, tensor: Any, name: str, shape: Shape) -> Any:
        """A padded input with numbers in the places of padding."""
        if isinstance(shape, WholeShape):
            there = _named(ops.greater_equal(tensor, 0), f"{name}.there")
            real = _named(ops.where(there, 1.0, 0.0), f"{name}.real")
            filled = _named(ops.where(there, tensor, FILL), f"{name}.filled")
        else:
            gaps = _named(ops.isnan(tensor), f"{name}.gaps")
            ones = _named(ops.where(gaps, 0.0, 1.0), f"{name}.ones")
            real = kl.GlobalMaxPooling1D(data_format="channels_first", name=f"{name}.real", dtype="float32")(ones)
            filled = _named(ops.where(gaps, float(FILL), tensor), f"{name}.filled")
        self._real[name, 1] = kl.Reshape((shape[0], 1), name=f"{name}.mask", dtype="float32")(real)
        return filled

    def called(self, made: kl.Layer, layer: Layer, given: list[Any], shapes: tuple[Shape, ...]) -> Any | None:
        """The result of a layer that takes padded sequences and does not compute each place by itself; None for
        others."""
        (first, *_), (tensor, *_) = shapes, given
        if not isinstance(first, PaddedShape):
            return None
        name, mark = f"{layer.name}.padding", first.mark
        match layer.operator:
            case "gap" | "lstm" | "gru" | "rnn":
                return made(tensor, mask=self._test(mark, flat=True))
            case "gmp":
                return made(self._replaced(tensor, mark, _first(tensor, layer.name), name))
            case "conv" | "depthwise" | "separable":
                return made(self._replaced(tensor, mark, 0.0, name))
            case "maxpool":
                assert isinstance(layer.shape, PaddedShape)
                # The smallest number of the sequence itself, not of its type: ranges of 8-bit integers stay narrow.
                real = self._replaced(tensor, mark, _first(tensor, layer.name), f"{layer.name}.sequence")
                lowest = _named(ops.min(real, axis=1, keepdims=True), f"{layer.name}.lowest")
                pooled = made(self._replaced(tensor, mark, lowest, name))
                return self._replaced(pooled, layer.shape.mark, 0.0, f"{layer.name}.zeros")
            case "avgpool":
                pooled = made(self._replaced(tensor, mark, 0.0, name))
                size, stride, padding = made.pool_size, made.strides, made.padding
                share = kl.AveragePooling1D(size, strides=stride, padding=padding, name=f"{layer.name}.share")
                found = share(self._mask(mark))
                # A window of padding alone: 0 / 1, since runtimes of 8-bit integers do not divide by 0.
                some = _named(ops.greater(found, 0.0), f"{layer.name}.some")
                divisor = _named(ops.where(some, found, 1.0), f"{layer.name}.divisor")
                return _named(ops.divide(pooled, divisor), f"{layer.name}.average")
            case _:
                return None

    def places(self, shape: Shape) -> Any | None:
        """Whether each place of a tensor of this shape is not padding, `[length]`; None if no sequence is padded."""
        return self._test(shape.mark, flat=True) if isinstance(shape, PaddedShape) else None

    def _replaced(self, tensor: Any, mark: Mark, value: Any, name: str) -> Any:
        """The tensor with a value in the places of padding: a number, or a tensor `[1, channels]`."""
        return _named(ops.where(self._test(mark), tensor, value), name)

    def _mask(self, mark: Mark) -> Any:
        if mark not in self._real:
            source, factor = mark  # A place that is left is the first of those that it stands for.
            every = kl.MaxPooling1D(1, strides=factor, name=f"{source}.mask{factor}", dtype="float32")
            self._real[mark] = every(self._real[source, 1])
        return self._real[mark]

    def _test(self, mark: Mark, flat: bool = False) -> Any:
        """Whether a place is not padding: `[length, 1]`, or `[length]`."""
        (source, factor), key = mark, (f"{mark[0]}{' flat' if flat else ''}", mark[1])
        if key not in self._tests:
            mask, name = self._mask(mark), f"{source}.{'places' if flat else 'place'}{factor}"
            if flat:
                length = mask.shape[1]
                mask = kl.Reshape((length,), name=f"{source}.flat{factor}", dtype="float32")(mask)
            self._tests[key] = _named(ops.greater(mask, 0.5), name)
        return self._tests[key]


def _first(tensor: Any, name: str) -> Any:
    """The first place of a tensor, `[1, channels]`, which is never padding."""
    return kl.Cropping1D((0, tensor.shape[1] - 1), name=f"{name}.first")(tensor)


def _named(tensor: Any, name: str) -> Any:
    """The result of an operation, which gets a name that no layer of a network has."""
    tensor._keras_history.operation.name = name
    return tensor
