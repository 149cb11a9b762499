"""Dense layers, which act on the last axis, embeddings, which add one, and normalizations, which keep the shape."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod

from sqsem_dsl.operators.arguments import MAX_DIMENSIONS, flag, show, whole
from sqsem_dsl.operators.convolution import BIAS, BIAS_INIT, INIT
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape, Weight, WholeShape


def _dense_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    return (*inputs[0][:-1], whole(attributes, "units"))


def _dense_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    units = whole(attributes, "units")
    kernel = Weight("kernel", (inputs[0][-1], units))
    return (kernel, Weight("bias", (units,))) if flag(attributes, "bias") else (kernel,)


def _dense_macs(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
    return prod(output) * inputs[0][-1]


def _embedding_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    if len(inputs[0]) == MAX_DIMENSIONS:
        raise Misfit(
            f"`embedding` would give {len(inputs[0]) + 1} dimensions: it adds an axis to {show(inputs[0])}",
            "give the input fewer axes",
        )
    return (*inputs[0], whole(attributes, "width"))


def _embedding_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    (shape,) = inputs
    assert isinstance(shape, WholeShape)
    return (Weight("embeddings", (shape.below, whole(attributes, "width"))),)


def _same_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    return inputs[0]


def _batchnorm_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    if attributes["momentum"] == 1:
        raise Misfit(
            "`batchnorm` with a momentum of 1 never updates its statistics", "use a momentum below 1", "momentum"
        )
    return inputs[0]


def _batchnorm_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    channels = inputs[0][-1:]
    learned = tuple(Weight(w, channels) for w, at in (("gamma", "scale"), ("beta", "center")) if flag(attributes, at))
    moving = (Weight("moving_mean", channels, trainable=False), Weight("moving_variance", channels, trainable=False))
    return (*learned, *moving)


def _one_a_channel(name: str) -> Callable[[tuple[Shape, ...], Attributes], tuple[Weight, ...]]:
    return lambda inputs, attributes: (Weight(name, inputs[0][-1:]),)


def _gamma_beta(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    return (Weight("gamma", inputs[0][-1:]), Weight("beta", inputs[0][-1:]))


def _groupnorm_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    channels, groups = inputs[0][-1], whole(attributes, "groups")
    if channels % groups:
        raise Misfit(
            f"`groupnorm` has {groups} groups, which do not divide the {channels} channels of {show(inputs[0])}",
            f"use a number of groups that divides {channels}",
            "groups",
        )
    return inputs[0]


def _epsilon(default: Fraction = Fraction(1, 1000)) -> Attribute:
    """What is added to a variance before its root is taken."""
    return Attribute("epsilon", "number", default, low=Fraction(1, 10**12), high=Fraction(1), added=True)


ROWS = (
    Operator(
        "dense",
        (1, 1),
        (Attribute("units", "whole"), BIAS, INIT, BIAS_INIT),
        _dense_shape,
        _dense_weights,
        _dense_macs,
        padding="keeps",
        weighted=True,
        keeps_zero=lambda attributes: attributes["bias"] is False,
        doc="a dense layer on the last axis (`Dense`)",
    ),
    Operator(
        "embedding",
        (1, 1),
        (Attribute("width", "whole"),),
        _embedding_shape,
        _embedding_weights,
        padding="keeps",
        whole=True,
        doc="a trained vector for each whole number (`Embedding`)",
    ),
    Operator(
        "batchnorm",
        (1, 1),
        (
            Attribute("scale", "flag", True, added=True),
            Attribute("center", "flag", True, added=True),
            _epsilon(),
            Attribute("momentum", "number", Fraction(99, 100), low=Fraction(0), high=Fraction(1), added=True),
        ),
        _batchnorm_shape,
        _batchnorm_weights,
        doc="batch normalization of each channel (`BatchNormalization`)",
    ),
    Operator(
        "layernorm",
        (1, 1),
        (_epsilon(),),
        _same_shape,
        _gamma_beta,
        padding="keeps",
        doc="normalization over the last axis (`LayerNormalization`)",
    ),
    Operator(
        "groupnorm",
        (1, 1),
        (Attribute("groups", "whole", 32), _epsilon()),
        _groupnorm_shape,
        _gamma_beta,
        doc="normalization over groups of channels (`GroupNormalization`)",
    ),
    Operator(
        "rmsnorm",
        (1, 1),
        (_epsilon(Fraction(1, 10**6)),),
        _same_shape,
        _one_a_channel("scale"),
        padding="keeps",
        keeps_zero=lambda attributes: True,
        doc="values divided by their root mean square over the last axis (`RMSNormalization`)",
    ),
    Operator(
        "layer_scale",
        (1, 1),
        (Attribute("init", "number", Fraction(1, 10**6)),),
        _same_shape,
        _one_a_channel("kernel"),
        padding="keeps",
        keeps_zero=lambda attributes: True,
        doc="each channel times a learned number, which starts at `init` (`EinsumDense`)",
    ),
    Operator(
        "prelu",
        (1, 1),
        (Attribute("init", "number", Fraction(1, 4)),),
        _same_shape,
        lambda inputs, attributes: (Weight("alpha", (*(1,) * (len(inputs[0]) - 1), inputs[0][-1])),),
        padding="keeps",
        keeps_zero=lambda attributes: True,
        doc="x where positive, else a learned slope of the channel times x (`PReLU`)",
    ),
)
