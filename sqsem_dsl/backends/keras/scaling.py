"""Keras layers that scale each channel: normalizations, and learned scales and slopes."""

from __future__ import annotations

from typing import Any, cast

import keras
from keras import layers as kl

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
