"""The Keras layer for a row of the table.

All are Keras's own layers, or a few of them in a `Sequential` under one name, so that a saved model can be loaded in a
process without this package.
"""

from __future__ import annotations

from hashlib import sha256
from math import prod
from typing import Any, cast

import keras
from keras import layers as kl

from sqsem_dsl.backends.keras.attention import attention_layer
from sqsem_dsl.backends.keras.backbone import backbone_layer
from sqsem_dsl.backends.keras.moving import global_pool, moving_layer
from sqsem_dsl.backends.keras.positions import class_token_layer, positions_layer
from sqsem_dsl.backends.keras.recurrence import recurrent_layer
from sqsem_dsl.backends.keras.scaling import scaling_layer, weighted_add_layer
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.activation import ARGUMENTS, KERAS_NAMES, NO_MAXIMUM, SPELLINGS
from sqsem_dsl.operators.arguments import axes, symbol, whole
from sqsem_dsl.operators.axis import axis_position
from sqsem_dsl.operators.backbone import BACKBONE
from sqsem_dsl.operators.extern import EXTERN, extern_layer
from sqsem_dsl.operators.products import product_axes
from sqsem_dsl.operators.row import Attributes, Shape, WholeShape

_MERGING = {
    "add": kl.Add,
    "multiply": kl.Multiply,
    "subtract": kl.Subtract,
    "average": kl.Average,
    "maximum": kl.Maximum,
    "concat": kl.Concatenate,
    "scale": kl.Multiply,
}


def keras_layer(
    layer: Layer,
    inputs: tuple[Shape, ...],
    seed: int | None,
    dtype: str | None,
    regularizer: keras.regularizers.Regularizer | None = None,
    folder: str | None = None,
) -> kl.Layer:
    """A new Keras layer for a layer of the network, whose input shapes are given without the batch axis.

    With a seed, its random numbers depend only on the seed and its name. `dtype` overrides Keras's policy for it. The
    regularizer is for its kernels. `folder` is that of the spec, for files that a layer reads.
    """
    if layer.operator == BACKBONE:
        return backbone_layer(layer.attributes, inputs[0], layer.name, seed, dtype, folder)
    return _Maker(layer, inputs, seed, dtype, regularizer).make()


def zeros_layer(reference: Shape, shape: Shape, name: str) -> kl.Layer:
    """Zeros of a shape for each sample of a tensor of shape `reference`, which only provides the size of the batch."""
    steps: list[kl.Layer] = [
        kl.Reshape((prod(reference), 1), name="values"),
        kl.Cropping1D((0, prod(reference) - 1), name="one"),
        kl.Flatten(name="vector"),
        kl.Rescaling(0.0, name="nothing"),
        kl.RepeatVector(prod(shape), name="repeated"),
        kl.Reshape(shape, name="shaped"),
    ]
    return keras.Sequential([keras.Input(reference), *steps], name=name)


