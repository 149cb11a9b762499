"""Pools: windows over a map, and whole maps to vectors. They have no weights."""

from __future__ import annotations

from sqsem_dsl.operators.arguments import axes, show, symbol
from sqsem_dsl.operators.axis import ALL, AXIS_NAMES, axis_position
from sqsem_dsl.operators.convolution import PADDING, slid
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape

SIZE = Attribute("size", "axes", 2)
STRIDE = Attribute("stride", "axes", "size")
"""The default: adjacent windows."""


def _pool_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (shape,) = inputs
    size, stride = axes(attributes, "size"), axes(attributes, "stride")
    return (*slid(shape, size, stride, symbol(attributes, "padding"), (1,) * len(size), "window"), shape[-1])


AXIS = Attribute("axis", "axis", ALL, (ALL, *AXIS_NAMES), least=0, added=True)


def pools_all(shape: Shape, attributes: Attributes) -> bool:
    """Whether a global pool with complete attributes leaves a vector of the channels."""
    return attributes["axis"] == ALL or (attributes["axis"] == 0 and len(shape) == 2)


def _global(name: str) -> Operator:
    def shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
        if len(inputs[0]) == 1:
            raise Misfit(
                f"`{name}` needs a map with spatial axes, but gets a vector of shape {show(inputs[0])}",
                f"remove this `{name}`: what comes in is a vector already",
            )
        if pools_all(inputs[0], attributes):
            return inputs[0][-1:]
        at = axis_position(inputs[0], attributes)
        return (*inputs[0][:at], *inputs[0][at + 1 :])

    word = "average" if name == "gap" else "maximum"
    layer = "GlobalAveragePooling" if name == "gap" else "GlobalMaxPooling"
    doc = f"the {word} of each channel over the whole map, a vector (`{layer}1D`, `2D`, `3D`), or over one axis"
    return Operator(name, (1, 1), (AXIS,), shape, padding="pools", keeps_zero=lambda attributes: True, doc=doc)


def _pool(name: str, doc: str) -> Operator:
    return Operator(
        name,
        (1, 1),
        (SIZE, STRIDE, PADDING),
        _pool_shape,
        padding="slides",
        keeps_zero=lambda attributes: True,
        doc=doc,
    )


ROWS = (
    _pool("maxpool", "the largest value in each window (`MaxPooling1D`, `2D`, `3D`)"),
    _pool("avgpool", "the average of each window, of what lies in the map (`AveragePooling1D`, `2D`, `3D`)"),
    _global("gap"),
    _global("gmp"),
)
