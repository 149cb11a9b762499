"""Keras layers that scale: normalizations, learned scales and slopes of channels, and sums with learned weights."""

from __future__ import annotations

from math import prod
from typing import Any, cast

import keras
from keras import layers as kl
from keras import ops

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.arguments import whole
from sqsem_dsl.operators.row import Shape


def scaling_layer(layer: Layer, shape: Shape, common: dict[str, Any]) -> kl.Layer:
    """The Keras layer for a layer of the network with an input of this shape. `common` are its name and dtype."""

    def number(name: str) -> float:
        return float(cast(float, layer.attributes[name]))

    def constant(name: str) -> keras.initializers.Initializer:
        return keras.initializers.Constant(number(name))

    rank = len(shape) - 1
    match layer.operator:
        case "batchnorm":
            flags = {name: layer.attributes[name] for name in ("scale", "center")}
            return kl.BatchNormalization(momentum=number("momentum"), epsilon=number("epsilon"), **flags, **common)
        case "layernorm":
            return kl.LayerNormalization(epsilon=number("epsilon"), **common)
        case "groupnorm":
            return kl.GroupNormalization(whole(layer.attributes, "groups"), epsilon=number("epsilon"), **common)
        case "rmsnorm":
            return kl.RMSNormalization(epsilon=number("epsilon"), **common)
        case "layer_scale":
            axes = "nxyzc"[: rank + 1] + "c"  # with `...`, Keras 3.15 confuses the extents
            return kl.EinsumDense(f"{axes},c->{axes}", shape, kernel_initializer=constant("init"), **common)
        case "prelu":
            return kl.PReLU(constant("init"), shared_axes=tuple(range(1, rank + 1)) or None, **common)
        case other:
            raise InternalError(f"no Keras layer for the operator {other}")


def weighted_add_layer(layer: Layer, inputs: tuple[Shape, ...], common: dict[str, Any]) -> keras.Model:
    """Each tensor times its share of the weights. No layer of Keras has such weights: they are the row of an
    `Embedding`, looked up with a 0 for each sample."""
    count, shape = len(inputs), tuple(inputs[0])
    tensors = [keras.Input(shape, name=f"tensor{at}") for at in range(count)]
    flat = kl.Reshape((1, prod(shape)), name="flat")(tensors[0])
    some = kl.GlobalMaxPooling1D(data_format="channels_first", name="some", dtype="float32")(flat)
    row = kl.Rescaling(0.0, name="row", dtype="float32")(some)
    weights = kl.Embedding(1, count, embeddings_initializer="ones", name="weights")(row)
    positive = kl.ReLU(name="positive")(weights)
    whole = ops.add(ops.sum(positive, axis=-1, keepdims=True), float(cast(float, layer.attributes["epsilon"])))
    shares = kl.Reshape((count, 1), name="shares")(ops.divide(positive, whole))
    parts = []
    for at, tensor in enumerate(tensors):
        one = kl.Cropping1D((at, count - 1 - at), name=f"cut{at}")(shares)
        share = kl.Reshape((1,) * len(shape), name=f"share{at}")(one)
        parts.append(kl.Multiply(name=f"part{at}")([tensor, share]))
    return keras.Model(tensors, kl.Add(**{**common, "name": "added"})(parts), name=common["name"])
