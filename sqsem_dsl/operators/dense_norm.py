"""Dense layers, which act on the last axis, embeddings, which add one, and normalizations, which keep the shape."""

from __future__ import annotations

from math import prod

from sqsem_dsl.operators.arguments import MAX_DIMENSIONS, flag, show, whole
from sqsem_dsl.operators.convolution import BIAS, INIT
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


def _batchnorm_weights(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[Weight, ...]:
    channels = inputs[0][-1:]
    moving = (Weight("moving_mean", channels, trainable=False), Weight("moving_variance", channels, trainable=False))
    return (Weight("gamma", channels), Weight("beta", channels), *moving)


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


ROWS = (
    Operator(
        "dense",
        (1, 1),
        (Attribute("units", "whole"), BIAS, INIT),
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
        (),
        _same_shape,
        _batchnorm_weights,
        doc="batch normalization of each channel (`BatchNormalization`, momentum 0.99, epsilon 0.001)",
    ),
    Operator(
        "layernorm",
        (1, 1),
        (),
        _same_shape,
        _gamma_beta,
        padding="keeps",
        doc="normalization over the last axis (`LayerNormalization`)",
    ),
    Operator(
        "groupnorm",
        (1, 1),
        (Attribute("groups", "whole", 32),),
        _groupnorm_shape,
        _gamma_beta,
        doc="normalization over groups of channels (`GroupNormalization`)",
    ),
)
