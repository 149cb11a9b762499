"""Attention in Keras."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import keras
from keras import layers as kl

from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.attention import has_groups
from sqsem_dsl.operators.axis import axis_position
from sqsem_dsl.operators.row import Shape

ATTENDING = (kl.MultiHeadAttention, kl.GroupQueryAttention)


def attention_layer(
    layer: Layer, shape: Shape, common: dict[str, Any], seed: Callable[[str], int | None], regularizer: Any
) -> Any:
    """A new layer over a tensor of this shape; `seed` gives the seed of a part of it."""
    attributes = layer.attributes
    heads, dim = attributes["heads"], attributes["dim"]
    settings = {
        "dropout": float(attributes["dropout"]),  # type: ignore[arg-type]
        "use_bias": attributes["bias"],
        "kernel_regularizer": regularizer,
        "seed": seed("dropout"),
        **common,
    }
    if seed("kernel") is not None:
        settings["kernel_initializer"] = keras.initializers.GlorotUniform(seed=seed("kernel"))
    if has_groups(attributes):
        return kl.GroupQueryAttention(dim, heads, attributes["groups"], **settings)
    if len(shape) > 2:
        settings["attention_axes"] = (axis_position(shape, attributes) + 1,)
    return kl.MultiHeadAttention(heads, dim, attributes["value"], **settings)


def attended(made: kl.Layer, layer: Layer, query: Any, memory: Any, places: Any | None) -> Any:
    """The result of an attention; `places` says which places of the memory are not padding."""
    settings: dict[str, Any] = {} if places is None else {"value_mask": places}
    if layer.attributes["causal"]:
        settings["use_causal_mask"] = True
    return made(query, memory, **settings)


def attention_macs(made: kl.Layer, query_shape: Shape, memory_shape: Shape) -> int:
    """Multiply-accumulates of a built attention for one sample: of its four kernels and its two products. The shapes
    have an axis of samples."""
    axes = getattr(made, "_attention_axes", None) or (1,)
    length, seen = (prod(shape[axis] for axis in axes) for shape in (query_shape, memory_shape))
    apart = prod(query_shape[1:-1]) // length
    query, key, value, end = (
        dense.kernel.shape for dense in (made._query_dense, made._key_dense, made._value_dense, made._output_dense)
    )
    projections = length * (prod(query) + prod(end)) + seen * (prod(key) + prod(value))
    return int(apart * (projections + length * seen * query[1] * (query[2] + value[2])))
