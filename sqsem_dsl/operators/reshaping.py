"""Operators that move values or resize maps. They have no weights; a zero tensor stays zero."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Literal

from sqsem_dsl.operators.arguments import MAX_DIMENSIONS, axes, show, whole
from sqsem_dsl.operators.axis import AXIS_NAMES, CHANNELS, axis_position
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape

AXIS = Attribute("axis", "axis", CHANNELS, AXIS_NAMES, least=0, added=True)


def _flatten_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    return (prod(inputs[0]),)


def _reshape_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    target = axes(attributes, "shape")
    if len(target) > MAX_DIMENSIONS:
        raise Misfit(
            f"`reshape` to {show(target)} has {len(target)} dimensions, but tensors have 1 to {MAX_DIMENSIONS}",
            "join some of its axes",
            "shape",
        )
    if prod(target) != prod(inputs[0]):
        raise Misfit(
            f"`reshape` to {show(target)} has {prod(target)} elements, but {show(inputs[0])} has {prod(inputs[0])}",
            f"choose a shape of {prod(inputs[0])} elements",
            "shape",
        )
    return target


def _upsample_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (shape,) = inputs
    return (*(n * f for n, f in zip(shape[:-1], axes(attributes, "factor"), strict=True)), shape[-1])


def _resize_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (shape,) = inputs
    return (*axes(attributes, "size"), shape[-1])


def _zeropad_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    *extents, channels = inputs[0]
    both = zip(axes(attributes, "n"), axes(attributes, "after"), strict=True)
    return (*(n + before + after for n, (before, after) in zip(extents, both, strict=True)), channels)


def _crop_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    *extents, channels = inputs[0]
    before, after = axes(attributes, "before"), axes(attributes, "after")
    left = tuple(n - b - a for n, b, a in zip(extents, before, after, strict=True))
    if min(left) < 1:
        raise Misfit(
            f"`crop` of {show(before)} before and {show(after)} after leaves nothing of {show(inputs[0])}",
            "crop less than the extents of the map",
            "before",
        )
    return (*left, channels)


def _transpose_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (shape,), order = inputs, axes(attributes, "order")
    if sorted(order) != list(range(len(shape))):
        raise Misfit(
            f"`transpose` to {show(order)} is not an order of the {len(shape)} axes of {show(shape)}",
            f"name each axis from 0 to {len(shape) - 1} once; {len(shape) - 1} is the channels",
            "order",
        )
    return tuple(shape[axis] for axis in order)


def _slice_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    (shape,), at = inputs, axis_position(inputs[0], attributes)
    if at == len(shape) - 1:
        return (*shape[:-1], _sliced(shape, attributes))
    start, end = whole(attributes, "from"), whole(attributes, "to")
    if not start < end <= shape[at]:
        raise Misfit(
            f"`slice` from {start} to {end} does not fit the {shape[at]} places of axis {at} of {show(shape)}",
            f"`to` is exclusive: make it more than {start} and at most {shape[at]}",
            "to",
        )
    return (*shape[:at], end - start, *shape[at + 1 :])


def _sliced(shape: Shape, attributes: Attributes) -> int:
    """The channels that a slice of channels leaves."""
    channels, start, end = shape[-1], whole(attributes, "from"), whole(attributes, "to")
    if start >= end:
        raise Misfit(
            f"`slice` from channel {start} to {end} has no channels",
            f"`to` is exclusive: make it more than {start}",
            "to",
        )
    if end > channels:
        raise Misfit(
            f"`slice` from channel {start} to {end} reaches past the {channels} channels of {show(shape)}",
            f"make `to` at most {channels}",
            "to",
        )
    return end - start


def _shuffle_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    channels, groups = inputs[0][-1], whole(attributes, "groups")
    if channels % groups:
        raise Misfit(
            f"`shuffle` has {groups} groups, which do not divide the {channels} channels of {show(inputs[0])}",
            f"use a number of groups that divides {channels}",
            "groups",
        )
    return inputs[0]


def _row(
    name: str,
    attributes: tuple[Attribute, ...],
    shape: Callable[[tuple[Shape, ...], Attributes], Shape],
    doc: str,
    padding: Literal["mixes", "keeps"] = "mixes",
) -> Operator:
    return Operator(name, (1, 1), attributes, shape, padding=padding, keeps_zero=lambda attributes: True, doc=doc)


ROWS = (
    _row("flatten", (), _flatten_shape, "all values in one vector (`Flatten`)"),
    _row("reshape", (Attribute("shape", "wholes"),), _reshape_shape, "the same values in another shape (`Reshape`)"),
    _row(
        "upsample",
        (Attribute("factor", "axes", 2),),
        _upsample_shape,
        "each value repeated along the spatial axes (`UpSampling1D`, `2D`, `3D`)",
    ),
    _row(
        "resize",
        (Attribute("size", "axes"),),
        _resize_shape,
        "the map resized to these extents, with linear interpolation (`Resizing`)",
    ),
    _row(
        "zeropad",
        (Attribute("n", "axes", 1, least=0), Attribute("after", "axes", "n", least=0, added=True)),
        _zeropad_shape,
        "n zeros before each spatial axis, and as many after it, or `after` (`ZeroPadding1D`, `2D`, `3D`)",
    ),
    _row(
        "crop",
        (Attribute("before", "axes", 1, least=0), Attribute("after", "axes", "before", least=0)),
        _crop_shape,
        "the map without its first and last places along each spatial axis (`Cropping1D`, `2D`, `3D`)",
    ),
    _row(
        "transpose",
        (Attribute("order", "wholes", least=0),),
        _transpose_shape,
        "the axes in another order; 0 is the first after the batch (`Permute`)",
    ),
    _row(
        "slice",
        (
            Attribute("from", "whole", least=0),
            Attribute("to", "whole"),
            AXIS,
        ),
        _slice_shape,
        "channels `from` to `to`, without `to` itself, or places along another axis (`Cropping2D`)",
        "keeps",
    ),
    _row(
        "shuffle",
        (Attribute("groups", "whole"),),
        _shuffle_shape,
        "channels of the groups interleaved, as in ShuffleNet (`Reshape` and `Permute`)",
        "keeps",
    ),
)
