"""Combining tensors: one operator applied, a bypass around a body, a projection. A mismatch becomes a fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from sqsem_dsl.diagnostics.diagnostic import listing
from sqsem_dsl.diagnostics.source import Span
from sqsem_dsl.diagram.domains import Application, Maker
from sqsem_dsl.ir.faults import BadAttribute, BypassMisfit, Fault, ShapeMisfit
from sqsem_dsl.ir.graph import Item, ItemId, Merge, Op, Residual
from sqsem_dsl.operators import HOWS, TABLE, Misfit
from sqsem_dsl.operators.axis import CHANNELS
from sqsem_dsl.operators.row import PaddedShape, Shape, Value, WholeShape
from sqsem_dsl.utils.shapes import facts

T = TypeVar("T")


def show_shape(shape: Shape) -> str:
    """
    >>> show_shape((32, 32, 3))
    '[32, 32, 3]'
    """
    return f"[{', '.join(map(str, shape))}]{facts(shape)}"


class Combiner(Generic[T]):
    """Applies operators through a maker."""

    def __init__(self, maker: Maker[T], items: Sequence[Item]) -> None:
        self.maker, self.items = maker, items

    def operator(self, node: Op, inputs: Sequence[T], attributes: Mapping[str, Value]) -> T | Fault:
        what = Application(node.row, attributes, node.name, node.weights, node.span)
        try:
            return self.maker.apply(what, inputs)
        except Misfit as misfit:
            if misfit.attribute is not None:
                span = dict(node.places).get(misfit.attribute, node.span)
                return BadAttribute(span, None, node.row.name, misfit.message, misfit.help)
            others = self._origins(node.inputs, inputs, node.span)
            return ShapeMisfit(node.span, None, node.row.name, misfit.message, misfit.help, others)

    def merged(self, node: Merge, how: str, inputs: Sequence[T], axis: Value = CHANNELS) -> T | Fault:
        """Combines several tensors in the way that `how` names; a concatenation along an axis."""
        if how not in HOWS:
            return BadAttribute(node.span, None, "merge", f"`how` is `{how}`", f"it is one of {listing(HOWS)}")
        try:
            attributes = {"axis": axis} if how == "concat" and node.axis is not None else {}
            return self.maker.apply(Application(TABLE[how], attributes, node.name, None, node.span), inputs)
        except Misfit as misfit:
            if misfit.attribute is not None:
                return BadAttribute(node.span, None, how, misfit.message, misfit.help)
            return ShapeMisfit(node.span, None, how, misfit.message, misfit.help)

    def residual(self, node: Residual, mode: str, before: T, after: T) -> T | Fault:
        """A bypass: combines the tensor that flows in with the output of the body."""
        old, new = self.maker.shape(before), self.maker.shape(after)
        match mode:
            case "none":
                return after
            case "fit" if old != new:
                return after
            case _ if isinstance(old, WholeShape):
                message = f"`bypass` cannot add whole numbers, {show_shape(old)}, to the result of its body"
                return ShapeMisfit(node.span, None, "bypass", message, "put the bypass after `embedding`")
            case "project" | "auto" if isinstance(old, PaddedShape) and (mode == "project" or old != new):
                message = f"`bypass` cannot project padded sequences, {show_shape(old)}: it would need `batchnorm`"
                remedy = "let the body keep the shape, or use `fit`, which adds only where the shapes agree"
                return ShapeMisfit(node.span, None, "bypass", message, remedy)
            case "identity" if old != new:
                return BypassMisfit(node.span, None, mode, show_shape(old), show_shape(new))
            case "project":
                return self._projected(node, before, after)
            case "auto" if old != new:
                return self._projected(node, before, after)
            case _:
                return self._applied(node, "add", {}, [before, after])

    def _applied(self, node: Residual, operator: str, attributes: Mapping[str, Value], inputs: Sequence[T]) -> T:
        row = TABLE[operator]
        name = node.name if operator == "add" else f"{node.name}.{operator}"
        weights = None if node.weights is None else f"{node.weights}.{operator}"
        return self.maker.apply(Application(row, attributes, name, weights, node.span), inputs)

    def _projected(self, node: Residual, before: T, after: T) -> T | Fault:
        """A 1x1 convolution without bias, he_normal, and batch normalization on the input; on vectors a dense layer."""
        old, new = self.maker.shape(before), self.maker.shape(after)

        def refuse(reason: str) -> Fault:
            return BypassMisfit(node.span, None, "project", show_shape(old), show_shape(new), reason)

        if len(old) != len(new):
            return refuse("the numbers of dimensions differ")
        strides = []
        for extent, wanted in zip(old[:-1], new[:-1], strict=True):
            stride = least_stride(extent, wanted)
            if stride is None:
                return refuse(f"no stride takes {extent} to {wanted}")
            strides.append(stride)
        try:
            if strides:
                attributes: dict[str, Value] = {
                    "filters": new[-1],
                    "kernel": 1,
                    "stride": tuple(strides),
                    "bias": False,
                    "init": "he_normal",
                }
                projected = self._applied(node, "conv", attributes, [before])
            else:
                projected = self._applied(
                    node, "dense", {"units": new[-1], "bias": False, "init": "he_normal"}, [before]
                )
            projected = self._applied(node, "batchnorm", {}, [projected])
            return self._applied(node, "add", {}, [projected, after])
        except Misfit as misfit:
            return refuse(misfit.message)

    def _origins(self, sources: Sequence[ItemId], tensors: Sequence[T], span: Span) -> tuple[tuple[Span, str], ...]:
        """The places where the mismatched tensors are made, with their shapes."""
        found: list[tuple[Span, str]] = []
        for source, tensor in zip(sources, tensors, strict=True):
            origin = getattr(self.items[source], "span", None)
            if origin is not None and origin != span and all(origin != known for known, _ in found):
                found.append((origin, f"gives {show_shape(self.maker.shape(tensor))}"))
        return tuple(found[:4])


def least_stride(extent: int, wanted: int) -> int | None:
    """The smallest stride with which `same` padding maps one extent to another: ceil(extent / stride) = wanted.

    >>> least_stride(32, 16), least_stride(7, 4), least_stride(8, 8), least_stride(5, 4)
    (2, 2, 1, None)
    """
    if wanted > extent:
        return None
    stride = -(-extent // wanted)
    return stride if -(-extent // stride) == wanted else None
