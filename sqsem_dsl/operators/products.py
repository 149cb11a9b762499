"""Products of two tensors along an axis of each: dot products, matrix products, cosine similarities.

The result has the other axes of the first tensor, then those of the second. With n places on the two axes, each of its
values is the sum of n products: n multiply-accumulates, as in the two products of `attention` (A. Vaswani et al.,
"Attention Is All You Need", 2017, arXiv:1706.03762, equation 1). Those of a normalization are not counted.
"""

from __future__ import annotations

from math import prod

from sqsem_dsl.operators.arguments import MAX_DIMENSIONS, show
from sqsem_dsl.operators.axis import AXIS_NAMES, CHANNELS, axis_position
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape

DOT = "dot"


def product_axes(inputs: tuple[Shape, ...], attributes: Attributes) -> tuple[int, int]:
    """The positions of the axes along which two tensors are multiplied, in each of them."""
    first, second = inputs
    return axis_position(first, attributes), axis_position(second, attributes, "other")


def _shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (first, second), (at, other) = inputs, product_axes(inputs, attributes)
    if first[at] != second[other]:
        raise Misfit(
            f"`dot` of {show(first)} and {show(second)} sums over {first[at]} and {second[other]} places",
            f"choose axes of one extent, or bring both to it: `dense({first[at]})` for the channels",
        )
    shape = (*first[:at], *first[at + 1 :], *second[:other], *second[other + 1 :])
    if len(shape) > MAX_DIMENSIONS:
        raise Misfit(
            f"`dot` of {show(first)} and {show(second)} would have {len(shape)} dimensions, but tensors have 1 to "
            f"{MAX_DIMENSIONS}",
            f"make one place of each pixel: `reshape({show((prod(first[:-1]), first[-1]))})`",
        )
    return shape or (1,)


def _macs(inputs: tuple[Shape, ...], attributes: Attributes, output: Shape) -> int:
    return prod(output) * inputs[0][product_axes(inputs, attributes)[0]]


ROWS = (
    Operator(
        DOT,
        (2, 2),
        (
            Attribute("axis", "axis", CHANNELS, AXIS_NAMES, least=0),
            Attribute("other", "axis", "axis", AXIS_NAMES, least=0, of=1),
            Attribute("normalize", "flag", False),
        ),
        _shape,
        macs=_macs,
        keeps_zero=lambda attributes: True,
        doc="the sums of products along an axis of each of two tensors; normalized, cosine similarities (`Dot`)",
    ),
)
