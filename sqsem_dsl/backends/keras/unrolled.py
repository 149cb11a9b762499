"""A model with the same outputs in the operations that LiteRT's interpreter runs.

It runs no loop of a recurrent layer. Unrolled, such a layer is a chain of operations for each place of a sequence, so
the file grows with the length of sequences. The product with one number for each channel (`layer_scale`), which Keras
computes by an einsum, becomes a plain product.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers as kl

from sqsem_dsl.backends.keras.recurrence import RECURRENT

LONGEST = 512
"""How many places the recurrent layers of a model may read, those of both directions counted. An LSTM with 16 units
that reads as many has a file of 1.3 MB, whose conversion takes minutes."""


class _Scaled(kl.EinsumDense):  # type: ignore[misc]
    """The product of all channels with a number for each."""

    def call(self, x: Any, training: bool | None = None) -> Any:
        return x * self.kernel


class _Masked(kl.Bidirectional):  # type: ignore[misc]
    """Two recurrent layers, whose results are 0 in places of padding.

    Unrolled, Keras would zero those of the layer that reads backwards by the mask in the other order.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.forward_layer.zero_output_for_mask = self.backward_layer.zero_output_for_mask = False

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = None) -> Any:
        found = super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        return keras.ops.where(mask[..., None], found, 0) if mask is not None and self.return_sequences else found


def unrolled(model: keras.Model) -> keras.Model:
    """The model itself, or a copy with other layers. Raises ValueError if recurrent layers read too many places."""
    steps = sum(_steps(layer) for layer in model.layers)
    if steps > LONGEST:
        raise ValueError(
            f"its recurrent layers read {steps:,} places, each of which becomes operations of its own, and at most "
            f"{LONGEST} have a file of a reasonable size"
        )
    if not any(isinstance(layer, RECURRENT) or _scales(layer) for layer in model.layers):
        return model
    copy = keras.models.clone_model(model, clone_function=_copy)
    copy.set_weights(model.get_weights())
    return copy


def _steps(layer: kl.Layer) -> int:
    """The places that a layer reads at all of its uses."""
    if not isinstance(layer, RECURRENT):
        return 0
    directions = 2 if isinstance(layer, kl.Bidirectional) else 1
    return sum(directions * int(node.input_tensors[0].shape[1]) for node in layer._inbound_nodes)


def _scales(layer: kl.Layer) -> bool:
    """Whether a layer multiplies each channel by its own number."""
    if not isinstance(layer, kl.EinsumDense) or layer.bias_axes or layer.activation is not keras.activations.linear:
        return False
    read, _, made = layer.equation.partition("->")
    before, _, weights = read.partition(",")
    return bool(before == made and weights == before[-1:])


def _copy(layer: kl.Layer) -> kl.Layer:
    config = layer.get_config()
    if isinstance(layer, kl.Bidirectional):
        for part in ("layer", "backward_layer"):
            if config.get(part) is not None:
                config[part]["config"]["unroll"] = True
        return _Masked.from_config(config)
    if isinstance(layer, kl.RNN):
        config["unroll"] = True
    return (_Scaled if _scales(layer) else type(layer)).from_config(config)
