"""Padded sequences: which operators can take them, and where their results have padding.

A tensor `[length, channels]` of padded sequences has places after the end of a sample. Their values never reach the
other places: an operator computes each place by itself, or it sees zeros in the places of padding (convolutions), or
leaves them out (pools, recurrent layers, attention). Other operators are rejected.
"""

from __future__ import annotations

from math import prod

from sqsem_dsl.operators.arguments import axes, show, symbol
from sqsem_dsl.operators.axis import CHANNELS
from sqsem_dsl.operators.row import Attributes, Misfit, Operator, PaddedShape, Shape, WholeShape

_INSTEAD = {
    "batchnorm": "use `layernorm`: statistics over a batch would count the padding",
    "groupnorm": "use `layernorm`: statistics over all places would count the padding",
    "backbone": "its input is an image, [height, width, 3]",
    "class_token": "use `gap` or `gmp` instead of a place that reads the others",
    "flatten": "use `gap` or `gmp`, which leave out the padding",
}


def check_padding(row: Operator, inputs: tuple[Shape, ...], attributes: Attributes) -> None:
    """Raises `Misfit` if the operator, with complete attributes, would mix padding into its result."""
    padded = [shape for shape in inputs if isinstance(shape, PaddedShape)]
    if not padded:
        return
    if row.padding == "mixes" or _mixes_along(row, attributes):
        remedy = _INSTEAD.get(row.name, f"put `gap` or `gmp` before it, or remove `padded` from `{padded[0].source}`")
        raise Misfit(f"`{row.name}` cannot take padded sequences, {show(padded[0])}", remedy)
    if row.padding == "slides" and symbol(attributes, "padding") == "valid":
        message = f"`padding` of `{row.name}` is `valid`, which is not defined for padded sequences, {show(padded[0])}"
        raise Misfit(message, "use `padding = same`", "padding")
    if row.padding == "masks":
        return
    first = padded[0]
    for shape in inputs:
        alike = isinstance(shape, PaddedShape) and shape.mark == first.mark
        if not alike and not (row.name in ("scale", "broadcast_like") and prod(shape[:-1]) == 1):
            raise Misfit(
                f"`{row.name}` cannot combine {show(first)} of `{first.source}` with {show(shape)}, which does not "
                "have padding in the same places",
                "make vectors of both with `gap` or `gmp` before",
            )


def _mixes_along(row: Operator, attributes: Attributes) -> bool:
    """Whether an operator along one axis would mix padding into its result: it must leave the places where they are,
    or read all of them."""
    if "axis" not in attributes or row.padding == "masks":
        return False
    return attributes["axis"] == (CHANNELS if row.padding == "pools" else 0)


def padded_shape(row: Operator, inputs: tuple[Shape, ...], attributes: Attributes, shape: Shape) -> Shape:
    """The output's shape with its padding."""
    first = inputs[0]
    if isinstance(first, WholeShape):
        return shape if first.padded is None else PaddedShape(shape, first.padded)
    several = inputs[:1] if row.padding == "masks" else inputs
    padded = next((one for one in several if isinstance(one, PaddedShape)), None)
    if padded is None or len(shape) == 1:
        return shape
    stride = axes(attributes, "stride")[0] if row.padding == "slides" else 1
    return PaddedShape(shape, padded.source, padded.factor * stride)