class _Maker:
    def __init__(
        self, layer: Layer, inputs: tuple[Shape, ...], seed: int | None, dtype: str | None, regularizer: Any
    ) -> None:
        self.regularizer = regularizer
        self.layer, self.inputs, self.given_seed, self.dtype = layer, inputs, seed, dtype
        self.attributes: Attributes = layer.attributes
        self.common: dict[str, Any] = {"name": layer.name, "dtype": dtype} if dtype else {"name": layer.name}
        self.rank = len(inputs[0]) - 1

    def make(self) -> kl.Layer:
        operator, common = self.layer.operator, self.common
        if operator == "relu" and self.attributes["max"] != NO_MAXIMUM:
            return kl.ReLU(self._number("max"), **common)
        if operator == "leaky_relu" and self.attributes["slope"] != ARGUMENTS["leaky_relu"][0].default:
            return kl.LeakyReLU(self._number("slope"), **common)
        if operator in KERAS_NAMES:
            return kl.Activation(KERAS_NAMES[operator], **common)
        if operator in _MERGING:
            if operator == "concat":
                common = {**common, **self._along()}
            return _MERGING[operator](**common) if len(self.inputs) > 1 else kl.Identity(**self.common)
        match operator:
            case "conv" | "depthwise" | "separable" | "conv_transpose":
                return self._convolution()
            case "dense":
                units, bias = whole(self.attributes, "units"), self.attributes["bias"]
                return kl.Dense(units, use_bias=bias, **self._kernel(), **self._bias(), **common)
            case "embedding":
                (shape,) = self.inputs
                assert isinstance(shape, WholeShape)
                return kl.Embedding(shape.below, whole(self.attributes, "width"), **common)
            case "attention":
                return attention_layer(self.layer, self.inputs[0], common, self._seed, self.regularizer)
            case "positions":
                return positions_layer(self.inputs[0], symbol(self.attributes, "kind"), common, self._seed)
            case "class_token":
                return class_token_layer(self.inputs[0], common, self._seed)
            case "lstm" | "gru" | "rnn":
                return recurrent_layer(self.layer, common, self._seed, self.regularizer)
            case "batchnorm" | "layernorm" | "groupnorm" | "rmsnorm" | "layer_scale" | "prelu":
                return scaling_layer(self.layer, self.inputs[0], common)
            case "activation":
                name = symbol(self.attributes, "name")
                return kl.Activation(KERAS_NAMES.get(SPELLINGS.get(name, name), name), **common)
            case "maxpool" | "avgpool":
                return self._ranked("MaxPooling" if operator == "maxpool" else "AveragePooling")(
                    axes(self.attributes, "size"),
                    strides=axes(self.attributes, "stride"),
                    padding=symbol(self.attributes, "padding"),
                    **common,
                )
            case "gap" | "gmp":
                return global_pool(self.layer, self.inputs[0], common, self.dtype)
            case "weighted_add":
                return weighted_add_layer(self.layer, self.inputs, common)
            case "dot":
                first, second = product_axes(self.inputs, self.attributes)
                return kl.Dot((first + 1, second + 1), normalize=self.attributes["normalize"], **common)
            case "dropout" | "spatial_dropout" | "drop_path" | "noise":
                return self._noise()
            case "rescale":
                scale, offset = self._number("scale"), self._number("offset")
                return kl.Rescaling(scale, offset, **common)
            case "identity":
                return kl.Identity(**common)
            case _ if operator == EXTERN:
                return extern_layer(self.attributes, self.layer.name)
            case _:
                return moving_layer(self.layer, self.inputs[0], common, self.dtype)

    def _convolution(self) -> kl.Layer:
        attributes = self.attributes
        settings: dict[str, Any] = {
            "kernel_size": axes(attributes, "kernel"),
            "strides": axes(attributes, "stride"),
            "padding": symbol(attributes, "padding"),
            "use_bias": attributes["bias"],
            **self._bias(),
            **self.common,
        }
        match self.layer.operator:
            case "conv":
                settings["dilation_rate"] = axes(attributes, "dilation")
                return self._ranked("Conv")(
                    whole(attributes, "filters"), groups=whole(attributes, "groups"), **self._kernel(), **settings
                )
            case "depthwise":
                settings["dilation_rate"] = axes(attributes, "dilation")
                settings |= {"depthwise_initializer": self._initializer(), "depthwise_regularizer": self.regularizer}
                return self._ranked("DepthwiseConv")(depth_multiplier=whole(attributes, "multiplier"), **settings)
            case "separable":
                settings["dilation_rate"] = axes(attributes, "dilation")
                settings["depth_multiplier"] = whole(attributes, "multiplier")
                for part in ("depthwise", "pointwise"):
                    settings[f"{part}_initializer"] = self._initializer(part)
                    settings[f"{part}_regularizer"] = self.regularizer
                return self._ranked("SeparableConv")(whole(attributes, "filters"), **settings)
            case _:
                made = getattr(kl, f"Conv{self.rank}DTranspose")
                return made(whole(attributes, "filters"), **self._kernel(), **settings)

    def _along(self) -> dict[str, int]:
        """The axis of a concatenation, counted with that of the samples; Keras's default is the last."""
        at = axis_position(self.inputs[0], self.attributes)
        return {} if at == self.rank else {"axis": at + 1}

    def _noise(self) -> kl.Layer:
        settings = {"seed": self._seed("noise"), **self.common}
        match self.layer.operator:
            case "dropout":
                return kl.Dropout(self._number("rate"), **settings)
            case "spatial_dropout":
                return self._ranked("SpatialDropout")(self._number("rate"), **settings)
            case "drop_path":
                one_a_sample = (None, *(1,) * len(self.inputs[0]))
                return kl.Dropout(self._number("rate"), noise_shape=one_a_sample, **settings)
            case _:
                return kl.GaussianNoise(self._number("stddev"), **settings)

    def _ranked(self, family: str) -> Any:
        """The class of a family for this many spatial axes: `Conv` and 2 give `Conv2D`."""
        return getattr(kl, f"{family}{self.rank}D")

    def _number(self, name: str) -> float:
        return float(cast(float, self.attributes[name]))

    def _kernel(self) -> dict[str, Any]:
        return {"kernel_initializer": self._initializer(), "kernel_regularizer": self.regularizer}

    def _bias(self) -> dict[str, Any]:
        value = self._number("bias_init")
        return {"bias_initializer": keras.initializers.Constant(value)} if value else {}

    def _initializer(self, part: str = "kernel") -> Any:
        name = cast(str, self.attributes.get("init", "glorot_uniform"))
        if self.given_seed is None:
            return name
        return getattr(keras.initializers, name.title().replace("_", ""))(seed=self._seed(part))

    def _seed(self, part: str) -> int | None:
        if self.given_seed is None:
            return None
        digest = sha256(f"{self.given_seed}/{self.layer.name}/{part}".encode()).digest()
        return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF
