"""Keras layers that move values, resize maps or pool whole axes, some of several layers under one name."""

from __future__ import annotations

from math import prod
from typing import Any

import keras
from keras import layers as kl

from sqsem_dsl.diagnostics.errors import InternalError
from sqsem_dsl.network.layers import Layer
from sqsem_dsl.operators.arguments import axes, whole
from sqsem_dsl.operators.axis import axis_position
from sqsem_dsl.operators.pooling import pools_all
from sqsem_dsl.operators.row import Shape


def moving_layer(layer: Layer, shape: Shape, common: dict[str, Any], dtype: str | None) -> kl.Layer:
    """A new layer over a tensor of this shape. `common` are its name and dtype; `dtype` is None for Keras's policy."""
    return _Mover(layer, shape, common, dtype).make()


def global_pool(layer: Layer, shape: Shape, common: dict[str, Any], dtype: str | None) -> kl.Layer:
    """The average or the maximum over all spatial axes, or over one axis: a window of it alone."""
    return _Mover(layer, shape, common, dtype).pooled("Average" if layer.operator == "gap" else "Max")


class _Mover:
    def __init__(self, layer: Layer, shape: Shape, common: dict[str, Any], dtype: str | None) -> None:
        self.layer, self.shape, self.common, self.dtype = layer, shape, common, dtype
        self.attributes = layer.attributes

    def make(self) -> kl.Layer:
        attributes, shape, common = self.attributes, self.shape, self.common
        target = self.layer.shape
        match self.layer.operator:
            case "flatten":
                return kl.Flatten(**common)
            case "reshape":
                return kl.Reshape(target, **common)
            case "upsample":
                return self._ranked("UpSampling")(_one_or_all(axes(attributes, "factor")), **common)
            case "broadcast_like":
                lifted = (1,) * (len(target) - len(shape)) + shape
                if len(target) == 1:
                    return kl.Identity(**common)
                factor = tuple(n // m for n, m in zip(target[:-1], lifted[:-1], strict=True))
                spread = getattr(kl, f"UpSampling{len(target) - 1}D")(_one_or_all(factor), name="spread")
                return self._steps(kl.Reshape(lifted, name="map"), spread)
            case "zeropad":
                return self._ranked("ZeroPadding")(self._sides("n"), **common)
            case "crop":
                return self._ranked("Cropping")(self._sides("before"), **common)
            case "transpose":
                return kl.Permute(tuple(axis + 1 for axis in axes(attributes, "order")), **common)
            case "resize":
                return self._resize(axes(attributes, "size"))
            case "slice":
                at = axis_position(shape, attributes)
                cropped = (whole(attributes, "from"), shape[at] - whole(attributes, "to"))
                flat = kl.Reshape((prod(shape[:at]), shape[at], prod(shape[at + 1 :])), name="flat")
                return self._steps(
                    flat, kl.Cropping2D(((0, 0), cropped), name="cut"), kl.Reshape(target, name="shaped")
                )
            case "shuffle":
                groups = whole(attributes, "groups")
                split = kl.Reshape((prod(shape[:-1]), groups, shape[-1] // groups), name="split")
                return self._steps(split, kl.Permute((1, 3, 2), name="swap"), kl.Reshape(target, name="shaped"))
            case other:
                raise InternalError(f"no Keras layer for the operator {other}")

    def _sides(self, before: str) -> Any:
        """The numbers before and after each axis, in the shortest form that Keras understands."""
        first, last = axes(self.attributes, before), axes(self.attributes, "after")
        if first == last:
            return _one_or_all(first)
        both = tuple(zip(first, last, strict=True))
        return both[0] if len(both) == 1 else both

    def _resize(self, size: tuple[int, ...]) -> kl.Layer:
        """Linear interpolation acts on one axis after another: Keras's layer for two axes also serves for one and
        three."""
        *extents, channels = self.shape
        match size:
            case (length,):
                column = kl.Reshape((extents[0], 1, channels), name="column")
                return self._steps(
                    column, kl.Resizing(length, 1, name="resized"), kl.Reshape(self.layer.shape, name="row")
                )
            case (height, width):
                return kl.Resizing(height, width, **self.common)
            case _:
                depth, height, width = size
                return self._steps(
                    kl.Reshape((extents[0], extents[1], extents[2] * channels), name="planes"),
                    kl.Resizing(depth, height, name="depth_and_height"),
                    kl.Reshape((depth * height, extents[2], channels), name="rows"),
                    kl.Resizing(depth * height, width, name="width"),
                    kl.Reshape(self.layer.shape, name="shaped"),
                )

    def _steps(self, *steps: kl.Layer) -> kl.Layer:
        if self.dtype is not None:
            steps = (*steps, kl.Identity(dtype=self.dtype, name="cast"))
        return keras.Sequential([keras.Input(self.shape), *steps], name=self.layer.name)

    def pooled(self, kind: str) -> kl.Layer:
        shape = self.shape
        if pools_all(shape, self.attributes):
            return self._ranked(f"Global{kind}Pooling")(**self.common)
        at = axis_position(shape, self.attributes)
        around = kl.Reshape((prod(shape[:at]), shape[at], prod(shape[at + 1 :])), name="around")
        pool = getattr(kl, f"{kind}Pooling2D")((1, shape[at]), name="pool")
        return self._steps(around, pool, kl.Reshape(self.layer.shape, name="shaped"))

    def _ranked(self, family: str) -> Any:
        """The class of a family for this many spatial axes: `UpSampling` and 2 give `UpSampling2D`."""
        return getattr(kl, f"{family}{len(self.shape) - 1}D")


def _one_or_all(numbers: tuple[int, ...]) -> int | tuple[int, ...]:
    """The form that Keras's layers with one spatial axis expect: the number itself."""
    return numbers[0] if len(numbers) == 1 else numbers
