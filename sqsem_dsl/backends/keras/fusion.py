"""A sum of tensors with learned weights in Keras."""

from __future__ import annotations

from math import prod
from typing import Any, cast

import keras
from keras import layers as kl
from keras import ops

from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.row import Shape


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
