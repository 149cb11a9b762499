"""Layers whose output is cut away: a `slice` after a `concat` may discard all channels of a layer."""

from __future__ import annotations

from sqsem_dsl.network.architecture import Architecture
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.axis import CHANNELS

Channels = int
"""A set of channels as bits, the first channel lowest."""

BY_CHANNEL = frozenset({
    "add", "average", "avgpool", "batchnorm", "crop", "drop_path", "dropout", "elu", "gap", "gelu", "gmp",
    "hsigmoid", "hswish", "identity", "leaky_relu", "maximum", "maxpool", "multiply", "noise", "relu", "relu6",
    "rescale", "resize", "selu", "sigmoid", "spatial_dropout", "subtract", "swish", "tanh", "upsample", "zeropad",
})  # fmt: skip
"""Operators that compute each channel from the same channel of each input, if the inputs have as many."""


def unread(architecture: Architecture) -> tuple[Layer, ...]:
    """The layers none of whose channels an output reads, in order.

    They are built, counted and trained without effect, as in Keras.
    """
    layers = architecture.layers
    read: list[Channels] = [0] * len(layers)
    for position in architecture.outputs.values():
        read[position] = _every(layers[position])
    for position in range(len(layers) - 1, -1, -1):
        layer = layers[position]
        if not read[position]:
            continue
        start = 0
        for each in layer.inputs:
            read[each] |= _needed(layer, layers[each], read[position], start)
            start += layers[each].shape[-1]
    return tuple(layer for layer, channels in zip(layers, read, strict=True) if not channels)


def _needed(layer: Layer, given: Layer, read: Channels, start: int) -> Channels:
    """The channels of an input that determine the channels read of a layer; `start` is their offset in a `concat`."""
    every = _every(given)
    if layer.operator == "concat":
        return (read >> start) & every if layer.attributes["axis"] == CHANNELS else read
    if layer.operator == "slice" and layer.attributes["axis"] == CHANNELS:
        first = layer.attributes["from"]
        assert isinstance(first, int)
        return read << first
    if layer.attributes.get("axis") == CHANNELS:
        return every
    return read if layer.operator in BY_CHANNEL and given.shape[-1] == layer.shape[-1] else every


def _every(layer: Layer) -> Channels:
    return (1 << layer.shape[-1]) - 1
