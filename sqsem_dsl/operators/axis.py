"""The axes of a tensor by name: `[length, channels]`, `[height, width, channels]`, `[depth, height, width, channels]`.

After `complete`, an argument for one axis has one form for each axis: `channels` for the last one, in any number of
dimensions, and the position from 0 for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqsem_dsl.diagnostics.diagnostic import closest, listing
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape, Value
from sqsem_dsl.operators.show import show

CHANNELS = "channels"
"""The axis of the channels, in any number of dimensions."""
ALL = "all"
"""Every axis but that of the channels."""
NAMES: Mapping[int, tuple[str, ...]] = {
    1: (CHANNELS,),
    2: ("length", CHANNELS),
    3: ("height", "width", CHANNELS),
    4: ("depth", "height", "width", CHANNELS),
}
"""The names of the axes of a tensor, by its number of dimensions."""
AXIS_NAMES = (CHANNELS, "length", "height", "width", "depth")


def axis_position(shape: Shape, attributes: Attributes, argument: str = "axis") -> int:
    """The position in the shape of the axis that an argument of complete attributes names."""
    axis = attributes[argument]
    return len(shape) - 1 if axis == CHANNELS else cast(int, axis)


def axis_name(shape: Shape, position: int) -> str:
    """
    >>> axis_name((32, 32, 3), 1)
    'width'
    """
    return NAMES[len(shape)][position]


def checked_axis(row: Operator, attribute: Attribute, value: int | str, shape: Shape) -> Value:
    """An axis of a tensor, given by its name or position, in its one form. Raises `Misfit` if there is none.

    With the shape `()`, which no tensor has, only the name is checked.
    """
    where = f"`{attribute.name}` of `{row.name}`"
    if value == ALL and ALL in attribute.symbols:
        return value
    if isinstance(value, str) and value not in attribute.symbols:
        near = closest(value, attribute.symbols)
        remedy = f"a similar one exists: `{near}`" if near else f"use one of {listing(attribute.symbols)}"
        raise Misfit(f"{where} is `{value}`, but must be an axis, by its name or position", remedy, attribute.name)
    if not shape:
        return value
    names = NAMES[len(shape)]
    if isinstance(value, str) and value not in names:
        axes = listing(names)
        message = f"{where} is `{value}`, but the axes of {show(shape)} are {axes}"
        remedy = f"use one of {axes}, or a position from 0" if len(names) > 1 else "a vector has one axis: leave it out"
        raise Misfit(message, remedy, attribute.name)
    if isinstance(value, int) and value >= len(names):
        raise Misfit(
            f"`{row.name}` along axis {value} gets {show(shape)}, whose last axis is {len(names) - 1}",
            f"use an axis from 0 to {len(names) - 1}",
            attribute.name,
        )
    at = names.index(value) if isinstance(value, str) else value
    return CHANNELS if at == len(names) - 1 else at
