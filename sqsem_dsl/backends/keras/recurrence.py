"""Recurrent layers of Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import keras
from keras import layers as kl
from keras import ops

from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.recurrence import is_turned

_CLASSES: Mapping[str, type[kl.RNN]] = {"lstm": kl.LSTM, "gru": kl.GRU, "rnn": kl.SimpleRNN}
RECURRENT = (kl.RNN, kl.Bidirectional)
_INITIALIZERS = {"kernel": keras.initializers.GlorotUniform, "recurrent": keras.initializers.Orthogonal}


def recurrent_layer(layer: Layer, common: dict[str, Any], seed: Callable[[str], int | None], regularizer: Any) -> Any:
    """A new layer; `seed` gives the seed of a part of it. The two directions have different initial weights."""
    attributes = layer.attributes

    def direction(backwards: bool, names: dict[str, Any], prefix: str = "") -> kl.RNN:
        initial = {
            f"{part}_initializer": made(seed=seed(prefix + part))
            for part, made in _INITIALIZERS.items()
            if seed(part) is not None
        }
        return _CLASSES[layer.operator](
            attributes["units"],
            return_sequences=attributes["sequences"],
            go_backwards=backwards,
            kernel_regularizer=regularizer,
            recurrent_regularizer=regularizer,
            **initial,
            **names,
        )

    if not attributes["bidirectional"]:
        return direction(bool(attributes["backwards"]), common)
    inner = {"dtype": common["dtype"]} if "dtype" in common else {}
    forward = direction(False, {**inner, "name": "forward"})
    backward = direction(True, {**inner, "name": "backward"}, "backward/")
    return kl.Bidirectional(forward, backward_layer=backward, **common)


def in_order(tensor: Any, layer: Layer) -> Any:
    """The result of a layer with the places in the order of its input: Keras gives those of a layer that reads
    backwards in reverse."""
    if not is_turned(layer.operator, layer.attributes):
        return tensor
    turned = ops.flip(tensor, axis=1)
    turned._keras_history.operation.name = f"{layer.name}.in_order"
    return turned


def recurrent_macs(layer: kl.Layer, length: int) -> int:
    """Multiply-accumulates of a built recurrent layer for one sequence."""
    directions = (layer.forward_layer, layer.backward_layer) if isinstance(layer, kl.Bidirectional) else (layer,)
    cells = [each.cell for each in directions]
    return length * sum(int(prod(cell.kernel.shape) + prod(cell.recurrent_kernel.shape)) for cell in cells)
