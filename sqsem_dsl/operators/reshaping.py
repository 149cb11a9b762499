"""Operators that move values or resize maps. They have no weights; a zero tensor stays zero."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Literal

from sqsem_dsl.operators.arguments import MAX_DIMENSIONS, axes, show, whole
from sqsem_dsl.operators.row import Attribute, Attributes, Misfit, Operator, Shape


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
    (shape,) = inputs
    return (*(n + 2 * p for n, p in zip(shape[:-1], axes(attributes, "n"), strict=True)), shape[-1])


def _slice_shape(inputs: tuple[Shape, ...], attributes: Attributes) -> Shape:
    channels, start, end = inputs[0][-1], whole(attributes, "from"), whole(attributes, "to")
    if start >= end:
        raise Misfit(
            f"`slice` from channel {start} to {end} has no channels",
            f"`to` is exclusive: make it more than {start}",
            "to",
        )
    if end > channels:
        raise Misfit(
            f"`slice` from channel {start} to {end} reaches past the {channels} channels of {show(inputs[0])}",
            f"make `to` at most {channels}",
            "to",
        )
    return (*inputs[0][:-1], end - start)


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
        (Attribute("n", "axes", 1, least=0),),
        _zeropad_shape,
        "n zeros on both sides of each spatial axis (`ZeroPadding1D`, `2D`, `3D`)",
    ),
    _row(
        "slice",
        (Attribute("from", "whole", least=0), Attribute("to", "whole")),
        _slice_shape,
        "channels `from` to `to`, without `to` itself (`Cropping`)",
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
